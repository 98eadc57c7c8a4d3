"""Networks on points of a plane: small enough to be drawn while they learn."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

import chainrule as cr
from chainrule import nn, optim
from chainrule.data import DataLoader, TensorDataset
from chainrule.datasets import two_dimensional as recipes
from chainrule.labs.perceptrons import perceptron
from chainrule.plot import save_figure
from chainrule.plot.film import Film, Frame, draw_strip
from chainrule.plot.plane import Region
from chainrule.train.zero_one import zero_one_loss

POINTS = 100  # to train on
NEW = 1000  # of the same kind, to see what was learnt: 30 could not tell 15 % from 20 %
FRAMES = 40  # at most, in a film


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
    """

    name: str
    draw: Callable[..., tuple[Any, Any]]
    classes: int = 2

    @property
    def loss_name(self) -> str:
        """The loss that is minimised, with its unit."""
        return "logistic loss / nat" if self.classes == 2 else "cross-entropy / nat"

    def points(self, seed: int) -> tuple[Any, Any, Any, Any]:
        """Draw the points to train on, their classes, and the same of new points, from one distribution."""
        X, y = self.draw(POINTS + NEW, generator=cr.Generator().manual_seed(seed))
        return X[:POINTS], y[:POINTS], X[POINTS:], y[POINTS:]


TASKS = {
    "two-features": Task("Two informative features", recipes.make_classification),
    "moons": Task("Two moons", recipes.make_moons),
    "circles": Task("Two circles", recipes.make_circles),
    "xor": Task("Exclusive or", recipes.make_xor),
    "spiral": Task("Three spiral arms", recipes.make_spiral, classes=3),
}


# ---- classes ---------------------------------------------------------------------------------------------------


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
        ``"epochs"`` at which was measured, ``"loss"`` and ``"error"`` (the 0-1 loss) of ``"training"`` and
        ``"validation"`` at each, ``"parameters"``, and the ``"weights"`` in the end.
    """
    what = TASKS[task]
    X, y, new_X, new_y = what.points(seed)
    cr.manual_seed(seed)
    outputs = 1 if what.classes == 2 else what.classes
    model = perceptron(nn, [2, *hidden, outputs], "ReLU")
    loss_fn = logistic_loss if outputs == 1 else nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=lr)
    batches: Any = DataLoader(TensorDataset(X, y), batch_size=batch_size, shuffle=True)

    @cr.capture
    def step(X: Any, y: Any) -> Any:
        loss = loss_fn(model(X), y)  # forward
        loss.backward()  # ∂loss/∂W and ∂loss/∂b of every layer, by the chain rule
        optimizer.step()  # W ← W − η ∂loss/∂W
        optimizer.zero_grad()
        return loss

    region = Region(X, y)
    grid = region.grid() if film else X[:0]

    def look(epoch: int) -> Frame:
        with cr.no_grad():
            known, new = model(X), model(new_X)
            loss = {"training": loss_fn(known, y).item(), "validation": loss_fn(new, new_y).item()}
            error = {"training": float(zero_one_loss(known, y)), "validation": float(zero_one_loss(new, new_y))}
            return Frame(epoch, probabilities(model, grid), loss, error)

    frames: list[Frame] = []
    moments = set(np.geomspace(1, epochs, FRAMES).round().astype(int).tolist())
    reel = Film(f"{film}.gif", region, what.name, what.loss_name, epochs) if film else None
    with reel or nullcontext():
        for epoch in range(epochs + 1):
            for batch in batches if epoch else ():
                step(*batch)
            if epoch == 0 or epoch in moments:
                frames.append(look(epoch))
                if reel:
                    reel.add(frames[-1])
    if film:
        save_figure(draw_strip(frames, region, strip_title(what, frames), what.loss_name), f"{film}-filmstrip.png")
    return {
        "epochs": [frame.epoch for frame in frames],
        **{
            name: {phase: [getattr(f, name)[phase] for f in frames] for phase in ("training", "validation")}
            for name in ("loss", "error")
        },
        "parameters": sum(p.numel() for p in model.parameters()),
        "weights": {name: np.asarray(w).tolist() for name, w in model.state_dict().items()},
    }


def logistic_loss(z: Any, y: Any) -> Any:
    """Return the mean of log(1 + exp(−m)), m = z for class 1 and −z for class 0.

    Parameters
    ----------
    z : Tensor, shape (batch, 1)
    y : array_like of int, shape (batch,)

    Examples
    --------
    >>> logistic_loss(cr.zeros(3, 1), [0, 1, 1])
    tensor(0.6931)
    """
    target = cr.as_tensor(y).reshape(-1, 1).to(z.dtype)
    return nn.functional.binary_cross_entropy_with_logits(z, target)


def probabilities(model: Any, X: Any) -> Any:
    """Return what a classifier takes for the probability of each class, shape (N, classes)."""
    with cr.no_grad():
        z = model(cr.tensor(X))
        if z.shape[1] > 1:
            return np.asarray(z.softmax(1))
        p = np.asarray(z.sigmoid())
        return np.hstack([1 - p, p])


def trained_classifier(task: str, hidden: list[int], weights: dict[str, Any]) -> Any:
    """Return a network with the weights that :func:`train_classifier` returned."""
    classes = TASKS[task].classes
    model = perceptron(nn, [2, *hidden, 1 if classes == 2 else classes], "ReLU")
    model.load_state_dict({name: cr.tensor(values) for name, values in weights.items()})
    return model


def strip_title(task: Task, frames: list[Frame]) -> str:
    """Say what a filmstrip shows."""
    last = frames[-1]
    return (
        f"{task.name}, {last.epoch:,} epochs: {last.error['training']:.0%} of training points and "
        f"{last.error['validation']:.0%} of new ones on the wrong side"
    )


# ---- a value ---------------------------------------------------------------------------------------------------


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
        (``"truth"``), means over the points; the last loss; and the ``"fit"`` at the points of :func:`wave`.
    """
    x, y = recipes.make_wave(POINTS, generator=cr.Generator().manual_seed(seed))
    cr.manual_seed(seed)
    model = perceptron(nn, [1, *hidden, 1], "Tanh")
    errors: dict[str, Any] = {"squared": nn.MSELoss(), "absolute": nn.L1Loss()}
    loss_fn = errors[loss]
    optimizer = optim.SGD(model.parameters(), lr=lr)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    batches: Any = DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=True)

    @cr.capture
    def step(x: Any, y: Any) -> Any:
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss

    for _ in range(epochs):
        for batch in batches:
            step(*batch)
        schedule.step()  # |error| has a slope of ±1 wherever it is not 0: smaller and smaller steps come to rest

    along, truth = wave()
    with cr.no_grad():
        at_points, fit = model(cr.tensor(x)), model(cr.tensor(along))
        return {
            "training": {name: error(at_points, cr.tensor(y)).item() for name, error in errors.items()},
            "truth": {name: error(fit, cr.tensor(truth)).item() for name, error in errors.items()},
            "fit": np.asarray(fit)[:, 0].tolist(),
        }


def wave() -> tuple[Any, Any]:
    """Return places along the axis and the wave there, both of shape (201, 1)."""
    along = np.linspace(-1, 1, 201, dtype=np.float32)[:, None]
    return along, np.sin(np.float32(np.pi) * along)
