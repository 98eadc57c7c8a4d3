"""Datasets: what can be indexed by the number of a sample."""

from __future__ import annotations

import bisect
import itertools
import math
import operator
import warnings
from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeVar, cast

from chainrule.data.collate import default_collate
from chainrule.data.indices import Indices, as_integers, take_rows
from chainrule.random import Generator, source_of
from chainrule.tensor import Tensor, as_tensor

__all__ = ["BatchDataset", "ConcatDataset", "Dataset", "Subset", "TensorDataset", "random_split"]

T_co = TypeVar("T_co", covariant=True)


class Dataset(Generic[T_co]):
    """A map from indices to samples: subclasses define ``__getitem__``, and nearly always ``__len__``.

    Examples
    --------
    >>> class Squares(Dataset[int]):
    ...     def __len__(self):
    ...         return 4
    ...     def __getitem__(self, index):
    ...         return index**2
    >>> Squares()[3]
    9
    """

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError(f"{type(self).__name__} should define __getitem__")

    def __add__(self, other: Dataset[Any]) -> ConcatDataset[Any]:
        return ConcatDataset([self, other])


class BatchDataset(Dataset[T_co]):
    """A dataset that cuts a whole batch from its arrays at once, which ``DataLoader`` then asks it to do.

    A subclass that redefines ``__getitem__`` alone is read sample by sample again: its `batch` would not know.

    Examples
    --------
    Pixels that are kept as bytes and scaled when they are read:

    >>> import numpy as np
    >>> class Pixels(TensorDataset):
    ...     def __getitem__(self, index):
    ...         X, y = super().__getitem__(index)
    ...         return X / 255, y
    ...     def batch(self, indices):
    ...         X, y = super().batch(indices)
    ...         return [X / 255, y]
    >>> Pixels(np.array([[0], [51], [255]], dtype=np.uint8), np.arange(3)).batch(slice(1, 3))
    [tensor([[0.2000], [1.0000]]), tensor([1, 2])]
    """

    def batch(self, indices: Indices) -> Any:
        """Return what ``default_collate([self[i] for i in indices])`` would.

        Parameters
        ----------
        indices : slice, sequence of int or ndarray of int
            Which samples.

        Returns
        -------
        Any
            For samples that are tuples, a list of Tensors.
        """
        raise NotImplementedError(f"{type(self).__name__} should define batch")


class TensorDataset(BatchDataset[tuple[Tensor, ...]]):
    """Samples that are rows of tensors.

    Parameters
    ----------
    *tensors : Tensor or array_like
        Of equal length along the first axis. Their memory is shared; a batch has memory of its own.

    Raises
    ------
    AssertionError
        If their lengths differ.

    Notes
    -----
    Data that don't fit in memory are read from a mapped file, ``np.load(path, mmap_mode="r")`` or ``np.memmap``:
    of the file, only the rows of a batch are copied, in whatever order, also by way of `Subset` and
    `random_split`. They should have the byte order of the machine, or else are converted, and that is a copy of
    the whole.

    Examples
    --------
    >>> import numpy as np
    >>> dataset = TensorDataset(np.arange(6.0).reshape(3, 2), np.array([0, 1, 0]))
    >>> dataset[1]
    (tensor([2., 3.], dtype=float64), tensor(1))

    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "pixels.npy")
    >>> np.save(path, np.arange(6.0).reshape(3, 2))
    >>> dataset = TensorDataset(np.load(path, mmap_mode="r"), np.array([0, 1, 0]))
    >>> dataset.batch([2, 0])
    [tensor([[4., 5.], [0., 1.]], dtype=float64), tensor([0, 0])]
    """

    def __init__(self, *tensors: Any) -> None:
        self.tensors = tuple(as_tensor(tensor) for tensor in tensors)
        lengths = [len(tensor) for tensor in self.tensors]
        if len(set(lengths)) != 1:
            # PyTorch raises this type, too.
            raise AssertionError(f"TensorDataset expected tensors of equal length, at least one, got {lengths}")

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])

    def batch(self, indices: Indices) -> list[Tensor]:
        """Return copies of the rows of each tensor, of shape (len(indices), ...)."""
        return [_copy_of_rows(tensor, indices) for tensor in self.tensors]


