"""A training as a film, the boundary between the classes beside the curves; and the film as a strip on paper."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from chainrule.files import write_whole
from chainrule.plot.plane import Floats, Region, RegionAxes, draw_pair
from chainrule.plot.style import GREY, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DURATION, LAST = 170, 1000  # milliseconds that a frame is shown, and the last one
DPI = 80
STRIP = 5  # frames in a filmstrip


@dataclass(frozen=True)
class Frame:
    """One moment of a training.

    Attributes
    ----------
    epoch : int
        How many are finished.
    probabilities : ndarray
        Of the classes, at the points of the region's grid.
    loss, error : dict of str to float
        For "training" and "validation", the loss, and the 0-1 loss as a share of 1.
    """

    epoch: int
    probabilities: Floats
    loss: dict[str, float]
    error: dict[str, float]


class Film:
    """Draws a training while it goes on, and keeps it as an animated GIF when it has come to its end.

    Parameters
    ----------
    path : path-like
    region : Region
    title : str
    loss_name : str
        With its unit.
    epochs : int
        How long the training is going to be.

    Examples
    --------
    >>> region = Region(np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([0, 1]))
    >>> p = region.grid()[:, :1]
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "film.gif")
    >>> with Film(path, region, "Two points", "loss / nat", epochs=1) as film:
    ...     for epoch in (0, 1):
    ...         loss = {"training": 1.0 - epoch, "validation": 1.0}
    ...         film.add(Frame(epoch, np.hstack([1 - p, p]), loss, loss))
    >>> path.read_bytes()[:6]
    b'GIF89a'
    """

    def __init__(
        self, path: str | os.PathLike[str], region: Region, title: str, loss_name: str, epochs: int
    ) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        self.path, self.title, self.frames = Path(path), title, list[Frame]()
        self._pictures: list[Any] = []
        with house_style(font__size=9):
            self._figure = new_figure(8.8, 4.3)
            self._figure.set_dpi(DPI)
            self._canvas: Any = FigureCanvasAgg(self._figure)
            grid = self._figure.add_gridspec(2, 2, width_ratios=[1.15, 1])
            self._regions = RegionAxes(self._figure.add_subplot(grid[:, 0]), region)
            panels = [self._figure.add_subplot(grid[i, 1]) for i in (0, 1)]
            self._curves = [_Curves(*made, epochs) for made in zip(panels, _measures(loss_name), strict=True)]
            panels[0].legend(loc="lower left", fontsize=8)
            _name_plane([self._regions.panel])
            self._figure.suptitle(f"{title}: before training", x=0.01, ha="left")

    def __enter__(self) -> Self:
        return self

    def add(self, frame: Frame) -> None:
        """Draw the next moment."""
        from PIL import Image

        self.frames.append(frame)
        with house_style():
            self._regions.draw(frame.probabilities)
            for curves in self._curves:
                curves.draw(self.frames)
            if frame.epoch:
                self._figure.suptitle(f"{self.title}: epoch {frame.epoch:,}", x=0.01, ha="left")
            self._canvas.draw()
        self._pictures.append(Image.fromarray(np.asarray(self._canvas.buffer_rgba())[..., :3]))
        self._figure.set_layout_engine(None)  # the first frame's stays: nothing jumps, and it is drawn once only

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            first, *others = self._pictures
            times = [DURATION] * len(others) + [LAST]
            with write_whole(self.path) as file:
                first.save(file, "GIF", save_all=True, append_images=others, duration=times, loop=0)


class _Curves:
    """A panel with a measure of the training, known so far."""

    def __init__(self, axes: Axes, measure: tuple[str, float, str], epochs: int) -> None:
        self.axes, (self.name, self.scale, label) = axes, measure
        self.lines = draw_pair(axes, [], {"training": [], "validation": []}, ".")
        _epoch_axis(axes, epochs, label)

    def draw(self, frames: Sequence[Frame]) -> None:
        epochs, highest = [frame.epoch for frame in frames], 0.0
        for line, phase in zip(self.lines, ("training", "validation"), strict=True):
            values = [self.scale * getattr(frame, self.name)[phase] for frame in frames]
            line.set_data(epochs, values)
            highest = max(highest, *values)
        self.axes.set_ylim(0, 1.08 * highest)


def _name_plane(row: Sequence[Axes]) -> None:
    """Say what the axes of a row of panels are, and which mark is of which class."""
    row[0].set_ylabel("feature 2")
    row[-1].set_xlabel("feature 1", loc="right")
    below: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (0, 0), "ncols": 3, "fontsize": 8}
    row[0].legend(handletextpad=0, columnspacing=1, **below).set_in_layout(len(row) == 1)


def _measures(loss_name: str) -> list[tuple[str, float, str]]:
    """Return what is drawn of frames: attribute, scale, label."""
    return [("loss", 1, loss_name), ("error", 100, "0-1 loss / %")]


def _epoch_axis(axes: Axes, epochs: int, label: str) -> None:
    """Count the epochs on an axis that has room for the first ones, in which most happens."""
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xlim(0, epochs)
    ticks = [0, *(10**k for k in range(6) if 10**k <= epochs)]
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("epoch")
    axes.set_ylabel(label)


def draw_strip(frames: Sequence[Frame], region: Region, title: str, loss_name: str) -> Figure:
    """Draw a film on paper: some of its frames in a row, and its curves beneath.

    Parameters
    ----------
    frames : sequence of Frame
    region : Region
    title : str
        What is seen.
    loss_name : str
        With its unit.

    Returns
    -------
    matplotlib.figure.Figure
    """
    shown = [frames[i] for i in np.linspace(0, len(frames) - 1, min(STRIP, len(frames))).round().astype(int)]
    with house_style():
        figure = new_figure(11, 5.2, title)
        subfigures: Any = figure.subfigures(2, 1)
        above, below = subfigures
        for axes, frame in zip(np.atleast_1d(above.subplots(1, len(shown))), shown, strict=True):
            RegionAxes(axes, region).draw(frame.probabilities)
            axes.set_title(f"epoch {frame.epoch:,}" if frame.epoch else "before training")
        _name_plane(above.axes)
        for axes, (name, scale, label) in zip(below.subplots(1, 2), _measures(loss_name), strict=True):
            values: dict[str, Any] = {
                phase: [scale * getattr(frame, name)[phase] for frame in frames] for phase in frames[0].loss
            }
            draw_pair(axes, [frame.epoch for frame in frames], values)
            _epoch_axis(axes, frames[-1].epoch, label)
            axes.set_ylim(bottom=0)
            for frame in shown[1:-1]:
                axes.axvline(frame.epoch, color=GREY, linewidth=0.8, linestyle=":", zorder=0)
        below.axes[0].legend(loc="lower left")
        return figure
