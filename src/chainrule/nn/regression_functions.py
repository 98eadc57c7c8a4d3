"""The losses of numbers and of distributions, as functions."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from chainrule import dtypes, ops
from chainrule.autograd import mode
from chainrule.nn.distance_functions import broadcast
from chainrule.nn.loss_functions import of_one_floating_dtype, reduced, settled_reduction
from chainrule.ops import Array
from chainrule.ops.losses import Loss
from chainrule.tensor import Tensor, apply, as_tensor, where


def _regression(
    name: str, make: Callable[[str], Loss], input: Any, target: Any, reduction: str, weight: Any = None
) -> Tensor:
    """Run a loss of two tensors of one shape, which ``make`` makes for a reduction."""
    x, y = as_tensor(input), as_tensor(target)
    if dtypes.bool_ in (x.dtype, y.dtype) and (name == "l1_loss" or weight is not None):
        raise RuntimeError(f"{name} can't subtract booleans: use float()")
    x, y = of_one_floating_dtype(name, x, y)
    shape = x.array.shape
    if shape != y.array.shape:
        x, y = _expanded(name, x, y)
    if weight is None:
        return apply(make(reduction), x, y)
    w = as_tensor(weight)
    if w.array.shape != shape:
        raise ValueError(f"{name} expected a weight of the shape of the input, {shape}, got {tuple(w.shape)}")
    losses = apply(make("none"), x, y) * w
    if reduction == "mean" and name != "huber_loss":  # which divides by the number of elements
        return losses.sum() / w.sum()
    return reduced(losses, reduction)


def _expanded(name: str, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    try:
        shape = np.broadcast_shapes(x.array.shape, y.array.shape)
    except ValueError:
        raise RuntimeError(
            f"{name} expected input and target of one shape, got {tuple(x.shape)} and {tuple(y.shape)}"
        ) from None
    warnings.warn(
        f"Using a target size ({y.shape}) that is different to the input size ({x.shape}). "
        "This will likely lead to incorrect results due to broadcasting. "
        "Please ensure they have the same size.",
        stacklevel=4,
    )
    return x.expand(shape), y.expand(shape)


def mse_loss(
    input: Any,
    target: Any,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Tensor:
    """Compute (x − y)².

    Parameters
    ----------
    input, target : Tensor
        One shape; others that broadcast are warned about.
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".
    weight : Tensor, optional
        A factor for each element, of the shape of the input; the mean is over the weights.

    Returns
    -------
    Tensor
        Without axes, or with ``reduction="none"`` of the shape of the input.

    Examples
    --------
    >>> mse_loss([1.0, 2.0], [1.0, 0.0])
    tensor(2.)
    """
    reduction = settled_reduction(reduction, size_average, reduce)
    return _regression("mse_loss", ops.MSE, input, target, reduction, weight)


def l1_loss(
    input: Any,
    target: Any,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Tensor:
    """Compute |x − y|.

    Parameters
    ----------
    input, target : Tensor
        One shape; others that broadcast are warned about.
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".
    weight : Tensor, optional
        A factor for each element, of the shape of the input; the mean is over the weights.

    Returns
    -------
    Tensor
        Without axes, or with ``reduction="none"`` of the shape of the input.

    Raises
    ------
    RuntimeError
        If one of them holds booleans, or their shapes don't broadcast.

    Examples
    --------
    >>> l1_loss([1.0, 2.0], [1.0, 0.0])
    tensor(1.)
    """
    reduction = settled_reduction(reduction, size_average, reduce)
    return _regression("l1_loss", ops.L1, input, target, reduction, weight)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> Tensor:
    """Compute d²/2 where |d| ≤ δ, else δ (|d| − δ/2), with d = x − y.

    Parameters
    ----------
    input, target : Tensor
        One shape; others that broadcast are warned about.
    reduction : str
        "mean", "sum" or "none".
    delta : float
        δ, above 0.
    weight : Tensor, optional
        A factor for each element, of the shape of the input.

    Returns
    -------
    Tensor
        Without axes, or with ``reduction="none"`` of the shape of the input.

    Raises
    ------
    RuntimeError
        If delta is not above 0; or the dtypes differ, and a gradient is wanted.

    Examples
    --------
    >>> huber_loss([1.0, 3.0], [0.0, 0.0])
    tensor(1.5000)
    """
    settled_reduction(reduction)
    if delta <= 0:
        raise RuntimeError(f"huber_loss expected delta above 0, got {delta}")
    x, y = as_tensor(input), as_tensor(target)
    if x.dtype != y.dtype and (x.dtype.kind != "f" or (mode.recording and (x._requires_grad or y._requires_grad))):
        raise RuntimeError(f"huber_loss expected input and target of one dtype, got {x.dtype} and {y.dtype}")
    return _regression("huber_loss", partial(ops.Huber, delta=delta), x, y, reduction, weight).to(x.dtype)


def smooth_l1_loss(
    input: Any,
    target: Any,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """Compute d²/2β where |d| < β, else |d| − β/2, with d = x − y.

    Parameters
    ----------
    input, target : Tensor
        One shape; others that broadcast are warned about.
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".
    beta : float
        β, from 0 on.

    Returns
    -------
    Tensor
        Without axes, or with ``reduction="none"`` of the shape of the input.

    Raises
    ------
    RuntimeError
        If beta is negative.

    Examples
    --------
    >>> smooth_l1_loss([1.0, 3.0], [0.0, 0.0], beta=2.0)
    tensor(1.1250)
    """
    reduction = settled_reduction(reduction, size_average, reduce)
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss expected beta from 0 on, got {beta}")
    if beta == 0:
        return _regression("smooth_l1_loss", ops.L1, input, target, reduction)
    return _regression("smooth_l1_loss", partial(ops.SmoothL1, beta=beta), input, target, reduction)


def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    size_average: Any = None,
    eps: float = 1e-8,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute the negative log-likelihood of counts y from a Poisson distribution: eˣ − y x.

    Parameters
    ----------
    input : Tensor
        The logarithm x of the expected count, or the count itself.
    target : Tensor
        y; its shape and that of the input broadcast.
    log_input : bool
        If False, the loss is x − y ln(x + eps).
    full : bool
        Whether to add Stirling's approximation y ln y − y + ln(2π y)/2 of ln y!, for y > 1.
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    eps : float
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    Tensor
        Without axes, or with ``reduction="none"`` of the shape of the input.

    Examples
    --------
    >>> poisson_nll_loss([0.0, 1.0], [1.0, 2.0])
    tensor(0.8591)
    """
    reduction = settled_reduction(reduction, size_average, reduce)
    x, y = as_tensor(input), as_tensor(target)
    losses = x.exp() - y * x if log_input else x - y * (x + eps).log()
    if full:
        stirling = y * y.log() - y + (y * (2 * math.pi)).log() * 0.5
        losses = losses + where(y <= 1, 0.0, stirling)
    return reduced(losses, reduction)


