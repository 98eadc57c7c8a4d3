"""Tensors cut into pieces, which are views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule import arguments
from chainrule.tensor import Tensor, tensor_given


def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut a tensor along an axis into at most ``chunks`` views of one length, of which the last may be shorter.

    Parameters
    ----------
    input : Tensor
    chunks : int
    dim : int

    Returns
    -------
    tuple of Tensor

    Examples
    --------
    >>> chunk(tensor([1, 2, 3, 4, 5]), 2)
    (tensor([1, 2, 3]), tensor([4, 5]))
    """
    x, chunks = tensor_given("chunk", input), arguments.whole("chunks", chunks)
    length = length_along("chunk", x, dim)
    if chunks < 1:
        raise RuntimeError(f"chunk() expected chunks above 0, got {chunks}")
    return x.split(-(-length // chunks) if length else [0] * chunks, dim)


def tensor_split(input: Any, indices_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut a tensor along an axis into a number of views of nearly one length, or at several places.

    Parameters
    ----------
    input : Tensor
    indices_or_sections : int, or sequence or Tensor of int
        How many, or before which positions to cut.
    dim : int

    Returns
    -------
    tuple of Tensor

    Examples
    --------
    >>> tensor_split(tensor([1, 2, 3, 4]), 3)
    (tensor([1, 2]), tensor([3]), tensor([4]))
    >>> tensor_split(tensor([1, 2, 3, 4]), [1, 3])
    (tensor([1]), tensor([2, 3]), tensor([4]))
    """
    x = tensor_given("tensor_split", input)
    length = length_along("tensor_split", x, dim)
    given = indices_or_sections.tolist() if isinstance(indices_or_sections, Tensor) else indices_or_sections
    if isinstance(given, tuple | list):
        cuts = [arguments.whole("a position", n) for n in given]
    else:
        n = arguments.whole("the number of sections", given)
        if n < 1:
            raise RuntimeError(f"tensor_split() expected at least one section, got {n}")
        cuts = [i * (length // n) + min(i, length % n) for i in range(1, n)]
    before = (slice(None),) * arguments.axis(x, dim)
    return tuple(x[(*before, slice(a, b))] for a, b in zip([0, *cuts], [*cuts, None], strict=True))


def split_with_sizes(input: Any, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Cut a tensor along an axis into views of several lengths.

    Examples
    --------
    >>> split_with_sizes(tensor([1, 2, 3]), [1, 2])
    (tensor([1]), tensor([2, 3]))
    """
    return tensor_given("split_with_sizes", input).split(list(split_sizes), dim)


def hsplit(input: Any, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Cut a tensor along the second axis, a vector along the first, into so many views or at these places.

    Examples
    --------
    >>> hsplit(tensor([1, 2, 3]), [1])
    (tensor([1]), tensor([2, 3]))
    """
    x = tensor_given("hsplit", input)
    return _evenly_split("hsplit", x, indices_or_sections, 0 if x.ndim == 1 else 1, 1)


def vsplit(input: Any, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Cut a tensor along the first axis into so many views or at these places.

    Examples
    --------
    >>> vsplit(tensor([[1], [2]]), 2)
    (tensor([[1]]), tensor([[2]]))
    """
    return _evenly_split("vsplit", tensor_given("vsplit", input), indices_or_sections, 0, 2)


def dsplit(input: Any, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Cut a tensor along the third axis into so many views or at these places.

    Examples
    --------
    >>> dsplit(tensor([[[1, 2]]]), 2)
    (tensor([[[1]]]), tensor([[[2]]]))
    """
    return _evenly_split("dsplit", tensor_given("dsplit", input), indices_or_sections, 2, 3)


def _evenly_split(name: str, x: Tensor, places: Any, axis: int, least: int) -> tuple[Tensor, ...]:
    if x.ndim < least:
        raise RuntimeError(f"{name}() needs {least} axes or more, got shape {x.shape}")
    if isinstance(places, int) and (places < 1 or x.shape[axis] % places):
        raise RuntimeError(f"{name}() can't cut a length of {x.shape[axis]} into {places} equal parts")
    return tensor_split(x, places, axis)


def unbind(input: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Return views of what stands at each position of an axis.

    Examples
    --------
    >>> unbind(tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    x = tensor_given("unbind", input)
    axis = arguments.axis(x, dim)
    if not x.ndim:
        raise IndexError("unbind() needs a tensor with axes, got one without")
    return tuple(x[(slice(None),) * axis + (i,)] for i in range(x.shape[axis]))


def length_along(name: str, x: Tensor, dim: int) -> int:
    """Return the length of an axis of a tensor that has axes.

    Examples
    --------
    >>> length_along("chunk", tensor([1, 2]), 0)
    2
    """
    if not x.ndim:
        raise RuntimeError(f"{name}() needs a tensor with axes, got one without")
    found: int = x.array.shape[arguments.axis(x, dim)]
    return found
