"""The curves of the softmax lab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.labs.softmax.document import LOSSES
from chainrule.labs.softmax.report import Results
from chainrule.labs.words import counted
from chainrule.plot.curves import Line, Panel, draw_epochs, side_by_side
from chainrule.plot.style import OURS, STATED, THEIRS, TRAINING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RECOGNISED = "images recognised / %"


def draw_curves(results: Results) -> Figure:
    """Draw loss and accuracy of every epoch side by side, of chainrule and of PyTorch."""
    epochs, panels = results.comparison.ours.epochs, []
    for what, unit, scale in (("loss", "cross-entropy / nat", 1), ("accuracy", RECOGNISED, 100)):
        trained = [scale * epoch[f"train_{what}"] for epoch in epochs]
        both = side_by_side(epochs, results.comparison.reference, f"validation_{what}", scale, "test")
        panels.append(Panel(what, unit, [Line("training, mean over the epoch", trained, TRAINING), *both]))
    return draw_epochs(panels, results.headline())


def draw_document(results: Results) -> Figure:
    """Draw loss and accuracy of every epoch side by side, by the document's procedure."""
    document, last = results.document, counted(results.last_batch, "image")
    stated = "the document states" + (", for other conditions" if results.other_conditions else "")
    losses = [
        Line("the document's procedure", [epoch["loss"] for epoch in document], OURS),
        Line("correct version, cross-entropy / 10", results.last_batches(), THEIRS),
        Line(stated, [float(loss) for loss in LOSSES[: len(document)]], STATED),
    ]
    rates = [
        Line("all test images", [100 * epoch["test_accuracy"] for epoch in document], OURS),
        Line(f"last training batch, {last}", [100 * epoch["accuracy"] for epoch in document], TRAINING),
    ]
    panels = [
        Panel(f"loss of the last batch, {last}", "mean over batch and classes / nat", losses),
        Panel("accuracy, the document's procedure", RECOGNISED, rates),
    ]
    return draw_epochs(panels, results.on_document())
