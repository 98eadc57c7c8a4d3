"""Curves of trainings: one beside PyTorch's, and several that differ in depth or activation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.plot.style import BLUE, ORANGE, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GREEN, PINK, SKY = "#009E73", "#CC79A7", "#56B4E9"  # more of Okabe and Ito's
# Told apart by colour, by the kind of line and by the marker: one of them is enough.
LOOKS: list[dict[str, Any]] = [
    {"color": BLUE, "linestyle": "-", "marker": "o"},
    {"color": ORANGE, "linestyle": "--", "marker": "^"},
    {"color": GREEN, "linestyle": "-.", "marker": "s"},
    {"color": "black", "linestyle": ":", "marker": "D"},
    {"color": PINK, "linestyle": (0, (5, 1)), "marker": "v"},
    {"color": SKY, "linestyle": (0, (1, 1)), "marker": "P"},
]
LEAST = 1e-10  # nat; where losses are equal, a logarithm has nothing to show
WINDOW = 20  # steps over which a curve of losses is averaged


def smooth(losses: Sequence[float], window: int = WINDOW) -> tuple[Any, Any]:
    """Return steps and running means of losses.

    Examples
    --------
    >>> smooth([1.0, 2.0, 3.0], window=2)
    (array([2, 3]), array([1.5, 2.5]))
    """
    window = min(window, max(len(losses), 1))
    means = np.convolve(losses, np.full(window, 1 / window), mode="valid") if len(losses) else np.array([])
    return np.arange(window, window + len(means)), means


def line(look: dict[str, Any]) -> dict[str, Any]:
    """Return a look without its marker, for curves of many points."""
    return {k: v for k, v in look.items() if k != "marker"}


def draw_training(
    ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]] | None, label: str, title: str
) -> Figure:
    """Draw loss and accuracy of training and validation, ours as lines and PyTorch's as crosses.

    Parameters
    ----------
    ours, theirs : sequence of mapping
        For every epoch ``train_loss``, ``validation_loss``, ``train_accuracy``, ``validation_accuracy``.
    label : str
        Which PyTorch it is.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(10, 4.2)
        for i, (what, scale, name) in enumerate(
            (("loss", 1, "cross-entropy / nat"), ("accuracy", 100, "accuracy / %"))
        ):
            axes = figure.add_subplot(1, 2, i + 1)
            for phase, look in zip(("train", "validation"), LOOKS, strict=False):
                said = "training, with dropout" if phase == "train" else "validation"
                values = [scale * epoch[f"{phase}_{what}"] for epoch in ours]
                axes.plot(range(1, len(values) + 1), values, label=said, markersize=5, linewidth=2, **look)
                if theirs is not None:
                    crosses = [scale * epoch[f"{phase}_{what}"] for epoch in theirs]
                    hint = label if phase == "train" else None
                    axes.plot(range(1, len(crosses) + 1), crosses, "kx", label=hint, markersize=9, zorder=4)
            _epoch_axis(axes, len(ours))
            axes.set_ylabel(name)
            axes.set_title("loss" if i == 0 else "accuracy")
            if i == 0:
                axes.legend()
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


def _epoch_axis(axes: Axes, epochs: int, first: int = 1) -> None:
    axes.set_xlabel("epoch")
    axes.locator_params(axis="x", integer=True, min_n_ticks=1)
    if epochs == 1:
        axes.set_xticks([1])
        axes.set_xlim(first - 0.5, 1.5)


