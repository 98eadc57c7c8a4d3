"""Pictures: with what a network says of them, in rows by kind, and weights seen as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.plot.style import BLUE, ORANGE, house_style, new_figure, picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from chainrule.ops import Array


def show_predictions(
    images: Any, truth: Any, probabilities: Any, classes: Sequence[str], title: str, columns: int = 8
) -> Figure:
    """Draw pictures in a grid, each under the network's answer; where it errs, the truth stands beside it.

    Parameters
    ----------
    images : array_like, shape (N, height, width)
    truth : array_like of int, shape (N,)
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
        figure = new_figure(1.42 * columns, 1.72 * rows + 0.5, title)
        grid = figure.add_gridspec(rows, columns)
        for i, image in enumerate(images):
            axes = figure.add_subplot(grid[i // columns, i % columns])
            said, right = int(probabilities[i].argmax()), int(truth[i])
            hit = said == right
            color = BLUE if hit else ORANGE
            picture(axes, image, color, 1 if hit else 2.5)
            answer = f"{classes[said]} {probabilities[i, said]:.0%}"
            note = answer if hit else f"{answer}\n(is: {classes[right]})"
            axes.set_xlabel(note, fontsize=8, color=color, weight="normal" if hit else "bold")
        return figure


def draw_pictures(images: Array, title: str) -> Figure:
    """Draw a row of pictures.

    Parameters
    ----------
    images : ndarray, shape (N, height, width)
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style(axes__grid=False):
        figure = new_figure(1.9 * len(images), 2.3, title)
        for image, axes in zip(images, np.atleast_1d(figure.subplots(1, len(images))), strict=True):
            picture(axes, image)
        return figure


def draw_groups(
    groups: Mapping[str, tuple[Array, Sequence[str]]], title: str, columns: int = 12, most: int = 24
) -> Figure:
    """Draw pictures in groups, each group under its name, each picture with a note below it.

    Parameters
    ----------
    groups : mapping of str to (ndarray (N, height, width), sequence of str)
        For each group its pictures, the most telling first, and their notes.
    title : str
    columns : int
        Pictures in a row.
    most : int
        So many of a group are drawn; if there are more, its name says so.

    Returns
    -------
    matplotlib.figure.Figure
    """
    rows: list[tuple[str, Array, Sequence[str]]] = []
    for name, (images, notes) in groups.items():
        shown = f"{name}\n(the first {most})" if len(images) > most else name
        for start in range(0, min(len(images), most), columns):
            stop = min(start + columns, most)
            rows.append(("" if start else shown, images[start:stop], notes[start:stop]))
    with house_style(axes__grid=False):
        figure = new_figure(11, 0.6 + 1.02 * max(len(rows), 1), title)
        grid = figure.add_gridspec(max(len(rows), 1), columns + 2)
        for i, (name, images, notes) in enumerate(rows):
            label = figure.add_subplot(grid[i, :2])
            label.axis("off")
            label.text(1.0, 0.5, name, ha="right", va="center", fontsize=10, transform=label.transAxes)
            for j, (image, note) in enumerate(zip(images, notes, strict=True)):
                axes = figure.add_subplot(grid[i, j + 2])
                picture(axes, image)
                axes.set_xlabel(note, fontsize=8, labelpad=2)
        return figure


def draw_weights(weights: Array, names: Sequence[str], title: str) -> Figure:
    """Draw the weights of each output as a picture: light where they are positive, dark where negative.

    Parameters
    ----------
    weights : ndarray, shape (outputs, height, width)
        An even number of them.
    names : sequence of str
        Of the outputs.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    most = float(np.quantile(np.abs(weights), 0.998))  # a few pixels at the rim would leave the others grey
    with house_style(axes__grid=False):
        figure = new_figure(10, 4.6, title)
        grid = figure.subplots(2, len(weights) // 2)
        for W, name, axes in zip(weights, names, grid.flat, strict=True):
            shown = picture(axes, W, None, cmap="gray", vmin=-most, vmax=most)
            axes.set_title(name, loc="center")
        figure.colorbar(shown, ax=grid, shrink=0.85, aspect=30, pad=0.02, extend="both", label="weight")
        return figure
