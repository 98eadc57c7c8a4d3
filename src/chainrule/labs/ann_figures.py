"""The figures of the lab, from its results."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.labs.ann_activations import ACTIVATIONS, elu, elu_derivative
from chainrule.labs.ann_experiments import DEPTHS, seconds_per_epoch
from chainrule.labs.ann_findings import best_rates
from chainrule.labs.ann_four_classes import predict
from chainrule.labs.ann_report import AnnResults
from chainrule.labs.ann_saddle import METHODS, descend, surface
from chainrule.labs.ann_study import DYING_RATES, RATES, Study
from chainrule.plot import ann_problems as problems
from chainrule.plot import compare_losses, save_figure
from chainrule.plot.ann_activations import draw_elu, draw_grid
from chainrule.plot.ann_classes import draw_confusion, draw_predictions, draw_samples
from chainrule.plot.ann_plane import draw_four_classes
from chainrule.plot.ann_training import draw_activations, draw_depth, draw_drift, draw_training

GRID = ("Sigmoid", "Tanh", "ReLU", "LeakyReLU")
ALPHAS = (0.1, 0.5, 1.0, 2.0)
TITLES = {"relu": "ReLU", "sigmoid": "sigmoid", "tanh": "tanh"}


def draw_lesson(results: AnnResults, probabilities: Any, folder: Path) -> None:
    """Draw activations, the four classes, the data, the training, and what the classifier says."""
    _activations(folder)
    four = results.four
    figure = draw_four_classes(
        four.X,
        four.y,
        {name: partial(predict, o.model, o.logistic) for name, o in four.outcomes.items()},
        {name: outcome.accuracy for name, outcome in four.outcomes.items()},
        {name: outcome.losses for name, outcome in four.outcomes.items()},
        "One output never separates four classes; four outputs do" if _only_four_do(four.outcomes)
        else "Four classes: one output and four outputs",
    )  # fmt: skip
    save_figure(figure, folder / "four_classes.png")
    images, labels, classes = results.train.data, results.train.targets, results.train.classes
    title = "The first eight training images of each class"
    save_figure(draw_samples(images, labels, classes, title), folder / "samples.png")
    reference = results.reference
    complete = reference is not None and all("train_accuracy" in epoch for epoch in reference.epochs)
    label = f"PyTorch {reference.torch} ({reference.kind})" if reference else ""
    figure = draw_training(
        results.ours, reference.epochs if reference and complete else None, label, results.headline()
    )
    save_figure(figure, folder / "training.png")
    save_figure(compare_losses(*results.comparison.curves(), title=_on_losses(results)), folder / "loss.png")
    shown = results.test.data[:16], results.test.targets[:16].tolist(), probabilities[:16]
    save_figure(draw_predictions(*shown, results.test.classes), folder / "predictions.png")
    said = _worst_pair(results)
    save_figure(draw_confusion(results.confusion, results.test.classes, said), folder / "confusion.png")


def _activations(folder: Path) -> None:
    z = np.linspace(-5, 5, 1001)
    chosen = [ACTIVATIONS[layer] for layer in GRID]
    functions = [(f"{a.name}: ${a.formula}$", a.function(z)) for a in chosen]
    derivatives = [(f"{a.name}: ${a.derivative_formula}$", a.derivative(z)) for a in chosen]
    title = "Two activations have bounds, two go on for ever"
    save_figure(draw_grid(functions, z, "f(z)", title), folder / "activations.png")
    title = "Where z > 0, ReLU and Leaky ReLU pass an error on as it is; sigmoid never more than a quarter"
    save_figure(draw_grid(derivatives, z, "f'(z)", title), folder / "derivatives.png")
    z = np.linspace(-4, 2.1, 601)
    relu, leaky = ACTIVATIONS["ReLU"], ACTIVATIONS["LeakyReLU"]
    figure = draw_elu(
        z,
        {"ReLU": relu.function(z), "Leaky ReLU, α = 0.01": leaky.function(z)}
        | {f"ELU, α = {alpha:g}": elu(z, alpha) for alpha in ALPHAS},
        {"ReLU": relu.derivative(z), "Leaky ReLU": leaky.derivative(z)}
        | {f"ELU, α = {alpha:g}": elu_derivative(z, alpha) for alpha in ALPHAS},
        "Below 0, ELU goes to −α; its derivative has no jump at 0 only with α = 1",
    )
    save_figure(figure, folder / "elu.png")


def _only_four_do(outcomes: Any) -> bool:
    *ones, four = [outcome.accuracy for outcome in outcomes.values()]
    return bool(max(ones) <= 0.6 and four >= 0.95)


def _on_losses(results: AnnResults) -> str:
    if results.reference is None:
        return results.comparison.headline()
    apart = results.comparison.differences
    start = (
        "The first losses are equal to the last bit"
        if apart[0] == 0
        else f"The losses begin {apart[0]:.1g} nat apart"
    )
    return f"{start}; rounding is carried on, to {apart[-25:].mean():.2g} nat at the end"


def _worst_pair(results: AnnResults) -> str:
    wrong = results.confusion.copy()
    np.fill_diagonal(wrong, 0)
    if not wrong.any():
        return "Every test image is recognised"
    truth, said = np.unravel_index(wrong.argmax(), wrong.shape)
    classes = results.test.classes
    return f"The most frequent mistake: {classes[truth]} is taken for {classes[said]}, {wrong.max():,} times"


def draw_experiments(results: AnnResults, folder: Path) -> None:
    """Draw what the experiments found, if there were any."""
    if not (results.architectures and results.study and results.nudged):
        return
    found = results.architectures
    _depth(found, folder)
    _activation(found, folder)
    _rounding(results, folder)
    _problems(results.study, folder)


def _rounding(results: AnnResults, folder: Path) -> None:
    """Draw how far PyTorch moves away from us, and we from ourselves for one changed bit."""
    if results.reference is None or not results.nudged:
        return
    plain, *nudged = (run["steps"] for run in results.nudged)
    apart = {"PyTorch from chainrule": results.comparison.differences}
    apart |= {
        f"chainrule from itself, a bit of unit {i} changed": np.abs(np.subtract(steps, plain))
        for i, steps in enumerate(nudged)
    }
    theirs, *ours = (float(values[-100:].mean()) for values in apart.values())
    title = (
        f"In the end PyTorch is {theirs:.2g} nat away; one changed bit makes {min(ours):.2g} to {max(ours):.2g}"
    )
    save_figure(draw_drift(apart, title), folder / "drift.png")


def _depth(found: Any, folder: Path) -> None:
    trials = {depth: found[f"{depth} relu"] for depth in DEPTHS}
    ends = {depth: np.mean([t["epochs"][-1]["validation_accuracy"] for t in ts]) for depth, ts in trials.items()}
    best = max(ends, key=lambda depth: ends[depth])
    figure = draw_depth(
        [f"{depth}: {'-'.join(map(str, sizes))}" for depth, sizes in DEPTHS.items()],
        [_curves(ts, "validation_accuracy") for ts in trials.values()],
        [ts[0]["parameters"] for ts in trials.values()],
        [seconds_per_epoch(ts) for ts in trials.values()],
        f"The {best} network ends with the highest mean accuracy, {ends[best]:.2%}",
    )
    save_figure(figure, folder / "depth.png")


def _curves(trials: Any, name: str) -> Any:
    return np.array([[epoch[name] for epoch in trial["epochs"]] for trial in trials])


def _activation(found: Any, folder: Path) -> None:
    trials = {TITLES[name]: found[f"medium {name}"] for name in TITLES}
    means = {name: np.mean([t["steps"] for t in ts], axis=0) for name, ts in trials.items()}
    early = {name: float(values[: max(20, len(values) // 10)].mean()) for name, values in means.items()}
    slowest = max(early, key=lambda name: early[name])
    figure = draw_activations(
        list(trials),
        [[t["steps"] for t in ts] for ts in trials.values()],
        [_curves(ts, "validation_accuracy") for ts in trials.values()],
        [[t["gradients"][0] for t in ts] for ts in trials.values()],
        f"In the first tenth of the training, {slowest} learns least",
    )
    save_figure(figure, folder / "activation.png")


def _problems(study: Study, folder: Path) -> None:
    """Draw a figure for each problem and remedy."""

    def errors(group: str) -> dict[str, Any]:
        return {name: trials.layers("errors") for name, trials in study[group].items()}

    def losses(group: str) -> dict[str, Any]:
        return {name: trials.losses for name, trials in study[group].items()}

    def save(name: str, figure: Any) -> None:
        save_figure(figure, folder / f"{name}.png")

    ratio = {name: values[0] / values[-1] for name, values in errors("vanishing").items()}
    least = min(ratio, key=lambda name: ratio[name])
    title = f"Vanishing: on the way back through 10 layers, {least} loses most of the error"
    save("vanishing", problems.draw_by_layer(errors("vanishing"), "activation", title))

    factors = {f"He's × {name}": values for name, values in errors("exploding").items()}
    *_, (largest, grown) = ((name, values[0] / values[-1]) for name, values in factors.items())
    title = f"Exploding: with {largest}, the error grows {grown:,.0f}-fold through 10 layers"
    save("exploding", problems.draw_by_layer(factors, "weights", title))

    names = {"ReLU": "ReLU", "LeakyReLU": "Leaky ReLU"}
    dead, right = (
        {
            label: [study["dying"][f"{name} {lr:g}"].median(what) for lr in DYING_RATES]
            for name, label in names.items()
        }
        for what in ("dead", "accuracy")
    )
    title = (
        f"Dying: with a rate of {DYING_RATES[-1]:g}, {dead['ReLU'][-1]:.0%} of ReLU's units are never on; it "
        "recognises "
        f"{right['ReLU'][-1]:.0%}, Leaky ReLU {right['Leaky ReLU'][-1]:.0%}"
    )
    save("dying", problems.draw_dying(DYING_RATES, dead, right, title))

    spread = {name: trials.layers("spread") for name, trials in study["initialisation"].items()}
    best = min(study["initialisation"], key=lambda name: study["initialisation"][name].final_loss())
    title = f"Six ways to begin with 5 hidden layers of ReLU: {best} learns fastest"
    save(
        "initialisation",
        problems.draw_initialisations(spread, errors("initialisation"), losses("initialisation"), title),
    )

    norms = {name: [r["norms"] for r in trials.results] for name, trials in study["clipping"].items()}
    title = _verdict(study["clipping"], "Clipping")
    save("clipping", problems.draw_clipping(norms, losses("clipping"), 1.0, title))

    title = _verdict(study["normalisation"], "Batch normalisation, 10 layers of sigmoids")
    save("normalisation", problems.draw_remedy(errors("normalisation"), losses("normalisation"), title))
    title = _verdict(study["residual"], "Residual connections, 30 layers of tanh")
    save("residual", problems.draw_remedy(errors("residual"), losses("residual"), title))

    paths = {method: descend(method) for method in METHODS}
    save("saddle", problems.draw_saddle(surface, paths, "A saddle holds plain descent up longest"))

    trials, chosen = study["optimisers"], best_rates(study)
    finals = {name: [trials[f"{name} {lr:g}"].final_loss() for lr in rates] for name, rates in RATES.items()}
    pair = {"SGD, 0.01": trials["SGD 0.01"].losses, "momentum 0.9, 0.01": trials["momentum 0.01"].losses}
    both = {name: finals[name] for name in ("SGD", "momentum")}
    title = _verdict(
        {"a": trials["SGD 0.01"], "b": trials["momentum 0.01"]}, "Momentum 0.9 at a learning rate of 0.01"
    )
    save("momentum", problems.draw_rates(RATES, both, pair, title))
    bests = {key.replace(" ", ", "): trials[key].losses for key in chosen.values()}
    winner = min(chosen, key=lambda name: trials[chosen[name]].final_loss())
    title = f"At the best of four learning rates each, {winner} comes lowest in 300 steps"
    save("adam", problems.draw_rates(RATES, finals, bests, title))


def _verdict(pair: Any, name: str) -> str:
    plain, remedied = (trials.final_loss() for trials in pair.values())
    before = f"{plain:.2f}" if np.isfinite(plain) else "no number"
    return f"{name}: the loss comes to {remedied:.2f}, without it to {before}"
