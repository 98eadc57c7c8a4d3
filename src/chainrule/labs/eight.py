"""A network of two layers that tells eights from the other digits, and learns from one example at a time.

The document's network and procedure: 784 → 64 tanh → 1 sigmoid, weights N(0, 0.1²), squared error, an update after
every example.
"""

from __future__ import annotations

import platform
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import numpy as np

import chainrule as cr
from chainrule.datasets import MNIST
from chainrule.datasets.idx import content_sha256
from chainrule.files import write_text
from chainrule.interop import ReferenceRun, save_safetensors
from chainrule.interop.pytorch import PAUSE, import_torch
from chainrule.labs.bar import bar
from chainrule.labs.eight_report import DOCUMENT_ERRORS, EightResults, log_line
from chainrule.labs.eight_scores import Scores, scores
from chainrule.labs.eight_study import Study, settings_of_study
from chainrule.labs.options import CHECKPOINT, LabError, Options, open_run, remember, resumable, resumed
from chainrule.labs.reference import choose
from chainrule.labs.results import LabResult, environment, write_json
from chainrule.labs.study import run_trials
from chainrule.ops import Array
from chainrule.plot import save_figure
from chainrule.plot.eight import draw_eights, draw_mistakes, draw_study, draw_training
from chainrule.plot.text import as_text, side_by_side
from chainrule.serialization import load, save

NAME = "eight"
EPOCHS, BATCH_SIZE, LR, SEED = 15, 1, 0.01, 0
EXTRA = [
    click.option("--examples", type=click.IntRange(min=1), default=5000, help="How many training images."),
    click.option("--test-images", type=click.IntRange(min=1), default=1000, help="How many test images."),
    click.option("--study", is_flag=True, help="Try the document's seven improvements, too, over several seeds."),
    click.option("--study-seeds", type=click.IntRange(min=1), default=3, help="How many seeds."),
    click.option("--processes", type=click.IntRange(min=1), help="Of the study.  [default: the processors]"),
]
EIGHT, THRESHOLD, HIDDEN = 8, 0.5, 64
LOG = "training_log.txt"


class Digits:
    """The first images of a part of MNIST: x (N, 784), pixels from 0 to 1, and y (N, 1), 1 for an eight."""

    def __init__(self, options: Options, train: bool, first: int) -> None:
        whole = options.load(MNIST, train=train)
        if len(whole) < first:
            name = "--examples" if train else "--test-images"
            raise LabError(f"{name} {first}: there are {len(whole)} in {whole.source.kind}; --data full has more")
        self.source, self.available = whole.source, len(whole)
        self.images, self.digits = whole.data[:first], whole.targets[:first]
        self.x = self.images.reshape(first, -1) / 255.0
        self.y = (self.digits == EIGHT)[:, None].astype(np.float64)
        self.sha256 = content_sha256(self.images, self.digits.astype(np.uint8))


def first_weights(seed: int, widths: list[int]) -> list[Array]:
    """Draw the weights N(0, 0.1²) of each layer, of shape (inputs, outputs)."""
    rng = np.random.default_rng(seed)
    return [rng.normal(0, 0.1, shape) for shape in pairwise(widths)]


