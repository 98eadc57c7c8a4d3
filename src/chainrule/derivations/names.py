"""Quantities: arrays of the run with the letters that formulas know them by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from chainrule.derivations.expression import Leaf, Partial, Sym
from chainrule.ops import Array

At: TypeAlias = tuple[int, ...]  # a place in an array


@dataclass(frozen=True)
class Batch:
    """The rows of the run: how many (None without a batch axis), and which of them is explained."""

    rows: int | None
    sample: int


@dataclass(eq=False)
class Quantity:
    """An array and its letter.

    Attributes
    ----------
    letter : str
    layer : int or None
    array : ndarray
    batch : Batch
    parameter : bool
        Whether it has no rows of a batch.
    name : str
        The parameter's name in the model.
    literal : bool
        Whether it is one number that the program states: it has no letter.
    """

    letter: str
    layer: int | None
    array: Array
    batch: Batch
    parameter: bool = False
    name: str = ""
    literal: bool = False

    @property
    def by_row(self) -> bool:
        """Whether the first axis is that of the batch."""
        shape = self.array.shape
        return not self.parameter and self.batch.rows is not None and shape[:1] == (self.batch.rows,)

    def at(self, at: At) -> Sym:
        """Return the symbol of one number."""
        return self.symbol(at, float(self.array[at]))

    def symbol(self, at: At, number: float) -> Sym:
        """Return the symbol of one place, for another number that belongs there: its gradient, its update."""
        return Sym(self.letter, number, self._index(at), self.layer, self._row(at))

    @property
    def whole(self) -> Sym:
        """The symbol of the array."""
        return Sym(self.letter, layer=self.layer)

    def of_sample(self) -> Array:
        """Return the numbers that belong to the row that is explained."""
        return np.asarray(self.array[self.batch.sample]) if self.by_row else self.array

    def places(self) -> Iterator[At]:
        """Iterate over the places of the row that is explained, or of the whole array."""
        for at in np.ndindex(self.array.shape):
            if not self.by_row or at[0] == self.batch.sample:
                yield at

    def _index(self, at: At) -> tuple[int, ...]:
        features, shape = (at[1:], self.array.shape[1:]) if self.by_row else (at, self.array.shape)
        if self.array.size == 1 or all(n == 1 for n in shape):
            return ()
        if not self.parameter:  # W keeps both of its indices
            features = tuple(i for i, n in zip(features, shape, strict=True) if n > 1)
        return tuple(i + 1 for i in features)

    def _row(self, at: At) -> int | None:
        return at[0] + 1 if self.by_row and at[0] != self.batch.sample else None


@dataclass(eq=False)
class Gradient:
    """∂L/∂ of a quantity: δ, if that is a pre-activation."""

    of: Quantity
    array: Array
    loss: Sym
    is_delta: bool = False
    via: Sym | None = None  # only the part that comes through this

    def at(self, at: At) -> Leaf:
        """Return the symbol of one number."""
        value = float(self.array[at])
        by = self.of.symbol(at, value)
        if self.is_delta and self.via is None:
            return Sym("δ", value, by.index, by.layer, by.row)
        return Partial(self.loss, by, value, self.via)

    @property
    def whole(self) -> Leaf:
        """The symbol of the array."""
        if self.is_delta and self.via is None:
            return Sym("δ", layer=self.of.layer)
        return Partial(self.loss, self.of.whole, via=self.via)
