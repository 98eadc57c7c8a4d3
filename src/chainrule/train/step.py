"""One step of a training: forward, loss, backward, update; captured where that is possible."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Any

from chainrule.autograd import replayed
from chainrule.nn import Module
from chainrule.optim import Optimizer
from chainrule.random import get_rng_state, set_rng_state
from chainrule.tape import CaptureError, capture
from chainrule.tensor import Tensor

logger = logging.getLogger(__name__)


class NotFinite(ArithmeticError):  # noqa: N818 (it is a signal to the trainer, which says more)
    """A loss is infinite or not a number. The update was not made."""

    def __init__(self, loss: float) -> None:
        super().__init__(f"the loss is {loss}")
        self.loss = loss


@replayed
def stop_unless_finite(loss: Tensor) -> None:
    """Raise :class:`NotFinite` if the loss is infinite or not a number.

    Examples
    --------
    >>> stop_unless_finite(Tensor(2.5))
    """
    value = loss.item()
    if not math.isfinite(value):
        raise NotFinite(value)


class TrainingStep:
    """A training step as a function of a batch.

    Parameters
    ----------
    model : Module
    loss_fn : callable
        Takes prediction and target, and returns a tensor of one element.
    optimizer : Optimizer
    captured : bool
        Whether to replay the step as :func:`chainrule.capture` records it, where that can be done.

    Attributes
    ----------
    captured : bool
        Whether the step is replayed. The logger of this module tells it once, too.
    refusal : CaptureError or None
        Why the step can't be captured. It runs as it is written then.

    Examples
    --------
    >>> from chainrule import nn, optim
    >>> model = nn.Linear(1, 1)
    >>> step = TrainingStep(model, nn.MSELoss(), optim.SGD(model.parameters()), captured=True)
    >>> loss, pred = step(Tensor([[1.0]]), Tensor([[0.0]]))
    >>> abs(loss - pred.item() ** 2) < 1e-6
    True
    """

    def __init__(
        self, model: Module, loss_fn: Callable[[Any, Any], Tensor], optimizer: Optimizer, captured: bool
    ) -> None:
        self.model, self.loss_fn, self.optimizer, self.captured = model, loss_fn, optimizer, captured
        self.refusal: CaptureError | None = None
        self._replay = capture(self._run)

    def __call__(self, X: Tensor, y: Tensor) -> tuple[float, Tensor]:
        """Train on a batch, and return loss and prediction from before the update."""
        if not self.captured:
            loss, pred = self._run(X, y)
        elif self._replay.recorded(X, y):
            loss, pred = self._replay(X, y)
        else:
            loss, pred = self._record(X, y)
        return loss.item(), pred

    def _run(self, X: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        pred = self.model(X)
        loss = self.loss_fn(pred, y)
        stop_unless_finite(loss)
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        return loss, pred

    def _record(self, X: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Run the step for the first time with batches of this shape; if it can't be captured, run it again."""
        random, buffers = get_rng_state(), [(b, b.array.copy()) for b in self.model.buffers()]
        try:
            result = self._replay(X, y)
            logger.info("the training steps for batches of %s are captured", tuple(X.shape))
            return result
        except CaptureError as error:
            logger.info("the training steps run without capture: %s", error)
            self.captured, self.refusal = False, error
        set_rng_state(random)
        for buffer, before in buffers:
            buffer.array[...] = before
        return self._run(X, y)
