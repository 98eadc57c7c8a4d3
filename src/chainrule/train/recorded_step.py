"""A training step of which some are looked at: layers, gradients, weights and updates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule import nn
from chainrule.nn import Module
from chainrule.nn.watching import watched
from chainrule.ops import Array
from chainrule.tensor import Tensor
from chainrule.train.distribution import distribution, norm, rounded
from chainrule.train.step import NotFinite, TrainingStep

RESHAPES = (nn.Flatten, nn.Unflatten, nn.Identity)  # whose output is their input
DYING = (nn.ReLU, nn.ReLU6)
SATURATING = (nn.Sigmoid, nn.Tanh)
FLAT = 0.97  # |2σ − 1| or |tanh| above this: the derivative is less than 6 % of the greatest that it can be


def layers_of(model: Module) -> dict[str, Module]:
    """Return the modules that compute something by themselves, by their dotted names.

    Examples
    --------
    >>> list(layers_of(nn.Sequential(nn.Flatten(), nn.Sequential(nn.Linear(2, 3), nn.Tanh()))))
    ['1.0', '1.1']
    """
    return {
        name or "(model)": module
        for name, module in model.named_modules()
        if not any(True for _ in module.children()) and not isinstance(module, RESHAPES)
    }


def silent(output: Array) -> Array:
    """Return which units are zero for every example of a batch.

    Examples
    --------
    >>> silent(np.array([[0.0, 1.0], [0.0, 0.0]])).tolist()
    [True, False]
    """
    return np.asarray(~np.atleast_1d(output).any(axis=0))


def saturated(module: Module, output: Array) -> Array:
    """Return which outputs of a sigmoid or tanh lie where the function is flat.

    Examples
    --------
    >>> saturated(nn.Sigmoid(), np.array([0.001, 0.5])).tolist()
    [True, False]
    """
    return np.asarray(np.abs(2 * output - 1 if isinstance(module, nn.Sigmoid) else output) > FLAT)


def numbered(name: str, calls: Counter[str]) -> str:
    """Count a call of a layer, and return the layer's name, from the second call on with its number.

    Examples
    --------
    >>> calls = Counter()
    >>> numbered("relu", calls), numbered("relu", calls)
    ('relu', 'relu (2)')
    """
    calls[name] += 1
    return name if calls[name] == 1 else f"{name} ({calls[name]})"


class StepRecord:
    """What is seen of a step. It stands in the place of the optimiser, which shows it gradients and updates.

    Attributes
    ----------
    layers, parameters : dict of str to dict
        By their dotted names.
    """

    def __init__(self, model: Module, optimizer: Any) -> None:
        self.optimizer = optimizer
        self.trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
        self.layers: dict[str, dict[str, Any]] = {}
        self.parameters: dict[str, dict[str, Any]] = {}
        self._calls: Counter[str] = Counter()
        self._before: dict[str, Array] = {}

    def see(self, name: str, module: Module, args: Any, output: Any) -> None:
        """Look at what a layer returned."""
        if self.parameters or not isinstance(output, Tensor) or not output.is_floating_point():
            return  # a loss that is evaluated once more, by an optimiser that tries steps, is not looked at
        y = output.array
        moments = {"mean": rounded(y.mean()), "std": rounded(y.std())}
        found = {"type": type(module).__name__, **moments, **distribution(y)}
        if isinstance(module, DYING):
            found["dead"] = rounded(silent(y).mean())
        if isinstance(module, SATURATING):
            found["saturated"] = rounded(saturated(module, y).mean())
        self.layers[numbered(name, self._calls)] = found

    def step(self) -> None:
        """Update the parameters, and look at what was there before and what has become of it."""
        self.see_gradients()
        self.see_weights()
        self.optimizer.step()
        self.see_update()

    def see_gradients(self) -> None:
        """Look at the gradients, and at the weights that they belong to."""
        for name, p in self.trained.items():
            if p._grad is not None:  # not .grad, which marks it as seen, so that the next one goes to other memory
                self.parameters[name] = {"weight": _described(p.array), "gradient": _described(p._grad.array)}

    def see_weights(self) -> None:
        """Keep the weights that are about to be updated."""
        self._before = {name: p.array.copy() for name, p in self.trained.items()}

    def see_update(self) -> None:
        """Look at what was done to the weights that were kept."""
        for name, found in self.parameters.items():
            change = np.subtract(self.trained[name].array, self._before[name], out=self._before[name])
            found["update"] = _described(change)
            if found["weight"]["norm"]:
                found["ratio"] = rounded(found["update"]["norm"] / found["weight"]["norm"])
        self._before = {}

    def zero_grad(self) -> None:
        """Clear the gradients."""
        self.optimizer.zero_grad()


class ClosureRecord(StepRecord):
    """The same with an optimiser that demands a closure: the gradients are those of its first evaluation."""

    def step(self, closure: Callable[[], Any]) -> None:  # type: ignore[override]
        """Update the parameters, and look at it."""

        def evaluate() -> Any:
            loss = closure()
            if not self.parameters:
                self.see_gradients()
            return loss

        self.see_weights()
        self.optimizer.step(evaluate)
        self.see_update()


def _described(x: Array) -> dict[str, Any]:
    return {"norm": rounded(norm(x)), **distribution(x)}


class RecordedStep(TrainingStep):
    """A training step that is looked at when it is due. It is run as it is written then: with the same numbers.

    Parameters
    ----------
    step : TrainingStep
        What is done otherwise.
    is_due : callable
        Whether the next step is to be looked at.
    write : callable
        Is given what was seen: the loss, ``"layers"`` and ``"parameters"``; of any step a loss that is not finite.
    """

    def __init__(
        self, step: TrainingStep, is_due: Callable[[], bool], write: Callable[[dict[str, Any]], None]
    ) -> None:
        self.__dict__.update(vars(step))
        self.is_due, self.write = is_due, write

    def __call__(self, X: Tensor, y: Tensor) -> tuple[float, Any]:
        """Train on a batch, and return loss and prediction from before the update."""
        try:
            return self._look_on(X, y) if self.is_due() else super().__call__(X, y)
        except NotFinite as error:
            self.write({"loss": error.loss})
            raise

    def _look_on(self, X: Tensor, y: Tensor) -> tuple[float, Any]:
        record = ClosureRecord if self._gives_closure else StepRecord
        seen: Any = record(self.model, self.optimizer)
        with watched(layers_of(self.model), seen.see), np.errstate(all="ignore"):
            result = TrainingStep(self.model, self.loss_fn, seen, captured=False)(X, y)
        self.write({"loss": result[0], "layers": seen.layers, "parameters": seen.parameters})
        return result
