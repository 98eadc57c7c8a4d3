"""The framework in one look: layers that compose, what a wrong answer costs, and the loop that learns from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import chainrule as cr
from chainrule import nn
from chainrule.data import DataLoader, TensorDataset


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


def learn(
    model: Any, loss_fn: Callable[[Any, Any], Any], optimizer: Any, points: tuple[Any, Any], batch_size: int
) -> Iterator[int]:
    """Train for ever in shuffled batches, and yield the number of finished epochs: 0 before the first.

    Parameters
    ----------
    model, loss_fn, optimizer
    points : (array_like, array_like)
        x and y of each.
    batch_size : int

    Examples
    --------
    >>> model = perceptron(nn, [1, 1], "Identity")
    >>> epochs = learn(model, nn.MSELoss(), cr.optim.SGD(model.parameters(), lr=0.1), ([[1.0]], [[2.0]]), 1)
    >>> [next(epochs) for _ in range(100)][-1], round(model(cr.tensor([[1.0]])).item(), 3)
    (99, 2.0)
    """

    @cr.capture
    def step(x: Any, y: Any) -> Any:
        loss = loss_fn(model(x), y)  # forward
        loss.backward()  # ∂loss/∂W and ∂loss/∂b of every layer, by the chain rule
        optimizer.step()  # W ← W − η ∂loss/∂W
        optimizer.zero_grad()
        return loss

    batches: Any = DataLoader(TensorDataset(*points), batch_size=batch_size, shuffle=True)
    epoch = 0
    while True:
        yield epoch
        for batch in batches:
            step(*batch)
        epoch += 1
