"""The layers as functions, under PyTorch's names. The modules call these.

Inputs may be tensors, arrays, PyTorch's tensors or nested lists.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from chainrule import dtypes, ops
from chainrule.autograd import constant, mode, refuse_capture
from chainrule.nn.loss_functions import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    l1_loss,
    mse_loss,
    nll_loss,
)
from chainrule.ops import Array, Operation
from chainrule.random import default_generator
from chainrule.tensor import Tensor, apply, as_tensor

__all__ = [
    "batch_norm",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "dropout",
    "elu",
    "l1_loss",
    "leaky_relu",
    "linear",
    "log_softmax",
    "mse_loss",
    "nll_loss",
    "one_hot",
    "relu",
    "sigmoid",
    "softmax",
    "tanh",
]


# ---- linear ----------------------------------------------------------------------------------------------------


def linear(input: Any, weight: Any, bias: Any = None) -> Tensor:
    """Compute x Wᵀ + b.

    Parameters
    ----------
    input : Tensor
        Shape (..., in).
    weight : Tensor
        Shape (out, in).
    bias : Tensor, optional
        Shape (out,).

    Returns
    -------
    Tensor
        Shape (..., out).

    Raises
    ------
    RuntimeError
        If the last axis of ``input`` has another length than that of ``weight``, or the dtypes differ.

    Examples
    --------
    >>> linear([1.0, 2.0], [[1.0, 1.0], [1.0, -1.0]])
    tensor([ 3., -1.])
    """
    x = input if isinstance(input, Tensor) else as_tensor(input)
    W = weight if isinstance(weight, Tensor) else as_tensor(weight)
    if x.array.shape[-1:] != W.array.shape[1:] or x.array.dtype != W.array.dtype:
        raise _linear_error(x, W)
    return apply(ops.Linear(), x, W) if bias is None else apply(ops.Linear(), x, W, bias)


def _linear_error(x: Tensor, W: Tensor) -> RuntimeError:
    shape = tuple(x.shape)
    if W.ndim != 2:
        return RuntimeError(f"linear expected a weight of shape (out, in), got shape {tuple(W.shape)}")
    if shape[-1:] == W.shape[1:]:
        cast = "x.double()" if W.dtype == dtypes.float64 else "x.float()"
        return RuntimeError(
            f"nn.Linear expected x of the dtype of its weight, {W.dtype}, got {x.dtype}: use {cast}"
        )
    mend = ""
    if len(shape) > 2 and np.prod(shape[1:]) == W.shape[1]:
        mend = ": put nn.Flatten() before it"
    elif np.prod(shape) == W.shape[1]:
        mend = f": use x.reshape({W.shape[1]}) for one example, x.reshape(1, {W.shape[1]}) for a batch of one"
    return RuntimeError(f"nn.Linear expected {W.shape[1]} features in the last axis of x, got shape {shape}{mend}")


# ---- activations -----------------------------------------------------------------------------------------------


def _activate(op: Operation, input: Any, inplace: bool, *others: Tensor) -> Tensor:
    """Run ``op``; with ``inplace``, ``input`` itself becomes the result."""
    if not inplace:
        return apply(op, input, *others)
    x = as_tensor(input)
    if mode.tape is not None and mode.tape.can_assign(x):
        return x._become_on_tape(apply(op, x._former(), *others))
    if not x._tracked(*others):
        return x.copy_(apply(op, x, *others))
    return x._become(apply(op, x._former(), *others))


def _floating(name: str, input: Any) -> Tensor:
    x = as_tensor(input)
    if x.array.dtype.kind != "f":
        raise NotImplementedError(f"{name} expected floating-point elements, got {x.dtype}: use x.float()")
    return x


def relu(input: Any, inplace: bool = False) -> Tensor:
    """Compute max(x, 0) of each element.

    Parameters
    ----------
    input : Tensor
    inplace : bool
        Whether ``input`` itself is changed.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> relu([-1.0, 2.0])
    tensor([0., 2.])
    """
    return _activate(ops.ReLU(), input, inplace)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Compute x where x > 0, else negative_slope · x.

    Parameters
    ----------
    input : Tensor
    negative_slope : float
    inplace : bool
        Whether ``input`` itself is changed.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> leaky_relu([-1.0, 2.0], 0.5)
    tensor([-0.5000,  2.0000])
    """
    return _activate(ops.LeakyReLU(negative_slope), _floating("leaky_relu", input), inplace)


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Compute x where x > 0, else α (eˣ − 1).

    Parameters
    ----------
    input : Tensor
    alpha : float
    inplace : bool
        Whether ``input`` itself is changed.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> elu([-1.0, 2.0])
    tensor([-0.6321,  2.0000])
    """
    return _activate(ops.ELU(alpha), _floating("elu", input), inplace)


def sigmoid(input: Any) -> Tensor:
    """Compute 1 / (1 + e⁻ˣ) of each element.

    Examples
    --------
    >>> sigmoid([0.0])
    tensor([0.5000])
    """
    return as_tensor(input).sigmoid()


def tanh(input: Any) -> Tensor:
    """Compute the hyperbolic tangent of each element.

    Examples
    --------
    >>> tanh([0.0])
    tensor([0.])
    """
    return as_tensor(input).tanh()


def _implicit_dim(name: str, x: Tensor) -> int:
    """Return the axis that PyTorch takes, with a warning, where none is given."""
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. "
        "Change the call to include dim=X as an argument.",
        stacklevel=3,
    )
    return 0 if x.ndim in (0, 1, 3) else 1


def softmax(input: Any, dim: int | None = None, *, dtype: Any = None) -> Tensor:
    """Compute e^xᵢ / Σⱼ e^xⱼ along one axis.

    Parameters
    ----------
    input : Tensor
    dim : int, optional
        Without it, PyTorch's old rule holds, with its warning: axis 0 for 0, 1 or 3 axes, else 1.
    dtype : dtype, optional
        Cast to it first.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> softmax([0.0, 0.0], dim=0)
    tensor([0.5000, 0.5000])
    """
    x = _floating("softmax", as_tensor(input, dtype))
    return x.softmax(_implicit_dim("softmax", x) if dim is None else dim)


def log_softmax(input: Any, dim: int | None = None, *, dtype: Any = None) -> Tensor:
    """Compute xᵢ − ln Σⱼ e^xⱼ along one axis, the logarithm of the softmax.

    Parameters
    ----------
    input : Tensor
    dim : int, optional
        Without it, PyTorch's old rule holds, with its warning: axis 0 for 0, 1 or 3 axes, else 1.
    dtype : dtype, optional
        Cast to it first.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> log_softmax([0.0, 0.0], dim=0)
    tensor([-0.6931, -0.6931])
    """
    x = _floating("log_softmax", as_tensor(input, dtype))
    return x.log_softmax(_implicit_dim("log_softmax", x) if dim is None else dim)


# ---- regularisation --------------------------------------------------------------------------------------------


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set each element to 0 with probability p, and scale the others by 1 / (1 − p).

    Parameters
    ----------
    input : Tensor
    p : float
        From 0 to 1.
    training : bool
        If False, ``input`` is returned.
    inplace : bool
        Whether ``input`` itself is changed.

    Returns
    -------
    Tensor

    Raises
    ------
    ValueError
        If p is not a probability.
    RuntimeError
        If the elements are not floating-point numbers.

    Examples
    --------
    >>> dropout([1.0, 2.0], p=0.5, training=False)
    tensor([1., 2.])
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout expected a probability p between 0 and 1, got {p}")
    x = as_tensor(input)
    if not training or p == 0 or not x.array.size:
        return x
    if x.array.dtype.kind != "f":
        raise RuntimeError(f"dropout expected floating-point elements, got {x.dtype}: use x.float()")
    if p == 1:  # as in PyTorch, nothing is drawn
        return _activate(ops.Mul(), x, inplace, Tensor(np.zeros((), dtype=x.dtype)))
    return _activate(ops.Dropout(p, default_generator), x, inplace)


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
        If there is one value per channel in training.
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
            constant("running_mean", running_mean, shared=True)
            constant("running_var", running_var, shared=True)
            observe = partial(update_running, running_mean, running_var, momentum)
        return normalize_batch(input, weight, bias, eps, observe)
    if running_mean is None or running_var is None:
        raise RuntimeError("batch_norm in evaluation mode expected running_mean and running_var, got None")
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
    return _scaled(ops.BatchNorm(eps, observe=observe), x, weight, bias)


def update_running(
    running_mean: Tensor, running_var: Tensor, momentum: float, mean: Array, var: Array, count: int
) -> None:
    """Move the running values towards those of a batch of ``count`` values per channel, in place."""
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
    x = _floating("batch_norm", input)
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


# ---- classes ---------------------------------------------------------------------------------------------------


def one_hot(tensor: Any, num_classes: int = -1) -> Tensor:
    """Return, for every class index, a row of zeros with a one at that index.

    Parameters
    ----------
    tensor : Tensor of int64
        Any shape.
    num_classes : int
        The length of the rows. Default: the greatest index + 1.

    Returns
    -------
    Tensor of int64
        Shape (..., num_classes).

    Raises
    ------
    RuntimeError
        If an index is negative or too large, the dtype is not int64, or the number of classes is not known.

    Examples
    --------
    >>> one_hot([0, 2])
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    labels = as_tensor(tensor)
    if labels.dtype != np.int64:
        raise RuntimeError(f"one_hot expected class indices of dtype int64, got {labels.dtype}: use y.long()")
    if num_classes == -1:
        refuse_capture("has one_hot infer the number of classes", "give num_classes")
    if not labels.array.size and num_classes <= 0:
        raise RuntimeError("one_hot can't infer the number of classes from no indices: give num_classes")

    def rows(index: Array) -> Array:
        greatest = int(index.max()) if index.size else -1
        if index.size and index.min() < 0:
            raise RuntimeError(f"one_hot expected class indices of at least 0, got {index.min()}")
        classes = greatest + 1 if num_classes == -1 else num_classes
        if greatest >= classes:
            raise RuntimeError(f"one_hot expected class indices below num_classes = {classes}, got {greatest}")
        return np.asarray(index[..., np.newaxis] == np.arange(classes), dtype=np.int64)

    return apply(ops.NoGradient(rows), labels)


def __getattr__(name: str) -> Any:
    raise AttributeError(f"chainrule.nn.functional has no {name!r}: it covers what fully-connected networks use")
