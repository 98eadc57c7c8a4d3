"""Reductions over all axes or some: each number of the output is made of several of the input."""

from __future__ import annotations

import numpy as np

from chainrule.derivations.expression import (
    Cases,
    Expr,
    Fn,
    Frac,
    Partial,
    Sigma,
    Sym,
    exp,
    expr,
    ln,
    product,
    root,
    sign,
    size,
)
from chainrule.derivations.names import At
from chainrule.derivations.rules.places import along, shift_of, with_index
from chainrule.derivations.rules.rule import Rule, Run, abridged
from chainrule.derivations.steps import Line


class Reduction(Rule):
    """A reduction; a subclass gives the formula of its result and that of its derivative."""

    def general(self, x: Sym) -> Expr:
        """Return the formula, x having the index i."""
        raise NotImplementedError

    def reduce(self, run: Run, x: list[Sym]) -> Expr:
        """Return the result of these numbers."""
        raise NotImplementedError

    def general_slope(self, x: Sym, y: Sym) -> Expr:
        """Return ∂y/∂xᵢ for any x."""
        raise NotImplementedError

    def derivative(self, run: Run, i: int, x: list[Sym], y: Sym) -> Expr:
        """Return ∂y/∂xᵢ for the i-th of these numbers."""
        raise NotImplementedError

    def formula(self, run: Run) -> tuple[Expr, ...]:  # noqa: D102
        return (self.general(_indexed(run)),)

    def forward(self, run: Run, at: At) -> list[Line]:  # noqa: D102
        value = self.reduce(run, [run.inputs[0].at(place) for place in _places_of(run, at)])
        return [Line(run.output.at(at), value, float(run.output.array[at]))]

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        x, y = _indexed(run), run.output.whole
        return run.upstream_whole(Partial(y, x)), run.upstream_whole(self.general_slope(x, y))

    def backward(self, run: Run, i: int, at: At) -> list[Line]:  # noqa: D102
        kept = _kept(run, at)
        places = _places_of(run, kept)
        slope = self.derivative(run, places.index(at), [run.inputs[0].at(p) for p in places], run.output.at(kept))
        local = Partial(run.output.at(kept), run.inputs[0].at(at), float(slope.value))
        return [
            Line(local, slope, local.number),
            Line(run.grads[0].at(at), run.upstream(kept, local), float(run.grads[0].array[at])),
        ]


class Var(Reduction):
    """Σ (x − x̄)² / (n − correction)."""

    operations = ("Var",)

    def general(self, x: Sym) -> Expr:  # noqa: D102
        return Sigma("i", (x - Sym("x̄")) ** 2) / Sym("k")

    def reduce(self, run: Run, x: list[Sym]) -> Expr:  # noqa: D102
        mean = self._mean(x)
        return abridged([(each - mean) ** 2 for each in x], run.rows) / self._freedom(run, x)

    def general_slope(self, x: Sym, y: Sym) -> Expr:  # noqa: D102
        return 2 * (x - Sym("x̄")) / Sym("k")

    def derivative(self, run: Run, i: int, x: list[Sym], y: Sym) -> Expr:  # noqa: D102
        return 2 * (x[i] - self._mean(x)) / self._freedom(run, x)

    def _mean(self, x: list[Sym]) -> Sym:
        return Sym("x̄", float(np.mean([each.value for each in x])))

    def _freedom(self, run: Run, x: list[Sym]) -> Sym:
        return Sym("k", max(len(x) - run.op.correction, 0))


class Std(Var):
    """√var."""

    operations = ("Std",)

    def general(self, x: Sym) -> Expr:  # noqa: D102
        return root(super().general(x))

    def reduce(self, run: Run, x: list[Sym]) -> Expr:  # noqa: D102
        return root(super().reduce(run, x))

    def general_slope(self, x: Sym, y: Sym) -> Expr:  # noqa: D102
        return (x - Sym("x̄")) / (Sym("k") * y)

    def derivative(self, run: Run, i: int, x: list[Sym], y: Sym) -> Expr:  # noqa: D102
        return (x[i] - self._mean(x)) / (self._freedom(run, x) * y) if y.value else expr(0)


