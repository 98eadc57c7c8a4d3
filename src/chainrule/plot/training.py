"""Panels of trainings that are compared: losses of every step from several seeds, and what reaches the layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.plot.style import GREY, LOOKS, epoch_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WINDOW = 20  # steps over which a curve of losses is averaged


def smooth(losses: Sequence[float], window: int = WINDOW) -> tuple[Any, Any]:
    """Return steps and running means of losses; of fewer than ``window``, of all that come before.

    Examples
    --------
    >>> smooth([1.0, 2.0, 3.0], window=2)
    (array([2, 3]), array([1.5, 2.5]))
    """
    window = min(window, max(len(losses), 1))
    means = np.convolve(losses, np.full(window, 1 / window), mode="valid") if len(losses) else np.array([])
    return np.arange(window, window + len(means)), means


def line(look: Mapping[str, Any]) -> dict[str, Any]:
    """Return a look without its marker, for curves of many points."""
    return {k: v for k, v in look.items() if k != "marker"}


def band(axes: Axes, values: Any, label: str, look: Mapping[str, Any]) -> None:
    """Draw the mean of rows over epochs 1, 2, ..., and a band from the least to the greatest."""
    x = np.arange(1, values.shape[1] + 1)
    axes.fill_between(x, values.min(0), values.max(0), color=look["color"], alpha=0.15, linewidth=0)
    axes.plot(x, values.mean(0), label=label, **{"markersize": 5, "linewidth": 1.8, **look})
    epoch_axis(axes)


def draw_losses(
    axes: Axes, losses: Mapping[str, Sequence[Sequence[float]]], steps: int, top: float, guessing: float
) -> None:
    """Draw the running mean of the loss for each of several seeds; a cross is where one came to no number.

    Parameters
    ----------
    axes : Axes
    losses : mapping of str to sequence of sequence of float
        Of the steps, for each seed, by the names of the legend.
    steps : int
        How many there are to be: a training of fewer came to no number.
    top : float
        Where the axis ends; what is above is cut off.
    guessing : float
        The loss of a network that knows nothing.
    """
    stopped = False
    for (name, seeds), look in zip(losses.items(), LOOKS, strict=False):
        for i, values in enumerate(seeds):
            x, means = smooth(values)
            axes.plot(x, means, label=None if i else name, linewidth=1.4, **line(look))
            if len(values) < steps:
                end = (x[-1], min(means[-1], top)) if len(values) else (1, top)
                label = None if stopped else "came to no number"
                axes.plot(*end, "x", color=look["color"], markersize=9, clip_on=False, zorder=5, label=label)
                stopped = True
    axes.axhline(guessing, color=GREY, linewidth=0.8, linestyle=":")
    axes.text(0.99, guessing, "guessing", transform=axes.get_yaxis_transform(), ha="right", va="bottom",
              color=GREY, fontsize=9)  # fmt: skip
    axes.set(ylim=(0, top), xlabel="step", ylabel=f"training loss / nat (mean of {WINDOW} steps)")


def draw_layers(axes: Axes, values: Mapping[str, Any], unit: str) -> None:
    """Draw a measure of every layer, on a logarithmic scale.

    Parameters
    ----------
    axes : Axes
    values : mapping of str to ndarray, shape (layers,)
        By the names of the legend.
    unit : str
        What stands at the vertical axis.
    """
    for (name, layers), look in zip(values.items(), LOOKS, strict=False):
        x = np.arange(1, len(layers) + 1)
        axes.semilogy(x, layers, label=name, markersize=4 if len(x) > 15 else 6, linewidth=1.6, **look)
    axes.set(xlabel="layer (1: next to the pixels)", ylabel=unit)
    axes.locator_params(axis="x", integer=True)


def draw_points(axes: Axes, x: Sequence[float], values: Mapping[str, Any], xlabel: str, ylabel: str) -> None:
    """Draw medians over a logarithmic axis as lines, and each seed as a point.

    Parameters
    ----------
    axes : Axes
    x : sequence of float
    values : mapping of str to ndarray, shape (len(x), seeds)
        By the names of the legend.
    xlabel, ylabel : str
    """
    for (name, seeds), look in zip(values.items(), LOOKS, strict=False):
        dots = {"color": look["color"], "marker": look["marker"], "linestyle": "none", "markersize": 4}
        axes.semilogx(np.repeat(x, seeds.shape[1]), np.ravel(seeds), alpha=0.5, **dots)
        axes.semilogx(x, np.median(seeds, axis=1), label=name, linewidth=1.8, **line(look))
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.set_xticks(x, [f"{tick:g}" for tick in x])
    axes.minorticks_off()