class Learner:
    """The network, its loss, optimiser and loop, in ``chainrule`` or in ``torch``: the same lines do both."""

    def __init__(self, library: Any, weights: list[Array], lr: float, dropout: float = 0.0, **sgd: float) -> None:
        nn, layers = library.nn, []
        for W in weights:
            linear = nn.Linear(*W.shape, dtype=library.float64)
            with library.no_grad():
                linear.weight.copy_(library.as_tensor(np.ascontiguousarray(W.T)))
                linear.bias.zero_()
            layers += [linear, nn.Tanh()] + ([nn.Dropout(dropout)] if dropout else [])
        hidden = layers[: layers.index(linear)]
        self.model = nn.Sequential(*hidden, linear, nn.Sigmoid())
        self.loss_fn = nn.MSELoss()
        self.optimizer = library.optim.SGD(self.model.parameters(), lr=lr, **sgd)
        self.library = library
        # What ours does for one example is recorded once and replayed: the same numbers in a fraction of the time.
        self.step = cr.capture(self.train_step) if library is cr else self.train_step

    def train_step(self, x: Any, y: Any) -> Any:
        """Go forward, go back, update the weights, and return the loss."""
        loss = self.loss_fn(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        return loss

    def train(self, data: Digits, batch_size: int, title: str = "") -> float:
        """Train on every example in turn, and return the mean of their errors (a2 − y)²."""
        self.model.train()
        x, y = self.library.as_tensor(data.x), self.library.as_tensor(data.y)
        total = 0.0
        for i in bar(range(0, len(x), batch_size), title):
            own = slice(i, i + batch_size)
            total += self.step(x[own], y[own]).item() * len(y[own])
        return total / len(x)

    def probabilities(self, data: Digits) -> Array:
        """Return what the network says of every image: how sure it is of an eight, shape (N,)."""
        self.model.eval()
        with self.library.no_grad():
            said: Array = self.model(self.library.as_tensor(data.x)).numpy()
        return said[:, 0]

    def epoch(self, number: int, train: Digits, test: Digits, batch_size: int, title: str) -> dict[str, Any]:
        """Train one epoch, and return its record."""
        time.sleep(PAUSE)  # the other side's idle threads go to sleep
        start = time.perf_counter()
        error = self.train(train, batch_size, title)
        seconds = time.perf_counter() - start
        said = self.probabilities(test)
        found = judge(said, test)
        return {
            "epoch": number,
            "steps": 0,  # whose losses are kept: those of single examples say little
            "train_loss": error,
            "validation_loss": float(np.mean((said - test.y[:, 0]) ** 2)),
            **{f"validation_{name}": rate for name, rate in found.rates().items() if name != "baseline"},
            "seconds": seconds,
        }


def judge(said: Array, data: Digits) -> Scores:
    """Return how well the decisions at the threshold fit the truth."""
    return scores(said > THRESHOLD, data.digits == EIGHT)


def trial(
    seed: int,
    hidden: list[int],
    epochs: int,
    examples: int,
    test_images: int,
    data: str,
    batch_size: int,
    lr: float,
    **changes: float,
) -> dict[str, Any]:
    """Train once, as one of the improvements or as the document does, and return how well and how long.

    This is the whole lab in short.
    """
    options = Options(data=data)
    train, test = Digits(options, True, examples), Digits(options, False, test_images)
    cr.manual_seed(seed)  # for dropout
    learner = Learner(cr, first_weights(seed, [train.x.shape[1], *hidden, 1]), lr, **changes)
    start = time.process_time()  # of the processor: other trials, and whatever else runs, don't count
    errors = [learner.train(train, batch_size) for _ in range(epochs)]
    seconds = time.process_time() - start
    found = judge(learner.probabilities(test), test)
    return {"errors": errors, "seconds": seconds, **vars(found), **found.rates()}


def run(options: Options) -> LabResult:
    """Train, count, draw, conclude.

    Parameters
    ----------
    options : Options
        With its own ``examples``, ``test_images``, ``study``, ``study_seeds`` and ``processes``.

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

    # Data: the first images of the file.
    train = Digits(options, True, options.extra.get("examples", 5000))
    test = Digits(options, False, options.extra.get("test_images", 1000))

    # Network, loss and optimiser, ours and PyTorch's, from the same weights.
    weights = first_weights(options.seed, [train.x.shape[1], HIDDEN, 1])
    ours = Learner(cr, weights, options.lr)
    checksums = {"train_sha256": train.sha256, "test_sha256": test.sha256}
    settings = {**options.deciding(), **checksums}
    reference, note = choose(NAME, options, settings, lambda: Learner(import_torch(), weights, options.lr))
    sides = {"chainrule": ours, **({"PyTorch": reference} if isinstance(reference, Learner) else {})}

    # The folder, when nothing is left that could be refused.
    folder = open_run(NAME, options)
    remember(NAME, options, {**checksums, "PyTorch trained beside chainrule": "PyTorch" in sides}, folder)

    # Five eights, as pictures and as text.
    eights = train.images[train.digits == EIGHT][:5]
    save_figure(draw_eights(eights), folder / "eights.png")
    text = [as_text(image[:, 4:24]) for image in eights]  # without the empty rims
    print(f"{side_by_side(text[:3])}\n\n{side_by_side(text[3:])}\n")

    # The loop: every example by itself, in the order of the file; an epoch of PyTorch after each of ours.
    checkpoint = folder / CHECKPOINT
    records = take_up(sides, checkpoint) if options.resume else {side: [] for side in sides}
    with resumable(folder):
        keep(sides, records, checkpoint)
        for number in range(len(records["chainrule"]) + 1, options.epochs + 1):
            for side, learner in sides.items():
                title = f"epoch {number}/{options.epochs}, {side}"
                records[side].append(learner.epoch(number, train, test, options.batch_size, title))
            keep(sides, records, checkpoint)
            print(log_line(records["chainrule"][-1], options.epochs))
        study = run_study(options, train, test, folder) if options.extra.get("study") else None

    # Results.
    version, torch_run = None, None
    if isinstance(reference, Learner):
        version = reference.library.__version__.partition("+")[0]
        torch_run = ReferenceRun(
            NAME, settings, version, platform.machine(), [], records["PyTorch"], dtype="float64"
        )
        torch_run.save(folder / "reference.json")
    elif reference is not None:
        torch_run = reference
    said = ours.probabilities(test)
    found = judge(said, test)
    results = EightResults(options, train, test, records["chainrule"], torch_run, said, found, study, note)
    save_safetensors(ours.model, folder / "model.safetensors")
    write_text(folder / LOG, results.log())
    write_text(folder / "metrics.jsonl", results.metrics())
    summary = {"lab": NAME, **results.summary(), **environment(version)}
    write_json(folder / "summary.json", summary)

    # Figures.
    curves = draw_training(results.epochs, torch_run, DOCUMENT_ERRORS, results.found.baseline, results.headline())
    save_figure(curves, folder / "training.png")
    save_figure(draw_mistakes(results.mistakes(), results.on_mistakes()), folder / "mistakes.png")
    if study:
        save_figure(draw_study(study.rows, study.headline()), folder / "study.png")

    # Conclusions.
    write_text(folder / "report.md", results.report(summary))
    checkpoint.unlink(missing_ok=True)
    return LabResult(folder, results.table(), [note, *results.conclusions()], "training.png")


def run_study(options: Options, train: Digits, test: Digits, folder: Path) -> Study:
    """Train as the document does and with each of its improvements, from several seeds."""
    common = {
        "hidden": [HIDDEN],
        "epochs": options.epochs,
        "examples": len(train.x),
        "test_images": test.available,  # the more, the less chance decides
        "data": options.data,
        "batch_size": options.batch_size,
        "lr": options.lr,
    }
    seeds = range(options.seed, options.seed + options.extra.get("study_seeds", 3))
    settings = settings_of_study(common, seeds, train.available)
    results = run_trials(trial, settings, folder / "study", options.extra.get("processes"), "the improvements")
    return Study(settings, results, list(seeds))


def keep(sides: dict[str, Learner], records: dict[str, list[dict[str, Any]]], checkpoint: Path) -> None:
    """Write a checkpoint: weights, for plain SGD remembers nothing else, and what was measured."""
    states = {
        side: {name: values.detach().numpy().copy() for name, values in learner.model.state_dict().items()}
        for side, learner in sides.items()
    }
    own = {"epochs": records["chainrule"]}
    save({"history": own, "running": None, "records": records, "states": states}, checkpoint)


def take_up(sides: dict[str, Learner], checkpoint: Path) -> dict[str, list[dict[str, Any]]]:
    """Go on from a checkpoint, and return what was measured before."""
    state = load(checkpoint)
    for side, learner in sides.items():
        values = {name: learner.library.as_tensor(array) for name, array in state["states"][side].items()}
        learner.model.load_state_dict(values)
    return {side: [dict(record) for record in state["records"][side]] for side in sides}
