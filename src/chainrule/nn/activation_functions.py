"""The activation functions, under PyTorch's names."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule import dtypes, ops
from chainrule.autograd import mode
from chainrule.ops import Operation
from chainrule.random import default_generator
from chainrule.tensor import Tensor, apply, as_tensor


def activate(op: Operation, input: Any, inplace: bool, *others: Tensor) -> Tensor:
    """Run ``op``; with ``inplace``, ``input`` itself becomes the result."""
    if not inplace:
        return apply(op, input, *others)
    x = as_tensor(input)
    if mode.tape is not None and mode.tape.can_assign(x):
        return x._become_on_tape(apply(op, x._former(), *others))
    if not x._tracked(*others):
        return x.copy_(apply(op, x, *others))
    return x._become(apply(op, x._former(), *others))


def _refuse_in_place(name: str, slope: float, inplace: bool, x: Tensor) -> None:
    """Raise where a result does not tell which branch it came from, and the input is gone."""
    if inplace and slope < 0 and mode.recording and x._requires_grad:
        raise RuntimeError(f"{name} with the negative slope {slope} has no gradient in place: use inplace=False")


def floating(name: str, input: Any) -> Tensor:
    """Return the input as a tensor, if its elements are floating-point numbers."""
    x = as_tensor(input)
    if x.array.dtype.kind != "f":
        raise NotImplementedError(f"{name} expected floating-point elements, got {x.dtype}: use x.float()")
    return x


def relu(input: Any, inplace: bool = False) -> Tensor:
    """Compute max(x, 0) of each element.

    Parameters
    ----------
    input : Tensor
    inplace : bool
        Whether ``input`` itself is changed.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> relu([-1.0, 2.0])
    tensor([0., 2.])
    """
    x = input if isinstance(input, Tensor) else as_tensor(input)
    if x.array.dtype.kind == "b":
        raise RuntimeError("relu expected numbers, got booleans: use x.float()")
    return activate(ops.ReLU(), x, inplace)


def relu6(input: Any, inplace: bool = False) -> Tensor:
    """Compute min(max(x, 0), 6) of each element.

    Parameters
    ----------
    input : Tensor
    inplace : bool
        Whether ``input`` itself is changed.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> relu6([-1.0, 2.0, 7.0])
    tensor([0., 2., 6.])
    """
    return hardtanh(input, 0.0, 6.0, inplace)


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """Compute min(max(x, min_val), max_val) of each element.

    Parameters
    ----------
    input : Tensor
    min_val, max_val : float
    inplace : bool
        Whether ``input`` itself is changed.

    Returns
    -------
    Tensor

    Raises
    ------
    ValueError
        If min_val > max_val.
    RuntimeError
        If the elements are booleans, or unsigned and min_val is −1 or less.

    Examples
    --------
    >>> hardtanh([-3.0, 0.5])
    tensor([-1.0000,  0.5000])
    """
    if min_val > max_val:
        raise ValueError(f"hardtanh expected min_val <= max_val, got {min_val} and {max_val}")
    x = as_tensor(input)
    if x.array.dtype.kind == "b" or (x.array.dtype.kind == "u" and int(min_val) < 0):
        raise RuntimeError(
            f"hardtanh from {min_val} on can't be computed for elements of {x.dtype}: use x.float()"
        )
    return activate(ops.Hardtanh(min_val, max_val), x, inplace)


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """Compute x where x > threshold, else value.

    Parameters
    ----------
    input : Tensor
    threshold, value : float
    inplace : bool
        Whether ``input`` itself is changed.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> threshold([-1.0, 2.0], 0.5, 20.0)
    tensor([20.,  2.])
    """
    x = as_tensor(input)
    if x.array.dtype.kind == "b":
        raise NotImplementedError("threshold expected numbers, got booleans: use x.float()")
    return activate(ops.Threshold(threshold, value), x, inplace)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Compute x where x > 0, else negative_slope · x.

    Parameters
    ----------
    input : Tensor
    negative_slope : float
    inplace : bool
        Whether ``input`` itself is changed.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If negative_slope is negative, and a gradient of what is changed in place is wanted.

    Examples
    --------
    >>> leaky_relu([-1.0, 2.0], 0.5)
    tensor([-0.5000,  2.0000])
    """
    x = floating("leaky_relu", input)
    _refuse_in_place("leaky_relu", negative_slope, inplace, x)
    return activate(ops.LeakyReLU(negative_slope), x, inplace)


