"""The FashionMNIST classifier: its data, its network, and what it says of images."""

from __future__ import annotations

from typing import Any

import numpy as np

import chainrule as cr
from chainrule.data import DataLoader
from chainrule.datasets import FashionMNIST
from chainrule.datasets.transforms import Compose, Normalize, ToTensor
from chainrule.labs.options import Options

HIDDEN, DROPOUT = [512, 256, 128], 0.3
AT_ONCE = 1000  # images that go through a network together


def fashion_mnist(options: Options) -> tuple[FashionMNIST, FashionMNIST]:
    """Return training and test images: divided by 255, less their mean, over their standard deviation."""
    transform = Compose([ToTensor(), Normalize((0.2860,), (0.3530,))])
    train, test = (options.load(FashionMNIST, train=is_train, transform=transform) for is_train in (True, False))
    return train, test


def batches(train: FashionMNIST, test: FashionMNIST, batch_size: int) -> tuple[Any, Any]:
    """Return the loaders: training images in a new order in every epoch, test images in that of the file."""
    return DataLoader(train, batch_size, shuffle=True), DataLoader(test, batch_size)


def build_classifier(networks: Any, manual_seed: Any, seed: int) -> Any:
    """Build the classifier as the document's notebook does: behind a small network, which draws its weights first.

    Parameters
    ----------
    networks : module or namespace
        ``ann_networks``, or the same in PyTorch.
    manual_seed : callable
    seed : int
    """
    manual_seed(seed)
    networks.SimpleANN(4, 8, 2)
    return networks.FashionMNISTClassifier(HIDDEN, dropout_rate=DROPOUT)


def classify(model: Any, images: FashionMNIST) -> Any:
    """Return the probabilities of the classes, shape (N, 10)."""
    model.eval()
    parts = []
    with cr.no_grad():
        for start in range(0, len(images), AT_ONCE):
            X, _ = images.batch(slice(start, start + AT_ONCE))
            parts.append(np.asarray(model(X).softmax(1)))
    return np.concatenate(parts)


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
