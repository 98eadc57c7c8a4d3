"""The networks of the lab, as a PyTorch user writes them.

This file is the proof of it: with ``from torch import nn`` in the place of the one import below, it is PyTorch's
side of every comparison of the lab (``networks_torch.py``).
"""

from itertools import pairwise
from typing import Any

from chainrule import nn

ACTIVATIONS: dict[str, Any] = {
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "softmax": lambda: nn.Softmax(dim=1),
}


def activation_layer(name: str) -> Any:
    """Return a layer that applies an activation function.

    Parameters
    ----------
    name : str
        A key of ``ACTIVATIONS``.

    Raises
    ------
    ValueError
        If there is none of this name.

    Examples
    --------
    >>> activation_layer("tanh")
    Tanh()
    """
    if name not in ACTIVATIONS:
        raise ValueError(f"activation expected to be one of {', '.join(ACTIVATIONS)}, got {name!r}")
    return ACTIVATIONS[name]()


class SimpleANN(nn.Module):
    """Input → linear → activation → linear → output.

    Parameters
    ----------
    input_size, hidden_size, output_size : int
    activation : str
        Of the hidden layer.

    Examples
    --------
    >>> model = SimpleANN(4, 8, 2)
    >>> sum(p.numel() for p in model.parameters())
    58
    >>> model.shapes()
    {'linear1.weight': (8, 4), 'linear1.bias': (8,), 'linear2.weight': (2, 8), 'linear2.bias': (2,)}
    """

    def __init__(self, input_size: int, hidden_size: int, output_size: int, activation: str = "relu") -> None:
        super().__init__()
        self.linear1 = nn.Linear(input_size, hidden_size)
        self.linear2 = nn.Linear(hidden_size, output_size)
        self.activation = activation_layer(activation)

    def forward(self, x: Any) -> Any:
        """Take x of shape (batch, input_size) to shape (batch, output_size)."""
        return self.linear2(self.activation(self.linear1(x)))

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of each parameter."""
        return {name: tuple(p.shape) for name, p in self.named_parameters()}


class CustomANN(nn.Module):
    """Linear layers of any sizes, with an activation between two.

    Parameters
    ----------
    layer_sizes : list of int
        Of the input, of the hidden layers, and of the output.
    activation : str
        Of the hidden layers.
    output_activation : str, optional
        Of the output. None for the plain sums, which the losses for classes take.

    Raises
    ------
    ValueError
        If there are fewer than two sizes, or an activation is unknown.

    Examples
    --------
    >>> model = CustomANN([784, 128, 64, 10])
    >>> model.count_parameters()
    109386
    >>> from chainrule import zeros
    >>> [tuple(a.shape) for a in model.get_layer_outputs(zeros(32, 784))]
    [(32, 128), (32, 64), (32, 10)]
    """

    def __init__(
        self, layer_sizes: list[int], activation: str = "relu", output_activation: str | None = None
    ) -> None:
        super().__init__()
        if len(layer_sizes) < 2:
            raise ValueError(f"CustomANN expected the sizes of input and output at least, got {layer_sizes}")
        self.flatten = nn.Flatten()  # images too
        self.linears = nn.ModuleList([nn.Linear(n, m) for n, m in pairwise(layer_sizes)])
        output = nn.Identity() if output_activation is None else activation_layer(output_activation)
        hidden = [activation_layer(activation) for _ in layer_sizes[2:]]
        self.activations = nn.ModuleList([*hidden, output])

    def forward(self, x: Any) -> Any:
        """Take x of shape (batch, ...) to shape (batch, layer_sizes[-1])."""
        return self.get_layer_outputs(x)[-1]

    def get_layer_outputs(self, x: Any) -> list[Any]:
        """Return what each layer gives for x, behind its activation: a of layer 1, of layer 2, and so on."""
        a, outputs = self.flatten(x), []
        for linear, activation in zip(self.linears, self.activations, strict=True):
            a = activation(linear(a))
            outputs.append(a)
        return outputs

    def count_parameters(self) -> int:
        """Return how many numbers are trained."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad)


class FashionMNISTClassifier(nn.Module):
    """Linear, ReLU and dropout for every hidden layer, and a linear layer for the classes.

    Parameters
    ----------
    hidden_sizes : list of int
    num_classes : int
    dropout_rate : float

    Examples
    --------
    >>> sum(p.numel() for p in FashionMNISTClassifier([512, 256, 128], dropout_rate=0.3).parameters())
    567434
    """

    def __init__(self, hidden_sizes: list[int], num_classes: int = 10, dropout_rate: float = 0.2) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        layers = []
        for n, m in pairwise([28 * 28, *hidden_sizes]):
            layers += [nn.Linear(n, m), nn.ReLU(), nn.Dropout(dropout_rate)]
        self.network = nn.Sequential(*layers, nn.Linear([28 * 28, *hidden_sizes][-1], num_classes))

    def forward(self, x: Any) -> Any:
        """Take images of shape (batch, 1, 28, 28) to the logits, shape (batch, num_classes)."""
        return self.network(self.flatten(x))
