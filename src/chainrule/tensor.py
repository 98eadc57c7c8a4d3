"""``Tensor``: an array that remembers the operation that made it."""

from __future__ import annotations

import contextlib
import math
import operator
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate, count
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np

from chainrule import autograd, dtypes, ops
from chainrule.device import device as Device
from chainrule.dtypes import DType
from chainrule.ops import Array, Operation
from chainrule.printing import format_tensor
from chainrule.random import Generator, default_generator

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
        op.needs = tuple([t._requires_grad for t in tensors])
        if True in op.needs:
            op.inputs = tuple([(t._op or t) if t._requires_grad else None for t in tensors])
            if op.reads:
                read = [tensors[i] for i in op.reads if i < len(tensors)]
                owners = [t if t._memory is None else t._memory for t in read]
                op.watched = [(t, t.version) for t in owners]
            op.order = next(_order)
            result._op = op
            result._requires_grad = True
        for t in tensors:
            if t._base is not None:
                t._check_history()
    # reshape() may have copied; what has no elements is a view of what has none
    if op.views and (not y.size or (y.base is not None and np.may_share_memory(y, tensors[0].array))):
        result._become_view(tensors[0])
    return result


_STALE = (
    "a tensor of shape {} shares the memory of one that was changed in place with a gradient since, and does not "
    "know that gradient: take the view again after the change"
)


