"""Functions that make tensors, with PyTorch's names and arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule import dtypes, ops
from chainrule.autograd import replayed
from chainrule.device import device as Device
from chainrule.ops import Array
from chainrule.random import Generator, default_generator
from chainrule.tensor import Tensor, _axis, _shape, apply, as_tensor, draw


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


def _filled(size: tuple[Any, ...], value: Any, dtype: Any, device: Any, requires_grad: bool) -> Tensor:
    if device is not None:
        Device(device)
    kind = dtypes.get_default_dtype() if dtype is None else dtypes.as_dtype(dtype)
    return _made(lambda: np.full(_shape(size), np.asarray(value), dtype=kind), requires_grad)


def _made(make: Callable[[], Array], requires_grad: bool) -> Tensor:
    """Return what ``make`` makes; a captured step makes it anew at every replay."""
    result = draw(make)
    return result.requires_grad_() if requires_grad else result


def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of zeros.

    Examples
    --------
    >>> zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return _filled(size, 0, dtype, device, requires_grad)


def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of ones.

    Examples
    --------
    >>> ones(2)
    tensor([1., 1.])
    """
    return _filled(size, 1, dtype, device, requires_grad)


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
    kind = as_tensor(fill_value).dtype if dtype is None else dtype
    shape = size if isinstance(size, Sequence) else (size,)
    value = fill_value.item() if isinstance(fill_value, Tensor) else fill_value
    return _filled(tuple(shape), value, kind, device, requires_grad)


