"""A framework of one's own at work: layers that compose, on points of a plane, on a wave, and on MNIST.

Three kinds of task: two classes (logistic loss), many classes (cross-entropy), a value (squared or absolute
error). Classes that no line separates need more than one layer; what more of them give is measured on digits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

import chainrule as cr
from chainrule import nn, optim
from chainrule.data import DataLoader
from chainrule.datasets import MNIST
from chainrule.files import write_text
from chainrule.interop import save_safetensors
from chainrule.interop.pytorch import LiveReference
from chainrule.labs.comparison import Comparison
from chainrule.labs.framework_answers import answers
from chainrule.labs.framework_figures import draw_figures
from chainrule.labs.framework_report import perceptrons_table, report
from chainrule.labs.framework_results import Digits, FrameworkResults
from chainrule.labs.options import CHECKPOINT, Options, open_run, remember, resumable, resumed
from chainrule.labs.perceptrons import digits, digits_perceptron, train_digits, watch
from chainrule.labs.plane import TASKS, train_classifier, train_regression
from chainrule.labs.reference import choose_reference
from chainrule.labs.results import LabResult, describe, environment, write_json
from chainrule.labs.study import run_trials
from chainrule.serialization import save
from chainrule.train import Checkpoint, History, JSONLines, Trainer, accuracy

NAME = "framework"
EPOCHS, BATCH_SIZE, LR = 10, 50, 0.1  # 50 divides the numbers of images: no small batch ends an epoch
EXTRA = [
    click.option(
        "--seeds",
        type=click.IntRange(min=1),
        default=1,
        help="From how many seeds in a row each network of the study is trained.",
    )
]

IN_THE_PLANE = {"batch_size": 10, "lr": 0.1}
SIZES: list[list[int]] = [[], [2], [8], [32], [64, 64]]  # hidden units of the networks that grow
LONG, SHORT = 1000, 300  # epochs: enough to learn wrong labels by heart, and enough to learn
LAYERS = (1, 2, 3)  # of the perceptrons that are held against PyTorch's
STUDIED = dict.fromkeys((2, 3, 5, 8), ("Identity", "Sigmoid", "Tanh", "ReLU"))


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
    if options.resume:
        options = resumed(NAME, options)

    # Data: points are drawn from the seed; digits have their pixels divided by 255.
    train_data, test_data = digits(options)
    checksums = {"train_sha256": train_data.source.sha256, "test_sha256": test_data.source.sha256}
    train_batches: Any = DataLoader(train_data, batch_size=options.batch_size, shuffle=True)
    test_batches: Any = DataLoader(test_data, batch_size=options.batch_size)

    # The reference: the perceptrons in PyTorch, on the same batches, from the same seed.
    references = {
        layers: choose_reference(
            NAME,
            options,
            {**options.deciding(), **checksums, "layers": layers},
            _pytorch(layers, options),
            train_batches,
            test_batches,
        )
        for layers in LAYERS
    }
    live = isinstance(references[1][0], LiveReference)

    # The folder, when nothing is left that could be refused.
    folder = open_run(NAME, options)
    facts = {**checksums, "epochs": options.epochs, "PyTorch trained beside chainrule": live}
    remember(NAME, options, facts, folder)
    save({"history": History().state_dict(), "running": None}, folder / CHECKPOINT)  # the run is not finished

    with resumable(folder):
        # Two classes, and three: networks of one layer, of more, and of more and more units.
        plane = run_trials(
            train_classifier, plane_trials(options.seed, folder), folder / "trials" / "plane", title="the plane"
        )

        # A value: a straight line, and a network with each of two losses.
        fits = run_trials(
            train_regression, regression_trials(options.seed), folder / "trials" / "wave", title="the wave"
        )

        # Ten classes: perceptrons of one, two and three layers, and the study of depth and activation.
        perceptrons = {
            layers: train_perceptron(
                layers, options, (train_data, test_data), (train_batches, test_batches), references[layers], folder
            )
            for layers in LAYERS
        }
        trials = study_trials(options, checksums)
        studied = run_trials(train_digits, trials, folder / "trials" / "digits", title="depth and activation")

    # Results.
    results = FrameworkResults(
        options=options,
        train=train_data.source,
        test=test_data.source,
        plane=plane,
        fits=fits,
        perceptrons=perceptrons,
        study=[{**trials[name], **studied[name]} for name in trials],
    )
    _keep(results, folder)
    reference = perceptrons[1].comparison.reference
    torch = reference.torch if reference is not None and live else None
    summary = {
        "lab": NAME,
        "data": {"train": describe(train_data.source), "test": describe(test_data.source)},
        **results.summary(),
        "answers": answers(results),
        **environment(torch),
    }
    write_json(folder / "summary.json", summary)

    # Figures. The films have been drawn while the networks in the plane were trained.
    draw_figures(results, folder)

    # Conclusions.
    write_text(folder / "report.md", report(results, summary))
    for path in [folder / CHECKPOINT, *(folder / _checkpoint(layers) for layers in LAYERS)]:
        path.unlink(missing_ok=True)
    return LabResult(
        folder, perceptrons_table(results), [perceptrons[1].note, *answers(results).values()], "digits.png"
    )


# ---- what is trained -------------------------------------------------------------------------------------------


def plane_trials(seed: int, folder: Path) -> dict[str, dict[str, Any]]:
    """Return the settings of the networks in the plane, by name."""
    shared: dict[str, Any] = {"seed": seed, **IN_THE_PLANE}
    trials: dict[str, dict[str, Any]] = {}
    folder = folder.resolve()  # other processes may stand elsewhere
    for hidden in SIZES:
        name = f"two-features {'+'.join(map(str, hidden)) or 'line'}"
        trials[name] = {"task": "two-features", "hidden": hidden, "epochs": LONG, **shared}
    trials[name]["film"] = str(folder / "two-features")  # of the largest, which has most to show
    for task in list(TASKS)[1:]:
        trials[f"{task} line"] = {"task": task, "hidden": [], "epochs": SHORT, **shared}
        trials[task] = {"task": task, "hidden": [16, 16], "epochs": SHORT, **shared, "film": str(folder / task)}
    return trials


def regression_trials(seed: int) -> dict[str, dict[str, Any]]:
    """Return the settings of the fits, by the names that figures know them by."""
    shared: dict[str, Any] = {"epochs": LONG, "seed": seed, **IN_THE_PLANE}
    return {
        "straight line, squared error": {"hidden": [], "loss": "squared", **shared},
        "network, squared error": {"hidden": [16, 16], "loss": "squared", **shared},
        "network, absolute error": {"hidden": [16, 16], "loss": "absolute", **shared},
    }


def study_trials(options: Options, checksums: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Return the settings of the perceptrons of the study, by name."""
    place = Path(options.data)
    data = str(place.resolve()) if place.is_dir() else options.data  # other processes may stand elsewhere
    shared = {"data": data, "epochs": options.epochs, "batch_size": options.batch_size, "lr": options.lr}
    seeds = range(options.seed, options.seed + options.extra.get("seeds", 1))
    chosen = [(1, "Identity"), *((layers, a) for layers, activations in STUDIED.items() for a in activations)]
    return {
        f"{layers} {activation} {seed}": {
            "layers": layers,
            "activation": activation,
            "seed": seed,
            **shared,
            **checksums,
        }
        for layers, activation in chosen
        for seed in seeds
    }


