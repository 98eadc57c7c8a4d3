"""The numbers that the document states, and the same from us and from PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.interop import ReferenceRun, find_recorded
from chainrule.interop.pytorch import import_torch
from chainrule.labs.ann import networks as ann_networks
from chainrule.labs.ann.activations import of_library
from chainrule.labs.ann.networks_torch import networks_in_pytorch
from chainrule.labs.options import Options
from chainrule.labs.stated import Stated

# Of the training as the document runs it: all images, batches of 128, Adam with 0.001, seed 42.
SETTINGS: dict[str, Any] = {
    "images": 60_000, "epochs": 5, "batch size": 128, "learning rate": 1e-3, "seed": 42,
    "hidden layers": "512-256-128", "dropout": 0.3,
}  # fmt: skip
STEP_LOSSES = {  # (epoch, batch from 0)
    (1, 0): "2.2968", (1, 100): "0.5367", (1, 200): "0.4050", (1, 300): "0.3923", (1, 400): "0.4318",
    (2, 0): "0.4579", (2, 100): "0.4937", (2, 200): "0.3053", (2, 300): "0.3119", (2, 400): "0.5353",
    (3, 0): "0.3184", (3, 100): "0.3194", (3, 200): "0.3334", (3, 300): "0.3145", (3, 400): "0.4132",
}  # fmt: skip
EPOCHS = {  # training loss and accuracy, validation loss and accuracy
    1: ("0.5644", "79.64%", "0.4574", "83.03%"),
    2: ("0.4086", "85.34%", "0.3771", "86.12%"),
    3: ("0.3735", "86.53%", "0.3769", "86.01%"),
    5: ("0.3346", "87.84%", "0.3446", "87.48%"),
}
MEASURES = ("training loss", "training accuracy", "validation loss", "validation accuracy")
CLASSES = (
    "81.60%", "97.00%", "82.30%", "88.10%", "73.20%", "95.50%", "69.80%", "96.40%", "97.10%", "93.80%",
)  # fmt: skip

POINTS = [-5.0, -2.0, 0.0, 2.0, 5.0]
NUMPY = 8  # places that NumPy prints; it leaves out zeros at the end
FUNCTIONS = {  # at POINTS, as NumPy prints them
    "Sigmoid": ("0.00669285", "0.11920292", "0.5", "0.88079708", "0.99330715"),
    "Sigmoid'": ("0.00664806", "0.10499359", "0.25", "0.10499359", "0.00664806"),
    "Tanh": ("-0.9999092", "-0.96402758", "0", "0.96402758", "0.9999092"),
    "Tanh'": ("1.81583231e-04", "7.06508249e-02", "1.00000000e+00", "7.06508249e-02", "1.81583231e-04"),
    "ReLU": ("0", "0", "0", "2", "5"),
    "ReLU'": ("0", "0", "0", "1", "1"),
    "LeakyReLU": ("-0.05", "-0.02", "0", "2", "5"),
    "LeakyReLU'": ("0.01", "0.01", "0.01", "1", "1"),
}


@dataclass(frozen=True)
class ByHand:
    """A number that the document computes by hand.

    Attributes
    ----------
    stated : str
    places : int or None
        How many it is meant to have, where it is exact.
    from_ : str
        What the document multiplies and adds up, where that are numbers that it has rounded before.
    gives : float
        What comes of that.
    """

    stated: str
    places: int | None = None
    from_: str = ""
    gives: float = 0.0

    def why(self) -> str:
        """Say why the exact number is another one: rounding on the way, or a slip."""
        if not self.from_:
            return ""
        if Stated("", self.stated, self.gives).met:
            return f"the document goes on with its own numbers: {self.from_}"
        return f"a slip: the document's own numbers, {self.from_}, give {self.gives:.3g}"


EXACT = 4  # places to which numbers are held that need no rounding
BY_HAND = {
    "neuron: z": ByHand("1.4", EXACT),
    "neuron: sigmoid": ByHand("0.802"),
    "neuron: tanh": ByHand("0.885"),
    "neuron: ReLU": ByHand("1.4", EXACT),
    "neuron: Leaky ReLU": ByHand("1.4", EXACT),
    "2-3-1: z(1)₁": ByHand("0.08", EXACT),
    "2-3-1: z(1)₂": ByHand("-0.34", EXACT),
    "2-3-1: z(1)₃": ByHand("0.36", EXACT),
    "2-3-1: a(1)₁": ByHand("0.08", EXACT),
    "2-3-1: a(1)₂": ByHand("0", EXACT),
    "2-3-1: a(1)₃": ByHand("0.36", EXACT),
    "2-3-1: z(2)": ByHand("0.392", EXACT),
    "2-3-1: output": ByHand("0.597"),
    "2-2-1: z(1)₁": ByHand("0.17", EXACT),
    "2-2-1: z(1)₂": ByHand("0.3", EXACT),
    "2-2-1: a(1)₁": ByHand("0.542"),
    "2-2-1: a(1)₂": ByHand("0.574"),
    "2-2-1: z(2)": ByHand("0.715", None, "0.5 · 0.542 + 0.6 · 0.574 + 0.1", 0.5 * 0.542 + 0.6 * 0.574 + 0.1),
    "2-2-1: output": ByHand("0.672"),
    "2-2-1: loss": ByHand("0.0082", None, "½ (−0.128)²", 0.5 * 0.128**2),
    "2-2-1: ∂L/∂a(2)": ByHand("-0.128", None, "0.672 − 0.8", 0.672 - 0.8),
    "2-2-1: ∂a(2)/∂z(2)": ByHand("0.220", None, "0.672 (1 − 0.672)", 0.672 * (1 - 0.672)),
    "2-2-1: δ(2)": ByHand("-0.0282", None, "−0.128 · 0.220", -0.128 * 0.220),
    "2-2-1: δ(1)₁": ByHand("-0.00341", None, "0.5 · (−0.0282) · 0.542 · 0.458", 0.5 * -0.0282 * 0.542 * 0.458),
    "2-2-1: δ(1)₂": ByHand("-0.00413", None, "0.6 · (−0.0282) · 0.574 · 0.426", 0.6 * -0.0282 * 0.574 * 0.426),
    "2-2-1: ∂L/∂W(2)₁₁": ByHand("-0.0153", None, "−0.0282 · 0.542", -0.0282 * 0.542),
    "2-2-1: ∂L/∂W(2)₁₂": ByHand("-0.0162", None, "−0.0282 · 0.574", -0.0282 * 0.574),
    "2-2-1: ∂L/∂W(1)₁₁": ByHand("-0.000341", None, "−0.00341 · 0.1", -0.00341 * 0.1),
    "2-2-1: ∂L/∂W(1)₁₂": ByHand("-0.000682", None, "−0.00341 · 0.2", -0.00341 * 0.2),
    "2-2-1: new W(2)₁₁": ByHand("0.50153", None, "0.5 + 0.00153", 0.50153),
    "2-2-1: new W(2)₁₂": ByHand("0.60162", None, "0.6 + 0.00162", 0.60162),
}
PARAMETERS = {"parameters of SimpleANN(4, 8, 2)": "58", "parameters of 784-512-256-128-10": "567,434"}
EXERCISE = "3-2-1: "  # what its numbers begin with: the document leaves them to the reader


# ---- what is computed without a training ----------------------------------------------------------------------


def computed(library: Any, networks: Any) -> dict[str, float]:
    """Compute all numbers that need no training, in ``chainrule`` or ``torch``, in float64.

    Examples
    --------
    >>> round(computed(cr, ann_networks)["2-3-1: output"], 3)
    0.597
    """
    values: dict[str, float] = {}
    for layer in ("Sigmoid", "Tanh", "ReLU", "LeakyReLU"):
        for name, found in zip((layer, f"{layer}'"), of_library(library, layer, POINTS), strict=True):
            values |= {f"{name}({z:g})": float(value) for z, value in zip(POINTS, found, strict=True)}
    z = float(library.tensor([2.0, -1.0]).double() @ library.tensor(np.array([0.5, -0.3]))) + 0.1
    values["neuron: z"] = z
    for name, layer in zip(
        ("sigmoid", "tanh", "ReLU", "Leaky ReLU"), ("Sigmoid", "Tanh", "ReLU", "LeakyReLU"), strict=True
    ):
        values[f"neuron: {name}"] = float(of_library(library, layer, [z])[0][0])
    forward = _network(library, networks, [2, 3, 1], "relu",
        [[0.2, 0.4], [-0.1, 0.3], [0.6, -0.2]], [0.1, -0.2, 0.0], [[0.5, -0.3, 0.7]], [0.1])  # fmt: skip
    values |= _step(library, "2-3-1", forward, [0.5, -0.3])
    backward = _network(library, networks, [2, 2, 1], "sigmoid",
        [[0.1, 0.3], [0.2, 0.4]], [0.1, 0.2], [[0.5, 0.6]], [0.1])  # fmt: skip
    values |= _step(library, "2-2-1", backward, [0.1, 0.2])
    exercise = _network(library, networks, [3, 2, 1], "relu",
        [[0.1, 0.2, -0.1], [0.3, -0.2, 0.4]], [0.1, -0.1], [[0.5, -0.3]], [0.2])  # fmt: skip
    values |= _step(library, "3-2-1", exercise, [0.2, -0.1, 0.5])
    models = networks.SimpleANN(4, 8, 2), networks.FashionMNISTClassifier([512, 256, 128])
    counts = [float(sum(p.numel() for p in model.parameters())) for model in models]
    return values | dict(zip(PARAMETERS, counts, strict=True))


def _network(library: Any, networks: Any, sizes: list[int], activation: str, *values: Any) -> Any:
    """Build a network whose output is a sigmoid, with these weights and biases."""
    model = networks.CustomANN(sizes, activation, "sigmoid").double()
    with library.no_grad():
        for parameter, value in zip(model.parameters(), values, strict=True):
            parameter.copy_(library.tensor(np.array(value)))
    return model


def _step(
    library: Any, name: str, model: Any, x: list[float], target: float = 0.8, lr: float = 0.1
) -> dict[str, float]:
    """Go forward, backward by L = ½ (a − target)², and one step of SGD; return every number on the way."""
    a, layers = library.tensor(np.array([x])), []
    for linear, activation in zip(model.linears, model.activations, strict=True):
        z = linear(a)
        a = activation(z)
        layers.append((z, a))
        z.retain_grad()
        a.retain_grad()
    loss = 0.5 * (a - target).pow(2).sum()
    loss.backward()
    (z1, a1), (z2, a2) = layers
    first, last = (linear.weight for linear in model.linears)
    values = {**_numbered("z(1)", z1), **_numbered("a(1)", a1), "z(2)": z2.item(), "output": a2.item()}
    values |= {"loss": loss.item(), "∂L/∂a(2)": a2.grad.item()}
    values |= {"∂a(2)/∂z(2)": z2.grad.item() / a2.grad.item(), "δ(2)": z2.grad.item()}
    values |= (
        _numbered("δ(1)", z1.grad) | _numbered("∂L/∂W(2)₁", last.grad) | _numbered("∂L/∂W(1)₁", first.grad[0])
    )
    values["∂L/∂b(2)"] = model.linears[1].bias.grad.item()
    library.optim.SGD(model.parameters(), lr=lr).step()
    return {f"{name}: {key}": value for key, value in (values | _numbered("new W(2)₁", last)).items()}


def _numbered(name: str, values: Any) -> dict[str, float]:
    numbers = np.asarray(values.detach()).ravel().tolist()
    return {f"{name}{index}": float(value) for index, value in zip("₁₂₃", numbers, strict=False)}


def computed_by_pytorch(options: Options) -> ReferenceRun | None:
    """Return what PyTorch computes of the same, now or recorded, as a run whose steps are the numbers."""
    settings = {"numbers": list(computed(cr, ann_networks))}
    if options.reference == "none":
        return None
    if options.reference in ("auto", "live"):
        try:
            torch = import_torch()
        except ImportError:  # the lab's own reference has refused, if that is not allowed
            return find_recorded("ann", settings, 1)
        values = list(computed(torch, networks_in_pytorch()).values())
        version = torch.__version__.partition("+")[0]
        epochs = [{"epoch": 1, "steps": len(values)}]
        return ReferenceRun("ann", settings, version, "", values, epochs, dtype="float64")
    return find_recorded("ann", settings, 1)


def calculated_rows(ours: Mapping[str, float], theirs: Mapping[str, float]) -> list[Stated]:
    """Return the rows of the activations, of the calculations by hand, and of the numbers of parameters."""
    places = {f"{name}({z:g})": i for name in FUNCTIONS for i, z in enumerate(POINTS)}
    rows = []
    for name, i in places.items():
        stated = FUNCTIONS[name.partition("(")[0]][i]
        rows.append(Stated(name, stated, ours[name], theirs.get(name), places=None if "e" in stated else NUMPY))
    for name, number in BY_HAND.items():
        rows.append(Stated(name, number.stated, ours[name], theirs.get(name), number.why(), places=number.places))
    return rows + [Stated(name, stated, ours[name], theirs.get(name)) for name, stated in PARAMETERS.items()]


def exercise_rows(ours: Mapping[str, float], theirs: Mapping[str, float]) -> list[dict[str, str]]:
    """Return the numbers of the exercise, to the four places that it asks for."""
    return [
        {
            "number": name.removeprefix(EXERCISE),
            "ours": f"{value + 0.0:.4f}",
            "PyTorch": f"{theirs[name] + 0.0:.4f}" if name in theirs else "not run",
        }
        for name, value in ours.items()
        if name.startswith(EXERCISE)
    ]


# ---- what is trained ------------------------------------------------------------------------------------------


def trained(steps: Any, epochs: Any, recall: Any) -> dict[str, float]:
    """Return what the document prints of a training, by name, as far as the run has it.

    Parameters
    ----------
    steps : sequence of float
        The losses.
    epochs : sequence of dict
        Their records. The document's training loss is the mean over the batches.
    recall : mapping of str to float
        The share of each class that is recognised; empty if it is not known.
    """
    starts = [0, *accumulate(epoch["steps"] for epoch in epochs)]
    values: dict[str, float] = {}
    for epoch, batch in STEP_LOSSES:
        if epoch <= len(epochs) and batch < epochs[epoch - 1]["steps"]:
            values[f"loss, epoch {epoch}, batch {batch}"] = steps[starts[epoch - 1] + batch]
    for epoch in (n for n in EPOCHS if n <= len(epochs)):
        record = epochs[epoch - 1]
        known = {
            "training loss": float(np.mean(steps[starts[epoch - 1] : starts[epoch]])),
            "training accuracy": record.get("train_accuracy"),
            "validation loss": record["validation_loss"],
            "validation accuracy": record["validation_accuracy"],
        }
        values |= {f"{name}, epoch {epoch}": value for name, value in known.items() if value is not None}
    return values | {f"{name}, recognised": share for name, share in recall.items()}


def trained_rows(
    ours: Mapping[str, float],
    theirs: Mapping[str, float],
    nudged: list[dict[str, float]],
    classes: list[str],
    why: str,
    runs: str,
) -> list[Stated]:
    """Return the rows of the training.

    Parameters
    ----------
    ours, theirs, nudged
        As :func:`trained` returns them; ``nudged`` of runs that differ by one bit.
    classes : list of str
    why : str
        In what the training is another than the document's; empty if it is not.
    runs : str
        What ``nudged`` are.
    """
    stated = {f"loss, epoch {epoch}, batch {batch}": loss for (epoch, batch), loss in STEP_LOSSES.items()}
    for epoch, numbers in EPOCHS.items():
        stated |= {f"{name}, epoch {epoch}": number for name, number in zip(MEASURES, numbers, strict=True)}
    stated |= {f"{name}, recognised": share for name, share in zip(classes, CLASSES, strict=True)}
    return [
        Stated(name, number, ours[name], theirs.get(name), why, [run[name] for run in nudged], runs)
        for name, number in stated.items()
        if name in ours
    ]
