"""Lines over epochs: ours, PyTorch's, those of training, and what a document states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.plot.style import OURS, THEIRS, epoch_axis, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from chainrule.interop import ReferenceRun


@dataclass(frozen=True)
class Line:
    """One measure of every epoch.

    Attributes
    ----------
    label : str
    values : array_like, shape (epochs,), or mapping of int to float
        From the first epoch on; or of some epochs.
    look : mapping
        Colour, width, marker: ``OURS``, ``THEIRS``, ``TRAINING``, ``STATED`` of ``chainrule.plot.style``.
    first : int
        The epoch of the first value.
    """

    label: str
    values: Any
    look: Mapping[str, Any] = field(default_factory=lambda: OURS)
    first: int = 1

    def points(self) -> tuple[Any, Any]:
        """Return epochs and values."""
        if isinstance(self.values, Mapping):
            return np.array(list(self.values)), np.array(list(self.values.values()))
        return np.arange(self.first, self.first + len(self.values)), np.asarray(self.values)


@dataclass(frozen=True)
class Panel:
    """Lines over the same axes.

    Attributes
    ----------
    title : str
    unit : str
        What stands at the vertical axis.
    lines : sequence of Line
    log : bool
        Whether the vertical axis is logarithmic.
    level : (str, float), optional
        A horizontal line, with its name.
    """

    title: str
    unit: str
    lines: Sequence[Line]
    log: bool = False
    level: tuple[str, float] | None = None


def draw_epochs(panels: Sequence[Panel], title: str, width: float = 10, height: float = 4.2) -> Figure:
    """Draw panels side by side.

    Parameters
    ----------
    panels : sequence of Panel
        One whose lines are all in the first has no legend of its own.
    title : str
        What is seen.
    width, height : float
        In inches.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(width, height, title)
        seen: set[str] = set()
        for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
            draw_panel(axes, panel)
            names = {line.label for line in panel.lines} | ({panel.level[0]} if panel.level else set())
            if not names <= seen:
                axes.legend()
            seen |= names
        return figure


def draw_panel(axes: Axes, panel: Panel) -> None:
    """Draw lines into axes, without a legend."""
    for line in panel.lines:
        axes.plot(*line.points(), label=line.label, **line.look)
    if panel.level:
        name, value = panel.level
        axes.axhline(value, color="black", linewidth=1, linestyle="-.", label=name)
    if panel.log:
        _logarithmic(axes)
    else:
        axes.ticklabel_format(axis="y", useOffset=False)
    axes.set_title(panel.title)
    axes.set_ylabel(panel.unit)
    epoch_axis(axes)


def _logarithmic(axes: Axes) -> None:
    """Scale the vertical axis; where it spans few decades, with ticks at 1, 2 and 5, also above and below all."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.set_yscale("log")
    values = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in axes.lines])
    values = values[np.isfinite(values) & (values > 0)]
    if not len(values) or values.max() / values.min() >= FEW_DECADES:
        return
    least, most = np.floor(np.log10(values.min())), np.ceil(np.log10(values.max()))
    ticks = np.outer(10.0 ** np.arange(least, most + 1), [1, 2, 5]).reshape(-1)
    axes.set_ylim(ticks[ticks <= values.min()].max(), ticks[ticks >= values.max()].min())
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))


FEW_DECADES = 100.0


def side_by_side(
    ours: Sequence[Mapping[str, Any]],
    reference: ReferenceRun | None,
    measure: str,
    scale: float = 1,
    what: str = "",
) -> list[Line]:
    """Return the lines of one measure: ours, and PyTorch's if there is a run that has it.

    Parameters
    ----------
    ours : sequence of dict
        The records of our epochs.
    reference : ReferenceRun, optional
    measure : str
        A key of the records.
    scale : float
        100 for per cent.
    what : str
        Stands in the labels before the side, as "test".

    Examples
    --------
    >>> side_by_side([{"validation_accuracy": 0.9}], None, "validation_accuracy", 100, "test")[0].label
    'test, chainrule'
    """
    before = f"{what}, " if what else ""
    lines = [Line(f"{before}chainrule", [scale * epoch[measure] for epoch in ours])]
    if reference is not None and all(measure in epoch for epoch in reference.epochs):
        name = f"{before}PyTorch {reference.torch} ({reference.kind})"
        lines.append(Line(name, [scale * epoch[measure] for epoch in reference.epochs], THEIRS))
    return lines
