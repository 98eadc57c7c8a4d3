"""Problems of deep networks and their remedies, a figure for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.plot.ann_training import LOOKS, WINDOW, line, smooth
from chainrule.plot.style import GREY, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Lines = Mapping[str, Any]  # of values, by the names of the legend
Losses = Mapping[str, Sequence[Sequence[float]]]  # of the steps of several seeds

ERRORS = "error ‖∂loss/∂z‖ that reaches it"
LAYER = "layer (1: next to the pixels)"
CEILING = 3.0  # nat: a loss above has nothing to do with learning; guessing has 2.3


def draw_by_layer(errors: Lines, legend: str, title: str) -> Figure:
    """Draw the norms of the errors of all layers, on a logarithmic scale.

    Parameters
    ----------
    errors : mapping of str to ndarray, shape (layers,)
    legend : str
        What the names are of.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(7.5, 4.2)
        axes = figure.add_subplot()
        _layers(axes, errors)
        axes.legend(title=legend, loc="best")
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


def _layers(axes: Axes, errors: Lines) -> None:
    for (name, values), look in zip(errors.items(), LOOKS, strict=False):
        x = np.arange(1, len(values) + 1)
        axes.semilogy(x, values, label=name, markersize=4 if len(x) > 15 else 6, linewidth=1.6, **look)
    axes.set_xlabel(LAYER)
    axes.set_ylabel(ERRORS)
    axes.locator_params(axis="x", integer=True)


def _losses(axes: Axes, losses: Losses, ceiling: float = CEILING) -> None:
    """Draw each seed; a training that came to no number ends in a cross."""
    for (name, seeds), look in zip(losses.items(), LOOKS, strict=False):
        for i, values in enumerate(seeds):
            x, means = smooth(values) if len(values) >= WINDOW else (np.arange(1, len(values) + 1), values)
            shown = np.minimum(means, ceiling)
            style = {**line(look), "linewidth": 1.4, "label": name if i == 0 else None}
            if len(values) < WINDOW:  # it came to no number at once
                axes.plot(x, shown, marker="x", markersize=9, **style)
            else:
                axes.plot(x, shown, **style)
    axes.axhline(np.log(10), color=GREY, linewidth=0.8, linestyle=":")
    axes.set_ylim(0, ceiling * 1.02)
    axes.set_xlabel("step")
    axes.set_ylabel(f"training loss / nat (mean of {WINDOW} steps)")
    axes.text(0.99, np.log(10), "guessing", transform=axes.get_yaxis_transform(), ha="right", va="bottom",
              color=GREY, fontsize=9)  # fmt: skip


def draw_remedy(errors: Lines, losses: Losses, title: str) -> Figure:
    """Draw what a remedy does to the errors of the layers, and to the training.

    Parameters
    ----------
    errors : mapping of str to ndarray, shape (layers,)
    losses : mapping of str to sequence of sequence of float
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(10, 4.2)
        left, right = figure.subplots(1, 2)
        _layers(left, errors)
        left.set_title("before the training")
        left.legend()
        _losses(right, losses)
        right.set_title("the training, from three seeds")
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


def draw_dying(rates: Sequence[float], dead: Lines, accuracy: Lines, title: str) -> Figure:
    """Draw the share of hidden units that are never above 0, and the accuracy, by learning rate.

    Parameters
    ----------
    rates : sequence of float
    dead, accuracy : mapping of str to ndarray, shape (rates,)
        As shares of 1.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(10, 4.2)
        for i, (curves, name) in enumerate(
            ((dead, "hidden units above 0 for no image / %"), (accuracy, "test accuracy / %"))
        ):
            axes = figure.add_subplot(1, 2, i + 1)
            for (label, values), look in zip(curves.items(), LOOKS, strict=False):
                axes.semilogx(rates, 100 * np.asarray(values), label=label, markersize=7, linewidth=1.8, **look)
            axes.set_xlabel("learning rate of Adam")
            axes.set_ylabel(name)
            axes.set_xticks(rates, [f"{rate:g}" for rate in rates])
            axes.minorticks_off()
            axes.set_ylim(bottom=0)
            if i == 0:
                axes.legend()
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


