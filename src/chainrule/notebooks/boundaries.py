"""Where a network draws the line between classes of points, by the number of its hidden units."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import chainrule as cr
from chainrule import nn, optim
from chainrule.data import DataLoader, TensorDataset
from chainrule.labs.framework.network import logistic_loss
from chainrule.labs.framework.plane import TASKS, in_words, probabilities
from chainrule.notebooks.extra import go, widgets
from chainrule.notebooks.figures import COLORS, INK, beside, line, move, new_figure
from chainrule.notebooks.job import Job, Watcher
from chainrule.notebooks.panel import Panel, button, control, on_change, row, say, sentence, side_by_side
from chainrule.plot.plane import Region
from chainrule.train import Trainer, evaluate, zero_one_loss

Floats = NDArray[np.floating]
Results = dict[int, tuple[float, float]]

EVERY, END = "Try every size", "Stop"
UNITS = (0, 1, 2, 3, 4, 8, 16, 32, 64)
BATCH_SIZE, LR = 10, 0.1
MEASURES = {"error": zero_one_loss}
COARSE = 2  # every second point of a region's grid: it is drawn several times a second
SHAPES = ("circle", "triangle-up", "square")  # tell classes apart in grey
PALE = 0.5  # how much of its colour a region has where the network is sure


class Settings(NamedTuple):
    """What decides a training in the plane, besides the number of hidden units."""

    task: str
    layers: int
    epochs: int
    seed: int


def make_trainer(task: str, hidden: list[int], seed: int) -> tuple[Trainer, Any, Any]:
    """Return a trainer for a task in the plane, and the batches to train and to validate with.

    Parameters
    ----------
    task : str
        A key of ``chainrule.labs.framework.plane.TASKS``.
    hidden : list of int
        The units of each hidden layer.
    seed : int
        Decides points, weights and the order of the points.

    Returns
    -------
    tuple of Trainer, DataLoader, DataLoader

    Examples
    --------
    >>> trainer, train, new = make_trainer("xor", [8], seed=0)
    >>> history = trainer.fit(train, 100, new)
    >>> history.epochs[-1]["validation_error"] < 0.2
    True
    """
    what = TASKS[task]
    X, y, new_X, new_y = what.points(seed)
    cr.manual_seed(seed)
    model = what.network(hidden)
    loss_fn: Any = logistic_loss if what.classes == 2 else nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=LR)
    trainer = Trainer(model, loss_fn, optimizer, metrics=MEASURES, progress=False)
    train: Any = DataLoader(TensorDataset(X, y), BATCH_SIZE, shuffle=True)
    return trainer, train, DataLoader(TensorDataset(new_X, new_y), len(new_X))


class Boundaries(Panel):
    """A task in the plane, and a slider for the hidden units of the network that learns it.

    Moving a control trains a new network; the plane and the losses are drawn as the training goes.

    Attributes
    ----------
    task : Dropdown
    units : SelectionSlider
        Of each hidden layer; 0 for a single layer, whose boundary is straight.
    layers, epochs, seed : IntSlider
    every : Button
        Trains one network after another, of all sizes; pressed again, ends that.
    plane, losses, sizes : Figure
    results : dict of int to tuple
        For each number of units that was tried with these settings: accuracy on the points trained on, and on
        new ones.
    job : Job

    Examples
    --------
    >>> panel = Boundaries("moons", units=0, epochs=10)
    >>> panel.job.wait()
    >>> sorted(panel.results)
    [0]
    """

    def __init__(self, task: str = "two-features", units: int = 4, epochs: int = 300) -> None:
        tasks = [(what.name, name) for name, what in TASKS.items()]
        self.task = control(widgets.Dropdown, "task", options=tasks, value=task)
        self.units = control(
            widgets.SelectionSlider, "hidden units", options=UNITS, value=units, continuous_update=False
        )
        whole = {"kind": widgets.IntSlider, "continuous_update": False}
        self.layers = control(description="hidden layers", value=1, min=1, max=2, **whole)
        self.epochs = control(description="epochs", value=epochs, min=10, max=1000, step=10, **whole)
        self.seed = control(description="seed", value=0, min=0, max=20, **whole)
        self.every = button(EVERY, self.try_every)
        self.note = sentence()
        self.job = Job(self.note)
        self._found = defaultdict[Settings, Results](dict)
        self.losses = new_figure([line("training points", 0), line("new points", 1)], "epoch", "loss / nat", 260)
        marks = {"mode": "lines+markers"}
        self.sizes = new_figure(
            [line("training points", 0, **marks), line("new points", 1, **marks)], "hidden units", "right / %", 260
        )
        self.sizes.plot.update_xaxes(
            tickvals=list(range(len(UNITS))), ticktext=UNITS, range=(-0.3, len(UNITS) - 0.7)
        )
        self.sizes.plot.update_yaxes(range=(30, 102))
        self.plane = new_figure(_plane_traces(), "x₁", "x₂", 420)
        self.plane.label = "What the network says of every place, and the points of the classes"
        settings = (self.task, self.layers, self.epochs, self.seed)
        figures = beside(self.plane, widgets.VBox([self.losses, self.sizes]))
        controls = side_by_side(self.task, self.units, self.layers, self.epochs, self.seed)
        super().__init__(controls, row(self.every), self.note, figures)
        on_change(self.train, self.units)
        on_change(self.begin, *settings)
        self.begin()

    @property
    def settings(self) -> Settings:
        """What is chosen besides the size."""
        return Settings(self.task.value, self.layers.value, self.epochs.value, self.seed.value)

    @property
    def results(self) -> Results:
        """What was tried with these settings; what others gave comes back with them."""
        return self._found[self.settings]

    def begin(self) -> None:
        """Show what was tried with the new settings, and train."""
        Job.end_any()
        self._draw_sizes(self.results)
        self.train()

    def train(self) -> None:
        """Train a network of the size that the slider says."""
        if self.job.is_here:  # the slider follows the trial of every size
            return
        units, settings = self.units.value, self.settings
        self.job.start(lambda: self._train(units, settings))

    def try_every(self) -> None:
        """Train networks of all sizes, one after another; or end that."""
        if self.every.description == END:
            self.job.stop()
            return
        settings = self.settings

        def work() -> None:
            try:
                for number, units in enumerate(UNITS, 1):
                    if not self.job.stopping.is_set():
                        self.units.value = units
                        self._train(units, settings, f"Size {number} of {len(UNITS)}: training")
            finally:
                self.every.description = EVERY

        Job.end_any()
        self.every.description = END
        self.job.start(work)

    def _train(self, units: int, settings: Settings, what: str = "Training") -> None:
        hidden = [units] * settings.layers if units else []
        trainer, train, new = make_trainer(settings.task, hidden, settings.seed)
        X, y = train.dataset.tensors
        region = Region(np.asarray(X), np.asarray(y))
        say(self.note, f"{what} …")
        self._draw_points(region)
        self.losses.plot.update_layout(xaxis_range=(0, settings.epochs), yaxis_rangemode="tozero")

        def draw(trainer: Trainer) -> None:
            self._draw(trainer, region)
            say(self.note, f"{what}, epoch {len(trainer.history.epochs)} of {settings.epochs} …")

        trainer.callbacks.append(Watcher(draw, self.job.stopping))
        history = trainer.fit(train, settings.epochs, new)
        if len(history.epochs) < settings.epochs:
            say(self.note, "Stopped.")
            return
        known, unknown = (
            evaluate(trainer.model, data, trainer.loss_fn, MEASURES)["error"] for data in (train, new)
        )
        results = self._found[settings]
        results[units] = 1 - known, 1 - unknown
        self._draw_sizes(results)
        parameters = sum(p.numel() for p in trainer.model.parameters())
        say(
            self.note,
            f"Hidden units: {in_words(hidden)}; parameters: {parameters:,}. Right on {1 - known:.0%} of "
            f"the {len(X)} points it was trained on, and on {1 - unknown:.1%} of {len(new.dataset):,} new ones.",
        )

    def _draw_points(self, region: Region) -> None:
        """Draw what is trained on."""
        with self.plane.drawing():
            for k in range(len(SHAPES)):
                move(self.plane, 2 * len(SHAPES) + k, *region.X[region.y == k].T)

    def _draw(self, trainer: Trainer, region: Region) -> None:
        """Draw how far a training is: the regions of the classes, and the losses."""
        first, second = (axis[::COARSE] for axis in region.axes())
        grid = np.stack(np.meshgrid(first, second), axis=-1)
        lead = leads(probabilities(trainer.model, grid.reshape(-1, 2))).T.reshape(-1, *grid.shape[:2])
        epochs = trainer.history.epochs
        with self.plane.drawing(), self.losses.drawing():
            for k in range(len(SHAPES)):
                z = lead[k] if k < len(lead) else np.full(lead[0].shape, -1)
                self.plane.plot.data[k].update(x=first, y=second, z=np.maximum(z, 0))
                self.plane.plot.data[len(SHAPES) + k].update(x=first, y=second, z=z)
            for i, phase in enumerate(("train", "validation")):
                losses = [epoch[f"{phase}_loss"] for epoch in epochs]
                move(self.losses, i, [epoch["epoch"] for epoch in epochs], losses)

    def _draw_sizes(self, results: Results) -> None:
        """Draw the accuracies of the networks that were trained, by their size."""
        tried = [n for n in UNITS if n in results]
        with self.sizes.drawing():
            for i in range(2):
                move(self.sizes, i, [UNITS.index(n) for n in tried], [100 * results[n][i] for n in tried])


def leads(probabilities: Floats) -> Floats:
    """Return by how much each class is ahead of the best other one; its region ends where that is 0.

    Parameters
    ----------
    probabilities : ndarray, shape (N, classes)

    Returns
    -------
    ndarray, shape (N, classes)

    Examples
    --------
    >>> leads(np.array([[0.5, 0.25, 0.25]])).tolist()
    [[0.25, -0.25, -0.25]]
    """
    ordered = np.sort(probabilities, axis=1)
    best, second = ordered[:, -1:], ordered[:, -2:-1]
    return probabilities - np.where(probabilities == best, second, best)


def _plane_traces() -> list[Any]:
    """Return, for each class, an empty region, then the boundaries, then the points."""
    quiet: dict[str, Any] = {"showscale": False, "hoverinfo": "skip"}
    clear, strong = ([f"rgba({_rgb(color)},{alpha})" for color in COLORS] for alpha in (0, PALE))
    regions = [
        go.Heatmap(z=[], zmin=0, zmax=1, zsmooth="best", colorscale=[[0, clear[k]], [1, strong[k]]], **quiet)
        for k in range(len(SHAPES))
    ]
    zero = {"start": 0, "end": 0, "size": 1, "coloring": "lines"}
    borders = [
        go.Contour(z=[], contours=zero, line_width=2, colorscale=[[0, INK], [1, INK]], **quiet) for _ in SHAPES
    ]
    points = [
        go.Scatter(
            x=[], y=[], mode="markers", name=f"class {k}", hoverinfo="skip",
            marker={"color": COLORS[k], "symbol": shape, "size": 8, "line": {"width": 1, "color": "white"}},
        )
        for k, shape in enumerate(SHAPES)
    ]  # fmt: skip
    return [*regions, *borders, *points]


def _rgb(color: str) -> str:
    """Return a colour as CSS takes it with an alpha.

    Examples
    --------
    >>> _rgb("#0072B2")
    '0,114,178'
    """
    return ",".join(str(int(color[i : i + 2], 16)) for i in (1, 3, 5))
