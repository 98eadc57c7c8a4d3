"""Initial values of parameters: PyTorch's functions, drawing PyTorch's numbers."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from chainrule.autograd import no_grad
from chainrule.random import Generator
from chainrule.tensor import Tensor


def calculate_gain(nonlinearity: str, param: Any = None) -> float:
    """Return by how much an activation function shrinks its input: the gain that makes up for it.

    Parameters
    ----------
    nonlinearity : str
        "linear", "sigmoid" (1), "tanh" (5/3), "relu" (√2), "leaky_relu" (√(2 / (1 + slope²))), "selu" (3/4).
    param : float, optional
        The slope of "leaky_relu", default 0.01.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the activation function is unknown, or the slope is not a number.

    Examples
    --------
    >>> calculate_gain("leaky_relu", math.sqrt(5))
    0.5773502691896257
    """
    if nonlinearity in _GAINS:
        return _GAINS[nonlinearity]
    if nonlinearity != "leaky_relu":
        known = ", ".join([*_GAINS, "leaky_relu"])
        raise ValueError(f"calculate_gain expected one of {known}, got {nonlinearity!r}")
    slope = 0.01 if param is None else param
    if isinstance(slope, bool) or not isinstance(slope, int | float):
        raise ValueError(f"calculate_gain expected a number as the slope of leaky_relu, got {slope!r}")
    return math.sqrt(2.0 / (1 + slope**2))


_CONVOLUTIONS = ("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
_GAINS = {
    **dict.fromkeys(("linear", *_CONVOLUTIONS, "sigmoid"), 1.0),
    "tanh": 5.0 / 3,
    "relu": math.sqrt(2.0),
    "selu": 3.0 / 4,
}


def _fans(tensor: Tensor) -> tuple[int, int]:
    """Return how many inputs an output sees, and how many outputs an input."""
    if tensor.ndim < 2:
        raise ValueError(f"fan in and fan out need a tensor of at least 2 axes, got shape {tuple(tensor.shape)}")
    receptive = math.prod(tensor.shape[2:])
    return tensor.shape[1] * receptive, tensor.shape[0] * receptive


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with draws from the uniform distribution over [a, b).

    Parameters
    ----------
    tensor : Tensor
    a, b : float
    generator : Generator, optional
        Default: the one that ``manual_seed`` seeds.

    Returns
    -------
    Tensor
        The same one.

    Examples
    --------
    >>> _ = uniform_(Tensor(np.empty(3)), -1, 1)
    """
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with draws from the normal distribution.

    Parameters
    ----------
    tensor : Tensor
    mean, std : float
    generator : Generator, optional

    Returns
    -------
    Tensor
        The same one.

    Examples
    --------
    >>> _ = normal_(Tensor(np.empty(3)), std=0.01)
    """
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one value.

    Examples
    --------
    >>> constant_(Tensor([1.0, 2.0]), 0.5)
    tensor([0.5000, 0.5000])
    """
    with no_grad():
        return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones.

    Examples
    --------
    >>> ones_(Tensor([0.0, 2.0]))
    tensor([1., 1.])
    """
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros.

    Examples
    --------
    >>> zeros_(Tensor([1.0, 2.0]))
    tensor([0., 0.])
    """
    return constant_(tensor, 0.0)


