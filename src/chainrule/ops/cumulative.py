"""Running results along an axis, other than the sum."""

from __future__ import annotations

import numpy as np

from chainrule.ops.operation import Array, Gradients, Operation


class CumProd(Operation):
    """yᵢ = x₀ · … · xᵢ along one axis."""

    reads = (0,)

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, x: Array) -> Array:
        self.x = x
        self.y = np.cumprod(x, axis=self.axis, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        if self.x.all():
            # ∂L/∂xₖ = Σ gradᵢ yᵢ / xₖ over i ≥ k
            total = np.cumsum(np.flip(grad * self.y, self.axis), axis=self.axis)
            return (np.flip(total, self.axis) / self.x,)
        # ∂L/∂xₖ = (x₀ · … · xₖ₋₁) · rₖ, where rₖ = gradₖ + xₖ₊₁ rₖ₊₁: no division, so that zeros do no harm
        x, r = np.moveaxis(self.x, self.axis, 0), np.moveaxis(grad, self.axis, 0).copy()
        before = np.ones_like(r)
        np.cumprod(x[:-1], axis=0, out=before[1:])
        for k in reversed(range(len(x) - 1)):
            r[k] += x[k + 1] * r[k + 1]
        return (np.moveaxis(before * r, 0, self.axis),)


class LogCumSumExp(Operation):
    """yᵢ = ln(eˣ⁰ + … + eˣⁱ) along one axis, without overflow."""

    reads = (0,)

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, x: Array) -> Array:
        self.x = x
        self.y = np.logaddexp.accumulate(x, axis=self.axis, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # ∂L/∂xₖ = Σ gradᵢ eˣᵏ⁻ʸⁱ over i ≥ k = eˣᵏ⁻ʸᵏ rₖ, where rₖ = gradₖ + eʸᵏ⁻ʸᵏ⁺¹ rₖ₊₁: no exponent is above 0
        y, r = np.moveaxis(np.asarray(self.y), self.axis, 0), np.moveaxis(grad, self.axis, 0).copy()
        for k in reversed(range(len(y) - 1)):
            r[k] += np.exp(y[k] - y[k + 1]) * r[k + 1]
        return (np.exp(self.x - self.y) * np.moveaxis(r, 0, self.axis),)


def farthest(x: Array, axis: int, largest: bool) -> Array:
    """Return where the largest (or smallest) element up to each place stands, the last of equal ones; NaN win.

    Examples
    --------
    >>> farthest(np.array([1.0, 3.0, 2.0, 3.0]), 0, True)
    array([0, 1, 1, 3])
    """
    extreme = (np.maximum if largest else np.minimum).accumulate(x, axis=axis)
    places = np.arange(x.shape[axis]).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
    return np.maximum.accumulate(np.where((x == extreme) | (x != x), places, 0), axis=axis)
