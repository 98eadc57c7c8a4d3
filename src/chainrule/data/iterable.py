"""Datasets that are streams: read from the front, not indexed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from chainrule.data.dataset import Dataset
from chainrule.data.sampler import Sampler

__all__ = ["ChainDataset", "IterableDataset", "get_worker_info"]

T_co = TypeVar("T_co", covariant=True)


class IterableDataset(Dataset[T_co]):
    """A stream of samples, for data without an index: subclasses define ``__iter__``.

    ``DataLoader`` reads it from the front, anew for each iteration, and takes no `shuffle`, `sampler` or
    `batch_sampler` for it. ``len(loader)`` needs a ``__len__``. ``a + b`` makes a `ChainDataset`.

    Examples
    --------
    >>> from chainrule.data import DataLoader
    >>> class Countdown(IterableDataset[int]):
    ...     def __iter__(self):
    ...         return iter([3, 2, 1])
    >>> list(DataLoader(Countdown(), batch_size=2))
    [tensor([3, 2]), tensor([1])]
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} should define __iter__")

    def __add__(self, other: Dataset[Any]) -> ChainDataset[Any]:  # type: ignore[override]  # as in PyTorch
        return ChainDataset([self, other])


class ChainDataset(IterableDataset[T_co]):
    """Several streams, one after the other.

    Parameters
    ----------
    datasets : iterable of IterableDataset
        They are asked for when the one before is at its end.

    Raises
    ------
    AssertionError
        When one is reached that is no `IterableDataset`.

    Examples
    --------
    >>> class Letters(IterableDataset[str]):
    ...     def __init__(self, word):
    ...         self.word = word
    ...     def __iter__(self):
    ...         return iter(self.word)
    >>> "".join(Letters("chain") + Letters("rule"))
    'chainrule'
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def __iter__(self) -> Iterator[T_co]:
        for dataset in self._checked():
            yield from dataset

    def __len__(self) -> int:
        return sum(map(len, self._checked()))

    def _checked(self) -> Iterator[Any]:
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                # PyTorch raises this type, too.
                raise AssertionError(
                    f"ChainDataset expected only IterableDatasets, got {type(dataset).__name__}: "
                    "ConcatDataset joins datasets that have an index"
                )
            yield dataset


class Endless(Sampler[None]):
    """The sampler of a stream, which has no indices."""

    def __iter__(self) -> Iterator[None]:
        while True:
            yield None


def batches_of(samples: Iterator[Any], batch_size: int, drop_last: bool) -> Iterator[list[Any]]:
    """Gather samples into lists, and ask for none after the one at which they ended.

    Examples
    --------
    >>> list(batches_of(iter("chain"), batch_size=2, drop_last=False))
    [['c', 'h'], ['a', 'i'], ['n']]
    """
    while len(batch := list(islice(samples, batch_size))) == batch_size:
        yield batch
    if batch and not drop_last:
        yield batch


def get_worker_info() -> None:
    """Return None, as PyTorch's function of this name does in the main process: there are no worker processes.

    Examples
    --------
    A stream that would divide its samples among workers gives all of them here:

    >>> class Share(IterableDataset[int]):
    ...     def __iter__(self):
    ...         info = get_worker_info()
    ...         return iter(range(4) if info is None else range(info.id, 4, info.num_workers))
    >>> list(Share())
    [0, 1, 2, 3]
    """
