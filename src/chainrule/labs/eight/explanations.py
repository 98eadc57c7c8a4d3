"""The document's five explanations of the mistakes, held against the pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainrule.labs.eight.document import EIGHT
from chainrule.labs.eight.shapes import darkness, loops, pieces, slant
from chainrule.ops import Array

CLEAR = 2.0  # standard errors; a difference below that may be chance


@dataclass(frozen=True)
class Explanation:
    """A claim of the document, and what of it is measured.

    Attributes
    ----------
    claim, measure : str
        What the document says, and what is measured to see whether it is so.
    unit : str
    mistaken, others : list of float
        The measure, of each picture that the claim is about and of each that it is compared with.
    """

    claim: str
    measure: str
    unit: str
    mistaken: list[float]
    others: list[float]

    @property
    def seen(self) -> str:
        """Whether the mistaken pictures are as the claim says, by more than chance gives."""
        if min(len(self.mistaken), len(self.others)) < 2:
            return "too few to say"
        (a, da), (b, db) = _mean_and_error(self.mistaken), _mean_and_error(self.others)
        if a - b > CLEAR * np.hypot(da, db):
            return "yes"
        return "no" if a <= b else "not clearly"

    def row(self) -> dict[str, str]:
        """Return the line of the report's table."""
        shown = [
            f"{mean:.1f} ± {error:.1f} {self.unit} (of {len(values)})" if values else "–"
            for values in (self.mistaken, self.others)
            for mean, error in [_mean_and_error(values)]
        ]
        return {
            "the document says": self.claim,
            "measured": self.measure,
            "mistaken": shown[0],
            "others": shown[1],
            "seen": self.seen,
        }


def explanations(images: Array, digits: Array, taken: Array) -> list[Explanation]:
    """Measure what the document says of the mistakes.

    Parameters
    ----------
    images : ndarray of uint8, shape (N, 28, 28)
    digits : ndarray of int, shape (N,)
    taken : ndarray of bool, shape (N,)
        Which images the network takes for eights.

    Returns
    -------
    list of Explanation
    """
    eights = digits == EIGHT
    missed, found = images[eights & ~taken], images[eights & taken]
    lean = float(np.mean([slant(image) for image in found])) if len(found) else 0.0
    similar = 100.0 * np.isin(digits, (6, 9))
    return [
        Explanation(
            "eights with a gap are missed",
            "share with fewer than two closed loops",
            "%",
            *([100.0 * (loops(image) < 2) for image in group] for group in (missed, found)),
        ),
        Explanation(
            "eights of thin lines are missed",
            "paper that stays white",
            "%",
            *([100 * (1 - darkness(image)) for image in group] for group in (missed, found)),
        ),
        Explanation(
            "slanted eights are missed",
            "lean, off the mean of those found",
            "°",
            *([abs(slant(image) - lean) for image in group] for group in (missed, found)),
        ),
        Explanation(
            "6 and 9 are taken for eights",
            "share of 6 and 9",
            "%",
            *(similar[~eights & judged].tolist() for judged in (taken, ~taken)),
        ),
        Explanation(
            "noisy images are mistaken",
            "share with ink in more than one piece",
            "%",
            *([100.0 * (pieces(i) > 1) for i in images[wrong]] for wrong in (eights != taken, eights == taken)),
        ),
    ]


def _mean_and_error(values: list[float]) -> tuple[float, float]:
    """Return the mean and its standard error."""
    error = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    return float(np.mean(values)) if values else 0.0, float(error)
