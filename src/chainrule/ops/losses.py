"""Losses, each fused with what comes before it where that is more exact.

Softmax is in one with cross-entropy, sigmoid with binary cross-entropy.
"""

from __future__ import annotations

import numpy as np

from chainrule.ops.activations import log_softmax, sigmoid
from chainrule.ops.elementwise import sign
from chainrule.ops.operation import Array, Gradients, Operation


class Loss(Operation):
    """What the losses share: how the losses of the elements become one number."""

    def __init__(self, reduction: str = "mean", weight: Array | None = None) -> None:
        self.reduction, self.weight = reduction, weight

    def reduce(self, losses: Array, count: float | None = None) -> Array:
        """Return the losses, their sum, or their sum divided by ``count`` (default: how many there are)."""
        if self.reduction == "none":
            return losses
        total = np.add.reduce(losses, axis=None)
        if self.reduction == "sum":
            return total  # type: ignore[no-any-return]
        self.count = losses.dtype.type(losses.size if count is None else count)
        return total / self.count  # type: ignore[no-any-return]

    def share(self, grad: Array) -> Array:
        """Return ∂L/∂(loss of an element)."""
        return grad / self.count if self.reduction == "mean" else grad


def counted_classes(target: Array, classes: int, ignore_index: int) -> Array | None:
    """Return which class indices are not ``ignore_index``; None says that all count.

    Raises
    ------
    IndexError
        If one that counts is not from 0 to ``classes`` − 1.

    Examples
    --------
    >>> counted_classes(np.array([0, 2, -100]), classes=3, ignore_index=-100)
    array([ True,  True, False])
    """
    # as unsigned numbers, negative indices are too large as well, and one pass finds both
    greatest = np.maximum.reduce(target.view(np.uint64), initial=0)
    if greatest < classes and not 0 <= ignore_index < classes:
        return None
    counted: Array = target != ignore_index
    wrong = target[counted & ((target < 0) | (target >= classes))]
    if wrong.size:
        raise IndexError(f"target {wrong[0]} is out of bounds: expected class indices from 0 to {classes - 1}")
    return None if counted.all() else counted


class CrossEntropy(Loss):
    """Softmax and cross-entropy in one: −Σ_c q_c ln softmax(z)_c, q being the target's distribution.

    ``z`` has shape (rows, classes). The target holds class indices, shape (rows,), or probabilities, shape
    (rows, classes). ``weight`` rescales the classes; rows whose index is ``ignore_index`` do not count; with
    label smoothing ε, q is (1 − ε) of the target and ε / classes of the uniform distribution.
    """

    reads = (1,)
    q: Array | None = None

    def __init__(self, weight: Array | None, ignore_index: int, reduction: str, label_smoothing: float) -> None:
        super().__init__(reduction, weight)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, z: Array, target: Array) -> Array:
        self.of_indices = target.ndim == 1
        self.counted = counted_classes(target, z.shape[1], self.ignore_index) if self.of_indices else None
        self.logp = log_softmax(z, axis=1)
        if self.of_indices and self.weight is None and not self.label_smoothing:
            return self._forward_plain(target)
        self.q, count = self._distribution(target)
        # 0 · (−∞) counts as 0: a class that has no weight in q has no part in the loss
        losses = -np.add.reduce(np.where(self.q == 0, 0, self.q * self.logp), axis=1)
        return self.reduce(losses, count)

    def _forward_plain(self, target: Array) -> Array:
        if self.counted is None:
            self.cells = np.arange(len(target)), target
            return self.reduce(-self.logp[self.cells])
        self.cells = np.flatnonzero(self.counted), target[self.counted]
        losses = np.zeros(len(target), dtype=self.logp.dtype)
        losses[self.cells[0]] = -self.logp[self.cells]
        return self.reduce(losses, len(self.cells[0]))

    def _distribution(self, target: Array) -> tuple[Array, float]:
        """Return q with the class weights in it, and what the mean divides by."""
        rows, classes = self.logp.shape
        weight = np.ones(classes, self.logp.dtype) if self.weight is None else self.weight
        smooth = self.label_smoothing
        if not self.of_indices:
            return (target * (1 - smooth) + smooth / classes) * weight, rows
        counted = np.ones(rows, bool) if self.counted is None else self.counted
        index = np.where(counted, target, 0)
        q = np.full((rows, classes), smooth / classes, dtype=self.logp.dtype)
        q[np.arange(rows), index] += 1 - smooth
        q *= weight
        q *= counted[:, np.newaxis]
        return q, float(np.add.reduce(weight[index] * counted))

    def backward(self, grad: Array) -> Gradients:
        # ∂L/∂z = (softmax(z) Σ_c q_c − q) · ∂L/∂loss
        scale = self.share(grad)
        if self.reduction == "none":
            scale = scale[:, np.newaxis]
        dz = np.exp(self.logp, out=self.into[0])
        if self.q is not None:
            dz *= np.add.reduce(self.q, axis=1, keepdims=True)
            dz -= self.q
        else:
            dz[self.cells] -= 1
        dz *= scale
        if self.counted is not None:
            left_out = ~self.counted  # 0, even where the mean is over no rows and the scale is NaN
            dz[left_out] = np.where(np.isnan(self.logp[left_out]), np.nan, 0)
        return dz, self._target_gradient(scale)

    def _target_gradient(self, scale: Array) -> Array | None:
        if self.of_indices or not self.needs[1]:
            return None
        weight = 1 if self.weight is None else self.weight
        return self.logp * weight * (self.label_smoothing - 1) * scale


