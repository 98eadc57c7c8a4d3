"""One step of a training: forward, loss, backward, update; captured where that is possible."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from chainrule.autograd import replayed
from chainrule.captured import capture
from chainrule.nn import Module
from chainrule.optim import Optimizer
from chainrule.tape import CaptureError
from chainrule.tensor import Tensor


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
        Whether the step is replayed.
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
        self.model, self.loss_fn, self.optimizer = model, loss_fn, optimizer
        self._captured = capture(self.training_step, strict=False) if captured else None

    def __call__(self, X: Tensor, y: Tensor) -> tuple[float, Any]:
        """Train on a batch, and return loss and prediction from before the update."""
        loss, pred = (self._captured or self.training_step)(X, y)
        return loss.item(), pred

    def training_step(self, X: Tensor, y: Tensor) -> tuple[Tensor, Any]:
        """Do what the step does, as it is written."""
        pred = self.model(X)
        loss = self.loss_fn(pred, y)
        stop_unless_finite(loss)
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        return loss, pred

    @property
    def refusal(self) -> CaptureError | None:
        """Why the step can't be captured."""
        return None if self._captured is None else self._captured.refusal

    @property
    def captured(self) -> bool:
        """Whether the step is replayed."""
        return self._captured is not None and self._captured.refusal is None

    def begin_epoch(self) -> None:
        """Look, with the next batch of each shape, whether the step still does what was recorded."""
        if self._captured is not None:
            self._captured.doubt()
