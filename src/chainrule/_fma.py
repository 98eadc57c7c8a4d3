"""The fused multiply-add x·a + b with one rounding, which compiled code uses and NumPy lacks."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


def fma(x: NDArray[Any], a: float, b: float) -> NDArray[Any]:
    """Return x·a + b, rounded once.

    Parameters
    ----------
    x : ndarray of float32 or float64
        Any shape.
    a, b : float
        Numbers that the dtype of `x` holds exactly. For float64, factors from 2^996 on are too large to be split:
        there product and sum are rounded each.

    Returns
    -------
    ndarray of the dtype and shape of `x`
    """
    return _fma32(x, a, b) if x.dtype == np.float32 else _fma64(x, a, b)


def _fma32(x: NDArray[np.float32], a: float, b: float) -> NDArray[np.float32]:
    product = x.astype(np.float64)
    product *= a  # 24 + 24 significant bits: exact
    total = product + b
    if b == 0:
        return total.astype(np.float32)
    # Rounding to 53 and then to 24 bits differs from rounding once only where the first rounding lands on
    # a number halfway between two float32; there the last of the 53 bits must remember on which side it was.
    halfway = (total.view(np.uint64) & np.uint64(0x1FFFFFFF)) == 0x10000000
    if halfway.any():
        total[halfway] = _add_to_odd(product[halfway], np.full(1, b))
    return total.astype(np.float32)


def _fma64(x: Float64, a: float, b: float) -> Float64:
    """Return x·a + b, rounded once, by the algorithm of Boldo and Melquiond.

    References
    ----------
    S. Boldo and G. Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms using
    rounding to odd", IEEE Transactions on Computers 57 (2008).
    """
    if b == 0 or a == 1:
        product = x * a
        total = product + b
        lost = (product == 0) & (x != 0) & (a != 0)  # the sign of what is too small is kept: −1e-400 + 0 is −0
        return np.where(lost & (b == 0), product, total)
    high, low = _two_product(x, np.full(1, a))
    sum_high, sum_low = _two_sum(np.full(1, b), low)
    result, rest = _two_sum(high, sum_high)
    result += _add_to_odd(sum_low, rest)
    finite = np.isfinite(result)
    return result if finite.all() else np.where(finite, result, x * a + b)


def _two_sum(a: Float64, b: Float64) -> tuple[Float64, Float64]:
    """Return the rounded sum and its error, which together are a + b exactly (Knuth)."""
    total = a + b
    b_part = total - a
    return total, (a - (total - b_part)) + (b - b_part)


def _split(a: Float64) -> tuple[Float64, Float64]:
    """Return two numbers of 26 bits at most whose sum is a (Veltkamp)."""
    scaled = a * 134217729.0  # 2^27 + 1
    high = scaled - (scaled - a)
    return high, a - high


def _two_product(a: Float64, b: Float64) -> tuple[Float64, Float64]:
    """Return the rounded product and its error, which together are a·b exactly (Dekker)."""
    product = a * b
    a_high, a_low = _split(a)
    b_high, b_low = _split(b)
    error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, error


def _add_to_odd(a: Float64, b: Float64) -> Float64:
    """Return a + b rounded to odd: exact, or of the two neighbours the one whose last bit is 1."""
    total, error = _two_sum(a, b)
    bits = total.view(np.int64)
    inexact_even = (error != 0) & (bits & 1 == 0)
    away = (error > 0) == (total > 0)
    bits += np.where(inexact_even, np.where(away, 1, -1), 0)
    return total