class Extremum(Reduction):
    """The largest or the smallest; equal ones share the gradient."""

    operations = ("Extremum",)

    def formula(self, run: Run) -> tuple[Expr, ...]:  # noqa: D102
        return (Fn((run.inputs[0].whole,), self._name(run), np.float64),)

    def reduce(self, run: Run, x: list[Sym]) -> Expr:  # noqa: D102
        return Fn(tuple(x), self._name(run), lambda *values: run.op.reduce(values))

    def general_slope(self, x: Sym, y: Sym) -> Expr:  # noqa: D102
        return Cases(expr(1), x, "=", y, expr(0))

    def derivative(self, run: Run, i: int, x: list[Sym], y: Sym) -> Expr:  # noqa: D102
        equal = sum(each.value == y.value for each in x)
        return expr(1) / equal if equal > 1 and x[i].value == y.value else expr(float(x[i].value == y.value))

    def _name(self, run: Run) -> str:
        return "max" if run.op.reduce is np.maximum.reduce else "min"


class Prod(Reduction):
    """The product."""

    operations = ("Prod",)

    def general(self, x: Sym) -> Expr:  # noqa: D102
        return Fn((x,), "Π", np.float64)

    def reduce(self, run: Run, x: list[Sym]) -> Expr:  # noqa: D102
        return product(*x) if x else expr(1)

    def general_slope(self, x: Sym, y: Sym) -> Expr:  # noqa: D102
        return y / x  # where x is not 0; else the product of the others

    def derivative(self, run: Run, i: int, x: list[Sym], y: Sym) -> Expr:  # noqa: D102
        others = x[:i] + x[i + 1 :]
        return product(*others) if others else expr(1)


class LogSumExp(Reduction):
    """ln Σ eˣ."""

    operations = ("LogSumExp",)

    def general(self, x: Sym) -> Expr:  # noqa: D102
        return ln(Sigma("i", exp(x)))

    def reduce(self, run: Run, x: list[Sym]) -> Expr:  # noqa: D102
        shift = shift_of(x)
        logarithm = ln(abridged([exp(each - shift if shift else each) for each in x], run.at_most))
        return logarithm + shift if shift else logarithm

    def general_slope(self, x: Sym, y: Sym) -> Expr:  # noqa: D102
        return exp(x - y)

    def derivative(self, run: Run, i: int, x: list[Sym], y: Sym) -> Expr:  # noqa: D102
        return exp(x[i] - y)


class Norm(Reduction):
    """√(Σ x²)."""

    operations = ("Norm",)

    def general(self, x: Sym) -> Expr:  # noqa: D102
        return root(Sigma("i", x**2))

    def reduce(self, run: Run, x: list[Sym]) -> Expr:  # noqa: D102
        return root(abridged([each**2 for each in x], run.at_most))

    def general_slope(self, x: Sym, y: Sym) -> Expr:  # noqa: D102
        return x / y

    def derivative(self, run: Run, i: int, x: list[Sym], y: Sym) -> Expr:  # noqa: D102
        return x[i] / y if y.value else expr(0)


class CumSum(Rule):
    """The running sum along an axis."""

    operations = ("CumSum",)

    def formula(self, run: Run) -> tuple[Expr, ...]:  # noqa: D102
        x = run.inputs[0].whole
        return (Sigma("j≤i", Sym(x.letter, index=("j",), layer=x.layer)),)

    def forward(self, run: Run, at: At) -> list[Line]:  # noqa: D102
        terms = [run.inputs[0].at(place) for place in along(run.op.axis, at, range(at[run.op.axis] + 1))]
        return [Line(run.output.at(at), abridged(terms, run.at_most), float(run.output.array[at]))]

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        assert run.grad is not None
        return (Sigma("j≥i", with_index(run.grad.whole, "j")),)

    def backward(self, run: Run, i: int, at: At) -> list[Line]:  # noqa: D102
        later = range(at[run.op.axis], run.output.array.shape[run.op.axis])
        terms = [run.upstream(place, expr(1)) for place in along(run.op.axis, at, later)]
        return [Line(run.grads[0].at(at), abridged(terms, run.at_most), float(run.grads[0].array[at]))]


