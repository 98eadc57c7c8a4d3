"""One step of a training: forward, loss, backward, update; captured where that is possible."""

from __future__ import annotations

import math
from collections.abc import Callable
from inspect import Parameter, signature
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
    >>> stop_unless_finite(tensor(2.5))
    """
    value = loss.item()
    if not math.isfinite(value):
        raise NotFinite(value)


class TrainingStep:
    """A training step as a function of a batch.

    An optimiser whose ``step`` demands a closure, as that of ``LBFGS`` does, is given one, and evaluates the loss
    as often as it wants. Then what is captured is the evaluation. Each draws its own dropout masks and counts for
    the running statistics, as in PyTorch.

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
        closure = signature(optimizer.step).parameters.get("closure")
        self._gives_closure = closure is not None and closure.default is Parameter.empty
        written = self._evaluate if self._gives_closure else self._train
        self._captured = capture(written, strict=False) if captured else None
        self._run = self._captured or written

    def __call__(self, X: Tensor, y: Tensor) -> tuple[float, Any]:
        """Train on a batch, and return loss and prediction from before the update."""
        loss, pred = self._train_with_closure(X, y) if self._gives_closure else self._run(X, y)
        return loss.item(), pred

    def _train(self, X: Tensor, y: Tensor) -> tuple[Tensor, Any]:
        pred = self.model(X)
        loss = self.loss_fn(pred, y)
        stop_unless_finite(loss)
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        return loss, pred

    def _evaluate(self, X: Tensor, y: Tensor) -> tuple[Tensor, Any]:
        self.optimizer.zero_grad()
        pred = self.model(X)
        loss = self.loss_fn(pred, y)
        loss.backward()
        return loss, pred

    def _train_with_closure(self, X: Tensor, y: Tensor) -> tuple[Tensor, Any]:
        results: list[tuple[Tensor, Any]] = []

        def closure() -> Tensor:
            results.append(self._run(X, y))
            if len(results) == 1:  # later ones try steps that may be too long
                stop_unless_finite(results[0][0])
            return results[-1][0]

        self.optimizer.step(closure)
        self.optimizer.zero_grad()
        return results[0]

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
