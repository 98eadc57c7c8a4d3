"""What an eight looks like, in numbers: to see whether those that are missed look otherwise."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from chainrule.ops import Array

INK = 128  # from this byte on a pixel counts as ink


def darkness(image: Array) -> float:
    """Return the mean of the pixels as a share of full ink: thin lines give little.

    Examples
    --------
    >>> darkness(np.array([[0, 255]], dtype=np.uint8))
    0.5
    """
    return float(image.mean() / 255)


def slant(image: Array) -> float:
    """Return how far a digit leans to the right, in degrees, from the second moments of its ink.

    Examples
    --------
    >>> round(slant(np.eye(5)[::-1]))
    45
    """
    y, x = np.indices(image.shape)
    ink = image / image.sum()
    x, y = x - (ink * x).sum(), y - (ink * y).sum()
    return math.degrees(math.atan2(-(ink * x * y).sum(), (ink * y * y).sum()))


def loops(image: Array) -> int:
    """Return how many parts of the paper are enclosed by ink: two in a well-closed eight.

    Examples
    --------
    >>> ring = np.full((3, 3), 255, dtype=np.uint8)
    >>> ring[1, 1] = 0
    >>> loops(ring)
    1
    """
    paper = np.pad(image < INK, 1, constant_values=True)
    return _parts(paper, ((0, 1), (1, 0), (0, -1), (-1, 0))) - 1


def pieces(image: Array) -> int:
    """Return how many pieces of ink there are that don't touch: one, without specks.

    Examples
    --------
    >>> pieces(np.array([[255, 0, 255]], dtype=np.uint8))
    2
    """
    ink = np.pad(image >= INK, 1, constant_values=False)
    return _parts(ink, [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)])


def _parts(there: Array, steps: Sequence[tuple[int, int]]) -> int:
    """Count connected parts of True."""
    left, count = {(int(i), int(j)) for i, j in np.argwhere(there)}, 0
    while left:
        front = [left.pop()]
        count += 1
        while front:
            i, j = front.pop()
            for di, dj in steps:
                if (i + di, j + dj) in left:
                    left.remove((i + di, j + dj))
                    front.append((i + di, j + dj))
    return count
