"""Elementary functions of one number: each with its derivative, in a line or two.

An operation is made from the formula y = f(x), from f, and from dy/dx as a function of x; or of y, for those whose
derivative is known from the result.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from chainrule.ops.blocks import in_blocks
from chainrule.ops.operation import Array, Gradients, Operation
from chainrule.ops.special import erf, erfc, erfinv


class Elementary(Operation):
    """y = f(x)."""

    function: Any
    slope: Callable[[Array], Array]  # dy/dx
    reads = (0,)

    def forward(self, x: Array) -> Array:
        self.y = self.function(x, out=self.y)
        self.known = x if self.reads else np.asarray(self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return (np.multiply(grad, self.slope(self.known), out=self.into[0]),)


def _of_x(name: str, formula: str, f: Any, slope: Any) -> type[Operation]:
    return type(
        name, (Elementary,), {"__doc__": formula, "function": staticmethod(f), "slope": staticmethod(slope)}
    )


def _of_y(name: str, formula: str, f: Any, slope: Any) -> type[Operation]:
    operation = _of_x(name, formula, f, slope)
    operation.reads = ()
    return operation


def _several(f: Callable[[Array], Array]) -> Callable[..., Array]:
    """Return an f of several passes with the argument ``out`` of NumPy's functions, computed in blocks."""

    def function(x: Array, out: Array | None = None) -> Array:
        if out is None:
            return f(x)
        np.copyto(out, f(x))
        return out

    return partial(in_blocks, function)


def _log10(x: Array) -> Array:
    return np.log10(x, dtype=np.float64).astype(x.dtype)  # in float32, that of 100 is not 2


def _logit(x: Array) -> Array:
    return np.asarray(np.log(x / (1 - x)))


def _logit_slope(x: Array) -> Array:
    slope: Array = np.where((x < 0) | (x > 1), x.dtype.type(np.nan), 1 / (x * (1 - x)))
    return slope


def _sinc_slope(x: Array) -> Array:
    angle = np.multiply(x, np.pi)
    square = angle * angle
    return np.where(square == 0, 0, np.pi * ((angle * np.cos(angle) - np.sin(angle)) / square))


Tan = _of_y("Tan", "y = tan x.", np.tan, lambda y: 1 + y * y)
Asin = _of_x("Asin", "y = arcsin x.", np.arcsin, lambda x: 1 / np.sqrt(1 - x * x))
Acos = _of_x("Acos", "y = arccos x.", np.arccos, lambda x: -1 / np.sqrt(1 - x * x))
Atan = _of_x("Atan", "y = arctan x.", np.arctan, lambda x: 1 / (1 + x * x))
Sinh = _of_x("Sinh", "y = sinh x.", np.sinh, np.cosh)
Cosh = _of_x("Cosh", "y = cosh x.", np.cosh, np.sinh)
Asinh = _of_x("Asinh", "y = arsinh x.", np.arcsinh, lambda x: 1 / np.sqrt(x * x + 1))
Acosh = _of_x("Acosh", "y = arcosh x.", np.arccosh, lambda x: 1 / np.sqrt(x * x - 1))
Atanh = _of_x("Atanh", "y = artanh x.", np.arctanh, lambda x: 1 / (1 - x * x))
Sinc = _of_x("Sinc", "y = sin(πx) / (πx), and 1 at 0.", _several(np.sinc), _sinc_slope)
Exp2 = _of_y("Exp2", "y = 2ˣ.", np.exp2, lambda y: y * math.log(2))
Expm1 = _of_y("Expm1", "y = eˣ − 1.", np.expm1, lambda y: y + 1)
Log1p = _of_x("Log1p", "y = ln(1 + x).", np.log1p, lambda x: 1 / (1 + x))
Log2 = _of_x("Log2", "y = log₂ x.", np.log2, lambda x: 1 / (x * math.log(2)))
Log10 = _of_x("Log10", "y = log₁₀ x.", _several(_log10), lambda x: 1 / (x * math.log(10)))
Logit = _of_x("Logit", "y = ln(x / (1 − x)), NaN outside of [0, 1].", _several(_logit), _logit_slope)
Erf = _of_x("Erf", "y = 2/√π ∫₀ˣ e^−t² dt.", _several(erf), lambda x: 2 / math.sqrt(math.pi) * np.exp(-x * x))
Erfc = _of_x("Erfc", "y = 1 − erf x.", _several(erfc), lambda x: -2 / math.sqrt(math.pi) * np.exp(-x * x))
Erfinv = _of_y("Erfinv", "y with erf y = x.", _several(erfinv), lambda y: math.sqrt(math.pi) / 2 * np.exp(y * y))
