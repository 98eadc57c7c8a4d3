"""Elements taken by their positions or by a mask, and what stands where elements are not 0."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from chainrule import arguments, autograd, dtypes, ops
from chainrule.functions.grids import broadcast_shapes
from chainrule.ops import Array
from chainrule.tensor import Tensor, apply, tensor_given


def narrow(input: Any, dim: int, start: Any, length: int) -> Tensor:
    """Return a view of ``length`` positions of an axis, from ``start`` on.

    Parameters
    ----------
    input : Tensor
    dim : int
    start : int or Tensor
        Below 0, counted from the end.
    length : int

    Returns
    -------
    Tensor

    Examples
    --------
    >>> narrow(tensor([1, 2, 3, 4]), 0, 1, 2)
    tensor([2, 3])
    """
    x, n = tensor_given("narrow", input), arguments.whole("length", length)
    if not x.ndim:
        raise RuntimeError("narrow() needs a tensor with axes, got one without")
    axis, begin = arguments.axis(x, dim), arguments.whole("start", start)
    whole = x.shape[axis]
    if not -whole <= begin <= whole:
        raise IndexError(f"narrow() expected start from {-whole} to {whole}, got {begin}")
    begin += whole if begin < 0 else 0
    if n < 0 or begin + n > whole:
        raise RuntimeError(f"narrow() expected start + length from 0 to {whole}, got {begin} + {n}")
    return x[(slice(None),) * axis + (slice(begin, begin + n),)]


def select(input: Any, dim: int, index: int) -> Tensor:
    """Return a view of what stands at one position of an axis.

    Examples
    --------
    >>> select(tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    x, index = tensor_given("select", input), arguments.whole("index", index)
    axis = arguments.axis(x, dim)
    if not x.ndim or not -x.shape[axis] <= index < x.shape[axis]:
        raise IndexError(f"select() expected a position along dim {dim} of shape {x.shape}, got {index}")
    return x[(slice(None),) * axis + (index,)]


def index_select(input: Any, dim: int, index: Any) -> Tensor:
    """Return what stands at several positions of an axis.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int
        Shape (n,).

    Returns
    -------
    Tensor
        With n positions along ``dim``.

    Raises
    ------
    IndexError
        If a position lies outside.

    Examples
    --------
    >>> index_select(tensor([[1, 2], [3, 4]]), 1, tensor([1, 1]))
    tensor([[2, 2],
            [4, 4]])
    """
    x, places = tensor_given("index_select", input), tensor_given("index_select", index)
    axis = arguments.axis(x, dim)
    if places.ndim > 1:
        raise IndexError(f"index_select() expected an index of one axis, got shape {places.shape}")
    if places.dtype not in (dtypes.int64, dtypes.int32):
        raise RuntimeError(f"index_select() expected an index of int64 or int32, got {places.dtype}")
    row = x if x.ndim else x.reshape(1)
    places = positions("index_select", places.reshape(-1), row.array.shape[axis])
    found = apply(ops.Index((slice(None),) * axis + (ops.PLACE,)), row, places)
    return found if x.ndim else found.reshape(())


def take(input: Any, index: Any) -> Tensor:
    """Return the elements at positions of the flat tensor; below 0, counted from the end.

    Parameters
    ----------
    input : Tensor
    index : Tensor of int64

    Returns
    -------
    Tensor
        Of the shape of ``index``.

    Examples
    --------
    >>> take(tensor([[1, 2], [3, 4]]), tensor([0, 3]))
    tensor([1, 4])
    """
    x, places = tensor_given("take", input), tensor_given("take", index)
    if places.dtype != dtypes.int64:
        raise RuntimeError(f"take() expected an index of int64, got {places.dtype}")
    places = positions("take", places, x.numel(), least=-x.numel())
    return apply(ops.Index(ops.PLACE), x.reshape(-1), places)


def take_along_dim(input: Any, indices: Any, dim: int | None = None) -> Tensor:
    """Return the elements at positions along an axis, or of the flat tensor; both broadcast along other axes.

    Parameters
    ----------
    input : Tensor
    indices : Tensor of int64
        Along ``dim`` they begin again where it ends, as in PyTorch: −1 is the last.
    dim : int, optional

    Returns
    -------
    Tensor

    Examples
    --------
    >>> x = tensor([[3, 1, 2]])
    >>> take_along_dim(x, x.argsort(), 1)
    tensor([[1, 2, 3]])
    """
    x, places = tensor_given("take_along_dim", input), tensor_given("take_along_dim", indices)
    if places.dtype != dtypes.int64:
        raise RuntimeError(f"take_along_dim() expected indices of int64, got {places.dtype}")
    if dim is None:
        return x.reshape(-1).gather(0, places.reshape(-1))
    axis = arguments.axis(x, dim)
    if x.ndim != places.ndim:
        raise RuntimeError(f"take_along_dim() expected indices of {x.ndim} axes, got shape {places.shape}")
    if not x.ndim:
        return x.gather(0, places)
    others = broadcast_shapes(*([1 if i == axis else n for i, n in enumerate(t.shape)] for t in (x, places)))
    x, places = (t.expand([*others[:axis], t.shape[axis], *others[axis + 1 :]]) for t in (x, places))
    return x.gather(axis, places % max(x.shape[axis], 1))


def masked_select(input: Any, mask: Any) -> Tensor:
    """Return the elements under a mask, along one axis; both broadcast.

    Parameters
    ----------
    input : Tensor
    mask : Tensor of bool

    Returns
    -------
    Tensor
        Shape (n,).

    Examples
    --------
    >>> x = tensor([1, 2, 3])
    >>> masked_select(x, x > 1)
    tensor([2, 3])
    """
    x, chosen = tensor_given("masked_select", input), tensor_given("masked_select", mask)
    if chosen.dtype != dtypes.bool_:
        raise RuntimeError(f"masked_select() expected a mask of dtype bool, got {chosen.dtype}")
    shape = broadcast_shapes(x.shape, chosen.shape)
    return x.expand(shape)[chosen.expand(shape)]


def nonzero(input: Any, *, as_tuple: bool = False) -> Any:
    """Return the positions of the elements that are not 0.

    Parameters
    ----------
    input : Tensor
    as_tuple : bool
        Whether to return a tensor for each axis, which an index takes.

    Returns
    -------
    Tensor or tuple of Tensor
        Shape (n, axes), in the order of the elements.

    Examples
    --------
    >>> nonzero(tensor([[0, 1], [2, 0]]))
    tensor([[0, 1],
            [1, 0]])
    """
    x = tensor_given("nonzero", input)
    autograd.refuse_capture("looks for elements that are not 0", "use where(), which keeps the shape")
    if as_tuple:
        return tuple(Tensor(axis) for axis in np.nonzero(np.atleast_1d(x.array)))
    return Tensor(np.argwhere(x.array))


def argwhere(input: Any) -> Tensor:
    """Return the positions of the elements that are not 0, in shape (n, axes).

    Examples
    --------
    >>> argwhere(tensor([0, 1, 2]))
    tensor([[1],
            [2]])
    """
    found: Tensor = nonzero(tensor_given("argwhere", input))
    return found


def positions(name: str, index: Tensor, length: int, least: int = 0) -> Tensor:
    """Return a copy of positions, after checking that they lie from ``least`` up to, not including, ``length``.

    Examples
    --------
    >>> positions("take", tensor([0, 2]), 3)
    tensor([0, 2])
    """
    return apply(ops.NoGradient(partial(_checked, name, least, length)), index)


def _checked(name: str, least: int, length: int, index: Array) -> Array:
    if index.size and not least <= index.min() <= index.max() < length:
        raise IndexError(
            f"{name}() expected positions from {least} to {length - 1}, got {index.min()} to {index.max()}"
        )
    return index.copy()
