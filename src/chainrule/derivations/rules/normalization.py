"""Normalisation over the batch, or of each example."""

from __future__ import annotations

import numpy as np

from chainrule.derivations.expression import Expr, Frac, Sigma, Sym, expr, root
from chainrule.derivations.names import At, Quantity
from chainrule.derivations.rules.places import broadcast, with_index
from chainrule.derivations.rules.rule import Rule, Run, abridged
from chainrule.derivations.steps import Line
from chainrule.ops import Array

EPS, N = Sym("ε"), Sym("n")


class Normalization(Rule):
    """x̂ = (x − μ) / √(v + ε) and y = γ x̂ + β; a subclass says which numbers share a mean μ and a variance v."""

    letter = "y"

    def group(self, run: Run, at: At) -> list[At]:
        """Return the places of the numbers that are normalised together."""
        raise NotImplementedError

    def of_parameter(self, run: Run, at: At) -> At:
        """Return which γ and β belong to a place."""
        raise NotImplementedError

    def moments(self, run: Run) -> tuple[Array | None, Array]:
        """Return μ (None: it counts as 0) and v, in shapes that broadcast against the input."""
        raise NotImplementedError

    def from_data(self, run: Run) -> bool:
        """Return whether μ and v are those of the numbers that come in; else they are constants."""
        return True

    def formula(self, run: Run) -> tuple[Expr, ...]:  # noqa: D102
        x, centred = run.inputs[0].whole, self.moments(run)[0] is not None
        normal = (x - Sym("μ") if centred else x) / root(Sym("v") + EPS)
        return (self._scaled(run, Sym("x̂"), None), self._scaled(run, normal, None))

    def forward(self, run: Run, at: At) -> list[Line]:  # noqa: D102
        x, group, lines = run.inputs[0], self.group(run, at), list[Line]()
        mean, variance = self._moments_at(run, at)
        if self.from_data(run) and at == next(place for place in group if not x.by_row or place[0] == at[0]):
            terms = [x.at(place) for place in group]
            if mean is not None:
                lines.append(Line(mean, abridged(terms, run.rows) / len(group), mean.number))
            squares = [(term - mean if mean is not None else term) ** 2 for term in terms]
            lines.append(Line(variance, abridged(squares, run.rows) / len(group), variance.number))
        normal = self._normal(run).at(at)
        centred = x.at(at) - mean if mean is not None else x.at(at)
        lines.append(Line(normal, centred / root(variance + Sym("ε", run.op.eps)), normal.number))
        return [*lines, Line(run.output.at(at), self._scaled(run, normal, at), float(run.output.array[at]))]

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        assert run.grad is not None
        g, normal = run.grad.whole, Sym("x̂")
        if i == 2:
            return (Sigma("i", with_index(g, "i")),)
        products = with_index(g, "i") * with_index(normal, "i")
        if i == 1:
            return (Sigma("i", products),)
        if len(run.inputs) > 1:
            g = Sym("g")
        inner: Expr = g
        if self.from_data(run):
            if self.moments(run)[0] is not None:
                inner = inner - Frac(Sigma("i", with_index(g, "i")), N)
            inner = inner - normal * Frac(Sigma("i", with_index(g, "i") * with_index(normal, "i")), N)
        return (Frac(inner, root(Sym("v") + EPS)),)

    def backward(self, run: Run, i: int, at: At) -> list[Line]:  # noqa: D102
        result = float(run.grads[i].array[at])
        if i:
            uses = [use for use in np.ndindex(run.output.array.shape) if self.of_parameter(run, use) == at]
            factors = [self._normal(run).at(use) if i == 1 else expr(1) for use in uses]
            terms = [run.upstream(use, factor) for use, factor in zip(uses, factors, strict=True)]
            return [Line(run.grads[i].at(at), abridged(terms, run.rows), result)]
        g, lines = self._g(run, at), list[Line]()
        if len(run.inputs) > 1:
            lines.append(Line(g, run.upstream(at, self._gamma(run, at)), g.number))
        inner: Expr = g
        if self.from_data(run):
            group, normal = self.group(run, at), self._normal(run)
            all_g = [self._g(run, place) for place in group]
            if self.moments(run)[0] is not None:
                inner = inner - abridged(all_g, run.rows) / len(group)
            products = [each * normal.at(place) for each, place in zip(all_g, group, strict=True)]
            inner = inner - normal.at(at) * (abridged(products, run.rows) / len(group))
        _, variance = self._moments_at(run, at)
        value = inner / root(variance + Sym("ε", run.op.eps))
        return [*lines, Line(run.grads[0].at(at), value, result)]

    def _scaled(self, run: Run, normal: Expr, at: At | None) -> Expr:
        """Return γ x̂ + β, as far as there are such; without a place, for any."""
        parameters = [
            q.whole if at is None else q.at(self.of_parameter(run, at)) for q in run.inputs[1:]
        ]  # fmt: skip
        if parameters:
            normal = parameters[0] * normal
        return normal + parameters[1] if len(parameters) > 1 else normal

    def _gamma(self, run: Run, at: At) -> Expr:
        return run.inputs[1].at(self.of_parameter(run, at))

    def _g(self, run: Run, at: At) -> Sym:
        """Return ∂L/∂x̂: the gradient that comes in, times γ; without a γ, it is the former."""
        assert run.grad is not None
        if len(run.inputs) == 1:
            return run.grad.at(at)  # type: ignore[return-value]  # a leaf all the same
        value = float(run.grad.array[at]) * float(self._gamma(run, at).value)
        place = run.output.symbol(at, value)
        return Sym("g", value, place.index, place.layer, place.row)

    def _normal(self, run: Run) -> Quantity:
        return Quantity("x̂", run.output.layer, run.op.normal, run.inputs[0].batch)

    def _moments_at(self, run: Run, at: At) -> tuple[Sym | None, Sym]:
        """Return the symbols of μ and v for a place."""
        mean, variance = self.moments(run)
        symbols: list[Sym | None] = []
        for letter, array in (("μ", mean), ("v", variance)):
            if array is None:
                symbols.append(None)
                continue
            place = broadcast(at, array.shape)
            index = tuple(i + 1 for i, n in zip(place, array.shape, strict=True) if n > 1)
            by_row = run.inputs[0].by_row and array.shape[0] == run.inputs[0].array.shape[0] > 1
            row = run.output.symbol(at, 0).row if by_row else None
            symbols.append(Sym(letter, float(array[place]), index[by_row:], run.output.layer, row))
        assert symbols[1] is not None
        return symbols[0], symbols[1]


