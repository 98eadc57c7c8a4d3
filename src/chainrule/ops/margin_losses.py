"""Losses that are 0 once the right class leads by a margin."""

from __future__ import annotations

import numpy as np

from chainrule.ops.losses import Loss
from chainrule.ops.operation import Array, Gradients


class SoftMargin(Loss):
    """ln(1 + e^−yx)."""

    reads = (0, 1)

    def forward(self, x: Array, y: Array) -> Array:
        self.x, self.target = x, y
        self.decay = np.exp(-y * x)
        return self.reduce(np.log1p(self.decay))

    def backward(self, grad: Array) -> Gradients:
        # ∂/∂x = −y e^−yx / (1 + e^−yx)
        scale = self.decay * self.share(grad) / (self.decay + 1)
        return -self.target * scale, -self.x * scale if self.needs[1] else None


class MultiMargin(Loss):
    """Σ_j≠y w[y] max(0, margin − x[y] + x[j])ᵖ / classes, for x of shape (rows, classes) and classes y."""

    reads = (1,)

    def __init__(self, reduction: str, p: int, margin: float, weight: Array | None) -> None:
        super().__init__(reduction, weight)
        self.p, self.margin = p, margin

    def forward(self, x: Array, y: Array) -> Array:
        rows, classes = x.shape
        if y.size and not 0 <= y.min() <= y.max() < classes:
            raise RuntimeError(
                f"target expected to hold classes from 0 to {classes - 1}, got {y.min()} to {y.max()}"
            )
        self.cells = np.arange(rows), y
        self.factor = np.full((rows, 1), 1 / classes, x.dtype)
        if self.weight is not None:
            self.factor *= self.weight[y][:, np.newaxis]
        lack = self.margin - x[self.cells][:, np.newaxis] + x
        lack[self.cells] = 0
        self.lack = np.maximum(lack, 0)
        losses = self.lack if self.p == 1 else self.lack * self.lack
        return self.reduce(np.add.reduce(losses * self.factor, axis=1), max(rows, 1))

    def backward(self, grad: Array) -> Gradients:
        # ∂/∂x[j] = w[y] p max(0, …)ᵖ⁻¹ / classes, and ∂/∂x[y] is minus the sum of these
        slope = (self.lack > 0).astype(grad.dtype) if self.p == 1 else 2 * self.lack
        scale = self.share(grad)
        dx = slope * self.factor * (scale[:, np.newaxis] if self.reduction == "none" else scale)
        dx[self.cells] = -np.add.reduce(dx, axis=1)
        return dx, None


class MultiLabelMargin(Loss):
    """Σ_ij max(0, 1 − x[y_i] + x[j]) / classes over the classes y_i of a row and those j that are not among them.

    x and y have shape (rows, classes); the classes of a row are those before the first −1.
    """

    def forward(self, x: Array, y: Array) -> Array:
        rows, classes = x.shape
        if y.size and not -1 <= y.min() <= y.max() < classes:
            raise RuntimeError(
                f"target expected to hold classes from 0 to {classes - 1}, and −1, got {y.min()} to {y.max()}"
            )
        listed = np.logical_and.accumulate(y >= 0, axis=1)
        self.named = np.where(listed, y, 0)
        self.row = np.arange(rows)[:, np.newaxis]
        others = np.ones((rows, classes), bool)
        others[np.broadcast_to(self.row, y.shape)[listed], y[listed]] = False
        # lack[row, i, j] = 1 − x[y_i] + x[j]
        lack = 1 - x[self.row, self.named][:, :, np.newaxis] + x[:, np.newaxis, :]
        self.short = (lack > 0) & listed[:, :, np.newaxis] & others[:, np.newaxis, :]
        return self.reduce(np.add.reduce(np.where(self.short, lack, 0), axis=(1, 2)) / classes, max(rows, 1))

    def backward(self, grad: Array) -> Gradients:
        # every pair that falls short of the margin pushes x[j] down and x[y_i] up
        dx = np.add.reduce(self.short, axis=1, dtype=grad.dtype)
        np.subtract.at(dx, (self.row, self.named), np.add.reduce(self.short, axis=2, dtype=grad.dtype))
        scale = self.share(grad) / dx.shape[1]
        return dx * (scale[:, np.newaxis] if self.reduction == "none" else scale), None
