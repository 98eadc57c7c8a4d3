"""Reductions over all axes or over some."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np

from chainrule.ops.operation import Array, Gradients, Operation, add_up, keep_where

Axes: TypeAlias = int | tuple[int, ...] | None


class Reduction(Operation):
    """What the reductions share: the axes, and bringing a gradient back to the input's shape."""

    def __init__(self, axis: Axes = None, keepdims: bool = False) -> None:
        self.axis: Any = axis
        self.keepdims: Any = keepdims

    def spread(self, reduced: Array, shape: tuple[int, ...]) -> Array:
        """View an array of the output's shape in the shape of the input (read-only)."""
        if not self.keepdims and self.axis is not None and len(shape) > 0:
            reduced = np.expand_dims(reduced, self.axis)
        return np.broadcast_to(reduced, shape)

    def count(self, shape: tuple[int, ...]) -> int:
        """How many elements of an input of ``shape`` go into one of the output."""
        axes = range(len(shape)) if self.axis is None else np.atleast_1d(self.axis)
        return math.prod(shape[i] for i in axes)


class Sum(Reduction):
    """y = Σ x."""

    def forward(self, x: Array) -> Array:
        self.shape = x.shape
        self.y = add_up(x, self.axis, self.keepdims, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return (self.spread(grad, self.shape),)


class Mean(Reduction):
    """y = Σ x / n."""

    def forward(self, x: Array) -> Array:
        self.shape, self.n = x.shape, self.count(x.shape)
        self.y = add_up(x, self.axis, self.keepdims, out=self.y)
        self.y = np.true_divide(self.y, x.dtype.type(self.n))
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return (self.spread(grad / np.asarray(self.n, dtype=grad.dtype), self.shape),)


class Var(Reduction):
    """y = Σ (x − mean)² / (n − correction), computed in float64: squares of float32 may be too small for it."""

    def __init__(self, axis: Axes = None, keepdims: bool = False, correction: float = 1) -> None:
        super().__init__(axis, keepdims)
        self.correction = correction

    def forward(self, x: Array) -> Array:
        self.y = self.variance(x).astype(x.dtype)
        return self.y

    def variance(self, x: Array) -> Array:
        """Compute it in float64."""
        n = self.count(x.shape)
        self.freedom = n - self.correction
        mean = np.add.reduce(x, axis=self.axis, keepdims=True, dtype=np.float64) / np.float64(n)
        centred = x - mean
        self.centred = centred.astype(x.dtype, copy=False)
        squares = np.add.reduce(np.square(centred), axis=self.axis, keepdims=self.keepdims)
        return np.asarray(np.true_divide(squares, max(self.freedom, 0)))

    def backward(self, grad: Array) -> Gradients:
        # ∂y/∂x = 2 (x − mean) / (n − correction); without freedom, what PyTorch gives
        if self.axis is None and self.freedom <= 0:
            slope = np.where(self.centred == 0, np.nan, np.inf).astype(grad.dtype)
        else:
            slope = grad.dtype.type(np.float64(2) / self.freedom) * self.centred
        return (self.spread(grad, self.centred.shape) * slope,)


class Std(Var):
    """y = √var(x), with gradient 0 where that is 0."""

    def forward(self, x: Array) -> Array:
        self.y = np.sqrt(self.variance(x)).astype(x.dtype)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # ∂√v/∂v = 1 / (2√v)
        y = np.asarray(self.y)
        return super().backward(np.divide(grad, 2 * y, out=np.zeros_like(y), where=y != 0))


class Extremum(Reduction):
    """The largest (or smallest) element; equal ones share the gradient.

    If that is NaN, so is the gradient, as in PyTorch's ``amax``; or with ``nan_is_equal``, as in its ``max``, the
    NaN share it.
    """

    reads = (0,)

    def __init__(
        self, axis: Axes = None, keepdims: bool = False, *, largest: bool = True, nan_is_equal: bool = False
    ) -> None:
        super().__init__(axis, keepdims)
        self.nan_is_equal = nan_is_equal
        self.reduce = np.maximum.reduce if largest else np.minimum.reduce

    def forward(self, x: Array) -> Array:
        self.x = x
        self.y = self.reduce(x, axis=self.axis, keepdims=self.keepdims, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        chosen = self.x == self.spread(self.y, self.x.shape)
        if self.nan_is_equal and np.isnan(self.y).any():
            chosen |= np.isnan(self.x) & self.spread(np.isnan(self.y), self.x.shape)
        shares = np.add.reduce(chosen, axis=self.axis, keepdims=True, dtype=grad.dtype)
        return (np.divide(keep_where(chosen, self.spread(grad, self.x.shape)), shares),)


class Prod(Reduction):
    """y = Π x."""

    reads = (0,)

    def forward(self, x: Array) -> Array:
        self.x = x
        self.y = np.multiply.reduce(x, axis=self.axis, keepdims=self.keepdims, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # ∂y/∂xᵢ = the product of the others, from the left and from the right, so that zeros do no harm
        axis = self.axis
        x = self.x.reshape(-1) if axis is None else np.moveaxis(self.x, axis, -1)
        ones = np.ones_like(x[..., :1])
        left = np.cumprod(np.concatenate([ones, x[..., :-1]], axis=-1), axis=-1)
        right = np.cumprod(np.concatenate([ones, x[..., :0:-1]], axis=-1), axis=-1)[..., ::-1]
        others = left * right
        others = others.reshape(self.x.shape) if axis is None else np.moveaxis(others, -1, axis)
        return (self.spread(grad, self.x.shape) * others,)


class CumSum(Operation):
    """yᵢ = x₀ + … + xᵢ along one axis."""

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, x: Array) -> Array:
        self.y = np.cumsum(x, axis=self.axis, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return (np.flip(np.cumsum(np.flip(grad, self.axis), axis=self.axis), self.axis),)


class LogSumExp(Reduction):
    """y = ln Σ eˣ, shifted by the maximum so that nothing overflows."""

    reads = (0,)

    def forward(self, x: Array) -> Array:
        self.x = x
        peak = np.maximum.reduce(x, axis=self.axis, keepdims=True, initial=-np.inf)
        peak = np.where(np.isfinite(peak), peak, 0).astype(x.dtype)  # −inf − (−inf) would be NaN
        self.total = np.log(np.add.reduce(np.exp(x - peak), axis=self.axis, keepdims=True)) + peak
        self.y = self.total if self.keepdims else np.squeeze(self.total, axis=self.axis)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # ∂y/∂x = eˣ⁻ʸ, the softmax
        return (self.spread(grad, self.x.shape) * np.exp(self.x - self.total),)


class Norm(Reduction):
    """y = √(Σ x²), with gradient 0 at the origin."""

    reads = (0,)

    def forward(self, x: Array) -> Array:
        self.x = x
        self.y = np.sqrt(np.add.reduce(np.square(x), axis=self.axis, keepdims=self.keepdims))
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # ∂y/∂x = x / y
        y = np.asarray(self.y)
        scale = np.divide(grad, y, out=np.zeros_like(y), where=y != 0)
        return (self.spread(scale, self.x.shape) * self.x,)