class BatchNorm(Normalization):
    """Each channel over the batch; in evaluation, with the running mean and variance."""

    operations = ("BatchNorm",)

    def group(self, run: Run, at: At) -> list[At]:  # noqa: D102
        return [place for place in np.ndindex(run.output.array.shape) if place[1] == at[1]]

    def of_parameter(self, run: Run, at: At) -> At:  # noqa: D102
        return (at[1],)

    def moments(self, run: Run) -> tuple[Array | None, Array]:  # noqa: D102
        return run.op.mean.reshape(run.op.channels), run.op.var.reshape(run.op.channels)

    def from_data(self, run: Run) -> bool:  # noqa: D102
        return bool(run.op.of_batch)


class LayerNorm(Normalization):
    """Each example by itself; without a mean, by its root mean square."""

    operations = ("LayerNorm",)

    def group(self, run: Run, at: At) -> list[At]:  # noqa: D102
        shape, lead = run.output.array.shape, len(at) - len(run.op.axes)
        return [(*at[:lead], *rest) for rest in np.ndindex(shape[lead:])]

    def of_parameter(self, run: Run, at: At) -> At:  # noqa: D102
        return at[len(at) - len(run.op.axes) :]

    def moments(self, run: Run) -> tuple[Array | None, Array]:  # noqa: D102
        x, axes = run.inputs[0].array.astype(np.float64), run.op.axes
        mean = x.mean(axis=axes, keepdims=True) if run.op.centre else None
        centred = x if mean is None else x - mean
        return mean, (centred**2).mean(axis=axes, keepdims=True)
