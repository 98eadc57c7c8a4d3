"""Small networks given as data: layers, activations, losses by name, and the files that hold them."""

from __future__ import annotations

import reprlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import dtypes
from chainrule.autograd import no_grad
from chainrule.derivations.derivation import Derivation
from chainrule.derivations.derive import explain
from chainrule.derivations.state_files import linear_layers
from chainrule.json_files import parse_json
from chainrule.nn import ELU, LeakyReLU, Linear, Module, ReLU, Sequential, Sigmoid, Softmax, Tanh
from chainrule.nn import functional as F
from chainrule.optim import SGD
from chainrule.tensor import Tensor, as_tensor

ACTIVATIONS: dict[str, Callable[[], Module]] = {
    "sigmoid": Sigmoid, "tanh": Tanh, "relu": ReLU, "leaky_relu": LeakyReLU, "elu": ELU,
    "softmax": lambda: Softmax(-1),
}  # fmt: skip


@dataclass(frozen=True)
class Network:
    """A fully-connected network as data.

    Attributes
    ----------
    weights : sequence of matrices
        One for each layer, rows are units.
    biases : sequence of vectors or None
    activations : sequence of str or None
        Names in ``ACTIVATIONS``; None for a layer without one.
    """

    weights: Sequence[Any]
    biases: Sequence[Any]
    activations: Sequence[str | None]

    def build(self) -> Sequential:
        """Return it with float64 parameters.

        Examples
        --------
        >>> Network([[[0.5, -0.3]]], [[0.1]], ["relu"]).build()
        Sequential(
          (linear1): Linear(in_features=2, out_features=1, bias=True)
          (activation1): ReLU()
        )
        """
        modules = OrderedDict[str, Module]()
        for number, (W, b, name) in enumerate(zip(self.weights, self.biases, self.activations, strict=True), 1):
            weight = as_tensor(W, dtypes.float64)
            linear = Linear(weight.shape[1], weight.shape[0], bias=b is not None, dtype=dtypes.float64)
            with no_grad():
                linear.weight.copy_(weight)
                if linear.bias is not None:
                    linear.bias.copy_(as_tensor(b, dtypes.float64))
            modules[f"linear{number}"] = linear
            if name is not None:
                modules[f"activation{number}"] = ACTIVATIONS[name]()
        return Sequential(modules)


def half_squared_error(output: Any, target: Any) -> Tensor:
    """Compute ½ Σ (output − target)², the loss that calculations by hand use for its derivative.

    Examples
    --------
    >>> half_squared_error([1.0], [3.0])
    tensor(2.)
    """
    return 0.5 * F.mse_loss(output, target, reduction="sum")


LOSSES: dict[str, Callable[..., Tensor]] = {
    "half": half_squared_error, "mse": F.mse_loss, "l1": F.l1_loss, "bce": F.binary_cross_entropy,
    "bce_with_logits": F.binary_cross_entropy_with_logits, "cross_entropy": F.cross_entropy,
}  # fmt: skip

FORMAT = """\
weights      a matrix for each layer, one row for each unit; or the name of a file with a model's state_dict()
             (.safetensors, .npz, or of torch.save), whose linear layers are taken in their order, with biases
biases       a vector for each layer, or null for a layer without (default: none)
activations  a name for each layer, or null: {activations}
sizes        of the layers, inputs first; a check of the weights that may be left out
x            one example, or a batch of rows
y            the target (class numbers for cross_entropy)
loss         {losses}
lr           of stochastic gradient descent
""".format(activations=", ".join(ACTIVATIONS), losses=", ".join(LOSSES))
KEYS = tuple(line.split()[0] for line in FORMAT.splitlines() if not line.startswith(" "))


