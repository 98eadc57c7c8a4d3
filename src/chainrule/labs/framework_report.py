"""The tables of the framework lab, and its report."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.labs.comparison import scientific
from chainrule.labs.framework_answers import (
    answers,
    epochs,
    numbers,
    on_errors,
    on_lines,
    on_overfitting,
    on_pytorch,
)
from chainrule.labs.framework_results import Digits, FrameworkResults
from chainrule.labs.plane import NEW, POINTS, TASKS
from chainrule.labs.results import markdown_table
from chainrule.plot.perceptrons import NAMES, layers_in_words


def perceptrons_table(r: FrameworkResults) -> list[dict[str, Any]]:
    """Return one row for each perceptron, for people."""
    rows = []
    for layers, network in r.perceptrons.items():
        last, reference = network.records[-1], network.comparison.reference
        row = {
            "layers": layers,
            "training accuracy": f"{last['training_accuracy']:.2%}",
            "validation accuracy": f"{last['validation_accuracy']:.2%}",
            "0-1 loss": f"{1 - last['validation_accuracy']:.2%}",
            "cross-entropy": f"{last['validation_loss']:.4f}",
        }
        if reference is not None:
            row["accuracy in PyTorch"] = f"{reference.epochs[-1]['validation_accuracy']:.2%}"
            row["losses apart by at most"] = scientific(float(network.comparison.differences.max()))
        rows.append(row)
    return rows


def document_table(r: FrameworkResults) -> list[dict[str, str]]:
    """Hold the run against what the document says. Of results it states no number."""
    line, network = (r.last(name, "error", "validation") for name in ("xor line", "xor"))
    one = r.perceptrons[1].records[-1]["validation_accuracy"]
    statements = {
        "f(x) = wx + b tells apart only what a line separates": (
            f"exclusive or: {line:.0%} of new points wrong with one layer, {network:.0%} with three"
        ),
        "the 0-1 loss is in essence the accuracy": f"one layer on MNIST: {1 - one:.2%} = 100% − {one:.2%}",
        "100 points with two informative features, 20% of the labels flipped": (
            f"{POINTS} points; as in scikit-learn's recipe 20% of the labels are drawn anew, which leaves "
            f"{r.relabelled()} of them wrong"
        ),
    }
    rows = [
        {"document": said, "ours": measured, "PyTorch": "not run", "why they differ": "no number to differ from"}
        for said, measured in statements.items()
    ]
    return rows + [_digits_row(layers, network, r.test.images) for layers, network in r.perceptrons.items()]


def _digits_row(layers: int, network: Digits, images: int) -> dict[str, str]:
    ours, reference = network.records[-1]["validation_accuracy"], network.comparison.reference
    row = {"document": f"MNIST, {layers_in_words(layers)}: no number", "ours": f"{ours:.2%} of new digits"}
    if reference is None:
        return {**row, "PyTorch": "not run", "why they differ": "not known"}
    theirs = reference.epochs[-1]["validation_accuracy"]
    apart = scientific(float(network.comparison.differences.max()))
    why = f"they don't; the losses of single steps are at most {apart} apart"
    if ours != theirs:
        n = round(abs(ours - theirs) * images)
        why = f"{n} image{'s' if n > 1 else ''}: rounding of float32, which training has carried on to {apart}"
    return {**row, "PyTorch": f"{theirs:.2%}", "why they differ": why}


def plane_table(r: FrameworkResults) -> list[dict[str, Any]]:
    """Return a row for each network in the plane."""
    return [
        {
            "task": TASKS[name.split()[0]].name,
            "hidden units": "+".join(map(str, r.hidden(name))) or "none",
            "parameters": f"{result['parameters']:,}",
            "loss": TASKS[name.split()[0]].loss_name.partition(" /")[0],
            "training": f"{r.last(name, 'loss', 'training'):.3f}",
            "new": f"{r.last(name, 'loss', 'validation'):.3f}",
            "0-1 loss, training": f"{r.last(name, 'error', 'training'):.1%}",
            "0-1 loss, new": f"{r.last(name, 'error', 'validation'):.1%}",
        }
        for name, result in r.plane.items()
    ]


def fits_table(r: FrameworkResults) -> list[dict[str, Any]]:
    """Return a row for each fit."""
    places = {"training": "training points", "truth": "the wave itself"}
    return [
        {
            "fit": name,
            **{
                f"{kind}, {on}": f"{fit[k][kind]:.4f}"
                for k, on in places.items()
                for kind in ("squared", "absolute")
            },
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
            row[f"{layers}: validation"] = f"{record['validation_accuracy']:.2%}"
            row[f"{layers}: weights"] = numbers(record["max_weight"])
        rows.append(row)
    return rows


def study_table(r: FrameworkResults) -> list[dict[str, Any]]:
    """Return a row for each network of the study."""
    rows = []
    for network in r.networks():
        ends = [trial["records"][-1] for trial in r.trials(network)]
        shares = [end["validation_accuracy"] for end in ends]
        spread = f" ({min(shares):.1%} to {max(shares):.1%})" if len(shares) > 1 else ""
        rows.append(
            {
                "layers": network[0],
                "activation": NAMES[network[1]],
                "training accuracy": f"{r.accuracy(network, 'training'):.1%}",
                "validation accuracy": f"{r.accuracy(network):.1%}{spread}",
                "first layer's gradient before training": scientific(r.records(*network)[0]["gradient"][0]),
                "greatest weight, first layer": f"{np.mean([end['max_weight'][0] for end in ends]):.3f}",
                "last layer": f"{np.mean([end['max_weight'][-1] for end in ends]):.3f}",
            }
        )
    return rows


def report(r: FrameworkResults, summary: dict[str, Any]) -> str:
    """Write the report."""
    questions = "\n\n".join(f"**{question}** {answer}" for question, answer in answers(r).items())
    films = "\n\n".join(
        f"### {task.name}\n\n![Film]({name}.gif)\n\n![Filmstrip]({name}-filmstrip.png)"
        for name, task in TASKS.items()
    )
    seeds = (
        f"Accuracies of the study are means over {r.seeds()} seeds."
        if r.seeds() > 1
        else "Each network of the study was trained from one seed; `--seeds 3` shows how far the seed moves them."
    )
    versions = ", ".join(f"{name} {version}" for name, version in summary["versions"].items())
    threads = ", ".join(f"{name}: {n}" for name, n in summary["threads"].items())
    return f"""# A framework of one's own