def prelu(input: Any, weight: Any) -> Tensor:
    """Compute x where x > 0, else weight · x.

    Parameters
    ----------
    input : Tensor
        Shape (batch, channels, ...), if there is a weight for each channel.
    weight : Tensor
        Without axes, or shape (1,) or (channels,).

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If the weights are not as many as the channels, or the dtypes differ.

    Examples
    --------
    >>> prelu([[-1.0, -1.0]], [0.5, 0.25])
    tensor([[-0.5000, -0.2500]])
    """
    x, w = as_tensor(input), as_tensor(weight)
    channels = x.array.shape[1] if x.ndim > 1 else 1
    if w.ndim > 1 or w.numel() not in (1, channels):
        raise RuntimeError(
            f"prelu expected 1 weight, or 1 for each of {channels} channels, got shape {tuple(w.shape)}"
        )
    if x.dtype != w.dtype:
        raise RuntimeError(f"prelu expected input and weight of one dtype, got {x.dtype} and {w.dtype}")
    shape = (1, -1, *(1 for _ in x.shape[2:])) if x.ndim > 1 else (-1,) * x.ndim
    return apply(ops.PReLU(), floating("prelu", x), w.reshape(shape))


def rrelu(
    input: Any, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False
) -> Tensor:
    """Compute x where x > 0, else r · x, with r drawn for each element.

    Parameters
    ----------
    input : Tensor
    lower, upper : float
        r is uniform between them.
    training : bool
        If False, r is (lower + upper) / 2.
    inplace : bool
        Whether ``input`` itself is changed.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If lower > upper.

    Examples
    --------
    >>> rrelu([-1.0, 2.0], 0.25, 0.75)
    tensor([-0.5000,  2.0000])
    """
    if lower > upper:
        raise RuntimeError(f"rrelu expected lower <= upper, got {lower} and {upper}")
    x = floating("rrelu", input)
    op = ops.RReLU(lower, upper, default_generator) if training else ops.LeakyReLU((lower + upper) / 2)
    return activate(op, x, inplace)


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Compute x where x > 0, else α (eˣ − 1).

    Parameters
    ----------
    input : Tensor
    alpha : float
    inplace : bool
        Whether ``input`` itself is changed.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If alpha is negative, and a gradient of what is changed in place is wanted.

    Examples
    --------
    >>> elu([-1.0, 2.0])
    tensor([-0.6321,  2.0000])
    """
    x = floating("elu", input)
    _refuse_in_place("elu", alpha, inplace, x)
    return activate(ops.ELU(alpha), x, inplace)


def selu(input: Any, inplace: bool = False) -> Tensor:
    """Compute s x where x > 0, else s α (eˣ − 1), with s = 1.0507 and α = 1.6733.

    Parameters
    ----------
    input : Tensor
    inplace : bool
        Whether ``input`` itself is changed.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> selu([-1.0, 2.0])
    tensor([-1.1113,  2.1014])
    """
    return activate(ops.SELU(), floating("selu", input), inplace)


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Compute x where x > 0, else α (e^(x/α) − 1).

    Parameters
    ----------
    input : Tensor
    alpha : float
        Not 0.
    inplace : bool
        Whether ``input`` itself is changed.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If alpha is 0; or negative, and a gradient of what is changed in place is wanted.

    Examples
    --------
    >>> celu([-1.0, 2.0], alpha=2.0)
    tensor([-0.7869,  2.0000])
    """
    if alpha == 0:
        raise RuntimeError("celu expected an alpha other than 0, by which it divides")
    x = floating("celu", input)
    _refuse_in_place("celu", alpha, inplace, x)
    return activate(ops.CELU(alpha, inplace), x, inplace)


