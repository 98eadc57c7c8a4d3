"""What every side of a contest is given: a network with its weights, data, and what is to be done with them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

import chainrule as cr
from benchmarks.harness import Task
from chainrule.datasets import MNIST
from chainrule.labs.results import describe

Array = npt.NDArray[Any]

MOST_ROWS = 16_384  # as float32 51 MB: more than a common processor's caches hold, and little for the memory


@dataclass(frozen=True)
class Problem:
    """A fully connected network and the steps to do with it.

    Attributes
    ----------
    sizes : tuple of int
        Inputs, units of each hidden layer, outputs.
    weights : list of (ndarray, ndarray)
        Of each layer, at the start: W float32 (outputs, inputs) and b float32 (outputs,).
    X : ndarray of float32, shape (rows, inputs)
    y : ndarray, int64 (rows,) for "CrossEntropyLoss", float32 (rows, outputs) for "MSELoss"
    batch_size : int
        The rows are gone through in this many at a time; what is left over at the end is passed over.
    lr : float
    optimizer : {"SGD", "Adam"}
    loss : {"CrossEntropyLoss", "MSELoss"}
    hidden : {"ReLU", "Tanh"}
        After each hidden layer.
    output : {"", "Sigmoid"}
        After the last.
    dropout : float
        The share that is dropped after each hidden layer.
    training : bool
        Whether a step is forward, loss, backward and update, or only forward.
    """

    sizes: tuple[int, ...]
    weights: list[tuple[Array, Array]]
    X: Array
    y: Array
    batch_size: int
    lr: float
    optimizer: str = "SGD"
    loss: str = "CrossEntropyLoss"
    hidden: str = "ReLU"
    output: str = ""
    dropout: float = 0.0
    training: bool = True

    def batches(self) -> list[tuple[Array, Array]]:
        """Return the whole batches (X, y), as views."""
        B = self.batch_size
        return [(self.X[i : i + B], self.y[i : i + B]) for i in range(0, len(self.X) - B + 1, B)]


def initial_weights(sizes: tuple[int, ...]) -> list[tuple[Array, Array]]:
    """Draw the weights that both PyTorch and chainrule start with, from seed 42."""
    cr.manual_seed(42)
    layers = [[p.detach() for p in cr.nn.Linear(*shape).parameters()] for shape in pairwise(sizes)]
    return [(np.array(W), np.array(b)) for W, b in layers]


def image_task(dataset: type[MNIST], sizes: tuple[int, ...], batch_size: int, **how: Any) -> Task:
    """Return the task of classifying images: pixels between 0 and 1, flattened, in the order of the file.

    Parameters
    ----------
    dataset : type
        `MNIST` or `FashionMNIST`, whole where it is found, else the sample in the package.
    sizes : tuple of int
        See `Problem`.
    batch_size : int
    **how
        The rest of `Problem`.
    """
    X, y, description = images_and_labels(dataset)  # type: ignore[arg-type]
    return Task(Problem(sizes, initial_weights(sizes), X, y, batch_size, **how), description)


@cache
def images_and_labels(dataset: type[MNIST]) -> tuple[Array, Array, dict[str, Any]]:
    """Return images as rows of float32 from 0 to 1, shape (at most `MOST_ROWS`, 784), labels, and their source."""
    images = dataset()
    rows = images.images[:MOST_ROWS].reshape(-1, 28 * 28)
    return rows.astype(np.float32) / np.float32(255), images.labels[:MOST_ROWS], describe(images.source)
