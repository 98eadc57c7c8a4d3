"""The weights of a single layer as pictures, while they are being learnt."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

import chainrule as cr
from chainrule import nn
from chainrule.datasets import MNIST
from chainrule.datasets.transforms import Flat
from chainrule.labs.words import counted
from chainrule.notebooks.answers import GAP, Answer, mosaic, new_pictures
from chainrule.notebooks.extra import widgets
from chainrule.notebooks.panel import Panel, control, on_change, say, sentence, side_by_side
from chainrule.train import Callback, Trainer

COLUMNS = 5
State = dict[str, NDArray[np.floating]]


class Snapshots(Callback):
    """Keeps a model's weights after 0, 1, 2, 4, 8 … steps, and in the end.

    Attributes
    ----------
    kept : dict of int to dict
        The state after each of these numbers of steps.

    Examples
    --------
    >>> from chainrule import optim
    >>> model, snapshots = nn.Linear(1, 1), Snapshots()
    >>> trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1), callbacks=[snapshots])
    >>> _ = trainer.fit([([[1.0]], [[2.0]])], epochs=5)
    >>> list(snapshots.kept)
    [0, 1, 2, 4, 5]
    """

    def __init__(self) -> None:
        self.kept: dict[int, State] = {}

    def _keep(self, trainer: Trainer) -> None:
        state = trainer.model.state_dict()
        self.kept[len(trainer.history.steps)] = {name: np.array(values) for name, values in state.items()}

    def on_fit_start(self, trainer: Trainer) -> None:
        """Keep the weights that have learnt nothing."""
        self._keep(trainer)

    def on_step_end(self, trainer: Trainer, loss: float) -> None:
        """Keep the weights, if it is time."""
        steps = len(trainer.history.steps)
        if steps & (steps - 1) == 0:
            self._keep(trainer)

    def on_fit_end(self, trainer: Trainer) -> None:
        """Keep what was learnt."""
        self._keep(trainer)


class Weights(Panel):
    """A slider over the steps of a training, and one over test images, for a layer 784 → 10.

    Parameters
    ----------
    kept : mapping of int to state
        As ``Snapshots`` keeps them.
    test : MNIST
        The images to try it on.

    Attributes
    ----------
    step : SelectionSlider
    image : IntSlider
    pictures : Figure
        The weights of the ten digits, the largest of all white or black.
    answer : Answer
    said : ndarray, shape (N, 10)
        The probabilities of the digits, for each test image.
    """

    def __init__(self, kept: Mapping[int, State], test: MNIST) -> None:
        self.kept, self.test = kept, test
        self.step = control(widgets.SelectionSlider, "steps", options=list(kept), value=max(kept))
        self.image = control(widgets.IntSlider, "test image", value=0, min=0, max=min(len(test), 1000) - 1)
        self.pictures = new_pictures("The weights of each digit", None, reversescale=False)
        self.pictures.add_class("templates")
        for digit in range(10):
            row, column = divmod(digit, COLUMNS)
            self.pictures.plot.add_annotation(
                text=f"<b>{digit}</b>", font_size=15, showarrow=False, xanchor="left", yanchor="top",
                x=column * (28 + GAP) + 1, y=row * (28 + GAP) + 1,
            )  # fmt: skip
        self.answer = Answer([str(digit) for digit in range(10)])
        self.note = sentence()
        super().__init__(side_by_side(self.step, self.image), self.note, self.pictures, self.answer.view)
        self._pixels = Flat(np.float64).batch(test.images)
        on_change(self.draw, self.step)
        on_change(self.ask, self.image)
        self.draw()

    def draw(self) -> None:
        """Draw the weights after the chosen number of steps, and ask them."""
        model = self.model()
        with cr.no_grad():
            self.said = np.asarray(model(self._pixels).softmax(1))
        W = np.asarray(model.weight).reshape(10, 28, 28)
        limit = float(np.abs(W).max()) or 1.0
        with self.pictures.drawing():
            self.pictures.plot.data[0].update(z=mosaic(W, COLUMNS), zmin=-limit, zmax=limit)
        self.ask()

    def ask(self) -> None:
        """Show what they say of the chosen image."""
        i = self.image.value
        right = float((self.said.argmax(1) == self.test.labels).mean())
        answer = self.answer.show(self.test.images[i], int(self.test.labels[i]), self.said[i])
        say(
            self.note,
            f"After {counted(self.step.value, 'step')} {right:.2%} of the test images are right. "
            f"Image {i} is a {answer}.",
        )

    def model(self) -> nn.Linear:
        """Return the layer as it was after the chosen number of steps."""
        state = self.kept[self.step.value]
        model = nn.Linear(28 * 28, 10, dtype=cr.float64)
        model.load_state_dict({name: cr.tensor(values) for name, values in state.items()})
        return model
