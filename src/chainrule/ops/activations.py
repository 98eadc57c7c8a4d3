"""Activation functions."""

from __future__ import annotations

import numpy as np

from chainrule.ops.operation import Array, Gradients, Operation, choose, drop_where


class ReLU(Operation):
    """y = max(x, 0), with derivative 0 at 0."""

    def forward(self, x: Array) -> Array:
        # NumPy compares with an array of zeros in its vector loop, and with the number 0 five times slower
        self.y = np.maximum(x, np.zeros(x.shape[-1:], x.dtype), out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # dy/dx = 0 where y ≤ 0, else 1, for NaN too, as in PyTorch
        return (drop_where(self.y <= 0, grad, out=self.into[0]),)


class LeakyReLU(Operation):
    """y = x where x > 0, else slope · x."""

    reads = (0,)

    def __init__(self, slope: float) -> None:
        self.slope = slope

    def forward(self, x: Array) -> Array:
        self.x = x
        self.y = np.asarray(np.multiply(x, self.slope, out=self.y))
        return choose(x > 0, x, self.y, out=self.y)

    def backward(self, grad: Array) -> Gradients:
        dx = np.asarray(np.multiply(grad, self.slope, out=self.into[0]))
        return (choose(self.x > 0, grad, dx, out=dx),)


def sigmoid(x: Array, out: Array | None = None) -> Array:
    """Compute 1 / (1 + e⁻ˣ). Far to the left e⁻ˣ overflows to inf, and 1 / inf = 0 is the right limit.

    Examples
    --------
    >>> with np.errstate(over="ignore"):
    ...     sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    y: Array = np.asarray(np.negative(x, out=out))
    np.exp(y, out=y)
    y += 1
    np.reciprocal(y, out=y)
    return y


class Sigmoid(Operation):
    """y = 1 / (1 + e⁻ˣ)."""

    def forward(self, x: Array) -> Array:
        self.y = sigmoid(x, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # dy/dx = y (1 − y)
        slope = (1 - self.y) * self.y
        return (np.multiply(grad, slope, out=self.into[0]),)


class Tanh(Operation):
    """y = tanh x."""

    def forward(self, x: Array) -> Array:
        self.y = np.tanh(x, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # dy/dx = 1 − y²
        slope = 1 - np.square(self.y)
        return (np.multiply(grad, slope, out=self.into[0]),)


SHORT = 32


def peak(x: Array, axis: int) -> Array:
    """Compute the maximum along ``axis``, which is kept; an axis of length 0 has −∞.

    Examples
    --------
    >>> peak(np.array([1.0, 2.0]), axis=0)
    array([2.])
    """
    if axis in (-1, x.ndim - 1) and 0 < x.shape[-1] <= SHORT:
        x = x.copy(order="F")  # NumPy compares across many short rows three to twenty times faster than along them
    highest: Array = np.maximum.reduce(x, axis=axis, keepdims=True, initial=-np.inf)
    return highest


def log_softmax(x: Array, axis: int, out: Array | None = None) -> Array:
    """Compute x − max − ln Σ e^(x − max) along ``axis``.

    Examples
    --------
    >>> log_softmax(np.array([0.0, 0.0]), axis=0)
    array([-0.69314718, -0.69314718])
    """
    shifted: Array = np.subtract(x, peak(x, axis), out=out)
    total = np.add.reduce(np.exp(shifted), axis=axis, keepdims=True)
    return np.subtract(shifted, np.log(total), out=shifted)


class Softmax(Operation):
    """yᵢ = e^xᵢ / Σⱼ e^xⱼ along one axis."""

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, x: Array) -> Array:
        self.y = np.subtract(x, peak(x, self.axis), out=self.y)
        np.exp(self.y, out=self.y)
        self.y /= np.add.reduce(self.y, axis=self.axis, keepdims=True)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # ∂L/∂xᵢ = yᵢ (gradᵢ − Σⱼ gradⱼ yⱼ)
        along = np.add.reduce(grad * self.y, axis=self.axis, keepdims=True)
        return (np.multiply(self.y, grad - along, out=self.into[0]),)


class LogSoftmax(Operation):
    """yᵢ = xᵢ − ln Σⱼ e^xⱼ along one axis."""

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, x: Array) -> Array:
        self.y = log_softmax(x, self.axis, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # ∂L/∂xᵢ = gradᵢ − softmaxᵢ Σⱼ gradⱼ
        total = np.add.reduce(grad, axis=self.axis, keepdims=True)
        return (np.subtract(grad, np.exp(self.y) * total, out=self.into[0]),)
