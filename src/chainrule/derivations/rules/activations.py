"""Activations that draw random numbers, and those that take several numbers into account: softmax, GLU."""

from __future__ import annotations

import numpy as np

from chainrule.derivations.expression import (
    Cases,
    Expr,
    Fn,
    Leaf,
    Sigma,
    Sym,
    exp,
    expr,
    ln,
    sigmoid,
)
from chainrule.derivations.names import At
from chainrule.derivations.rules.elementwise import Elementwise
from chainrule.derivations.rules.places import along, shift_of, with_index
from chainrule.derivations.rules.rule import Rule, Run, abridged
from chainrule.derivations.steps import Line
from chainrule.ops import Array


class Dropout(Elementwise):
    """d = a · m / (1 − p), the mask m being 1 for what is kept and 0 for the rest."""

    operations = ("Dropout",)
    letter = "d"

    def function(self, run: Run, z: Leaf, at: At) -> Expr:  # noqa: D102
        return z * self.derivative(run, z, z, at)

    def derivative(self, run: Run, z: Leaf, a: Leaf, at: At) -> Expr:  # noqa: D102
        return _drawn(run, "m", run.op.mask, at) / run.op.keep if run.op.keep else expr(0)

    def because(self, run: Run, at: At) -> str:  # noqa: D102
        return "kept" if run.op.mask[at] else "dropped"


class AlphaDropout(Elementwise):
    """d = k a + c for what is kept, k s + c for the rest, s being what SELU tends to on the left."""

    operations = ("AlphaDropout",)
    letter = "d"

    def general(self, run: Run, z: Leaf) -> Expr:  # noqa: D102
        k, c = Sym("k"), Sym("c")
        return Cases(k * z + c, Sym("m"), "=", expr(1), k * Sym("s") + c)

    def general_slope(self, run: Run, z: Leaf, a: Leaf) -> Expr:  # noqa: D102
        return Cases(Sym("k"), Sym("m"), "=", expr(1), expr(0))

    def function(self, run: Run, z: Leaf, at: At) -> Expr:  # noqa: D102
        p, s = run.op.p, run.op.saturation
        k = 1 / np.sqrt((1 - p) * (1 + p * s * s))
        return Sym("k", k) * (z if run.op.noise[at] else Sym("s", s)) + Sym("c", -k * p * s)

    def derivative(self, run: Run, z: Leaf, a: Leaf, at: At) -> Expr:  # noqa: D102
        return Sym("k", float(run.op.noise[at])) if run.op.noise[at] else expr(0)

    def because(self, run: Run, at: At) -> str:  # noqa: D102
        return "kept" if run.op.noise[at] else "dropped"


class RReLU(Elementwise):
    """The input above 0, else r z, with an r of its own for each number."""

    operations = ("RReLU",)

    def general(self, run: Run, z: Leaf) -> Expr:  # noqa: D102
        return Cases(z, z, ">", expr(0), Sym("r") * z)

    def general_slope(self, run: Run, z: Leaf, a: Leaf) -> Expr:  # noqa: D102
        return Cases(expr(1), z, ">", expr(0), Sym("r"))

    def function(self, run: Run, z: Leaf, at: At) -> Expr:  # noqa: D102
        return z if z.value > 0 else self.derivative(run, z, z, at) * z

    def derivative(self, run: Run, z: Leaf, a: Leaf, at: At) -> Expr:  # noqa: D102
        return expr(1) if z.value > 0 else _drawn(run, "r", run.op.slope, at)

    def because(self, run: Run, at: At) -> str:  # noqa: D102
        return "z > 0" if run.inputs[0].array[at] > 0 else "z ≤ 0"


def _drawn(run: Run, letter: str, array: Array, at: At) -> Sym:
    """Return the symbol of a random number that belongs to a place of the output, or to any."""
    if len(at) < array.ndim:
        return Sym(letter, layer=run.output.layer)
    of = run.output.symbol(at, float(array[at]))
    return Sym(letter, of.number, of.index, of.layer, of.row)


