"""Four classes of points, and two networks: one output can't tell them apart, four can."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.data import DataLoader, TensorDataset
from chainrule.interop import ReferenceRun, find_recorded
from chainrule.interop.pytorch import import_torch
from chainrule.labs.ann_networks import CustomANN
from chainrule.labs.ann_reference import networks_in_pytorch
from chainrule.labs.bar import bar
from chainrule.labs.options import LabError, Options
from chainrule.ops import Array
from chainrule.train import History, Trainer

NAME = "ann"
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
    history : History
    accuracy : float
        Share of all points whose class it says.
    logistic : bool
        Whether its loss was the logistic one.
    largest_gradient : float
        The greatest |∂loss/∂w| of all parameters, over all points, before the training.
    model : Module
    pytorch : ReferenceRun or None
        The same training in PyTorch.
    live : bool
        Whether that was made now.
    """

    history: History
    accuracy: float
    logistic: bool
    largest_gradient: float
    model: Any
    pytorch: ReferenceRun | None
    live: bool

    @property
    def losses(self) -> list[float]:
        """The mean loss of every epoch."""
        return [epoch["train_loss"] for epoch in self.history.epochs]


@dataclass(frozen=True)
class FourClasses:
    """The task and what three trainings made of it.

    Attributes
    ----------
    X : ndarray of float32, shape (N, 2)
    y : ndarray of int64, shape (N,)
    refusal : str
        What cross-entropy says if four classes are asked of one output.
    outcomes : dict of str to Outcome
    """

    X: Array
    y: Array
    refusal: str
    outcomes: dict[str, Outcome]

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


def learn_four_classes(options: Options) -> FourClasses:
    """Train 2-4-1 and 2-4-4.

    The document asks for 2-4-1. Cross-entropy refuses the labels 1, 2 and 3 there. With the one label that a
    single output knows, its loss is −ln(e^z / e^z) = 0 whatever z is, and there is nothing to learn from. What one
    output can be taught is to tell two groups apart, with the logistic loss: classes 0 and 1 from 2 and 3.
    """
    X, y = make_four_classes(options.seed)
    try:
        cr.nn.functional.cross_entropy(CustomANN([2, 4, 1])(X), y)
        refusal = ""
    except IndexError as error:
        refusal = str(error)
    group = (y >= 2).astype(np.float32)[:, None]
    trainings: dict[str, tuple[Array, int, str]] = {
        ONE_OUTPUT: (np.zeros_like(y), 1, CROSS_ENTROPY),
        TWO_GROUPS: (group, 1, LOGISTIC),
        FOUR_OUTPUTS: (y, 4, CROSS_ENTROPY),
    }
    outcomes = {
        name: _learn(options, X, target, y, outputs, loss)
        for name, (target, outputs, loss) in bar(trainings.items(), "four classes", len(trainings))
    }
    return FourClasses(X, y, refusal, outcomes)


def _learn(options: Options, X: Array, target: Array, y: Array, outputs: int, loss: str) -> Outcome:
    """Train 2-4-``outputs`` on ``target``, and count how many of the classes y it says."""
    cr.manual_seed(options.seed)
    model = CustomANN([2, 4, outputs])
    loss_fn = getattr(cr.nn, loss)()
    loss_fn(model(X), cr.tensor(target)).backward()
    gradient = max(float(np.abs(np.asarray(p.grad)).max()) for p in model.parameters())
    optimizer = cr.optim.Adam(model.parameters(), lr=LR)
    optimizer.zero_grad()
    loader: Any = DataLoader(TensorDataset(cr.tensor(X), cr.tensor(target)), BATCH_SIZE, shuffle=True)
    history = Trainer(model, loss_fn, optimizer, progress=False).fit(loader, EPOCHS)
    logistic = loss == LOGISTIC
    said = predict(model, logistic, X)
    return Outcome(
        history,
        float((said == y).mean()),
        logistic,
        gradient,
        model,
        *_reference(options, X, target, outputs, loss),
    )


def predict(model: Any, logistic: bool, X: Any) -> Array:
    """Return the class that a network says of each point, the largest output's.

    With the logistic loss there is one output for two groups, and the first class of each stands for it.
    """
    with cr.no_grad():
        z = np.asarray(model(np.asarray(X, dtype=np.float32)))
    return np.where(z[:, 0] > 0, 2, 0) if logistic else np.asarray(z.argmax(1))


def _reference(
    options: Options, X: Array, target: Array, outputs: int, loss: str
) -> tuple[ReferenceRun | None, bool]:
    """Return PyTorch's run of the same training, and whether it was made now: live if it can be, else recorded."""
    settings = {"network": f"2-4-{outputs}", "loss": loss, "seed": options.seed, "epochs": EPOCHS}
    if options.reference == "none":
        return None, False
    if options.reference in ("auto", "live"):
        try:
            return _train_pytorch(ReferenceRun(NAME, settings, "", platform.machine()), X, target), True
        except ImportError as error:
            if options.reference == "live":
                raise LabError(str(error)) from error
    return find_recorded(NAME, settings, EPOCHS), False


def _train_pytorch(run: ReferenceRun, X: Array, target: Array) -> ReferenceRun:
    """Do in PyTorch what ``_learn`` does."""
    torch, networks = import_torch(), networks_in_pytorch()
    run.torch = torch.__version__.partition("+")[0]
    torch.manual_seed(run.settings["seed"])
    model = networks.CustomANN([int(size) for size in run.settings["network"].split("-")])
    loss_fn = getattr(torch.nn, run.settings["loss"])()
    optimizer = torch.optim.Adam(model.parameters(), lr=LR)
    points = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(target))
    loader = torch.utils.data.DataLoader(points, batch_size=BATCH_SIZE, shuffle=True)
    for epoch in range(1, EPOCHS + 1):
        losses, weighted = [], 0.0
        for inputs, wanted in loader:
            value = loss_fn(model(inputs), wanted)
            value.backward()
            optimizer.step()
            optimizer.zero_grad()
            losses.append(value.item())
            weighted += value.item() * len(inputs)
        run.steps += losses
        run.epochs.append({"epoch": epoch, "steps": len(losses), "train_loss": weighted / len(X)})
    return run
