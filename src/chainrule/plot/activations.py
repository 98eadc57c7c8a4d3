"""Activation functions and their derivatives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.plot.style import BLUE, GREY, ORANGE, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

JUMP = 0.5  # between neighbours of a fine grid: there the line is left open


def draw_grid(panels: Sequence[tuple[str, Any]], z: Any, ylabel: str, title: str) -> Figure:
    """Draw four functions of one variable, two by two.

    Parameters
    ----------
    panels : sequence of (str, array_like)
        What each panel is called, and its values.
    z : array_like
        Where they were taken.
    ylabel, title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(8, 6.2, title)
        for axes, (name, values) in zip(figure.subplots(2, 2).flat, panels, strict=True):
            axes.axhline(0, color=GREY, linewidth=0.6)
            axes.axvline(0, color=GREY, linewidth=0.6)
            axes.plot(z, _with_jumps(values), color=BLUE, linewidth=2.2)
            axes.set(title=name, xlabel="z", ylabel=ylabel)
        return figure


def _with_jumps(values: Any) -> Any:
    values = np.array(values, dtype=float)
    values[1:][np.abs(np.diff(values)) > JUMP] = np.nan
    return values


def draw_elu(z: Any, functions: Mapping[str, Any], derivatives: Mapping[str, Any], title: str) -> Figure:
    """Draw ELU with several α, beside ReLU and Leaky ReLU: functions on the left, derivatives on the right.

    Parameters
    ----------
    z : array_like
    functions, derivatives : mapping of str to array_like
        ReLU and Leaky ReLU first, then ELU by rising α.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(10, 4.2, title)
        left, right = figure.subplots(1, 2)
        for axes, curves in ((left, functions), (right, derivatives)):
            for i, (name, values) in enumerate(curves.items()):
                axes.plot(z, _with_jumps(values), label=name, **_elu_look(i, len(curves)))
        left.set(xlabel="z", ylabel="f(z)", title="function", ylim=(-2.1, 2.1))
        right.set(xlabel="z", ylabel="f'(z)", title="derivative")
        left.legend(loc="upper left")
        return figure


def _elu_look(i: int, n: int) -> dict[str, Any]:
    if i == 0:
        return {"color": "black", "linestyle": ":", "linewidth": 2, "zorder": 3}
    if i == 1:
        return {"color": ORANGE, "linestyle": "--", "linewidth": 1.6, "zorder": 3}
    return {"color": BLUE, "alpha": 0.3 + 0.7 * (i - 1) / (n - 2), "linewidth": 0.8 + 1.6 * (i - 1) / (n - 2)}
