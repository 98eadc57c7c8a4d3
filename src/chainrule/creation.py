"""Functions that make tensors, with PyTorch's names and arguments."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any, TypeVar, cast

import numpy as np

from chainrule import arguments, dtypes, ops
from chainrule._fma import fma
from chainrule.autograd import no_grad, replayed
from chainrule.device import device as Device
from chainrule.keywords import name_all
from chainrule.ops import Array
from chainrule.random import Generator, default_generator, source_of
from chainrule.tensor import Tensor, apply, as_tensor, draw, tensor_given

Maker = TypeVar("Maker", bound=Callable[..., Tensor])


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor from a copy of ``data``.

    Parameters
    ----------
    data : array_like
        Numbers, nested lists, arrays, tensors, and anything with ``__array__``. Python's floats become the
        default dtype and its integers int64; arrays keep theirs.
    dtype : dtype, optional
    device : optional
        Must be the CPU.
    requires_grad : bool

    Returns
    -------
    Tensor

    Raises
    ------
    TypeError
        If tensors can't hold such elements.
    ValueError
        If nested lists don't have one shape.

    Examples
    --------
    >>> tensor([[1.0, 2.0], [3.0, 4.0]])
    tensor([[1., 2.],
            [3., 4.]])
    """
    source = as_tensor(data, dtype, device)
    kind = source.dtype
    result = apply(ops.NoGradient(lambda x: np.array(x, dtype=kind)), source)
    return result.requires_grad_() if requires_grad else result


def from_numpy(ndarray: Array) -> Tensor:
    """Wrap an array as a tensor that shares its memory.

    Examples
    --------
    >>> from_numpy(np.array([1, 2]))
    tensor([1, 2])
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"from_numpy expected an ndarray, got {type(ndarray).__name__}: use as_tensor")
    return as_tensor(ndarray)


def _sized(function: Maker) -> Maker:
    """Decorate a function of sizes, so that it takes them as ``size=`` as well."""

    @wraps(function)
    def call(*size: Any, **options: Any) -> Tensor:
        if "size" in options and size:
            raise TypeError(f"{function.__name__} expected sizes once, got {size} and size={options['size']}")
        if "size" in options and not isinstance(options["size"], Sequence):
            raise TypeError(
                f"{function.__name__} expected a sequence of integers for size, got {options['size']!r}"
            )
        return function(*((options.pop("size"),) if "size" in options else size), **options)

    return cast(Maker, call)


def _filled(size: tuple[Any, ...], value: Any, dtype: Any, device: Any, requires_grad: bool) -> Tensor:
    kind = _floating(dtype)
    return _made(lambda: np.full(arguments.shape(size), np.asarray(value), dtype=kind), device, requires_grad)


def _filled_like(input: Any, value: Any, dtype: Any, device: Any, requires_grad: bool) -> Tensor:
    """Fill in the order in which the elements of ``input`` lie in memory, which later draws go by."""
    x = tensor_given("what makes a tensor like another", input)
    kind = x.dtype if dtype is None else dtypes.as_dtype(dtype)

    def made() -> Array:
        return ops.in_memory_order(x.array, lambda shape: np.full(shape, value, dtype=kind))

    return _made(made, device, requires_grad)


def _floating(dtype: Any) -> Any:
    """Return a dtype, or the default one."""
    return dtypes.get_default_dtype() if dtype is None else dtypes.as_dtype(dtype)


def _made(make: Callable[[], Array], device: Any, requires_grad: bool) -> Tensor:
    """Return what ``make`` makes; a captured step makes it anew at every replay."""
    if device is not None:
        Device(device)
    result = draw(make)
    return result.requires_grad_() if requires_grad else result


@_sized
def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of zeros.

    Examples
    --------
    >>> zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return _filled(size, 0, dtype, device, requires_grad)


@_sized
def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of ones.

    Examples
    --------
    >>> ones(2)
    tensor([1., 1.])
    """
    return _filled(size, 1, dtype, device, requires_grad)


