"""Finding the layer that made a loss infinite, or not a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from chainrule.autograd import no_grad
from chainrule.nn import Module
from chainrule.nn.watching import unchanged, watched
from chainrule.tensor import Tensor


class NonFiniteLossError(ArithmeticError):
    """The loss of a training step is infinite, or not a number. The update of that step was not made.

    Attributes
    ----------
    epoch, batch : int
        Which, from 1.
    loss : float
    layer : str or None
        The name of the first layer with values that are not finite; None if no layer has any.
    """

    def __init__(self, epoch: int, batch: int, loss: float, finding: Finding) -> None:
        super().__init__(f"the loss of epoch {epoch}, batch {batch} is {loss}: {finding.text}")
        self.epoch, self.batch, self.loss, self.layer = epoch, batch, loss, finding.layer


class Finding(NamedTuple):
    """A layer's name, if it is one's fault, and what is wrong and what may help."""

    layer: str | None
    text: str


def find_cause(model: Module, loss_fn: Callable[[Any, Any], Tensor], X: Tensor, y: Tensor) -> Finding:
    """Run a model again on the batch that gave a loss that is not finite, and look where it begins.

    Parameters
    ----------
    model : Module
        As it was before the update. Its mode, its buffers and the default generator are the same afterwards.
    loss_fn : callable
    X, y : Tensor
        The batch.

    Returns
    -------
    Finding

    Examples
    --------
    >>> from chainrule import nn
    >>> model = nn.Sequential(nn.Identity(), nn.ReLU())
    >>> find_cause(model, nn.MSELoss(), Tensor([float("inf")]), Tensor([0.0])).text
    'the input data X of this batch are not finite (0 (Identity) is the first layer to meet them): check the data'
    """
    return _in_weights(model) or _in_a_pass(model, loss_fn, X, y)


def _in_weights(model: Module) -> Finding | None:
    for name, module in model.named_modules():
        for parameter, value in module.named_parameters(recurse=False):
            if not _finite(value):
                return Finding(
                    name,
                    f"the {parameter} of {_title(name, module)} is not finite, since the update before or from "
                    "the start: a lower learning rate, or nn.utils.clip_grad_norm_, keeps updates small",
                )
    return None


def _in_a_pass(model: Module, loss_fn: Callable[[Any, Any], Tensor], X: Tensor, y: Tensor) -> Finding:
    findings: list[Finding] = []
    data_are_finite = _finite(X)

    def look(name: str, module: Module, inputs: Any, output: Any) -> None:
        if findings:
            return
        title = _title(name, module)
        if not data_are_finite and not _finite(inputs):
            first = f"{title} is the first layer to meet them"
            text = f"the input data X of this batch are not finite ({first}): check the data"
        elif not _finite(inputs):
            text = f"the input of {title} is not finite, and the layers before it give finite output"
        elif not _finite(output):
            text = (
                f"the output of {title} is not finite, while its input and its weights are: the values overflow; "
                "a lower learning rate, or data of a smaller scale, may help"
            )
        else:
            return
        findings.append(Finding(name, text))

    with unchanged(model), watched(dict(model.named_modules()), look), no_grad():
        loss = loss_fn(model(X), y)
    if findings:
        return findings[0]
    if not _finite(y):
        return Finding(None, "the targets y of this batch are not finite: check the data")
    if not _finite(loss):
        return Finding(
            None,
            "the outputs of all layers are finite, and the loss function made this of the last: "
            "do targets and outputs lie where it is defined?",
        )
    return Finding(None, "run again on the same batch, everything is finite: it hangs on what random layers draw")


def _finite(values: Any) -> bool:
    """Return whether all numbers in a tensor, or in tensors in a container, are finite."""
    if isinstance(values, list | tuple):
        return all(map(_finite, values))
    return not isinstance(values, Tensor) or bool(np.isfinite(values.array).all())


def _title(name: str, module: Module) -> str:
    kind = type(module).__name__
    return f"{name} ({kind})" if name else f"the model ({kind})"
