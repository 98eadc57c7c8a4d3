"""Writing Graphviz's language: nodes, edges, and labels made of rows.

Colours are light with dark text and grey lines, so that they can be read on white and on black; kinds of nodes
differ in their borders, too, which a printer without colours keeps.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from chainrule.derivations.expression import Num
from chainrule.derivations.rounding import Rounding
from chainrule.derivations.text import TextWriter
from chainrule.ops import Array

LINE, TEXT, FAINT = "#7a7a7a", "#1a1a1a", "#555555"
FONT = "Helvetica,Arial,sans-serif"
KINDS = {
    "operation": {"style": "filled,rounded", "fillcolor": "#d8e6f3", "color": "#2f5f8f"},
    "parameter": {"style": "filled", "fillcolor": "#fbe2b4", "color": "#8a5a00", "penwidth": "2"},
    "constant": {"style": "filled,dashed", "fillcolor": "#f1f1f1", "color": "#6b6b6b"},
    "result": {"style": "filled,rounded", "fillcolor": "#cde8cf", "color": "#2e6b34", "peripheries": "2"},
}  # fmt: skip
IN_FULL = 12  # numbers of an array that are shown; of more, their mean and norm
IN_A_ROW = 5  # numbers of a vector


class Dot:
    """Collects the lines of a graph.

    Parameters
    ----------
    **attributes : str
        Of the graph: ``rankdir``, ``layout``, ``label``.

    Examples
    --------
    >>> dot = Dot(rankdir="LR")
    >>> dot.node("a", "x", "constant")
    >>> dot.edge("a", "a", label="1")
    >>> print(dot.source())  # doctest: +ELLIPSIS
    digraph {
      graph [rankdir="LR", ...];
    ...
      "a" -> "a" [label="1"];
    }
    """

    def __init__(self, **attributes: str) -> None:
        common = {"bgcolor": "transparent", "fontname": FONT, "fontcolor": LINE, "fontsize": "11"}
        self.lines = [
            f"graph {_listed({**attributes, **common})};",
            f"node {_listed({'shape': 'box', 'fontname': FONT, 'fontsize': '11', 'fontcolor': TEXT})};",
            f"edge {_listed({'color': LINE, 'fontcolor': LINE, 'fontname': FONT, 'fontsize': '10'})};",
        ]

    def node(self, key: str, label: str, kind: str = "", **attributes: str) -> None:
        """Add a node. A label that begins with ``<`` is made of rows."""
        self.lines.append(f"{_quoted(key)} {_listed({'label': label, **KINDS.get(kind, {}), **attributes})};")

    def edge(self, start: str, end: str, **attributes: str) -> None:
        """Add an edge."""
        self.lines.append(f"{_quoted(start)} -> {_quoted(end)}{' ' + _listed(attributes) if attributes else ''};")

    def source(self) -> str:
        """Return the graph."""
        return "digraph {\n" + "".join(f"  {line}\n" for line in self.lines) + "}\n"


def _listed(attributes: dict[str, str]) -> str:
    return "[" + ", ".join(f"{name}={_quoted(value)}" for name, value in attributes.items()) + "]"


def _quoted(text: str) -> str:
    if text.startswith("<"):
        return f"<{text}>"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


# ---- labels ----------------------------------------------------------------------------------------------------


def table(rows: Sequence[str], spacing: int = 2) -> str:
    """Return a label of rows, each of which ``head`` or ``row`` made."""
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="{spacing}" CELLPADDING="1">{"".join(rows)}</TABLE>'


def head(title: str, aside: str = "") -> str:
    """Return a row with a title, and something in small letters beside it."""
    beside = f"  {faint(aside)}" if aside else ""
    return f'<TR><TD COLSPAN="2"><B>{escape(title)}</B>{beside}</TD></TR>'


def row(name: str, content: str) -> str:
    """Return a row with a name and what :func:`numbers` or plain text says."""
    return f'<TR><TD ALIGN="RIGHT">{faint(name)}</TD><TD ALIGN="LEFT">{content}</TD></TR>'


def faint(text: str) -> str:
    """Return text in small grey letters."""
    return f'<FONT COLOR="{FAINT}" POINT-SIZE="10">{escape(text)}</FONT>'


def numbers(array: Array, digits: int) -> str:
    """Return a few numbers in full, in rows and columns, and many as their mean and norm.

    Examples
    --------
    >>> numbers(np.ones(()), 4), numbers(np.full(400, 0.5), 4)
    ('1', 'mean 0.5, norm 10')
    """
    if array.size == 0:
        return "empty"
    if array.size > IN_FULL or array.ndim > 2:
        values = array.astype(float)
        with np.errstate(all="ignore"):
            mean, norm = values.mean(), np.sqrt(np.square(values).sum())
        return f"mean {number(mean, digits)}, norm {number(norm, digits)}"
    if array.ndim == 0:
        return number(array, digits)
    columns = array.shape[-1] if array.ndim > 1 else IN_A_ROW
    cells = [f'<TD ALIGN="RIGHT">&nbsp;{number(value, digits)}</TD>' for value in array.reshape(-1)]
    lines = ["".join(cells[i : i + columns]) for i in range(0, len(cells), columns)]
    return table([f"<TR>{line}</TR>" for line in lines], spacing=1)


def number(value: Any, digits: int) -> str:
    """Return a number, rounded; what its dtype can't tell from a short one is that."""
    value = np.asarray(value)
    eps = np.finfo(value.dtype).eps if value.dtype.kind == "f" else 0.0
    return TextWriter(Rounding(digits, float(eps))).write(Num(np.float64(value)))


def shape_of(shape: Sequence[int]) -> str:
    """Return a shape as one reads it.

    Examples
    --------
    >>> shape_of((64, 512)), shape_of(())
    ('64 × 512', '')
    """
    return " × ".join(map(str, shape))
