"""What the lab has found: for each figure its title and the report's text, made from the same measured numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from statistics import mean, median
from typing import Any, NamedTuple

import numpy as np

from chainrule.labs.ann.architectures import CONTROL, DEPTHS, EARLY, Architectures, last, steps_to
from chainrule.labs.ann.classifier import FEW
from chainrule.labs.ann.four_classes import FOUR_OUTPUTS, ONE_OUTPUT, TWO_GROUPS, FourClasses
from chainrule.labs.ann.remedies import (
    CLIP,
    DYING_RATES,
    GAIN,
    GROUPS,
    IMAGES,
    OPTIMISERS,
    RATES,
    Study,
    Trials,
)
from chainrule.labs.ann.saddle import METHODS, START, descend, steps_to_leave
from chainrule.labs.comparison import Comparison
from chainrule.labs.repeated import LESS, MORE, paired
from chainrule.labs.rounding import Rounding
from chainrule.labs.words import counted, listed, points, roughly, scientific

LEARNT = 0.6  # nat; a running loss below this has left guessing (2.3) far behind
ALIKE = 1.1  # numbers of parameters whose ratio is less are nearly the same
EDGE = 20  # steps at the beginning and at the end of a training
SHARED_RATE = 0.01  # at which SGD is compared with and without momentum
NAMES = {"relu": "ReLU", "sigmoid": "sigmoid", "tanh": "tanh"}


class Finding(NamedTuple):
    """What a figure shows, in one line, and what the report says beside it."""

    title: str
    text: str


# ---- seeds ----------------------------------------------------------------------------------------------------


def wins(lower: Sequence[float], higher: Sequence[float]) -> int:
    """Return in how many seeds the first is below the second."""
    return sum(a < b for a, b in zip(lower, higher, strict=True))


def in_seeds(n: int, seeds: int) -> str:
    """Say in how many seeds something is so.

    Examples
    --------
    >>> in_seeds(3, 3), in_seeds(1, 3), in_seeds(0, 3)
    ('in all 3 seeds', 'in 1 of 3 seeds', 'in none of 3 seeds')
    """
    if seeds == 1:
        return "in the one seed" if n else "not in the one seed"
    return f"in {'all' if n == seeds else 'none of' if n == 0 else f'{n} of'} {seeds} seeds"


def helps(plain: Sequence[float], remedied: Sequence[float], what: str = "It") -> str:
    """Say whether a remedy makes the loss lower, in every seed, in none, or in some."""
    n, seeds = wins(remedied, plain), len(plain)
    if 0 < n < seeds:
        return f"{what} lowers the loss {in_seeds(n, seeds)}: whether it helps is open"
    return f"{what} {'helps' if n else 'does not help'}, {in_seeds(n or seeds, seeds)}"


# ---- the classifier -------------------------------------------------------------------------------------------


def training(
    epochs: Sequence[Mapping[str, Any]], known: float, recall: Mapping[str, float], worst: str
) -> Finding:
    """Say what was learnt, by how much better known images are recognised, and what is the weakest class.

    Parameters
    ----------
    epochs : sequence of dict
        Our records.
    known : float
        The share of the training images that the trained network recognises, in evaluation mode.
    recall : mapping of str to float
        The share of each class.
    worst : str
        The document's weakest class.
    """
    first, last = epochs[0], epochs[-1]
    end = f"{last['validation_accuracy']:.2%}"
    title = f"After one epoch {end} of the test images are recognised"
    if len(epochs) > 1:
        title = (
            f"Validation accuracy goes from {first['validation_accuracy']:.2%} to {end} in {len(epochs)} epochs"
        )
    low, high = min(recall, key=lambda name: recall[name]), max(recall, key=lambda name: recall[name])
    gap = known - last["validation_accuracy"]
    more = "more" if gap > 0 else "less"
    return Finding(
        title,
        f"{title}. Of the training images the trained network recognises {known:.2%}, {points(gap, 2)} {more} (in "
        f"evaluation mode; the mean over the last epoch, {last['train_accuracy']:.2%}, is that of changing "
        f"weights, with dropout on). {high} is recognised best ({recall[high]:.1%}), {low} worst "
        f"({recall[low]:.1%}), " + ("as in the document." if low == worst else f"in the document it is {worst}."),
    )


def losses(comparison: Comparison) -> Finding:
    """Say how our training and PyTorch's compare."""
    if comparison.reference is None:
        return Finding(comparison.headline(), "There is no run of PyTorch to compare this with.")
    ours, apart = comparison.ours.steps, comparison.differences
    same = apart[0] == 0
    n = min(EDGE, len(apart))
    mine, theirs = (run.epochs[-1]["validation_accuracy"] for run in (comparison.ours, comparison.reference))
    start, end = float(apart[:n].max()), float(apart[-n:].max())
    way = f"in the first {n} steps at most {scientific(start)}, in the last {n} at most {roughly(end)}"
    return Finding(
        (
            "The first losses are equal to the last bit"
            if same
            else f"The losses begin {scientific(apart[0])} apart"
        )
        + f", and are up to {roughly(end)} nat apart in the last {n} steps",
        (
            f"Both begin with the same loss to the last bit, {ours[0]!r}: same weights, batch and dropout masks."
            if same
            else f"The first losses differ by {scientific(apart[0])}."
        )
        + f" The losses of the steps are apart {way}. In the end chainrule recognises {mine:.2%} and PyTorch "
        f"{theirs:.2%} of the test images.",
    )


