"""``Tensor``: an array that remembers the operation that made it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from itertools import accumulate, count
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias, overload

import numpy as np

from chainrule import arguments, autograd, dtypes, ops
from chainrule.autograd.walk import walk_back
from chainrule.device import device as Device
from chainrule.dtypes import DType
from chainrule.functions import Methods, NotCovered
from chainrule.keywords import name_all, name_methods
from chainrule.ops import Array, Operation
from chainrule.printing import format_tensor
from chainrule.random import Generator, source_of

if TYPE_CHECKING:
    from chainrule.autograd.hooks import GradHooks, RemovableHandle

_order = count(1)

_READS = "reads the values of a tensor", "return the tensor and read it outside, and compute with where()"

# The types, in annotations inside the class, where methods have their names.
Bool: TypeAlias = bool
Int: TypeAlias = int
Float: TypeAlias = float


def apply(op: Operation, *inputs: Any) -> Tensor:
    """Run an operation on tensors, and record it if one of them requires a gradient.

    Parameters
    ----------
    op : Operation
        A fresh one: it holds what its derivative needs.
    *inputs : Tensor or array_like

    Returns
    -------
    Tensor

    Examples
    --------
    >>> apply(ops.Exp(), Tensor([0.0]))
    tensor([1.])
    """
    if autograd.mode.tape is not None:
        return autograd.mode.tape.apply(op, inputs)  # type: ignore[no-any-return]
    return run(op, [x if isinstance(x, Tensor) else as_tensor(x) for x in inputs])


def run(op: Operation, tensors: list[Tensor]) -> Tensor:
    """Do what :func:`apply` does, without a word to the tape of a captured step."""
    try:
        with np.errstate(all="ignore"):  # as in PyTorch, 1/0 is inf and nobody is warned
            y = op.forward(*[t.array for t in tensors])
    except ValueError as error:  # NumPy's error for shapes that don't fit
        shapes = " and ".join(str(tuple(t.shape)) for t in tensors)
        raise RuntimeError(f"{type(op).__name__} can't be done with shape {shapes}: {error}") from None
    if type(y) is not np.ndarray:  # NumPy makes a scalar of a result without axes
        y = np.asarray(y)
        if op.y is not None:
            op.y = y
    result = Tensor(y)
    if autograd.mode.recording and op.differentiable:
        for t in tensors:
            if t._base is not None:
                t._follow_base()
        op.needs = tuple([t._requires_grad for t in tensors])
        if True in op.needs:
            op.inputs = tuple([(t._op or t) if t._requires_grad else None for t in tensors])
            if op.reads:
                needed, op.watched = op.reads_now(), []
                for i in op.reads:
                    if i < len(tensors):
                        t = tensors[i]
                        owner = t if t._memory is None else t._memory
                        op.watched.append((owner, owner.version, i in needed))
            op.order = next(_order)
            result._op = op
            result._requires_grad = True
    # reshape() may have copied; what has no elements is a view of what has none
    if op.views and (not y.size or (y.base is not None and np.may_share_memory(y, tensors[0].array))):
        result._become_view(tensors[0])
    return result


_STALE = (
    "a tensor of shape {} is a view of one that was changed in place with a gradient since, and was given other "
    "memory: take the view again"
)


class Tensor(Methods, NotCovered):
    """An n-dimensional array with a gradient.

    Parameters
    ----------
    data : array_like
        An ndarray is wrapped as it is, sharing its memory; lists become tensors of the default dtype; integers,
        one or several, are a shape, as in PyTorch. ``chainrule.tensor`` copies, keeps the type of numbers, and is
        what programs should call.
    requires_grad : bool
        Whether operations on it are recorded for ``backward()``.

    Attributes
    ----------
    array : ndarray
        The values.
    grad : Tensor or None
        ∂L/∂self, summed over the calls of ``backward()`` since it was last cleared.

    Examples
    --------
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    __array_priority__ = 1000  # ndarray + Tensor is left to Tensor

    _requires_grad = False
    _op: Operation | None = None
    _grad: Tensor | None = None
    # The memory of a gradient is kept when it is cleared, for the next one, unless somebody has seen it:
    # an array that a user holds is never overwritten.
    _grad_memory: Array | None = None
    _grad_seen = False
    _hooks: GradHooks | None = None  # of a leaf; those of other tensors belong to the operation that made them
    # A view knows whose memory it lies in, and whose history has to follow if it is changed in place. Both are the
    # first of a chain of views; what is detached has the memory of another, and a history of its own.
    _memory: Tensor | None = None
    _base: Tensor | None = None
    _rewrites = 0  # how often an in-place change gave a tensor with views a new history; for a view: at its time
    version = 0  # how often the values were changed in place; of the first in a chain of views, it counts for all

    def __init__(self, data: Any = (), *more: Int, requires_grad: Bool = False) -> None:
        if type(data) is np.ndarray and not more:
            self.array: Array = data
        else:
            self.array = from_data_or_shape((data, *more), dtypes.get_default_dtype())
            if autograd.mode.tape is not None:
                autograd.mode.tape.made_of_data(self, data)
        if requires_grad:
            self.requires_grad_()

    # ---- gradient ------------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> Bool:
        """Whether operations on this tensor are recorded."""
        self._follow_base()
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: Bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: Bool = True) -> Self:
        """Set ``requires_grad``, in place."""
        if requires_grad == self._requires_grad:
            return self
        autograd.refuse_capture("switches gradients on or off", "do it before the step")
        if requires_grad and self.array.dtype.kind != "f":
            raise RuntimeError(f"only floating-point tensors can require gradients, got dtype {self.dtype}")
        if not requires_grad and self._op is not None:
            raise RuntimeError("requires_grad can only be switched off on leaf tensors: use detach()")
        self._requires_grad = requires_grad
        return self

    @property
    def is_leaf(self) -> Bool:
        """Whether no recorded operation made this tensor."""
        self._follow_base()
        return self._op is None

    @property
    def grad_fn(self) -> Operation | None:
        """The operation that made this tensor, if it was recorded."""
        self._follow_base()
        return self._op

    @property
    def grad(self) -> Tensor | None:
        """∂L/∂self, or None."""
        self._grad_seen = True
        if autograd.mode.tape is not None:
            autograd.mode.tape.read_grad(self)
        if self._grad is None and self._op is not None and (not self._op.hooks or self._op.hooks.retained is None):
            warnings.warn(
                f"grad of a tensor that {type(self._op).__name__} made stays None: call retain_grad() before "
                "backward()",
                stacklevel=2,
            )
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is None:
            self.clear_grad()
            return
        autograd.refuse_capture("sets a gradient", "use zero_grad() and backward()")
        if not isinstance(value, Tensor):
            raise TypeError(f"grad must be a tensor or None, got {type(value).__name__}")
        if value.shape != self.shape:
            raise RuntimeError(f"grad must have the shape {self.shape} of its tensor, got {value.shape}")
        if value.dtype != self.dtype:
            raise RuntimeError(f"grad must have the dtype {self.dtype} of its tensor, got {value.dtype}")
        self._grad, self._grad_memory, self._grad_seen = value, None, True

    @grad.deleter
    def grad(self) -> None:
        self.clear_grad()

    @autograd.replayed
    def clear_grad(self) -> None:
        """Set ``grad`` to None, and keep its memory for the next gradient unless somebody has seen it."""
        if self._grad is not None:
            self._grad_memory = None if self._grad_seen else self._grad.array
            self._grad, self._grad_seen = None, False

    def grad_destination(self) -> Array | None:
        """Return the kept memory that the first gradient may be written to."""
        memory = self._grad_memory
        if self._grad is None and memory is not None and memory.shape == self.array.shape:
            return memory if memory.dtype == self.array.dtype else None
        return None

    def accumulate_grad(self, grad: Array) -> None:
        """Add to the gradient. The first one is copied, unless it was written to its destination already."""
        if self._grad is not None:
            self._grad.array += grad
            return
        if grad is not self._grad_memory:  # it could not be written to its destination
            memory = self.grad_destination()
            if memory is None:
                memory = np.array(grad, dtype=self.array.dtype)
            else:
                np.copyto(memory, grad)
            grad = memory
        self._grad, self._grad_seen = Tensor(grad), False

    def receive_grad(self, grad: Array) -> None:
        """Add to the gradient of a leaf what its hooks leave of another."""
        if self._hooks is None:
            self.accumulate_grad(grad)
        else:
            self.accumulate_grad(self._hooks.passed(grad))
            self._hooks.tell(self)

    def retain_grad(self) -> None:
        """Keep the gradient of a tensor that an operation made, too."""
        autograd.refuse_capture("retains a gradient", "return the values that are needed from the step")
        hooks = self._grad_hooks("retain_grad")
        if self._op is not None:
            hooks.retained = self

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Have ``hook(grad)`` called with every gradient of this tensor, once it is whole.

        Hooks come in the order in which they were registered, each with what the one before leaves, and before the
        gradient is added to ``grad``, or goes on to what the tensor was made from. Those of leaves are called when
        the operations are done.

        Parameters
        ----------
        hook : callable
            What it returns, if not None, takes the place of the gradient; of the same shape and dtype.

        Returns
        -------
        RemovableHandle

        Raises
        ------
        RuntimeError
            If the tensor requires no gradient.

        Examples
        --------
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> handle = x.register_hook(lambda grad: grad * 10)
        >>> (x * x).sum().backward()
        >>> x.grad
        tensor([20., 40.])
        """
        from chainrule.autograd.hooks import RemovableHandle

        return RemovableHandle(self._grad_hooks("register_hook").before, hook, recorded=self._op is None)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> RemovableHandle:
        """Have ``hook(tensor)`` called whenever a backward pass has added to the ``grad`` of this leaf.

        Parameters
        ----------
        hook : callable

        Returns
        -------
        RemovableHandle

        Raises
        ------
        RuntimeError
            If the tensor requires no gradient, or is no leaf.

        Examples
        --------
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> handle = x.register_post_accumulate_grad_hook(lambda x: print(x.grad))
        >>> (x * x).sum().backward()
        tensor([2., 4.])
        """
        from chainrule.autograd.hooks import RemovableHandle

        hooks = self._grad_hooks("register_post_accumulate_grad_hook")
        if self._op is not None:
            raise RuntimeError(
                "register_post_accumulate_grad_hook() needs a leaf, got the result of "
                f"{type(self._op).__name__}: use register_hook()"
            )
        return RemovableHandle(hooks.after, hook)

    def _grad_hooks(self, caller: str) -> GradHooks:
        """Return where the hooks of the gradient are."""
        from chainrule.autograd.hooks import GradHooks

        autograd.refuse_capture("registers a hook", "do it before the step, and without capture")
        if not self.requires_grad:
            raise RuntimeError(f"{caller}() needs a tensor that requires a gradient")
        if self._op is not None:
            if self._op.hooks is None:
                self._op.hooks = GradHooks()
            return self._op.hooks  # type: ignore[no-any-return]
        if self._hooks is None:
            self._hooks = GradHooks()
        return self._hooks

    def backward(
        self,
        gradient: Any = None,
        retain_graph: Bool | None = None,
        create_graph: Bool = False,
        inputs: Any = None,
    ) -> None:
        """Add ∂self/∂leaf to ``grad`` of every leaf that this tensor was made from.

        Parameters
        ----------
        gradient : Tensor or array_like, optional
            The vector of the vector-Jacobian product, in the shape of this tensor. May be left out if that has
            one element.
        retain_graph : bool
            Whether ``backward()`` can be called again.
        create_graph : bool
            Second derivatives, which are not covered: must be False.
        inputs : Tensor or sequence of Tensor, optional
            Add to the ``grad`` of these tensors only, which need not be leaves.

        Raises
        ------
        RuntimeError
            If this tensor requires no gradient, has several elements and no ``gradient`` was given, or the
            graph was freed by an earlier call.

        Examples
        --------
        >>> x = Tensor([3.0], requires_grad=True)
        >>> (x ** 2).backward()
        >>> x.grad
        tensor([6.])
        """
        if inputs is not None:
            autograd.backward(self, gradient, retain_graph, create_graph, inputs=inputs)
            return
        if create_graph:
            raise NotImplementedError("backward(create_graph=True): chainrule has no second derivatives")
        if gradient is not None:
            gradient = tensor_given("backward", gradient)
        grad = self.seed_of_backward(gradient)
        tape = autograd.mode.tape
        if tape is not None and tape.backward(self, grad, gradient, retain_graph):
            return
        if self._op is None:
            self.receive_grad(grad)
        else:
            with np.errstate(all="ignore"):
                walk_back({self._op: grad}, retain_graph)

    def seed_of_backward(self, gradient: Tensor | None, caller: str = "backward") -> Array:
        """Return what a backward pass from this tensor starts with, ∂self/∂self or the gradient that is given."""
        if not self.requires_grad:
            raise RuntimeError(
                f"{caller}() was called on a tensor that requires no gradient: it was made from none that does, "
                "under no_grad(), or by a captured function, inside of which backward() belongs"
            )
        if gradient is None:
            if self.array.size != 1:
                raise RuntimeError(
                    f"{caller}() without a gradient needs a tensor of one element, got shape {self.shape}: "
                    f"reduce it with sum() or mean(), or give {caller}() a gradient of that shape"
                )
            return np.ones_like(self.array)
        grad = np.array(gradient.array, dtype=self.dtype)
        if grad.shape != self.array.shape:
            raise RuntimeError(f"{caller}() expected a gradient of shape {self.shape}, got {grad.shape}")
        return grad

    def detach(self) -> Tensor:
        """Return a tensor of the same memory that no gradient flows through."""
        result = Tensor(self.array)
        result._memory = self._owner()
        if autograd.mode.tape is not None:
            autograd.mode.tape.alias(result, self)
        return result

    def _owner(self) -> Tensor:
        """Return the tensor that counts the in-place changes of this memory."""
        return self if self._memory is None else self._memory

    def _follow_base(self) -> None:
        """Take the part in the new history that the tensor this is a view of was given since, if there is one."""
        base = self._base
        if base is None or base._rewrites == self._rewrites:
            return
        if self.array.size and not np.may_share_memory(base.array, self.array):
            raise RuntimeError(_STALE.format(tuple(self.shape)))
        self._rewrites = base._rewrites
        with autograd.enable_grad():
            part = run(ops.TakeView(base.array, self.array), [base])
        self._take_history(part)

    def _take_history(self, result: Tensor) -> None:
        """Come from another operation from now on; a gradient that is retained is that of the new values."""
        before = self._op
        self._op, self._requires_grad = result._op, result._requires_grad
        if before is not None and before.hooks is not None and before.hooks.retained is self:
            before.hooks.retained = None
            if self._op is not None:
                self.retain_grad()

    def _become_view(self, source: Tensor) -> None:
        self._memory, self._base = source._owner(), source if source._base is None else source._base
        self._rewrites = self._base._rewrites

    @property
    def data(self) -> Tensor:
        """The values, as ``detach()`` gives them, but changing them in place is not noticed by ``backward()``."""
        result = Tensor(self.array)
        if autograd.mode.tape is not None:
            autograd.mode.tape.alias(result, self)
        return result

    @data.setter
    def data(self, value: Tensor) -> None:
        autograd.refuse_capture("sets data", "use copy_()")
        self._touch()
        self.array = tensor_given("data", value).array

    # ---- shape, type and values ----------------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """The length of every axis."""
        return Size(self.array.shape)

    def size(self, dim: Int | None = None) -> Any:
        """Return the shape, or the length of one axis."""
        return self.shape if dim is None else self.array.shape[dim]

    @property
    def ndim(self) -> Int:
        """The number of axes."""
        return self.array.ndim

    def dim(self) -> Int:
        """Return the number of axes."""
        return self.array.ndim

    def numel(self) -> Int:
        """Return the number of elements."""
        return self.array.size

    @property
    def dtype(self) -> DType:
        """The type of the elements."""
        return self.array.dtype

    @property
    def device(self) -> Device:
        """The CPU."""
        return Device("cpu")

    def element_size(self) -> Int:
        """Return the bytes of one element."""
        return self.array.itemsize

    @property
    def itemsize(self) -> Int:
        """The bytes of one element."""
        return self.array.itemsize

    @property
    def nbytes(self) -> Int:
        """The bytes of all elements."""
        return self.array.nbytes

    @property
    def is_cuda(self) -> Bool:
        """Whether the elements are on a graphics card: no."""
        return False

    def is_floating_point(self) -> Bool:
        """Return whether the elements are floating-point numbers."""
        return self.array.dtype.kind == "f"

    def is_contiguous(self) -> Bool:
        """Return whether the elements lie in memory in C order."""
        return bool(self.array.flags.c_contiguous)

    def contiguous(self) -> Tensor:
        """Return this tensor if it is contiguous, else a copy that is."""
        return self if self.is_contiguous() else apply(ops.Clone(contiguous=True), self)

    def item(self) -> Any:
        """Return the only element as a number of Python."""
        if self.array.size != 1:
            raise RuntimeError(f"item() needs a tensor of one element, got shape {self.shape}")
        autograd.refuse_capture(*_READS)
        return self.array.item()

    def _number(self) -> Any:
        """Return the only element, for Python's conversions, which have an error of their own."""
        if self.array.size != 1:
            raise ValueError(f"only a tensor of one element is a number, got shape {self.shape}")
        return self.item()

    def tolist(self) -> Any:
        """Return the elements as nested lists."""
        autograd.refuse_capture(*_READS)
        return self.array.tolist()

    def numpy(self) -> Array:
        """Return the values as an array of the same memory. ``np.asarray(tensor)`` does it for any tensor."""
        if self.requires_grad:
            raise RuntimeError("numpy() on a tensor that requires a gradient: use tensor.detach().numpy()")
        autograd.refuse_capture(*_READS)
        return self.array

    def __array__(self, dtype: Any = None, copy: Bool | None = None) -> Array:
        autograd.refuse_capture(*_READS)
        return np.array(self.array, dtype=dtype, copy=copy)

    def clone(self) -> Tensor:
        """Return a copy that gradients flow through."""
        return apply(ops.Clone(), self)

    def to(self, *args: Any, dtype: Any = None, device: Any = None, **options: Any) -> Tensor:
        """Return this tensor in another dtype; "cpu" is the only device.

        Examples
        --------
        >>> Tensor([1.7]).to("cpu").to(dtypes.int64)
        tensor([1])
        """
        for argument in args:
            if isinstance(argument, Tensor):
                dtype = argument.dtype
            elif isinstance(argument, str | Device) or argument is None:
                device = argument
            else:
                dtype = argument
        if device is not None:
            Device(device)
        unknown = set(options) - {"non_blocking", "copy"}
        if unknown:
            raise TypeError(f"to() got an unexpected argument {unknown.pop()!r}")
        target = self.dtype if dtype is None else dtypes.as_dtype(dtype)
        if target == self.dtype:
            return self.clone() if options.get("copy") else self
        if target.kind != "f":
            return apply(ops.NoGradient(lambda x: x.astype(target)), self)
        return apply(ops.Cast(target), self)

    def type(self, dtype: Any = None) -> Any:
        """Return this tensor in another dtype; without one, PyTorch's name of its type, as "torch.FloatTensor"."""
        from chainrule import tensor_types

        if dtype is None:
            return f"torch.{tensor_types.of_dtype(self.dtype).__name__}"
        return self.to(dtypes.as_dtype(tensor_types.dtype_of(dtype)))

    def cpu(self) -> Tensor:
        """Return this tensor."""
        return self

    def float(self) -> Tensor:
        """Return this tensor in float32."""
        return self.to(dtypes.float32)

    def double(self) -> Tensor:
        """Return this tensor in float64."""
        return self.to(dtypes.float64)

    def int(self) -> Tensor:
        """Return this tensor in int32."""
        return self.to(dtypes.int32)

    def long(self) -> Tensor:
        """Return this tensor in int64."""
        return self.to(dtypes.int64)

    def bool(self) -> Tensor:
        """Return whether the elements differ from 0."""
        return self.to(dtypes.bool_)

    def __len__(self) -> Int:
        if not self.array.ndim:
            raise TypeError("len() of a tensor without axes")
        return len(self.array)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __reversed__(self) -> Tensor:
        return apply(ops.Index(slice(None, None, -1)), self) if self.ndim else self

    def __bool__(self) -> Bool:
        if self.array.size != 1:
            raise RuntimeError(f"the truth of a tensor of shape {self.shape} is ambiguous: use any() or all()")
        return self.item() != 0  # type: ignore[no-any-return]

    def __float__(self) -> Float:
        return float(self._number())

    def __int__(self) -> Int:
        return int(self._number())

    def __index__(self) -> Int:
        if self.array.dtype.kind not in "biu" or self.array.size != 1:
            raise TypeError(f"only an integer tensor of one element can be an index, got {self!r}")
        return int(self.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if self.array.ndim == 0 else object.__format__(self, spec)

    def __repr__(self) -> str:
        autograd.refuse_capture(*_READS)
        return format_tensor(self.array, self._requires_grad, self._op)

    def __hash__(self) -> Int:
        return id(self)

    def __contains__(self, element: Any) -> Bool:
        if not _is_operand(element):
            raise RuntimeError(f"a tensor contains numbers, got {type(element).__name__}")
        return bool((self == element).any())

    def __deepcopy__(self, memo: dict[Any, Any]) -> Self:
        if self._op is not None:
            raise RuntimeError("deepcopy of a tensor that an operation made: detach() it first")
        autograd.refuse_capture("makes a deepcopy of a tensor", "use clone()")
        copy = type(self).__new__(type(self))
        memo[id(self)] = copy
        copy.__dict__.update(self.__dict__)
        copy.array = self.array.copy()
        copy._grad_memory = copy._memory = copy._base = copy._hooks = None
        copy._grad = None if self._grad is None else Tensor(self._grad.array.copy())
        return copy

    def __getstate__(self) -> dict[str, Any]:
        if self._op is not None:
            raise RuntimeError("pickling a tensor that an operation made: detach() it first")
        state = self.__dict__.copy()
        for name in ("_grad", "_grad_memory", "_memory", "_base", "_hooks"):
            state.pop(name, None)
        return state

    # ---- arithmetic ----------------------------------------------------------------------------------------

    def __add__(self, other: Any) -> Tensor:
        return binary(ops.Add(), self, other)

    def __radd__(self, other: Any) -> Tensor:
        return binary(ops.Add(), other, self)

    def __sub__(self, other: Any) -> Tensor:
        return _difference(self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return _difference(other, self)

    def __mul__(self, other: Any) -> Tensor:
        return binary(ops.Mul(), self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return binary(ops.Mul(), other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return binary(ops.Div(), self, other, floating=True)

    def __rtruediv__(self, other: Any) -> Tensor:
        return binary(ops.Div(), other, self, floating=True)

    def __pow__(self, other: Any) -> Tensor:
        return _power(self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return _power(other, self)

    def __floordiv__(self, other: Any) -> Tensor:
        return _floor_divided(self, other)

    def __rfloordiv__(self, other: Any) -> Tensor:
        return _floor_divided(other, self)

    def __mod__(self, other: Any) -> Tensor:
        return _remainder(self, other)

    def __rmod__(self, other: Any) -> Tensor:
        return _remainder(other, self)

    def __pos__(self) -> Self:
        _not_boolean("+x", self, "use x.int()")
        return self

    def __neg__(self) -> Tensor:
        return apply(ops.Neg(), _not_boolean("neg", self, "~x or logical_not() inverts"))

    def __matmul__(self, other: Any) -> Tensor:
        return matmul(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return matmul(other, self)

    def __abs__(self) -> Tensor:
        if self.array.dtype == dtypes.bool_:
            raise NotImplementedError("abs() needs numbers, got booleans: use x.int()")
        return apply(ops.Abs(), self)

    def __invert__(self) -> Tensor:
        if self.array.dtype.kind == "f":
            raise TypeError(f"~x inverts integers and booleans, got {self.dtype}")
        return apply(ops.NoGradient(np.invert), self)

    def __and__(self, other: Any) -> Tensor:
        return _bitwise(np.bitwise_and, self, other)

    def __or__(self, other: Any) -> Tensor:
        return _bitwise(np.bitwise_or, self, other)

    def __xor__(self, other: Any) -> Tensor:
        return _bitwise(np.bitwise_xor, self, other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def eq(self, other: Any) -> Tensor:
        """Return which elements are equal to those of another tensor, or to a number."""
        return _without_gradient(np.equal, self, other)

    def ne(self, other: Any) -> Tensor:
        """Return which elements differ from those of another tensor, or from a number."""
        return _without_gradient(np.not_equal, self, other)

    def __eq__(self, other: object) -> Any:
        return self.eq(other) if _is_operand(other) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return self.ne(other) if _is_operand(other) else NotImplemented

    def __lt__(self, other: Any) -> Tensor:
        return _without_gradient(np.less, self, other)

    def __le__(self, other: Any) -> Tensor:
        return _without_gradient(np.less_equal, self, other)

    def __gt__(self, other: Any) -> Tensor:
        return _without_gradient(np.greater, self, other)

    def __ge__(self, other: Any) -> Tensor:
        return _without_gradient(np.greater_equal, self, other)

    mul, matmul = __mul__, __matmul__
    neg, abs, lt, le, gt, ge = __neg__, __abs__, __lt__, __le__, __gt__, __ge__

    def add(self, other: Any, *, alpha: Any = 1) -> Tensor:
        """Return this tensor + alpha · other."""
        return binary(ops.Add(), self, self._scaled(other, alpha))

    def sub(self, other: Any, *, alpha: Any = 1) -> Tensor:
        """Return this tensor − alpha · other."""
        return _difference(self, self._scaled(other, alpha))

    def _scaled(self, other: Any, alpha: Any) -> Any:
        """Return alpha · other, in the dtype of its sum with this tensor."""
        alpha = alpha.item() if isinstance(alpha, Tensor) else alpha
        if not isinstance(alpha, bool) and alpha == 1:
            return other
        dtype = _operands(self, other)[0].dtype
        if isinstance(alpha, bool) and dtype != dtypes.bool_:
            raise RuntimeError(f"alpha is a boolean, and the result is of {dtype}: use {int(alpha)}")
        if isinstance(alpha, Float) and dtype.kind != "f":
            raise RuntimeError(f"alpha must be an integer where the result is of {dtype}, got {alpha}")
        return (as_tensor(other).to(dtype) * alpha).to(dtype)

    def mm(self, mat2: Any) -> Tensor:
        """Return the product with a matrix, of a matrix."""
        other = tensor_given("mm", mat2)
        if self.ndim != 2 or other.ndim != 2:
            raise RuntimeError(
                f"mm() expected two matrices, got shapes {self.shape} and {other.shape}: use matmul()"
            )
        return matmul(self, other)

    # ---- functions of each element -------------------------------------------------------------------------

    def exp(self) -> Tensor:
        """Return eˣ of each element."""
        return apply(ops.Exp(), _floating(self))

    def log(self) -> Tensor:
        """Return the natural logarithm of each element."""
        return apply(ops.Log(), _floating(self))

    def sqrt(self) -> Tensor:
        """Return the square root of each element."""
        return apply(ops.Sqrt(), _floating(self))

    def square(self) -> Tensor:
        """Return the square of each element."""
        return self**2

    def sin(self) -> Tensor:
        """Return the sine of each element."""
        return apply(ops.Sin(), _floating(self))

    def cos(self) -> Tensor:
        """Return the cosine of each element."""
        return apply(ops.Cos(), _floating(self))

    def tanh(self) -> Tensor:
        """Return the hyperbolic tangent of each element."""
        return apply(ops.Tanh(), _floating(self))

    def sigmoid(self) -> Tensor:
        """Return 1 / (1 + e⁻ˣ) of each element."""
        return apply(ops.Sigmoid(), _floating(self))

    def relu(self) -> Tensor:
        """Return max(x, 0) of each element."""
        return apply(ops.ReLU(), _not_boolean("relu", self, "use x.int()"))

    def softmax(self, dim: Int, dtype: Any = None) -> Tensor:
        """Return eˣ divided by its sum along ``dim``."""
        axis, x = arguments.axis(self, dim), self._as(dtype)
        return _along(ops.Softmax(axis), _computable("softmax", x))

    def log_softmax(self, dim: Int, dtype: Any = None) -> Tensor:
        """Return the logarithm of the softmax along ``dim``."""
        axis, x = arguments.axis(self, dim), self._as(dtype)
        return _along(ops.LogSoftmax(axis), _computable("log_softmax", x))

    def clip(self, min: Any = None, max: Any = None) -> Tensor:
        """Return each element, moved into the interval [min, max]."""
        if min is None and max is None:
            raise RuntimeError("clip() needs min, max or both, got neither")
        min, max = _bounds(min, max)
        if isinstance(min, Tensor) or isinstance(max, Tensor):
            return _between(self, min, max)
        dtype = dtypes.result_type(self.array, *_given(min, max))
        if dtype == dtypes.bool_:
            raise NotImplementedError("clip() needs numbers, got booleans: use x.int()")
        for bound in _given(min, max):
            arguments.fits(bound, dtype)
        if dtype.kind == "u":  # where a bound below 0 wraps around
            min, max = (b if b is None else int(np.asarray(b).astype(dtype)) for b in (min, max))
        return apply(ops.Clip(min, max), self.to(dtype))

    clamp = clip

    def maximum(self, other: Any) -> Tensor:
        """Return the larger of each pair of elements."""
        return binary(ops.Maximum(), self, tensor_given("maximum", other))

    def minimum(self, other: Any) -> Tensor:
        """Return the smaller of each pair of elements."""
        return binary(ops.Minimum(), self, tensor_given("minimum", other))

    def where(self, condition: Any, other: Any) -> Tensor:
        """Return this tensor where the condition holds, else ``other``."""
        return where(condition, self, other)

    def masked_fill(self, mask: Any, value: Any) -> Tensor:
        """Return this tensor with ``value`` where the mask holds."""
        mask = tensor_given("masked_fill", mask)
        if not _is_operand(value):
            raise TypeError(f"masked_fill() expected one number, got {type(value).__name__}")
        if mask.dtype != dtypes.bool_:
            raise RuntimeError(f"masked_fill() expected a mask of dtype bool, got {mask.dtype}")
        if np.ndim(value):
            raise RuntimeError(f"masked_fill() expected one number, got shape {np.shape(value)}: use where()")
        arguments.fits(value, self.dtype)
        return where(mask, self._converted(value).to(self.dtype), self)

    def sign(self) -> Tensor:
        """Return −1, 0 or 1 for each element."""
        return self.clone() if self.array.dtype == dtypes.bool_ else apply(ops.Step(ops.sign), self)

    def round(self, *, decimals: Int = 0) -> Tensor:
        """Return each element rounded to an integer, or to so many decimals; halves to even."""
        if self.array.dtype == dtypes.bool_:
            raise NotImplementedError("round() needs numbers, got booleans")
        places = arguments.whole("decimals", decimals)
        if places and self.array.dtype.kind != "f":
            raise NotImplementedError(f"round() takes decimals of floating-point elements, got {self.dtype}")
        return apply(ops.Step(partial(_rounded, places=places) if places else np.round), self)

    def isnan(self) -> Tensor:
        """Return which elements are NaN."""
        return apply(ops.NoGradient(np.isnan), self)

    def isfinite(self) -> Tensor:
        """Return which elements are neither NaN nor infinite."""
        return apply(ops.NoGradient(np.isfinite), self)

    def logical_not(self) -> Tensor:
        """Return which elements are 0."""
        return apply(ops.NoGradient(np.logical_not), self)

    # ---- reductions ----------------------------------------------------------------------------------------

    def sum(self, dim: Any = None, keepdim: Bool = False, dtype: Any = None) -> Tensor:
        """Return the sum over some axes, or all. Integers are summed in int64."""
        x = self._summable(dtype)
        return apply(ops.Sum(arguments.axes(self, dim), keepdim), x)

    def mean(self, dim: Any = None, keepdim: Bool = False, dtype: Any = None) -> Tensor:
        """Return the mean over some axes, or all."""
        x = self._as(dtype)
        if x.dtype.kind != "f":
            raise RuntimeError(f"mean() needs floating-point elements, got {x.dtype}: use float() first")
        return apply(ops.Mean(arguments.axes(self, dim), keepdim), x)

    def var(
        self, dim: Any = None, unbiased: Bool | None = None, keepdim: Bool = False, *, correction: Any = None
    ) -> Tensor:
        """Return the variance: the sum of squared deviations, divided by n − correction.

        The correction is 1 by default. ``unbiased`` is its old form: True for 1, False for 0.
        """
        dim, correction = _correction("var", dim, unbiased, correction)
        return apply(ops.Var(arguments.axes(self, dim), keepdim, correction), _real("var", self))

    def std(
        self, dim: Any = None, unbiased: Bool | None = None, keepdim: Bool = False, *, correction: Any = None
    ) -> Tensor:
        """Return the standard deviation, the root of ``var``."""
        dim, correction = _correction("std", dim, unbiased, correction)
        return apply(ops.Std(arguments.axes(self, dim), keepdim, correction), _real("std", self))

    def prod(self, dim: Int | None = None, keepdim: Bool = False, dtype: Any = None) -> Tensor:
        """Return the product along an axis, or of all elements."""
        x = self._summable(dtype)
        return apply(ops.Prod(arguments.axis_or_all(self, dim), keepdim), x)

    def cumsum(self, dim: Int, dtype: Any = None) -> Tensor:
        """Return the running sum along an axis."""
        x = self._summable(dtype)
        return _along(ops.CumSum(arguments.axis(self, dim)), x)

    def _as(self, dtype: Any) -> Tensor:
        return self if dtype is None else self.to(dtypes.as_dtype(dtype))

    def _summable(self, dtype: Any) -> Tensor:
        """Return this tensor in ``dtype``; without one, integers and booleans in int64."""
        return self._as(dtypes.int64 if dtype is None and self.dtype.kind in "biu" else dtype)

    def amax(self, dim: Any = (), keepdim: Bool = False) -> Tensor:
        """Return the largest element along some axes, or of all. Equal ones share the gradient."""
        axis = arguments.has_elements("amax", self, dim, RuntimeError)
        return apply(ops.Extremum(axis, keepdim, largest=True), self)

    def amin(self, dim: Any = (), keepdim: Bool = False) -> Tensor:
        """Return the smallest element along some axes, or of all. Equal ones share the gradient."""
        axis = arguments.has_elements("amin", self, dim, RuntimeError)
        return apply(ops.Extremum(axis, keepdim, largest=False), self)

    def max(self, dim: Any = None, keepdim: Bool = False, *, other: Any = None) -> Any:
        """Return the largest element; along ``dim``, the pair (values, indices); with a tensor, ``maximum``."""
        other = dim if isinstance(dim, Tensor) else other
        if other is not None:
            return self.maximum(other)
        if dim is None:
            return apply(ops.Extremum(largest=True, nan_is_equal=True), self)
        return self._extreme(np.argmax, dim, keepdim)

    def min(self, dim: Any = None, keepdim: Bool = False, *, other: Any = None) -> Any:
        """Return the smallest element; along ``dim``, the pair (values, indices); with a tensor, ``minimum``."""
        other = dim if isinstance(dim, Tensor) else other
        if other is not None:
            return self.minimum(other)
        if dim is None:
            return apply(ops.Extremum(largest=False, nan_is_equal=True), self)
        return self._extreme(np.argmin, dim, keepdim)

    def _extreme(self, find: Any, dim: Int, keepdim: Bool) -> ValuesAndIndices:
        axis = arguments.axis(self, dim)
        if not self.ndim:
            return self.reshape(1)._extreme(find, 0, False)
        arguments.has_elements("max() or min", self, dim)
        indices = apply(ops.NoGradient(partial(find, axis=axis, keepdims=True)), self)
        values = self.gather(dim, indices)
        if not keepdim:
            values, indices = values.squeeze(dim), indices.squeeze(dim)
        return ValuesAndIndices(values, indices)

    def argmax(self, dim: Int | None = None, keepdim: Bool = False) -> Tensor:
        """Return the index of the largest element, the first of equal ones."""
        dim = dim if dim is None else arguments.whole("dim", dim)
        axis = arguments.has_elements("argmax", _not_boolean("argmax", self, "use x.int()"), dim)
        return apply(ops.NoGradient(partial(np.argmax, axis=axis, keepdims=keepdim)), self)

    def argmin(self, dim: Int | None = None, keepdim: Bool = False) -> Tensor:
        """Return the index of the smallest element, the first of equal ones."""
        dim = dim if dim is None else arguments.whole("dim", dim)
        axis = arguments.has_elements("argmin", _not_boolean("argmin", self, "use x.int()"), dim)
        return apply(ops.NoGradient(partial(np.argmin, axis=axis, keepdims=keepdim)), self)

    def argsort(self, dim: Int = -1, descending: Bool = False, *, stable: Bool = False) -> Tensor:
        """Return the indices that sort the elements along an axis; equal ones keep their order in any case."""
        axis = arguments.axis(self, dim)

        def positions(x: Array) -> Array:
            row = np.atleast_1d(x)
            order = np.argsort(row if not descending else np.flip(row, axis), axis=axis, kind="stable")
            if descending:  # sorted backwards from the back, equal ones keep their order
                order = row.shape[axis] - 1 - np.flip(order, axis)
            return np.reshape(order, x.shape)

        return apply(ops.NoGradient(positions), self)

    def any(self, dim: Any = None, keepdim: Bool = False) -> Tensor:
        """Return whether any element differs from 0; of uint8, as uint8."""
        return self._tested(np.any, dim, keepdim)

    def all(self, dim: Any = None, keepdim: Bool = False) -> Tensor:
        """Return whether all elements differ from 0; of uint8, as uint8."""
        return self._tested(np.all, dim, keepdim)

    def _tested(self, test: Any, dim: Any, keepdim: Bool) -> Tensor:
        axis = () if isinstance(dim, tuple | list) and not dim else arguments.axes(self, dim)
        found = apply(ops.NoGradient(partial(test, axis=axis, keepdims=keepdim)), self)
        return found.to(self.dtype) if self.dtype == dtypes.uint8 else found

    def logsumexp(self, dim: Any, keepdim: Bool = False) -> Tensor:
        """Return ln Σ eˣ along some axes, without overflow."""
        if dim is None:
            raise TypeError("logsumexp() expected the axes dim, got None: name all of them")
        return apply(ops.LogSumExp(arguments.axes(self, dim), keepdim), _floating(self))

    def norm(self, p: Any = 2, dim: Any = None, keepdim: Bool = False) -> Tensor:
        """Return the p-norm along some axes, or of all elements, for p = 1, 2 (also "fro") or inf."""
        _real("norm", self)
        if p in (2, "fro", None):
            return apply(ops.Norm(arguments.axes(self, dim), keepdim), self)
        if p == 1:
            return abs(self).sum(dim, keepdim)
        if p == float("inf"):
            axis = arguments.has_elements("norm", self, dim, RuntimeError)
            return apply(ops.Extremum(axis, keepdim, nan_is_equal=True), abs(self))
        raise NotImplementedError(f"norm() covers p = 1, 2 and inf, got {p}")

    # ---- shape operations ----------------------------------------------------------------------------------

    def reshape(self, *lengths: Any, shape: Any = None) -> Tensor:
        """Return the same elements in another shape; one length may be −1."""
        given = arguments.named("reshape", "shape", lengths, shape)
        return apply(ops.Reshape(arguments.lengths("reshape", given)), self)

    def view(self, *lengths: Any, size: Any = None) -> Tensor:
        """Return the same memory in another shape; one length may be −1."""
        result = self.reshape(*arguments.named("view", "size", lengths, size))
        if self.array.size and not np.may_share_memory(result.array, self.array):
            raise RuntimeError(
                f"view() can't give shape {result.shape} to the memory of a tensor of shape {self.shape} and "
                f"strides {self.array.strides}: use reshape(), which copies where it must"
            )
        return result

    def flatten(self, start_dim: Int = 0, end_dim: Int = -1) -> Tensor:
        """Return this tensor with the axes from ``start_dim`` to ``end_dim`` merged into one."""
        start, end = arguments.axis(self, start_dim), arguments.axis(self, end_dim)
        if not self.ndim:
            return self.reshape(1)
        if start == end:
            return self
        if start > end:
            raise RuntimeError(f"flatten() expected start_dim before end_dim, got {start_dim} and {end_dim}")
        shape = self.array.shape
        merged = math.prod(shape[start : end + 1])
        return self.reshape(*shape[:start], merged, *shape[end + 1 :])

    def permute(self, *axes: Any, dims: Any = None) -> Tensor:
        """Return this tensor with its axes in another order."""
        axes = arguments.shape(arguments.named("permute", "dims", axes, dims))
        if sorted(a % max(self.ndim, 1) for a in axes) != list(range(self.ndim)):
            raise RuntimeError(f"permute() expected each of the {self.ndim} axes once, got {axes}")
        return apply(ops.Permute(tuple(a % self.ndim for a in axes)), self)

    def transpose(self, dim0: Int, dim1: Int) -> Tensor:
        """Return this tensor with two axes exchanged."""
        axes = list(range(self.ndim))
        i, j = arguments.axis(self, dim0), arguments.axis(self, dim1)
        if axes:  # a tensor without axes counts as one of length 1
            axes[i], axes[j] = axes[j], axes[i]
        return apply(ops.Permute(tuple(axes)), self)

    def t(self) -> Tensor:
        """Return the transpose of a matrix; a vector stays as it is."""
        if self.ndim > 2:
            raise RuntimeError(f"t() needs at most 2 axes, got shape {self.shape}: use transpose(dim0, dim1)")
        return self.T

    @property
    def T(self) -> Tensor:
        """The tensor with its axes in reverse order."""
        return apply(ops.Permute(tuple(reversed(range(self.ndim)))), self)

    @property
    def mT(self) -> Tensor:
        """The tensor with its last two axes exchanged."""
        if self.ndim == 1:
            raise RuntimeError(f"mT needs two axes or more, got shape {self.shape}: use unsqueeze()")
        return self.transpose(-2, -1) if self.ndim else self

    def unsqueeze(self, dim: Int) -> Tensor:
        """Return this tensor with a new axis of length 1 at ``dim``."""
        dim = arguments.whole("dim", dim)
        if not -self.ndim - 1 <= dim <= self.ndim:
            raise IndexError(
                f"unsqueeze() expected dim in [{-self.ndim - 1}, {self.ndim}] for shape {self.shape}, got {dim}"
            )
        return self.reshape(np.expand_dims(self.array, dim).shape)

    def squeeze(self, dim: Any = None) -> Tensor:
        """Return this tensor without its axes of length 1, or without ``dim`` if it has that length."""
        axes = range(self.ndim) if dim is None else np.atleast_1d(arguments.axes_of(self, dim))
        shape = [n for i, n in enumerate(self.array.shape) if n != 1 or i not in axes]
        return self.reshape(tuple(shape))

    def expand(self, *lengths: Any, size: Any = None) -> Tensor:
        """Return this tensor repeated along axes of length 1 and new ones; −1 leaves an axis as it is."""
        lengths = arguments.lengths("expand", arguments.named("expand", "size", lengths, size))
        lead = len(lengths) - self.ndim
        if -1 in lengths[: max(lead, 0)]:
            raise RuntimeError(f"expand() can't leave new axes as they are, got {lengths} for shape {self.shape}")
        full = tuple(self.array.shape[i - lead] if n == -1 else n for i, n in enumerate(lengths))
        return apply(ops.Expand(full), self)

    def gather(self, dim: Int, index: Tensor) -> Tensor:
        """Return the elements at the positions ``index`` along ``dim``."""
        axis, index = arguments.axis(self, dim), tensor_given("gather", index)
        if index.dtype not in (dtypes.int64, dtypes.int32):
            raise RuntimeError(f"gather() expected an index of int64 or int32, got {index.dtype}")
        if index.array.size:
            fits = (n <= m or i == axis for i, (n, m) in enumerate(zip(index.shape, self.shape, strict=False)))
            if max(index.ndim, 1) != max(self.ndim, 1) or not all(fits):
                raise RuntimeError(
                    f"gather() expected an index of as many axes as shape {self.shape} has, none of them longer "
                    f"but dim {dim}, got {index.shape}"
                )
        x, at = (t if t.ndim else t.reshape(1) for t in (self, index))
        return apply(ops.Gather(axis), x, at).reshape(index.shape)

    def split(self, split_size: Any, dim: Int = 0) -> tuple[Tensor, ...]:
        """Return pieces of ``split_size`` along ``dim``, the last of which may be shorter; or of several sizes."""
        if not self.ndim:
            raise RuntimeError("split() needs a tensor with axes, got one without")
        axis = arguments.axis(self, dim)
        before, length = (slice(None),) * axis, self.array.shape[axis]
        if not isinstance(split_size, tuple | list):
            split_size = arguments.whole("split_size", split_size)
            if split_size < 0 or (split_size == 0 and length):
                raise RuntimeError(f"split() expected a split_size above 0, got {split_size}")
            sizes = [split_size] * max(-(-length // max(split_size, 1)), 1)
        else:
            sizes = [arguments.whole("a length", n) for n in split_size]
            if sum(sizes) != length or min(sizes, default=0) < 0:
                raise RuntimeError(f"split() expected sizes from 0 that add up to {length}, got {sizes}")
        ends = accumulate(sizes)
        return tuple(self[(*before, slice(end - n, end))] for n, end in zip(sizes, ends, strict=True))

    def __getitem__(self, index: Any) -> Tensor:
        template, positions = _template(index)
        return apply(ops.Index(template), self, *positions)

    def __setitem__(self, index: Any, value: Any) -> None:
        if not isinstance(value, int | float):
            value = tensor_given("x[...] = value", value)
            value = value.reshape(value.shape[_ones(value.shape) :])
        self._check_can_take(index, value)
        self._assign(index, value)

    def _assign(self, index: Any, value: Any) -> None:
        """Set the elements at an index to a number, or to those of a tensor."""
        self._check_writable()
        arguments.fits(value, self.array.dtype)
        value = self._converted(value)
        if autograd.mode.tape is not None and autograd.mode.tape.can_assign(self):
            position = _index(index)
            if autograd.mode.tape is not None:
                result = apply(ops.SetIndex(position), self._former(), value.to(self.dtype))
                if autograd.mode.tape.assign(self, result):
                    return
        position = _index(index)
        try:
            if self._tracked(value):
                self._become(apply(ops.SetIndex(position), self, value.to(self.dtype)))
            else:
                self._release()
                self.array[position] = value.array
                self._touch()
        except (ValueError, TypeError) as error:
            shapes = f"shape {value.shape} to an item of shape {self.shape}"
            raise RuntimeError(f"x[...] = value can't give {shapes}: {error}") from None

    # ---- in place ------------------------------------------------------------------------------------------

    def _tracked(self, *others: Tensor) -> Bool:
        """Return whether an in-place change has to be recorded, or be kept from what a derivative holds."""
        recording = autograd.mode.recording
        base = self if self._base is None else self._base
        if base._requires_grad and base._op is None and recording:
            raise RuntimeError(
                "a leaf tensor that requires a gradient is changed in place: do it under no_grad() or on .data"
            )
        return (
            base._op is not None or self._op is not None or (recording and any(t._requires_grad for t in others))
        )

    def _release(self) -> None:
        """Have the operation that made this memory keep a copy of it, before it is changed in place."""
        owner = self._owner()
        if owner._op is not None:
            owner._op.keep_from(owner.array)

    def _touch(self) -> None:
        """Let the operations that read these values know that they were changed."""
        self._owner().version += 1

    def _former(self) -> Tensor:
        """Return a copy with the same history, for an operation to hold while this tensor is changed in place."""
        self._follow_base()
        taped = autograd.mode.tape is not None  # then the change makes new memory, and leaves this as it is
        former = Tensor(self.array if taped else self.array.copy())
        former._op, former._requires_grad = self._op, self._requires_grad
        if taped:
            autograd.mode.tape.former(former, self)
        return former

    def _become(self, result: Tensor) -> Self:
        """Take the values and the history of ``result``, in place."""
        self._check_can_become(result)
        self._check_own_places()
        base = self if self._base is None else self._base
        self._release()
        before = base._former() if base is not self else None
        self.array[...] = result.array
        self._touch()
        if autograd.mode.recording:
            self._take_history(result)
            if before is not None:
                self._rewrites = base._rewrites
                base._follow(self, before)
            base._rewrites += 1  # from here on, this view too is a part of what its base has become
        return self

    def _become_on_tape(self, result: Tensor) -> Self:
        """Do what :meth:`_become` does in a step that is being captured."""
        if autograd.mode.tape is None:
            return self._become(result)
        self._check_can_become(result)
        return self if autograd.mode.tape.assign(self, result) else self._become(result)

    def _follow(self, view: Tensor, before: Tensor) -> None:
        """Take the history of a view that was changed in place into that of its base."""
        self._take_history(apply(ops.SetView(self.array, view.array), before, view))

    def _check_can_become(self, result: Tensor) -> None:
        """Raise where an in-place operation would change the shape or the kind of elements."""
        if dtypes._RANK[result.dtype.kind] > dtypes._RANK[self.dtype.kind]:
            raise RuntimeError(f"result type {result.dtype} can't be cast to the dtype {self.dtype} of the tensor")
        if result.array.shape != self.array.shape:
            raise RuntimeError(f"an operand can't change shape {self.shape} in place: they give {result.shape}")

    def _converted(self, value: Any) -> Tensor:
        """Return a tensor; of this dtype if ``value`` is a number of Python, which has none of its own."""
        if isinstance(value, Float) and self.array.dtype.kind == "f":
            return Tensor(np.asarray(value, dtype=self.array.dtype))
        if isinstance(value, Float) and not np.isfinite(value) and self.array.dtype.kind in "iu":
            raise RuntimeError(f"a tensor of {self.dtype} can't hold {value}")
        return as_tensor(value)

    def _replace(self, function: Callable[..., Tensor], *others: Any, **options: Any) -> Self:
        """Take the values of ``function(self, *others, **options)``, and its history, in place."""
        self._check_own_places()
        if autograd.mode.tape is not None and autograd.mode.tape.can_assign(self):
            return self._become_on_tape(function(self._former(), *others, **options))
        operands = [x for x in (*others, *options.values()) if isinstance(x, Tensor)]
        for x in operands:
            _check_shares_all_or_nothing(self.array, x.array)
        if self._tracked(*operands):

            def kept(x: Any) -> Any:
                return x._former() if isinstance(x, Tensor) and x._owner() is self._owner() else x

            options = {name: kept(x) for name, x in options.items()}
            return self._become(function(self._former(), *map(kept, others), **options))
        result = function(self, *others, **options)
        self._check_can_become(result)
        self._release()
        self.array[...] = result.array
        self._touch()
        return self

    def add_(self, other: Any, *, alpha: Any = 1) -> Self:
        """Add alpha · other, in place."""
        return self._replace(Tensor.__add__, self._scaled(other, alpha))

    def sub_(self, other: Any, *, alpha: Any = 1) -> Self:
        """Subtract alpha · other, in place."""
        return self._replace(Tensor.__sub__, self._scaled(other, alpha))

    def mul_(self, other: Any) -> Self:
        """Multiply, in place."""
        return self._replace(Tensor.__mul__, other)

    __iadd__, __isub__, __imul__ = add_, sub_, mul_

    def __itruediv__(self, other: Any) -> Self:
        return self._replace(Tensor.__truediv__, other)

    def __ipow__(self, other: Any) -> Self:
        return self._replace(Tensor.__pow__, other)

    def __ifloordiv__(self, other: Any) -> Self:
        return self._replace(Tensor.__floordiv__, other)

    def __imod__(self, other: Any) -> Self:
        return self._replace(Tensor.__mod__, other)

    def __iand__(self, other: Any) -> Self:
        return self._replace(Tensor.__and__, other)

    def __ior__(self, other: Any) -> Self:
        return self._replace(Tensor.__or__, other)

    def __ixor__(self, other: Any) -> Self:
        return self._replace(Tensor.__xor__, other)

    def copy_(self, src: Any, non_blocking: Bool = False) -> Self:
        """Copy the values of ``src``, in place."""
        self._check_own_places()
        if not isinstance(src, int | float):
            src = tensor_given("copy_", src)
            _check_shares_all_or_nothing(self.array, src.array)
            if src.ndim > self.ndim:
                raise RuntimeError(f"copy_() can't give shape {src.shape} to a tensor of shape {self.shape}")
        self._assign(..., src)
        return self

    def fill_(self, value: Any) -> Self:
        """Set every element to ``value``, one number or a tensor without axes, in place."""
        if not _is_operand(value):
            raise TypeError(f"fill_() expected one number, got {type(value).__name__}: use copy_()")
        if np.ndim(value):
            raise RuntimeError(f"fill_() expected one number, got shape {np.shape(value)}: use copy_()")
        self._assign(..., as_tensor(value) if hasattr(value, "__array__") else value)
        return self

    def zero_(self) -> Self:
        """Set every element to 0, in place."""
        return self.fill_(0)

    def clamp_(self, min: Any = None, max: Any = None) -> Self:
        """Move each element into the interval [min, max], in place."""
        return self._replace(Tensor.clip, min, max)

    def _fill(self, values: Callable[[tuple[Int, ...]], Array]) -> Self:
        """Draw every element, in the order in which they lie in memory, as PyTorch does."""
        self._check_own_places()  # before anything is drawn
        return self.copy_(draw(lambda x: ops.in_memory_order(x, values), self))

    def _check_writable(self) -> None:
        if not self.array.flags.writeable:
            raise RuntimeError("a tensor over a read-only array can't be changed in place: change a clone()")

    def _check_can_take(self, index: Any, value: Any) -> None:
        """Raise where PyTorch gives the elements at an index no such values."""
        if _has_positions(index):
            one = np.ndim(value) == 0 and getattr(index, "dtype", None) == dtypes.bool_  # for all under a mask
            if isinstance(value, Tensor) and value.dtype != self.dtype and not one:
                raise RuntimeError(
                    f"elements at positions or under a mask take values of their own dtype, {self.dtype}, "
                    f"got {value.dtype}"
                )
        else:
            item = self.array[_index(index)]
            _check_own_places(item)
            if isinstance(value, Tensor):
                _check_shares_all_or_nothing(item, value.array)

    def _check_own_places(self) -> None:
        self._check_writable()
        _check_own_places(self.array)

    def uniform_(self, from_: Any = 0.0, to: Any = 1.0, *, generator: Generator | None = None) -> Self:
        """Draw every element from the uniform distribution over [from_, to), in place."""
        source = source_of(generator)
        return self._fill(lambda shape: source.uniform(shape, from_, to, self.dtype))

    def normal_(self, mean: Any = 0.0, std: Any = 1.0, *, generator: Generator | None = None) -> Self:
        """Draw every element from the normal distribution, in place."""
        source, in_blocks = source_of(generator), self.array.flags.c_contiguous
        return self._fill(lambda shape: source.normal(shape, mean, std, self.dtype, in_blocks))

    def bernoulli_(self, p: Any = 0.5, *, generator: Generator | None = None) -> Self:
        """Set every element to 1 with probability ``p``, one number or a tensor, else to 0, in place."""
        source = source_of(generator)
        if isinstance(p, Tensor):
            if p.dtype.kind != "f":
                raise NotImplementedError(f"bernoulli_() expected a floating-point tensor p, got {p.dtype}")
            self._check_own_places()
            if not self.array.size:
                return self
            return self.copy_(draw(partial(ops.drawn_below, source), self, p.expand(self.shape)))
        return self._fill(lambda shape: source.bernoulli(shape, p))

    def exponential_(self, lambd: Any = 1.0, *, generator: Generator | None = None) -> Self:
        """Draw every element from the exponential distribution with mean 1 / ``lambd``, in place."""
        source = source_of(generator)
        return self._fill(lambda shape: source.exponential(shape, lambd, self.dtype))

    def random_(self, from_: Any = None, to: Any = ..., *, generator: Generator | None = None) -> Self:
        """Draw integers from ``from_`` up to, not including, ``to``, in place.

        With one number, from 0 up to that; with none, from 0 to the largest of the dtype, which a ``to`` of None
        also stands for.
        """
        source = source_of(generator)
        if from_ is None and to is ...:
            return self._fill(lambda shape: source.whole(shape, self.dtype))
        low, high = (0, from_) if to is ... else (from_ or 0, to)
        low = arguments.whole64("from_", low)
        high = None if high is None else arguments.whole64("to", high)
        return self._fill(lambda shape: source.integers(low, high, shape, self.dtype))


class Size(tuple[int, ...]):
    """A shape."""

    def numel(self) -> int:
        """Return the number of elements."""
        return int(np.prod(self))

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return Size(found) if isinstance(index, slice) else found

    def __add__(self, other: Any) -> Size:
        return Size(tuple(self) + other)

    def __mul__(self, times: Any) -> Size:
        return Size(tuple(self) * times)

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"chainrule.Size({list(self)})"


class ValuesAndIndices(NamedTuple):
    """What ``max`` and ``min`` along an axis return."""

    values: Tensor
    indices: Tensor


# ---- from anything to tensors ------------------------------------------------------------------------------


def from_data_or_shape(given: tuple[Any, ...], dtype: DType) -> Array:
    """Return what a tensor holds that is made of a sequence, or of the lengths of its axes.

    Examples
    --------
    >>> from_data_or_shape((2, 3), dtypes.float32).shape, from_data_or_shape(([1, 2],), dtypes.float32)
    ((2, 3), array([1., 2.], dtype=float32))
    """
    data = given[0] if len(given) == 1 else given
    if hasattr(data, "__array__") and not isinstance(data, np.integer):
        return _to_array(data)
    if isinstance(data, Size) or all(isinstance(n, int | np.integer) for n in given):
        shape = arguments.shape(given)
        if min(shape, default=0) < 0:
            raise RuntimeError(f"a tensor expected lengths from 0 on, got {shape}")
        return np.zeros(shape, dtype)
    if not isinstance(data, list | tuple) or len(given) > 1:
        raise TypeError(f"Tensor() expected a sequence, or integers as a shape, got {data!r:.60}: use tensor()")
    return _to_array(data, dtype).astype(dtype, copy=False)


def _to_array(data: Any, floats: DType | None = None) -> Array:
    """Convert to an array of a dtype that tensors can have, without a copy where possible.

    Python's floats become ``floats``, or the default dtype.
    """
    if isinstance(data, Tensor):
        return data.array
    if hasattr(data, "__array__"):
        array = np.asarray(data)
    else:
        try:
            array = np.asarray(_unwrapped(data))
        except ValueError:  # of NumPy, where the lists have different lengths
            mend = "nn.utils.rnn.pad_sequence() fills up shorter ones"
            raise ValueError(f"a tensor needs nested lists of one shape, got {data!r:.60}: {mend}") from None
        if array.dtype.kind in "US":
            raise TypeError(f"a tensor is made of numbers, got {data!r:.60}: float() makes a number of a string")
        if array.dtype == np.uint64:
            raise ValueError("an integer is too large for int64, the largest dtype of a tensor: it needs uint64")
        if array.dtype == object and array.size:
            raise RuntimeError(f"a tensor is made of numbers, got {data!r:.60}")
        if (array.dtype == np.float64 and not _has_float64(data)) or array.dtype == object:  # Python's floats
            array = array.astype(floats or dtypes.get_default_dtype())
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype not in dtypes.SUPPORTED:
        names = ", ".join(str(d) for d in dtypes.SUPPORTED)
        raise TypeError(f"a tensor can hold {names}, got {type(data).__name__} of {array.dtype}")
    return array


def _has_float64(data: Any) -> bool:
    """Return whether nested lists hold numbers of NumPy's float64, which keep their dtype."""
    if isinstance(data, list | tuple):
        return any(map(_has_float64, data))
    return isinstance(data, np.float64 | np.ndarray | Tensor)


def _unwrapped(data: Any) -> Any:
    """Replace the tensors in nested lists by numbers and arrays."""
    if isinstance(data, list | tuple):
        return [_unwrapped(d) for d in data]
    if isinstance(data, Tensor):
        autograd.refuse_capture(*_READS)
        return data.array
    return data


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Return ``data`` as a tensor, sharing its memory where possible.

    Parameters
    ----------
    data : Tensor or array_like
        Numbers, nested lists, arrays, and anything with ``__array__``, a ``torch.Tensor`` for one.
    dtype : dtype, optional
    device : optional
        Must be the CPU.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> as_tensor(np.arange(3))
    tensor([0, 1, 2])
    """
    if device is not None:
        Device(device)
    target = None if dtype is None else dtypes.as_dtype(dtype)
    if isinstance(data, Tensor):
        result = data
    else:
        floats = target if target is None or target.kind == "f" else dtypes.float64
        array = _to_array(data, floats)
        if target is not None and target.kind in "iu" and array.size and not hasattr(data, "__array__"):
            for bound in (array.min(), array.max()):
                arguments.holds(target, bound.item())
        result = Tensor(array)
        if autograd.mode.tape is not None:
            autograd.mode.tape.made_of_data(result, data)
    return result if target is None else result.to(target)


def tensor_given(name: str, data: Any) -> Tensor:
    """Return what was given for a tensor: one, or anything with ``__array__``, but no number and no list.

    Examples
    --------
    >>> tensor_given("exp", np.ones(2))
    tensor([1., 1.], dtype=float64)
    """
    if isinstance(data, Tensor):
        return data
    if not hasattr(data, "__array__"):
        given = type(data).__name__
        raise TypeError(f"{name} expected a tensor or an array, got {given}: tensor() makes one")
    return as_tensor(data)


def _is_operand(x: Any) -> bool:
    return isinstance(x, Tensor | bool | int | float) or hasattr(x, "__array__")


def draw(function: Callable[..., Array], *tensors: Tensor) -> Tensor:
    """Return what a function draws, of the arrays of tensors, if any; a captured step draws anew at every replay.

    Examples
    --------
    >>> draw(lambda: np.zeros(2))
    tensor([0., 0.], dtype=float64)
    """

    def drawn(*arrays: Array) -> Array:
        try:
            return function(*arrays)
        except ValueError as error:
            raise RuntimeError(str(error)) from None  # as PyTorch

    return apply(ops.NoGradient(drawn), *tensors)


def _template(index: Any) -> tuple[Any, list[Tensor]]:
    """Return an index with ``ops.PLACE`` for every tensor of positions or mask, and these tensors."""
    positions: list[Tensor] = []

    def place(part: Any) -> Any:
        if isinstance(part, Tensor) and part.dtype == dtypes.uint8:
            raise TypeError("an index of uint8 is a mask in PyTorch: use bool() for a mask, long() for positions")
        if isinstance(part, Tensor) and (
            part.ndim or part.dtype == dtypes.bool_ or autograd.mode.tape is not None
        ):
            positions.append(part)
            return ops.PLACE
        return _index(part)

    index = _as_tuple(index)
    template = tuple(place(part) for part in index) if isinstance(index, tuple) else place(index)
    return template, positions


def _index(index: Any) -> Any:
    """Replace the tensors in an index by arrays."""
    index = _as_tuple(index)
    if isinstance(index, str):
        raise TypeError(f"an index is made of integers, slices, lists and tensors, got {index!r}")
    if isinstance(index, tuple):
        return tuple(_index(i) for i in index)
    if isinstance(index, slice) and index.step is not None and index.step <= 0:
        raise ValueError(f"the step of a slice must be greater than zero, got {index.step}")
    if isinstance(index, Tensor) and index.dtype == dtypes.uint8:
        raise TypeError("an index of uint8 is a mask in PyTorch: use bool() for a mask, long() for positions")
    if isinstance(index, Tensor):
        autograd.refuse_capture("sets elements at the positions of a tensor", "use where() with a mask")
    if isinstance(index, Tensor):  # a copy, because a derivative may read it after it was changed
        return index.array.copy() if index.ndim or index.dtype == dtypes.bool_ else int(index)
    if isinstance(index, list):
        return np.asarray(index) if index else np.empty(0, np.int64)
    return index


def _as_tuple(index: Any) -> Any:
    """Return a short list that holds more than numbers as a tuple, which it stands for as in NumPy of old."""
    if isinstance(index, list) and len(index) < 32:
        parts = slice, tuple, list, np.ndarray, Tensor
        return tuple(index) if any(i is None or i is ... or isinstance(i, parts) for i in index) else index
    return index


def _check_own_places(array: Any) -> None:
    """Raise where elements share their place in memory."""
    if array.flags.c_contiguous:
        return
    if any(n > 1 and not step for n, step in zip(array.shape, array.strides, strict=True)):
        raise RuntimeError(
            f"several elements of a tensor of shape {np.shape(array)} have one place in memory, as after "
            "expand(), and can't be changed in place: use clone()"
        )


def _check_shares_all_or_nothing(a: Any, b: Array) -> None:
    """Raise where a part of ``a``, which is to be changed, is a part of the operand ``b``."""
    if a is b or not (a.flags.c_contiguous and b.flags.c_contiguous and np.may_share_memory(a, b)):
        return
    if (a.ctypes.data, a.size) != (b.ctypes.data, b.size):
        raise RuntimeError(
            f"a tensor of shape {a.shape} shares a part of its memory with the operand of shape {b.shape}, and "
            "can't be changed in place with it: use clone() on the operand"
        )


def _has_positions(index: Any) -> bool:
    """Return whether an index picks elements by positions or masks, not by slices and integers alone."""
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(part, bool | list | np.ndarray | Tensor) and np.ndim(part) for part in parts)


def _ones(shape: tuple[int, ...]) -> int:
    """Return how many axes of length 1 a shape begins with."""
    return next((i for i, n in enumerate(shape) if n != 1), len(shape))


def _correction(name: str, dim: Any, unbiased: Any, correction: Any) -> tuple[Any, Any]:
    """Return the axes of a variance, and its correction. The old form gives ``unbiased``, also in first place."""
    if isinstance(dim, bool) and unbiased is None:
        dim, unbiased = None, dim
    if unbiased is None:
        return dim, 1 if correction is None else correction
    if not isinstance(unbiased, bool):
        raise TypeError(f"{name}() expected unbiased True or False, got {unbiased!r}: correction takes numbers")
    if correction is not None:
        raise TypeError(f"{name}() expected unbiased or correction, got both")
    return dim, int(unbiased)


def _rounded(x: Array, places: int) -> Array:
    power: Any = x.dtype.type(10.0 ** abs(places))
    return np.asarray(np.round(x * power) / power if places > 0 else np.round(x / power) * power)


def _given(*values: Any) -> list[Any]:
    return [v for v in values if v is not None]


# ---- functions of two tensors ------------------------------------------------------------------------------


def _operands(a: Any, b: Any, floating: bool = False) -> tuple[Tensor, Tensor]:
    """Return both operands as tensors of the dtype that the operation computes in."""
    if isinstance(a, Tensor) and isinstance(b, Tensor) and a.dtype == b.dtype:
        dtype = a.dtype
    else:
        a = a if isinstance(a, bool | int | float) else tensor_given("an operator", a)
        b = b if isinstance(b, bool | int | float) else tensor_given("an operator", b)
        dtype = dtypes.result_type(*(x.array if isinstance(x, Tensor) else x for x in (a, b)))
    if floating and dtype.kind != "f":
        dtype = dtypes.get_default_dtype()
    return _of_dtype(a, dtype), _of_dtype(b, dtype)


def _of_dtype(x: Any, dtype: DType) -> Tensor:
    if isinstance(x, Tensor):
        return x if x.dtype == dtype else x.to(dtype)
    if dtype.kind in "iu":  # a number that it can't hold wraps around
        return Tensor(np.asarray(np.asarray(x).astype(dtype)))
    return Tensor(np.asarray(x, dtype=dtype))


def binary(op: Operation, a: Any, b: Any, floating: bool = False) -> Tensor:
    """Run an operation on two operands that broadcast, after bringing them to one dtype.

    Parameters
    ----------
    op : Operation
    a, b : Tensor, array_like or number
    floating : bool
        Whether integers are computed with in the default floating-point dtype.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> binary(ops.Add(), Tensor([1.0, 2.0]), 1)
    tensor([2., 3.])
    """
    return apply(op, *_operands(a, b, floating))


def _difference(a: Any, b: Any) -> Tensor:
    x, y = _operands(a, b)
    if any(isinstance(t, bool) or getattr(t, "dtype", None) == dtypes.bool_ for t in (x, a, b)):
        raise RuntimeError(
            "booleans can't be subtracted: use ~x or logical_not() to invert, x ^ y for the difference"
        )
    return apply(ops.Sub(), x, y)


def _remainder(a: Any, b: Any) -> Tensor:
    x, y = _operands(a, b)
    if x.dtype == dtypes.bool_:
        raise NotImplementedError("a % b needs numbers, got booleans: use x.int()")
    return apply(ops.Mod(), x, y)


def _floor_divided(a: Any, b: Any) -> Tensor:
    x, y = _operands(a, b)
    if x.dtype == dtypes.bool_:
        raise NotImplementedError("a // b needs numbers, got booleans: use x.int()")
    if autograd.mode.recording and (x._requires_grad or y._requires_grad):
        raise RuntimeError("a // b has no derivative in chainrule: use detach() on what requires a gradient")
    return _without_gradient(ops.floor_divide, x, y)


def _power(a: Any, b: Any) -> Tensor:
    x, y = _operands(a, b)
    arguments.fits(b, x.dtype)
    number = isinstance(b, int | float)
    if x.dtype == dtypes.bool_:
        raise NotImplementedError("a ** b needs numbers, got booleans: use x.int()")
    if x.dtype.kind != "f" and number and b < 0:
        raise RuntimeError(f"{x.dtype} can't be raised to the power {b}: use float() first")
    return apply(ops.Pow(number), x, y)


def _bitwise(function: Any, a: Any, b: Any) -> Tensor:
    x, y = _operands(a, b)
    if x.dtype.kind == "f":
        raise NotImplementedError(f"&, | and ^ take integers and booleans, got {x.dtype}")
    return apply(ops.NoGradient(function), x, y)


def _without_gradient(function: Any, a: Any, b: Any) -> Tensor:
    x, y = _operands(a, b)
    return apply(ops.NoGradient(function), x, y)


def _floating(x: Tensor) -> Tensor:
    return x if x.array.dtype.kind == "f" else x.to(dtypes.get_default_dtype())


def _real(name: str, x: Tensor) -> Tensor:
    if x.array.dtype.kind != "f":
        raise RuntimeError(f"{name}() needs floating-point elements, got {x.dtype}: use float() first")
    return x


def _computable(name: str, x: Tensor) -> Tensor:
    if x.array.dtype.kind != "f":
        raise NotImplementedError(f"{name}() needs floating-point elements, got {x.dtype}: use float() first")
    return x


def _not_boolean(name: str, x: Tensor, mend: str) -> Tensor:
    if x.array.dtype == dtypes.bool_:
        raise RuntimeError(f"{name}() needs numbers, got booleans: {mend}")
    return x


def _along(op: Operation, *tensors: Tensor) -> Tensor:
    """Run an operation along an axis; tensors without axes count as of length 1."""
    if tensors[0].ndim:
        return apply(op, *tensors)
    return apply(op, *(t.reshape(1) for t in tensors)).reshape(())


def _bounds(*bounds: Any) -> list[Any]:
    """Return bounds that are all numbers or all tensors; those without axes stand for either."""
    tensors = [b for b in bounds if isinstance(b, Tensor) or hasattr(b, "__array__")]
    for b in bounds:
        if b is not None and not _is_operand(b):
            raise TypeError(f"clip() expected numbers or tensors, got {type(b).__name__}: tensor() makes one")
    if len(tensors) in (0, len(_given(*bounds))):
        return [b if b is None or not tensors else as_tensor(b) for b in bounds]
    if any(t.ndim or t.requires_grad for t in map(as_tensor, tensors)):
        raise TypeError("clip() expected two numbers or two tensors, got one of each: use two tensors")
    return [b.item() if isinstance(b, Tensor) else b for b in bounds]


def _between(x: Tensor, low: Any, high: Any) -> Tensor:
    """Return min(max(x, low), high), NaN where any is; bounds that are tensors have a gradient."""
    with autograd.no_grad():
        y = x if low is None else x.maximum(low)
        y = y if high is None else y.minimum(high)
    # from the constant y, which NaN keeps, to whichever of the three it is: x at a bound, high where they cross
    y = where(x == y, x, y)
    if low is not None:
        y = where(x < low if high is None else (x < low) & (low < high), low, y)
    if high is not None:
        y = where((x > high if low is None else (x > high) | (high < low)) & (y == y), high, y)
    return y


def matmul(input: Any, other: Any) -> Tensor:
    """Return the matrix product, for vectors, matrices and stacks of matrices.

    Parameters
    ----------
    input : Tensor
        Shape (..., n, k) or (k,).
    other : Tensor
        Shape (..., k, m) or (k,).

    Returns
    -------
    Tensor
        Shape (..., n, m), without the axes that vectors don't have.

    Raises
    ------
    RuntimeError
        If the shapes don't fit or the dtypes differ.

    Examples
    --------
    >>> matmul(Tensor([[1.0, 2.0]]), Tensor([[3.0], [4.0]]))
    tensor([[11.]])
    """
    a, b = tensor_given("matmul", input), tensor_given("matmul", other)
    if not a.ndim or not b.ndim or a.array.shape[-1] != b.array.shape[-2 if b.ndim > 1 else 0]:
        raise RuntimeError(f"matmul can't multiply shapes {a.shape} and {b.shape}: the inner lengths differ")
    if a.dtype != b.dtype:
        raise RuntimeError(f"matmul expected operands of one dtype, got {a.dtype} and {b.dtype}")
    return apply(ops.MatMul(), a, b)


@overload
def where(condition: Any) -> tuple[Tensor, ...]: ...
@overload
def where(condition: Any, input: Any, other: Any) -> Tensor: ...
def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """Return ``input`` where the condition holds, else ``other``; all three broadcast.

    Parameters
    ----------
    condition : Tensor of bool
        Or of uint8. On its own: ``nonzero(condition, as_tuple=True)``, the positions where it holds.
    input, other : Tensor, array_like or number

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If the condition is of another dtype.

    Examples
    --------
    >>> where(tensor([True, False]), Tensor([1.0, 2.0]), 0.0)
    tensor([1., 0.])
    """
    condition = tensor_given("where", condition)
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)
    if condition.dtype == dtypes.uint8:
        condition = condition.bool()
    if condition.dtype != dtypes.bool_:
        raise RuntimeError(f"where() expected a condition of dtype bool, got {condition.dtype}")
    a, b = _operands(input, other)
    for value in (input, other):
        arguments.fits(value, a.dtype)
    return apply(ops.Where(), condition, a, b)


name_methods(Tensor, besides={"accumulate_grad", "receive_grad", "seed_of_backward"})  # the engine's own
name_all(globals(), ("as_tensor", "matmul", "where"))
