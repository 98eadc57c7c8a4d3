"""Losses that are 0 once the right classes lead the others by a margin."""

from __future__ import annotations

import numpy as np

from chainrule.derivations.expression import Expr, Num, Sigma, Sym, expr, maximum, product
from chainrule.derivations.names import At, Quantity
from chainrule.derivations.rules.losses import shared
from chainrule.derivations.rules.rule import Rule, Run, abridged
from chainrule.derivations.steps import Line


class Margins(Rule):
    """ℓ = w/C Σ max(0, m − xᵢ + xⱼ)ᵖ over right classes i and wrong ones j, and the sum or mean over the rows."""

    def pairs(self, run: Run, n: int) -> list[tuple[int, int]]:
        """Return the classes (i, j) of a row that are compared."""
        raise NotImplementedError

    def margin(self, run: Run) -> float:
        """Return m."""
        return 1.0

    def power(self, run: Run) -> int:
        """Return p."""
        return 1

    def share(self, run: Run, n: int) -> float:
        """Return w/C for a row."""
        return 1.0 / int(run.inputs[0].array.shape[1])

    def formula(self, run: Run) -> tuple[Expr, ...]:  # noqa: D102
        x = run.inputs[0].whole
        i, j = (Sym(x.letter, index=(letter,), layer=x.layer) for letter in "ij")
        each = maximum(0, Sym("m") - i + j)
        row = Sym("w") / Sym("C") * Sigma("i,j", each if self.power(run) == 1 else each**2)
        if run.op.reduction == "none":
            return (row,)
        return (Sigma("n", row) / Sym("N") if run.op.reduction == "mean" else Sigma("n", row),)

    def forward(self, run: Run, at: At) -> list[Line]:  # noqa: D102
        x, result = run.inputs[0], float(run.output.array[at])
        if run.op.reduction == "none":
            return [Line(run.output.at(at), self._row(run, at[0]), result)]
        rows = range(len(x.array))
        losses = Quantity("ℓ", None, np.array([float(self._row(run, n).value) for n in rows]), x.batch)
        shown = x.batch.sample if x.by_row else 0
        of_rows = [losses.at((n,)) for n in sorted(rows, key=lambda n: n != shown)]
        return [
            Line(losses.at((shown,)), self._row(run, shown), float(losses.array[shown])),
            Line(run.output.at(at), shared(run, abridged(of_rows, run.rows, keep=1)), result),
        ]

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        x = run.inputs[0].whole
        lack = Sym("m") - Sym(x.letter, index=("i",), layer=x.layer) + Sym(x.letter, index=("j",), layer=x.layer)
        each = Sym("w") / Sym("C") * (expr(1) if self.power(run) == 1 else 2 * maximum(0, lack))
        return (run.upstream_whole(each / Sym("N") if run.op.reduction == "mean" else each),)

    def backward(self, run: Run, i: int, at: At) -> list[Line]:  # noqa: D102
        n, c = at
        terms = list[Expr]()
        for right, wrong in self.pairs(run, n):
            lack = self._lack(run, n, right, wrong)
            if c in (right, wrong) and lack.value > 0:
                slope = expr(1) if self.power(run) == 1 else 2 * lack
                terms.append(slope if c == wrong else -slope)
        slope = shared(run, product(Num(np.float64(self.share(run, n))), abridged(terms, run.at_most)))
        value = run.upstream((n,) if run.op.reduction == "none" else (), slope)
        return [Line(run.grads[0].at(at), value, float(run.grads[0].array[at]))]

    def _row(self, run: Run, n: int) -> Expr:
        lacks = [maximum(0, self._lack(run, n, i, j)) for i, j in self.pairs(run, n)]
        terms = lacks if self.power(run) == 1 else [lack**2 for lack in lacks]
        return product(Num(np.float64(self.share(run, n))), abridged(terms, run.at_most))

    def _lack(self, run: Run, n: int, right: int, wrong: int) -> Expr:
        return Num(np.float64(self.margin(run))) - run.inputs[0].at((n, right)) + run.inputs[0].at((n, wrong))


class MultiMargin(Margins):
    """One right class in each row."""

    operations = ("MultiMargin",)

    def pairs(self, run: Run, n: int) -> list[tuple[int, int]]:  # noqa: D102
        right = int(run.op.cells[1][n])
        return [(right, j) for j in range(run.inputs[0].array.shape[1]) if j != right]

    def margin(self, run: Run) -> float:  # noqa: D102
        return float(run.op.margin)

    def power(self, run: Run) -> int:  # noqa: D102
        return int(run.op.p)

    def share(self, run: Run, n: int) -> float:  # noqa: D102
        return float(run.op.factor[n, 0])


class MultiLabelMargin(Margins):
    """Several right classes in each row: those before the first −1."""

    operations = ("MultiLabelMargin",)

    def pairs(self, run: Run, n: int) -> list[tuple[int, int]]:  # noqa: D102
        target = run.inputs[1].array.reshape(run.inputs[0].array.shape)[n]
        right = [int(c) for c in target[np.logical_and.accumulate(target >= 0)]]
        return [(i, j) for i in right for j in range(len(target)) if j not in right]
