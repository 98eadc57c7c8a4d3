"""What there is in a tensor, and how often."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from chainrule import arguments, autograd, dtypes, ops
from chainrule.ops import Array
from chainrule.tensor import Tensor, _operands, apply, tensor_given


def unique(
    input: Any,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """Return the different elements in order, or the different parts along an axis.

    Parameters
    ----------
    input : Tensor
    sorted : bool
        They are sorted in any case.
    return_inverse : bool
        Whether to return where each element stands among the different ones.
    return_counts : bool
        Whether to return how often each of the different ones occurs.
    dim : int, optional
        Of which the parts are compared.

    Returns
    -------
    Tensor, or a tuple of what was asked for

    Raises
    ------
    RuntimeError
        If a gradient is wanted: there is none.

    Examples
    --------
    >>> unique(tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    x = _without_derivative("unique", input)
    _refuse_capture("unique", "do it outside of the step")
    axis = _parts("unique", x, dim)
    values, inverse, counts = np.unique(
        np.atleast_1d(x.array), return_inverse=True, return_counts=True, axis=axis, equal_nan=False
    )
    inverse = inverse.reshape(x.shape if axis is None else -1)
    return _asked(values, return_inverse, inverse, return_counts, counts)


def unique_consecutive(
    input: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Return the elements without those that are equal to the one before, or such parts along an axis.

    Parameters
    ----------
    input : Tensor
    return_inverse : bool
        Whether to return where each element stands among those that are left.
    return_counts : bool
        Whether to return of how many each of those that are left stands for.
    dim : int, optional
        By default the tensor is flat.

    Returns
    -------
    Tensor, or a tuple of what was asked for

    Examples
    --------
    >>> unique_consecutive(tensor([1, 1, 2, 1]))
    tensor([1, 2, 1])
    """
    x = _without_derivative("unique_consecutive", input)
    _refuse_capture("unique_consecutive", "do it outside of the step")
    axis = _parts("unique_consecutive", x, dim) or 0
    parts = np.moveaxis(x.array.reshape(-1) if dim is None or not x.ndim else x.array, axis, 0)
    differs = (parts[1:] != parts[:-1]).any(axis=tuple(range(1, parts.ndim)))
    begins = np.concatenate([np.ones(min(len(parts), 1), bool), differs])
    inverse = np.cumsum(begins) - 1
    counts = np.diff(np.append(np.flatnonzero(begins), len(parts)))
    values = np.moveaxis(parts[begins], 0, axis)
    inverse = inverse.reshape(x.shape) if dim is None else inverse
    return _asked(values, return_inverse, inverse, return_counts, counts)


def _parts(name: str, x: Tensor, dim: int | None) -> int | None:
    """Return the axis whose parts are compared, if these have elements."""
    axis = None if dim is None else arguments.axis(x, dim)
    if axis is not None and 0 in (*x.shape[:axis], *x.shape[axis + 1 :]):
        raise RuntimeError(f"{name}() along dim {dim} needs parts that have elements, got shape {x.shape}")
    return axis


def _asked(values: Array, return_inverse: bool, inverse: Array, return_counts: bool, counts: Array) -> Any:
    asked = [Tensor(values)]
    asked += [Tensor(inverse)] if return_inverse else []
    asked += [Tensor(counts)] if return_counts else []
    return tuple(asked) if len(asked) > 1 else asked[0]


def _without_derivative(name: str, input: Any) -> Tensor:
    x = tensor_given(name, input)
    if autograd.mode.recording and x.requires_grad:
        raise RuntimeError(f"{name}() has no derivative: use detach() on what requires a gradient")
    return x


def _refuse_capture(name: str, mend: str) -> None:
    autograd.refuse_capture(f"calls {name}(), whose shape depends on values", mend)


def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Tensor:
    """Return how often each of the numbers 0, 1, 2, … occurs.

    Parameters
    ----------
    input : Tensor of int
        Shape (n,), none below 0.
    weights : Tensor, optional
        Shape (n,); what each element counts, instead of 1.
    minlength : int
        How long the result is at least.

    Returns
    -------
    Tensor
        Shape (largest + 1,): int64, or with weights a floating-point dtype.

    Examples
    --------
    >>> bincount(tensor([0, 2, 2]))
    tensor([1, 0, 2])
    """
    x, least = tensor_given("bincount", input), arguments.whole("minlength", minlength)
    _refuse_capture("bincount", "compare with arange()")
    if x.dtype.kind not in "iu":
        raise NotImplementedError(f"bincount() counts integers, got {x.dtype}")
    if x.ndim != 1 or least < 0 or (x.numel() and x.array.min() < 0):
        raise RuntimeError("bincount() expected one axis of numbers from 0 on, and minlength from 0 on")
    if weights is None or not x.numel():
        return Tensor(np.bincount(x.array, minlength=least))
    w = tensor_given("bincount", weights)
    if w.shape != x.shape:
        raise RuntimeError(f"bincount() expected weights of shape {x.shape}, got {w.shape}")
    kind = dtypes.float32 if w.dtype == dtypes.float32 else dtypes.float64
    counts = np.zeros(max(least, int(x.array.max()) + 1), kind)
    np.add.at(counts, x.array, w.array)
    return Tensor(counts)


def count_nonzero(input: Any, dim: Any = None) -> Tensor:
    """Return how many elements are not 0, of all or along some axes.

    Examples
    --------
    >>> count_nonzero(tensor([[0, 1], [2, 0]]))
    tensor(2)
    """
    x = tensor_given("count_nonzero", input)
    axis = arguments.axes(x, dim)
    return apply(ops.NoGradient(partial(np.count_nonzero, axis=axis)), x)


def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Return which elements occur in another tensor.

    Parameters
    ----------
    elements, test_elements : Tensor or number
        Not both numbers.
    assume_unique : bool
        Changes nothing.
    invert : bool
        Whether to return which do not.

    Returns
    -------
    Tensor of bool
        Of the shape of ``elements``.

    Examples
    --------
    >>> isin(tensor([1, 2, 3]), tensor([2, 4]))
    tensor([False,  True, False])
    """
    if not isinstance(elements, Tensor) and not isinstance(test_elements, Tensor):
        raise TypeError("isin() expected a tensor, got none")
    if any(np.asarray(getattr(given, "array", given)).dtype == bool for given in (elements, test_elements)):
        raise RuntimeError("isin() expected numbers, got booleans: use int()")
    return apply(ops.NoGradient(partial(np.isin, invert=invert)), *_operands(elements, test_elements))


def histc(input: Any, bins: int = 100, min: Any = 0, max: Any = 0) -> Tensor:
    """Return how many elements lie in each of several bins of one width.

    Parameters
    ----------
    input : Tensor
        Of a floating-point dtype.
    bins : int
    min, max : number
        What the bins reach from and to, both included; if equal, the smallest and the largest element. Elements
        outside are not counted.

    Returns
    -------
    Tensor
        Shape (bins,), of the dtype of ``input``.

    Examples
    --------
    >>> histc(Tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 0.])
    """
    x, bins = _without_derivative("histc", input), arguments.whole("bins", bins)
    if x.dtype.kind != "f":
        raise NotImplementedError(f"histc() needs floating-point elements, got {x.dtype}: use float() first")
    if bins < 1:
        raise RuntimeError(f"histc() expected at least one bin, got {bins}")
    return apply(ops.NoGradient(partial(_histogram, bins, min, max)), x)


def _histogram(bins: int, low: float, high: float, x: Array) -> Array:
    row = x.reshape(-1)
    if low == high and row.size:
        low, high = row.min(), row.max()
    if low == high:
        low, high = low - 1, high + 1
    low, high = x.dtype.type(low), x.dtype.type(high)
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise RuntimeError(f"histc() expected a finite range from min to max, got {low} to {high}")
    inside = row[(row >= low) & (row <= high)]
    places = ((inside - low) * x.dtype.type(bins) / (high - low)).astype(np.int64)
    return np.bincount(np.minimum(places, bins - 1), minlength=bins).astype(x.dtype)
