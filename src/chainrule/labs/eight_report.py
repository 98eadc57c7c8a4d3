"""What the eight lab has to say: its numbers, its sentences, its report."""

from __future__ import annotations

import json
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.interop import ReferenceRun
from chainrule.labs.comparison import scientific
from chainrule.labs.eight_scores import Scores
from chainrule.labs.eight_shapes import darkness, loops, pieces, slant
from chainrule.labs.eight_study import Study
from chainrule.labs.options import Options
from chainrule.labs.results import describe, markdown_table
from chainrule.ops import Array

if TYPE_CHECKING:
    from chainrule.labs.eight import Digits

# What the document states, of 15 epochs over 5000 examples and of 1000 test images.
DOCUMENT_ERRORS = {1: 0.087234, 2: 0.054321, 3: 0.043210, 15: 0.007645}
DOCUMENT_ACCURACY = 0.9270
DOCUMENT_CONDITIONS = {"batch size": 1, "learning rate": 0.01, "examples": 5000, "test images": 1000}
DOCUMENT_EPOCHS = 15
NOT_RUN = "not run"
EIGHT = 8
CLEAR = 2.0  # standard errors; a difference below that may be chance


@dataclass(frozen=True)
class EightResults:
    """The lab's measurements, and what they say.

    Attributes
    ----------
    options : Options
    train, test : Digits
    epochs : list of dict
        Our records.
    reference : ReferenceRun or None
    said : ndarray, shape (N,)
        How sure the network is of each test image that it is an eight.
    found : Scores
    study : Study or None
    note : str
        Which run of PyTorch this is.
    """

    options: Options
    train: Digits
    test: Digits
    epochs: list[dict[str, Any]]
    reference: ReferenceRun | None
    said: Array
    found: Scores
    study: Study | None
    note: str

    # ---- numbers --------------------------------------------------------------------------------------------

    def table(self) -> list[dict[str, str]]:
        """Return one row per epoch, for people, as wide as a terminal."""
        rows = []
        for i, epoch in enumerate(self.epochs):
            row = {"epoch": str(epoch["epoch"]), "error": f"{epoch['train_loss']:.6f}"}
            if self.reference is not None:
                row["PyTorch's error"] = f"{self.reference.epochs[i]['train_loss']:.6f}"
            for rate in ("accuracy", "precision", "recall", "f1"):
                row["F1" if rate == "f1" else rate] = f"{epoch[f'validation_{rate}']:.1%}"
            row["seconds"] = f"{epoch['seconds']:.2f}"
            rows.append(row)
        return rows

    def summary(self) -> dict[str, Any]:
        """Return the numbers, for ``summary.json``."""
        return {
            "data": {
                "train": {**describe(self.train.source), "used": len(self.train.x)},
                "test": {**describe(self.test.source), "used": len(self.test.x)},
            },
            **self.options.deciding(),
            "epochs": self.epochs,
            "test": {**vars(self.found), **self.found.rates()},
            "mistakes_by_digit": [{k: row[k] for k in ("digit", "wrong", "of")} for row in self._by_digit()],
            "largest_difference": self._apart(),
            "reference": self.reference and {"kind": self.reference.kind, "torch": self.reference.torch},
            "study": self.study and self.study.summary(),
        }

    def metrics(self) -> str:
        """Return the lines of ``metrics.jsonl``."""
        return "".join(json.dumps({"kind": "epoch", **epoch}) + "\n" for epoch in self.epochs)

    def _apart(self) -> float | None:
        """Return the largest difference of an epoch's error from PyTorch's."""
        if self.reference is None:
            return None
        pairs = zip(self.epochs, self.reference.epochs, strict=True)
        return max(float(abs(a["train_loss"] - b["train_loss"])) for a, b in pairs)

    def _by_digit(self) -> list[dict[str, Any]]:
        """Return for each digit how many of its test images are judged wrongly, and which."""
        wrong = (self.said > 0.5) != (self.test.digits == EIGHT)
        return [
            {
                "digit": digit,
                "wrong": int((wrong & (self.test.digits == digit)).sum()),
                "of": int((self.test.digits == digit).sum()),
                "which": np.flatnonzero(wrong & (self.test.digits == digit)),
            }
            for digit in range(10)
        ]

    def mistakes(self) -> dict[str, tuple[Array, Array]]:
        """Return the pictures that are mistaken, by digit, those that the network is surest of first."""
        rows = sorted(self._by_digit(), key=lambda row: (row["digit"] != EIGHT, -row["wrong"]))
        groups = {}
        for row in rows:
            if row["wrong"]:
                which = row["which"][np.argsort(-np.abs(self.said[row["which"]] - 0.5), kind="stable")]
                kind = "missed eights" if row["digit"] == EIGHT else f"{row['digit']} taken for 8"
                groups[f"{kind}:\n{row['wrong']} of {row['of']}"] = (self.test.images[which], self.said[which])
        return groups

    # ---- against the document -------------------------------------------------------------------------------

    def _conditions(self) -> list[str]:
        """Return in what this run is another than the document's."""
        own = {
            "batch size": self.options.batch_size,
            "learning rate": self.options.lr,
            "examples": len(self.train.x),
            "test images": len(self.test.x),
        }
        return [
            f"{name} {value:g} instead of {DOCUMENT_CONDITIONS[name]:g}"
            for name, value in own.items()
            if value != DOCUMENT_CONDITIONS[name]
        ]

    def _against_document(self) -> list[dict[str, str]]:
        """Hold the run against the document's numbers."""
        reference, rows = self.reference.epochs if self.reference else None, []
        for number, stated in DOCUMENT_ERRORS.items():
            if number <= len(self.epochs):
                ours = self.epochs[number - 1]["train_loss"]
                theirs = reference[number - 1]["train_loss"] if reference else None
                spread = self.study.errors_of_base(number) if self.study else []
                shown = [f"{x:.6f}" if x is not None else NOT_RUN for x in (stated, ours, theirs)]
                rows.append(_row(f"mean error, epoch {number}", shown, self._why(shown, stated, spread, ".6f")))
        if len(self.epochs) == DOCUMENT_EPOCHS:
            accuracy = reference[-1]["validation_accuracy"] if reference else None
            shares = (DOCUMENT_ACCURACY, self.found.accuracy, accuracy)
            spread = self.study.rows[0].accuracy if self.study else []
            shown = [f"{x:.2%}" if x is not None else NOT_RUN for x in shares]
            where = f" (on {self.study.images:,} images)" if self.study else ""
            why = self._why(shown, DOCUMENT_ACCURACY, spread, ".2%", where)
            rows.append(_row("test accuracy", shown, why))
            n = self.found.total
            counts = [f"{round(n * x)} of {n}" if x is not None else NOT_RUN for x in shares[1:]]
            rows.append(_row("judged rightly", ["927 of 1000", *counts], why))
        return rows

    def _why(self, shown: list[str], stated: float, spread: list[float], digits: str, where: str = "") -> str:
        """Say why a number is not the document's."""
        if shown[0] == shown[1]:
            return "equal"
        if self._conditions():
            return ", ".join(self._conditions())
        other = "another start: the document does not name its seed"
        if not spread:
            return other
        low, high = min(spread), max(spread)
        explains = "which explains it" if low <= stated <= high else "which alone does not explain it"
        return f"{other}; from {len(spread)} seeds ours is {low:{digits}} to {high:{digits}}{where}, {explains}"

    # ---- why eights are missed ------------------------------------------------------------------------------

    def _explanations(self) -> list[dict[str, str]]:
        """Hold the document's explanations of the mistakes against the pictures."""
        eights, others = self.test.digits == EIGHT, self.test.digits != EIGHT
        taken = self.said > 0.5
        missed, found = self.test.images[eights & ~taken], self.test.images[eights & taken]
        wrong = self.test.images[(eights & ~taken) | (others & taken)]
        right = self.test.images[~((eights & ~taken) | (others & taken))]
        lean = float(np.mean([slant(image) for image in found])) if len(found) else 0.0
        similar = np.isin(self.test.digits, (6, 9))
        return [
            _claim(
                "eights with a gap are missed: share with fewer than two closed loops",
                [100.0 * (loops(image) < 2) for image in missed],
                [100.0 * (loops(image) < 2) for image in found],
                "%",
            ),
            _claim(
                "eights of thin lines are missed: paper that stays white",
                [100 * (1 - darkness(image)) for image in missed],
                [100 * (1 - darkness(image)) for image in found],
                "%",
            ),
            _claim(
                "slanted eights are missed: lean, off the mean of those found",
                [abs(slant(image) - lean) for image in missed],
                [abs(slant(image) - lean) for image in found],
                "°",
            ),
            _claim(
                "6 and 9 are taken for eights: share of them",
                (100.0 * similar[others & taken]).tolist(),
                (100.0 * similar[others & ~taken]).tolist(),
                "%",
            ),
            _claim(
                "noisy images are mistaken: share with ink in more than one piece",
                [100.0 * (pieces(image) > 1) for image in wrong],
                [100.0 * (pieces(image) > 1) for image in right],
                "%",
            ),
        ]

    # ---- sentences ------------------------------------------------------------------------------------------

    def headline(self) -> str:
        """Say in one line what the figure of the training shows."""
        first, last = self.epochs[0]["train_loss"], self.epochs[-1]["train_loss"]
        trend = "falls" if last < first else "goes"
        return (
            f"The error {trend} from {first:.4f} to {last:.4f}; {self.found.recall:.0%} of the eights are found, "
            f"{self.found.precision:.0%} of the finds are eights"
        )

    def on_mistakes(self) -> str:
        """Say in one line what the figure of the mistakes shows."""
        wrong = self.found.total - self.found.right
        return f"{wrong} of {self.found.total:,} test images are mistaken (below: how sure the network is of an 8)"

    def conclusions(self) -> list[str]:
        """Return the sentences, made from the numbers."""
        sentences = [self._on_accuracy(), self._on_pytorch(), self._on_digits()]
        return [*sentences, self.study.sentences()] if self.study else sentences

    def _on_accuracy(self) -> str:
        found, above = self.found, self.found.accuracy - self.found.baseline
        eights, taken = found.hits + found.missed, found.hits + found.false_alarms
        return (
            f"{found.accuracy:.2%} of the {found.total:,} test images are judged rightly, {_points(above)} the "
            f"{found.baseline:.2%} of whoever always gives the more frequent answer (no eight); the document's "
            f"{DOCUMENT_ACCURACY:.2%} would be {_points(DOCUMENT_ACCURACY - found.baseline)}. Of {eights} eights "
            f"{found.hits} are found (recall {found.recall:.1%}); of the {taken} images that are taken for eights "
            f"{found.hits} are (precision {found.precision:.1%}); F1 is {found.f1:.1%}."
        )

    def _on_pytorch(self) -> str:
        apart, reference = self._apart(), self.reference
        if reference is None or apart is None:
            return "There is no run of PyTorch to compare this with."
        ours, theirs = self.epochs[-1]["validation_accuracy"], reference.epochs[-1]["validation_accuracy"]
        same = (
            f"both judge {ours:.2%} rightly"
            if ours == theirs
            else f"chainrule judges {ours:.2%} rightly and PyTorch {theirs:.2%}"
        )
        where = "never different" if apart == 0 else f"never further apart than {scientific(apart)}"
        text = f"The errors of the epochs are {where} from PyTorch's, in float64; {same}."
        if reference.kind != "live":
            return text
        pairs = zip(self.epochs, reference.epochs, strict=True)
        ratio = median(a["seconds"] / b["seconds"] for a, b in pairs)
        n = len(self.train.x)
        own, other = (1e6 * median(e["seconds"] for e in side) / n for side in (self.epochs, reference.epochs))
        who = "faster" if ratio < 1 else "slower"
        times = 1 / ratio if ratio < 1 else ratio
        return (
            f"{text} An example took chainrule {own:.0f} µs and PyTorch {other:.0f} µs (medians of the epochs, "
            f"trained in turn): chainrule is {times:.1f} times {who} here."
        )

    def _on_digits(self) -> str:
        rows = [row for row in self._by_digit() if row["digit"] != EIGHT and row["wrong"]]
        most = sorted(rows, key=lambda row: -row["wrong"])
        clear = [
            row["the document says"].partition(":")[0] for row in self._explanations() if row["seen"] == "yes"
        ]
        alarms = "No other digit is taken for an eight."
        if most:
            listed = ", ".join(f"{row['digit']} ({row['wrong']} of {row['of']})" for row in most)
            alarms = f"Taken for an eight are: {listed}."
        claims = f"clearly seen: {'; '.join(clear)}" if clear else "none is clearly seen"
        return (
            f"{alarms} Missed are {self.found.missed} of {self.found.hits + self.found.missed} eights. Of the "
            f"document's five explanations of the mistakes, {claims}."
        )

    # ---- texts ----------------------------------------------------------------------------------------------

    def log(self) -> str:
        """Return the training log, as text."""
        lines = [log_line(epoch, len(self.epochs)) for epoch in self.epochs]
        judged = (
            f"{self.found.right} of {self.found.total} test images are judged rightly: {self.found.accuracy:.2%}"
        )
        return "\n".join([*lines, judged]) + "\n"

    def report(self, summary: dict[str, Any]) -> str:
        """Return the report."""
        accuracy, pytorch, digits, *_ = self.conclusions()
        versions = ", ".join(f"{name} {version}" for name, version in summary["versions"].items())
        found = self.found
        matrix = [
            {"": "an eight", "taken for an eight": str(found.hits), "not": str(found.missed)},
            {"": "another digit", "taken for an eight": str(found.false_alarms), "not": str(found.rejected)},
        ]
        rates = [
            {"measure": name if name != "f1" else "F1", "value": f"{x:.2%}"} for name, x in found.rates().items()
        ]
        by_digit = [
            {
                "digit": str(row["digit"]),
                "test images": str(row["of"]),
                "judged wrongly": str(row["wrong"]),
                "share": f"{row['wrong'] / row['of']:.1%}" if row["of"] else "–",
            }
            for row in self._by_digit()
        ]
        return f"""# Recognising the digit 8, one example at a time

{self.headline()}.

![Error and rates of every epoch](training.png)

## Conclusions

**Quality.** {accuracy}

**Beside PyTorch.** {pytorch}

**Mistakes.** {digits}

## The document's numbers, ours and PyTorch's

{markdown_table(self._against_document())}

## How well eights are told apart

{markdown_table(matrix)}

{markdown_table(rates)}

The baseline is the accuracy of whoever always says what is more frequent.

## The mistakes

![The pictures that are mistaken](mistakes.png)

{markdown_table(by_digit)}

The document explains the mistakes by the looks of the digits. Measured on these pictures (mean ± standard error;
"yes" where the difference is more than {CLEAR:g} standard errors):

{markdown_table(self._explanations())}
{self._study_section()}
## Epoch by epoch

{markdown_table(self.table())}

The error is the mean of (a₂ − y)² over the examples of an epoch, each before its update. It is in
`training_log.txt`, too.

## What was run

![Eights of the training set](eights.png)

- Network: 784 → 64 tanh → 1 sigmoid, float64, weights N(0, 0.1²) of NumPy's `default_rng({self.options.seed})`,
  biases 0. Squared error, SGD with learning rate {self.options.lr:g}, batches of {self.options.batch_size}, in the
  order of the file, {len(self.epochs)} epochs. An eight is what gets more than 0.5.
- Data: {self.train.source.dataset} ({self.train.source.kind}), the first {len(self.train.x):,} training images and
  the first {len(self.test.x):,} test images.
- Reference: {self.note}
- Versions: {versions}.
"""

    def _study_section(self) -> str:
        if self.study is None:
            return "\nThe document's seven improvements are tried by `chainrule lab eight --study`.\n"
        return f"""
## The document's improvements, tried

![What the improvements bring](study.png)

{self.study.sentences()}

{markdown_table(self.study.table())}

Mean ± standard deviation over the seeds {", ".join(map(str, self.study.seeds))}. A gain is the difference in F1 to
the document's way from the same seed. "Helps" and "hurts" are said where all seeds agree. Trials ran beside each
other, each on one thread; seconds are those of a processor, of training alone.
"""


