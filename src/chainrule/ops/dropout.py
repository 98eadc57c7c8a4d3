"""Dropout."""

from __future__ import annotations

import numpy as np

from chainrule.ops.operation import Array, Gradients, Operation, keep_where
from chainrule.random import Generator


class Dropout(Operation):
    """y = x / (1 − p) where the mask keeps it, else 0.

    Every run draws a new mask, one draw per element in order.
    """

    mask: Array | None = None

    def __init__(self, p: float, generator: Generator) -> None:
        self.keep, self.generator = 1 - p, generator

    def forward(self, x: Array) -> Array:
        self.mask = self.generator.bernoulli(x.shape, self.keep, out=self.mask)
        keep = x.dtype.type(self.keep)
        self.scale = 1 / keep if keep else keep  # rounded as in PyTorch: p first, then the quotient
        self.y = np.multiply(x, self.mask, out=self.y)
        self.y *= self.scale
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # ∂y/∂x = 1 / (1 − p) where the mask keeps it, else 0
        assert self.mask is not None
        dx = keep_where(self.mask, grad, out=self.into[0])
        dx *= self.scale
        return (dx,)
