"""Activation functions as formulas on arrays, each with its derivative.

The engine has its own (``chainrule.ops``). These are the ones of the textbook, in float64, to be printed, drawn
and held against the engine's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import chainrule as cr

Floats = NDArray[np.float64]


def sigmoid(z: ArrayLike) -> Floats:
    """Compute σ(z) = 1 / (1 + e⁻ᶻ), on neither side with an exponential that overflows.

    Examples
    --------
    >>> sigmoid([-1000, 0, 1000])
    array([0. , 0.5, 1. ])
    """
    z = _floats(z)
    e = np.exp(-np.abs(z))  # for z < 0: e^z / (1 + e^z)
    return np.asarray(np.where(z > 0, 1.0, e) / (1 + e))


def sigmoid_derivative(z: ArrayLike) -> Floats:
    """Compute σ'(z) = σ(z) (1 − σ(z)), which is at most 1/4.

    Examples
    --------
    >>> sigmoid_derivative([0.0])
    array([0.25])
    """
    s = sigmoid(z)
    return s * (1 - s)


def tanh(z: ArrayLike) -> Floats:
    """Compute tanh(z) = (eᶻ − e⁻ᶻ) / (eᶻ + e⁻ᶻ).

    Examples
    --------
    >>> tanh([0.0])
    array([0.])
    """
    return np.asarray(np.tanh(_floats(z)))


def tanh_derivative(z: ArrayLike) -> Floats:
    """Compute tanh'(z) = 1 − tanh²(z), which is at most 1.

    Examples
    --------
    >>> tanh_derivative([0.0])
    array([1.])
    """
    return 1 - tanh(z) ** 2


def relu(z: ArrayLike) -> Floats:
    """Compute ReLU(z) = max(0, z).

    Examples
    --------
    >>> relu([-2, 0, 2])
    array([0., 0., 2.])
    """
    return np.maximum(_floats(z), 0)


def relu_derivative(z: ArrayLike) -> Floats:
    """Compute ReLU'(z): 1 where z > 0, else 0. At 0 there is no derivative; 0 is what everybody takes.

    Examples
    --------
    >>> relu_derivative([-2, 0, 2])
    array([0., 0., 1.])
    """
    return (_floats(z) > 0).astype(np.float64)


def leaky_relu(z: ArrayLike, alpha: float = 0.01) -> Floats:
    """Compute z where z > 0, else α z.

    Examples
    --------
    >>> leaky_relu([-2, 0, 2])
    array([-0.02,  0.  ,  2.  ])
    """
    z = _floats(z)
    return np.where(z > 0, z, alpha * z)


def leaky_relu_derivative(z: ArrayLike, alpha: float = 0.01) -> Floats:
    """Compute 1 where z > 0, else α.

    Examples
    --------
    >>> leaky_relu_derivative([-2, 0, 2])
    array([0.01, 0.01, 1.  ])
    """
    return np.where(_floats(z) > 0, 1.0, alpha)


def elu(z: ArrayLike, alpha: float = 1.0) -> Floats:
    """Compute z where z > 0, else α (eᶻ − 1).

    Examples
    --------
    >>> elu([-2, -1, 0, 1, 2]).round(4)
    array([-0.8647, -0.6321,  0.    ,  1.    ,  2.    ])
    """
    z = _floats(z)
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))


def elu_derivative(z: ArrayLike, alpha: float = 1.0) -> Floats:
    """Compute 1 where z > 0, else α eᶻ.

    Examples
    --------
    >>> elu_derivative([-2, -1, 0, 1, 2]).round(4)
    array([0.1353, 0.3679, 1.    , 1.    , 1.    ])
    """
    z = _floats(z)
    return np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0)))


def softmax(z: ArrayLike) -> Floats:
    """Compute e^zᵢ / Σⱼ e^zⱼ along the last axis; the greatest z is taken off first, so that nothing overflows.

    Examples
    --------
    >>> softmax([1000.0, 1000.0])
    array([0.5, 0.5])
    """
    z = _floats(z)
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def softmax_derivative(z: ArrayLike) -> Floats:
    """Compute the Jacobian ∂sᵢ/∂zⱼ = sᵢ (δᵢⱼ − sⱼ), shape (..., n, n): every output depends on every input.

    Examples
    --------
    >>> softmax_derivative([0.0, 0.0])
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    s = softmax(z)
    return np.asarray(s[..., :, None] * (np.eye(s.shape[-1]) - s[..., None, :]))


