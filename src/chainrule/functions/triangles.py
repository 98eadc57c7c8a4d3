"""Triangles and diagonals of matrices."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from chainrule import arguments, dtypes, ops
from chainrule.creation import zeros
from chainrule.functions.rearranging import movedim
from chainrule.ops import Array
from chainrule.tensor import Tensor, apply, tensor_given


def tril(input: Any, diagonal: int = 0) -> Tensor:
    """Return matrices with 0 above a diagonal.

    Parameters
    ----------
    input : Tensor
        Shape (..., n, m).
    diagonal : int
        0 for the main one, above 0 for those above it.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> tril(tensor([[1, 2], [3, 4]]))
    tensor([[1, 0],
            [3, 4]])
    """
    return _triangle("tril", input, diagonal, operator.le)


def triu(input: Any, diagonal: int = 0) -> Tensor:
    """Return matrices with 0 below a diagonal.

    Parameters
    ----------
    input : Tensor
        Shape (..., n, m).
    diagonal : int
        0 for the main one, above 0 for those above it.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> triu(tensor([[1, 2], [3, 4]]))
    tensor([[1, 2],
            [0, 4]])
    """
    return _triangle("triu", input, diagonal, operator.ge)


def _triangle(name: str, input: Any, diagonal: int, keeps: Any) -> Tensor:
    x, diagonal = tensor_given(name, input), arguments.whole("diagonal", diagonal)
    if x.ndim < 2:
        raise RuntimeError(f"{name}() needs two axes or more, got shape {x.shape}")
    return x.masked_fill(~_in_triangle(x.shape[-2:], diagonal, keeps), False)


def _in_triangle(shape: tuple[int, int], diagonal: int, keeps: Any) -> Tensor:
    def inside() -> Array:
        rows, columns = np.ogrid[: shape[0], : shape[1]]
        return np.asarray(keeps(columns - rows, diagonal))

    return apply(ops.NoGradient(inside))


def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Return a view of a diagonal of the matrices along two axes, as a last axis.

    Parameters
    ----------
    input : Tensor
    offset : int
        0 for the main one, above 0 for those above it.
    dim1, dim2 : int

    Returns
    -------
    Tensor

    Examples
    --------
    >>> diagonal(tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    x, offset = tensor_given("diagonal", input), arguments.whole("offset", offset)
    axes = arguments.axis(x, dim1), arguments.axis(x, dim2)
    if axes[0] == axes[1]:
        raise RuntimeError(f"diagonal() expected two different axes, got {dim1} and {dim2} for shape {x.shape}")
    return apply(ops.Diagonal(offset, axes), x)


def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Return matrices of zeros along two new axes, with the last axis of the tensor as a diagonal.

    Parameters
    ----------
    input : Tensor
        Shape (..., n).
    offset : int
        0 for the main one, above 0 for those above it.
    dim1, dim2 : int

    Returns
    -------
    Tensor

    Examples
    --------
    >>> diag_embed(tensor([1, 2]), offset=1)
    tensor([[0, 1, 0],
            [0, 0, 2],
            [0, 0, 0]])
    """
    x, offset = tensor_given("diag_embed", input), arguments.whole("offset", offset)
    made = x.unsqueeze(-1)
    axes = arguments.axis(made, dim1), arguments.axis(made, dim2)
    if axes[0] == axes[1] or not x.ndim:
        raise RuntimeError(f"diag_embed() expected a row and two different axes, got {x.shape}, {dim1} and {dim2}")
    places = np.arange(x.shape[-1])
    length = places.size + abs(offset)
    blank = zeros(*x.shape[:-1], length, length, dtype=x.dtype)
    matrices = apply(ops.SetIndex((..., places + max(-offset, 0), places + max(offset, 0))), blank, x)
    return movedim(matrices, (-2, -1), axes)


def diag(input: Any, diagonal: int = 0) -> Tensor:
    """Return a matrix with a vector as its diagonal, or a copy of the diagonal of a matrix.

    Examples
    --------
    >>> diag(tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    x = tensor_given("diag", input)
    if x.ndim not in (1, 2):
        raise RuntimeError(f"diag() expected a vector or a matrix, got shape {x.shape}")
    return diag_embed(x, diagonal) if x.ndim == 1 else x.diagonal(diagonal).clone()


def diagflat(input: Any, offset: int = 0) -> Tensor:
    """Return a matrix with all elements along its diagonal.

    Examples
    --------
    >>> diagflat(tensor([[1], [2]]))
    tensor([[1, 0],
            [0, 2]])
    """
    return diag_embed(tensor_given("diagflat", input).reshape(-1), offset)


def fill_diagonal_(input: Tensor, fill_value: Any, wrap: bool = False) -> Tensor:
    """Set the elements along the main diagonal of a matrix to one number, in place.

    Parameters
    ----------
    input : Tensor
        Shape (n, m).
    fill_value : number
    wrap : bool
        Must be False: PyTorch's second diagonal below a tall matrix is not covered.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> fill_diagonal_(tensor([[1, 2], [3, 4]]), 0)
    tensor([[0, 2],
            [3, 0]])
    """
    if wrap or input.ndim != 2:
        raise NotImplementedError(
            f"fill_diagonal_() covers matrices and wrap=False, got {input.shape} and wrap={wrap}"
        )
    input.diagonal().fill_(fill_value)
    return input


def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = dtypes.int64, device: Any = None) -> Tensor:
    """Return rows and columns of the elements on and below a diagonal of a matrix.

    Examples
    --------
    >>> tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    return _triangle_indices(row, col, offset, operator.le, dtype, device)


def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = dtypes.int64, device: Any = None) -> Tensor:
    """Return rows and columns of the elements on and above a diagonal of a matrix.

    Examples
    --------
    >>> triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    return _triangle_indices(row, col, offset, operator.ge, dtype, device)


def _triangle_indices(row: int, col: int, offset: int, keeps: Any, dtype: Any, device: Any) -> Tensor:
    shape = arguments.whole("row", row), arguments.whole("col", col)
    if min(shape) < 0:
        raise RuntimeError(f"a triangle has rows and columns from 0 on, got {row} and {col}")
    inside = _in_triangle(shape, arguments.whole("offset", offset), keeps)
    return apply(ops.NoGradient(lambda mask: np.stack(np.nonzero(mask))), inside).to(dtype=dtype, device=device)
