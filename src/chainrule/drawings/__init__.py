"""Drawings: ``chainrule.draw`` shows the graph behind a tensor, and networks as layers or neurons."""

from chainrule.drawings.draw import draw
from chainrule.drawings.drawing import Drawing

__all__ = ["Drawing", "draw"]
