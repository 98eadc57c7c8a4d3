"""Rows of a table, as a function."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule import dtypes, ops
from chainrule.autograd import refuse_capture, replayed
from chainrule.ops import Array
from chainrule.tensor import Tensor, apply, as_tensor


def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Take rows of a table.

    Parameters
    ----------
    input : Tensor of int64 or int32
        Positions of the rows, any shape.
    weight : Tensor
        The table, shape (rows, n).
    padding_idx : int, optional
        The position of a row that gets no gradient.
    max_norm : float, optional
        Rows that are taken are scaled down to this norm first, in place.
    norm_type : float
        The order of that norm.
    scale_grad_by_freq : bool
        Whether to divide the gradient of a row by how often it was taken.
    sparse : bool
        Gradients of the rows that were taken alone, which are not covered.

    Returns
    -------
    Tensor
        Shape (..., n).

    Raises
    ------
    IndexError
        If a position is not in the table.
    RuntimeError
        If the positions are not integers, or the table has not two axes.
    AssertionError
        If ``padding_idx`` is not in the table.
    NotImplementedError
        If the gradient is to be sparse.

    Examples
    --------
    >>> embedding([1, 0], [[1.0, 2.0], [3.0, 4.0]])
    tensor([[3., 4.],
            [1., 2.]])
    """
    index, W = as_tensor(input), as_tensor(weight)
    check_dense(sparse)
    if index.dtype not in (dtypes.int64, dtypes.int32):
        raise RuntimeError(f"embedding expected indices of dtype int64 or int32, got {index.dtype}: use x.long()")
    if W.ndim != 2:
        raise RuntimeError(f"embedding expected a weight of shape (rows, n), got shape {tuple(W.shape)}")
    padding = checked_padding(padding_idx, len(W))
    if max_norm is not None:
        _shorten_rows(W, index, max_norm, norm_type)
    return apply(ops.Embedding(padding, scale_grad_by_freq), index, W)


def check_dense(sparse: bool) -> None:
    """Raise if gradients are to be sparse."""
    if sparse:
        raise NotImplementedError("sparse gradients are not covered: sparse=False gives the same numbers")


def checked_padding(padding_idx: int | None, rows: int) -> int | None:
    """Return the position of the padding, counted from the front."""
    if padding_idx is None:
        return None
    if not -rows <= padding_idx < rows:
        raise AssertionError(f"padding_idx expected to be from {-rows} to {rows - 1}, got {padding_idx}")
    return padding_idx % rows


@replayed
def _shorten_rows(weight: Tensor, index: Tensor, max_norm: float, norm_type: float) -> None:
    """Scale the rows at the positions ``index`` down to a norm, in place."""
    if weight.dtype.kind != "f":
        raise RuntimeError(f"embedding with max_norm expected a floating-point weight, got {weight.dtype}")
    positions = np.unique(index.array)
    rows = weight.array[positions]
    norm = ops.PNorm(norm_type, 1, keepdims=True).forward(rows)
    scale = np.where(norm > max_norm, max_norm / (norm + 1e-7), 1).astype(rows.dtype)
    weight.array[positions] = rows * scale
    weight._touch()


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
