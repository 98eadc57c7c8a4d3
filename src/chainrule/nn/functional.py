"""The layers as functions, under PyTorch's names. The modules call these.

Inputs may be tensors, arrays, PyTorch's tensors or nested lists.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule import dtypes, ops
from chainrule.autograd import refuse_capture
from chainrule.nn.activation_functions import (
    activate,
    celu,
    celu_,
    elu,
    elu_,
    gelu,
    glu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    hardtanh_,
    leaky_relu,
    leaky_relu_,
    log_softmax,
    logsigmoid,
    mish,
    prelu,
    relu,
    relu6,
    relu_,
    rrelu,
    rrelu_,
    selu,
    selu_,
    sigmoid,
    silu,
    softmax,
    softmin,
    softplus,
    softshrink,
    softsign,
    tanh,
    tanhshrink,
    threshold,
    threshold_,
)
from chainrule.nn.distance_functions import cosine_similarity, normalize, pairwise_distance
from chainrule.nn.embedding_functions import embedding
from chainrule.nn.loss_functions import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    nll_loss,
)
from chainrule.nn.margin_functions import (
    cosine_embedding_loss,
    hinge_embedding_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    soft_margin_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from chainrule.nn.normalization_functions import batch_norm, group_norm, layer_norm, rms_norm
from chainrule.nn.regression_functions import (
    gaussian_nll_loss,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    poisson_nll_loss,
    smooth_l1_loss,
)
from chainrule.ops import Array
from chainrule.random import default_generator
from chainrule.tensor import Tensor, apply, as_tensor

__all__ = [
    "alpha_dropout",
    "batch_norm",
    "bilinear",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "celu",
    "celu_",
    "cosine_embedding_loss",
    "cosine_similarity",
    "cross_entropy",
    "dropout",
    "elu",
    "elu_",
    "embedding",
    "gaussian_nll_loss",
    "gelu",
    "glu",
    "group_norm",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "hinge_embedding_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "leaky_relu_",
    "linear",
    "linear_cross_entropy",
    "log_softmax",
    "logsigmoid",
    "margin_ranking_loss",
    "mish",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "pairwise_distance",
    "poisson_nll_loss",
    "prelu",
    "relu",
    "relu6",
    "relu_",
    "rms_norm",
    "rrelu",
    "rrelu_",
    "selu",
    "selu_",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "soft_margin_loss",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
    "threshold_",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
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


def linear_cross_entropy(
    input: Any,
    linear_weight: Any,
    target: Any,
    *,
    linear_bias: Any = None,
    weight: Any = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: None = None,
) -> Tensor:
    """Compute the cross-entropy of the logits x Wᵀ + b.

    Parameters
    ----------
    input : Tensor
        x, shape (batch, in) or (in,).
    linear_weight : Tensor
        W, shape (classes, in), or (classes, d1, ..., in) for as many losses of each example.
    target : Tensor
        As for :func:`cross_entropy`.
    linear_bias : Tensor, optional
        b, of the shape of W without its last axis.
    weight, reduction, label_smoothing
        As for :func:`cross_entropy`.
    ignore_index : int, optional
        Targets of this index do not count. Default: −100.
    options : None
        PyTorch's ways to save memory are not covered.

    Returns
    -------
    Tensor
        Without axes, or with ``reduction="none"`` of the shape of the class indices.

    Raises
    ------
    NotImplementedError
        If options are given.

    Examples
    --------
    >>> linear_cross_entropy([[1.0, 0.0]], [[2.0, 1.0], [0.0, 1.0]], [0])
    tensor(0.1269)
    """
    if options is not None:
        raise NotImplementedError(
            "options of linear_cross_entropy are not covered: options=None gives the same numbers"
        )
    x, W = as_tensor(input), as_tensor(linear_weight)
    classes = W.array.shape[:-1]
    bias = None if linear_bias is None else as_tensor(linear_bias).flatten()
    logits = linear(x, W.reshape(-1, W.array.shape[-1]), bias)
    ignored = -100 if ignore_index is None else ignore_index
    return cross_entropy(
        logits.reshape(*x.array.shape[:-1], *classes),
        target,
        weight,
        ignore_index=ignored,
        reduction=reduction,
        label_smoothing=label_smoothing,
    )


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Tensor:
    """Compute Σ_ij x₁[i] W[k, i, j] x₂[j] + b[k].

    Parameters
    ----------
    input1, input2 : Tensor
        x₁ and x₂, shapes (..., in1) and (..., in2).
    weight : Tensor
        W, shape (out, in1, in2).
    bias : Tensor, optional
        b, shape (out,).

    Returns
    -------
    Tensor
        Shape (..., out).

    Raises
    ------
    RuntimeError
        If the shapes don't fit, or the dtypes differ.

    Examples
    --------
    >>> bilinear([1.0, 2.0], [3.0], [[[1.0], [1.0]]])
    tensor([9.])
    """
    x1, x2, W = as_tensor(input1), as_tensor(input2), as_tensor(weight)
    if (
        W.ndim != 3
        or x1.shape[-1:] != W.shape[1:2]
        or x2.shape[-1:] != W.shape[2:]
        or x1.shape[:-1] != x2.shape[:-1]
    ):
        raise RuntimeError(
            f"bilinear expected x1 and x2 of shapes (..., in1) and (..., in2) for a weight of (out, in1, in2), "
            f"got {tuple(x1.shape)}, {tuple(x2.shape)} and {tuple(W.shape)}"
        )
    products = x1.unsqueeze(-1) * x2.unsqueeze(-2)
    return linear(products.flatten(-2), W.flatten(1), bias)


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
        return activate(ops.Mul(), x, inplace, Tensor(np.zeros((), dtype=x.dtype)))
    return activate(ops.Dropout(p, default_generator), x, inplace)


def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Set each element to what SELU tends to on the left with probability p, and keep mean 0 and variance 1.

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
    >>> alpha_dropout([1.0, 2.0], p=0.5)
    tensor([1., 2.])
    """
    if not 0 <= p <= 1:
        raise ValueError(f"alpha_dropout expected a probability p between 0 and 1, got {p}")
    x = as_tensor(input)
    if not training or p == 0 or not x.array.size:
        return x
    if x.array.dtype.kind != "f":
        raise RuntimeError(f"alpha_dropout expected floating-point elements, got {x.dtype}: use x.float()")
    if p == 1:  # as in PyTorch, nothing is drawn
        return activate(ops.Mul(), x, inplace, Tensor(np.zeros((), dtype=x.dtype)))
    return activate(ops.AlphaDropout(p, default_generator), x, inplace)


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