def train_perceptron(
    layers: int,
    options: Options,
    data: tuple[MNIST, MNIST],
    batches: tuple[Iterable[Any], Iterable[Any]],
    reference: tuple[Any, str],
    folder: Path,
) -> Digits:
    """Train a perceptron with ReLU on digits, beside PyTorch, watching accuracies and weights."""
    cr.manual_seed(options.seed)
    model = digits_perceptron(nn, layers, "ReLU")
    watching = watch(*data, options.batch_size)
    run, note = reference
    live = [run] if isinstance(run, LiveReference) else []
    checkpoint = folder / _checkpoint(layers)
    trainer = Trainer(
        model,
        nn.CrossEntropyLoss(),
        optim.SGD(model.parameters(), lr=options.lr),
        metrics={"accuracy": accuracy},
        callbacks=[JSONLines(folder / _log(layers)), watching, *live, Checkpoint(checkpoint)],
    )
    train_batches, test_batches = batches
    resume = checkpoint if options.resume and checkpoint.exists() else None  # a finished one goes on to its end
    history = trainer.fit(train_batches, options.epochs, test_batches, resume=resume)
    return Digits(layers, model, Comparison(history, live[0].run if live else run), watching.records, note)


def _pytorch(layers: int, options: Options) -> Any:
    """Return what builds PyTorch's side."""

    def build(torch: Any) -> tuple[Any, Any, Any]:
        model = digits_perceptron(torch.nn, layers, "ReLU")
        return model, torch.nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=options.lr)

    return build


# ---- files -----------------------------------------------------------------------------------------------------


def _checkpoint(layers: int) -> str:
    return f"checkpoint-{layers}.npz"


def _log(layers: int) -> str:
    return f"metrics-{layers}.jsonl"


def _keep(results: FrameworkResults, folder: Path) -> None:
    """Write the trained perceptrons, PyTorch's runs, and one log of everything."""
    lines = [json.dumps(line) for line in results.log()]
    for layers, network in results.perceptrons.items():
        save_safetensors(network.model, folder / f"model-{layers}.safetensors")
        reference = network.comparison.reference
        if reference is not None and reference.kind == "live":
            reference.save(folder / f"reference-{layers}.json")
        log = folder / _log(layers)
        steps = map(json.loads, log.read_text(encoding="utf-8").splitlines())
        lines += [json.dumps({"network": f"{layers} ReLU", **line}) for line in steps]
        log.unlink()
    save_safetensors(results.perceptrons[LAYERS[-1]].model, folder / "model.safetensors")
    write_text(folder / "metrics.jsonl", "\n".join(lines) + "\n")
