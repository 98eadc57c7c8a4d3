"""Elements by their order: sorted, the largest, the middle ones, and where others belong among them.

NaN is larger than any number. Which of equal elements an index means is as open as in PyTorch, but for ``sort``,
which keeps their order, and the functions that say it.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from chainrule import arguments, ops
from chainrule.ops import Array
from chainrule.tensor import Tensor, ValuesAndIndices, _operands, apply, as_tensor, tensor_given, where


def sort(input: Any, dim: int = -1, descending: bool = False, *, stable: bool = False) -> ValuesAndIndices:
    """Return the elements in order along an axis, and where they stood.

    Parameters
    ----------
    input : Tensor
    dim : int
    descending : bool
    stable : bool
        Equal elements keep their order in any case.

    Returns
    -------
    values, indices : Tensor
        Of the shape of ``input``; gradients flow through the values.

    Examples
    --------
    >>> sort(Tensor([3.0, 1.0, 2.0])).indices
    tensor([1, 2, 0])
    """
    x = tensor_given("sort", input)
    indices = x.argsort(dim, descending)
    return ValuesAndIndices(x.gather(dim, indices), indices)


def msort(input: Any) -> Tensor:
    """Return the elements in order along the first axis.

    Examples
    --------
    >>> msort(Tensor([3.0, 1.0, 2.0]))
    tensor([1., 2., 3.])
    """
    return sort(input, 0).values


def topk(input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> ValuesAndIndices:
    """Return the ``k`` largest (or smallest) elements along an axis, and where they stand.

    Parameters
    ----------
    input : Tensor
    k : int
    dim : int
    largest : bool
        Otherwise the smallest.
    sorted : bool
        They are sorted in any case.

    Returns
    -------
    values, indices : Tensor
        With ``k`` elements along ``dim``; gradients flow through the values.

    Raises
    ------
    RuntimeError
        If there are fewer than ``k``.

    Examples
    --------
    >>> topk(Tensor([3.0, 1.0, 2.0]), 2).values
    tensor([3., 2.])
    """
    x, k = _ordered("topk", input), arguments.whole("k", k)
    axis = arguments.axis(x, dim)
    least, most = 0 if x.ndim else 1, arguments.length(x, axis)
    if not least <= k <= most:
        raise RuntimeError(f"topk() expected k from {least} to {most} along dim {dim}, got {k}")
    return chosen(x, axis, True, partial(ops.top, k=k, largest=largest))


def kthvalue(input: Any, k: int, dim: int = -1, keepdim: bool = False) -> ValuesAndIndices:
    """Return the ``k``-th smallest element along an axis, counted from 1, and where it stands.

    Parameters
    ----------
    input : Tensor
    k : int
    dim : int
    keepdim : bool

    Returns
    -------
    values, indices : Tensor

    Raises
    ------
    RuntimeError
        If there are fewer than ``k``.

    Examples
    --------
    >>> kthvalue(Tensor([3.0, 1.0, 2.0]), 2).values
    tensor(2.)
    """
    x, k = _ordered("kthvalue", input), arguments.whole("k", k)
    axis = arguments.axis(x, dim)
    if not 1 <= k <= arguments.length(x, axis):
        raise RuntimeError(f"kthvalue() expected k from 1 to {arguments.length(x, axis)} along dim {dim}, got {k}")

    def position(x: Array, axis: int) -> Array:
        return np.take(np.argpartition(x, k - 1, axis), [k - 1], axis)

    return chosen(x, axis, keepdim, position)


def median(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return the median of all elements; along ``dim``, the pair (values, indices).

    Of an even number of elements it is the lower of the two in the middle. NaN if there is any.

    Parameters
    ----------
    input : Tensor
    dim : int, optional
    keepdim : bool

    Returns
    -------
    Tensor, or values and indices

    Examples
    --------
    >>> median(Tensor([4.0, 1.0, 3.0, 2.0]))
    tensor(2.)
    """
    return _median("median", input, dim, keepdim, skip_nan=False)


