"""Norms of vectors and matrices, and PyTorch's place for products of several matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule import arguments, ops
from chainrule.functions.linear_algebra import matrix_power, multi_dot
from chainrule.later import missing_from
from chainrule.tensor import Tensor, apply, tensor_given

__getattr__ = missing_from(__name__)

__all__ = ["matrix_norm", "matrix_power", "multi_dot", "norm", "vector_norm"]


def vector_norm(x: Any, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Return (Σ |x|ᵖ)^(1/p) over some axes, or over all elements.

    Parameters
    ----------
    x : Tensor
    ord : float
        p: any number, inf for the largest |x|, −inf for the smallest, 0 for how many are not 0.
    dim : int or tuple of int, optional
    keepdim : bool
        Whether the axes stay, with length 1.
    dtype : dtype, optional
        What to convert to first.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If the elements are no floating-point numbers, or there are none for an order that needs some.

    Examples
    --------
    >>> vector_norm(Tensor([3.0, -4.0])), vector_norm(Tensor([3.0, -4.0]), ord=float("inf"))
    (tensor(5.), tensor(4.))
    """
    x = _real("vector_norm", x, dtype)
    if isinstance(ord, str):
        raise TypeError(f"vector_norm() expected a number ord, got {ord!r}")
    axes = arguments.axes(x, dim)
    along = x.shape if axes is None else [x.shape[i] for i in np.atleast_1d(axes)]
    if 0 in along and (ord < 0 or ord == math.inf):
        raise RuntimeError(f"vector_norm() of order {ord} needs elements, got shape {x.shape}")
    return apply(ops.PNorm(ord, axes, keepdim), x)


def matrix_norm(
    A: Any, ord: Any = "fro", dim: tuple[int, int] = (-2, -1), keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """Return a norm of the matrices along two axes.

    Parameters
    ----------
    A : Tensor
        Shape (..., n, m).
    ord : str or float
        "fro" for the root of the sum of squares; 1 and −1 for the largest and the smallest sum of |A| over a
        column, inf and −inf over a row. 2, −2 and "nuc", which need singular values, are not covered.
    dim : tuple of int
        The axes of the rows' number and of the columns' number.
    keepdim : bool
        Whether the axes stay, with length 1.
    dtype : dtype, optional
        What to convert to first.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If the elements are no floating-point numbers, the axes are not two, or there is no such order.
    NotImplementedError
        For orders that need singular values.

    Examples
    --------
    >>> matrix_norm(Tensor([[1.0, -2.0], [3.0, 4.0]]), ord=1)
    tensor(6.)
    """
    A = _real("matrix_norm", A, dtype)
    if A.ndim < 2 or len(dim) != 2:
        raise RuntimeError(f"matrix_norm() expected two axes of two or more, got dim={dim} for shape {A.shape}")
    rows, columns = arguments.axes_of(A, tuple(dim))
    if ord == "fro":
        return vector_norm(A, 2, (rows, columns), keepdim)
    if ord in ("nuc", 2, -2):
        raise NotImplementedError(f"matrix_norm() of order {ord} needs singular values, which are not covered")
    if ord not in (1, -1, math.inf, -math.inf):
        raise RuntimeError(f"matrix_norm() expected ord 'fro', 1, -1, inf or -inf, got {ord!r}")
    summed, compared = (rows, columns) if abs(ord) == 1 else (columns, rows)
    sums = A.abs().sum(summed, keepdim=True)
    found: Tensor = sums.amax(compared, keepdim=True) if ord > 0 else sums.amin(compared, keepdim=True)
    return found if keepdim else found.squeeze((rows, columns))


def norm(A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Return a norm of vectors or matrices: :func:`matrix_norm` for two axes, else :func:`vector_norm`.

    Parameters
    ----------
    A : Tensor
    ord : float or str, optional
        By default 2, of all elements or over ``dim``.
    dim : int or tuple of int, optional
        One axis or two. By default all, which are one or two if ``ord`` is given.
    keepdim : bool
        Whether the axes stay, with length 1.
    dtype : dtype, optional
        What to convert to first.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If the axes don't fit the order.

    Examples
    --------
    >>> norm(Tensor([[3.0, 4.0], [0.0, 0.0]])), norm(Tensor([[3.0, 4.0], [0.0, 0.0]]), dim=1)
    (tensor(5.), tensor([5., 0.]))
    """
    A = tensor_given("norm", A)
    axes = (dim,) if isinstance(dim, int) else dim
    if axes is not None and len(axes) not in (1, 2):
        raise RuntimeError(f"norm() expected one axis or two, got dim={dim}")
    if ord is None:
        return vector_norm(A, 2, axes, keepdim, dtype=dtype)
    if axes is None and A.ndim not in (1, 2):
        raise RuntimeError(f"norm() of order {ord} expected dim, or 1 or 2 axes, got shape {A.shape}")
    axes = tuple(range(A.ndim)) if axes is None else tuple(axes)
    if len(axes) == 1 and not isinstance(ord, str):
        return vector_norm(A, ord, axes, keepdim, dtype=dtype)
    return matrix_norm(A, ord, axes, keepdim, dtype=dtype)


def _real(name: str, x: Any, dtype: Any) -> Tensor:
    tensor = tensor_given(name, x)
    if not tensor.is_floating_point():
        raise RuntimeError(f"{name}() needs floating-point elements, got {tensor.dtype}: use float() first")
    return tensor if dtype is None else tensor.to(dtype)
