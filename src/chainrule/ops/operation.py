"""What every operation is: a forward formula and, right under it, its derivative."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Gradients: TypeAlias = tuple[Array | None, ...]


class Operation:
    """One step of a computation, re-runnable with the same buffers.

    A subclass holds its options as attributes and defines ``forward(*arrays)`` and ``backward(grad)``.
    NumPy's convention ``out=None`` ("allocate") makes one body serve both modes: the first run allocates
    ``self.y``, a later run of the same object writes into it again.

    Attributes
    ----------
    inputs : tuple
        The node behind each input: the operation that made it, a leaf tensor, or None for a constant.
    needs : tuple of bool
        Which inputs want a gradient; ``backward`` may return None for the others.
    into : list of ndarray or None
        Where ``backward`` should write the gradient of each input; None means "allocate". It is a request:
        an operation may return another array, a view or ``grad`` itself, and nobody writes to what it returns.
    order : int
        Its place in the order of creation. The backward walk goes down it.
    y : ndarray
        The buffer of the output, for operations that compute a new array; None before the first run.
    """

    registry: ClassVar[dict[str, type[Operation]]] = {}

    inputs: tuple[Any, ...] = ()
    needs: tuple[bool, ...] = ()
    into: list[Array | None]
    order: int = 0
    y: Array = None  # type: ignore[assignment]  # None until the first run, which is what out= takes
    # of ``reads``, the tensors, their versions then, and whether the gradients that are wanted need them
    watched: Sequence[tuple[Any, int, bool]] = ()
    hooks: Any = None  # what the output's tensor has done with its gradient; see autograd/hooks.py
    freed: bool = False  # whether a backward walk has been through and let go of everything held

    # Whether gradients flow through it.
    differentiable: ClassVar[bool] = True

    # Whether the output may lie in the memory of the first input.
    views: ClassVar[bool] = False

    # Which inputs the derivative reads again: changing one of them in place before backward() is an error.
    reads: tuple[int, ...] = ()

    def reads_now(self) -> tuple[int, ...]:
        """Return those of ``reads`` that the gradients in ``needs`` are computed from."""
        return self.reads

    def __init_subclass__(cls, registered: bool = True) -> None:
        if registered:
            Operation.registry[cls.__name__] = cls

    def forward(self, *arrays: Any, **none: Any) -> Array:
        """Compute the output from the input arrays."""
        raise NotImplementedError

    def backward(self, grad: Array) -> Gradients:
        """Return ∂L/∂input for every input, given ``grad`` = ∂L/∂output."""
        raise NotImplementedError

    def keep_from(self, memory: Array) -> None:
        """Copy what is held of an array that is about to be changed in place."""
        for name, held in list(vars(self).items()):
            if isinstance(held, np.ndarray) and np.may_share_memory(held, memory):
                setattr(self, name, held.copy())

    def __repr__(self) -> str:
        return f"<{type(self).__name__}Backward>"


class Product:
    """What products share: the gradient of either factor is computed from the other."""

    reads: tuple[int, ...] = (0, 1)
    needs: tuple[bool, ...]

    def reads_now(self) -> tuple[int, ...]:
        """Return the factors whose other one wants a gradient."""
        return tuple([i for i in (0, 1) if self.needs[1 - i]])


MANY = 1024


def add_up(x: Array, axis: Any, keepdims: bool = False, out: Array | None = None) -> Array:
    """Sum over some axes; many float32 are added in float64.

    NumPy adds pairwise along the last axis only. Along the others it adds one after another, and the rounding of
    60 000 rows would show in the fifth digit.

    Parameters
    ----------
    x : ndarray
    axis : int, tuple of int or None
    keepdims : bool
    out : ndarray, optional
        Where to write the sum.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> float(add_up(np.ones((2**25, 1), np.float32), axis=0)[0])
    33554432.0
    """
    reduce: Any = np.add.reduce
    if axis is None:
        many = False
    elif isinstance(axis, tuple):
        many = math.prod([x.shape[i] for i in axis]) > MANY
    else:
        many = x.shape[axis] > MANY
    if not many or x.dtype != np.float32:
        return reduce(x, axis=axis, keepdims=keepdims, out=out)  # type: ignore[no-any-return]
    total = reduce(x, axis=axis, keepdims=keepdims, dtype=np.float64)
    if out is None:
        return np.asarray(total, dtype=x.dtype)
    np.copyto(out, total, casting="same_kind")
    return out


def sum_to(grad: Array, shape: tuple[int, ...]) -> Array:
    """Sum ``grad`` over the axes along which an input of ``shape`` was broadcast.

    Parameters
    ----------
    grad : ndarray
        Gradient in the shape of the output.
    shape : tuple of int
        Shape of the input.

    Returns
    -------
    ndarray
        Of the shape ``shape``.

    Examples
    --------
    >>> sum_to(np.ones((3, 2)), (1, 2))
    array([[3., 3.]])
    """
    if grad.shape == shape:
        return grad
    lead = grad.ndim - len(shape)
    axes = (*range(lead), *(lead + i for i, n in enumerate(shape) if n == 1 and grad.shape[lead + i] != 1))
    total = add_up(grad, axes, keepdims=True)
    return total.reshape(shape)


_FEW = 256  # elements, for which a branch each takes less time than more calls
_WORD = {1: np.int8, 2: np.int16, 4: np.int32, 8: np.int64}


def drop_where(mask: Array, grad: Array, out: Array | None = None) -> Array:
    """Return 0 where ``mask`` holds, else ``grad``.

    A bitwise AND with all zeros or all ones: exact where a product is not (inf · 0 is NaN), and five times
    faster than ``np.where``.

    Parameters
    ----------
    mask : ndarray of bool
        Same shape as ``grad``.
    grad : ndarray of a floating dtype
    out : ndarray, optional
        Where to write the result.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> drop_where(np.array([False, True]), np.array([1.5, np.inf]))
    array([1.5, 0. ])
    """
    word = _WORD[grad.dtype.itemsize]
    bits = np.asarray(np.subtract(mask.view(np.int8), 1).astype(word))  # 1 → 0, and 0 → −1: all bits set
    if out is None:
        return np.asarray(np.bitwise_and(grad.view(word), bits, out=bits)).view(grad.dtype)
    np.bitwise_and(grad.view(word), bits, out=out.view(word))
    return out


def choose(mask: Array, a: Array, b: Array, out: Array | None = None) -> Array:
    """Return ``a`` where ``mask`` holds, else ``b``.

    Bits are chosen by masks, without a branch for each element: ten times faster than ``np.where`` where there are
    many and the mask follows no pattern.

    Parameters
    ----------
    mask : ndarray of bool
    a, b : ndarray of one dtype
        All three of one shape.
    out : ndarray, optional
        Where to write the result; may be ``a`` or ``b``.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> choose(np.array([True, False]), np.array([1.5, np.inf]), np.array([np.nan, -0.0]))
    array([ 1.5, -0. ])
    """
    a, b = np.asarray(a), np.asarray(b)
    if b.size < _FEW:
        chosen = np.where(mask, a, b)
        if out is None:
            return chosen
        np.copyto(out, chosen)
        return out
    word = _WORD[b.dtype.itemsize]
    bits = np.asarray(np.negative(np.asarray(mask).view(np.int8)).astype(word))  # 1 → −1: all bits set, and 0 → 0
    difference = np.asarray(np.bitwise_xor(a.view(word), b.view(word)))
    np.bitwise_and(difference, bits, out=bits)
    if out is None:
        return np.asarray(np.bitwise_xor(b.view(word), bits, out=bits)).view(b.dtype)
    np.bitwise_xor(b.view(word), bits, out=out.view(word))
    return out


def keep_where(mask: Array, grad: Array, out: Array | None = None) -> Array:
    """Return ``grad`` where ``mask`` holds, else 0: the opposite of :func:`drop_where`.

    Examples
    --------
    >>> keep_where(np.array([True, False]), np.array([1.5, np.inf]))
    array([1.5, 0. ])
    """
    return drop_where(~mask, grad, out)
