"""The figures of the lab, one function for each; titles come from ``sentences.py``, as the report's text does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from chainrule.labs.ann.activations import ACTIVATIONS, elu, elu_derivative
from chainrule.labs.ann.architectures import DEPTHS, EARLY
from chainrule.labs.ann.remedies import CLIP, DYING_RATES, RATES, Study
from chainrule.labs.ann.report import AnnResults, Experiments
from chainrule.labs.ann.saddle import METHODS, START, descend, surface
from chainrule.labs.ann.sentences import NAMES, SHARED_RATE, best_rates, dead_share, mistakes, steps_of
from chainrule.plot import compare_losses, show_predictions
from chainrule.plot.activations import draw_elu, draw_grid
from chainrule.plot.confusion import draw_confusion
from chainrule.plot.curves import Line, Panel, draw_epochs, side_by_side
from chainrule.plot.images import draw_groups
from chainrule.plot.plane import Region, RegionAxes
from chainrule.plot.style import GREY, LOOKS, THEIRS, TRAINING, epoch_axis, house_style, new_figure
from chainrule.plot.training import WINDOW, band, draw_layers, draw_losses, draw_points, line, smooth

Figures = dict[str, Callable[[], Any]]
GRID = ("Sigmoid", "Tanh", "ReLU", "LeakyReLU")
ALPHAS = (0.1, 0.5, 1.0, 2.0)
SAMPLES, SHOWN = 8, 16  # pictures of each class, and predictions
GUESSING = float(np.log(10))  # nat, of ten classes
TOP = 3.0  # nat: a loss above has nothing to do with learning
ERROR = "error ‖∂loss/∂z‖ that reaches it"


def draw_all(results: AnnResults) -> Figures:
    """Return what draws each figure of a run, by the name of its file."""
    figures: Figures = {
        "training": lambda: training(results),
        "activations": lambda: activations(derivative=False),
        "derivatives": lambda: activations(derivative=True),
        "elu": draw_elus,
        "four_classes": lambda: four_classes(results),
        "samples": lambda: samples(results),
        "loss": lambda: compare_losses(*results.comparison.curves(), title=results.findings["loss"].title),
        "predictions": lambda: predictions(results),
        "confusion": lambda: draw_confusion(
            results.confusion, results.test.classes, mistakes(results.confusion, results.test.classes)
        ),
    }
    found = results.experiments
    if found is None:
        return figures
    titles = {name: finding.title for name, finding in found.findings.items()}
    study = found.study
    return figures | {
        "depth": lambda: depth(found, titles["depth"]),
        "activation": lambda: activation(found, titles["activation"]),
        "drift": lambda: drift(results, found),
        "dropout": lambda: dropout(found, titles["dropout"]),
        "vanishing": lambda: by_layer(_errors(study, "vanishing"), "activation", titles["vanishing"]),
        "exploding": lambda: by_layer(_errors(study, "exploding"), "He's weights ×", titles["exploding"]),
        "dying": lambda: dying(study, titles["dying"]),
        "initialisation": lambda: initialisation(study, titles["initialisation"]),
        "clipping": lambda: clipping(study, titles["clipping"]),
        "normalisation": lambda: remedy(study, "normalisation", titles["normalisation"]),
        "residual": lambda: remedy(study, "residual", titles["residual"]),
        "saddle": lambda: saddle(titles["saddle"]),
        "momentum": lambda: momentum(study, titles["momentum"]),
        "adam": lambda: adam(study, titles["adam"]),
    }


# ---- the lesson -----------------------------------------------------------------------------------------------


def activations(derivative: bool) -> Any:
    """Draw the document's four activation functions, or their derivatives."""
    z, chosen = np.linspace(-5, 5, 1001), [ACTIVATIONS[layer] for layer in GRID]
    if derivative:
        title = "Where z > 0, ReLU and Leaky ReLU pass an error on as it is; sigmoid never more than a quarter"
        return draw_grid(
            [(f"{a.name}: ${a.derivative_formula}$", a.derivative(z)) for a in chosen], z, "f'(z)", title
        )
    title = "Two activations have bounds, two go on for ever"
    return draw_grid([(f"{a.name}: ${a.formula}$", a.function(z)) for a in chosen], z, "f(z)", title)


