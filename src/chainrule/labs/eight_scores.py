"""How well yes and no are told apart: what accuracy alone does not say when there are many more of one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainrule.ops import Array


@dataclass(frozen=True)
class Scores:
    """The confusion matrix of a decision, and what is made of it.

    Attributes
    ----------
    hits : int
        Eights that were found (true positives).
    missed : int
        Eights that were not (false negatives).
    false_alarms : int
        Other digits that were taken for eights (false positives).
    rejected : int
        Other digits that were not (true negatives).

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

    @property
    def total(self) -> int:
        """How many were judged."""
        return self.hits + self.missed + self.false_alarms + self.rejected

    @property
    def right(self) -> int:
        """How many were judged rightly."""
        return self.hits + self.rejected

    @property
    def accuracy(self) -> float:
        """The share of right judgements."""
        return self.right / self.total

    @property
    def precision(self) -> float:
        """The share of eights among what is taken for one; 0 if nothing is."""
        taken = self.hits + self.false_alarms
        return self.hits / taken if taken else 0.0

    @property
    def recall(self) -> float:
        """The share of the eights that are found; 0 if there are none."""
        eights = self.hits + self.missed
        return self.hits / eights if eights else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall: 2 hits / (2 hits + missed + false alarms)."""
        wrong = self.missed + self.false_alarms
        return 2 * self.hits / (2 * self.hits + wrong) if self.hits else 0.0

    @property
    def baseline(self) -> float:
        """The accuracy of whoever always says what is more frequent."""
        eights = self.hits + self.missed
        return max(eights, self.total - eights) / self.total

    def rates(self) -> dict[str, float]:
        """Return accuracy, precision, recall, f1 and baseline."""
        return {name: getattr(self, name) for name in ("accuracy", "precision", "recall", "f1", "baseline")}


def scores(said: Array, true: Array) -> Scores:
    """Count the four cases.

    Parameters
    ----------
    said, true : ndarray of bool, shape (N,)

    Returns
    -------
    Scores

    Examples
    --------
    >>> scores(np.array([True, True, False]), np.array([True, False, False]))
    Scores(hits=1, missed=0, false_alarms=1, rejected=1)
    """
    cases = (said & true, ~said & true, said & ~true, ~said & ~true)
    return Scores(*(int(np.count_nonzero(case)) for case in cases))
