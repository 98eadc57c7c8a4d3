"""What the studies found: tables and sentences, made from the measured numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import mean
from typing import Any

import numpy as np

from chainrule.labs.ann_experiments import DEPTHS, last, seconds_per_epoch, steps_to
from chainrule.labs.ann_saddle import METHODS, descend, steps_to_leave
from chainrule.labs.ann_study import DYING_RATES, RATES, Study, Trials
from chainrule.labs.comparison import scientific

Architectures = dict[str, list[dict[str, Any]]]
LEARNT = 0.6  # nat; a running loss below this has left guessing (2.3) far behind
MORE = 2.0  # a ratio from which on one is said to be larger


def join(items: Sequence[str]) -> str:
    """Join words as a sentence has them.

    Examples
    --------
    >>> join(["tanh", "ReLU", "sigmoid"])
    'tanh, ReLU and sigmoid'
    """
    return " and ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else items[0]


def times(ratio: float) -> str:
    """Say how many times as large something is.

    Examples
    --------
    >>> times(0.25), times(12.3), times(2.5e-8)
    ('0.25 times', '12 times', '2.5 × 10⁻⁸ times')
    """
    if 0.01 <= ratio < 1000:
        return f"{ratio:.2g} times" if ratio < 100 else f"{ratio:.0f} times"
    return f"{scientific(ratio)} times"


# ---- depth and activation -------------------------------------------------------------------------------------


def architecture_table(found: Architectures) -> list[dict[str, str]]:
    """Return a row for each network."""
    rows = []
    for name, trials in found.items():
        depth, activation = name.split()
        accuracies = last(trials, "validation_accuracy")
        reference = trials[0]["pytorch"]
        theirs = "not run" if reference is None else f"{reference.epochs[-1]['validation_accuracy']:.2%}"
        rows.append(
            {
                "network": "-".join(map(str, DEPTHS[depth])),
                "activation": activation,
                "parameters": f"{trials[0]['parameters']:,}",
                "validation accuracy": f"{mean(accuracies):.2%}",
                "from – to": f"{min(accuracies):.2%} – {max(accuracies):.2%}",
                "first seed": f"{accuracies[0]:.2%}",
                "PyTorch, first seed": theirs,
                "seconds per epoch": f"{seconds_per_epoch(trials):.2f}",
            }
        )
    return rows


def on_depth(found: Architectures) -> str:
    """Say which depth did best, at what price, and whether the seeds leave that open."""
    trials = {depth: found[f"{depth} relu"] for depth in DEPTHS}
    accuracy = {depth: last(t, "validation_accuracy") for depth, t in trials.items()}
    order = sorted(trials, key=lambda depth: -mean(accuracy[depth]))
    said = join([f"{depth} {mean(accuracy[depth]):.2%}" for depth in order])
    best, second = order[:2]
    clear = min(accuracy[best]) > max(accuracy[second])
    verdict = (
        f"The {best} network is ahead in all seeds"
        if clear
        else f"The seeds of the {best} and the {second} network overlap, so that their order is open"
    )
    sizes = join([f"{depth} {t[0]['parameters']:,}" for depth, t in trials.items()])
    seconds = join([f"{depth} {seconds_per_epoch(t):.2f} s" for depth, t in trials.items()])
    deepest = "deep" if order[-1] == "deep" else None
    worst = " Depth by itself gains nothing here: the deepest network is the last." if deepest else ""
    return (
        f"Validation accuracy after the last epoch, mean of {len(accuracy[best])} seeds: {said}. "
        f"{verdict}.{worst} "
        f"Parameters: {sizes}. An epoch takes: {seconds}."
    )


def on_activation(found: Architectures) -> str:
    """Say which activation learns fastest, and what the gradients have to do with it."""
    trials = {name: found[f"medium {name}"] for name in ("relu", "tanh", "sigmoid")}
    speeds = {name: [steps_to(trial["steps"], LEARNT) for trial in t] for name, t in trials.items()}
    reached = {name: _median_step(steps) for name, steps in speeds.items()}
    accuracy = {name: mean(last(t, "validation_accuracy")) for name, t in trials.items()}
    said = join(
        [f"{name} {'never' if step is None else f'after {step:g} steps'}" for name, step in reached.items()]
    )
    gradients = {name: np.mean([t["gradients"][0] for t in found[f"medium {name}"]], axis=0) for name in trials}
    order = sorted(trials, key=lambda name: np.inf if (step := reached[name]) is None else step)
    weakest = min(gradients, key=lambda name: gradients[name][0])
    ratio = gradients["relu"][0] / gradients[weakest][0]
    within = {name: g[0] / g[-1] for name, g in gradients.items()}
    passed = join(
        [f"with {name} {g[0]:.2g} ({times(within[name])} that of the last)" for name, g in gradients.items()]
    )
    fits = "the same one that is slowest" if weakest == order[-1] else "though it is not the slowest"
    return (
        f"The running loss falls below {LEARNT} nat: {said}. In the end they recognise: "
        f"{join([f'{name} {share:.2%}' for name, share in accuracy.items()])}. Before the training, the "
        "gradient of "
        f"the first layer is "
        f"{passed}"
        f". It is smallest with {weakest}, {fits}"
        + (
            f": ReLU's is {times(ratio)} as large. Each sigmoid layer multiplies the error by σ' ≤ 1/4, tanh "
            "by at "
            "most 1, and ReLU, where it is on, by exactly 1."
            if weakest == "sigmoid"
            else "."
        )
    )


def _median_step(steps: list[int | None]) -> float | None:
    reached = [step for step in steps if step is not None]
    return float(np.median(reached)) if len(reached) == len(steps) else None


def architecture_differences(found: Architectures) -> str:
    """Say how our trainings and PyTorch's compare at the start, where rounding has not been carried far."""
    pairs = [(t[0]["steps"], t[0]["pytorch"]) for t in found.values() if t[0]["pytorch"] is not None]
    if not pairs:
        return "PyTorch's trainings of these networks were not run here, and no recorded ones fit these options."
    n = min(20, min(len(run.steps) for _, run in pairs))
    worst = max(float(np.abs(np.subtract(ours[:n], run.steps[:n])).max()) for ours, run in pairs)
    ends = [
        abs(t[0]["epochs"][-1]["validation_accuracy"] - t[0]["pytorch"].epochs[-1]["validation_accuracy"])
        for t in found.values()
        if t[0]["pytorch"] is not None
    ]
    return (
        f"Beside PyTorch, from the first seed: over the first {n} steps the losses of all {len(pairs)} "
        "networks differ "
        f"by {scientific(worst)} at most, and the accuracies in the end by {100 * max(ends):.2f} points at most."
    )


