"""Step by step along an axis: running products, sums and extremes, differences, integrals."""

from __future__ import annotations

from functools import partial
from typing import Any

from chainrule import arguments, dtypes, ops
from chainrule.creation import cat
from chainrule.functions.sorting import chosen
from chainrule.tensor import Tensor, ValuesAndIndices, _along, tensor_given


def cummax(input: Any, dim: int) -> ValuesAndIndices:
    """Return the largest element up to each place along an axis, and where it stands, the last of equal ones.

    Examples
    --------
    >>> cummax(Tensor([1.0, 3.0, 2.0]), 0).values
    tensor([1., 3., 3.])
    """
    return _farthest("cummax", input, dim, largest=True)


def cummin(input: Any, dim: int) -> ValuesAndIndices:
    """Return the smallest element up to each place along an axis, and where it stands, the last of equal ones.

    Examples
    --------
    >>> cummin(Tensor([2.0, 3.0, 1.0]), 0).values
    tensor([2., 2., 1.])
    """
    return _farthest("cummin", input, dim, largest=False)


def _farthest(name: str, input: Any, dim: int, largest: bool) -> ValuesAndIndices:
    x = tensor_given(name, input)
    axis = arguments.axis(x, dim)
    return chosen(x, axis, True, partial(ops.farthest, largest=largest))


def cumprod(input: Any, dim: int, *, dtype: Any = None) -> Tensor:
    """Return the running product along an axis.

    Examples
    --------
    >>> cumprod(Tensor([1.0, 2.0, 3.0]), 0)
    tensor([1., 2., 6.])
    """
    x = tensor_given("cumprod", input)
    return _along(ops.CumProd(arguments.axis(x, dim)), x._summable(dtype))


def logcumsumexp(input: Any, dim: int) -> Tensor:
    """Return the logarithm of the running sum of eˣ along an axis, without overflow.

    Examples
    --------
    >>> logcumsumexp(Tensor([0.0, 0.0]), 0)
    tensor([0.0000, 0.6931])
    """
    x = tensor_given("logcumsumexp", input)
    if x.dtype.kind != "f":
        raise NotImplementedError(f"logcumsumexp() needs floating-point elements, got {x.dtype}: use float()")
    return _along(ops.LogCumSumExp(arguments.axis(x, dim)), x)


def diff(input: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Tensor:
    """Return the differences of neighbours along an axis.

    Parameters
    ----------
    input : Tensor
    n : int
        How often they are taken.
    dim : int
    prepend, append : Tensor, optional
        What is joined to the tensor before, in front and at the end.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> diff(tensor([1, 4, 9]))
    tensor([3, 5])
    """
    x, times = tensor_given("diff", input), arguments.whole("n", n)
    if not x.ndim:
        raise RuntimeError("diff() needs a tensor with axes, got one without")
    if times < 0:
        raise RuntimeError(f"diff() expected n from 0 on, got {times}")
    axis = arguments.axis(x, dim)
    if not times:
        return x.clone()
    parts = [tensor_given("diff", t) for t in (prepend, x, append) if t is not None]
    x = cat(parts, axis) if len(parts) > 1 else x
    for _ in range(min(times, x.shape[axis])):
        later, earlier = _neighbours(x, axis)
        x = later ^ earlier if x.dtype == dtypes.bool_ else later - earlier
    return x


def _neighbours(x: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    before = (slice(None),) * axis
    return x[(*before, slice(1, None))], x[(*before, slice(0, max(x.shape[axis] - 1, 0)))]


def trapezoid(y: Any, x: Any = None, *, dx: Any = 1, dim: int = -1) -> Tensor:
    """Return the integral along an axis, by the trapezoidal rule.

    Parameters
    ----------
    y : Tensor
        Values of a function.
    x : Tensor, optional
        At these points.
    dx : number
        By default, at points so far apart.
    dim : int

    Returns
    -------
    Tensor

    Examples
    --------
    >>> trapezoid(Tensor([1.0, 2.0, 4.0]))
    tensor(4.5000)
    """
    values = tensor_given("trapezoid", y)
    if values.dtype == dtypes.bool_:
        raise RuntimeError("trapezoid() needs numbers, got booleans: use int()")
    axis = arguments.axis(values, dim)
    if not values.ndim:
        raise IndexError("trapezoid() needs a tensor with axes, got one without")
    later, earlier = _neighbours(values, axis)
    if x is None:
        return (earlier + later).sum(axis).mul(dx / 2)
    points = tensor_given("trapezoid", x)
    if points.ndim == 1:
        if points.numel() != values.shape[axis]:
            raise RuntimeError(f"trapezoid() expected {values.shape[axis]} points, got {points.numel()}")
        points = points.reshape([-1 if i == axis else 1 for i in range(values.ndim)])
    high, low = _neighbours(points.reshape([1] * (values.ndim - points.ndim) + list(points.shape)), axis)
    return ((earlier + later) * (high - low)).sum(axis) / 2


trapz = trapezoid
