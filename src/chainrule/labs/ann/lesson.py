"""Artificial neural networks: activations, calculations by hand, networks, a classifier, and what goes wrong.

In the document's order. What is work and not lesson is in the other files of this package.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import chainrule as cr
from chainrule.derivations.examples import EXAMPLES
from chainrule.interop import ReferenceRun
from chainrule.labs.ann import networks
from chainrule.labs.ann.activations import softmax
from chainrule.labs.ann.architectures import plan_architectures, read_architectures, time_depths
from chainrule.labs.ann.classifier import (
    AT_ONCE,
    batches,
    build_classifier,
    confusion,
    fashion_mnist,
    known_accuracy,
    plan_dropouts,
    plan_nudged,
    read_dropouts,
)
from chainrule.labs.ann.document import computed, computed_by_pytorch
from chainrule.labs.ann.figures import draw_all
from chainrule.labs.ann.four_classes import learn_four_classes
from chainrule.labs.ann.networks_torch import networks_in_pytorch
from chainrule.labs.ann.remedies import plan_study, read_study
from chainrule.labs.ann.report import AnnResults, Experiments
from chainrule.labs.comparison import Comparison
from chainrule.labs.options import LabError, Options
from chainrule.labs.reference import find_reference
from chainrule.labs.results import LabResult
from chainrule.labs.rounding import Rounding
from chainrule.labs.run import LabRun, checksums, resumed
from chainrule.train import accuracy, predict

NAME = "ann"
EPOCHS, BATCH_SIZE, LR = 5, 128, 1e-3
HIDDEN, DROPOUT = "512,256,128", 0.3
EXTRA = [
    click.option("--hidden", default=HIDDEN, help="Sizes of the classifier's hidden layers."),
    click.option(
        "--dropout", type=click.FloatRange(0, 1, max_open=True), default=DROPOUT, help="Its dropout rate."
    ),
    click.option(
        "--experiments/--no-experiments",
        default=None,
        help="Depth, activation, rounding, dropout, problems and remedies.  [default: with the whole data]",
    ),
]


def run(options: Options) -> LabResult:
    """Compute, train, compare, experiment, draw, conclude.

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
    hidden, dropout = hidden_sizes(options), float(options.extra.get("dropout", DROPOUT))

    # Data: normalised to mean 0 and standard deviation 1; training images in a new order in every epoch.
    train_data, test_data = fashion_mnist(options)
    train_batches, test_batches = batches(train_data, test_data, options.batch_size)
    data = {"train": train_data.source, "test": test_data.source}

    # Network, loss and optimiser: 784-512-256-128-10 with ReLU and dropout. The same lines build PyTorch's.
    def classifier(library: Any, networks: Any) -> tuple[Any, Any, Any]:
        model = build_classifier(networks, library.manual_seed, options.seed, hidden, dropout)
        return model, library.nn.CrossEntropyLoss(), library.optim.Adam(model.parameters(), lr=options.lr)

    def pytorch(torch: Any) -> tuple[Any, Any, Any]:
        return classifier(torch, networks_in_pytorch())

    measures = {"accuracy": accuracy}
    settings = checksums(data) | unusual(options)
    reference = find_reference(
        NAME, options, settings, pytorch, train_batches, test_batches, metrics=measures, train_metrics=measures
    )
    with LabRun(NAME, options, data, reference) as lab:
        # Activations and calculations by hand; a small task: four classes, and why one output is not enough.
        by_hand = computed(cr, networks), computed_by_pytorch(options)
        for name, derive in EXAMPLES.items():
            derivation = derive(4)
            for ending in ("txt", "md", "tex", "html"):
                derivation.save(lab.folder / "by_hand" / f"{name}.{ending}")
        four_classes = learn_four_classes(options, lab.folder / "four_classes")

        # The loop.
        model, loss_fn, optimizer = classifier(cr, networks)
        trainer = lab.trainer(model, loss_fn, optimizer, metrics=measures, train_metrics=measures)
        history = trainer.fit(train_batches, options.epochs, validation=test_batches, resume=lab.resume())

        # What it has learnt.
        probabilities = softmax(predict(model, test_batches, AT_ONCE))
        if reference.live:
            said = reference.live.predict(test_batches).argmax(1)
            reference.live.run.epochs[-1]["confusion"] = confusion(test_data.labels, said).tolist()
        results = AnnResults(
            options,
            hidden,
            dropout,
            train_data,
            test_data,
            Comparison(history, reference.run),
            probabilities,
            confusion(test_data.labels, probabilities.argmax(1)),
            known_accuracy(model, train_data, "training images"),
            four_classes,
            *by_hand,
        )

        if wants_experiments(options, train_data.source.kind):
            results.experiments = experiment(lab, hidden, dropout)
        if reference.live:
            save_references(results, lab.folder / "references")

        # Figures and conclusions.
        return lab.finish(results, draw_all(results), {"model": model})


def experiment(lab: LabRun, hidden: list[int], dropout: float) -> Experiments:
    """Run the experiments, each a study of many trainings."""
    options, live = lab.options, bool(lab.reference and lab.reference.live)
    plans = {
        "architectures": plan_architectures(options, live),  # depth, and activation
        "rounding": plan_nudged(options, hidden, dropout),
        "dropouts": plan_dropouts(options, hidden),
        "problems": plan_study(options),  # and remedies
    }
    found = lab.studies(plans, "experiments")
    return Experiments(
        architectures=read_architectures(found["architectures"], lab),
        seconds=time_depths(options),
        rounding=Rounding(list(found["rounding"].values())),
        dropouts=read_dropouts(found["dropouts"]),
        study=read_study(found["problems"], options),
    )


def hidden_sizes(options: Options) -> list[int]:
    """Return the sizes of the classifier's hidden layers.

    Raises
    ------
    LabError
        If they are no sizes.
    """
    text = str(options.extra.get("hidden", HIDDEN))
    sizes = [int(size) if size.strip().isdecimal() else 0 for size in text.split(",")]
    if min(sizes) < 1:
        raise LabError(f"--hidden expected sizes from 1 on, with commas between them, as {HIDDEN}; got {text!r}")
    return sizes


def unusual(options: Options) -> dict[str, Any]:
    """Return what of the network is not the document's, for the settings of PyTorch's runs."""
    usual = {"hidden": HIDDEN, "dropout": DROPOUT}
    return {name: options.extra[name] for name in usual if options.extra.get(name, usual[name]) != usual[name]}


def wants_experiments(options: Options, kind: str) -> bool:
    """Tell whether the experiments are run: if asked for, or else with the whole data."""
    asked = options.extra.get("experiments")
    return kind == "full" if asked is None else bool(asked)


def save_references(results: AnnResults, folder: Path) -> None:
    """Keep PyTorch's runs of the small networks, and what it computes without a training."""
    small = [outcome.pytorch for outcome in results.four.outcomes.values()]
    named: dict[str, ReferenceRun | None] = {
        f"{r.settings['network']}-{r.settings['loss']}": r for r in small if r
    }
    named["computed"] = results.computed_by_pytorch
    if results.experiments:
        for name, trials in results.experiments.architectures.items():
            named[f"{results.train.source.kind}-{name.replace(' ', '-')}"] = trials[0]["pytorch"]
    folder.mkdir(exist_ok=True)
    for name, run in named.items():
        if run is not None:
            run.save(folder / f"{name}.json")
