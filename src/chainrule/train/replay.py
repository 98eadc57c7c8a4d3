"""Taking up an epoch in the middle: generators, and an order of batches drawn again."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from operator import attrgetter
from typing import Any

import numpy as np

from chainrule.data import DataLoader
from chainrule.ops import Array
from chainrule.random import Generator, default_generator

Generators = dict[str, Any]


def generators_of(**loaders: Any) -> Generators:
    """Return the generators that a training draws from, by names.

    Parameters
    ----------
    **loaders : DataLoader or any iterable
        Of chainrule or PyTorch, whose own generators are looked for.

    Returns
    -------
    dict of str to Generator
        Each once, with the default generator, and PyTorch's where a loader is PyTorch's.

    Examples
    --------
    >>> list(generators_of(train=DataLoader([1.0, 2.0], generator=Generator())))
    ['default', 'train.generator']
    """
    found: Generators = {"default": default_generator}
    for role, loader in loaders.items():
        for part in ("generator", "sampler.generator", "batch_sampler.sampler.generator"):
            try:
                generator = attrgetter(part)(loader)
            except AttributeError:
                continue
            known = any(generator is other for other in found.values())
            if not known and (isinstance(generator, Generator) or _is_of_torch(generator)):
                found[f"{role}.{part}"] = generator
        if _is_of_torch(loader):
            found["torch"] = sys.modules["torch"].default_generator
        if isinstance(loader, DataLoader) and loader.persistent_workers:
            found[f"{role}.workers"] = _PersistentWorkers(loader)
    return found


class _PersistentWorkers:
    """Whether the persistent workers of a loader have been seeded, told and set as the state of a generator is."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        self.loader = loader

    def get_state(self) -> Array:
        return np.array([self.loader.has_begun])

    def set_state(self, state: Array) -> None:
        self.loader.has_begun = bool(state[0])


def _is_of_torch(thing: Any) -> bool:
    return type(thing).__module__.partition(".")[0] == "torch"


def get_states(generators: Generators) -> dict[str, Array]:
    """Return the states of generators, in bytes."""
    return {name: np.asarray(generator.get_state()) for name, generator in generators.items()}


def set_states(generators: Generators, states: dict[str, Array]) -> None:
    """Put generators back into states that ``get_states`` returned."""
    for name, generator in generators.items():
        state: Any = np.array(states[name])
        generator.set_state(sys.modules["torch"].from_numpy(state) if _is_of_torch(generator) else state)


def batches_from(
    loader: Iterable[Any], skip: int, generators: Generators, start: dict[str, Array]
) -> Iterator[Any]:
    """Begin an iteration over a loader behind its first batches.

    The iteration that was going on is made again: its order is drawn from the states that the generators had when
    it began, and afterwards they are put back to where they are now. Our ``DataLoader`` does not read what is
    skipped; other loaders do.

    Parameters
    ----------
    loader : iterable
    skip : int
        How many batches to leave out.
    generators : dict of str to Generator
    start : dict of str to ndarray
        Their states when the iteration began.

    Returns
    -------
    iterator

    Raises
    ------
    ValueError
        If the loader does not give as many.

    Examples
    --------
    >>> list(batches_from("abcd", 2, {}, {}))
    ['c', 'd']
    """
    now = get_states(generators)
    set_states(generators, start)
    if isinstance(loader, DataLoader) and type(loader).__iter__ is DataLoader.__iter__:
        indices = loader.index_batches()
        batches: Iterator[Any] = map(loader.fetch, indices)
        skipped = sum(1 for _ in islice(indices, skip))
    else:
        batches = iter(loader)
        skipped = sum(1 for _ in islice(batches, skip))
    if skipped < skip:
        raise ValueError(
            f"the checkpoint was taken after batch {skip} of an epoch, and train_loader has {skipped}"
        )
    set_states(generators, now)
    return batches