def nanmedian(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return what ``median`` does, of the elements that are not NaN.

    Examples
    --------
    >>> nanmedian(Tensor([3.0, float("nan"), 1.0, 2.0]))
    tensor(2.)
    """
    return _median("nanmedian", input, dim, keepdim, skip_nan=True)


def _median(name: str, input: Any, dim: int | None, keepdim: bool, skip_nan: bool) -> Any:
    x = _ordered(name, input)
    if dim is not None:
        axis = arguments.axis(x, dim)
        arguments.has_elements(name, x, dim)
        return chosen(x, axis, keepdim, partial(ops.middle, skip_nan=skip_nan))
    if x.numel():
        return apply(ops.Median(skip_nan), x)
    if x.dtype.kind != "f":
        raise RuntimeError(f"{name}() of no elements is NaN, which {x.dtype} can't hold: use float() first")
    return x.sum() * float("nan")


def mode(input: Any, dim: int = -1, keepdim: bool = False) -> ValuesAndIndices:
    """Return the most frequent element along an axis, the smallest of several, and where it stands last.

    Parameters
    ----------
    input : Tensor
    dim : int
    keepdim : bool

    Returns
    -------
    values, indices : Tensor

    Examples
    --------
    >>> mode(tensor([2, 1, 2, 1, 3])).values
    tensor(1)
    """
    x = tensor_given("mode", input)
    axis = arguments.axis(x, dim)
    arguments.has_elements("mode", x, dim)

    def last_of_longest_run(x: Array, axis: int) -> Array:
        order = np.moveaxis(np.argsort(x, axis=axis, kind="stable"), axis, -1)
        row = np.take_along_axis(np.moveaxis(x, axis, -1), order, -1)
        places = np.arange(row.shape[-1])
        begins = np.concatenate([np.ones_like(row[..., :1], bool), row[..., 1:] != row[..., :-1]], -1)
        lengths = places - np.maximum.accumulate(np.where(begins, places, 0), -1)
        found = np.take_along_axis(order, np.argmax(lengths, -1)[..., np.newaxis], -1)
        return np.moveaxis(found, -1, axis)

    return chosen(x, axis, keepdim, last_of_longest_run)


def quantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """Return quantiles along an axis, or of all elements. NaN where there is any.

    Parameters
    ----------
    input : Tensor
        Of a floating-point dtype.
    q : float or Tensor
        From 0 to 1; of several, in shape (n,), the results lie along a new first axis.
    dim : int, optional
    keepdim : bool
    interpolation : str
        What is between two elements: "linear", "lower", "higher", "midpoint" or "nearest".

    Returns
    -------
    Tensor

    Examples
    --------
    >>> quantile(Tensor([1.0, 2.0, 3.0, 5.0]), 0.75)
    tensor(3.5000)
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation)


def nanquantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """Return what ``quantile`` does, of the elements that are not NaN.

    Examples
    --------
    >>> nanquantile(Tensor([1.0, float("nan"), 3.0]), 0.5)
    tensor(2.)
    """
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation)


def _quantile(name: str, input: Any, q: Any, dim: int | None, keepdim: bool, interpolation: str) -> Tensor:
    x = tensor_given(name, input)
    at = as_tensor(q, x.dtype) if isinstance(q, int | float) else tensor_given(name, q)
    _check_quantile(name, x, at, interpolation)
    axis = None if dim is None else arguments.axis(x, dim)
    others = [i for i in range(x.ndim) if i != axis]
    rows = x.reshape(-1) if axis is None or not x.ndim else x.permute(*others, axis)
    row = sort(rows).values
    ranks = _ranks(row, at.reshape(-1), skip_nan=name == "nanquantile")
    if interpolation in _WHOLE:
        found = row.gather(-1, apply(ops.NoGradient(_WHOLE[interpolation]), ranks).long())
    else:
        below, above = ranks.long(), apply(ops.NoGradient(np.ceil), ranks).long()
        share = ranks - below if interpolation == "linear" else as_tensor(0.5, x.dtype)
        a, b = row.gather(-1, below), row.gather(-1, above)
        found = where(share < 0.5, a + share * (b - a), b - (b - a) * (1 - share))  # exact at both ends
    found = found.permute(-1, *range(found.ndim - 1))
    if keepdim:
        reduced = range(x.ndim) if axis is None else [axis][: x.ndim]
        for i in reduced:
            found = found.unsqueeze(i + 1)
    return found if at.ndim else found[0]


def _check_quantile(name: str, x: Tensor, q: Tensor, interpolation: str) -> None:
    if x.dtype.kind != "f" or q.dtype != x.dtype:
        raise RuntimeError(f"{name}() expected two of one floating-point dtype, got {x.dtype} and {q.dtype}")
    if not x.numel() or q.ndim > 1:
        raise RuntimeError(f"{name}() expected elements, and q of at most one axis, got {x.shape} and {q.shape}")
    if interpolation not in (*_WHOLE, "linear", "midpoint"):
        raise RuntimeError(f"{name}() expected linear, lower, higher, midpoint or nearest, got {interpolation!r}")
    apply(ops.NoGradient(_fractions), q)


