"""Normal numbers from uniform ones by Box and Muller's formula, in the arithmetic of PyTorch's CPU kernels.

A pair of uniform numbers u₁, u₂ gives the pair of normal numbers

    z₁ = r cos θ,   z₂ = r sin θ,   r = √(−2 ln(1 − u₁)),   θ = 2π u₂.

PyTorch computes float32 tensors of 16 numbers or more with polynomials for ln, cos and sin, eight at a time,
and all others with the C library's functions. The polynomials are those of the Cephes library (S. Moshier),
whose multiply-adds PyTorch's compiler fused. There are only 2²⁴ float32 values of each of u₁ and u₂, so that
r, cos θ and sin θ could be compared with PyTorch 2.13 for every one of them: they are equal to the bit.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule._fma import fma

Float64 = NDArray[np.float64]

LANES = 8
ROWS = 1024  # blocks of 16 numbers at a time: what is in work stays in the cache

# ln(1 + x) = x − x²/2 + x³ P(x) for √½ ≤ 1 + x < √2; ln 2 = LN2_HIGH + LN2_LOW.
LOG_P = (
    *(7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1),
    *(-1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1),
)
LN2_HIGH, LN2_LOW = 0.693359375, -2.12194440e-4
# sin x = x + x³ S(x²) and cos x = 1 − x²/2 + x⁴ C(x²) for |x| ≤ π/4.
SIN_S = (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
COS_C = (2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
PI_4 = (0.78515625, 2.4187564849853515625e-4, 3.77489497744594108e-8)  # their sum is π/4


def fill(u: NDArray[Any], mean: float, std: float) -> NDArray[Any]:
    """Return normal numbers for blocks of 16 uniform ones, the first 8 of them u₁, the others u₂.

    Parameters
    ----------
    u : ndarray of float32 or float64, shape (blocks, 16)
        Uniform on [0, 1), multiples of 2⁻²⁴ or 2⁻⁵³.
    mean, std : float
        Rounded to the dtype of `u` first, as PyTorch does.

    Returns
    -------
    ndarray of the dtype of `u`, shape (blocks, 16)
    """
    kind = u.dtype.type
    standard = _standard32 if kind == np.float32 else _standard64
    z = np.empty_like(u)
    for start in range(0, len(u), ROWS):
        rows = slice(start, start + ROWS)
        z[rows, :LANES], z[rows, LANES:] = standard(u[rows, :LANES], u[rows, LANES:])
    return fma(z, float(kind(std)), float(kind(mean)))


def pairs(u1: Float64, u2: Float64) -> Float64:
    """Return the normal numbers that PyTorch makes two by two, z₁ before its z₂; here u₂ gives r."""
    r = np.sqrt(-2 * libm(math.log1p, -u2))
    theta = 2 * math.pi * u1
    return np.stack([r * libm(math.cos, theta), r * libm(math.sin, theta)], axis=1).ravel()


def _standard64(u1: Float64, u2: Float64) -> tuple[Float64, Float64]:
    r = np.sqrt(-2 * libm(math.log, 1 - u1))
    theta = 2 * math.pi * u2
    return r * libm(math.cos, theta), r * libm(math.sin, theta)


def libm(function: Callable[[float], float], x: Float64) -> Float64:
    """Apply a function of the C library, where NumPy's own vectorised ones may differ in the last bit."""
    return np.fromiter(map(function, x.ravel().tolist()), np.float64, x.size).reshape(x.shape)


# Below, float64 arrays hold float32 numbers. A sum, a product, a root or a fused multiply-add of such, got in
# float64 and then by `_round32`, is what one float32 instruction gives. (For the multiply-add that can fail
# where the float64 sum is halfway between two float32 numbers, which happens for no u₁ and no u₂.)


def _standard32(u1: NDArray[np.float32], u2: NDArray[np.float32]) -> tuple[Float64, Float64]:
    r = _round32(np.sqrt(-2 * _log(1 - u1.astype(np.float64))))
    cos, sin = _cos_sin(_round32(_float32(2 * math.pi) * u2.astype(np.float64)))
    return r * cos, r * sin


def _round32(x: Float64) -> Float64:
    return x.astype(np.float32).astype(np.float64)


def _float32(x: float) -> float:
    return float(np.float32(x))


def _polynomial(coefficients: tuple[float, ...], x: Float64) -> Float64:
    y = np.full_like(x, _float32(coefficients[0]))
    for c in coefficients[1:]:
        y *= x
        y += _float32(c)
        y = _round32(y)
    return y


def _log(x: Float64) -> Float64:
    """Return ln x for 0 < x ≤ 1."""
    fraction, exponent = np.frexp(x)  # x = fraction · 2^exponent, ½ ≤ fraction < 1
    small = fraction < np.float32(math.sqrt(0.5))
    fraction[small] *= 2
    e = exponent - small.astype(np.float64)
    x = fraction - 1
    square = _round32(x * x)
    cube_p = _round32(_round32(_polynomial(LOG_P, x) * x) * square + _round32(e * _float32(LN2_LOW)))
    tail = _round32(cube_p - 0.5 * square)
    return _round32(_round32(x + tail) + e * LN2_HIGH)


def _cos_sin(theta: Float64) -> tuple[Float64, Float64]:
    """Return cos θ and sin θ for 0 ≤ θ ≤ 2π."""
    eighths = _round32(theta * _float32(4 / math.pi)).astype(np.int64)
    turns = (eighths + 1) >> 1  # the quarter turn nearest to θ, 0 to 4
    x = theta
    for part in PI_4:
        x = _round32(x - 2 * turns * _float32(part))
    square = _round32(x * x)
    cos = _round32(_polynomial(COS_C, square) * square)
    cos = _round32(_round32(cos * square - 0.5 * square) + 1)
    sin = _round32(_polynomial(SIN_S, square) * square)
    sin = _round32(sin * x + x)
    odd = turns & 1 == 1  # cos(x + π/2) = −sin x, sin(x + π/2) = cos x
    cos, sin = np.where(odd, sin, cos), np.where(odd, cos, sin)
    return np.where((turns + 1) & 2, -cos, cos), np.where(turns & 2, -sin, sin)
