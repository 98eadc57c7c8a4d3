"""Arithmetic on two arrays, and products of matrices."""

from __future__ import annotations

import numpy as np

from chainrule.derivations.expression import Cases, Expr, Fn, Num, Transposed, expr, ln, maximum, minimum, product
from chainrule.derivations.names import At, Quantity
from chainrule.derivations.rules.places import broadcast
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

    def general(self, a: Expr, b: Expr) -> Expr:
        """Return the result for any two."""
        return self.function(a, b)

    def general_slope(self, i: int, a: Expr, b: Expr, y: Expr) -> Expr:
        """Return its derivative for any two."""
        return self.derivative(i, a, b, y)

    def formula(self, run: Run) -> tuple[Expr, ...]:  # noqa: D102
        a, b = map(_whole, run.inputs)
        return (self.general(a, b),)

    def forward(self, run: Run, at: At) -> list[Line]:  # noqa: D102
        a, b = (_operand(q, at) for q in run.inputs)
        return [Line(run.output.at(at), self.function(a, b), float(run.output.array[at]))]

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        a, b = map(_whole, run.inputs)
        return (run.upstream_whole(self.general_slope(i, a, b, run.output.whole)),)

    def backward(self, run: Run, i: int, at: At) -> list[Line]:  # noqa: D102
        terms = []
        for use in _uses(run, i, at):
            a, b = (_operand(q, use) for q in run.inputs)
            terms.append(run.upstream(use, self.derivative(i, a, b, run.output.at(use))))
        value = abridged(terms, run.rows)
        return [Line(run.grads[i].at(at), value, float(run.grads[i].array[at]))]


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


class Mod(Binary):
    """What is left of a when b is taken from it as often as it goes: a − b ⌊a/b⌋."""

    operations = ("Mod",)

    def function(self, a: Expr, b: Expr) -> Expr:  # noqa: D102
        return a - b * self._times(a, b)

    def derivative(self, i: int, a: Expr, b: Expr, y: Expr) -> Expr:  # noqa: D102
        return expr(1) if i == 0 else -self._times(a, b)

    def _times(self, a: Expr, b: Expr) -> Expr:
        return Fn((a / b,), "floor", np.floor)


class Maximum(Binary):
    """The larger of a and b; equal ones share the gradient."""

    operations = ("Maximum",)
    relation = ">"

    def function(self, a: Expr, b: Expr) -> Expr:  # noqa: D102
        return maximum(a, b)

    def derivative(self, i: int, a: Expr, b: Expr, y: Expr) -> Expr:  # noqa: D102
        return expr(0.5 if a.value == b.value else float((a, b)[i].value == self.function(a, b).value))

    def general_slope(self, i: int, a: Expr, b: Expr, y: Expr) -> Expr:  # noqa: D102
        own, other = (a, b) if i == 0 else (b, a)
        return Cases(expr(1), own, self.relation, other, Cases(expr(0.5), own, "=", other, expr(0)))


class Minimum(Maximum):
    """The smaller of a and b; equal ones share the gradient."""

    operations = ("Minimum",)
    relation = "<"

    def function(self, a: Expr, b: Expr) -> Expr:  # noqa: D102
        return minimum(a, b)


class PReLU(Binary):
    """The input above 0, else w times the input."""

    operations = ("PReLU",)
    letter = "a"

    def function(self, a: Expr, b: Expr) -> Expr:  # noqa: D102
        return a if a.value > 0 else b * a

    def derivative(self, i: int, a: Expr, b: Expr, y: Expr) -> Expr:  # noqa: D102
        above, below = self._slopes(i, a, b)
        return above if a.value > 0 else below

    def general(self, a: Expr, b: Expr) -> Expr:  # noqa: D102
        return Cases(a, a, ">", expr(0), b * a)

    def general_slope(self, i: int, a: Expr, b: Expr, y: Expr) -> Expr:  # noqa: D102
        above, below = self._slopes(i, a, b)
        return Cases(above, a, ">", expr(0), below)

    def _slopes(self, i: int, a: Expr, b: Expr) -> tuple[Expr, Expr]:
        return (expr(1), b) if i == 0 else (expr(0), a)


