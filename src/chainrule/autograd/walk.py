"""The backward walk."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np

from chainrule.autograd import mode
from chainrule.ops.operation import Array, Gradients, Operation


class Wanted:
    """What a walk is made for that gives no leaf its gradient: the gradients of some tensors.

    Parameters
    ----------
    nodes : iterable of Operation or Tensor
        The operations that made these tensors, or leaves.
    roots : iterable of Operation
        Where the walk begins.

    Attributes
    ----------
    path : set of Operation
        Operations that one of the nodes is behind: those that the walk goes through.
    grads : dict
        Of each node that was come to, its gradient.
    """

    def __init__(self, nodes: Iterable[Any], roots: Iterable[Operation]) -> None:
        self.nodes = set(nodes)
        self.grads: dict[Any, Array] = {}
        self.path: set[Operation] = set()
        operations = operations_behind(roots)
        for op in sorted(operations, key=lambda op: op.order):  # what is behind an operation was made before
            if any(node in self.nodes or node in self.path for node in op.inputs):
                self.path.add(op)
        leads_to = {node for op in self.path for node in op.inputs} | set(roots)
        if not self.nodes <= leads_to and any(op.freed for op in operations):
            raise RuntimeError(_FREED)

    def among(self, seeds: dict[Any, Array]) -> dict[Any, Array]:
        """Return those of the gradients that a walk would start with which it has to start with."""
        return {node: grad for node, grad in seeds.items() if self.reaches(node)}

    def reaches(self, node: Any) -> bool:
        """Return whether a node is wanted, or on the way."""
        return node in self.nodes or node in self.path

    def arrived(self, op: Operation, grad: Array) -> Array | None:
        """Return the gradient of an operation's output as hooks leave it, or None if the walk ends there.

        What is kept is, as in PyTorch, the gradient that hooks leave, but where the walk goes on, the one before.
        """
        goes_on = op in self.path
        if op in self.nodes:
            self.grads[op] = grad
        if op.hooks is not None:
            grad = op.hooks.passed(grad)
        if goes_on:
            return grad
        self.grads[op] = grad
        return None


def walk_back(
    roots: dict[Operation, Array],
    retain_graph: bool | None = None,
    wanted: Wanted | None = None,
    leaves: dict[Any, Array] | None = None,
) -> None:
    """Walk the operations back from some in reverse order of creation, and give leaves their gradients.

    When an operation's turn comes, everything that used its output came later and has been through already:
    ``pending`` then holds the whole of ∂L/∂output, the sum over all its uses. Leaves whose gradient is needed as a
    whole wait for the end of the walk: those with hooks, and those that are wanted.

    Parameters
    ----------
    roots : dict of Operation to ndarray
        The operations that made L, and ∂L/∂L or the vectors of vector-Jacobian products, in the shapes of their
        outputs.
    retain_graph : bool
        Whether to keep what the operations hold, so that the walk can be repeated.
    wanted : Wanted, optional
        Collect these gradients, and leave ``grad`` of leaves alone.

    leaves : dict of Tensor to ndarray, optional
        Leaves that are among the tensors to walk back from, and their gradients.

    Raises
    ------
    RuntimeError
        If the walk has already been made, or a tensor that a derivative needs was changed in place.
    """
    pending = dict(roots)
    own: set[Operation] = set()  # whose sum we allocated here, so that more can be added in place
    waiting = dict(leaves or {})  # with the sums of their gradients
    heap = [(-op.order, op) for op in roots]
    heapify(heap)
    look_for_nan = mode.anomaly
    while heap:
        _, op = heappop(heap)
        grad = pending.pop(op)
        if wanted is not None:
            passed = wanted.arrived(op, grad)
            if passed is None:
                continue
            grad = passed
        elif op.hooks is not None:
            grad = op.hooks.passed(grad)
        check_can_go_back(op)
        inputs = op.inputs
        into: list[Array | None] = [None] * len(inputs)
        op.into = into
        if wanted is None:
            for i, node in enumerate(inputs):
                if node is not None and not isinstance(node, Operation):
                    into[i] = _destination(node, inputs[:i])
        gradients = op.backward(grad)
        if look_for_nan:
            _check_nan(op, gradients)
        for node, g in zip(inputs, gradients, strict=True):
            if node is None or g is None or (wanted is not None and not wanted.reaches(node)):
                continue
            if not isinstance(node, Operation):
                if wanted is None and node._hooks is None:
                    node.accumulate_grad(g)
                elif node in waiting:
                    waiting[node] += g
                else:
                    waiting[node] = np.array(g, dtype=node.array.dtype)
            elif node not in pending:
                # NumPy made a scalar of a result without axes, which can't be written to
                pending[node] = g if type(g) is np.ndarray else np.asarray(g)
                heappush(heap, (-node.order, node))
            elif node in own:
                pending[node] += g
            else:
                pending[node] = np.asarray(pending[node] + g)
                own.add(node)
        if not retain_graph:
            op.__dict__.clear()
            op.freed = True
    for leaf, grad in waiting.items():
        if wanted is None:
            leaf.receive_grad(grad)
        else:
            wanted.grads[leaf] = grad if leaf._hooks is None else leaf._hooks.passed(grad)


def operations_behind(roots: Iterable[Operation]) -> set[Operation]:
    """Return operations, and all that their inputs were made by."""
    waiting = list(roots)
    seen = set(waiting)
    while waiting:
        new = {node for node in waiting.pop().inputs if isinstance(node, Operation)} - seen
        seen |= new
        waiting.extend(new)
    return seen


def check_can_go_back(op: Operation) -> None:
    """Raise RuntimeError if an operation was let go, or a tensor that its derivative needs was changed since."""
    if op.freed:
        raise RuntimeError(_FREED)
    for tensor, version, needed in op.watched:
        if needed and tensor.version != version:
            raise RuntimeError(CHANGED.format(tuple(tensor.shape), f"the derivative of {type(op).__name__}"))


def _check_nan(op: Operation, gradients: Gradients) -> None:
    for i, (node, g) in enumerate(zip(op.inputs, gradients, strict=True)):
        if node is not None and g is not None and np.isnan(g).any():
            raise RuntimeError(
                f"the derivative of {type(op).__name__} gave NaN in the gradient of its input {i}, "
                f"of shape {np.shape(g)}"
            )


def _destination(leaf: Any, before: tuple[Any, ...]) -> Array | None:
    """Return where the gradient of a leaf can be written; an operation that takes it twice is offered it once."""
    for other in before:
        if other is leaf:
            return None
    return leaf.grad_destination()  # type: ignore[no-any-return]


_FREED = (
    "backward() went through this graph before, and what its operations held was freed: "
    "call backward(retain_graph=True) the first time if you need to go through it twice"
)
CHANGED = (
    "a tensor of shape {} that {} needs was changed in place after it was used: "
    "call backward() before changing it, or change a clone()"
)
