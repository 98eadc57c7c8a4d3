"""What the framework lab has to say in sentences, made from its numbers and right whichever way they come out."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from chainrule.labs.framework.digits import ACTIVATIONS, DEPTHS
from chainrule.labs.framework.plane import POINTS, TASKS, in_words
from chainrule.labs.framework.results import FrameworkResults, at_the_end
from chainrule.labs.framework.study import HARDLY, ONE_LAYER, Network, Study
from chainrule.labs.repeated import MORE, paired
from chainrule.labs.words import counted, listed, roughly, scientific
from chainrule.plot.perceptrons import NAMES, layers_in_words

USUAL = "ReLU"  # the activation that the others are held against: chosen before anything was measured
OVERFITS = 1.1  # times its least value: a validation loss that has risen
NEAR = 1e-6  # as near to 0 a z of size 1, which is a sum of hundreds in float32, is of either sign
FEW = 4  # steps of float32 at the size of the first loss: so many may two sums of it be apart
WINDOW = 10  # steps before two trainings are seen to part, in one of which they have
FAST = 1.2  # times the share of the epochs: growth that slows down


# ---- in a line: titles of figures -----------------------------------------------------------------------------


def on_lines(r: FrameworkResults) -> str:
    """Say how lines and networks do."""
    pairs = [[at_the_end(trial, "error")["validation"] for trial in pair] for pair in r.line_and_network()]
    line, network = zip(*pairs, strict=True)
    return (
        f"On new points a line errs in {min(line):.0%} to {max(line):.0%}, networks with hidden layers in "
        f"{min(network):.0%} to {max(network):.0%}"
    )


def on_growth(r: FrameworkResults) -> str:
    """Say what becomes of networks that grow."""
    first, *_, last = (at_the_end(trial, "error") for trial in r.growing())
    return (
        f"As the network grows, training errors go from {first['training']:.0%} to {last['training']:.0%}, "
        f"those on new points from {first['validation']:.0%} to {last['validation']:.0%}"
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
    return f"New digits recognised: {listed(f'{e:.1%} with {layers_in_words(d)}' for d, e in ends.items())}"


def on_activations(r: FrameworkResults) -> str:
    """Say which networks learn nothing."""
    if not r.study.stuck_seeds():
        return f"Every network of the study recognises more than {HARDLY:.0%} of new digits"
    return f"Not more than {HARDLY:.0%} of new digits are recognised after {epochs(r)} by {_stuck(r.study)}"


def on_gradients(r: FrameworkResults) -> str:
    """Say how gradients fade."""
    parts = [faded(r.study, a) for a in ("Sigmoid", "ReLU", "Tanh")]
    return f"In {DEPTHS[-1]} layers the first gradient is {listed(parts)} what it is in {DEPTHS[0]}"


def on_growing_weights(r: FrameworkResults) -> str:
    """Say how weights grow."""
    records = r.perceptrons[max(r.perceptrons)].records
    factors = np.array(records[-1]["max_weight"]) / records[0]["max_weight"]
    return (
        f"While {len(factors)} layers learn, their greatest weights become {factors.min():.1f} to "
        f"{factors.max():.1f} times what they were"
    )


# ---- the four questions ---------------------------------------------------------------------------------------


def answers(r: FrameworkResults) -> dict[str, tuple[str, str]]:
    """Return the document's four questions with their answers, and what is to be added."""
    return {
        "Does the activation matter?": does_the_activation_matter(r),
        "Are two or three layers needed?": are_more_layers_needed(r),
        "What goes wrong as depth grows?": what_goes_wrong_in_depth(r),
        "How do the weights behave?": how_do_weights_behave(r),
    }


def how_told_apart(r: FrameworkResults) -> str:
    """Say what the answers call a difference."""
    return (
        f"Accuracies are means over {counted(r.study.seeds, 'seed')}. Two are told apart if their mean difference "
        "is greater than t · its standard error over the seeds (95 %, paired), and than two standard errors over "
        f"the {r.study.images:,} test images, which could be others. In ± stands the greater of the two. "
        "Of comparisons without a difference one in twenty is told apart, too, by chance."
    )


