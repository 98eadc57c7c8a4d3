"""The improvements that the document proposes for its network, as one experiment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median
from typing import TYPE_CHECKING, Any

from chainrule.labs.eight.document import BATCH_SIZE, EPOCHS, EXAMPLES, HIDDEN, LR
from chainrule.labs.repeated import LESS, MORE, OPEN, paired
from chainrule.labs.words import counted, spread
from chainrule.plot.study import draw_study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Each change is made to the document's own values, whatever the lab itself is run with.
WAY: dict[str, Any] = {
    "hidden": [HIDDEN],
    "epochs": EPOCHS,
    "examples": EXAMPLES,
    "batch_size": BATCH_SIZE,
    "lr": LR,
}
BASE = "as the document"
# What the document leaves open (how much dropout, decay and momentum) has a usual value here.
IMPROVEMENTS: dict[str, dict[str, Any]] = {
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


def trials_of(
    names: Iterable[str], seeds: Iterable[int], common: Mapping[str, Any], available: int
) -> dict[str, dict[str, Any]]:
    """Return the settings of trials: each change by itself, from each seed.

    Parameters
    ----------
    names : iterable of str
        ``BASE``, or of ``IMPROVEMENTS``.
    seeds : iterable of int
    common : dict
        What all trials are given.
    available : int
        How many training images there are: what needs more is left out.

    Returns
    -------
    dict of str to dict
        Named like "momentum 0.9, seed 1".
    """
    ways = {name: {**WAY, **common, **IMPROVEMENTS.get(name, {})} for name in names}
    fitting = {name: way for name, way in ways.items() if way["examples"] <= available}
    return {f"{name}, seed {seed}": {**way, "seed": seed} for name, way in fitting.items() for seed in seeds}


class Study:
    """What came of all improvements.

    Parameters
    ----------
    results : dict
        What the trials returned.
    seeds : sequence of int

    Attributes
    ----------
    f1, accuracy, seconds : dict of str to list of float
        For each way to train, the document's first: on all test images, and of training by one processor.
    gains : dict of str to Paired
        By how much F1 is higher than as the document does it, from the same seed.
    left_out : list of str
        Improvements that need more data than there are.
    images : int
        How many test images judge.
    """

    def __init__(self, results: Mapping[str, dict[str, Any]], seeds: Iterable[int]) -> None:
        self.seeds = list(seeds)
        trials = {
            name: [results[f"{name}, seed {seed}"] for seed in self.seeds]
            for name in (BASE, *IMPROVEMENTS)
            if f"{name}, seed {self.seeds[0]}" in results
        }
        self.f1, self.accuracy, self.seconds = (
            {name: [trial[what] for trial in own] for name, own in trials.items()}
            for what in ("f1", "accuracy", "seconds")
        )
        self.gains = {name: paired(f1, self.f1[BASE]) for name, f1 in self.f1.items()}
        self.left_out = [name for name in IMPROVEMENTS if name not in trials]
        self.images = trials[BASE][0]["images"]

    def verdicts(self) -> dict[str, str]:
        """Say of each change whether it helps, or hurts, by more than chance gives."""
        words = {MORE: "helps", LESS: "hurts"}
        return {name: words.get(gain.verdict, OPEN) for name, gain in self.gains.items() if name != BASE}

    def times(self, name: str) -> float:
        """Return how many times as long as the document's way a change takes."""
        return float(median(self.seconds[name]) / median(self.seconds[BASE]))

    def table(self) -> list[dict[str, str]]:
        """Return one row per way to train, for people."""
        return [
            {
                "change": name,
                "F1 / %": spread(self.f1[name], 100),
                "gain in points": "" if name == BASE else gain.shown(100),
                "accuracy / %": spread(self.accuracy[name], 100),
                "seconds": f"{median(self.seconds[name]):.1f}",
                "time": f"× {self.times(name):.1f}",
                "verdict": self.verdicts().get(name, "–"),
            }
            for name, gain in self.gains.items()
        ]

    def summary(self) -> dict[str, Any]:
        """Return the numbers, for ``summary.json``."""
        measured = {"f1": self.f1, "accuracy": self.accuracy, "seconds": self.seconds, "verdicts": self.verdicts()}
        return {"seeds": self.seeds, "test_images": self.images, "left_out": self.left_out, **measured}

    def headline(self) -> str:
        """Say in one line what the figure shows."""
        helping = [name for name, verdict in self.verdicts().items() if verdict == "helps"]
        if not helping:
            return f"None of {len(self.verdicts())} changes helps by more than chance gives"
        best = max(helping, key=lambda name: self.gains[name].mean)
        return f"What helps most is {best}: {self.gains[best].shown(100)} points of F1"

    def sentences(self) -> str:
        """Say which improvements help, which don't, and what they cost."""
        parts = [
            f"Each change was made by itself, from {counted(len(self.seeds), 'seed')}, and judged on "
            f"{self.images:,} test images."
        ]
        for kind, words in {
            "helps": "These help by more than chance gives",
            "hurts": "These hurt by more than chance gives",
            OPEN: "Of these it can't be told",
        }.items():
            some = [name for name, verdict in self.verdicts().items() if verdict == kind]
            if some:
                some.sort(key=lambda name: -self.gains[name].mean)
                said = (f"{n} ({self.gains[n].shown(100)}, {self.times(n):.1f} times the time)" for n in some)
                parts.append(f"{words}, in points of F1: {', '.join(said)}.")
        if self.left_out:
            parts.append(
                f"Not tried, for want of training images: {', '.join(self.left_out)} (`--data full` has them)."
            )
        return " ".join(parts)

    def draw(self) -> Figure:
        """Draw what the improvements bring, and what they cost."""
        gains = {name: [100 * difference for difference in gain.differences] for name, gain in self.gains.items()}
        label = "F1 on the test images, minus that of the document's way / percentage points"
        return draw_study(gains, self.seconds, self.verdicts(), label, self.headline())
