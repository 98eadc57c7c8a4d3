"""Functions of the top level that are methods of ``Tensor`` too: ``cr.exp(x)`` is ``x.exp()``."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from inspect import unwrap
from typing import Any

from chainrule.keywords import name_all
from chainrule.tensor import Tensor, as_tensor, tensor_given


def _of(name: str) -> Callable[..., Any]:
    """Return a method as a function of a tensor or an array."""
    method = unwrap(getattr(Tensor, name))

    def function(input: Any, *args: Any, **kwargs: Any) -> Any:
        return method(tensor_given(name, input), *args, **kwargs)

    return _documented(name, function)


def _of_numbers(name: str) -> Callable[..., Any]:
    """Return a method as a function of two operands, of which either may be a number."""
    method = unwrap(getattr(Tensor, name))

    def function(input: Any, other: Any, **kwargs: Any) -> Any:
        number = isinstance(input, int | float)
        return method(as_tensor(input) if number else tensor_given(name, input), other, **kwargs)

    return _documented(name, function)


def _documented(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a function the text and the signature of its method, and its own place, by which pickle finds it."""
    function = update_wrapper(function, unwrap(getattr(Tensor, name)))
    function.__module__, function.__name__, function.__qualname__ = __name__, name, name
    return function


add, sub, mul = map(_of_numbers, ("add", "sub", "mul"))
neg = _of("neg")
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


__all__ = [
    "abs",
    "add",
    "all",
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
    "eq",
    "exp",
    "flatten",
    "gather",
    "ge",
    "gt",
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

name_all(globals(), __all__)
