"""``draw``: pictures of the graph behind a tensor, and of networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from textwrap import fill
from typing import Any

import numpy as np

from chainrule.autograd import refuse_capture
from chainrule.derivations.record import Call, Recorder
from chainrule.drawings.dot import Dot, head, numbers, row, shape_of, table
from chainrule.drawings.drawing import Drawing
from chainrule.drawings.history import Node, history, known_by, memory_of
from chainrule.drawings.network import draw_network
from chainrule.nn import Module
from chainrule.nn.watching import unchanged
from chainrule.ops import Operation
from chainrule.tensor import Tensor

WIDTH = 72  # letters in a line below a drawing
ORDERED = ("Sub", "Div", "Pow", "Mod", "MatMul", "Where")  # whose operands are drawn from left to right


def draw(
    what: Tensor | Callable[[], Tensor] | Module,
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

    Of a function that computes a tensor: the same, and complete. A tensor's graph keeps no constant that no
    derivative reads, as the target of a squared error; of the function, which is run once, all inputs are seen.

    Of a network: its layers, and how many parameters each has. A small fully-connected network is drawn with every
    unit and every weight. It is run once, and left as it was.

    Parameters
    ----------
    what : Tensor, callable or Module
        A function takes nothing and returns the tensor: ``lambda: loss_fn(model(x), y)``. What it does to the
        random numbers and to the buffers of ``model`` is undone.
    x : Tensor or array_like, optional
        For a network: an example or a batch, of which a small network shows the first row's numbers. Without it,
        the network is run on zeros of the size that its first linear layer takes.
    model : Module, optional
        For a graph: whose parameters and buffers are called by their names.
    names : mapping of str to Tensor, optional
        For a graph: what other tensors are called, as in ``names={"x": x, "h": h}``. Those that the graph does
        not hold are listed below the drawing.
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
    >>> draw(lambda: nn.functional.mse_loss(model(x), tensor([[3.0]])), model=model, names={"x": x})
    <Drawing of the graph of 2 operations: save() it, or look at it in a notebook>
    >>> draw(model)
    <Drawing of Linear 2-1, 3 parameters: save() it, or look at it in a notebook>
    """
    refuse_capture("draws a graph", "call draw() outside of it")
    if isinstance(what, Module):
        if model is not None or names is not None:
            raise ValueError("model and names are for the graph of a tensor: leave them out with a network")
        return draw_network(what, x, digits)
    if model is not None and not isinstance(model, Module):
        raise TypeError(f"model expected an nn.Module that was made, as nn.Linear(2, 1), got {_kind(model)}")
    if x is not None:
        raise ValueError("x is for a network, but a tensor or a function was given: leave x out")
    calls = list[Call]()
    if callable(what) and not isinstance(what, type):
        what, calls = _run(what, model)
    if not isinstance(what, Tensor):
        raise TypeError(f"draw expected a tensor, a function that returns one, or an nn.Module, got {_kind(what)}")
    if what._op is None:
        raise ValueError(
            "draw expected a tensor with a history, got one that no recorded operation made: it was made from "
            "none that requires a gradient, under no_grad(), or by a captured function"
        )
    return _draw_history(what, calls, model, {} if names is None else names, digits)


def _run(function: Callable[[], Any], model: Module | None) -> tuple[Any, list[Call]]:
    """Return what a function computes, and the operations that it did with all that they took."""
    recorder = Recorder()
    with unchanged(Module() if model is None else model), recorder.watching(Module()):
        result = function()
    return result, recorder.calls


def _kind(value: Any) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def _draw_history(
    root: Tensor, calls: list[Call], model: Module | None, names: Mapping[str, Tensor], digits: int
) -> Drawing:
    nodes, why_not = history(root, calls)
    parameters = [] if model is None else list(model.named_parameters())
    constants = [*([] if model is None else model.named_buffers()), *_tensors(names)]
    _add_held(nodes, [tensor for _, tensor in constants])
    places = {node: f"n{i}" for i, node in enumerate(_with_unknown(nodes))}
    there = {key for node in places for key in node.known_by}
    if parameters and not any(known_by(p) & there for _, p in parameters):
        raise ValueError(
            f"model expected the network that the tensor was computed with, but none of the parameters of this "
            f"{type(model).__name__} is in the graph"
        )
    called = {key: name for name, tensor in [*parameters, *constants] for key in known_by(tensor)}
    missing = [name for name, tensor in names.items() if not known_by(tensor) & there]
    label = "\n".join(_remarks(missing, bool(calls), why_not))
    dot = Dot(ranksep="0.35", **({"label": label} if label else {}))
    for node, place in places.items():
        kind = "result" if node is nodes[-1] else node.kind
        name = next((called[key] for key in node.known_by if key in called), "")
        dot.node(place, _label(node, name, digits), kind, **_hints(node))
    for node, place in places.items():
        for each in node.inputs:
            # the chain of operations is drawn as straight as can be, what else they take at its sides
            dot.edge(places[each], place, **({"weight": "9"} if each.kind == "operation" else {}))
    operations = sum(node.kind == "operation" for node in nodes)
    return Drawing(dot.source(), f"the graph of {operations} operation{'s' * (operations > 1)}")


def _tensors(names: Mapping[str, Any]) -> Iterator[tuple[str, Tensor]]:
    for name, tensor in names.items():
        if not isinstance(tensor, Tensor):
            raise TypeError(
                f"draw expected tensors in names, got {type(tensor).__name__} for {name!r}: make it a tensor "
                "first, and compute with that"
            )
        yield name, tensor


def _add_held(nodes: list[Node], constants: list[Tensor]) -> None:
    """Add constants that operations hold without taking them, as running statistics."""
    added: dict[int, Node] = {}
    for node in nodes:
        if node.kind == "operation":
            held = {memory_of(each) for each in vars(node.source).values() if isinstance(each, np.ndarray)}
            taken = {key for each in node.inputs for key in each.known_by}
            for tensor in constants:
                if tensor._op is None and memory_of(tensor.array) in held and not known_by(tensor) & taken:
                    constant = Node(tensor, True, value=tensor.array)
                    node.inputs.append(added.setdefault(id(tensor), constant))


def _remarks(missing: list[str], is_complete: bool, why_not: str) -> Iterator[str]:
    """Yield what stands below a drawing: what is not in it, and why."""
    if why_not:
        yield f"without gradients: {why_not}"
    if missing:
        reason = "" if is_complete else " (it keeps no input that no derivative reads; that of a function does)"
        yield fill(f"not found in the graph: {', '.join(missing)}{reason}", WIDTH, break_long_words=False)


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
