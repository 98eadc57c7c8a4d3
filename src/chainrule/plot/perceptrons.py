"""Perceptrons of growing depth: how they learn, how their gradients fade, how their weights grow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.plot.plane import draw_pair
from chainrule.plot.style import house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Records = Sequence[Mapping[str, Any]]  # of epochs 0, 1, …, as labs.perceptrons.Watch makes them

# Okabe and Ito's colours, with marks that tell them apart in grey.
LOOKS: dict[str, dict[str, Any]] = {
    "Identity": {"color": "#999999", "marker": "s", "linestyle": ":"},
    "Sigmoid": {"color": "#CC79A7", "marker": "v", "linestyle": "-."},
    "Tanh": {"color": "#0072B2", "marker": "o", "linestyle": "-"},
    "ReLU": {"color": "#D55E00", "marker": "^", "linestyle": "--"},
}
NAMES = {"Identity": "none", "Sigmoid": "sigmoid", "Tanh": "tanh", "ReLU": "ReLU"}


def column(records: Records, name: str) -> Any:
    """Return one measure of every epoch."""
    return np.array([record[name] for record in records])


def draw_depths(networks: Mapping[int, Records], pytorch: Mapping[int, Sequence[float]], title: str) -> Figure:
    """Draw training and validation accuracy per epoch, a panel for each number of layers.

    Parameters
    ----------
    networks : mapping of int to records
    pytorch : mapping of int to sequence of float
        PyTorch's validation accuracy from epoch 1 on, where there is one.
    title : str
        What is seen.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(11, 4)
        for axes, (layers, records) in zip(_panels(figure, len(networks)), networks.items(), strict=True):
            epochs = column(records, "epoch")
            measures = {p: 100 * column(records, f"{p}_accuracy") for p in ("training", "validation")}
            draw_pair(axes, epochs, measures)
            if layers in pytorch:
                theirs = 100 * np.asarray(pytorch[layers])
                axes.plot(epochs[1:], theirs, "kx", markersize=6, label="validation, PyTorch")
            axes.set_title(layers_in_words(layers))
            _integers(axes)
        first = figure.axes[0]
        first.set_ylabel("accuracy / %")
        first.legend(loc="lower right")
        lowest = min(column(records, "validation_accuracy")[1:].min() for records in networks.values())
        first.set_ylim(max(0, 100 * lowest - 4), 100.5)
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


def draw_activations(networks: Mapping[int, Mapping[str, Records]], one_layer: Records, title: str) -> Figure:
    """Draw validation accuracy per epoch for each activation, a panel for each number of layers.

    Parameters
    ----------
    networks : mapping of int to mapping of str to records
        By number of layers, and by the class of the activation.
    one_layer : records
        Of the network without hidden layers, for comparison.
    title : str
        What is seen.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(11, 4)
        for axes, (layers, by_activation) in zip(_panels(figure, len(networks)), networks.items(), strict=True):
            level = 100 * column(one_layer, "validation_accuracy")
            axes.plot(column(one_layer, "epoch"), level, color="black", linewidth=0.8, label="one layer")
            for name, records in by_activation.items():
                values = 100 * column(records, "validation_accuracy")
                axes.plot(
                    column(records, "epoch"),
                    values,
                    label="no activation" if name == "Identity" else NAMES[name],
                    markersize=4,
                    **LOOKS[name],
                )
            axes.set_title(layers_in_words(layers))
            _integers(axes)
        first = figure.axes[0]
        first.set_ylabel("validation accuracy / %")
        first.set_ylim(0, 100)
        first.legend(loc="lower right", fontsize=9)
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


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
        figure = new_figure(10.5, 4.2)
        left, right = figure.subplots(1, 2, sharey=True)
        for name in by_depth:
            depths = by_depth[name]
            left.semilogy(list(depths), list(depths.values()), label=NAMES[name], **LOOKS[name])
            right.semilogy(np.arange(1, len(deepest[name]) + 1), deepest[name], **LOOKS[name])
        left.set_title("first layer of networks of growing depth")
        left.set_xlabel("layers of the network")
        left.set_ylabel("norm of ∂loss/∂W before training / nat")
        left.set_xticks(sorted({d for depths in by_depth.values() for d in depths}))
        left.legend(loc="lower left", title="activation")
        right.set_title(f"every layer of the network of {len(next(iter(deepest.values())))}")
        right.set_xlabel("layer, from the input")
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
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
    markers = "os^vD*Px"
    with house_style():
        figure = new_figure(11.5, 3.9)
        for axes, (name, records) in zip(_panels(figure, len(networks)), networks.items(), strict=True):
            largest = column(records, "max_weight")
            for layer in range(largest.shape[1]):
                grey = 0.75 * (1 - (layer + 1) / largest.shape[1])  # the last layer is the darkest
                look: dict[str, Any] = {"color": (grey, grey, grey), "marker": markers[layer % len(markers)]}
                label = f"layer {layer + 1}"
                axes.plot(column(records, "epoch"), largest[:, layer], markersize=4, label=label, **look)
            axes.set_title(name)
            axes.legend(loc="upper left", fontsize=8, handlelength=1.4)
            _integers(axes)
        highest = max(column(records, "max_weight").max() for records in networks.values())
        figure.axes[0].set_ylim(0, 1.35 * highest)
        figure.axes[0].set_ylabel("greatest |weight|")
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


def layers_in_words(layers: int) -> str:
    """Return "1 layer", "2 layers" and so on."""
    return f"{layers} layer{'s' if layers > 1 else ''}"


def _panels(figure: Figure, columns: int) -> list[Axes]:
    return list(np.ravel(figure.subplots(1, columns, sharey=True, squeeze=False)))


def _integers(axes: Axes) -> None:
    axes.set_xlabel("epoch")
    axes.locator_params(axis="x", integer=True, min_n_ticks=1)
