"""``DataLoader``: a dataset, batch by batch, in PyTorch's order."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from chainrule.arguments import whole
from chainrule.data.collate import default_collate, default_convert
from chainrule.data.dataset import fetch_batch, fetch_samples
from chainrule.data.indices import ahead, cut, join
from chainrule.data.iterable import Endless, IterableDataset, batches_of
from chainrule.data.sampler import BatchSampler, RandomSampler, SequentialSampler
from chainrule.random import Generator, source_of

__all__ = ["DataLoader"]

T_co = TypeVar("T_co", covariant=True)

_FIXED = frozenset({"batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"})


class DataLoader(Generic[T_co]):
    """Iterate over a dataset in batches, in the order of PyTorch's class of this name with the same seed.

    Batches are read in this process. Where the dataset is a `BatchDataset` (`TensorDataset`, `MNIST`, a
    `Subset` of those) and `collate_fn` is the default, they are cut from its arrays at once.

    Parameters
    ----------
    dataset : Dataset
        Anything with ``__getitem__`` and ``__len__``, or an `IterableDataset`, which is read from the front and
        takes no `shuffle`, `sampler` or `batch_sampler`.
    batch_size : int or None
        Samples in a batch; None gives single samples, not collated.
    shuffle : bool, optional
        Whether each iteration draws a new order.
    sampler : Sampler or iterable, optional
        Gives the indices; excludes `shuffle`.
    batch_sampler : Sampler or iterable, optional
        Gives batches of indices; excludes `batch_size`, `shuffle`, `sampler` and `drop_last`.
    num_workers : int
        Accepted with a warning, as are `timeout`, `prefetch_factor` and `persistent_workers`, which need it, as in
        PyTorch: there are no worker processes. What a dataset draws at random, it draws from this process's
        generators, and an `IterableDataset` gives each sample once. `multiprocessing_context` and, with workers,
        `worker_init_fn` are refused; `in_order` changes nothing.
    collate_fn : callable, optional
        Joins a list of samples into a batch; `default_collate` if not given.
    pin_memory : bool
        Accepted with a warning, without effect: there is no device to copy to.
    drop_last : bool
        Whether to leave out the last batch if it is smaller.
    generator : Generator, optional
        Draws the order, and, as in PyTorch, one more number for each iteration, with `persistent_workers` only for
        the first; the default generator if not given.

    Raises
    ------
    ValueError
        If options exclude each other or have no such value.
    TypeError
        If `generator` is not this package's.
    NotImplementedError
        If an option asks for what this class does not do.

    Notes
    -----
    An iteration can be taken up in the middle, without reading what came before: restore the generator's state
    from the start of the iteration and read from the k-th batch on with ``map(loader.fetch,
    itertools.islice(loader.index_batches(), k, None))``.

    Examples
    --------
    >>> from chainrule.data import TensorDataset
    >>> dataset = TensorDataset([[1.0], [2.0], [3.0]], [0, 1, 0])
    >>> for X, y in DataLoader(dataset, batch_size=2):
    ...     print(X.shape, y)
    chainrule.Size([2, 1]) tensor([0, 1])
    chainrule.Size([1, 1]) tensor([0])
    """

    _complete = False
    has_begun = False  # whether persistent workers would have been seeded
    num_workers: int
    persistent_workers: bool
    prefetch_factor: int | None

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        _check_workers(
            num_workers, timeout, multiprocessing_context, worker_init_fn, prefetch_factor, persistent_workers
        )
        without_effect = {
            "num_workers": num_workers,
            "pin_memory": pin_memory,
            "timeout": timeout,
            "prefetch_factor": prefetch_factor,
            "persistent_workers": persistent_workers,
        }
        _warn_of(without_effect)
        if isinstance(dataset, IterableDataset):
            _check_order_of_stream(shuffle=shuffle, sampler=sampler, batch_sampler=batch_sampler)
        if sampler is not None and shuffle:
            raise ValueError("DataLoader takes either a sampler or shuffle=True, got both")
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
            raise ValueError(
                "DataLoader takes either a batch_sampler or batch_size, shuffle, sampler and drop_last, got both"
            )
        if batch_size is None and drop_last:
            raise ValueError("DataLoader with batch_size=None makes no batches: drop_last must be False")

        if generator is not None and not isinstance(generator, Generator):
            raise TypeError(f"DataLoader expected generator to be a chainrule.Generator, got {type(generator)}")
        if sampler is None and isinstance(dataset, IterableDataset):
            sampler = Endless()
        elif sampler is None:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_sampler is not None:
            batch_size = None
        elif batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.generator = generator
        for name, value in without_effect.items():
            setattr(self, name, value)
        self.worker_init_fn = worker_init_fn
        self.collate_fn = collate_fn or (default_convert if batch_sampler is None else default_collate)
        self._complete = True

    def __setattr__(self, name: str, value: Any) -> None:
        if self._complete and name in _FIXED:
            raise ValueError(f"{name} of a DataLoader can't be changed: make a new one")
        super().__setattr__(name, value)

    def __len__(self) -> int:
        if isinstance(self.dataset, IterableDataset):
            n, size = len(self.dataset), self.batch_size or 1  # type: ignore[arg-type]
            return n // size if self.drop_last else -(-n // size)
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Any]:
        return map(self.fetch, self.index_batches())

    def index_batches(self) -> Iterator[Any]:
        """Begin an iteration: draw what it draws, and give the indices of its batches without reading samples.

        Returns
        -------
        iterator
            Of what `fetch` takes: slices for a dataset in its own order, arrays for a random order, the samples
            themselves for an `IterableDataset`, else what the batch sampler gives. Random orders are drawn when
            they are asked for, or with `num_workers` as early as in PyTorch.
        """
        batches = iter(self.sampler if self.batch_sampler is None else self.batch_sampler)
        # PyTorch seeds its workers with this number; it is drawn even where there are none, but persistent ones
        # are seeded once.
        if not (self.persistent_workers and self.has_begun):
            source_of(self.generator).random63()
        self.has_begun = True
        if isinstance(self.dataset, IterableDataset):
            samples = iter(self.dataset)
            return samples if self.batch_size is None else batches_of(samples, self.batch_size, self.drop_last)
        batches = self._faster(batches)
        if self.num_workers:
            # PyTorch's workers are given these, which draws their order, before the first batch is asked for.
            each = 2 if self.prefetch_factor is None else self.prefetch_factor
            return ahead(batches, self.num_workers * each)
        return batches

    def _faster(self, batches: Iterator[Any]) -> Iterator[Any]:
        """Return slices or arrays in the place of lists, where our own samplers give the batches."""
        if type(own := self.batch_sampler) is BatchSampler:
            if type(own.sampler) is SequentialSampler:
                n, size = len(own.sampler), own.batch_size
                return (slice(start, min(start + size, n)) for start in range(0, len(own) * size, size))
            if type(own.sampler) is RandomSampler:
                return cut(own.sampler.blocks(), own.batch_size, own.drop_last)
        return batches

    def fetch(self, indices: Any) -> Any:
        """Read one batch.

        Parameters
        ----------
        indices : slice, sequence of int, ndarray of int, int, or samples
            What `index_batches` gave.

        Returns
        -------
        Any
            What iterating over the loader gives: for samples that are tuples, a list of Tensors.
        """
        if isinstance(self.dataset, IterableDataset):
            return self.collate_fn(indices)
        if self.batch_sampler is None:
            return self.collate_fn(self.dataset[indices])
        if self.collate_fn is default_collate:
            return fetch_batch(self.dataset, indices)
        return self.collate_fn(fetch_samples(self.dataset, indices))

    def joined(self, samples: int) -> Iterator[tuple[Any, list[int]]]:
        """Iterate as `__iter__` does, but read consecutive batches at once; with the default `collate_fn` only.

        Parameters
        ----------
        samples : int
            Batches are joined up to so many samples; one that is larger stays as it is.

        Yields
        ------
        batch : Any
            The samples of all these batches, as `fetch` gives them.
        sizes : list of int
            How many of them belong to each batch, in order.

        Examples
        --------
        >>> from chainrule.data import TensorDataset
        >>> [(X.tolist(), sizes) for (X,), sizes in DataLoader(TensorDataset([0, 1, 2, 3, 4]), 2).joined(4)]
        [([0, 1, 2, 3], [2, 2]), ([4], [1])]
        """
        for indices, sizes in join(self.index_batches(), samples):
            yield self.fetch(indices), sizes


def _check_order_of_stream(**options: Any) -> None:
    """Raise PyTorch's error for options that give an order to a dataset that has its own."""
    for name, value in options.items():
        if value is not None and value is not False:
            raise ValueError(
                f"DataLoader reads an IterableDataset in its own order, got {name}={value}: leave it out"
            )


