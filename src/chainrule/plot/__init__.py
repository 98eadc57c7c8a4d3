"""Every figure of the product. Functions return matplotlib figures; :func:`save_figure` writes them."""

from chainrule.plot.images import show_predictions
from chainrule.plot.losses import Curve, compare_losses
from chainrule.plot.style import save_figure

__all__ = ["Curve", "compare_losses", "save_figure", "show_predictions"]
