"""The tutorial's training with sliders for what it fixes, and what the network says of single images."""

from __future__ import annotations

import numpy as np

import chainrule as cr
from chainrule import nn, optim
from chainrule.data import DataLoader
from chainrule.datasets import FashionMNIST
from chainrule.datasets.transforms import ToTensor
from chainrule.labs.options import Options
from chainrule.labs.tutorial import network
from chainrule.notebooks.answers import Answer
from chainrule.notebooks.extra import widgets
from chainrule.notebooks.live import LiveTraining, Run
from chainrule.notebooks.panel import Panel, control, on_change, say, sentence, side_by_side

SEED = 42


class Training(Panel):
    """The tutorial's network and loop, with learning rate, batch size and epochs to choose.

    Parameters
    ----------
    data : str
        "auto" for the whole FashionMNIST if it is found, else the embedded sample; or as labs take it.

    Attributes
    ----------
    lr : FloatLogSlider
    batch_size : SelectionSlider
    epochs, image : IntSlider
    live : LiveTraining
    answer : Answer
    model : Module
        As the last run left it; before the first, as it was built.
    """

    def __init__(self, data: str = "auto") -> None:
        options = Options(data=data)
        self.train, self.test = (
            options.load(FashionMNIST, train=part, transform=ToTensor()) for part in (True, False)
        )
        self.lr = control(
            widgets.FloatLogSlider, "learning rate", value=1e-3, min=-4, max=0.5, step=0.1, readout_format=".2g"
        )
        self.batch_size = control(widgets.SelectionSlider, "batch size", options=[16, 32, 64, 128, 256], value=64)
        self.epochs = control(widgets.IntSlider, "epochs", value=5, min=1, max=10)
        self.image = control(widgets.IntSlider, "test image", value=0, min=0, max=min(len(self.test), 1000) - 1)
        self.model = self.build()
        self.live = LiveTraining(self.prepare, (self.lr, self.batch_size, self.epochs), self.ask)
        self.answer, self.note = Answer(self.test.classes), sentence()
        super().__init__(self.live.view, side_by_side(self.image), self.note, self.answer.view)
        on_change(self.ask, self.image)
        self.ask()

    def build(self) -> nn.Module:
        """Return the tutorial's network with its first weights."""
        cr.manual_seed(SEED)
        model: nn.Module = network(nn)
        return model

    def prepare(self) -> Run:
        """Make a training of what the controls say."""
        self.model = self.build()
        settings = {"learning rate": f"{self.lr.value:.2g}", "batch size": f"{self.batch_size.value}"}
        return Run(
            self.model,
            optim.SGD(self.model.parameters(), lr=self.lr.value),
            DataLoader(self.train, self.batch_size.value),
            DataLoader(self.test, self.batch_size.value),
            self.epochs.value,
            str(self.train.source),
            settings,
        )

    def ask(self) -> None:
        """Show what the network says of the chosen image."""
        i = self.image.value
        with cr.no_grad(), np.errstate(all="ignore"):  # weights that have grown out of bounds are shown, too
            said = np.asarray(self.model(ToTensor().batch(self.test.images[i : i + 1])).softmax(1))[0]
        answer = self.answer.show(self.test.images[i], int(self.test.labels[i]), said)
        say(self.note, f"Image {i} is of the class {answer}.")
