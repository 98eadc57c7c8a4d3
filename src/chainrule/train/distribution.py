"""What is kept of an array: its norm, and how its values are distributed."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.ops import Array

VALUES = 4096  # of a larger array, so many are looked at, evenly spaced
BINS = 32
EDGES = np.arange(1, BINS, dtype=np.float32) / BINS  # between the intervals
TINY = 1e-30  # a sum of squares in float32 below which what was lost may matter
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def norm(x: Array) -> float:
    """Return √(Σ xᵢ²) over all elements.

    Examples
    --------
    >>> norm(np.array([[3.0, 4.0]]))
    5.0
    """
    flat = x.ravel()
    with np.errstate(over="ignore", under="ignore"):
        squares = float(np.dot(flat, flat))
    if not TINY < squares < math.inf:  # float32 may have lost them
        flat = flat.astype(np.float64)
        squares = float(np.dot(flat, flat))
    return math.sqrt(squares)


def distribution(x: Array) -> dict[str, Any]:
    """Return quantiles and a histogram of an array's values, with four digits.

    Parameters
    ----------
    x : ndarray
        Values that are not finite are left out; of more than ``VALUES``, that many are looked at.

    Returns
    -------
    dict
        ``"low"`` and ``"high"``: the least and the greatest value; ``"quantiles"``: at ``QUANTILES``;
        ``"counts"``: how many values lie in each of ``BINS`` equal intervals from low to high. Empty if there are
        no values.

    Examples
    --------
    >>> found = distribution(np.arange(101.0))
    >>> found["low"], found["high"], found["quantiles"], sum(found["counts"])
    (0.0, 100.0, [5.0, 25.0, 50.0, 75.0, 95.0], 101)
    """
    values = np.sort(x.ravel()[:: _stride(x)])
    if values.size and not np.isfinite(values[[0, -1]]).all():  # what is not finite was sorted to the ends
        values = values[np.isfinite(values)]
    if not values.size:
        return {}
    low, high = values[0], values[-1]
    below = values.searchsorted(low + (high - low) * EDGES).tolist()
    places = [round(q * (values.size - 1)) for q in QUANTILES]
    return {
        "low": rounded(low),
        "high": rounded(high),
        "quantiles": [rounded(values[i]) for i in places],
        "counts": [stop - start for start, stop in pairwise([0, *below, values.size])],
    }


def _stride(x: Array) -> int:
    """Return at which distance to look at values, so that all columns have their turn."""
    stride = max(-(-x.size // VALUES), 1)
    while x.ndim > 1 and math.gcd(stride, x.shape[-1]) > 1:
        stride += 1
    return stride


def rounded(x: Any) -> float:
    """Return a number with four digits, which take less room in a file.

    Examples
    --------
    >>> rounded(123456.0), rounded(0.00123456)
    (123500.0, 0.001235)
    """
    return float(f"{x:.4g}")
