"""Softmax regression on MNIST: one layer, from 784 pixels to 10 digits.

A document trains it by a procedure of its own. That is done here to the letter, under its own name; and beside it
the same layer, from the same weights, is trained with the usual cross-entropy, by chainrule and by PyTorch.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.data import DataLoader
from chainrule.datasets import MNIST
from chainrule.files import write_text
from chainrule.interop import save_safetensors
from chainrule.interop.pytorch import LiveReference
from chainrule.labs.bar import bar
from chainrule.labs.comparison import Comparison
from chainrule.labs.options import CHECKPOINT, Options, open_run, remember, resumable, resumed
from chainrule.labs.reference import choose_reference
from chainrule.labs.results import LabResult, describe, environment, write_json
from chainrule.labs.softmax_report import DocumentEpoch, SoftmaxResults
from chainrule.ops import Array
from chainrule.plot import save_figure
from chainrule.plot.softmax import draw_curves, draw_document, draw_weights
from chainrule.train import Checkpoint, JSONLines, Trainer, accuracy

NAME = "softmax"
EPOCHS, BATCH_SIZE, LR = 10, 128, 0.2
PIXELS, CLASSES = 28 * 28, 10


class Pixels:
    """The transform of the images: bytes / 255 in float64, a row of 784 for each image."""

    def batch(self, images: Array) -> Array:
        """Transform images of shape (B, 28, 28) to an array of shape (B, 784)."""
        rows: Array = images.reshape(len(images), -1) / 255.0
        return rows

    def __call__(self, image: Array) -> Array:
        """Transform one image."""
        return self.batch(image[None]).reshape(-1)


def first_weights(seed: int) -> Array:
    """Draw W as the document does, of shape (784, 10): the stream of ``np.random.seed(seed)``."""
    return np.random.RandomState(seed).randn(PIXELS, CLASSES) * 0.01


def as_the_document_does(
    train: MNIST, test: MNIST, W: Array, options: Options
) -> tuple[Array, list[DocumentEpoch]]:
    """Train by the document's procedure, by hand.

    Two things are its own. Its loss is the mean over batch *and* classes, a tenth of the cross-entropy. Its
    gradient is divided by the batch size even for the last batch, which may hold less.

    Returns
    -------
    ndarray, shape (785, 10)
        The trained W, and b below it.
    list of DocumentEpoch
    """
    W, b, epochs = W.copy(), np.zeros(CLASSES), []
    x_test = Pixels().batch(test.data)
    for _ in bar(range(options.epochs), "the document's procedure"):
        for start in range(0, len(train), options.batch_size):
            batch = slice(start, start + options.batch_size)
            x, digits = Pixels().batch(train.data[batch]), train.targets[batch]
            y = np.eye(CLASSES)[digits]
            z = x @ W + b
            z -= z.max(axis=1, keepdims=True)
            log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
            loss = -np.mean(y * log_p)  # a tenth of −Σ y log p / B
            dz = (np.exp(log_p) - y) / options.batch_size  # of −Σ y log p / 128, however many they are
            W -= options.lr * x.T @ dz
            b -= options.lr * dz.sum(axis=0)
        right = np.mean(z.argmax(axis=1) == digits)
        on_test = np.mean((x_test @ W + b).argmax(axis=1) == test.targets)
        epochs.append(DocumentEpoch(float(loss), float(right), float(on_test)))
    return np.vstack([W, b]), epochs


def network(library: Any, W: Array, b: Array | None = None) -> Any:
    """Build the layer from given weights, in ``chainrule`` or in ``torch``. The same lines build both."""
    model = library.nn.Linear(PIXELS, CLASSES, dtype=library.float64)
    with library.no_grad():
        model.weight.copy_(library.as_tensor(np.ascontiguousarray(W.T)))
        model.bias.copy_(library.as_tensor(np.zeros(CLASSES) if b is None else b))
    return model


def run(options: Options) -> LabResult:
    """Train both ways, compare, draw, conclude.

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

    # Data: pixels divided by 255, in the order of the file.
    train_data = options.load(MNIST, train=True, transform=Pixels())
    test_data = options.load(MNIST, train=False, transform=Pixels())
    train_batches: Any = DataLoader(train_data, batch_size=options.batch_size)
    test_batches: Any = DataLoader(test_data, batch_size=options.batch_size)

    # Network, loss and optimiser. CrossEntropyLoss holds the softmax: the layer itself gives z.
    W = first_weights(options.seed)
    model = network(cr, W)
    loss_fn = cr.nn.CrossEntropyLoss()
    optimizer = cr.optim.SGD(model.parameters(), lr=options.lr)

    # The reference: PyTorch on the same batches, from the same weights.
    def pytorch(torch: Any) -> tuple[Any, Any, Any]:
        model = network(torch, W)
        return model, torch.nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=options.lr)

    checksums = {"train_sha256": train_data.source.sha256, "test_sha256": test_data.source.sha256}
    settings = {**options.deciding(), **checksums}
    reference, note = choose_reference(NAME, options, settings, pytorch, train_batches, test_batches)
    live = [reference] if isinstance(reference, LiveReference) else []

    # The folder, when nothing is left that could be refused.
    folder = open_run(NAME, options)
    remember(NAME, options, {**checksums, "PyTorch trained beside chainrule": bool(live)}, folder)

    # The loop: ours and PyTorch's, then the document's.
    log = folder / "metrics.jsonl"
    checkpoint = folder / CHECKPOINT
    trainer = Trainer(
        model,
        loss_fn,
        optimizer,
        metrics={"accuracy": accuracy},
        train_metrics={"accuracy": accuracy},
        callbacks=[JSONLines(log), *live, Checkpoint(checkpoint)],
    )
    with resumable(folder):
        history = trainer.fit(
            train_batches,
            epochs=options.epochs,
            validation=test_batches,
            resume=checkpoint if options.resume else None,
        )
        document_weights, document = as_the_document_does(train_data, test_data, W, options)

    # Results.
    torch_run = reference.run if isinstance(reference, LiveReference) else reference
    results = SoftmaxResults(
        options,
        train_data.source,
        test_data.source,
        Comparison(history, torch_run),
        document,
        apart=float(np.abs(document_weights[:-1] - np.asarray(model.weight).T).max()),
        recall=_recall(model, test_data),
        note=note,
    )
    if isinstance(reference, LiveReference):
        reference.run.save(folder / "reference.json")
    lines = [json.dumps({"kind": "document's epoch", "epoch": i, **vars(e)}) for i, e in enumerate(document, 1)]
    write_text(log, log.read_text(encoding="utf-8") + "\n".join(lines) + "\n")
    save_safetensors(model, folder / "model.safetensors")
    save_safetensors(network(cr, document_weights[:-1], document_weights[-1]), folder / "document.safetensors")
    summary = {
        "lab": NAME,
        "data": {"train": describe(train_data.source), "test": describe(test_data.source)},
        **results.summary(),
        **environment(torch_run.torch if torch_run and live else None),
    }
    write_json(folder / "summary.json", summary)

    # Figures.
    save_figure(draw_curves(history, torch_run, results.headline()), folder / "curves.png")
    save_figure(draw_document(document, results.last_batches(), results.on_document()), folder / "document.png")
    save_figure(draw_weights(np.asarray(model.weight).reshape(CLASSES, 28, 28)), folder / "weights.png")

    # Conclusions.
    write_text(folder / "report.md", results.report(summary))
    checkpoint.unlink(missing_ok=True)
    return LabResult(folder, results.table(), [note, *results.conclusions()], "curves.png")


def _recall(model: Any, test: MNIST) -> list[float]:
    """Return the share of each digit that is recognised."""
    images, digits = test.batch(slice(None))
    with cr.no_grad():
        right = np.asarray(model(images)).argmax(1) == np.asarray(digits)
    return [float(right[test.targets == digit].mean()) for digit in range(CLASSES)]
