"""``Function``: an operation whose derivative a program writes itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias, TypeVar

import numpy as np

from chainrule import autograd
from chainrule.autograd.walk import CHANGED
from chainrule.ops.operation import Array, Gradients, Operation, sum_to
from chainrule.tensor import Tensor, apply

_Kind: TypeAlias = tuple[tuple[int, ...], Any]
Method = TypeVar("Method", bound=Callable[..., Any])


def once_differentiable(fn: Method) -> Method:
    """Decorate a ``backward`` that can't be differentiated again, which none is here.

    Examples
    --------
    >>> once_differentiable(len) is len
    True
    """
    return fn


class FunctionCtx:
    """What ``forward`` leaves for ``backward``, as attributes of any name, and tensors as ``saved_tensors``.

    Attributes
    ----------
    needs_input_grad : tuple of bool
        Of each argument, whether its gradient is asked for.

    Examples
    --------
    >>> import chainrule as cr
    >>> ctx = FunctionCtx((True,))
    >>> ctx.save_for_backward(cr.ones(2), None)
    >>> ctx.saved_tensors
    (tensor([1., 1.]), None)
    """

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self._saved: tuple[Tensor | None, ...] = ()
        self._versions: list[int] = []  # of the saved tensors when forward was done
        self._not_differentiable: tuple[Tensor, ...] = ()
        self._materialize = True

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors, inputs and outputs for the most part; changing them in place before backward is an error.

        Parameters
        ----------
        *tensors : Tensor or None
        """
        for i, t in enumerate(tensors):
            if t is not None and not isinstance(t, Tensor):
                raise TypeError(
                    f"save_for_backward expected tensors, got {type(t).__name__} at position {i}: "
                    "keep it as an attribute of ctx"
                )
        self._saved = tensors

    @property
    def saved_tensors(self) -> tuple[Tensor | None, ...]:
        """The tensors that were saved."""
        for t, version in zip(self._saved, self._versions, strict=False):
            if t is not None and t._owner().version != version:
                raise RuntimeError(CHANGED.format(tuple(t.shape), "a saved derivative"))
        return self._saved

    def _is_differentiable(self, output: Any) -> bool:
        marked = any(output is other for other in self._not_differentiable)
        return isinstance(output, Tensor) and output.is_floating_point() and not marked

    def _note_versions(self) -> None:
        self._versions = [0 if t is None else t._owner().version for t in self._saved]

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Say which outputs no gradient flows through, when ``forward`` returns them."""
        self._not_differentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Set whether ``backward`` is given zeros for outputs that are not used, or None."""
        self._materialize = value

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Raise: functions that change their inputs in place are not covered."""
        raise NotImplementedError("ctx.mark_dirty is not covered: compute a new tensor")


class Function:
    """An operation with a derivative of one's own: a subclass defines ``forward`` and ``backward``, both static.

    ``forward(ctx, *args)`` computes with tensors, and leaves in ``ctx`` what ``backward`` needs. In the other
    style it is ``forward(*args)``, and ``setup_context(ctx, inputs, output)`` does the latter. ``backward(ctx,
    *grads)`` is given ∂L/∂output of every output, and returns ∂L/∂argument of every argument, None for what is no
    tensor. Nothing that they compute is recorded. Programs call ``apply(*args)`` of the class.

    Several outputs are a tuple. An output that lies in the memory of an argument is copied.

    Examples
    --------
    >>> import chainrule as cr
    >>> class ReLU(Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x.clip(min=0)
    ...
    ...     @staticmethod
    ...     def backward(ctx, grad):
    ...         (x,) = ctx.saved_tensors
    ...         return grad * (x > 0)
    >>> x = cr.tensor([-1.0, 2.0], requires_grad=True)
    >>> y = ReLU.apply(x)
    >>> y
    tensor([0., 2.], grad_fn=<ReLUBackward>)
    >>> y.sum().backward()
    >>> x.grad
    tensor([0., 1.])
    """

    _step: ClassVar[type[_Step]]
    _output: ClassVar[type[_Output]]

    def __init_subclass__(cls) -> None:
        # operations are known by the names of their classes, which must not be that of another operation
        name = f"{cls.__name__}Backward"
        cls._step = type(name, (_Step,), {"function": cls}, registered=False)
        cls._output = type(name, (_Output,), {}, registered=False)

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the output. Every subclass defines it."""
        raise NotImplementedError("a Function needs a static method forward")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Leave in ``ctx`` what ``backward`` needs, where ``forward`` takes no ctx."""
        raise NotImplementedError("setup_context belongs to a Function whose forward takes no ctx")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Return the gradients of the arguments. Every subclass defines it."""
        raise NotImplementedError("a Function needs a static method backward, to go back through it")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Raise: it is the class that is applied."""
        raise RuntimeError(f"a Function is not called: use {type(self).__name__}.apply()")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Compute the output, and record it.

        Parameters
        ----------
        *args
            Those of ``forward``, without ctx.

        Returns
        -------
        Tensor or tuple
            What ``forward`` returns.

        Raises
        ------
        TypeError
            If ``forward`` returns a list.
        """
        autograd.refuse_capture(f"applies the Function {cls.__name__}", "do without capture")
        ctx = FunctionCtx(tuple(isinstance(a, Tensor) and a.requires_grad for a in args))
        output = cls._compute(ctx, args)
        single = not isinstance(output, tuple)
        tensors = [a for a in args if isinstance(a, Tensor)]
        computed = (output,) if single else output
        differentiable = [ctx._is_differentiable(y) for y in computed]
        outputs = [_of_its_own(y, tensors) for y in computed]
        step = cls._step(ctx, args, outputs, single and differentiable[0])
        done = apply(step, *tensors)
        results = [
            y if not flows else done if step.single else apply(cls._output(step, i, y), done)
            for i, (y, flows) in enumerate(zip(outputs, differentiable, strict=True))
        ]
        for y, result in zip(outputs, results, strict=True):
            if y is not result:
                result._memory = y._owner()  # which counts changes in place, and may have been saved
        ctx._note_versions()
        return results[0] if single else tuple(results)

    @classmethod
    def _compute(cls, ctx: FunctionCtx, args: tuple[Any, ...]) -> Any:
        """Return what ``forward`` gives, without recording what it computes."""
        with autograd.unobserved(), autograd.no_grad():
            if cls.setup_context is Function.setup_context:
                output = cls.forward(ctx, *args)
            else:
                output = cls.forward(*args)
                cls.setup_context(ctx, args, output)
        if isinstance(output, list):
            raise TypeError(
                f"forward() of {cls.__name__} must return a tensor or a tuple, got a list: use tuple()"
            )
        return output


def _of_its_own(output: Any, inputs: list[Tensor]) -> Any:
    """Return an output in memory of its own, so that changes of the one are no changes of the other."""
    if isinstance(output, Tensor) and any(np.may_share_memory(output.array, x.array) for x in inputs):
        return Tensor(output.array.copy())
    return output


class _Step(Operation, registered=False):
    """A Function that was applied. If it is not a single tensor that it gives, a number stands for all of them."""

    function: ClassVar[type[Function]]

    def __init__(self, ctx: FunctionCtx, args: tuple[Any, ...], outputs: list[Any], single: bool) -> None:
        self.ctx, self.single = ctx, single
        self.args, self.outputs = [_kind(a) for a in args], [_kind(y) for y in outputs]
        self.grads: dict[int, Array] = {}  # of the outputs, if they are several
        self.y = outputs[0].array if single else np.zeros(())

    def forward(self, *arrays: Array) -> Array:
        return self.y  # which forward of the Function computed

    def backward(self, grad: Array) -> Gradients:
        grads, self.grads = {0: grad} if self.single else self.grads, {}
        given = [self._given(kind, grads.get(i)) for i, kind in enumerate(self.outputs)]
        with autograd.no_grad():
            result = self.function.backward(self.ctx, *given)
        returned = list(result) if isinstance(result, tuple) else [result]
        while len(returned) > len(self.args) and returned[-1] is None:
            returned.pop()
        if len(returned) != len(self.args):
            raise RuntimeError(
                f"backward() of {self._name()} must return a gradient, or None, for each of the {len(self.args)} "
                f"arguments of forward(), got {len(returned)}"
            )
        gradients = [self._checked(i, *pair) for i, pair in enumerate(zip(self.args, returned, strict=True))]
        return tuple(g for g, kind in zip(gradients, self.args, strict=True) if kind is not None)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def _given(self, kind: _Kind | None, grad: Array | None) -> Tensor | None:
        """Return the gradient of an output as ``backward`` of the Function is given it: a copy, or zeros."""
        if grad is not None:
            return Tensor(np.array(grad))
        return Tensor(np.zeros(*kind)) if kind is not None and self.ctx._materialize else None

    def _checked(self, i: int, kind: _Kind | None, g: Any) -> Array | None:
        """Return the gradient of an argument in its shape and dtype."""
        if g is None:
            return None
        where = f"backward() of {self._name()} returned, as gradient of argument {i},"
        if not isinstance(g, Tensor):
            raise RuntimeError(f"{where} {type(g).__name__}: a tensor or None was expected")
        if kind is None:
            raise RuntimeError(f"{where} a tensor: None was expected, because the argument is no tensor")
        if not self.ctx.needs_input_grad[i]:
            return None
        shape, dtype = kind
        if not _can_be_summed(tuple(g.shape), shape):
            raise RuntimeError(f"{where} a tensor of shape {tuple(g.shape)}: expected was the argument's, {shape}")
        return sum_to(g.array, shape).astype(dtype, copy=False)

    def _name(self) -> str:
        return self.function.__name__


class _Output(Operation, registered=False):
    """One of several outputs of a Function."""

    def __init__(self, step: _Step, i: int, output: Tensor) -> None:
        self.step, self.i, self.y = step, i, output.array

    def forward(self, of_all: Array) -> Array:
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # the step was made before its outputs, so that its turn comes after theirs
        self.step.grads[self.i] = grad
        return (np.zeros(()),)

    __repr__ = _Step.__repr__


def _kind(x: Any) -> _Kind | None:
    """Return shape and dtype of a tensor."""
    return (x.array.shape, x.array.dtype) if isinstance(x, Tensor) else None


def _can_be_summed(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Return whether one shape is another broadcast."""
    return len(shape) >= len(to) and all(
        n == m or m == 1 for n, m in zip(reversed(shape), reversed(to), strict=False)
    )