def does_the_activation_matter(r: FrameworkResults) -> tuple[str, str]:
    """Answer from the networks of two and three layers."""
    pairs = [((layers, a), (layers, USUAL)) for layers in (2, 3) for a in ACTIVATIONS if a != USUAL]
    apart = [f"{named(n)} ({gained(r.study, n, usual)})" for n, usual in pairs if r.study.told_apart(n, usual)]
    short = f"Yes: told apart from {USUAL} in accuracy on new digits are {listed(apart)}." if apart else ""
    none = f"Not in 2 or 3 layers: no other activation is told apart from {USUAL}."
    return short or none, f"All that is {settings(r)}. {_without_activation(r.study)}"


def _without_activation(study: Study) -> str:
    three = (3, "Identity")
    text = (
        f"Without an activation three layers recognise {study.accuracy(three):.1%} and one layer "
        f"{study.accuracy(ONE_LAYER):.1%} ({gained(study, three, ONE_LAYER)})"
    )
    if study.told_apart(three, ONE_LAYER):
        return (
            f"{text}, although a product of matrices is a matrix, and one layer can do all that those three can: "
            "depth has only changed the way there."
        )
    return f"{text}, which is not told apart: a product of matrices is a matrix."


def are_more_layers_needed(r: FrameworkResults) -> tuple[str, str]:
    """Answer from the networks of one, two and three layers."""
    one, two, three = ONE_LAYER, (2, USUAL), (3, USUAL)
    shares = [f"{layers_in_words(n[0])} {r.study.accuracy(n):.1%}" for n in (one, two, three)]
    return (
        f"{_step(r.study, 'second', two, one)} {_step(r.study, 'third', three, two)}",
        f"Of new digits, with {USUAL} and {settings(r)}, recognise {listed(shares)}.",
    )


def _step(study: Study, which: str, network: Network, base: Network) -> str:
    gain = gained(study, network, base)
    if not study.told_apart(network, base):
        return f"No need of a {which} layer is shown: it changes {gain}."
    if study.gain(network, base).mean > 0:
        return f"A {which} layer is needed: it brings {gain}."
    return f"A {which} layer does harm: {gain}."


def what_goes_wrong_in_depth(r: FrameworkResults) -> tuple[str, str]:
    """Answer from the gradients, from what learns nothing, and from the gap between known and new digits."""
    stopped = dict.fromkeys(named((t["layers"], t["activation"])) for t in r.study.trials if t["stopped"])
    infinite = f"The loss was not finite any more in {listed(stopped)}. " if stopped else ""
    return f"{on_gradients(r)}. {on_activations(r)}.", f"{infinite}{_on_gap(r.study)}"


def _on_gap(study: Study) -> str:
    stuck = study.stuck_seeds()
    networks = [n for n in (ONE_LAYER, *((d, USUAL) for d in DEPTHS)) if n not in stuck]
    if len(networks) < 2:
        return ""
    parts = [f"{signed(np.mean(study.gaps(n)))} with {layers_in_words(n[0])}" for n in networks]
    more = paired(study.gaps(networks[-1]), study.gaps(networks[0]))
    told = "learns more by heart than" if more.verdict == MORE else "is not told to learn more by heart than"
    return (
        f"Accuracy on known digits minus that on new ones, with {USUAL} between layers: {listed(parts)}; "
        f"the deepest of these {told} the shallowest ({signed(more.mean, more.uncertainty)})."
    )


