"""How every figure looks, and how it is saved."""

from __future__ import annotations

import io
import os
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from chainrule.files import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours: told apart by the colour-blind, and of different greys in print.
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#666666"
GREEN, PINK, SKY = "#009E73", "#CC79A7", "#56B4E9"

# Ours is a broad pale band, PyTorch's a thin line on it: where they coincide, both are seen.
OURS: dict[str, Any] = {
    "color": BLUE,
    "alpha": 0.5,
    "linewidth": 3.5,
    "marker": "o",
    "markersize": 8,
    "markerfacecolor": "none",
}
THEIRS: dict[str, Any] = {"color": ORANGE, "linewidth": 1.0, "marker": "x", "markersize": 5}
TRAINING: dict[str, Any] = {
    "color": GREY,
    "linewidth": 1.5,
    "linestyle": "--",
    "marker": "s",
    "markersize": 4,
    "markerfacecolor": "none",
}
STATED: dict[str, Any] = {"color": "black", "linestyle": "none", "marker": "D", "markersize": 5}
# Several of a kind: told apart by colour, by the kind of line and by the marker; one of them is enough.
LOOKS: list[dict[str, Any]] = [
    {"color": BLUE, "linestyle": "-", "marker": "o"},
    {"color": ORANGE, "linestyle": "--", "marker": "^"},
    {"color": GREEN, "linestyle": "-.", "marker": "s"},
    {"color": "black", "linestyle": ":", "marker": "D"},
    {"color": PINK, "linestyle": (0, (5, 1)), "marker": "v"},
    {"color": SKY, "linestyle": (0, (1, 1)), "marker": "P"},
]
TITLE_SIZE = 13  # points
LINE = 1.25 * TITLE_SIZE / 72  # inches that a line of the title takes

SETTINGS: dict[str, Any] = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": "medium",
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
}


def house_style(**changes: Any) -> AbstractContextManager[Any]:
    """Return a context in which matplotlib draws in the product's style.

    Raises
    ------
    ImportError
        If matplotlib is not installed: the error names the extra.
    """
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise ImportError('figures need an extra: pip install "chainrule[lab]"') from error
    settings: Any = {**SETTINGS, **{name.replace("__", "."): value for name, value in changes.items()}}
    return mpl.rc_context(settings)


def new_figure(width: float, height: float, title: str = "") -> Figure:
    """Return an empty figure of a size in inches, in the product's style.

    It belongs to nobody but the caller: no window, no global state of matplotlib.

    Parameters
    ----------
    width, height : float
    title : str
        What is seen. It is wrapped to the width, and the figure grows by every line after the first.
    """
    from matplotlib.figure import Figure

    lines = wrapped(title, width)
    figure = Figure(figsize=(width, height + LINE * max(len(lines) - 1, 0)))
    if title:
        figure.suptitle("\n".join(lines), x=0.01, ha="left", fontsize=TITLE_SIZE)
    return figure


def wrapped(title: str, width: float, size: float = TITLE_SIZE) -> list[str]:
    """Return a title in lines that are no wider than a figure.

    Parameters
    ----------
    title : str
        Line breaks stay.
    width : float
        In inches.
    size : float
        Of the letters, in points.

    Examples
    --------
    >>> wrapped("a title of some length", 1.2)
    ['a title of', 'some length']
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    font, measure = FontProperties(size=size), TextToPath().get_text_width_height_descent
    lines: list[str] = []
    for paragraph in title.splitlines():
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".lstrip()
            if line and measure(longer, font, ismath=False)[0] > 0.98 * 72 * width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines


def epoch_axis(axes: Axes) -> None:
    """Name the horizontal axis, and number it with whole epochs."""
    axes.set_xlabel("epoch")
    axes.locator_params(axis="x", integer=True, min_n_ticks=1)


def picture(axes: Axes, image: Any, color: str | None = "#bbbbbb", width: float = 0.8, **shown: Any) -> Any:
    """Draw a picture, dark on light, in a frame of a colour, or in none.

    Parameters
    ----------
    axes : Axes
    image : ndarray, shape (height, width)
    color : str or None
    width : float
        Of the frame, in points.
    **shown
        Others of ``Axes.imshow``.

    Returns
    -------
    matplotlib.image.AxesImage
    """
    drawn = axes.imshow(image, **{"cmap": "gray_r", "interpolation": "nearest", **shown})
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(visible=color is not None, color=color, linewidth=width)
    return drawn


def cut_off(figure: Figure) -> list[str]:
    """Return the texts of a figure that go beyond its edges, which a page would cut off.

    Examples
    --------
    >>> cut_off(new_figure(2, 2, "short")), len(wrapped("a much longer title than that", 2))
    ([], 2)
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    canvas: Any = FigureCanvasAgg(figure)
    with house_style():
        canvas.draw()
    axes = [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]
    undrawn = {label for axis in axes for label in _labels_outside(axis)}
    texts = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text() and t not in undrawn]
    boxes = [(text.get_text(), text.get_window_extent(canvas.get_renderer())) for text in texts]
    width, height = figure.bbox.width, figure.bbox.height
    return [words for words, box in boxes if min(box.x0, box.y0) < -1 or box.x1 > width + 1 or box.y1 > height + 1]


def _labels_outside(axis: Any) -> list[Any]:
    """Return the labels of ticks that matplotlib keeps but does not draw, as they lie beyond the axis."""
    low, high = sorted(axis.get_view_interval())
    ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
    beyond = [tick for tick in ticks if not low <= tick.get_loc() <= high]
    return [label for tick in beyond for label in (tick.label1, tick.label2)]


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure as PNG, whole or not at all."""
    buffer = io.BytesIO()
    with house_style():
        figure.savefig(buffer, format="png", dpi=150)
    with write_whole(path) as file:
        file.write(buffer.getvalue())
