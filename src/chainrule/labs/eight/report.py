"""What the eight lab has to say: its numbers, its sentences, its report."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import isnan
from typing import Any

import numpy as np

from chainrule.labs.comparison import Comparison
from chainrule.labs.eight import document
from chainrule.labs.eight.data import FirstImages
from chainrule.labs.eight.document import EIGHT, HIDDEN, THRESHOLD
from chainrule.labs.eight.explanations import CLEAR, explanations
from chainrule.labs.eight.improvements import Study
from chainrule.labs.eight.scores import Scores
from chainrule.labs.options import Options
from chainrule.labs.repeated import how_told
from chainrule.labs.report import markdown_table, what_was_run
from chainrule.labs.stated import Stated, against_document, value_of
from chainrule.labs.words import counted, points
from chainrule.ops import Array


@dataclass(frozen=True)
class Results:
    """The lab's measurements, and what they say.

    Attributes
    ----------
    options : Options
    train, test : FirstImages
    comparison : Comparison
        Of our training with PyTorch's.
    said : ndarray, shape (N,)
        How sure the network is of each test image that it is an eight.
    starts : list of dict
        What came of the document's way from other seeds: trials.
    study : Study or None
    """

    options: Options
    train: FirstImages
    test: FirstImages
    comparison: Comparison
    said: Array
    starts: list[dict[str, Any]]
    study: Study | None

    # ---- numbers --------------------------------------------------------------------------------------------

    @property
    def epochs(self) -> list[dict[str, Any]]:
        """Our records."""
        return self.comparison.ours.epochs

    @property
    def taken(self) -> Array:
        """Which test images are taken for eights."""
        return self.said > THRESHOLD

    @cached_property
    def found(self) -> Scores:
        """How well the decisions fit the truth."""
        return Scores.of(self.taken, self.test.eights)

    @cached_property
    def explanations(self) -> list[Any]:
        """The document's explanations of the mistakes, measured."""
        return explanations(self.test.images, self.test.digits, self.taken)

    def table(self) -> list[dict[str, str]]:
        """Return one row per epoch, for people, as wide as a terminal."""
        rows = []
        for i, epoch in enumerate(self.epochs):
            row = {"epoch": str(epoch["epoch"]), "error": f"{epoch['train_loss']:.6f}"}
            if self.comparison.reference is not None:
                row["PyTorch's error"] = f"{self.comparison.reference.epochs[i]['train_loss']:.6f}"
            for rate in ("accuracy", "precision", "recall", "F1"):
                share = epoch[f"validation_{rate.lower()}"]
                row[rate] = "–" if isnan(share) else f"{share:.1%}"  # of nothing that is taken for an eight
            row["seconds"] = f"{epoch['seconds']:.2f}"
            rows.append(row)
        return rows

    def summary(self) -> dict[str, Any]:
        """Return the numbers, for ``summary.json``."""
        return {
            **self.comparison.summary(),
            "test": {**vars(self.found), **self.found.rates()},
            "mistakes_by_digit": [
                {"digit": d, "wrong": len(w), "of": n} for d, (w, n) in self._by_digit().items()
            ],
            "starts": self.starts,
            "study": self.study and self.study.summary(),
        }

    def _by_digit(self) -> dict[int, tuple[Array, int]]:
        """Return for each digit the test images that are judged wrongly, and how many there are."""
        wrong = self.taken != self.test.eights
        own = {digit: self.test.digits == digit for digit in range(10)}
        return {digit: (np.flatnonzero(wrong & is_it), int(is_it.sum())) for digit, is_it in own.items()}

    def mistakes(self) -> dict[str, tuple[Array, list[str]]]:
        """Return the pictures that are mistaken, by digit, the surest mistakes first, with how sure of an 8."""
        groups = {}
        for digit, (which, of) in sorted(self._by_digit().items(), key=lambda x: (x[0] != EIGHT, -len(x[1][0]))):
            if len(which):
                kind = "missed eights" if digit == EIGHT else f"{digit} taken for 8"
                which = which[np.argsort(-np.abs(self.said[which] - THRESHOLD), kind="stable")]
                said = [f"{p:.2f}" for p in self.said[which]]
                groups[f"{kind}:\n{len(which)} of {of}"] = (self.test.images[which], said)
        return groups

    # ---- against the document -------------------------------------------------------------------------------

    @property
    def other_conditions(self) -> str:
        """In what this run is another than the document's; empty if it is not."""
        return document.conditions_that_differ(self.options, self.train, self.test)

    def stated(self) -> list[Stated]:
        """Hold the run against the document's numbers."""
        theirs = self.comparison.reference.epochs if self.comparison.reference else None
        seeds = counted(1 + len(self.starts), "seed")
        why = "other conditions" if self.other_conditions else ""
        rows = []
        for n, stated in document.ERRORS.items():
            if n <= len(self.epochs):
                ours = self.epochs[n - 1]["train_loss"]
                others = [ours, *(start["errors"][n - 1] for start in self.starts)]
                other = theirs[n - 1]["train_loss"] if theirs else None
                rows.append(Stated(f"mean error, epoch {n}", stated, ours, other, why, others, seeds))
        if len(self.epochs) == document.EPOCHS:
            ours = self.found.accuracy
            others = [ours, *(start["accuracy_of_first"] for start in self.starts)]
            other = theirs[-1]["validation_accuracy"] if theirs else None
            rows.append(Stated("test accuracy", document.ACCURACY, ours, other, why, others, seeds))
        return rows

    def on_document(self) -> str:
        """Say below the table what its reasons rest on."""
        if self.other_conditions:
            return f"This run has other conditions than the document's: {self.other_conditions}."
        return (
            "The document does not name its seed, so the same was trained from others, too: another start does "
            "not explain a number beyond what one more seed gives 95 times in 100. (Two of its errors, 0.054321 "
            "and 0.043210, are digits that count down: they may only show what a log looks like.)"
        )

    # ---- sentences ------------------------------------------------------------------------------------------

    def headline(self) -> str:
        """Say in one line what the figure of the training shows."""
        first, last = self.epochs[0]["train_loss"], self.epochs[-1]["train_loss"]
        error = f"falls from {first:.4f} to {last:.4f}" if last < first else f"is {last:.4f} in the end"
        return (
            f"The error {error}; {self.found.recall:.0%} of the eights are found, {self.found.precision:.0%} of "
            "the finds are eights"
        )

    def on_mistakes(self) -> str:
        """Say in one line what the figure of the mistakes shows."""
        wrong = self.found.total - self.found.right
        return f"{wrong} of {self.found.total:,} test images are mistaken (below: how sure the network is of an 8)"

    def conclusions(self) -> list[str]:
        """Return the sentences, made from the numbers."""
        return list(self._conclusions().values())

    def _conclusions(self) -> dict[str, str]:
        """Return each under what it is about."""
        said = {
            "Quality": self._on_accuracy(),
            "Mistakes": self._on_digits(),
            "Beside PyTorch": self.comparison.on_quality(),
            "Speed": self.comparison.on_speed(),
        }
        return {**said, "Improvements": self.study.sentences()} if self.study else said

    def _on_accuracy(self) -> str:
        found = self.found
        ours, its = found.accuracy - found.baseline, value_of(document.ACCURACY) - found.baseline
        return (
            f"{found.accuracy:.2%} of the {found.total:,} test images are judged rightly. Whoever always gives "
            f"the more frequent answer has {found.baseline:.2%}: this is {_points(ours)}, and the document's "
            f"{document.ACCURACY} would be {_points(its)}. Of {counted(found.eights, 'eight')} {found.hits} are "
            f"found (recall {found.recall:.1%}); of the {counted(found.taken, 'image')} taken for an eight "
            f"{found.hits} are (precision {found.precision:.1%}); F1 is {found.f1:.1%}."
        )

    def _on_digits(self) -> str:
        wrong = {d: (len(which), of) for d, (which, of) in self._by_digit().items() if d != EIGHT and len(which)}
        most = sorted(wrong.items(), key=lambda x: -x[1][0])
        alarms = "No other digit is taken for an eight."
        if most:
            alarms = f"Taken for an eight are: {', '.join(f'{d} ({n} of {of})' for d, (n, of) in most)}."
        clear = [e.claim for e in self.explanations if e.seen == "yes"]
        claims = f"clearly seen: {'; '.join(clear)}" if clear else "none is clearly seen"
        return (
            f"{alarms} Missed are {self.found.missed} of {counted(self.found.eights, 'eight')}. Of the document's "
            f"{len(self.explanations)} explanations of the mistakes, {claims}."
        )

    # ---- the report -----------------------------------------------------------------------------------------

    def report(self, summary: dict[str, Any]) -> str:
        """Return the report."""
        network = (
            f"Network: 784 → {HIDDEN} tanh → 1 sigmoid, float64, weights N(0, 0.1²) of NumPy's "
            f"`default_rng({self.options.seed})`, biases 0. Squared error, SGD with learning rate "
            f"{self.options.lr:g}, an update after {counted(self.options.batch_size, 'example')}, in the order of "
            f"the file, {counted(len(self.epochs), 'epoch')}. An eight is what gets more than {THRESHOLD:g}. The "
            "images are the first ones of each file."
        )
        conclusions = "\n\n".join(f"**{about}.** {said}" for about, said in self._conclusions().items())
        return f"""# Recognising the digit 8

![{self.headline()}](training.png)

## Conclusions

{conclusions}

## The document's numbers, ours and PyTorch's

{markdown_table(against_document(self.stated()))}

{self.on_document()}

{self._on_scores()}
{self._on_pictures()}
{self._on_study()}
## Epoch by epoch

{markdown_table(self.table())}

The error is the mean of (a₂ − y)² over the examples of an epoch, each before its update. It is in
`training_log.txt`, too.

## What was run

![Eights of the training set](eights.png)

{what_was_run(summary, network)}
"""

    def _on_scores(self) -> str:
        found = self.found
        matrix = [
            {"": "an eight", "taken for an eight": found.hits, "not": found.missed},
            {"": "another digit", "taken for an eight": found.false_alarms, "not": found.rejected},
        ]
        names = ("accuracy", "precision", "recall", "F1", "baseline")
        rates = [{"measure": name, "value": f"{getattr(found, name.lower()):.2%}"} for name in names]
        return f"""## How well eights are told apart

{markdown_table(matrix)}

{markdown_table(rates)}

The baseline is the accuracy of whoever always says what is more frequent.
"""

    def _on_pictures(self) -> str:
        by_digit = [
            {
                "digit": digit,
                "test images": of,
                "judged wrongly": len(which),
                "share": f"{len(which) / of:.1%}" if of else "–",
            }
            for digit, (which, of) in self._by_digit().items()
        ]
        return f"""## The mistakes

![The pictures that are mistaken](mistakes.png)

{markdown_table(by_digit)}

The document explains the mistakes by the looks of the digits. Measured on these pictures (mean ± standard error;
"yes" where the difference is more than {CLEAR:g} standard errors):

{markdown_table([explanation.row() for explanation in self.explanations])}
"""

    def _on_study(self) -> str:
        if self.study is None:
            return "\nThe document's seven improvements are tried by `chainrule lab eight --study`.\n"
        return f"""
## The document's improvements, tried

![What the improvements bring](study.png)

{markdown_table(self.study.table())}

F1, accuracy: mean ± standard deviation; seconds: those of a processor, of training alone (median), while trials
ran beside each other, each on one thread. Gains: to the document's way from the same seed.
{how_told(len(self.study.seeds), len(self.study.verdicts()))}
"""


def _points(above: float) -> str:
    return f"{points(above)} {'above' if above >= 0 else 'below'}"
