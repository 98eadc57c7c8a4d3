"""What a training has measured: the losses of all steps, and a record of each epoch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from chainrule.ops import Array


@dataclass
class History:
    """The measurements of a training, in numbers, strings and lists that JSON can hold.

    Attributes
    ----------
    steps : list of float
        The loss of every step, before its update, over all epochs.
    epochs : list of dict
        A record of every finished epoch:

        - ``epoch``, from 1; ``steps`` and ``samples`` of this epoch; ``lr``, of the first parameter group.
        - ``train_loss``, and ``train_<metric>``: over the samples, while the weights were changing.
        - ``validation_loss``, the mean of the losses of the batches, as in PyTorch's tutorial; and
          ``validation_<metric>``, over the samples. Only with validation.
        - ``seconds``, of training alone, and ``samples_per_second``; ``validation_seconds``.
    """

    steps: list[float] = field(default_factory=list)
    epochs: list[dict[str, Any]] = field(default_factory=list)

    def state_dict(self) -> dict[str, Any]:
        """Return the content, for a checkpoint."""
        return {"steps": np.array(self.steps, np.float64), "epochs": self.epochs}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Make a history of what ``state_dict()`` returned."""
        return cls(np.asarray(state["steps"]).tolist(), [dict(record) for record in state["epochs"]])


@dataclass
class Tally:
    """Running sums over batches.

    Attributes
    ----------
    batches, samples : int
        How many.
    loss : float
        The sum of the losses of the batches.
    weighted_loss : float
        The same, each times its number of samples.
    metrics : dict
        For each metric, the sums of its parts and of its wholes.
    """

    batches: int = 0
    samples: int = 0
    loss: float = 0.0
    weighted_loss: float = 0.0
    metrics: dict[str, tuple[float, float]] = field(default_factory=dict)

    def add(self, samples: int, loss: float) -> None:
        """Count a batch."""
        self.batches += 1
        self.samples += samples
        self.loss += loss
        self.weighted_loss += loss * samples

    def add_metric(self, name: str, part: float, whole: float) -> None:
        """Count what a metric says of a batch."""
        parts, wholes = self.metrics.get(name, (0, 0))
        self.metrics[name] = parts + part, wholes + whole

    def ratios(self) -> dict[str, float]:
        """Return part / whole of each metric; not a number where there was nothing to count."""
        return {name: part / whole if whole else float("nan") for name, (part, whole) in self.metrics.items()}


@dataclass
class RunningEpoch:
    """The epoch that is being trained.

    Attributes
    ----------
    number : int
        From 1.
    generators : dict of str to ndarray
        The states of the random generators when its batches were first asked for, from which their order can be
        drawn again.
    tally : Tally
        What its steps have summed up.
    seconds : float
        What they have taken.
    """

    number: int
    generators: dict[str, Array] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    seconds: float = 0.0

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Make a running epoch of what ``dataclasses.asdict`` returned."""
        return cls(**{**state, "tally": Tally(**state["tally"])})
