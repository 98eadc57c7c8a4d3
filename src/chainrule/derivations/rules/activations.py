"""Activation functions and dropout."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from chainrule.derivations.expression import (
    Cases,
    Defined,
    Expr,
    Fn,
    Leaf,
    Num,
    Partial,
    Sigma,
    Sym,
    exp,
    expr,
    ln,
    maximum,
)
from chainrule.derivations.names import At
from chainrule.derivations.rules.rule import Rule, Run, abridged
from chainrule.derivations.steps import Line

FAR = 20.0  # beyond, e^z is not written out any more


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


class Sigmoid(Elementwise):
    """σ(z) = 1 / (1 + e⁻ᶻ)."""

    operations = ("Sigmoid",)
    name = "σ"

    def function(self, run: Run, z: Leaf, at: At) -> Expr:  # noqa: D102
        return 1 / (1 + exp(-z))

    def derivative(self, run: Run, z: Leaf, a: Leaf, at: At) -> Expr:  # noqa: D102
        return a * (1 - a)


class Tanh(Elementwise):
    """tanh(z) = (e^z − e^−z) / (e^z + e^−z)."""

    operations = ("Tanh",)
    name = "tanh"

    def general(self, run: Run, z: Leaf) -> Expr:  # noqa: D102
        return (exp(z) - exp(-z)) / (exp(z) + exp(-z))

    def function(self, run: Run, z: Leaf, at: At) -> Expr:  # noqa: D102
        return self.general(run, z) if abs(z.value) < FAR else Fn((z,), "tanh", np.tanh)

    def derivative(self, run: Run, z: Leaf, a: Leaf, at: At) -> Expr:  # noqa: D102
        return 1 - a**2


class TwoSided(Elementwise):
    """Functions with one formula above 0 and another below."""

    def below(self, run: Run, z: Leaf) -> Expr:
        """Return f(z) for z ≤ 0."""
        raise NotImplementedError

    def slope_below(self, run: Run, z: Leaf) -> Expr:
        """Return f′(z) for z ≤ 0."""
        raise NotImplementedError

    def general(self, run: Run, z: Leaf) -> Expr:  # noqa: D102
        return Cases(z, z, ">", expr(0), self.below(run, z))

    def general_slope(self, run: Run, z: Leaf, a: Leaf) -> Expr:  # noqa: D102
        return Cases(expr(1), z, ">", expr(0), self.slope_below(run, z))

    def function(self, run: Run, z: Leaf, at: At) -> Expr:  # noqa: D102
        return z if z.value > 0 else self.below(run, z)

    def derivative(self, run: Run, z: Leaf, a: Leaf, at: At) -> Expr:  # noqa: D102
        return expr(1) if z.value > 0 else self.slope_below(run, z)

    def because(self, run: Run, at: At) -> str:  # noqa: D102
        return "z > 0" if run.inputs[0].array[at] > 0 else "z ≤ 0"


class ReLU(TwoSided):
    """max(0, z), with derivative 0 at 0."""

    operations = ("ReLU",)
    name = "ReLU"

    def general(self, run: Run, z: Leaf) -> Expr:  # noqa: D102
        return maximum(0, z)

    def function(self, run: Run, z: Leaf, at: At) -> Expr:  # noqa: D102
        return maximum(0, z)

    def slope_below(self, run: Run, z: Leaf) -> Expr:  # noqa: D102
        return expr(0)


class LeakyReLU(TwoSided):
    """The input above 0, else α z."""

    operations = ("LeakyReLU",)
    name = "LeakyReLU"

    def below(self, run: Run, z: Leaf) -> Expr:  # noqa: D102
        return Sym("α", run.op.slope) * z

    def slope_below(self, run: Run, z: Leaf) -> Expr:  # noqa: D102
        return Sym("α", run.op.slope)


class ELU(TwoSided):
    """The input above 0, else α (e^z − 1)."""

    operations = ("ELU",)
    name = "ELU"

    def below(self, run: Run, z: Leaf) -> Expr:  # noqa: D102
        return Sym("α", run.op.alpha) * (exp(z) - 1)

    def slope_below(self, run: Run, z: Leaf) -> Expr:  # noqa: D102
        return Sym("α", run.op.alpha) * exp(z)


class Dropout(Elementwise):
    """d = a · m / (1 − p), the mask m being 1 for what is kept and 0 for the rest."""

    operations = ("Dropout",)
    letter = "d"

    def _scale(self, run: Run, at: At) -> Expr:
        kept = float(run.op.mask[at]) if at else np.nan
        index = run.output.symbol(at, kept) if at else run.output.whole
        return Sym("m", kept, index.index, index.layer, index.row) / Num(np.float64(run.op.keep))

    def function(self, run: Run, z: Leaf, at: At) -> Expr:  # noqa: D102
        return z * self._scale(run, at)

    def derivative(self, run: Run, z: Leaf, a: Leaf, at: At) -> Expr:  # noqa: D102
        return self._scale(run, at)

    def because(self, run: Run, at: At) -> str:  # noqa: D102
        return "kept" if run.op.mask[at] else "dropped"


class Softmax(Rule):
    """aᵢ = e^zᵢ / Σⱼ e^zⱼ."""

    operations = ("Softmax",)
    letter = "a"

    def formula(self, run: Run) -> tuple[Expr, ...]:  # noqa: D102
        return (softmax_of(run.inputs[0].whole),)

    def forward(self, run: Run, at: At) -> list[Line]:  # noqa: D102
        z = _along(run.op.axis, at, run.inputs[0].array.shape)
        value = softmax_at([run.inputs[0].at(place) for place in z], z.index(at), run.at_most)
        return [Line(run.output.at(at), value, float(run.output.array[at]))]

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        assert run.grad is not None
        a, g = (_with_index(x.whole, "i") for x in (run.output, run.grad))
        aj, gj = (_with_index(x.whole, "j") for x in (run.output, run.grad))
        return (a * (g - Sigma("j", gj * aj)),)

    def backward(self, run: Run, i: int, at: At) -> list[Line]:  # noqa: D102
        assert run.grad is not None
        along = _along(run.op.axis, at, run.output.array.shape)
        inner = abridged([run.grad.at(place) * run.output.at(place) for place in along], run.at_most)
        value = run.output.at(at) * (run.grad.at(at) - inner)
        return [Line(run.grads[0].at(at), value, float(run.grads[0].array[at]))]


class LogSoftmax(Rule):
    """aᵢ = zᵢ − ln Σⱼ e^zⱼ."""

    operations = ("LogSoftmax",)
    letter = "a"

    def formula(self, run: Run) -> tuple[Expr, ...]:  # noqa: D102
        z = run.inputs[0].whole
        return (_with_index(z, "i") - ln(Sigma("j", exp(_with_index(z, "j")))),)

    def forward(self, run: Run, at: At) -> list[Line]:  # noqa: D102
        along = [run.inputs[0].at(place) for place in _along(run.op.axis, at, run.inputs[0].array.shape)]
        shift = _shift(along)
        logarithm = ln(abridged([exp(z - shift if shift else z) for z in along], run.at_most))
        value = run.inputs[0].at(at) - (logarithm + shift if shift else logarithm)
        return [Line(run.output.at(at), value, float(run.output.array[at]))]

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        assert run.grad is not None
        g, gj = (_with_index(run.grad.whole, letter) for letter in "ij")
        return (g - exp(_with_index(run.output.whole, "i")) * Sigma("j", gj),)

    def backward(self, run: Run, i: int, at: At) -> list[Line]:  # noqa: D102
        grad = run.grad
        assert grad is not None
        along = _along(run.op.axis, at, run.output.array.shape)
        value = grad.at(at) - exp(run.output.at(at)) * abridged([grad.at(place) for place in along], run.at_most)
        return [Line(run.grads[0].at(at), value, float(run.grads[0].array[at]))]


def softmax_of(z: Sym) -> Expr:
    """Return the general formula of a softmax."""
    return exp(_with_index(z, "i")) / Sigma("j", exp(_with_index(z, "j")))


def softmax_at(z: list[Sym], i: int, at_most: int) -> Expr:
    """Return e^zᵢ / Σⱼ e^zⱼ; where that would overflow, with the greatest z taken from all of them."""
    shift = _shift(z)
    powers = [exp(x - shift if shift else x) for x in z]
    return powers[i] / abridged(powers, at_most)


def _shift(z: list[Sym]) -> float:
    greatest = max(float(x.value) for x in z)
    return greatest if abs(greatest) > FAR or min(float(x.value) for x in z) < -FAR else 0.0


def _along(axis: int, at: At, shape: tuple[int, ...]) -> list[At]:
    """Return the places along an axis through a place."""
    axis %= len(shape)
    return [(*at[:axis], j, *at[axis + 1 :]) for j in range(shape[axis])]


def _with_index(x: Leaf, letter: str) -> Leaf:
    """Return the symbol of a vector with a letter for its index."""
    if isinstance(x, Partial):
        return Partial(x.of, Sym(x.by.letter, index=(letter,), layer=x.by.layer), via=x.via)
    assert isinstance(x, Sym)
    return Sym(x.letter, index=(letter,), layer=x.layer)
