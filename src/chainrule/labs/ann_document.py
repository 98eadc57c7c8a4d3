"""The numbers that the document states, and the same from us and from PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.labs import ann_networks
from chainrule.labs.ann_activations import of_library

# Of the training as the document runs it: 60 000 images, batches of 128, Adam with 0.001, seed 42.
SETTINGS = {"images": 60_000, "epochs": 5, "batch_size": 128, "lr": 1e-3, "seed": 42}
STEP_LOSSES = {  # (epoch, batch from 0)
    (1, 0): 2.2968, (1, 100): 0.5367, (1, 200): 0.4050, (1, 300): 0.3923, (1, 400): 0.4318,
    (2, 0): 0.4579, (2, 100): 0.4937, (2, 200): 0.3053, (2, 300): 0.3119, (2, 400): 0.5353,
    (3, 0): 0.3184, (3, 100): 0.3194, (3, 200): 0.3334, (3, 300): 0.3145, (3, 400): 0.4132,
}  # fmt: skip
EPOCHS = {  # train loss, train accuracy / %, validation loss, validation accuracy / %
    1: (0.5644, 79.64, 0.4574, 83.03),
    2: (0.4086, 85.34, 0.3771, 86.12),
    3: (0.3735, 86.53, 0.3769, 86.01),
    5: (0.3346, 87.84, 0.3446, 87.48),
}
CLASSES = (81.60, 97.00, 82.30, 88.10, 73.20, 95.50, 69.80, 96.40, 97.10, 93.80)

POINTS = [-5.0, -2.0, 0.0, 2.0, 5.0]
FUNCTIONS = {  # at POINTS: values, then derivatives
    "Sigmoid": (
        ("0.00669285", "0.11920292", "0.5", "0.88079708", "0.99330715"),
        ("0.00664806", "0.10499359", "0.25", "0.10499359", "0.00664806"),
    ),
    "Tanh": (
        ("-0.9999092", "-0.96402758", "0", "0.96402758", "0.9999092"),
        ("1.81583231e-04", "7.06508249e-02", "1", "7.06508249e-02", "1.81583231e-04"),
    ),
    "ReLU": (("0", "0", "0", "2", "5"), ("0", "0", "0", "1", "1")),
    "LeakyReLU": (("-0.05", "-0.02", "0", "2", "5"), ("0.01", "0.01", "0.01", "1", "1")),
}
NEURON = {"Sigmoid": "0.802", "Tanh": "0.885", "ReLU": "1.4", "LeakyReLU": "1.4"}  # at z = 1.4
BY_HAND = {
    "2-3-1: output": "0.597",
    "2-2-1: output": "0.672",
    "2-2-1: loss": "0.0082",
    "2-2-1: ∂L/∂W(2)₁₁": "-0.0153",
    "2-2-1: ∂L/∂W(2)₁₂": "-0.0162",
    "2-2-1: ∂L/∂W(1)₁₁": "-0.000341",
    "2-2-1: ∂L/∂W(1)₁₂": "-0.000682",
    "2-2-1: new W(2)₁₁": "0.50153",
    "2-2-1: new W(2)₁₂": "0.60162",
}
PARAMETERS = {"SimpleANN(4, 8, 2)": 58, "784-512-256-128-10": 567_434}


def decimals(stated: str) -> int:
    """Return how many places behind the point a stated number has.

    Examples
    --------
    >>> decimals("0.0082"), decimals("1.81583231e-04"), decimals("58")
    (4, 12, 0)
    """
    mantissa, _, power = stated.partition("e")
    return len(mantissa.partition(".")[2]) - int(power or 0)


def agrees(stated: str, value: float) -> bool:
    """Tell whether a value, rounded, is what was stated.

    Examples
    --------
    >>> agrees("0.597", 0.59676), agrees("0.0162", 0.016253)
    (True, False)
    """
    return abs(value - float(stated)) <= 0.5 * 10.0 ** -decimals(stated) * (1 + 1e-9)


@dataclass(frozen=True)
class Row:
    """A number that the document states.

    Attributes
    ----------
    what, stated : str
    ours : float
    theirs : float or None
        PyTorch's.
    why : str
        Why they differ, if they do.
    """

    what: str
    stated: str
    ours: float
    theirs: float | None
    why: str

    @property
    def met(self) -> bool:
        """Whether ours is what the document states, to the digits that it prints."""
        return agrees(self.stated, self.ours)

    def cells(self) -> dict[str, str]:
        """Return the row for a table."""
        places = max(decimals(self.stated), 0)
        theirs = "not run" if self.theirs is None else _number(self.theirs, self.stated, places)
        return {
            "number": self.what,
            "document": self.stated,
            "ours": _number(self.ours, self.stated, places),
            "PyTorch": theirs,
            "why they differ": "they don't" if self.met else self.why,
        }


def _number(value: float, stated: str, places: int) -> str:
    if "e" in stated:
        return f"{value:.{len(stated.partition('e')[0].partition('.')[2])}e}"
    return f"{value + 0.0:.{places}f}"


# ---- what is computed without a training ----------------------------------------------------------------------


def calculated_rows(torch: Any, torch_networks: Any) -> list[Row]:
    """Return the rows of the activations, of the calculations by hand, and of the numbers of parameters.

    Parameters
    ----------
    torch, torch_networks
        PyTorch, and ``networks_in_pytorch()``; or None and None.
    """
    rows: list[Row] = []
    for layer, stated in FUNCTIONS.items():
        ours = of_library(cr, layer, POINTS)
        theirs = of_library(torch, layer, POINTS) if torch else None
        for kind, name in enumerate((layer, f"{layer}'")):
            for i, z in enumerate(POINTS):
                there = None if theirs is None else float(theirs[kind][i])
                rows.append(Row(f"{name}({z:g})", stated[kind][i], float(ours[kind][i]), there, ROUNDED))
    for layer, value in NEURON.items():
        there = float(of_library(torch, layer, [1.4])[0][0]) if torch else None
        rows.append(Row(f"{layer}(1.4)", value, float(of_library(cr, layer, [1.4])[0][0]), there, ROUNDED))
    by_us = by_hand(cr, ann_networks)
    by_them = by_hand(torch, torch_networks) if torch else None
    for name, value in BY_HAND.items():
        there = None if by_them is None else by_them[name]
        rows.append(Row(name, value, by_us[name], there, SLIPS.get(name, ROUNDED)))
    return rows + _parameter_rows(torch_networks)


ROUNDED = "the document goes on with rounded numbers"
SLIP = "a slip: the document's factors for δ₁, 0.5 · (−0.0282) · 0.542 · 0.458, are −0.0035, not its −0.00341"
SLIPS = {"2-2-1: ∂L/∂W(1)₁₁": SLIP, "2-2-1: ∂L/∂W(1)₁₂": SLIP}


def _parameter_rows(torch_networks: Any) -> list[Row]:
    def count(networks: Any) -> list[int]:
        models = networks.SimpleANN(4, 8, 2), networks.FashionMNISTClassifier([512, 256, 128])
        return [sum(p.numel() for p in model.parameters()) for model in models]

    ours = count(ann_networks)
    theirs: Sequence[int | None] = count(torch_networks) if torch_networks else [None, None]
    return [
        Row(f"parameters of {name}", str(stated), mine, there, "another network")
        for (name, stated), mine, there in zip(PARAMETERS.items(), ours, theirs, strict=True)
    ]


def by_hand(library: Any, networks: Any) -> dict[str, float]:
    """Compute what the document computes by hand, in ``chainrule`` or ``torch``, in float64.

    Examples
    --------
    >>> round(by_hand(cr, ann_networks)["2-3-1: output"], 3)
    0.597
    """
    forward = networks.CustomANN([2, 3, 1], "relu", "sigmoid").double()
    _set(library, forward, [[0.2, 0.4], [-0.1, 0.3], [0.6, -0.2]], [0.1, -0.2, 0.0], [[0.5, -0.3, 0.7]], [0.1])
    backward = networks.CustomANN([2, 2, 1], "sigmoid", "sigmoid").double()
    _set(library, backward, [[0.1, 0.3], [0.2, 0.4]], [0.1, 0.2], [[0.5, 0.6]], [0.1])
    optimizer = library.optim.SGD(backward.parameters(), lr=0.1)
    output = backward(library.tensor(np.array([[0.1, 0.2]])))
    loss = 0.5 * (output - 0.8).pow(2).sum()
    loss.backward()
    first, last = backward.linears[0].weight, backward.linears[1].weight
    gradients = [*last.grad.flatten().tolist(), *first.grad.flatten().tolist()[:2]]
    optimizer.step()
    values = [
        forward(library.tensor(np.array([[0.5, -0.3]]))).item(),
        output.item(),
        loss.item(),
        *gradients,
        *last.detach().flatten().tolist(),
    ]
    return dict(zip(BY_HAND, values, strict=True))


def _set(library: Any, model: Any, *values: Any) -> None:
    with library.no_grad():
        for parameter, value in zip(model.parameters(), values, strict=True):
            parameter.copy_(library.tensor(np.array(value)))
