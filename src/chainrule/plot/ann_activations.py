"""Activation functions and their derivatives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.plot.style import BLUE, GREY, ORANGE, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
        figure = new_figure(8, 6.2)
        for i, (name, values) in enumerate(panels):
            axes = figure.add_subplot(2, 2, i + 1)
            axes.axhline(0, color=GREY, linewidth=0.6)
            axes.axvline(0, color=GREY, linewidth=0.6)
            axes.plot(z, _with_jumps(values), color=BLUE, linewidth=2.2)
            axes.set_title(name)
            axes.set_xlabel("z")
            axes.set_ylabel(ylabel)
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


def _with_jumps(values: Any) -> Any:
    """Leave the line open where a function jumps."""
    values = np.array(values, dtype=float)
    steps = np.abs(np.diff(values))
    values[1:][steps > 0.5] = np.nan
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
        figure = new_figure(10, 4.2)
        for i, (curves, ylabel) in enumerate(((functions, "f(z)"), (derivatives, "f'(z)"))):
            axes = figure.add_subplot(1, 2, i + 1)
            for j, (name, values) in enumerate(curves.items()):
                axes.plot(z, _with_jumps(values), label=name, **_elu_look(j, len(curves)))
            axes.set_xlabel("z")
            axes.set_ylabel(ylabel)
            if i == 0:
                axes.set_ylim(-2.1, 2.1)
                axes.legend(loc="upper left")
            axes.set_title("function" if i == 0 else "derivative")
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


def _elu_look(i: int, n: int) -> dict[str, Any]:
    if i == 0:
        return {"color": "black", "linestyle": ":", "linewidth": 2, "zorder": 3}
    if i == 1:
        return {"color": ORANGE, "linestyle": "--", "linewidth": 1.6, "zorder": 3}
    return {"color": BLUE, "alpha": 0.3 + 0.7 * (i - 1) / (n - 2), "linewidth": 0.8 + 1.6 * (i - 1) / (n - 2)}
