"""Metrics, and the evaluation of a model on a loader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from chainrule.autograd import no_grad
from chainrule.nn import Module
from chainrule.tensor import Tensor, as_tensor
from chainrule.train.history import Tally


class Ratio(NamedTuple):
    """What a metric says of one batch. Over several batches, parts and wholes are added up, which is exact.

    Examples
    --------
    >>> float(Ratio(3, 4))
    0.75
    """

    part: float
    whole: float

    def __float__(self) -> float:
        return self.part / self.whole


Metric: TypeAlias = Callable[[Tensor, Tensor], tuple[float, float]]


def accuracy(pred: Any, y: Any) -> Ratio:
    """Count the samples whose class has the largest output.

    Parameters
    ----------
    pred : Tensor, shape (batch, classes)
        Logits or probabilities.
    y : Tensor, shape (batch,) or (batch, classes)
        The classes, or their probabilities (one-hot, for one).

    Returns
    -------
    Ratio
        The number of hits, and that of samples: ``float(accuracy(pred, y))`` is the quotient.

    Raises
    ------
    ValueError
        If the shapes are others.

    Examples
    --------
    >>> accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1])
    Ratio(part=1, whole=2)
    """
    scores, classes = np.asarray(pred), np.asarray(y)
    if classes.ndim == 2 and classes.shape == scores.shape:
        classes = classes.argmax(1)
    if scores.ndim != 2 or classes.shape != scores.shape[:1]:
        raise ValueError(
            "accuracy expected pred of shape (batch, classes) and y of shape (batch,) or (batch, classes), "
            f"got {scores.shape} and {classes.shape}"
        )
    return Ratio(int(np.count_nonzero(scores.argmax(1) == classes)), len(classes))


def evaluate(
    model: Module,
    loader: Iterable[Any],
    loss_fn: Callable[[Any, Any], Tensor],
    metrics: Mapping[str, Metric] | None = None,
) -> dict[str, float]:
    """Measure a model in evaluation mode, without gradients. The modes of its modules are the same afterwards.

    Parameters
    ----------
    model : Module
    loader : iterable
        Batches (X, y): of tensors, or arrays of NumPy or PyTorch.
    loss_fn : callable
        Takes prediction and target.
    metrics : dict of str to callable, optional
        Functions like :func:`accuracy`, of prediction and target, that return what is to be summed up over the
        batches and what it is to be divided by.

    Returns
    -------
    dict
        ``"loss"``, the mean of the losses of the batches, as in PyTorch's tutorial, and each of ``metrics``.

    Raises
    ------
    ValueError
        If the loader gives nothing.

    Examples
    --------
    >>> from chainrule import nn
    >>> batches = [([[2.0, 0.0], [0.0, 2.0]], [0, 0])]
    >>> evaluate(nn.Identity(), batches, nn.CrossEntropyLoss(), {"accuracy": accuracy})
    {'loss': 1.12..., 'accuracy': 0.5}
    """
    tally = Tally()
    with evaluation_mode(model), no_grad():
        for X, y in pairs(loader):
            pred = model(X)
            tally.add(len(X), loss_fn(pred, y).item())
            measure(metrics or {}, pred, y, tally)
    if not tally.batches:
        raise ValueError("the validation loader gave no batches: nothing can be measured")
    return {"loss": tally.loss / tally.batches, **tally.ratios()}


def measure(metrics: Mapping[str, Metric], pred: Tensor, y: Tensor, tally: Tally) -> None:
    """Add to a tally what metrics say of a batch."""
    for name, metric in metrics.items():
        part, whole = metric(pred, y)
        tally.add_metric(name, float(part), float(whole))


@contextmanager
def evaluation_mode(model: Module) -> Iterator[None]:
    """Put a model in evaluation mode, and afterwards each of its modules in the mode it was in."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def pairs(batches: Iterable[Any]) -> Iterator[tuple[Tensor, Tensor]]:
    """Iterate over batches (X, y) of anything that is an array, as tensors."""
    for batch in batches:
        try:
            X, y = batch
        except (TypeError, ValueError):
            kind = type(batch).__name__
            raise TypeError(f"a loader is expected to give batches (X, y), got {kind} that is no pair") from None
        yield as_tensor(X), as_tensor(y)
