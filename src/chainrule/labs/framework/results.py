"""The measurements of the framework lab."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.labs.comparison import Comparison
from chainrule.labs.framework.plane import HIDDEN, PHASES, SIZES, TASKS
from chainrule.labs.framework.study import Records, Study
from chainrule.labs.options import Options
from chainrule.labs.rounding import Rounding


@dataclass(frozen=True)
class Perceptron:
    """A perceptron that was trained on digits beside PyTorch's.

    Attributes
    ----------
    layers : int
    model : Module
    comparison : Comparison
    records : list of dict
        As :class:`~chainrule.labs.framework.digits.Watch` makes them.
    wrong : list of int
        Which of the validation images are not recognised in the end.
    """

    layers: int
    model: Any
    comparison: Comparison
    records: Records
    wrong: list[int]

    def measured(self) -> dict[str, Any]:
        """Return what a trial of the study returns, too."""
        return {"records": self.records, "wrong": self.wrong, "stopped": None}


@dataclass(frozen=True)
class FrameworkResults:
    """The lab's measurements.

    Attributes
    ----------
    options : Options
    plane : sequence of dict
        Settings and results of :func:`~chainrule.labs.framework.plane.train_classifier`.
    fits : dict of str to dict
        Settings and results of :func:`~chainrule.labs.framework.plane.train_regression`, by the trial's name.
    perceptrons : dict of int to Perceptron
        By number of layers.
    rounding : dict of int to Rounding
        What one changed bit makes of each of them.
    parting : dict of int to dict
        Settings and results of :func:`~chainrule.labs.framework.digits.nearest_to_zero`, where losses have parted
        from PyTorch's.
    study : Study
    """

    options: Options
    plane: Sequence[dict[str, Any]]
    fits: dict[str, dict[str, Any]]
    perceptrons: dict[int, Perceptron]
    rounding: dict[int, Rounding]
    parting: dict[int, dict[str, Any]]
    study: Study

    def in_the_plane(self, task: str, hidden: list[int]) -> dict[str, Any]:
        """Return the training of a network on a task."""
        return next(trial for trial in self.plane if (trial["task"], trial["hidden"]) == (task, hidden))

    def growing(self) -> list[dict[str, Any]]:
        """Return the trainings of the networks that grow, from the smallest on."""
        return [self.in_the_plane("two-features", hidden) for hidden in SIZES]

    def line_and_network(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Return for each task the training of a line, and of a network."""
        sizes = {task: SIZES[len(SIZES) // 2] if task == "two-features" else HIDDEN for task in TASKS}
        return [(self.in_the_plane(task, []), self.in_the_plane(task, size)) for task, size in sizes.items()]

    def summary(self) -> dict[str, Any]:
        """Return the numbers, for ``summary.json``."""
        return {
            "seeds": self.study.seeds,
            "plane": [
                {
                    **{name: trial[name] for name in ("task", "hidden", "parameters")},
                    "loss": at_the_end(trial, "loss"),
                    "error": at_the_end(trial, "error"),
                    "by_heart": trial["by_heart"][-1],
                }
                for trial in self.plane
            ],
            "regression": {name: {k: fit[k] for k in ("training", "truth")} for name, fit in self.fits.items()},
            "perceptrons": {
                str(layers): {
                    **network.comparison.summary(),
                    "last": network.records[-1],
                    "largest_differences_by_one_bit": self.rounding[layers].apart(),
                    "parts_at_step": self.parting.get(layers, {}).get("steps"),
                }
                for layers, network in self.perceptrons.items()
            },
            "study": [
                {**{k: t[k] for k in ("layers", "activation", "seed", "stopped")}, "last": t["records"][-1]}
                for t in self.study.trials
            ],
        }

    def log(self) -> Iterator[dict[str, Any]]:
        """Yield what was measured at every epoch, for ``metrics.jsonl``."""
        for trial in self.plane:
            network = {"task": trial["task"], "hidden": trial["hidden"]}
            for i, epoch in enumerate(trial["moments"]):
                measured = {f"{p}_{m}": trial[m][p][i] for m in ("loss", "error") for p in PHASES}
                yield {"kind": "plane", **network, "epoch": epoch, **measured}
        for trial in self.study.trials:
            network = {name: trial[name] for name in ("layers", "activation", "seed")}
            for record in trial["records"]:
                yield {"kind": "study", **network, **record}


def at_the_end(trial: dict[str, Any], measure: str) -> dict[str, float]:
    """Return how a network in the plane ended: its "loss" or "error" in "training" and "validation"."""
    return {phase: trial[measure][phase][-1] for phase in PHASES}