class NLL(Loss):
    """−w[y] · logp[y], for log-probabilities of shape (rows, classes) and class indices of shape (rows,)."""

    def __init__(self, weight: Array | None, ignore_index: int, reduction: str) -> None:
        super().__init__(reduction, weight)
        self.ignore_index = ignore_index

    def forward(self, logp: Array, target: Array) -> Array:
        self.shape = logp.shape
        counted = counted_classes(target, logp.shape[1], self.ignore_index)
        self.counted = np.ones(len(target), bool) if counted is None else counted
        self.cells = np.arange(len(target)), np.where(self.counted, target, 0)
        weight = np.ones(logp.shape[1], logp.dtype) if self.weight is None else self.weight
        self.w = np.where(self.counted, weight[self.cells[1]], 0).astype(logp.dtype)
        losses = np.where(self.counted, -self.w * logp[self.cells], 0).astype(logp.dtype)
        return self.reduce(losses, float(np.add.reduce(self.w)))

    def backward(self, grad: Array) -> Gradients:
        dlogp = np.zeros(self.shape, dtype=grad.dtype)
        dlogp[self.cells] = np.where(self.counted, -self.w * self.share(grad), 0)
        return dlogp, None


class MSE(Loss):
    """(x − y)²."""

    def forward(self, x: Array, y: Array) -> Array:
        self.difference = np.subtract(x, y)
        return self.reduce(np.square(self.difference))

    def backward(self, grad: Array) -> Gradients:
        # ∂/∂x = 2 (x − y), ∂/∂y = −2 (x − y)
        dx = np.multiply(self.difference, 2 * self.share(grad), out=self.into[0])
        return dx, np.negative(dx) if self.needs[1] else None


class L1(Loss):
    """|x − y|."""

    def forward(self, x: Array, y: Array) -> Array:
        self.difference = np.subtract(x, y)
        return self.reduce(np.abs(self.difference))

    def backward(self, grad: Array) -> Gradients:
        # ∂/∂x = sign(x − y), and 0 where x = y
        dx = np.multiply(sign(self.difference), self.share(grad), out=self.into[0])
        return dx, np.negative(dx) if self.needs[1] else None


LEAST = float(np.float32(1e-12))  # PyTorch rounds it so for float64, too


class BCE(Loss):
    """−w (y ln p + (1 − y) ln(1 − p)), with logarithms no lower than −100 as in PyTorch."""

    reads = (0, 1)

    def forward(self, p: Array, y: Array) -> Array:
        for name, array in (("input", p), ("target", y)):
            if array.size and not (array.min() >= 0 and array.max() <= 1):
                raise RuntimeError(
                    f"binary_cross_entropy expected all elements of {name} to be between 0 and 1, "
                    f"got {array.min()} to {array.max()}: for logits, use binary_cross_entropy_with_logits"
                )
        self.p, self.target = p, y
        self.log_p, self.log_not_p = np.log(p), np.log1p(-p)
        losses = (y - 1) * np.maximum(self.log_not_p, -100) - y * np.maximum(self.log_p, -100)
        return self.reduce(losses if self.weight is None else losses * self.weight)

    def backward(self, grad: Array) -> Gradients:
        # ∂/∂p = w (p − y) / (p (1 − p)), ∂/∂y = w (ln(1 − p) − ln p), for p = 0 or 1 too
        scale = self.share(grad) if self.weight is None else self.share(grad) * self.weight
        dp = scale * (self.p - self.target) / np.maximum((1 - self.p) * self.p, LEAST)
        dy = scale * (self.log_not_p - self.log_p) if self.needs[1] else None
        return dp, dy


class BCEWithLogits(Loss):
    """Sigmoid and binary cross-entropy in one: w [(1 − y) z + (1 + (v − 1) y) ln(1 + e⁻ᶻ)].

    ``v`` is the weight of the positive examples. ln(1 + e⁻ᶻ) = ln(1 + e^−|z|) + max(−z, 0) cannot overflow.
    """

    reads = (0, 1)

    def __init__(
        self, reduction: str = "mean", weight: Array | None = None, pos_weight: Array | None = None
    ) -> None:
        super().__init__(reduction, weight)
        self.pos_weight = pos_weight

    def forward(self, z: Array, y: Array) -> Array:
        self.z, self.target = z, y
        self.softplus = np.log1p(np.exp(-np.abs(z))) + np.maximum(-z, 0)
        self.factor = None if self.pos_weight is None else 1 + (self.pos_weight - 1) * y
        softplus = self.softplus if self.factor is None else self.factor * self.softplus
        losses = (1 - y) * z + softplus
        return self.reduce(losses if self.weight is None else losses * self.weight)

    def backward(self, grad: Array) -> Gradients:
        # ∂/∂z = w [(1 − y) − (1 + (v − 1) y) σ(−z)], which is w [σ(z) − y] for v = 1
        scale = self.share(grad) if self.weight is None else self.share(grad) * self.weight
        if self.factor is None:
            dz = sigmoid(self.z) - self.target
        else:
            dz = (1 - self.target) - self.factor * sigmoid(-self.z)
        dy = None
        if self.needs[1]:
            slope = 0 if self.pos_weight is None else (self.pos_weight - 1) * self.softplus
            dy = scale * (slope - self.z)
        return scale * dz, dy
