"""Figures that change under the hand: what they look like, and how their lines are moved."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.notebooks.extra import anywidget, get_plotlyjs, go, traitlets, widgets
from chainrule.plot.style import BLUE, GREEN, ORANGE, PINK, SKY

CLEAR = "rgba(0,0,0,0)"
INK = "#808080"  # seen on white and on black; what is of this colour takes that of the page's text
COLORS = (BLUE, ORANGE, GREEN, PINK, SKY)
DASHES = ("solid", "dash", "dashdot", "dot", "longdash")  # tell lines apart in grey


@functools.cache
def _library() -> Any:
    """Return a label that is never shown: what carries Plotly to a page, once for all of its figures."""
    return widgets.Label(get_plotlyjs())


class Figure(anywidget.AnyWidget):
    """A figure of Plotly's on a page, drawn anew when Python changes it.

    Plotly has a widget of its own, whose every figure brings the whole of Plotly to the page, and which sends
    changes one by one: a page that is not ready yet misses them. This one sends the figure as it is.

    Parameters
    ----------
    plot : plotly.graph_objects.Figure
    label : str
        What it shows, for those who hear the page; the names in its legend are said after it.

    Attributes
    ----------
    plot : plotly.graph_objects.Figure
    shown : str
        What the page has: ``plot`` as JSON.

    Examples
    --------
    >>> figure = Figure(go.Figure(line("ReLU", 0)), "f(z) by z")
    >>> with figure.drawing():
    ...     move(figure, 0, [-1.0, 1.0], [0.0, 1.0])
    >>> figure.plot.data[0].y.tolist()
    [0.0, 1.0]
    """

    _esm = Path(__file__).with_name("figure.js")
    library = traitlets.Unicode().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    shown = traitlets.Unicode().tag(sync=True)

    def __init__(self, plot: Any, label: str) -> None:
        super().__init__(library=_library().model_id, label=label, shown=plot.to_json())
        self.plot = plot

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Change ``plot`` inside; afterwards the page shows it."""
        yield
        self.shown = self.plot.to_json()


def new_figure(traces: Sequence[Any], x: str, y: str, height: int | None = 300) -> Any:
    """Return a figure that is as wide as there is room, on the page's own background.

    A finger that moves over it moves the page: nothing in it is dragged or zoomed.

    Parameters
    ----------
    traces : sequence of Plotly's traces
    x, y : str
        What the axes show.
    height : int or None
        In pixels; None for that of its place on the page.

    Returns
    -------
    Figure

    Examples
    --------
    >>> new_figure([], "z", "f(z)").plot.layout.xaxis.title.text
    'z'
    """
    axis = {"type": "linear", "fixedrange": True, "automargin": True, "zerolinewidth": 1}
    layout = {
        "template": "none",
        "autosize": True,
        "height": height,
        "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "font": {"size": 13, "color": INK},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "bgcolor": CLEAR},
        "dragmode": False,
        "xaxis": {"title": {"text": x, "standoff": 6}, **axis},
        "yaxis": {"title": {"text": y, "standoff": 6}, **axis},
    }
    return Figure(go.Figure(list(traces), layout), f"{y} by {x}")


def beside(*figures: Any) -> Any:
    """Return figures in a row, or in a column where the page is narrow.

    Examples
    --------
    >>> len(beside(new_figure([], "x", "y"), new_figure([], "x", "y")).children)
    2
    """
    cell = {"flex": "1 1 320px", "min_width": "0", "display": "block"}
    cells = [widgets.Box([figure], layout=widgets.Layout(**cell)) for figure in figures]
    return widgets.Box(cells, layout=widgets.Layout(flex_flow="row wrap", width="100%"))


def line(name: str, look: int, **options: Any) -> Any:
    """Return an empty line.

    Parameters
    ----------
    name : str
        In the legend.
    look : int
        Its colour and its dashes, counted from 0; 25 differ.
    **options
        Of ``plotly.graph_objects.Scatter``.

    Examples
    --------
    >>> line("tanh", 1).line.dash
    'dash'
    """
    round, color = divmod(look, len(COLORS))
    drawn = {"color": COLORS[color], "dash": DASHES[(color + round) % len(DASHES)], "simplify": False}
    return go.Scatter(name=name, **{"x": [], "y": [], "mode": "lines", "line": drawn, **options})


def move(figure: Any, trace: int, x: Any, y: Any, **changes: Any) -> None:
    """Give a line other points.

    Parameters
    ----------
    figure : Figure
    trace : int
        Which of its lines.
    x, y : array_like
    **changes
        Of other properties, as ``name``.
    """
    figure.plot.data[trace].update(x=np.asarray(x), y=np.asarray(y), **changes)
