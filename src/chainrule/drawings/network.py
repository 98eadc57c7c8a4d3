"""Networks as layers: what they are called with, where their results go, and how many parameters they have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np

from chainrule.derivations.record import Call, Recorder, node_of
from chainrule.drawings.dot import Dot, head, row, shape_of, table
from chainrule.drawings.drawing import Drawing
from chainrule.drawings.neurons import UNITS, WEIGHTS, chain_of, draw_neurons, is_small
from chainrule.nn import Linear, Module
from chainrule.nn.watching import unchanged
from chainrule.tensor import Tensor, as_tensor

TOO_LARGE = f"too large to show each unit: at most {UNITS} a layer, {WEIGHTS} weights in all"


@dataclass(eq=False)
class Layer:
    """A module that was called, or an operation outside of all that have no modules inside.

    Attributes
    ----------
    kind, name : str
        The type, and the module's dotted name; "input" and "output" are no layers.
    sources : list of (Layer, tuple of int)
        Where what goes in comes from, and its shape.
    parameters : dict of int to (str, Tensor)
        Those that it uses, by identity.
    buffers : dict of int to (str, Tensor)
        Those of the module.
    """

    kind: str
    name: str = ""
    sources: list[tuple[Layer, tuple[int, ...]]] = field(default_factory=list)
    parameters: dict[int, tuple[str, Tensor]] = field(default_factory=dict)
    buffers: dict[int, tuple[str, Tensor]] = field(default_factory=dict)


def draw_network(model: Module, x: Any, digits: int) -> Drawing:
    """Draw a network: every unit of a small one, the layers of a large one."""
    inputs = _zeros_for(model) if x is None else _as_input(model, x)
    calls, output = _run(model, inputs, given=x is not None)
    count = sum(p.numel() for p in model.parameters())
    title = f"{type(model).__name__}{_sizes(calls)}, {count:,} parameters"
    chain = chain_of(calls, inputs)
    if chain is not None and is_small(chain):
        return Drawing(draw_neurons(chain, title, x is not None, digits), title)
    caption = title if chain is None else f"{title}\n{TOO_LARGE}"
    return Drawing(_draw_layers(layers(model, calls, inputs, output), caption), title)


def _as_input(model: Module, x: Any) -> Tensor:
    dtype = next((p.dtype for p in model.parameters()), None)
    tensor = as_tensor(x)
    return tensor if hasattr(x, "__array__") or tensor.dtype.kind != "f" else as_tensor(x, dtype)


def _zeros_for(model: Module) -> Tensor:
    """Return two rows of zeros, as many as the first linear layer takes."""
    linear = next((module for module in model.modules() if isinstance(module, Linear)), None)
    if linear is None:
        raise ValueError("draw does not know what this network takes, which has no linear layer: give an x")
    return Tensor(np.zeros((2, linear.in_features), linear.weight.dtype))


def _run(model: Module, x: Tensor, given: bool) -> tuple[list[Call], Any]:
    recorder = Recorder()
    try:
        with unchanged(model), recorder.watching(model):
            output = model(x)
    except Exception as error:
        if given:
            raise
        raise ValueError(
            f"the network could not be run on zeros of shape {tuple(x.shape)}, the size of its first linear "
            f"layer: give an example, as in draw(model, x) ({error})"
        ) from error
    return recorder.calls, output


def _sizes(calls: list[Call]) -> str:
    """Return the sizes of the linear layers, as in " 2-3-1"."""
    shapes = [call.arrays[1].shape for call in calls if type(call.op).__name__ == "Linear"]
    return " " + "-".join(map(str, [shapes[0][1], *(shape[0] for shape in shapes)])) if shapes else ""


def layers(model: Module, calls: list[Call], x: Tensor, output: Any) -> list[Layer]:
    """Return the layers in the order of their calls, between the input and the output."""
    given = Layer("input")
    made_by, by_visit, found = {id(x): given}, dict[int, Layer](), [given]
    parameters = {id(p): (name, p) for name, p in model.named_parameters()}
    modules = dict(model.named_modules())
    for call in calls:
        if call.visit not in by_visit:
            found.append(Layer(call.layer, call.module) if call.visit else Layer(type(call.op).__name__))
        layer = by_visit.get(call.visit, found[-1])
        if call.visit:
            by_visit[call.visit] = layer
            layer.buffers = {id(b): (name, b) for name, b in modules[call.module].named_buffers()}
        for node, array in zip(call.inputs, call.arrays, strict=True):
            if id(node) in parameters:
                layer.parameters[id(node)] = parameters[id(node)]
            elif made_by.get(id(node), layer) is not layer:
                layer.sources.append((made_by[id(node)], array.shape))
        made_by[id(call.output)] = layer
    results = [t for t in (output if isinstance(output, tuple | list) else [output]) if isinstance(t, Tensor)]
    sources = [(made_by[id(node_of(t))], tuple(t.shape)) for t in results if id(node_of(t)) in made_by]
    return [*found, Layer("output", sources=sources)]


def _draw_layers(found: list[Layer], caption: str) -> str:
    dot = Dot(label=caption, ranksep="0.3")
    keys = {layer: f"n{i}" for i, layer in enumerate(found)}
    used: dict[int, str] = {}
    for layer, key in keys.items():
        if layer in (found[0], found[-1]):
            dot.node(key, layer.kind, "constant" if layer is found[0] else "result")
        else:
            rows = [head(layer.kind, layer.name), *_parameters(layer, used)]
            rows += [row("buffers", escape(_listed(layer.buffers)))] if layer.buffers else []
            dot.node(key, table(rows), "parameter" if layer.parameters else "operation")
        for source, shape in layer.sources:
            dot.edge(keys[source], key, label=f" {_features(shape)}")
    return dot.source()


def _parameters(layer: Layer, used: dict[int, str]) -> Iterator[str]:
    """Yield rows for the parameters: those that no layer before has used are counted."""
    own = {key: each for key, each in layer.parameters.items() if key not in used}
    if own:
        yield row("parameters", escape(f"{sum(p.numel() for _, p in own.values()):,}  ({_listed(own)})"))
    if len(own) < len(layer.parameters):
        before = next(used[key] for key in layer.parameters if key in used)
        yield row("parameters", escape(f"those of {before}"))
    used |= dict.fromkeys(own, layer.name or layer.kind)


def _listed(tensors: dict[int, tuple[str, Tensor]]) -> str:
    """Return names with shapes."""
    return ", ".join(f"{name.rpartition('.')[2]} {shape_of(t.shape)}".rstrip() for name, t in tensors.values())


def _features(shape: tuple[int, ...]) -> str:
    """Return a shape without the axis of the batch."""
    return shape_of(shape[1:] if len(shape) > 1 else shape) or "1"
