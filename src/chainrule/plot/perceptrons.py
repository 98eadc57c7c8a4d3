"""Perceptrons of growing depth: how their gradients fade, how their weights grow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.plot.style import BLUE, LOOKS, epoch_axis, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Records = Sequence[Mapping[str, Any]]  # of epochs 0, 1, …, as the framework lab's Watch makes them

NAMES = {"Identity": "none", "Sigmoid": "sigmoid", "Tanh": "tanh", "ReLU": "ReLU"}
BY_ACTIVATION = {name: {**look, "markersize": 4} for name, look in zip(NAMES, reversed(LOOKS[:4]), strict=True)}
MANY = 4  # layers: so many and more are a band, as their lines would hide each other


def draw_gradients(
    by_depth: Mapping[str, Mapping[int, float]], deepest: Mapping[str, Sequence[float]], title: str
) -> Figure:
    """Draw how much of the gradient reaches the first layer, before any training.

    Parameters
    ----------
    by_depth : mapping of str to mapping of int to float
        By activation and number of layers, the norm of ∂loss/∂W of the first layer.
    deepest : mapping of str to sequence of float
        By activation, that of every layer of the deepest network.
    title : str
        What is seen.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(10.5, 4.2, title)
        left, right = figure.subplots(1, 2, sharey=True)
        for name, depths in by_depth.items():
            left.semilogy(list(depths), list(depths.values()), label=NAMES[name], **BY_ACTIVATION[name])
            right.semilogy(np.arange(1, len(deepest[name]) + 1), deepest[name], **BY_ACTIVATION[name])
        left.set_title("first layer of networks of growing depth")
        left.set_xlabel("layers of the network")
        left.set_ylabel("norm of ∂loss/∂W before training / nat")
        left.set_xticks(sorted({d for depths in by_depth.values() for d in depths}))
        left.legend(loc="lower left", title="activation")
        right.set_title(f"every layer of the network of {len(next(iter(deepest.values())))}")
        right.set_xlabel("layer, from the input")
        return figure


def draw_weights(networks: Mapping[str, Records], title: str) -> Figure:
    """Draw the greatest |weight| of every layer per epoch, a panel for each network.

    Parameters
    ----------
    networks : mapping of str to records
        Under what the panel's title says.
    title : str
        What is seen.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(11.5, 3.9, title)
        panels = np.ravel(figure.subplots(1, len(networks), sharey=True, squeeze=False))
        for axes, (name, records) in zip(panels, networks.items(), strict=True):
            epochs, largest = (np.array([record[key] for record in records]) for key in ("epoch", "max_weight"))
            (_band if largest.shape[1] >= MANY else _lines)(axes, epochs, largest)
            axes.set_title(name)
            axes.legend(loc="upper left", fontsize=8, handlelength=1.4)
            epoch_axis(axes)
        panels[0].set_ylim(0, 1.3 * panels[0].get_ylim()[1])
        panels[0].set_ylabel("greatest |weight|")
        return figure


def _lines(axes: Axes, epochs: Any, largest: Any) -> None:
    for layer, (values, look) in enumerate(zip(largest.T, LOOKS, strict=False), 1):
        axes.plot(epochs, values, label=f"layer {layer}", markersize=4, **look)


def _band(axes: Axes, epochs: Any, largest: Any) -> None:
    label = f"least to greatest of {largest.shape[1]} layers"
    axes.fill_between(epochs, largest.min(1), largest.max(1), color=BLUE, alpha=0.6, linewidth=1, label=label)


def layers_in_words(layers: int) -> str:
    """Return "1 layer", "2 layers" and so on."""
    return f"{layers} layer{'s' if layers > 1 else ''}"
