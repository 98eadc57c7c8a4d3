"""Losses of numbers and of distributions that forgive more than squares do, or measure otherwise."""

from __future__ import annotations

import numpy as np

from chainrule.ops.losses import Loss
from chainrule.ops.operation import Array, Gradients, choose


class Huber(Loss):
    """d²/2 where |d| ≤ δ, else δ (|d| − δ/2), with d = x − y."""

    def __init__(self, reduction: str, delta: float) -> None:
        super().__init__(reduction)
        self.delta = delta

    def forward(self, x: Array, y: Array) -> Array:
        self.difference = np.subtract(x, y)
        size = np.abs(self.difference)
        far = self.delta * (size - 0.5 * self.delta)
        return self.reduce(choose(size <= self.delta, 0.5 * size * size, far))

    def backward(self, grad: Array) -> Gradients:
        # ∂/∂x = d, but no further than δ from 0
        slope = np.clip(self.difference, -self.delta, self.delta)
        dx = np.multiply(slope, self.share(grad), out=self.into[0])
        return dx, np.negative(dx) if self.needs[1] else None


class SmoothL1(Loss):
    """d²/2β where |d| < β, else |d| − β/2, with d = x − y."""

    def __init__(self, reduction: str, beta: float) -> None:
        super().__init__(reduction)
        self.beta = beta

    def forward(self, x: Array, y: Array) -> Array:
        self.difference = np.subtract(x, y)
        size = np.abs(self.difference)
        return self.reduce(choose(size < self.beta, 0.5 * size * size / self.beta, size - 0.5 * self.beta))

    def backward(self, grad: Array) -> Gradients:
        # ∂/∂x = d/β, but no further than 1 from 0
        slope = np.clip(self.difference / self.beta, -1, 1)
        dx = np.multiply(slope, self.share(grad), out=self.into[0])
        return dx, np.negative(dx) if self.needs[1] else None


class KLDivergence(Loss):
    """t (ln t − x), or eᵗ (t − x) if the target t is a logarithm, too; 0 ln 0 = 0."""

    reads = (0, 1)

    def __init__(self, reduction: str, log_target: bool) -> None:
        super().__init__(reduction)
        self.log_target = log_target

    def forward(self, x: Array, t: Array) -> Array:
        self.x, self.target = x, t
        if self.log_target:
            self.share_of_class = np.exp(t)
            return self.reduce(self.share_of_class * (t - x))
        self.share_of_class = t
        return self.reduce(np.where(t == 0, t, t * np.log(t)) - t * x)

    def backward(self, grad: Array) -> Gradients:
        # ∂/∂x = −t, ∂/∂t = ln t + 1 − x;  for logarithms ∂/∂x = −eᵗ, ∂/∂t = eᵗ (t − x + 1)
        scale, t = self.share(grad), self.target
        dx = np.multiply(-self.share_of_class, scale, out=self.into[0])
        if not self.needs[1]:
            return dx, None
        if self.log_target:
            return dx, self.share_of_class * (t - self.x + 1) * scale
        return dx, (np.log(np.where(t == 0, 1, t)) + t / t - self.x) * scale  # NaN at 0, as in PyTorch
