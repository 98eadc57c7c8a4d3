"""A saddle point, where plain descent gets stuck: f(x, y) = x²/2 − y²/2 + y⁴/4.

At (0, 0) the gradient is 0, and f falls to both sides along y, down to −1/4 at (0, −1) and (0, 1).
"""

from __future__ import annotations

from typing import Any

import numpy as np

import chainrule as cr
from chainrule.ops import Array

LR, STEPS = 0.1, 200
START = (1.0, 1e-4)
NOISE = 0.05  # standard deviation of what stochastic gradients are off by
LOW = -0.2  # f below this: the saddle is left behind
METHODS = ("gradient descent", "stochastic", "momentum 0.9", "Adam")


def surface(x: Any, y: Any) -> Any:
    """Compute f, of tensors or arrays.

    Examples
    --------
    >>> surface(0.0, 1.0)
    -0.25
    """
    return x**2 / 2 - y**2 / 2 + y**4 / 4


def descend(method: str, start: tuple[float, float] = START, seed: int = 0) -> Array:
    """Go downhill, and return the path, shape (STEPS + 1, 2).

    Parameters
    ----------
    method : str
        One of ``METHODS``. "stochastic" adds normal noise to each gradient, as batches do.
    start : (float, float)
    seed : int
        Of the noise.

    Examples
    --------
    >>> bool(np.allclose(descend("gradient descent", (1.0, 0.0))[-1], 0))
    True
    """
    noise = np.random.RandomState(seed)
    point = cr.tensor(np.array(start), requires_grad=True)
    if method == "Adam":
        optimizer: Any = cr.optim.Adam([point], lr=LR)
    else:
        optimizer = cr.optim.SGD([point], lr=LR, momentum=0.9 if method.startswith("momentum") else 0.0)
    path = [point.detach().numpy().copy()]
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = surface(point[0], point[1])
        if method == "stochastic":
            loss = loss + (point * cr.tensor(NOISE * noise.standard_normal(2))).sum()
        loss.backward()
        optimizer.step()
        path.append(point.detach().numpy().copy())
    return np.array(path)


def steps_to_leave(path: Array) -> int | None:
    """Return after how many steps a path was below ``LOW``, or None."""
    below = np.flatnonzero(surface(*path.T) < LOW)
    return int(below[0]) if below.size else None
