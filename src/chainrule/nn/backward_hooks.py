"""Hooks that a module calls with the gradients of its inputs and outputs."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

from chainrule.autograd import is_grad_enabled
from chainrule.autograd.function import Function
from chainrule.nn.hooks import BackwardHook
from chainrule.tensor import Tensor

Grads = tuple[Tensor | None, ...]


class BackwardCall:
    """One call of a module with backward hooks: two gates, through which its inputs and outputs pass.

    Going back, the gate of the outputs is told their gradients, then that of the inputs. If no input requires a
    gradient, there is the first alone, and the hooks are called there.

    Parameters
    ----------
    module : Module
    hooks : iterable of BackwardHook
    """

    def __init__(self, module: Any, hooks: Iterable[BackwardHook]) -> None:
        self.module, hooks = module, list(hooks)
        self.before = [hook.function for hook in hooks if hook.before]
        self.after = [hook.function for hook in hooks if not hook.before]
        self.input_count = self.output_count = 0
        self.has_entry = False  # whether one requires a gradient
        self.entered: tuple[Any, ...] = ()
        self.outputs: Grads | None = None  # their gradients, as hooks leave them

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the arguments of a module, behind a gate."""
        self.input_count, self.has_entry = len(args), _require_gradient(args)
        if not self.has_entry:
            return args
        self.entered = tuple(_through(_Entry, self, args))
        return self.entered

    def leave(self, output: Any) -> Any:
        """Return the output of a module, behind a gate."""
        if any(isinstance(x, Tensor) and x._owner().version for x in self.entered):
            raise RuntimeError(
                f"{type(self.module).__name__} changed its input in place, which its backward hooks don't allow: "
                "remove them, or use inplace=False"
            )
        outputs = output if isinstance(output, tuple) else (output,)
        self.output_count = len(outputs)
        if isinstance(output, tuple | Tensor):
            passed = _through(_Exit, self, outputs) if _require_gradient(outputs) else outputs
            return passed[0] if isinstance(output, Tensor) else tuple(passed)
        warnings.warn(
            f"{type(self.module).__name__} returned {type(output).__name__}, no tensor and no tuple of tensors: "
            "its backward hooks are not called",
            stacklevel=5,
        )
        return output

    def outputs_arrived(self, grads: Grads) -> Grads:
        """Return the gradients of the outputs as hooks leave them."""
        for hook in self.before:
            grads = _changed(grads, hook(self.module, grads), "the output")
        self.outputs = grads
        if not self.has_entry:
            self.inputs_arrived((None,) * self.input_count)
        return grads

    def inputs_arrived(self, grads: Grads) -> Grads:
        """Return the gradients of the inputs as hooks leave them."""
        if self.outputs is None:  # an input that is part of the output, of which nothing was used
            return grads
        for hook in self.after:
            grads = _changed(grads, hook(self.module, grads, self.outputs), "the input")
        self.outputs = None
        return grads


class _Entry(Function):
    @staticmethod
    def forward(ctx: Any, call: BackwardCall, places: tuple[int, ...], *tensors: Tensor) -> tuple[Tensor, ...]:
        ctx.call, ctx.places = call, places
        ctx.mark_non_differentiable(*(t for t in tensors if not t.requires_grad))
        return tensors

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        given: list[Any] = [None] * ctx.call.input_count
        for place, grad in zip(ctx.places, grads, strict=True):
            given[place] = grad
        passed = ctx.call.inputs_arrived(tuple(given))
        return None, None, *(passed[place] for place in ctx.places)


class _Exit(Function):
    @staticmethod
    def forward(ctx: Any, call: BackwardCall, places: tuple[int, ...], *tensors: Tensor) -> tuple[Tensor, ...]:
        ctx.call, ctx.places = call, places
        ctx.mark_non_differentiable(*(t for t in tensors if not t.requires_grad))
        ctx.set_materialize_grads(False)  # hooks are told which outputs were not used
        return tensors

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        given: list[Any] = [None] * ctx.call.output_count
        for place, grad in zip(ctx.places, grads, strict=True):
            given[place] = grad
        passed = ctx.call.outputs_arrived(tuple(given))
        return None, None, *(passed[place] for place in ctx.places)


def _through(gate: type[Function], call: BackwardCall, values: tuple[Any, ...]) -> list[Any]:
    """Return values, with those that came out of a gate in the place of the tensors."""
    places = tuple(i for i, value in enumerate(values) if isinstance(value, Tensor))
    passed = list(values)
    for place, tensor in zip(places, gate.apply(call, places, *(values[i] for i in places)), strict=True):
        passed[place] = tensor
    return passed


def _require_gradient(values: tuple[Any, ...]) -> bool:
    return is_grad_enabled() and any(isinstance(value, Tensor) and value.requires_grad for value in values)


def _changed(grads: Grads, result: Any, of: str) -> Grads:
    """Return gradients as a hook leaves them."""
    if result is None:
        return grads
    if not isinstance(result, tuple | list | Tensor):
        raise TypeError(f"a backward hook must return None or a tuple, got {type(result).__name__}")
    if isinstance(result, Tensor) or len(result) != len(grads):
        got = "a tensor" if isinstance(result, Tensor) else f"{len(result)}"
        raise RuntimeError(
            f"a backward hook must return a tuple of {len(grads)}, the gradients of {of}, got {got}"
        )
    for i, (grad, new) in enumerate(zip(grads, result, strict=True)):
        if new is not None and (grad is None or new.shape != grad.shape):
            expected = "None" if grad is None else f"shape {tuple(grad.shape)}"
            raise RuntimeError(
                f"a backward hook must return gradients as it is given them: expected {expected} for {of} {i}, "
                f"got shape {tuple(new.shape)}"
            )
    return tuple(result)
