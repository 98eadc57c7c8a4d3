"""Functions of the top level that are methods of ``Tensor`` too: ``cr.exp(x)`` is ``x.exp()``."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from chainrule.tensor import Tensor, as_tensor


def _of(name: str) -> Callable[..., Any]:
    """Return a method as a function whose first argument may be anything that becomes a tensor."""
    method = getattr(Tensor, name)

    @wraps(method)
    def function(input: Any, *args: Any, **kwargs: Any) -> Any:
        return method(as_tensor(input), *args, **kwargs)

    return function


add, sub, mul, div, pow, neg = map(_of, ("add", "sub", "mul", "div", "pow", "neg"))
eq, ne, lt, le, gt, ge = map(_of, ("eq", "ne", "lt", "le", "gt", "ge"))
abs, exp, log, sqrt, square, sin, cos = map(_of, ("abs", "exp", "log", "sqrt", "square", "sin", "cos"))
tanh, sigmoid, relu, softmax, log_softmax = map(_of, ("tanh", "sigmoid", "relu", "softmax", "log_softmax"))
clip, clamp, maximum, minimum, sign, round = map(_of, ("clip", "clamp", "maximum", "minimum", "sign", "round"))
isnan, isfinite, logical_not = map(_of, ("isnan", "isfinite", "logical_not"))
sum, mean, var, std, prod, cumsum = map(_of, ("sum", "mean", "var", "std", "prod", "cumsum"))
amax, amin, max, min = map(_of, ("amax", "amin", "max", "min"))
argmax, argmin, argsort, any, all = map(_of, ("argmax", "argmin", "argsort", "any", "all"))
logsumexp, norm = map(_of, ("logsumexp", "norm"))
reshape, flatten, permute, transpose, t = map(_of, ("reshape", "flatten", "permute", "transpose", "t"))
squeeze, unsqueeze, gather, split, clone = map(_of, ("squeeze", "unsqueeze", "gather", "split", "clone"))
masked_fill, mm = map(_of, ("masked_fill", "mm"))


def is_tensor(obj: Any) -> bool:
    """Return whether an object is a tensor.

    Examples
    --------
    >>> is_tensor([1.0])
    False
    """
    return isinstance(obj, Tensor)


def allclose(input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Return whether |input − other| ≤ atol + rtol · |other| everywhere.

    Examples
    --------
    >>> allclose([1.0], [1.0 + 1e-7])
    True
    """
    a, b = np.asarray(as_tensor(input)), np.asarray(as_tensor(other))
    return bool(np.allclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan))


def equal(input: Any, other: Any) -> bool:
    """Return whether two tensors have the same shape and elements.

    Examples
    --------
    >>> equal([1, 2], [1, 2])
    True
    """
    return bool(np.array_equal(as_tensor(input), as_tensor(other)))


__all__ = [
    "abs",
    "add",
    "all",
    "allclose",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "argsort",
    "clamp",
    "clip",
    "clone",
    "cos",
    "cumsum",
    "div",
    "eq",
    "equal",
    "exp",
    "flatten",
    "gather",
    "ge",
    "gt",
    "is_tensor",
    "isfinite",
    "isnan",
    "le",
    "log",
    "log_softmax",
    "logical_not",
    "logsumexp",
    "lt",
    "masked_fill",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mm",
    "mul",
    "ne",
    "neg",
    "norm",
    "permute",
    "pow",
    "prod",
    "relu",
    "reshape",
    "round",
    "sigmoid",
    "sign",
    "sin",
    "softmax",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "std",
    "sub",
    "sum",
    "t",
    "tanh",
    "transpose",
    "unsqueeze",
    "var",
]
