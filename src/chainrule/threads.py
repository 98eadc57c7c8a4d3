"""How many threads the BLAS takes for products of matrices: the only part of the engine that takes several.

NumPy does not offer the functions of its BLAS for that; they are called through ``ctypes``.
"""

from __future__ import annotations

import ctypes
from typing import Any

from chainrule import arguments

# As NumPy's wheels name it, and as a system's OpenBLAS does.
_NAMES = ("scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads64_", "openblas_{}_num_threads")


def get_num_threads() -> int:
    """Return how many threads the BLAS takes at most.

    Raises
    ------
    NotImplementedError
        If NumPy's BLAS is none that can be asked.

    Examples
    --------
    >>> get_num_threads() >= 1
    True
    """
    return int(_function("get")())


def set_num_threads(num: int) -> None:
    """Set how many threads the BLAS takes at most, in the whole process.

    Parameters
    ----------
    num : int
        From 1 on.

    Raises
    ------
    RuntimeError
        If it is below 1.
    NotImplementedError
        If NumPy's BLAS is none that can be told.

    Examples
    --------
    >>> set_num_threads(get_num_threads())
    """
    num = arguments.whole("num", num)
    if num < 1:
        raise RuntimeError(f"set_num_threads() expected a number from 1 on, got {num}")
    _function("set")(num)


def _function(verb: str) -> Any:
    from numpy.linalg import _umath_linalg  # a compiled part that is linked with the BLAS

    library = ctypes.CDLL(_umath_linalg.__file__)
    for name in _NAMES:
        function = getattr(library, name.format(verb), None)
        if function is not None:
            return function
    raise NotImplementedError(
        f"{verb}_num_threads() needs NumPy with OpenBLAS: elsewhere set OMP_NUM_THREADS before Python starts"
    )
