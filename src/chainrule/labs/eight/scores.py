"""How well yes and no are told apart: what accuracy alone does not say when there are many more of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from chainrule.labs.eight.document import THRESHOLD
from chainrule.ops import Array
from chainrule.train import Ratio, f1, precision, recall, zero_one_loss
from chainrule.train.metrics import Metric


def accuracy(pred: Any, y: Any) -> Ratio:
    """Count the right decisions at the threshold.

    Examples
    --------
    >>> accuracy([[0.9], [0.4], [0.6]], [[1.0], [0.0], [0.0]])
    Ratio(part=2, whole=3)
    """
    wrong, total = zero_one_loss(pred, y, THRESHOLD)
    return Ratio(total - wrong, total)


# What is measured after every epoch.
METRICS: Mapping[str, Metric] = {
    "accuracy": accuracy,
    **{metric.__name__: partial(metric, threshold=THRESHOLD) for metric in (precision, recall, f1)},
}


@dataclass(frozen=True)
class Scores:
    """The confusion matrix of a decision, and what is made of it.

    Attributes
    ----------
    hits, missed : int
        Eights that were found (true positives), and that were not (false negatives).
    false_alarms, rejected : int
        Other digits that were taken for eights (false positives), and that were not (true negatives).

    Examples
    --------
    >>> scores = Scores(hits=60, missed=40, false_alarms=20, rejected=880)
    >>> scores.accuracy, scores.precision, scores.recall, round(scores.f1, 4), scores.baseline
    (0.94, 0.75, 0.6, 0.6667, 0.9)
    """

    hits: int
    missed: int
    false_alarms: int
    rejected: int

    @classmethod
    def of(cls, said: Array, true: Array) -> Scores:
        """Count the four cases of decisions and truths, bool of shape (N,).

        Examples
        --------
        >>> Scores.of(np.array([True, True, False]), np.array([True, False, False]))
        Scores(hits=1, missed=0, false_alarms=1, rejected=1)
        """
        cases = (said & true, ~said & true, said & ~true, ~said & ~true)
        return cls(*(int(np.count_nonzero(case)) for case in cases))

    @property
    def eights(self) -> int:
        """How many eights there are."""
        return self.hits + self.missed

    @property
    def taken(self) -> int:
        """How many images are taken for eights."""
        return self.hits + self.false_alarms

    @property
    def right(self) -> int:
        """How many are judged rightly."""
        return self.hits + self.rejected

    @property
    def total(self) -> int:
        """How many were judged."""
        return self.right + self.missed + self.false_alarms

    @property
    def accuracy(self) -> float:
        """The share of right judgements."""
        return self.right / self.total

    @property
    def precision(self) -> float:
        """The share of eights among what is taken for one; 0 if nothing is."""
        return self.hits / self.taken if self.taken else 0.0

    @property
    def recall(self) -> float:
        """The share of the eights that are found; 0 if there are none."""
        return self.hits / self.eights if self.eights else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall: 2 hits / (eights + taken)."""
        return 2 * self.hits / (self.eights + self.taken) if self.hits else 0.0

    @property
    def baseline(self) -> float:
        """The accuracy of whoever always says what is more frequent."""
        return max(self.eights, self.total - self.eights) / self.total

    def rates(self) -> dict[str, float]:
        """Return accuracy, precision, recall, f1 and baseline."""
        return {name: getattr(self, name) for name in ("accuracy", "precision", "recall", "f1", "baseline")}
