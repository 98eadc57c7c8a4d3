"""Curves of loss and accuracy: one network, or two beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.plot.style import BLUE, GREY, ORANGE, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass
class Curve:
    """What was measured while one network was trained.

    Attributes
    ----------
    label : str
    steps : sequence of float
        Loss of every step.
    validation_loss, validation_accuracy : sequence of float
        One for each epoch; the accuracy as a share of 1.
    """

    label: str
    steps: Sequence[float]
    validation_loss: Sequence[float]
    validation_accuracy: Sequence[float]


def compare_losses(ours: Curve, reference: Curve | None, title: str) -> Figure:
    """Draw the loss of every step, of every epoch, the accuracy, and how far two networks are apart.

    Parameters
    ----------
    ours : Curve
    reference : Curve, optional
        Drawn thin on top, with a panel for |difference| on a logarithmic scale.
    title : str
        What is seen.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(11, 6.4 if reference else 4.2)
        rows = 2 if reference else 1
        grid = figure.add_gridspec(rows, 3, height_ratios=[3, 2][:rows], width_ratios=[1, 1, 0.95])
        curves = [ours, *([reference] if reference else [])]
        wide = figure.add_subplot(grid[0, :2])
        _steps(wide, curves, len(ours.validation_loss))
        if reference:
            wide.set_xlabel("")
            wide.tick_params(labelbottom=False)
            _difference(figure.add_subplot(grid[1, :2], sharex=wide), ours, reference)
            _epochs(figure.add_subplot(grid[0, 2]), curves, "validation_loss", 1, "mean loss on the test images")
            _epochs(figure.add_subplot(grid[1, 2]), curves, "validation_accuracy", 100, "test accuracy / %")
        else:
            _epochs(figure.add_subplot(grid[0, 2]), curves, "validation_accuracy", 100, "test accuracy / %")
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


# Ours is a broad pale band, the reference a thin line on it: where they coincide, both are seen.
_LOOKS: list[dict[str, Any]] = [
    {"color": BLUE, "alpha": 0.55, "linewidth": 3.2, "marker_": "o", "size": 9},
    {"color": ORANGE, "alpha": 1.0, "linewidth": 0.8, "marker_": "x", "size": 5},
]


MOST_DOTTED = 12  # epochs; more lines would be a hatching
LEAST_SPAN = 0.01  # of the greatest value: closer points coincide, as they should


def _steps(axes: Axes, curves: list[Curve], epochs: int) -> None:
    for curve, look in zip(curves, _LOOKS, strict=False):
        line = {k: look[k] for k in ("color", "alpha", "linewidth")}
        axes.plot(np.arange(1, len(curve.steps) + 1), curve.steps, label=curve.label, **line)
    per_epoch = len(curves[0].steps) / max(epochs, 1)
    dotted = 1 < epochs <= MOST_DOTTED
    for epoch in range(1, epochs if dotted else 1):
        axes.axvline(epoch * per_epoch + 0.5, color=GREY, linewidth=0.6, linestyle=":", zorder=0)
    axes.set_title(f"loss of every training step{' (dotted: an epoch ends)' if dotted else ''}")
    axes.set_xlabel("step")
    axes.set_ylabel("cross-entropy / nat")
    axes.margins(x=0.01)
    axes.legend(loc="upper right", frameon=True, facecolor="white", edgecolor="none", framealpha=1.0)


def _difference(axes: Axes, ours: Curve, reference: Curve) -> None:
    n = min(len(ours.steps), len(reference.steps))
    difference = np.abs(np.asarray(ours.steps[:n]) - np.asarray(reference.steps[:n]))
    apart = difference > 0
    axes.semilogy(np.arange(1, n + 1)[apart], difference[apart], ".", color=GREY, markersize=1.5)
    same = int(n - apart.sum())
    equal = f"; equal to the last bit in {same:,} steps, not drawn" if same else ""
    axes.set_title(f"difference of the two losses{equal}")
    axes.set_xlabel("step")
    axes.set_ylabel("|difference| / nat")
    seen = np.log10(difference[apart]) if apart.any() else np.array([-9.0, -5.0])
    axes.set_ylim(10.0 ** np.floor(seen.min()), 10.0 ** np.ceil(seen.max()))  # whole decades


def _epochs(axes: Axes, curves: list[Curve], what: str, scale: float, title: str) -> None:
    low, high = np.inf, -np.inf
    for curve, look in zip(curves, _LOOKS, strict=False):
        values = scale * np.asarray(getattr(curve, what))
        low, high = min(low, values.min()), max(high, values.max())
        line = {k: look[k] for k in ("color", "alpha", "linewidth")}
        axes.plot(
            np.arange(1, len(values) + 1),
            values,
            marker=look["marker_"],
            markersize=look["size"],
            markerfacecolor="none",
            label=curve.label,
            **line,
        )
    epochs = len(getattr(curves[0], what))
    axes.locator_params(axis="x", integer=True, min_n_ticks=1)
    if epochs == 1:
        axes.set_xticks([1])
        axes.set_xlim(0, 2)
    span = max(high - low, LEAST_SPAN * abs(high)) or 1.0
    middle = (low + high) / 2
    axes.set_ylim(middle - 0.55 * span, middle + 0.55 * span)  # a twentieth free at either end
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.set_title(title)
    axes.set_xlabel("epoch")
