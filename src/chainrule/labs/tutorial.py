"""The network of PyTorch's beginner tutorial, trained on FashionMNIST in NumPy, beside PyTorch.

The rules: no ``torch.nn``, no ``torch.optim``, no autograd of PyTorch. PyTorch appears as the reference only, and
as a source of batches if asked for.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import click
import numpy as np

import chainrule as cr
from chainrule.data import DataLoader
from chainrule.datasets import FashionMNIST
from chainrule.datasets.transforms import ToTensor
from chainrule.files import write_text
from chainrule.interop import save_safetensors
from chainrule.interop.pytorch import LiveReference
from chainrule.interop.torchvision import torch_loaders
from chainrule.labs.comparison import Comparison, scientific
from chainrule.labs.options import CHECKPOINT, Options, open_run, remember, resumable, resumed
from chainrule.labs.reference import choose_reference
from chainrule.labs.results import LabResult, describe, environment, markdown_table, write_json
from chainrule.plot import compare_losses, save_figure, show_predictions
from chainrule.train import Checkpoint, JSONLines, Trainer, accuracy

NAME = "tutorial"
EPOCHS, BATCH_SIZE, LR = 5, 64, 1e-3
EXTRA = [
    click.option(
        "--loader",
        type=click.Choice(["chainrule", "torch"]),
        default="chainrule",
        help="Whose DataLoader feeds both networks.",
    )
]

SHOWN = 32  # predictions in the figure
SHORT_WAY = 2.0  # steps times learning rate; five epochs on the whole data set are 4.7


def network(nn: Any) -> Any:
    """Build the tutorial's network from a library of layers: ``chainrule.nn``, or ``torch.nn``.

    The same lines build both. That is the point.
    """

    class NeuralNetwork(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.flatten = nn.Flatten()
            self.linear_relu_stack = nn.Sequential(
                nn.Linear(28 * 28, 512),
                nn.ReLU(),
                nn.Linear(512, 512),
                nn.ReLU(),
                nn.Linear(512, 10),
            )

        def forward(self, x: Any) -> Any:
            x = self.flatten(x)
            logits = self.linear_relu_stack(x)
            return logits  # noqa: RET504 (the tutorial's own lines)

    return NeuralNetwork()


def run(options: Options) -> LabResult:
    """Train, compare, draw, conclude.

    Parameters
    ----------
    options : Options

    Returns
    -------
    LabResult
        Where the results are, and what they say.

    Raises
    ------
    LabError
        If the options ask for what can't be had.
    """
    if options.resume:
        options = resumed(NAME, options)

    # Data: pixels divided by 255, in the order of the file.
    train_data = options.load(FashionMNIST, train=True, transform=ToTensor())
    test_data = options.load(FashionMNIST, train=False, transform=ToTensor())
    loader = options.extra.get("loader", "chainrule")
    train_batches: Any = DataLoader(train_data, batch_size=options.batch_size)
    test_batches: Any = DataLoader(test_data, batch_size=options.batch_size)

    # Network, loss and optimiser, from the seed.
    cr.manual_seed(options.seed)
    model = network(cr.nn)
    loss_fn = cr.nn.CrossEntropyLoss()
    optimizer = cr.optim.SGD(model.parameters(), lr=options.lr)

    # The reference: PyTorch on the same batches, from the same seed.
    checksums = {"train_sha256": train_data.source.sha256, "test_sha256": test_data.source.sha256}
    with tempfile.TemporaryDirectory() as scratch:
        if loader == "torch":
            train_batches, test_batches = torch_loaders(train_data, test_data, options.batch_size, Path(scratch))
        settings = {**options.deciding(), **checksums}
        reference, note = choose_reference(NAME, options, settings, _pytorch(options), train_batches, test_batches)
    live = [reference] if isinstance(reference, LiveReference) else []

    # The folder, when nothing is left that could be refused.
    folder = open_run(NAME, options)
    remember(NAME, options, {**checksums, "PyTorch trained beside chainrule": bool(live)}, folder)

    # The loop.
    checkpoint = folder / CHECKPOINT
    trainer = Trainer(
        model,
        loss_fn,
        optimizer,
        metrics={"accuracy": accuracy},
        callbacks=[JSONLines(folder / "metrics.jsonl"), *live, Checkpoint(checkpoint)],
    )
    with resumable(folder):
        history = trainer.fit(
            train_batches,
            epochs=options.epochs,
            validation=test_batches,
            resume=checkpoint if options.resume else None,
        )

    # Results.
    torch_run = reference.run if isinstance(reference, LiveReference) else reference
    if isinstance(reference, LiveReference):
        reference.run.save(folder / "reference.json")
    comparison = Comparison(history, torch_run)
    save_safetensors(model, folder / "model.safetensors")
    summary = {
        "lab": NAME,
        "data": {
            "train": describe(train_data.source),
            "test": describe(test_data.source),
            "loader": loader,
        },
        "seed": options.seed,
        "batch_size": options.batch_size,
        "lr": options.lr,
        **comparison.summary(),
        **environment(torch_run.torch if torch_run and live else None),
    }
    write_json(folder / "summary.json", summary)

    # Figures.
    save_figure(compare_losses(*comparison.curves(), title=comparison.headline()), folder / "loss.png")
    save_figure(_predictions(model, test_data), folder / "predictions.png")

    # Conclusions.
    write_text(folder / "report.md", _report(comparison, options, train_data, test_data, note, summary))
    checkpoint.unlink(missing_ok=True)
    return LabResult(
        folder, comparison.table(), [note, comparison.on_quality(), comparison.on_speed()], "loss.png"
    )


def _pytorch(options: Options) -> Any:
    """Return what builds PyTorch's side."""

    def build(torch: Any) -> tuple[Any, Any, Any]:
        model = network(torch.nn)
        return model, torch.nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=options.lr)

    return build


