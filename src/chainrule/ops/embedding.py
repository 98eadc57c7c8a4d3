"""Rows of a table."""

from __future__ import annotations

import numpy as np

from chainrule.ops.operation import Array, Gradients, Operation
from chainrule.ops.positions import ufunc_at


class Embedding(Operation):
    """y = the rows of W at the positions ``index``.

    Rows at ``padding_idx`` get no gradient. With ``by_frequency``, the gradient of a row is divided by how often
    it was taken.
    """

    reads = (0,)

    def __init__(self, padding_idx: int | None, by_frequency: bool) -> None:
        self.padding_idx, self.by_frequency = padding_idx, by_frequency

    def forward(self, index: Array, W: Array) -> Array:
        if index.size and not 0 <= index.min() <= index.max() < len(W):
            wrong = index.max() if index.min() >= 0 else index.min()
            raise IndexError(f"embedding expected indices from 0 to {len(W) - 1}, got {wrong}")
        self.index, self.shape = index, W.shape
        self.y = W[index]
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # ∂L/∂W[i] = Σ grad over the places where row i was taken
        dW = np.zeros(self.shape, grad.dtype)
        ufunc_at(np.add, dW, (self.index[..., np.newaxis], np.arange(self.shape[1])), grad)
        if self.by_frequency:
            dW /= np.maximum(np.bincount(self.index.ravel(), minlength=len(dW)), 1)[:, np.newaxis].astype(
                grad.dtype
            )
        if self.padding_idx is not None:
            dW[self.padding_idx] = 0
        return None, dW
