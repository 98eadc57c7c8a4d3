"""Normalisation over the batch, or of each example."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from chainrule.ops.operation import Array, Gradients, Operation, add_up, sum_to


class BatchNorm(Operation):
    """y = γ (x − mean) / √(var + ε) + β for every channel, for x of shape (batch, channels, ...).

    In training, mean and (biased) variance are those of the batch, and the derivative goes through them;
    with ``mean`` and ``var`` given, they are constants. γ and β may be left out. ``observe`` is told the
    batch's mean, variance and number of values per channel at every run, to keep running values of them.
    """

    reads = (0, 1)

    def __init__(
        self,
        eps: float,
        mean: Array | None = None,
        var: Array | None = None,
        observe: Callable[[Array, Array, int], None] | None = None,
    ) -> None:
        self.eps, self.mean, self.var, self.observe = eps, mean, var, observe
        self.of_batch = mean is None

    def forward(self, x: Array, weight: Array | None = None, bias: Array | None = None) -> Array:
        self.axes = (0, *range(2, x.ndim))
        self.channels = (1, -1, *(1 for _ in x.shape[2:]))  # the shape that lays channels along axis 1
        centred = self._centred(x)
        assert self.var is not None
        self.scale = (1 / np.sqrt(self.var + self.eps)).astype(x.dtype).reshape(self.channels)
        self.normal = centred * self.scale
        self.weight = None if weight is None else weight.reshape(self.channels)
        self.y = self.normal if self.weight is None else self.normal * self.weight
        if bias is not None:
            self.y = self.y + bias.reshape(self.channels)
        return self.y

    def _centred(self, x: Array) -> Array:
        """Compute x − mean; of the batch, find mean and variance."""
        if not self.of_batch:
            assert self.mean is not None
            return x - self.mean.reshape(self.channels)
        count = x.size // x.shape[1] if x.size else 0
        mean = self._mean(x)
        centred: Array = x - mean
        rest = self._mean(centred)  # what rounding has left of the mean
        centred -= rest
        self.mean = (mean + rest).reshape(-1)
        self.var = add_up(np.square(centred), self.axes) / x.dtype.type(count)
        if self.observe is not None:
            self.observe(self.mean, self.var, count)
        return centred

    def _mean(self, x: Array) -> Array:
        """Compute the mean of every channel; NaN, without a word, if there is nothing in it."""
        total = np.add.reduce(x, axis=self.axes, keepdims=True)
        return np.asarray(total / x.dtype.type(x.size // max(total.size, 1)))

    def backward(self, grad: Array) -> Gradients:
        # with n = normal and g = grad · γ:  ∂L/∂x = (g − mean(g) − n mean(g n)) / √(var + ε),
        # ∂L/∂γ = Σ grad n,  ∂L/∂β = Σ grad;  means and sums over the batch, channel by channel
        dx = dweight = dbias = None
        if self.needs[0]:
            g = grad if self.weight is None else grad * self.weight
            if self.of_batch:
                centre = self._mean(g)
                along = self._mean(g * self.normal)
                g = g - centre - self.normal * along
            dx = g * self.scale
        if len(self.needs) > 1:
            dweight = add_up(grad * self.normal, self.axes)
        if len(self.needs) > 2:
            dbias = add_up(grad, self.axes)
        return (dx, dweight, dbias)[: len(self.needs)]


class LayerNorm(Operation):
    """y = γ (x − mean) / √(var + ε) + β, with mean and (biased) variance over the last ``axes`` axes.

    Without ``centre``, the mean counts as 0, which makes √var the root mean square. γ and β have the shape of
    those axes, and may be left out.
    """

    reads = (1,)

    def __init__(self, axes: int, eps: float, centre: bool = True) -> None:
        self.axes, self.eps, self.centre = tuple(range(-axes, 0)), eps, centre

    def forward(self, x: Array, weight: Array | None = None, bias: Array | None = None) -> Array:
        centred = x - self._mean(x) if self.centre else x
        self.scale = 1 / np.sqrt(self._mean(centred * centred) + self.eps)
        self.normal = centred * self.scale
        self.weight = weight
        self.y = self.normal if weight is None else self.normal * weight
        if bias is not None:
            self.y = self.y + bias
        return self.y

    def _mean(self, x: Array) -> Array:
        mean: Array = x.mean(axis=self.axes, keepdims=True)
        return mean

    def backward(self, grad: Array) -> Gradients:
        # with n = normal and g = grad · γ:  ∂L/∂x = (g − mean(g) − n mean(g n)) / √(var + ε),
        # ∂L/∂γ = Σ grad n,  ∂L/∂β = Σ grad;  sums over the examples
        g = grad if self.weight is None else grad * self.weight
        dx = g - self.normal * self._mean(g * self.normal)
        if self.centre:
            dx -= self._mean(g)
        dx *= self.scale
        shape = grad.shape[self.axes[0] :]
        dweight = sum_to(grad * self.normal, shape) if len(self.needs) > 1 else None
        dbias = sum_to(grad, shape) if len(self.needs) > 2 else None
        return (dx, dweight, dbias)[: len(self.needs)]