def _predictions(model: Any, test_data: FashionMNIST) -> Any:
    """Draw the first test images with the network's answers."""
    model.eval()
    images, labels = test_data.batch(slice(0, SHOWN))
    with cr.no_grad():
        probabilities = model(images).softmax(1)
    right = int((probabilities.argmax(1) == labels).sum())
    title = f"{right} of the first {len(labels)} test images are recognised (the others in orange, with the truth)"
    return show_predictions(
        test_data.data[:SHOWN], np.asarray(labels).tolist(), probabilities, test_data.classes, title
    )


def _report(
    comparison: Comparison,
    options: Options,
    train_data: FashionMNIST,
    test_data: FashionMNIST,
    note: str,
    summary: dict[str, Any],
) -> str:
    """Write the report."""
    batches = {
        "chainrule": "chainrule's `DataLoader`",
        "torch": "torchvision's `FashionMNIST` and PyTorch's own `DataLoader`",
    }[summary["data"]["loader"]]
    versions = ", ".join(f"{name} {version}" for name, version in summary["versions"].items())
    threads = ", ".join(f"{name}: {n}" for name, n in summary["threads"].items())
    return f"""# PyTorch's beginner tutorial in NumPy

{comparison.headline()}.

![Losses of both networks](loss.png)

## Conclusions

**Quality of training.** {comparison.on_quality()}

**Speed.** {comparison.on_speed()}

## Epoch by epoch

{markdown_table(comparison.table())}

The test loss is the mean over the test batches, as the tutorial prints it. Seconds are those of training alone.
{_on_sample(comparison, options, train_data)}
## What the tutorial's task asks for

{markdown_table(_criteria(comparison))}

## What was run

- Network: 784 → 512 → ReLU → 512 → ReLU → 10, cross-entropy, SGD with learning rate {options.lr:g}, batches of
  {options.batch_size} from {batches}, not shuffled, {_epochs(len(comparison.ours.epochs))}, seed {options.seed}.
- Training data: {train_data.source.dataset}, {train_data.source.kind}, {train_data.source.images:,} images.
- Test data: {test_data.source.kind}, {test_data.source.images:,} images. Checksums are in `summary.json`.
- Reference: {note}
- Versions: {versions}. Threads: {threads}.

## What the network sees

![Predictions](predictions.png)

Under each picture stands the network's answer, with the probability that the network gives it.
"""


def _epochs(n: int) -> str:
    return "1 epoch" if n == 1 else f"{n} epochs"


def _on_sample(comparison: Comparison, options: Options, train_data: FashionMNIST) -> str:
    """Say, where it is so, why the accuracy is low."""
    steps = len(comparison.ours.steps)
    if train_data.source.kind != "sample" or steps * options.lr > SHORT_WAY:
        return ""
    return (
        f"\nThe data are the embedded sample: so few images and a learning rate of {options.lr:g} leave the "
        f"network at the beginning of its training after {_epochs(len(comparison.ours.epochs))}.\n"
    )


def _criteria(comparison: Comparison) -> list[dict[str, Any]]:
    """Hold the run against what the task asks for; it names no numbers of its own."""
    ours, reference = comparison.ours, comparison.reference
    last = ours.epochs[-1]["validation_accuracy"]
    start = {"asked for": "identical loss at the start", "chainrule": repr(ours.steps[0])}
    end = {"asked for": "the same final accuracy", "chainrule": f"{last:.2%}"}
    if reference is None:
        return [{**row, "PyTorch": "not run", "difference": "not known"} for row in (start, end)]
    theirs = reference.epochs[-1]["validation_accuracy"]
    why = " (rounding: sums of float32 in another order)" if comparison.coincides else ""
    apart = abs(ours.steps[0] - reference.steps[0])
    points = 100 * abs(last - theirs)
    return [
        {
            **start,
            "PyTorch": repr(reference.steps[0]),
            "difference": f"{scientific(apart)}{why}" if apart else "none",
        },
        {**end, "PyTorch": f"{theirs:.2%}", "difference": f"{points:.2f} points{why}" if points else "none"},
    ]
