"""Operations that move elements and compute nothing: their derivative moves them back."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.ops.operation import Array, Gradients, Operation, add_up, sum_to
from chainrule.ops.positions import cells, ufunc_at


class Reshape(Operation):
    """The same elements in another shape."""

    views = True

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Array) -> Array:
        self.source = x.shape
        return x.reshape(self.shape)

    def backward(self, grad: Array) -> Gradients:
        return (grad.reshape(self.source),)


class Permute(Operation):
    """The same elements with the axes in another order."""

    views = True

    def __init__(self, axes: tuple[int, ...]) -> None:
        self.axes = axes

    def forward(self, x: Array) -> Array:
        return x.transpose(self.axes)

    def backward(self, grad: Array) -> Gradients:
        return (grad.transpose(np.argsort(self.axes)),)


class Expand(Operation):
    """Repeat along new axes and axes of length 1, without copying."""

    views = True

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Array) -> Array:
        self.source = x.shape
        y = np.broadcast_to(x, self.shape)
        y.flags.writeable = x.flags.writeable
        return y

    def backward(self, grad: Array) -> Gradients:
        return (sum_to(grad, self.source),)


PLACE = object()  # stands in an index for an input that holds positions or a mask


class Index(Operation):
    """y = x[index], by slices, integers, masks or arrays of positions; those given as inputs have a ``PLACE``."""

    views = True

    def __init__(self, index: Any) -> None:
        self.template = index
        parts = index if isinstance(index, tuple) else (index,)
        self.reads = tuple(range(1, 1 + sum(part is PLACE for part in parts)))

    def forward(self, x: Array, *positions: Array) -> Array:
        self.index = _filled(self.template, positions)
        self.once = _takes_once(self.index)
        self.shape = x.shape
        y = x[self.index]
        if type(y) is not np.ndarray and self.once:  # NumPy made a scalar: with an ellipsis it is a view
            y = x[(*self.index, ...) if isinstance(self.index, tuple) else (self.index, ...)]
        if not self.once:
            return np.ascontiguousarray(y) if np.ndim(y) else y  # NumPy lays the axes out in an order of its own
        return y  # type: ignore[no-any-return]

    def backward(self, grad: Array) -> Gradients:
        dx = np.zeros(self.shape, dtype=grad.dtype)
        if self.once:
            dx[self.index] = grad
        else:
            ufunc_at(np.add, dx, self.index, grad)  # a position that was taken twice collects both gradients
        return (dx, *(None for _ in self.reads))


def _filled(index: Any, positions: tuple[Array, ...]) -> Any:
    """Return an index with inputs in their places."""
    if not positions:
        return index
    rest = iter(positions)
    if index is PLACE:
        return next(rest)
    return tuple(next(rest) if part is PLACE else part for part in index)


def _takes_once(index: Any) -> bool:
    """Return whether no position can be taken twice: by slices, integers and a mask on its own."""
    if isinstance(index, np.ndarray):
        return bool(index.dtype == bool)
    parts = index if isinstance(index, tuple) else (index,)
    return all(i is None or i is ... or isinstance(i, slice | int | np.integer) for i in parts)


class Gather(Operation):
    """y = the elements of x at the positions ``index`` along one axis.

    ``index`` has as many axes as x, and may be shorter than x along the other ones.
    """

    reads = (1,)

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, x: Array, index: Array) -> Array:
        self.shape = x.shape
        self.cells = cells("gather", x.shape, index, self.axis)
        self.y = x[self.cells]
        return self.y

    def backward(self, grad: Array) -> Gradients:
        dx = np.zeros(self.shape, dtype=grad.dtype)
        ufunc_at(np.add, dx, self.cells, grad)
        return dx, None


class SetIndex(Operation):
    """y = x with y[index] = value."""

    def __init__(self, index: Any) -> None:
        self.index = index

    def forward(self, x: Array, value: Array) -> Array:
        self.shape = value.shape
        self.y = x.copy()
        self.y[self.index] = value
        return self.y

    def backward(self, grad: Array) -> Gradients:
        dx = grad.copy()
        dx[self.index] = 0
        return dx, sum_to(grad[self.index], self.shape)


class Layouts:
    """Where an array and a view of it lie in memory.

    Parameters
    ----------
    whole : ndarray
    part : ndarray
        A view of it.
    """

    def __init__(self, whole: Array, part: Array) -> None:
        low, high = np.lib.array_utils.byte_bounds(whole)
        self.span = high - low
        self.layouts = [(a.shape, a.strides, a.ctypes.data - low) for a in (whole, part)]

    def _laid_out(self, x: Any, dtype: np.dtype) -> list[Array]:
        """Return a copy of x in the layout of the whole, and a view of the part in it."""
        memory = np.empty(self.span, np.uint8)
        found = [np.ndarray(shape, dtype, memory, at, strides) for shape, strides, at in self.layouts]
        found[0][...] = x
        return found


class TakeView(Layouts, Operation):
    """y = the part of x that a view of it shows: for a view of what was changed in place since it was taken."""

    def forward(self, x: Array) -> Array:
        self.y = self._laid_out(x, x.dtype)[1].copy()
        return self.y

    def backward(self, grad: Array) -> Gradients:
        dx, part = self._laid_out(0, grad.dtype)
        steps = enumerate(zip(part.shape, part.strides, strict=True))
        repeated = tuple(i for i, (n, step) in steps if n > 1 and not step)
        first = tuple(slice(1) if i in repeated else slice(None) for i in range(part.ndim))
        part[first] = add_up(grad, repeated, keepdims=True) if repeated else grad
        return (dx,)


class SetView(Layouts, Operation):
    """y = x with other values in the part of it that a view shows: for an in-place change of the view."""

    def forward(self, x: Array, value: Array) -> Array:
        self.y, part = self._laid_out(x, x.dtype)
        part[...] = value
        return self.y

    def backward(self, grad: Array) -> Gradients:
        dx, part = self._laid_out(grad, grad.dtype)
        dvalue = part.copy()
        part[...] = 0
        return dx, dvalue


class Stack(Operation):
    """Join arrays of one shape along a new axis."""

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, *arrays: Array) -> Array:
        self.y = np.stack(arrays, axis=self.axis)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return tuple(np.moveaxis(grad, self.axis, 0))


class Cat(Operation):
    """Join arrays along an axis that they have."""

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, *arrays: Array) -> Array:
        self.cuts = np.cumsum([a.shape[self.axis] for a in arrays])[:-1]
        self.y = np.concatenate(arrays, axis=self.axis)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return tuple(np.split(grad, self.cuts, axis=self.axis))
