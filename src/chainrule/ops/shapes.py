"""Operations that move elements and compute nothing: their derivative moves them back."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.ops.operation import Array, Gradients, Operation, sum_to


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
        return np.broadcast_to(x, self.shape)

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
        return y  # type: ignore[no-any-return]

    def backward(self, grad: Array) -> Gradients:
        dx = np.zeros(self.shape, dtype=grad.dtype)
        if self.once:
            dx[self.index] = grad
        else:
            np.add.at(dx, self.index, grad)  # a position that was taken twice collects both gradients
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
        length = x.shape[self.axis]
        if index.size and not 0 <= index.min() <= index.max() < length:
            raise RuntimeError(
                f"gather() expected indices from 0 to {length - 1}, got {index.min()} to {index.max()}"
            )
        cells = list(np.ogrid[tuple(slice(n) for n in index.shape)])
        cells[self.axis] = index
        self.cells = tuple(cells)
        self.y = x[self.cells]
        return self.y

    def backward(self, grad: Array) -> Gradients:
        dx = np.zeros(self.shape, dtype=grad.dtype)
        np.add.at(dx, self.cells, grad)
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


class SetView(Operation):
    """y = x with other values in a part of its memory: for an in-place change of a view of x.

    The part has a shape and, in bytes, strides and a distance from the start of x in C order.
    """

    def __init__(self, part: tuple[int, ...], strides: tuple[int, ...], offset: int) -> None:
        self.part, self.strides, self.offset = part, strides, offset

    def forward(self, x: Array, value: Array) -> Array:
        self.y = np.array(x, order="C")
        self._view(self.y)[...] = value
        return self.y

    def backward(self, grad: Array) -> Gradients:
        dx = np.array(grad, order="C")
        dvalue = self._view(dx).copy()
        self._view(dx)[...] = 0
        return dx, dvalue

    def _view(self, x: Array) -> Array:
        return np.ndarray(self.part, x.dtype, x, self.offset, self.strides)


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
