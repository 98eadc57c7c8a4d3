"""Activation functions in pieces, most of them linear.

The slopes at kinks are PyTorch's, and those at NaN are what PyTorch gives for large tensors.
"""

from __future__ import annotations

import numpy as np

from chainrule.ops.operation import Array, Gradients, Operation, choose, drop_where, keep_where, sum_to
from chainrule.random import Generator

SIXTH = float(np.float32(1) / np.float32(6))  # PyTorch rounds it so for float64, too


class Threshold(Operation):
    """y = x where x > threshold, else a value."""

    def __init__(self, threshold: float, value: float) -> None:
        self.threshold, self.value = threshold, value

    def forward(self, x: Array) -> Array:
        self.below = x <= x.dtype.type(self.threshold)
        self.y = choose(self.below, np.full_like(x, self.value), x, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return (drop_where(self.below, grad, out=self.into[0]),)


class Hardtanh(Operation):
    """y = min(max(x, low), high), with derivative 0 at both."""

    reads = (0,)

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def forward(self, x: Array) -> Array:
        self.x = x
        self.y = np.clip(x, x.dtype.type(self.low), x.dtype.type(self.high), out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return (keep_where((self.x > self.low) & (self.x < self.high), grad, out=self.into[0]),)


class Hardsigmoid(Operation):
    """y = min(max(x + 3, 0), 6) / 6."""

    reads = (0,)

    def forward(self, x: Array) -> Array:
        self.x = x
        self.y = np.divide(np.clip(x + 3, 0, 6), 6, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return (keep_where((self.x > -3) & (self.x < 3), grad * SIXTH, out=self.into[0]),)


class Hardswish(Operation):
    """y = x min(max(x + 3, 0), 6) / 6."""

    reads = (0,)

    def forward(self, x: Array) -> Array:
        self.x = x
        self.y = np.divide(x * np.clip(x + 3, 0, 6), 6, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # dy/dx = x/3 + 1/2 between −3 and 3
        inside = choose(self.x >= 3, grad, grad * (self.x / 3 + 0.5))
        return (drop_where(self.x <= -3, inside, out=self.into[0]),)


class Hardshrink(Operation):
    """y = x, but 0 where |x| ≤ λ."""

    reads = (0,)

    def __init__(self, lambd: float) -> None:
        self.lambd = lambd

    def forward(self, x: Array) -> Array:
        self.x = x
        self.y = drop_where((x >= -self.lambd) & (x <= self.lambd), x, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return (keep_where((self.x < -self.lambd) | (self.x > self.lambd), grad, out=self.into[0]),)


class Softshrink(Hardshrink):
    """y = x moved towards 0 by λ, and 0 where |x| ≤ λ."""

    def forward(self, x: Array) -> Array:
        self.x = x
        moved = choose(x > self.lambd, x - self.lambd, x + self.lambd)
        self.y = drop_where((x >= -self.lambd) & (x <= self.lambd), moved, out=self.y)
        return self.y


class PReLU(Operation):
    """y = x where x > 0, else w · x; w broadcasts."""

    reads = (0, 1)

    def forward(self, x: Array, w: Array) -> Array:
        self.x, self.w = x, w
        self.y = choose(x > 0, x, w * x)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # ∂y/∂x = w and ∂y/∂w = x where x ≤ 0
        positive = self.x > 0
        dx = choose(positive, grad, self.w * grad)
        dw = sum_to(drop_where(positive, self.x * grad), self.w.shape) if self.needs[1] else None
        return dx, dw


class RReLU(Operation):
    """y = x where x > 0, else r · x.

    Every run draws r anew, uniform from ``lower`` to ``upper``, for each element that is not positive, in order.
    """

    def __init__(self, lower: float, upper: float, generator: Generator) -> None:
        self.lower, self.upper, self.generator = lower, upper, generator

    def forward(self, x: Array) -> Array:
        self.slope = np.ones(x.shape, x.dtype)
        drawn = x <= 0
        u = self.generator.uniform(int(np.count_nonzero(drawn)), dtype=np.float64)
        lower, upper = float(x.dtype.type(self.lower)), float(x.dtype.type(self.upper))
        self.slope[drawn] = u * (upper - lower) + lower
        self.y = np.multiply(x, self.slope, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return (np.multiply(grad, self.slope, out=self.into[0]),)