class Subset(BatchDataset[T_co]):
    """Some samples of a dataset, in an order of their own.

    Parameters
    ----------
    dataset : Dataset
        The whole.
    indices : sequence of int
        Which samples of it.

    Examples
    --------
    >>> Subset("chainrule", [0, 3, 5])[1]
    'i'
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> T_co:
        if isinstance(index, list):
            return cast(T_co, self.dataset[[self.indices[i] for i in index]])
        return cast(T_co, self.dataset[self.indices[index]])

    def __len__(self) -> int:
        return len(self.indices)

    def batch(self, indices: Indices) -> Any:
        """Return what `dataset` gives for these samples of the subset."""
        if isinstance(indices, slice):
            return fetch_batch(self.dataset, self.indices[indices])
        return fetch_batch(self.dataset, [self.indices[i] for i in as_integers(indices)])


class ConcatDataset(Dataset[T_co]):
    """Several datasets, one after the other; ``a + b`` makes one.

    Parameters
    ----------
    datasets : iterable of Dataset
        At least one.

    Raises
    ------
    AssertionError
        If there is none.

    Examples
    --------
    >>> ConcatDataset(["chain", "rule"])[6]
    'u'
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("ConcatDataset expected at least one dataset, got none")  # as PyTorch
        self.cumulative_sizes = list(itertools.accumulate(len(dataset) for dataset in self.datasets))

    def __getitem__(self, index: Any) -> T_co:
        position = operator.index(index)
        if position < 0:
            position += len(self)
            if position < 0:
                raise ValueError(f"index {index} is out of range for a ConcatDataset of {len(self)} samples")
        number = bisect.bisect_right(self.cumulative_sizes, position)
        start = self.cumulative_sizes[number - 1] if number else 0
        return cast(T_co, self.datasets[number][position - start])

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


def random_split(
    dataset: Any, lengths: Sequence[int | float], generator: Generator | None = None
) -> list[Subset[Any]]:
    """Split a dataset at random into subsets that don't overlap, as PyTorch does with the same generator.

    Parameters
    ----------
    dataset : Dataset
        The whole.
    lengths : sequence of int or float
        The lengths, or fractions that sum to 1: each is rounded down, and what remains goes to the first
        subsets, one sample to each.
    generator : Generator, optional
        Draws the permutation; the default generator if none is given.

    Returns
    -------
    list of Subset
        One for each length.

    Raises
    ------
    ValueError
        If the lengths don't sum to the dataset's, or a fraction is outside [0, 1].

    Examples
    --------
    >>> train, validation = random_split(range(10), [0.8, 0.2], generator=Generator().manual_seed(42))
    >>> list(validation)
    [3, 7]
    """
    n = len(dataset)
    total = sum(lengths)
    if math.isclose(total, 1) and total <= 1:
        lengths = _lengths_of_fractions(n, lengths)
    if sum(lengths) != n or min(lengths) < 0:
        raise ValueError(
            f"random_split expected lengths that sum to the {n} samples of the dataset, or fractions that "
            f"sum to 1, got {list(lengths)}"
        )
    order = iter(source_of(generator).permutation(n).tolist())
    return [Subset(dataset, list(itertools.islice(order, length))) for length in cast(Sequence[int], lengths)]


def _lengths_of_fractions(n: int, fractions: Sequence[float]) -> list[int]:
    for fraction in fractions:
        if not 0 <= fraction <= 1:
            raise ValueError(f"random_split expected fractions from 0 to 1, got {list(fractions)}")
    lengths = [math.floor(n * fraction) for fraction in fractions]
    for i in range(n - sum(lengths)):
        lengths[i % len(lengths)] += 1
    if 0 in lengths:
        warnings.warn(f"random_split makes an empty subset: lengths {lengths}", stacklevel=3)
    return lengths


def fetch_samples(dataset: Any, indices: Indices) -> list[Any]:
    """Read samples of any dataset one by one, or by its ``__getitems__`` where it has one, as PyTorch does."""
    if isinstance(indices, slice):
        indices = range(*indices.indices(len(dataset)))
    numbers = as_integers(indices)
    if getitems := getattr(dataset, "__getitems__", None):
        return cast(list[Any], getitems(list(numbers)))
    return [dataset[index] for index in numbers]


def _copy_of_rows(tensor: Tensor, indices: Indices) -> Tensor:
    if tensor.requires_grad:  # gradients flow into the dataset
        return tensor[indices].clone()
    rows = take_rows(tensor.array, indices)
    # a slice gives a view, and who changes a batch in place must not change the dataset
    return Tensor(rows.copy() if isinstance(indices, slice) else rows)


def fetch_batch(dataset: Any, indices: Indices) -> Any:
    """Read samples of any dataset and collate them in the default way, at once where the dataset can."""
    if isinstance(dataset, BatchDataset) and is_batched(dataset, "__getitem__"):
        return dataset.batch(indices)
    return default_collate(fetch_samples(dataset, indices))


def is_batched(thing: object, single: str) -> bool:
    """Tell whether ``thing.batch`` does for many what its method `single` does for one.

    It does not where a subclass has redefined `single` without `batch`.
    """
    for cls in type(thing).__mro__:
        if "batch" in vars(cls):
            return True
        if single in vars(cls):
            return False
    return False
