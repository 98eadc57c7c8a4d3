"""Losses."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.derivations.expression import (
    Cases,
    Expr,
    Fn,
    Frac,
    Leaf,
    Num,
    Sigma,
    Sym,
    exp,
    expr,
    ln,
    product,
    sigmoid,
    sign,
    size,
)
from chainrule.derivations.names import At, Quantity
from chainrule.derivations.rules.activations import softmax_at
from chainrule.derivations.rules.rule import Rule, Run, abridged
from chainrule.derivations.steps import Line, Values


class ElementLoss(Rule):
    """A loss of each number of the output and its target, and their sum or mean."""

    def term(self, run: Run, x: Leaf, y: Leaf, at: At) -> Expr:
        """Return the loss of one number."""
        raise NotImplementedError

    def derivative(self, run: Run, x: Leaf, y: Leaf, at: At) -> Expr:
        """Return its derivative by x."""
        raise NotImplementedError

    def by_target(self, run: Run, x: Leaf, y: Leaf, at: At) -> Expr:
        """Return its derivative by y; that of a loss of x − y, for one."""
        return -self.derivative(run, x, y, at)

    def formula(self, run: Run) -> tuple[Expr, ...]:  # noqa: D102
        x, y = (q.whole for q in run.inputs[:2])
        if run.inputs[0].array.size == 1 or run.op.reduction == "none":
            return (self.term(run, x, y, ()),)
        summed = Sigma("i", Sym("ℓ", index=("i",)))
        return (product(Frac(expr(1), Sym("n")), summed),) if run.op.reduction == "mean" else (summed,)

    def forward(self, run: Run, at: At) -> list[Line]:  # noqa: D102
        x, result = run.inputs[0], float(run.output.array[at])
        if run.op.reduction == "none" or x.array.size == 1:
            place = at if run.op.reduction == "none" else next(iter(np.ndindex(x.array.shape)))
            return [Line(run.output.at(at), shared(run, self._loss(run, place)), result)]
        losses = np.array([self._loss(run, place).value for place in np.ndindex(x.array.shape)])
        each = Quantity("ℓ", None, losses.reshape(x.array.shape), x.batch)
        lines = [Line(each.at(p), self._loss(run, p), float(each.array[p])) for p in x.places()]
        value = shared(run, abridged([each.at(p) for p in _sample_first(x)], run.rows, keep=1))
        return [*lines, Line(run.output.at(at), value, result)]

    def _loss(self, run: Run, at: At) -> Expr:
        """Return the loss of one number of the output."""
        return self._weighted(run, at, self.term(run, run.inputs[0].at(at), run.inputs[1].at(at), at))

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        x, y = (q.whole for q in run.inputs[:2])
        slope = (self.by_target if i else self.derivative)(run, x, y, ())
        averaged = run.op.reduction == "mean" and run.inputs[0].array.size > 1
        return (run.upstream_whole(Frac(slope, Sym("n")) if averaged else slope),)

    def backward(self, run: Run, i: int, at: At) -> list[Line]:  # noqa: D102
        x, y = (q.at(at) for q in run.inputs[:2])
        slope = (self.by_target if i else self.derivative)(run, x, y, at)
        value = run.upstream(
            at if run.op.reduction == "none" else (), self._weighted(run, at, shared(run, slope))
        )  # fmt: skip
        return [Line(run.grads[i].at(at), value, float(run.grads[i].array[at]))]

    def _weighted(self, run: Run, at: At, loss: Expr) -> Expr:
        weight = _broadcast(run.op.weight, run, at)
        return loss if weight is None else weight * loss


class MSE(ElementLoss):
    """(x − y)²."""

    operations = ("MSE",)

    def term(self, run: Run, x: Leaf, y: Leaf, at: At) -> Expr:  # noqa: D102
        return (x - y) ** 2

    def derivative(self, run: Run, x: Leaf, y: Leaf, at: At) -> Expr:  # noqa: D102
        return 2 * (x - y)


class L1(ElementLoss):
    """|x − y|."""

    operations = ("L1",)

    def term(self, run: Run, x: Leaf, y: Leaf, at: At) -> Expr:  # noqa: D102
        return size(x - y)

    def derivative(self, run: Run, x: Leaf, y: Leaf, at: At) -> Expr:  # noqa: D102
        return sign(x - y)


class BCE(ElementLoss):
    """−(y ln p + (1 − y) ln(1 − p)), with logarithms no lower than −100."""

    operations = ("BCE",)

    def term(self, run: Run, x: Leaf, y: Leaf, at: At) -> Expr:  # noqa: D102
        return -(y * _clamped_ln(x) + (1 - y) * _clamped_ln(1 - x))

    def derivative(self, run: Run, x: Leaf, y: Leaf, at: At) -> Expr:  # noqa: D102
        certain = x.value * (1 - x.value) < 1e-12
        return (x - y) / (Num(np.float64(1e-12)) if certain else x * (1 - x))

    def by_target(self, run: Run, x: Leaf, y: Leaf, at: At) -> Expr:  # noqa: D102
        return _clamped_ln(1 - x) - _clamped_ln(x)


class BCEWithLogits(ElementLoss):
    """(1 − y) z + (1 + (v − 1) y) ln(1 + e⁻ᶻ), v being the weight of the positive examples."""

    operations = ("BCEWithLogits",)

    def _factor(self, run: Run, y: Expr, at: At) -> Expr | None:
        v = _broadcast(run.op.pos_weight, run, at)
        return None if v is None else 1 + (v - 1) * y

    def term(self, run: Run, x: Leaf, y: Leaf, at: At) -> Expr:  # noqa: D102
        factor = self._factor(run, y, at)
        softplus = -x if x.value < -700 else ln(1 + exp(-x))
        return (1 - y) * x + (softplus if factor is None else factor * softplus)

    def derivative(self, run: Run, x: Leaf, y: Leaf, at: At) -> Expr:  # noqa: D102
        factor = self._factor(run, y, at)
        if factor is None:
            return sigmoid(x) - y
        return (1 - y) - factor * sigmoid(-x)

    def by_target(self, run: Run, x: Leaf, y: Leaf, at: At) -> Expr:  # noqa: D102
        v = _broadcast(run.op.pos_weight, run, at)
        return -x if v is None else (v - 1) * ln(1 + exp(-x)) - x


class Huber(ElementLoss):
    """d²/2 where |d| ≤ δ, else δ (|d| − δ/2), with d = x − y."""

    operations = ("Huber",)

    def term(self, run: Run, x: Leaf, y: Leaf, at: At) -> Expr:  # noqa: D102
        delta = Sym("δ", run.op.delta)
        return self._choice(x, y, delta, at, (x - y) ** 2 / 2, delta * (size(x - y) - delta / 2))

    def derivative(self, run: Run, x: Leaf, y: Leaf, at: At) -> Expr:  # noqa: D102
        delta = Sym("δ", run.op.delta)
        return self._choice(x, y, delta, at, x - y, delta * sign(x - y))

    def _choice(self, x: Leaf, y: Leaf, bound: Leaf, at: At, near: Expr, far: Expr) -> Expr:
        if np.isnan(x.value):  # of the general formula
            return Cases(near, size(x - y), "≤", bound, far)
        return near if abs(x.value - y.value) <= bound.value else far


class SmoothL1(Huber):
    """d²/2β where |d| < β, else |d| − β/2, with d = x − y."""

    operations = ("SmoothL1",)

    def term(self, run: Run, x: Leaf, y: Leaf, at: At) -> Expr:  # noqa: D102
        beta = Sym("β", run.op.beta)
        return self._choice(x, y, beta, at, (x - y) ** 2 / (2 * beta), size(x - y) - beta / 2)

    def derivative(self, run: Run, x: Leaf, y: Leaf, at: At) -> Expr:  # noqa: D102
        beta = Sym("β", run.op.beta)
        return self._choice(x, y, beta, at, (x - y) / beta, sign(x - y))


class SoftMargin(ElementLoss):
    """ln(1 + e^−yx)."""

    operations = ("SoftMargin",)

    def term(self, run: Run, x: Leaf, y: Leaf, at: At) -> Expr:  # noqa: D102
        return ln(1 + exp(-(y * x)))

    def derivative(self, run: Run, x: Leaf, y: Leaf, at: At) -> Expr:  # noqa: D102
        return -(y * sigmoid(-(y * x)))

    def by_target(self, run: Run, x: Leaf, y: Leaf, at: At) -> Expr:  # noqa: D102
        return -(x * sigmoid(-(y * x)))


class KLDivergence(ElementLoss):
    """y (ln y − x), or e^y (y − x) if the target y is a logarithm, too."""

    operations = ("KLDivergence",)

    def term(self, run: Run, x: Leaf, y: Leaf, at: At) -> Expr:  # noqa: D102
        if run.op.log_target:
            return exp(y) * (y - x)
        return expr(0) if y.value == 0 else y * (ln(y) - x)

    def derivative(self, run: Run, x: Leaf, y: Leaf, at: At) -> Expr:  # noqa: D102
        return -exp(y) if run.op.log_target else -y

    def by_target(self, run: Run, x: Leaf, y: Leaf, at: At) -> Expr:  # noqa: D102
        return exp(y) * (y - x + 1) if run.op.log_target else ln(y) + 1 - x


class CrossEntropy(Rule):
    """−Σ q ln p for p = softmax(z) and the target's distribution q."""

    operations = ("CrossEntropy",)

    def formula(self, run: Run) -> tuple[Expr, ...]:  # noqa: D102
        q, p = (Sym(letter, index=("i",)) for letter in "qp")
        per_row = -Sigma("i", q * ln(p))
        if run.inputs[0].array.shape[0] == 1 or run.op.reduction == "none":
            return (per_row,)
        summed = Sigma("n", Sigma("i", q * ln(p)))
        return (-product(Frac(expr(1), Sym("N")), summed) if run.op.reduction == "mean" else -summed,)

    def forward(self, run: Run, at: At) -> list[Line]:  # noqa: D102
        z, p = run.inputs[0], self._p(run)
        shown = at[0] if run.op.reduction == "none" else z.batch.sample if z.by_row else 0
        symbols = [z.at((shown, c)) for c in range(z.array.shape[1])]
        lines = [
            Line(p.at((shown, c)), softmax_at(symbols, c, run.at_most), float(p.array[shown, c]))
            for c in range(len(symbols))
        ]
        rows = [shown] if run.op.reduction == "none" else _rows_sample_first(z)
        cells = [(n, int(c)) for n in rows for c in np.flatnonzero(self._q(run).array[n])]
        terms = [self._times_q(run, cell, ln(p.at(cell))) for cell in cells]
        value = -shared(run, abridged(terms, run.rows, keep=1)) if terms else expr(0)
        return [*lines, Line(run.output.at(at), value, float(run.output.array[at]))]

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        slope: Expr = Sym("p") - Sym("q")
        averaged = run.op.reduction == "mean" and run.inputs[0].array.shape[0] > 1
        return (run.upstream_whole(Frac(slope, Sym("N")) if averaged else slope),)

    def backward(self, run: Run, i: int, at: At) -> list[Line]:  # noqa: D102
        n, c = at
        p, q = self._p(run), self._q(run)
        of_row = float(q.array[n].sum())
        scaled = p.at(at) if abs(of_row - 1) < 1e-6 else Num(np.float64(of_row)) * p.at(at)
        slope = shared(run, scaled - q.at(at)) if of_row else expr(0)
        if i == 1:
            w = 1.0 if run.op.weight is None else float(run.op.weight[c])
            slope = -shared(run, Num(np.float64(w * (1 - run.op.label_smoothing))) * ln(p.at(at)))
        value = run.upstream((n,) if run.op.reduction == "none" else (), slope)
        return [Line(run.grads[i].at(at), value, float(run.grads[i].array[at]))]

    def values(self, run: Run) -> tuple[Values, ...]:
        """Return the target as a distribution."""
        return (Values(Sym("q"), self._q(run).of_sample(), "what the target says p should be"),)

    def _p(self, run: Run) -> Quantity:
        return Quantity("p", None, np.exp(run.op.logp), run.inputs[0].batch)

    def _q(self, run: Run) -> Quantity:
        q = run.op.q
        if q is None:
            q = np.zeros_like(run.op.logp)
            q[run.op.cells] = 1
        return Quantity("q", None, q, run.inputs[0].batch)

    def _times_q(self, run: Run, cell: At, logarithm: Expr) -> Expr:
        q = self._q(run).at(cell)
        return logarithm if q.value == 1 else q * logarithm


