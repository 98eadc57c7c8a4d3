"""The architecture experiment: a network of any shape, trained on FashionMNIST by a button."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import chainrule as cr
from chainrule import nn, optim
from chainrule.data import DataLoader, Subset
from chainrule.labs.ann.classifier import fashion_mnist
from chainrule.labs.options import Options
from chainrule.notebooks.extra import widgets
from chainrule.notebooks.fields import layer_sizes
from chainrule.notebooks.live import LiveTraining, Run
from chainrule.notebooks.panel import Panel, control

ACTIVATIONS = {"ReLU": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "Leaky ReLU": nn.LeakyReLU, "ELU": nn.ELU}
IMAGES: dict[str, int | None] = {"2,000": 2_000, "10,000": 10_000, "all": None}
BATCH_SIZE, SEED = 128, 42
MOST = 20_000_000  # weights: with Adam's state, some 300 MB


def network(hidden: Sequence[int], activation: str, dropout: float) -> nn.Sequential:
    """Build linear, activation and dropout for every hidden layer, and a linear layer for the ten classes.

    Parameters
    ----------
    hidden : sequence of int
        The sizes of the hidden layers.
    activation : str
        A key of ``ACTIVATIONS``.
    dropout : float

    Examples
    --------
    >>> sum(p.numel() for p in network([512, 256, 128], "ReLU", 0.3).parameters())
    567434
    """
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, outputs in pairwise([28 * 28, *hidden]):
        layers += [nn.Linear(inputs, outputs), ACTIVATIONS[activation](), nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Linear([28 * 28, *hidden][-1], 10))


class Experiment(Panel):
    """Any layers, activation, dropout, learning rate and number of epochs; a table of all runs.

    Parameters
    ----------
    data : str
        "auto" for the whole FashionMNIST if it is found, else the embedded sample; or as labs take it.

    Attributes
    ----------
    hidden : Text
    activation, images : Dropdown
    dropout : FloatSlider
    lr : FloatLogSlider
    epochs : IntSlider
    live : LiveTraining

    Examples
    --------
    >>> experiment = Experiment("sample")
    >>> experiment.hidden.value = "128,,x"
    >>> experiment.live.run.click()
    >>> experiment.live.job.wait()
    >>> "hidden layers expected whole numbers" in experiment.live.note.value
    True
    """

    def __init__(self, data: str = "auto") -> None:
        self._data = Options(data=data)
        self._loaded: Any = None
        self.hidden = control(widgets.Text, "hidden layers", value="128, 64", continuous_update=False)
        self.activation = control(widgets.Dropdown, "activation", options=list(ACTIVATIONS))
        self.dropout = control(
            widgets.FloatSlider, "dropout", value=0, min=0, max=0.8, step=0.1, readout_format=".1f"
        )
        self.lr = control(
            widgets.FloatLogSlider, "learning rate", value=1e-3, min=-4, max=-1, step=0.1, readout_format=".2g"
        )
        self.epochs = control(widgets.IntSlider, "epochs", value=3, min=1, max=10)
        self.images = control(widgets.Dropdown, "training images", options=list(IMAGES), value="10,000")
        controls = (self.hidden, self.activation, self.dropout, self.lr, self.epochs, self.images)
        self.live = LiveTraining(self.prepare, controls)
        super().__init__(self.live.view)

    def prepare(self) -> Run:
        """Make a training of what the controls say.

        Raises
        ------
        ValueError
            If the hidden layers can't be read, or are too large.
        """
        hidden = layer_sizes("hidden layers", self.hidden.value)
        weights = sum(inputs * outputs for inputs, outputs in pairwise([28 * 28, *hidden, 10]))
        if weights > MOST:
            raise ValueError(
                f"hidden layers expected a network of at most {MOST:,} weights, got one of {weights:,}"
            )
        self._loaded = train, test = self._loaded or fashion_mnist(self._data)
        count = min(IMAGES[self.images.value] or len(train), len(train))
        few: Any = Subset(train, range(count))
        cr.manual_seed(SEED)
        model = network(hidden, self.activation.value, self.dropout.value)
        settings = {
            "layers": "-".join(map(str, [28 * 28, *hidden, 10])),
            "activation": self.activation.value if hidden else "–",
            "dropout": f"{self.dropout.value:.1f}",
            "learning rate": f"{self.lr.value:.2g}",
            "images": f"{count:,}",
        }
        return Run(
            model,
            optim.Adam(model.parameters(), lr=self.lr.value),
            DataLoader(few, BATCH_SIZE, shuffle=True),
            DataLoader(test, BATCH_SIZE),
            self.epochs.value,
            str(train.source),
            settings,
        )
