"""What the framework lab has to say in sentences, made from its numbers and right whichever way they come out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.labs.comparison import scientific
from chainrule.labs.framework_results import HARDLY, FrameworkResults, Network
from chainrule.labs.plane import TASKS
from chainrule.plot.perceptrons import NAMES, layers_in_words

CLEARLY = 0.05  # a share of errors that a picture shows
OVERFITS = 1.1  # times its least value: a validation loss that has risen
FAST = 1.2  # times the share of the epochs: growth that slows down
ROUNDING = 1e-5  # nat; a step of float32 in a loss of 1 is 1e-7, and some hundred of them add up
WIDER = 0.01  # by which the gap of accuracies must grow to be called so


# ---- in a line: titles of figures ---------------------------------------------------------------------------


def on_lines(r: FrameworkResults) -> str:
    """Say which tasks a line fails at."""
    errors = {task: [r.last(n, "error", "validation") for n in names] for task, *names in r.line_and_network()}
    failing = [TASKS[task].name.lower() for task, (line, network) in errors.items() if line - network > CLEARLY]
    if not failing:
        return "Here a line separates the classes as well as a network does"
    return f"No line separates {listed(failing)}; hidden layers do better"


def on_growth(r: FrameworkResults) -> str:
    """Say what becomes of networks that grow."""
    first, *_, last = r.growing().values()
    known, new = ([r.last(n, "error", p) for n in (first, last)] for p in ("training", "validation"))
    return (
        f"As the network grows, training errors go from {known[0]:.0%} to {known[1]:.0%}, "
        f"those on new points from {new[0]:.0%} to {new[1]:.0%}"
    )


def on_fits(r: FrameworkResults) -> str:
    """Say which loss comes closer to the wave."""
    off = {kind: r.fits[f"network, {kind} error"]["truth"]["absolute"] for kind in ("squared", "absolute")}
    closer, other = sorted(off, key=off.__getitem__)
    return (
        f"Trained with the {closer} error the network is off the wave by {off[closer]:.2f} on average, "
        f"with the {other} by {off[other]:.2f}"
    )


def on_perceptrons(r: FrameworkResults) -> str:
    """Say how many of the digits perceptrons recognise."""
    ends = {layers: network.records[-1]["validation_accuracy"] for layers, network in r.perceptrons.items()}
    parts = [f"{share:.1%} with {layers_in_words(layers)}" for layers, share in ends.items()]
    return f"New digits recognised: {listed(parts)}"


def on_activations(r: FrameworkResults) -> str:
    """Say which networks learn nothing."""
    stuck = r.stuck()
    if not stuck:
        return "Every network of the study learns, whatever its activation"
    return f"Learning nothing in {epochs(r)}: {listed([named(network) for network in stuck])}"


def on_gradients(r: FrameworkResults) -> str:
    """Say how gradients fade."""
    fading, depths = r.fading(), list(r.by_depth())
    times = [f"{roughly(fading[a])} with {NAMES[a]}" for a in ("Sigmoid", "Tanh")]
    return f"From {depths[0]} to {depths[-1]} layers the first gradient shrinks by a factor of {listed(times)}"


def on_growing_weights(r: FrameworkResults) -> str:
    """Say how weights grow."""
    records = r.perceptrons[max(r.perceptrons)].records
    factors = np.array(records[-1]["max_weight"]) / records[0]["max_weight"]
    return (
        f"While {len(factors)} layers learn, their greatest weights become {factors.min():.1f} to "
        f"{factors.max():.1f} times what they were"
    )


# ---- the four questions -----------------------------------------------------------------------------------------


def answers(r: FrameworkResults) -> dict[str, str]:
    """Return the document's four questions with their answers."""
    return {
        "Does the activation matter?": does_the_activation_matter(r),
        "Are two or three layers needed?": are_more_layers_needed(r),
        "What goes wrong as depth grows?": what_goes_wrong_in_depth(r),
        "How do the weights behave?": how_do_weights_behave(r),
    }


def does_the_activation_matter(r: FrameworkResults) -> str:
    """Answer from the networks of two and three layers."""
    parts, verdicts = [], []
    for layers in (2, 3):
        ranked = sorted(((layers, a) for a in r.activations()), key=r.accuracy, reverse=True)
        shares = [f"{r.accuracy(network):.1%} with {activation(network[1])}" for network in ranked]
        parts.append(f"networks of {layers} layers recognise {listed(shares)}")
        best, worst = ranked[0], ranked[-1]
        if r.differ(best, worst):
            behind = points(r.accuracy(best) - r.accuracy(worst))
            verdicts.append(f"in {layers} layers {activation(worst[1])} is {behind} behind {activation(best[1])}")
    verdict = (
        f"So it matters: {' and '.join(verdicts)}."
        if verdicts
        else f"In so shallow networks it makes no difference that {r.test.images:,} images could show."
    )
    return f"Of the new digits, {'; '.join(parts)}. {verdict} {_without_activation(r)}"