def gaussian_nll_loss(
    input: Any,
    target: Any,
    var: Any,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """Compute the negative log-likelihood of numbers y from a normal distribution: (ln v + (x − y)²/v) / 2.

    Parameters
    ----------
    input : Tensor
        The expectation x.
    target : Tensor
        y, of the same shape.
    var : Tensor or float
        The variance v: of the shape of the input, or without its last axis, or with one axis of length 1.
    full : bool
        Whether to add ln(2π)/2.
    eps : float
        Variances are taken to be at least this; their gradient is not.
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    Tensor
        Without axes, or with ``reduction="none"`` of the shape of the input.

    Raises
    ------
    ValueError
        If a variance is negative, or their shape doesn't fit.
    RuntimeError
        If the variances are integers.
    TypeError
        If the variance is neither a tensor nor a float.

    Examples
    --------
    >>> gaussian_nll_loss([1.0, 2.0], [1.0, 0.0], [1.0, 4.0])
    tensor(0.5966)
    """
    x, y = as_tensor(input), as_tensor(target)
    v = _variance(x, var)
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction expected to be 'mean', 'sum' or 'none', got {reduction!r}")
    v = apply(ops.AtLeast(eps), v)
    losses = (v.log() + (x - y) ** 2 / v) * 0.5
    return reduced(losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


def _variance(x: Tensor, var: Any) -> Tensor:
    """Return the variances in a shape that broadcasts to that of x."""
    if isinstance(var, bool | int):
        raise TypeError(f"gaussian_nll_loss expected var to be a tensor or a float, got {var}: use float({var})")
    if isinstance(var, float):
        return as_tensor(np.full(1, _not_negative(np.asarray(var)), dtype=x.dtype)).expand(x.shape)
    v = as_tensor(var)
    if v.dtype.kind != "f":
        raise RuntimeError(f"gaussian_nll_loss expected floating-point variances, got {v.dtype}: use var.float()")
    _not_negative(v.array)
    if mode.tape is not None:  # every replay checks, too
        apply(ops.NoGradient(_not_negative), v)
    shape, fits = v.array.shape, x.array.shape
    if shape == fits:
        return v
    if shape == fits[:-1]:
        return v.unsqueeze(-1)
    if len(shape) == len(fits) and sum(n for m, n in zip(fits, shape, strict=True) if m != n) == 1:
        return v
    raise ValueError(f"gaussian_nll_loss expected var to fit the input's shape {fits}, got shape {shape}")


def _not_negative(var: Array) -> Array:
    if (var < 0).any():
        raise ValueError(f"gaussian_nll_loss expected variances of at least 0, got {var.min()}")
    return var


def kl_div(
    input: Any,
    target: Any,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """Compute t (ln t − x), of which the sum is the Kullback–Leibler divergence of a distribution from the target.

    Parameters
    ----------
    input : Tensor
        Logarithms x of probabilities.
    target : Tensor
        Probabilities t; its shape and that of the input broadcast.
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "batchmean", which divides the sum by the length of the first axis, "sum", "none", or "mean", which
        divides it by the number of elements and is warned about.
    log_target : bool
        Whether the target holds logarithms, too.

    Returns
    -------
    Tensor
        Without axes, or with ``reduction="none"`` of the shape of the input.

    Examples
    --------
    >>> kl_div([[-1.0, -0.5]], [[0.5, 0.5]], reduction="batchmean")
    tensor(0.0569)
    """
    if reduction == "mean" and size_average is None and reduce is None:
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math definition."
            "'mean' will be changed to behave the same as 'batchmean' in the next major release.",
            stacklevel=2,
        )
    reduction = settled_reduction(reduction, size_average, reduce, others=("batchmean",))
    x, t = as_tensor(input), as_tensor(target)
    if x.array.dtype.kind != "f" or t.array.dtype.kind != "f":
        raise RuntimeError(f"kl_div expected floating-point elements, got {x.dtype} and {t.dtype}: use x.float()")
    x, t = of_one_floating_dtype("kl_div", x, t)
    op = ops.KLDivergence("sum" if reduction == "batchmean" else reduction, log_target)
    total = apply(op, *broadcast("kl_div", x, t))
    return total / x.array.shape[0] if reduction == "batchmean" and x.ndim else total
