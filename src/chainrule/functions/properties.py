"""What tensors are, told without a tensor: numbers, truths, dtypes."""

from __future__ import annotations

from typing import Any

from chainrule import dtypes
from chainrule.dtypes import DType
from chainrule.ops import Array
from chainrule.tensor import Tensor, tensor_given


def is_tensor(obj: Any) -> bool:
    """Return whether an object is a tensor.

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.is_tensor([1.0])
    False
    """
    return isinstance(obj, Tensor)


def is_floating_point(input: Any) -> bool:
    """Return whether the elements are floating-point numbers.

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.is_floating_point(cr.tensor([1, 2]))
    False
    """
    return tensor_given("is_floating_point", input).is_floating_point()


def is_nonzero(input: Any) -> bool:
    """Return whether the only element differs from 0.

    Raises
    ------
    RuntimeError
        If there are more elements or none.

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.is_nonzero(cr.tensor([0.0]))
    False
    """
    return bool(tensor_given("is_nonzero", input))


def numel(input: Any) -> int:
    """Return the number of elements.

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.numel(cr.zeros(2, 3))
    6
    """
    return tensor_given("numel", input).numel()


def result_type(tensor1: Any, tensor2: Any) -> DType:
    """Return the dtype that an operation on two operands computes in.

    Parameters
    ----------
    tensor1, tensor2 : Tensor or number

    Returns
    -------
    dtype

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.result_type(cr.tensor([1, 2]), 0.5)
    dtype('float32')
    """
    return dtypes.result_type(_operand(tensor1), _operand(tensor2))


def _operand(x: Any) -> Array | float:
    return x if isinstance(x, int | float) else tensor_given("result_type", x).array
