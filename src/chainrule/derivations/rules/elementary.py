"""Elementary functions of one number and of two: each is its formula and, right under it, its derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.derivations.expression import Expr, Fn, Leaf, Num, Number, exp, expr, ln, root, sign
from chainrule.derivations.rules.arithmetic import Binary
from chainrule.derivations.rules.elementwise import Function
from chainrule.derivations.rules.rule import Rule
from chainrule.ops import erf, erfc, erfinv

TWO = expr(2)
TWO_BY_ROOT_PI = Num(np.float64(2 / math.sqrt(math.pi)))
PI, LN_2, LN_10 = (Num(np.float64(x)) for x in (math.pi, math.log(2), math.log(10)))


def _unary(name: str, function: Any, slope: Callable[[Leaf, Leaf], Number]) -> Function:
    """Return the rule of a function that has only a name, from its slope, of z and a."""
    return Function(lambda op, z: Fn((z,), name, function), lambda op, z, a: slope(z, a), letter="t")


def _of_array(function: Any) -> Callable[[np.float64], np.float64]:
    return lambda x: np.float64(function(np.asarray(x)))


Rule.registry |= {
    "Tan": _unary("tan", np.tan, lambda z, a: 1 + a**2),
    "Asin": _unary("arcsin", np.arcsin, lambda z, a: 1 / root(1 - z**2)),
    "Acos": _unary("arccos", np.arccos, lambda z, a: -(1 / root(1 - z**2))),
    "Atan": _unary("arctan", np.arctan, lambda z, a: 1 / (1 + z**2)),
    "Sinh": _unary("sinh", np.sinh, lambda z, a: Fn((z,), "cosh", np.cosh)),
    "Cosh": _unary("cosh", np.cosh, lambda z, a: Fn((z,), "sinh", np.sinh)),
    "Asinh": _unary("arsinh", np.arcsinh, lambda z, a: 1 / root(z**2 + 1)),
    "Acosh": _unary("arcosh", np.arccosh, lambda z, a: 1 / root(z**2 - 1)),
    "Atanh": _unary("artanh", np.arctanh, lambda z, a: 1 / (1 - z**2)),
    "Erf": _unary("erf", _of_array(erf), lambda z, a: TWO_BY_ROOT_PI * exp(-(z**2))),
    "Erfc": _unary("erfc", _of_array(erfc), lambda z, a: -(TWO_BY_ROOT_PI * exp(-(z**2)))),
    "Erfinv": _unary("erfinv", _of_array(erfinv), lambda z, a: exp(a**2) / TWO_BY_ROOT_PI),
    "Sinc": Function(
        lambda op, z: Fn((PI * z,), "sin", np.sin) / (PI * z),
        lambda op, z, a: (Fn((PI * z,), "cos", np.cos) - a) / z,
        letter="t",
    ),
    "Exp2": Function(lambda op, z: TWO**z, lambda op, z, a: a * LN_2, letter="t"),
    "Expm1": Function(lambda op, z: exp(z) - 1, lambda op, z, a: a + 1, letter="t"),
    "Log1p": Function(lambda op, z: ln(1 + z), lambda op, z, a: 1 / (1 + z), letter="t"),
    "Log2": Function(lambda op, z: ln(z) / LN_2, lambda op, z, a: 1 / (z * LN_2), letter="t"),
    "Log10": Function(lambda op, z: ln(z) / LN_10, lambda op, z, a: 1 / (z * LN_10), letter="t"),
    "Logit": Function(lambda op, z: ln(z / (1 - z)), lambda op, z, a: 1 / (z * (1 - z)), letter="t"),
}


class Pair(Binary):
    """A function of two numbers.

    Parameters
    ----------
    function : callable
        f(a, b).
    *slopes : callable
        ∂y/∂a and ∂y/∂b, of a, b and y.
    """

    def __init__(
        self, function: Callable[[Expr, Expr], Expr], *slopes: Callable[[Expr, Expr, Expr], Number]
    ) -> None:
        self._function, self._slopes = function, slopes

    def function(self, a: Expr, b: Expr) -> Expr:  # noqa: D102
        return self._function(a, b)

    def derivative(self, i: int, a: Expr, b: Expr, y: Expr) -> Expr:  # noqa: D102
        return expr(self._slopes[i](a, b, y))


def _named(name: str, function: Any) -> Callable[[Expr, Expr], Expr]:
    return lambda a, b: Fn((a, b), name, function)


def _whole_part(x: Expr) -> Expr:
    return Fn((x,), "trunc", np.trunc)


Rule.registry |= {
    "Atan2": Pair(
        _named("atan2", np.arctan2), lambda a, b, y: b / (a**2 + b**2), lambda a, b, y: -(a / (a**2 + b**2))
    ),
    "Hypot": Pair(lambda a, b: root(a**2 + b**2), lambda a, b, y: a / y, lambda a, b, y: b / y),
    "Logaddexp": Pair(
        lambda a, b: ln(exp(a) + exp(b)),
        lambda a, b, y: 1 / (1 + exp(b - a)),
        lambda a, b, y: 1 / (1 + exp(a - b)),
    ),
    "Logaddexp2": Pair(
        lambda a, b: ln(TWO**a + TWO**b) / LN_2,
        lambda a, b, y: 1 / (1 + TWO ** (b - a)),
        lambda a, b, y: 1 / (1 + TWO ** (a - b)),
    ),
    "Xlogy": Pair(lambda a, b: a * ln(b), lambda a, b, y: ln(b), lambda a, b, y: a / b),
    "Copysign": Pair(_named("copysign", np.copysign), lambda a, b, y: sign(a) * sign(b), lambda a, b, y: 0),
    "Fmod": Pair(lambda a, b: a - b * _whole_part(a / b), lambda a, b, y: 1, lambda a, b, y: -_whole_part(a / b)),
}
