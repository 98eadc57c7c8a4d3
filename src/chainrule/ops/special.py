"""The error function and its kin, which NumPy lacks."""

from __future__ import annotations

import math

import numpy as np

from chainrule.ops.operation import Array, choose

# erf x = x + x P(x²) for |x| ≤ 1, and erf x = 1 − e^−x² Q(u) with u = (x − 3) / (x + 3) for 1 ≤ x ≤ 6, beyond
# which it is 1 to the last bit. P and Q are Chebyshev interpolants, got with 40 digits; high powers come first.
P32 = (
    *(7.875875063e-5, -0.0008016864287, 0.005189087423, -0.02685421201, 0.1128359472),
    *(-0.3761262667, 0.1283791658),
)
Q32 = (
    *(0.001107998956, 0.00417900462, -0.02447588139, 0.07166871523, -0.1501107875),
    *(0.2456038131, -0.3262336415, 0.179001151),
)
P64 = (
    *(-7.79589882700214224e-10, 1.37200645467776856e-8, -1.62084838018717059e-7),
    *(1.64474247033173624e-6, -0.0000149247369074196603, 0.000120552949048397079),
    *(-0.000854832597538969208, 0.00522397760711642273, -0.0268661706432377704),
    *(0.112837916709450063, -0.376126389031835404, 0.128379167095512567),
)
Q64 = (
    *(1.28019008629626619e-6, 2.02360317964175664e-6, -8.00802131941268433e-6),
    *(-0.0000128488945125235288, 0.0000640618207353054674, 0.0000452547263548335414),
    *(-0.000597062351709328428, 0.000707746444390153731, 0.00426913634750825636),
    *(-0.0243924993182731931, 0.0716658371977487434, -0.150115936500787439),
    *(0.245603801712331945, -0.326233560043037175, 0.17900115118138995),
)

# erfc x = e^−x² R(u) / (x + 3) for x ≥ 0, with the same u, got in the same way.
R = (
    *(8.11068729618999294e-10, 6.95494223251403587e-12, -8.6937742690358282e-9, -3.56816568572771035e-9),
    *(5.11824219701206981e-8, 4.99579216607724739e-8, -2.33853680091405244e-7, -4.11685280991160542e-7),
    *(9.98817014291097401e-7, 2.76774889206042192e-6, -4.74902827610357521e-6, -0.0000174715722229080191),
    *(0.0000303980515857268084, 0.000107561770910438483, -0.000276777814022140971, -0.000548309742748496159),
    *(0.0030340619960581382, -0.00121241662182948554, -0.0268272346240514157, 0.119527761286998938),
    *(-0.310467261900583223, 0.590228357104107972, -0.883394453169883461, 1.07400690708833968),
)


def erf(x: Array) -> Array:
    """Compute 2/√π ∫₀ˣ e^−t² dt, to one unit in the last place.

    Parameters
    ----------
    x : ndarray of float32 or float64

    Returns
    -------
    ndarray

    Examples
    --------
    >>> erf(np.array([-np.inf, 0.0, 0.5]))
    array([-1.        ,  0.        ,  0.52049988])
    """
    P, Q = (P32, Q32) if x.dtype == np.float32 else (P64, Q64)
    size = np.abs(x)
    near = np.minimum(size, 1)
    near = near + near * _polynomial(P, near * near)
    far = np.clip(size, 1, 6)
    far = 1 - np.exp(-far * far) * _polynomial(Q, (far - 3) / (far + 3))
    return np.copysign(choose(size < 1, near, far), x)


def erfc(x: Array) -> Array:
    """Compute 1 − erf x, to a few units in the last place also where that is tiny.

    Parameters
    ----------
    x : ndarray of float32 or float64

    Returns
    -------
    ndarray

    Examples
    --------
    >>> erfc(np.array([-np.inf, 0.0, 10.0]))
    array([2.00000000e+00, 1.00000000e+00, 2.08848758e-45])
    """
    wide = x.astype(np.float64, copy=False)
    far = np.clip(wide, 0.5, 30)
    high = far.astype(np.float32).astype(np.float64)  # whose square is exact
    bell = np.exp(-high * high) * np.exp(-(far - high) * (far + high))
    tail = bell * (_polynomial(R, (far - 3) / (far + 3)) / (far + 3))
    return np.where(wide < 0.5, 1 - erf(wide), tail).astype(x.dtype)


def erfinv(x: Array) -> Array:
    """Compute the y with erf y = x, to a few units in the last place.

    Winitzki's formula is right to three digits; two steps of Halley's method triple that twice.

    Parameters
    ----------
    x : ndarray of float32 or float64

    Returns
    -------
    ndarray

    Examples
    --------
    >>> erfinv(np.array([0.0, 0.5, -0.9]))
    array([ 0.        ,  0.47693628, -1.16308715])
    """
    size = np.abs(x.astype(np.float64, copy=False))
    log = np.log1p(-size * size)
    half = 2 / (math.pi * 0.147) + log / 2
    y = np.sqrt(np.sqrt(half * half - log / 0.147) - half)
    for _ in range(2):
        error = erf(y) - size
        if x.dtype == np.float64:  # float32 is never so near 1 that the digits of its complement would count
            error = np.where(size < 0.5, error, (1 - size) - erfc(y))
        step = error * np.exp(y * y) * (math.sqrt(math.pi) / 2)
        y = y - step / (1 + y * step)
    return np.copysign(np.where(size == 1, np.inf, y), x).astype(x.dtype)


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    y: Array = np.full_like(x, coefficients[0])
    for c in coefficients[1:]:
        y *= x
        y += c
    return y
