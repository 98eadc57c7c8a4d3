"""What a derivation is made of: sections of steps, steps of lines. The renderers know nothing else."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from chainrule.derivations.expression import Expr, Leaf
from chainrule.ops import Array


@dataclass(frozen=True)
class Equation:
    """A general formula: a name, and one or more ways to write what it is."""

    name: Expr
    forms: tuple[Expr, ...]
    arrow: bool = False  # whether it is an assignment, ←


@dataclass(frozen=True)
class Line:
    """One number: its name, the formula it comes from, and the result.

    Attributes
    ----------
    name : Leaf
    formula : Expr
        Its symbols know their numbers.
    result : float
        Of the run, not rounded.
    note : str
        Why this branch of the formula, for one.
    arrow : bool
        Whether the quantity is assigned to, ←, as in an update.
    """

    name: Leaf
    formula: Expr
    result: float
    note: str = ""
    arrow: bool = False


@dataclass(frozen=True)
class Values:
    """A vector or matrix with all its numbers."""

    name: Expr
    array: Array
    note: str = ""

    @property
    def rows(self) -> Array:
        """The numbers in at most two axes."""
        array = np.asarray(self.array)
        return array.reshape(math.prod(array.shape[:-1]), array.shape[-1]) if array.ndim > 2 else array


@dataclass(frozen=True)
class Step:
    """A layer or an operation: what it is, its formula, its numbers."""

    title: str
    equations: tuple[Equation, ...] = ()
    lines: tuple[Line, ...] = ()
    values: tuple[Values, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the derivation: what is given, forward, loss, backward, update."""

    title: str
    steps: list[Step] = field(default_factory=list)
    note: str = ""