def explain_file(text: str, digits: int = 4, folder: Path = Path(), **look: Any) -> Derivation:
    """Explain a network that is given as JSON.

    Without ``y`` and ``loss``, there is the forward pass alone; without ``lr``, no update.

    Parameters
    ----------
    text : str
        An object with the keys that ``FORMAT`` lists.
    digits : int
    folder : Path
        Where a file of weights that it names is looked for.
    **look
        ``neuron``, ``weight`` or ``sample``, as :func:`~chainrule.explain` takes them.

    Returns
    -------
    Derivation

    Raises
    ------
    ValueError
        If it is not JSON, or what it says does not fit together.

    Examples
    --------
    >>> explain_file('{"weights": [[[0.5, -0.3]]], "biases": [[0.1]], "x": [2, -1]}', digits=3)
    <Derivation 'Sequential 2-1', 2 numbers: print() it>
    """
    try:
        given = parse_json(text)
    except ValueError as error:
        raise ValueError(f"not a JSON file: {error}") from None
    if not isinstance(given, dict) or not {"weights", "x"} <= given.keys():
        raise ValueError('expected a JSON object with at least "weights" and "x"')
    unknown = [key for key in given if key not in KEYS]
    if unknown:
        raise ValueError(f"unknown key {reprlib.repr(unknown[0])}: there are {', '.join(KEYS)}")
    if isinstance(given["weights"], str):
        given |= _from_file(given, folder)
    model = _network(given).build()
    if ("y" in given) != ("loss" in given):
        raise ValueError('"y" and "loss" belong together: give both or neither')
    if "loss" not in given:
        return _explained(model, _floats("x", given["x"]), digits=digits, **look)
    loss = _choice("loss", given["loss"], LOSSES)
    y = _floats("y", given["y"])
    if given["loss"] == "cross_entropy" and np.all(y == np.floor(y)):
        y = y.astype(np.int64)
    optimizer = SGD(model.parameters(), lr=_number("lr", given["lr"])) if "lr" in given else None
    return _explained(model, _floats("x", given["x"]), y, loss, optimizer, digits=digits, **look)


def _explained(*args: Any, **options: Any) -> Derivation:
    """Explain; what can't be computed is the fault of the file."""
    try:
        return explain(*args, **options)
    except (RuntimeError, IndexError) as error:
        raise ValueError(str(error)) from error


def _from_file(given: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return weights and biases from the file that is named for them."""
    if "biases" in given:
        raise ValueError("biases are in the file that weights names: leave them out")
    try:
        weights, biases = linear_layers(folder / given["weights"])
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"weights names {given['weights']!r}: {reason}") from error
    return {"weights": weights, "biases": biases}


def _network(given: dict[str, Any]) -> Network:
    """Return the network of a file, if its parts fit together."""
    for name in ("weights", "biases", "activations", "sizes"):
        if not isinstance(given.get(name, []), list):
            raise ValueError(f"{name} expected a list, got {reprlib.repr(given[name])}")
    layers = len(given["weights"])
    weights = [_floats(f"weights[{i}]", W) for i, W in enumerate(given["weights"])]
    for i, W in enumerate(weights):
        if W.ndim != 2:
            raise ValueError(f"weights[{i}] expected a matrix, a list of rows, got shape {W.shape}")
    biases = given.get("biases") or [None] * layers
    activations = given.get("activations") or [None] * layers
    for name, values in (("biases", biases), ("activations", activations)):
        if len(values) != layers:
            raise ValueError(f"{name} expected one for each of {layers} layers, got {len(values)}")
    sizes = [weights[0].shape[1], *(W.shape[0] for W in weights)] if weights else []
    if list(given.get("sizes", sizes)) != sizes:
        raise ValueError(f"sizes says {reprlib.repr(given['sizes'])}, but the weights are those of {sizes}")
    for i, (W, b) in enumerate(zip(weights, biases, strict=True)):
        if W.shape[1] != sizes[i]:
            raise ValueError(f"weights[{i}] expected rows of {sizes[i]} numbers, got {W.shape[1]}")
        if b is not None and _floats(f"biases[{i}]", b).shape != W.shape[:1]:
            raise ValueError(
                f"biases[{i}] expected {W.shape[0]} numbers, one for each unit, got {reprlib.repr(b)}"
            )
    for name in activations:
        if name is not None:
            _choice("activations", name, ACTIVATIONS)
    return Network(weights, biases, activations)


def _floats(name: str, values: Any) -> Any:
    try:
        array = np.array(values)
    except ValueError:  # rows of several lengths
        array = np.array(None)
    if array.dtype.kind not in "iuf" or not array.size:
        raise ValueError(f"{name} expected numbers, in rows of one length, got {reprlib.repr(values)}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got {array[~np.isfinite(array)].flat[0]} among its numbers")
    return array.astype(np.float64)


def _number(name: str, value: Any) -> float:
    if isinstance(value, list) or np.array(value).dtype.kind not in "iuf":
        raise ValueError(f"{name} expected a number, got {reprlib.repr(value)}")
    if not np.isfinite(value):
        raise ValueError(f"{name} must be finite, got {value}")
    return float(value)


def _choice(what: str, name: Any, choices: dict[str, Any]) -> Any:
    if not isinstance(name, str) or name not in choices:
        raise ValueError(f"{what} expected one of {', '.join(choices)}, got {reprlib.repr(name)}")
    return choices[name]
