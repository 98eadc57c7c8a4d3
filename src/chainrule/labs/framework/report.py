"""The tables of the framework lab, and its report."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.labs.framework.answers import (
    answers,
    how_told_apart,
    numbers,
    on_errors,
    on_fits,
    on_growth,
    on_lines,
    on_overfitting,
    on_pytorch,
    why_apart,
)
from chainrule.labs.framework.digits import CLASSES, PIXELS, WIDTH
from chainrule.labs.framework.plane import FLIPPED, HIDDEN, NEW, POINTS, SHARED, TASKS, in_words
from chainrule.labs.framework.results import FrameworkResults, Perceptron, at_the_end
from chainrule.labs.report import markdown_table, what_was_run
from chainrule.labs.words import counted, listed, scientific
from chainrule.plot.perceptrons import NAMES, layers_in_words


class FrameworkReport(FrameworkResults):
    """The lab's measurements, and what is said of them."""

    def summary(self) -> dict[str, Any]:
        """Return the numbers and the answers, for ``summary.json``."""
        return {**super().summary(), "answers": {q: " ".join(answer) for q, answer in answers(self).items()}}

    def table(self) -> list[dict[str, Any]]:
        """Return the rows that the terminal shows."""
        return perceptrons_table(self)

    def conclusions(self) -> list[str]:
        """Return sentences, made from the numbers."""
        return [f"{question} {short}" for question, (short, _) in answers(self).items()]

    def report(self, summary: dict[str, Any]) -> str:
        """Return the report, in Markdown."""
        return report(self, summary)


def perceptrons_table(r: FrameworkResults) -> list[dict[str, Any]]:
    """Return one row for each perceptron, for people."""
    rows = []
    for layers, network in r.perceptrons.items():
        last, reference = network.records[-1], network.comparison.reference
        row = {
            "layers": layers,
            "training": f"{last['training_accuracy']:.2%}",
            "new digits": f"{last['validation_accuracy']:.2%}",
            "loss": f"{last['validation_loss']:.4f}",
        }
        if reference is not None:
            row["PyTorch"] = f"{reference.epochs[-1]['validation_accuracy']:.2%}"
            row["apart"] = scientific(float(network.comparison.differences.max()))
        rows.append({**row, "one bit": scientific(max(r.rounding[layers].apart()))})
    return rows


def document_table(r: FrameworkResults) -> list[dict[str, str]]:
    """Hold the run against what the document says. Of results it states no number."""
    line, network = (at_the_end(r.in_the_plane("xor", hidden), "error")["validation"] for hidden in ([], HIDDEN))
    one = r.perceptrons[1].records[-1]["validation_accuracy"]
    wrong = int(TASKS["two-features"].relabelled(r.options.seed).sum())
    statements = {
        "f(x) = wx + b tells apart only what a line separates": (
            f"exclusive or: {line:.0%} of new points wrong with one layer, {network:.0%} with {len(HIDDEN) + 1}"
        ),
        "the 0-1 loss is in essence the accuracy": f"one layer on MNIST: {1 - one:.2%} = 100% − {one:.2%}",
        f"100 points with two informative features, {FLIPPED:.0%} of the labels flipped": (
            f"{POINTS} points; as in scikit-learn's recipe {FLIPPED:.0%} of the labels are drawn anew, which "
            f"leaves {wrong} of them wrong"
        ),
    }
    rows = [
        {"document": said, "ours": measured, "PyTorch": "not run", "why they differ": "no number to differ from"}
        for said, measured in statements.items()
    ]
    return rows + [_digits_row(r, network) for network in r.perceptrons.values()]


def _digits_row(r: FrameworkResults, network: Perceptron) -> dict[str, str]:
    ours, reference = network.records[-1]["validation_accuracy"], network.comparison.reference
    row = {"document": f"MNIST, {layers_in_words(network.layers)}: no number", "ours": f"{ours:.2%} of new digits"}
    if reference is None:
        return {**row, "PyTorch": "not run", "why they differ": "not known"}
    theirs = reference.epochs[-1]["validation_accuracy"]
    why = "they don't"
    if ours != theirs:
        images = counted(round(abs(ours - theirs) * r.study.images), "image")
        why = f"{images}: {why_apart(r, network.layers)}"
    return {**row, "PyTorch": f"{theirs:.2%}", "why they differ": why}


def plane_table(r: FrameworkResults) -> list[dict[str, Any]]:
    """Return a row for each network in the plane."""
    rows = []
    for trial in r.plane:
        loss, error = (at_the_end(trial, measure) for measure in ("loss", "error"))
        rows.append(
            {
                "task": TASKS[trial["task"]].name,
                "hidden units": in_words(trial["hidden"]),
                "parameters": f"{trial['parameters']:,}",
                "epochs": f"{trial['epochs']:,}",
                "loss": TASKS[trial["task"]].loss_name,
                "training": f"{loss['training']:.3f}",
                "new": f"{loss['validation']:.3f}",
                "0-1 loss, training": f"{error['training']:.1%}",
                "0-1 loss, new": f"{error['validation']:.1%}",
            }
        )
    return rows


