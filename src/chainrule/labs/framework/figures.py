"""The figures of the framework lab, but for the films."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from chainrule.labs.framework import answers as say
from chainrule.labs.framework.digits import ACTIVATIONS, DEPTHS, LAYERS
from chainrule.labs.framework.plane import (
    PHASES,
    TASKS,
    in_words,
    probabilities,
    trained_classifier,
    wave,
    wave_points,
)
from chainrule.labs.framework.results import FrameworkResults, at_the_end
from chainrule.labs.framework.study import ONE_LAYER, Network
from chainrule.plot import compare_losses, curves
from chainrule.plot.curves import Line, draw_epochs, side_by_side
from chainrule.plot.errors import draw_fits, draw_losses
from chainrule.plot.perceptrons import BY_ACTIVATION, draw_gradients, draw_weights, layers_in_words
from chainrule.plot.plane import Panel, Region, show_growth, show_regions
from chainrule.plot.style import TRAINING


def figures_of(r: FrameworkResults) -> dict[str, Callable[[], Any]]:
    """Return what draws each figure, by its name."""
    drawn = {
        "digits": _digits,
        "lines": _lines,
        "overfitting": _overfitting,
        "regression": _regression,
        "loss": _loss,
        "activations": _activations,
        "gradients": _gradients,
        "weights": _weights,
    }
    return {**{name: partial(draw, r) for name, draw in drawn.items()}, "losses": draw_losses}


# ---- the plane, and the wave ----------------------------------------------------------------------------------


def _lines(r: FrameworkResults) -> Any:
    """Draw the regions of lines, and of networks."""
    rows = [
        [_panel(r, trial, TASKS[trial["task"]].name) for trial in row]
        for row in zip(*r.line_and_network(), strict=True)
    ]
    return show_regions(rows, ["one layer: a line", "with hidden layers"], say.on_lines(r))


def _overfitting(r: FrameworkResults) -> Any:
    """Draw the regions of networks that grow, and their losses."""
    grown = r.growing()
    panels = [_panel(r, trial, f"hidden units: {in_words(trial['hidden'])}") for trial in grown]
    errors, losses = ({p: [at_the_end(t, m)[p] for t in grown] for p in PHASES} for m in ("error", "loss"))
    return show_growth(panels, [t["parameters"] for t in grown], errors, losses, say.on_growth(r))


def _panel(r: FrameworkResults, trial: dict[str, Any], title: str) -> Panel:
    """Return what a network in the plane says."""
    X, y, _, _ = TASKS[trial["task"]].points(r.options.seed)
    region = Region(X, y)
    wrong = f"{at_the_end(trial, 'error')['validation']:.0%} of new points wrong"
    return Panel(region, probabilities(trained_classifier(trial), region.grid()), f"{title}\n{wrong}")


def _regression(r: FrameworkResults) -> Any:
    fits = {name: fit["fit"] for name, fit in r.fits.items()}
    return draw_fits(wave_points(r.options.seed), wave(), fits, say.on_fits(r))


# ---- the digits -----------------------------------------------------------------------------------------------


def _digits(r: FrameworkResults) -> Any:
    """Draw the accuracies of the perceptrons, and PyTorch's."""
    panels = []
    for layers, network in r.perceptrons.items():
        known = [100 * record["training_accuracy"] for record in network.records[1:]]
        ours, theirs = network.comparison.ours.epochs, network.comparison.reference
        lines = [
            Line("training images", known, TRAINING),
            *side_by_side(ours, theirs, "validation_accuracy", 100, "new"),
        ]
        panels.append(curves.Panel(layers_in_words(layers), "accuracy / %", lines))
    return _on_one_scale(draw_epochs(panels, say.on_perceptrons(r), 11, 4))


def _loss(r: FrameworkResults) -> Any:
    """Draw the losses of the deepest of them, step by step."""
    deepest = max(r.perceptrons)
    comparison = r.perceptrons[deepest].comparison
    headline = comparison.headline()
    return compare_losses(
        *comparison.curves(), title=f"{layers_in_words(deepest)}: {headline[0].lower()}{headline[1:]}"
    )


def _activations(r: FrameworkResults) -> Any:
    """Draw the accuracies of the networks of the study."""

    def line(network: Network) -> Line:
        values = [100 * share for share in r.study.course(network, "validation_accuracy")]
        return Line(say.activation(network[1]), values, BY_ACTIVATION[network[1]], first=0)

    level = ("one layer, in the end", 100 * r.study.accuracy(ONE_LAYER))
    panels = [
        curves.Panel(
            layers_in_words(d), "accuracy on new digits / %", [line((d, a)) for a in ACTIVATIONS], level=level
        )
        for d in DEPTHS
    ]
    return _on_one_scale(draw_epochs(panels, say.on_activations(r), 11, 4))


def _on_one_scale(figure: Any) -> Any:
    """Let all panels have the same vertical axis, named once."""
    low, high = zip(*(axes.get_ylim() for axes in figure.axes), strict=True)
    for axes in figure.axes:
        axes.set_ylim(min(low), max(high))
        axes.label_outer()
    return figure


def _gradients(r: FrameworkResults) -> Any:
    by_depth = {a: {d: r.study.gradients((d, a))[0] for d in DEPTHS} for a in ACTIVATIONS}
    deepest = {a: r.study.gradients((DEPTHS[-1], a)) for a in ACTIVATIONS}
    return draw_gradients(by_depth, deepest, say.on_gradients(r))


def _weights(r: FrameworkResults) -> Any:
    still = (DEPTHS[-1], "Sigmoid")
    weights = {
        **{say.named((n, LAYERS[n])): network.records for n, network in r.perceptrons.items()},
        say.named(still): r.study.of(still)[0]["records"],
    }
    return draw_weights(weights, say.on_growing_weights(r))
