"""Functions of the elements of two or three tensors in the same place; their shapes broadcast."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule import arguments, autograd, ops
from chainrule.ops import Operation
from chainrule.tensor import Tensor, apply, as_tensor, binary, tensor_given, where


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """Return a / b: Python's ``a / b``; or a whole number that is near it.

    Parameters
    ----------
    input, other : Tensor or number
        a and b.
    rounding_mode : str, optional
        "floor" for ⌊a / b⌋, "trunc" for what is before the point of a / b. Integers stay integers then, and the
        gradient is 0.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If there is no such mode, or an integer is divided by 0 and rounded.

    Examples
    --------
    >>> div(tensor([7, -7]), 2), div(tensor([7, -7]), 2, rounding_mode="trunc")
    (tensor([ 3.5000, -3.5000]), tensor([ 3, -3]))
    """
    a = _first("div", input)
    if rounding_mode is None:
        quotient: Tensor = a / other
        return quotient
    if rounding_mode not in ("floor", "trunc"):
        raise RuntimeError(f"div() expected rounding_mode 'floor', 'trunc' or None, got {rounding_mode!r}")
    arguments.numbers("div", a, other)
    return binary(ops.Step(ops.floor_divide if rounding_mode == "floor" else ops.trunc_divide), a, other)


def pow(input: Any, exponent: Any) -> Tensor:
    """Return a to the b: Python's ``a ** b``.

    Parameters
    ----------
    input, exponent : Tensor or number
        a and b, one of which is a tensor.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> pow(Tensor([1.0, 2.0, 3.0]), 2)
    tensor([1., 4., 9.])
    """
    power: Tensor = _first("pow", input) ** exponent
    return power


def remainder(input: Any, other: Any) -> Tensor:
    """Return a − b ⌊a / b⌋, which has the sign of b: Python's ``a % b``.

    Parameters
    ----------
    input, other : Tensor or number
        a and b.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If an integer is divided by 0.

    Examples
    --------
    >>> remainder(Tensor([-3.0, 3.0]), 2)
    tensor([1., 1.])
    """
    left_over: Tensor = _first("remainder", input) % other
    return left_over


def fmod(input: Any, other: Any) -> Tensor:
    """Return a − b trunc(a / b), which has the sign of a: C's ``fmod(a, b)``.

    Parameters
    ----------
    input : Tensor
        a.
    other : Tensor or number
        b.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If an integer is divided by 0.

    Examples
    --------
    >>> fmod(Tensor([-3.0, 3.0]), 2)
    tensor([-1.,  1.])
    """
    a = tensor_given("fmod", input)
    arguments.numbers("fmod", a, other)
    return binary(ops.Fmod(), a, other)


def floor_divide(input: Any, other: Any) -> Tensor:
    """Return ⌊a / b⌋, without a gradient: Python's ``a // b``.

    Parameters
    ----------
    input, other : Tensor or number
        a and b.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If an integer is divided by 0, or a gradient is wanted.

    Examples
    --------
    >>> floor_divide(tensor([7, -7]), 2)
    tensor([ 3, -4])
    """
    times: Tensor = _first("floor_divide", input) // other
    return times


def atan2(input: Any, other: Any) -> Tensor:
    """Return the angle, in [−π, π], of the points with the ordinates ``input`` and the abscissas ``other``.

    Examples
    --------
    >>> atan2(Tensor([1.0, 1.0]), Tensor([1.0, -1.0]))
    tensor([0.7854, 2.3562])
    """
    return binary(ops.Atan2(), *_two("atan2", input, other), floating=True)


def hypot(input: Any, other: Any) -> Tensor:
    """Return √(a² + b²), without overflow.

    Examples
    --------
    >>> hypot(Tensor([3.0]), Tensor([4.0]))
    tensor([5.])
    """
    return _of_floats("hypot", ops.Hypot(), input, other)


def logaddexp(input: Any, other: Any) -> Tensor:
    """Return ln(eᵃ + eᵇ), without overflow.

    Examples
    --------
    >>> logaddexp(Tensor([100.0]), Tensor([100.0]))
    tensor([100.6931])
    """
    return _of_floats("logaddexp", ops.Logaddexp(), input, other)


def logaddexp2(input: Any, other: Any) -> Tensor:
    """Return log₂(2ᵃ + 2ᵇ), without overflow.

    Examples
    --------
    >>> logaddexp2(Tensor([1000.0]), Tensor([1000.0]))
    tensor([1001.])
    """
    return _of_floats("logaddexp2", ops.Logaddexp2(), input, other)


def xlogy(input: Any, other: Any) -> Tensor:
    """Return a ln b, and 0 where a is 0.

    Parameters
    ----------
    input, other : Tensor or number
        a and b, one of which is a tensor.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> xlogy(Tensor([0.0, 2.0]), Tensor([0.0, 1.0]))
    tensor([0., 0.])
    """
    return binary(ops.Xlogy(), _first("xlogy", input), other, floating=True)


def copysign(input: Any, other: Any) -> Tensor:
    """Return the absolute value of ``input`` with the sign of ``other``, a tensor or a number.

    Examples
    --------
    >>> copysign(Tensor([1.0, 2.0]), Tensor([-0.0, 3.0]))
    tensor([-1.,  2.])
    """
    return binary(ops.Copysign(), tensor_given("copysign", input), other, floating=True)


def heaviside(input: Any, values: Any) -> Tensor:
    """Return 0 below 0, 1 above, and at 0 the element of ``values``, without a gradient.

    Parameters
    ----------
    input, values : Tensor
        Of one dtype.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If the dtypes differ, or a gradient is wanted.

    Examples
    --------
    >>> heaviside(Tensor([-2.0, 0.0, 3.0]), Tensor([0.5]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    x, at_zero = _two("heaviside", input, values)
    if x.dtype != at_zero.dtype:
        raise RuntimeError(f"heaviside() expected tensors of one dtype, got {x.dtype} and {at_zero.dtype}")
    if autograd.mode.recording and (x.requires_grad or at_zero.requires_grad):
        raise RuntimeError("heaviside() has no derivative: use detach() on what requires a gradient")
    return apply(ops.NoGradient(lambda a, b: np.where(a == 0, b, a > 0).astype(a.dtype)), x, at_zero)


def lerp(input: Any, end: Any, weight: Any) -> Tensor:
    """Return input + weight · (end − input), between the two for a weight between 0 and 1.

    Parameters
    ----------
    input, end : Tensor
        Of one floating-point dtype.
    weight : Tensor or number

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If the dtypes differ.
    NotImplementedError
        For integers.

    Examples
    --------
    >>> lerp(Tensor([0.0, 1.0]), Tensor([10.0, 11.0]), 0.5)
    tensor([5., 6.])
    """
    a, b = _two("lerp", input, end)
    w = weight if isinstance(weight, int | float) else tensor_given("lerp", weight)
    if isinstance(w, Tensor) and not w.ndim:
        w = w.to(a.dtype)
    if a.dtype != b.dtype or (isinstance(w, Tensor) and w.dtype != a.dtype):
        dtypes_given = ", ".join(str(t.dtype) for t in (a, b, w) if isinstance(t, Tensor))
        raise RuntimeError(f"lerp() expected tensors of one dtype, got {dtypes_given}")
    if not a.is_floating_point():
        raise NotImplementedError(f"lerp() needs floating-point elements, got {a.dtype}: use float() first")
    # from the end that is nearer, as PyTorch
    if isinstance(w, Tensor):
        near = w.abs() < 0.5
        return where(near, a, b) + where(near, w, w - 1) * (b - a)
    return a + w * (b - a) if abs(w) < 0.5 else b + (w - 1) * (b - a)


def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
    """Return input + value · tensor1 · tensor2.

    Parameters
    ----------
    input, tensor1, tensor2 : Tensor
    value : number

    Returns
    -------
    Tensor

    Examples
    --------
    >>> addcmul(Tensor([1.0]), Tensor([2.0]), Tensor([3.0]), value=0.5)
    tensor([4.])
    """
    x, (a, b) = tensor_given("addcmul", input), _two("addcmul", tensor1, tensor2)
    arguments.numbers("addcmul", x, a, b)
    return x.add(a * b, alpha=value)


def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
    """Return input + value · tensor1 / tensor2.

    Parameters
    ----------
    input, tensor1, tensor2 : Tensor
    value : number

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If integers would be divided.

    Examples
    --------
    >>> addcdiv(Tensor([1.0]), Tensor([3.0]), Tensor([2.0]))
    tensor([2.5000])
    """
    a, b = _two("addcdiv", tensor1, tensor2)
    if not (a.is_floating_point() or b.is_floating_point()):
        raise RuntimeError(f"addcdiv() does not divide integers, got {a.dtype} and {b.dtype}: use float() first")
    return tensor_given("addcdiv", input).add(a / b, alpha=value)


def _first(name: str, input: Any) -> Tensor:
    """Return the first operand, which may be a number, as a tensor."""
    return as_tensor(input) if isinstance(input, int | float) else tensor_given(name, input)


def _two(name: str, a: Any, b: Any) -> tuple[Tensor, Tensor]:
    return tensor_given(name, a), tensor_given(name, b)


def _of_floats(name: str, op: Operation, a: Any, b: Any) -> Tensor:
    x, y = _two(name, a, b)
    if not (x.is_floating_point() or y.is_floating_point()):
        raise NotImplementedError(f"{name}() needs floating-point elements, got {x.dtype} and {y.dtype}")
    return binary(op, x, y)
