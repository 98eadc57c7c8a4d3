"""The order in which elements lie in memory, which PyTorch keeps in what it makes like a tensor, and draws in."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from chainrule.ops.operation import Array


def in_memory_order(x: Array, values: Callable[[tuple[int, ...]], Array]) -> Array:
    """Give numbers to the elements of ``x`` in the order in which they lie in memory.

    Examples
    --------
    >>> in_memory_order(np.zeros((3, 2)).T, lambda shape: np.arange(6).reshape(shape))
    array([[0, 2, 4],
           [1, 3, 5]])
    """
    if x.flags.c_contiguous:
        return values(x.shape)
    order = axes_in_memory(x)
    return np.transpose(values(tuple(x.shape[axis] for axis in order)), np.argsort(order))


def copied(x: Array, dtype: np.dtype) -> Array:
    """Return a copy in a dtype, of which the elements lie in memory in the order of those of ``x``.

    NumPy's own copies lay elements that share their place, as after ``expand()``, in another order.

    Examples
    --------
    >>> copied(np.zeros((3, 2), np.float32).T, np.dtype(np.float64)).strides
    (8, 16)
    """
    y = in_memory_order(x, lambda shape: np.empty(shape, dtype))
    np.copyto(y, x, casting="unsafe")
    return y


def axes_in_memory(x: Array) -> list[int]:
    """Return the axes by falling strides, sorted as PyTorch sorts them: one of stride 0 moves past none.

    Examples
    --------
    >>> axes_in_memory(np.zeros((3, 2)).T)
    [1, 0]
    """
    axes = list(range(x.ndim))[::-1]
    for last in range(1, x.ndim):
        moving = last
        for before in reversed(range(last)):
            a, b = axes[before], axes[moving]
            strides = abs(x.strides[a]), abs(x.strides[b])
            if 0 in strides:
                continue
            if (strides[0], x.shape[a]) > (strides[1], x.shape[b]):
                axes[before], axes[moving], moving = b, a, before
            elif strides[0] < strides[1]:
                break
    return axes[::-1]