class Softmax(Rule):
    """aᵢ = e^zᵢ / Σⱼ e^zⱼ."""

    operations = ("Softmax",)
    letter = "a"

    def formula(self, run: Run) -> tuple[Expr, ...]:  # noqa: D102
        return (softmax_of(run.inputs[0].whole),)

    def forward(self, run: Run, at: At) -> list[Line]:  # noqa: D102
        z = _whole_axis(run, at)
        value = softmax_at([run.inputs[0].at(place) for place in z], z.index(at), run.at_most)
        return [Line(run.output.at(at), value, float(run.output.array[at]))]

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        assert run.grad is not None
        a, g = (with_index(x.whole, "i") for x in (run.output, run.grad))
        aj, gj = (with_index(x.whole, "j") for x in (run.output, run.grad))
        return (a * (g - Sigma("j", gj * aj)),)

    def backward(self, run: Run, i: int, at: At) -> list[Line]:  # noqa: D102
        assert run.grad is not None
        places = _whole_axis(run, at)
        inner = abridged([run.grad.at(place) * run.output.at(place) for place in places], run.at_most)
        value = run.output.at(at) * (run.grad.at(at) - inner)
        return [Line(run.grads[0].at(at), value, float(run.grads[0].array[at]))]


class LogSoftmax(Rule):
    """aᵢ = zᵢ − ln Σⱼ e^zⱼ."""

    operations = ("LogSoftmax",)
    letter = "a"

    def formula(self, run: Run) -> tuple[Expr, ...]:  # noqa: D102
        z = run.inputs[0].whole
        return (with_index(z, "i") - ln(Sigma("j", exp(with_index(z, "j")))),)

    def forward(self, run: Run, at: At) -> list[Line]:  # noqa: D102
        numbers = [run.inputs[0].at(place) for place in _whole_axis(run, at)]
        shift = shift_of(numbers)
        logarithm = ln(abridged([exp(z - shift if shift else z) for z in numbers], run.at_most))
        value = run.inputs[0].at(at) - (logarithm + shift if shift else logarithm)
        return [Line(run.output.at(at), value, float(run.output.array[at]))]

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        assert run.grad is not None
        g, gj = (with_index(run.grad.whole, letter) for letter in "ij")
        return (g - exp(with_index(run.output.whole, "i")) * Sigma("j", gj),)

    def backward(self, run: Run, i: int, at: At) -> list[Line]:  # noqa: D102
        grad = run.grad
        assert grad is not None
        places = _whole_axis(run, at)
        value = grad.at(at) - exp(run.output.at(at)) * abridged([grad.at(place) for place in places], run.at_most)
        return [Line(run.grads[0].at(at), value, float(run.grads[0].array[at]))]


class GLU(Rule):
    """a σ(b), a and b being the halves of the input."""

    operations = ("GLU",)
    letter = "a"

    def formula(self, run: Run) -> tuple[Expr, ...]:  # noqa: D102
        return (Sym("a") * sigmoid(Sym("b")),)

    def forward(self, run: Run, at: At) -> list[Line]:  # noqa: D102
        a, b = (run.inputs[0].at(place) for place in self._halves(run, at))
        return [Line(run.output.at(at), a * sigmoid(b), float(run.output.array[at]))]

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        gate = sigmoid(Sym("b"))
        halves = run.upstream_whole(gate), run.upstream_whole(Sym("a") * gate * (1 - gate))
        return (Fn(halves, "join", np.float64),)

    def backward(self, run: Run, i: int, at: At) -> list[Line]:  # noqa: D102
        axis, n = run.op.axis % len(at), run.output.array.shape[run.op.axis]
        use = (*at[:axis], at[axis] % n, *at[axis + 1 :])
        a, b = (run.inputs[0].at(place) for place in self._halves(run, use))
        slope = sigmoid(b) if at[axis] < n else a * sigmoid(b) * (1 - sigmoid(b))
        return [Line(run.grads[0].at(at), run.upstream(use, slope), float(run.grads[0].array[at]))]

    def _halves(self, run: Run, at: At) -> tuple[At, At]:
        axis, n = run.op.axis % len(at), run.output.array.shape[run.op.axis]
        return at, (*at[:axis], at[axis] + n, *at[axis + 1 :])


def softmax_of(z: Sym) -> Expr:
    """Return the general formula of a softmax."""
    return exp(with_index(z, "i")) / Sigma("j", exp(with_index(z, "j")))


def softmax_at(z: list[Sym], i: int, at_most: int) -> Expr:
    """Return e^zᵢ / Σⱼ e^zⱼ; where that would overflow, with the greatest z taken from all of them."""
    shift = shift_of(z)
    powers = [exp(x - shift if shift else x) for x in z]
    return powers[i] / abridged(powers, at_most)


def _whole_axis(run: Run, at: At) -> list[At]:
    """Return the places along the axis of the operation through a place."""
    return along(run.op.axis, at, range(run.output.array.shape[run.op.axis]))
