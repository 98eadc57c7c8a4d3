"""What can look on at a training and step in: the base class, and early stopping."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.ops import Array

if TYPE_CHECKING:
    from chainrule.train.trainer import Trainer


class Callback:
    """Base of the callbacks: each method is called at its moment, and does nothing here.

    One that remembers something says so in ``state_dict``, so that it is part of checkpoints.

    Attributes
    ----------
    place : int
        Callbacks with a lower one are called before others, whatever the order in which they are given.

    Examples
    --------
    >>> class StopAt(Callback):
    ...     def __init__(self, loss):
    ...         self.loss = loss
    ...     def on_step_end(self, trainer, loss):
    ...         if loss < self.loss:
    ...             trainer.stop()
    """

    place = 0

    def on_fit_start(self, trainer: Trainer) -> None:
        """Begin. In a resumed training, ``trainer.history`` holds what came before."""

    def on_epoch_start(self, trainer: Trainer) -> None:
        """See an epoch begin, or go on: ``trainer.running`` says which, and where it stands."""

    def on_step_end(self, trainer: Trainer, loss: float) -> None:
        """See the loss of a step, whose update has been made."""

    def on_validation_start(self, trainer: Trainer) -> None:
        """See that an epoch's batches are done, and what comes next is its validation."""

    def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
        """See the record of an epoch, its validation included."""

    def on_fit_end(self, trainer: Trainer) -> None:
        """Clean up. Called also when an error ends the training."""

    def state_dict(self) -> dict[str, Any]:
        """Return what to remember, in containers that :func:`chainrule.save` takes; empty for nothing, ever."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what ``state_dict`` returned. Called before ``on_fit_start``."""


class EarlyStopping(Callback):
    """Stop when a measure has stopped getting better.

    Parameters
    ----------
    monitor : str
        A key of the records of the epochs.
    mode : {"min", "max"}
        Whether smaller or larger is better.
    patience : int
        How many epochs in a row without progress are let pass: the next one ends the training.
    min_delta : float
        What counts as progress: a change of more than this.
    restore_best : bool
        Whether the model gets back the weights and buffers of its best epoch in the end.

    Attributes
    ----------
    best : float
        The best value so far.
    best_epoch : int
        Its epoch; 0 before the first.

    Examples
    --------
    >>> EarlyStopping(patience=2).best_epoch
    0
    """

    def __init__(
        self,
        monitor: str = "validation_loss",
        mode: str = "min",
        patience: int = 5,
        min_delta: float = 0.0,
        restore_best: bool = False,
    ) -> None:
        if mode not in ("min", "max"):
            raise ValueError(f"EarlyStopping expected mode 'min' or 'max', got {mode!r}")
        if patience < 0 or min_delta < 0:
            raise ValueError(
                f"EarlyStopping expected patience and min_delta not negative, got {patience} and {min_delta}"
            )
        self.monitor, self.mode, self.patience = monitor, mode, patience
        self.min_delta, self.restore_best = min_delta, restore_best
        self._forget()

    def _forget(self) -> None:
        self.best = math.inf if self.mode == "min" else -math.inf
        self.best_epoch = self.bad_epochs = 0
        self.best_model: dict[str, Array] = {}

    def on_fit_start(self, trainer: Trainer) -> None:
        """Start anew, or stop again where a training that had been stopped is resumed."""
        if not trainer.history.steps:
            self._forget()
        if self.bad_epochs > self.patience:
            trainer.stop()

    def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
        """Compare with the best epoch."""
        if self.monitor not in record:
            have = ", ".join(record)
            raise KeyError(f"EarlyStopping: the record of an epoch has no {self.monitor!r}, only {have}")
        value = record[self.monitor]
        gain = self.best - value if self.mode == "min" else value - self.best
        if gain > self.min_delta:
            self.best, self.best_epoch, self.bad_epochs = value, record["epoch"], 0
            if self.restore_best:
                self.best_model = {k: np.array(v) for k, v in trainer.model.state_dict().items()}
        else:
            self.bad_epochs += 1
        if self.bad_epochs > self.patience:
            trainer.stop()

    def on_fit_end(self, trainer: Trainer) -> None:
        """Give the model its best weights back."""
        if self.best_model:
            trainer.model.load_state_dict(self.best_model)

    def state_dict(self) -> dict[str, Any]:
        """Return the best value and what belongs to it."""
        names = ("best", "best_epoch", "bad_epochs", "best_model")
        return {name: getattr(self, name) for name in names}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over the best value and what belongs to it."""
        self.__dict__.update(state)