class PNorm(Reduction):
    """(Σ |x|ᵖ)^(1/p); for p = ∞ the largest |x|, for −∞ the smallest, for 0 how many are not 0."""

    operations = ("PNorm",)

    def formula(self, run: Run) -> tuple[Expr, ...]:  # noqa: D102
        x, p = _indexed(run), run.op.p
        if np.isinf(p):
            return (Fn((size(x),), "max" if p > 0 else "min", np.float64),)
        return (
            Sigma("i", size(x) ** p) ** (1 / p) if p else Sigma("i", Cases(expr(0), x, "=", expr(0), expr(1))),
        )

    def reduce(self, run: Run, x: list[Sym]) -> Expr:  # noqa: D102
        p = run.op.p
        if np.isinf(p):
            extreme = np.maximum if p > 0 else np.minimum
            return Fn(tuple(map(size, x)), "max" if p > 0 else "min", lambda *values: extreme.reduce(values))
        if p == 0:
            return abridged([expr(float(each.value != 0)) for each in x], run.at_most)
        total = abridged([size(each) if p == 1 else size(each) ** p for each in x], run.at_most)
        return total if p == 1 else total ** (1 / p)

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        x, y, p = _indexed(run), run.output.whole, run.op.p
        if np.isinf(p):
            return (run.upstream_whole(Cases(sign(x), size(x), "=", y, expr(0))),)
        return (run.upstream_whole(sign(x) * (size(x) / y) ** (p - 1) if p else expr(0)),)

    def derivative(self, run: Run, i: int, x: list[Sym], y: Sym) -> Expr:  # noqa: D102
        p, own = run.op.p, x[i]
        if p == 0 or own.value == 0 or y.value == 0:
            return expr(0)
        if not np.isinf(p):
            return sign(own) * (size(own) / y) ** (p - 1) if p != 1 else sign(own)
        equal = sum(abs(each.value) == y.value for each in x)
        return sign(own) / equal if abs(own.value) == y.value else expr(0)


class Sum(Reduction):
    """Σ x."""

    operations = ("Sum",)

    def general(self, x: Sym) -> Expr:  # noqa: D102
        return Sigma("i", x)

    def reduce(self, run: Run, x: list[Sym]) -> Expr:  # noqa: D102
        return abridged(x, run.rows)

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        return (run.upstream_whole(expr(1)),)

    def backward(self, run: Run, i: int, at: At) -> list[Line]:  # noqa: D102
        value = run.upstream(_kept(run, at), self._share(run))
        return [Line(run.grads[0].at(at), value, float(run.grads[0].array[at]))]

    def _share(self, run: Run) -> Expr:
        return expr(1)


class Mean(Sum):
    """Σ x / n."""

    operations = ("Mean",)

    def general(self, x: Sym) -> Expr:  # noqa: D102
        return Frac(expr(1), Sym("n")) * super().general(x)

    def reduce(self, run: Run, x: list[Sym]) -> Expr:  # noqa: D102
        return super().reduce(run, x) / len(x) if len(x) > 1 else x[0]

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        return (run.upstream_whole(Frac(expr(1), Sym("n"))),)

    def _share(self, run: Run) -> Expr:
        n = run.inputs[0].array.size // max(run.output.array.size, 1)
        return expr(1) / n if n > 1 else expr(1)


def _kept(run: Run, at: At) -> At:
    """Return where in the output of a reduction a number of the input goes."""
    ndim = run.inputs[0].array.ndim
    axes = {axis % ndim for axis in (range(ndim) if run.op.axis is None else np.atleast_1d(run.op.axis))}
    if run.op.keepdims:
        return tuple(0 if i in axes else j for i, j in enumerate(at))
    return tuple(j for i, j in enumerate(at) if i not in axes)


def _places_of(run: Run, at: At) -> list[At]:
    """Return the places of the input that go into a number of the output."""
    return [place for place in np.ndindex(run.inputs[0].array.shape) if _kept(run, place) == at]


def _indexed(run: Run) -> Sym:
    """Return the symbol of the input with the index i."""
    return with_index(run.inputs[0].whole, "i")
