"""Distances and similarities of vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule import dtypes, ops
from chainrule.tensor import Tensor, apply, as_tensor


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Compute x₁ · x₂ / (|x₁| |x₂|) along one axis.

    Parameters
    ----------
    x1, x2 : Tensor
        Their shapes broadcast.
    dim : int
        An axis of the shape that they broadcast to.
    eps : float
        Norms are taken to be at least this; their gradient is not.

    Returns
    -------
    Tensor
        Without that axis.

    Raises
    ------
    RuntimeError
        If eps is negative, the elements are integers, or the shapes don't broadcast.
    IndexError
        If there is no such axis.

    Examples
    --------
    >>> cosine_similarity([[1.0, 0.0]], [[1.0, 1.0]])
    tensor([0.7071])
    """
    if eps < 0:
        raise RuntimeError(f"cosine_similarity expected eps from 0 on, got {eps}")
    a, b = as_tensor(x1), as_tensor(x2)
    dtype = dtypes.result_type(a.array, b.array)
    if dtype.kind != "f":
        raise RuntimeError(f"cosine_similarity expected floating-point elements, got {dtype}: use x.float()")
    a, b = broadcast("cosine_similarity", a.to(dtype), b.to(dtype))
    if not -max(a.ndim, 1) <= dim < max(a.ndim, 1):
        raise IndexError(f"cosine_similarity can't find axis {dim} in shape {tuple(a.shape)}")
    axis = dim % a.ndim if a.ndim else None

    def unit(x: Tensor) -> Tensor:
        return x / apply(ops.AtLeast(eps), apply(ops.PNorm(2, axis, keepdims=True), x))

    return (unit(a) * unit(b)).sum(axis)


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """Compute the p-norm of x₁ − x₂ + eps along the last axis.

    Parameters
    ----------
    x1, x2 : Tensor
        Shape (..., n); the others broadcast.
    p : float
        The order of the norm.
    eps : float
        Keeps the gradient of equal vectors finite.
    keepdim : bool
        Whether the last axis is kept, with length 1.

    Returns
    -------
    Tensor
        Shape (...).

    Examples
    --------
    >>> pairwise_distance([[3.0, 0.0]], [[0.0, 4.0]])
    tensor([5.])
    """
    difference = as_tensor(x1) - as_tensor(x2) + eps
    axis = difference.ndim - 1 if difference.ndim else None
    return apply(ops.PNorm(p, axis, keepdim), difference)


def normalize(input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """Divide by the p-norm along one axis.

    Parameters
    ----------
    input : Tensor
    p : float
        The order of the norm.
    dim : int
    eps : float
        Norms are taken to be at least this.

    Returns
    -------
    Tensor
        Of the shape of the input.

    Examples
    --------
    >>> normalize([[3.0, 4.0]])
    tensor([[0.6000, 0.8000]])
    """
    x = as_tensor(input)
    if x.array.dtype.kind != "f":
        raise RuntimeError(f"normalize expected floating-point elements, got {x.dtype}: use x.float()")
    if not -max(x.ndim, 1) <= dim < max(x.ndim, 1):
        raise IndexError(f"normalize can't find axis {dim} in shape {tuple(x.shape)}")
    return x / apply(ops.PNorm(p, dim % x.ndim if x.ndim else None, keepdims=True), x).clip(eps)


def broadcast(name: str, *tensors: Tensor) -> list[Tensor]:
    """Return tensors in the shape that they broadcast to.

    Raises
    ------
    RuntimeError
        If there is none.

    Examples
    --------
    >>> [x.shape for x in broadcast("add", tensor([1.0, 2.0]), tensor(3.0))]
    [chainrule.Size([2]), chainrule.Size([2])]
    """
    try:
        shape = np.broadcast_shapes(*(x.array.shape for x in tensors))
    except ValueError:
        shapes = " and ".join(str(tuple(x.shape)) for x in tensors)
        raise RuntimeError(f"{name} got shapes that don't broadcast: {shapes}") from None
    return [x if x.array.shape == shape else x.expand(shape) for x in tensors]
