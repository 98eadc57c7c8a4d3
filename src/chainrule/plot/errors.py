"""What a wrong answer costs, and what comes of it: the losses as functions, and a fit by each of two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.plot.style import BLUE, GREY, ORANGE, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOOKS: tuple[dict[str, Any], ...] = (
    {"color": GREY, "linestyle": ":", "linewidth": 2.2},
    {"color": ORANGE, "linestyle": "--", "linewidth": 2.2},
    {"color": BLUE, "linestyle": "-", "linewidth": 2.2},
)


def draw_losses() -> Figure:
    """Draw the losses of classification over the margin, and those of regression over the residual.

    Returns
    -------
    matplotlib.figure.Figure
    """
    m, r = np.linspace(-4, 4, 401), np.linspace(-2.5, 2.5, 401)
    with house_style():
        title = "What can be trained with has a slope that says where to go: the 0-1 loss has none"
        figure = new_figure(10, 3.9, title)
        left, right = figure.subplots(1, 2)
        left.step(m, m < 0, color=GREY, linewidth=2.2, label="0-1 loss: a step, its slope is 0")
        left.plot(m, np.log1p(np.exp(-m)), color=BLUE, linewidth=2.2, label="logistic loss: log(1 + exp(−m))")
        left.set_title("classification")
        left.set_xlabel("margin m (z for class 1, −z for class 0)")
        left.set_ylabel("loss of one point")
        right.plot(r, r**2, color=ORANGE, linestyle="--", linewidth=2.2, label="squared error: r²")
        right.plot(r, np.abs(r), color=BLUE, linewidth=2.2, label="absolute error: |r|")
        right.set_title("regression")
        right.set_xlabel("residual r = f(x) − y")
        for axes in (left, right):
            axes.set_ylim(bottom=0)
            axes.legend(loc="upper center" if axes is right else "upper right")
        return figure


def draw_fits(
    points: tuple[Any, Any], truth: tuple[Any, Any], fits: Mapping[str, Sequence[float]], title: str
) -> Figure:
    """Draw points with the curves that were fitted to them.

    Parameters
    ----------
    points : (array_like, array_like)
        x and y of each.
    truth : (array_like, array_like)
        The curve without noise.
    fits : mapping of str to sequence of float
        Values at the places of the truth, by what the legend says; three at most.
    title : str
        What is seen.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(9, 4.6, title)
        axes = figure.subplots()
        axes.scatter(*points, s=14, color="black", alpha=0.55, linewidths=0, label="training points", zorder=3)
        axes.plot(*truth, color="black", linewidth=1, label="without noise")
        for (name, fit), look in zip(fits.items(), LOOKS, strict=False):
            axes.plot(truth[0], fit, label=name, **look)
        axes.set_xlabel("x")
        axes.set_ylabel("y")
        axes.legend(loc="upper left")
        return figure
