"""What the softmax lab has to say: its numbers, its sentences, its report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.datasets import Source
from chainrule.labs.comparison import Comparison, scientific
from chainrule.labs.options import Options
from chainrule.labs.results import markdown_table

# The document's procedure on the whole MNIST, as the document has it: seed 42, batches of 128, learning rate 0.2.
# It prints these numbers in a picture; here they are to six places, from its procedure run as it stands.
DOCUMENT_LOSSES = (
    *(0.039484, 0.035880, 0.034281, 0.033264, 0.032512),
    *(0.031911, 0.031411, 0.030981, 0.030604, 0.030269),
)
DOCUMENT_ACCURACY = 0.9208  # on the test images, after ten epochs
DOCUMENT_OPTIONS = {"seed": 42, "batch_size": 128, "lr": 0.2}
CLASSES = 10


@dataclass(frozen=True)
class DocumentEpoch:
    """What the document's procedure measures in an epoch.

    Attributes
    ----------
    loss : float
        Of the last batch, before its update: the mean over batch and classes.
    accuracy : float
        Of the last batch, before its update.
    test_accuracy : float
        After the epoch.
    """

    loss: float
    accuracy: float
    test_accuracy: float


@dataclass(frozen=True)
class SoftmaxResults:
    """The lab's measurements, and what they say.

    Attributes
    ----------
    options : Options
    train, test : Source
        Which data were used.
    comparison : Comparison
        Of the usual cross-entropy in chainrule and in PyTorch.
    document : list of DocumentEpoch
    apart : float
        The largest difference of a weight of the document's layer and of ours, at the end.
    recall : list of float
        The share of each digit in the test images that ours recognises.
    note : str
        Which run of PyTorch this is.
    """

    options: Options
    train: Source
    test: Source
    comparison: Comparison
    document: list[DocumentEpoch]
    apart: float
    recall: list[float]
    note: str

    # ---- numbers --------------------------------------------------------------------------------------------

    @property
    def last_batch(self) -> int:
        """How many images the last batch of an epoch holds."""
        return self.train.images % self.options.batch_size or self.options.batch_size

    @property
    def comparable(self) -> bool:
        """Whether the document's numbers are of this very procedure, on these data."""
        return self.train.kind == self.test.kind == "full" and all(
            getattr(self.options, name) == value for name, value in DOCUMENT_OPTIONS.items()
        )

    def last_batches(self) -> list[float]:
        """Return our cross-entropy of the last batch of each epoch, on the document's scale."""
        return _last_of_epochs(self.comparison.ours.steps, len(self.document))

    def summary(self) -> dict[str, Any]:
        """Return the numbers, for ``summary.json``."""
        return {
            **self.options.deciding(),
            **self.comparison.summary(),
            "document": {
                "epochs": [vars(epoch) for epoch in self.document],
                "comparable": self.comparable,
                "met": self._met() if self.comparable else None,
                "largest_difference_of_a_weight": self.apart,
            },
            "recall": self.recall,
        }

    def table(self) -> list[dict[str, Any]]:
        """Return one row per epoch, for people, as wide as a terminal."""
        rows = []
        for i, (epoch, document) in enumerate(zip(self.comparison.ours.epochs, self.document, strict=True)):
            row = {"epoch": str(i + 1), "test loss": f"{epoch['validation_loss']:.5f}"}
            row["accuracy"] = f"{epoch['validation_accuracy']:.2%}"
            if self.comparison.reference is not None:
                row["of PyTorch"] = f"{self.comparison.reference.epochs[i]['validation_accuracy']:.2%}"
            row["document's loss"] = f"{document.loss:.6f}"
            row["its accuracy"] = f"{document.test_accuracy:.2%}"
            rows.append(row)
        return rows

    def _met(self) -> dict[str, bool]:
        """Return which of the document's numbers are met, to the digits that it has."""
        met = {
            f"loss of the last batch, epoch {i}": f"{expected:.6f}" == f"{epoch.loss:.6f}"
            for i, (expected, epoch) in enumerate(zip(DOCUMENT_LOSSES, self.document, strict=False), 1)
        }
        if len(self.document) >= len(DOCUMENT_LOSSES):
            last = self.document[len(DOCUMENT_LOSSES) - 1]
            met["test accuracy"] = f"{last.test_accuracy:.2%}" == f"{DOCUMENT_ACCURACY:.2%}"
        return met

    def _against_document(self) -> list[dict[str, str]]:
        """Hold the run against the document's numbers."""
        reference = self.comparison.reference
        theirs = _last_of_epochs(reference.steps, len(self.document)) if reference else None
        rows = []
        for i, (expected, epoch) in enumerate(zip(DOCUMENT_LOSSES, self.document, strict=False)):
            rows.append(
                {
                    "": f"loss, epoch {i + 1}",
                    "document": f"{expected:.6f}",
                    "ours, the document's way": f"{epoch.loss:.6f}",
                    "ours, cross-entropy / 10": f"{self.last_batches()[i]:.6f}",
                    "PyTorch, cross-entropy / 10": f"{theirs[i]:.6f}" if theirs else "not run",
                    "why they differ": self._why(f"{expected:.6f}" == f"{epoch.loss:.6f}"),
                }
            )
        if len(self.document) < len(DOCUMENT_LOSSES):
            return rows
        n = len(DOCUMENT_LOSSES) - 1
        ours = self.document[n].test_accuracy
        rows.append(
            {
                "": "test accuracy",
                "document": f"{DOCUMENT_ACCURACY:.2%}",
                "ours, the document's way": f"{ours:.2%}",
                "ours, cross-entropy / 10": f"{self.comparison.ours.epochs[n]['validation_accuracy']:.2%}",
                "PyTorch, cross-entropy / 10": (
                    f"{reference.epochs[n]['validation_accuracy']:.2%}" if reference else "not run"
                ),
                "why they differ": self._why(f"{ours:.2%}" == f"{DOCUMENT_ACCURACY:.2%}"),
            }
        )
        return rows

    def _why(self, met: bool) -> str:
        """Say why the document's numbers and the others in a row of the table differ."""
        if not self.comparable:
            return self._other_conditions()
        own = (
            "the document's way: no difference" if met else "the document's way: NOT MET, which needs looking into"
        )
        if self.last_batch == self.options.batch_size:
            return own
        return f"{own}; the others: the last batch's gradient is divided by {self.last_batch}"

    def _other_conditions(self) -> str:
        other = [
            f"{name.replace('_', ' ')} {getattr(self.options, name):g} instead of {value:g}"
            for name, value in DOCUMENT_OPTIONS.items()
            if getattr(self.options, name) != value
        ]
        if self.train.kind != "full":
            other.insert(0, f"{self.train.images:,} training images instead of 60,000")
        if self.test.kind != "full":
            other.insert(1, f"{self.test.images:,} test images instead of 10,000")
        return ", ".join(other)

    # ---- sentences ------------------------------------------------------------------------------------------

    def headline(self) -> str:
        """Say in one line what the figure of the curves shows."""
        last = self.comparison.ours.epochs[-1]
        return (
            f"One layer recognises {last['validation_accuracy']:.1%} of the test images after "
            f"{_count(len(self.document), 'epoch')}"
        )

    def on_document(self) -> str:
        """Say in one line what the figure of the document's procedure shows."""
        return f"The document's loss, {self.document[-1].loss:.4f} in the end, is a tenth of a cross-entropy"

    def conclusions(self) -> list[str]:
        """Return the sentences, made from the numbers."""
        return [
            self.comparison.on_quality(),
            self._on_numbers(),
            self._on_difference(),
            self._on_digits(),
            self.comparison.on_speed(),
        ]

    def _on_numbers(self) -> str:
        if not self.comparable:
            other = self._other_conditions()
            return f"The document's numbers are of other conditions and can't be met: {other}."
        met = self._met()
        missed = [name for name, ok in met.items() if not ok]
        if missed:
            return f"Of {len(met)} numbers of the document, these are not met: {', '.join(missed)}."
        accuracy = (
            f" and its accuracy of {DOCUMENT_ACCURACY:.2%} on the test images" if "test accuracy" in met else ""
        )
        losses = _count(sum(name != "test accuracy" for name in met), "loss", "losses")
        return f"The document's procedure gives its {losses}{accuracy} to every printed digit."

    def _on_difference(self) -> str:
        last, ours = self.document[-1], self.comparison.ours.epochs[-1]["validation_accuracy"]
        scale = (
            "The document's loss is the mean over batch and classes: a tenth of the cross-entropy, so that its "
            f"last one, {last.loss:.6f}, is a cross-entropy of {CLASSES * last.loss:.5f} nat."
        )
        if self.last_batch == self.options.batch_size:
            return f"{scale} All batches are full, so its gradient is that of the cross-entropy."
        same = (
            f"both recognise {ours:.2%} of the test images"
            if last.test_accuracy == ours
            else f"it recognises {last.test_accuracy:.2%} of the test images and the correct version {ours:.2%}"
        )
        return (
            f"{scale} Its gradient is that of the cross-entropy but in the last batch of an epoch, whose "
            f"{_count(self.last_batch, 'image')} it divides by {self.options.batch_size}: that step is "
            f"{self.last_batch / self.options.batch_size:.2g} times as long as it should be. After "
            f"{_count(len(self.document), 'epoch')} the weights differ by up to {scientific(self.apart)}, and "
            f"{same}."
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
        quality, numbers, difference, digits, speed = self.conclusions()
        versions = ", ".join(f"{name} {version}" for name, version in summary["versions"].items())
        return f"""# Softmax regression on MNIST

{self.headline()}.

![Loss and accuracy of every epoch](curves.png)

## Conclusions

**Quality of training.** {quality}

**The document's numbers.** {numbers}

**What differs.** {difference}

**The digits.** {digits}

**Speed.** {speed}

## The document's numbers, ours and PyTorch's

{markdown_table(self._against_document())}

The document's loss is that of the last batch of an epoch, before its update. Beside it stands the same of the
correct version, divided by ten to be on its scale. The document shows its numbers as a picture; those of the table
are of its procedure, run as it stands.

![The document's loss and accuracy](document.png)

## Epoch by epoch

{markdown_table(self.comparison.table())}

The test loss is the mean over the test batches.

## What the layer has learnt

![The weights of the ten digits](weights.png)

Where the picture of a digit is light, ink speaks for that digit; where it is dark, against it.

{markdown_table([{"digit": d, "recognised": f"{share:.1%}"} for d, share in enumerate(self.recall)])}

## What was run

- Network: 784 → 10, float64, weights 0.01 · N(0, 1) of NumPy's stream for seed {self.options.seed}, biases 0.
  Cross-entropy, SGD with learning rate {self.options.lr:g}, batches of {self.options.batch_size}, not shuffled,
  {_count(len(self.document), "epoch")}. The document's procedure: the same,
  by hand in NumPy, with its own loss and gradient.
- Training data: {self.train.dataset}, {self.train.kind}, {self.train.images:,} images.
- Test data: {self.test.kind}, {self.test.images:,} images. Checksums are in `summary.json`.
- Reference: {self.note}
- Versions: {versions}.
"""


def _last_of_epochs(steps: list[float], epochs: int) -> list[float]:
    """Return the losses of the last batches, a tenth of each."""
    per_epoch = len(steps) // epochs
    return [steps[(i + 1) * per_epoch - 1] / CLASSES for i in range(epochs)]


def _count(n: int, one: str, more: str = "") -> str:
    return f"{n:,} {one if n == 1 else more or one + 's'}"