def draw_initialisations(spread: Lines, errors: Lines, losses: Losses, title: str) -> Figure:
    """Draw what six ways to begin do to the forward pass, to the backward pass, and to the training.

    Parameters
    ----------
    spread, errors : mapping of str to ndarray, shape (layers,)
    losses : mapping of str to sequence of sequence of float
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(12, 4.4)
        left, middle, right = figure.subplots(1, 3)
        _layers(left, spread)
        left.set_ylabel("")
        left.set_title("forward: standard deviation of z")
        _layers(middle, errors)
        middle.set_ylabel("")
        middle.set_title("backward: ‖∂loss/∂z‖")
        _losses(right, losses)
        right.set_ylabel("")
        right.set_title(f"training loss / nat (mean of {WINDOW} steps)")
        left.legend(fontsize=8)
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


def draw_clipping(norms: Losses, losses: Losses, limit: float, title: str) -> Figure:
    """Draw the norm of the gradient of every step, and the losses.

    Parameters
    ----------
    norms, losses : mapping of str to sequence of sequence of float
        Of several seeds; norms are those before clipping.
    limit : float
        What they are clipped at.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(10, 4.2)
        left, right = figure.subplots(1, 2)
        for (name, seeds), look in zip(norms.items(), LOOKS, strict=False):
            for i, values in enumerate(seeds):
                short = {"marker": look["marker"], "markersize": 4} if len(values) < WINDOW else {}
                style = {**line(look), "linewidth": 1, **short}
                left.semilogy(np.arange(1, len(values) + 1), values, label=None if i else name, **style)
        left.axhline(limit, color=GREY, linewidth=0.8, linestyle=":")
        left.set_title(f"norm of the gradient, before clipping (dotted: {limit:g})")
        left.set_xlabel("step")
        left.set_ylabel("‖gradient‖")
        left.legend()
        _losses(right, losses, ceiling=6.0)
        right.set_title("the training, from three seeds (cross: no number)")
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


def draw_saddle(surface: Any, paths: Mapping[str, Any], title: str) -> Figure:
    """Draw the paths of several methods over a saddle, and how fast they come down.

    Parameters
    ----------
    surface : callable
        The function of x and y.
    paths : mapping of str to ndarray, shape (steps, 2)
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(10, 4.2)
        left, right = figure.subplots(1, 2)
        x, y = np.meshgrid(np.linspace(-1.1, 1.2, 200), np.linspace(-1.4, 1.4, 200))
        left.contour(x, y, surface(x, y), levels=18, colors=GREY, linewidths=0.5)
        left.plot(0, 0, "k*", markersize=12, zorder=5)
        left.annotate("saddle", (0, 0), (-0.5, -0.25))
        for (name, path), look in zip(paths.items(), LOOKS, strict=False):
            left.plot(*path.T, label=name, linewidth=1.6, **line(look))
            right.plot(surface(*path.T), label=name, linewidth=1.6, **line(look))
        left.set(xlabel="x", ylabel="y", title="the way, from (1, 0.0001)", xlim=(-1.1, 1.2), ylim=(-1.4, 1.4))
        left.grid(False)
        right.set(xlabel="step", ylabel="f(x, y)", title="how far down")
        right.legend()
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


def draw_rates(rates: Mapping[str, Sequence[float]], finals: Lines, losses: Losses, title: str) -> Figure:
    """Draw the loss that optimisers come to by learning rate, and the way of each at its best rate.

    Parameters
    ----------
    rates : mapping of str to sequence of float
    finals : mapping of str to ndarray
        The loss at the end with each rate.
    losses : mapping of str to sequence of sequence of float
        Of the steps, by the names of the legend, in the same order.
    title : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(10, 4.2)
        left, right = figure.subplots(1, 2)
        for (name, values), look in zip(finals.items(), LOOKS, strict=False):
            left.semilogx(rates[name], values, label=name, markersize=7, linewidth=1.8, **look)
        left.set(xlabel="learning rate", ylabel="training loss at the end / nat", title="by learning rate")
        left.legend()
        _losses(right, losses, ceiling=2.5)
        right.set_title("at the rates of the legend, from three seeds")
        right.legend()
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure
