"""Perceptrons of one and more layers on MNIST, and what is watched while they are trained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

import chainrule as cr
from chainrule import nn, optim
from chainrule.data import DataLoader
from chainrule.datasets import MNIST
from chainrule.datasets.transforms import ToTensor
from chainrule.labs.options import Options
from chainrule.train import Callback, NonFiniteLossError, Trainer, accuracy, evaluate
from chainrule.train.zero_one import predicted_classes

PIXELS, CLASSES = 28 * 28, 10
WIDTH = 100  # units of a hidden layer
PROBED = 1000  # images on which gradients are measured
AT_ONCE = 1000  # images that are put through a network together to measure it


def perceptron(library: Any, sizes: Sequence[int], activation: str) -> Any:
    """Build layers z = W a + b, with an activation between two: from ``chainrule.nn``, or from ``torch.nn``.

    Parameters
    ----------
    library : module
        The same lines build both.
    sizes : sequence of int
        Of the input, of each hidden layer, and of the output, which has no activation: losses take its z.
    activation : str
        The class of ``library``; "Identity" for none.

    Returns
    -------
    Sequential

    Examples
    --------
    >>> perceptron(nn, [2, 8, 1], "Tanh")
    Sequential(
      (0): Linear(in_features=2, out_features=8, bias=True)
      (1): Tanh()
      (2): Linear(in_features=8, out_features=1, bias=True)
    )
    """
    layers = []
    for inputs, outputs in pairwise(sizes):
        layers += [library.Linear(inputs, outputs), getattr(library, activation)()]
    return library.Sequential(*layers[:-1])


def digits_perceptron(library: Any, layers: int, activation: str) -> Any:
    """Build a perceptron for MNIST, 784 → 100 → … → 10, that takes images as they are."""
    sizes = [PIXELS, *[WIDTH] * (layers - 1), CLASSES]
    return library.Sequential(library.Flatten(), *perceptron(library, sizes, activation))


def digits(options: Options) -> tuple[MNIST, MNIST]:
    """Load the images to train with, and those to validate with; pixels are divided by 255."""
    train, test = (options.load(MNIST, train=is_train, transform=ToTensor()) for is_train in (True, False))
    return train, test


def weight_matrices(model: Any) -> list[Any]:
    """Return the weights of the layers, from the first to the last."""
    return [layer.weight for layer in model.modules() if isinstance(layer, nn.Linear)]


class Watch(Callback):
    """Measure a classifier before its training and after every epoch; it is to have a metric "accuracy".

    Parameters
    ----------
    known, new : DataLoader
        Training and validation images. They have generators of their own: the training does not notice that it is
        watched, and goes as it would in PyTorch.
    probe : (Tensor, Tensor)
        Images and classes on which the gradients are taken.

    Attributes
    ----------
    records : list of dict
        One for every epoch from 0: ``epoch``; ``training_loss``, ``training_accuracy``, ``validation_loss``,
        ``validation_accuracy``, all with the same weights; and for each layer, in lists, ``max_weight``, the
        greatest |weight|, and ``gradient``, the norm of ∂loss/∂W.
    """

    def __init__(self, known: Iterable[Any], new: Iterable[Any], probe: tuple[Any, Any]) -> None:
        self.known, self.new, self.probe = known, new, probe
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
        return {
            "epoch": epoch,
            **self._evaluate(trainer, "training", self.known),
            **validated,
            "max_weight": [float(np.abs(W).max()) for W in weights],
            "gradient": self._gradients(trainer, weights),
        }

    def _evaluate(self, trainer: Trainer, phase: str, images: Iterable[Any]) -> dict[str, float]:
        measured = evaluate(trainer.model, images, trainer.loss_fn, {"accuracy": accuracy}, at_once=AT_ONCE)
        return {f"{phase}_{name}": value for name, value in measured.items()}

    def _gradients(self, trainer: Trainer, weights: list[Any]) -> list[float]:
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


def watch(train: MNIST, test: MNIST, batch_size: int) -> Watch:
    """Return what measures a classifier of digits."""
    known: Any = DataLoader(train, batch_size=batch_size, generator=cr.Generator())
    new: Any = DataLoader(test, batch_size=batch_size, generator=cr.Generator())
    X, y = train.batch(slice(0, PROBED))
    return Watch(known, new, (X, y))


def train_digits(
    layers: int, activation: str, data: str, epochs: int, batch_size: int, lr: float, seed: int, **checksums: str
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
    **checksums : str
        Of the images: a trial that was kept counts only for the same.

    Returns
    -------
    dict
        ``"records"``, as :class:`Watch` makes them; ``"stopped"``: why there are not as many as epochs, or None;
        ``"wrong"``: which of the validation images are not recognised in the end.
    """
    train, test = digits(Options(data=data))
    cr.manual_seed(seed)
    model = digits_perceptron(nn, layers, activation)
    watching = watch(train, test, batch_size)
    optimizer = optim.SGD(model.parameters(), lr=lr)
    metrics = {"accuracy": accuracy}
    trainer = Trainer(
        model, nn.CrossEntropyLoss(), optimizer, metrics=metrics, callbacks=[watching], progress=False
    )
    train_batches: Any = DataLoader(train, batch_size=batch_size, shuffle=True)
    test_batches: Any = DataLoader(test, batch_size=batch_size)
    stopped = None
    try:
        trainer.fit(train_batches, epochs, test_batches)
    except NonFiniteLossError as error:
        stopped = str(error)
    return {"records": watching.records, "stopped": stopped, "wrong": wrong_images(model, test)}


def wrong_images(model: Any, images: MNIST) -> list[int]:
    """Return the numbers of the images whose class a network does not recognise."""
    wrong: list[int] = []
    with cr.no_grad():
        for start in range(0, len(images), AT_ONCE):
            X, y = images.batch(slice(start, start + AT_ONCE))
            missed = predicted_classes(model(X)) != np.asarray(y)
            wrong += (start + np.flatnonzero(missed)).tolist()
    return wrong
