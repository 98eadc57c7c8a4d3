"""``draw``: pictures of the graph behind a tensor, and of networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import fill
from typing import Any

import numpy as np

from chainrule.autograd import refuse_capture
from chainrule.drawings.dot import Dot, head, numbers, row, shape_of, table
from chainrule.drawings.drawing import Drawing
from chainrule.drawings.history import Node, history, memory_of
from chainrule.drawings.network import draw_network
from chainrule.nn import Module
from chainrule.ops import Operation
from chainrule.tensor import Tensor

WIDTH = 72  # letters in a line below a drawing
ORDERED = ("Sub", "Div", "Pow", "Mod", "MatMul", "Where")  # whose operands are drawn from left to right


def draw(
    what: Tensor | Module,
    x: Any = None,
    *,
    model: Module | None = None,
    names: Mapping[str, Tensor] | None = None,
    digits: int = 4,
) -> Drawing:
    """Draw the computational graph behind a tensor, or a network.

    Of a tensor: every operation behind it, with the shape of its result, the numbers (of many their mean and norm)
    and the gradient of ``what`` by them. Draw before ``backward()``, which lets go of the graph unless it is told
    ``retain_graph=True``. The gradients are computed for the drawing, and no ``grad`` is changed; one that holds
    something else, because it was summed up over several steps, is shown beside it.

    Of a network: its layers, and how many parameters each has. A small fully-connected network is drawn with every
    unit and every weight. It is run once, and left as it was.

    Parameters
    ----------
    what : Tensor or Module
    x : Tensor or array_like, optional
        For a network: an example or a batch, of which a small network shows the first row's numbers. Without it,
        the network is run on zeros of the size that its first linear layer takes.
    model : Module, optional
        For a tensor: whose parameters and buffers are called by their names.
    names : mapping of str to Tensor, optional
        For a tensor: what other tensors are called, as in ``names={"x": x, "h": h}``. Those that the graph does
        not hold are listed below the drawing: what no derivative reads is not kept.
    digits : int
        Places that numbers are rounded to.

    Returns
    -------
    Drawing
        A notebook shows it; ``save("graph.svg")`` writes it, also as .png, .pdf and .dot.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, none of the parameters of model is in the graph, or the tensor has no history,
        or none any more.

    Examples
    --------
    >>> from chainrule import nn, tensor
    >>> x = tensor([[1.0, 2.0]])
    >>> model = nn.Linear(2, 1)
    >>> draw(model(x).sum(), model=model, names={"x": x})
    <Drawing of the graph of 2 operations: save() it, or look at it in a notebook>
    >>> draw(model)
    <Drawing of Linear 2-1, 3 parameters: save() it, or look at it in a notebook>
    """
    refuse_capture("draws a graph", "call draw() outside of it")
    if isinstance(what, Module):
        if model is not None or names is not None:
            raise ValueError("model and names are for the graph of a tensor: leave them out with a network")
        return draw_network(what, x, digits)
    if not isinstance(what, Tensor):
        raise TypeError(f"draw expected a tensor or an nn.Module, got {_kind(what)}")
    if x is not None:
        raise ValueError("x is for a network, but a tensor was given: leave x out")
    if what._op is None:
        raise ValueError(
            "draw expected a tensor with a history, got one that no recorded operation made: it was made from "
            "none that requires a gradient, under no_grad(), or by a captured function"
        )
    if model is not None and not isinstance(model, Module):
        raise TypeError(f"model expected an nn.Module that was made, as nn.Linear(2, 1), got {_kind(model)}")
    return _draw_history(what, model, {} if names is None else names, digits)


def _names(
    model: Module | None, names: Mapping[str, Tensor], there: set[Any]
) -> tuple[dict[Any, str], list[str]]:  # fmt: skip
    """Return what is called how, and the names that are not there; of the parameters, one must be."""
    parameters, others = list[tuple[str, Any]](), list(names.items())
    if model is not None:
        parameters, others = list(model.named_parameters()), [*model.named_buffers(), *others]
    if parameters and not any(_known_by(name, p) & there for name, p in parameters):
        raise ValueError(
            f"model expected the network that the tensor was computed with, but none of the parameters of this "
            f"{type(model).__name__} is in the graph"
        )
    known_by = [(name, _known_by(name, tensor)) for name, tensor in [*parameters, *others]]
    missing = [name for name, keys in known_by[len(parameters) :] if not keys & there]
    return {key: name for name, keys in known_by for key in keys}, missing


def _kind(value: Any) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def _known_by(name: str, tensor: Any) -> set[Any]:
    """Return all that may stand for a tensor in a graph."""
    if not isinstance(tensor, Tensor):
        raise TypeError(
            f"draw expected tensors in names, got {type(tensor).__name__} for {name!r}: make it a tensor "
            "first, and compute with that"
        )
    made_by = set() if tensor._op is None else {id(tensor._op)}
    return {id(tensor), memory_of(tensor.array)} | made_by


def _draw_history(root: Tensor, model: Module | None, names: Mapping[str, Tensor], digits: int) -> Drawing:
    nodes, why_not = history(root)
    places = {node: f"n{i}" for i, node in enumerate(_with_unknown(nodes))}
    called, missing = _names(model, names, {node.known_by for node in places})
    label = "\n".join(_remarks(missing, why_not))
    dot = Dot(ranksep="0.35", **({"label": label} if label else {}))
    for node, place in places.items():
        kind = "result" if node is nodes[-1] else node.kind
        name = called.get(node.known_by, "")
        dot.node(place, _label(node, name, digits), kind, **_hints(node))
    for node, place in places.items():
        for each in node.inputs:
            # the chain of operations is drawn as straight as can be, what else they take at its sides
            dot.edge(places[each], place, **({"weight": "9"} if each.kind == "operation" else {}))
    operations = sum(node.kind == "operation" for node in nodes)
    return Drawing(dot.source(), f"the graph of {operations} operation{'s' * (operations > 1)}")


def _remarks(missing: list[str], why_not: str) -> Iterator[str]:
    """Yield what stands below a drawing: what is not in it, and why."""
    if why_not:
        yield f"without gradients: {why_not}"
    if missing:
        yield fill(
            f"not found in the graph: {', '.join(missing)} (it keeps no input that no derivative reads)",
            WIDTH, break_long_words=False,
        )  # fmt: skip


def _with_unknown(nodes: list[Node]) -> list[Node]:
    """Return all nodes, with those of constants that nobody kept before the operation that took them."""
    return list(dict.fromkeys(node for each in nodes for node in (*each.inputs, each)))


def _hints(node: Node) -> dict[str, str]:
    """Return what Graphviz should know of an operation: what it computes, and that a − b is not b − a."""
    if not isinstance(node.source, Operation):
        return {}
    says = (type(node.source).__doc__ or "").partition("\n")[0]
    return {"tooltip": says, **({"ordering": "in"} if type(node.source).__name__ in ORDERED else {})}


def _label(node: Node, name: str, digits: int) -> str:
    value, gradient = node.value, node.gradient
    shape = "" if value is None else shape_of(value.shape)
    if node.kind == "operation":
        rows = [head(type(node.source).__name__, ", ".join(part for part in (name, shape) if part))]
    elif node.kind == "constant" and not name and value is not None and value.size == 1:
        return numbers(value.reshape(()), digits)
    else:
        aside = "not kept" if node.kind == "constant" and value is None else shape
        rows = [head(name or ("requires a gradient" if node.kind == "parameter" else "constant"), aside)]
    if value is not None:
        rows.append(row("value", numbers(value, digits)))
    if gradient is not None:
        rows.append(row("gradient", numbers(gradient, digits)))
    if node.collected is not None and not (gradient is not None and np.array_equal(node.collected, gradient)):
        rows.append(row("grad holds", numbers(node.collected, digits)))
    return table(rows)
