"""Operations that move numbers and compute nothing: where each comes from is found by moving their positions."""

from __future__ import annotations

from copy import copy
from typing import ClassVar

import numpy as np

from chainrule.derivations.expression import Expr, Fn, expr
from chainrule.derivations.names import At
from chainrule.derivations.rules.rule import Rule, Run, abridged
from chainrule.derivations.steps import Line
from chainrule.ops import Array


class Move(Rule):
    """The same numbers in other places."""

    operations: ClassVar[tuple[str, ...]] = (
        "Permute",
        "Expand",
        "Stack",
        "Cat",
        "SetIndex",
        "SetView",
        "TakeView",
        "Clone",
        "Cast",
    )
    moved: ClassVar[slice] = slice(None)  # the inputs whose numbers are moved; others say where to

    def formula(self, run: Run) -> tuple[Expr, ...]:  # noqa: D102
        return (Fn(tuple(q.whole for q in run.inputs[self.moved]), type(run.op).__name__.lower(), np.float64),)

    def forward(self, run: Run, at: At) -> list[Line]:  # noqa: D102
        i, place = self._source(run, at)
        return [Line(run.output.at(at), run.inputs[i].at(place), float(run.output.array[at]))]

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:  # noqa: D102
        assert run.grad is not None
        return (Fn((run.grad.whole,), "back", np.float64),)

    def backward(self, run: Run, i: int, at: At) -> list[Line]:  # noqa: D102
        position = self._starts(run)[i] + (np.ravel_multi_index(at, run.inputs[i].array.shape) if at else 0)
        uses = np.argwhere(self._positions(run) == position)
        value = abridged([run.upstream(tuple(map(int, use)), expr(1)) for use in uses], run.rows)
        return [Line(run.grads[i].at(at), value, float(run.grads[i].array[at]))]

    def _source(self, run: Run, at: At) -> tuple[int, At]:
        """Return which input a number of the output comes from, and its place there."""
        position = int(self._positions(run)[at])
        i, start = next(pair for pair in reversed(self._starts(run).items()) if pair[1] <= position)
        return i, tuple(int(j) for j in np.unravel_index(position - start, run.inputs[i].array.shape))

    def _starts(self, run: Run) -> dict[int, int]:
        """Return the position of the first number of each input that is moved; empty inputs have none."""
        starts, start = dict[int, int](), 0
        for i in range(len(run.inputs))[self.moved]:
            if run.inputs[i].array.size:
                starts[i] = start
            start += run.inputs[i].array.size
        return starts

    def _positions(self, run: Run) -> Array:
        """Move the positions of the inputs' numbers, counted through, as the operation moves the numbers."""
        arrays = [q.array for q in run.inputs]
        for i, start in self._starts(run).items():
            # of the same dtype, because some operations count in bytes
            positions = np.arange(start, start + arrays[i].size, dtype=arrays[i].dtype)
            arrays[i] = positions.reshape(arrays[i].shape)
        twin = copy(run.op)
        twin.y = None
        return np.asarray(twin.forward(*arrays))


class Reshape(Move):
    """The same numbers in another shape."""

    operations = ("Reshape",)
    letter = "f"


class Index(Move):
    """Some of the numbers: by slices and positions, or along one axis."""

    operations = ("Diagonal", "Gather", "Index")
    moved = slice(1)


class Scatter(Move):
    """The same numbers, but for those put at positions along one axis."""

    operations = ("Scatter",)
    moved = slice(None, None, 2)


class Embedding(Move):
    """Rows of a table; the row of the padding gets no gradient."""

    operations = ("Embedding",)
    letter = "e"
    moved = slice(1, None)

    def backward(self, run: Run, i: int, at: At) -> list[Line]:  # noqa: D102
        (line,) = super().backward(run, i, at)
        if at[0] == run.op.padding_idx:
            return [Line(line.name, expr(0), line.result, "the row of the padding")]
        times = int(np.count_nonzero(run.inputs[0].array == at[0]))
        if not run.op.by_frequency or times < 2:
            return [line]
        return [Line(line.name, line.formula / times, line.result, f"the row was taken {times} times")]