def log_line(record: dict[str, Any], epochs: int) -> str:
    """Return the line of an epoch in the training log.

    Examples
    --------
    >>> log_line({"epoch": 1, "train_loss": 0.0647}, 15)
    'epoch 1/15, error 0.064700'
    """
    return f"epoch {record['epoch']}/{epochs}, error {record['train_loss']:.6f}"


def _row(name: str, shown: list[str], why: str) -> dict[str, str]:
    return dict(zip(("", "document", "ours", "PyTorch", "why they differ"), (name, *shown, why), strict=True))


def _points(above: float) -> str:
    return f"{abs(100 * above):.1f} points {'above' if above >= 0 else 'below'}"


def _claim(words: str, wrong: list[float], right: list[float], unit: str) -> dict[str, str]:
    """Hold one explanation against what was measured on mistaken and on other pictures."""
    (a, da), (b, db) = _mean_and_error(wrong), _mean_and_error(right)
    if len(wrong) < 2 or len(right) < 2:
        seen = "too few to say"
    elif a - b > CLEAR * np.hypot(da, db):
        seen = "yes"
    else:
        seen = "no" if a <= b else "not clearly"
    return {
        "the document says": words,
        "mistaken": f"{a:.1f} ± {da:.1f} {unit} (of {len(wrong)})" if wrong else "–",
        "others": f"{b:.1f} ± {db:.1f} {unit} (of {len(right)})" if right else "–",
        "seen": seen,
    }


def _mean_and_error(values: list[float]) -> tuple[float, float]:
    """Return the mean and its standard error."""
    if len(values) < 2:
        return (values[0] if values else 0.0), 0.0
    return float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values)))
