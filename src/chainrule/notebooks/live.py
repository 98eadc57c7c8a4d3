"""A training with buttons: one starts it, another ends it, and its curves grow meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.nn import CrossEntropyLoss, Module
from chainrule.notebooks.extra import widgets
from chainrule.notebooks.figures import beside, line, move, new_figure
from chainrule.notebooks.job import Job, Watcher
from chainrule.notebooks.panel import Panel, button, say, sentence, show_table, side_by_side
from chainrule.optim import Optimizer
from chainrule.train import Trainer, accuracy

WINDOW = 10  # steps whose mean loss is one point

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Run:
    """A training of a classifier that is about to begin.

    Attributes
    ----------
    model : Module
    optimizer : Optimizer
    train, validation : DataLoader
    epochs : int
    data : str
        Which they are.
    settings : dict of str to str
        What was chosen, for the table of runs.
    """

    model: Module
    optimizer: Optimizer
    train: Any
    validation: Any
    epochs: int
    data: str
    settings: dict[str, str]

    def trainer(self, *callbacks: Any) -> Trainer:
        """Return a trainer of the model that measures accuracy."""
        measures = {"accuracy": accuracy}
        return Trainer(
            self.model, CrossEntropyLoss(), self.optimizer,
            metrics=measures, train_metrics=measures, callbacks=callbacks, progress=False,
        )  # fmt: skip


class LiveTraining(Panel):
    """Buttons, progress, curves and a table of trainings.

    Parameters
    ----------
    prepare : callable
        Returns a ``Run``. A ``ValueError`` that it raises becomes a sentence on the page.
    controls : sequence of widget
        What ``prepare`` reads.
    on_end : callable, optional
        Called when a training has ended, early or not.

    Attributes
    ----------
    run, stop : Button
    progress : FloatProgress
    note : HTML
    loss, accuracy : Figure
        Training and validation of the last run, then the validation of earlier ones.
    table : HTML
    rows : list of dict
        Of the table: a run each, unless it was stopped in its first epoch.
    job : Job
    """

    def __init__(
        self, prepare: Callable[[], Run], controls: Sequence[Any], on_end: Callable[[], None] = lambda: None
    ) -> None:
        self._prepare, self._on_end = prepare, on_end
        self.job = Job()
        self._finished = ""  # the name of the run whose curves are shown, if it has come to its end
        self.rows: list[dict[str, str]] = []
        self.run = button("Run", self.start, button_style="primary")
        self.stop = button("Stop", self.job.stop, disabled=True)
        self.progress = widgets.FloatProgress(0, max=1, layout=widgets.Layout(flex="1 1 8em", min_width="0"))
        self.note, self.table = sentence("Press Run."), sentence()
        self.loss, self.accuracy = (
            new_figure([line("training", 0, mode=mode), line("validation", 1, mode="lines+markers")], "epoch", y)
            for y, mode in (("loss / nat", "lines"), ("accuracy / %", "lines+markers"))
        )
        buttons = side_by_side(self.run, self.stop, self.progress)
        figures = beside(self.loss, self.accuracy)
        super().__init__(side_by_side(*controls), buttons, self.note, figures, self.table)

    def start(self) -> None:
        """Run what the controls say."""
        self.run.disabled, self.stop.disabled = True, False
        self.progress.value = 0
        say(self.note, "Reading the data …")
        self.job.start(self._work)

    def _work(self) -> None:
        try:
            run = self._prepare()
            self._make_room()
            watcher = Watcher(lambda trainer: self._draw(trainer, run), self.job.stopping)
            history = run.trainer(watcher).fit(run.train, run.epochs, run.validation)
            self._conclude(run, history.epochs)
            self._on_end()
        except (ArithmeticError, OSError, ValueError) as error:  # what a person can mend, or learn from
            say(self.note, f"{str(error).rstrip('.')}.", wrong=True)
        except Exception as error:
            say(self.note, f"Not foreseen: {type(error).__name__}: {error}", wrong=True)
            raise
        finally:
            self.run.disabled, self.stop.disabled = False, True

    def _make_room(self) -> None:
        """Let the validation curves of the last run stay under its name, if it came to its end."""
        name, self._finished = self._finished, ""
        if not name:
            return
        for figure in (self.loss, self.accuracy):
            last = figure.plot.data[1]
            points = {"x": last.x, "y": last.y, "showlegend": figure is self.accuracy}
            with figure.drawing():
                figure.plot.add_trace(line(name, len(figure.plot.data), **points))

    def _draw(self, trainer: Trainer, run: Run) -> None:
        """Draw what has been measured."""
        steps, epochs, per_epoch = trainer.history.steps, trainer.history.epochs, len(run.train)
        if not steps:
            return
        numbers = [epoch["epoch"] for epoch in epochs]
        places, accuracies = list(numbers), [epoch["train_accuracy"] for epoch in epochs]
        if trainer.running is not None and trainer.running.tally.batches:  # what the epoch has given so far
            places.append(len(steps) / per_epoch)
            accuracies.append(trainer.running.tally.ratios()["accuracy"])
        with self.loss.drawing(), self.accuracy.drawing():
            move(self.loss, 0, *means(steps, per_epoch))
            move(self.loss, 1, numbers, [epoch["validation_loss"] for epoch in epochs])
            move(self.accuracy, 0, places, 100 * np.array(accuracies))
            move(self.accuracy, 1, numbers, [100 * epoch["validation_accuracy"] for epoch in epochs])
        self.progress.value = len(steps) / (per_epoch * run.epochs)
        say(self.note, f"Epoch {min(len(epochs) + 1, run.epochs)} of {run.epochs}, loss {steps[-1]:.4f}")

    def _conclude(self, run: Run, epochs: Sequence[dict[str, Any]]) -> None:
        """Say how a run went, and add it to the table."""
        if not epochs:
            say(self.note, "Stopped before the end of the first epoch: there is nothing to compare.")
            return
        self._finished = name = f"run {len(self.rows) + 1}"
        right = epochs[-1]["validation_accuracy"]
        early = "" if len(epochs) == run.epochs else f", stopped after epoch {len(epochs)} of {run.epochs}"
        say(
            self.note, f"{name.capitalize()}{early}: {right:.2%} of the validation images right. Data: {run.data}."
        )
        self.rows.append({"run": name, **run.settings, **measured(run.model, epochs)})
        show_table(self.table, self.rows)


def means(steps: Sequence[float], per_epoch: int) -> tuple[Floats, Floats]:
    """Return the mean loss of every ``WINDOW`` steps, and before it the epochs at their ends.

    Parameters
    ----------
    steps : sequence of float
        The loss of each.
    per_epoch : int
        How many steps an epoch has.

    Examples
    --------
    >>> means([2.0] * 10 + [1.0] * 12, 20)
    (array([0.5, 1. ]), array([2., 1.]))
    """
    whole = len(steps) // WINDOW
    losses = np.asarray(steps[: whole * WINDOW], dtype=np.float64).reshape(whole, WINDOW)
    return np.arange(1, whole + 1) * WINDOW / per_epoch, losses.mean(1)


def measured(model: Module, epochs: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Return what the table says of a training, besides what was chosen.

    Examples
    --------
    >>> from chainrule import nn
    >>> measured(nn.Linear(4, 2), [{"seconds": 1.5, "train_accuracy": 0.5, "validation_accuracy": 0.25}])
    {'epochs': '1', 'parameters': '10', 'seconds': '1.5', 'training': '50.00%', 'validation': '25.00%'}
    """
    return {
        "epochs": f"{len(epochs)}",
        "parameters": f"{sum(p.numel() for p in model.parameters()):,}",
        "seconds": f"{sum(epoch['seconds'] for epoch in epochs):.1f}",
        "training": f"{epochs[-1]['train_accuracy']:.2%}",
        "validation": f"{epochs[-1]['validation_accuracy']:.2%}",
    }
