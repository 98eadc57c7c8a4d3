"""Softmax regression on MNIST: one layer, from 784 pixels to 10 digits.

A document trains it by a procedure of its own. That is done here to the letter, under its own name; and beside it
the same layer, from the same weights, is trained with the usual cross-entropy, by chainrule and by PyTorch.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.data import DataLoader
from chainrule.datasets import MNIST
from chainrule.datasets.transforms import Flat
from chainrule.files import write_text
from chainrule.labs.comparison import Comparison
from chainrule.labs.options import Options
from chainrule.labs.reference import find_reference
from chainrule.labs.results import LabResult
from chainrule.labs.run import LabRun, checksums, resumed
from chainrule.labs.softmax.document import CLASSES, as_the_document_does
from chainrule.labs.softmax.figures import draw_curves, draw_document
from chainrule.labs.softmax.report import Results
from chainrule.ops import Array
from chainrule.plot.images import draw_weights
from chainrule.train import accuracy, predict

NAME = "softmax"
EPOCHS, BATCH_SIZE, LR = 10, 128, 0.2
PIXELS = 28 * 28


def first_weights(seed: int) -> Array:
    """Draw W as the document does, of shape (784, 10): the stream of ``np.random.seed(seed)``."""
    return np.random.RandomState(seed).randn(PIXELS, CLASSES) * 0.01


def network(library: Any, W: Array, b: Array) -> Any:
    """Build the layer from given weights, in ``chainrule`` or in ``torch``. The same lines build both."""
    model = library.nn.Linear(PIXELS, CLASSES, dtype=library.float64)
    with library.no_grad():
        model.weight.copy_(library.as_tensor(np.ascontiguousarray(W.T)))
        model.bias.copy_(library.as_tensor(b))
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
    options = resumed(NAME, options)

    # Data: pixels divided by 255, in the order of the file.
    train, test = (options.load(MNIST, train=part, transform=Flat(np.float64)) for part in (True, False))
    train_batches: Any = DataLoader(train, batch_size=options.batch_size)
    test_batches: Any = DataLoader(test, batch_size=options.batch_size)

    # Network, loss and optimiser, in chainrule and in PyTorch, from the same weights.
    W = first_weights(options.seed)

    def build(library: Any) -> Any:
        model = network(library, W, np.zeros(CLASSES))
        # This loss holds the softmax: the layer itself gives z.
        return model, library.nn.CrossEntropyLoss(), library.optim.SGD(model.parameters(), lr=options.lr)

    model, loss_fn, optimizer = build(cr)
    data = {"train": train.source, "test": test.source}
    reference = find_reference(NAME, options, checksums(data), build, train_batches, test_batches)

    with LabRun(NAME, options, data, reference) as running:
        # The loop: ours and PyTorch's, then the document's.
        measures = {"accuracy": accuracy}
        trainer = running.trainer(model, loss_fn, optimizer, metrics=measures, train_metrics=measures)
        history = trainer.fit(train_batches, options.epochs, validation=test_batches, resume=running.resume())
        document_W, document_b, document = as_the_document_does(train, test, W, options)
        lines = [json.dumps({"kind": "epoch", "epoch": i, **e}) + "\n" for i, e in enumerate(document, 1)]
        write_text(running.folder / "metrics-document.jsonl", "".join(lines))

        # Figures and conclusions.
        right = predict(model, test_batches).argmax(1) == test.labels
        results = Results(
            options,
            train.source,
            test.source,
            Comparison(history, reference.run),
            document,
            apart=float(np.abs(document_W - np.asarray(model.weight).T).max()),
            recall=[float(right[test.labels == digit].mean()) for digit in range(CLASSES)],
        )
        pictures = np.asarray(model.weight).reshape(CLASSES, 28, 28)
        title = "Weights of the ten digits: where it is light, ink speaks for the digit; where dark, against it"
        figures = {
            "curves": partial(draw_curves, results),
            "document": partial(draw_document, results),
            "weights": partial(draw_weights, pictures, [str(digit) for digit in range(CLASSES)], title),
        }
        return running.finish(results, figures, {"model": model, "document": network(cr, document_W, document_b)})
