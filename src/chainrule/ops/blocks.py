"""Functions of several passes, computed piece by piece."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from chainrule.ops.operation import Array

SIZE = 65_536  # elements: what a function makes on the way stays in the cache, and is not asked of the system anew


def in_blocks(function: Callable[..., Array], *arrays: Array, out: Array | None = None) -> Array:
    """Compute a function of each element; of large contiguous arrays, block after block.

    Parameters
    ----------
    function : callable
        Takes arrays of one shape and ``out``, NumPy's convention.
    *arrays : ndarray
        All of one shape and dtype.
    out : ndarray, optional
        Where to write the result.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> x = np.arange(100_000.0)
    >>> in_blocks(lambda x, out=None: np.sqrt(x * x, out=out), x)[-1]
    np.float64(99999.0)
    """
    given = arrays if out is None else (*arrays, out)
    if arrays[0].size <= SIZE or not all(a.flags.c_contiguous for a in given):
        return function(*arrays, out=out)
    result = np.empty_like(arrays[0]) if out is None else out
    *flat, y = (a.reshape(-1) for a in (*arrays, result))
    for start in range(0, y.size, SIZE):
        part = slice(start, start + SIZE)
        function(*(x[part] for x in flat), out=y[part])
    return result
