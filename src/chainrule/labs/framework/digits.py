"""Perceptrons of one and more layers on MNIST, and what is watched while they are trained."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

import chainrule as cr
from chainrule import nn, optim
from chainrule.data import DataLoader
from chainrule.datasets import MNIST
from chainrule.datasets.transforms import ToTensor
from chainrule.labs import rounding
from chainrule.labs.comparison import Comparison
from chainrule.labs.framework.network import perceptron
from chainrule.labs.options import Options
from chainrule.train import Callback, NonFiniteLossError, Trainer, accuracy, evaluate, predict, predicted_classes

PIXELS, CLASSES = 28 * 28, 10
WIDTH = 100  # units of a hidden layer
PROBED = 1000  # images on which gradients are measured
AT_ONCE = 1000  # images that are put through a network together to measure it

ACTIVATIONS = ("Identity", "Sigmoid", "Tanh", "ReLU")
DEPTHS = (2, 3, 5, 8)  # layers of the networks of the study, besides the one without hidden layers
LAYERS = {1: "Identity", 2: "ReLU", 3: "ReLU"}  # and activation of the perceptrons held against PyTorch's
SEEDS = 3  # from how many each network of the study is trained
APART = 1e-5  # nat: from there on losses are not PyTorch's any more; a step of float32 at 1 is 1e-7
NUDGES = 2  # trainings of each of those held against PyTorch's with one bit changed


def load_digits(options: Options) -> tuple[MNIST, MNIST]:
    """Load the images to train with, and those to validate with; pixels are divided by 255."""
    train, test = (options.load(MNIST, train=is_train, transform=ToTensor()) for is_train in (True, False))
    return train, test


def batches(train: MNIST, test: MNIST, batch_size: int) -> tuple[Any, Any]:
    """Return what is trained with, shuffled, and what is validated with."""
    return DataLoader(train, batch_size=batch_size, shuffle=True), DataLoader(test, batch_size=batch_size)


def digits_perceptron(library: Any, layers: int, activation: str) -> Any:
    """Build a perceptron for MNIST, 784 → 100 → … → 10, that takes images as they are."""
    sizes = [PIXELS, *[WIDTH] * (layers - 1), CLASSES]
    return library.Sequential(library.Flatten(), *perceptron(library, sizes, activation))


def weight_matrices(model: Any) -> list[Any]:
    """Return the weights of the layers, from the first to the last."""
    return [layer.weight for layer in model.modules() if isinstance(layer, nn.Linear)]


# ---- what is watched ------------------------------------------------------------------------------------------


class Watch(Callback):
    """Measure a classifier before its training and after every epoch; it is to have a metric "accuracy".

    Parameters
    ----------
    train, test : MNIST
        Images to train and to validate with. They are read by loaders with generators of their own: the training
        does not notice that it is watched, and goes as it would in PyTorch.
    batch_size : int
    known : collection of int, optional
        After which epochs it is also measured with the training images; by default after each.

    Attributes
    ----------
    records : list of dict
        One for every epoch from 0: ``epoch``; ``validation_loss``, ``validation_accuracy``; ``max_weight``, the
        greatest |weight| of each layer; and of training images ``training_loss``, ``training_accuracy``, and
        ``gradient``, the norm of ∂loss/∂W of each layer on the first of them. All are of the same weights.
    """

    def __init__(self, train: MNIST, test: MNIST, batch_size: int, known: Container[int] | None = None) -> None:
        self.moments = known
        self.known: Any = DataLoader(train, batch_size=batch_size, generator=cr.Generator())
        self.new: Any = DataLoader(test, batch_size=batch_size, generator=cr.Generator())
        self.probe = train.batch(slice(0, PROBED))
        self.records: list[dict[str, Any]] = []

    def on_fit_start(self, trainer: Trainer) -> None:
        """Measure the network that has learnt nothing."""
        if not trainer.history.steps:
            untrained = self._evaluate(trainer, "validation", self.new)
            self.records = [self._measure(trainer, 0, untrained)]

    def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
        """Measure what the epoch has made of it."""
        validated = {name: record[name] for name in ("validation_loss", "validation_accuracy")}
        self.records.append(self._measure(trainer, record["epoch"], validated))

    def _measure(self, trainer: Trainer, epoch: int, validated: dict[str, float]) -> dict[str, Any]:
        weights = weight_matrices(trainer.model)
        record = {"epoch": epoch, **validated, "max_weight": [float(np.abs(W).max()) for W in weights]}
        if self.moments is None or epoch in self.moments:
            record |= self._evaluate(trainer, "training", self.known)
            record["gradient"] = self._gradients(trainer, weights)
        return record

    def _evaluate(self, trainer: Trainer, phase: str, images: Iterable[Any]) -> dict[str, float]:
        measured = evaluate(trainer.model, images, trainer.loss_fn, {"accuracy": accuracy}, at_once=AT_ONCE)
        return {f"{phase}_{name}": value for name, value in measured.items()}

    def _gradients(self, trainer: Trainer, weights: Sequence[Any]) -> list[float]:
        X, y = self.probe
        trainer.loss_fn(trainer.model(X), y).backward()
        norms = [float(np.linalg.norm(W.grad)) for W in weights]
        trainer.optimizer.zero_grad()
        return norms

    def state_dict(self) -> dict[str, Any]:
        """Return the records, for a checkpoint."""
        return {"records": self.records}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on with the records of a checkpoint."""
        self.records = list(state["records"])


def wrong_images(model: Any, images: MNIST) -> list[int]:
    """Return the numbers of the images whose class a network does not recognise."""
    said = predicted_classes(predict(model, DataLoader(images, batch_size=AT_ONCE)))
    return [int(i) for i in np.flatnonzero(said != images.labels)]