# ---- problems and remedies ------------------------------------------------------------------------------------


def _passed(trials: Trials) -> float:
    """Return the error at the first layer divided by that at the last."""
    errors = trials.layers("errors")
    return float(errors[0] / errors[-1])


def _learns(trials: Trials) -> str:
    if len(trials.stopped) * 2 > len(trials.results):
        return f"comes to no number by step {max(trials.stopped)}"
    return f"comes to a loss of {trials.final_loss():.2f} and {trials.median('accuracy'):.1%} of the test images"


def on_vanishing(study: Study) -> str:
    """Compare the errors at the first layer."""
    passed = {name: _passed(t) for name, t in study["vanishing"].items()}
    said = join([f"with {name} {times(ratio)}" for name, ratio in passed.items()])
    least = min(passed, key=lambda name: passed[name])
    return (
        f"Through 10 hidden layers, the error at the first is, of that at the output, {said}. It vanishes "
        f"most with {least}."
    )


def on_exploding(study: Study) -> str:
    """Compare the errors at the first layer by the size of the weights."""
    passed = {name: _passed(t) for name, t in study["exploding"].items()}
    said = join([f"{times(ratio)} (weights × {name})" for name, ratio in passed.items()])
    grows = list(passed.values()) == sorted(passed.values())
    end = "The larger the weights, the more it explodes" if grows else "It does not always grow with the weights"
    return (
        "With ReLU and He's weights times a factor, the error at the first of 10 hidden layers is, of that at the "
        f"output, {said}. {end}."
    )


def on_dying(study: Study) -> str:
    """Compare the shares of dead units, and what Leaky ReLU makes of them."""
    low, high = f"{DYING_RATES[0]:g}", f"{DYING_RATES[-1]:g}"
    relu, leaky = ({lr: study["dying"][f"{name} {lr}"] for lr in (low, high)} for name in ("ReLU", "LeakyReLU"))
    helps = leaky[high].median("accuracy") > relu[high].median("accuracy")
    return (
        f"After 300 steps of Adam, {relu[low].median('dead'):.1%} of the ReLU units are above 0 for no test "
        "image with "
        f"a learning rate of {low}, and {relu[high].median('dead'):.1%} with {high}: these have no gradient "
        "and stay "
        f"as they are. With {high}, ReLU recognises {relu[high].median('accuracy'):.1%} of the images, and "
        "Leaky ReLU, "
        f"whose units below 0 still have a gradient, {leaky[high].median('accuracy'):.1%}: it "
        f"{'helps' if helps else 'does not help'} here."
    )


def on_initialisation(study: Study) -> str:
    """Compare the six ways to begin."""
    trials = study["initialisation"]
    order = sorted(trials, key=lambda name: trials[name].final_loss())
    said = "; ".join(f"{name} {_learns(trials[name])}" for name in order)
    equal = trials["all equal"].median("kinds")
    alike = (
        f"With all weights equal, the 64 units of the first layer are of {equal:.0f} kind{'s' * (equal != 1)} "
        "after the "
        "training"
    )
    if equal == 1:
        alike += ": units that are equal get the same gradients, and stay equal"
    return f"After 300 steps: {said}. {alike}."


