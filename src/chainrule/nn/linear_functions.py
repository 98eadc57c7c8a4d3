"""Linear layers as functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule import dtypes, ops
from chainrule.tensor import Tensor, apply, as_tensor, matmul


def linear(input: Any, weight: Any, bias: Any = None) -> Tensor:
    """Compute x Wᵀ + b.

    Parameters
    ----------
    input : Tensor
        Shape (..., in).
    weight : Tensor
        Shape (out, in), or (in,).
    bias : Tensor, optional
        Shape (out,), or one that broadcasts to that of the result.

    Returns
    -------
    Tensor
        Shape (..., out), or (...).

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
    if W.ndim == 1:
        return matmul(x, W) if bias is None else _plus_other_bias(x, W, as_tensor(bias))
    if x.array.shape[-1:] != W.array.shape[1:] or x.array.dtype != W.array.dtype:
        raise _linear_error(x, W)
    if bias is None:
        return apply(ops.Linear(), x, W)
    b = bias if isinstance(bias, Tensor) else as_tensor(bias)
    if b.array.shape != W.array.shape[:1] or b.array.dtype != W.array.dtype:
        return _plus_other_bias(x, W, b)
    return apply(ops.Linear(), x, W, b)


def _plus_other_bias(x: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """Add a bias of another shape than (out,): whatever broadcasts to the shape of the product."""
    if b.array.dtype != W.array.dtype:
        raise RuntimeError(f"linear expected a bias of the dtype of its weight, {W.dtype}, got {b.dtype}")
    if W.ndim == 1 and (x.ndim == 2 or b.ndim == 1):
        raise _linear_error(x, W)
    product = linear(x, W)
    shape = product.array.shape
    if b.ndim > len(shape) or any(n not in (1, m) for n, m in zip(b.shape[::-1], shape[::-1], strict=False)):
        raise RuntimeError(f"linear expected a bias that fits a result of shape {shape}, got {tuple(b.shape)}")
    return product + b


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
    kinds = [str(t.dtype) for t in (x1, x2, W, *([] if bias is None else [as_tensor(bias)]))]
    if len(set(kinds)) > 1:
        raise RuntimeError(f"bilinear expected tensors of one dtype, got {', '.join(kinds)}")
    if bias is not None and as_tensor(bias).shape != W.shape[:1]:
        raise RuntimeError(f"bilinear expected a bias of shape {tuple(W.shape[:1])}, got {as_tensor(bias).shape}")
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
