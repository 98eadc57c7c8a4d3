"""A picture, and what a network says it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.notebooks.extra import go
from chainrule.notebooks.figures import INK, beside, new_figure
from chainrule.plot.style import BLUE, ORANGE

GAP = 2  # pixels between pictures


def new_pictures(label: str, height: int | None, **look: Any) -> Any:
    """Return a figure for pictures: dark ink on light paper, square pixels, no axes.

    Parameters
    ----------
    label : str
        What they are, for those who hear the page.
    height : int or None
        In pixels; None for that of its place on the page.
    **look
        Of ``plotly.graph_objects.Heatmap``.

    Examples
    --------
    >>> new_pictures("digits", 200).plot.layout.xaxis.visible
    False
    """
    shown = {"colorscale": "gray", "reversescale": True, "showscale": False, "hoverinfo": "skip", **look}
    figure = new_figure([go.Heatmap(z=[[0]], **shown)], "", "", height)
    figure.label = label
    figure.plot.update_xaxes(visible=False, constrain="domain")
    figure.plot.update_yaxes(visible=False, constrain="domain", scaleanchor="x", autorange="reversed")
    return figure


def mosaic(pictures: Any, columns: int) -> Any:
    """Put pictures side by side, in rows, with a gap between them.

    Parameters
    ----------
    pictures : array_like, shape (N, height, width)
    columns : int

    Returns
    -------
    ndarray
        Not a number where there is no picture.

    Examples
    --------
    >>> mosaic(np.ones((3, 28, 28)), columns=2).shape
    (60, 60)
    """
    pictures = np.asarray(pictures, dtype=np.float64)
    count, height, width = pictures.shape
    rows = max(-(-count // columns), 1)
    page = np.full((rows * columns, height + GAP, width + GAP), np.nan)
    page[:count, :height, :width] = pictures
    return page.reshape(rows, columns, height + GAP, width + GAP).swapaxes(1, 2).reshape(rows * (height + GAP), -1)


class Answer:
    """A picture beside the probabilities that a network gives the classes.

    Parameters
    ----------
    classes : sequence of str

    Attributes
    ----------
    picture, bars : Figure
    view : Box

    Examples
    --------
    >>> answer = Answer(["no", "yes"])
    >>> answer.show(np.zeros((28, 28)), 1, np.array([0.25, 0.75]))
    'yes; the network says yes with 75%'
    """

    def __init__(self, classes: Sequence[str]) -> None:
        self.classes = list(classes)
        self.picture = new_pictures("The picture", 260, zmin=0, zmax=255)
        self.bars = new_figure([go.Bar(x=[], y=self.classes, orientation="h")], "probability", "", 260)
        self.bars.label = "The probability of each class"
        self.bars.plot.update_xaxes(range=[0, 1])
        self.bars.plot.update_yaxes(type="category", autorange="reversed", dtick=1)
        self.view = beside(self.picture, self.bars)

    def show(self, image: Any, label: int, probabilities: Any) -> str:
        """Draw a picture and an answer, the right class in blue and a wrong one in orange, and say it.

        Parameters
        ----------
        image : ndarray of uint8, shape (28, 28)
        label : int
            What it is.
        probabilities : ndarray, shape (classes,)
        """
        numbers = bool(np.isfinite(probabilities).all())
        said = int(np.argmax(probabilities)) if numbers else label
        colors = [BLUE if k == label else ORANGE if k == said else INK for k in range(len(self.classes))]
        with self.picture.drawing(), self.bars.drawing():
            self.picture.plot.data[0].z = image
            self.bars.plot.data[0].update(x=probabilities, marker={"color": colors})
        if not numbers:
            return f"{self.classes[label]}; the network no longer gives numbers"
        return f"{self.classes[label]}; the network says {self.classes[said]} with {probabilities[said]:.0%}"
