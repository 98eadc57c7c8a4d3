"""A run of PyTorch as plain data: recorded once, compared with where PyTorch is not installed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.files import write_text

RECORDED = Path(__file__).with_name("recorded")


@dataclass
class ReferenceRun:
    """What PyTorch measured, and on what.

    Attributes
    ----------
    lab : str
    settings : dict
        Everything that the numbers depend on: seed, batch size, learning rate, and the SHA-256 of the data.
    torch : str
        The version.
    machine : str
        The processor's architecture: the last bits depend on it.
    steps : list of float
        The loss of every step.
    epochs : list of dict
        For every epoch: epoch, train_loss, validation_loss, validation_accuracy, seconds.
    kind : str
        "live" where it was trained in this run, else "recorded".
    dtype : str
        Of the losses: "float32" or "float64".
    """

    lab: str
    settings: dict[str, Any]
    torch: str
    machine: str
    steps: list[float] = field(default_factory=list)
    epochs: list[dict[str, Any]] = field(default_factory=list)
    kind: str = "live"
    dtype: str = "float32"

    def first(self, epochs: int) -> ReferenceRun:
        """Return the part of the run that is its first epochs."""
        steps = sum(e["steps"] for e in self.epochs[:epochs])
        return ReferenceRun(
            self.lab,
            self.settings,
            self.torch,
            self.machine,
            self.steps[:steps],
            self.epochs[:epochs],
            self.kind,
            self.dtype,
        )

    def save(self, path: Path) -> None:
        """Write the run as JSON. Nine digits give float32 back to the bit."""
        content = {k: v for k, v in asdict(self).items() if k != "kind"}
        if self.dtype == "float32":
            content["steps"] = [float(f"{loss:.9g}") for loss in self.steps]
        write_text(path, json.dumps(content) + "\n")

    @classmethod
    def load(cls, path: Path) -> ReferenceRun:
        """Read a run that was saved.

        Raises
        ------
        ValueError
            If the file holds something else.
        """
        try:
            run = cls(**json.loads(path.read_text(encoding="utf-8")), kind="recorded")
            run.steps = np.array(run.steps, dtype=run.dtype).tolist()
            return run
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path} is not a recorded run of PyTorch: {error}") from error


def recorded_runs() -> Iterator[ReferenceRun]:
    """Yield the runs that are embedded in the package."""
    for path in sorted(RECORDED.glob("*reference*.json")):
        yield ReferenceRun.load(path)


def find_recorded(lab: str, settings: dict[str, Any], epochs: int) -> ReferenceRun | None:
    """Return the recorded run of a lab with exactly these settings and at least so many epochs, or None.

    Parameters
    ----------
    lab : str
    settings : dict
    epochs : int

    Returns
    -------
    ReferenceRun or None

    Examples
    --------
    >>> find_recorded("tutorial", {"seed": -1}, epochs=5) is None
    True
    """
    for run in recorded_runs():
        if run.lab == lab and run.settings == settings and len(run.epochs) >= epochs:
            return run.first(epochs)
    return None
