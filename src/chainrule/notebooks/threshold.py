"""Where to draw the line between yes and no: the threshold of a network that recognises eights."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.labs.eight.scores import Scores
from chainrule.notebooks.answers import mosaic, new_pictures
from chainrule.notebooks.extra import widgets
from chainrule.notebooks.figures import INK, beside, line, move, new_figure
from chainrule.notebooks.panel import Panel, control, on_change, say, sentence, show_table, side_by_side

RATES = ("precision", "recall", "f1", "accuracy")
COLUMNS, SHOWN = 10, 20  # pictures


class Mistakes:
    """Pictures of mistakes of one kind, and how many there are.

    Parameters
    ----------
    name : str
        Of the kind.

    Attributes
    ----------
    count : HTML
    strip : Figure

    Examples
    --------
    >>> mistakes = Mistakes("Missed eights")
    >>> mistakes.show(np.zeros((30, 28, 28)))
    >>> mistakes.count.value
    '<div>Missed eights: 30; the 20 worst</div>'
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.count, self.strip = sentence(), new_pictures(name, None, zmin=0, zmax=255)
        self.strip.add_class("strip")
        self.view = widgets.VBox([self.count, self.strip])

    def show(self, images: Any) -> None:
        """Show pictures, of which the worst mistake comes first.

        Parameters
        ----------
        images : ndarray of uint8, shape (N, 28, 28)
        """
        count = len(images)
        with self.strip.drawing():
            self.strip.plot.data[0].z = mosaic(images[:SHOWN], COLUMNS)
        order = f"; the {SHOWN} worst" if count > SHOWN else "; the worst first" if count > 1 else ""
        say(self.count, f"{self._name}: {count}{order}")


class Threshold(Panel):
    """A slider for the threshold, with what it does to precision and recall, and the mistakes as pictures.

    Parameters
    ----------
    said : array_like, shape (N,)
        What the network says of each image, from 0 to 1.
    images : ndarray of uint8, shape (N, 28, 28)
    eights : ndarray of bool, shape (N,)

    Attributes
    ----------
    threshold : FloatSlider
    rates : Figure
        Precision, recall, F1 and accuracy by the threshold, then the chosen threshold.
    missed, alarms : Mistakes
        Eights that are not recognised, and other digits that are taken for eights.
    scores : Scores

    Examples
    --------
    >>> panel = Threshold([0.9, 0.3, 0.6], np.zeros((3, 28, 28)), np.array([True, True, False]))
    >>> panel.threshold.value = 0.2
    >>> panel.scores
    Scores(hits=2, missed=0, false_alarms=1, rejected=0)
    """

    def __init__(self, said: Any, images: Any, eights: Any) -> None:
        self.said, self.images, self.eights = np.asarray(said), images, eights
        self.threshold = control(widgets.FloatSlider, "threshold", value=0.5, min=0.01, max=0.99, step=0.01)
        names = [*("F1" if rate == "f1" else rate for rate in RATES), "threshold"]
        self.rates = new_figure([line(name, i) for i, name in enumerate(names)], "threshold", "share / %")
        self.rates.plot.data[-1].line = {"color": INK, "width": 2}
        places = np.linspace(0.01, 0.99, 99)
        found = [Scores.of(self.said > place, eights).rates() for place in places]
        for i, rate in enumerate(RATES):
            move(self.rates, i, places, [100 * rates[rate] for rates in found])
        self.note, self.table = sentence(), sentence()
        self.missed, self.alarms = Mistakes("Missed eights"), Mistakes("Taken for eights")
        mistakes = beside(self.missed.view, self.alarms.view)
        super().__init__(side_by_side(self.threshold), self.note, self.table, self.rates, mistakes)
        on_change(self.draw, self.threshold)
        self.draw()

    def draw(self) -> None:
        """Draw what the slider says."""
        taken = self.said > self.threshold.value
        self.scores = scores = Scores.of(taken, self.eights)
        with self.rates.drawing():
            move(self.rates, -1, [self.threshold.value] * 2, [0, 100])
        order = np.argsort(self.said, kind="stable")
        self.missed.show(self.images[[i for i in order if self.eights[i] and not taken[i]]])
        self.alarms.show(self.images[[i for i in order[::-1] if taken[i] and not self.eights[i]]])
        show_table(self.table, [
            {"": "eights", "taken for one": f"{scores.hits}", "rejected": f"{scores.missed}"},
            {"": "others", "taken for one": f"{scores.false_alarms}", "rejected": f"{scores.rejected}"},
        ])  # fmt: skip
        say(
            self.note,
            f"Accuracy {scores.accuracy:.1%}, and {1 - scores.eights / scores.total:.1%} by never saying eight; "
            f"precision {scores.precision:.1%}, recall {scores.recall:.1%}, F1 {scores.f1:.1%}.",
        )
