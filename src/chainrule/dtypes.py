"""Element types, PyTorch's names for them, and PyTorch's rules for mixing them.

The types are NumPy's own ``dtype`` objects: ``cr.float32 == np.float32``.
"""

from __future__ import annotations

import contextlib
from typing import Any, TypeAlias

import numpy as np

DType: TypeAlias = "np.dtype[Any]"

float32: DType = np.dtype(np.float32)
float64: DType = np.dtype(np.float64)
int8: DType = np.dtype(np.int8)
int16: DType = np.dtype(np.int16)
int32: DType = np.dtype(np.int32)
int64: DType = np.dtype(np.int64)
uint8: DType = np.dtype(np.uint8)
bool_: DType = np.dtype(np.bool_)

SUPPORTED: tuple[DType, ...] = (float32, float64, int8, int16, int32, int64, uint8, bool_)

_default = float32


def get_default_dtype() -> DType:
    """Return the dtype of new floating-point tensors, float32 unless it was set.

    Examples
    --------
    >>> get_default_dtype()
    dtype('float32')
    """
    return _default


def set_default_dtype(d: Any) -> None:
    """Set the dtype of new floating-point tensors.

    Parameters
    ----------
    d : dtype
        ``float32`` or ``float64``.

    Raises
    ------
    TypeError
        If ``d`` is not a floating-point dtype.

    Examples
    --------
    >>> set_default_dtype(float32)
    """
    global _default
    dtype = as_dtype(d)
    if dtype.kind != "f":
        raise TypeError(f"set_default_dtype expected float32 or float64, got {dtype}")
    _default = dtype


def as_dtype(dtype: Any) -> DType:
    """Return ``dtype`` as a NumPy dtype that tensors can have.

    Parameters
    ----------
    dtype : dtype, type or str
        Python's ``float``, ``int`` and ``bool`` mean float64, int64 and bool.

    Raises
    ------
    TypeError
        If tensors can't have that dtype.

    Examples
    --------
    >>> as_dtype("float64"), as_dtype(float)
    (dtype('float64'), dtype('float64'))
    """
    with contextlib.suppress(TypeError):
        result: DType = np.dtype(dtype)
        if dtype is not None and result in SUPPORTED:
            return result
    names = ", ".join(str(d) for d in SUPPORTED)
    raise TypeError(f"expected a dtype that tensors can have ({names}), got {dtype!r}")


def finfo(dtype: Any) -> np.finfo[Any]:
    """Return the limits of a floating-point dtype.

    Examples
    --------
    >>> float(finfo(float32).eps)
    1.1920928955078125e-07
    """
    return np.finfo(as_dtype(dtype))


def iinfo(type: Any) -> np.iinfo[Any]:
    """Return the limits of an integer dtype.

    Raises
    ------
    TypeError
        If the dtype is none of integers.

    Examples
    --------
    >>> iinfo(int8).max
    127
    """
    dtype = as_dtype(type)
    if dtype.kind not in "iu":
        raise TypeError(f"iinfo expected a dtype of integers, got {dtype}")
    return np.iinfo(dtype)


_RANK = {"b": 0, "u": 1, "i": 1, "f": 2}


def result_type(*operands: Any) -> DType:
    """Return the dtype that an operation on these operands computes in, by PyTorch's rules.

    An operand decides only if no operand of higher standing is of its kind (bool < integer < float) or a
    higher one: arrays with axes stand above arrays without, and those above Python's numbers.

    Parameters
    ----------
    *operands : ndarray, float, int or bool

    Returns
    -------
    dtype

    Examples
    --------
    >>> result_type(np.zeros(2, np.float32), np.float64(1.0)), result_type(np.zeros(2, np.int64), 0.5)
    (dtype('float32'), dtype('float32'))
    """
    with_axes = without_axes = numbers = None
    for operand in operands:
        if isinstance(operand, bool | int | float):
            kind = bool_ if isinstance(operand, bool) else int64 if isinstance(operand, int) else _default
            numbers = _promote(numbers, kind)
        elif operand.ndim:
            with_axes = _promote(with_axes, operand.dtype)
        else:
            without_axes = _promote(without_axes, operand.dtype)
    result = _combine(with_axes, _combine(without_axes, numbers))
    assert result is not None
    return result


def promote_types(type1: Any, type2: Any) -> DType:
    """Return the smallest dtype that is of no lower kind than either, and no smaller than those of its kind.

    Parameters
    ----------
    type1, type2 : dtype

    Returns
    -------
    dtype

    Examples
    --------
    >>> promote_types(uint8, int8), promote_types(int64, float32)
    (dtype('int16'), dtype('float32'))
    """
    result = _promote(as_dtype(type1), as_dtype(type2))
    assert result is not None
    return result


def can_cast(from_: Any, to: Any) -> bool:
    """Return whether results of one dtype can be written to a tensor of another, as in-place forms do.

    Parameters
    ----------
    from_, to : dtype

    Returns
    -------
    bool
        False if the first is of a higher kind: bool < integer < float.

    Examples
    --------
    >>> can_cast(float32, int64), can_cast(int64, uint8)
    (False, True)
    """
    return _RANK[as_dtype(from_).kind] <= _RANK[as_dtype(to).kind]


def _promote(a: DType | None, b: DType | None) -> DType | None:
    if a is None or b is None:
        return a or b
    if _RANK[a.kind] != _RANK[b.kind]:
        return a if _RANK[a.kind] > _RANK[b.kind] else b  # NumPy would make float64 of int64 and float32
    return np.promote_types(a, b)


def _combine(higher: DType | None, lower: DType | None) -> DType | None:
    if higher is None or lower is None:
        return higher or lower
    return _promote(higher, lower) if _RANK[lower.kind] > _RANK[higher.kind] else higher


__all__ = [
    "can_cast",
    "finfo",
    "float32",
    "float64",
    "get_default_dtype",
    "iinfo",
    "int8",
    "int16",
    "int32",
    "int64",
    "promote_types",
    "set_default_dtype",
    "uint8",
]
