"""Recordings: what a function did with tensors, as a list of actions that do it again."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from operator import itemgetter
from time import perf_counter
from typing import Any, TypeAlias

import numpy as np

from chainrule import autograd
from chainrule.ops import Array, Operation
from chainrule.tensor import Tensor

Action: TypeAlias = Callable[[], object]


class Slot(int):
    """The number of a slot, in the place of a tensor."""


def mapped(value: Any, function: Callable[[Any], Any]) -> Any:
    """Return tuples, lists and dicts, one in another, with ``function`` of everything else in its place.

    Examples
    --------
    >>> mapped({"a": (1, [2])}, str)
    {'a': ('1', ['2'])}
    """
    if isinstance(value, tuple | list):
        parts = [mapped(part, function) for part in value]
        return (
            type(value)(*parts) if hasattr(value, "_fields") else tuple(parts) if type(value) is tuple else parts
        )
    if isinstance(value, dict):
        return {name: mapped(part, function) for name, part in value.items()}
    return function(value)


class Leaf:
    """A tensor from outside, as it was when its values were read."""

    __slots__ = ("array", "needs", "slot", "tensor")

    def __init__(self, tensor: Tensor, slot: int) -> None:
        self.tensor, self.slot, self.array, self.needs = tensor, slot, tensor.array, tensor._requires_grad

    def follow(self) -> bool:
        """Take another array that the tensor has got, and return whether shape, dtype and layout are the same."""
        array, before = self.tensor.array, self.array
        if (array.shape, array.strides, array.dtype) != (before.shape, before.strides, before.dtype):
            return False
        self.array = array
        return True


class Recording:
    """What a function did, to be done again.

    Parameters
    ----------
    actions : list of (str, callable)
        With their names.
    values : list of ndarray
        The slots that the actions read and write; the arguments come first.
    leaves : list of Leaf
        The tensors from outside.
    modes : list of (Module, bool)
        The modules whose mode was asked for, and that.
    constants : list of (Tensor, ndarray, int or None)
        Tensors whose values operations hold, with array and version of then; without a version if changes in
        place are seen.
    result : object
        What the function returned, with a `Slot` for every tensor.
    log : list
        The same as ``actions``, in a form that can be compared.

    Attributes
    ----------
    confirmed : bool
        Whether another call did the same.
    """

    def __init__(
        self,
        actions: list[tuple[str, Action]],
        values: list[Any],
        leaves: list[Leaf],
        modes: list[tuple[Any, bool]],
        constants: list[tuple[Tensor, Array, int | None]],
        result: Any,
        log: list[Any],
    ) -> None:
        self.names, self.actions = [name for name, _ in actions], [action for _, action in actions]
        self.values, self.leaves, self.modes = values, leaves, modes
        self.constants, self.result, self.log = constants, result, log
        self.structure = autograd.structure.version
        self.confirmed = False

    def holds(self) -> bool:
        """Return whether what the recording stands on is as it was: modules, modes, and tensors from outside."""
        if autograd.structure.version != self.structure:
            return False
        for leaf in self.leaves:
            tensor = leaf.tensor
            if tensor._requires_grad is not leaf.needs or (tensor.array is not leaf.array and not leaf.follow()):
                return False
        for module, training in self.modes:
            if module.__dict__["training"] is not training:
                return False
        for tensor, array, version in self.constants:
            if tensor.array is not array or version not in (None, tensor._owner().version):
                return False
        return True

    def replay(self, arrays: list[Array]) -> Any:
        """Do it again with other arguments, and return copies of the results."""
        self._begin(arrays)
        with np.errstate(all="ignore"):
            for action in self.actions:
                action()
        return self.returned()

    def timed(self, arrays: list[Array]) -> list[float]:
        """Do it again with other arguments, and return the seconds that each action takes."""
        self._begin(arrays)
        times = [perf_counter()]
        with np.errstate(all="ignore"):
            for action in self.actions:
                action()
                times.append(perf_counter())
        return [end - start for start, end in pairwise(times)]

    def _begin(self, arrays: list[Array]) -> None:
        values = self.values
        values[: len(arrays)] = arrays
        for leaf in self.leaves:
            values[leaf.slot] = leaf.array

    def returned(self) -> Any:
        """Return copies of the results."""
        return mapped(self.result, self._copied)

    def _copied(self, slot: Slot | None) -> Tensor | None:
        return None if slot is None else Tensor(np.array(self.values[slot]))


# ---- actions ----------------------------------------------------------------------------------------------------


def forward_action(op: Operation, values: list[Any], sources: list[int], slot: int, is_scalar: bool) -> Action:
    """Return what runs an operation forward, from slots to a slot."""

    def forward_scalar() -> None:  # NumPy makes a scalar of a result without axes, see ``tensor.apply``
        y = np.asarray(op.forward(*[values[i] for i in sources]))
        if op.y is not None:
            op.y = y
        values[slot] = y

    def forward_one() -> None:
        values[slot] = op.forward(values[source])

    def forward_some() -> None:
        values[slot] = op.forward(*take(values))

    if is_scalar or not sources:
        return forward_scalar
    if len(sources) == 1:
        (source,) = sources
        return forward_one
    take = itemgetter(*sources)
    return forward_some


def backward_action(
    op: Operation,
    values: list[Any],
    slot: int,
    leaves: list[tuple[int, Any]],
    targets: list[tuple[int, int, int]],
) -> Action:
    """Return what runs an operation back, as ``walk_back`` does.

    Leaves are given their gradients. A node gets its own in its slot; ``targets`` says for which input, in which
    slot, and how many gradients came to that before.
    """
    # a leaf that comes twice is offered its memory once
    offered = [(i, t) for n, (i, t) in enumerate(leaves) if all(t is not other for _, other in leaves[:n])]
    into: list[Array | None] = [None] * len(op.inputs)
    first_run = True

    def backward() -> None:
        nonlocal first_run
        for i, leaf in offered:
            into[i] = leaf.grad_destination()
        op.into = into
        gradients = op.backward(values[slot])
        for i, leaf in leaves:
            leaf.accumulate_grad(gradients[i])
        for i, target, before in targets:
            g = gradients[i]
            if first_run:
                into[i] = np.empty_like(g)  # in the layout that the operation gives it by itself
            elif into[i] is not g:  # the operation has its own way: don't offer it memory again
                into[i] = None
            if before == 0:
                values[target] = g if type(g) is np.ndarray else np.asarray(g)
            elif before == 1:  # the first may be an array of another operation, and stays as it is
                values[target] = np.asarray(values[target] + g)
            else:
                values[target] += g
        first_run = False

    return backward
