"""How every figure looks, and how it is saved."""

from __future__ import annotations

import io
import os
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from chainrule.files import write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours: told apart by the colour-blind, and of different greys in print.
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#666666"

SETTINGS: dict[str, Any] = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": "medium",
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
}


def house_style(**changes: Any) -> AbstractContextManager[Any]:
    """Return a context in which matplotlib draws in the product's style.

    Raises
    ------
    ImportError
        If matplotlib is not installed: the error names the extra.
    """
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise ImportError('figures need an extra: pip install "chainrule[lab]"') from error
    settings: Any = {**SETTINGS, **{name.replace("__", "."): value for name, value in changes.items()}}
    return mpl.rc_context(settings)


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of a size in inches, in the product's style.

    It belongs to nobody but the caller: no window, no global state of matplotlib.
    """
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height))


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure as PNG, whole or not at all."""
    buffer = io.BytesIO()
    with house_style():
        figure.savefig(buffer, format="png", dpi=150)
    with write_whole(path) as file:
        file.write(buffer.getvalue())
