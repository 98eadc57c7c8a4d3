"""The parameters of an optimiser, their gradients and its state, side by side in contiguous vectors.

A step is then a few passes over one vector instead of several small operations for each parameter. The vectors
are walked in blocks that stay in the processor's cache from the first pass to the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise
from typing import Any, TypeAlias

import numpy as np

from chainrule import dtypes
from chainrule.ops import Array
from chainrule.tensor import Tensor

BLOCK = 65_536  # elements: with its state and scratch, a block of Adam stays in the cache of one core


State: TypeAlias = dict[Tensor, dict[str, Any]]  # parameter → name → tensor


@dataclass(slots=True)
class Block:
    """A piece of the parameters, with what belongs to it. All arrays are of one axis and one length."""

    values: Array
    grad: Array
    state: dict[str, Array]
    numbers: dict[str, Array]  # of the state, those that are one for each parameter, without axes
    first: bool  # whether these parameters have had no update before
    scratch: tuple[Array, Array, Array]


class FlatParameters:
    """Parameters of one dtype in one vector, of which each becomes a view.

    Parameters
    ----------
    params : list of Tensor
        Leaves of one dtype. Their arrays are replaced by views of ``values``, with the same values.
    state : dict
        The optimiser's state: parameter → name → tensor. Tensors found there keep their values and become views.
    names : tuple of str
        Which state vectors there are.
    numbers : tuple of str
        Which single numbers the state of each parameter has.
    """

    def __init__(
        self, params: list[Tensor], state: State, names: tuple[str, ...], numbers: tuple[str, ...]
    ) -> None:
        _check_apart(params)
        self.params, self.names = params, names
        self.dtype = params[0].dtype
        self.bounds = np.cumsum([0, *(p.numel() for p in params)]).tolist()
        total = self.bounds[-1]
        self.values = np.empty(total, self.dtype)
        self.grads = np.empty(total, self.dtype)
        self.state = {name: np.zeros(total, self.dtype) for name in names}
        self.views = self._cut_up(self.values)
        self.grad_views = self._cut_up(self.grads)
        kind = dtypes.float64 if dtypes.get_default_dtype() == dtypes.float64 else dtypes.float32
        self.numbers = {name: [np.zeros((), kind) for _ in params] for name in numbers}
        self.state_views = {**self.numbers, **{name: self._cut_up(v) for name, v in self.state.items()}}
        self.parts = list(zip(params, self.views, self.grad_views, strict=True))
        self.known = [False] * len(params)  # whether the state of a parameter is in use
        self._blocks: dict[tuple[int, int, bool], list[Block]] = {}
        # without state, an update is one pass, which the BLAS cuts by itself
        self.block = min(BLOCK, total) if names else total
        self.scratch = tuple(np.empty(self.block, self.dtype) for _ in range(3))
        for i, p in enumerate(params):
            _adopt(p, self.views[i])
            if p._grad is None:
                p._grad_memory = self.grad_views[i]
            if p in state:
                self._take_state(i, state[p])

    def _cut_up(self, vector: Array) -> list[Array]:
        """Return the views of a vector that belong to the parameters, in their shapes."""
        pieces = np.split(vector, self.bounds[1:-1])
        return [piece.reshape(p.array.shape) for piece, p in zip(pieces, self.params, strict=True)]

    def _take_state(self, i: int, entry: dict[str, Any]) -> None:
        """Move the state of a parameter to its place; what it lacks is zero."""
        self.known[i] = any(name in entry for name in self.state_views)
        if not self.known[i]:
            return
        for name, views in self.state_views.items():
            if name not in entry:
                entry[name] = Tensor(views[i])
            elif name in self.numbers:
                views[i] = entry[name].array
            else:
                np.copyto(views[i], entry[name].array)
                entry[name].array = views[i]

    def fits(self, state: State, names: tuple[str, ...]) -> bool:
        """Return whether parameters and state still are what was laid out here, and not what a user put there."""
        if names != self.names:
            return False
        for i, p in enumerate(self.params):
            view = self.views[i]
            if p.array is not view and (p.array.dtype != self.dtype or p.array.shape != view.shape):
                return False
            if self.state_views and not self._holds(i, state.get(p)):
                return False
        return True

    def _holds(self, i: int, entry: dict[str, Any] | None) -> bool:
        """Return whether the state that users see of a parameter is the one that is held here."""
        if not entry:
            return not self.known[i]
        return all(name in entry and entry[name].array is views[i] for name, views in self.state_views.items())

    def state_of(self, i: int) -> dict[str, Tensor]:
        """Return the state of one parameter, as tensors that share the memory of the vectors."""
        return {name: Tensor(views[i]) for name, views in self.state_views.items()}

    def runs(self) -> list[tuple[int, int, Array]]:
        """Return (first, last, gradients) of neighbouring parameters that can be updated in one go.

        Neighbours have a gradient, and the same numbers in their state.
        """
        missing = elsewhere = False
        for p, view, grad_view in self.parts:
            if p.array is not view:
                self._check_is_no_other(p)
                _adopt(p, view)
            if p._grad is None:
                missing = True
            elif p._grad.array is not grad_view:
                elsewhere = True
        grads = self._gather() if elsewhere else self.grads
        kinds = self._kinds()
        if not missing and kinds.count(kinds[0]) == len(kinds):
            return [(0, len(self.params), grads)]
        runs, first = [], 0
        for kind, run in groupby(
            None if p._grad is None else kind for p, kind in zip(self.params, kinds, strict=True)
        ):
            last = first + len(list(run))
            if kind is not None:
                runs.append((first, last, grads))
            first = last
        return runs

    def _check_is_no_other(self, parameter: Tensor) -> None:
        """Raise where a parameter was given the memory of another one."""
        if np.may_share_memory(parameter.array, self.values):
            for other, view in zip(self.params, self.views, strict=True):
                if other is not parameter and np.shares_memory(parameter.array, view):
                    raise ValueError(_SHARED.format(parameter.array.shape, other.array.shape))

    def _kinds(self) -> list[tuple[float, ...]]:
        """Return of every parameter what must be equal to update it together with its neighbour."""
        if not self.state_views:
            return [()] * len(self.params)
        numbers = [[number.item() for number in views] for views in self.numbers.values()]
        return list(zip(self.known, *numbers, strict=True))

    def _gather(self) -> Array:
        """Copy the gradients to a second vector: one lies elsewhere, because its memory was shown to a user.

        All are copied, so that the blocks are the same, and with them the last bits of the results: the BLAS
        rounds the last elements of a block in another way.
        """
        for p, part in zip(self.params, self._cut_up(self.gathered), strict=True):
            if p._grad is not None:
                np.copyto(part, p._grad.array)
        return self.gathered

    @cached_property
    def gathered(self) -> Array:
        """Where gradients are gathered."""
        return np.empty_like(self.grads)

    def blocks(self, first: int, last: int, grads: Array) -> list[Block]:
        """Return a run of parameters in blocks."""
        key = first, last, grads is self.grads
        if key not in self._blocks:
            self._blocks[key] = list(self._cut(self.bounds[first], self.bounds[last], grads))
        numbers = {name: views[first] for name, views in self.numbers.items()}
        for block in self._blocks[key]:
            block.numbers, block.first = numbers, not self.known[first]
        return self._blocks[key]

    def updated(self, first: int, last: int) -> None:
        """Learn that a run of parameters was updated, and the numbers of the first changed, to be those of all."""
        for views in self.numbers.values():
            for view in views[first + 1 : last]:
                view[...] = views[first]
        for i in range(first, last):
            self.known[i] = True
            self.params[i]._touch()

    def _cut(self, origin: int, end: int, grads: Array) -> Iterator[Block]:
        for start in range(origin, max(end, origin + 1), max(self.block, 1)):  # one at least, of empty parameters
            part = slice(start, min(start + self.block, end))
            length = part.stop - start
            yield Block(
                self.values[part],
                grads[part],
                {name: vector[part] for name, vector in self.state.items()},
                {},
                True,
                (self.scratch[0][:length], self.scratch[1][:length], self.scratch[2][:length]),
            )


_SHARED = (
    "parameters of shapes {} and {} share memory, and an optimizer would part them, because it moves each to "
    "a place of its own: use one nn.Parameter in both modules"
)


def _check_apart(params: list[Tensor]) -> None:
    """Raise where two parameters share memory."""
    in_order = sorted((p for p in params if p.array.size), key=lambda p: p.array.ctypes.data)
    for one, other in pairwise(in_order):
        if np.shares_memory(one.array, other.array):
            raise ValueError(_SHARED.format(one.array.shape, other.array.shape))


def _adopt(parameter: Tensor, view: Array) -> None:
    """Copy the values of a parameter to its place in the vector, and make it a view of that."""
    np.copyto(view, parameter.array)
    parameter.array = view
