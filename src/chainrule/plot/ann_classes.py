"""Pictures by class, predictions with their confidence, and what is taken for what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.plot.style import BLUE, ORANGE, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_samples(images: Any, labels: Any, classes: Sequence[str], title: str, columns: int = 8) -> Figure:
    """Draw the first pictures of each class, a row for each.

    Parameters
    ----------
    images : ndarray, shape (N, height, width)
    labels : ndarray of int, shape (N,)
    classes : sequence of str
    title : str
    columns : int

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style(axes__grid=False):
        figure = new_figure(0.75 * columns + 1.4, 0.75 * len(classes) + 0.5)
        grid = figure.add_gridspec(len(classes), columns)
        for row, name in enumerate(classes):
            for column, i in enumerate(np.flatnonzero(labels == row)[:columns]):
                axes = figure.add_subplot(grid[row, column])
                _picture(axes, images[i])
                for spine in axes.spines.values():
                    spine.set_visible(False)
                if column == 0:
                    axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=10)
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


def draw_predictions(images: Any, truth: Sequence[int], probabilities: Any, classes: Sequence[str]) -> Figure:
    """Draw 4 × 4 pictures, each with its class, the network's answer, and how sure the network is.

    Parameters
    ----------
    images : ndarray, shape (16, height, width)
    truth : sequence of int
    probabilities : ndarray, shape (16, classes)
    classes : sequence of str

    Returns
    -------
    matplotlib.figure.Figure
    """
    said = probabilities.argmax(1)
    right = int((said == np.asarray(truth)).sum())
    with house_style(axes__grid=False):
        figure = new_figure(7.2, 8.6)
        grid = figure.add_gridspec(4, 4)
        for i, image in enumerate(images):
            axes = figure.add_subplot(grid[i // 4, i % 4])
            _picture(axes, image)
            hit = said[i] == truth[i]
            for spine in axes.spines.values():
                spine.set(visible=True, color=BLUE if hit else ORANGE, linewidth=1 if hit else 2.5)
            axes.set_title(f"is: {classes[truth[i]]}", fontsize=9, loc="center")
            note = f"said: {classes[said[i]]}\nsure: {probabilities[i, said[i]]:.1%}"
            axes.set_xlabel(note, fontsize=9, color=BLUE if hit else ORANGE, weight="normal" if hit else "bold")
        title = f"{right} of the first {len(images)} test images are recognised (bold in orange: the others)"
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


def _picture(axes: Axes, image: Any) -> None:
    axes.imshow(image, cmap="gray_r", interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])


def draw_confusion(matrix: Any, classes: Sequence[str], title: str) -> Figure:
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
        figure = new_figure(8, 7)
        axes = figure.add_subplot()
        shown = axes.imshow(np.sqrt(shares), cmap="Blues", vmin=0, vmax=1)  # roots: small shares are seen too
        for (row, column), count in np.ndenumerate(matrix):
            if count:
                color = "white" if shares[row, column] > 0.4 else "black"
                weight = "bold" if row == column else "normal"
                axes.text(
                    column, row, f"{count:,}", ha="center", va="center", color=color, weight=weight, fontsize=9
                )
        axes.set_xticks(range(len(classes)), classes, rotation=40, ha="right")
        axes.set_yticks(range(len(classes)), classes)
        axes.set_xlabel("what the network says")
        axes.set_ylabel("what it is")
        bar = figure.colorbar(shown, ax=axes, shrink=0.8, label="share of the row / %")
        ticks = np.array([0, 0.02, 0.1, 0.25, 0.5, 1])
        bar.set_ticks(list(np.sqrt(ticks)), labels=[f"{100 * tick:g}" for tick in ticks])
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure
