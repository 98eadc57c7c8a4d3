"""What comes of the order of elements: the median, and where it stands."""

from __future__ import annotations

from functools import partial

import numpy as np

from chainrule.ops.operation import Array
from chainrule.ops.reductions import Extremum


def middle(x: Array, axis: int, skip_nan: bool = False) -> Array:
    """Return the positions of the medians along an axis, which stays with length 1.

    Of an even number of elements the median is the lower of the two in the middle. Where there is a NaN, the first
    is the median, unless NaN are skipped.

    Examples
    --------
    >>> middle(np.array([3.0, 1.0, 4.0, 2.0]), 0)
    array([3])
    """
    nans = np.count_nonzero(x != x, axis=axis, keepdims=True)
    if not nans.any():
        half = (x.shape[axis] - 1) // 2
        return np.take(np.argpartition(x, half, axis), [half], axis)
    numbers = x.shape[axis] - nans
    rank = np.maximum(numbers - 1, 0) // 2
    if not skip_nan:
        rank = np.where(nans, numbers, rank)
    return np.take_along_axis(np.argsort(x, axis=axis, kind="stable"), rank, axis)  # which puts NaN last


def top(x: Array, axis: int, k: int, largest: bool) -> Array:
    """Return the positions of the k largest (or smallest) elements along an axis, the first of them first.

    Examples
    --------
    >>> top(np.array([3.0, 1.0, 4.0, 2.0]), 0, 2, largest=True)
    array([2, 0])
    """
    n = x.shape[axis]
    if not k:
        return np.argsort(x, axis)[(slice(None),) * axis + (slice(0, 0),)]
    # without sorting all of them: ten times faster for 5 of 1000
    parted = np.argpartition(x, n - k if largest else k - 1, axis)
    chosen = np.take(parted, np.arange(n - k, n) if largest else np.arange(k), axis)
    order = np.argsort(np.take_along_axis(x, chosen, axis), axis=axis, kind="stable")
    found = np.take_along_axis(chosen, order, axis)
    return np.flip(found, axis) if largest else found


class Median(Extremum):
    """The median of all elements; equal ones share the gradient."""

    def __init__(self, skip_nan: bool = False) -> None:
        super().__init__(nan_is_equal=True)
        self.reduce = partial(_median, skip_nan)


def _median(skip_nan: bool, x: Array, **of_all: object) -> Array:
    row = x.reshape(-1)
    return row[middle(row, 0, skip_nan)].reshape(())
