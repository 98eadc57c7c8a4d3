"""Small fully-connected networks with every unit and every weight, as textbooks draw them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from chainrule.derivations.expression import Sym
from chainrule.derivations.record import Call
from chainrule.derivations.rules import Rule
from chainrule.derivations.text import TextWriter
from chainrule.drawings.dot import LINE, Dot, faint, number
from chainrule.ops import Array
from chainrule.tensor import Tensor

UNITS, WEIGHTS = 16, 256  # of the largest layer, and in all, of a network that is drawn so
LABELLED = 20  # weights between two layers, up to which they carry their numbers
DOWN, ACROSS = 1.2, 1.3  # inches from unit to unit; from layer to layer at the least
POSITIVE, NEGATIVE = "#3f7fbf", "#c8601f"


@dataclass
class Column:
    """A layer of units.

    Attributes
    ----------
    values : ndarray
        One for each unit, of the first row of the batch.
    weights, bias : ndarray or None
        What they were computed with; of the inputs, none.
    functions : list of str
        What was done to z: the activations.
    """

    values: Array
    weights: Array | None = None
    bias: Array | None = None
    functions: list[str] = field(default_factory=list)


def chain_of(calls: list[Call], x: Tensor) -> list[Column] | None:
    """Return the columns of a network in which each layer takes the one before; None of another."""
    if not x.array.size:
        return None
    columns, last = [Column(_first(x.array))], id(x)
    for call in calls:
        kind = type(call.op).__name__
        if id(call.inputs[0]) != last or not _first(call.result).size:
            return None
        if kind == "Linear":
            _, W, *b = call.arrays
            columns.append(Column(_first(call.result), W, b[0] if b else None))
        elif _unit_by_unit(call):
            if kind not in ("NoneType", "Reshape"):
                columns[-1].functions.append(call.layer or kind)
            columns[-1].values = _first(call.result)
        else:
            return None
        last = id(call.output)
    return columns if len(columns) > 1 else None


def is_small(columns: list[Column]) -> bool:
    """Return whether every unit and every weight can be drawn."""
    weights = sum(column.weights.size for column in columns if column.weights is not None)
    return max(column.values.size for column in columns) <= UNITS and weights <= WEIGHTS


def _first(array: Array) -> Array:
    """Return the first row of a batch, in one axis."""
    return (array[0] if array.ndim > 1 else array).reshape(-1)


def _unit_by_unit(call: Call) -> bool:
    """Return whether an operation leaves as many units as there were, and takes nothing else in."""
    rule = Rule.registry.get(type(call.op).__name__)
    known = call.op is None or (rule is not None and (rule.elementwise or rule.letter in ("a", "f")))
    return known and len(call.inputs) == 1 and call.arrays[0].size == call.result.size


def draw_neurons(columns: list[Column], title: str, with_values: bool, digits: int) -> str:
    """Return the source of the drawing; it says where everything is, and ``neato`` only draws."""
    dot = Dot(layout="neato", splines="line", label=f"\n{title}; dashed weights are negative")
    labelled = all(column.weights is None or column.weights.size <= LABELLED for column in columns)
    top = _height(-1, max(column.values.size for column in columns)) - 0.3
    left = 0.0
    for layer, column in enumerate(columns):
        if layer:
            start, left = left, left + _distance(columns[layer - 1], column, labelled)
            _weights(dot, column, layer, (start, left) if labelled else None, digits)
        heading = "input" if layer == 0 else ", ".join([f"layer {layer}", *column.functions])
        dot.node(f"h{layer}", heading, shape="plaintext", fontcolor=LINE, pos=_at(left, top))
        _units(dot, column, layer, left, with_values, digits)
    return dot.source()


def _distance(before: Column, column: Column, labelled: bool) -> float:
    """Return how far two layers are apart: labels must clear the units that they are nearest to."""
    fewer, more = sorted((before.values.size, column.values.size))
    return ACROSS + (0.75 * (fewer + 1) if labelled else 0.25 * more)


def _height(unit: int, units: int) -> float:
    return ((units - 1) / 2 - unit) * DOWN


def _at(left: float, up: float) -> str:
    return f"{left:.3f},{up:.3f}!"


def _units(dot: Dot, column: Column, layer: int, left: float, with_values: bool, digits: int) -> None:
    letter = "x" if layer == 0 else "a" if column.functions else "z"
    kind = "constant" if layer == 0 else "operation"
    for i, value in enumerate(column.values):
        lines = [f"<B>{TextWriter().write(Sym(letter, index=(i + 1,), layer=layer or None))}</B>"]
        if with_values:
            lines.append(number(value, digits))
        if column.bias is not None:
            lines.append(faint(f"b = {number(column.bias[i], digits)}"))
        dot.node(
            f"u{layer}_{i}", "<BR/>".join(lines), kind, shape="circle", style="filled", fixedsize="true",
            width="0.95", pos=_at(left, _height(i, column.values.size)),
        )  # fmt: skip


def _weights(
    dot: Dot, column: Column, layer: int, labels_between: tuple[float, float] | None, digits: int
) -> None:
    W = column.weights
    assert W is not None
    units, before = W.shape
    with np.errstate(all="ignore"):  # of weights that are NaN or infinite, too
        thickness = 0.5 + 2 * np.nan_to_num(np.abs(W) / (np.abs(W).max() or 1))
    for (i, j), w in np.ndenumerate(W):
        name = TextWriter().write(Sym("W", index=(i + 1, j + 1), layer=layer))
        dot.edge(
            f"u{layer - 1}_{j}", f"u{layer}_{i}", color=POSITIVE if w >= 0 else NEGATIVE, arrowhead="none",
            style="solid" if w >= 0 else "dashed", penwidth=f"{thickness[i, j]:.2f}",
            tooltip=f"{name} = {number(w, digits)}",
        )  # fmt: skip
        if labels_between is not None:
            # at this part of the way, no two labels are at the same height
            part = 1 / (units + 1) if units <= before else before / (before + 1)
            left = (1 - part) * labels_between[0] + part * labels_between[1]
            up = (1 - part) * _height(j, before) + part * _height(i, units)
            dot.node(
                f"w{layer}_{i}_{j}", number(w, digits), "constant", style="filled", color="#f1f1f1",
                fontsize="10", margin="0.03,0.02", width="0", height="0", pos=_at(left, up),
            )  # fmt: skip
