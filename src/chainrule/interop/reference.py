"""A run of PyTorch as plain data: recorded once, compared with where PyTorch is not installed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.files import write_text
from chainrule.json_files import parse_json

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
            If the file holds something else, or its parts don't agree.
        """
        try:
            run = cls(**parse_json(path.read_bytes()), kind="recorded")
            _check(run)
            run.steps = _rounded(run.steps, run.dtype)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path} is not a recorded run of PyTorch: {error}") from error
        return run


def _check(run: ReferenceRun) -> None:
    """Raise a ValueError if a run from a file has parts of the wrong kind, or parts that don't agree."""
    expected = {
        "lab": str, "settings": dict, "torch": str, "machine": str, "steps": list, "epochs": list, "dtype": str,
    }  # fmt: skip
    for name, kind in expected.items():
        if not isinstance(getattr(run, name), kind):
            raise ValueError(f"{name} is no {kind.__name__}")
    if run.dtype not in ("float32", "float64"):
        raise ValueError(f"its losses are of {run.dtype[:80]!r}, expected float32 or float64")
    if not all(isinstance(loss, float) for loss in run.steps):
        raise ValueError("not all of its losses are floating-point numbers")
    for number, record in enumerate(run.epochs, start=1):
        if not isinstance(record, dict) or record.get("epoch") != number or type(record.get("steps")) is not int:
            raise ValueError(f"epoch {number} has no record of its own")
    if sum(record["steps"] for record in run.epochs) != len(run.steps):
        raise ValueError(f"it has {len(run.steps)} losses, and its epochs had another number of steps")


def _rounded(losses: list[float], dtype: str) -> list[float]:
    """Return losses as they were before they were written."""
    with np.errstate(over="ignore"):
        values = np.array(losses, dtype)
    if not np.isfinite(values).all():
        raise ValueError(f"not all of its losses are numbers of {dtype}")
    return list(map(float, values))


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
