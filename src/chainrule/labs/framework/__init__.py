"""A framework of one's own at work: layers that compose, on points of a plane, on a wave, and on MNIST.

Three kinds of task: two classes (logistic loss), many classes (cross-entropy), a value (squared or absolute
error). Classes that no line separates need more than one layer; what more of them give is measured on digits.

Networks, losses and the loop are in ``network``; what is done with them in ``plane`` and ``digits``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import click
from threadpoolctl import threadpool_limits

from chainrule.datasets import MNIST
from chainrule.files import write_text
from chainrule.labs.comparison import Comparison
from chainrule.labs.framework.digits import (
    LAYERS,
    SEEDS,
    Watch,
    batches,
    digits_perceptron,
    load_digits,
    nearest_to_zero,
    nudged_trials,
    parting_trials,
    study_trials,
    train_digits,
    trainer_of,
    wrong_images,
)
from chainrule.labs.framework.figures import figures_of
from chainrule.labs.framework.plane import plane_trials, train_classifier, train_regression, wave_trials
from chainrule.labs.framework.report import FrameworkReport
from chainrule.labs.framework.results import Perceptron
from chainrule.labs.framework.study import Study
from chainrule.labs.options import Options
from chainrule.labs.reference import Reference, find_reference
from chainrule.labs.results import LabResult
from chainrule.labs.rounding import Rounding
from chainrule.labs.run import LabRun, checksums, resumed
from chainrule.labs.study import Plan

NAME = "framework"
EPOCHS, BATCH_SIZE, LR = 10, 50, 0.1  # 50 divides the numbers of images: no small batch ends an epoch
Trials = dict[str, dict[str, Any]]  # settings and results, by name
EXTRA = [
    click.option(
        "--seeds",
        type=click.IntRange(min=2),
        default=SEEDS,
        show_default=True,
        help="From how many seeds in a row each network of the study is trained.",
    )
]


def run(options: Options) -> LabResult:
    """Train in the plane, fit the wave, train on digits; draw, conclude.

    Parameters
    ----------
    options : Options

    Returns
    -------
    LabResult

    Raises
    ------
    LabError
        If the options ask for what can't be had.
    """
    options = resumed(NAME, options)

    # Data: points are drawn from the seed; digits have their pixels divided by 255.
    data = load_digits(options)
    sources = {name: images.source for name, images in zip(("train", "test"), data, strict=True)}

    # The reference: the perceptrons in PyTorch, on the same batches, from the same seed.
    loaders = batches(*data, options.batch_size)
    references = {
        layers: find_reference(
            NAME, options, {**checksums(sources), "layers": layers}, _pytorch(layers, options), *loaders, pause=0
        )
        for layers in LAYERS
    }

    with LabRun(NAME, options, sources, references[1]) as lab:
        found = studies(lab, "studies", {
            # Two classes, and three: networks of one layer, of more, and of more and more units.
            "plane": Plan(train_classifier, plane_trials(options.seed, lab.folder)),
            # A value: a straight line, and a network with each of two losses.
            "wave": Plan(train_regression, wave_trials(options.seed)),
            # Ten classes: perceptrons of many depths and activations; three of them with one bit changed.
            "digits": Plan(train_digits, study_trials(options)),
            "rounding": Plan(train_digits, nudged_trials(options)),
        })  # fmt: skip

        # Ten classes: perceptrons of one, two and three layers beside PyTorch.
        perceptrons = {n: train_perceptron(lab, n, data, loaders, references[n]) for n in LAYERS}
        measured = compare_digits(lab, perceptrons, found)

        # Figures and conclusions. The films have been drawn while the networks in the plane were trained.
        results = FrameworkReport(options, list(found["plane"].values()), found["wave"], perceptrons, **measured)
        write_text(lab.folder / "metrics.jsonl", "".join(f"{json.dumps(line)}\n" for line in results.log()))
        models = {f"model-{n}": network.model for n, network in perceptrons.items()}
        models["model"] = perceptrons[max(LAYERS)].model
        return lab.finish(results, figures_of(results), models)


def train_perceptron(
    lab: LabRun, layers: int, data: tuple[MNIST, MNIST], loaders: tuple[Any, Any], reference: Reference
) -> Perceptron:
    """Train a perceptron on digits, beside PyTorch, watching accuracies and weights."""
    name, options = str(layers), lab.options
    train_batches, test_batches = loaders
    watch = Watch(*data, options.batch_size)
    make = partial(lab.trainer, name=name, reference=reference)
    with threadpool_limits(1):  # as the study: layers so small are not faster with more
        trainer = trainer_of(make, layers, LAYERS[layers], options, [watch])
        history = trainer.fit(train_batches, options.epochs, test_batches, resume=lab.resume(name))
        wrong = wrong_images(trainer.model, data[1])
    return Perceptron(layers, trainer.model, Comparison(history, reference.run), watch.records, wrong)


def compare_digits(
    lab: LabRun, perceptrons: Mapping[int, Perceptron], found: Mapping[str, Trials]
) -> dict[str, Any]:
    """Put the perceptrons beside those with one bit changed, and those of other depths, activations and seeds.

    Returns
    -------
    dict
        ``"rounding"``, ``"parting"`` and ``"study"``, as ``FrameworkResults`` takes them.
    """
    options = lab.options
    bits = found["rounding"].values()
    runs = {n: [{"steps": p.comparison.ours.steps}] for n, p in perceptrons.items()}
    parting = Plan(nearest_to_zero, parting_trials(options, perceptrons))
    parted = studies(lab, "where losses part", {"parting": parting})["parting"]
    first = [
        {"layers": n, "activation": LAYERS[n], "seed": options.seed, **p.measured()}
        for n, p in perceptrons.items()
    ]
    return {
        "rounding": {n: Rounding([*ours, *(t for t in bits if t["layers"] == n)]) for n, ours in runs.items()},
        "parting": {trial["layers"]: trial for trial in parted.values()},
        "study": Study([*first, *found["digits"].values()], lab.data["test"].images),
    }


def _pytorch(layers: int, options: Options) -> Callable[[Any], tuple[Any, Any, Any]]:
    """Return what builds PyTorch's side."""

    def build(torch: Any) -> tuple[Any, Any, Any]:
        model = digits_perceptron(torch.nn, layers, LAYERS[layers])
        return model, torch.nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=options.lr)

    return build


def studies(lab: LabRun, title: str, plans: Mapping[str, Plan]) -> dict[str, Trials]:
    """Run studies, and return the settings of their trials together with the results."""
    results = lab.studies(plans, title)
    return {
        study: {name: {**settings, **results[study][name]} for name, settings in plan.settings.items()}
        for study, plan in plans.items()
    }