# ---- what is trained ------------------------------------------------------------------------------------------


def trainer_of(
    make: Callable[..., Trainer], layers: int, activation: str, options: Options, callbacks: list[Callback]
) -> Trainer:
    """Return what trains a perceptron, drawn from the seed, with cross-entropy and SGD.

    Parameters
    ----------
    make : callable
        ``Trainer``, or what makes one for a run of the lab.
    layers, activation, options, callbacks
    """
    cr.manual_seed(options.seed)
    model = digits_perceptron(nn, layers, activation)
    optimizer = optim.SGD(model.parameters(), lr=options.lr)
    return make(model, nn.CrossEntropyLoss(), optimizer, metrics={"accuracy": accuracy}, callbacks=callbacks)


def study_trials(options: Options) -> dict[str, dict[str, Any]]:
    """Return the settings of the perceptrons of the study, by name, but for those trained beside PyTorch."""
    first, seeds = options.seed, options.extra.get("seeds", SEEDS)
    networks = [(1, LAYERS[1]), *((layers, a) for layers in DEPTHS for a in ACTIVATIONS)]
    return {
        f"{layers} {activation} {seed}": {**_shared(layers, options), "activation": activation, "seed": seed}
        for layers, activation in networks
        for seed in range(first, first + seeds)
        if (seed, LAYERS.get(layers)) != (first, activation)
    }


def nudged_trials(options: Options) -> dict[str, dict[str, Any]]:
    """Return the settings of the perceptrons held against PyTorch's, with one bit changed."""
    return {f"{n} bit {k}": {**_shared(n, options), "nudge": k} for n in LAYERS for k in range(NUDGES)}


def parting_trials(options: Options, perceptrons: Mapping[int, Any]) -> dict[str, dict[str, Any]]:
    """Return the settings of :func:`nearest_to_zero` for those whose losses have parted from PyTorch's."""
    parting = {n: steps for n, p in perceptrons.items() if (steps := parted(p.comparison))}
    return {str(n): {**_shared(n, options), "steps": s} for n, s in parting.items()}


def parted(comparison: Comparison) -> int | None:
    """Return from which step on losses are not PyTorch's any more, from 1 on; None if they always are."""
    if comparison.reference is None or comparison.differences.max() <= APART:
        return None
    return int((comparison.differences > APART).argmax()) + 1


def _shared(layers: int, options: Options) -> dict[str, Any]:
    names = ("epochs", "batch_size", "lr", "seed")
    own = {name: getattr(options, name) for name in names}
    return {"layers": layers, "activation": LAYERS.get(layers), "data": options.place(), **own}


def train_digits(
    layers: int,
    activation: str,
    data: str,
    epochs: int,
    batch_size: int,
    lr: float,
    seed: int,
    nudge: int | None = None,
) -> dict[str, Any]:
    """Train a perceptron on MNIST and watch it: a trial of the lab's study.

    Parameters
    ----------
    layers : int
    activation : str
        Between the layers: a class of ``nn``, "Identity" for none.
    data : str
        As in the lab's options.
    epochs, batch_size, lr, seed
        As in every training.
    nudge : int, optional
        Of which unit the last bit of a weight is changed before training: how far that goes is due to rounding.

    Returns
    -------
    dict
        ``"records"``, as :class:`Watch` makes them; ``"stopped"``: why there are not as many as epochs, or None;
        ``"wrong"``: which of the validation images are not recognised in the end; ``"steps"``: of a nudged
        one, the losses.
    """
    options = Options(data=data, batch_size=batch_size, lr=lr, seed=seed)
    train, test = load_digits(options)
    watch = Watch(train, test, batch_size, known=(0, epochs))
    trainer = trainer_of(partial(Trainer, progress=False), layers, activation, options, [watch])
    rounding.nudge(weight_matrices(trainer.model)[0], nudge)
    train_batches, test_batches = batches(train, test, batch_size)
    stopped = None
    try:
        trainer.fit(train_batches, epochs, test_batches)
    except NonFiniteLossError as error:
        stopped = str(error)
    steps = {} if nudge is None else {"steps": trainer.history.steps}
    return {"records": watch.records, "stopped": stopped, "wrong": wrong_images(trainer.model, test), **steps}


def nearest_to_zero(
    layers: int, activation: str, steps: int, data: str, epochs: int, batch_size: int, lr: float, seed: int
) -> dict[str, Any]:
    """Go once more through the first steps of a training, and see how near to 0 its ReLUs' z come: a trial.

    Where such a z is 0 but for rounding, one library may let the gradient through and the other not.

    Parameters
    ----------
    steps : int
    layers, activation, data, epochs, batch_size, lr, seed
        As in :func:`train_digits`.

    Returns
    -------
    dict
        ``"losses"`` of the steps, and ``"nearest"``: the least |z| of each.
    """
    options = Options(data=data, batch_size=batch_size, lr=lr, seed=seed)
    train_batches, test_batches = batches(*load_digits(options), batch_size)
    trainer = trainer_of(partial(Trainer, progress=False), layers, activation, options, [])
    layered: Any = trainer.model
    losses: list[float] = []
    nearest: list[float] = []
    for _ in range(epochs):
        for x, y in islice(train_batches, steps - len(losses)):
            least = np.inf
            for layer in layered:
                if isinstance(layer, nn.ReLU):
                    least = min(least, float(np.abs(x).min()))
                x = layer(x)
            loss = trainer.loss_fn(x, y)
            loss.backward()
            trainer.optimizer.step()
            trainer.optimizer.zero_grad()
            losses.append(loss.item())
            nearest.append(least)
        next(iter(test_batches))  # a validation draws from the generator, too
    return {"losses": losses, "nearest": nearest}
