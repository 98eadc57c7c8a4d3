"""Draws from distributions whose parameters are tensors, as PyTorch draws them."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.ops import Array, NoGradient
from chainrule.random import Generator, default_generator
from chainrule.tensor import Tensor, apply, as_tensor


def bernoulli(input: Any, *, generator: Generator | None = None) -> Tensor:
    """Draw 1 with the probability that each element of ``input`` gives, else 0.

    Parameters
    ----------
    input : Tensor
        Probabilities, float32 or float64.
    generator : Generator, optional

    Returns
    -------
    Tensor
        Of the shape and dtype of ``input``.

    Raises
    ------
    RuntimeError
        If an element is no probability.

    Examples
    --------
    >>> from chainrule.creation import manual_seed
    >>> _ = manual_seed(0)
    >>> bernoulli([0.1, 0.5, 0.9])
    tensor([0., 0., 1.])
    """
    source = generator or default_generator

    def drawn(p: Array) -> Array:
        if not np.all((p >= 0) & (p <= 1)):
            raise RuntimeError(f"bernoulli expected probabilities from 0 to 1, got {p.min()} to {p.max()}")
        return (source.uniform(p.shape, dtype=p.dtype) < p).astype(p.dtype)

    return apply(NoGradient(drawn), _floating("bernoulli", input))


def multinomial(
    input: Any, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Draw indices with probabilities in proportion to weights.

    Parameters
    ----------
    input : Tensor
        Weights, shape (n,) or (rows, n), float32 or float64. They need not add up to 1.
    num_samples : int
        How many indices for each row.
    replacement : bool
        Whether an index can come more than once.
    generator : Generator, optional

    Returns
    -------
    Tensor
        int64, shape (num_samples,) or (rows, num_samples).

    Raises
    ------
    RuntimeError
        If the weights are negative, not finite or all zero, or there are too few of them.

    Examples
    --------
    >>> from chainrule.creation import manual_seed
    >>> _ = manual_seed(0)
    >>> multinomial([1.0, 0.0, 3.0], 4, replacement=True)
    tensor([2, 2, 2, 2])
    """
    tensor = _floating("multinomial", input)
    source = generator or default_generator
    if tensor.ndim not in (1, 2):
        raise RuntimeError(f"multinomial expected weights of shape (n,) or (rows, n), got {tuple(tensor.shape)}")
    if num_samples <= 0:
        raise RuntimeError(f"multinomial expected num_samples above 0, got {num_samples}")
    if not replacement and num_samples > tensor.shape[-1]:
        raise RuntimeError(f"multinomial can't draw {num_samples} of {tensor.shape[-1]} without replacement")

    def drawn(weights: Array) -> Array:
        rows = np.atleast_2d(weights)
        if not (np.isfinite(rows).all() and (rows >= 0).all()):
            raise RuntimeError("multinomial expected weights that are finite and not negative")
        if not (rows.sum(axis=1) > 0).all():
            raise RuntimeError("multinomial expected weights of which one at least is above 0")
        if replacement and num_samples > 1:
            chosen = [_with_replacement(row, num_samples, source) for row in rows]
        else:
            # the largest of w / e, with e from the exponential distribution, is each with probability ∝ w
            keys = rows / source.exponential(rows.shape, dtype=rows.dtype)
            chosen = [np.argsort(-row, kind="stable")[:num_samples] for row in keys]
        return np.array(chosen, np.int64).reshape(*weights.shape[:-1], num_samples)

    return apply(NoGradient(drawn), tensor)


def _with_replacement(weights: Array, n: int, generator: Generator) -> Array:
    """Return the first places where the distribution function reaches uniform numbers."""
    cumulative = np.cumsum(weights, dtype=weights.dtype)
    cumulative /= cumulative[-1]
    return np.searchsorted(cumulative, generator.uniform(n, dtype=np.float64))


def _floating(name: str, input: Any) -> Tensor:
    tensor = as_tensor(input)
    if tensor.dtype.kind != "f":
        raise RuntimeError(f"{name} expected floating-point numbers, got {tensor.dtype}")
    return tensor


__all__ = ["bernoulli", "multinomial"]
