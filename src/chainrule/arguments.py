"""What arguments may be: axes, shapes, whole numbers, and numbers that a dtype holds."""

from __future__ import annotations

import contextlib
import math
import operator
from typing import Any

import numpy as np

from chainrule.dtypes import DType


def whole(name: str, n: Any) -> int:
    """Return an integer of any kind as Python's; booleans are none."""
    if not isinstance(n, bool):
        with contextlib.suppress(TypeError):
            return int(operator.index(n))
    raise TypeError(f"{name} must be an integer, got {n!r}{': // divides to one' if isinstance(n, float) else ''}")


def whole64(name: str, n: Any) -> int:
    """Return an integer of any kind as Python's, if 64 bits hold it."""
    number = whole(name, n)
    if not -(2**63) <= number < 2**63:
        raise ValueError(f"{name} must be an integer of 64 bits, got {number}")
    return number


def axis(tensor: Any, dim: Any) -> int:
    """Return ``dim`` counted from the front. A tensor without axes counts as one of length 1."""
    if type(dim) is not int:
        dim = whole("dim", dim)
    n = max(tensor.ndim, 1)
    if not -n <= dim < n:
        raise IndexError(f"dim expected to be in [{-n}, {n - 1}] for shape {tensor.shape}, got {dim}")
    return dim % n  # type: ignore[no-any-return]


def length(tensor: Any, along: int) -> int:
    """Return the length of an axis counted from the front. A tensor without axes counts as one of length 1."""
    return tensor.array.shape[along] if tensor.ndim else 1


def axes(tensor: Any, dim: Any) -> Any:
    """Return ``dim`` as what NumPy calls axis: None for all axes, else one or a tuple."""
    if dim is None or (isinstance(dim, tuple | list) and not dim):
        return None
    found = axes_of(tensor, dim)
    return found if tensor.ndim else None


def axes_of(tensor: Any, dim: Any) -> Any:
    """Return one axis or a tuple of different ones, counted from the front."""
    if not isinstance(dim, tuple | list):
        return axis(tensor, dim)
    found = tuple(axis(tensor, d) for d in dim)
    if len(set(found)) < len(found):
        raise RuntimeError(f"dim expected every axis once, got {dim} for shape {tensor.shape}")
    return found


def axis_or_all(tensor: Any, dim: Any) -> int | None:
    """Return ``dim`` counted from the front, or None for all axes."""
    found = None if dim is None else axis(tensor, dim)
    return found if tensor.ndim else None


def has_elements(name: str, tensor: Any, dim: Any, refusal: type[Exception] = IndexError) -> Any:
    """Return ``dim`` as what NumPy calls axis, if there are elements along it."""
    along = axes(tensor, dim)
    shape = tensor.array.shape
    if 0 in (shape if along is None else [shape[i] for i in np.atleast_1d(along)]):
        refusal = refusal if along is None else IndexError
        raise refusal(f"{name}() needs elements along the axes that it reduces, got shape {tensor.shape}")
    return along


def shape(given: tuple[Any, ...]) -> tuple[int, ...]:
    """Return the shape given as one sequence or as several integers."""
    if not given:
        raise TypeError("expected a shape, as one sequence or as several integers, got nothing: () has no axes")
    if len(given) == 1 and isinstance(given[0], tuple | list):
        given = tuple(given[0])
    return tuple(whole("a length or an axis", n) for n in given)


def lengths(name: str, given: tuple[Any, ...]) -> tuple[int, ...]:
    """Return the shape given, in which −1 stands for a length that is left open."""
    found = shape(given)
    if min(found, default=0) < -1:
        raise RuntimeError(f"{name}() expected lengths from 0 on, or −1, got {found}")
    return found


def named(name: str, option: str, given: tuple[Any, ...], by_name: Any) -> tuple[Any, ...]:
    """Return what was given by place, or by the name ``option``: once."""
    if by_name is None:
        return given
    if given:
        raise TypeError(f"{name}() expected {option} once, got {given} and {option}={by_name}")
    return (by_name,)


def numbers(name: str, *operands: Any) -> None:
    """Raise where all operands are booleans."""
    if all(isinstance(x, bool) or getattr(x, "dtype", None) == np.dtype(bool) for x in operands):
        raise NotImplementedError(f"{name}() needs numbers, got booleans: use int()")


def fits(value: Any, dtype: DType) -> None:
    """Raise where a whole number of Python would wrap around, other than a negative one to a positive one."""
    if dtype.kind not in "iu" or not isinstance(value, int):
        return
    info = np.iinfo(dtype)
    if not (-info.max if info.min == 0 else info.min) <= value <= info.max:
        raise RuntimeError(f"a tensor of {dtype} can't hold {value}")


def holds(dtype: DType, value: float) -> None:
    """Raise where a number would overflow."""
    fits(value, dtype)
    outside = False
    if dtype.kind in "iu":
        outside = not (math.isfinite(value) and np.iinfo(dtype).min <= int(value) <= np.iinfo(dtype).max)
        outside &= isinstance(value, float)
    elif dtype.kind == "f":
        outside = math.isfinite(value) and abs(value) > np.finfo(dtype).max
    if outside:
        raise RuntimeError(f"a tensor of {dtype} can't hold {value}")
