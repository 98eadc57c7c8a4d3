"""Elements at positions, several of which may be one."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.ops.operation import Array

_MANY = 512  # elements, from which on it takes less time to count positions along the memory first


def cells(name: str, shape: tuple[int, ...], index: Array, axis: int) -> tuple[Array, ...]:
    """Return NumPy's index of the elements at the positions ``index`` along one axis of an array of ``shape``.

    Examples
    --------
    >>> np.array([[1, 2], [3, 4]])[cells("gather", (2, 2), np.array([[1, 0]]), 0)]
    array([[3, 2]])
    """
    length = shape[axis]
    if index.size and not 0 <= index.min() <= index.max() < length:
        wrong = index.max() if index.min() >= 0 else index.min()
        raise RuntimeError(f"{name}() expected indices from 0 to {length - 1}, got {wrong}")
    found = list(np.ogrid[tuple(slice(n) for n in index.shape)])
    found[axis] = index
    return tuple(found)


def ufunc_at(function: np.ufunc, x: Array, index: Any, values: Array) -> None:
    """Do ``function.at(x, index, values)``, for a contiguous x and as many values as the index has positions.

    NumPy is several times faster where one row of positions is given for one row of elements.

    Examples
    --------
    >>> x = np.zeros(3)
    >>> ufunc_at(np.add, x, np.array([2, 0, 2]), np.array([1.0, 2.0, 3.0]))
    >>> x
    array([2., 0., 4.])
    """
    if values.size < _MANY:
        function.at(x, index, values)
    else:
        function.at(x.reshape(-1), _along_memory(x.shape, index).reshape(-1), values.reshape(-1))


def _along_memory(shape: tuple[int, ...], index: Any) -> Array:
    """Return the positions that an index means in a contiguous array, counted along the memory."""
    if not _is_cells(shape, index):
        index = [np.broadcast_to(places, shape)[index] for places in np.ogrid[tuple(map(slice, shape))]]
    steps = np.cumprod((1, *shape[:0:-1]))[::-1]
    return sum((step * places for step, places in zip(steps, index, strict=True)), np.zeros((), np.int64))


def _is_cells(shape: tuple[int, ...], index: Any) -> bool:
    """Return whether an index has an array of positions, counted from the front, for every axis."""
    if not isinstance(index, tuple) or len(index) != len(shape):
        return False
    return all(isinstance(i, np.ndarray) and i.dtype.kind in "iu" and i.min() >= 0 for i in index)
