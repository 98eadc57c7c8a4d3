"""Four classes of points, and two networks: one output can't tell them apart, four can."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.data import DataLoader, TensorDataset
from chainrule.interop import ReferenceRun, save_safetensors
from chainrule.labs.ann.networks import CustomANN
from chainrule.labs.ann.networks_torch import networks_in_pytorch
from chainrule.labs.bar import bar
from chainrule.labs.options import Options
from chainrule.labs.reference import find_reference
from chainrule.ops import Array
from chainrule.train import History, JSONLines, Trainer

CENTRES = np.array([[-2, -2], [-2, 2], [2, -2], [2, 2]])
PER_CLASS, SPREAD = 100, 0.7
EPOCHS, BATCH_SIZE, LR = 100, 32, 0.01
CROSS_ENTROPY, LOGISTIC = "CrossEntropyLoss", "BCEWithLogitsLoss"
ONE_OUTPUT, TWO_GROUPS, FOUR_OUTPUTS = (
    "2-4-1, cross-entropy", "2-4-1, logistic loss", "2-4-4, cross-entropy",
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What became of one network.

    Attributes
    ----------
    model : Module
    classes : ndarray of int, shape (N,)
        What it was to say of each point: the class, or with the logistic loss the group, 0 or 1.
    history : History
    largest_gradient : float
        The greatest |∂loss/∂w| of all parameters, over all points, before the training.
    pytorch : ReferenceRun or None
        The same training in PyTorch.
    """

    model: Any
    classes: Array
    history: History
    largest_gradient: float
    pytorch: ReferenceRun | None

    @property
    def losses(self) -> list[float]:
        """The mean loss of every epoch."""
        return [epoch["train_loss"] for epoch in self.history.epochs]

    def predict(self, X: Any) -> Array:
        """Return what the network says of points: the class of the largest output, or with one, the group.

        A single output under cross-entropy is the largest, whatever it is.
        """
        with cr.no_grad():
            z = np.asarray(self.model(np.asarray(X, dtype=np.float32)))
        grouped = self.classes.max() == 1
        return np.asarray(z[:, 0] > 0, dtype=np.int64) if grouped else np.asarray(z.argmax(1))

    def accuracy(self, X: Array) -> float:
        """Return the share of points of which the network says what it was to say."""
        return float((self.predict(X) == self.classes).mean())


@dataclass(frozen=True)
class FourClasses:
    """The task and what three trainings made of it.

    Attributes
    ----------
    X : ndarray of float32, shape (N, 2)
    y : ndarray of int64, shape (N,)
    refusal : str
        What cross-entropy says if four classes are asked of one output; empty if it says nothing.
    outcomes : dict of str to Outcome
    """

    X: Array
    y: Array
    refusal: str
    outcomes: dict[str, Outcome]

    @property
    def accuracies(self) -> dict[str, float]:
        """For each network, the share of points of which it says the class, or the group."""
        return {name: outcome.accuracy(self.X) for name, outcome in self.outcomes.items()}

    @property
    def largest_difference(self) -> float | None:
        """By how much our losses and PyTorch's differ at most; None if it was not trained."""
        runs = self.outcomes.values()
        pairs = [(run.history.steps, run.pytorch.steps) for run in runs if run.pytorch is not None]
        return max((float(np.abs(np.subtract(a, b)).max()) for a, b in pairs), default=None)


def make_four_classes(seed: int) -> tuple[Array, Array]:
    """Draw four round clouds of points on the corners of a square.

    Parameters
    ----------
    seed : int

    Returns
    -------
    X : ndarray of float32, shape (400, 2)
    y : ndarray of int64, shape (400,)

    Examples
    --------
    >>> X, y = make_four_classes(42)
    >>> np.bincount(y)
    array([100, 100, 100, 100])
    """
    generator = np.random.RandomState(seed)
    y = np.repeat(np.arange(len(CENTRES)), PER_CLASS)
    X = CENTRES[y] + SPREAD * generator.standard_normal((len(y), 2))
    return X.astype(np.float32), y.astype(np.int64)


def learn_four_classes(options: Options, folder: Path) -> FourClasses:
    """Train 2-4-1 and 2-4-4.

    The document asks for 2-4-1. Cross-entropy refuses the labels 1, 2 and 3 there. With the one label that a
    single output knows, its loss is −ln(e^z / e^z) = 0 whatever z is, and there is nothing to learn from. What one
    output can be taught is to tell two groups apart, with the logistic loss: classes 0 and 1 from 2 and 3.

    Parameters
    ----------
    options : Options
    folder : Path
        Where models and losses are kept.
    """
    X, y = make_four_classes(options.seed)
    try:
        cr.nn.functional.cross_entropy(CustomANN([2, 4, 1])(X), y)
        refusal = ""
    except IndexError as error:
        refusal = str(error)
    group = (y >= 2).astype(np.float32)[:, None]
    trainings: dict[str, tuple[Array, Array, int, str]] = {
        ONE_OUTPUT: (np.zeros_like(y), y, 1, CROSS_ENTROPY),
        TWO_GROUPS: (group, group[:, 0].astype(np.int64), 1, LOGISTIC),
        FOUR_OUTPUTS: (y, y, 4, CROSS_ENTROPY),
    }
    folder.mkdir(parents=True, exist_ok=True)
    outcomes = {
        name: _learn(options, X, *training, folder)
        for name, training in bar(trainings.items(), "four classes", len(trainings))
    }
    return FourClasses(X, y, refusal, outcomes)


def _learn(
    options: Options, X: Array, target: Array, classes: Array, outputs: int, loss: str, folder: Path
) -> Outcome:
    """Train 2-4-``outputs`` on ``target``, beside PyTorch."""
    cr.manual_seed(options.seed)
    model, loss_fn = CustomANN([2, 4, outputs]), getattr(cr.nn, loss)()
    loss_fn(model(X), cr.tensor(target)).backward()
    gradient = max(float(np.abs(np.asarray(p.grad)).max()) for p in model.parameters())
    optimizer = cr.optim.Adam(model.parameters(), lr=LR)
    optimizer.zero_grad()
    loader: Any = DataLoader(TensorDataset(cr.tensor(X), cr.tensor(target)), BATCH_SIZE, shuffle=True)

    def build(torch: Any) -> tuple[Any, Any, Any]:
        theirs = networks_in_pytorch().CustomANN([2, 4, outputs])
        return theirs, getattr(torch.nn, loss)(), torch.optim.Adam(theirs.parameters(), lr=LR)

    own = replace(options, epochs=EPOCHS, batch_size=BATCH_SIZE, lr=LR)
    settings = {"network": f"2-4-{outputs}", "loss": loss}
    reference = find_reference("ann", own, settings, build, loader, pause=0.0)
    name = f"2-4-{outputs}-{loss}"
    callbacks = [JSONLines(folder / f"{name}.jsonl"), *([reference.live] if reference.live else [])]
    history = Trainer(model, loss_fn, optimizer, callbacks=callbacks, progress=False).fit(loader, EPOCHS)
    save_safetensors(model, folder / f"{name}.safetensors")
    return Outcome(model, classes, history, gradient, reference.run)
