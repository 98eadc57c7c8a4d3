"""The history of a tensor: the operations that made it, and the tensors that they began with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.derivations.record import Call, gradients
from chainrule.ops import Array, Operation
from chainrule.tensor import Tensor

FREED = (
    "the graph of this tensor is gone, because backward() went through it and let go of what it held: draw before "
    "backward(), which needs no gradients for it, or call backward(retain_graph=True)"
)


@dataclass(eq=False)
class Node:
    """An operation and its result, or a tensor that no operation made.

    Attributes
    ----------
    source : Operation, Tensor, ndarray or None
        What it stands for; a constant is its values, or the tensor that has them, if the operation that takes it
        holds either.
    constant : bool
        Whether it is one, to which no gradient goes.
    inputs : list of Node
        In the order in which the operation takes them.
    value, gradient : ndarray or None
        What is known of it, and ∂(result)/∂(it).
    collected : ndarray or None
        What its ``grad`` holds, if it is kept.
    """

    source: Any
    constant: bool = False
    inputs: list[Node] = field(default_factory=list)
    value: Array | None = None
    gradient: Array | None = None
    collected: Array | None = None

    @property
    def kind(self) -> str:
        """What sort of node it is: "operation", "parameter" or "constant"."""
        if self.constant:
            return "constant"
        return "operation" if isinstance(self.source, Operation) else "parameter"

    @property
    def known_by(self) -> set[Any]:
        """What its name may be found by."""
        if isinstance(self.source, np.ndarray):
            return {memory_of(self.source)}
        return known_by(self.source) if isinstance(self.source, Tensor) else {id(self.source)}


def known_by(tensor: Tensor) -> set[Any]:
    """Return all that may stand for a tensor in a graph: itself, what made it, or a view of its memory."""
    return {id(tensor), memory_of(tensor.array)} | ({id(tensor._op)} if tensor._op is not None else set())


def history(root: Tensor, calls: Sequence[Call] = ()) -> tuple[list[Node], str]:
    """Return the nodes behind a tensor, and why their gradients can't be had, if that is so.

    Gradients are computed for the occasion: no ``grad`` is touched, and ``backward()`` can be called afterwards.

    Parameters
    ----------
    root : Tensor
        It has a history.
    calls : sequence of Call
        The operations as they ran, with all that they took. Without them, some constants are not known.

    Returns
    -------
    list of Node
        In the order of creation: the last is that of ``root``.
    str
        Empty if there are gradients, or if ``root`` is not one number, which has none.

    Raises
    ------
    ValueError
        If ``backward()`` let go of the graph.

    Examples
    --------
    >>> w = Tensor([2.0], requires_grad=True)
    >>> nodes, _ = history((w * w).sum())
    >>> [(node.kind, node.value.tolist(), node.gradient.tolist()) for node in nodes]
    [('parameter', [2.0], [4.0]), ('operation', [4.0], [1.0]), ('operation', 4.0, 1.0)]
    """
    root._follow_base()
    operations = _operations(root._op)
    nodes: dict[Any, Node] = {}
    took = {id(call.op): call for call in calls}
    for op in operations:
        inputs = [_input(op, i, node, nodes, took.get(id(op))) for i, node in enumerate(op.inputs)]
        nodes[id(op)] = Node(op, False, inputs, op.y, collected=_grad_of(op.hooks and op.hooks.retained))
    nodes[id(root._op)].value = root.array
    for op in reversed(operations):
        _learn_from(op, nodes)
    for op in operations:
        _run_again(nodes[id(op)])
    totals, why_not = _gradients(operations, root)
    for node in nodes.values():
        node.gradient = totals.get(id(node.source))
    return list(nodes.values()), why_not


def _operations(root: Any) -> list[Operation]:
    """Return all operations behind one, in the order of creation."""
    found: dict[int, Operation] = {}
    waiting = [root]
    while waiting:
        op = waiting.pop()
        if op.freed:
            raise ValueError(FREED)
        if id(op) not in found:
            found[id(op)] = op
            waiting += [node for node in op.inputs if isinstance(node, Operation)]
    return sorted(found.values(), key=lambda op: op.order)


def _input(op: Operation, i: int, source: Any, nodes: dict[Any, Node], call: Call | None) -> Node:
    """Return the node of an input; ``source`` is None for a constant."""
    if source is None and call is not None:
        tensor, array = call.inputs[i], call.arrays[i]  # it may have been changed in place between its uses
        return nodes.setdefault((id(tensor), array.tobytes()), Node(tensor, True, value=array))
    if source is None:
        held = _held(op, i)
        if held is not None:
            return nodes.setdefault(id(held), Node(held, True, value=held))
        owner = _owner(op, i)
        return Node(None, True) if owner is None else nodes.setdefault(id(owner), Node(owner, True))
    if isinstance(source, Tensor) and id(source) not in nodes:
        nodes[id(source)] = Node(source, value=source.array, collected=_grad_of(source))
    return nodes[id(source)]


def memory_of(array: Array) -> tuple[int, int]:
    """Return where an array lies: two that are the same numbers in another shape lie in the same place."""
    return array.__array_interface__["data"][0], array.nbytes


def _owner(op: Operation, i: int) -> Tensor | None:
    """Return the tensor whose memory an input lies in, if the derivative reads it again."""
    j = op.reads.index(i) if i in op.reads else len(op.watched)
    if j >= len(op.watched):
        return None
    tensor, version, _ = op.watched[j]
    return tensor if tensor.version == version else None


def _held(op: Operation, i: int) -> Array | None:
    """Return the values of an input that the derivative reads again, if the operation holds them as they came."""
    owner = _owner(op, i)
    if owner is None:
        return None
    arrays = [held for held in vars(op).values() if isinstance(held, np.ndarray)]
    found = {id(held): held for held in arrays if np.may_share_memory(held, owner.array)}
    return found.popitem()[1] if len(found) == 1 else None


def _grad_of(tensor: Tensor | None) -> Array | None:
    return None if tensor is None or tensor._grad is None else tensor._grad.array


def _learn_from(op: Operation, nodes: dict[Any, Node]) -> None:
    """Take the values of inputs that did not keep them from an operation that did."""
    for i, source in enumerate(op.inputs):
        if isinstance(source, Operation) and nodes[id(source)].value is None:
            nodes[id(source)].value = _held(op, i)


def _run_again(node: Node) -> None:
    """Compute the value of what keeps none, views and losses, from the values that went in."""
    arrays = [each.value for each in node.inputs]
    if node.value is None and all(array is not None for array in arrays):
        twin = copy(node.source)
        twin.y = None
        with np.errstate(all="ignore"):
            node.value = np.asarray(twin.forward(*arrays))


def _gradients(operations: list[Operation], root: Tensor) -> tuple[Mapping[int, Array], str]:
    if root.array.size != 1:
        return {}, ""
    try:
        return gradients(reversed(operations), root._op, np.ones_like(root.array))[0], ""
    except RuntimeError as error:  # changed in place since
        return {}, str(error)
