"""The indices of a batch: cut from an order, joined with those of others, used on an array."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

__all__ = ["Indices", "ahead", "as_integers", "count", "cut", "join", "take_rows"]

#: A slice, with start and stop, stands for samples that follow one another.
Indices: TypeAlias = slice | Sequence[int] | NDArray[np.int64]


def count(indices: Indices) -> int:
    """Return how many samples the indices of a batch name."""
    return cast(int, indices.stop - indices.start) if isinstance(indices, slice) else len(indices)


def as_integers(indices: Sequence[int] | NDArray[np.int64]) -> Sequence[int]:
    """Return Python's integers, which any dataset can be indexed with, for an array of indices."""
    return cast(list[int], indices.tolist()) if isinstance(indices, np.ndarray) else indices


def take_rows(array: NDArray[Any], indices: Indices) -> NDArray[Any]:
    """Return rows of an array: a view for a slice, else a copy."""
    return array[indices] if isinstance(indices, slice) else array.take(indices, axis=0)


def ahead(batches: Iterator[Any], most: int) -> Iterator[Any]:
    """Ask for the first batches at once, and then for one more before each is given.

    Examples
    --------
    >>> later = iter("abcd")
    >>> soon = ahead(later, 2)
    >>> next(later), list(soon)
    ('c', ['a', 'b', 'd'])
    """
    asked = deque(islice(batches, most))

    def given() -> Iterator[Any]:
        while asked:
            batch = asked.popleft()
            asked.extend(islice(batches, 1))
            yield batch

    return given()


def cut(blocks: Iterable[NDArray[np.int64]], batch_size: int, drop_last: bool) -> Iterator[NDArray[np.int64]]:
    """Cut arrays of indices into batches as `BatchSampler` does: a batch may lie across two of them.

    Parameters
    ----------
    blocks : iterable of ndarray
        The indices; each array is asked for when a batch needs it.
    batch_size : int
        How many indices make a batch.
    drop_last : bool
        Whether to leave out the last batch if it is smaller.

    Yields
    ------
    ndarray of int64
        The indices of a batch.

    Examples
    --------
    >>> list(cut([np.array([4, 0, 1]), np.array([3, 2])], batch_size=2, drop_last=False))
    [array([4, 0]), array([1, 3]), array([2])]
    """
    rest = np.empty(0, np.int64)
    for block in blocks:
        indices = np.concatenate([rest, block]) if len(rest) else block
        whole = len(indices) - len(indices) % batch_size
        for start in range(0, whole, batch_size):
            yield indices[start : start + batch_size]
        rest = indices[whole:]
    if len(rest) and not drop_last:
        yield rest


def join(batches: Iterable[Indices], most: int) -> Iterator[tuple[Indices, list[int]]]:
    """Join consecutive batches up to `most` samples, or one batch where that has more.

    Parameters
    ----------
    batches : iterable
        The indices of each batch; all slices, one behind the other, or none.
    most : int
        How many samples.

    Yields
    ------
    indices : slice or sequence of int
        Those of the joined batches.
    sizes : list of int
        How many of them belong to each.

    Examples
    --------
    >>> list(join([slice(0, 2), slice(2, 4), slice(4, 5)], most=4))
    [(slice(0, 4, None), [2, 2]), (slice(4, 5, None), [1])]
    """
    group: list[Indices] = []
    sizes: list[int] = []
    for indices in batches:
        if group and sum(sizes) + count(indices) > most:
            yield _concatenate(group), sizes
            group, sizes = [], []
        group.append(indices)
        sizes.append(count(indices))
    if group:
        yield _concatenate(group), sizes


def _concatenate(group: list[Indices]) -> Indices:
    first, last = group[0], group[-1]
    if isinstance(first, slice) and isinstance(last, slice):
        return slice(first.start, last.stop)
    if all(isinstance(indices, list) for indices in group):
        return list(chain.from_iterable(cast(Any, group)))
    return first if len(group) == 1 else np.concatenate(cast(Any, group))
