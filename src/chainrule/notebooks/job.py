"""Work beside the page: a training in a thread of its own, that can be seen and ended from outside."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np

from chainrule.labs.options import REFUSALS
from chainrule.notebooks.panel import say
from chainrule.train import Callback, Trainer

SECONDS_BETWEEN = 0.25  # two drawings
MENDABLE = (*REFUSALS, ArithmeticError, ValueError)  # errors that a person can mend, or learn from


@contextmanager
def told(note: Any) -> Iterator[None]:
    """Say on the page what goes wrong inside; what is a mistake of ours is raised, too.

    Examples
    --------
    >>> from chainrule.notebooks.panel import sentence
    >>> note = sentence()
    >>> with told(note):
    ...     raise ValueError("x expected numbers")
    >>> note.value
    '<div class="wrong" role="alert">x expected numbers.</div>'
    """
    try:
        yield
    except MENDABLE as error:
        say(note, f"{str(error).rstrip('.')}.", wrong=True)
    except Exception as error:
        say(note, f"Not foreseen: {type(error).__name__}: {error}", wrong=True)
        raise


class Job:
    """Work in a thread of its own, so that the page's buttons are heard meanwhile.

    A process has one generator of random numbers, so there is one job at a time, whatever cell of the notebook it
    belongs to: two that draw in turn would both get other numbers than they get alone.

    Parameters
    ----------
    note : HTML
        Where it is said if the work fails.

    Attributes
    ----------
    stopping : threading.Event
        Set when the work is asked to end.

    Examples
    --------
    >>> from chainrule.notebooks.panel import sentence
    >>> job, done = Job(sentence()), []
    >>> job.start(lambda: done.append(1))
    >>> job.wait()
    >>> done
    [1]
    """

    _last: ClassVar[Job | None] = None  # the one that may be running

    def __init__(self, note: Any) -> None:
        self.stopping = threading.Event()
        self._note = note
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether the work has begun and not ended."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def is_here(self) -> bool:
        """Whether it is the work itself that asks."""
        return threading.current_thread() is self._thread

    @staticmethod
    def end_any() -> None:
        """End early what is being done, by whichever job, and wait for that."""
        if Job._last is not None:
            Job._last.stop()
            Job._last.wait()

    def start(self, work: Callable[[], None]) -> None:
        """Begin, after what was being done has ended early."""
        self.end_any()
        self.stopping.clear()
        Job._last = self
        self._thread = threading.Thread(target=self._do, args=(work,), daemon=True)
        self._thread.start()

    def _do(self, work: Callable[[], None]) -> None:
        with np.errstate(all="ignore"), told(self._note):  # a loss that is no number is said by the trainer
            work()

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