def drift(comparison: Comparison, rounding: Rounding) -> Finding:
    """Say how far one changed bit carries our training from itself, and whether PyTorch is further away."""
    n = min(EDGE, len(comparison.ours.steps))
    own = rounding.apart(n)
    shares = rounding.values(lambda run: run["epochs"][-1]["validation_accuracy"])
    ends = (
        f"These runs, the unchanged one on one thread first, end at {listed(f'{share:.2%}' for share in shares)}."
    )
    made = f"one changed bit makes {roughly(min(own))} to {roughly(max(own))}"
    if comparison.reference is None:
        said = "Our own training, with the last bit of one weight changed, is up to"
        text = f"{said} {scientific(max(rounding.apart()))} from itself. {ends}"
        return Finding(f"In the last {n} steps {made}", text)
    theirs = float(comparison.differences[-n:].max())
    return Finding(
        f"In the last {n} steps PyTorch is up to {roughly(theirs)} nat away; {made}",
        f"{rounding.sentence(float(comparison.differences.max()))} {ends}",
    )


def mistakes(confusion: Any, classes: Sequence[str]) -> str:
    """Say which class is most often taken for which other."""
    wrong = np.array(confusion)
    np.fill_diagonal(wrong, 0)
    if not wrong.any():
        return "Every test image is recognised"
    truth, said = np.unravel_index(wrong.argmax(), wrong.shape)
    pair = f"{classes[int(truth)]} is taken for {classes[int(said)]}"
    return f"The most frequent mistake: {pair}, {wrong.max():,} times"


def four_classes(four: FourClasses) -> Finding:
    """Say what one output can't do."""
    one, many = four.outcomes[ONE_OUTPUT], four.outcomes[FOUR_OUTPUTS]
    right = four.accuracies
    asked = f"refuses: «{four.refusal}»" if four.refusal else "does not refuse"
    nothing = one.losses[0] == 0 == one.largest_gradient
    lesson = "and there is nothing to learn from" if nothing else "so that there is something to learn"
    largest = four.largest_difference
    beside = "" if largest is None else f" PyTorch's losses differ by {scientific(largest)} at most."
    if largest == 0:
        beside = " PyTorch's losses are the same to the last bit."
    return Finding(
        f"By cross-entropy, one output says the class of {right[ONE_OUTPUT]:.0%} of the points, four outputs of "
        f"{right[FOUR_OUTPUTS]:.0%}",
        f"Cross-entropy, asked for four classes of one output, {asked}. With the one label that a single output "
        f"knows, the loss is {one.losses[0]:g} from the beginning and the largest gradient "
        f"{one.largest_gradient:g}, {lesson}: 2-4-1 says the right class of {right[ONE_OUTPUT]:.1%} of the "
        f"points. The logistic loss can teach it two groups, classes 0 and 1 against 2 and 3: it tells the "
        f"group of {right[TWO_GROUPS]:.1%}. 2-4-4 says the right class of {right[FOUR_OUTPUTS]:.1%} after "
        f"{counted(len(many.losses), 'epoch')}.{beside}",
    )