def _fractions(q: Array) -> Array:
    if not np.all((q >= 0) & (q <= 1)):
        raise RuntimeError(f"a quantile is from 0 to 1, got {q}")
    return q


def _ranks(row: Tensor, q: Tensor, skip_nan: bool) -> Tensor:
    """Return where the quantiles of sorted rows stand, as fractions of positions."""
    if skip_nan:
        return q * (row.isnan().logical_not().sum(-1, keepdim=True) - 1).clip(min=0)
    last = row.shape[-1] - 1
    return where(row.isnan().any(-1, keepdim=True), last, q * last)


_WHOLE: dict[str, Any] = {"lower": np.floor, "higher": np.ceil, "nearest": np.round}


def searchsorted(
    sorted_sequence: Any,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Tensor:
    """Return where elements belong in a sorted sequence, so that it stays sorted.

    Parameters
    ----------
    sorted_sequence : Tensor
        Shape (n,), or (..., n), where each row has a row of ``input``.
    input : Tensor or number
        Any shape; or (..., m).
    out_int32 : bool
        Whether to return int32.
    right : bool
        Behind elements that are equal, not before them.
    side : str, optional
        "right" or "left", another way to say ``right``.
    sorter : Tensor, optional
        The indices that sort the sequence.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Raises
    ------
    RuntimeError
        If shapes don't fit, or ``side`` contradicts ``right``.

    Examples
    --------
    >>> searchsorted(Tensor([1.0, 3.0, 5.0]), Tensor([3.0, 4.0]))
    tensor([1, 2])
    """
    sequence, x = _operands(tensor_given("searchsorted", sorted_sequence), input)
    if side not in (None, "left", "right") or (right and side == "left"):
        raise RuntimeError(f"searchsorted() expected side to be left or right, as right says, got {side!r}")
    if not sequence.ndim or (sequence.ndim > 1 and sequence.shape[:-1] != x.shape[:-1]):
        raise RuntimeError(
            f"searchsorted() expected a row of elements for each row of the sequence, got {x.shape} for "
            f"{sequence.shape}"
        )
    if sorter is not None:
        if sorter.shape != sequence.shape:
            raise RuntimeError(f"searchsorted() expected a sorter of shape {sequence.shape}, got {sorter.shape}")
        sequence = sequence.gather(-1, sorter)
    find = partial(_places, "right" if right else side or "left")
    places = apply(ops.NoGradient(find), sequence, x)
    return places.int() if out_int32 else places


def bucketize(input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """Return the number of the bucket that each element falls into, between sorted boundaries.

    Parameters
    ----------
    input : Tensor or number
    boundaries : Tensor
        Shape (n,), sorted.
    out_int32 : bool
        Whether to return int32.
    right : bool
        Whether a boundary belongs to the bucket above it.

    Returns
    -------
    Tensor
        From 0 to n, in the shape of ``input``.

    Examples
    --------
    >>> bucketize(Tensor([0.5, 1.0, 9.0]), Tensor([1.0, 2.0]))
    tensor([0, 0, 2])
    """
    edges = tensor_given("bucketize", boundaries)
    if edges.ndim != 1:
        raise RuntimeError(f"bucketize() expected boundaries of one axis, got shape {edges.shape}")
    return searchsorted(edges, input, out_int32=out_int32, right=right)


def _places(side: Any, sequence: Array, x: Array) -> Array:
    if sequence.ndim == 1:
        found = np.searchsorted(sequence, x, side)
    else:
        found = np.empty(x.shape, np.int64)
        for row in np.ndindex(x.shape[:-1]):
            found[row] = np.searchsorted(sequence[row], x[row], side)
    return np.where(x == x, found, sequence.shape[-1])  # NaN belong at the end, behind others


def _ordered(name: str, input: Any) -> Tensor:
    x = tensor_given(name, input)
    arguments.numbers(name, x)
    return x


def chosen(x: Tensor, axis: int, keepdim: bool, find: Any) -> ValuesAndIndices:
    """Return the elements, and their positions, that ``find(array, axis)`` picks along an axis.

    Examples
    --------
    >>> chosen(tensor([[3, 1, 2]]), 1, False, partial(np.argmax, keepdims=True)).values
    tensor([3])
    """
    row = x if x.ndim else x.reshape(1)
    indices = apply(ops.NoGradient(partial(find, axis=axis)), row)
    values = row.gather(axis, indices)
    if not x.ndim:
        return ValuesAndIndices(values.reshape(()), indices.reshape(()))
    if not keepdim:
        return ValuesAndIndices(values.squeeze(axis), indices.squeeze(axis))
    return ValuesAndIndices(values, indices)