def _without_activation(r: FrameworkResults) -> str:
    one, three = (1, "Identity"), (3, "Identity")
    text = f"Without an activation three layers reach {r.accuracy(three):.1%} and one layer {r.accuracy(one):.1%}"
    if r.differ(one, three):
        return (
            f"{text}, although a product of matrices is a matrix, and one layer can do all that those three can: "
            "depth has only changed the way there."
        )
    return f"{text}, no difference that could not be chance: a product of matrices is a matrix."


def are_more_layers_needed(r: FrameworkResults) -> str:
    """Answer from the best networks of one, two and three layers."""
    one, two, three = (r.best(layers) for layers in (1, 2, 3))
    return (
        f"One layer recognises {r.accuracy(one):.1%} of new digits, two layers at best {r.accuracy(two):.1%} "
        f"({activation(two[1])}), three at best {r.accuracy(three):.1%} ({activation(three[1])}). "
        f"{_gain(r, 'second', one, two)} {_gain(r, 'third', two, three)}"
    )


def _gain(r: FrameworkResults, which: str, without: Network, with_it: Network) -> str:
    gain = r.accuracy(with_it) - r.accuracy(without)
    noise = f"chance alone explains {points(r.chance(without, with_it))} on these {r.test.images:,} images"
    if not r.differ(without, with_it):
        return f"The {which} layer changes that by {points(gain, signed=True)}, and {noise}: no need is shown."
    if gain > 0:
        return f"The {which} layer is needed: it brings {points(gain)}, and {noise}."
    return f"The {which} layer does harm: it costs {points(-gain)}, and {noise}."


def what_goes_wrong_in_depth(r: FrameworkResults) -> str:
    """Answer from the gradients, from what learns nothing, and from the gap between known and new digits."""
    depths = list(r.by_depth())
    factors = [f"{roughly(factor)} with {activation(a)}" for a, factor in r.fading().items()]
    stuck = [named(network) for network in r.stuck()]
    learning = (
        f"Not learnt to recognise more than {HARDLY:.0%} of the digits in {epochs(r)}: {listed(stuck)}."
        if stuck
        else f"Even so every network learnt something in {epochs(r)}."
    )
    stopped = [named((t["layers"], t["activation"])) for t in r.study if t["stopped"]]
    infinite = f" The loss was not finite any more in {listed(stopped)}." if stopped else ""
    return (
        f"The gradient fades on its way back: before training, that of the first layer is smaller in {depths[-1]} "
        f"layers than in {depths[0]} by a factor of {listed(factors)}. {learning}{infinite}{_on_gap(r)}"
    )


def _on_gap(r: FrameworkResults) -> str:
    depths = [(d, "ReLU" if d > 1 else "Identity") for d in (1, *r.by_depth())]
    gaps = {n[0]: r.accuracy(n, "training") - r.accuracy(n) for n in depths if n not in r.stuck()}
    if len(gaps) < 2:
        return ""
    parts = [f"{points(gap)} with {layers_in_words(layers)}" for layers, gap in gaps.items()]
    grows = gaps[max(gaps)] > gaps[min(gaps)] + WIDER
    verdict = "the deeper ones learn more by heart" if grows else "depth does not widen it here"
    return f" Known digits are recognised better than new ones by {listed(parts)} (ReLU): {verdict}."


