"""What goes wrong in deep networks, and what is done about it: one training, with a switch for each remedy."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

import chainrule as cr
from chainrule import nn
from chainrule.labs.ann_classifier import fashion_mnist
from chainrule.labs.options import Options
from chainrule.ops import Array

IMAGES, TESTED = 10_000, 2_000  # of the training and the test images: the embedded sample's
PROBED = 500  # images on which errors are measured
BATCH_SIZE = 128
ALIKE = 1e-3  # of the greatest weight: units that differ by less in all theirs are one kind


# ---- networks -------------------------------------------------------------------------------------------------


class Block(nn.Module):
    """Linear → (batch normalisation) → activation.

    Parameters
    ----------
    inputs, outputs : int
    activation : str
        A class of ``nn``.
    normalise : bool

    Examples
    --------
    >>> Block(4, 2, "ReLU", normalise=True)
    Block(
      (linear): Linear(in_features=4, out_features=2, bias=True)
      (norm): BatchNorm1d(2, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
      (activation): ReLU()
    )
    """

    def __init__(self, inputs: int, outputs: int, activation: str, normalise: bool = False) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        self.norm = nn.BatchNorm1d(outputs) if normalise else nn.Identity()
        self.activation = getattr(nn, activation)()

    def forward(self, x: Any) -> Any:
        """Take x of shape (batch, inputs) to shape (batch, outputs)."""
        return self.activation(self.norm(self.linear(x)))


class Residual(nn.Module):
    """x + block(x): the block learns what to add, and the error has a way round it.

    Parameters
    ----------
    block : Module
        With as many outputs as inputs.
    """

    def __init__(self, block: Any) -> None:
        super().__init__()
        self.block = block

    def forward(self, x: Any) -> Any:
        """Add to x what the block makes of it."""
        return x + self.block(x)


def build(sizes: list[int], activation: str, normalise: bool, residual: bool) -> Any:
    """Build a network of blocks and a last linear layer; ``residual`` goes round blocks of equal sizes."""
    layers: list[Any] = [nn.Flatten()]
    for inputs, outputs in pairwise(sizes[:-1]):
        block = Block(inputs, outputs, activation, normalise)
        layers.append(Residual(block) if residual and inputs == outputs else block)
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))


INITIALISATIONS: dict[str, Callable[[Any], Any]] = {
    "Xavier": nn.init.xavier_normal_,  # variance 2 / (inputs + outputs)
    "He": lambda W: nn.init.kaiming_normal_(W, nonlinearity="relu"),  # 2 / inputs
    "LeCun": nn.init.lecun_normal_,  # 1 / inputs
    "too small": lambda W: nn.init.normal_(W, std=0.001),
    "too large": lambda W: nn.init.normal_(W, std=1.0),
    "all equal": lambda W: nn.init.constant_(W, 0.01),
}


def initialise(model: Any, how: str, gain: float) -> None:
    """Draw all weights anew, times ``gain``, and set the biases to 0; "default" keeps those of ``nn.Linear``."""
    if how == "default":
        return
    for layer in linear_layers(model):
        INITIALISATIONS[how](layer.weight)
        nn.init.zeros_(layer.bias)
        with cr.no_grad():
            layer.weight.mul_(gain)


def linear_layers(model: Any) -> list[Any]:
    """Return the linear layers, from the first to the last."""
    return [module for module in model.modules() if isinstance(module, nn.Linear)]


# ---- the trial ------------------------------------------------------------------------------------------------


def train_deep(
    sizes: list[int],
    data: str,
    seed: int,
    activation: str = "ReLU",
    initialisation: str = "default",
    gain: float = 1.0,
    normalise: bool = False,
    residual: bool = False,
    optimizer: str = "SGD",
    lr: float = 0.05,
    momentum: float = 0.0,
    clip: float | None = None,
    steps: int = 0,
    **checksums: str,
) -> dict[str, Any]:
    """Build a network, measure how errors pass through it, and train it for a while: a trial.

    Parameters
    ----------
    sizes : list of int
        Of the layers.
    data : str
        As in the lab's options. The first 10 000 training images are used, in batches of 128.
    seed : int
        Of weights and batches.
    activation : str
        A class of ``nn``.
    initialisation : str
        A key of ``INITIALISATIONS``, or "default".
    gain : float
        What the initial weights are multiplied by.
    normalise, residual : bool
    optimizer : {"SGD", "Adam"}
    lr, momentum : float
    clip : float, optional
        The greatest norm of the gradient.
    steps : int
    **checksums : str
        Of the images.

    Returns
    -------
    dict
        Before the training, for each layer from the first: ``"errors"``, the norm of δ = ∂loss/∂z, and
        ``"spread"``, the standard deviation of its output. From the training: ``"losses"`` and ``"norms"``, of
        the gradient before it is clipped, of every step; ``"stopped"``, the step at which the loss was no number,
        or None. From the trained network: ``"accuracy"`` on test images, ``"dead"``, the share of hidden units
        that are not above 0 for any of them, and ``"kinds"``, how many different units the first layer has
        (0 if its weights are no numbers).
    """
    X, y, X_test, y_test = _images(data)
    cr.manual_seed(seed)
    model = build(sizes, activation, normalise, residual)
    initialise(model, initialisation, gain)
    errors, spread = errors_by_layer(model, X[:PROBED], y[:PROBED])
    Optimizer: Any = getattr(cr.optim, optimizer)
    update = Optimizer(model.parameters(), lr=lr, **({"momentum": momentum} if momentum else {}))
    losses, norms, stopped = _train(model, update, clip, steps, X, y)
    return {
        "errors": errors,
        "spread": spread,
        "losses": losses,
        "norms": norms,
        "stopped": stopped,
        "accuracy": _accuracy(model, X_test, y_test),
        "dead": _dead_share(model, X_test),
        "kinds": _kinds(np.asarray(linear_layers(model)[0].weight)),
    }


@cache
def _images(data: str) -> tuple[Array, Array, Array, Array]:
    """Read the images once in each process."""
    train, test = fashion_mnist(Options(data=data))
    parts = (*train.batch(slice(0, IMAGES)), *test.batch(slice(0, TESTED)))
    X, y, X_test, y_test = map(np.asarray, parts)
    return X, y, X_test, y_test


def errors_by_layer(model: Any, X: Array, y: Array) -> tuple[list[float], list[float]]:
    """Return ‖δ‖ and the standard deviation of z of every linear layer, for the mean loss over these images."""
    outputs: list[Any] = []

    def keep(module: Any, inputs: Any, z: Any) -> None:
        z.retain_grad()
        outputs.append(z)

    handles = [layer.register_forward_hook(keep) for layer in linear_layers(model)]
    nn.functional.cross_entropy(model(cr.tensor(X)), cr.tensor(y)).backward()
    for handle in handles:
        handle.remove()
    model.zero_grad()
    return (
        [float(np.linalg.norm(np.asarray(z.grad))) for z in outputs],
        [float(np.asarray(z.detach()).std()) for z in outputs],
    )


def _train(
    model: Any, optimizer: Any, clip: float | None, steps: int, X: Array, y: Array
) -> tuple[list[float], list[float], int | None]:
    parameters = list(model.parameters())
    model.train()

    @cr.capture
    def train_step(inputs: Any, classes: Any) -> tuple[Any, Any]:
        loss = nn.functional.cross_entropy(model(inputs), classes)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(parameters, math.inf if clip is None else clip)
        optimizer.step()
        optimizer.zero_grad()
        return loss, norm

    losses: list[float] = []
    norms: list[float] = []
    with np.errstate(all="ignore"):  # what overflows is what is to be seen
        for step in range(steps):
            rows = cr.randint(len(X), (BATCH_SIZE,)).numpy()
            loss, norm = (t.item() for t in train_step(X[rows], y[rows]))
            if not (math.isfinite(loss) and math.isfinite(norm)):
                return losses, norms, step + 1
            losses.append(loss)
            norms.append(norm)
    return losses, norms, None


def _accuracy(model: Any, X: Array, y: Array) -> float:
    model.eval()
    with cr.no_grad(), np.errstate(all="ignore"):
        return float((np.asarray(model(X)).argmax(1) == y).mean())


def _kinds(W: Array) -> int:
    """Return how many rows of W are different, by more than rounding makes them in a training."""
    if not np.isfinite(W).all():
        return 0
    limit = ALIKE * np.abs(W).max()
    kinds: list[Array] = []
    for row in W:
        if not any(np.abs(row - other).max() <= limit for other in kinds):
            kinds.append(row)
    return len(kinds)


def _dead_share(model: Any, X: Array) -> float:
    """Return the share of the hidden units whose activation is 0 or less for every image."""
    alive: list[Array] = []

    def watch(module: Any, inputs: Any, a: Any) -> None:
        alive.append(np.any(np.asarray(a) > 0, axis=0))

    handles = [m.register_forward_hook(watch) for m in model.modules() if isinstance(m, Block)]
    model.eval()
    with cr.no_grad(), np.errstate(all="ignore"):
        model(X)
    for handle in handles:
        handle.remove()
    return float(1 - np.concatenate(alive).mean())
