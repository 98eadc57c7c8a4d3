"""Tensors joined, and given axes for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chainrule.creation import cat
from chainrule.tensor import Tensor, tensor_given

concat = concatenate = cat


def atleast_1d(*tensors: Any) -> Any:
    """Return tensors with at least one axis.

    Examples
    --------
    >>> atleast_1d(tensor(1))
    tensor([1])
    """
    return _each(tensors, lambda x: x if x.ndim else x.reshape(1))


def atleast_2d(*tensors: Any) -> Any:
    """Return tensors with at least two axes; vectors count as rows.

    Examples
    --------
    >>> atleast_2d(tensor([1, 2]))
    tensor([[1, 2]])
    """
    return _each(tensors, lambda x: x if x.ndim > 1 else x.reshape(1, -1))


def atleast_3d(*tensors: Any) -> Any:
    """Return tensors with at least three axes; matrices count as of depth 1, vectors as rows.

    Examples
    --------
    >>> atleast_3d(tensor([[1, 2]])).shape
    chainrule.Size([1, 2, 1])
    """
    return _each(tensors, lambda x: x if x.ndim > 2 else atleast_2d(x).unsqueeze(-1))


def _each(tensors: Any, function: Callable[[Tensor], Tensor]) -> Any:
    """Apply a function to one tensor, or to each of several."""
    if len(tensors) == 1 and not isinstance(tensors[0], tuple | list):
        return function(tensor_given("atleast", tensors[0]))
    return tuple(map(function, several("atleast", tensors[0] if len(tensors) == 1 else tensors)))


def block_diag(*tensors: Any) -> Tensor:
    """Return a matrix with matrices along its diagonal, and 0 elsewhere; vectors count as rows.

    Examples
    --------
    >>> block_diag(tensor([[1, 2]]), tensor([3]))
    tensor([[1, 2, 0],
            [0, 0, 3]])
    """
    blocks = [atleast_2d(x) for x in several("block_diag", tensors)]
    if any(x.ndim > 2 for x in blocks):
        raise RuntimeError(f"block_diag() expected matrices, got {[tuple(x.shape) for x in blocks]}")
    width, before, rows = sum(x.shape[1] for x in blocks), 0, []
    for x in blocks:
        after = width - before - x.shape[1]
        rows.append(cat([x.new_zeros(len(x), before), x, x.new_zeros(len(x), after)], 1))
        before += x.shape[1]
    return cat(rows)


def hstack(tensors: Sequence[Any]) -> Tensor:
    """Join tensors along the second axis; vectors along the first.

    Examples
    --------
    >>> hstack([tensor([1, 2]), tensor([3])])
    tensor([1, 2, 3])
    """
    parts = atleast_1d(several("hstack", tensors))
    return cat(parts, 0 if parts[0].ndim == 1 else 1)


def vstack(tensors: Sequence[Any]) -> Tensor:
    """Join tensors along the first axis; vectors count as rows.

    Examples
    --------
    >>> vstack([tensor([1, 2]), tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    return cat(atleast_2d(several("vstack", tensors)), 0)


row_stack = vstack


def dstack(tensors: Sequence[Any]) -> Tensor:
    """Join tensors along the third axis; matrices count as of depth 1, vectors as rows.

    Examples
    --------
    >>> dstack([tensor([1, 2]), tensor([3, 4])])
    tensor([[[1, 3],
             [2, 4]]])
    """
    return cat(atleast_3d(several("dstack", tensors)), 2)


def column_stack(tensors: Sequence[Any]) -> Tensor:
    """Join tensors along the second axis; vectors count as columns.

    Examples
    --------
    >>> column_stack([tensor([1, 2]), tensor([3, 4])])
    tensor([[1, 3],
            [2, 4]])
    """
    return cat([x if x.ndim > 1 else x.reshape(-1, 1) for x in several("column_stack", tensors)], 1)


def several(name: str, tensors: Sequence[Any]) -> list[Tensor]:
    """Return what was given for several tensors: a tuple or list of at least one.

    Examples
    --------
    >>> several("vstack", [tensor([1])])
    [tensor([1])]
    """
    if not isinstance(tensors, tuple | list):
        raise TypeError(f"{name}() expected tensors in a tuple or list, got {type(tensors).__name__}")
    if not tensors:
        raise RuntimeError(f"{name}() expected at least one tensor, got none")
    return [tensor_given(name, x) for x in tensors]
