"""The same comparison from several seeds: what is told apart from chance, and what is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import mean, stdev

from chainrule.labs.words import counted

# Student's t for a two-sided level of 5 % (any table of it), by degrees of freedom from 1 on. Beyond the last it
# is a little smaller: the last errs on the side of saying nothing.
LEVEL = 0.05
STUDENT = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
)
MORE, LESS, OPEN = "more", "less", "not told apart"


def student(values: int) -> float:
    """Return Student's t for a mean of so many values; infinite for one."""
    return STUDENT[min(values - 1, len(STUDENT)) - 1] if values > 1 else float("inf")


def expected(values: Sequence[float]) -> tuple[float, float]:
    """Return where one more value of the same kind falls, 95 times in 100: mean ± t · s · √(1 + 1/n).

    Examples
    --------
    >>> [round(x, 3) for x in expected([0.9, 1.0, 1.1])]
    [0.503, 1.497]
    """
    reach = student(len(values)) * stdev(values) * sqrt(1 + 1 / len(values))
    return mean(values) - reach, mean(values) + reach


@dataclass(frozen=True)
class Paired:
    """Two things that were measured from the same seeds.

    Attributes
    ----------
    differences : sequence of float
        One for each seed.
    """

    differences: Sequence[float]

    @property
    def seeds(self) -> int:
        """How many there are."""
        return len(self.differences)

    @property
    def mean(self) -> float:
        """Of the differences."""
        return mean(self.differences)

    @property
    def uncertainty(self) -> float:
        """How far the mean may be off by chance: t · standard error; infinite for one seed."""
        if self.seeds < 2:
            return float("inf")
        return student(self.seeds) * stdev(self.differences) / sqrt(self.seeds)

    @property
    def verdict(self) -> str:
        """Return "more", "less" or "not told apart".

        Examples
        --------
        >>> [paired([1.0, 1.1, 1.2], [0.5, 0.6, 0.6]).verdict, paired([1.0, 1.1, 1.2], [0.9, 0.8, 1.1]).verdict]
        ['more', 'not told apart']
        """
        if not abs(self.mean) > self.uncertainty:
            return OPEN
        return MORE if self.mean > 0 else LESS

    def shown(self, scale: float = 1.0, digits: int = 1) -> str:
        """Return the mean with its uncertainty.

        Examples
        --------
        >>> paired([0.50, 0.52], [0.40, 0.44]).shown(100), paired([0.5], [0.4]).shown(100)
        ('+9.0 ± 12.7', '+10.0 (one seed)')
        """
        middle = f"{scale * self.mean:+.{digits}f}"
        return f"{middle} ± {scale * self.uncertainty:.{digits}f}" if self.seeds > 1 else f"{middle} (one seed)"


def paired(values: Sequence[float], base: Sequence[float]) -> Paired:
    """Compare values with those of the base, seed by seed.

    Raises
    ------
    ValueError
        If there are not as many of both.
    """
    return Paired([a - b for a, b in zip(values, base, strict=True)])


def how_told(seeds: int, comparisons: int = 1) -> str:
    """Say how verdicts come about.

    Examples
    --------
    >>> print(how_told(3, 10))
    Each number is the mean over 3 seeds of paired differences ± t · standard error. What differs by more is told
    apart; of comparisons without a difference one in twenty is, too, by chance (of these 10: 0.5).
    """
    if seeds < 2:
        return "From one seed nothing is told apart from chance."
    expected = f" (of these {comparisons}: {LEVEL * comparisons:.1g})" if comparisons > 1 else ""
    return (
        f"Each number is the mean over {counted(seeds, 'seed')} of paired differences ± t · standard error. What "
        f"differs by more is told apart; of comparisons without a difference one in twenty is, too, by chance"
        f"{expected}."
    )