def draw_elus() -> Any:
    """Draw ELU with several α beside ReLU and Leaky ReLU."""
    z, relu, leaky = np.linspace(-4, 2.1, 601), ACTIVATIONS["ReLU"], ACTIVATIONS["LeakyReLU"]
    return draw_elu(
        z,
        {"ReLU": relu.function(z), "Leaky ReLU, α = 0.01": leaky.function(z)}
        | {f"ELU, α = {alpha:g}": elu(z, alpha) for alpha in ALPHAS},
        {"ReLU": relu.derivative(z), "Leaky ReLU": leaky.derivative(z)}
        | {f"ELU, α = {alpha:g}": elu_derivative(z, alpha) for alpha in ALPHAS},
        "Below 0, ELU goes to −α; its derivative has no jump at 0 only with α = 1",
    )


def four_classes(results: AnnResults) -> Any:
    """Draw the losses of the networks on four classes of points, and the regions that each makes."""
    four, accuracies = results.four, results.four.accuracies
    region = Region(four.X, four.y)
    with house_style():
        figure = new_figure(12.5, 3.7, results.findings["four_classes"].title)
        left, *panels = figure.subplots(1, len(four.outcomes) + 1)
        for (name, outcome), look in zip(four.outcomes.items(), LOOKS, strict=False):
            epochs = np.arange(1, len(outcome.losses) + 1)
            left.plot(epochs, outcome.losses, label=name, linewidth=2, **line(look))
            if outcome.pytorch is not None:
                losses = [epoch["train_loss"] for epoch in outcome.pytorch.epochs]
                label = None if look is not LOOKS[0] else "PyTorch"
                left.plot(epochs[::10], losses[::10], "kx", markersize=6, label=label, zorder=4)
        left.set(ylabel="loss / nat", title="training loss")
        left.set_ylim(bottom=-0.05 * left.get_ylim()[1])
        left.legend(fontsize=8)
        epoch_axis(left)
        for axes, (name, outcome) in zip(panels, four.outcomes.items(), strict=True):
            said = outcome.predict(region.grid())
            grouped = outcome.classes.max() == 1
            RegionAxes(axes, region).draw(np.eye(4)[2 * said if grouped else said])  # a group: its first class
            right = f"{accuracies[name]:.0%} of the {'groups' if grouped else 'classes'} right"
            axes.set_title(f"{name}\n{right}", fontsize=9.5)
            axes.set(xlabel="$x_1$", ylabel="$x_2$")
        return figure


def samples(results: AnnResults) -> Any:
    """Draw the first pictures of each class."""
    images, labels = results.train.images, results.train.labels
    first = {name: images[labels == i][:SAMPLES] for i, name in enumerate(results.train.classes)}
    title = f"The first {SAMPLES} training images of each class"
    return draw_groups({name: (found, [""] * len(found)) for name, found in first.items()}, title, columns=SAMPLES)


def training(results: AnnResults) -> Any:
    """Draw loss and accuracy of training and validation, with PyTorch's."""
    panels = []
    for what, scale, unit in (("loss", 1, "cross-entropy / nat"), ("accuracy", 100, "accuracy / %")):
        lines = side_by_side(results.ours, results.reference, f"validation_{what}", scale, "test")
        for own, look in zip(
            side_by_side(results.ours, results.reference, f"train_{what}", scale, "training"),
            (TRAINING, {**THEIRS, "color": "black", "linestyle": ":"}),
            strict=False,
        ):
            lines.append(Line(own.label, own.values, look))
        panels.append(Panel(what, unit, lines))
    return draw_epochs(panels, results.findings["training"].title)


def predictions(results: AnnResults) -> Any:
    """Draw the first test images with the classifier's answers."""
    truth = results.test.labels[:SHOWN].tolist()
    shown = results.probabilities[:SHOWN]
    right = int((shown.argmax(1) == truth).sum())
    title = f"{right} of the first {SHOWN} test images are recognised (the others in orange, with the truth)"
    return show_predictions(results.test.images[:SHOWN], truth, shown, results.test.classes, title, columns=4)


# ---- the experiments ------------------------------------------------------------------------------------------


