"""Diagonals of matrices."""

from __future__ import annotations

import numpy as np

from chainrule.ops.operation import Array, Gradients, Operation


def _diagonal(x: Array, offset: int, axes: tuple[int, int]) -> Array:
    """Return a diagonal as a view that can be written to, where x can."""
    y = np.diagonal(x, offset, *axes)
    y.flags.writeable = x.flags.writeable
    return y


class Diagonal(Operation):
    """y = the diagonal of the matrices that lie along two axes, as a last axis."""

    views = True

    def __init__(self, offset: int, axes: tuple[int, int]) -> None:
        self.offset, self.axes = offset, axes

    def forward(self, x: Array) -> Array:
        self.shape = x.shape
        return _diagonal(x, self.offset, self.axes)

    def backward(self, grad: Array) -> Gradients:
        dx = np.zeros(self.shape, grad.dtype)
        _diagonal(dx, self.offset, self.axes)[...] = grad
        return (dx,)
