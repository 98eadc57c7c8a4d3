"""The line search of LBFGS: how far to go along a direction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.ops import Array


@dataclass(frozen=True, slots=True)
class Point:
    """A point on the line x + t d."""

    t: Any
    loss: float
    grad: Array  # ∂loss/∂x, of one axis
    slope: Any  # ∂loss/∂t


def strong_wolfe(
    at: Callable[[Any], Point], start: Point, t: Any, reach: float, tolerance: float, limit: int
) -> tuple[Point, int]:
    """Find a point where the loss has fallen enough, and the slope is flat enough: the strong Wolfe conditions.

    loss(t) ≤ loss(0) + c₁ t slope(0) and |slope(t)| ≤ c₂ |slope(0)|, with c₁ = 10⁻⁴ and c₂ = 0.9. Steps grow
    until a bracket holds such a point; then the bracket shrinks around it, by the minima of cubic polynomials.

    Parameters
    ----------
    at : callable
        Returns the point for t.
    start : Point
        That of t = 0, with a negative slope.
    t : float
        The first step.
    reach : float
        The largest magnitude in d.
    tolerance : float
        A bracket in which no parameter moves further is not shrunk.
    limit : int
        How many further points may be tried.

    Returns
    -------
    (Point, int)
        The best point, and how many were tried.

    References
    ----------
    .. [1] J. Nocedal, S. Wright, "Numerical optimization", 2nd edition, algorithms 3.5 and 3.6.
    """

    def high(point: Point) -> bool:
        return bool(point.loss > start.loss + 1e-4 * point.t * start.slope)

    def flat(point: Point) -> bool:
        return bool(abs(point.slope) <= -0.9 * start.slope)

    before, point = start, at(t)
    bracket = [start, point]
    tried = 0  # after the first
    while tried < limit:
        rises = tried > 1 and point.loss >= before.loss
        if not (high(point) or rises) and flat(point):
            return point, tried + 1
        bracket = [before, point]
        if high(point) or rises or point.slope >= 0:
            break
        t = _lowest(before, point, point.t + 0.01 * (point.t - before.t), point.t * 10)
        before, point = point, at(t)
        bracket = [start, point]
        tried += 1

    cramped = False  # whether the last try was near an end of the bracket
    low = _lower(bracket)
    while tried < limit and not abs(bracket[1].t - bracket[0].t) * reach < tolerance:
        left, right = sorted(point.t for point in bracket)
        t = _lowest(bracket[0], bracket[1], left, right)
        margin = 0.1 * (right - left)
        near = min(right - t, t - left) < margin
        if near and (cramped or not left < t < right):
            t = right - margin if abs(t - right) < abs(t - left) else left + margin
            near = False
        cramped = near
        point = at(t)
        tried += 1
        if high(point) or point.loss >= bracket[low].loss:
            bracket[1 - low] = point
            low = _lower(bracket)
            continue
        if flat(point):
            return point, tried + 1
        if point.slope * (bracket[1 - low].t - bracket[low].t) >= 0:
            bracket[1 - low] = bracket[low]
        bracket[low] = point
    return bracket[low], tried + 1


def _lower(bracket: list[Point]) -> int:
    return 0 if bracket[0].loss <= bracket[1].loss else 1


def _lowest(a: Point, b: Point, left: Any, right: Any) -> Any:
    """Return where, between two limits, the cubic polynomial with these two values and slopes is lowest."""
    if a.t > b.t:
        a, b = b, a
    mean = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = mean**2 - a.slope * b.slope
    if not square >= 0:
        return (left + right) / 2.0
    root = np.sqrt(square)
    t = b.t - (b.t - a.t) * ((b.slope + root - mean) / (b.slope - a.slope + 2 * root))
    return min(max(t, left), right)
