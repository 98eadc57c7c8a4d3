"""Statistics: extremes, variances with means, what ignores NaN, covariances."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from chainrule import arguments
from chainrule.tensor import Tensor, as_tensor, tensor_given


class MinAndMax(NamedTuple):
    """What ``aminmax`` returns."""

    min: Tensor
    max: Tensor


def aminmax(input: Any, *, dim: int | None = None, keepdim: bool = False) -> MinAndMax:
    """Return the smallest and the largest element, of all or along an axis. Equal ones share the gradient.

    Examples
    --------
    >>> aminmax(Tensor([3.0, 1.0, 2.0]))
    MinAndMax(min=tensor(1.), max=tensor(3.))
    """
    x = tensor_given("aminmax", input)
    dims = () if dim is None else arguments.axis(x, dim)
    return MinAndMax(x.amin(dims, keepdim), x.amax(dims, keepdim))


def var_mean(
    input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: Any = None
) -> tuple[Tensor, Tensor]:
    """Return the variance and the mean, of all elements or along some axes.

    Parameters
    ----------
    input : Tensor
    dim : int or tuple of int, optional
    unbiased : bool, optional
        The old form of ``correction``: True for 1, False for 0.
    keepdim : bool
    correction : int, optional
        What is subtracted from the number of elements; 1 by default.

    Returns
    -------
    tuple of Tensor

    Examples
    --------
    >>> var_mean(Tensor([1.0, 3.0]))
    (tensor(2.), tensor(2.))
    """
    x = tensor_given("var_mean", input)
    spread = x.var(dim, unbiased, keepdim, correction=correction)
    return spread, x.mean(None if isinstance(dim, bool) else dim, keepdim)


def std_mean(
    input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: Any = None
) -> tuple[Tensor, Tensor]:
    """Return the standard deviation and the mean, of all elements or along some axes.

    Parameters
    ----------
    input : Tensor
    dim : int or tuple of int, optional
    unbiased : bool, optional
        The old form of ``correction``: True for 1, False for 0.
    keepdim : bool
    correction : int, optional
        What is subtracted from the number of elements; 1 by default.

    Returns
    -------
    tuple of Tensor

    Examples
    --------
    >>> std_mean(Tensor([1.0, 3.0]), correction=0)
    (tensor(1.), tensor(2.))
    """
    x = tensor_given("std_mean", input)
    spread = x.std(dim, unbiased, keepdim, correction=correction)
    return spread, x.mean(None if isinstance(dim, bool) else dim, keepdim)


def nansum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Return the sum of the elements that are not NaN, of all or along some axes.

    Examples
    --------
    >>> nansum(Tensor([1.0, float("nan"), 2.0]))
    tensor(3.)
    """
    x = tensor_given("nansum", input)
    return (x.masked_fill(x.isnan(), 0) if x.is_floating_point() else x).sum(dim, keepdim, dtype)


def nanmean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Return the mean of the elements that are not NaN, of all or along some axes.

    Examples
    --------
    >>> nanmean(Tensor([1.0, float("nan"), 2.0]))
    tensor(1.5000)
    """
    x = tensor_given("nanmean", input)
    if x.dtype.kind != "f":
        raise RuntimeError(f"nanmean() needs floating-point elements, got {x.dtype}: use float() first")
    return nansum(x, dim, keepdim, dtype=dtype) / x.isnan().logical_not().sum(dim, keepdim)


def cov(input: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Tensor:
    """Return the covariances of the rows of a matrix.

    Parameters
    ----------
    input : Tensor
        Shape (variables, observations), or (observations,).
    correction : int
        What is subtracted from the number of observations.
    fweights : Tensor of int, optional
        How often each observation was made.
    aweights : Tensor, optional
        How much each observation counts.

    Returns
    -------
    Tensor
        Shape (variables, variables), or without axes.

    Examples
    --------
    >>> cov(Tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    x = tensor_given("cov", input)
    if x.ndim > 2:
        raise RuntimeError(f"cov() expected a matrix, got shape {x.shape}")
    rows = x if x.ndim == 2 else x.reshape(1, -1)
    given = {"fweights": fweights, "aweights": aweights}
    weights = [_weights(name, w, rows.shape[1]) for name, w in given.items() if w is not None]
    w = math.prod(weights[1:], start=weights[0]) if weights else None
    total: Any = rows.shape[1] if w is None else w.sum()
    apart = rows - (rows if w is None else rows * w).sum(1, keepdim=True) / total
    lost = correction if aweights is None or w is None else correction * (w * aweights).sum() / total
    freedom: Tensor = as_tensor(total - lost).clip(min=0)
    product: Tensor = apart.mm((apart if w is None else apart * w).t())
    return (product / freedom).squeeze()


def _weights(name: str, weights: Any, n: int) -> Tensor:
    w = tensor_given("cov", weights)
    if w.shape != (n,):
        raise RuntimeError(f"cov() expected {name} of shape ({n},), got {w.shape}")
    if (w.dtype.kind == "f") == (name == "fweights"):
        kind = "integers" if name == "fweights" else "floating-point numbers"
        raise RuntimeError(f"cov() expected {name} of {kind}, got {w.dtype}")
    return w


def corrcoef(input: Any) -> Tensor:
    """Return the correlation coefficients of the rows of a matrix.

    Examples
    --------
    >>> corrcoef(Tensor([[1.0, 2.0, 3.0], [6.0, 4.0, 2.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    c = cov(input)
    if not c.ndim:
        return c / c
    deviation: Tensor = c.diagonal().sqrt()
    return (c / deviation.unsqueeze(1) / deviation).clip(-1, 1)