def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with ones on the diagonal and zeros elsewhere.

    Examples
    --------
    >>> eye_(Tensor([[0.0, 2.0], [3.0, 0.0]]))
    tensor([[1., 0.],
            [0., 1.]])
    """
    if tensor.ndim != 2:
        raise ValueError(f"eye_ expected a tensor of 2 axes, got shape {tuple(tensor.shape)}")
    with no_grad():
        return tensor.copy_(np.eye(*tensor.shape, dtype=tensor.dtype))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with draws from the uniform distribution of variance gain² · 2 / (fan_in + fan_out).

    Parameters
    ----------
    tensor : Tensor
        Shape (out, in, ...).
    gain : float
    generator : Generator, optional

    Returns
    -------
    Tensor
        The same one.

    References
    ----------
    Glorot, X. and Bengio, Y. (2010), Understanding the difficulty of training deep feedforward neural networks.

    Examples
    --------
    >>> _ = xavier_uniform_(Tensor(np.empty((2, 3))))
    """
    bound = math.sqrt(3.0) * _xavier_std(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with draws from the normal distribution of variance gain² · 2 / (fan_in + fan_out).

    Parameters
    ----------
    tensor : Tensor
        Shape (out, in, ...).
    gain : float
    generator : Generator, optional

    Returns
    -------
    Tensor
        The same one.

    References
    ----------
    Glorot, X. and Bengio, Y. (2010), Understanding the difficulty of training deep feedforward neural networks.

    Examples
    --------
    >>> _ = xavier_normal_(Tensor(np.empty((2, 3))))
    """
    return normal_(tensor, 0.0, _xavier_std(tensor, gain), generator)


def _xavier_std(tensor: Tensor, gain: float) -> float:
    return gain * math.sqrt(2.0 / float(sum(_fans(tensor))))


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill with draws from the uniform distribution of variance gain² / fan.

    Parameters
    ----------
    tensor : Tensor
        Shape (out, in, ...).
    a : float
        The slope of "leaky_relu".
    mode : str
        "fan_in" keeps the variance in the forward pass, "fan_out" in the backward pass.
    nonlinearity : str
        Of which ``calculate_gain`` gives the gain.
    generator : Generator, optional

    Returns
    -------
    Tensor
        The same one.

    References
    ----------
    He, K. et al. (2015), Delving deep into rectifiers.

    Examples
    --------
    >>> _ = kaiming_uniform_(Tensor(np.empty((2, 3))), nonlinearity="relu")
    """
    if not tensor.numel():
        return _warn_empty(tensor)
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill with draws from the normal distribution of variance gain² / fan.

    Parameters
    ----------
    tensor : Tensor
        Shape (out, in, ...).
    a : float
        The slope of "leaky_relu".
    mode : str
        "fan_in" keeps the variance in the forward pass, "fan_out" in the backward pass.
    nonlinearity : str
        Of which ``calculate_gain`` gives the gain.
    generator : Generator, optional

    Returns
    -------
    Tensor
        The same one.

    References
    ----------
    He, K. et al. (2015), Delving deep into rectifiers.

    Examples
    --------
    >>> _ = kaiming_normal_(Tensor(np.empty((2, 3))), nonlinearity="relu")
    """
    if not tensor.numel():
        return _warn_empty(tensor)
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode.lower() not in ("fan_in", "fan_out"):
        raise ValueError(f"mode expected to be 'fan_in' or 'fan_out', got {mode!r}")
    fan = _fans(tensor)[mode.lower() == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def _warn_empty(tensor: Tensor) -> Tensor:
    warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
    return tensor


def lecun_uniform_(tensor: Tensor, generator: Generator | None = None) -> Tensor:
    """Fill with draws from the uniform distribution of variance 1 / fan_in. PyTorch has no such function.

    Parameters
    ----------
    tensor : Tensor
        Shape (out, in, ...).
    generator : Generator, optional

    Returns
    -------
    Tensor
        The same one.

    References
    ----------
    LeCun, Y. et al. (1998), Efficient BackProp.

    Examples
    --------
    >>> _ = lecun_uniform_(Tensor(np.empty((2, 3))))
    """
    return kaiming_uniform_(tensor, nonlinearity="linear", generator=generator)


def lecun_normal_(tensor: Tensor, generator: Generator | None = None) -> Tensor:
    """Fill with draws from the normal distribution of variance 1 / fan_in. PyTorch has no such function.

    Parameters
    ----------
    tensor : Tensor
        Shape (out, in, ...).
    generator : Generator, optional

    Returns
    -------
    Tensor
        The same one.

    References
    ----------
    LeCun, Y. et al. (1998), Efficient BackProp.

    Examples
    --------
    >>> _ = lecun_normal_(Tensor(np.empty((2, 3))))
    """
    return kaiming_normal_(tensor, nonlinearity="linear", generator=generator)
