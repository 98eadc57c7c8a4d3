"""Losses of two trainings of one network beside each other, or of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chainrule.plot.curves import Panel, draw_panel, side_by_side
from chainrule.plot.style import GREY, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from chainrule.interop import ReferenceRun
    from chainrule.train import History

MOST_DOTTED = 12  # epochs; more lines would be a hatching
LEAST_SPAN = 0.01  # of the greatest value: closer points coincide, as they should


def compare_losses(ours: History, reference: ReferenceRun | None, title: str) -> Figure:
    """Draw the loss of every step, of every epoch, the accuracy, and how far two networks are apart.

    Parameters
    ----------
    ours : History
        With validation, and its accuracy.
    reference : ReferenceRun, optional
        Drawn thin on top, with a panel for |difference| on a logarithmic scale.
    title : str
        What is seen.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(11, 6.4 if reference else 4.2, title)
        rows = 2 if reference else 1
        grid = figure.add_gridspec(rows, 3, height_ratios=[3, 2][:rows], width_ratios=[1, 1, 0.95])
        wide = figure.add_subplot(grid[0, :2])
        _steps(wide, ours, reference)
        if reference:
            wide.set_xlabel("")
            wide.tick_params(labelbottom=False)
            _difference(figure.add_subplot(grid[1, :2], sharex=wide), ours, reference)
            loss = Panel(
                "mean loss on the test images", "", side_by_side(ours.epochs, reference, "validation_loss")
            )
            _epochs(figure.add_subplot(grid[0, 2]), loss)
        lines = side_by_side(ours.epochs, reference, "validation_accuracy", 100)
        _epochs(figure.add_subplot(grid[-1, 2]), Panel("test accuracy / %", "", lines))
        return figure


def _steps(axes: Axes, ours: History, reference: ReferenceRun | None) -> None:
    sides = side_by_side(ours.epochs, reference, "validation_loss")
    for side, run in zip(sides, (ours, reference), strict=False):
        assert run is not None
        axes.plot(np.arange(1, len(run.steps) + 1), run.steps, label=side.label, **{**side.look, "marker": ""})
    epochs = len(ours.epochs)
    dotted = 1 < epochs <= MOST_DOTTED
    for epoch in range(1, epochs if dotted else 1):
        axes.axvline(epoch * len(ours.steps) / epochs + 0.5, color=GREY, linewidth=0.9, linestyle=":", zorder=1.5)
    axes.set_title(f"loss of every training step{' (dotted: an epoch ends)' if dotted else ''}")
    axes.set_xlabel("step")
    axes.set_ylabel("cross-entropy / nat")
    axes.margins(x=0.01)
    axes.legend(loc="upper right", frameon=True, facecolor="white", edgecolor="none", framealpha=1.0)


def _difference(axes: Axes, ours: History, reference: ReferenceRun) -> None:
    difference = np.abs(np.subtract(ours.steps, reference.steps))
    n, apart = len(difference), difference > 0
    axes.semilogy(np.arange(1, n + 1)[apart], difference[apart], ".", color=GREY, markersize=1.5)
    same = int(n - apart.sum())
    equal = f"; equal to the last bit in {same:,} steps, not drawn" if same else ""
    axes.set_title(f"difference of the two losses{equal}")
    axes.set_xlabel("step")
    axes.set_ylabel("|difference| / nat")
    seen = np.log10(difference[apart]) if apart.any() else np.array([-9.0, -5.0])
    axes.set_ylim(10.0 ** np.floor(seen.min()), 10.0 ** np.ceil(seen.max()))  # whole decades


def _epochs(axes: Axes, panel: Panel) -> None:
    draw_panel(axes, panel)
    values = np.concatenate([line.points()[1] for line in panel.lines])
    if len(panel.lines[0].values) == 1:
        axes.set_xticks([1])
        axes.set_xlim(0, 2)
    low, high = values.min(), values.max()
    span = max(high - low, LEAST_SPAN * abs(high)) or 1.0
    middle = (low + high) / 2
    axes.set_ylim(middle - 0.55 * span, middle + 0.55 * span)  # a twentieth free at either end