def drift(results: AnnResults, found: Experiments) -> Any:
    """Draw how far PyTorch moves away from us, and we from ourselves for one changed bit."""
    plain, *nudged = (run["steps"] for run in found.rounding.runs)
    apart = {
        f"chainrule from itself, bit {i} changed": np.abs(np.subtract(s, plain)) for i, s in enumerate(nudged, 1)
    }
    if results.reference is not None:
        apart = {"PyTorch from chainrule": results.comparison.differences} | apart
    with house_style():
        figure = new_figure(8, 4.6, results.findings["drift"].title)
        axes = figure.add_subplot()
        for i, (name, values) in enumerate(apart.items()):
            x, means = smooth(values)
            shown = means > 0  # where losses are equal, a logarithm has nothing to show
            axes.semilogy(x[shown], means[shown], label=name, linewidth=1.2, **line(LOOKS[i % len(LOOKS)]))
        axes.set(xlabel="step", ylabel=f"|difference of the losses| / nat\n(mean of {WINDOW} steps)")
        figure.legend(loc="outside lower center", ncols=2)
        return figure


def dropout(found: Experiments, title: str) -> Any:
    """Draw how training and test images are recognised with and without dropout."""
    with house_style():
        figure = new_figure(10, 4.2, title)
        left, right = figure.subplots(1, 2)
        for (name, runs), look in zip(found.dropouts.items(), LOOKS, strict=False):
            known, new, loss = (np.array([run[key] for run in runs]) for key in ("known", "new", "new_loss"))
            band(left, 100 * known, f"training images, {name}", look)
            band(left, 100 * new, f"test images, {name}", {**look, "markerfacecolor": "none", "linewidth": 1})
            band(right, loss, name, look)
        left.set(ylabel="recognised, in evaluation mode / %", title="mean of the seeds, and their range")
        right.set(ylabel="cross-entropy / nat", title="loss on the test images")
        left.legend()
        right.legend()
        return figure


def depth(found: Experiments, title: str) -> Any:
    """Draw validation accuracy by epoch and depth, and at what price it comes."""
    trials = {name: found.architectures[f"{name} relu"] for name in DEPTHS}
    with house_style():
        figure = new_figure(11, 4.2, title)
        left, middle, right = figure.subplots(1, 3, width_ratios=[2, 1, 1])
        for (name, runs), look in zip(trials.items(), LOOKS, strict=False):
            band(left, 100 * _of_epochs(runs), f"{name}: {'-'.join(map(str, DEPTHS[name]))}", look)
            _pytorch(left, runs, look)
        left.set(ylabel="validation accuracy / %", title="mean of the seeds, and their range")
        left.legend(fontsize=9)
        sizes = [runs[0]["parameters"] / 1000 for runs in trials.values()]
        steps = [1000 * np.asarray(found.seconds[name]) for name in trials]
        for axes, values, label in (
            (middle, sizes, "parameters / thousand"),
            (right, steps, "time of a step / ms"),
        ):
            for i, (value, look) in enumerate(zip(values, LOOKS, strict=False)):
                middle_of = float(np.median(value))
                axes.bar(i, middle_of, width=0.6, color=look["color"])
                axes.text(i, middle_of, f"{middle_of:.3g}", ha="center", va="bottom", fontsize=9)
            axes.set_xticks(range(len(trials)), list(trials))
            axes.set_title(label)
            axes.grid(False, axis="x")
            axes.set_axisbelow(True)
        return figure


def _of_epochs(runs: Any) -> Any:
    return np.array([[epoch["validation_accuracy"] for epoch in run["epochs"]] for run in runs])


def _pytorch(axes: Any, runs: Any, look: Mapping[str, Any]) -> None:
    """Draw PyTorch's accuracy from the first seed as crosses."""
    if runs[0]["pytorch"] is not None:
        shares = [100 * epoch["validation_accuracy"] for epoch in runs[0]["pytorch"].epochs]
        label = "PyTorch, first seed" if look is LOOKS[0] else None
        axes.plot(range(1, len(shares) + 1), shares, "x", color=look["color"], label=label, markersize=8, zorder=4)


