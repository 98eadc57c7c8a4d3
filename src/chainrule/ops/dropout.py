"""Dropout."""

from __future__ import annotations

import math

import numpy as np

from chainrule.ops.layout import in_memory_order
from chainrule.ops.operation import Array, Gradients, Operation, keep_where
from chainrule.random import Generator


def drawn_mask(generator: Generator, x: Array, keep: float, out: Array | None = None) -> Array:
    """Draw which elements of ``x`` are kept, in the order in which they lie in memory, as PyTorch does.

    Examples
    --------
    >>> drawn_mask(Generator(), np.zeros((2, 3)), 0.5).shape
    (2, 3)
    """
    if x.flags.c_contiguous:
        return generator.bernoulli(x.shape, keep, out=out)
    return in_memory_order(x, lambda shape: generator.bernoulli(shape, keep))


def drawn_below(generator: Generator, x: Array, p: Array) -> Array:
    """Draw which elements are 1, each with its probability, in the order in which those of ``x`` lie in memory.

    Examples
    --------
    >>> drawn_below(Generator(), np.zeros(2), np.array([0.0, 1.0]))
    array([False,  True])
    """
    if not np.all((p >= 0) & (p <= 1)):
        raise RuntimeError(f"bernoulli expected probabilities from 0 to 1, got {p.min()} to {p.max()}")
    return in_memory_order(x, lambda shape: generator.uniform(shape, dtype=p.dtype)) < p


class Dropout(Operation):
    """y = x / (1 − p) where the mask keeps it, else 0.

    Every run draws a new mask, one draw per element in the order of memory.
    """

    mask: Array | None = None

    def __init__(self, p: float, generator: Generator) -> None:
        self.keep, self.generator = 1 - p, generator

    def forward(self, x: Array) -> Array:
        self.mask = drawn_mask(self.generator, x, self.keep, out=self.mask)
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


class AlphaDropout(Operation):
    """y = a x + b where the mask keeps it, else a s + b, s = −1.7581 being what SELU tends to on the left.

    a and b are such that mean 0 and variance 1 stay: a = 1/√((s² p + 1)(1 − p)), b = −s a p. Every run draws a new
    mask, one draw per element in the order of memory.

    References
    ----------
    Klambauer, G. et al. (2017), Self-normalizing neural networks.
    """

    saturation = -1.7580993408473766

    def __init__(self, p: float, generator: Generator) -> None:
        self.p, self.generator = p, generator

    def forward(self, x: Array) -> Array:
        kind, p, s = x.dtype.type, self.p, self.saturation
        a = 1 / math.sqrt((s * s * p + 1) * (1 - p))
        self.noise = np.multiply(drawn_mask(self.generator, x, 1 - p), kind(a))
        shift = kind(-s * a * p)  # rounded as in PyTorch
        self.y = np.multiply(x, self.noise, out=self.y)
        self.y += np.where(self.noise == 0, kind(a * s) + shift, shift)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # ∂y/∂x = a where the mask keeps it, else 0
        return (np.multiply(grad, self.noise, out=self.into[0]),)
