"""The improvements that the document proposes for its network, as one experiment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import mean, median, stdev
from typing import Any

BASE = "as the document"
# What the document leaves open (how much dropout, decay and momentum) has a usual value here.
IMPROVEMENTS: dict[str, dict[str, Any]] = {
    BASE: {},
    "128 hidden units": {"hidden": [128]},
    "256 hidden units": {"hidden": [256]},
    "a second hidden layer": {"hidden": [64, 64]},
    "dropout 0.2": {"dropout": 0.2},
    "30 epochs": {"epochs": 30},
    "50 epochs": {"epochs": 50},
    "15,000 examples": {"examples": 15_000},
    "30,000 examples": {"examples": 30_000},
    "weight decay 0.0001": {"weight_decay": 1e-4},
    "momentum 0.9": {"momentum": 0.9},
}


def settings_of_study(common: dict[str, Any], seeds: Iterable[int], available: int) -> dict[str, dict[str, Any]]:
    """Return the settings of every trial: each improvement by itself, from each seed.

    Parameters
    ----------
    common : dict
        The settings as the document has them.
    seeds : iterable of int
    available : int
        How many training images there are: what needs more is left out.

    Returns
    -------
    dict of str to dict
        Named like "momentum 0.9, seed 1".
    """
    return {
        f"{name}, seed {seed}": {**common, **change, "seed": seed}
        for name, change in IMPROVEMENTS.items()
        for seed in seeds
        if change.get("examples", 0) <= available
    }


@dataclass(frozen=True)
class Row:
    """An improvement: what came of it from each seed.

    Attributes
    ----------
    name : str
    f1, accuracy : list of float
        On the test images.
    gains : list of float
        By how much F1 is higher than as the document does it, from the same seed.
    seconds : list of float
        Of training, of one processor.
    """

    name: str
    f1: list[float]
    accuracy: list[float]
    gains: list[float]
    seconds: list[float]

    @property
    def verdict(self) -> str:
        """Whether the seeds agree that it helps, or hurts."""
        if self.name == BASE:
            return "–"
        if all(gain > 0 for gain in self.gains):
            return "helps"
        return "hurts" if all(gain < 0 for gain in self.gains) else "the seeds disagree"


class Study:
    """What came of all improvements.

    Parameters
    ----------
    settings, results : dict
        What :func:`run_trials` took and returned.
    seeds : list of int

    Attributes
    ----------
    rows : list of Row
        In the order of ``IMPROVEMENTS``, the document's own way first.
    left_out : list of str
        Improvements that need more data than there are.
    """

    def __init__(self, settings: dict[str, Any], results: dict[str, dict[str, Any]], seeds: list[int]) -> None:
        self.seeds, self.results = seeds, results
        self.images = sum(
            next(iter(results.values()))[case] for case in ("hits", "missed", "false_alarms", "rejected")
        )
        present = [name for name in IMPROVEMENTS if f"{name}, seed {seeds[0]}" in settings]
        self.left_out = [name for name in IMPROVEMENTS if name not in present]
        self.rows = [self._row(name) for name in present]

    def _row(self, name: str) -> Row:
        base, own = ([self.results[f"{n}, seed {seed}"] for seed in self.seeds] for n in (BASE, name))
        return Row(
            name,
            [r["f1"] for r in own],
            [r["accuracy"] for r in own],
            [r["f1"] - b["f1"] for r, b in zip(own, base, strict=True)],
            [r["seconds"] for r in own],
        )

    def errors_of_base(self, epoch: int) -> list[float]:
        """Return the mean error of an epoch as the document trains, from each seed."""
        return [self.results[f"{BASE}, seed {seed}"]["errors"][epoch - 1] for seed in self.seeds]

    def table(self) -> list[dict[str, str]]:
        """Return one row per improvement, for people."""
        base = median(self.rows[0].seconds)
        return [
            {
                "change": row.name,
                "F1 / %": spread(row.f1, 100),
                "gain in points": "" if row.name == BASE else spread(row.gains, 100, "+"),
                "accuracy / %": spread(row.accuracy, 100),
                "seconds": f"{median(row.seconds):.1f}",
                "time": f"× {median(row.seconds) / base:.1f}",
                "verdict": row.verdict,
            }
            for row in self.rows
        ]

    def summary(self) -> dict[str, Any]:
        """Return the numbers, for ``summary.json``."""
        return {
            "seeds": self.seeds,
            "test_images": self.images,
            "left_out": self.left_out,
            "changes": [{**vars(row), "verdict": row.verdict} for row in self.rows],
        }

    def headline(self) -> str:
        """Say in one line what the figure shows."""
        helps = [row for row in self.rows if row.verdict == "helps"]
        if not helps:
            return f"Of {len(self.rows) - 1} changes, none helps from every seed"
        best = max(helps, key=lambda row: mean(row.gains))
        return f"What helps most is {best.name}: {100 * mean(best.gains):+.1f} points of F1"

    def sentences(self) -> str:
        """Say which improvements help, which don't, and what they cost."""
        base = median(self.rows[0].seconds)
        parts = []
        for verdict, words in {
            "helps": "These help from every seed",
            "hurts": "These hurt from every seed",
            "the seeds disagree": "Of these the seeds disagree, so that nothing is shown",
        }.items():
            rows = sorted((r for r in self.rows if r.verdict == verdict), key=lambda r: -mean(r.gains))
            if rows:
                listed = ", ".join(
                    f"{r.name} ({100 * mean(r.gains):+.1f} points of F1, "
                    f"{median(r.seconds) / base:.1f} times the time)"
                    for r in rows
                )
                parts.append(f"{words}: {listed}.")
        if self.left_out:
            parts.append(
                f"Not tried, for want of training images: {', '.join(self.left_out)} (`--data full` has them)."
            )
        n = len(self.seeds)
        seeds = "seed" if n == 1 else "seeds"
        first = f"Each change was made by itself, from {n} {seeds}, and judged on {self.images:,} test images."
        return " ".join([first, *parts])


def spread(values: list[float], scale: float = 1.0, sign: str = "") -> str:
    """Return mean and standard deviation.

    Examples
    --------
    >>> spread([0.5, 0.6, 0.7], 100)
    '60.0 ± 10.0'
    """
    middle = f"{scale * mean(values):{sign}.1f}"
    return f"{middle} ± {scale * stdev(values):.1f}" if len(values) > 1 else middle