def zeros_like(input: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of zeros, of the shape and dtype of another.

    Examples
    --------
    >>> zeros_like(tensor([1, 2]))
    tensor([0, 0])
    """
    x = as_tensor(input)
    return _filled(x.shape, 0, dtype or x.dtype, None, requires_grad)


def ones_like(input: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of ones, of the shape and dtype of another.

    Examples
    --------
    >>> ones_like(tensor([5, 6]))
    tensor([1, 1])
    """
    x = as_tensor(input)
    return _filled(x.shape, 1, dtype or x.dtype, None, requires_grad)


def empty_like(input: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor to be filled, of the shape and dtype of another.

    Examples
    --------
    >>> empty_like(tensor([5, 6])).shape
    chainrule.Size([2])
    """
    return zeros_like(input, dtype=dtype, requires_grad=requires_grad)


def full_like(input: Any, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of one value, of the shape and dtype of another.

    Examples
    --------
    >>> full_like(tensor([1.0, 2.0]), 3)
    tensor([3., 3.])
    """
    x = as_tensor(input)
    return _filled(x.shape, fill_value, dtype or x.dtype, None, requires_grad)


def arange(
    start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """Make the numbers from ``start`` (default 0) up to, not including, ``end``.

    Examples
    --------
    >>> arange(3), arange(0.0, 1.0, 0.5)
    (tensor([0, 1, 2]), tensor([0.0000, 0.5000]))
    """
    if end is None:
        start, end = 0, start
    if dtype is None:
        whole = all(isinstance(x, int) for x in (start, end, step))
        dtype = dtypes.int64 if whole else dtypes.get_default_dtype()
    # computed in float64 and rounded once, like PyTorch
    return _made(lambda: np.arange(start, end, step).astype(dtypes.as_dtype(dtype)), requires_grad)


def linspace(start: Any, end: Any, steps: int, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make ``steps`` numbers at equal distances from ``start`` to ``end``, both included.

    Examples
    --------
    >>> linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    kind = dtypes.get_default_dtype() if dtype is None else dtypes.as_dtype(dtype)
    return _made(lambda: np.linspace(start, end, steps).astype(kind), requires_grad)


def eye(n: int, m: int | None = None, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a matrix with ones on the diagonal and zeros elsewhere.

    Examples
    --------
    >>> eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    kind = dtypes.get_default_dtype() if dtype is None else dtypes.as_dtype(dtype)
    return _made(lambda: np.eye(n, m, dtype=kind), requires_grad)


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
    parts = _of_one_dtype("stack", tensors)
    shapes = [tuple(t.shape) for t in parts]
    if len(set(shapes)) > 1:
        raise RuntimeError(f"stack expected tensors of one shape, got {shapes}")
    return apply(ops.Stack(_axis(parts[0].unsqueeze(0), dim)), *parts)


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
    RuntimeError
        If there are none, or their shapes don't fit.

    Examples
    --------
    >>> cat([tensor([1, 2]), tensor([3])])
    tensor([1, 2, 3])
    """
    parts = _of_one_dtype("cat", tensors)
    axis = _axis(parts[0], dim)
    others = {(t.ndim, t.shape[:axis], t.shape[axis + 1 :]) for t in parts}
    if len(others) > 1 or not parts[0].ndim:
        shapes = [tuple(t.shape) for t in parts]
        raise RuntimeError(f"cat expected shapes that differ only along dim {dim}, got {shapes}")
    return apply(ops.Cat(axis), *parts)


def _of_one_dtype(name: str, tensors: Sequence[Any]) -> list[Tensor]:
    parts = [as_tensor(t) for t in tensors]
    if not parts:
        raise RuntimeError(f"{name} expected at least one tensor, got none")
    dtype = dtypes.result_type(*(t.array for t in parts))
    return [t.to(dtype) for t in parts]


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
    default_generator.manual_seed(seed)


def rand(*size: Any, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Draw from the uniform distribution over [0, 1).

    Examples
    --------
    >>> _ = manual_seed(0)
    >>> rand(2)
    tensor([0.4963, 0.7682])
    """
    kind = dtypes.get_default_dtype() if dtype is None else dtypes.as_dtype(dtype)
    source = generator or default_generator
    return _made(lambda: source.uniform(_shape(size), dtype=kind), requires_grad)


def randn(
    *size: Any, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """Draw from the standard normal distribution.

    Examples
    --------
    >>> _ = manual_seed(0)
    >>> randn(3)
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    kind = dtypes.get_default_dtype() if dtype is None else dtypes.as_dtype(dtype)
    source = generator or default_generator
    return _made(lambda: source.normal(_shape(size), dtype=kind), requires_grad)


def rand_like(input: Any, *, generator: Generator | None = None) -> Tensor:
    """Draw from the uniform distribution over [0, 1), in the shape and dtype of another tensor.

    Examples
    --------
    >>> rand_like(zeros(2, 3)).shape
    chainrule.Size([2, 3])
    """
    x = as_tensor(input)
    return rand(x.shape, generator=generator, dtype=x.dtype)


def randn_like(input: Any, *, generator: Generator | None = None) -> Tensor:
    """Draw from the standard normal distribution, in the shape and dtype of another tensor.

    Examples
    --------
    >>> randn_like(zeros(2, 3)).shape
    chainrule.Size([2, 3])
    """
    x = as_tensor(input)
    return randn(x.shape, generator=generator, dtype=x.dtype)


def randint(
    low: int, high: Any = None, size: Any = None, *, generator: Generator | None = None, dtype: Any = None
) -> Tensor:
    """Draw integers from ``low`` (default 0) up to, not including, ``high``.

    Examples
    --------
    >>> _ = manual_seed(0)
    >>> randint(10, (4,))
    tensor([4, 9, 3, 0])
    """
    if size is None:
        low, high, size = 0, low, high
    kind = dtypes.int64 if dtype is None else dtypes.as_dtype(dtype)
    source = generator or default_generator
    return draw(lambda: source.integers(low, high, _shape((size,)), dtype=kind))


def randperm(n: int, *, generator: Generator | None = None) -> Tensor:
    """Draw a permutation of the integers from 0 to n − 1.

    Examples
    --------
    >>> _ = manual_seed(0)
    >>> randperm(4)
    tensor([0, 1, 3, 2])
    """
    source = generator or default_generator
    return draw(lambda: source.permutation(n))


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
    "manual_seed",
    "ones",
    "ones_like",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
    "stack",
    "tensor",
    "zeros",
    "zeros_like",
]
