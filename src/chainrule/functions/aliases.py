"""PyTorch's other names for the same functions."""

from __future__ import annotations

from typing import Any

from chainrule.functions.methods import abs, ge, gt, le, lt, mul, ne, neg, sign, sub
from chainrule.functions.pairwise import atan2, div
from chainrule.functions.pointwise import acos, acosh, asin, asinh, atan, atanh, trunc
from chainrule.tensor import Tensor, tensor_given

absolute, negative, sgn, fix = abs, neg, sign, trunc
subtract, multiply = sub, mul
divide = true_divide = div
greater, greater_equal, less, less_equal, not_equal = gt, ge, lt, le, ne
arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2
arcsinh, arccosh, arctanh = asinh, acosh, atanh


def positive(input: Any) -> Tensor:
    """Return the tensor itself.

    Raises
    ------
    RuntimeError
        For booleans.

    Examples
    --------
    >>> positive(Tensor([-1.0]))
    tensor([-1.])
    """
    return +tensor_given("positive", input)
