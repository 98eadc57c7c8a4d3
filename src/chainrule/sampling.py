"""Draws from distributions whose parameters are tensors, as PyTorch draws them."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.autograd import no_grad
from chainrule.creation import empty
from chainrule.keywords import name_all
from chainrule.ops import Array, NoGradient, drawn_below, in_memory_order
from chainrule.random import Generator, source_of
from chainrule.tensor import Tensor, apply, as_tensor


def bernoulli(input: Any, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """Draw 1 with the probability that each element of ``input`` gives, else 0.

    Parameters
    ----------
    input : Tensor
        Probabilities, float32 or float64.
    p : float, optional
        One probability in the place of all; of ``input``, only shape and dtype are used.
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
    source = source_of(generator)

    def drawn(x: Array) -> Array:
        if p is None:
            return drawn_below(source, np.empty(x.shape), x).astype(x.dtype)  # whatever the order of x in memory
        if not 0 <= p <= 1:
            raise RuntimeError(f"bernoulli expected a probability from 0 to 1, got {p}")
        return source.bernoulli(x.shape, p).astype(x.dtype)

    return apply(NoGradient(drawn), as_tensor(input) if p is not None else _floating("bernoulli", input))


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
    source = source_of(generator)
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
            keys = rows / in_memory_order(rows, lambda shape: source.exponential(shape, dtype=rows.dtype))
            chosen = [np.argsort(-row, kind="stable")[:num_samples] for row in keys]
        return np.array(chosen, np.int64).reshape(*weights.shape[:-1], num_samples)

    return apply(NoGradient(drawn), tensor)


def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw from normal distributions, of one mean and standard deviation, or with those of each element.

    Parameters
    ----------
    mean, std : float or Tensor
        Tensors are broadcast against each other; the result has the dtype of ``mean``.
    size : sequence of int, optional
        The shape, needed if neither is a tensor.
    generator : Generator, optional
    dtype, device, requires_grad
        As in :func:`chainrule.randn`, together with ``size`` only.

    Returns
    -------
    Tensor

    Raises
    ------
    TypeError
        If there are tensors and a ``size``, or neither.
    RuntimeError
        If a standard deviation is negative.

    Examples
    --------
    >>> from chainrule.creation import manual_seed
    >>> _ = manual_seed(0)
    >>> normal(10.0, 0.1, (2,)), normal(Tensor([1.0, 3.0]), 0.5)
    (tensor([10.1541,  9.9707]), tensor([-0.0894,  3.2842]))
    """
    mean, std = (as_tensor(x) if isinstance(x, np.ndarray | list) else x for x in (mean, std))
    each = [x for x in (mean, std) if isinstance(x, Tensor)]
    if bool(each) == (size is not None):
        raise TypeError("normal expected tensors, or numbers and a size")
    if isinstance(std, Tensor) and not np.all(std.array >= 0):
        raise RuntimeError("normal expected all elements of std >= 0")
    if not each:
        with no_grad():
            result = empty(size, dtype=dtype, device=device).normal_(mean, std, generator=generator)
        return result.requires_grad_(requires_grad)
    shape = np.broadcast_shapes(*(x.shape for x in each))
    with no_grad():
        z = empty(shape, dtype=each[0].dtype)
        z.normal_(0.0, 1.0 if isinstance(std, Tensor) else std, generator=generator)
        return (z.mul_(std) if isinstance(std, Tensor) else z).add_(mean)


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


__all__ = ["bernoulli", "multinomial", "normal"]

name_all(globals(), __all__)
