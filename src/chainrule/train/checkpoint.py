"""``Checkpoint``: when the state of a training is written to a file."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.files import remove_partial
from chainrule.serialization import save
from chainrule.train.callbacks import Callback

if TYPE_CHECKING:
    from chainrule.train.trainer import Trainer


class Checkpoint(Callback):
    """Write a checkpoint at the start, at the end of every epoch, and now and then in between.

    The file is replaced whole, so that at any moment there is one from which ``Trainer.fit(resume=path)`` goes on.
    Ctrl-C ends the training after the running step, with a checkpoint; pressed again, at once and without.

    Parameters
    ----------
    path : path-like
    every_seconds : float or None
        How long to wait, within an epoch, from one checkpoint to the next.
    every_steps : int or None
        After how many steps of an epoch to write one.

    Examples
    --------
    >>> import tempfile
    >>> from chainrule import nn, optim
    >>> from chainrule.train import Trainer
    >>> model, path = nn.Linear(1, 1), Path(tempfile.mkdtemp(), "checkpoint.npz")
    >>> trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters()), callbacks=[Checkpoint(path)])
    >>> batches = [([[1.0]], [[2.0]])]
    >>> _ = trainer.fit(batches, epochs=1)
    >>> len(trainer.fit(batches, epochs=3, resume=path).epochs)
    3
    """

    place = 1  # last: it holds what others remember

    def __init__(
        self,
        path: str | os.PathLike[str],
        every_seconds: float | None = 30.0,
        every_steps: int | None = None,
    ) -> None:
        for name, value in {"every_seconds": every_seconds, "every_steps": every_steps}.items():
            if value is not None and value <= 0:
                raise ValueError(f"Checkpoint expected {name} to be positive or None, got {value}")
        self.path = Path(path)
        self.every_seconds, self.every_steps = every_seconds, every_steps
        self._interrupted = False
        self._previous_handler: Any = None

    def on_fit_start(self, trainer: Trainer) -> None:
        """Write the first checkpoint, and take care of Ctrl-C."""
        remove_partial(self.path)
        self._save(trainer)
        self._interrupted = False
        if threading.current_thread() is threading.main_thread():
            self._previous_handler = signal.signal(signal.SIGINT, self._on_interrupt)

    def _on_interrupt(self, number: int, frame: Any) -> None:
        """Note Ctrl-C: a checkpoint from the middle of an update would not be one."""
        if self._interrupted:
            raise KeyboardInterrupt
        self._interrupted = True

    def on_step_end(self, trainer: Trainer, loss: float) -> None:
        """Write a checkpoint if it is time."""
        assert trainer.running is not None
        if (
            self._interrupted
            or trainer.stopping
            or (self.every_seconds is not None and time.monotonic() - self._saved_at >= self.every_seconds)
            or (self.every_steps is not None and trainer.running.tally.batches % self.every_steps == 0)
        ):
            self._save(trainer)

    def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
        """Write a checkpoint."""
        self._save(trainer)

    def on_fit_end(self, trainer: Trainer) -> None:
        """Give Ctrl-C back."""
        if self._previous_handler is not None:
            signal.signal(signal.SIGINT, self._previous_handler)
            self._previous_handler = None

    def _save(self, trainer: Trainer) -> None:
        save(trainer.state_dict(), self.path)
        self._saved_at = time.monotonic()
        if self._interrupted:
            raise KeyboardInterrupt
