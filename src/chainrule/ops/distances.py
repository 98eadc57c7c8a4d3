"""Norms of any order, and a lower bound for what is divided by."""

from __future__ import annotations

import math

import numpy as np

from chainrule.ops.elementwise import sign
from chainrule.ops.operation import Array, Gradients, Operation
from chainrule.ops.reductions import Axes, Reduction


class PNorm(Reduction):
    """y = (Σ |x|ᵖ)^(1/p), for any p: max |x| for ∞, min |x| for −∞, how many elements are not 0 for 0."""

    reads = (0,)

    def __init__(self, p: float, axis: Axes = None, keepdims: bool = False) -> None:
        super().__init__(axis, keepdims)
        self.p = p

    def forward(self, x: Array) -> Array:
        self.x, p = x, self.p
        size = np.abs(x)
        if math.isinf(p):
            extreme = np.maximum.reduce if p > 0 else np.minimum.reduce
            self.y = extreme(size, axis=self.axis, keepdims=self.keepdims)
        elif p == 0:
            self.y = np.add.reduce(x != 0, axis=self.axis, keepdims=self.keepdims, dtype=x.dtype)
        elif p == 2:
            self.y = np.sqrt(np.add.reduce(size * size, axis=self.axis, keepdims=self.keepdims))
        else:
            total = np.add.reduce(size if p == 1 else size**p, axis=self.axis, keepdims=self.keepdims)
            self.y = total if p == 1 else total ** (1 / p)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # ∂y/∂x = sign(x) (|x| / y)ᵖ⁻¹, and 0 at the origin; equal extremes share the gradient
        x, p = self.x, self.p
        y, g = self.spread(np.asarray(self.y), x.shape), self.spread(grad, x.shape)
        if p == 0:
            return (np.zeros_like(x),)
        if p == 1:
            return (g * sign(x),)
        if p == 2:
            return (np.where(y == 0, 0, x * (g / y)),)
        if math.isinf(p):
            chosen = (np.abs(x) == y) | (np.isnan(x) & np.isnan(y))
            shares = np.add.reduce(chosen, axis=self.axis, keepdims=True, dtype=x.dtype)
            return (sign(x) * (g / shares * chosen),)
        slope = sign(x) * np.abs(x) ** (p - 1)
        if p < 1:
            return (np.where(x == 0, 0, slope) * (g * y ** (1 - p)),)
        return (np.where(y == 0, 0, slope * (g / y ** (p - 1))),)


class AtLeast(Operation):
    """y = max(x, low), for a number that is divided by. The gradient is that of x, below the bound too."""

    def __init__(self, low: float) -> None:
        self.low = low

    def forward(self, x: Array) -> Array:
        self.y = np.maximum(x, x.dtype.type(self.low), out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return (grad,)