def _check_workers(
    num_workers: int,
    timeout: float,
    context: Any,
    worker_init_fn: Any,
    prefetch_factor: int | None,
    persistent: bool,
) -> None:
    """Raise PyTorch's errors for options of worker processes, and for those that would have to do something."""
    workers = whole("num_workers", num_workers)
    counts = {"num_workers": workers, "timeout": timeout, "prefetch_factor": prefetch_factor or 0}
    for name, number in counts.items():
        if number < 0:
            raise ValueError(f"DataLoader expected {name} from 0 on, got {number}")
    needing = (
        ("prefetch_factor", prefetch_factor),
        ("persistent_workers", persistent or None),
        ("timeout", timeout or None),
    )
    for name, value in needing:
        if value is not None and not workers:
            raise ValueError(f"DataLoader({name}={value}) needs num_workers above 0: leave it out")
    if context is not None:
        raise ValueError(
            "multiprocessing_context needs worker processes, which DataLoader has none of: leave it out"
        )
    if worker_init_fn is not None and workers:
        raise NotImplementedError(
            "DataLoader has no worker processes that would call worker_init_fn: call it yourself, or leave it out"
        )


def _warn_of(options: dict[str, Any]) -> None:
    """Tell which options change nothing."""
    given = ", ".join(f"{name}={value}" for name, value in options.items() if value)
    if given:
        warnings.warn(
            f"DataLoader({given}) has no effect: batches are read in this process, in the same order, and stay "
            "where they are",
            stacklevel=3,
        )