def dropout(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> Finding:
    """Say by how much the classifier overfits, and what dropout does to that."""
    plain, dropped = found.values()
    gaps = [[run["known"][-1] - run["new"][-1] for run in runs] for runs in (plain, dropped)]
    ends = [[run["new"][-1] for run in runs] for runs in (plain, dropped)]
    losses = np.mean([run["new_loss"] for run in plain], axis=0)
    best = int(losses.argmin())
    rises = (
        f"is lowest after epoch {best + 1} ({losses[best]:.3f}) and rises to {losses[-1]:.3f}: it overfits"
        if best + 1 < len(losses)
        else f"is lowest after the last epoch ({losses[-1]:.3f}): it does not overfit yet"
    )
    gap, end = paired(gaps[1], gaps[0]), paired(ends[1], ends[0])
    narrower = {LESS: "narrows the gap", MORE: "widens the gap"}.get(
        gap.verdict, "leaves the gap as it is, as far as can be told"
    )
    more = {LESS: "fewer", MORE: "more"}.get(end.verdict, "no more and no fewer, as far as can be told,")
    seeds = counted(len(plain), "seed")
    return Finding(
        f"Training images are recognised more often than test images: by {100 * mean(gaps[0]):.1f} points without "
        f"dropout, by {100 * mean(gaps[1]):.1f} with it",
        f"Trained {counted(len(losses), 'time')} through the first {FEW:,} images from {seeds}, the classifier "
        f"without dropout recognises {mean(r['known'][-1] for r in plain):.1%} of them and {mean(ends[0]):.1%} of "
        f"the test images; its loss on the test images {rises}. With dropout it recognises "
        f"{mean(r['known'][-1] for r in dropped):.1%} and {mean(ends[1]):.1%}. Dropout {narrower} "
        f"({gap.shown(100)} points), and {more} test images are recognised ({end.shown(100)} points).",
    )


# ---- depth and activation -------------------------------------------------------------------------------------


def depth(found: Architectures, seconds: Mapping[str, Sequence[float]]) -> Finding:
    """Say which depth did best, at what price, and whether the seeds leave that open."""
    trials = {name: found[f"{name} relu"] for name in DEPTHS}
    ends = {name: last(t, "validation_accuracy") for name, t in trials.items()}
    best, *others = sorted(ends, key=lambda name: -mean(ends[name]))
    seeds = len(ends[best])
    ahead = sum(all(ends[best][i] > ends[other][i] for other in others) for i in range(seeds))
    sizes = {name: t[0]["parameters"] for name, t in trials.items()}
    said = listed(f"{name} {mean(ends[name]):.2%}" for name in (best, *others))
    clear = "" if ahead == seeds else ": their order is open"
    cost = listed(f"{name} {1000 * median(s):.2f} ms" for name, s in seconds.items())
    return Finding(
        f"The {best} network is ahead of the other depths {in_seeds(ahead, seeds)}",
        f"Validation accuracy after the last epoch, mean of {counted(seeds, 'seed')}: {said}. The {best} network "
        f"is ahead of both others {in_seeds(ahead, seeds)}{clear}. {_by_parameters(ends, sizes)} A step of a "
        f"batch takes: {cost} (medians of {counted(min(map(len, seconds.values())), 'round')}, timed in turn).",
    )


def _by_parameters(ends: Mapping[str, Sequence[float]], sizes: Mapping[str, int]) -> str:
    """Say of networks one beside the other whether depth alone tells them apart."""
    said = []
    for shallower, deeper in pairwise(sizes):
        numbers = f"{sizes[shallower]:,} and {sizes[deeper]:,} parameters"
        ratio = sizes[shallower] / sizes[deeper]
        if max(ratio, 1 / ratio) > ALIKE:
            said.append(
                f"The {shallower} and the {deeper} network have {numbers}: more than depth is different there."
            )
            continue
        n = wins(ends[shallower], ends[deeper])
        said.append(
            f"The {shallower} and the {deeper} network have nearly the same number, {numbers}: the deeper one is "
            f"ahead {in_seeds(n, len(ends[deeper]))}."
        )
    return " ".join(said)


def activation(found: Architectures) -> Finding:
    """Say which activation learns fastest, and what the gradients have to do with it."""
    trials = {name: found[f"medium {name}"] for name in NAMES}
    control = {name: found[f"medium {name} SGD"] for name in NAMES}
    reached, slow = reached_by(trials), reached_by(control)
    gradients = {name: np.mean([t["gradients"] for t in ts], axis=0) for name, ts in trials.items()}
    order = sorted(NAMES, key=lambda name: reached[name])
    weakest = min(NAMES, key=lambda name: gradients[name][0][0])
    accuracy = listed(f"{NAMES[name]} {mean(last(t, 'validation_accuracy')):.2%}" for name, t in trials.items())
    first = listed(f"{roughly(g[0][0])} with {NAMES[name]}" for name, g in gradients.items())
    end = listed(f"{roughly(g[-1][0])} with {NAMES[name]}" for name, g in gradients.items())
    return Finding(
        f"With Adam, {NAMES[order[0]]} learns fastest and {NAMES[order[-1]]} slowest; "
        f"{NAMES[weakest]} begins with the smallest gradient in the first layer",
        f"With Adam the running loss falls below {LEARNT} nat: {_speeds(trials)}. In the end they recognise: "
        f"{accuracy}. The gradient of the first layer is before the training {first}, and after it {end}. "
        + _because(weakest, order[-1], trials, control, gradients, reached, slow),
    )


def reached_by(trials: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, float]:
    """Return the median over the seeds of the step from which on the running loss is below ``LEARNT``."""
    return {
        name: float(np.median([steps_to(t["steps"], LEARNT) or np.inf for t in ts])) for name, ts in trials.items()
    }


def _speeds(trials: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    said = []
    for name, ts in trials.items():
        steps = [step for t in ts if (step := steps_to(t["steps"], LEARNT))]
        some = f" (and never {in_seeds(len(ts) - len(steps), len(ts))})" if len(steps) < len(ts) else ""
        said.append(f"{NAMES[name]} " + (f"after {median(steps):g} steps{some}" if steps else "never"))
    return listed(said)


def _because(
    weakest: str,
    slowest: str,
    trials: Mapping[str, Any],
    control: Mapping[str, Any],
    gradients: Mapping[str, Any],
    reached: Mapping[str, float],
    slow: Mapping[str, float],
) -> str:
    """Say what a small gradient has to do with slowness, as far as the control with SGD bears it out."""
    if weakest != slowest or weakest == "relu":
        return (
            f"The smallest goes with {NAMES[weakest]}, the slowest is {NAMES[slowest]}: the one is not the other."
        )
    name = NAMES[weakest]
    said = f"The smallest goes with the slowest, {name}. Is it the cause?"
    smaller = gradients["relu"][0][0] / gradients[weakest][0][0]
    if trials["relu"][0]["moved"]:
        by_adam, by_sgd = (
            mean(t["moved"][0] for t in ts["relu"]) / mean(t["moved"][0] for t in ts[weakest])
            for ts in (trials, control)
        )
        does = (
            "does not carry over to the steps of Adam, which divides each gradient by its own size"
            if by_adam < smaller / 2
            else "carries over to the steps of Adam"
        )
        said += (
            f" Before the training {name}'s is 1/{roughly(smaller)} of ReLU's. In the first {EARLY} steps its "
            f"first layer moves {roughly(1 / by_adam)} times as far as ReLU's with Adam (‖ΔW‖/‖W‖), and "
            f"{roughly(1 / by_sgd)} times as far with SGD: the difference {does}."
        )
    more, less = slow[weakest] / slow["relu"], reached[weakest] / reached["relu"]
    said += f" With SGD (rate {CONTROL['lr']:g}) the running loss falls below {LEARNT} nat: {_speeds(control)}. "
    if not np.isfinite([slow["relu"], reached["relu"]]).all() or (np.isinf(more) and np.isinf(less)):
        return f"{said}Where it is never, the control says nothing."
    if more > less:
        return said + f"There {name} is further behind: small gradients hold SGD up more than Adam."
    return said + f"There {name} is not further behind: the control does not bear out that gradients hold it up."


# ---- problems and remedies ------------------------------------------------------------------------------------


def _learns(trials: Trials) -> str:
    seeds, stopped = len(trials.results), len(trials.stopped)
    if stopped == seeds:
        return f"comes to no number by step {max(trials.stopped)}"
    end = f"comes to a loss of {median(x for x in trials.ends if np.isfinite(x)):.2f}"
    end += f" and {trials.median('accuracy'):.1%} of the test images"
    return f"{end}, but to no number {in_seeds(stopped, seeds)}" if stopped else end


def steps_of(study: Study) -> int:
    """Return how many steps the trainings of the study have that come to their end."""
    return max(trials.steps for group in study.values() for trials in group.values())


def _hidden(group: str) -> str:
    """Return how many hidden layers the networks of a group have."""
    return counted(len(next(iter(GROUPS[group].values()))["sizes"]) - 2, "hidden layer")


def vanishing(study: Study) -> Finding:
    """Compare the errors at the first layer."""
    passed = {name: trials.passed for name, trials in study["vanishing"].items()}
    said = listed(f"{roughly(ratio)} times it with {name}" for name, ratio in passed.items())
    least = min(passed, key=lambda name: passed[name])
    layers, part = _hidden("vanishing"), passed[least]
    return Finding(
        f"Vanishing: through {layers}, {least} leaves {roughly(part)} of the error"
        if part < 1
        else f"Through {layers} the error vanishes with none of these",
        f"Through {layers}, the error at the first, beside that at the output, is {said}. "
        + (f"It vanishes most with {least}." if part < 1 else "It vanishes with none of them."),
    )


def exploding(study: Study) -> Finding:
    """Compare the errors at the first layer by the size of the weights."""
    passed = {name: trials.passed for name, trials in study["exploding"].items()}
    said = listed(f"{roughly(ratio)} times it (weights × {name})" for name, ratio in passed.items())
    most = max(passed, key=lambda name: passed[name])
    grows = list(passed.values()) == sorted(passed.values())
    layers = _hidden("exploding")
    return Finding(
        f"Exploding: with He's weights × {most}, the error grows {roughly(passed[most])}-fold through {layers}"
        if passed[most] > 1
        else f"Through {layers} the error grows with none of these weights",
        f"With ReLU and He's weights times a factor, the error at the first of {layers}, beside that at the "
        f"output, is {said}. It {'grows' if grows else 'does not always grow'} with the weights.",
    )


def dying(study: Study) -> Finding:
    """Compare the shares of dead units, and what Leaky ReLU makes of them."""
    group, low, high = study["dying"], *(f"{rate:g}" for rate in (DYING_RATES[0], DYING_RATES[-1]))
    relu, leaky = ([dead_share(r) for r in group[f"{name} {high}"].results] for name in ("ReLU", "LeakyReLU"))
    right = [
        [-1.0 if r["accuracy"] is None else r["accuracy"] for r in group[f"{name} {high}"].results]
        for name in ("ReLU", "LeakyReLU")
    ]
    gone = [r["accuracy"] for r in group[f"ReLU {high}"].results if r["dead"] and max(r["dead"]) == 1]
    whole = (
        f" {in_seeds(len(gone), len(relu)).capitalize()} a whole layer is dead, and with it all learning before "
        f"it: there ReLU recognises {_range(gone)} of the test images."
        if gone
        else ""
    )
    n = wins(right[0], right[1])
    return Finding(
        f"Dying: with Adam at a rate of {high}, {_range(relu)} of ReLU's units get no error from any image, of "
        f"Leaky ReLU's {_range(leaky)}",
        f"A unit is dead if none of the {IMAGES:,} training images gives it an error: δ is exactly 0. After "
        f"{steps_of(study)} steps of Adam with a learning rate of {low}, "
        f"{_range([dead_share(r) for r in group[f'ReLU {low}'].results])} of ReLU's units are; with {high}, "
        f"{_range(relu)} ({_by_layer(group[f'ReLU {high}'])}).{whole} Of Leaky ReLU's, whose slope is nowhere 0, "
        f"{_range(leaky)} are dead. With {high} ReLU recognises {_range(right[0])} of the test images and Leaky "
        f"ReLU {_range(right[1])}: Leaky ReLU is ahead {in_seeds(n, len(relu))}.",
    )


def dead_share(result: Mapping[str, Any]) -> float:
    """Return the share of all hidden units that are dead; no number where the training came to none."""
    widths = next(iter(GROUPS["dying"].values()))["sizes"][1:-1]
    return float("nan") if result["dead"] is None else float(np.average(result["dead"], weights=widths))


def _range(shares: Sequence[float]) -> str:
    """Return the least and the greatest share."""
    shares = [x for x in shares if x >= 0]  # the others stand for trainings that came to no number
    if not shares:
        return "no number"
    low, high = (f"{x:.0%}" if x in (0, 1) else f"{x:.1%}" for x in (min(shares), max(shares)))
    return low if low == high else f"{low} to {high}"


def _by_layer(trials: Trials) -> str:
    layers = list(zip(*trials.values("dead"), strict=True))
    return listed(f"layer {i}: {_range(shares)}" for i, shares in enumerate(layers, 1)) if layers else "no number"


def initialisation(study: Study) -> Finding:
    """Compare the six ways to begin."""
    trials = study["initialisation"]
    best, *others = sorted(trials, key=lambda name: float(np.median(trials[name].ends)))
    seeds = len(trials[best].ends)
    ahead = sum(all(trials[best].ends[i] < trials[other].ends[i] for other in others) for i in range(seeds))
    said = "; ".join(f"{name} {_learns(trials[name])}" for name in (best, *others))
    kinds = trials["all equal"].median("kinds")
    alike = ""
    if kinds is not None:
        units = GROUPS["initialisation"]["all equal"]["sizes"][1]
        alike = (
            f" With all weights equal, the {units} units of the first layer are of {counted(int(kinds), 'kind')} "
            "after the training" + (": equal units get equal gradients, and stay equal." if kinds == 1 else ".")
        )
    return Finding(
        f"{len(trials)} ways to begin with {_hidden('initialisation')} of ReLU: {best} ends lowest "
        f"{in_seeds(ahead, seeds)}",
        f"After {steps_of(study)} steps: {said}. {best} is the lowest {in_seeds(ahead, seeds)}.{alike}",
    )


def clipping(study: Study) -> Finding:
    """Compare a training that explodes with the same, clipped."""
    plain, clipped = study["clipping"].values()
    norm = float(np.median([r["norms"][0] if r["norms"] else np.inf for r in plain.results]))
    verdict = helps(plain.ends, clipped.ends, "Clipping")
    return Finding(
        f"{verdict}: {_end(clipped)} with it, {_end(plain)} without",
        f"With weights {GAIN:g} times He's, the gradient's norm at the first step is {roughly(norm)}. Not "
        f"clipped, the training {_learns(plain)}; clipped at {CLIP:g}, it {_learns(clipped)}. {verdict}.",
    )


def _end(trials: Trials) -> str:
    loss = float(np.median(trials.ends))
    return f"a loss of {loss:.2f}" if np.isfinite(loss) else "no number"


def _remedy(study: Study, group: str, of: str, name: str) -> Finding:
    """Compare deep networks with and without what helps errors through."""
    plain, remedied = study[group].values()
    verdict, layers = helps(plain.ends, remedied.ends, name), f"{_hidden(group)} of {of}"
    return Finding(
        f"{layers}: {verdict} ({_end(remedied)}; without it, {_end(plain)})",
        f"{layers}: without {name}, the error at the first layer is {roughly(plain.passed)} times "
        f"that at the last, and the training {_learns(plain)}; with {name} it is {roughly(remedied.passed)} times "
        f"that at the last, and the training {_learns(remedied)}. {verdict[0].upper()}{verdict[1:]}.",
    )


def normalisation(study: Study) -> Finding:
    """Compare a deep sigmoid network with and without batch normalisation."""
    return _remedy(study, "normalisation", "sigmoids", "batch normalisation")


def residual(study: Study) -> Finding:
    """Compare a very deep network with and without a way round its layers."""
    return _remedy(study, "residual", "tanh", "a residual connection round each")


def saddle(leave: Callable[..., int | None] | None = None) -> Finding:
    """Say how fast each method leaves a saddle point."""
    steps_of = leave or (lambda method, start=START: steps_to_leave(descend(method, start)))
    steps = {method: steps_of(method) for method in METHODS}
    exact, noisy = (steps_of(method, (1.0, 0.0)) for method in METHODS[:2])
    counts = {name: np.inf if n is None else n for name, n in steps.items()}
    slowest = max(counts, key=lambda name: counts[name])
    said = listed(f"{name} {_after(n)}" for name, n in steps.items())
    return Finding(
        f"A saddle holds {slowest} up longest",
        f"The saddle is left by {said}. From exactly (1, 0), where no gradient leads off the ridge, gradient "
        f"descent leaves it {_after(exact)}, and stochastic gradients {_after(noisy)}.",
    )


def _after(steps: int | None) -> str:
    return "never" if steps is None else f"after {counted(steps, 'step')}"


def best_rates(study: Study) -> dict[str, str]:
    """Return, for each optimiser, the name of its trials with the learning rate that did best."""
    ends = {key: float(np.median(trials.ends)) for key, trials in study["optimisers"].items()}
    return {
        name: min((f"{name} {rate:g}" for rate in rates), key=lambda key: ends[key])
        for name, rates in RATES.items()
    }


def _at_edges(best: Mapping[str, str], names: Sequence[str]) -> str:
    """Say whose best rate is the least or the greatest that was tried, so that a better one may lie beyond."""
    edge = [name for name in names if best[name] in (f"{name} {RATES[name][0]:g}", f"{name} {RATES[name][-1]:g}")]
    if not edge:
        return "All of these lie between others that were tried"
    return f"The best rate of {listed(edge)} lies at the edge of those tried: there may be a better one beyond"


def momentum(study: Study) -> Finding:
    """Compare SGD with and without momentum at the same learning rate, and at the best of each."""
    trials, best = study["optimisers"], best_rates(study)
    plain, heavy = trials[f"SGD {SHARED_RATE:g}"], trials[f"momentum {SHARED_RATE:g}"]
    mu = OPTIMISERS["momentum"]["momentum"]
    verdict = helps(plain.ends, heavy.ends, f"Momentum {mu:g}")
    at_best = helps(trials[best["SGD"]].ends, trials[best["momentum"]].ends, "momentum")
    ends = listed(f"{np.median(trials[best[name]].ends):.3f} ({best[name]})" for name in ("SGD", "momentum"))
    return Finding(
        f"{verdict} at a learning rate of {SHARED_RATE:g}: {_end(heavy)}, without it {_end(plain)}",
        f"After {steps_of(study)} steps with a learning rate of {SHARED_RATE:g}, SGD has {_end(plain)}, and with "
        f"momentum {mu:g} {_end(heavy)}. {verdict}. At the best rates of each that were tried, {ends}, {at_best}. "
        f"{_at_edges(best, ('SGD', 'momentum'))}.",
    )


def adam(study: Study) -> Finding:
    """Compare Adam with the others, each at its best rate, and how much each depends on the rate."""
    trials, best = study["optimisers"], best_rates(study)
    ends = {name: trials[key].ends for name, key in best.items()}
    winner, *others = sorted(ends, key=lambda name: float(np.median(ends[name])))
    seeds = len(ends[winner])
    ahead = sum(all(ends[winner][i] < ends[other][i] for other in others) for i in range(seeds))
    said = listed(f"{best[name]} {np.median(loss):.3f}" for name, loss in ends.items())
    every = {
        name: [float(np.median(trials[f"{name} {rate:g}"].ends)) for rate in rates]
        for name, rates in RATES.items()
    }
    spans = listed(
        f"{name} {max(of) / min(of):.2f} (rates from {RATES[name][0]:g} to {RATES[name][-1]:g})"
        for name, of in every.items()
    )
    return Finding(
        f"At the best rate of each, {winner} ends lowest {in_seeds(ahead, seeds)}",
        f"At the best learning rate of each, the loss after {steps_of(study)} steps is {said}: {winner} is ahead "
        f"of both others {in_seeds(ahead, seeds)}. {_at_edges(best, list(RATES))}. The worst of the rates tried, "
        f"times the best: {spans}.",
    )


PROBLEMS: dict[str, tuple[str, Callable[..., Finding]]] = {
    "vanishing": ("Vanishing gradients", vanishing),
    "exploding": ("Exploding gradients", exploding),
    "dying": ("Dying ReLU", dying),
    "initialisation": ("Initialisation", initialisation),
    "clipping": ("Gradient clipping", clipping),
    "normalisation": ("Batch normalisation", normalisation),
    "residual": ("Residual connections", residual),
    "saddle": ("Saddle points", lambda study: saddle()),
    "momentum": ("Momentum", momentum),
    "adam": ("Adam", adam),
}
