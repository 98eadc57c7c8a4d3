"""Tensors with other elements at some positions, or under a mask."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule import arguments, dtypes, ops
from chainrule.creation import full_like, ones_like
from chainrule.dtypes import DType
from chainrule.functions.grids import broadcast_shapes
from chainrule.functions.selecting import positions
from chainrule.ops import Array
from chainrule.tensor import Tensor, apply, as_tensor, tensor_given, where


def scatter(input: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: Any = None) -> Tensor:
    """Return the tensor with elements of ``src`` at the positions ``index`` along an axis.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int64
        Of as many axes as ``input``; no longer than that but along ``dim``, and nowhere longer than ``src``.
        Where a position stands twice, the later element is kept.
    src : Tensor or number
        Of the dtype of ``input``.
    value : number
        Another name for a ``src`` that is one number.
    reduce : None
        Not covered: see ``scatter_reduce``.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If shapes or dtypes don't fit, or a position lies outside.

    Examples
    --------
    >>> scatter(tensor([0, 0, 0]), 0, tensor([2, 0]), tensor([5, 6]))
    tensor([6, 0, 5])
    """
    if reduce is not None:
        raise NotImplementedError(f"scatter(reduce={reduce!r}) is not covered: use scatter_add or scatter_reduce")
    if (src is None) == (value is None):
        raise TypeError("scatter() expected src or value, got both or neither")
    x, axis, places = _target("scatter", input, dim, index)
    given = value if src is None else src
    source = _source("scatter", x, places, given) if isinstance(given, Tensor) else _number("scatter", x, given)
    return _put(ops.Scatter(axis), x, places, source)


def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Tensor:
    """Return the tensor with elements of ``src`` added at the positions ``index`` along an axis.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int64
        Of as many axes as ``input``; no longer than that but along ``dim``, and nowhere longer than ``src``.
    src : Tensor
        Of the dtype of ``input``.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If shapes or dtypes don't fit, or a position lies outside.

    Examples
    --------
    >>> scatter_add(tensor([0, 0, 0]), 0, tensor([2, 0, 2]), tensor([5, 6, 7]))
    tensor([ 6,  0, 12])
    """
    x, axis, places = _target("scatter_add", input, dim, index)
    return _put(ops.ScatterAdd(axis), x, places, _source("scatter_add", x, places, src))


def scatter_reduce(
    input: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True
) -> Tensor:
    """Return the tensor with elements of ``src`` brought together at the positions ``index`` along an axis.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int64
        As for ``scatter_add``.
    src : Tensor
    reduce : str
        "sum", "mean", "amax" or "amin"; PyTorch's "prod" is not covered.
    include_self : bool
        Whether the element of ``input`` is one of those brought together.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> scatter_reduce(Tensor([1.0, 1.0]), 0, tensor([0, 0]), Tensor([2.0, 6.0]), "mean")
    tensor([3., 1.])
    """
    if reduce not in ("sum", "mean", "amax", "amin"):
        raise NotImplementedError(f"scatter_reduce() covers sum, mean, amax and amin, got {reduce!r}")
    x, axis, places = _target("scatter_reduce", input, dim, index)
    if reduce == "mean":
        arguments.numbers("scatter_reduce", x)
    source = _source("scatter_reduce", x, places, src)
    if not include_self:
        x = scatter(x, dim, places, _neutral(reduce, x.dtype))
    if reduce in ("amax", "amin"):
        return _put(ops.ScatterExtremum(axis, largest=reduce == "amax"), x, places, source)
    total = _put(ops.ScatterAdd(axis), x, places, source)
    if reduce == "sum":
        return total
    count = scatter_add(full_like(x, include_self), dim, places, ones_like(source)).clip(min=1)
    return total / count if x.is_floating_point() else total // count


def _neutral(reduce: str, dtype: DType) -> Any:
    """Return the number that changes nothing when others are added to it, or compared with it."""
    if reduce in ("sum", "mean"):
        return 0
    if dtype == dtypes.bool_:
        return reduce == "amin"
    if dtype.kind == "f":
        return math.inf if reduce == "amin" else -math.inf
    return np.iinfo(dtype).max if reduce == "amin" else np.iinfo(dtype).min


def index_add(input: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Tensor:
    """Return the tensor with alpha · ``source`` added at some positions of an axis.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int
        Shape (n,).
    source : Tensor
        Of the shape of ``input``, but n long along ``dim``.
    alpha : number

    Returns
    -------
    Tensor

    Examples
    --------
    >>> index_add(tensor([[1, 2], [3, 4]]), 0, tensor([0, 0]), tensor([[10, 20], [30, 40]]))
    tensor([[41, 62],
            [ 3,  4]])
    """
    x, axis, places, rows = _rows("index_add", input, dim, index, source, (dtypes.int64, dtypes.int32))
    return _put(ops.ScatterAdd(axis), x, places, rows if alpha == 1 else rows * as_tensor(alpha, x.dtype))


def index_copy(input: Any, dim: int, index: Any, source: Any) -> Tensor:
    """Return the tensor with ``source`` at some positions of an axis.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int64
        Shape (n,).
    source : Tensor
        Of the shape of ``input``, but n long along ``dim``.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> index_copy(tensor([[1, 2], [3, 4]]), 0, tensor([1]), tensor([[5, 6]]))
    tensor([[1, 2],
            [5, 6]])
    """
    x, axis, places, rows = _rows("index_copy", input, dim, index, source, (dtypes.int64,))
    return _put(ops.Scatter(axis), x, places, rows)


def index_fill(input: Any, dim: int, index: Any, value: Any) -> Tensor:
    """Return the tensor with ``value`` at some positions of an axis.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int64
        Shape (n,).
    value : number, or Tensor without axes

    Returns
    -------
    Tensor

    Examples
    --------
    >>> index_fill(tensor([[1, 2], [3, 4]]), 1, tensor([0]), -1)
    tensor([[-1,  2],
            [-1,  4]])
    """
    x, places = tensor_given("index_fill", input), tensor_given("index_fill", index)
    axis = arguments.axis(x, dim)
    if np.ndim(value):
        raise RuntimeError(f"index_fill() expected one number, got shape {np.shape(value)}")
    if places.ndim > 1 or places.dtype != dtypes.int64:
        raise IndexError(f"index_fill() expected an index of int64 of one axis, got {places.dtype} {places.shape}")
    length = arguments.length(x, axis)
    places = positions("index_fill", places, length, least=-length) % max(length, 1)
    if not x.ndim:
        return index_fill(x.reshape(1), 0, places, value).reshape(())
    return _put(ops.Scatter(axis), x, _along(x.shape, axis, places), _number("index_fill", x, value))


def masked_scatter(input: Any, mask: Any, source: Any) -> Tensor:
    """Return the tensor with the elements of ``source``, one after another, where the mask holds.

    Parameters
    ----------
    input : Tensor
    mask : Tensor of bool
        Broadcasts with ``input``.
    source : Tensor
        Of the dtype of ``input``, with as many elements as the mask has, or more.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> masked_scatter(tensor([1, 2, 3]), tensor([True, False, True]), tensor([8, 9]))
    tensor([8, 2, 9])
    """
    x, chosen = tensor_given("masked_scatter", input), tensor_given("masked_scatter", mask)
    source = tensor_given("masked_scatter", source)
    if chosen.dtype != dtypes.bool_ or source.dtype != x.dtype:
        raise RuntimeError(
            f"masked_scatter() expected a mask of bool and a source of {x.dtype}, got {chosen.dtype} and "
            f"{source.dtype}"
        )
    shape = broadcast_shapes(x.shape, chosen.shape)
    chosen, available = chosen.expand(shape), source.numel()

    def numbered(mask: Array) -> Array:
        if np.count_nonzero(mask) > available:
            raise RuntimeError(f"masked_scatter() expected {np.count_nonzero(mask)} elements, got {available}")
        return np.asarray(np.maximum(np.cumsum(mask).reshape(mask.shape) - 1, 0) * mask)

    places = apply(ops.NoGradient(numbered), chosen)
    return where(chosen, source.reshape(-1)[places], x) if available else x.expand(shape).clone()


def _target(name: str, input: Any, dim: int, index: Any) -> tuple[Tensor, int, Tensor]:
    x, places = tensor_given(name, input), tensor_given(name, index)
    axis = arguments.axis(x, dim)
    if places.dtype not in (dtypes.int64, dtypes.int32):
        raise RuntimeError(f"{name}() expected an index of int64 or int32, got {places.dtype}")
    others = (n <= m or i == axis for i, (n, m) in enumerate(zip(places.shape, x.shape, strict=False)))
    if places.numel() and (max(places.ndim, 1) != max(x.ndim, 1) or not all(others)):
        raise RuntimeError(
            f"{name}() expected an index of as many axes as shape {x.shape} has, and none of them longer but dim "
            f"{dim}, got {places.shape}"
        )
    return x, axis, places


def _source(name: str, x: Tensor, places: Tensor, source: Any) -> Tensor:
    """Return the part of a source that belongs to the positions."""
    given = tensor_given(name, source)
    if given.dtype != x.dtype:
        raise RuntimeError(f"{name}() expected a source of {x.dtype}, got {given.dtype}")
    if not places.numel():
        return given
    longer = (n > m for n, m in zip(places.shape, given.shape, strict=False))
    if max(given.ndim, 1) != max(places.ndim, 1) or any(longer):
        raise RuntimeError(f"{name}() expected an element for each position {places.shape}, got {given.shape}")
    return given[tuple(slice(0, n) for n in places.shape)] if given.ndim else given


def _number(name: str, x: Tensor, value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value.to(x.dtype)
    if not isinstance(value, int | float):
        raise TypeError(f"{name}() expected a tensor or a number, got {type(value).__name__}")
    arguments.fits(value, x.dtype)
    return x._converted(value).to(x.dtype)


def _rows(
    name: str, input: Any, dim: int, index: Any, source: Any, kinds: tuple[DType, ...]
) -> tuple[Tensor, int, Tensor, Tensor]:
    """Return positions and source in one shape, for an index along one axis."""
    x, places, rows = (tensor_given(name, t) for t in (input, index, source))
    axis = arguments.axis(x, dim)
    if places.ndim > 1 or places.dtype not in kinds:
        raise RuntimeError(f"{name}() expected an index of int64 of one axis, got {places.dtype} {places.shape}")
    if rows.dtype != x.dtype:
        raise RuntimeError(f"{name}() expected a source of {x.dtype}, got {rows.dtype}")
    if not x.ndim and places.numel() != 1:
        raise IndexError(f"{name}() expected one position in a tensor without axes, got {places.numel()}")
    wanted = tuple(places.numel() if i == axis else n for i, n in enumerate(x.shape))
    if rows.shape != wanted and not (rows.numel() == places.numel() == 1 and x.ndim <= 1):
        raise RuntimeError(f"{name}() expected a source of shape {wanted}, got {rows.shape}")
    places = positions(name, places, arguments.length(x, axis))
    return x, axis, _along(wanted, axis, places), rows.reshape(wanted)


def _along(shape: tuple[int, ...], axis: int, places: Tensor) -> Tensor:
    """Repeat positions of one axis along the others."""
    if not shape:
        return places.reshape(())
    apart = places.reshape([-1 if i == axis else 1 for i in range(len(shape))])
    return apart.expand([places.numel() if i == axis else n for i, n in enumerate(shape)])


def _put(op: ops.Operation, x: Tensor, places: Tensor, source: Tensor) -> Tensor:
    if not places.numel() and places.ndim != x.ndim:
        return x.clone()
    if x.ndim:
        return apply(op, x, places, source)
    return apply(op, x.reshape(1), places.reshape(-1), source.reshape(-1)).reshape(())
