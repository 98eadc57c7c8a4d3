"""Every figure of the product. Functions return matplotlib figures; :func:`save_figure` writes them."""

from chainrule.plot.confusion import draw_confusion
from chainrule.plot.curves import Line, Panel, draw_epochs, side_by_side
from chainrule.plot.images import draw_groups, draw_pictures, draw_weights, show_predictions
from chainrule.plot.losses import compare_losses
from chainrule.plot.style import save_figure

__all__ = [
    "Line",
    "Panel",
    "compare_losses",
    "draw_confusion",
    "draw_epochs",
    "draw_groups",
    "draw_pictures",
    "draw_weights",
    "save_figure",
    "show_predictions",
    "side_by_side",
]
