"""Elements put at positions along an axis: what ``Gather`` takes, the other way round."""

from __future__ import annotations

import numpy as np

from chainrule.ops.operation import Array, Gradients, Operation, sum_to
from chainrule.ops.positions import cells, ufunc_at


class Scatter(Operation):
    """y = x with ``source`` at the positions ``index`` along one axis; of two at one position, the later stays."""

    reads = (1,)

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, x: Array, index: Array, source: Array) -> Array:
        self.cells, self.shape = cells("scatter", x.shape, index, self.axis), source.shape
        self.y = x.copy()
        self.y[self.cells] = source
        return self.y

    def backward(self, grad: Array) -> Gradients:
        dx = grad.copy()
        dx[self.cells] = 0
        return dx, None, sum_to(grad[self.cells], self.shape)


class ScatterAdd(Operation):
    """y = x with ``source`` added at the positions ``index`` along one axis."""

    reads = (1,)

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, x: Array, index: Array, source: Array) -> Array:
        self.cells = cells("scatter_add", x.shape, index, self.axis)
        self.y = x.copy()
        ufunc_at(np.add, self.y, self.cells, source)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return grad, None, grad[self.cells]


class ScatterExtremum(Operation):
    """y = the largest (smallest) of x and of ``source`` at the positions ``index``; equal ones share gradients."""

    reads = (0, 1, 2)

    def __init__(self, axis: int, *, largest: bool) -> None:
        self.axis = axis
        self.extreme = np.maximum if largest else np.minimum

    def forward(self, x: Array, index: Array, source: Array) -> Array:
        self.x, self.source = x, source
        self.cells = cells("scatter_reduce", x.shape, index, self.axis)
        self.y = x.copy()
        ufunc_at(self.extreme, self.y, self.cells, source)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        stays, comes = self.x == self.y, self.source == self.y[self.cells]
        shares = stays.astype(grad.dtype)
        ufunc_at(np.add, shares, self.cells, comes.astype(grad.dtype))
        share = grad / shares
        return np.where(stays, share, 0), None, np.where(comes, share[self.cells], 0)
