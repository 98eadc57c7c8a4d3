"""Figures of the network that recognises eights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean, median
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.plot.style import BLUE, GREY, ORANGE, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from chainrule.interop import ReferenceRun
    from chainrule.labs.eight_study import Row
    from chainrule.ops import Array

COLUMNS = 12  # pictures in a row
MOST = 24  # pictures of one kind

# A pale band for ours and a thin line on it for PyTorch's: where they coincide, both are seen.
OURS: dict[str, Any] = {"color": BLUE, "alpha": 0.5, "linewidth": 3.5, "marker": "o", "markersize": 8}
THEIRS: dict[str, Any] = {"color": ORANGE, "linewidth": 1.0, "marker": "x", "markersize": 5}


def draw_eights(images: Array) -> Figure:
    """Draw a row of pictures.

    Parameters
    ----------
    images : ndarray, shape (N, 28, 28)

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style(axes__grid=False):
        figure = new_figure(1.9 * len(images), 2.3)
        for image, axes in zip(images, np.atleast_1d(figure.subplots(1, len(images))), strict=True):
            _picture(axes, image)
        figure.suptitle("The first eights of the training set", x=0.01, ha="left", fontsize=13)
        return figure


def draw_training(
    epochs: Sequence[Mapping[str, Any]],
    reference: ReferenceRun | None,
    document: Mapping[int, float],
    baseline: float,
    title: str,
) -> Figure:
    """Draw the error of every epoch, and what becomes of the test images.

    Parameters
    ----------
    epochs : sequence of dict
        Ours.
    reference : ReferenceRun, optional
    document : dict of int to float
        The errors that the document states, by epoch.
    baseline : float
        The accuracy of whoever never says "eight".
    title : str
        What is seen.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(10, 4.2)
        error, rates = figure.subplots(1, 2)
        n = np.arange(1, len(epochs) + 1)
        error.semilogy(n, [e["train_loss"] for e in epochs], label="chainrule", markerfacecolor="none", **OURS)
        if reference is not None:
            name = f"PyTorch {reference.torch} ({reference.kind})"
            error.semilogy(n, [e["train_loss"] for e in reference.epochs], label=name, **THEIRS)
        stated = {epoch: value for epoch, value in document.items() if epoch <= len(epochs)}
        error.semilogy(
            list(stated), list(stated.values()), "D", color="black", markersize=5, label="the document states"
        )
        error.set_title("mean error of an epoch, while it trains")
        error.set_ylabel("(a₂ − y)²")
        error.legend()
        looks = {
            "accuracy": (BLUE, "-", "o"),
            "precision": (GREY, "--", "s"),
            "recall": (GREY, ":", "^"),
            "f1": (ORANGE, "-", "x"),
        }
        for rate, (color, line, marker) in looks.items():
            values = [100 * e[f"validation_{rate}"] for e in epochs]
            label = "F1" if rate == "f1" else rate
            rates.plot(
                n,
                values,
                color=color,
                linestyle=line,
                marker=marker,
                markersize=5,
                markerfacecolor="none",
                label=label,
            )
        rates.axhline(
            100 * baseline, color="black", linewidth=1, linestyle="-.", label='accuracy of "never an eight"'
        )
        rates.set_title("on the test images")
        rates.set_ylabel("share / %")
        rates.legend()
        for axes in (error, rates):
            axes.set_xlabel("epoch")
            axes.locator_params(axis="x", integer=True, min_n_ticks=1)
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


def draw_mistakes(groups: Mapping[str, tuple[Array, Array]], title: str) -> Figure:
    """Draw the pictures that are mistaken, in groups.

    Parameters
    ----------
    groups : mapping of str to (ndarray (N, 28, 28), ndarray (N,))
        For each group its pictures, and how sure the network is that they are eights.
    title : str
        What is seen.

    Returns
    -------
    matplotlib.figure.Figure
    """
    rows = [
        (name if start == 0 else "", images[start : start + COLUMNS], said[start : start + COLUMNS])
        for name, (images, said) in groups.items()
        for start in range(0, min(len(images), MOST), COLUMNS)
    ]
    with house_style(axes__grid=False):
        figure = new_figure(11, 0.6 + 1.02 * max(len(rows), 1))
        grid = figure.add_gridspec(max(len(rows), 1), COLUMNS + 2)
        for i, (name, images, said) in enumerate(rows):
            label = figure.add_subplot(grid[i, :2])
            label.axis("off")
            label.text(1.0, 0.5, name, ha="right", va="center", fontsize=10, transform=label.transAxes)
            for j, (image, p) in enumerate(zip(images, said, strict=True)):
                axes = figure.add_subplot(grid[i, j + 2])
                _picture(axes, image)
                axes.set_xlabel(f"{p:.2f}", fontsize=8, labelpad=2)
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


def draw_study(rows: Sequence[Row], title: str) -> Figure:
    """Draw what the improvements bring, and what they cost.

    Parameters
    ----------
    rows : sequence of Row
        The first is what the others are compared with.
    title : str
        What is seen.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(10, 1.4 + 0.36 * len(rows))
        gain, time = figure.subplots(1, 2, sharey=True, width_ratios=[2, 1])
        looks = {"helps": (BLUE, "o"), "hurts": (ORANGE, "v")}
        place = np.arange(len(rows))
        for y, row in zip(place, rows, strict=True):
            color, marker = looks.get(row.verdict, (GREY, "s"))
            values = [100 * g for g in row.gains]
            gain.plot(values, [y] * len(values), marker, color=color, markersize=6, markerfacecolor="none")
            gain.plot([mean(values)] * 2, [y - 0.3, y + 0.3], color=color, linewidth=3, solid_capstyle="butt")
            time.barh(y, median(row.seconds), height=0.6, color=color, alpha=0.6)
            time.text(median(row.seconds), y, f" {median(row.seconds):.0f} s", va="center", fontsize=9)
        gain.axvline(0, color="black", linewidth=1)
        gain.set_yticks(place, [row.name for row in rows])
        gain.invert_yaxis()
        gain.set_title(
            "gain in F1: each seed, and the mean as a line\n"
            "(circles: helps; triangles: hurts; squares: the seeds disagree)"
        )
        gain.set_xlabel("F1 on the test images, minus that of the document's way / percentage points")
        time.set_title("time of one training\n(median)")
        time.set_xlabel("seconds of a processor")
        time.grid(axis="y", visible=False)
        time.set_axisbelow(True)
        time.margins(x=0.2)
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


def _picture(axes: Axes, image: Array) -> None:
    axes.imshow(image, cmap="gray_r", interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(visible=True, color="#bbbbbb")
