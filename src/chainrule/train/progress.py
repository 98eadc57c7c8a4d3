"""The progress bar: where a training stands, for whoever watches a terminal."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from chainrule.train.callbacks import Callback
from chainrule.train.state import length_of

if TYPE_CHECKING:
    from rich.progress import Progress

    from chainrule.train.trainer import Trainer

# Drawing takes 1 ms to 2 ms: at this pace, less than a hundredth of the time.
SECONDS_BETWEEN = 0.25
SMOOTHING = 0.05  # the share of a step's loss in the loss that is shown


def make_progress(wanted: bool | None) -> list[Callback]:
    """Return the progress bar, in a list, or none.

    Parameters
    ----------
    wanted : bool or None
        None: if standard error is a terminal and rich is installed.

    Raises
    ------
    ImportError
        If it is wanted and rich is missing.
    """
    if wanted is False or (wanted is None and not sys.stderr.isatty()):
        return []
    try:
        return [ProgressBar()]
    except ImportError as error:
        if wanted is None:
            return []
        raise ImportError('progress=True needs rich: pip install "chainrule[lab]"') from error


class ProgressBar(Callback):
    """A bar within the epoch, and a line for each finished one, on standard error.

    Where that is no terminal, there are only the lines.
    """

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True, highlight=False, markup=False)
        self._bar: Progress | None = None

    def _new_bar(self) -> Progress:
        from rich.progress import BarColumn, Progress, TextColumn

        names = ("{task.description}", "loss {task.fields[loss]}", "{task.fields[rate]}", "{task.fields[left]}")
        first, *others = (TextColumn(name) for name in names)
        columns = (first, BarColumn(bar_width=None), *others)
        return Progress(*columns, console=self._console, auto_refresh=False, transient=True, expand=True)

    def on_epoch_start(self, trainer: Trainer) -> None:
        """Show the bar."""
        if not self._console.is_terminal:
            return
        assert trainer.running is not None
        self._total = length_of(trainer.loaders["train"])
        self._loss: float | None = None
        self._next = time.monotonic() + SECONDS_BETWEEN
        self._bar = self._new_bar()  # for this epoch: others may show something of their own between two
        self._task = self._bar.add_task(
            f"epoch {trainer.running.number}/{trainer.epochs}", total=self._total, loss="–", rate="", left=""
        )
        self._bar.start()

    def on_step_end(self, trainer: Trainer, loss: float) -> None:
        """Draw the bar anew, if it is time."""
        if self._bar is None:
            return
        self._loss = loss if self._loss is None else self._loss + SMOOTHING * (loss - self._loss)
        if time.monotonic() >= self._next:
            self._draw(self._bar, trainer)
            self._next = time.monotonic() + SECONDS_BETWEEN

    def _draw(self, bar: Progress, trainer: Trainer) -> None:
        assert trainer.running is not None
        done, seconds = trainer.running.tally.batches, trainer.running.seconds
        left = "" if self._total is None else _duration((self._total - done) * seconds / done) + " left"
        rate = f"{trainer.running.tally.samples / seconds:,.0f} samples/s"
        bar.update(self._task, completed=done, loss=f"{self._loss:.4f}", rate=rate, left=left, refresh=True)

    def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
        """Put a line in the place of the bar."""
        self.on_fit_end(trainer)
        self._console.print(summary_line(record, trainer.epochs), soft_wrap=True)

    def on_fit_end(self, trainer: Trainer) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def summary_line(record: dict[str, Any], epochs: int) -> str:
    """Say in one line how an epoch went.

    Examples
    --------
    >>> measured = {"train_loss": 2.2, "validation_loss": 2.1, "validation_accuracy": 0.5, "seconds": 1.5}
    >>> summary_line({"epoch": 1, **measured}, 5)
    'epoch 1/5  train loss 2.2000  validation loss 2.1000, accuracy 0.5000  1.5 s'
    """
    parts = [f"epoch {record['epoch']}/{epochs}"]
    for phase in ("train", "validation"):
        names = [key.removeprefix(f"{phase}_") for key in record if key.startswith(f"{phase}_")]
        measures = [f"{name} {record[f'{phase}_{name}']:.4f}" for name in names if name != "seconds"]
        if measures:
            parts.append(f"{phase} {', '.join(measures)}")
    return "  ".join([*parts, f"{record['seconds']:.1f} s"])


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