def gelu(input: Any, approximate: str = "none") -> Tensor:
    """Compute x Φ(x), Φ being the distribution function of the normal distribution.

    Parameters
    ----------
    input : Tensor
    approximate : str
        "none", or "tanh" for x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> gelu([-1.0, 2.0])
    tensor([-0.1587,  1.9545])
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"gelu expected approximate to be 'none' or 'tanh', got {approximate!r}")
    return apply(ops.GELU() if approximate == "none" else ops.TanhGELU(), floating("gelu", input))


def silu(input: Any, inplace: bool = False) -> Tensor:
    """Compute x σ(x) of each element.

    Parameters
    ----------
    input : Tensor
    inplace : bool
        Whether ``input`` itself is changed.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> silu([-1.0, 2.0])
    tensor([-0.2689,  1.7616])
    """
    return activate(ops.SiLU(), floating("silu", input), inplace)


def mish(input: Any, inplace: bool = False) -> Tensor:
    """Compute x tanh(ln(1 + eˣ)) of each element.

    Parameters
    ----------
    input : Tensor
    inplace : bool
        Whether ``input`` itself is changed.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> mish([-1.0, 2.0])
    tensor([-0.3034,  1.9440])
    """
    return activate(ops.Mish(), floating("mish", input), inplace)


def sigmoid(input: Any) -> Tensor:
    """Compute 1 / (1 + e⁻ˣ) of each element.

    Examples
    --------
    >>> sigmoid([0.0])
    tensor([0.5000])
    """
    return as_tensor(input).sigmoid()


def logsigmoid(input: Any) -> Tensor:
    """Compute ln σ(x) of each element, without overflow.

    Parameters
    ----------
    input : Tensor

    Returns
    -------
    Tensor

    Examples
    --------
    >>> logsigmoid([-1.0, 2.0])
    tensor([-1.3133, -0.1269])
    """
    return apply(ops.LogSigmoid(), floating("logsigmoid", input))


def hardsigmoid(input: Any, inplace: bool = False) -> Tensor:
    """Compute min(max(x + 3, 0), 6) / 6 of each element.

    Parameters
    ----------
    input : Tensor
    inplace : bool
        Whether ``input`` itself is changed.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> hardsigmoid([-1.0, 4.0])
    tensor([0.3333, 1.0000])
    """
    return activate(ops.Hardsigmoid(), floating("hardsigmoid", input), inplace)


def hardswish(input: Any, inplace: bool = False) -> Tensor:
    """Compute x min(max(x + 3, 0), 6) / 6 of each element.

    Parameters
    ----------
    input : Tensor
    inplace : bool
        Whether ``input`` itself is changed.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> hardswish([-1.0, 4.0])
    tensor([-0.3333,  4.0000])
    """
    return activate(ops.Hardswish(), floating("hardswish", input), inplace)


def tanh(input: Any) -> Tensor:
    """Compute the hyperbolic tangent of each element.

    Examples
    --------
    >>> tanh([0.0])
    tensor([0.])
    """
    return as_tensor(input).tanh()


def tanhshrink(input: Any) -> Tensor:
    """Compute x − tanh x of each element.

    Parameters
    ----------
    input : Tensor

    Returns
    -------
    Tensor

    Examples
    --------
    >>> tanhshrink([-1.0, 2.0])
    tensor([-0.2384,  1.0360])
    """
    x = as_tensor(input)
    if x.array.dtype.kind == "b":
        raise RuntimeError("tanhshrink expected numbers, got booleans: use x.float()")
    return apply(ops.Tanhshrink(), x if x.array.dtype.kind == "f" else x.to(dtypes.get_default_dtype()))


def softsign(input: Any) -> Tensor:
    """Compute x / (1 + |x|) of each element.

    Parameters
    ----------
    input : Tensor

    Returns
    -------
    Tensor

    Examples
    --------
    >>> softsign([-1.0, 3.0])
    tensor([-0.5000,  0.7500])
    """
    x = as_tensor(input)
    if x.array.dtype.kind == "b":
        raise NotImplementedError("softsign expected numbers, got booleans: use x.float()")
    return apply(ops.Softsign(), x if x.array.dtype.kind == "f" else x.to(dtypes.get_default_dtype()))


def softplus(input: Any, beta: float = 1, threshold: float = 20) -> Tensor:
    """Compute ln(1 + e^βx) / β, or x itself where βx > threshold.

    Parameters
    ----------
    input : Tensor
    beta, threshold : float

    Returns
    -------
    Tensor

    Examples
    --------
    >>> softplus([-1.0, 2.0])
    tensor([0.3133, 2.1269])
    """
    return apply(ops.Softplus(beta, threshold), floating("softplus", input))


def hardshrink(input: Any, lambd: float = 0.5) -> Tensor:
    """Compute x, but 0 where |x| ≤ λ.

    Parameters
    ----------
    input : Tensor
    lambd : float
        λ.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> hardshrink([-1.0, 0.25])
    tensor([-1.,  0.])
    """
    return apply(ops.Hardshrink(lambd), floating("hardshrink", input))


def softshrink(input: Any, lambd: float = 0.5) -> Tensor:
    """Move x towards 0 by λ, and to 0 where |x| ≤ λ.

    Parameters
    ----------
    input : Tensor
    lambd : float
        λ, at least 0.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> softshrink([-1.0, 0.25])
    tensor([-0.5000,  0.0000])
    """
    x = floating("softshrink", input)
    if not 0 <= lambd <= np.finfo(x.dtype).max:
        raise RuntimeError(f"softshrink expected lambd from 0 on, finite in {x.dtype}, got {lambd}")
    return apply(ops.Softshrink(lambd), x)


def glu(input: Any, dim: int = -1) -> Tensor:
    """Compute a σ(b), a and b being the halves of the input along one axis.

    Parameters
    ----------
    input : Tensor
        Of an even length along ``dim``.
    dim : int

    Returns
    -------
    Tensor

    Examples
    --------
    >>> glu([2.0, 0.0])
    tensor([1.])
    """
    x = floating("glu", input)
    if not x.ndim:
        raise RuntimeError("glu expected a tensor with an axis to halve, got one without axes")
    if not -x.ndim <= dim < x.ndim:
        raise IndexError(f"dim expected to be in [{-x.ndim}, {x.ndim - 1}] for shape {tuple(x.shape)}, got {dim}")
    if x.array.shape[dim] % 2:
        raise RuntimeError(f"glu expected an even length along axis {dim}, got shape {tuple(x.shape)}")
    return apply(ops.GLU(dim % x.ndim), x)


def _implicit_dim(name: str, x: Tensor, stacklevel: int) -> int:
    """Return the axis that PyTorch takes, with a warning, where none is given."""
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. "
        "Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if x.ndim in (0, 1, 3) else 1


def softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """Compute e^xᵢ / Σⱼ e^xⱼ along one axis.

    Parameters
    ----------
    input : Tensor
    dim : int, optional
        Without it, PyTorch's old rule holds, with its warning: axis 0 for 0, 1 or 3 axes, else 1.
    _stacklevel : int
        Of that warning.
    dtype : dtype, optional
        Cast to it first.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> softmax([0.0, 0.0], dim=0)
    tensor([0.5000, 0.5000])
    """
    x = floating("softmax", as_tensor(input, dtype))
    return x.softmax(_implicit_dim("softmax", x, _stacklevel) if dim is None else dim)


def softmin(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """Compute e^−xᵢ / Σⱼ e^−xⱼ along one axis.

    Parameters
    ----------
    input : Tensor
    dim : int, optional
        Without it, PyTorch's old rule holds, with its warning: axis 0 for 0, 1 or 3 axes, else 1.
    _stacklevel : int
        Of that warning.
    dtype : dtype, optional
        Cast to it first.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> softmin([0.0, 0.0], dim=0)
    tensor([0.5000, 0.5000])
    """
    x = as_tensor(input)
    if x.array.dtype.kind == "b":
        raise RuntimeError("softmin expected numbers, got booleans: use x.float()")
    x = -x
    axis = _implicit_dim("softmin", x, _stacklevel) if dim is None else dim
    return floating("softmin", x if dtype is None else x.to(dtype)).softmax(axis)


def log_softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """Compute xᵢ − ln Σⱼ e^xⱼ along one axis, the logarithm of the softmax.

    Parameters
    ----------
    input : Tensor
    dim : int, optional
        Without it, PyTorch's old rule holds, with its warning: axis 0 for 0, 1 or 3 axes, else 1.
    _stacklevel : int
        Of that warning.
    dtype : dtype, optional
        Cast to it first.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> log_softmax([0.0, 0.0], dim=0)
    tensor([-0.6931, -0.6931])
    """
    x = floating("log_softmax", as_tensor(input, dtype))
    return x.log_softmax(_implicit_dim("log_softmax", x, _stacklevel) if dim is None else dim)


def _in_place(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return an activation function that changes its input."""

    def changed(input: Any, *args: Any, **kwargs: Any) -> Tensor:
        return function(input, *args, **kwargs, inplace=True)

    changed.__name__ = changed.__qualname__ = f"{function.__name__}_"
    changed.__doc__ = f"Do what :func:`{function.__name__}` does, in place."
    return changed


relu_ = _in_place(relu)
leaky_relu_ = _in_place(leaky_relu)
rrelu_ = _in_place(rrelu)
elu_ = _in_place(elu)
selu_ = _in_place(selu)
celu_ = _in_place(celu)
hardtanh_ = _in_place(hardtanh)
threshold_ = _in_place(threshold)
