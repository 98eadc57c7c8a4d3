"""What is taken for what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from chainrule.plot.style import house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from chainrule.ops import Array

TICKS = np.array([0, 0.02, 0.1, 0.25, 0.5, 1])  # of the scale
LIGHT = 0.4  # shares above it are so dark that their numbers are written in white


def draw_confusion(matrix: Array, classes: Sequence[str], title: str) -> Figure:
    """Draw how many pictures of each class are taken for what.

    Parameters
    ----------
    matrix : ndarray of int, shape (classes, classes)
        Rows are what they are, columns what is said.
    classes : sequence of str
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    with house_style(axes__grid=False):
        figure = new_figure(8, 7, title)
        axes = figure.add_subplot()
        shown = axes.imshow(np.sqrt(shares), cmap="Blues", vmin=0, vmax=1)  # roots: small shares are seen too
        for (row, column), count in np.ndenumerate(matrix):
            if count:
                color = "white" if shares[row, column] > LIGHT else "black"
                weight = "bold" if row == column else "normal"
                axes.text(column, row, f"{count:,}", ha="center", va="center", color=color, weight=weight, size=9)
        axes.set_xticks(range(len(classes)), classes, rotation=40, ha="right")
        axes.set_yticks(range(len(classes)), classes)
        axes.set_xlabel("what the network says")
        axes.set_ylabel("what it is")
        bar = figure.colorbar(shown, ax=axes, shrink=0.8, label="share of the row / %")
        bar.set_ticks(list(np.sqrt(TICKS)), labels=[f"{100 * tick:g}" for tick in TICKS])
        return figure