def how_do_weights_behave(r: FrameworkResults) -> str:
    """Answer from the greatest |weight| of every layer."""
    records = r.perceptrons[max(r.perceptrons)].records
    half = records[len(records) // 2]
    first, middle, last = (np.array(record["max_weight"]) for record in (records[0], half, records[-1]))
    text = (
        f"The greatest |weight| of each of {len(first)} layers (ReLU) goes from {numbers(first)} before training "
        f"to {numbers(last)} after {epochs(r)}; the largest is in layer {int(last.argmax()) + 1}."
    )
    if (last > first).all() and len(records) > 2:
        share = (middle - first).sum() / (last - first).sum()
        pace = ", fast at first" if share > FAST * half["epoch"] / records[-1]["epoch"] else ""
        text += f" All grow{pace}: {share:.0%} of it falls into the first {counted(half['epoch'])}."
    stuck = r.stuck()
    if not stuck:
        return text
    still = max(r.weight_changes(stuck))
    moved = min(r.weight_changes([network for network in r.networks() if network not in stuck]), default=0.0)
    return (
        f"{text} In the networks that learnt nothing the greatest weight of layer 1 changed by {still:.1%} "
        f"at most, in all others by {moved:.0%} at least."
    )


# ---- more on the plane, the wave, PyTorch -----------------------------------------------------------------------


def on_overfitting(r: FrameworkResults) -> str:
    """Say how overfitting shows."""
    rows = r.growing()
    ends = {units: r.last(name, "loss", "validation") for units, name in rows.items()}
    least, last = min(ends, key=ends.__getitem__), list(rows)[-1]
    course, moments = r.plane[rows[last]]["loss"]["validation"], r.plane[rows[last]]["epochs"]
    lowest = int(np.argmin(course))
    text = (
        f"{on_growth(r)}. The logistic loss on new points ends lowest with {least.replace('none', 'no')} hidden "
        f"units, at {ends[least]:.2f} nat; with {last} at {ends[last]:.2f}"
    )
    if ends[last] <= OVERFITS * course[lowest]:
        return f"{text}: the largest network does not overfit."
    return (
        f"{text}, after it had been down at {course[lowest]:.2f} in epoch {moments[lowest]:,}: from there on the "
        "largest network learns wrong labels by heart. That is overfitting; to stop at that epoch would have "
        "avoided it."
    )


def on_errors(r: FrameworkResults) -> str:
    """Say what the choice of the error does."""
    kinds = ("squared", "absolute")
    squared, absolute = (r.fits[f"network, {kind} error"]["training"] for kind in kinds)
    straight = r.fits["straight line, squared error"]["truth"]["absolute"]
    measures = [f"mean {kind} error {squared[kind]:.3f} against {absolute[kind]:.3f}" for kind in kinds]
    return (
        f"{on_fits(r)}. On the training points, trained with the squared against the absolute error: "
        f"{listed(measures)}. A point that is far off pulls on the squared error as far as it is off, on "
        f"the absolute error no more than any other. A straight line is off the wave by {straight:.2f} on average."
    )


def on_pytorch(r: FrameworkResults) -> str:
    """Say how close PyTorch's losses are."""
    pairs = {layers: (n.comparison, n.comparison.reference) for layers, n in r.perceptrons.items()}
    runs = {layers: (ours, theirs) for layers, (ours, theirs) in pairs.items() if theirs is not None}
    if not runs:
        return "There is no run of PyTorch to compare with."
    same = sum(ours.ours.steps[0] == theirs.steps[0] for ours, theirs in runs.values())
    apart = [f"{scientific(c.differences.max())} with {layers_in_words(d)}" for d, (c, _) in runs.items()]
    who = "All" if same == len(runs) else f"{same} of the {len(runs)}"
    text = (
        f"{who} start from PyTorch's loss to the last bit. The losses of single steps are never further apart "
        f"than {listed(apart)}."
    )
    if all(c.differences.max() <= ROUNDING for d, (c, _) in runs.items() if d > 1):
        return text
    return (
        f"{text} More than {scientific(ROUNDING)} is not rounding alone: where a ReLU's z is 0 but for rounding, "
        "one library lets the gradient through and the other does not, and from that step on they train apart."
    )


# ---- words ------------------------------------------------------------------------------------------------------


def epochs(r: FrameworkResults) -> str:
    """Return how long digits were trained with."""
    return counted(r.options.epochs)


def counted(n: int) -> str:
    """Return a number of epochs.

    Examples
    --------
    >>> counted(1), counted(10)
    ('1 epoch', '10 epochs')
    """
    return f"{n} epoch{'s' if n > 1 else ''}"


def activation(name: str) -> str:
    """Return an activation as a sentence names it."""
    return "no activation" if name == "Identity" else NAMES[name]


def named(network: Network) -> str:
    """Return a network as a sentence names it."""
    layers, name = network
    return f"{layers_in_words(layers)} with {activation(name)}"


def listed(parts: Sequence[str]) -> str:
    """Join parts of a sentence.

    Examples
    --------
    >>> listed(["moons", "circles", "spirals"])
    'moons, circles and spirals'
    """
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]


def points(share: float, signed: bool = False) -> str:
    """Return a difference of shares in points.

    Examples
    --------
    >>> points(0.0123)
    '1.2 points'
    """
    return f"{100 * share:{'+' if signed else ''}.1f} points"


def roughly(factor: float) -> str:
    """Return a large factor in two digits.

    Examples
    --------
    >>> roughly(124597.3)
    '120,000'
    """
    return f"{float(f'{factor:.2g}'):,.0f}"


def numbers(values: Any) -> str:
    """Return a number for each layer.

    Examples
    --------
    >>> numbers([0.036, 0.1])
    '0.04 / 0.10'
    """
    return " / ".join(f"{value:.2f}" for value in values)
