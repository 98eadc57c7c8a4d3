"""Matrix products."""

from __future__ import annotations

import math

import numpy as np

from chainrule.ops.operation import Array, Gradients, Operation, Product, add_up, sum_to


class MatMul(Product, Operation):
    """y = a @ b, with the rules of ``np.matmul`` for vectors and stacks of matrices."""

    def forward(self, a: Array, b: Array) -> Array:
        self.a, self.b = a, b
        self.y = np.matmul(a, b, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # ∂L/∂a = grad bᵀ,  ∂L/∂b = aᵀ grad; a vector is a matrix with an axis of length 1 for the time being
        a, b = self.a, self.b
        a2 = a[np.newaxis, :] if a.ndim == 1 else a
        b2 = b[:, np.newaxis] if b.ndim == 1 else b
        if a.ndim == 1:
            grad = np.expand_dims(grad, -2 if b.ndim > 1 else -1)
        if b.ndim == 1:
            grad = np.expand_dims(grad, -1)
        da = db = None
        if self.needs[0]:
            da = _product(grad, b2.swapaxes(-1, -2), a2.shape, self.into[0]).reshape(a.shape)
        if self.needs[1]:
            db = _product(a2.swapaxes(-1, -2), grad, b2.shape, self.into[1]).reshape(b.shape)
        return da, db


def _product(a: Array, b: Array, shape: tuple[int, ...], out: Array | None) -> Array:
    """Compute a @ b, summed to ``shape``, into ``out`` where it fits."""
    if out is not None and out.shape == shape and a.ndim == b.ndim == 2:
        return np.matmul(a, b, out=out)
    return sum_to(np.matmul(a, b), shape)


class Linear(Product, Operation):
    """y = x Wᵀ + b, for x of shape (..., in), W of (out, in) and b of (out,)."""

    def forward(self, x: Array, W: Array, b: Array | None = None) -> Array:
        self.x, self.W = x, W
        self.y = _rows_by(x, W.T, self.y)
        if b is not None:
            self.y += b
        return self.y

    def backward(self, grad: Array) -> Gradients:
        x, W = self.x, self.W
        dx = dW = db = None
        if self.needs[0]:
            dx = _rows_by(grad, W, self.into[0])  # ∂L/∂x = grad W
        if x.ndim != 2:  # one row for each example
            rows = math.prod(x.shape[:-1])
            grad, x = grad.reshape(rows, W.shape[0]), x.reshape(rows, W.shape[1])
        if self.needs[1]:
            dW = _outer(grad, x, self.into[1])  # ∂L/∂W = gradᵀ x
        if len(self.needs) > 2 and self.needs[2]:
            db = add_up(grad, 0, out=self.into[2])  # ∂L/∂b = Σ grad over the batch
        return (dx, dW, db)[: len(self.needs)]


FEW = 4  # rows, that the BLAS multiplies with a large matrix faster one by one
LARGE = 65_536  # elements


def _rows_by(x: Array, W: Array, out: Array | None) -> Array:
    """Compute x W, for any number of rows and a matrix W."""
    rows = len(x) if x.ndim == 2 else 0
    if rows == 1:
        return np.dot(x, W, out=out)  # matmul takes 0.5 µs more to start
    if 1 < rows <= FEW and W.ndim == 2 and W.size >= LARGE:
        y = out
        if y is None or not y.flags.c_contiguous:
            y = np.empty((rows, W.shape[1]), np.result_type(x, W))
        for row, into in zip(x, y, strict=True):
            np.dot(row, W, out=into)
        return y
    return np.matmul(x, W, out=out)


def _outer(grad: Array, x: Array, out: Array | None) -> Array:
    """Compute gradᵀ x. For a single example ``matmul`` does without the BLAS, and takes ten times as long."""
    product = np.dot if len(x) == 1 else np.matmul
    return product(grad.T, x, out=out)
