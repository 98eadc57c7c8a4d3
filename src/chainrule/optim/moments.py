"""The running averages that optimisers keep of gradients, with PyTorch's roundings."""

from __future__ import annotations

import numpy as np

from chainrule.ops import Array


def average(m: Array, g: Array, beta: float, scratch: Array) -> None:
    """Move m towards g: m ← β m + (1 − β) g, in place.

    Parameters
    ----------
    m, g : ndarray
        Shape (n,).
    beta : float
        β.
    scratch : ndarray
        Shape (n,), neither of the others.

    Examples
    --------
    >>> m = np.array([1.0, 2.0])
    >>> average(m, np.array([3.0, 2.0]), 0.75, scratch=np.empty(2))
    >>> m
    array([1.5, 2. ])
    """
    weight = 1 - beta
    if weight < 0.5:
        m += np.multiply(np.subtract(g, m, out=scratch), weight, out=scratch)
    else:  # from the nearer end, so that β = 0 gives g itself
        np.subtract(g, np.multiply(np.subtract(g, m, out=scratch), 1 - weight, out=scratch), out=m)


def average_square(v: Array, g: Array, beta: float, scratch: Array) -> None:
    """Move v towards g²: v ← β v + (1 − β) g², in place.

    Parameters
    ----------
    v, g : ndarray
        Shape (n,).
    beta : float
        β.
    scratch : ndarray
        Shape (n,), neither of the others.

    Examples
    --------
    >>> v = np.array([1.0, 2.0])
    >>> average_square(v, np.array([3.0, 2.0]), 0.5, scratch=np.empty(2))
    >>> v
    array([5., 3.])
    """
    v *= beta
    v += np.multiply(np.multiply(g, 1 - beta, out=scratch), g, out=scratch)
