"""Normalisation, as functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from chainrule import ops
from chainrule.autograd import constant
from chainrule.nn.activation_functions import floating
from chainrule.ops import Array, Operation
from chainrule.tensor import Tensor, apply, as_tensor


def batch_norm(
    input: Any,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise every channel, and scale and shift it by γ and β.

    Parameters
    ----------
    input : Tensor
        Shape (batch, channels, ...).
    running_mean, running_var : Tensor or None
        Shape (channels,). In training they are moved, in place, towards mean and unbiased variance of the batch;
        otherwise they are what is normalised with.
    weight, bias : Tensor, optional
        γ and β, shape (channels,).
    training : bool
        Whether to normalise with mean and variance of the batch.
    momentum : float
        The share of the batch in the running values.
    eps : float
        Added to the variance.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Raises
    ------
    ValueError
        If there is one value per channel in training, eps is negative, or 0 in training.
    RuntimeError
        If the channels don't fit, the dtypes differ, or running values are missing in evaluation.

    Examples
    --------
    >>> batch_norm([[1.0], [3.0]], None, None, training=True)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    if training:
        observe = None
        if running_mean is not None and running_var is not None:
            input = _check_channels(input, running_mean, running_var)
            constant("running_mean", running_mean, shared=True)
            constant("running_var", running_var, shared=True)
            observe = partial(update_running, running_mean, running_var, momentum)
        return normalize_batch(input, weight, bias, eps, observe)
    if running_mean is None or running_var is None:
        raise RuntimeError("batch_norm in evaluation mode expected running_mean and running_var, got None")
    if eps < 0:
        raise ValueError(f"batch_norm expected eps from 0 on, got {eps}")
    x = _check_channels(input, running_mean, running_var, weight, bias)
    mean = constant("running_mean", running_mean, shared=True)
    var = constant("running_var", running_var, shared=True)
    return _scaled(ops.BatchNorm(eps, mean, var), x, weight, bias)


def normalize_batch(
    input: Any, weight: Any, bias: Any, eps: float, observe: Callable[[Array, Array, int], None] | None
) -> Tensor:
    """Normalise every channel with mean and variance of the batch; ``observe`` is told them at every run."""
    x = _check_channels(input, weight, bias)
    if x.array.size == x.array.shape[1]:
        raise ValueError(
            f"batch_norm expected more than 1 value per channel when training, got input of shape {tuple(x.shape)}"
        )
    if eps <= 0:
        raise ValueError(f"batch_norm expected eps above 0 when training, got {eps}")
    return _scaled(ops.BatchNorm(eps, observe=observe), x, weight, bias)


def update_running(
    running_mean: Tensor, running_var: Tensor, momentum: float, mean: Array, var: Array, count: int
) -> None:
    """Move the running values towards those of a batch of ``count`` values per channel, in place."""
    if not count:
        return
    unbiased = var * (count / (count - 1))
    for running, batch in ((running_mean.array, mean), (running_var.array, unbiased)):
        running *= 1 - momentum
        running += momentum * batch


def _scaled(op: Operation, x: Tensor, weight: Any, bias: Any) -> Tensor:
    if weight is None:
        return apply(op, x) if bias is None else apply(op, x, Tensor(np.ones_like(as_tensor(bias).array)), bias)
    return apply(op, x, weight) if bias is None else apply(op, x, weight, bias)


def _check_channels(input: Any, *of_channels: Any) -> Tensor:
    """Return the input as a tensor, if everything that there is per channel fits it."""
    x = floating("batch_norm", input)
    if x.ndim < 2:
        raise RuntimeError(f"batch_norm expected shape (batch, channels, ...), got shape {tuple(x.shape)}")
    for other in of_channels:
        if other is None:
            continue
        y = as_tensor(other)
        if y.shape != x.shape[1:2]:
            raise RuntimeError(
                f"batch_norm expected {y.numel()} channels in axis 1 of x, got shape {tuple(x.shape)}"
            )
        if y.dtype != x.dtype:
            raise RuntimeError(f"batch_norm expected x of the dtype of its parameters, {y.dtype}, got {x.dtype}")
    return x


def layer_norm(
    input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """Normalise the last axes of every example, and scale and shift them by γ and β.

    Parameters
    ----------
    input : Tensor
        Shape (..., *normalized_shape).
    normalized_shape : sequence of int
    weight, bias : Tensor, optional
        γ and β, shape normalized_shape.
    eps : float
        Added to the variance.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Raises
    ------
    RuntimeError
        If shapes or dtypes don't fit.

    Examples
    --------
    >>> layer_norm([[1.0, 3.0]], (2,))
    tensor([[-1.0000,  1.0000]])
    """
    x, axes = _check_last_axes("layer_norm", input, normalized_shape, weight, bias)
    return _scaled(ops.LayerNorm(axes, eps), x, weight, bias)


def rms_norm(input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Tensor:
    """Divide the last axes of every example by their root mean square, and scale them by γ.

    Parameters
    ----------
    input : Tensor
        Shape (..., *normalized_shape).
    normalized_shape : sequence of int
    weight : Tensor, optional
        γ, shape normalized_shape.
    eps : float, optional
        Added to the mean square. Default: the distance of 1 from the next number of the dtype.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Raises
    ------
    ValueError
        If the input has fewer axes than ``normalized_shape``.
    RuntimeError
        If shapes or dtypes don't fit.

    Examples
    --------
    >>> rms_norm([[1.0, 7.0]], (2,))
    tensor([[0.2000, 1.4000]])
    """
    x = floating("rms_norm", input)
    if x.ndim < len(normalized_shape):
        raise ValueError(f"rms_norm expected {len(normalized_shape)} axes or more, got shape {tuple(x.shape)}")
    mixed = weight is not None and as_tensor(weight).dtype != x.dtype
    x, axes = _check_last_axes("rms_norm", x, normalized_shape, as_tensor(weight, x.dtype) if mixed else weight)
    least = float(np.finfo(x.dtype).eps) if eps is None else eps
    norm = ops.LayerNorm(axes, least, centre=False)
    return (apply(norm, x) * weight).to(x.dtype) if mixed else _scaled(norm, x, weight, None)


def _check_last_axes(name: str, input: Any, normalized_shape: Any, *parameters: Any) -> tuple[Tensor, int]:
    """Return the input as a tensor, and how many axes are normalised, if all fits."""
    x, shape = floating(name, input), tuple(normalized_shape)
    if not shape or x.array.shape[-len(shape) :] != shape:
        raise RuntimeError(f"{name} expected {shape} as the last axes of x, got shape {tuple(x.shape)}")
    for parameter in parameters:
        p = None if parameter is None else as_tensor(parameter)
        if p is not None and (p.array.shape != shape or p.dtype != x.dtype):
            raise RuntimeError(
                f"{name} expected parameters of shape {shape} and {x.dtype}, got {tuple(p.shape)} of {p.dtype}"
            )
    return x, len(shape)


def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Tensor:
    """Normalise every group of channels of every example, and scale and shift the channels by γ and β.

    Parameters
    ----------
    input : Tensor
        Shape (batch, channels, ...).
    num_groups : int
        A divisor of the number of channels.
    weight, bias : Tensor, optional
        γ and β, shape (channels,).
    eps : float
        Added to the variance.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Raises
    ------
    RuntimeError
        If shapes or dtypes don't fit.
    ValueError
        If there is one value per group.

    Examples
    --------
    >>> group_norm([[1.0, 3.0]], 1)
    tensor([[-1.0000,  1.0000]])
    """
    x = as_tensor(input)
    shape = x.array.shape
    if x.ndim < 2 or num_groups <= 0 or shape[1] % num_groups:
        raise RuntimeError(
            f"group_norm expected shape (batch, channels, ...) with channels in {num_groups} groups, got {shape}"
        )
    x = _check_channels(x, weight, bias)
    if x.array.size == num_groups:
        raise ValueError(f"group_norm expected more than 1 value per group, got input of shape {shape}")
    channels = (1, -1, *(1 for _ in shape[2:]))
    size = math.prod(shape[1:]) // num_groups
    y = apply(ops.LayerNorm(1, eps), x.reshape(shape[0], num_groups, size)).reshape(shape)
    if weight is not None:
        y = y * as_tensor(weight).reshape(channels)
    return y if bias is None else y + as_tensor(bias).reshape(channels)
