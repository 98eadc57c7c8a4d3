"""The calculations by hand of the course on neural networks, each as a derivation."""

from __future__ import annotations

from collections.abc import Callable

from chainrule.derivations.derivation import Derivation
from chainrule.derivations.derive import explain
from chainrule.derivations.network import Network, half_squared_error
from chainrule.derivations.steps import Section, Step
from chainrule.optim import SGD

NEURON = [[0.5, -0.3]], [0.1]
TWO_THREE_ONE = Network(
    [[[0.2, 0.4], [-0.1, 0.3], [0.6, -0.2]], [[0.5, -0.3, 0.7]]], [[0.1, -0.2, 0.0], [0.1]], ["relu", "sigmoid"]
)
TWO_TWO_ONE = Network([[[0.1, 0.3], [0.2, 0.4]], [[0.5, 0.6]]], [[0.1, 0.2], [0.1]], ["sigmoid", "sigmoid"])
THREE_TWO_ONE = Network(
    [[[0.1, 0.2, -0.1], [0.3, -0.2, 0.4]], [[0.5, -0.3]]], [[0.1, -0.1], [0.2]], ["relu", "sigmoid"]
)


def neuron(digits: int = 4) -> Derivation:
    """Return the neuron with z = 1.4, and what four activations make of it.

    Parameters
    ----------
    digits : int

    Returns
    -------
    Derivation
        Its numbers are z, and a of sigmoid, tanh, ReLU and leaky ReLU.

    Examples
    --------
    >>> [round(line.result, 3) for line in neuron().lines()]
    [1.4, 0.802, 0.885, 1.4, 1.4]
    """
    weights, bias = NEURON
    steps: list[Step] = []
    for name in ("sigmoid", "tanh", "relu", "leaky_relu"):
        found = explain(Network([weights], [bias], [name]).build(), [2.0, -1.0], digits=digits)
        given, forward = found.sections
        steps = steps or forward.steps[:1]
        steps.append(forward.steps[1])
    return Derivation("One neuron", found.note, [given, Section("Forward", steps)], found.rounding)


def forward_2_3_1(digits: int = 4) -> Derivation:
    """Return the forward pass of the network 2-3-1, whose output is 0.597.

    Parameters
    ----------
    digits : int

    Returns
    -------
    Derivation

    Examples
    --------
    >>> round(forward_2_3_1()["ŷ"], 3)
    0.597
    """
    return explain(TWO_THREE_ONE.build(), [0.5, -0.3], digits=digits)


def backward_2_2_1(digits: int = 4) -> Derivation:
    """Return a step of training of the network 2-2-1: forward, backward, and the update with η = 0.1.

    Parameters
    ----------
    digits : int

    Returns
    -------
    Derivation

    Examples
    --------
    >>> round(backward_2_2_1()["∂L/∂W₁₁⁽²⁾"], 4)
    -0.0153
    """
    return _step(TWO_TWO_ONE, [0.1, 0.2], [0.8], 0.1, digits)


def exercise_forward(digits: int = 4) -> Derivation:
    """Return the first part of the exercise, the forward pass of the network 3-2-1.

    Parameters
    ----------
    digits : int

    Returns
    -------
    Derivation

    Examples
    --------
    >>> round(exercise_forward()["z⁽²⁾"], 4)
    0.171
    """
    return explain(THREE_TWO_ONE.build(), [0.2, -0.1, 0.5], digits=digits)


def exercise_backward(digits: int = 4) -> Derivation:
    """Return the second part of the exercise, the backward pass of the network 3-2-1 for the target 0.8.

    Parameters
    ----------
    digits : int

    Returns
    -------
    Derivation

    Examples
    --------
    >>> round(exercise_backward()["∂L/∂b⁽²⁾"], 4)
    -0.0639
    """
    return _step(THREE_TWO_ONE, [0.2, -0.1, 0.5], [0.8], None, digits)


def _step(network: Network, x: list[float], y: list[float], lr: float | None, digits: int) -> Derivation:
    model = network.build()
    optimizer = None if lr is None else SGD(model.parameters(), lr=lr)
    return explain(model, x, y, half_squared_error, optimizer, digits=digits)


EXAMPLES: dict[str, Callable[[int], Derivation]] = {
    "neuron": neuron,
    "2-3-1": forward_2_3_1,
    "2-2-1": backward_2_2_1,
    "3-2-1": exercise_forward,
    "3-2-1-backward": exercise_backward,
}
