"""What the softmax lab has to say: its numbers, its sentences, its report."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.datasets import Source
from chainrule.labs.comparison import Comparison
from chainrule.labs.options import Options
from chainrule.labs.report import markdown_table, what_was_run
from chainrule.labs.softmax.document import ACCURACY, CLASSES, CONDITIONS, LOSSES
from chainrule.labs.stated import NOT_RUN, Stated, met_of, other_conditions
from chainrule.labs.words import counted, scientific


@dataclass(frozen=True)
class Results:
    """The lab's measurements, and what they say.

    Attributes
    ----------
    options : Options
    train, test : Source
        Which data were used.
    comparison : Comparison
        Of the usual cross-entropy in chainrule and in PyTorch.
    document : list of dict
        Of the epochs of its procedure.
    apart : float
        The largest difference of a weight of the document's layer and of ours, at the end.
    recall : list of float
        The share of each digit in the test images that ours recognises.
    """

    options: Options
    train: Source
    test: Source
    comparison: Comparison
    document: list[dict[str, float]]
    apart: float
    recall: list[float]

    # ---- numbers --------------------------------------------------------------------------------------------

    @property
    def last_batch(self) -> int:
        """How many images the last batch of an epoch holds."""
        return self.train.images % self.options.batch_size or self.options.batch_size

    @property
    def epochs(self) -> str:
        """How many there are, in words."""
        return counted(len(self.document), "epoch")

    def last_batches(self) -> list[float]:
        """Return our cross-entropy of the last batch of each epoch, on the document's scale."""
        return _last_of_epochs(self.comparison.ours.steps, len(self.document))

    def summary(self) -> dict[str, Any]:
        """Return the numbers, for ``summary.json``."""
        return {
            **self.comparison.summary(),
            "document": {
                "epochs": self.document,
                "other_conditions": self.other_conditions,
                "met": {row.what: row.met for row in self.stated()},
                "largest_difference_of_a_weight": self.apart,
            },
            "recall": self.recall,
        }

    def table(self) -> list[dict[str, str]]:
        """Return one row per epoch, for people, as wide as a terminal."""
        reference = self.comparison.reference
        rows = []
        for i, (ours, document) in enumerate(zip(self.comparison.ours.epochs, self.document, strict=True)):
            row = {
                "epoch": str(i + 1),
                "train loss": f"{ours['train_loss']:.5f}",
                "train acc.": f"{ours['train_accuracy']:.2%}",
                "test loss": f"{ours['validation_loss']:.5f}",
                "test acc.": f"{ours['validation_accuracy']:.2%}",
            }
            if reference is not None:
                row["PyTorch test acc."] = f"{reference.epochs[i]['validation_accuracy']:.2%}"
            row["its way: last batch, loss"] = f"{document['loss']:.5f}"
            row["its way: last batch, acc."] = f"{document['accuracy']:.2%}"
            row["its way: test acc."] = f"{document['test_accuracy']:.2%}"
            rows.append(row)
        return rows

    # ---- against the document -------------------------------------------------------------------------------

    @cached_property
    def other_conditions(self) -> str:
        """In what this run is another than the document's; empty if it is not."""
        own = {
            "training images": self.train.images,
            "test images": self.test.images,
            "seed": self.options.seed,
            "batch size": self.options.batch_size,
            "learning rate": self.options.lr,
        }
        published = self.train.kind == self.test.kind == "full"
        return other_conditions(own, CONDITIONS) or ("" if published else "images that are not MNIST's")

    def stated(self) -> list[Stated]:
        """Hold the document's procedure against the document's numbers."""
        why = "other conditions" if self.other_conditions else ""
        rows = [
            Stated(f"loss of the last batch, epoch {i}", loss, epoch["loss"], why=why)
            for i, (loss, epoch) in enumerate(zip(LOSSES, self.document, strict=False), 1)
        ]
        if len(self.document) >= len(LOSSES):
            accuracy = self.document[len(LOSSES) - 1]["test_accuracy"]
            rows.append(Stated("test accuracy", ACCURACY, accuracy, why=why))
        return rows

    def against_document(self) -> list[dict[str, str]]:
        """Return the document's numbers beside its procedure's, run here, and those of the correct version."""
        n, reference = len(self.document), self.comparison.reference
        sides = {"ours, correct": self.comparison.ours, "PyTorch, correct": reference}
        correct = {name: _correct(run.steps, run.epochs, n) if run else None for name, run in sides.items()}
        rows = []
        for i, stated in enumerate(self.stated()):
            cells = stated.cells()
            beside = {name: stated.shown(values[i]) if values else NOT_RUN for name, values in correct.items()}
            rows.append(
                {
                    "number": cells["number"],
                    "document": cells["document"],
                    "ours, its way": cells["ours"],
                    **beside,
                    "why they differ": cells["why they differ"],
                }
            )
        return rows

    # ---- sentences ------------------------------------------------------------------------------------------

    def headline(self) -> str:
        """Say in one line what the figure of the curves shows."""
        last = self.comparison.ours.epochs[-1]
        return f"One layer recognises {last['validation_accuracy']:.1%} of the test images after {self.epochs}"

    def on_document(self) -> str:
        """Say in one line what the figure of the document's procedure shows."""
        loss = self.document[-1]["loss"]
        return f"The document's procedure: its loss, {loss:.4f} in the end, is a tenth of a cross-entropy"

    def conclusions(self) -> list[str]:
        """Return the sentences, made from the numbers."""
        return list(self._conclusions().values())

    def _conclusions(self) -> dict[str, str]:
        """Return each under what it is about."""
        return {
            "Quality of training": self.comparison.on_quality(),
            "Beside the document": self._on_numbers(),
            "What differs": self._on_difference(),
            "The digits": self._on_digits(),
            "Speed": self.comparison.on_speed(),
        }

    def _on_numbers(self) -> str:
        if not self.other_conditions:
            return met_of(self.stated())
        return f"The document's numbers are of other conditions and can't be met: {self.other_conditions}."

    def _on_difference(self) -> str:
        loss, its = (self.document[-1][measure] for measure in ("loss", "test_accuracy"))
        ours = self.comparison.ours.epochs[-1]["validation_accuracy"]
        scale = (
            "The document's loss is the mean over batch and classes, a tenth of the cross-entropy: the last one "
            f"of its procedure, run here, is {loss:.6f}, a cross-entropy of {CLASSES * loss:.5f} nat."
        )
        if self.last_batch == self.options.batch_size:
            return f"{scale} All batches are full, so its gradient is that of the cross-entropy."
        same = (
            f"both recognise {ours:.2%} of the test images"
            if its == ours
            else f"it recognises {its:.2%} of the test images and the correct version {ours:.2%}"
        )
        which = "Its gradient is that of the cross-entropy but in the last batch of an epoch"
        if self.train.images < self.options.batch_size:
            which = "An epoch is a single batch"
        return (
            f"{scale} {which}, whose {counted(self.last_batch, 'image')} it divides by "
            f"{self.options.batch_size:,}: that gradient is {self.last_batch / self.options.batch_size:.2g} times "
            f"as long as it should be. After {self.epochs} the weights differ by up to {scientific(self.apart)}, "
            f"and {same}."
        )

    def _on_digits(self) -> str:
        best, worst = int(np.argmax(self.recall)), int(np.argmin(self.recall))
        return (
            f"The {best} is recognised best ({self.recall[best]:.1%} of its test images) and the {worst} worst "
            f"({self.recall[worst]:.1%}): one layer has one template for each digit, however differently it is "
            "written."
        )

    def report(self, summary: dict[str, Any]) -> str:
        """Return the report."""
        conclusions = "\n\n".join(f"**{about}.** {said}" for about, said in self._conclusions().items())
        network = (
            f"Network: 784 → 10, float64, weights 0.01 · N(0, 1) of NumPy's stream for seed {self.options.seed}, "
            f"biases 0. Cross-entropy, SGD with learning rate {self.options.lr:g}, batches of "
            f"{self.options.batch_size:,}, not shuffled, {self.epochs}. The document's procedure: the same, by "
            "hand in NumPy, with its own loss and gradient."
        )
        return f"""# Softmax regression on MNIST

![{self.headline()}](curves.png)

## Conclusions

{conclusions}

## The document's numbers, ours and PyTorch's

{markdown_table(self.against_document())}

The document's loss is that of the last batch of an epoch, before its update; it shows its numbers as a picture,
and those of the table are of its procedure, run as it stands. "Its way" is that procedure, run here. "Correct" is
the usual cross-entropy, whose loss of the last batch is divided by ten to be on the document's scale. The last
column is on the document and its way; why the correct version has other numbers is said under "What differs".

![The document's loss and accuracy](document.png)

## Epoch by epoch

{markdown_table(self.table())}

The training loss is the mean over the epoch, while the weights change; the test loss is the mean over the test
batches. "Its way" is the document's procedure, run here: loss and accuracy of the last batch, and accuracy on the
test images.

## What the layer has learnt

![The weights of the ten digits](weights.png)

{markdown_table([{"digit": d, "recognised": f"{share:.1%}"} for d, share in enumerate(self.recall)])}

## What was run

{what_was_run(summary, network)}
"""


def _correct(steps: list[float], epochs: list[dict[str, Any]], n: int) -> list[float]:
    """Return what the document states, of the correct version: losses of the last batches, and the accuracy."""
    losses = _last_of_epochs(steps, n)[: len(LOSSES)]
    return [*losses, epochs[len(LOSSES) - 1]["validation_accuracy"]] if n >= len(LOSSES) else losses


def _last_of_epochs(steps: list[float], epochs: int) -> list[float]:
    """Return the losses of the last batches, a tenth of each."""
    per_epoch = len(steps) // epochs
    return [loss / CLASSES for loss in steps[per_epoch - 1 :: per_epoch]]