def how_do_weights_behave(r: FrameworkResults) -> tuple[str, str]:
    """Answer from the greatest |weight| of every layer."""
    records = r.perceptrons[max(r.perceptrons)].records
    half = records[len(records) // 2]
    first, middle, last = (np.array(record["max_weight"]) for record in (records[0], half, records[-1]))
    text = (
        f"The greatest |weight| of each of {len(first)} layers ({USUAL}) goes from {numbers(first)} before "
        f"training to {numbers(last)} after {epochs(r)}; the largest is in layer {int(last.argmax()) + 1}."
    )
    if (last > first).all() and len(records) > 2:
        share = (middle - first).sum() / (last - first).sum()
        pace = ", fast at first" if share > FAST * half["epoch"] / records[-1]["epoch"] else ""
        text += f" All grow{pace}: {share:.0%} of it falls into the first {counted(half['epoch'], 'epoch')}."
    still, moved = (r.study.weight_changes(stuck) for stuck in (True, False))
    if still and moved:
        text += (
            f" Where not more than {HARDLY:.0%} of new digits are recognised in the end, the greatest weight of "
            f"layer 1 has changed by {max(still):.1%} at most, elsewhere by {min(moved):.0%} at least."
        )
    return f"{on_growing_weights(r)}.", text


# ---- more on the plane, the wave, PyTorch ---------------------------------------------------------------------


def on_overfitting(r: FrameworkResults) -> str:
    """Say how overfitting shows."""
    grown = r.growing()
    ends = [at_the_end(trial, "loss")["validation"] for trial in grown]
    best, last = grown[int(np.argmin(ends))], grown[-1]
    course = last["loss"]["validation"]
    lowest = int(np.argmin(course))
    text = (
        f"The {TASKS[last['task']].loss_name} on new points ends lowest with "
        f"{in_words(best['hidden']).replace('none', 'no')} hidden units, at {min(ends):.2f} nat; with "
        f"{in_words(last['hidden'])} at {ends[-1]:.2f}"
    )
    overfits = ends[-1] > OVERFITS * course[lowest]
    text += (
        f", after it had been down at {course[lowest]:.2f} in epoch {last['moments'][lowest]:,}: that is "
        "overfitting; to stop at that epoch would have avoided it."
        if overfits
        else ": the largest network does not overfit."
    )
    share = at_the_end(grown[0], "error")["training"]
    few = 2 * math.sqrt(share * (1 - share) / POINTS)
    return (
        f"{text} {_by_heart(r, last, lowest)} The {POINTS} training points are few: the smallest network's share "
        f"of errors on them is, by the choice of the points, that of all such points to ± {few:.0%} only."
    )


def _by_heart(r: FrameworkResults, trial: dict[str, Any], lowest: int) -> str:
    wrong = int(TASKS[trial["task"]].relabelled(r.options.seed).sum())
    then, now = trial["by_heart"][lowest], trial["by_heart"][-1]
    verdict = "it has learnt wrong labels by heart" if now > then else "it has learnt no more of them by heart"
    return (
        f"Of the {wrong} training points with a wrong label the largest network gave that label to {then} when "
        f"its loss on new points was lowest, and to {now} in the end: {verdict}."
    )


def on_errors(r: FrameworkResults) -> str:
    """Say what the choice of the error does."""
    kinds = ("squared", "absolute")
    squared, absolute = (r.fits[f"network, {kind} error"]["training"] for kind in kinds)
    straight = r.fits["straight line, squared error"]["truth"]["absolute"]
    measures = [f"mean {kind} error {squared[kind]:.3f} against {absolute[kind]:.3f}" for kind in kinds]
    return (
        "On the training points, trained with the squared against the absolute error: "
        f"{listed(measures)}. A point that is far off pulls on the squared error as far as it is off, on "
        f"the absolute error no more than any other. A straight line is off the wave by {straight:.2f} on average."
    )


def on_pytorch(r: FrameworkResults) -> str:
    """Say how close PyTorch's losses are, and what is known of why they are not the same."""
    runs = {d: n.comparison for d, n in r.perceptrons.items() if n.comparison.reference is not None}
    bits = [f"{scientific(max(k.apart()))} with {layers_in_words(d)}" for d, k in r.rounding.items()]
    bit = f"The last bit of one weight, changed before training, moves our own losses by up to {listed(bits)}."
    if not runs:
        return f"There is no run of PyTorch to compare with. {bit}"
    same = sum(c.ours.steps[0] == c.reference.steps[0] for c in runs.values() if c.reference)
    who = "All" if same == len(runs) else f"{same} of the {len(runs)}"
    apart = listed(f"{scientific(c.differences.max())} with {layers_in_words(d)}" for d, c in runs.items())
    causes = [f"With {layers_in_words(d)} {why_apart(r, d)}." for d in runs]
    return (
        f"{who} start from PyTorch's loss to the last bit. The losses of single steps are never further apart "
        f"than {apart}. {bit} {' '.join(causes)}"
    )


def why_apart(r: FrameworkResults, layers: int) -> str:
    """Say what is known of why a perceptron's losses are not PyTorch's to the last bit."""
    comparison = r.perceptrons[layers].comparison
    largest, step_of_float32 = comparison.differences.max(), np.spacing(np.float32(comparison.ours.steps[0]))
    if r.rounding[layers].explains(float(largest)) or largest <= FEW * step_of_float32:
        return "rounding explains that"
    if layers not in r.parting:
        return "that is more than one bit makes, and not explained"
    steps, nearest = r.parting[layers]["steps"], r.parting[layers]["nearest"]
    before = nearest[-WINDOW:]
    least = min(before)
    step = steps - len(before) + before.index(least) + 1
    seen = f"they part at step {steps:,}; just before, the z of a ReLU comes as near to 0 as {scientific(least)}"
    if least > NEAR:
        return f"{seen}, in step {step:,}, too far for rounding: that is not explained"
    return (
        f"{seen}, in step {step:,}: rounding decides on which side of 0 it is, one library lets the gradient "
        "through and the other does not, and from there on they train apart"
    )


# ---- words ----------------------------------------------------------------------------------------------------


def _stuck(study: Study) -> str:
    """Return what has learnt nothing, and from how many seeds if not from all."""
    return listed(
        named(network) + (f" ({n} of {study.seeds} seeds)" if n < study.seeds else "")
        for network, n in study.stuck_seeds().items()
    )


def faded(study: Study, name: str) -> str:
    """Return the first gradient in the deepest networks as a multiple of that in the shallowest."""
    deep, shallow = (study.gradients((depth, name))[0] for depth in (DEPTHS[-1], DEPTHS[0]))
    return f"{roughly(deep / shallow) if shallow else '∞'} times with {activation(name)}"


def gained(study: Study, network: Network, base: Network) -> str:
    """Return a difference of accuracies in points, with what chance makes of it."""
    gain = study.gain(network, base)
    return signed(gain.mean, max(gain.uncertainty, study.by_choice_of_images(network, base)))


def signed(share: Any, chance: float | None = None) -> str:
    """Return a difference of shares in points.

    Examples
    --------
    >>> signed(-0.005), signed(0.02, 0.011)
    ('−0.5 points', '+2.0 ± 1.1 points')
    """
    sign, around = "−" if share < 0 else "+", "" if chance is None else f" ± {100 * chance:.1f}"
    return f"{sign}{abs(100 * share):.1f}{around} points"


def settings(r: FrameworkResults) -> str:
    """Return what all networks on digits have in common."""
    return f"at learning rate {r.options.lr:g} in {epochs(r)}"


def epochs(r: FrameworkResults) -> str:
    """Return how long digits were trained with."""
    return counted(r.options.epochs, "epoch")


def activation(name: str) -> str:
    """Return an activation as a sentence names it."""
    return "no activation" if name == "Identity" else NAMES[name]


def named(network: Network) -> str:
    """Return a network as a sentence names it."""
    layers, name = network
    return f"{layers_in_words(layers)} with {activation(name)}" if layers > 1 else layers_in_words(layers)


def numbers(values: Iterable[float]) -> str:
    """Return a number for each layer.

    Examples
    --------
    >>> numbers([0.036, 0.1])
    '0.04 / 0.10'
    """
    return " / ".join(f"{value:.2f}" for value in values)
