"""Work beside the page: a training in a thread of its own, that can be seen and ended from outside."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from chainrule.train import Callback, Trainer

SECONDS_BETWEEN = 0.25  # two drawings


class Job:
    """Work in a thread of its own, so that the page's buttons are heard meanwhile; one at a time.

    Attributes
    ----------
    stopping : threading.Event
        Set when the work is asked to end.

    Examples
    --------
    >>> job, done = Job(), []
    >>> job.start(lambda: done.append(1))
    >>> job.wait()
    >>> done
    [1]
    """

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, work: Callable[[], None]) -> None:
        """Begin, after what was being done has ended early."""
        self.stop()
        self.wait()
        self.stopping.clear()
        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask the work to end."""
        self.stopping.set()

    def wait(self) -> None:
        """Wait for the end of the work."""
        if self._thread is not None:
            self._thread.join()


class Watcher(Callback):
    """Draws a training now and then, and ends it when it is asked to.

    Parameters
    ----------
    draw : callable
        Takes the trainer.
    stopping : threading.Event

    Examples
    --------
    >>> from chainrule import nn, optim
    >>> model, seen = nn.Linear(1, 1), []
    >>> watcher = Watcher(lambda trainer: seen.append(len(trainer.history.epochs)), threading.Event())
    >>> trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters()), callbacks=[watcher])
    >>> _ = trainer.fit([([[1.0]], [[2.0]])], epochs=3)
    >>> seen[-1]
    3
    """

    def __init__(self, draw: Callable[[Trainer], None], stopping: threading.Event) -> None:
        self.draw, self.stopping = draw, stopping
        self._next = 0.0

    def on_step_end(self, trainer: Trainer, loss: float) -> None:
        """End the training if it is to end; draw if it is time."""
        if self.stopping.is_set():
            trainer.stop()
        elif time.monotonic() >= self._next:
            self.draw(trainer)
            self._next = time.monotonic() + SECONDS_BETWEEN

    def on_fit_end(self, trainer: Trainer) -> None:
        """Draw what there is in the end."""
        self.draw(trainer)
