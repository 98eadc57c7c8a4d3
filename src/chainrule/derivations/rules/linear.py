"""The linear layer."""

from __future__ import annotations

import numpy as np

from chainrule.derivations.expression import Expr, Sigma, Transposed, product
from chainrule.derivations.names import At
from chainrule.derivations.rules.rule import Rule, Run, abridged
from chainrule.derivations.steps import Line


class Linear(Rule):
    """z = W x + b."""

    operations = ("Linear",)
    letter = "z"
    opens_layer = True

    def formula(self, run: Run) -> tuple[Expr, ...]:  # noqa: D102
        x, W, *b = run.inputs
        z = product(W.whole, x.whole, sign="")
        return (z + b[0].whole if b else z,)

    def forward(self, run: Run, at: At) -> list[Line]:  # noqa: D102
        x, W, *b = run.inputs
        *row, i = at
        order = sorted(range(W.array.shape[1]), key=lambda j: j != run.first)
        terms = [W.at((i, j)) * x.at((*row, j)) for j in order]
        z = abridged(terms, run.at_most, keep=0 if run.first is None else 1)
        return [Line(run.output.at(at), z + b[0].at((i,)) if b else z, float(run.output.array[at]))]

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        assert run.grad is not None
        x, W = run.inputs[:2]
        delta = run.grad.whole
        if i == 0:
            return (product(Transposed(W.whole), delta, sign=""),)
        slope = product(delta, Transposed(x.whole), sign="") if i == 1 else delta
        return (Sigma("n", slope) if len(_rows(run)) > 1 else slope,)

    def backward(self, run: Run, i: int, at: At) -> list[Line]:  # noqa: D102
        grad, (x, W) = run.grad, run.inputs[:2]
        assert grad is not None
        if i == 0:  # ∂L/∂xⱼ = Σₖ Wₖⱼ δₖ
            *row, j = at
            terms = [W.at((k, j)) * grad.at((*row, k)) for k in range(W.array.shape[0])]
            value = abridged(terms, run.at_most)
        elif i == 1:  # ∂L/∂Wᵢⱼ = Σ δᵢ xⱼ over the rows of the batch
            rows = _rows(run)
            value = abridged(
                [grad.at((*r, at[0])) * x.at((*r, at[1])) for r in rows], run.rows, "more rows", keep=1
            )
        else:  # ∂L/∂bᵢ = Σ δᵢ over the rows
            value = abridged([grad.at((*r, *at)) for r in _rows(run)], run.rows, "more rows", keep=1)
        return [Line(run.grads[i].at(at), value, float(run.grads[i].array[at]))]


def _rows(run: Run) -> list[At]:
    """Return the places of the rows, the one that is explained first."""
    rows = list(np.ndindex(run.output.array.shape[:-1]))
    return sorted(rows, key=lambda row: run.output.by_row and row[0] != run.output.batch.sample)
