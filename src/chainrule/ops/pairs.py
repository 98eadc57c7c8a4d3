"""Functions of two numbers, which broadcast against each other: each with its two derivatives, in a few lines.

An operation is made from the formula of y, from f, and from ∂y/∂a and ∂y/∂b as functions of a, b and y.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.ops.arithmetic import refuse_zero
from chainrule.ops.operation import Array, Gradients, Operation, sum_to


class Pair(Operation):
    """y = f(a, b)."""

    function: Any
    slopes: tuple[Callable[[Array, Array, Array], Any], ...]  # ∂y/∂a, ∂y/∂b
    reads = (0, 1)

    def forward(self, a: Array, b: Array) -> Array:
        self.a, self.b = a, b
        self.y = self.function(a, b)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return tuple(
            sum_to(np.multiply(grad, slope(self.a, self.b, self.y), dtype=grad.dtype), x.shape) if need else None
            for need, slope, x in zip(self.needs, self.slopes, (self.a, self.b), strict=True)
        )


def _pair(name: str, formula: str, f: Any, of_a: Any, of_b: Any) -> type[Operation]:
    return type(name, (Pair,), {"__doc__": formula, "function": staticmethod(f), "slopes": (of_a, of_b)})


def _by_square(a: Array, b: Array) -> Array:
    """Return 1 / (a² + b²), and 0 at the origin."""
    square = a * a + b * b
    return np.where(square == 0, 0, 1 / square)


def _xlogy(a: Array, b: Array) -> Array:
    return np.where((a == 0) & ~np.isnan(b), 0, a * np.log(b)).astype(a.dtype, copy=False)


def _fmod(a: Array, b: Array) -> Array:
    refuse_zero(a, b)
    return np.asarray(np.fmod(a, b))


Atan2 = _pair(
    "Atan2",
    "y = the angle of the point (b, a).",
    np.arctan2,
    lambda a, b, y: b * _by_square(a, b),
    lambda a, b, y: -a * _by_square(a, b),
)
Hypot = _pair("Hypot", "y = √(a² + b²).", np.hypot, lambda a, b, y: a / y, lambda a, b, y: b / y)
Logaddexp = _pair(
    "Logaddexp",
    "y = ln(eᵃ + eᵇ).",
    np.logaddexp,
    lambda a, b, y: 1 / (1 + np.exp(b - a)),
    lambda a, b, y: 1 / (1 + np.exp(a - b)),
)
Logaddexp2 = _pair(
    "Logaddexp2",
    "y = log₂(2ᵃ + 2ᵇ).",
    np.logaddexp2,
    lambda a, b, y: 1 / (1 + np.exp2(b - a)),
    lambda a, b, y: 1 / (1 + np.exp2(a - b)),
)
Xlogy = _pair(
    "Xlogy",
    "y = a ln b, and 0 where a = 0.",
    _xlogy,
    lambda a, b, y: np.where((a == 0) & (b <= 0), 0, np.log(b)),
    lambda a, b, y: a / b,
)
Copysign = _pair(
    "Copysign",
    "y = |a| with the sign of b.",
    np.copysign,
    lambda a, b, y: np.where(a == 0, 0, y / a),
    lambda a, b, y: 0,
)
Fmod = _pair(
    "Fmod",
    "y = a − b trunc(a / b), which has the sign of a.",
    _fmod,
    lambda a, b, y: 1,
    lambda a, b, y: -np.trunc(a / b),
)
