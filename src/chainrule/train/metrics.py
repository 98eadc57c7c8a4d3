"""Metrics, and the evaluation of a model on a loader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import accumulate, pairwise
from typing import Any, NamedTuple, TypeAlias, TypeGuard

import numpy as np

from chainrule.autograd import no_grad
from chainrule.data import DataLoader, default_collate
from chainrule.nn import Module
from chainrule.ops import Array
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


def predicted_classes(pred: Any, threshold: float = 0.0) -> Array:
    """Return the class that a network decides for.

    Parameters
    ----------
    pred : array_like, shape (batch, classes) or (batch, 1)
        A score for each class, of which the greatest wins; or one for class 1 against class 0.
    threshold : float
        Above which a single score is one for class 1: 0 for what goes into a logistic function, 0.5 for the
        probability that comes out of it.

    Returns
    -------
    ndarray of int, shape (batch,)

    Examples
    --------
    >>> predicted_classes([[0.2, 0.7, 0.1]]), predicted_classes([[-0.3], [1.2]])
    (array([1]), array([0, 1]))
    """
    scores = np.asarray(pred)
    decided: Array = (scores[:, 0] > threshold).astype(np.int64) if scores.shape[1] == 1 else scores.argmax(1)
    return decided


def zero_one_loss(pred: Any, y: Any, threshold: float = 0.0) -> Ratio:
    """Count the wrong answers: each costs 1, whatever the confidence, so that there is no slope to go down.

    Parameters
    ----------
    pred : array_like, shape (batch, classes) or (batch, 1)
    y : array_like, shape (batch,) or (batch, 1)
        The classes.
    threshold : float
        As in :func:`predicted_classes`.

    Returns
    -------
    Ratio
        The number of errors, and that of samples; the quotient is 1 − accuracy.

    Raises
    ------
    ValueError
        If the shapes are others.

    Examples
    --------
    >>> zero_one_loss([[2.5], [-0.1], [0.3]], [[1.0], [1.0], [1.0]])
    Ratio(part=1, whole=3)
    """
    said, classes = _decisions("zero_one_loss", pred, y, threshold)
    return Ratio(int(np.count_nonzero(said != classes)), len(classes))


def precision(pred: Any, y: Any, threshold: float = 0.0) -> Ratio:
    """Count, of what is taken for class 1, what is of it.

    Parameters
    ----------
    pred : array_like, shape (batch, 1)
        A score for class 1.
    y : array_like, shape (batch,) or (batch, 1)
        0 or 1.
    threshold : float
        As in :func:`predicted_classes`.

    Returns
    -------
    Ratio

    Examples
    --------
    >>> pred, y = [[2.0], [1.0], [-1.0], [-2.0]], [1, 0, 1, 0]
    >>> precision(pred, y), recall(pred, y), f1(pred, y)
    (Ratio(part=1, whole=2), Ratio(part=1, whole=2), Ratio(part=2, whole=4))
    """
    said, classes = _decisions("precision", pred, y, threshold)
    return Ratio(int(np.count_nonzero(said & (classes == 1))), int(said.sum()))


def recall(pred: Any, y: Any, threshold: float = 0.0) -> Ratio:
    """Count, of what is of class 1, what is taken for it. Parameters and result are as in :func:`precision`."""
    said, classes = _decisions("recall", pred, y, threshold)
    return Ratio(int(np.count_nonzero(said & (classes == 1))), int(np.count_nonzero(classes == 1)))


def f1(pred: Any, y: Any, threshold: float = 0.0) -> Ratio:
    """Count for F1, the harmonic mean of precision and recall: 2 · hits / (taken for class 1 + of class 1)."""
    (hits, taken), (_, of) = precision(pred, y, threshold), recall(pred, y, threshold)
    return Ratio(2 * hits, taken + of)


def _decisions(name: str, pred: Any, y: Any, threshold: float) -> tuple[Array, Array]:
    """Return what is said and what is true, of shape (batch,) each."""
    scores, classes = np.asarray(pred), np.asarray(y)
    if scores.ndim != 2 or classes.shape not in ((len(scores),), (len(scores), 1)):
        raise ValueError(
            f"{name} expected pred of shape (batch, classes) and y of shape (batch,) or (batch, 1), got "
            f"{scores.shape} and {classes.shape}"
        )
    return predicted_classes(scores, threshold), classes.reshape(-1)


def predict(model: Module, loader: Iterable[Any], at_once: int | None = None) -> Array:
    """Return what a model says of all batches, in evaluation mode, without gradients.

    Parameters
    ----------
    model : Module
    loader : iterable
        Batches (X, y).
    at_once : int, optional
        As in :func:`evaluate`.

    Returns
    -------
    ndarray, shape (samples, ...)

    Examples
    --------
    >>> from chainrule import nn
    >>> predict(nn.ReLU(), [([[-1.0], [2.0]], [0, 1]), ([[3.0]], [1])]).tolist()
    [[0.0], [2.0], [3.0]]
    """
    with evaluation_mode(model), no_grad():
        said: Array = np.concatenate([np.array(pred) for _, _, pred in _predictions(model, loader, at_once)])
    return said


def evaluate(
    model: Module,
    loader: Iterable[Any],
    loss_fn: Callable[[Any, Any], Tensor],
    metrics: Mapping[str, Metric] | None = None,
    *,
    at_once: int | None = None,
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
    at_once : int, optional
        Put up to so many samples through the model at once, which is faster; losses and metrics are still those
        of each batch, equal to rounding. It is for models that, in evaluation, treat each sample by itself: not
        with a ``BatchNorm1d(track_running_stats=False)``, for one. Batches are joined where the loader is a
        ``DataLoader`` of chainrule with the default ``collate_fn``.

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
        for X, y, pred in _predictions(model, loader, at_once):
            tally.add(len(X), loss_fn(pred, y).item())
            measure(metrics or {}, pred, y, tally)
    if not tally.batches:
        raise ValueError("the validation loader gave no batches: nothing can be measured")
    return {"loss": tally.loss / tally.batches, **tally.ratios()}


def _predictions(
    model: Module, loader: Iterable[Any], at_once: int | None
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield each batch (X, y) with the prediction for it."""
    if at_once is None or not _can_join(loader):
        for X, y in pairs(loader):
            yield X, y, model(X)
        return
    for batch, sizes in loader.joined(at_once):
        X, y = _pair(batch)
        pred = model(X)
        if len(pred) != len(X):
            raise ValueError(
                f"evaluate(at_once={at_once}) expected the model to give a row for each of {len(X)} samples, got "
                f"shape {tuple(pred.shape)}: leave at_once out"
            )
        for start, stop in pairwise(accumulate(sizes, initial=0)):
            yield X[start:stop], y[start:stop], pred[start:stop]


def _can_join(loader: Iterable[Any]) -> TypeGuard[DataLoader[Any]]:
    """Tell whether batches are read in our own way, with nothing of the user's that would see more than one."""
    return (
        isinstance(loader, DataLoader)
        and type(loader).__iter__ is DataLoader.__iter__
        and loader.collate_fn is default_collate
    )


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
    return map(_pair, batches)


def _pair(batch: Any) -> tuple[Tensor, Tensor]:
    try:
        X, y = batch
    except (TypeError, ValueError):
        kind = type(batch).__name__
        raise TypeError(f"a loader is expected to give batches (X, y), got {kind} that is no pair") from None
    return as_tensor(X), as_tensor(y)