def draw_drift(apart: Mapping[str, Any], title: str) -> Figure:
    """Draw how far trainings move apart that began, but for rounding, in the same place.

    Parameters
    ----------
    apart : mapping of str to ndarray
        |difference of the losses| of every step: from PyTorch first, then between trainings of ours.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(8, 4.2)
        axes = figure.add_subplot()
        for i, (name, values) in enumerate(apart.items()):
            x, means = smooth(values, 25)
            look = (
                {**line(LOOKS[1]), "linewidth": 2.4}
                if i == 0
                else {**line(LOOKS[(0, 2, 3)[i - 1]]), "linewidth": 1}
            )
            axes.semilogy(x, np.maximum(means, LEAST), label=name, **look)
        axes.set_xlabel("step")
        axes.set_ylabel("|difference of the losses| / nat\n(mean of 25 steps)")
        axes.legend(loc="lower right")
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


def draw_depth(
    names: Sequence[str],
    accuracies: Sequence[Any],
    parameters: Sequence[int],
    seconds: Sequence[float],
    title: str,
) -> Figure:
    """Draw validation accuracy by epoch, and at what price it comes.

    Parameters
    ----------
    names : sequence of str
        Of the networks.
    accuracies : sequence of ndarray, shape (seeds, epochs)
        As shares of 1.
    parameters : sequence of int
    seconds : sequence of float
        Per epoch.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(11, 4.2)
        left, middle, right = figure.subplots(1, 3, width_ratios=[2, 1, 1])
        for name, values, look in zip(names, accuracies, LOOKS, strict=False):
            band(left, 100 * np.asarray(values), name, look)
        left.set_ylabel("validation accuracy / %")
        left.set_title("by epoch: mean of the seeds, and their range")
        _epoch_axis(left, np.asarray(accuracies[0]).shape[1])
        left.legend(loc="lower right")
        bars = [{"color": look["color"]} for look in LOOKS]
        for axes, values, label in (
            (middle, np.asarray(parameters) / 1000, "parameters / thousand"),
            (right, np.asarray(seconds), "training time of an epoch / s"),
        ):
            for i, value in enumerate(values):
                axes.bar(i, value, width=0.6, **bars[i])
                axes.text(i, value, f"{value:.3g}", ha="center", va="bottom", fontsize=9)
            axes.set_xticks(range(len(names)), [name.split(":")[0] for name in names])
            axes.set_title(label)
            axes.grid(False, axis="x")
            axes.set_axisbelow(True)
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


def band(axes: Axes, values: Any, label: str, look: dict[str, Any]) -> None:
    """Draw the mean of rows over epochs 1, 2, ..., and a band from the least to the greatest."""
    x = np.arange(1, values.shape[1] + 1)
    axes.fill_between(x, values.min(0), values.max(0), color=look["color"], alpha=0.15, linewidth=0)
    axes.plot(x, values.mean(0), label=label, markersize=5, linewidth=1.8, **look)


def draw_activations(
    names: Sequence[str], losses: Sequence[Any], accuracies: Sequence[Any], gradients: Sequence[Any], title: str
) -> Figure:
    """Draw training loss, validation accuracy, and the norms of the gradients of the layers at the start.

    Parameters
    ----------
    names : sequence of str
        Of the activations.
    losses : sequence of ndarray, shape (seeds, steps)
    accuracies : sequence of ndarray, shape (seeds, epochs)
        As shares of 1.
    gradients : sequence of ndarray, shape (seeds, layers)
        ‖∂loss/∂W‖ before the training.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(11, 4.2)
        left, middle, right = figure.subplots(1, 3)
        for name, steps, shares, norms, look in zip(names, losses, accuracies, gradients, LOOKS, strict=False):
            x, means = smooth(np.asarray(steps).mean(0))
            left.plot(x, means, label=name, linewidth=1.8, **line(look))
            band(middle, 100 * np.asarray(shares), name, look)
            layers = np.arange(1, np.asarray(norms).shape[1] + 1)
            right.semilogy(layers, np.asarray(norms).mean(0), label=name, markersize=6, linewidth=1.8, **look)
        left.set_title(f"training loss (mean of {WINDOW} steps)")
        left.set_xlabel("step")
        left.set_ylabel("cross-entropy / nat")
        left.legend()
        middle.set_title("validation accuracy / %")
        _epoch_axis(middle, np.asarray(accuracies[0]).shape[1])
        right.set_title("gradient ‖∂loss/∂W‖ before training")
        right.set_xlabel("layer (1: next to the pixels)")
        right.set_xticks(layers)
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure
