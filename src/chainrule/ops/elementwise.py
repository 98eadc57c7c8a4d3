"""Functions of one operand, applied to each element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.ops.layout import copied
from chainrule.ops.operation import Array, Gradients, Operation, keep_where


class Exp(Operation):
    """y = eˣ."""

    def forward(self, x: Array) -> Array:
        self.y = np.exp(x, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return (np.multiply(grad, self.y, out=self.into[0]),)  # dy/dx = eˣ = y


class Log(Operation):
    """y = ln x."""

    reads = (0,)

    def forward(self, x: Array) -> Array:
        self.x = x
        self.y = np.log(x, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return (np.divide(grad, self.x, out=self.into[0]),)  # dy/dx = 1/x


class Sqrt(Operation):
    """y = √x."""

    def forward(self, x: Array) -> Array:
        self.y = np.sqrt(x, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return (np.divide(grad, 2 * self.y, out=self.into[0]),)  # dy/dx = 1 / (2√x)


class Sin(Operation):
    """y = sin x."""

    reads = (0,)

    def forward(self, x: Array) -> Array:
        self.x = x
        self.y = np.sin(x, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return (np.multiply(grad, np.cos(self.x), out=self.into[0]),)


class Cos(Operation):
    """y = cos x."""

    reads = (0,)

    def forward(self, x: Array) -> Array:
        self.x = x
        self.y = np.cos(x, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return (np.multiply(grad, -np.sin(self.x), out=self.into[0]),)


def sign(x: Array) -> Array:
    """Compute −1, 0 or 1, in the dtype of x; of NaN 0, as in PyTorch.

    Examples
    --------
    >>> sign(np.array([-2.0, 0.0, np.nan]))
    array([-1.,  0.,  0.])
    """
    return np.asarray(np.subtract(x > 0, x < 0, dtype=x.dtype))


class Abs(Operation):
    """y = |x|."""

    reads = (0,)

    def forward(self, x: Array) -> Array:
        self.x = x
        self.y = np.abs(x, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return (np.multiply(grad, sign(self.x), out=self.into[0]),)  # dy/dx = sign x, and 0 at 0


class Clip(Operation):
    """y = min(max(x, low), high)."""

    reads = (0,)

    def __init__(self, low: float | None, high: float | None) -> None:
        self.low, self.high = low, high

    def forward(self, x: Array) -> Array:
        self.x = x
        self.y = np.clip(x, self.low, self.high, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # dy/dx = 1 between the bounds, bounds included, else 0
        inside = np.ones(self.x.shape, dtype=bool)
        if self.low is not None:
            inside &= self.x >= self.low
        if self.high is not None:
            inside &= self.x <= self.high
        return (keep_where(inside, grad, out=self.into[0]),)


class Step(Operation):
    """y = f(a, b, ...), for an f that is constant but for its jumps: the derivatives are 0."""

    def __init__(self, function: Callable[..., Array]) -> None:
        self.function = function

    def forward(self, *arrays: Array) -> Array:
        self.shapes = [x.shape for x in arrays]
        return self.function(*arrays)

    def backward(self, grad: Array) -> Gradients:
        return tuple(np.zeros(shape, grad.dtype) for shape in self.shapes)


class NoGradient(Operation):
    """y = f(a, b, ...), through which no gradient flows: comparisons, positions, random numbers."""

    differentiable = False

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def forward(self, *arrays: Array) -> Array:
        return np.asarray(self.function(*arrays))


class Cast(Operation):
    """y = x in another dtype."""

    def __init__(self, dtype: np.dtype) -> None:
        self.dtype = dtype

    def forward(self, x: Array) -> Array:
        self.source = x.dtype
        self.y = copied(x, self.dtype)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return (grad.astype(self.source),)


class Clone(Operation):
    """y = a copy of x, in the order of x in memory, or row by row."""

    def __init__(self, contiguous: bool = False) -> None:
        self.contiguous = contiguous

    def forward(self, x: Array) -> Array:
        self.y = x.copy() if self.contiguous else copied(x, x.dtype)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return (grad,)
