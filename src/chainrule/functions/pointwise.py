"""Functions of each element of one tensor."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule import arguments, dtypes, ops
from chainrule.tensor import Tensor, apply, tensor_given, where

# ---- powers, exponential functions and logarithms --------------------------------------------------------------


def reciprocal(input: Any) -> Tensor:
    """Return 1 / x of each element.

    Examples
    --------
    >>> reciprocal(Tensor([4.0, 0.0]))
    tensor([0.2500,    inf])
    """
    return 1 / tensor_given("reciprocal", input)


def rsqrt(input: Any) -> Tensor:
    """Return 1 / √x of each element.

    Examples
    --------
    >>> rsqrt(Tensor([4.0]))
    tensor([0.5000])
    """
    return 1 / tensor_given("rsqrt", input).sqrt()


def exp2(input: Any) -> Tensor:
    """Return 2ˣ of each element.

    Examples
    --------
    >>> exp2(Tensor([3.0, -1.0]))
    tensor([8.0000, 0.5000])
    """
    return apply(ops.Exp2(), _floating("exp2", input))


def expm1(input: Any) -> Tensor:
    """Return eˣ − 1 of each element, exact near 0.

    Examples
    --------
    >>> expm1(Tensor([1e-8, 1.0]))
    tensor([1.0000e-08, 1.7183e+00])
    """
    return apply(ops.Expm1(), _floating("expm1", input))


def log1p(input: Any) -> Tensor:
    """Return ln(1 + x) of each element, exact near 0.

    Examples
    --------
    >>> log1p(Tensor([1e-8, 1.0]))
    tensor([1.0000e-08, 6.9315e-01])
    """
    return apply(ops.Log1p(), _floating("log1p", input))


def log2(input: Any) -> Tensor:
    """Return the logarithm to base 2 of each element.

    Examples
    --------
    >>> log2(Tensor([8.0]))
    tensor([3.])
    """
    return apply(ops.Log2(), _floating("log2", input))


def log10(input: Any) -> Tensor:
    """Return the logarithm to base 10 of each element.

    Examples
    --------
    >>> log10(Tensor([100.0]))
    tensor([2.])
    """
    return apply(ops.Log10(), _floating("log10", input))


def logit(input: Any, eps: float | None = None) -> Tensor:
    """Return ln(x / (1 − x)) of each element, the inverse of the sigmoid.

    Parameters
    ----------
    input : Tensor
        Outside of [0, 1] the result is NaN.
    eps : float, optional
        Elements are moved into [eps, 1 − eps] first.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Examples
    --------
    >>> logit(Tensor([0.5, 1.0]), eps=0.25)
    tensor([0.0000, 1.0986])
    """
    x = _floating("logit", input)
    if eps is not None:
        x = where(x < eps, eps, where(x > 1 - eps, 1 - eps, x))
    return apply(ops.Logit(), x)


# ---- angles ----------------------------------------------------------------------------------------------------


def tan(input: Any) -> Tensor:
    """Return the tangent of each element.

    Examples
    --------
    >>> tan(Tensor([0.0, 1.0]))
    tensor([0.0000, 1.5574])
    """
    return apply(ops.Tan(), _floating("tan", input))


def asin(input: Any) -> Tensor:
    """Return the angle, in [−π/2, π/2], whose sine is each element.

    Examples
    --------
    >>> asin(Tensor([1.0, 2.0]))
    tensor([1.5708,    nan])
    """
    return apply(ops.Asin(), _floating("asin", input))


def acos(input: Any) -> Tensor:
    """Return the angle, in [0, π], whose cosine is each element.

    Examples
    --------
    >>> acos(Tensor([-1.0]))
    tensor([3.1416])
    """
    return apply(ops.Acos(), _floating("acos", input))


def atan(input: Any) -> Tensor:
    """Return the angle, in (−π/2, π/2), whose tangent is each element.

    Examples
    --------
    >>> atan(Tensor([1.0]))
    tensor([0.7854])
    """
    return apply(ops.Atan(), _floating("atan", input))


def sinh(input: Any) -> Tensor:
    """Return the hyperbolic sine of each element.

    Examples
    --------
    >>> sinh(Tensor([1.0]))
    tensor([1.1752])
    """
    return apply(ops.Sinh(), _floating("sinh", input))


def cosh(input: Any) -> Tensor:
    """Return the hyperbolic cosine of each element.

    Examples
    --------
    >>> cosh(Tensor([1.0]))
    tensor([1.5431])
    """
    return apply(ops.Cosh(), _floating("cosh", input))


def asinh(input: Any) -> Tensor:
    """Return the number whose hyperbolic sine is each element.

    Examples
    --------
    >>> asinh(Tensor([1.0]))
    tensor([0.8814])
    """
    return apply(ops.Asinh(), _floating("asinh", input))


def acosh(input: Any) -> Tensor:
    """Return the number from 0 on whose hyperbolic cosine is each element.

    Examples
    --------
    >>> acosh(Tensor([2.0]))
    tensor([1.3170])
    """
    return apply(ops.Acosh(), _floating("acosh", input))


def atanh(input: Any) -> Tensor:
    """Return the number whose hyperbolic tangent is each element.

    Examples
    --------
    >>> atanh(Tensor([0.5, 1.0]))
    tensor([0.5493,    inf])
    """
    return apply(ops.Atanh(), _floating("atanh", input))


def deg2rad(input: Any) -> Tensor:
    """Return degrees in radians.

    Examples
    --------
    >>> deg2rad(Tensor([180.0]))
    tensor([3.1416])
    """
    return _floating("deg2rad", input) * (math.pi / 180)


def rad2deg(input: Any) -> Tensor:
    """Return radians in degrees.

    Examples
    --------
    >>> rad2deg(Tensor([math.pi]))
    tensor([180.])
    """
    return _floating("rad2deg", input) * (180 / math.pi)


def sinc(input: Any) -> Tensor:
    """Return sin(πx) / (πx) of each element, and 1 for 0.

    Examples
    --------
    >>> sinc(Tensor([0.0, 0.5]))
    tensor([1.0000, 0.6366])
    """
    return apply(ops.Sinc(), _floating("sinc", input))


# ---- the normal distribution -----------------------------------------------------------------------------------


def erf(input: Any) -> Tensor:
    """Return 2/√π ∫₀ˣ e^−t² dt of each element.

    Examples
    --------
    >>> erf(Tensor([0.0, 1.0]))
    tensor([0.0000, 0.8427])
    """
    return apply(ops.Erf(), _floating("erf", input))


def erfc(input: Any) -> Tensor:
    """Return 1 − erf x of each element, exact where that is tiny.

    Examples
    --------
    >>> erfc(Tensor([0.0, 5.0]))
    tensor([1.0000e+00, 1.5375e-12])
    """
    return apply(ops.Erfc(), _floating("erfc", input))


def erfinv(input: Any) -> Tensor:
    """Return the number whose erf is each element, which lies in [−1, 1].

    Examples
    --------
    >>> erfinv(Tensor([0.5, 1.0]))
    tensor([0.4769,    inf])
    """
    return apply(ops.Erfinv(), _floating("erfinv", input))


# ---- rounding, signs and bounds --------------------------------------------------------------------------------


def floor(input: Any) -> Tensor:
    """Return the largest whole number that is not above each element; the gradient is 0.

    Examples
    --------
    >>> floor(Tensor([1.5, -1.5]))
    tensor([ 1., -2.])
    """
    return _rounded("floor", np.floor, input)


def ceil(input: Any) -> Tensor:
    """Return the smallest whole number that is not below each element; the gradient is 0.

    Examples
    --------
    >>> ceil(Tensor([1.5, -1.5]))
    tensor([ 2., -1.])
    """
    return _rounded("ceil", np.ceil, input)


def trunc(input: Any) -> Tensor:
    """Return each element without what is behind the point; the gradient is 0.

    Examples
    --------
    >>> trunc(Tensor([1.5, -1.5]))
    tensor([ 1., -1.])
    """
    return _rounded("trunc", np.trunc, input)


def frac(input: Any) -> Tensor:
    """Return what is behind the point of each element, with its sign.

    Raises
    ------
    NotImplementedError
        For integers.

    Examples
    --------
    >>> frac(Tensor([1.5, -1.25]))
    tensor([ 0.5000, -0.2500])
    """
    x = tensor_given("frac", input)
    if not x.is_floating_point():
        raise NotImplementedError(f"frac() needs floating-point elements, got {x.dtype}: use float() first")
    return x - trunc(x)


def nan_to_num(
    input: Any, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """Return the elements, with other numbers in the place of NaN and infinities, to which no gradient flows.

    Parameters
    ----------
    input : Tensor
    nan : float, optional
        For NaN, by default 0.
    posinf, neginf : float, optional
        For ±∞, by default the largest and the smallest number of the dtype.

    Returns
    -------
    Tensor
        Of the shape and dtype of ``input``.

    Examples
    --------
    >>> nan_to_num(Tensor([np.nan, np.inf, 1.0]), posinf=9)
    tensor([0., 9., 1.])
    """
    x = tensor_given("nan_to_num", input)
    if not x.is_floating_point():
        return x.clone()
    finite = apply(ops.NoGradient(lambda a: np.nan_to_num(a, nan=nan or 0.0, posinf=posinf, neginf=neginf)), x)
    return where(x.isfinite(), x, finite)


def clamp_min(input: Any, min: Any) -> Tensor:
    """Return each element, or ``min`` where that is larger.

    Parameters
    ----------
    input : Tensor
    min : Tensor or number

    Returns
    -------
    Tensor

    Examples
    --------
    >>> clamp_min(Tensor([-1.0, 2.0]), 0)
    tensor([0., 2.])
    """
    return tensor_given("clamp_min", input).clip(min=_bound("clamp_min", "min", min))


def clamp_max(input: Any, max: Any) -> Tensor:
    """Return each element, or ``max`` where that is smaller.

    Parameters
    ----------
    input : Tensor
    max : Tensor or number

    Returns
    -------
    Tensor

    Examples
    --------
    >>> clamp_max(Tensor([-1.0, 2.0]), 0)
    tensor([-1.,  0.])
    """
    return tensor_given("clamp_max", input).clip(max=_bound("clamp_max", "max", max))


def _floating(name: str, input: Any) -> Tensor:
    """Return floating-point numbers as they are, others in the default dtype."""
    x = tensor_given(name, input)
    return x if x.is_floating_point() else x.to(dtypes.get_default_dtype())


def _rounded(name: str, function: Any, input: Any) -> Tensor:
    x = tensor_given(name, input)
    arguments.numbers(name, x)
    return apply(ops.Step(function), x)


def _bound(name: str, option: str, bound: Any) -> Any:
    if bound is None:
        raise TypeError(f"{name}() expected a number or a tensor {option}, got None")
    return bound
