"""The same elements elsewhere: turned, repeated, and with axes in other places."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule import arguments, autograd, dtypes, ops
from chainrule.creation import arange, cat
from chainrule.functions.cutting import length_along
from chainrule.tensor import Tensor, apply, tensor_given

# ---- turned ------------------------------------------------------------------------------------------------


def flip(input: Any, *axes: Any, dims: Any = None) -> Tensor:
    """Return a copy with the order of elements reversed along some axes.

    Examples
    --------
    >>> flip(tensor([1, 2, 3]), [0])
    tensor([3, 2, 1])
    """
    x = tensor_given("flip", input)
    turned = arguments.axes_of(x, arguments.shape(arguments.named("flip", "dims", axes, dims)))
    index = tuple(slice(None, None, -1 if i in turned else None) for i in range(x.ndim))
    return apply(ops.Index(index), x).clone()


def fliplr(input: Any) -> Tensor:
    """Return a copy with the order of columns reversed.

    Examples
    --------
    >>> fliplr(tensor([[1, 2], [3, 4]]))
    tensor([[2, 1],
            [4, 3]])
    """
    x = tensor_given("fliplr", input)
    if x.ndim < 2:
        raise RuntimeError(f"fliplr() needs two axes or more, got shape {x.shape}")
    return flip(x, 1)


def flipud(input: Any) -> Tensor:
    """Return a copy with the order of rows reversed.

    Examples
    --------
    >>> flipud(tensor([[1, 2], [3, 4]]))
    tensor([[3, 4],
            [1, 2]])
    """
    x = tensor_given("flipud", input)
    if not x.ndim:
        raise RuntimeError("flipud() needs a tensor with axes, got one without")
    return flip(x, 0)


def rot90(input: Any, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Return a copy turned by ``k`` times 90° in the plane of two axes, from the first to the second.

    Examples
    --------
    >>> rot90(tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    x, quarters = tensor_given("rot90", input), arguments.whole("k", k) % 4
    if x.ndim < 2 or len(dims) != 2:
        raise RuntimeError(f"rot90() expected two axes of a tensor that has them, got {dims} for shape {x.shape}")
    a, b = arguments.axes_of(x, tuple(dims))
    if quarters == 0:
        return x.clone()
    if quarters == 2:
        return flip(x, a, b)
    return flip(x, b).transpose(a, b) if quarters == 1 else flip(x, a).transpose(a, b)


def roll(input: Any, shifts: Any, dims: Any = ()) -> Tensor:
    """Return a copy with elements moved along axes; those that leave at one end come in at the other.

    Parameters
    ----------
    input : Tensor
    shifts : int or sequence of int
        By how many places, for each axis.
    dims : int or sequence of int
        By default the tensor is rolled as if it were flat.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> roll(tensor([1, 2, 3, 4]), 1)
    tensor([4, 1, 2, 3])
    """
    x = tensor_given("roll", input)
    shifts, dims = (n if isinstance(n, tuple | list) else (n,) for n in (shifts, dims))
    shifts = [arguments.whole("shifts", n) for n in shifts]
    if not dims and len(shifts) == 1:
        return roll(x.reshape(-1), shifts, 0).reshape(x.shape)
    if len(shifts) != len(dims) or not dims:
        raise RuntimeError(f"roll() expected a shift for each of the axes, got {shifts} for {dims}")
    if not x.numel():
        return x.clone()
    for shift, dim in zip(shifts, dims, strict=True):
        axis = arguments.axis(x, dim)
        before, cut = (slice(None),) * axis, -shift % x.shape[axis]
        x = cat([x[(*before, slice(cut, None))], x[(*before, slice(0, cut))]], axis)
    return x


# ---- repeated ----------------------------------------------------------------------------------------------


def repeat(input: Any, *times: Any, repeats: Any = None) -> Tensor:
    """Return copies of the tensor side by side, so many along each axis, and along new ones in front.

    Examples
    --------
    >>> repeat(tensor([1, 2]), 2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    x, times = tensor_given("repeat", input), arguments.shape(arguments.named("repeat", "repeats", times, repeats))
    if len(times) < x.ndim or min(times, default=0) < 0:
        raise RuntimeError(
            f"repeat() expected {x.ndim} numbers or more, from 0 on, for shape {x.shape}, got {times}"
        )
    shape = [1] * (len(times) - x.ndim) + list(x.shape)
    apart = x.reshape([n for length in shape for n in (1, length)])
    copies = apart.expand([n for pair in zip(times, shape, strict=True) for n in pair])
    copies = apply(ops.Clone(contiguous=True), copies)
    return copies.reshape([n * length for n, length in zip(times, shape, strict=True)])


def tile(input: Any, *times: Any, dims: Any = None) -> Tensor:
    """Return copies of the tensor side by side, as ``repeat`` does, but once along axes that are not named.

    Examples
    --------
    >>> tile(tensor([[1, 2], [3, 4]]), 2)
    tensor([[1, 2, 1, 2],
            [3, 4, 3, 4]])
    """
    x, times = tensor_given("tile", input), arguments.shape(arguments.named("tile", "dims", times, dims))
    return repeat(x, [1] * (x.ndim - len(times)) + list(times))


def repeat_interleave(
    input: Any, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Return each element several times in a row.

    Parameters
    ----------
    input : Tensor
    repeats : int or Tensor of int, optional
        How often; one number for each position of the axis. Without it, ``input`` says how often each position
        0, 1, 2, … is repeated.
    dim : int, optional
        By default the tensor is flat.
    output_size : int, optional
        What the repeats add up to.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> repeat_interleave(tensor([1, 2]), 2)
    tensor([1, 1, 2, 2])
    >>> repeat_interleave(tensor([1, 2]), tensor([1, 2]))
    tensor([1, 2, 2])
    """
    x = tensor_given("repeat_interleave", input)
    if repeats is None:
        return repeat_interleave(arange(x.numel()), x, output_size=output_size)
    x, dim = (x.reshape(-1), 0) if dim is None else (x, dim)
    axis, length = arguments.axis(x, dim), length_along("repeat_interleave", x, dim)
    if isinstance(repeats, Tensor):
        if repeats.dtype not in (dtypes.int32, dtypes.int64):
            raise RuntimeError(f"repeat_interleave() expected repeats of int64 or int32, got {repeats.dtype}")
        autograd.refuse_capture("repeats elements as often as a tensor says", "give repeats as one number")
        times = repeats.array.reshape(-1)
        if repeats.ndim > 1 or times.size not in (1, length):
            raise RuntimeError(f"repeat_interleave() expected {length} repeats, got shape {repeats.shape}")
    else:
        times = np.array([arguments.whole("repeats", repeats)])
    if (times < 0).any():
        raise RuntimeError("repeat_interleave() expected repeats from 0 on, got one below")
    positions = np.repeat(np.arange(length), times if times.size == length else times.item())
    if output_size is not None and output_size != positions.size:
        raise RuntimeError(f"repeat_interleave() gives {positions.size} elements, got output_size={output_size}")
    return apply(ops.Index((slice(None),) * axis + (positions,)), x)


# ---- axes in other places ----------------------------------------------------------------------------------


def movedim(input: Any, source: Any, destination: Any) -> Tensor:
    """Return a view with some axes in other places.

    Parameters
    ----------
    input : Tensor
    source, destination : int or sequence of int

    Returns
    -------
    Tensor

    Examples
    --------
    >>> movedim(tensor([[[1], [2]]]), 0, 2).shape
    chainrule.Size([2, 1, 1])
    """
    x = tensor_given("movedim", input)
    moved, places = (np.atleast_1d(arguments.axes_of(x, d)).tolist() for d in (source, destination))
    if len(moved) != len(places):
        raise RuntimeError(f"movedim() expected a place for every axis, got {source} and {destination}")
    order = [i for i in range(x.ndim) if i not in moved]
    for place, axis in sorted(zip(places, moved, strict=True)):
        order.insert(place, axis)
    return x.permute(order[: x.ndim])


moveaxis = movedim


def swapaxes(input: Any, axis0: int, axis1: int) -> Tensor:
    """Return a view with two axes exchanged.

    Examples
    --------
    >>> swapaxes(tensor([[1, 2, 3]]), 0, 1).shape
    chainrule.Size([3, 1])
    """
    return tensor_given("swapaxes", input).transpose(axis0, axis1)


def swapdims(input: Any, dim0: int, dim1: int) -> Tensor:
    """Return a view with two axes exchanged.

    Examples
    --------
    >>> swapdims(tensor([[1, 2, 3]]), 0, 1).shape
    chainrule.Size([3, 1])
    """
    return tensor_given("swapdims", input).transpose(dim0, dim1)


def ravel(input: Any) -> Tensor:
    """Return the elements along one axis: a view where they lie so.

    Examples
    --------
    >>> ravel(tensor([[1, 2], [3, 4]]))
    tensor([1, 2, 3, 4])
    """
    return tensor_given("ravel", input).reshape(-1)


def unflatten(input: Any, dim: int, sizes: Sequence[int]) -> Tensor:
    """Return a view with an axis cut into several.

    Parameters
    ----------
    input : Tensor
    dim : int
    sizes : sequence of int
        Lengths that multiply to that of the axis; one may be −1.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> unflatten(tensor([1, 2, 3, 4]), 0, (2, 2))
    tensor([[1, 2],
            [3, 4]])
    """
    x = tensor_given("unflatten", input)
    axis, lengths = arguments.axis(x, dim), arguments.shape((sizes,))
    if not lengths:
        raise RuntimeError("unflatten() expected at least one length, got none")
    whole, known = length_along("unflatten", x, dim), math.prod(n for n in lengths if n != -1)
    if lengths.count(-1) == 1 and known:
        lengths = tuple(whole // known if n == -1 else n for n in lengths)
    if math.prod(lengths) != whole or min(lengths) < 0:
        raise RuntimeError(f"unflatten() expected lengths that multiply to {whole}, got {tuple(sizes)}")
    return x.reshape(*x.shape[:axis], *lengths, *x.shape[axis + 1 :])


def broadcast_to(input: Any, size: Sequence[int]) -> Tensor:
    """Return the tensor repeated along axes of length 1 and new ones, without copying.

    Examples
    --------
    >>> broadcast_to(tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return tensor_given("broadcast_to", input).expand(size)
