"""What can be said of each element: that it is infinite, near another, negative; of two, that both are true."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule import ops
from chainrule.ops import Array
from chainrule.tensor import Tensor, apply, tensor_given


def isinf(input: Any) -> Tensor:
    """Return which elements are infinite.

    Examples
    --------
    >>> isinf(Tensor([1.0, -np.inf, np.nan]))
    tensor([False,  True, False])
    """
    return _found("isinf", np.isinf, input)


def isposinf(input: Any) -> Tensor:
    """Return which elements are +∞.

    Examples
    --------
    >>> isposinf(Tensor([np.inf, -np.inf]))
    tensor([ True, False])
    """
    return _found("isposinf", lambda x: x == np.inf, input)


def isneginf(input: Any) -> Tensor:
    """Return which elements are −∞.

    Examples
    --------
    >>> isneginf(Tensor([np.inf, -np.inf]))
    tensor([False,  True])
    """
    return _found("isneginf", lambda x: x == -np.inf, input)


def signbit(input: Any) -> Tensor:
    """Return which elements have a minus, −0 among them.

    Examples
    --------
    >>> signbit(Tensor([-1.0, -0.0, 0.0]))
    tensor([ True,  True, False])
    """
    return _found("signbit", lambda x: np.signbit(x) if x.dtype.kind == "f" else x < 0, input)


def logical_and(input: Any, other: Any) -> Tensor:
    """Return where both elements differ from 0.

    Examples
    --------
    >>> logical_and(tensor([0, 2, 3]), tensor([1, 0, 1]))
    tensor([False, False,  True])
    """
    return _found("logical_and", np.logical_and, input, other)


def logical_or(input: Any, other: Any) -> Tensor:
    """Return where one element or both differ from 0.

    Examples
    --------
    >>> logical_or(tensor([0, 2, 0]), tensor([1, 0, 0]))
    tensor([ True,  True, False])
    """
    return _found("logical_or", np.logical_or, input, other)


def logical_xor(input: Any, other: Any) -> Tensor:
    """Return where one of the two elements differs from 0, and the other does not.

    Examples
    --------
    >>> logical_xor(tensor([0, 2, 0]), tensor([1, 1, 0]))
    tensor([ True, False, False])
    """
    return _found("logical_xor", np.logical_xor, input, other)


def isclose(input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Tensor:
    """Return where |input − other| ≤ atol + rtol · |other|.

    Parameters
    ----------
    input, other : Tensor
        Of one dtype; their shapes broadcast.
    rtol, atol : float
        From 0 on.
    equal_nan : bool
        Whether NaN is close to NaN.

    Returns
    -------
    Tensor of bool

    Raises
    ------
    RuntimeError
        If the dtypes differ, or a tolerance is below 0.

    Examples
    --------
    >>> isclose(Tensor([1.0, 1.0]), Tensor([1.0 + 1e-6, 1.1]))
    tensor([ True, False])
    """
    a, b = tensor_given("isclose", input), tensor_given("isclose", other)
    if a.dtype != b.dtype:
        raise RuntimeError(f"isclose() expected tensors of one dtype, got {a.dtype} and {b.dtype}")
    if not (rtol >= 0 and atol >= 0):
        raise RuntimeError(f"isclose() expected rtol and atol from 0 on, got {rtol} and {atol}")

    def close(x: Array, y: Array) -> Array:
        return np.isclose(x, y, rtol, atol, equal_nan)

    return apply(ops.NoGradient(close), a, b)


def allclose(input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Return whether |input − other| ≤ atol + rtol · |other| everywhere; compare :func:`isclose`.

    Examples
    --------
    >>> allclose(Tensor([1.0]), Tensor([1.0 + 1e-7]))
    True
    """
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


def equal(input: Any, other: Any) -> bool:
    """Return whether two tensors have the same shape and elements.

    Examples
    --------
    >>> equal(tensor([1, 2]), tensor([1, 2]))
    True
    """
    return bool(np.array_equal(tensor_given("equal", input), tensor_given("equal", other)))


def _found(name: str, function: Any, *inputs: Any) -> Tensor:
    return apply(ops.NoGradient(function), *(tensor_given(name, x) for x in inputs))
