"""What the eight lab shows: eights as text, and its training as curves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from chainrule.labs.eight.document import ERRORS
from chainrule.labs.eight.report import Results
from chainrule.plot.curves import Line, Panel, draw_epochs, side_by_side
from chainrule.plot.style import LOOKS, STATED
from chainrule.plot.text import as_text
from chainrule.plot.text import side_by_side as texts_side_by_side

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from chainrule.ops import Array

IN_A_ROW = 3  # pictures, as text, in 80 columns


def as_texts(images: Array) -> Iterable[str]:
    """Return rows of pictures as text."""
    texts = [as_text(image[:, 4:24]) for image in images]  # without the empty rims
    return (texts_side_by_side(texts[i : i + IN_A_ROW]) for i in range(0, len(texts), IN_A_ROW))


def draw_training(results: Results) -> Figure:
    """Draw the error of every epoch beside PyTorch's and the document's, and what becomes of the test images."""
    errors = side_by_side(results.epochs, results.comparison.reference, "train_loss")
    stated = {epoch: float(error) for epoch, error in ERRORS.items() if epoch <= len(results.epochs)}
    errors.append(Line("the document states", stated, STATED))
    rates = [
        Line(rate, [100 * epoch[f"validation_{rate.lower()}"] for epoch in results.epochs], look)
        for rate, look in zip(("accuracy", "precision", "recall", "F1"), LOOKS, strict=False)
    ]
    level = ("accuracy of the more frequent answer", 100 * results.found.baseline)
    panels = [
        Panel("mean error of an epoch, while it trains", "(a₂ − y)²", errors, log=True),
        Panel("on the test images", "share / %", rates, level=level),
    ]
    return draw_epochs(panels, results.headline())