@_sized
def empty(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor to be filled; here, of zeros.

    Examples
    --------
    >>> empty(2, 3).shape
    chainrule.Size([2, 3])
    """
    return _filled(size, 0, dtype, device, requires_grad)


def full(
    size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Make a tensor of one value, of the dtype of the value.

    Examples
    --------
    >>> full((2,), 7)
    tensor([7, 7])
    """
    if not isinstance(size, tuple | list):
        raise TypeError(f"full expected a sequence of integers for size, got {size!r}")
    value = _number("full", fill_value)
    kind = as_tensor(value).dtype if dtype is None else dtypes.as_dtype(dtype)
    arguments.holds(kind, value)
    return _filled((size,), value, kind, device, requires_grad)


def _number(name: str, value: Any) -> Any:
    """Return a number of Python's, of NumPy's or in a tensor without axes as Python's."""
    if isinstance(value, Tensor | np.generic) and value.ndim == 0:
        value = value.item()
    if not isinstance(value, int | float):
        raise TypeError(f"{name} expected a number, got {value!r}")
    return value


def zeros_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of zeros, of the shape and dtype of another.

    Examples
    --------
    >>> zeros_like(tensor([1, 2]))
    tensor([0, 0])
    """
    return _filled_like(input, 0, dtype, device, requires_grad)


def ones_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of ones, of the shape and dtype of another.

    Examples
    --------
    >>> ones_like(tensor([5, 6]))
    tensor([1, 1])
    """
    return _filled_like(input, 1, dtype, device, requires_grad)


def empty_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor to be filled, of the shape and dtype of another.

    Examples
    --------
    >>> empty_like(tensor([5, 6])).shape
    chainrule.Size([2])
    """
    return zeros_like(input, dtype=dtype, device=device, requires_grad=requires_grad)


def full_like(
    input: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Make a tensor of one value, of the shape and dtype of another.

    Examples
    --------
    >>> full_like(tensor([1.0, 2.0]), 3)
    tensor([3., 3.])
    """
    x, value = tensor_given("full_like", input), _number("full_like", fill_value)
    kind = dtypes.as_dtype(dtype or x.dtype)
    arguments.holds(kind, value)
    return _filled_like(x, value, kind, device, requires_grad)


def arange(
    start: Any = 0,
    end: Any = ...,
    step: Any = ...,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make the numbers from ``start`` (default 0) up to, not including, ``end``.

    Examples
    --------
    >>> arange(3), arange(0.0, 1.0, 0.5)
    (tensor([0, 1, 2]), tensor([0.0000, 0.5000]))
    """
    if end is ...:
        if step is not ...:
            raise TypeError(f"arange expected start, end and step, got {start} and step={step}: name the end")
        start, end = 0, start
    given = start, end, step = tuple(_number("arange", x) for x in (start, end, 1 if step is ... else step))
    whole = all(isinstance(x, int | np.integer) for x in given)
    kind = dtypes.int64 if dtype is None and whole else _floating(dtype)
    _check_no_bool("arange", kind)
    if not all(map(math.isfinite, given)):
        raise RuntimeError(f"arange expected finite numbers, got {given}")
    if (end - start) * step < 0:
        raise RuntimeError(f"arange expected a step that leads from start to end, got {given}")
    if kind == dtypes.int64:  # PyTorch cuts all three to integers
        start, end, step = map(int, given)
    if step == 0:
        raise RuntimeError(f"arange expected a step other than 0, got {given[2]}")
    if kind.kind in "iu" and kind != dtypes.int64:  # of the shorter ones, all but the length
        count = math.ceil((end - start) / step)
        return _made(lambda: (int(start) + int(step) * np.arange(count)).astype(kind), device, requires_grad)
    # computed in float64 and rounded once, like PyTorch
    count = math.ceil((end - start) / step)
    return _made(lambda: (start + step * np.arange(count)).astype(kind), device, requires_grad)


def linspace(
    start: Any, end: Any, steps: int, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Make ``steps`` numbers at equal distances from ``start`` to ``end``, both included.

    Examples
    --------
    >>> linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    kind, steps = _floating(dtype), arguments.whole("steps", steps)
    if steps < 0:
        raise RuntimeError(f"linspace expected steps from 0 on, got {steps}")
    if steps > 1:
        _check_no_bool("linspace", kind)
    start, end = (_number("linspace", x) for x in (start, end))
    for given in (start, end)[:steps]:
        arguments.holds(kind, given)
    if kind.kind != "f":  # PyTorch cuts both to integers
        start, end = (int(np.asarray(int(x)).astype(kind)) for x in (start, end))
    real = kind.type if kind.kind == "f" else np.float64
    first, last = real(start), real(end)
    width = float((last - first) / real(max(steps - 1, 1)))
    half = max(steps // 2, min(steps, 1))

    def made() -> Array:  # each half from its end, like PyTorch
        rising = fma(np.arange(half).astype(real), width, float(first))
        falling = fma(np.arange(steps - half)[::-1].astype(real), -width, float(last))
        return np.concatenate([rising, falling]).astype(kind)

    return _made(made, device, requires_grad)


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make the powers of ``base`` with ``steps`` exponents at equal distances from ``start`` to ``end``.

    Examples
    --------
    >>> logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    kind = _floating(dtype)
    if arguments.whole("steps", steps) > 1:
        _check_no_bool("logspace", kind)
    exponents = linspace(start, end, steps, dtype=dtypes.float64)
    powers = partial(np.power, float(_number("logspace", base)))
    result = apply(ops.NoGradient(lambda x: powers(x.astype(np.float64)).astype(kind)), exponents)
    return result.to(device=device).requires_grad_(requires_grad)


def _check_no_bool(name: str, kind: np.dtype[Any]) -> None:
    if kind == dtypes.bool_:
        raise NotImplementedError(f"{name} counts in numbers, and can't in booleans: use dtype=int64")


def eye(n: int, m: Any = ..., *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a matrix with ones on the diagonal and zeros elsewhere.

    Examples
    --------
    >>> eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    rows = arguments.whole("n", n)
    columns = rows if m is ... else arguments.whole("m", m)
    return _made(lambda: np.eye(rows, columns, dtype=_floating(dtype)), device, requires_grad)


def stack(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """Join tensors of one shape along a new axis.

    Parameters
    ----------
    tensors : sequence of Tensor
    dim : int
        Where the new axis is put.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If there are none, or their shapes differ.

    Examples
    --------
    >>> stack([tensor([1, 2]), tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    parts, dim = _of_one_dtype("stack", tensors, dim)
    axis = arguments.axis(parts[0].unsqueeze(0), dim)
    shapes = [tuple(t.shape) for t in parts]
    if len(set(shapes)) > 1:
        raise RuntimeError(f"stack expected tensors of one shape, got {shapes}")
    return apply(ops.Stack(axis), *parts)


def cat(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """Join tensors along an axis that they have.

    Parameters
    ----------
    tensors : sequence of Tensor
        Of one shape, but for the length along ``dim``.
    dim : int

    Returns
    -------
    Tensor

    Raises
    ------
    ValueError
        If there are none.
    RuntimeError
        If their shapes don't fit.

    Examples
    --------
    >>> cat([tensor([1, 2]), tensor([3])])
    tensor([1, 2, 3])
    """
    given, dim = _of_one_dtype("cat", tensors, dim)
    shapes = [tuple(t.shape) for t in given]
    full = next((s for s in shapes if s != (0,)), (0,))
    if () in shapes:
        raise RuntimeError(f"cat expected tensors with axes, got {shapes}: use stack()")
    axis = 0 if full == (0,) else arguments.axis(np.empty(full), dim)
    before, after = full[:axis], full[axis + 1 :]
    nothing = (*before, 0, *after)  # which those of shape (0,) stand for
    parts = [t.reshape(nothing) if s == (0,) != nothing else t for t, s in zip(given, shapes, strict=True)]
    if any((t.shape[:axis], t.shape[axis + 1 :]) != (before, after) for t in parts):
        raise RuntimeError(f"cat expected shapes that differ only along dim {dim}, got {shapes}")
    return apply(ops.Cat(axis), *parts)


def _of_one_dtype(name: str, tensors: Sequence[Any], dim: Any) -> tuple[list[Tensor], int]:
    if not isinstance(tensors, tuple | list):
        raise TypeError(f"{name} expected tensors in a tuple or list, got {type(tensors).__name__}")
    parts, dim = [tensor_given(name, t) for t in tensors], arguments.whole("dim", dim)
    if not parts:  # PyTorch's types of errors
        refusal = ValueError if name == "cat" else RuntimeError
        raise refusal(f"{name} expected at least one tensor, got none")
    dtype = dtypes.result_type(*(t.array for t in parts))
    return [t.to(dtype) for t in parts], dim


def manual_seed(seed: int) -> Generator:
    """Seed the generator that everything random draws from: weights, shuffling and dropout.

    Parameters
    ----------
    seed : int
        From here on, the numbers are those of PyTorch after ``torch.manual_seed(seed)``.

    Returns
    -------
    Generator
        The default one.

    Examples
    --------
    >>> _ = manual_seed(42)
    >>> rand(2)
    tensor([0.8823, 0.9150])
    """
    _seed(seed)
    return default_generator


@replayed
def _seed(seed: int) -> None:
    try:
        number = int(seed)
    except (TypeError, ValueError) as error:
        raise type(error)(f"manual_seed expected an integer, got {seed!r}") from None
    default_generator.manual_seed(number)


@_sized
def rand(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw from the uniform distribution over [0, 1).

    Examples
    --------
    >>> _ = manual_seed(0)
    >>> rand(2)
    tensor([0.4963, 0.7682])
    """
    kind, source = _floating(dtype), source_of(generator)
    return _made(lambda: source.uniform(arguments.shape(size), dtype=kind), device, requires_grad)


@_sized
def randn(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw from the standard normal distribution.

    Examples
    --------
    >>> _ = manual_seed(0)
    >>> randn(3)
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    kind, source = _floating(dtype), source_of(generator)
    return _made(lambda: source.normal(arguments.shape(size), dtype=kind), device, requires_grad)


def rand_like(
    input: Any,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw from the uniform distribution over [0, 1), in the shape and dtype of another tensor.

    Examples
    --------
    >>> rand_like(zeros(2, 3)).shape
    chainrule.Size([2, 3])
    """
    with no_grad():
        result = empty_like(input, dtype=dtype, device=device).uniform_(generator=generator)
    return result.requires_grad_(requires_grad)


def randn_like(
    input: Any,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw from the standard normal distribution, in the shape and dtype of another tensor.

    Examples
    --------
    >>> randn_like(zeros(2, 3)).shape
    chainrule.Size([2, 3])
    """
    with no_grad():
        result = empty_like(input, dtype=dtype, device=device).normal_(generator=generator)
    return result.requires_grad_(requires_grad)


def randint(
    low: int = 0,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw integers from ``low`` (default 0) up to, not including, ``high``.

    Examples
    --------
    >>> _ = manual_seed(0)
    >>> randint(10, (4,)), randint(-3, 3, size=(2,))
    (tensor([4, 9, 3, 0]), tensor([-2,  0]))
    """
    if size is None and isinstance(high, Sequence):
        high, size = None, high
    if high is None:
        low, high = 0, low
    if not isinstance(size, Sequence):
        raise TypeError(f"randint expected a tuple of integers for size, got {size!r}")
    low, high = arguments.whole64("low", low), arguments.whole64("high", high)
    kind = dtypes.int64 if dtype is None else dtypes.as_dtype(dtype)
    source = source_of(generator)
    return _made(lambda: source.integers(low, high, arguments.shape((size,)), dtype=kind), device, requires_grad)


def randint_like(
    input: Any,
    low: int = 0,
    high: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw integers as :func:`randint` does, in the shape and dtype of another tensor.

    Examples
    --------
    >>> _ = manual_seed(0)
    >>> randint_like(zeros(4), 10)
    tensor([4., 9., 3., 0.])
    """
    low, high = (0, low) if high is None else (low, high)
    high = arguments.whole64("high", high)
    with no_grad():
        result = empty_like(input, dtype=dtype, device=device).random_(low, high, generator=generator)
    return result.requires_grad_(requires_grad)


def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw a permutation of the integers from 0 to n − 1.

    Examples
    --------
    >>> _ = manual_seed(0)
    >>> randperm(4)
    tensor([0, 1, 3, 2])
    """
    kind, n = dtypes.int64 if dtype is None else dtypes.as_dtype(dtype), arguments.whole("n", n)
    _check_no_bool("randperm", kind)
    if kind.kind in "iu" and n - 1 > np.iinfo(kind).max:
        raise RuntimeError(f"randperm expected a dtype that holds {n - 1}, got {kind}")
    source = source_of(generator)
    return _made(lambda: source.permutation(n).astype(kind, copy=False), device, requires_grad)


__all__ = [
    "arange",
    "cat",
    "empty",
    "empty_like",
    "eye",
    "from_numpy",
    "full",
    "full_like",
    "linspace",
    "logspace",
    "manual_seed",
    "ones",
    "ones_like",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "stack",
    "tensor",
    "zeros",
    "zeros_like",
]

name_all(globals(), __all__)
