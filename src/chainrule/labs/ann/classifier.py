"""The FashionMNIST classifier: its data, its network, what it says of images, and trainings of it to compare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.data import DataLoader, Subset
from chainrule.datasets import FashionMNIST
from chainrule.datasets.transforms import Compose, Normalize, ToTensor
from chainrule.labs import rounding
from chainrule.labs.ann import networks as ann_networks
from chainrule.labs.bar import bar
from chainrule.labs.options import Options
from chainrule.labs.study import Plan
from chainrule.train import Callback, Trainer, accuracy, evaluate, predict

HIDDEN, DROPOUT = [512, 256, 128], 0.3
AT_ONCE = 1000  # images that go through a network together
FEW, MANY_EPOCHS = 10_000, 15  # training images, and times through them: so little, so often, is learnt by heart
DROPOUTS = {"no dropout": 0.0, "dropout": DROPOUT}
SEEDS = 3


def fashion_mnist(options: Options) -> tuple[FashionMNIST, FashionMNIST]:
    """Return training and test images: divided by 255, less their mean, over their standard deviation."""
    transform = Compose([ToTensor(), Normalize((0.2860,), (0.3530,))])
    train, test = (options.load(FashionMNIST, train=is_train, transform=transform) for is_train in (True, False))
    return train, test


def batches(train: Any, test: Any, batch_size: int) -> tuple[Any, Any]:
    """Return the loaders: training images in a new order in every epoch, test images in that of the file."""
    return DataLoader(train, batch_size, shuffle=True), DataLoader(test, batch_size)


def build_classifier(
    networks: Any, manual_seed: Any, seed: int, hidden: list[int] = HIDDEN, dropout: float = DROPOUT
) -> Any:
    """Build the classifier as the document's notebook does: behind a small network, which draws its weights first.

    Parameters
    ----------
    networks : module or namespace
        ``networks.py``, or the same in PyTorch.
    manual_seed : callable
    seed : int
    hidden : list of int
        Sizes of the hidden layers.
    dropout : float
    """
    manual_seed(seed)
    networks.SimpleANN(4, 8, 2)
    return networks.FashionMNISTClassifier(hidden, dropout_rate=dropout)


def confusion(truth: Any, said: Any, classes: int = 10) -> Any:
    """Count, for each class in the rows, what it was taken for, in the columns.

    Examples
    --------
    >>> confusion([0, 0, 1], [0, 1, 1], classes=2)
    array([[1, 1],
           [0, 1]])
    """
    matrix = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(matrix, (np.asarray(truth), np.asarray(said)), 1)
    return matrix


def known_accuracy(model: Any, train: Any, title: str = "") -> float:
    """Return the share of the training images that a trained network recognises, in evaluation mode.

    The progress bar has ``title``; without there is none.
    """
    plain: Any = DataLoader(train, AT_ONCE, generator=cr.Generator())
    return evaluate(model, bar(plain, title), cr.nn.CrossEntropyLoss(), {"accuracy": accuracy})["accuracy"]


# ---- how far rounding alone carries a training -----------------------------------------------------------------


def train_nudged(
    nudge: int | None,
    data: str,
    epochs: int,
    batch_size: int,
    lr: float,
    seed: int,
    hidden: list[int],
    dropout: float,
) -> dict[str, Any]:
    """Train the classifier once more, with one weight changed by its last bit: a trial.

    Whatever comes out differs from the lab's own training by nothing but rounding, which training carries on.

    Parameters
    ----------
    nudge : int, optional
        Of which unit of the first layer a weight is changed; None for no change.
    data, epochs, batch_size, lr, seed, hidden, dropout
        As in the lab.

    Returns
    -------
    dict
        ``"steps"`` and ``"epochs"`` of the history, and ``"right"``: how many of each class are recognised.
    """
    train, test = fashion_mnist(Options(data=data))
    model = build_classifier(ann_networks, cr.manual_seed, seed, hidden, dropout)
    rounding.nudge(model.network[0].weight, nudge)
    history = _fit(model, train, test, epochs, batch_size, lr)
    right = np.diag(confusion(test.labels, predict(model, batches(train, test, batch_size)[1], AT_ONCE).argmax(1)))
    return {"steps": history.steps, "epochs": history.epochs, "right": right.tolist()}


def _fit(model: Any, train: Any, test: Any, epochs: int, batch_size: int, lr: float, callbacks: Any = ()) -> Any:
    train_batches, test_batches = batches(train, test, batch_size)
    optimizer, measures = cr.optim.Adam(model.parameters(), lr=lr), {"accuracy": accuracy}
    trainer = Trainer(
        model,
        cr.nn.CrossEntropyLoss(),
        optimizer,
        metrics=measures,
        train_metrics=measures,
        callbacks=list(callbacks),
        progress=False,
    )
    return trainer.fit(train_batches, epochs, validation=test_batches)


def plan_nudged(options: Options, hidden: list[int], dropout: float) -> Plan:
    """Plan the training as it is, and then with a bit of one or another weight changed, on one thread each."""
    own = {"data": options.place(), "epochs": options.epochs, **options.deciding()}
    return Plan(train_nudged, rounding.nudged({**own, "hidden": hidden, "dropout": dropout}))


# ---- overfitting, and dropout against it -----------------------------------------------------------------------


def train_on_few(
    dropout: float, hidden: list[int], data: str, epochs: int, batch_size: int, lr: float, seed: int
) -> dict[str, Any]:
    """Train the classifier many times through few images, with dropout or without: a trial.

    Returns
    -------
    dict
        For every epoch, in lists: ``"known"`` and ``"new"``, the share of the training and of the test images that
        are recognised in evaluation mode, and ``"new_loss"``, the loss on the test images.
    """
    train, test = fashion_mnist(Options(data=data))
    few: Any = Subset(train, range(min(FEW, len(train))))
    model = build_classifier(ann_networks, cr.manual_seed, seed, hidden, dropout)
    known: list[float] = []
    history = _fit(model, few, test, epochs, batch_size, lr, [_Known(few, known)])
    return {
        "known": known,
        "new": [epoch["validation_accuracy"] for epoch in history.epochs],
        "new_loss": [epoch["validation_loss"] for epoch in history.epochs],
    }


class _Known(Callback):
    """Measures the training images in evaluation mode after every epoch."""

    def __init__(self, images: Any, known: list[float]) -> None:
        self.images, self.known = images, known

    def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
        """Measure."""
        self.known.append(known_accuracy(trainer.model, self.images))


def plan_dropouts(options: Options, hidden: list[int], epochs: int = MANY_EPOCHS) -> Plan:
    """Plan trainings on few images with and without dropout, from several seeds."""
    own = {"data": options.place(), "epochs": epochs, "hidden": hidden, **options.deciding()}
    return Plan(
        train_on_few,
        {
            f"{name} {seed}": {**own, "dropout": rate, "seed": seed}
            for name, rate in DROPOUTS.items()
            for seed in range(options.seed, options.seed + SEEDS)
        },
    )


def read_dropouts(results: Mapping[str, dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the results of :func:`plan_dropouts` under the names of ``DROPOUTS``, by seed."""
    return {
        name: [result for key, result in results.items() if key.rpartition(" ")[0] == name] for name in DROPOUTS
    }