class MatMul(Rule):
    """Rows by columns: Σₖ aᵢₖ bₖⱼ."""

    operations = ("MatMul",)

    def formula(self, run: Run) -> tuple[Expr, ...]:  # noqa: D102
        return (product(*(q.whole for q in run.inputs), sign=""),)

    def forward(self, run: Run, at: At) -> list[Line]:  # noqa: D102
        a, b = run.inputs
        terms = [a.at(left) * b.at(right) for left, right in self._pairs(run, at)]
        value = abridged(terms, run.at_most)
        return [Line(run.output.at(at), value, float(run.output.array[at]))]

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        assert run.grad is not None
        a, b = (q.whole for q in run.inputs)
        factors = (run.grad.whole, Transposed(b)) if i == 0 else (Transposed(a), run.grad.whole)
        return (product(*factors, sign=""),)

    def backward(self, run: Run, i: int, at: At) -> list[Line]:  # noqa: D102
        terms = [
            run.upstream(use, run.inputs[1 - i].at(pair[1 - i]))
            for use in np.ndindex(run.output.array.shape) for pair in self._pairs(run, use) if pair[i] == at
        ]  # fmt: skip
        value = abridged(terms, run.at_most)
        return [Line(run.grads[i].at(at), value, float(run.grads[i].array[at]))]

    def _pairs(self, run: Run, at: At) -> list[tuple[At, At]]:
        """Return the places of a and b whose products add up to a place of the output."""
        a, b = (q.array.shape for q in run.inputs)
        stack = at[: len(at) - (len(a) > 1) - (len(b) > 1)]  # a vector has no place of its own in the output
        i, j = (at[len(stack)] if len(a) > 1 else 0), (at[-1] if len(b) > 1 else 0)
        of_a, of_b = (broadcast(stack, shape[:-2]) for shape in (a, b))
        left = [(*of_a, i, k) if len(a) > 1 else (k,) for k in range(a[-1])]
        right = [(*of_b, k, j) if len(b) > 1 else (k,) for k in range(a[-1])]
        return list(zip(left, right, strict=True))


class Where(Rule):
    """One of two numbers, as a condition says."""

    operations = ("Where",)

    def formula(self, run: Run) -> tuple[Expr, ...]:  # noqa: D102
        condition, a, b = map(_whole, run.inputs)
        return (Cases(a, condition, "=", expr(1), b),)

    def forward(self, run: Run, at: At) -> list[Line]:  # noqa: D102
        holds = self._holds(run, at)
        value = _operand(run.inputs[1 if holds else 2], at)
        note = "where the condition holds" if holds else "elsewhere"
        return [Line(run.output.at(at), value, float(run.output.array[at]), note)]

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        chosen = Cases(expr(float(i == 1)), _whole(run.inputs[0]), "=", expr(1), expr(float(i == 2)))
        return (run.upstream_whole(chosen),)

    def backward(self, run: Run, i: int, at: At) -> list[Line]:  # noqa: D102
        terms = [
            run.upstream(use, expr(1)) for use in _uses(run, i, at) if self._holds(run, use) == (i == 1)
        ]  # fmt: skip
        value = abridged(terms, run.rows)
        return [Line(run.grads[i].at(at), value, float(run.grads[i].array[at]))]

    def _holds(self, run: Run, at: At) -> bool:
        condition = run.inputs[0].array
        return bool(condition[broadcast(at, condition.shape)])


def _uses(run: Run, i: int, at: At) -> list[At]:
    """Return the places of the output that a number of an input went into: several, where it was broadcast."""
    shape, own = run.output.array.shape, run.inputs[i].array.shape
    return [at] if shape == own else [o for o in np.ndindex(shape) if broadcast(o, own) == at]


def _whole(q: Quantity) -> Expr:
    return Num(np.float64(q.array.item())) if q.literal else q.whole


def _operand(q: Quantity, at: At) -> Expr:
    """Return the number that goes into the output at a place."""
    place = broadcast(at, q.array.shape)
    return Num(np.float64(q.array[place])) if q.literal else q.at(place)
