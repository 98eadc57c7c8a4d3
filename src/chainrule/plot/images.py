"""Pictures with what a network says of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.plot.style import BLUE, ORANGE, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def show_predictions(
    images: Any, truth: Sequence[int], probabilities: Any, classes: Sequence[str], title: str, columns: int = 8
) -> Figure:
    """Draw pictures in a grid, each under the network's answer; where it errs, the truth stands beside it.

    Parameters
    ----------
    images : array_like, shape (N, height, width)
    truth : sequence of int
        The right class of each.
    probabilities : array_like, shape (N, classes)
        The network's.
    classes : sequence of str
    title : str
    columns : int

    Returns
    -------
    matplotlib.figure.Figure
    """
    images, probabilities = np.asarray(images), np.asarray(probabilities)
    rows = -(-len(images) // columns)
    with house_style(axes__grid=False):
        figure = new_figure(1.42 * columns, 1.72 * rows + 0.5)
        grid = figure.add_gridspec(rows, columns)
        for i, image in enumerate(images):
            axes = figure.add_subplot(grid[i // columns, i % columns])
            axes.imshow(image, cmap="gray_r", interpolation="nearest")
            axes.set_xticks([])
            axes.set_yticks([])
            said, right = int(probabilities[i].argmax()), int(truth[i])
            color = BLUE if said == right else ORANGE
            for spine in axes.spines.values():
                spine.set(visible=True, color=color, linewidth=1 if said == right else 2.5)
            answer = f"{classes[said]} {probabilities[i, said]:.0%}"
            note = answer if said == right else f"{answer}\nnot {classes[right]}"
            axes.set_xlabel(note, fontsize=8, color=color)
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure
