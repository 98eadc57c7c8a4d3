"""The one product of the BLAS that NumPy uses inside and does not offer: y + a·x, in place and in one pass.

It takes NumPy two passes on one thread, and the BLAS one on all of its threads: a third of the time. It is called
through ``ctypes`` of the standard library; where it can't be found, NumPy's passes serve.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from chainrule.ops import Array

# As NumPy's wheels name it, with 64-bit lengths, and as a system's BLAS does. The letter is that of the dtype.
_NAMES = (
    ("scipy_cblas_{}axpy64_", ctypes.c_int64),
    ("cblas_{}axpy64_", ctypes.c_int64),
    ("scipy_cblas_{}axpy", ctypes.c_int),
    ("cblas_{}axpy", ctypes.c_int),
)


def _find(letter: str, number: Any) -> Any:
    """Return the function of the BLAS for one dtype, or None."""
    try:
        from numpy.linalg import _umath_linalg  # a compiled part that is linked with the BLAS

        library = ctypes.CDLL(_umath_linalg.__file__)
    except (ImportError, AttributeError, OSError):
        return None
    for name, length in _NAMES:
        function = getattr(library, name.format(letter), None)
        if function is not None:
            # void axpy(n, a, x, step of x, y, step of y)
            function.restype = None
            function.argtypes = [length, number, ctypes.c_void_p, length, ctypes.c_void_p, length]
            return function
    return None


SMALL = 65_536  # elements: for shorter vectors, waking the threads of the BLAS costs more than it saves

_AXPY = {
    np.dtype(np.float32): _find("s", ctypes.c_float),
    np.dtype(np.float64): _find("d", ctypes.c_double),
}


def axpy(a: float, x: Array, y: Array, scratch: Array) -> None:
    """Compute y += a·x, in place.

    The BLAS rounds once where the processor can (as PyTorch does), NumPy the product and then the sum.

    Parameters
    ----------
    a : float
    x : ndarray
        Shape (n,), contiguous.
    y : ndarray
        Shape (n,), contiguous, of the dtype of ``x``.
    scratch : ndarray
        Shape (n,), for NumPy to use.

    Examples
    --------
    >>> y = np.array([1.0, 2.0])
    >>> axpy(0.5, np.array([2.0, 4.0]), y, scratch=np.empty(2))
    >>> y
    array([2., 4.])
    """
    function = _AXPY.get(y.dtype)
    if function is None or y.size < SMALL or a == 0:  # of a = 0 the BLAS makes 0, and 0 · NaN is NaN
        y += np.multiply(x, a, out=scratch)
    else:
        function(y.size, a, x.ctypes.data, 1, y.ctypes.data, 1)
