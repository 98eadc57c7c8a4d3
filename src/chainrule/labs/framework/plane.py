"""Networks on points of a plane, small enough to be drawn while they learn; and on a wave."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

import chainrule as cr
from chainrule import nn, optim
from chainrule.datasets import two_dimensional as recipes
from chainrule.labs.framework.network import learn, logistic_loss, perceptron
from chainrule.plot import save_figure
from chainrule.plot.film import Film, Frame, draw_strip
from chainrule.plot.plane import Region
from chainrule.train import zero_one_loss

POINTS = 100  # to train on
NEW = 1000  # of the same kind, to see what was learnt: 30 could not tell 15 % from 20 %
FLIPPED = 0.2  # the share of labels that the document flips
SIZES: list[list[int]] = [[], [2, 2], [8, 8], [32, 32], [64, 64]]  # hidden units of the networks that grow
HIDDEN = [16, 16]  # of the others
LONG, SHORT = 1000, 300  # epochs: enough to learn wrong labels by heart, and enough to learn
SHARED: dict[str, Any] = {"batch_size": 10, "lr": 0.1}
PHASES = ("training", "validation")
FRAMES = 14  # at most, in a film


@dataclass(frozen=True)
class Task:
    """A task in the plane.

    Attributes
    ----------
    name : str
        As sentences begin with it.
    draw : callable
        Takes a number of points and a generator.
    classes : int
    without_flips : callable, optional
        Draws the same points with the labels that they had before some were drawn anew.
    """

    name: str
    draw: Callable[..., tuple[Any, Any]]
    classes: int = 2
    without_flips: Callable[..., tuple[Any, Any]] | None = None

    @property
    def loss_name(self) -> str:
        """The loss that is minimised."""
        return "logistic loss" if self.classes == 2 else "cross-entropy"

    def points(self, seed: int) -> tuple[Any, Any, Any, Any]:
        """Draw the points to train on, their classes, and the same of new points, from one distribution."""
        X, y = self.draw(POINTS + NEW, generator=cr.Generator().manual_seed(seed))
        return X[:POINTS], y[:POINTS], X[POINTS:], y[POINTS:]

    def relabelled(self, seed: int) -> Any:
        """Return of which of the points to train on the label is wrong, shape (POINTS,)."""
        _, y, *_ = self.points(seed)
        if self.without_flips is None:
            return np.zeros(POINTS, bool)
        _, truth = self.without_flips(POINTS + NEW, generator=cr.Generator().manual_seed(seed))
        return y != truth[:POINTS]

    def network(self, hidden: list[int]) -> Any:
        """Build a network with as many outputs as the loss wants: a score for each class, or of two only one."""
        return perceptron(nn, [2, *hidden, 1 if self.classes == 2 else self.classes], "ReLU")


TASKS = {
    "two-features": Task(
        "Two informative features",
        partial(recipes.make_classification, flip_y=FLIPPED),
        without_flips=partial(recipes.make_classification, flip_y=0),
    ),
    "moons": Task("Two moons", recipes.make_moons),
    "circles": Task("Two circles", recipes.make_circles),
    "xor": Task("Exclusive or", recipes.make_xor),
    "spiral": Task("Three spiral arms", recipes.make_spiral, classes=3),
}


# ---- classes --------------------------------------------------------------------------------------------------


def plane_trials(seed: int, folder: Path) -> dict[str, dict[str, Any]]:
    """Return the settings of the networks in the plane, by name: those that grow, and a line beside a network.

    Parameters
    ----------
    seed : int
    folder : Path
        Where films go: one of the largest of the networks that grow, and one of every other task.
    """
    folder = folder.resolve()  # other processes may stand elsewhere
    growing = [("two-features", hidden, LONG, hidden == SIZES[-1]) for hidden in SIZES]
    others = [(task, hidden, SHORT, bool(hidden)) for task in list(TASKS)[1:] for hidden in ([], HIDDEN)]
    return {
        f"{task} {in_words(hidden)}": {
            "task": task,
            "hidden": hidden,
            "epochs": epochs,
            "seed": seed,
            "film": str(folder / task) if filmed else None,
            **SHARED,
        }
        for task, hidden, epochs, filmed in [*growing, *others]
    }


def train_classifier(
    task: str, hidden: list[int], epochs: int, batch_size: int, lr: float, seed: int, film: str | None = None
) -> dict[str, Any]:
    """Train a network on a task in the plane.

    Parameters
    ----------
    task : str
        A key of ``TASKS``.
    hidden : list of int
        The units of each hidden layer; none for a single layer, whose boundary is a straight line.
    epochs, batch_size, lr, seed
        As in every training. The seed decides the points, too.
    film : str, optional
        Where to keep the animation, ``film + ".gif"``, and its strip, ``film + "-filmstrip.png"``.

    Returns
    -------
    dict
        ``"moments"``, the epochs after which was measured; ``"loss"`` and ``"error"`` (the 0-1 loss) of
        ``"training"`` and ``"validation"`` at each, and ``"by_heart"``, of how many training points whose label is
        wrong the network says that label; ``"parameters"``, and the ``"weights"`` in the end.
    """
    what = TASKS[task]
    X, y, new_X, new_y = what.points(seed)
    wrong = what.relabelled(seed)
    cr.manual_seed(seed)
    model = what.network(hidden)
    loss_fn = logistic_loss if what.classes == 2 else nn.CrossEntropyLoss()
    region = Region(X, y)
    grid = region.grid() if film else X[:0]
    by_heart = []

    def look(epoch: int) -> Frame:
        with cr.no_grad():
            both = {"training": (model(X), y), "validation": (model(new_X), new_y)}
            answers = probabilities(model, X).argmax(1)
        by_heart.append(int(np.count_nonzero(answers[wrong] == y[wrong])))
        loss = {phase: loss_fn(*pair).item() for phase, pair in both.items()}
        error = {phase: float(zero_one_loss(*pair)) for phase, pair in both.items()}
        return Frame(epoch, probabilities(model, grid), loss, error)

    loss_name = f"{what.loss_name} / nat"
    moments = {0, *np.geomspace(1, epochs, FRAMES).round().astype(int).tolist()}
    frames: list[Frame] = []
    title = f"{what.name}, hidden units {in_words(hidden)}"
    with Film(f"{film}.gif", region, title, loss_name, epochs) if film else nullcontext() as reel:
        learning = learn(model, loss_fn, optim.SGD(model.parameters(), lr=lr), (X, y), batch_size)
        for epoch in islice(learning, epochs + 1):
            if epoch in moments:
                frames.append(look(epoch))
                if reel:
                    reel.add(frames[-1])
    if film:
        save_figure(draw_strip(frames, region, strip_title(title, frames), loss_name), f"{film}-filmstrip.png")
    return {
        "moments": [frame.epoch for frame in frames],
        **{name: {p: [getattr(f, name)[p] for f in frames] for p in PHASES} for name in ("loss", "error")},
        "by_heart": by_heart,
        "parameters": sum(p.numel() for p in model.parameters()),
        "weights": {name: np.asarray(w).tolist() for name, w in model.state_dict().items()},
    }


def probabilities(model: Any, X: Any) -> Any:
    """Return what a classifier takes for the probability of each class, shape (N, classes)."""
    with cr.no_grad():
        z = model(cr.tensor(X))
        if z.shape[1] > 1:
            return np.asarray(z.softmax(1))
        p = np.asarray(z.sigmoid())
        return np.hstack([1 - p, p])


def trained_classifier(trial: dict[str, Any]) -> Any:
    """Return the network of a trial of :func:`train_classifier`, from its settings and its results."""
    model = TASKS[trial["task"]].network(trial["hidden"])
    model.load_state_dict({name: cr.tensor(values) for name, values in trial["weights"].items()})
    return model


def strip_title(what: str, frames: list[Frame]) -> str:
    """Say what a filmstrip shows."""
    last = frames[-1]
    return (
        f"{what}, {last.epoch:,} epochs: {last.error['training']:.0%} of training points and "
        f"{last.error['validation']:.0%} of new ones wrong"
    )


def in_words(hidden: list[int]) -> str:
    """Return hidden units as tables and axes name them.

    Examples
    --------
    >>> in_words([]), in_words([16, 16])
    ('none', '16+16')
    """
    return "+".join(map(str, hidden)) or "none"


# ---- a value --------------------------------------------------------------------------------------------------


def wave_trials(seed: int) -> dict[str, dict[str, Any]]:
    """Return the settings of the fits: a straight line, and a network with each of two losses."""
    shared: dict[str, Any] = {"epochs": LONG, "seed": seed, **SHARED}
    return {
        "straight line, squared error": {"hidden": [], "loss": "squared", **shared},
        "network, squared error": {"hidden": HIDDEN, "loss": "squared", **shared},
        "network, absolute error": {"hidden": HIDDEN, "loss": "absolute", **shared},
    }


def train_regression(
    hidden: list[int], loss: str, epochs: int, batch_size: int, lr: float, seed: int
) -> dict[str, Any]:
    """Fit a wave, of which some points are far off.

    Parameters
    ----------
    hidden : list of int
        The units of each hidden layer; none for a straight line.
    loss : {"squared", "absolute"}
        Which error to minimise.
    epochs, batch_size, lr, seed
        As in every training. The seed decides the points, too.

    Returns
    -------
    dict
        ``"squared"`` and ``"absolute"`` error on the points (``"training"``) and against the wave itself
        (``"truth"``), means over the points; and the ``"fit"`` at the points of :func:`wave`.
    """
    x, y = wave_points(seed)
    cr.manual_seed(seed)
    model = perceptron(nn, [1, *hidden, 1], "Tanh")
    errors: dict[str, Any] = {"squared": nn.MSELoss(), "absolute": nn.L1Loss()}
    optimizer = optim.SGD(model.parameters(), lr=lr)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    for epoch in islice(learn(model, errors[loss], optimizer, (x, y), batch_size), epochs + 1):
        if epoch:  # |error| has a slope of ±1 wherever it is not 0: smaller and smaller steps come to rest
            schedule.step()

    along, truth = wave()
    with cr.no_grad():
        at_points, fit = model(cr.tensor(x)), model(cr.tensor(along))
        return {
            "training": {name: error(at_points, cr.tensor(y)).item() for name, error in errors.items()},
            "truth": {name: error(fit, cr.tensor(truth)).item() for name, error in errors.items()},
            "fit": np.asarray(fit)[:, 0].tolist(),
        }


def wave_points(seed: int) -> tuple[Any, Any]:
    """Draw the points that are fitted."""
    return recipes.make_wave(POINTS, generator=cr.Generator().manual_seed(seed))


def wave() -> tuple[Any, Any]:
    """Return places along the axis and the wave there, both of shape (201, 1)."""
    along = np.linspace(-1, 1, 201, dtype=np.float32)[:, None]
    return along, np.sin(np.float32(np.pi) * along)
