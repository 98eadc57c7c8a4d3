"""A training with buttons: one starts it, another ends it, and its curves grow meanwhile."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.nn import CrossEntropyLoss, Module
from chainrule.notebooks.extra import widgets
from chainrule.notebooks.figures import beside, line, move, new_figure
from chainrule.notebooks.job import Job, Watcher, told
from chainrule.notebooks.panel import Panel, button, row, say, sentence, show_table, side_by_side
from chainrule.optim import Optimizer
from chainrule.train import NonFiniteLossError, Trainer, accuracy

PHASES = ("training", "validation")
WINDOW = 10  # steps whose mean loss is one point, or more in a long training:
POINTS = 400  # a curve has no more than these
EARLIER = 5  # runs whose curves stay
MARKED: dict[str, Any] = {"mode": "lines+markers", "cliponaxis": False}  # seen whole at the end of the axis, too

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
        Reads the controls, draws the first weights and returns a ``Run``. A ``ValueError`` that it raises becomes
        a sentence on the page.
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
        self._finished = ""  # the name of the run whose curves are shown, if it has come to its end
        self.rows: list[dict[str, str]] = []
        self.note, self.table = sentence("Press Run."), sentence()
        self.job = Job(self.note)
        self.run = button("Run", self.start, button_style="primary")
        self.stop = button("Stop", self.job.stop, disabled=True)
        self.progress = widgets.FloatProgress(0, max=1, layout=widgets.Layout(flex="1 1 8em", min_width="0"))
        self.loss, self.accuracy = (
            new_figure([line(name, i, **MARKED) for i, name in enumerate(PHASES)], "epoch", y)
            for y in ("loss / nat", "accuracy / %")
        )
        for figure, top in ((self.loss, 2.5), (self.accuracy, 100)):
            with figure.drawing():
                figure.plot.update_xaxes(range=(0, 1), dtick=1)
                figure.plot.update_yaxes(rangemode="nonnegative", range=(0, top))
        buttons = row(self.run, self.stop, self.progress)
        figures = beside(self.loss, self.accuracy)
        super().__init__(side_by_side(*controls), buttons, self.note, figures, self.table)

    def start(self) -> None:
        """Run what the controls say, unless a run is going."""
        if self.job.running:  # a second press of a button that was not yet grey on the page
            return
        Job.end_any()
        self.progress.value = 0
        say(self.note, "Reading the data …")
        with told(self.note):
            run = self._prepare()
            self._make_room(run)
            self.run.disabled, self.stop.disabled = True, False
            self.job.start(lambda: self._train(run))

    def _train(self, run: Run) -> None:
        watcher = Watcher(lambda trainer: self._draw(trainer, run), self.job.stopping)
        trainer = run.trainer(watcher)
        try:
            self._conclude(run, trainer.fit(run.train, run.epochs, run.validation).epochs)
        except NonFiniteLossError as error:
            self._draw(trainer, run, window=1)
            say(self.note, diverged(error), wrong=True)
        finally:
            self.run.disabled, self.stop.disabled = False, True
        self._on_end()

    def _make_room(self, run: Run) -> None:
        """Empty the curves for a new run; those of the last stay under its name, if it came to its end."""
        name, self._finished = self._finished, ""
        for figure in (self.loss, self.accuracy):
            with figure.drawing():
                if name:
                    self._keep_validation(figure, name)
                for i in range(len(PHASES)):
                    move(figure, i, [], [])
                longest = max(run.epochs, *(trace.x[-1] for trace in figure.plot.data[len(PHASES) :]), 1)
                figure.plot.update_layout(xaxis_range=(0, longest), yaxis_range=None)

    def _keep_validation(self, figure: Any, name: str) -> None:
        """Keep the validation curve of a run, and let go of the oldest if there are many."""
        traces, shown = figure.plot.data, figure is self.accuracy  # in one legend of the two
        last = {"x": traces[1].x, "y": traces[1].y, "showlegend": shown, **MARKED}
        figure.plot.data = [
            trace for i, trace in enumerate(traces) if i < len(PHASES) or len(traces) - i < EARLIER
        ]
        figure.plot.add_trace(line(name, len(PHASES) + len(self.rows) - 1, **last))

    def _draw(self, trainer: Trainer, run: Run, window: int | None = None) -> None:
        """Draw what has been measured."""
        steps, epochs, per_epoch = trainer.history.steps, trainer.history.epochs, len(run.train)
        if not steps:
            return
        window = window or max(WINDOW, math.ceil(per_epoch * run.epochs / POINTS))
        numbers = [epoch["epoch"] for epoch in epochs]
        places, accuracies = list(numbers), [epoch["train_accuracy"] for epoch in epochs]
        if trainer.running is not None and trainer.running.tally.batches:  # what the epoch has given so far
            places.append(len(steps) / per_epoch)
            accuracies.append(trainer.running.tally.ratios()["accuracy"])
        with self.loss.drawing(), self.accuracy.drawing():
            at, losses = means(steps, per_epoch, window)
            move(self.loss, 0, at, losses, mode="lines" if len(at) > 1 else "markers")
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
        self.rows.append({"run": name, **measured(run.model, epochs), **run.settings})
        show_table(self.table, self.rows)


def diverged(error: NonFiniteLossError) -> str:
    """Say that a training has ended in numbers too large to be any, and what may help."""
    where = f"epoch {error.epoch}, batch {error.batch}"
    return (
        f"The loss of {where} is {error.loss}: the weights have grown until the network no longer gives numbers. "
        "Choose a smaller learning rate."
    )


def means(steps: Sequence[float], per_epoch: int, window: int = WINDOW) -> tuple[Floats, Floats]:
    """Return the mean loss of every few steps, and before it the epochs at their ends.

    Parameters
    ----------
    steps : sequence of float
        The loss of each.
    per_epoch : int
        How many steps an epoch has.
    window : int
        How many steps are one point.

    Examples
    --------
    >>> means([2.0] * 10 + [1.0] * 12, 20)
    (array([0.5, 1. ]), array([2., 1.]))
    """
    whole = len(steps) // window
    losses = np.asarray(steps[: whole * window], dtype=np.float64).reshape(whole, window)
    return np.arange(1, whole + 1) * window / per_epoch, losses.mean(1)


def measured(model: Module, epochs: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Return what the table says of a training, besides what was chosen.

    Examples
    --------
    >>> from chainrule import nn
    >>> measured(nn.Linear(4, 2), [{"seconds": 1.5, "train_accuracy": 0.5, "validation_accuracy": 0.25}])
    {'validation': '25.00%', 'training': '50.00%', 'epochs': '1', 'parameters': '10', 'seconds': '1.5'}
    """
    return {
        "validation": f"{epochs[-1]['validation_accuracy']:.2%}",
        "training": f"{epochs[-1]['train_accuracy']:.2%}",
        "epochs": f"{len(epochs)}",
        "parameters": f"{sum(p.numel() for p in model.parameters()):,}",
        "seconds": f"{sum(epoch['seconds'] for epoch in epochs):.1f}",
    }