class Tensor:
    """An n-dimensional array with a gradient.

    Parameters
    ----------
    data : array_like
        An ndarray is wrapped as it is, sharing its memory; anything else is converted, Python's floats to the
        default dtype. ``chainrule.tensor`` copies, and is what programs should call.
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
    # A view knows whose memory it lies in, and whose history has to follow if it is changed in place. Both are the
    # first of a chain of views; what is detached has the memory of another, and a history of its own.
    _memory: Tensor | None = None
    _base: Tensor | None = None
    _rewrites = 0  # how often an in-place change gave a tensor with views a new history; for a view: at its time
    version = 0  # how often the values were changed in place; of the first in a chain of views, it counts for all

    def __init__(self, data: Any, requires_grad: Bool = False) -> None:
        if type(data) is np.ndarray:
            self.array: Array = data
        else:
            self.array = _to_array(data)
            if autograd.mode.tape is not None:
                autograd.mode.tape.made_of_data(self, data)
        if requires_grad:
            self.requires_grad_()

    # ---- gradient ------------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> Bool:
        """Whether operations on this tensor are recorded."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: Bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: Bool = True) -> Self:
        """Set ``requires_grad``, in place."""
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
        return self._op is None

    @property
    def grad_fn(self) -> Operation | None:
        """The operation that made this tensor, if it was recorded."""
        return self._op

    @property
    def grad(self) -> Tensor | None:
        """∂L/∂self, or None."""
        self._grad_seen = True
        if autograd.mode.tape is not None:
            autograd.mode.tape.read_grad(self)
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

    def retain_grad(self) -> None:
        """Keep the gradient of a tensor that an operation made, too."""
        autograd.refuse_capture("retains a gradient", "return the values that are needed from the step")
        if not self._requires_grad:
            raise RuntimeError("retain_grad() needs a tensor that requires a gradient")
        if self._op is not None:
            self._op.retained = self

    def backward(self, gradient: Any = None, retain_graph: Bool = False, create_graph: Bool = False) -> None:
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
        if create_graph:
            raise NotImplementedError("backward(create_graph=True): chainrule has no second derivatives")
        if gradient is not None:
            gradient = as_tensor(gradient)
        if not self._requires_grad:
            raise RuntimeError(
                "backward() was called on a tensor that requires no gradient: it was made from none that does, "
                "under no_grad(), or by a captured function, inside of which backward() belongs"
            )
        if gradient is None:
            if self.array.size != 1:
                raise RuntimeError(
                    f"backward() without a gradient needs a tensor of one element, got shape {self.shape}: "
                    "reduce it with sum() or mean(), or give backward() a gradient of that shape"
                )
            grad = np.ones_like(self.array)
        else:
            grad = np.array(gradient.array, dtype=self.dtype)
            if grad.shape != self.array.shape:
                raise RuntimeError(f"backward() expected a gradient of shape {self.shape}, got {grad.shape}")
        self._check_history()
        tape = autograd.mode.tape
        if tape is not None and tape.backward(self, grad, gradient, retain_graph):
            return
        if self._op is None:
            self.accumulate_grad(grad)
        else:
            with np.errstate(all="ignore"):
                autograd.backward(self._op, grad, retain_graph)

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

    def _check_history(self) -> None:
        """Raise if the tensor that this is a view of was given a new history since."""
        if self._base is not None and self._base._rewrites != self._rewrites:
            raise RuntimeError(_STALE.format(tuple(self.shape)))

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
        self.array = as_tensor(value).array

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

    def is_floating_point(self) -> Bool:
        """Return whether the elements are floating-point numbers."""
        return self.array.dtype.kind == "f"

    def is_contiguous(self) -> Bool:
        """Return whether the elements lie in memory in C order."""
        return bool(self.array.flags.c_contiguous)

    def contiguous(self) -> Tensor:
        """Return this tensor if it is contiguous, else a copy that is."""
        return self if self.is_contiguous() else apply(ops.Clone(), self)

    def item(self) -> Any:
        """Return the only element as a number of Python."""
        if self.array.size != 1:
            raise RuntimeError(f"item() needs a tensor of one element, got shape {self.shape}")
        autograd.refuse_capture(*_READS)
        return self.array.item()

    def tolist(self) -> Any:
        """Return the elements as nested lists."""
        autograd.refuse_capture(*_READS)
        return self.array.tolist()

    def numpy(self) -> Array:
        """Return the values as an array of the same memory. ``np.asarray(tensor)`` does it for any tensor."""
        if self._requires_grad:
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

    type = to

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

    def __bool__(self) -> Bool:
        if self.array.size != 1:
            raise RuntimeError(f"the truth of a tensor of shape {self.shape} is ambiguous: use any() or all()")
        return self.item() != 0  # type: ignore[no-any-return]

    def __float__(self) -> Float:
        return float(self.item())

    def __int__(self) -> Int:
        return int(self.item())

    def __index__(self) -> Int:
        if self.array.dtype.kind not in "iu" or self.array.size != 1:
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
        return bool((self == element).any())

    def __deepcopy__(self, memo: dict[Any, Any]) -> Self:
        if self._op is not None:
            raise RuntimeError("deepcopy of a tensor that an operation made: detach() it first")
        autograd.refuse_capture("makes a deepcopy of a tensor", "use clone()")
        copy = type(self).__new__(type(self))
        memo[id(self)] = copy
        copy.__dict__.update(self.__dict__)
        copy.array = self.array.copy()
        copy._grad_memory = copy._memory = copy._base = None
        copy._grad = None if self._grad is None else Tensor(self._grad.array.copy())
        return copy

    def __getstate__(self) -> dict[str, Any]:
        if self._op is not None:
            raise RuntimeError("pickling a tensor that an operation made: detach() it first")
        state = self.__dict__.copy()
        for name in ("_grad_memory", "_memory", "_base"):
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
        return apply(ops.NoGradient(np.invert), self)

    def __and__(self, other: Any) -> Tensor:
        return _without_gradient(np.bitwise_and, self, other)

    def __or__(self, other: Any) -> Tensor:
        return _without_gradient(np.bitwise_or, self, other)

    def __xor__(self, other: Any) -> Tensor:
        return _without_gradient(np.bitwise_xor, self, other)

    def __eq__(self, other: object) -> Any:
        if other is None:
            return False
        return _without_gradient(np.equal, self, other)

    def __ne__(self, other: object) -> Any:
        if other is None:
            return True
        return _without_gradient(np.not_equal, self, other)

    def __lt__(self, other: Any) -> Tensor:
        return _without_gradient(np.less, self, other)

    def __le__(self, other: Any) -> Tensor:
        return _without_gradient(np.less_equal, self, other)

    def __gt__(self, other: Any) -> Tensor:
        return _without_gradient(np.greater, self, other)

    def __ge__(self, other: Any) -> Tensor:
        return _without_gradient(np.greater_equal, self, other)

    add, sub, mul, div, pow, matmul = __add__, __sub__, __mul__, __truediv__, __pow__, __matmul__
    neg, abs, eq, ne, lt, le, gt, ge = __neg__, __abs__, __eq__, __ne__, __lt__, __le__, __gt__, __ge__

    def mm(self, mat2: Any) -> Tensor:
        """Return the product with a matrix, of a matrix."""
        other = as_tensor(mat2)
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

    def softmax(self, dim: Int) -> Tensor:
        """Return eˣ divided by its sum along ``dim``."""
        return _along(ops.Softmax(_axis(self, dim)), _computable("softmax", self))

    def log_softmax(self, dim: Int) -> Tensor:
        """Return the logarithm of the softmax along ``dim``."""
        return _along(ops.LogSoftmax(_axis(self, dim)), _computable("log_softmax", self))

    def clip(self, min: Any = None, max: Any = None) -> Tensor:
        """Return each element, moved into the interval [min, max]."""
        if min is None and max is None:
            raise RuntimeError("clip() needs min, max or both, got neither")
        if isinstance(min, Tensor) or isinstance(max, Tensor):
            return _between(self, min, max)
        dtype = dtypes.result_type(self.array, *_given(min, max))
        if dtype == dtypes.bool_:
            raise NotImplementedError("clip() needs numbers, got booleans: use x.int()")
        for bound in _given(min, max):
            _check_fits(bound, dtype)
        return apply(ops.Clip(min, max), self.to(dtype))

    clamp = clip

    def maximum(self, other: Any) -> Tensor:
        """Return the larger of each pair of elements."""
        return binary(ops.Maximum(), self, other)

    def minimum(self, other: Any) -> Tensor:
        """Return the smaller of each pair of elements."""
        return binary(ops.Minimum(), self, other)

    def where(self, condition: Any, other: Any) -> Tensor:
        """Return this tensor where the condition holds, else ``other``."""
        return where(condition, self, other)

    def masked_fill(self, mask: Any, value: Any) -> Tensor:
        """Return this tensor with ``value`` where the mask holds."""
        mask = as_tensor(mask)
        if mask.dtype != dtypes.bool_:
            raise RuntimeError(f"masked_fill() expected a mask of dtype bool, got {mask.dtype}")
        if np.ndim(value):
            raise RuntimeError(f"masked_fill() expected one number, got shape {np.shape(value)}: use where()")
        _check_fits(value, self.dtype)
        return where(mask, self._converted(value).to(self.dtype), self)

    def sign(self) -> Tensor:
        """Return −1, 0 or 1 for each element."""
        return self.clone() if self.array.dtype == dtypes.bool_ else apply(ops.Step(ops.sign), self)

    def round(self) -> Tensor:
        """Return each element rounded to an integer, halves to even."""
        if self.array.dtype == dtypes.bool_:
            raise NotImplementedError("round() needs numbers, got booleans")
        return apply(ops.Step(np.round), self)

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
        x = self if dtype is None else self.to(dtype)
        if x.dtype.kind in "biu":
            x = x.to(dtypes.int64)
        return apply(ops.Sum(_axes(self, dim), keepdim), x)

    def mean(self, dim: Any = None, keepdim: Bool = False, dtype: Any = None) -> Tensor:
        """Return the mean over some axes, or all."""
        x = self if dtype is None else self.to(dtype)
        if x.dtype.kind != "f":
            raise RuntimeError(f"mean() needs floating-point elements, got {x.dtype}: use float() first")
        return apply(ops.Mean(_axes(self, dim), keepdim), x)

    def var(self, dim: Any = None, correction: Float = 1, keepdim: Bool = False) -> Tensor:
        """Return the variance: the sum of squared deviations, divided by n − correction."""
        _refuse_unbiased("var", dim)
        return apply(ops.Var(_axes(self, dim), keepdim, correction), _real("var", self))

    def std(self, dim: Any = None, correction: Float = 1, keepdim: Bool = False) -> Tensor:
        """Return the standard deviation, the root of ``var``."""
        _refuse_unbiased("std", dim)
        return apply(ops.Std(_axes(self, dim), keepdim, correction), _real("std", self))

    def prod(self, dim: Int | None = None, keepdim: Bool = False) -> Tensor:
        """Return the product along an axis, or of all elements."""
        x = self.to(dtypes.int64) if self.dtype.kind in "biu" else self
        return apply(ops.Prod(_axis_or_all(self, dim), keepdim), x)

    def cumsum(self, dim: Int) -> Tensor:
        """Return the running sum along an axis."""
        x = self.to(dtypes.int64) if self.dtype.kind in "biu" else self
        return _along(ops.CumSum(_axis(self, dim)), x)

    def amax(self, dim: Any = (), keepdim: Bool = False) -> Tensor:
        """Return the largest element along some axes, or of all. Equal ones share the gradient."""
        return apply(ops.Extremum(_not_empty("amax", self, dim), keepdim, largest=True), self)

    def amin(self, dim: Any = (), keepdim: Bool = False) -> Tensor:
        """Return the smallest element along some axes, or of all. Equal ones share the gradient."""
        return apply(ops.Extremum(_not_empty("amin", self, dim), keepdim, largest=False), self)

    def max(self, dim: Any = None, keepdim: Bool = False) -> Any:
        """Return the largest element; along ``dim``, the pair (values, indices); with a tensor, ``maximum``."""
        if dim is None:
            return apply(ops.Extremum(largest=True, nan_is_equal=True), self)
        return self.maximum(dim) if isinstance(dim, Tensor) else self._extreme(np.argmax, dim, keepdim)

    def min(self, dim: Any = None, keepdim: Bool = False) -> Any:
        """Return the smallest element; along ``dim``, the pair (values, indices); with a tensor, ``minimum``."""
        if dim is None:
            return apply(ops.Extremum(largest=False, nan_is_equal=True), self)
        return self.minimum(dim) if isinstance(dim, Tensor) else self._extreme(np.argmin, dim, keepdim)

    def _extreme(self, find: Any, dim: Int, keepdim: Bool) -> ValuesAndIndices:
        axis = _axis(self, dim)
        if not self.ndim:
            return self.reshape(1)._extreme(find, 0, False)
        _not_empty("max() or min", self, dim)
        indices = apply(ops.NoGradient(partial(find, axis=axis, keepdims=True)), self)
        values = self.gather(dim, indices)
        if not keepdim:
            values, indices = values.squeeze(dim), indices.squeeze(dim)
        return ValuesAndIndices(values, indices)

    def argmax(self, dim: Int | None = None, keepdim: Bool = False) -> Tensor:
        """Return the index of the largest element, the first of equal ones."""
        axis = _not_empty("argmax", _not_boolean("argmax", self, "use x.int()"), dim)
        return apply(ops.NoGradient(partial(np.argmax, axis=axis, keepdims=keepdim)), self)

    def argmin(self, dim: Int | None = None, keepdim: Bool = False) -> Tensor:
        """Return the index of the smallest element, the first of equal ones."""
        axis = _not_empty("argmin", _not_boolean("argmin", self, "use x.int()"), dim)
        return apply(ops.NoGradient(partial(np.argmin, axis=axis, keepdims=keepdim)), self)

    def argsort(self, dim: Int = -1, descending: Bool = False, *, stable: Bool = False) -> Tensor:
        """Return the indices that sort the elements along an axis; equal ones keep their order in any case."""
        axis = _axis(self, dim)

        def positions(x: Array) -> Array:
            row = np.atleast_1d(x)
            order = np.argsort(row if not descending else np.flip(row, axis), axis=axis, kind="stable")
            if descending:  # sorted backwards from the back, equal ones keep their order
                order = row.shape[axis] - 1 - np.flip(order, axis)
            return np.reshape(order, x.shape)

        return apply(ops.NoGradient(positions), self)

    def any(self, dim: Any = None, keepdim: Bool = False) -> Tensor:
        """Return whether any element differs from 0; of uint8, as uint8."""
        found = apply(ops.NoGradient(partial(np.any, axis=_axes(self, dim), keepdims=keepdim)), self)
        return found.to(self.dtype) if self.dtype == dtypes.uint8 else found

    def all(self, dim: Any = None, keepdim: Bool = False) -> Tensor:
        """Return whether all elements differ from 0; of uint8, as uint8."""
        found = apply(ops.NoGradient(partial(np.all, axis=_axes(self, dim), keepdims=keepdim)), self)
        return found.to(self.dtype) if self.dtype == dtypes.uint8 else found

    def logsumexp(self, dim: Any, keepdim: Bool = False) -> Tensor:
        """Return ln Σ eˣ along some axes, without overflow."""
        return apply(ops.LogSumExp(_axes(self, dim), keepdim), _floating(self))

    def norm(self, p: Float = 2, dim: Any = None, keepdim: Bool = False) -> Tensor:
        """Return the p-norm along some axes, or of all elements, for p = 1, 2 or inf."""
        _real("norm", self)
        if p == 2:
            return apply(ops.Norm(_axes(self, dim), keepdim), self)
        if p == 1:
            return abs(self).sum(dim, keepdim)
        if p == float("inf"):
            return apply(ops.Extremum(_axes(self, dim), keepdim, nan_is_equal=True), abs(self))
        raise NotImplementedError(f"norm() covers p = 1, 2 and inf, got {p}")

    # ---- shape operations ----------------------------------------------------------------------------------

    def reshape(self, *lengths: Any, shape: Any = None) -> Tensor:
        """Return the same elements in another shape; one length may be −1."""
        return apply(ops.Reshape(_shape(lengths or (shape,))), self)

    def view(self, *shape: Any) -> Tensor:
        """Return the same memory in another shape; one length may be −1."""
        result = self.reshape(*shape)
        if self.array.size and not np.may_share_memory(result.array, self.array):
            raise RuntimeError(
                f"view() can't give shape {result.shape} to the memory of a tensor of shape {self.shape} and "
                f"strides {self.array.strides}: use reshape(), which copies where it must"
            )
        return result

    def flatten(self, start_dim: Int = 0, end_dim: Int = -1) -> Tensor:
        """Return this tensor with the axes from ``start_dim`` to ``end_dim`` merged into one."""
        start, end = _axis(self, start_dim), _axis(self, end_dim)
        if not self.ndim:
            return self.reshape(1)
        if start > end:
            raise RuntimeError(f"flatten() expected start_dim before end_dim, got {start_dim} and {end_dim}")
        shape = self.array.shape
        merged = math.prod(shape[start : end + 1])
        return self.reshape(*shape[:start], merged, *shape[end + 1 :])

    def permute(self, *axes: Any, dims: Any = None) -> Tensor:
        """Return this tensor with its axes in another order."""
        axes = _shape(axes or (dims,))
        if sorted(a % max(self.ndim, 1) for a in axes) != list(range(self.ndim)):
            raise RuntimeError(f"permute() expected each of the {self.ndim} axes once, got {axes}")
        return apply(ops.Permute(tuple(a % self.ndim for a in axes)), self)

    def transpose(self, dim0: Int, dim1: Int) -> Tensor:
        """Return this tensor with two axes exchanged."""
        axes = list(range(self.ndim))
        i, j = _axis(self, dim0), _axis(self, dim1)
        if axes:  # a tensor without axes counts as one of length 1
            axes[i], axes[j] = axes[j], axes[i]
        return apply(ops.Permute(tuple(axes)), self)

    def t(self) -> Tensor:
        """Return the transpose of a matrix; a vector stays as it is."""
        if self.ndim > 2:
            raise RuntimeError(f"t() needs at most 2 axes, got shape {self.shape}: use transpose(dim0, dim1)")
        return self if self.ndim < 2 else self.transpose(0, 1)

    @property
    def T(self) -> Tensor:
        """The tensor with its axes in reverse order."""
        return apply(ops.Permute(tuple(reversed(range(self.ndim)))), self)

    @property
    def mT(self) -> Tensor:
        """The tensor with its last two axes exchanged."""
        return self.transpose(-2, -1)

    def unsqueeze(self, dim: Int) -> Tensor:
        """Return this tensor with a new axis of length 1 at ``dim``."""
        return self.reshape(np.expand_dims(self.array, dim).shape)

    def squeeze(self, dim: Any = None) -> Tensor:
        """Return this tensor without its axes of length 1, or without ``dim`` if it has that length."""
        axes = range(self.ndim) if dim is None else [_axis(self, d) for d in np.atleast_1d(dim)]
        shape = [n for i, n in enumerate(self.array.shape) if n != 1 or i not in axes]
        return self.reshape(tuple(shape))

    def expand(self, *shape: Any) -> Tensor:
        """Return this tensor repeated along axes of length 1 and new ones; −1 leaves an axis as it is."""
        lengths = _shape(shape)
        lead = len(lengths) - self.ndim
        if -1 in lengths[: max(lead, 0)]:
            raise RuntimeError(f"expand() can't leave new axes as they are, got {lengths} for shape {self.shape}")
        full = tuple(self.array.shape[i - lead] if n == -1 else n for i, n in enumerate(lengths))
        return apply(ops.Expand(full), self)

    def gather(self, dim: Int, index: Tensor) -> Tensor:
        """Return the elements at the positions ``index`` along ``dim``."""
        axis = _axis(self, dim)
        return _along(ops.Gather(axis), self, as_tensor(index))

    def split(self, split_size: Any, dim: Int = 0) -> tuple[Tensor, ...]:
        """Return pieces of ``split_size`` along ``dim``, the last of which may be shorter; or of several sizes."""
        axis = _axis(self, dim)
        before, length = (slice(None),) * axis, self.array.shape[axis]
        if isinstance(split_size, Int):
            if split_size < 0 or (split_size == 0 and length):
                raise RuntimeError(f"split() expected a split_size above 0, got {split_size}")
            sizes = [split_size] * max(-(-length // max(split_size, 1)), 1)
        else:
            sizes = list(split_size)
            if sum(sizes) != length or min(sizes, default=0) < 0:
                raise RuntimeError(f"split() expected sizes from 0 that add up to {length}, got {sizes}")
        ends = accumulate(sizes)
        return tuple(self[(*before, slice(end - n, end))] for n, end in zip(sizes, ends, strict=True))

    def __getitem__(self, index: Any) -> Tensor:
        template, positions = _template(index)
        return apply(ops.Index(template), self, *positions)

    def __setitem__(self, index: Any, value: Any) -> None:
        _check_fits(value, self.array.dtype)
        value = self._converted(value)
        if autograd.mode.tape is not None and autograd.mode.tape.can_assign(self):
            position = _index(index)
            if autograd.mode.tape is not None:
                result = apply(ops.SetIndex(position), self._former(), value.to(self.dtype))
                if autograd.mode.tape.assign(self, result):
                    return
        if self._tracked(value):
            self._become(apply(ops.SetIndex(_index(index)), self, value.to(self.dtype)))
        else:
            self._release()
            self.array[_index(index)] = value.array
            self._touch()

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
        taped = autograd.mode.tape is not None  # then the change makes new memory, and leaves this as it is
        former = Tensor(self.array if taped else self.array.copy())
        former._op, former._requires_grad = self._op, self._requires_grad
        if taped:
            autograd.mode.tape.former(former, self)
        return former

    def _become(self, result: Tensor) -> Self:
        """Take the values and the history of ``result``, in place."""
        if result.array.shape != self.array.shape:
            raise RuntimeError(
                f"an in-place operation on shape {self.shape} can't give the broadcast shape {result.shape}"
            )
        self._check_can_hold(result.dtype)
        if not self.array.flags.writeable:
            raise RuntimeError("an expanded or read-only tensor can't be changed in place: change a clone()")
        base = self if self._base is None else self._base
        self._release()
        before = base._former() if base is not self else None
        self.array[...] = result.array
        self._touch()
        if autograd.mode.recording:
            self._op, self._requires_grad = result._op, result._requires_grad
            base._rewrites += 1
            if before is not None:
                self._rewrites = base._rewrites
                base._follow(self, before)
        return self

    def _become_on_tape(self, result: Tensor) -> Self:
        """Do what :meth:`_become` does in a step that is being captured."""
        if result.array.shape != self.array.shape or autograd.mode.tape is None:
            return self._become(result)
        self._check_can_hold(result.dtype)
        return self if autograd.mode.tape.assign(self, result) else self._become(result)

    def _follow(self, view: Tensor, before: Tensor) -> None:
        """Take the history of a view that was changed in place into that of its base."""
        if not self.is_contiguous():
            raise RuntimeError(
                "a view of a tensor that is not contiguous is changed in place: use contiguous() first"
            )
        offset = view.array.ctypes.data - self.array.ctypes.data
        result = apply(ops.SetView(view.array.shape, view.array.strides, offset), before, view)
        self._op, self._requires_grad = result._op, result._requires_grad

    def _check_can_hold(self, dtype: DType) -> None:
        if dtypes._RANK[dtype.kind] > dtypes._RANK[self.dtype.kind]:
            raise RuntimeError(f"result type {dtype} can't be cast to the dtype {self.dtype} of the tensor")

    def _converted(self, value: Any) -> Tensor:
        """Return a tensor; of this dtype if ``value`` is a number of Python, which has none of its own."""
        if isinstance(value, Float) and self.array.dtype.kind == "f":
            return Tensor(np.asarray(value, dtype=self.array.dtype))
        if isinstance(value, Float) and not np.isfinite(value) and self.array.dtype.kind in "iu":
            raise RuntimeError(f"a tensor of {self.dtype} can't hold {value}")
        return as_tensor(value)

    def _update(self, op: Operation, other: Any) -> Self:
        other = self._converted(other)
        if autograd.mode.tape is not None and autograd.mode.tape.can_assign(self):
            return self._become_on_tape(binary(op, self._former(), other))
        if self._tracked(other):
            other = other._former() if other._owner() is self._owner() else other
            return self._become(binary(op, self._former(), other))
        self._check_can_hold(dtypes.result_type(self.array, other.array))
        if np.broadcast_shapes(self.array.shape, other.array.shape) != self.array.shape:
            raise RuntimeError(f"an operand of shape {other.shape} can't change shape {self.shape} in place")
        self._release()
        with np.errstate(all="ignore"):
            self.array[...] = op.forward(self.array, other.array)
        self._touch()
        return self

    def add_(self, other: Any, *, alpha: Any = 1) -> Self:
        """Add alpha · other, in place."""
        return self._update(ops.Add(), other if alpha == 1 else self._converted(other) * alpha)

    def sub_(self, other: Any, *, alpha: Any = 1) -> Self:
        """Subtract alpha · other, in place."""
        if dtypes.bool_ in (self.dtype, self._converted(other).dtype):
            raise RuntimeError("sub_() can't subtract booleans")
        return self._update(ops.Sub(), other if alpha == 1 else self._converted(other) * alpha)

    def mul_(self, other: Any) -> Self:
        """Multiply, in place."""
        return self._update(ops.Mul(), other)

    def div_(self, other: Any) -> Self:
        """Divide, in place."""
        if self.dtype.kind != "f":
            raise RuntimeError(f"div_() gives floating-point numbers, which a tensor of {self.dtype} can't hold")
        return self._update(ops.Div(), other)

    __iadd__, __isub__, __imul__, __itruediv__ = add_, sub_, mul_, div_

    def copy_(self, source: Any) -> Self:
        """Copy the values of ``source``, in place."""
        self[...] = source
        return self

    def fill_(self, value: Any) -> Self:
        """Set every element to ``value``, in place."""
        self[...] = value
        return self

    def zero_(self) -> Self:
        """Set every element to 0, in place."""
        return self.fill_(0)

    def clamp_(self, min: Any = None, max: Any = None) -> Self:
        """Move each element into the interval [min, max], in place."""
        result = self._former().clip(min, max)
        self._check_can_hold(result.dtype)
        return self.copy_(result)

    def _fill(self, values: Callable[[tuple[Int, ...]], Array]) -> Self:
        """Draw every element, in the order in which they lie in memory, as PyTorch does."""
        self._check_own_places()
        return self.copy_(draw(partial(ops.in_memory_order, self.array, values)))

    def _check_own_places(self) -> None:
        """Raise where elements share their place in memory."""
        if self.array.size and any(
            n > 1 and not stride for n, stride in zip(self.array.shape, self.array.strides, strict=True)
        ):
            raise RuntimeError(
                f"several elements of a tensor of shape {tuple(self.shape)} have one place in memory, as after "
                "expand(), and can't be changed in place: use clone()"
            )

    def uniform_(self, a: Any = 0.0, b: Any = 1.0, *, generator: Generator | None = None) -> Self:
        """Draw every element from the uniform distribution over [a, b), in place."""
        source = generator or default_generator
        return self._fill(lambda shape: source.uniform(shape, a, b, self.dtype))

    def normal_(self, mean: Any = 0.0, std: Any = 1.0, *, generator: Generator | None = None) -> Self:
        """Draw every element from the normal distribution, in place."""
        source, in_blocks = generator or default_generator, self.array.flags.c_contiguous
        return self._fill(lambda shape: source.normal(shape, mean, std, self.dtype, in_blocks))

    def bernoulli_(self, p: Any = 0.5, *, generator: Generator | None = None) -> Self:
        """Set every element to 1 with probability ``p``, one number or a tensor, else to 0, in place."""
        source = generator or default_generator
        if isinstance(p, Tensor):
            if p.dtype.kind != "f":
                raise NotImplementedError(f"bernoulli_() expected a floating-point tensor p, got {p.dtype}")
            self._check_own_places()
            below = partial(ops.drawn_below, source, self.array)
            return self.copy_(apply(ops.NoGradient(below), p.expand(self.shape)))
        return self._fill(lambda shape: source.bernoulli(shape, p))

    def exponential_(self, lambd: Any = 1.0, *, generator: Generator | None = None) -> Self:
        """Draw every element from the exponential distribution with mean 1 / ``lambd``, in place."""
        source = generator or default_generator
        return self._fill(lambda shape: source.exponential(shape, lambd, self.dtype))

    def random_(self, from_: Any = None, to: Any = None, *, generator: Generator | None = None) -> Self:
        """Draw integers from ``from_`` up to, not including, ``to``, in place.

        With one number, from 0 up to that; with none, from 0 to the largest of the dtype.
        """
        source = generator or default_generator
        if from_ is None:
            return self._fill(lambda shape: source.whole(shape, self.dtype))
        low, high = (0, from_) if to is None else (from_, to)
        return self._fill(lambda shape: source.integers(low, high, shape, self.dtype))


class Size(tuple[int, ...]):
    """A shape."""

    def numel(self) -> int:
        """Return the number of elements."""
        return int(np.prod(self))

    def __repr__(self) -> str:
        return f"chainrule.Size({list(self)})"


class ValuesAndIndices(NamedTuple):
    """What ``max`` and ``min`` along an axis return."""

    values: Tensor
    indices: Tensor


# ---- from anything to tensors ------------------------------------------------------------------------------


def _to_array(data: Any, floats: DType | None = None) -> Array:
    """Convert to an array of a dtype that tensors can have, without a copy where possible.

    Python's floats become ``floats``, or the default dtype.
    """
    if isinstance(data, Tensor):
        return data.array
    if hasattr(data, "__array__"):
        array = np.asarray(data)
    else:
        array = np.asarray(_unwrapped(data))
        if array.dtype == np.float64 or (not array.size and array.dtype == object):  # Python's floats
            array = array.astype(floats or dtypes.get_default_dtype())
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype not in dtypes.SUPPORTED:
        names = ", ".join(str(d) for d in dtypes.SUPPORTED)
        raise TypeError(f"a tensor can hold {names}, got {type(data).__name__} of {array.dtype}")
    return array


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
                _check_holds(target, bound.item())
        result = Tensor(array)
        if autograd.mode.tape is not None:
            autograd.mode.tape.made_of_data(result, data)
    return result if target is None else result.to(target)


def draw(function: Callable[[], Array]) -> Tensor:
    """Return what a generator gives as a tensor; a captured step draws anew at every replay.

    Examples
    --------
    >>> draw(lambda: np.zeros(2))
    tensor([0., 0.], dtype=float64)
    """

    def drawn() -> Array:
        try:
            return function()
        except ValueError as error:
            raise RuntimeError(str(error)) from None  # as PyTorch

    return apply(ops.NoGradient(drawn))


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

    template = tuple(place(part) for part in index) if isinstance(index, tuple) else place(index)
    return template, positions


def _index(index: Any) -> Any:
    """Replace the tensors in an index by arrays."""
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
    return np.asarray(index) if isinstance(index, list) else index


def _refuse_unbiased(name: str, dim: Any) -> None:
    if isinstance(dim, bool):
        raise TypeError(f"{name}({dim}): PyTorch's argument unbiased is not covered, use correction={int(dim)}")


def _given(*values: Any) -> list[Any]:
    return [v for v in values if v is not None]


def _axis(tensor: Tensor, dim: int) -> int:
    """Return ``dim`` counted from the front."""
    n = max(tensor.ndim, 1)
    if not -n <= dim < n:
        raise IndexError(f"dim expected to be in [{-n}, {n - 1}] for shape {tensor.shape}, got {dim}")
    return dim % n


def _axis_or_all(tensor: Tensor, dim: int | None) -> int | None:
    """Return ``dim`` counted from the front, or None for all axes."""
    axis = None if dim is None else _axis(tensor, dim)
    return axis if tensor.ndim else None


def _axes(tensor: Tensor, dim: Any) -> Any:
    """Return ``dim`` as what NumPy calls axis: None for all axes, else a tuple."""
    if dim is None or (isinstance(dim, tuple | list) and not dim):
        return None
    axes = tuple(_axis(tensor, d) for d in dim) if isinstance(dim, tuple | list) else _axis(tensor, dim)
    return axes if tensor.ndim else None


def _not_empty(name: str, tensor: Tensor, dim: Any) -> Any:
    """Return ``dim`` as what NumPy calls axis, if there are elements along it."""
    axis = _axes(tensor, dim)
    shape = tensor.array.shape
    if 0 in (shape if axis is None else [shape[i] for i in np.atleast_1d(axis)]):
        raise IndexError(f"{name}() needs elements along the axes that it reduces, got shape {tensor.shape}")
    return axis


def _shape(arguments: tuple[Any, ...]) -> tuple[int, ...]:
    """Return the shape given as one sequence or as several integers."""
    if not arguments:
        raise TypeError("expected a shape, as one sequence or as several integers, got nothing: () has no axes")
    if len(arguments) == 1 and isinstance(arguments[0], Sequence):
        arguments = tuple(arguments[0])
    return tuple(_whole("a length or an axis", n) for n in arguments)


def _whole(name: str, n: Any) -> int:
    """Return an integer of any kind as Python's."""
    if not isinstance(n, bool):
        with contextlib.suppress(TypeError):
            return operator.index(n)
    raise TypeError(f"{name} must be an integer, got {n!r}")


# ---- functions of two tensors ------------------------------------------------------------------------------


def _operands(a: Any, b: Any, floating: bool = False) -> tuple[Tensor, Tensor]:
    """Return both operands as tensors of the dtype that the operation computes in."""
    if isinstance(a, Tensor) and isinstance(b, Tensor) and a.dtype == b.dtype:
        dtype = a.dtype
    else:
        a = a if isinstance(a, Tensor | bool | int | float) else as_tensor(a)
        b = b if isinstance(b, Tensor | bool | int | float) else as_tensor(b)
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


def _check_fits(value: Any, dtype: DType) -> None:
    """Raise where a whole number of Python would wrap around, other than a negative one to a positive one."""
    if dtype.kind not in "iu" or not isinstance(value, Int):
        return
    info = np.iinfo(dtype)
    if not (-info.max if info.min == 0 else info.min) <= value <= info.max:
        raise RuntimeError(f"a tensor of {dtype} can't hold {value}")


def _check_holds(kind: DType, value: float) -> None:
    """Raise where a number would overflow."""
    _check_fits(value, kind)
    outside = False
    if kind.kind in "iu":
        outside = not (math.isfinite(value) and np.iinfo(kind).min <= int(value) <= np.iinfo(kind).max)
        outside &= isinstance(value, float)
    elif kind.kind == "f":
        outside = math.isfinite(value) and abs(value) > np.finfo(kind).max
    if outside:
        raise RuntimeError(f"a tensor of {kind} can't hold {value}")


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
    _check_fits(b, x.dtype)
    negative = b < 0 if isinstance(b, int | np.integer) else (y.array < 0).any()  # before uint8 wraps
    if x.dtype == dtypes.bool_ or (x.dtype.kind != "f" and negative):
        raise RuntimeError(f"{x.dtype} can't be raised to this power: use float() first")
    return apply(ops.Pow(), x, y)


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
        y = where(x > high if low is None else (x > high) | (high < low), high, y)
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
    a, b = as_tensor(input), as_tensor(other)
    if not a.ndim or not b.ndim or a.array.shape[-1] != b.array.shape[-2 if b.ndim > 1 else 0]:
        raise RuntimeError(f"matmul can't multiply shapes {a.shape} and {b.shape}: the inner lengths differ")
    if a.dtype != b.dtype:
        raise RuntimeError(f"matmul expected operands of one dtype, got {a.dtype} and {b.dtype}")
    return apply(ops.MatMul(), a, b)


def where(condition: Any, input: Any, other: Any) -> Tensor:
    """Return ``input`` where the condition holds, else ``other``; all three broadcast.

    Parameters
    ----------
    condition : Tensor of bool
        Or of uint8.
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
    >>> where(Tensor([True, False]), Tensor([1.0, 2.0]), 0.0)
    tensor([1., 0.])
    """
    condition = as_tensor(condition)
    if condition.dtype == dtypes.uint8:
        condition = condition.bool()
    if condition.dtype != dtypes.bool_:
        raise RuntimeError(f"where() expected a condition of dtype bool, got {condition.dtype}")
    a, b = _operands(input, other)
    for value in (input, other):
        _check_fits(value, a.dtype)
    return apply(ops.Where(), condition, a, b)
