"""The figures of the framework lab, but for the films."""

from __future__ import annotations

from pathlib import Path

import chainrule as cr
from chainrule.datasets.two_dimensional import make_wave
from chainrule.labs import framework_answers as say
from chainrule.labs.framework_results import FrameworkResults
from chainrule.labs.plane import POINTS, TASKS, probabilities, trained_classifier, wave
from chainrule.plot import compare_losses, save_figure
from chainrule.plot.errors import draw_fits, draw_losses
from chainrule.plot.perceptrons import (
    draw_activations,
    draw_depths,
    draw_gradients,
    draw_weights,
    layers_in_words,
)
from chainrule.plot.plane import Panel, Region, show_growth, show_regions


def draw_figures(r: FrameworkResults, folder: Path) -> None:
    """Draw what was measured.

    Parameters
    ----------
    r : FrameworkResults
    folder : Path
        Where the figures go.
    """
    save_figure(draw_losses(), folder / "losses.png")
    _plane(r, folder)
    x, y = make_wave(POINTS, generator=cr.Generator().manual_seed(r.options.seed))
    fits = {name: fit["fit"] for name, fit in r.fits.items()}
    save_figure(draw_fits((x, y), wave(), fits, say.on_fits(r)), folder / "regression.png")
    _digits(r, folder)


def _plane(r: FrameworkResults, folder: Path) -> None:
    """Draw the regions of lines and networks, and those of networks that grow."""
    rows = [
        [
            _panel(r, names[i], f"{TASKS[task].name}\n{_wrong(r, names[i])}")
            for task, *names in r.line_and_network()
        ]
        for i in (0, 1)
    ]
    figure = show_regions(rows, ["one layer: a line", "with hidden layers"], say.on_lines(r))
    save_figure(figure, folder / "lines.png")

    grown = r.growing()
    panels = [_panel(r, name, f"hidden units: {units}\n{_wrong(r, name)}") for units, name in grown.items()]
    phases = ("training", "validation")
    errors, losses = ({p: [r.last(n, m, p) for n in grown.values()] for p in phases} for m in ("error", "loss"))
    save_figure(show_growth(panels, list(grown), errors, losses, say.on_growth(r)), folder / "overfitting.png")


def _panel(r: FrameworkResults, name: str, title: str) -> Panel:
    """Return what a network in the plane says."""
    task = name.split()[0]
    X, y, _, _ = TASKS[task].points(r.options.seed)
    region = Region(X, y)
    model = trained_classifier(task, r.hidden(name), r.plane[name]["weights"])
    return Panel(region, probabilities(model, region.grid()), title)


def _wrong(r: FrameworkResults, name: str) -> str:
    return f"{r.last(name, 'error', 'validation'):.0%} of new points wrong"


def _digits(r: FrameworkResults, folder: Path) -> None:
    """Draw the perceptrons and the study."""
    watched = {layers: network.records for layers, network in r.perceptrons.items()}
    theirs = {
        layers: [epoch["validation_accuracy"] for epoch in network.comparison.reference.epochs]
        for layers, network in r.perceptrons.items()
        if network.comparison.reference
    }
    save_figure(draw_depths(watched, theirs, say.on_perceptrons(r)), folder / "digits.png")

    deepest = max(r.perceptrons)
    comparison = r.perceptrons[deepest].comparison
    title = f"{layers_in_words(deepest)}: {comparison.headline()[0].lower()}{comparison.headline()[1:]}"
    save_figure(compare_losses(*comparison.curves(), title=title), folder / "loss.png")

    activations = draw_activations(r.by_depth(), r.records(1, "Identity"), say.on_activations(r))
    save_figure(activations, folder / "activations.png")
    gradients = draw_gradients(r.first_gradients(), r.deepest_gradients(), say.on_gradients(r))
    save_figure(gradients, folder / "gradients.png")

    still = max(r.by_depth())
    weights = {
        **{layers_in_words(d) + (", ReLU" if d > 1 else ""): records for d, records in watched.items()},
        f"{still} layers, sigmoid": r.records(still, "Sigmoid"),
    }
    save_figure(draw_weights(weights, say.on_growing_weights(r)), folder / "weights.png")