def _floats(z: ArrayLike) -> Floats:
    return np.asarray(z, dtype=np.float64)


# ---- a list of them -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Activation:
    """An activation function of one number.

    Attributes
    ----------
    name : str
    formula, derivative_formula : str
        In TeX.
    function, derivative : callable
        Of an array, and of ``alpha`` where the function has one.
    layer : str
        The class of ``chainrule.nn``, and of ``torch.nn``.
    """

    name: str
    formula: str
    derivative_formula: str
    function: Callable[..., Floats]
    derivative: Callable[..., Floats]
    layer: str


ACTIVATIONS = {
    a.layer: a
    for a in (
        Activation(
            "sigmoid", r"\sigma(z) = 1 / (1 + e^{-z})", r"\sigma(z)\,(1 - \sigma(z))", sigmoid, sigmoid_derivative,
            "Sigmoid",
        ),
        Activation("tanh", r"\tanh z", r"1 - \tanh^2 z", tanh, tanh_derivative, "Tanh"),
        Activation("ReLU", r"\max(0, z)", r"1\ (z > 0),\ \mathrm{else}\ 0", relu, relu_derivative, "ReLU"),
        Activation(
            "Leaky ReLU", r"z\ (z > 0),\ \mathrm{else}\ \alpha z,\ \alpha = 0.01",
            r"1\ (z > 0),\ \mathrm{else}\ \alpha", leaky_relu, leaky_relu_derivative, "LeakyReLU",
        ),
        Activation(
            "ELU", r"z\ (z > 0),\ \mathrm{else}\ \alpha(e^z - 1),\ \alpha = 1",
            r"1\ (z > 0),\ \mathrm{else}\ \alpha e^z", elu, elu_derivative, "ELU",
        ),
    )
}  # fmt: skip


def of_library(library: Any, layer: str, z: ArrayLike) -> tuple[Floats, Floats]:
    """Return what a library computes in float64: the function, and by its own backward pass the derivative.

    Parameters
    ----------
    library : module
        ``chainrule`` or ``torch``.
    layer : str
        A key of ``ACTIVATIONS``.
    z : array_like

    Examples
    --------
    >>> of_library(cr, "ReLU", [-1.0, 3.0])
    (array([0., 3.]), array([0., 1.]))
    """
    x = library.tensor(_floats(z), requires_grad=True)
    y = getattr(library.nn, layer)()(x)
    y.sum().backward()
    return _floats(y.detach()), _floats(x.grad)


def largest_difference_from_engine(z: ArrayLike) -> float:
    """Return by how much these formulas and the engine's forward and backward passes differ at most.

    Examples
    --------
    >>> largest_difference_from_engine([-5.0, 0.0, 5.0]) < 1e-15
    True
    """
    worst = 0.0
    for layer, activation in ACTIVATIONS.items():
        pairs = zip((activation.function(z), activation.derivative(z)), of_library(cr, layer, z), strict=True)
        worst = max(worst, *(float(np.abs(ours - engine).max()) for ours, engine in pairs))
    return max(worst, _softmax_difference(_floats(z)))


def _softmax_difference(z: Floats) -> float:
    """Return the same for the softmax, whose derivative is asked for row by row."""
    worst, jacobian = 0.0, softmax_derivative(z)
    for i in range(len(z)):
        x = cr.tensor(z, requires_grad=True)
        s = cr.nn.functional.softmax(x, dim=0)
        s[i].backward()
        worst = max(worst, float(np.abs(s.detach() - softmax(z)).max()), float(np.abs(x.grad - jacobian[i]).max()))
    return worst
