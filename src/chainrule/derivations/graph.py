"""The recorded run with letters for every quantity."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

from chainrule.derivations.expression import Sym
from chainrule.derivations.names import Batch, Gradient, Quantity
from chainrule.derivations.record import Call, Contributions
from chainrule.derivations.rules import Rule, Run
from chainrule.ops import Array

NORMAL = ("", "γ", "β")
PARAMETERS = {
    "Linear": ("", "W", "b"),
    "BatchNorm": NORMAL,
    "LayerNorm": NORMAL,
}  # letters by place among the inputs
LOSS = Sym("L")
SPARE = "tushrkgw"  # letters for what has none of its own


@dataclass
class Graph:
    """Gives every array of the run a letter, in the order of the operations.

    Attributes
    ----------
    batch : Batch
    names : dict
        Dotted names of the parameters, by identity.
    at_most, rows : int
        Terms that are shown of a sum over units, over the batch.
    runs : list of (Call, Run)
    known : dict
        Quantities by the identity of what stands for them in the graph.
    fresh : dict
        By the place of a run: constants that come up there.
    """

    batch: Batch
    names: dict[int, str]
    at_most: int
    rows: int
    runs: list[tuple[Call, Run]] = field(default_factory=list)
    known: dict[int, Quantity] = field(default_factory=dict)
    fresh: dict[int, list[Quantity]] = field(default_factory=dict)
    layer: int | None = None
    taken: set[tuple[str, int | None]] = field(default_factory=set)

    def name(self, node: Any, array: Array, letter: str, layer: int | None = None, **more: Any) -> Quantity:
        """Give an array a letter that no other has, if need be with a prime."""
        others = SPARE if letter in SPARE else letter
        free = (other + "′" * primes for primes in count() for other in others)
        letter = next(other for other in free if (other, layer) not in self.taken)
        self.taken.add((letter, layer))
        self.known[id(node)] = Quantity(letter, layer, array, self.batch, **more)
        return self.known[id(node)]

    def add(self, call: Call, loss: Any = None, in_loss: bool = False) -> None:
        """Enter an operation; ``loss`` is the node of L, and what the loss is computed with is in no layer."""
        if in_loss:
            self.layer = None
        kind = type(call.op).__name__
        rule = Rule.registry.get(kind)
        if rule is not None and rule.opens_layer:
            self.layer = (self.layer or 0) + 1
        inputs = [self._input(call, i, kind) for i in range(len(call.inputs))]
        if call.op is None:
            self.runs.append((call, Run(None, inputs, inputs[0], self.at_most, self.rows)))
            return
        is_loss = loss is not None and call.output is loss
        letter, layer = ("L", None) if is_loss else (rule.letter if rule else "t", self.layer)
        output = self.name(call.output, call.result, letter, layer)
        self.runs.append((call, Run(call.op, inputs, output, self.at_most, self.rows, is_loss=is_loss)))

    def _input(self, call: Call, i: int, kind: str) -> Quantity:
        node, array = call.inputs[i], call.arrays[i]
        found = self.known.get(id(node))
        if found is not None and np.array_equal(found.array, array, equal_nan=array.dtype.kind == "f"):
            return found
        if id(node) in self.names:
            name = self.names[id(node)]
            letters = PARAMETERS.get(kind, ())
            letter, layer = (letters[i], self.layer) if i < len(letters) else (name.rpartition(".")[2], None)
            return self.name(node, array, letter, layer, parameter=True, name=name)
        if array.size == 1:
            return Quantity("c", None, array, self.batch, literal=True)
        constant = self.name(node, array, "c")
        self.fresh.setdefault(len(self.runs), []).append(constant)
        return constant

    def take_gradients(self, totals: dict[int, Array], parts: dict[int, Contributions]) -> dict[int, Gradient]:
        """Give the gradients their names, and every run those of its output and inputs.

        Returns
        -------
        dict of int to Gradient
            By the identity of the node, where the gradient is a sum over several uses.
        """
        deltas = {id(run.output) for call, run in self.runs if _opens_layer(call)}
        by_op = {id(run.op): run for _, run in self.runs}
        sums: dict[int, Gradient] = {}
        for _, run in self.runs:
            if run.op is not None and id(run.op) in totals:
                run.grad = Gradient(run.output, totals[id(run.op)], LOSS, id(run.output) in deltas)
        for node, uses in parts.items():
            for op, i, g in uses:
                run = by_op[id(op)]
                of = run.inputs[i]
                via = run.output.whole if len(uses) > 1 else None
                run.grads[i] = Gradient(of, g, LOSS, id(of) in deltas, via)
                if len(uses) > 1:
                    sums[node] = Gradient(of, totals[node], LOSS, id(of) in deltas)
        return sums


def _opens_layer(call: Call) -> bool:
    rule = Rule.registry.get(type(call.op).__name__)
    return rule is not None and rule.opens_layer


def rule_of(run: Run) -> Rule | None:
    """Return how an operation is written down, if that is known.

    Examples
    --------
    >>> from chainrule import ops
    >>> quantity = Quantity("z", 1, np.zeros(1), Batch(None, 0))
    >>> rule_of(Run(ops.ReLU(), [quantity], quantity, 10, 10)).name
    'ReLU'
    """
    return Rule.registry.get(type(run.op).__name__)
