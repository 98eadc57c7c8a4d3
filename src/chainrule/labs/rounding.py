"""How far rounding alone carries a training: the same again with the last bit of one weight changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.labs.words import counted, listed, scientific

NUDGES = 3


def nudge(parameter: Any, which: int | None) -> None:
    """Change the last bit of one entry of a parameter, upwards; ``None`` changes nothing.

    Parameters
    ----------
    parameter : Parameter
        The weight of a layer, shape (outputs, inputs).
    which : int or None
        The row. The entry is where the middle of a square picture is, which is not empty.

    Examples
    --------
    >>> weight = cr.nn.Linear(2, 1, dtype=cr.float64).weight
    >>> before = weight.tolist()
    >>> nudge(weight, 0)
    >>> float(weight[0, 1]) > before[0][1], float(weight[0, 0]) == before[0][0]
    (True, True)
    """
    if which is None:
        return
    W = np.asarray(parameter).copy()
    row, inputs = which % len(W), W.shape[1]
    column = inputs // 2 + round(inputs**0.5) // 2
    W[row, column] = np.nextafter(W[row, column], W.dtype.type(np.inf))
    with cr.no_grad():
        parameter.copy_(cr.tensor(W))


def nudged(settings: Mapping[str, Any], nudges: int = NUDGES) -> dict[str, dict[str, Any]]:
    """Return the settings of trials of one training: as it is, and with one bit changed.

    Parameters
    ----------
    settings : mapping
        The trial's arguments besides ``nudge``, which it hands on to :func:`nudge`.

    Examples
    --------
    >>> nudged({"lr": 0.1}, 1)
    {'no nudge': {'lr': 0.1, 'nudge': None}, 'nudge 0': {'lr': 0.1, 'nudge': 0}}
    """
    chosen = {"no nudge": None, **{f"nudge {i}": i for i in range(nudges)}}
    return {name: {**settings, "nudge": which} for name, which in chosen.items()}


@dataclass(frozen=True)
class Rounding:
    """What one changed bit makes of a training.

    Attributes
    ----------
    runs : sequence of mapping
        What the trials returned, with "steps" and "epochs" as a ``History`` has them: first the one that was not
        changed.
    """

    runs: Sequence[Mapping[str, Any]]

    def name(self) -> str:
        """Return what the runs are, for tables."""
        return f"{counted(len(self.runs), 'run')} with another last bit of one weight"

    def values(self, measure: Callable[[Mapping[str, Any]], float]) -> list[float]:
        """Return a number of every run."""
        return [measure(run) for run in self.runs]

    def apart(self, last: int | None = None) -> list[float]:
        """Return how far the losses of each changed run are from the unchanged one's at most.

        Parameters
        ----------
        last : int, optional
            In so many steps at the end; by default in all.
        """
        plain, *changed = [run["steps"] for run in self.runs]
        return [float(np.abs(np.subtract(steps, plain))[-(last or 0) :].max()) for steps in changed]

    def explains(self, difference: float) -> bool:
        """Tell whether a largest difference is of the size that one bit gives.

        Of few runs the largest is no bound, but the size: up to twice as much counts.
        """
        return difference <= 2 * max(self.apart())

    def sentence(self, difference: float, who: str = "PyTorch's") -> str:
        """Say whether rounding is enough to explain how far another training's losses are from ours."""
        apart = listed([scientific(d) for d in self.apart()])
        enough = (
            "of that size: rounding alone carries a training so far"
            if self.explains(difference)
            else "less: rounding alone does not explain all of it"
        )
        return (
            f"{who} losses are up to {scientific(difference)} from ours. Our own training, with the last bit of "
            f"one weight changed at the start, is up to {apart} from itself, which is {enough}."
        )
