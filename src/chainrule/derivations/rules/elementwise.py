"""What computes each number of the output from the one in the same place: f(z), and right beside it f′(z)."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np

from chainrule.derivations.expression import Cases, Defined, Expr, Fn, Leaf, Number, Partial, expr, size
from chainrule.derivations.names import At
from chainrule.derivations.rules.rule import Rule, Run
from chainrule.derivations.steps import Line


class Elementwise(Rule):
    """a = f(z) for every number by itself; a subclass gives f and f′."""

    letter = "a"
    elementwise = True
    name: ClassVar[str] = ""

    def general(self, run: Run, z: Leaf) -> Expr:
        """Return f(z) for any z."""
        return self.function(run, z, ())

    def general_slope(self, run: Run, z: Leaf, a: Leaf) -> Expr:
        """Return f′(z) for any z."""
        return self.derivative(run, z, a, ())

    def function(self, run: Run, z: Leaf, at: At) -> Expr:
        """Return f(z) for the number z."""
        raise NotImplementedError

    def derivative(self, run: Run, z: Leaf, a: Leaf, at: At) -> Expr:
        """Return f′(z) for the numbers z and a = f(z)."""
        raise NotImplementedError

    def because(self, run: Run, at: At) -> str:
        """Say which case of the formula it is."""
        return ""

    def formula(self, run: Run) -> tuple[Expr, ...]:  # noqa: D102
        z, body = run.inputs[0].whole, self.general(run, run.inputs[0].whole)
        return (Fn((z,), self.name, np.float64), body) if self.name else (body,)

    def forward(self, run: Run, at: At) -> list[Line]:  # noqa: D102
        z = run.inputs[0].at(at)
        body = self.function(run, z, at)
        value = Defined(self.name, z, body) if self.name else body
        return [Line(run.output.at(at), value, float(run.output.array[at]), self.because(run, at))]

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        z, a = run.inputs[0].whole, run.output.whole
        return run.upstream_whole(Partial(a, z)), run.upstream_whole(self.general_slope(run, z, a))

    def backward(self, run: Run, i: int, at: At) -> list[Line]:  # noqa: D102
        z, a = run.inputs[0].at(at), run.output.at(at)
        slope = self.derivative(run, z, a, at)
        local = Partial(a, z, float(slope.value))
        return [
            Line(local, slope, local.number, self.because(run, at)),
            Line(run.grads[0].at(at), run.upstream(at, local), float(run.grads[0].array[at])),
        ]


Formula: TypeAlias = Callable[[Any, Leaf], Number]  # of the operation and z


class Function(Elementwise):
    """A function with one formula for all z.

    Parameters
    ----------
    function : callable
        f(op, z).
    slope : callable
        f′(op, z, a).
    name : str
        What f is called; nothing for one that has its name in its formula.
    letter : str
        Of the output.
    """

    def __init__(
        self, function: Formula, slope: Callable[[Any, Leaf, Leaf], Number], name: str = "", letter: str = "a"
    ) -> None:
        self._function, self._slope = function, slope
        self.name, self.letter = name, letter  # type: ignore[misc]

    def function(self, run: Run, z: Leaf, at: At) -> Expr:  # noqa: D102
        return expr(self._function(run.op, z))

    def derivative(self, run: Run, z: Leaf, a: Leaf, at: At) -> Expr:  # noqa: D102
        return expr(self._slope(run.op, z, a))


HOLDS = {">": operator.gt, "<": operator.lt, "≤": operator.le, "≥": operator.ge}
OPPOSITE = {">": "≤", "<": "≥", "≤": ">", "≥": "<"}


@dataclass(frozen=True)
class Piece:
    """f and f′ where z has this relation to a bound; the last of several pieces has none."""

    value: Number
    slope: Number
    relation: str = ""
    bound: float = 0.0


class Piecewise(Elementwise):
    """A function in pieces.

    Parameters
    ----------
    pieces : callable
        From the operation and z to a list of :class:`Piece`; the first whose condition holds is the one.
    name : str
        What f is called.
    whole : callable, optional
        f(op, z) in one formula, which is shown instead of the pieces.
    of_size : bool
        Whether the bounds are for the absolute value of z.
    """

    def __init__(
        self,
        pieces: Callable[[Any, Leaf], list[Piece]],
        name: str = "",
        whole: Formula | None = None,
        of_size: bool = False,
    ) -> None:
        self.pieces, self.whole, self.of_size = pieces, whole, of_size
        self.name = name  # type: ignore[misc]

    def general(self, run: Run, z: Leaf) -> Expr:  # noqa: D102
        if self.whole is not None:
            return expr(self.whole(run.op, z))
        return self._cases(run, z, "value")

    def general_slope(self, run: Run, z: Leaf, a: Leaf) -> Expr:  # noqa: D102
        return self._cases(run, z, "slope")

    def function(self, run: Run, z: Leaf, at: At) -> Expr:  # noqa: D102
        return expr(self.whole(run.op, z) if self.whole is not None else self._chosen(run, z)[1].value)

    def derivative(self, run: Run, z: Leaf, a: Leaf, at: At) -> Expr:  # noqa: D102
        return expr(self._chosen(run, z)[1].slope)

    def because(self, run: Run, at: At) -> str:  # noqa: D102
        z = run.inputs[0].at(at)
        pieces, (place, chosen) = self.pieces(run.op, z), self._chosen(run, z)
        subject = "|z|" if self.of_size else "z"
        if chosen.relation:
            return f"{subject} {chosen.relation} {_shown(chosen.bound)}"
        if place == 1:
            return f"{subject} {OPPOSITE[pieces[0].relation]} {_shown(pieces[0].bound)}"
        return "in between" if place else ""

    def _chosen(self, run: Run, z: Leaf) -> tuple[int, Piece]:
        """Return the piece that z is in, and its place among them."""
        value = abs(z.value) if self.of_size else z.value
        pieces = list(enumerate(self.pieces(run.op, z)))
        return next(((i, p) for i, p in pieces if p.relation and HOLDS[p.relation](value, p.bound)), pieces[-1])

    def _cases(self, run: Run, z: Leaf, what: str) -> Expr:
        *conditional, last = self.pieces(run.op, z)
        result = expr(getattr(last, what))
        for piece in reversed(conditional):
            subject = size(z) if self.of_size else z
            result = Cases(expr(getattr(piece, what)), subject, piece.relation, expr(piece.bound), result)
        return result


def _shown(bound: float) -> str:
    return f"{bound:g}".replace("-", "−")