def activation(found: Experiments, title: str) -> Any:
    """Draw how activations learn with Adam and with SGD, and what their layers get to learn from."""
    adam, sgd = ({name: found.architectures[f"medium {name}{of}"] for name in NAMES} for of in ("", " SGD"))
    with house_style():
        figure = new_figure(11.5, 7, title)
        (losses, accuracy, control), (start, later, moved) = figure.subplots(2, 3)
        for name, look in zip(NAMES, LOOKS, strict=False):
            for axes, runs in ((losses, adam[name]), (control, sgd[name])):
                axes.plot(*smooth(np.mean([r["steps"] for r in runs], axis=0)), label=NAMES[name], **line(look))
            if (reference := adam[name][0]["pytorch"]) is not None:
                x, means = smooth(reference.steps)
                label = "PyTorch, first seed" if look is LOOKS[0] else None
                losses.plot(x[:: 5 * WINDOW], means[:: 5 * WINDOW], "kx", markersize=4, alpha=0.6, label=label)
            band(accuracy, 100 * _of_epochs(adam[name]), NAMES[name], look)
            _pytorch(accuracy, adam[name], look)
            gradients = np.mean([r["gradients"] for r in adam[name]], axis=0)
            later.semilogy(range(len(gradients)), gradients[:, 0], label=NAMES[name], **look)
        for by, trials in (("Adam", adam), ("SGD", sgd)):
            means = {
                NAMES[name]: np.mean([r["moved"] for r in rs], axis=0)
                for name, rs in trials.items()
                if rs[0]["moved"]
            }
            for (name, values), look in zip(means.items(), LOOKS, strict=False):
                style = {**look, "alpha": 1 if by == "Adam" else 0.45, "label": f"{name}, {by}"}
                moved.semilogy(np.arange(1, len(values) + 1), values, **style)
        gradients = {
            NAMES[name]: np.mean([r["gradients"][0] for r in runs], axis=0) for name, runs in adam.items()
        }
        draw_layers(start, gradients, "")
        start.set_title("gradient ‖∂loss/∂W‖ before the training")
        losses.set(title=f"training loss with Adam / nat\n(mean of {WINDOW} steps)", xlabel="step")
        control.set(title=f"training loss with SGD / nat\n(mean of {WINDOW} steps)", xlabel="step")
        accuracy.set_title("validation accuracy with Adam / %")
        later.set(title="‖∂loss/∂W‖ of the first layer")
        epoch_axis(later)
        moved.set(title=f"‖ΔW‖ / ‖W‖ in the first {EARLY} steps", xlabel="layer (1: next to the pixels)")
        moved.locator_params(axis="x", integer=True)
        losses.legend(fontsize=8)
        moved.legend(fontsize=8, ncols=2, loc="upper center")
        moved.set_ylim(top=8 * moved.get_ylim()[1])
        return figure


# ---- problems and remedies ------------------------------------------------------------------------------------


def _errors(study: Study, group: str) -> dict[str, Any]:
    return {name: trials.layers("errors") for name, trials in study[group].items()}


def _losses(study: Study, group: str) -> dict[str, Any]:
    return {name: trials.losses for name, trials in study[group].items()}


def by_layer(errors: Mapping[str, Any], legend: str, title: str) -> Any:
    """Draw the errors that reach the layers."""
    with house_style():
        figure = new_figure(7.5, 4.2, title)
        axes = figure.add_subplot()
        draw_layers(axes, errors, ERROR)
        axes.legend(title=legend)
        return figure


def remedy(study: Study, group: str, title: str) -> Any:
    """Draw what a remedy does to the errors of the layers, and to the training."""
    with house_style():
        figure = new_figure(10, 4.2, title)
        left, right = figure.subplots(1, 2)
        draw_layers(left, _errors(study, group), ERROR)
        left.set_title("before the training")
        left.legend()
        draw_losses(right, _losses(study, group), steps_of(study), TOP, GUESSING)
        right.set_title("the training, from each seed")
        return figure


def dying(study: Study, title: str) -> Any:
    """Draw the share of dead units, and the accuracy, by learning rate."""
    trials = {
        label: [study["dying"][f"{name} {rate:g}"].results for rate in DYING_RATES]
        for name, label in (("ReLU", "ReLU"), ("LeakyReLU", "Leaky ReLU"))
    }
    dead = {name: np.array([[100 * dead_share(r) for r in rs] for rs in by]) for name, by in trials.items()}
    right = {
        name: np.array([[100 * (r["accuracy"] or np.nan) for r in rs] for rs in by]) for name, by in trials.items()
    }
    with house_style():
        figure = new_figure(10, 4.2, title)
        axes = figure.subplots(1, 2)
        draw_points(axes[0], DYING_RATES, dead, "learning rate of Adam", "units with δ = 0 for all images / %")
        draw_points(axes[1], DYING_RATES, right, "learning rate of Adam", "test accuracy / %")
        for panel in axes:
            panel.set(ylim=(-3, 103), title="points: seeds; lines: their medians")
        axes[0].legend()
        return figure


