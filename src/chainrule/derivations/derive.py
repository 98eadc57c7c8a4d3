"""``explain``: a step of training with every number shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.autograd import refuse_capture
from chainrule.derivations.arguments import as_input, batch_of, check_arguments, comparable, focus_of
from chainrule.derivations.derivation import Derivation
from chainrule.derivations.expression import Expr, Sym, total
from chainrule.derivations.graph import Graph, rule_of
from chainrule.derivations.names import At, Batch, Gradient, Quantity
from chainrule.derivations.record import Call, Contributions, Recorder, gradients, node_of
from chainrule.derivations.rounding import Rounding
from chainrule.derivations.rules import Run
from chainrule.derivations.steps import Equation, Line, Section, Step, Values
from chainrule.derivations.text import TextWriter
from chainrule.derivations.updates import update_steps
from chainrule.nn import Module
from chainrule.nn.watching import unchanged
from chainrule.optim import Optimizer
from chainrule.tensor import Tensor

LIMIT = 200  # parameters and activations of a network that is shown in full
IN_FULL = 10**9, 8  # terms that are shown of a sum over units, over the batch
OF_NEURON = 10, 3
WEIGHTS = 5  # of a neuron, whose gradients are shown


def explain(
    model: Module,
    x: Any,
    y: Any = None,
    loss_fn: Callable[..., Any] | None = None,
    optimizer: Optimizer | None = None,
    *,
    digits: int = 4,
    neuron: tuple[str, int] | None = None,
    weight: tuple[str, int, int] | None = None,
    sample: int = 0,
) -> Derivation:
    """Show how every number of a step of training comes about: forward, loss, backward, update.

    The model is run on ``x``, in the mode that it is in, and left as it was: parameters, gradients, buffers,
    optimiser and random numbers. The gradients are those of this step alone, whatever ``grad`` holds.

    Parameters
    ----------
    model : Module
    x : Tensor or array_like
        One example, shape (features,), or a batch, (rows, features).
    y : Tensor or array_like, optional
        The target. For an output of one number, a single number will do.
    loss_fn : callable, optional
        Called with the output and ``y``. Without it, there is only the forward pass.
    optimizer : Optimizer, optional
        Of the parameters of model. Without it, there is no update.
    digits : int
        Places that are shown. All are computed with.
    neuron : (str, int), optional
        The name of a linear layer, as in ``named_modules()``, and the unit, from 0. Shown is only what goes in and
        out of that unit, the largest terms first: the way to look into a large network.
    weight : (str, int, int), optional
        The same of a single weight: the layer, the unit, and the unit or feature before it, from 0.
    sample : int
        The row of the batch that is shown, from 0.

    Returns
    -------
    Derivation

    Raises
    ------
    TooLargeError
        A ValueError: if the network is too large to be shown in full and neither neuron nor weight is named.
    TypeError, ValueError
        If an argument does not fit.

    Examples
    --------
    >>> from chainrule import nn, tensor, no_grad
    >>> layer = nn.Linear(2, 1)
    >>> with no_grad():
    ...     _ = layer.weight.copy_(tensor([[0.5, -0.3]])), layer.bias.fill_(0.1)
    >>> print(explain(layer, [2.0, -1.0]))  # doctest: +ELLIPSIS
    Linear 2-1
    ...
       z⁽¹⁾ = W₁₁⁽¹⁾·x₁ + W₁₂⁽¹⁾·x₂ + b⁽¹⁾ = 0.5·2 + (−0.3)·(−1) + 0.1
            = 1 + 0.3 + 0.1 = 1.4
    ...
    """
    refuse_capture("explains a step", "call explain() outside of it")
    check_arguments(model, y, loss_fn, optimizer)
    focus = focus_of(model, neuron, weight)
    dtype = next((p.dtype for p in model.parameters()), None)
    inputs, target = as_input(x, dtype, "fiu"), None if y is None else as_input(y, dtype, "f")
    batch = batch_of(inputs, sample)
    recorder = Recorder()
    with unchanged(model), recorder.watching(model):
        output = model(inputs)
        first_of_loss = len(recorder.calls)
        target = comparable(target, output, loss_fn, hasattr(y, "__array__"))
        loss = None if loss_fn is None else loss_fn(output, *([] if target is None else [target]))
    calls = recorder.calls
    _check_loss(loss)
    names = {id(p): name for name, p in model.named_parameters()}
    graph = Graph(batch, names, *(IN_FULL if focus is None else OF_NEURON))
    graph.name(inputs, inputs.array.copy(), "x")
    if target is not None:
        graph.name(target, target.array.copy(), "y")
    node = None if loss is None else node_of(loss)
    for i, call in enumerate(calls):
        graph.add(call, node, i >= first_of_loss)
    totals, parts = dict[int, Any](), dict[int, Contributions]()
    if loss is not None and loss.requires_grad:
        recorded = [call.op for call in reversed(calls) if call.op is not None and call.output is call.op]
        totals, parts = gradients(recorded, node, np.ones_like(loss.array))
    sums = graph.take_gradients(totals, parts)
    story = _Story(graph, first_of_loss, sums, {id(p): p for p in model.parameters()})
    if focus is None:
        _check_size(graph, model)
        sections = story.in_full(inputs, target, output, optimizer)
    else:
        sections = story.of_unit(focus, loss, optimizer)
    rounding = Rounding(digits, float(np.finfo(output.array.dtype).eps))
    return Derivation(_title(model, focus, graph), _note(batch, digits), sections, rounding)


def _check_loss(loss: Any) -> None:
    if loss is None:
        return
    if not isinstance(loss, Tensor):
        raise TypeError(f"loss_fn expected to return a tensor, got {type(loss).__name__}")
    if loss.array.size != 1:
        raise ValueError(
            f"loss_fn expected to return one number, got shape {tuple(loss.shape)}: use reduction='mean' or 'sum'"
        )


class TooLargeError(ValueError):
    """A network is too large to be shown in full.

    Parameters
    ----------
    size : int
        Its parameters and activations.
    layers : dict of str to int
        The units of each linear layer, by its name.

    Examples
    --------
    >>> print(TooLargeError(300, {"0": 20}))  # doctest: +ELLIPSIS
    explain shows all numbers of a network of at most 200 ... neuron=("0", 0); there are "0" (20 units)
    """

    def __init__(self, size: int, layers: dict[str, int]) -> None:
        self.size, self.layers = size, layers
        super().__init__(self.naming(f'neuron=("{self.first}", 0)'))

    @property
    def first(self) -> str:
        """The name of the first layer."""
        return next(iter(self.layers), "linear1")

    def naming(self, example: str) -> str:
        """Return the sentence with an example of how a unit is named."""
        there = ", ".join(f'"{name}" ({units} units)' for name, units in self.layers.items())
        return (
            f"explain shows all numbers of a network of at most {LIMIT} parameters and activations, this one has "
            f"{self.size}: name a layer and one of its units, as in {example}; there are {there or 'none'}"
        )


def _check_size(graph: Graph, model: Module) -> None:
    size = sum(p.numel() for p in model.parameters())
    size += sum(run.output.of_sample().size for _, run in graph.runs if run.op is not None and not run.is_loss)
    if size > LIMIT:
        raise TooLargeError(size, _layers(graph))


def _layers(graph: Graph) -> dict[str, int]:
    """Return the units of each linear layer that was called, by its name in the model."""
    return {
        call.module: run.inputs[1].array.shape[0] for call, run in graph.runs if type(call.op).__name__ == "Linear"
    }


def _title(model: Module, focus: tuple[Any, ...] | None, graph: Graph) -> str:
    shapes = [call.arrays[1].shape for call, _ in graph.runs if type(call.op).__name__ == "Linear"]
    sizes = "-".join(map(str, [*(shapes[0][1:] if shapes else ()), *(shape[0] for shape in shapes)]))
    title = f"{type(model).__name__} {sizes}".strip()
    if focus is None:
        return title
    module, unit, *before = focus
    return f"{title}: {module or 'the layer'}, unit {unit}" + (f", weight {before[0]}" if before else "")


def _note(batch: Batch, digits: int) -> str:
    note = f"Numbers are rounded to {digits} places, small ones to {max(digits - 1, 1)} digits; computed with all."
    if batch.rows is not None and batch.rows > 1:
        note += (
            f" The batch has {batch.rows} rows; shown is row {batch.sample + 1} (sample={batch.sample}). What "
            "belongs to another row carries its number in brackets, as x₁[2]."
        )
    return note


# ---- what is told ----------------------------------------------------------------------------------------------


@dataclass
class _Story:
    """Tells a run in sections."""

    graph: Graph
    first_of_loss: int
    sums: dict[int, Gradient]
    parameters: dict[int, Tensor]
    focus: dict[int, list[At]] | None = None  # by quantity: the places that are shown, if not all are

    def in_full(self, x: Tensor, y: Tensor | None, output: Tensor, optimizer: Optimizer | None) -> list[Section]:
        """Show every number."""
        runs = self.graph.runs
        forward = [self._forward(i) for i in range(self.first_of_loss)]
        forward += self._output(output)
        sections = [Section("Given", self._given()), Section("Forward", forward)]
        if len(runs) > self.first_of_loss:
            loss = [self._forward(i) for i in range(self.first_of_loss, len(runs))]
            sections.append(Section("Loss", loss))
        sections += self._back_sections(optimizer)
        return sections

    def of_unit(
        self, focus: tuple[Any, ...], loss: Tensor | None, optimizer: Optimizer | None
    ) -> list[Section]:  # fmt: skip
        """Show what goes in and out of one unit, or of one of its weights."""
        graph, layers, (module, unit, *before) = self.graph, _layers(self.graph), focus
        what = "weight" if before else "neuron"
        if module not in layers:
            there = ", ".join(f'"{name}"' for name in layers) or "none"
            raise ValueError(f'{what} expected the name of a linear layer, got "{module}": there are {there}')
        self.focus, shown, weight = {}, [], ""
        for i, (call, run) in enumerate(graph.runs[: self.first_of_loss]):
            if call.module == module and type(call.op).__name__ == "Linear":
                for kind, named, size in zip(
                    ("unit", "input"), focus[1:], run.inputs[1].array.shape, strict=False
                ):
                    if not 0 <= named < size:
                        raise ValueError(f'"{module}" has {kind}s 0 to {size - 1}, {what} named {kind} {named}')
                self._look_at(run, unit, *before)
                weight = TextWriter().write(run.inputs[1].at((unit, before[0]))) if before else ""
            elif self._follows(run):
                self.focus[id(run.output)] = self.focus[id(run.inputs[0])]
            else:
                continue
            shown.append(i)
        counted = f"Unit {unit} is number {unit + 1}"
        if before:
            counted += f" and input {before[0]} is number {before[0] + 1}"
        note = f"{counted} in the formulas, which count from 1{f': the weight is {weight}' if weight else ''}."
        sections = [Section("Forward", [self._forward(i) for i in shown], note)]
        if loss is not None:
            last = graph.known[id(node_of(loss))]
            values = (Values(last.whole, last.array, "the loss"),)
            sections.append(Section("Loss", [Step("", values=values)]))
        return sections + self._back_sections(optimizer)

    def _follows(self, run: Run) -> bool:
        rule = rule_of(run)
        assert self.focus is not None
        return rule is not None and rule.elementwise and id(run.inputs[0]) in self.focus

    def _look_at(self, run: Run, unit: int, before: int | None = None) -> None:
        """Look at one pre-activation, and at the weights behind its largest terms, or at one weight."""
        assert self.focus is not None
        x, W, *b = run.inputs
        at = next(iter(run.output.places()))[:-1]
        self.focus[id(run.output)] = [(*at, unit)]
        if before is not None:
            self.focus[id(W)], run.first = [(unit, before)], before
            return
        order = np.argsort(-np.abs(W.array[unit] * x.array[at]), kind="stable")[:WEIGHTS]
        self.focus[id(W)] = [(unit, int(j)) for j in order]
        self.focus |= {id(bias): [(unit,)] for bias in b}

    def _places(self, q: Quantity) -> Iterable[At]:
        return q.places() if self.focus is None else self.focus.get(id(q), [])

    # ---- what is given -----------------------------------------------------------------------------------------

    def _given(self) -> list[Step]:
        known = self.graph.known.values()
        rows = [Values(q.whole, q.of_sample()) for q in known if (q.letter, q.layer) in (("x", None), ("y", None))]
        parameters = [Values(q.whole, q.array, q.name) for q in known if q.parameter]
        return [Step("", values=(*rows, *parameters))]

    def _output(self, output: Any) -> list[Step]:
        if not isinstance(output, Tensor) or id(node_of(output)) not in self.graph.known:
            return []
        q = self.graph.known[id(node_of(output))]
        lines = [Line(_hat(q.at(at)), q.at(at), float(q.array[at])) for at in q.places()]
        equations = _not_said_twice([Equation(Sym("ŷ"), (q.whole,))], lines)
        return [Step("Output of the network", equations, tuple(lines))]

    # ---- forward -----------------------------------------------------------------------------------------------

    def _forward(self, i: int) -> Step:
        call, run = self.graph.runs[i]
        rule, constants = rule_of(run), self.graph.fresh.get(i, [])
        values = tuple(Values(q.whole, q.of_sample(), "a constant") for q in constants)
        if run.op is None:
            mode = "" if call.training else " in evaluation mode"
            return Step(_called(call), note=f"{call.layer}{mode} passes its input on as it is.")
        if rule is None:
            values += tuple(Values(q.whole, q.of_sample(), "goes in") for q in run.inputs)
            values += (Values(run.output.whole, run.output.of_sample(), "comes out"),)
            return Step(_called(call), values=values, note="Shown without a formula.")
        lines = [line for at in self._places(run.output) for line in rule.forward(run, at)]
        equations = _not_said_twice([Equation(run.output.whole, rule.formula(run))], lines)
        return Step(_called(call), equations, tuple(lines), values + rule.values(run))

    # ---- backward ----------------------------------------------------------------------------------------------

    def _back_sections(self, optimizer: Optimizer | None) -> list[Section]:
        if not any(run.grad for _, run in self.graph.runs):
            return []
        deltas = [run.grad for _, run in self.graph.runs if run.grad is not None and run.grad.is_delta]
        note = "δ is ∂L/∂z, the gradient of the loss by a pre-activation. " if deltas else ""
        if self.sums:
            note += "What is used several times has a gradient by each use, named after a bar."
        sections = [Section("Backward", self._backward(), note.strip())]
        if optimizer is not None:
            steps = update_steps(optimizer, self._trained(), self._places, self.focus is None)
            none = "" if steps else "The optimizer has no parameter of what is shown: nothing of it changes."
            sections.append(Section("Update", steps, none))
        return sections

    def _backward(self) -> list[Step]:
        steps, pending = list[Step](), dict(self.sums)
        for call, run in reversed(self.graph.runs):
            if run.op is not None and id(run.op) in pending:  # all its uses are behind us
                steps.append(self._sum(id(run.op), pending.pop(id(run.op))))
            if run.grad is not None and run.op is not None:
                steps += self._back_through(call, run)
        steps += [self._sum(node, grad) for node, grad in pending.items()]
        return [step for step in steps if step.lines or step.values]

    def _back_through(self, call: Call, run: Run) -> list[Step]:
        rule = rule_of(run)
        shown = [i for i in sorted(run.grads, key=lambda i: not run.inputs[i].parameter) if self._shows(run, i)]
        if rule is None:
            if self.focus is not None:
                return []
            values = [Values(run.grads[i].whole, self._of_sample(run.grads[i])) for i in shown]
            return [Step(f"Back through {_called(call)}", values=tuple(values))]
        general = [Equation(run.grads[i].whole, rule.slope(run, i)) for i in shown]
        lines = [line for i in shown for at in self._places(run.inputs[i]) for line in rule.backward(run, i, at)]
        whole = [run.grads[i] for i in shown if run.inputs[i].parameter and run.inputs[i].array.ndim > 1]
        values = [Values(grad.whole, grad.array) for grad in whole] if self.focus is None else []
        equations = _not_said_twice(general, lines)
        return [Step(f"Back through {_called(call)}", equations, tuple(lines), tuple(values))]

    def _shows(self, run: Run, i: int) -> bool:
        return self.focus is None or id(run.inputs[i]) in self.focus

    def _of_sample(self, grad: Gradient) -> Any:
        return grad.array[grad.of.batch.sample] if grad.of.by_row else grad.array

    def _sum(self, node: int, grad: Gradient) -> Step:
        """Add up the gradients of something that was used several times."""
        parts = [
            run.grads[i] for call, run in reversed(self.graph.runs) if run.op is not None
            for i in run.grads if run.op.inputs[i] is not None and id(run.op.inputs[i]) == node
        ]  # fmt: skip
        whole: Expr = total([part.whole for part in parts])
        lines = [
            Line(grad.at(at), total([part.at(at) for part in parts]), float(grad.array[at]))
            for at in self._places(grad.of)
        ]
        name = grad.of.name or TextWriter().write(grad.of.whole)
        title = f"{name} was used {len(parts)} times: its gradients are added"
        return Step(title, (Equation(grad.whole, (whole,)),), tuple(lines))

    # ---- update ------------------------------------------------------------------------------------------------

    def _trained(self) -> list[tuple[Tensor, Quantity, Gradient]]:
        """Return the parameters that have a gradient, in the order of the model, with their names."""
        grads: dict[int, Gradient] = {}
        for _, run in self.graph.runs:
            for i, grad in run.grads.items():
                grads[id(run.op.inputs[i])] = grad
        grads |= self.sums
        return [(p, grads[key].of, grads[key]) for key, p in self.parameters.items() if key in grads]


def _called(call: Call) -> str:
    """Return what a step is called: the module's name and type, or the operation's."""
    kind = type(call.op).__name__ if call.op is not None else call.layer
    if kind == "Linear":
        outputs, inputs = call.arrays[1].shape
        kind = f"Linear, {inputs} → {outputs}"
    return f"{call.module}: {kind}" if call.module else kind


def _not_said_twice(equations: Iterable[Equation], lines: Iterable[Line]) -> tuple[Equation, ...]:
    """Leave out general formulas that a line begins with, because there is but one number."""
    write = TextWriter().write
    said = {(write(line.name), write(line.formula)) for line in lines}
    return tuple(e for e in equations if len(e.forms) > 1 or (write(e.name), write(e.forms[0])) not in said)


def _hat(x: Sym) -> Sym:
    """Return the symbol of the output that is another name for ``x``."""
    return Sym("ŷ", x.number, x.index, None, x.row)
