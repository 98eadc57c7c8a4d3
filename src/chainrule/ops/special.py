"""The error function, which NumPy lacks."""

from __future__ import annotations

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


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    y: Array = np.full_like(x, coefficients[0])
    for c in coefficients[1:]:
        y *= x
        y += c
    return y
