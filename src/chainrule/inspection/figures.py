"""The curves of a recorded training, as SVG for a page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

import numpy as np

from chainrule.inspection.diagnosis import USUAL
from chainrule.inspection.recording import Recording
from chainrule.ops import Array
from chainrule.plot.style import BLUE, GREY, LOOKS, ORANGE, epoch_axis, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 5.0, 3.2  # inches; small enough to be read on a phone
POINTS = 300  # of a curve
MOST_LAYERS = 12  # whose distributions are drawn
FEW = 12  # points of a curve, each of which is marked
SPAN = 50.0  # from the smallest to the largest; beyond, an axis is logarithmic


class Chart(NamedTuple):
    """A figure of the page.

    Attributes
    ----------
    title : str
    text : str
        What it shows, for those who don't see it.
    svg : str
    """

    title: str
    text: str
    svg: str


def chart(title: str, text: str, draw: Callable[[Axes], None], height: float = HEIGHT) -> Chart:
    """Draw a chart.

    Parameters
    ----------
    title, text : str
    draw : callable
        Draws on axes. What has a label is named below the chart.
    height : float
    """
    with house_style(svg__fonttype="none", svg__hashsalt=title, font__size=11):
        figure = new_figure(WIDTH, height)
        axes = figure.add_subplot()
        draw(axes)
        handles, labels = axes.get_legend_handles_labels()
        if labels:
            columns = 3 if max(map(len, labels)) < 12 else 2 if max(map(len, labels)) < 26 else 1
            rows = -(-len(labels) // columns)
            figure.set_size_inches(WIDTH, height + 0.2 * rows)
            figure.legend(handles, labels, loc="outside lower left", ncols=columns, fontsize=10)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return Chart(title, text, _inline(buffer.getvalue()))


def _inline(svg: str) -> str:
    """Return the picture without what only a file of its own needs; its size is the page's affair."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg)
    # many figures on one page: names of things would be taken twice
    number = f"{crc32(svg.encode()):x}"
    return re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>c{number}-", svg)


# ---- curves -----------------------------------------------------------------------------------------------------


def draw_curves(recording: Recording) -> list[Chart]:
    """Draw the loss, and what else was measured in validation."""
    at, losses = _thinned(recording.at(), recording.losses())
    ends = np.array([epoch["step"] for epoch in recording.epochs])
    every = recording.training["every"]

    def loss(axes: Axes) -> None:
        axes.plot(
            at, losses, color=GREY, linewidth=1.2, **_marked(losses), label=f"training, mean of {every} steps"
        )
        validation = recording.measured("validation_loss")
        if np.isfinite(validation).any():
            axes.plot(ends, validation, color=BLUE, marker="o", linewidth=1.8, label="validation")
        axes.set(ylabel="loss")
        _step_axis(axes, np.union1d(at, ends))
        _logarithmic(axes, losses)

    charts = [chart("Loss", "The training loss over the steps, and the validation loss after every epoch.", loss)]
    return [*charts, *(_epochs(recording, name) for name in _metrics(recording))]


def _metrics(recording: Recording) -> list[str]:
    """Return what was measured in validation besides the loss."""
    names = recording.epochs[0] if recording.epochs else {}
    found = [name.removeprefix("validation_") for name in names if name.startswith("validation_")]
    return [name for name in found if name != "loss"]


def _epochs(recording: Recording, name: str) -> Chart:
    def draw(axes: Axes) -> None:
        looks: dict[str, dict[str, Any]] = {
            "validation": {"color": BLUE, "marker": "o"},
            "train": {"color": GREY, "marker": "s"},
        }
        for phase, look in looks.items():
            values = recording.measured(f"{phase}_{name}")
            if np.isfinite(values).any():
                axes.plot(np.arange(1, len(values) + 1), values, label=phase.replace("train", "training"), **look)
        epoch_axis(axes)
        axes.set_ylabel(_plain(name))

    return chart(name[0].upper() + name[1:], f"{name} over the epochs.", draw)


def draw_flow(recording: Recording) -> list[Chart]:
    """Draw the gradient's norm and the relative update of every layer, and what is stuck, over the steps."""
    names = recording.matrices
    short = [name.removesuffix(".weight") for name in names]
    gradients = recording.of_parameters(names, "gradient", "norm")
    ratios = recording.of_parameters(names, "ratio")

    def flow(axes: Axes) -> None:
        _log_lines(axes, recording.at(), gradients, short)
        axes.set(ylabel="‖gradient‖")

    def updates(axes: Axes) -> None:
        _log_lines(axes, recording.at(), ratios, short)
        axes.axhline(USUAL, color=GREY, linewidth=0.9, linestyle=":", label=f"rule of thumb: {USUAL:g}")
        axes.set(ylabel="‖update‖ / ‖weight‖")

    charts = []
    if np.isfinite(gradients).any():
        charts.append(chart("Norm of the gradient", "The norm of the gradient of every layer's weights.", flow))
    if np.isfinite(ratios).any():
        charts.append(chart("Relative updates", "The norm of every update over that of the weights.", updates))
    for kind, title, text in (
        ("dead", "Silent ReLUs", "The share of ReLUs that were zero for the whole batch, layer by layer."),
        ("saturated", "Saturation", "The share of outputs where sigmoid or tanh is flat, layer by layer."),
    ):
        layers = [n for n in recording.layers if any(kind in s["layers"].get(n, {}) for s in recording.steps)]
        if layers:
            charts.append(_stuck(recording, kind, title, text, layers))
    return charts


