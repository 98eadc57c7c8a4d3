"""Artificial neural networks: activations, networks small and large, and what goes wrong when they get deep.

The classifier is trained on FashionMNIST in NumPy, beside PyTorch. The formulas are in ``ann_activations.py``, the
networks in ``ann_networks.py``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

import chainrule as cr
from chainrule.files import write_text
from chainrule.interop import save_safetensors
from chainrule.interop.pytorch import LiveReference
from chainrule.labs import ann_networks
from chainrule.labs.ann_classifier import batches, build_classifier, classify, confusion, fashion_mnist
from chainrule.labs.ann_experiments import run_architectures
from chainrule.labs.ann_figures import draw_experiments, draw_lesson
from chainrule.labs.ann_four_classes import learn_four_classes
from chainrule.labs.ann_reference import MoreOfPyTorch, counting, networks_in_pytorch
from chainrule.labs.ann_report import AnnResults, write_report
from chainrule.labs.ann_rounding import run_nudged
from chainrule.labs.ann_study import run_study
from chainrule.labs.comparison import Comparison
from chainrule.labs.options import CHECKPOINT, Options, open_run, remember, resumable, resumed
from chainrule.labs.reference import choose_reference
from chainrule.labs.results import LabResult, describe, environment, write_json
from chainrule.train import Checkpoint, JSONLines, Trainer, accuracy

NAME = "ann"
EPOCHS, BATCH_SIZE, LR = 5, 128, 1e-3
EXTRA = [
    click.option(
        "--experiments/--no-experiments",
        default=None,
        help="Depth, activation, rounding, problems and remedies.  [default: with the whole data]",
    )
]


def run(options: Options) -> LabResult:
    """Train, compare, experiment, draw, conclude.

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
    if options.resume:
        options = resumed(NAME, options)

    # Data: normalised to mean 0 and standard deviation 1; training images in a new order in every epoch.
    train_data, test_data = fashion_mnist(options)
    train_batches, test_batches = batches(train_data, test_data, options.batch_size)
    checksums = {"train_sha256": train_data.source.sha256, "test_sha256": test_data.source.sha256}

    # The reference: PyTorch on the same batches, from the same seed, with the same dropout masks.
    def pytorch(torch: Any) -> tuple[Any, Any, Any]:
        model = build_classifier(networks_in_pytorch(), torch.manual_seed, options.seed)
        loss_fn = counting(torch, torch.nn.CrossEntropyLoss())
        return model, loss_fn, torch.optim.Adam(model.parameters(), lr=options.lr)

    settings = {**options.deciding(), **checksums}
    reference, note = choose_reference(NAME, options, settings, pytorch, train_batches, test_batches)
    live = [reference, MoreOfPyTorch(reference, test_data)] if isinstance(reference, LiveReference) else []

    # The folder, when nothing is left that could be refused.
    folder = open_run(NAME, options)
    remember(NAME, options, {**checksums, "PyTorch trained beside chainrule": bool(live)}, folder)

    # A small task: four classes of points, and why one output is not enough.
    four_classes = learn_four_classes(options)

    # Network, loss and optimiser, from the seed: 784-512-256-128-10 with ReLU and dropout.
    model = build_classifier(ann_networks, cr.manual_seed, options.seed)
    loss_fn = cr.nn.CrossEntropyLoss()
    optimizer = cr.optim.Adam(model.parameters(), lr=options.lr)

    # The loop, and the experiments, each a study of many trainings.
    checkpoint = folder / CHECKPOINT
    trainer = Trainer(
        model,
        loss_fn,
        optimizer,
        metrics={"accuracy": accuracy},
        train_metrics={"accuracy": accuracy},
        callbacks=[JSONLines(folder / "metrics.jsonl"), *live, Checkpoint(checkpoint)],
    )
    with resumable(folder):
        history = trainer.fit(
            train_batches,
            epochs=options.epochs,
            validation=test_batches,
            resume=checkpoint if options.resume else None,
        )
        torch_run = reference.run if isinstance(reference, LiveReference) else reference
        probabilities = classify(model, test_data)
        results = AnnResults(
            options,
            train_data,
            test_data,
            Comparison(history, torch_run),
            note,
            confusion(test_data.targets, probabilities.argmax(1)),
            four_classes,
        )
        if wants_experiments(options, train_data.source.kind):
            # The data that were found, so that no trial looks for others.
            same = replace(options, data="sample") if train_data.source.kind == "sample" else options
            results.architectures = run_architectures(same, checksums, bool(live), folder / "experiments")
            results.nudged = run_nudged(same, checksums, folder / "experiments")
            results.study = run_study(same, checksums, folder / "problems")

    # Results.
    if live:
        save_references(results, folder)
    save_safetensors(model, folder / "model.safetensors")
    summary = {
        "lab": NAME,
        "data": {"train": describe(train_data.source), "test": describe(test_data.source)},
        "seed": options.seed,
        "batch_size": options.batch_size,
        "lr": options.lr,
        **results.summary(),
        **environment(torch_run.torch if torch_run and live else None),
    }
    write_json(folder / "summary.json", summary)

    # Figures.
    draw_lesson(results, probabilities, folder)
    draw_experiments(results, folder)

    # Conclusions.
    write_text(folder / "report.md", write_report(results, summary))
    checkpoint.unlink(missing_ok=True)
    return LabResult(folder, results.comparison.table(), results.conclusions(), "training.png")


def wants_experiments(options: Options, kind: str) -> bool:
    """Tell whether the experiments are run: if asked for, or else with the whole data."""
    asked = options.extra.get("experiments")
    return kind == "full" if asked is None else bool(asked)


def save_references(results: AnnResults, folder: Path) -> None:
    """Keep PyTorch's runs: ``reference.json``, and those of the small networks in ``references``."""
    assert results.reference is not None
    results.reference.save(folder / "reference.json")
    small = [outcome.pytorch for outcome in results.four.outcomes.values() if outcome.pytorch is not None]
    named = {f"{run.settings['network']}-{run.settings['loss']}": run for run in small}
    for name, trials in (results.architectures or {}).items():
        named[f"{results.train.source.kind}-{name.replace(' ', '-')}"] = trials[0]["pytorch"]
    for name, run in named.items():
        run.save(folder / "references" / f"{name}.json")
