"""Samplers: in which order a dataset is read, drawn as PyTorch draws it."""

from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import islice
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from chainrule.random import Generator, default_generator, source_of
from chainrule.sampling import multinomial
from chainrule.tensor import as_tensor

__all__ = [
    "BatchSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
]

T_co = TypeVar("T_co", covariant=True)

_REPLACEMENT_BLOCK = 32  # with replacement, PyTorch draws indices in blocks of this many


class Sampler(Generic[T_co]):
    """An order of indices, or of batches of them: subclasses define ``__iter__``, and mostly ``__len__``."""

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} should define __iter__")


class SequentialSampler(Sampler[int]):
    """The order of the dataset itself.

    Parameters
    ----------
    data_source : Sized
        The dataset.
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """A random order, drawn anew for each iteration.

    Parameters
    ----------
    data_source : Sized
        The dataset.
    replacement : bool
        Whether an index may come again before all others have come.
    num_samples : int, optional
        How many indices an iteration gives; by default, as many as there are samples.
    generator : Generator, optional
        Draws the order. Without it, each iteration has a generator of its own, seeded from the default one.

    Raises
    ------
    TypeError
        If `replacement` is not a bool.
    ValueError
        If `num_samples` is not a positive integer.

    Examples
    --------
    >>> list(RandomSampler(range(5), generator=Generator().manual_seed(0)))
    [4, 0, 1, 3, 2]
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(replacement, bool):
            raise TypeError(f"RandomSampler expected replacement to be a bool, got {replacement!r}")
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            empty = " (the dataset is empty)" if num_samples is None else ""
            raise ValueError(
                f"RandomSampler expected num_samples to be a positive integer, got {self.num_samples!r}{empty}"
            )

    @property
    def num_samples(self) -> int:
        """How many indices an iteration gives."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        for block in self.blocks():
            yield from block.tolist()

    def blocks(self) -> Iterator[NDArray[np.int64]]:
        """Draw the order array by array, each when its first index is asked for, as in PyTorch.

        Yields
        ------
        ndarray of int64
            The next indices.
        """
        n = len(self.data_source)
        if self.generator is None:
            generator = Generator().manual_seed(default_generator.random63())
        else:
            generator = source_of(self.generator)
        if self.replacement and not n:
            raise RuntimeError(f"RandomSampler can't draw {self.num_samples} of no samples")
        if self.replacement:
            blocks, rest = divmod(self.num_samples, _REPLACEMENT_BLOCK)
            for size in [_REPLACEMENT_BLOCK] * blocks + [rest]:
                yield generator.integers(0, n, size)
        else:
            rounds, rest = divmod(self.num_samples, n)
            for _ in range(rounds):
                yield generator.permutation(n)
            # PyTorch draws it even if the rest is 0: the state of a generator that others use must agree.
            if rest or self.generator is not None:
                yield generator.permutation(n)[:rest]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """Given indices in a random order.

    Parameters
    ----------
    indices : sequence of int
        The indices.
    generator : Generator, optional
        Draws the order; the default generator if none is given.
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        for i in source_of(self.generator).permutation(len(self.indices)).tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices drawn with given weights.

    Parameters
    ----------
    weights : sequence of float
        One for each sample; they need not add up to 1.
    num_samples : int
        How many indices an iteration gives.
    replacement : bool
        Whether an index can come more than once.
    generator : Generator, optional
        The default generator if none is given.

    Raises
    ------
    ValueError
        If `num_samples` is not a positive integer, `replacement` is not a bool, or `weights` has not one axis.

    Examples
    --------
    >>> list(WeightedRandomSampler([0.1, 0.9, 0.4], 5, generator=Generator().manual_seed(0)))
    [2, 1, 1, 2, 1]
    """

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        if not isinstance(num_samples, int) or isinstance(num_samples, bool) or num_samples <= 0:
            raise ValueError(
                f"WeightedRandomSampler expected num_samples to be a positive integer, got {num_samples!r}"
            )
        if not isinstance(replacement, bool):
            raise ValueError(f"WeightedRandomSampler expected replacement to be a bool, got {replacement!r}")
        self.weights = as_tensor(np.asarray(weights, np.float64))
        if self.weights.ndim != 1:
            raise ValueError(
                f"WeightedRandomSampler expected one weight for each sample, got shape {tuple(self.weights.shape)}"
            )
        self.num_samples, self.replacement, self.generator = num_samples, replacement, generator

    def __iter__(self) -> Iterator[int]:
        drawn = multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator)
        yield from drawn.tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """The indices of another sampler, in batches.

    Parameters
    ----------
    sampler : Sampler or iterable
        Gives the indices.
    batch_size : int
        How many indices make a batch.
    drop_last : bool
        Whether to leave out the last batch if it is smaller.

    Raises
    ------
    ValueError
        If `batch_size` is not a positive integer or `drop_last` is not a bool.

    Examples
    --------
    >>> list(BatchSampler(range(5), batch_size=2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, drop_last: bool) -> None:
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise ValueError(f"expected batch_size to be a positive integer, got {batch_size!r}")
        if not isinstance(drop_last, bool):
            raise ValueError(f"expected drop_last to be a bool, got {drop_last!r}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        smallest = self.batch_size if self.drop_last else 1
        while len(batch := list(islice(indices, self.batch_size))) >= smallest:
            yield batch

    def __len__(self) -> int:
        n = len(self.sampler)  # type: ignore[arg-type]
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