def _stuck(recording: Recording, kind: str, title: str, text: str, layers: list[str]) -> Chart:
    found = [[step["layers"].get(name, {}).get(kind) for name in layers] for step in recording.steps]
    shares = 100 * np.array(found, dtype=float)  # not a number where a layer was not called

    def draw(axes: Axes) -> None:
        _lines(axes, recording.at(), shares, layers)
        axes.set(ylabel="share of the layer / %", ylim=(0, max(5, 1.05 * np.nanmax(shares))))

    return chart(title, text, draw)


def _lines(axes: Axes, at: Array, values: Array, names: Sequence[str]) -> None:
    """Draw a line for each layer: told apart by colour and kind, many of them from dark (first) to light."""
    import matplotlib as mpl

    for i, name in enumerate(names):
        look: dict[str, Any] = {k: v for k, v in LOOKS[i % len(LOOKS)].items() if k != "marker"}
        if len(names) > len(LOOKS):
            look = {"color": mpl.colormaps["viridis"](0.9 * i / (len(names) - 1))}
        x, y = _thinned(at, values[:, i])
        axes.plot(x, y, label=_plain(name), linewidth=1.5, **_marked(y), **look)
    _step_axis(axes, at)


def _log_lines(axes: Axes, at: Array, values: Array, names: Sequence[str]) -> None:
    """Draw lines on a logarithmic axis, which has no zero: it is said where there are some."""
    is_zero = values == 0
    said = [
        f"{name} (zero throughout)" if all_zero else f"{name} (zero where it is missing)" if some_zero else name
        for name, all_zero, some_zero in zip(names, is_zero.all(axis=0), is_zero.any(axis=0), strict=True)
    ]
    _lines(axes, at, np.where(is_zero, np.nan, values), said)
    if (values > 0).any():
        axes.set_yscale("log")
    else:
        axes.set_yticks([])
        axes.text(0.5, 0.5, "zero in every step looked at", transform=axes.transAxes, ha="center", va="center")


def _marked(values: Array) -> dict[str, Any]:
    """Return the look of a curve's points: of a single one, a line shows nothing."""
    return {"marker": "o", "markersize": 4} if np.isfinite(values).sum() <= FEW else {}


def _step_axis(axes: Axes, at: Array) -> None:
    """Show all steps from the first to the last, whether or not there is a point, with whole numbers."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel("step")
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    margin = 0.05 * (at[-1] - at[0]) or 1
    axes.set_xlim(at[0] - margin, at[-1] + margin)


def _plain(name: str) -> str:
    """Return a name that Matplotlib shows as it is: neither taken for a formula, nor left out of legends."""
    return f"{' ' * name.startswith('_')}{name}".replace("$", r"\$")


def _thinned(x: Array, y: Array) -> tuple[Array, Array]:
    """Return at most so many points of a curve as can be seen."""
    stride = -(-len(x) // POINTS) or 1
    return x[::stride], y[::stride]


def _logarithmic(axes: Axes, values: Array) -> None:
    finite = values[np.isfinite(values)]
    if finite.size and finite.min() > 0 and finite.max() > SPAN * finite.min():
        axes.set_yscale("log")


# ---- distributions over time ------------------------------------------------------------------------------------


def draw_distributions(recording: Recording) -> dict[str, list[Chart]]:
    """Draw how weights, gradients and outputs of the layers are distributed, over the steps.

    Returns
    -------
    dict of str to list of Chart
        Under the headings of the page. Of many layers, some are left out, evenly.
    """
    weights, layers = _some(recording.matrices), _some(recording.layers)

    def of_parameter(name: str, kind: str) -> list[Any]:
        return [step["parameters"].get(name, {}).get(kind, {}) for step in recording.steps]

    return {
        "Weights": [_bands(recording, name, "weight", of_parameter(name, "weight")) for name in weights],
        "Gradients": [_bands(recording, name, "gradient", of_parameter(name, "gradient")) for name in weights],
        "Outputs of the layers": [
            _bands(
                recording, recording.titled(name), "output", [s["layers"].get(name, {}) for s in recording.steps]
            )
            for name in layers
        ],
    }


def _some(names: list[str]) -> list[str]:
    if len(names) <= MOST_LAYERS:
        return names
    return [names[i] for i in np.linspace(0, len(names) - 1, MOST_LAYERS).round().astype(int)]


def _bands(recording: Recording, name: str, kind: str, found: list[dict[str, Any]]) -> Chart:
    rows = [[d["low"], *d["quantiles"], d["high"]] if "low" in d else [np.nan] * 7 for d in found]
    at, values = _thinned(recording.at(), np.array(rows, dtype=float))

    def draw(axes: Axes) -> None:
        for i, alpha in ((0, 0.12), (1, 0.22), (2, 0.4)):
            axes.fill_between(at, values[:, i], values[:, -1 - i], color=BLUE, alpha=alpha, linewidth=0)
            if len(at) == 1:  # nothing is between
                axes.vlines(at, values[:, i], values[:, -1 - i], color=BLUE, alpha=alpha, linewidth=16)
        axes.plot(at, values[:, 3], color=ORANGE, linewidth=1.2, **_marked(values[:, 3]))
        axes.set_ylabel(kind)
        _step_axis(axes, at)

    text = f"{kind} of {name} over the steps: the median in its bands of 50, 90 and 100 % of the values."
    return chart(name, text, draw, height=2.4)