Layers that compose, one loop, and three kinds of task: two classes, many classes, a value.

## The four questions

{questions}

{seeds}

## The document, and PyTorch

{markdown_table(document_table(r))}

The document states no result in numbers; its statements are held against what was measured.

## What is minimised, and what is meant

![Losses](losses.png)

The 0-1 loss is what a classifier is judged by. It can't be trained with: it is flat on both sides of a step. The
logistic loss, and cross-entropy where there are more than two classes, go down with it and have a slope all along.

## Two classes, and three, in the plane

![One layer, and more](lines.png)

{on_lines(r)}. Each network was trained on {POINTS} points; {NEW:,} new ones of the same kind say what it learnt.

{markdown_table(plane_table(r))}

{films}

## Overfitting

![Networks of growing size](overfitting.png)

{on_overfitting(r)}

## A value: absolute and squared error

![Fits](regression.png)

{on_errors(r)}

{markdown_table(fits_table(r))}

## Ten digits: perceptrons of one, two and three layers

![Accuracy by epoch](digits.png)

{markdown_table(perceptrons_table(r))}

{on_pytorch(r)}

![Losses of both networks](loss.png)

{markdown_table(epochs_table(r))}

Epoch 0 is before training. Weights are the greatest |weight| of each layer, from the input.

![Greatest weights](weights.png)

## Ten digits: depth and activation

![Validation accuracy](activations.png)

![Gradients](gradients.png)

{markdown_table(study_table(r))}

## What was run

- Digits: 784 → 100 → … → 100 → 10, cross-entropy, SGD with learning rate {r.options.lr:g}, shuffled batches of
  {r.options.batch_size}, {epochs(r)}, seed {r.options.seed}. The last batch of an epoch should be no smaller
  than the others: its noisy step would be the last before the networks are measured.
- Plane and wave: SGD with learning rate 0.1, shuffled batches of 10; ReLU in the plane, tanh for the wave, whose
  learning rate falls to 0 along a cosine. 1,000 epochs for the wave and where networks grow, else 300.
- Training data: {r.train.dataset}, {r.train.kind}, {r.train.images:,} images.
- Validation data: {r.test.kind}, {r.test.images:,} images of the published test set. Checksums: `summary.json`.
- Reference: {r.perceptrons[1].note}
- Versions: {versions}. Threads: {threads}; the study's processes have one each.
"""
