"""Four classes in the plane, and what networks make of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.plot.ann_training import LOOKS, line
from chainrule.plot.style import BLUE, ORANGE, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLORS, MARKERS = (BLUE, ORANGE, "#009E73", "#CC79A7"), ("o", "^", "s", "D")
RESOLUTION = 150


def draw_four_classes(
    X: Any,
    y: Any,
    predictions: Mapping[str, Callable[[Any], Any]],
    accuracies: Mapping[str, float],
    losses: Mapping[str, Any],
    title: str,
) -> Figure:
    """Draw the loss of several networks, and the regions that each gives to the classes.

    Parameters
    ----------
    X : ndarray, shape (N, 2)
    y : ndarray of int, shape (N,)
        From 0 to 3.
    predictions : mapping of str to callable
        Takes points of shape (N, 2) to classes.
    accuracies : mapping of str to float
    losses : mapping of str to sequence of float
        Of the epochs.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.colors import ListedColormap

    low, high = X.min(0) - 0.4, X.max(0) + 0.4
    first, second = np.meshgrid(*(np.linspace(a, b, RESOLUTION) for a, b in zip(low, high, strict=True)))
    points = np.stack([first.ravel(), second.ravel()], axis=1)
    with house_style():
        figure = new_figure(3.1 * len(predictions) + 3.2, 3.9)
        panels = figure.subplots(1, len(predictions) + 1)
        for (name, values), look in zip(losses.items(), LOOKS, strict=False):
            panels[0].plot(np.arange(1, len(values) + 1), values, label=name, linewidth=2, **line(look))
        panels[0].set(xlabel="epoch", ylabel="loss / nat", title="training loss")
        panels[0].legend(fontsize=8)
        for axes, (name, predict) in zip(panels[1:], predictions.items(), strict=True):
            said = predict(points).reshape(first.shape)
            axes.imshow(said, extent=(low[0], high[0], low[1], high[1]), origin="lower", aspect="auto", alpha=0.25,
                        cmap=ListedColormap(COLORS), vmin=-0.5, vmax=3.5, interpolation="nearest")  # fmt: skip
            for label in range(4):
                look = {"c": COLORS[label], "marker": MARKERS[label], "edgecolors": "white", "linewidths": 0.4}
                axes.scatter(*X[y == label].T, s=12, label=f"class {label}", **look)
            for label in np.unique(said):
                middle = points[said.ravel() == label].mean(0)
                axes.text(*middle, f"says {label}", ha="center", va="center", fontsize=10, weight="bold",
                          bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 2})  # fmt: skip
            axes.set_title(f"{name}: {accuracies[name]:.0%} right", fontsize=9.5)
            axes.set(xlabel="$x_1$", ylabel="$x_2$")
            axes.grid(False)
        panels[0].set_ylim(bottom=-0.05 * panels[0].get_ylim()[1])
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower right", ncols=4, markerscale=2)
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure
