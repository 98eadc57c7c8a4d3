"""What goes wrong in deep networks, and what is done about it: one training, with a switch for each remedy.

``GROUPS`` says which networks are trained; ``plan_study`` has them trained from several seeds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

import chainrule as cr
from chainrule import nn
from chainrule.labs.ann.classifier import fashion_mnist
from chainrule.labs.options import Options
from chainrule.labs.study import Plan
from chainrule.ops import Array

IMAGES, TESTED = 10_000, 2_000  # of the training and the test images: the embedded sample's
PROBED = 500  # images on which errors are measured
BATCH_SIZE, STEPS, SEEDS = 128, 300, 3
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
    "LeCun": lambda W: nn.init.kaiming_normal_(W, nonlinearity="linear"),  # 1 / inputs
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
) -> dict[str, Any]:
    """Build a network, measure how errors pass through it, and train it for a while: a trial.

    Parameters
    ----------
    sizes : list of int
        Of the layers.
    data : str
        As in the lab's options. The first ``IMAGES`` training images are used, in batches of ``BATCH_SIZE``.
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

    Returns
    -------
    dict
        Before the training, for each layer from the first: ``"errors"``, the norm of δ = ∂loss/∂z, and
        ``"spread"``, the standard deviation of its z. From the training: ``"losses"`` and ``"norms"``, of the
        gradient before it is clipped, of every step; ``"stopped"``, the step at which the loss was no number, or
        None. From the trained network, None where the training stopped: ``"accuracy"`` on test images, ``"dead"``,
        for each hidden layer the share of units that no training image gives an error to, and ``"kinds"``, how
        many different units the first layer has.
    """
    X, y, X_test, y_test = _images(data)
    cr.manual_seed(seed)
    model = build(sizes, activation, normalise, residual)
    initialise(model, initialisation, gain)
    errors, spread = errors_by_layer(model, X[:PROBED], y[:PROBED])
    Optimizer: Any = getattr(cr.optim, optimizer)
    update = Optimizer(model.parameters(), lr=lr, **({"momentum": momentum} if momentum else {}))
    losses, norms, stopped = _train(model, update, clip, steps, X, y)
    trained = {"accuracy": None, "dead": None, "kinds": None}
    if steps and stopped is None:
        trained = _measure(model.eval(), X, y, X_test, y_test)
    return {"errors": errors, "spread": spread, "losses": losses, "norms": norms, "stopped": stopped, **trained}


@cache
def _images(data: str) -> tuple[Array, Array, Array, Array]:
    """Read the images once in each process."""
    train, test = fashion_mnist(Options(data=data))
    parts = (*train.batch(slice(0, IMAGES)), *test.batch(slice(0, TESTED)))
    X, y, X_test, y_test = map(np.asarray, parts)
    return X, y, X_test, y_test


def errors_by_layer(model: Any, X: Array, y: Array) -> tuple[list[float], list[float]]:
    """Return ‖δ‖ and the standard deviation of z of every linear layer, for the mean loss over these images."""
    outputs = _deltas(model, X, y)
    return (
        [float(np.linalg.norm(delta)) for _, delta in outputs],
        [float(z.std()) for z, _ in outputs],
    )


def _deltas(model: Any, X: Array, y: Array) -> list[tuple[Array, Array]]:
    """Return z and δ = ∂loss/∂z of every linear layer."""
    outputs: list[Any] = []

    def keep(module: Any, inputs: Any, z: Any) -> None:
        z.retain_grad()
        outputs.append(z)

    handles = [layer.register_forward_hook(keep) for layer in linear_layers(model)]
    nn.functional.cross_entropy(model(cr.tensor(X)), cr.tensor(y)).backward()
    for handle in handles:
        handle.remove()
    model.zero_grad()
    return [(np.asarray(z.detach()), np.asarray(z.grad)) for z in outputs]


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


def _measure(model: Any, X: Array, y: Array, X_test: Array, y_test: Array) -> dict[str, Any]:
    with cr.no_grad():
        right = np.asarray(model(X_test)).argmax(1) == y_test
    W = np.asarray(linear_layers(model)[0].weight.detach())
    return {"accuracy": float(right.mean()), "dead": dead_units(model, X, y), "kinds": _kinds(W)}


def dead_units(model: Any, X: Array, y: Array) -> list[float]:
    """Return, for each hidden layer, the share of the units whose δ is exactly 0 for every image.

    Nothing that comes into such a unit is learnt any more, as long as what stands before it does not change.
    """
    alive = [np.any(delta != 0, axis=0) for _, delta in _deltas(model, X, y)]
    return [float(1 - units.mean()) for units in alive[:-1]]


def _kinds(W: Array) -> int:
    """Return how many rows of W are different, by more than rounding makes them in a training."""
    limit = ALIKE * np.abs(W).max()
    kinds: list[Array] = []
    for row in W:
        if not any(np.abs(row - other).max() <= limit for other in kinds):
            kinds.append(row)
    return len(kinds)


# ---- the study ------------------------------------------------------------------------------------------------

MEDIUM = [784, 128, 64, 10]
SIX = [784, *[64] * 5, 10]
DEEP = [784, *[64] * 10, 10]
VERY_DEEP = [784, *[64] * 30, 10]
GAIN, CLIP = 1.5, 1.0  # of the training that explodes
DYING_RATES = (0.001, 0.01, 0.03, 0.1)
RATES = {
    "SGD": (0.01, 0.03, 0.1, 0.3, 1.0),
    "momentum": (0.003, 0.01, 0.03, 0.1),
    "Adam": (0.0003, 0.001, 0.003, 0.01),
}
OPTIMISERS: dict[str, dict[str, Any]] = {
    "SGD": {"optimizer": "SGD"},
    "momentum": {"optimizer": "SGD", "momentum": 0.9},
    "Adam": {"optimizer": "Adam"},
}

# The settings of each group of trials, by the names that figures give them.
GROUPS: dict[str, dict[str, dict[str, Any]]] = {
    "vanishing": {
        "sigmoid": {"sizes": DEEP, "activation": "Sigmoid", "initialisation": "Xavier"},
        "tanh": {"sizes": DEEP, "activation": "Tanh", "initialisation": "Xavier"},
        "ReLU": {"sizes": DEEP, "activation": "ReLU", "initialisation": "He"},
    },
    "exploding": {
        f"{gain:g}": {"sizes": DEEP, "initialisation": "He", "gain": gain} for gain in (1.0, 1.5, 2.0, 3.0)
    },
    "dying": {
        f"{activation} {lr:g}": {"sizes": MEDIUM, "activation": activation, "optimizer": "Adam", "lr": lr}
        for activation in ("ReLU", "LeakyReLU")
        for lr in DYING_RATES
    },
    "initialisation": {how: {"sizes": SIX, "initialisation": how, "lr": 0.02} for how in INITIALISATIONS},
    "clipping": {
        name: {"sizes": DEEP, "initialisation": "He", "gain": GAIN, "clip": clip}
        for name, clip in (("not clipped", None), (f"clipped at {CLIP:g}", CLIP))
    },
    "normalisation": {
        name: {"sizes": DEEP, "activation": "Sigmoid", "lr": 0.1, "normalise": normalise}
        for name, normalise in (("plain", False), ("batch normalisation", True))
    },
    "residual": {
        name: {"sizes": VERY_DEEP, "activation": "Tanh", "lr": 0.01, "residual": residual}
        for name, residual in (("plain", False), ("residual", True))
    },
    "optimisers": {
        f"{name} {lr:g}": {"sizes": MEDIUM, "lr": lr, **OPTIMISERS[name]}
        for name, rates in RATES.items()
        for lr in rates
    },
}
MEASURED_ONLY = ("vanishing", "exploding")  # not trained
ENDING = 50  # steps over which the loss at the end is averaged


@dataclass(frozen=True)
class Trials:
    """One setting, from several seeds.

    Attributes
    ----------
    results : list of dict
        What ``train_deep`` returned.
    """

    results: list[dict[str, Any]]

    def values(self, name: str) -> list[Any]:
        """Return a measure of each training that came to an end."""
        return [result[name] for result in self.results if result[name] is not None]

    def median(self, name: str) -> float | None:
        """Return the median of a number over the trainings that came to an end; None if there are none."""
        values = self.values(name)
        return float(np.median(values)) if values else None

    def layers(self, name: str) -> Array:
        """Return the medians of a measure of every layer."""
        return np.asarray(np.median(self.values(name), axis=0))

    @property
    def losses(self) -> list[list[float]]:
        """The losses of the steps, for each seed; a training that came to no number is shorter."""
        return [result["losses"] for result in self.results]

    @property
    def steps(self) -> int:
        """How many steps a training has that came furthest."""
        return max(len(losses) for losses in self.losses)

    @property
    def stopped(self) -> list[int]:
        """The steps at which trainings came to no number."""
        return self.values("stopped")

    @property
    def ends(self) -> list[float]:
        """The mean loss of the last ``ENDING`` steps, for each seed; infinite where it came to no number."""
        return [
            np.inf if result["stopped"] else float(np.mean(result["losses"][-ENDING:])) for result in self.results
        ]

    @property
    def passed(self) -> float:
        """The error at the first layer divided by that at the last."""
        errors = self.layers("errors")
        return float(errors[0] / errors[-1])


Study = dict[str, dict[str, Trials]]


def plan_study(options: Options, steps: int = STEPS) -> Plan:
    """Plan the trainings of all ``GROUPS``, from several seeds, for so many steps each."""
    return Plan(
        train_deep,
        {
            f"{group} {name} {seed}": {
                **own,
                "data": options.place(),
                "seed": seed,
                "steps": 0 if group in MEASURED_ONLY else steps,
            }
            for group, members in GROUPS.items()
            for name, own in members.items()
            for seed in _seeds(options)
        },
    )


def read_study(results: Mapping[str, dict[str, Any]], options: Options) -> Study:
    """Return the results of :func:`plan_study` by group and name, each from all seeds."""
    return {
        group: {name: Trials([results[f"{group} {name} {seed}"] for seed in _seeds(options)]) for name in members}
        for group, members in GROUPS.items()
    }


def _seeds(options: Options) -> range:
    return range(options.seed, options.seed + SEEDS)
