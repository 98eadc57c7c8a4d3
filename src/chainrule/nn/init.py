"""Initial values of parameters: PyTorch's functions, drawing PyTorch's numbers."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.autograd import no_grad
from chainrule.random import Generator, default_generator
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


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Fill with draws from the normal distribution, none outside [a, b].

    Parameters
    ----------
    tensor : Tensor
    mean, std : float
        Of the distribution before it is cut.
    a, b : float
    generator : Generator, optional

    Returns
    -------
    Tensor
        The same one.

    Notes
    -----
    What falls outside is drawn again. Where more than 70 % would, uniform draws are accepted with a probability in
    proportion to the density instead.

    Examples
    --------
    >>> bool((trunc_normal_(Tensor(np.empty((20, 20))), std=5.0).array ** 2 <= 4).all())
    True
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. "
            "The distribution of values may be incorrect.",
            stacklevel=2,
        )
    share = (math.erf((b - mean) / std / math.sqrt(2)) - math.erf((a - mean) / std / math.sqrt(2))) / 2
    with no_grad():
        return (_cut_normal if share > 0.3 else _accepted_uniform)(tensor, mean, std, a, b, generator)


def _cut_normal(
    tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Generator | None
) -> Tensor:
    """Draw normal numbers until all are from a to b."""
    low, high = tensor.dtype.type(a), tensor.dtype.type(b)
    result = tensor.normal_(mean, std, generator=generator).array.copy()
    others = Tensor(np.empty_like(tensor.array))  # laid out in the same way, which is the order of the draws
    while (outside := (result < low) | (result > high)).any():
        np.copyto(result, others.normal_(mean, std, generator=generator).array, where=outside)
    return tensor.copy_(result)


def _accepted_uniform(
    tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Generator | None
) -> Tensor:
    """Draw uniform z until all are accepted, with the probability e^(h(z) − max h), h = −((z − mean)/std)²/2."""
    kind = tensor.dtype.type
    peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
    drawn, result = Tensor(np.empty_like(tensor.array)), np.empty_like(tensor.array)
    pending = np.ones(tensor.shape, bool)
    while pending.any():
        z = drawn.uniform_(a, b, generator=generator).array
        np.copyto(result, z, where=pending)
        h = np.square((z - kind(mean)) / kind(std)) * kind(-0.5) - kind(peak)
        with np.errstate(divide="ignore"):
            pending &= np.log(drawn.uniform_(generator=generator).array) > h
    return tensor.copy_(result)


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Fill with a random matrix whose rows, or columns, are orthogonal and of one length.

    Parameters
    ----------
    tensor : Tensor
        Shape (rows, ...); the other axes are taken as one.
    gain : float
        That length.
    generator : Generator, optional

    Returns
    -------
    Tensor
        The same one.

    References
    ----------
    Saxe, A. et al. (2013), Exact solutions to the nonlinear dynamics of learning in deep linear neural networks.

    Examples
    --------
    >>> W = orthogonal_(Tensor(np.empty((3, 5))), gain=2).array
    >>> np.allclose(W @ W.T, 4 * np.eye(3))
    True
    """
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_ expected a tensor of at least 2 axes, got shape {tuple(tensor.shape)}")
    if not tensor.numel():
        return tensor
    with no_grad():
        z = Tensor(np.empty((tensor.shape[0], tensor.numel() // tensor.shape[0]), tensor.dtype))
        z.normal_(generator=generator)
        wide = z.shape[0] < z.shape[1]
        Q, R = np.linalg.qr(z.array.T if wide else z.array)
        Q *= np.sign(np.diag(R))  # which makes all such matrices equally probable
        return tensor.copy_(((Q.T if wide else Q) * tensor.dtype.type(gain)).reshape(tensor.shape))


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> Tensor:
    """Fill with normal draws of mean 0, and set a share of every column to 0.

    Parameters
    ----------
    tensor : Tensor
        Shape (rows, columns).
    sparsity : float
        That share, rounded up to whole elements.
    std : float
    generator : Generator, optional
        For the normal draws. Which elements are 0 is drawn from the default one, as in PyTorch.

    Returns
    -------
    Tensor
        The same one.

    References
    ----------
    Martens, J. (2010), Deep learning via Hessian-free optimization.

    Examples
    --------
    >>> int((sparse_(Tensor(np.empty((10, 3))), 0.25).array == 0).sum())
    9
    """
    if tensor.ndim != 2:
        raise ValueError(f"sparse_ expected a tensor of 2 axes, got shape {tuple(tensor.shape)}")
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    with no_grad():
        tensor.normal_(0, std, generator=generator)
        values = tensor.array.copy()
        for column in range(columns):
            values[default_generator.permutation(rows)[:zeros], column] = 0
        return tensor.copy_(values)


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fill the kernels of a convolution with zeros, and ones that make it pass its input on.

    Parameters
    ----------
    tensor : Tensor
        Shape (out, in, ...), with 3 to 5 axes.
    groups : int
        A divisor of out; each group of outputs passes on the same inputs.

    Returns
    -------
    Tensor
        The same one.

    Examples
    --------
    >>> dirac_(Tensor(np.empty((1, 1, 3))))
    tensor([[[0., 1., 0.]]], dtype=float64)
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError(f"dirac_ expected a tensor of 3 to 5 axes, got shape {tuple(tensor.shape)}")
    if tensor.shape[0] % groups:
        raise ValueError(f"dirac_ expected a length of axis 0 that {groups} divides, got {tensor.shape[0]}")
    size = tensor.shape[0] // groups
    passed = np.arange(min(size, tensor.shape[1]))
    middle: Any = tuple(n // 2 for n in tensor.shape[2:])
    values = np.zeros(tensor.shape, tensor.dtype)
    for group in range(groups):
        values[group * size + passed, passed, *middle] = 1
    with no_grad():
        return tensor.copy_(values)


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


def _old_name(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return a function under the name that it had before, with PyTorch's warning."""
    new = function.__name__
    old = new[:-1]

    def deprecated(*args: Any, **kwargs: Any) -> Tensor:
        message = f"`nn.init.{old}` is now deprecated in favor of `nn.init.{new}`."
        warnings.warn(message, FutureWarning, stacklevel=2)
        return function(*args, **kwargs)

    deprecated.__name__ = deprecated.__qualname__ = old
    deprecated.__doc__ = f"Do what :func:`{new}` does, with a warning."
    return deprecated


uniform = _old_name(uniform_)
normal = _old_name(normal_)
constant = _old_name(constant_)
eye = _old_name(eye_)
dirac = _old_name(dirac_)
xavier_uniform = _old_name(xavier_uniform_)
xavier_normal = _old_name(xavier_normal_)
kaiming_uniform = _old_name(kaiming_uniform_)
kaiming_normal = _old_name(kaiming_normal_)
orthogonal = _old_name(orthogonal_)
sparse = _old_name(sparse_)
