"""The network that recognises eights: 784 → 64 tanh → 1 sigmoid, or with other hidden layers."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.ops import Array


def first_weights(seed: int, widths: list[int]) -> list[Array]:
    """Draw the weights N(0, 0.1²) of each layer, of shape (inputs, outputs)."""
    rng = np.random.default_rng(seed)
    return [rng.normal(0, 0.1, shape) for shape in pairwise(widths)]


def network(library: Any, weights: list[Array], dropout: float = 0.0) -> Any:
    """Build the network from given weights, in ``chainrule`` or in ``torch``: the same lines build both."""
    nn = library.nn
    *hidden, last = (linear(library, W) for W in weights)
    layers: list[Any] = []
    for layer in hidden:
        layers += [layer, nn.Tanh(), *([nn.Dropout(dropout)] if dropout else [])]
    return nn.Sequential(*layers, last, nn.Sigmoid())


def linear(library: Any, W: Array) -> Any:
    """Return a layer with these weights, of shape (inputs, outputs), and biases of 0."""
    layer = library.nn.Linear(*W.shape, dtype=library.float64)
    with library.no_grad():
        layer.weight.copy_(library.as_tensor(np.ascontiguousarray(W.T)))
        layer.bias.zero_()
    return layer