class NLL(Rule):
    """−logp[y], for log-probabilities and the class y."""

    operations = ("NLL",)

    def formula(self, run: Run) -> tuple[Expr, ...]:  # noqa: D102
        logp = run.inputs[0].whole
        picked = Sym(logp.letter, index=("c",), layer=logp.layer)
        if run.inputs[0].array.shape[0] == 1 or run.op.reduction == "none":
            return (-picked,)
        summed = Sigma("n", picked)
        return (-product(Frac(expr(1), Sym("N")), summed) if run.op.reduction == "mean" else -summed,)

    def forward(self, run: Run, at: At) -> list[Line]:  # noqa: D102
        rows = [at[0]] if run.op.reduction == "none" else _rows_sample_first(run.inputs[0])
        terms = [self._picked(run, n) for n in rows if run.op.counted[n]]
        value = -shared(run, abridged(terms, run.rows, keep=1)) if terms else expr(0)
        return [Line(run.output.at(at), value, float(run.output.array[at]))]

    def _picked(self, run: Run, n: int) -> Expr:
        logp, w = run.inputs[0].at((n, int(run.op.cells[1][n]))), float(run.op.w[n])
        return logp if w == 1 else Num(np.float64(w)) * logp

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        averaged = run.op.reduction == "mean" and run.inputs[0].array.shape[0] > 1
        return (run.upstream_whole(-Frac(Sym("q"), Sym("N")) if averaged else -Sym("q")),)

    def backward(self, run: Run, i: int, at: At) -> list[Line]:  # noqa: D102
        n, c = at
        hit = run.op.counted[n] and c == run.op.cells[1][n]
        slope = -shared(run, expr(float(run.op.w[n]))) if hit else expr(0)
        value = run.upstream((n,) if run.op.reduction == "none" else (), slope)
        note = "the class of the target" if hit else "another class"
        return [Line(run.grads[0].at(at), value, float(run.grads[0].array[at]), note)]


def shared(run: Run, x: Expr) -> Expr:
    """Divide by what the mean divides by."""
    if run.op.reduction != "mean" or run.op.count == 1:
        return x
    return Frac(x, Num(np.float64(run.op.count)))


def _sample_first(x: Quantity) -> list[At]:
    """Return all places, those of the row that is explained first."""
    return sorted(np.ndindex(x.array.shape), key=lambda at: x.by_row and at[0] != x.batch.sample)


def _rows_sample_first(x: Quantity) -> list[int]:
    """Return the rows, the one that is explained first."""
    return sorted(range(len(x.array)), key=lambda n: x.by_row and n != x.batch.sample)


def _broadcast(array: Any, run: Run, at: At) -> Num | None:
    """Return what a weight of another shape is at a place; of the general formula there is none."""
    if array is None or (not at and run.inputs[0].array.ndim):
        return None
    return Num(np.float64(np.broadcast_to(array, run.inputs[0].array.shape)[at]))


def _clamped_ln(x: Expr) -> Expr:
    return Fn((x,), "ln", lambda p: np.maximum(np.log(p), -100))
