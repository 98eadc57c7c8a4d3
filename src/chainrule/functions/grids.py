"""Points of grids, rows of combinations, and shapes that fit each other."""

from __future__ import annotations

from itertools import combinations as _combinations
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from chainrule import arguments
from chainrule.creation import stack
from chainrule.functions.joining import several
from chainrule.tensor import Size, Tensor, tensor_given


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Return tensors in the shape that they broadcast to, without copying.

    Examples
    --------
    >>> [x.shape for x in broadcast_tensors(tensor([1, 2]), tensor([[1], [2]]))]
    [chainrule.Size([2, 2]), chainrule.Size([2, 2])]
    """
    given = [tensor_given("broadcast_tensors", x) for x in tensors]
    shape = broadcast_shapes(*(x.shape for x in given))
    return tuple(x.expand(shape) for x in given)


def broadcast_shapes(*shapes: Any) -> Size:
    """Return the shape that shapes broadcast to.

    Examples
    --------
    >>> broadcast_shapes((2, 1), (3,))
    chainrule.Size([2, 3])
    """
    try:
        return Size(np.broadcast_shapes(*shapes))
    except ValueError:
        given = " and ".join(map(str, shapes))
        raise RuntimeError(f"shapes {given} don't broadcast: from the last, lengths must be equal or 1") from None


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Return the coordinates of all points of a grid, from those along each axis.

    Parameters
    ----------
    *tensors : Tensor
        Of one axis, or none.
    indexing : str
        "ij": the first coordinate belongs to the first axis; "xy": to the second.

    Returns
    -------
    tuple of Tensor
        Views.

    Examples
    --------
    >>> meshgrid(tensor([1, 2]), tensor([3, 4]))[0]
    tensor([[1, 1],
            [2, 2]])
    """
    given = several(
        "meshgrid", tensors[0] if len(tensors) == 1 and isinstance(tensors[0], tuple | list) else tensors
    )
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f"meshgrid() expected indexing ij or xy, got {indexing!r}")
    if any(x.ndim > 1 for x in given) or len({x.dtype for x in given}) > 1:
        raise RuntimeError("meshgrid() expected tensors of at most one axis and of one dtype, got others")
    shape = [x.numel() for x in given]
    grid = tuple(
        x.reshape([-1 if i == j else 1 for j in range(len(given))]).expand(shape) for i, x in enumerate(given)
    )
    return tuple(x.transpose(0, 1) for x in grid) if indexing == "xy" and len(grid) > 1 else grid


def cartesian_prod(*tensors: Any) -> Tensor:
    """Return all rows of one element of each tensor.

    Examples
    --------
    >>> cartesian_prod(tensor([1, 2]), tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    given = several("cartesian_prod", tensors)
    if any(x.ndim != 1 for x in given):
        raise RuntimeError(f"cartesian_prod() expected tensors of one axis, got {[tuple(x.shape) for x in given]}")
    return given[0] if len(given) == 1 else stack([x.reshape(-1) for x in meshgrid(*given)], 1)


def combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Tensor:
    """Return all rows of ``r`` elements, in the order of the tensor.

    Parameters
    ----------
    input : Tensor
        Shape (n,).
    r : int
    with_replacement : bool
        Whether an element may stand several times in a row.

    Returns
    -------
    Tensor
        Shape (combinations, r).

    Examples
    --------
    >>> combinations(tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    x, r = tensor_given("combinations", input), arguments.whole("r", r)
    if x.ndim != 1 or r < 0:
        raise RuntimeError(f"combinations() expected a tensor of one axis and r from 0, got {x.shape} and {r}")
    if not r:
        return x.detach()[:0]
    rows = (combinations_with_replacement if with_replacement else _combinations)(range(x.numel()), r)
    return x[np.array(list(rows), np.int64).reshape(-1, r)]
