"""The study of problems and remedies: which networks are trained, and what each comes to over several seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.labs.ann_problems import INITIALISATIONS, train_deep
from chainrule.labs.options import Options
from chainrule.labs.study import run_trials
from chainrule.ops import Array

SEEDS = 3
STEPS = 300
MEDIUM = [784, 128, 64, 10]
SIX = [784, *[64] * 5, 10]
DEEP = [784, *[64] * 10, 10]
VERY_DEEP = [784, *[64] * 30, 10]
DYING_RATES = (0.001, 0.01, 0.03, 0.1)
RATES = {
    "SGD": (0.01, 0.03, 0.1, 0.3),
    "momentum": (0.003, 0.01, 0.03, 0.1),
    "Adam": (0.0003, 0.001, 0.003, 0.01),
}
OPTIMISERS: dict[str, dict[str, Any]] = {
    "SGD": {"optimizer": "SGD"},
    "momentum": {"optimizer": "SGD", "momentum": 0.9},
    "Adam": {"optimizer": "Adam"},
}

# The settings of each group of trials, by the names that figures give them.
GROUPS: dict[str, dict[str, dict[str, Any]]] = {
    "vanishing": {
        "sigmoid": {"sizes": DEEP, "activation": "Sigmoid", "initialisation": "Xavier"},
        "tanh": {"sizes": DEEP, "activation": "Tanh", "initialisation": "Xavier"},
        "ReLU": {"sizes": DEEP, "activation": "ReLU", "initialisation": "He"},
    },
    "exploding": {
        f"{gain:g}": {"sizes": DEEP, "initialisation": "He", "gain": gain} for gain in (1.0, 1.5, 2.0, 3.0)
    },
    "dying": {
        f"{activation} {lr:g}": {"sizes": MEDIUM, "activation": activation, "optimizer": "Adam", "lr": lr}
        for activation in ("ReLU", "LeakyReLU")
        for lr in DYING_RATES
    },
    "initialisation": {how: {"sizes": SIX, "initialisation": how, "lr": 0.02} for how in INITIALISATIONS},
    "clipping": {
        name: {"sizes": DEEP, "initialisation": "He", "gain": 1.5, "clip": clip}
        for name, clip in (("not clipped", None), ("clipped at 1", 1.0))
    },
    "normalisation": {
        name: {"sizes": DEEP, "activation": "Sigmoid", "lr": 0.1, "normalise": normalise}
        for name, normalise in (("plain", False), ("batch normalisation", True))
    },
    "residual": {
        name: {"sizes": VERY_DEEP, "activation": "Tanh", "lr": 0.01, "residual": residual}
        for name, residual in (("plain", False), ("residual", True))
    },
    "optimisers": {
        f"{name} {lr:g}": {"sizes": MEDIUM, "lr": lr, **OPTIMISERS[name]}
        for name, rates in RATES.items()
        for lr in rates
    },
}
MEASURED_ONLY = ("vanishing", "exploding")  # not trained


@dataclass(frozen=True)
class Trials:
    """One setting, from several seeds.

    Attributes
    ----------
    results : list of dict
        What ``train_deep`` returned.
    """

    results: list[dict[str, Any]]

    def median(self, name: str) -> float:
        """Return the median of a number over the seeds."""
        return float(np.median([result[name] for result in self.results]))

    def layers(self, name: str) -> Array:
        """Return the medians of a measure of every layer."""
        return np.asarray(np.median([result[name] for result in self.results], axis=0))

    @property
    def losses(self) -> list[list[float]]:
        """The losses of the steps, for each seed; a training that came to no number is shorter."""
        return [result["losses"] for result in self.results]

    @property
    def stopped(self) -> list[int]:
        """The steps at which trainings came to no number."""
        return [result["stopped"] for result in self.results if result["stopped"] is not None]

    def final_loss(self, steps: int = 50) -> float:
        """Return the median over the seeds of the mean loss of the last steps; infinite if there is none."""
        ends = [
            np.inf if result["stopped"] else float(np.mean(result["losses"][-steps:])) for result in self.results
        ]
        return float(np.median(ends))


Study = dict[str, dict[str, Trials]]


def run_study(options: Options, checksums: Mapping[str, str], folder: Path, steps: int = STEPS) -> Study:
    """Run all trials that are not kept yet.

    Parameters
    ----------
    options : Options
        Of these, ``data`` and ``seed`` count.
    checksums : mapping of str to str
    folder : Path
    steps : int
        Of each training.

    Returns
    -------
    dict of str to dict of str to Trials
        By the names of ``GROUPS``.
    """
    seeds = range(options.seed, options.seed + SEEDS)
    common = {"data": options.data, **checksums}
    settings = {
        f"{group} {name} {seed}": {
            **own,
            **common,
            "seed": seed,
            "steps": 0 if group in MEASURED_ONLY else steps,
        }
        for group, members in GROUPS.items()
        for name, own in members.items()
        for seed in seeds
    }
    results = run_trials(train_deep, settings, folder, title="problems and remedies")
    return {
        group: {name: Trials([results[f"{group} {name} {seed}"] for seed in seeds]) for name in members}
        for group, members in GROUPS.items()
    }
