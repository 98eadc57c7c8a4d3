"""Arithmetic, reductions and changes of shape, as programs of their own use them: losses, skip connections."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from chainrule.derivations.expression import Expr, Fn, Frac, Leaf, Num, Sigma, Sym, exp, expr, ln
from chainrule.derivations.names import At, Quantity
from chainrule.derivations.rules.activations import Elementwise
from chainrule.derivations.rules.rule import Rule, Run, abridged
from chainrule.derivations.steps import Line


class Binary(Rule):
    """An operation on two arrays that broadcast against each other."""

    def function(self, a: Expr, b: Expr) -> Expr:
        """Return the result for two numbers."""
        raise NotImplementedError

    def derivative(self, i: int, a: Expr, b: Expr, y: Expr) -> Expr:
        """Return ∂result/∂a (``i`` = 0) or ∂result/∂b."""
        raise NotImplementedError

    def formula(self, run: Run) -> tuple[Expr, ...]:  # noqa: D102
        a, b = map(_whole, run.inputs)
        return (self.function(a, b),)

    def forward(self, run: Run, at: At) -> list[Line]:  # noqa: D102
        a, b = (_operand(q, at) for q in run.inputs)
        return [Line(run.output.at(at), self.function(a, b), float(run.output.array[at]))]

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        a, b = map(_whole, run.inputs)
        return (run.upstream_whole(self.derivative(i, a, b, run.output.whole)),)

    def backward(self, run: Run, i: int, at: At) -> list[Line]:  # noqa: D102
        shape, own = run.output.array.shape, run.inputs[i].array.shape
        # where it was broadcast, every use has its part in the gradient
        uses = [at] if shape == own else [o for o in np.ndindex(shape) if _place(o, own) == at]
        terms = []
        for use in uses:
            a, b = (_operand(q, use) for q in run.inputs)
            terms.append(run.upstream(use, self.derivative(i, a, b, run.output.at(use))))
        return [Line(run.grads[i].at(at), abridged(terms, run.rows), float(run.grads[i].array[at]))]


class Add(Binary):
    """a + b."""

    operations = ("Add",)

    def function(self, a: Expr, b: Expr) -> Expr:  # noqa: D102
        return a + b

    def derivative(self, i: int, a: Expr, b: Expr, y: Expr) -> Expr:  # noqa: D102
        return expr(1)


class Sub(Binary):
    """a − b."""

    operations = ("Sub",)

    def function(self, a: Expr, b: Expr) -> Expr:  # noqa: D102
        return a - b

    def derivative(self, i: int, a: Expr, b: Expr, y: Expr) -> Expr:  # noqa: D102
        return expr(1) if i == 0 else expr(-1)


class Mul(Binary):
    """a b."""

    operations = ("Mul",)

    def function(self, a: Expr, b: Expr) -> Expr:  # noqa: D102
        return a * b

    def derivative(self, i: int, a: Expr, b: Expr, y: Expr) -> Expr:  # noqa: D102
        return b if i == 0 else a


class Div(Binary):
    """a / b."""

    operations = ("Div",)

    def function(self, a: Expr, b: Expr) -> Expr:  # noqa: D102
        return a / b

    def derivative(self, i: int, a: Expr, b: Expr, y: Expr) -> Expr:  # noqa: D102
        return 1 / b if i == 0 else -(a / b**2)


class Pow(Binary):
    """a to the b."""

    operations = ("Pow",)

    def function(self, a: Expr, b: Expr) -> Expr:  # noqa: D102
        return a**b

    def derivative(self, i: int, a: Expr, b: Expr, y: Expr) -> Expr:  # noqa: D102
        if i == 1:
            return y * ln(a)
        return b * a if isinstance(b, Num) and b.value == 2 else b * a ** (b - 1)


class Plain(Elementwise):
    """A function of one array, without a letter of its own."""

    letter = "t"


class Negative(Plain):
    """−x."""

    operations = ("Neg",)

    def function(self, run: Run, z: Leaf, at: At) -> Expr:  # noqa: D102
        return -z

    def derivative(self, run: Run, z: Leaf, a: Leaf, at: At) -> Expr:  # noqa: D102
        return expr(-1)


class Exponential(Plain):
    """e to the x."""

    operations = ("Exp",)

    def function(self, run: Run, z: Leaf, at: At) -> Expr:  # noqa: D102
        return exp(z)

    def derivative(self, run: Run, z: Leaf, a: Leaf, at: At) -> Expr:  # noqa: D102
        return a


class Logarithm(Plain):
    """ln x."""

    operations = ("Log",)

    def function(self, run: Run, z: Leaf, at: At) -> Expr:  # noqa: D102
        return ln(z)

    def derivative(self, run: Run, z: Leaf, a: Leaf, at: At) -> Expr:  # noqa: D102
        return 1 / z


class Root(Plain):
    """√x."""

    operations = ("Sqrt",)

    def function(self, run: Run, z: Leaf, at: At) -> Expr:  # noqa: D102
        return Fn((z,), "√", np.sqrt)

    def derivative(self, run: Run, z: Leaf, a: Leaf, at: At) -> Expr:  # noqa: D102
        return 1 / (2 * a)


class Absolute(Plain):
    """|x|."""

    operations = ("Abs",)

    def function(self, run: Run, z: Leaf, at: At) -> Expr:  # noqa: D102
        return Fn((z,), "|", np.abs)

    def derivative(self, run: Run, z: Leaf, a: Leaf, at: At) -> Expr:  # noqa: D102
        return Fn((z,), "sign", np.sign)


class Sum(Rule):
    """Σ x over all axes or some."""

    operations = ("Sum",)
    mean: ClassVar[bool] = False

    def formula(self, run: Run) -> tuple[Expr, ...]:  # noqa: D102
        x = run.inputs[0].whole
        summed = Sigma("i", Sym(x.letter, index=("i",), layer=x.layer))
        return (Frac(expr(1), Sym("n")) * summed if self.mean else summed,)

    def forward(self, run: Run, at: At) -> list[Line]:  # noqa: D102
        x = run.inputs[0]
        value = abridged([x.at(place) for place in np.ndindex(x.array.shape) if _kept(run, place) == at], run.rows)
        return [Line(run.output.at(at), self._shared(run, value), float(run.output.array[at]))]

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        return (run.upstream_whole(Frac(expr(1), Sym("n")) if self.mean else expr(1)),)

    def backward(self, run: Run, i: int, at: At) -> list[Line]:  # noqa: D102
        value = run.upstream(_kept(run, at), self._shared(run, expr(1)))
        return [Line(run.grads[0].at(at), value, float(run.grads[0].array[at]))]

    def _shared(self, run: Run, x: Expr) -> Expr:
        n = run.inputs[0].array.size // max(run.output.array.size, 1)
        return x / n if self.mean and n > 1 else x


class Mean(Sum):
    """Σ x / n over all axes or some."""

    operations = ("Mean",)
    mean = True


class Reshape(Rule):
    """The same numbers in another shape."""

    operations = ("Reshape",)
    letter = "f"

    def formula(self, run: Run) -> tuple[Expr, ...]:  # noqa: D102
        return (Fn((run.inputs[0].whole,), "reshape", np.float64),)

    def forward(self, run: Run, at: At) -> list[Line]:  # noqa: D102
        source = _moved(at, run.output, run.inputs[0])
        return [Line(run.output.at(at), run.inputs[0].at(source), float(run.output.array[at]))]

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        assert run.grad is not None
        return (Fn((run.grad.whole,), "reshape", np.float64),)

    def backward(self, run: Run, i: int, at: At) -> list[Line]:  # noqa: D102
        value = run.upstream(_moved(at, run.inputs[0], run.output), expr(1))
        return [Line(run.grads[0].at(at), value, float(run.grads[0].array[at]))]


def _whole(q: Quantity) -> Expr:
    return Num(np.float64(q.array)) if q.literal else q.whole


def _operand(q: Quantity, at: At) -> Expr:
    """Return the number that goes into the output at a place."""
    place = _place(at, q.array.shape)
    return Num(np.float64(q.array[place])) if q.literal else q.at(place)


def _place(at: At, shape: tuple[int, ...]) -> At:
    """Return the place in an array of ``shape`` that is broadcast to a place of the output."""
    tail = at[len(at) - len(shape) :]
    return tuple(0 if n == 1 else i for i, n in zip(tail, shape, strict=True))


def _kept(run: Run, at: At) -> At:
    """Return where in the output of a reduction a number of the input goes."""
    ndim = run.inputs[0].array.ndim
    axes = {axis % ndim for axis in (range(ndim) if run.op.axis is None else np.atleast_1d(run.op.axis))}
    if run.op.keepdims:
        return tuple(0 if i in axes else j for i, j in enumerate(at))
    return tuple(j for i, j in enumerate(at) if i not in axes)


def _moved(at: At, source: Quantity, target: Quantity) -> At:
    """Return where a number of one shape is in the other."""
    flat = np.ravel_multi_index(at, source.array.shape) if at else 0
    return tuple(int(i) for i in np.unravel_index(int(flat), target.array.shape))
