"""Figures of softmax regression: its curves, the document's curves, and the weights as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.plot.style import BLUE, GREY, ORANGE, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from chainrule.interop import ReferenceRun
    from chainrule.labs.softmax_report import DocumentEpoch
    from chainrule.ops import Array
    from chainrule.train import History

# A pale band for ours and a thin line on it for PyTorch's: where they coincide, both are seen.
OURS: dict[str, Any] = {"color": BLUE, "alpha": 0.5, "linewidth": 3.5, "marker": "o", "markersize": 8}
TRAINED: dict[str, Any] = {"color": GREY, "linewidth": 1.5, "linestyle": "--", "marker": "s", "markersize": 4}
THEIRS: dict[str, Any] = {"color": ORANGE, "linewidth": 1.0, "marker": "x", "markersize": 5}


def draw_curves(ours: History, reference: ReferenceRun | None, title: str) -> Figure:
    """Draw loss and accuracy of every epoch side by side.

    Parameters
    ----------
    ours : History
        With training accuracy.
    reference : ReferenceRun, optional
    title : str
        What is seen.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(10, 4.2)
        loss, accuracy = figure.subplots(1, 2)
        for axes, what, scale in ((loss, "loss", 1), (accuracy, "accuracy", 100)):
            _line(
                axes, [scale * e[f"train_{what}"] for e in ours.epochs], "training, mean over the epoch", TRAINED
            )
            _line(axes, [scale * e[f"validation_{what}"] for e in ours.epochs], "test, chainrule", OURS)
            if reference is not None:
                name = f"test, PyTorch {reference.torch} ({reference.kind})"
                _line(axes, [scale * e[f"validation_{what}"] for e in reference.epochs], name, THEIRS)
        loss.set_title("loss")
        loss.set_ylabel("cross-entropy / nat")
        accuracy.set_title("accuracy")
        accuracy.set_ylabel("images recognised / %")
        loss.legend()
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


def draw_document(document: Sequence[DocumentEpoch], correct: Sequence[float], title: str) -> Figure:
    """Draw the document's loss and accuracy of every epoch side by side.

    Parameters
    ----------
    document : sequence of DocumentEpoch
    correct : sequence of float
        The loss of the correct version in the same batches, on the document's scale.
    title : str
        What is seen.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(10, 4.2)
        loss, accuracy = figure.subplots(1, 2)
        _line(loss, [e.loss for e in document], "the document's procedure", OURS)
        _line(loss, correct, "correct version, cross-entropy / 10", THEIRS)
        loss.set_title("loss of the last batch")
        loss.set_ylabel("mean over batch and classes / nat")
        loss.legend()
        _line(accuracy, [100 * e.test_accuracy for e in document], "all test images", OURS)
        _line(accuracy, [100 * e.accuracy for e in document], "last training batch", TRAINED)
        accuracy.set_title("accuracy")
        accuracy.set_ylabel("images recognised / %")
        accuracy.legend()
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


def draw_weights(weights: Array) -> Figure:
    """Draw the weights of each class as a picture.

    Parameters
    ----------
    weights : ndarray, shape (10, 28, 28)

    Returns
    -------
    matplotlib.figure.Figure
    """
    most = float(np.quantile(np.abs(weights), 0.998))  # a few pixels at the rim would leave the others grey
    with house_style(axes__grid=False):
        figure = new_figure(10, 4.6)
        grid = figure.subplots(2, len(weights) // 2)
        for digit, axes in enumerate(grid.flat):
            picture = axes.imshow(weights[digit], cmap="gray", vmin=-most, vmax=most, interpolation="nearest")
            axes.set_title(f"{digit}", loc="center")
            axes.set_xticks([])
            axes.set_yticks([])
            for spine in axes.spines.values():
                spine.set_visible(False)
        figure.colorbar(picture, ax=grid, shrink=0.85, aspect=30, pad=0.02, extend="both", label="weight")
        title = "Weights of the ten digits: where it is light, ink speaks for the digit; where dark, against it"
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


def _line(axes: Axes, values: Sequence[float], label: str, look: dict[str, Any]) -> None:
    axes.plot(np.arange(1, len(values) + 1), values, label=label, markerfacecolor="none", **look)
    axes.set_xlabel("epoch")
    axes.locator_params(axis="x", integer=True, min_n_ticks=1)
    axes.ticklabel_format(axis="y", useOffset=False)
