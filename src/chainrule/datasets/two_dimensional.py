"""Points in the plane, with the class of each, or a value to be foretold: tasks that can be drawn."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from chainrule.random import Generator, source_of

__all__ = ["make_circles", "make_classification", "make_moons", "make_spiral", "make_wave", "make_xor"]

Points = tuple[NDArray[np.float32], NDArray[np.int64]]

CORNERS = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])


def make_classification(
    n_samples: int = 100, *, flip_y: float = 0.2, class_sep: float = 1.0, generator: Generator | None = None
) -> Points:
    """Draw two classes with two informative features, some of their labels wrong.

    The recipe is that of scikit-learn's function of this name with ``n_features=2, n_informative=2,
    n_redundant=0``: each class has two clusters, the four have their centres on the corners of a square in random
    order, and each is a normal distribution that a random matrix has stretched and turned. The random numbers are
    our own.

    Parameters
    ----------
    n_samples : int
    flip_y : float
        The share of points whose label is drawn anew, as there: on average half of them get back the one that
        they had.
    class_sep : float
        Half the side of the square.
    generator : Generator, optional
        The default generator if not given.

    Returns
    -------
    X : ndarray of float32, shape (n_samples, 2)
        In random order.
    y : ndarray of int64, shape (n_samples,)
        0 or 1.

    Raises
    ------
    ValueError
        If `n_samples` is negative or `flip_y` no share.

    Examples
    --------
    >>> X, y = make_classification(100, generator=Generator().manual_seed(1))
    >>> X.shape, np.bincount(y)
    ((100, 2), array([49, 51]))
    """
    if not 0 <= flip_y <= 1:
        raise ValueError(f"make_classification expected flip_y between 0 and 1, got {flip_y}")
    g, sizes = _start("make_classification", n_samples, len(CORNERS), generator)
    centres = class_sep * CORNERS[g.permutation(len(CORNERS))]
    shapes = g.uniform((len(CORNERS), 2, 2), -1, 1)
    X = np.concatenate(
        [g.normal((n, 2)) @ A + centre for n, A, centre in zip(sizes, shapes, centres, strict=True)]
    )
    y = np.repeat(np.arange(len(CORNERS)) % 2, sizes)
    anew, drawn = g.uniform(n_samples) < flip_y, g.integers(0, 2, n_samples)
    return _shuffled(X, np.where(anew, drawn, y), g)


def make_moons(n_samples: int = 100, *, noise: float = 0.15, generator: Generator | None = None) -> Points:
    """Draw two half circles that reach into each other.

    Parameters
    ----------
    n_samples : int
    noise : float
        The standard deviation of what is added to both coordinates; the circles' radius is 1.
    generator : Generator, optional
        The default generator if not given.

    Returns
    -------
    X : ndarray of float32, shape (n_samples, 2)
    y : ndarray of int64, shape (n_samples,)

    Examples
    --------
    >>> X, y = make_moons(4, noise=0, generator=Generator().manual_seed(0))
    >>> bool(np.allclose(np.hypot(*X[y == 0].T), 1))
    True
    """
    g, sizes = _start("make_moons", n_samples, 2, generator, noise)
    upper, lower = (g.uniform(n, 0, math.pi) for n in sizes)
    X = np.concatenate([_ray(upper), np.array([1, 0.5]) - _ray(lower)])
    return _noisy(X, np.repeat([0, 1], sizes), noise, g)


def make_circles(
    n_samples: int = 100, *, noise: float = 0.1, factor: float = 0.5, generator: Generator | None = None
) -> Points:
    """Draw a circle of radius 1 around another.

    Parameters
    ----------
    n_samples : int
    noise : float
        The standard deviation of what is added to both coordinates.
    factor : float
        The radius of the inner circle, whose class is 1.
    generator : Generator, optional
        The default generator if not given.

    Returns
    -------
    X : ndarray of float32, shape (n_samples, 2)
    y : ndarray of int64, shape (n_samples,)

    Examples
    --------
    >>> X, y = make_circles(6, noise=0, generator=Generator().manual_seed(0))
    >>> np.hypot(*X.T).round(2) == np.where(y == 1, 0.5, 1)
    array([ True,  True,  True,  True,  True,  True])
    """
    g, sizes = _start("make_circles", n_samples, 2, generator, noise)
    X = np.concatenate([r * _ray(g.uniform(n, 0, 2 * math.pi)) for n, r in zip(sizes, (1, factor), strict=True)])
    return _noisy(X, np.repeat([0, 1], sizes), noise, g)


def make_spiral(
    n_samples: int = 100,
    *,
    classes: int = 3,
    turns: float = 0.6,
    noise: float = 0.03,
    generator: Generator | None = None,
) -> Points:
    """Draw arms that wind around the origin, one for each class.

    Parameters
    ----------
    n_samples : int
    classes : int
    turns : float
        How often each arm goes around.
    noise : float
        The standard deviation of what is added to both coordinates; the arms reach out to 1.
    generator : Generator, optional
        The default generator if not given.

    Returns
    -------
    X : ndarray of float32, shape (n_samples, 2)
    y : ndarray of int64, shape (n_samples,)
        From 0 to classes − 1.

    Examples
    --------
    >>> X, y = make_spiral(90, classes=3, generator=Generator().manual_seed(0))
    >>> np.bincount(y)
    array([30, 30, 30])
    """
    g, sizes = _start("make_spiral", n_samples, classes, generator, noise)
    arms = []
    for arm, n in enumerate(sizes):
        radius = np.sqrt(g.uniform(n))  # as many points on an inner as on an outer piece of the same length
        arms.append(radius[:, None] * _ray(2 * math.pi * (turns * radius + arm / classes)))
    return _noisy(np.concatenate(arms), np.repeat(np.arange(classes), sizes), noise, g)


def make_xor(n_samples: int = 100, *, noise: float = 0.1, generator: Generator | None = None) -> Points:
    """Draw points of a square, of class 1 where their coordinates differ in sign: the exclusive or.

    Parameters
    ----------
    n_samples : int
    noise : float
        The standard deviation of what is added to both coordinates afterwards; they lie between −1 and 1.
    generator : Generator, optional
        The default generator if not given.

    Returns
    -------
    X : ndarray of float32, shape (n_samples, 2)
    y : ndarray of int64, shape (n_samples,)

    Examples
    --------
    >>> X, y = make_xor(50, noise=0, generator=Generator().manual_seed(0))
    >>> bool(np.all((X[:, 0] * X[:, 1] < 0) == y))
    True
    """
    g, sizes = _start("make_xor", n_samples, len(CORNERS), generator, noise)
    X = np.concatenate([g.uniform((n, 2)) * corner for n, corner in zip(sizes, CORNERS, strict=True)])
    return _noisy(X, np.repeat([0, 1, 1, 0], sizes), noise, g)


def make_wave(
    n_samples: int = 100,
    *,
    noise: float = 0.1,
    outliers: float = 0.1,
    generator: Generator | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Draw points of the wave y = sin(π x) for a regression, some of them far off.

    Parameters
    ----------
    n_samples : int
    noise : float
        The standard deviation of what is added to each y.
    outliers : float
        The share of points that are moved up, by 2 on average: as an instrument fails, all to one side.
    generator : Generator, optional
        The default generator if not given.

    Returns
    -------
    x : ndarray of float32, shape (n_samples, 1)
        From −1 to 1.
    y : ndarray of float32, shape (n_samples, 1)

    Raises
    ------
    ValueError
        If `n_samples` is negative or `outliers` no share.

    Examples
    --------
    >>> x, y = make_wave(5, noise=0, outliers=0, generator=Generator().manual_seed(0))
    >>> bool(np.allclose(y, np.sin(np.pi * x), atol=1e-6))
    True
    """
    if not 0 <= outliers <= 1:
        raise ValueError(f"make_wave expected outliers between 0 and 1, got {outliers}")
    g, _ = _start("make_wave", n_samples, 1, generator, noise)
    x = g.uniform((n_samples, 1), -1, 1)
    y = np.sin(math.pi * x) + noise * g.normal((n_samples, 1))
    off, by = g.uniform((n_samples, 1)) < outliers, g.uniform((n_samples, 1), 1, 3)
    return x, np.where(off, y + by, y).astype(np.float32)


# ---- parts of the recipes ---------------------------------------------------------------------------------------


def _start(
    name: str, n_samples: int, groups: int, generator: Generator | None, noise: float = 0.0
) -> tuple[Generator, list[int]]:
    """Return what draws, and how many points each group gets: as many as another, or one more."""
    for argument, value in (("n_samples", n_samples), ("noise", noise)):
        if not value >= 0:
            raise ValueError(f"{name} expected {argument} from 0 on, got {value}")
    if groups < 1:
        raise ValueError(f"{name} expected at least one class, got {groups}")
    sizes = [n_samples // groups + (i < n_samples % groups) for i in range(groups)]
    return source_of(generator), sizes


def _ray(angle: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the points of the unit circle at angles, shape (N, 2)."""
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _noisy(X: NDArray[np.floating], y: NDArray[np.integer], noise: float, g: Generator) -> Points:
    return _shuffled(X + noise * g.normal(X.shape), y, g)


def _shuffled(X: NDArray[np.floating], y: NDArray[np.integer], g: Generator) -> Points:
    order = g.permutation(len(X))
    return X[order].astype(np.float32), y[order].astype(np.int64)
