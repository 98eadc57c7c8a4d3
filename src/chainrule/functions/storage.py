"""Methods that tell how a tensor lies in memory, and those that change its shape or its history in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule import arguments, autograd
from chainrule.tensor import Tensor


def stride(input: Tensor, dim: int | None = None) -> Any:
    """Return by how many elements in memory neighbours along each axis are apart, or along one.

    Examples
    --------
    >>> stride(tensor([[1, 2], [3, 4]]))
    (2, 1)
    """
    steps = tuple(n // input.array.itemsize for n in input.array.strides)
    if dim is None:
        return steps
    if not steps:
        raise IndexError(f"stride(dim={dim}) needs a tensor with axes, got one without")
    return steps[arguments.axis(input, dim)]


def storage_offset(input: Tensor) -> int:
    """Return how many elements after the beginning of the memory that it shares this tensor begins.

    Examples
    --------
    >>> storage_offset(tensor([[1, 2], [3, 4]])[1])
    2
    """
    whole = input._owner().array
    return (input.array.ctypes.data - whole.ctypes.data) // input.array.itemsize if input.array.size else 0


def nelement(input: Tensor) -> int:
    """Return the number of elements.

    Examples
    --------
    >>> nelement(tensor([[1, 2], [3, 4]]))
    4
    """
    return input.numel()


def ndimension(input: Tensor) -> int:
    """Return the number of axes.

    Examples
    --------
    >>> ndimension(tensor([[1, 2], [3, 4]]))
    2
    """
    return input.ndim


def get_device(input: Tensor) -> int:
    """Return −1, the number of the CPU.

    Examples
    --------
    >>> get_device(tensor([1]))
    -1
    """
    return -1


def unsqueeze_(input: Tensor, dim: int) -> Tensor:
    """Insert an axis of length 1, in place.

    Examples
    --------
    >>> unsqueeze_(tensor([1, 2]), 0)
    tensor([[1, 2]])
    """
    return _take_shape(input, Tensor.unsqueeze, dim)


def squeeze_(input: Tensor, dim: Any = None) -> Tensor:
    """Remove axes of length 1, in place.

    Examples
    --------
    >>> squeeze_(tensor([[1, 2]]))
    tensor([1, 2])
    """
    return _take_shape(input, Tensor.squeeze, dim)


def transpose_(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Exchange two axes, in place.

    Examples
    --------
    >>> transpose_(tensor([[1, 2]]), 0, 1)
    tensor([[1],
            [2]])
    """
    return _take_shape(input, Tensor.transpose, dim0, dim1)


def t_(input: Tensor) -> Tensor:
    """Transpose a matrix, in place.

    Examples
    --------
    >>> t_(tensor([[1, 2]]))
    tensor([[1],
            [2]])
    """
    return _take_shape(input, Tensor.t)


def _take_shape(x: Tensor, function: Callable[..., Tensor], *args: Any) -> Tensor:
    """Give a tensor the shape, and if it has one the history, of a view of it."""
    autograd.refuse_capture("changes the shape of a tensor in place", "use the form that returns a new one")
    x._tracked()  # which refuses leaves that require a gradient
    with autograd.enable_grad():  # what was computed keeps its history under no_grad(), too
        view = function(x if x._op is not None else x.detach(), *args)
    x.array, x._op = view.array, view._op
    return x


def detach_(input: Tensor) -> Tensor:
    """Forget the operation that made this tensor, in place: no gradient flows through it from then on.

    Examples
    --------
    >>> x = Tensor([1.0], requires_grad=True) * 2
    >>> detach_(x).requires_grad
    False
    """
    autograd.refuse_capture("detaches a tensor in place", "use detach()")
    if input._base is not None:
        raise RuntimeError("a view can't be detached in place: use detach()")
    input._op, input._requires_grad = None, False
    return input
