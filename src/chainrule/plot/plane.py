"""What a network says of every point of a plane: regions of the classes, and the boundary between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chainrule.plot.style import BLUE, GREEN, GREY, ORANGE, PINK, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.floating]

COLORS, MARKERS = (BLUE, ORANGE, GREEN, PINK), ("o", "^", "s", "D")  # the shape tells classes apart in grey
RESOLUTION = 120  # points of the grid along each axis
PALE = 0.45  # how much of its colour a region of full confidence has


@dataclass(frozen=True)
class Region:
    """The piece of the plane that is drawn, and the points that a network was trained on.

    Attributes
    ----------
    X : ndarray, shape (N, 2)
    y : ndarray of int, shape (N,)
        From 0 to 3.
    """

    X: Floats
    y: NDArray[np.integer]

    def axes(self) -> tuple[Floats, Floats]:
        """Return the coordinates of the grid's columns and of its rows; a margin is left around the points."""
        low, high = self.X.min(0), self.X.max(0)
        margin = 0.08 * (high - low)
        first, second = (np.linspace(a, b, RESOLUTION) for a, b in zip(low - margin, high + margin, strict=True))
        return first, second

    def grid(self) -> Floats:
        """Return the points of the grid, row by row, shape (RESOLUTION², 2)."""
        first, second = np.meshgrid(*self.axes())
        return np.stack([first.ravel(), second.ravel()], axis=1).astype(np.float32)


class RegionAxes:
    """A panel with a network's regions, which can be drawn anew as the network learns.

    Parameters
    ----------
    axes : Axes
    region : Region
    """

    def __init__(self, axes: Axes, region: Region) -> None:
        self.panel, self.region = axes, region
        first, second = region.axes()
        extent = (first[0], first[-1], second[0], second[-1])
        self._image = axes.imshow(
            np.ones((RESOLUTION, RESOLUTION, 3)), extent=extent, origin="lower", aspect="auto", zorder=0
        )
        self._lines: list[Any] = []
        for label in np.unique(region.y):
            color, marker = COLORS[label], MARKERS[label]
            x0, x1 = region.X[region.y == label].T
            axes.scatter(
                x0,
                x1,
                s=16,
                c=color,
                marker=marker,
                edgecolors="white",
                linewidths=0.5,
                zorder=3,
                label=f"class {label}",
            )
        axes.grid(False)
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set(visible=True, color=GREY, linewidth=0.6)

    def draw(self, probabilities: Floats) -> None:
        """Show what a network says.

        Parameters
        ----------
        probabilities : ndarray, shape (RESOLUTION², classes)
            Of the classes, at the points of the region's grid.
        """
        from matplotlib.colors import to_rgb

        colors = np.array([to_rgb(color) for color in COLORS[: probabilities.shape[1]]])
        even = 1 / probabilities.shape[1]
        strength = PALE * (probabilities.max(1, keepdims=True) - even) / (1 - even)
        colored = (1 - strength) + strength * (probabilities @ colors)
        self._image.set_data(np.clip(colored, 0, 1).reshape(RESOLUTION, RESOLUTION, 3))
        for line in self._lines:
            line.remove()
        self._lines = [self._boundary(lead) for lead in _leads(probabilities) if lead.min() < 0 < lead.max()]

    def _boundary(self, lead: Floats) -> Any:
        first, second = self.region.axes()
        lead = lead.reshape(RESOLUTION, RESOLUTION)
        return self.panel.contour(first, second, lead, levels=[0], colors="black", linewidths=1.2, zorder=2)


def _leads(probabilities: Floats) -> list[Floats]:
    """Return by how much each class is ahead of the best other one: its region's boundary is where that is 0."""
    classes = probabilities.shape[1]
    if classes == 2:
        return [probabilities[:, 1] - probabilities[:, 0]]
    return [probabilities[:, k] - np.delete(probabilities, k, axis=1).max(1) for k in range(classes)]


# ---- figures of several panels ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Panel:
    """What one panel of a figure shows.

    Attributes
    ----------
    region : Region
    probabilities : ndarray
        As :meth:`RegionAxes.draw` takes them.
    title : str
    """

    region: Region
    probabilities: Floats
    title: str


def show_regions(rows: Sequence[Sequence[Panel]], labels: Sequence[str], title: str) -> Figure:
    """Draw the regions of several networks, in rows of equal length.

    Parameters
    ----------
    rows : sequence of sequence of Panel
    labels : sequence of str
        What each row is of.
    title : str
        What is seen.

    Returns
    -------
    matplotlib.figure.Figure
    """
    columns = len(rows[0])
    with house_style():
        figure = new_figure(2.2 * columns + 0.3, 2.35 * len(rows) + 0.6, title)
        grid = figure.add_gridspec(len(rows), columns)
        for i, (row, label) in enumerate(zip(rows, labels, strict=True)):
            for j, panel in enumerate(row):
                axes = figure.add_subplot(grid[i, j])
                RegionAxes(axes, panel.region).draw(panel.probabilities)
                axes.set_title(panel.title, fontsize=9)
                if j == 0:
                    axes.set_ylabel(label)
        return figure


def show_growth(
    panels: Sequence[Panel],
    parameters: Sequence[int],
    errors: Mapping[str, Sequence[float]],
    losses: Mapping[str, Sequence[float]],
    title: str,
) -> Figure:
    """Draw networks of growing size: their regions, and how they do on known and on new points.

    Parameters
    ----------
    panels : sequence of Panel
        One for each network.
    parameters : sequence of int
        How many each network has.
    errors, losses : mapping of str to sequence of float
        For "training" and "validation", the 0-1 loss as a share of 1, and the loss, of each network.
    title : str
        What is seen.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(2.2 * len(panels) + 0.3, 6.4, title)
        subfigures: Any = figure.subfigures(2, 1, height_ratios=[1, 1.2])
        above, below = subfigures
        for axes, panel in zip(np.atleast_1d(above.subplots(1, len(panels))), panels, strict=True):
            RegionAxes(axes, panel.region).draw(panel.probabilities)
            axes.set_title(panel.title, fontsize=9)
        left, right = below.subplots(1, 2)
        for axes, values, scale, name in (
            (left, errors, 100, "0-1 loss (share of wrong answers) / %"),
            (right, losses, 1, "logistic loss / nat"),
        ):
            draw_pair(axes, parameters, {k: scale * np.asarray(v) for k, v in values.items()}, "o")
            axes.set_xscale("log")
            axes.set_xticks(parameters, [f"{n:,}" for n in parameters])
            axes.minorticks_off()
            axes.set_xlabel("parameters of the network")
            axes.set_ylabel(name)
            axes.set_ylim(bottom=0)
        left.legend(loc="lower left")
        return figure


def draw_pair(axes: Axes, x: Any, values: dict[str, Any], marker: str = "") -> list[Any]:
    """Draw "training" and "validation", in no colour of a class, and return the two lines."""
    looks: dict[str, dict[str, Any]] = {
        "training": {"color": GREY, "linestyle": "--"},
        "validation": {"color": "black", "linestyle": "-"},
    }
    return [axes.plot(x, v, label=k, marker=marker, linewidth=1.6, **looks[k])[0] for k, v in values.items()]
