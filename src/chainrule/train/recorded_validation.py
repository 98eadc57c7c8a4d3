"""What is seen of a validation: what is taken for what, the worst mistakes, and units that are stuck."""

from __future__ import annotations

import base64
import heapq
import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from chainrule.nn import Module
from chainrule.nn.watching import watched
from chainrule.ops import Array
from chainrule.tensor import Tensor
from chainrule.train.distribution import rounded
from chainrule.train.recorded_step import DYING, SATURATING, layers_of, numbered, saturated, silent

WORST = 10  # mistakes that are kept
MOST_CLASSES = 100  # of a confusion matrix: more fill the file, and nobody reads them
SMALLEST = 8  # pixels of a side: rows of fewer than their square are not taken for pictures


class ValidationRecord:
    """Looks on while a model is validated.

    Attributes
    ----------
    confusion : ndarray of int, shape (classes, classes), or None
        Rows are what the examples are, columns what is said. None if the targets are no classes, or of too many.
    """

    def __init__(self) -> None:
        self.confusion: Array | None = None
        self._worst: list[
            tuple[float, int, dict[str, Any], Array | None]
        ] = []  # a heap, the least of these losses first
        self._dead: dict[str, Array] = {}
        self._saturated: dict[str, list[int]] = {}
        self._calls: Counter[str] = Counter()  # of the layers, in the batch that goes through the model
        self._latest = "", np.empty(0)  # the layer that was called last, and what it returned
        self._X: Array | None = None  # of the batch, if the model returns a row for each example
        self._rows = self._examples = self._seen = 0

    @contextmanager
    def watching(self, model: Module, loss_fn: Any, when: Callable[[], bool] = lambda: True) -> Iterator[None]:
        """Look on inside, at what goes on when ``when()``. What the loss is given is seen if that is a module."""

        def only(look: Callable[..., None]) -> Callable[..., None]:
            return lambda *seen: look(*seen) if when() else None

        layers = {k: m for k, m in layers_of(model).items() if isinstance(m, (*DYING, *SATURATING))}
        whole, losses = {"": model}, {"": loss_fn} if isinstance(loss_fn, Module) else {}
        with (
            watched(layers, only(self._see_layer)),
            watched(whole, only(self._see_batch)),
            watched(losses, only(self._see_loss)),
        ):
            yield

    def _see_batch(self, name: str, model: Module, args: Any, output: Any) -> None:
        X = np.asarray(args[0]) if args and not isinstance(args[0], dict) else np.empty(0)
        rows = tuple(output.shape[:1]) if isinstance(output, Tensor) else ()
        self._seen += len(X) if X.size else sum(rows)
        self._X, self._rows = X if X.size and rows == X.shape[:1] else None, 0
        if isinstance(output, Tensor):
            layer, y = self._latest
            if np.may_share_memory(output.array, y):  # a classifier that is sure of itself is not stuck
                self._saturated.pop(layer, None)
        self._calls.clear()

    def _see_layer(self, name: str, module: Module, args: Any, output: Tensor) -> None:
        y, name = output.array, numbered(name, self._calls)
        self._latest = name, y
        if isinstance(module, DYING):
            unused = silent(y)
            before = self._dead.get(name, unused)
            # sequences of other lengths have other units: such a layer is left out
            self._dead[name] = unused & before if unused.shape == before.shape else np.empty(0, bool)
        else:
            flat, of = self._saturated.get(name, [0, 0])
            self._saturated[name] = [flat + int(np.count_nonzero(saturated(module, y))), of + y.size]

    @np.errstate(all="ignore")
    def _see_loss(self, name: str, module: Module, args: Any, output: Any) -> None:
        """Look at predictions and targets of a batch, which may be a part of what the model was given at once."""
        if len(args) < 2 or not all(isinstance(argument, Tensor) for argument in args[:2]):
            return
        pred, truth = (argument.array for argument in args[:2])
        if pred.ndim != 2 or truth.shape != pred.shape[:1] or truth.dtype.kind not in "iu":
            return
        classes, said, truth = pred.shape[1], pred.argmax(1), truth.astype(np.int64)
        if not 2 <= classes <= MOST_CLASSES:
            return
        counted = (truth >= 0) & (truth < classes)  # the others are ignored, as by ``ignore_index``
        cells = (truth * classes + said)[counted]
        counts = np.bincount(cells, minlength=classes**2).reshape(classes, classes)
        self.confusion = counts if self.confusion is None else self.confusion + counts
        log_p = log_probabilities(pred)
        losses = -log_p[np.arange(len(truth)), np.where(counted, truth, 0)]
        for i in np.flatnonzero(counted & (said != truth) & (losses > self._bar())):
            example, x = self._examples + int(i), None if self._X is None else self._X[self._rows + i].copy()
            mistake = {
                "example": example,
                "truth": int(truth[i]),
                "said": int(said[i]),
                "confidence": rounded(math.exp(log_p[i, said[i]])),
                "loss": rounded(losses[i]),
            }
            push = heapq.heappush if len(self._worst) < WORST else heapq.heappushpop
            push(self._worst, (float(losses[i]), -example, mistake, x))
        self._rows += len(truth)
        self._examples += len(truth)

    def _bar(self) -> float:
        """Return what a loss must exceed to be among the worst."""
        return self._worst[0][0] if len(self._worst) == WORST else -math.inf

    def summary(self) -> dict[str, Any]:
        """Return what was seen, for JSON."""
        found: dict[str, Any] = {
            "examples": self._seen,
            "dead": {name: rounded(unused.mean()) for name, unused in self._dead.items() if unused.size},
            "saturated": {name: rounded(flat / of) for name, (flat, of) in self._saturated.items() if of},
        }
        if self.confusion is not None:
            found["confusion"] = self.confusion.tolist()
            worst = sorted(self._worst, key=lambda entry: entry[:2], reverse=True)
            found["mistakes"] = [{**mistake, **({} if x is None else picture(x))} for _, _, mistake, x in worst]
        return found


def log_probabilities(pred: Array) -> Array:
    """Return the logarithms of the probabilities that a classifier gives, as logits, logarithms or themselves.

    Examples
    --------
    >>> np.exp(log_probabilities(np.array([[0.25, 0.75]]))).round(6).tolist()
    [[0.25, 0.75]]
    """
    if (pred >= 0).all() and np.allclose(pred.sum(1), 1, atol=1e-4):
        return np.asarray(np.log(np.maximum(pred, np.finfo(pred.dtype).tiny)))
    shifted = pred - pred.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def picture(x: Array) -> dict[str, Any]:
    """Return an example as a picture of 256 greys in Base64, with its shape; nothing if it is none.

    A picture is an array whose last two axes are those of pixels and the others have length 1, or a row as long as
    a square is large.

    Examples
    --------
    >>> picture(np.zeros((1, 8, 8)))["shape"], picture(np.zeros(2))
    ([8, 8], {})
    """
    side = math.isqrt(x.size)
    if x.ndim >= 2 and x.shape[-2] * x.shape[-1] == x.size:
        shape = [int(n) for n in x.shape[-2:]]
    elif x.ndim == 1 and side * side == x.size and side >= SMALLEST:
        shape = [side, side]
    else:
        return {}
    low, high = float(x.min()), float(x.max())
    with np.errstate(all="ignore"):
        greys = np.round((x - low) * (255 / (high - low) if high > low else 0)).astype(np.uint8)
    return {"shape": shape, "image": base64.b64encode(greys.tobytes()).decode()}