def fits_table(r: FrameworkResults) -> list[dict[str, Any]]:
    """Return a row for each fit."""
    places = {"training": "training points", "truth": "the wave itself"}
    return [
        {
            "fit": name,
            **{f"{kind}, {on}": f"{fit[k][kind]:.4f}" for k, on in places.items() for kind in fit[k]},
        }
        for name, fit in r.fits.items()
    ]


def epochs_table(r: FrameworkResults) -> list[dict[str, Any]]:
    """Return a row for each epoch, with the accuracies and greatest weights of the perceptrons."""
    rows = []
    for i in range(r.options.epochs + 1):
        row: dict[str, Any] = {"epoch": i}
        for layers, network in r.perceptrons.items():
            record = network.records[i]
            row[f"{layers_in_words(layers)}: training"] = f"{record['training_accuracy']:.2%}"
            row[f"{layers}: new"] = f"{record['validation_accuracy']:.2%}"
            row[f"{layers}: weights"] = numbers(record["max_weight"])
        rows.append(row)
    return rows


def study_table(r: FrameworkResults) -> list[dict[str, Any]]:
    """Return a row for each network of the study."""
    rows = []
    for network in r.study.networks:
        shares = r.study.accuracies(network)
        weights = np.mean([np.take(t["records"][-1]["max_weight"], [0, -1]) for t in r.study.of(network)], axis=0)
        rows.append(
            {
                "layers": network[0],
                "activation": NAMES[network[1]],
                "known": f"{r.study.accuracy(network, 'training'):.1%}",
                "new": f"{r.study.accuracy(network):.1%}",
                "seeds": f"{min(shares):.1%} – {max(shares):.1%}",
                "first gradient": scientific(r.study.gradients(network)[0]),
                "greatest weight, first layer": f"{weights[0]:.3f}",
                "last layer": f"{weights[1]:.3f}",
            }
        )
    return rows


def report(r: FrameworkResults, summary: dict[str, Any]) -> str:
    """Write the report."""
    questions = "\n\n".join(f"**{q}** {' '.join(answer)}" for q, answer in answers(r).items())
    films = "\n\n".join(
        f"### {task.name}\n\n![Film: {task.name}]({name}.gif)\n\n![Filmstrip: {task.name}]({name}-filmstrip.png)"
        for name, task in TASKS.items()
    )
    own = (
        f"Digits: {PIXELS} → {WIDTH} → … → {WIDTH} → {CLASSES}, cross-entropy, SGD with learning rate "
        f"{r.options.lr:g}, shuffled batches of {r.options.batch_size}, {counted(r.options.epochs, 'epoch')}, "
        f"seed {r.options.seed} and for the study {counted(r.study.seeds, 'seed')} from it on, each process with "
        "one thread. The last batch of an epoch should be no smaller than the others: its noisy step would be the "
        "last before the networks are measured.",
        f"Plane and wave: {POINTS} points, SGD with learning rate {SHARED['lr']:g}, shuffled batches of "
        f"{SHARED['batch_size']}; ReLU in the plane, tanh for the wave, whose learning rate falls to 0 along a "
        f"cosine, in {next(iter(r.fits.values()))['epochs']:,} epochs.",
    )
    return f"""# A framework of one's own

Layers that compose, one loop, and three kinds of task: two classes, many classes, a value.

## The four questions

{questions}

{how_told_apart(r)}

## The document, and PyTorch

{markdown_table(document_table(r))}

The document states no result in numbers; its statements are held against what was measured.

## What is minimised, and what is meant

![Losses](losses.png)

The 0-1 loss is what a classifier is judged by. It can't be trained with: it is flat on both sides of a step. The
logistic loss, and cross-entropy where there are more than two classes, go down with it and have a slope all along.

## Two classes, and three, in the plane

![{on_lines(r)}](lines.png)

Each network was trained on {POINTS} points; {NEW:,} new ones of the same kind say what it learnt.

{markdown_table(plane_table(r))}

{films}

## Overfitting

![{on_growth(r)}](overfitting.png)

{on_overfitting(r)} `chainrule notebook boundaries` lets the network grow with a slider.

## A value: absolute and squared error

![{on_fits(r)}](regression.png)

{on_errors(r)}

{markdown_table(fits_table(r))}

## Ten digits: perceptrons of {listed(map(str, r.perceptrons))} layers

![Accuracy by epoch](digits.png)

{markdown_table(perceptrons_table(r))}

«Apart» is how far the losses of single steps are from PyTorch's at most, «one bit» how far they are from our own
when the last bit of one weight is changed before training.

{on_pytorch(r)}

![Losses of both networks](loss.png)

{markdown_table(epochs_table(r))}

Epoch 0 is before training. Weights are the greatest |weight| of each layer, from the input.

![Greatest weights](weights.png)

## Ten digits: depth and activation

![Validation accuracy](activations.png)

![Gradients](gradients.png)

{markdown_table(study_table(r))}

Means over {counted(r.study.seeds, "seed")}; «seeds» are the least and the greatest accuracy on new digits, «first
gradient» the norm of ∂loss/∂W of the first layer before training.

## What was run

{what_was_run(summary, *own)}
"""
