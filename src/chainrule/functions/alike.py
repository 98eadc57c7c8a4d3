"""Methods that take a shape or a dtype from another tensor."""

from __future__ import annotations

from typing import Any

from chainrule.creation import empty, full, ones, zeros
from chainrule.creation import tensor as _tensor
from chainrule.tensor import Tensor, tensor_given


def new_zeros(input: Tensor, *size: Any, dtype: Any = None, **options: Any) -> Tensor:
    """Return what ``zeros`` does, by default of the dtype of this tensor.

    Examples
    --------
    >>> new_zeros(tensor([1]), 2)
    tensor([0, 0])
    """
    return zeros(*size, dtype=dtype or input.dtype, **options)


def new_ones(input: Tensor, *size: Any, dtype: Any = None, **options: Any) -> Tensor:
    """Return what ``ones`` does, by default of the dtype of this tensor.

    Examples
    --------
    >>> new_ones(tensor([1]), 2)
    tensor([1, 1])
    """
    return ones(*size, dtype=dtype or input.dtype, **options)


def new_empty(input: Tensor, *size: Any, dtype: Any = None, **options: Any) -> Tensor:
    """Return what ``empty`` does, by default of the dtype of this tensor.

    Examples
    --------
    >>> new_empty(tensor([1]), 2).shape
    chainrule.Size([2])
    """
    return empty(*size, dtype=dtype or input.dtype, **options)


def new_full(input: Tensor, size: Any, fill_value: Any, *, dtype: Any = None, **options: Any) -> Tensor:
    """Return what ``full`` does, by default of the dtype of this tensor.

    Examples
    --------
    >>> new_full(Tensor([1.0]), (2,), 3)
    tensor([3., 3.])
    """
    return full(size, fill_value, dtype=dtype or input.dtype, **options)


def new_tensor(input: Tensor, data: Any, *, dtype: Any = None, **options: Any) -> Tensor:
    """Return what ``tensor`` does, by default of the dtype of this tensor.

    Examples
    --------
    >>> new_tensor(Tensor([1.0]), [2, 3])
    tensor([2., 3.])
    """
    return _tensor(data, dtype=dtype or input.dtype, **options)


def expand_as(input: Any, other: Any) -> Tensor:
    """Return this tensor repeated to the shape of another, without copying.

    Examples
    --------
    >>> expand_as(tensor([1, 2]), tensor([[0, 0], [0, 0]]))
    tensor([[1, 2],
            [1, 2]])
    """
    return tensor_given("expand_as", input).expand(tensor_given("expand_as", other).shape)


def reshape_as(input: Any, other: Any) -> Tensor:
    """Return the same elements in the shape of another tensor.

    Examples
    --------
    >>> reshape_as(tensor([1, 2]), tensor([[0], [0]]))
    tensor([[1],
            [2]])
    """
    return tensor_given("reshape_as", input).reshape(tensor_given("reshape_as", other).shape)


def view_as(input: Any, other: Any) -> Tensor:
    """Return the same memory in the shape of another tensor.

    Examples
    --------
    >>> view_as(tensor([1, 2]), tensor([[0], [0]]))
    tensor([[1],
            [2]])
    """
    return tensor_given("view_as", input).view(tensor_given("view_as", other).shape)


def type_as(input: Any, other: Any) -> Tensor:
    """Return this tensor in the dtype of another.

    Examples
    --------
    >>> type_as(tensor([1, 2]), Tensor([0.0]))
    tensor([1., 2.])
    """
    return tensor_given("type_as", input).to(tensor_given("type_as", other).dtype)