def initialisation(study: Study, title: str) -> Any:
    """Draw what ways to begin do to the forward pass, to the backward pass, and to the training."""
    spread = {name: trials.layers("spread") for name, trials in study["initialisation"].items()}
    with house_style():
        figure = new_figure(12, 4.8, title)
        left, middle, right = figure.subplots(1, 3)
        draw_layers(left, spread, "")
        left.set_title("forward: standard deviation of z")
        draw_layers(middle, _errors(study, "initialisation"), "")
        middle.set_title("backward: ‖∂loss/∂z‖")
        draw_losses(right, _losses(study, "initialisation"), steps_of(study), TOP, GUESSING)
        right.set(ylabel="", title=f"training loss / nat (mean of {WINDOW} steps)")
        figure.legend(*right.get_legend_handles_labels(), loc="outside lower center", ncols=7)
        return figure


def clipping(study: Study, title: str) -> Any:
    """Draw the norm of the gradient of every step, and the losses."""
    with house_style():
        figure = new_figure(10, 4.2, title)
        left, right = figure.subplots(1, 2)
        for (name, trials), look in zip(study["clipping"].items(), LOOKS, strict=False):
            for i, values in enumerate(r["norms"] for r in trials.results):
                marked = {"marker": look["marker"], "markersize": 4} if len(values) < WINDOW else {}
                style = {**line(look), "linewidth": 1, **marked, "label": None if i else name}
                left.semilogy(np.arange(1, len(values) + 1), values, **style)
        left.axhline(CLIP, color=GREY, linewidth=0.8, linestyle=":")
        left.set(
            title=f"norm of the gradient, before clipping (dotted: {CLIP:g})", xlabel="step", ylabel="‖gradient‖"
        )
        draw_losses(right, _losses(study, "clipping"), steps_of(study), 2 * TOP, GUESSING)
        right.set_title("the training, from each seed")
        right.legend()
        return figure


def saddle(title: str) -> Any:
    """Draw the paths of several methods over a saddle, and how fast they come down."""
    with house_style():
        figure = new_figure(10, 4.2, title)
        left, right = figure.subplots(1, 2)
        x, y = np.meshgrid(np.linspace(-1.1, 1.2, 200), np.linspace(-1.4, 1.4, 200))
        left.contour(x, y, surface(x, y), levels=18, colors=GREY, linewidths=0.5)
        left.plot(0, 0, "k*", markersize=12, zorder=5)
        left.annotate("saddle", (0, 0), (-0.5, -0.25))
        for method, look in zip(METHODS, LOOKS, strict=False):
            path = descend(method)
            left.plot(*path.T, label=method, linewidth=1.6, **line(look))
            right.plot(surface(*path.T), label=method, linewidth=1.6, **line(look))
        left.set(xlabel="x", ylabel="y", title=f"the way, from {START}", xlim=(-1.1, 1.2), ylim=(-1.4, 1.4))
        left.grid(False)
        right.set(xlabel="step", ylabel="f(x, y)", title="how far down")
        right.legend()
        return figure


def momentum(study: Study, title: str) -> Any:
    """Draw SGD with and without momentum by learning rate, and at the same one."""
    shown = {f"{name}, {SHARED_RATE:g}": f"{name} {SHARED_RATE:g}" for name in ("SGD", "momentum")}
    return _rates(study, ("SGD", "momentum"), shown, title)


def adam(study: Study, title: str) -> Any:
    """Draw the optimisers by learning rate, and each at its best."""
    shown = {key.replace(" ", ", "): key for key in best_rates(study).values()}
    return _rates(study, tuple(RATES), shown, title)


def _rates(study: Study, names: tuple[str, ...], shown: Mapping[str, str], title: str) -> Any:
    trials = study["optimisers"]
    with house_style():
        figure = new_figure(10, 4.2, title)
        left, right = figure.subplots(1, 2)
        for name, look in zip(names, LOOKS, strict=False):
            ends = [np.median(trials[f"{name} {rate:g}"].ends) for rate in RATES[name]]
            left.semilogx(RATES[name], ends, label=name, markersize=7, linewidth=1.8, **look)
        left.set(xlabel="learning rate", ylabel="training loss at the end / nat", title="median of the seeds")
        left.legend()
        draw_losses(right, {k: trials[key].losses for k, key in shown.items()}, steps_of(study), 2.5, GUESSING)
        right.set_title("at the rates of the legend, from each seed")
        right.legend()
        return figure