def on_clipping(study: Study) -> str:
    """Compare a training that explodes with the same, clipped."""
    plain, clipped = study["clipping"].values()
    norm = float(np.median([result["norms"][0] for result in plain.results]))
    better = clipped.final_loss() < plain.final_loss()
    return (
        f"With weights 1.5 times He's, the gradient's norm at the first step is {norm:.0f}. Not clipped, the "
        "training "
        f"{_learns(plain)}; clipped at 1, it {_learns(clipped)}. Clipping "
        f"{'helps' if better else 'does not help'}."
    )


def on_normalisation(study: Study) -> str:
    """Compare a deep sigmoid network with and without batch normalisation."""
    plain, normalised = study["normalisation"].values()
    return "10 hidden layers of sigmoids: " + _remedy(plain, normalised, "batch normalisation")


def on_residual(study: Study) -> str:
    """Compare a very deep network with and without a way round its layers."""
    plain, residual = study["residual"].values()
    return "30 hidden layers of tanh: " + _remedy(plain, residual, "residual connections")


def _remedy(plain: Trials, remedied: Trials, name: str) -> str:
    better = remedied.final_loss() < plain.final_loss()
    return (
        f"without {name}, the error at the first layer is {times(_passed(plain))} that at the last, and the "
        "training "
        f"{_learns(plain)}; with {name} it is {times(_passed(remedied))}, and the training {_learns(remedied)}. "
        f"It {'helps' if better else 'does not help'}."
    )


def on_saddle() -> str:
    """Say how fast each method leaves a saddle point."""
    steps = {method: steps_to_leave(descend(method)) for method in METHODS}
    exact = steps_to_leave(descend("gradient descent", (1.0, 0.0)))
    noisy = steps_to_leave(descend("stochastic", (1.0, 0.0)))
    said = join([f"{name} {'never' if n is None else f'after {n} steps'}" for name, n in steps.items()])
    stuck = (
        f"never leaves it, and stochastic gradients do after {noisy} steps"
        if exact is None and noisy
        else "leaves it"
    )
    return f"The saddle is left by {said}. From exactly (1, 0), gradient descent {stuck}."


def best_rates(study: Study) -> dict[str, str]:
    """Return, for each optimiser, the name of its trials with the learning rate that did best."""
    return {
        name: min((f"{name} {lr:g}" for lr in rates), key=lambda key: study["optimisers"][key].final_loss())
        for name, rates in RATES.items()
    }


def on_momentum(study: Study) -> str:
    """Compare SGD with and without momentum at the same learning rate, and at the best of each."""
    trials = study["optimisers"]
    plain, heavy = trials["SGD 0.01"], trials["momentum 0.01"]
    best = best_rates(study)
    better = heavy.final_loss() < plain.final_loss()
    return (
        f"After 300 steps with a learning rate of 0.01, SGD has a loss of {plain.final_loss():.3f}, and with "
        "momentum "
        f"0.9 {heavy.final_loss():.3f}: momentum {'helps' if better else 'does not help'}. At the best rates "
        "of each "
        f"that were tried, {trials[best['SGD']].final_loss():.3f} ({best['SGD']}) and "
        f"{trials[best['momentum']].final_loss():.3f} ({best['momentum']})."
    )


def on_adam(study: Study) -> str:
    """Compare Adam with the others, each at its best rate, and how much each depends on the rate."""
    trials, best = study["optimisers"], best_rates(study)
    finals = {name: trials[key].final_loss() for name, key in best.items()}
    winner = min(finals, key=lambda name: finals[name])
    said = join([f"{best[name]} {loss:.3f}" for name, loss in finals.items()])
    spans = {
        name: max(trials[f"{name} {lr:g}"].final_loss() for lr in rates) / finals[name]
        for name, rates in RATES.items()
    }
    span = join([f"{name} {ratio:.2f}" for name, ratio in spans.items()])
    least = min(spans, key=lambda name: spans[name])
    return (
        f"At the best of four learning rates each, the loss after 300 steps is {said}: {winner} is ahead. The "
        "worst of "
        f"the four is, times the best: {span}; {least} depends on the rate least."
    )


SENTENCES: dict[str, Callable[[Study], str]] = {
    "vanishing": on_vanishing,
    "exploding": on_exploding,
    "dying": on_dying,
    "initialisation": on_initialisation,
    "clipping": on_clipping,
    "normalisation": on_normalisation,
    "residual": on_residual,
    "momentum": on_momentum,
    "adam": on_adam,
}
