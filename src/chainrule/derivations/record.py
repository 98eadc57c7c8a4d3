"""Running a network and its loss, and taking down every operation with the numbers that went in and came out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule import autograd
from chainrule.autograd.walk import check_can_go_back
from chainrule.nn import Module
from chainrule.ops import Array, Operation
from chainrule.tensor import Tensor, as_tensor, run


@dataclass
class Call:
    """An operation as it ran.

    Attributes
    ----------
    op : Operation
    inputs, outputs : nodes
        What stands for a value in the graph: the operation that made it, else the tensor itself.
    arrays, result : ndarray
        Copies of the values of inputs and output.
    module, layer : str
        Dotted name and type of the module that was being called.
    training : bool
        Whether that was in training mode.
    visit : int
        Which call of a module that has no modules inside it belongs to, from 1; 0 outside of these.
    """

    op: Operation | None  # None: a module that let its input through
    inputs: list[Any]
    arrays: list[Array]
    output: Any
    result: Array
    module: str = ""
    layer: str = ""
    training: bool = True
    visit: int = 0


@dataclass
class Recorder:
    """Stands where the tape of a captured step stands: it is told of every operation; the rest does not matter.

    Attributes
    ----------
    calls : list of Call
    modules : list of (str, Module, int)
        Those that are being called, the innermost last, and from which operation on.
    visits : int
        How many modules were called so far.
    alive : list
        Nodes are told apart by identity, which must not be used again.
    """

    calls: list[Call] = field(default_factory=list)
    modules: list[tuple[str, Module, int]] = field(default_factory=list)
    visits: int = 0
    alive: list[Any] = field(default_factory=list)

    def apply(self, op: Operation, inputs: tuple[Any, ...]) -> Tensor:
        """Run an operation and take it down."""
        tensors = [x if isinstance(x, Tensor) else as_tensor(x) for x in inputs]
        nodes, arrays = [node_of(t) for t in tensors], [t.array.copy() for t in tensors]
        with autograd.unobserved():
            result = run(op, tensors)
        self._add(op, nodes, arrays, node_of(result), result.array)
        self.alive += [*tensors, result]
        return result

    def _add(self, op: Operation | None, inputs: list[Any], arrays: list[Array], output: Any, y: Array) -> None:
        name, module = self.modules[-1][:2] if self.modules else ("", None)
        layer, training = (type(module).__name__, module.training) if module is not None else ("", True)
        visit = self.visits if module is not None and not module._modules else 0
        self.calls.append(Call(op, inputs, arrays, output, y.copy(), name, layer, training, visit))

    def former(self, tensor: Tensor, of: Tensor) -> None:
        """Let an operation hold a copy of what is about to be changed in place, as without a tape."""
        tensor.array = tensor.array.copy()

    def call(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Call a function with side effects."""
        return function(*args, **kwargs)

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *args, **kwargs: None

    @contextmanager
    def watching(self, model: Module) -> Iterator[None]:
        """Take down what happens inside, and in which module of ``model``."""
        handles, before = [], autograd.mode.tape
        for name, module in model.named_modules():
            handles.append(module.register_forward_pre_hook(self._enters(name)))
            handles.append(module.register_forward_hook(self._leave))
        autograd.mode.tape = self
        try:
            with autograd.enable_grad():
                yield
        finally:
            autograd.mode.tape = before
            for handle in handles:
                handle.remove()

    def _enters(self, name: str) -> Callable[[Module, Any], None]:
        def enter(module: Module, args: Any) -> None:
            self.modules.append((name, module, len(self.calls)))
            self.visits += 1

        return enter

    def _leave(self, module: Module, args: Any, output: Any) -> None:
        let_through = len(self.calls) == self.modules[-1][2] and not module._modules
        if let_through and isinstance(output, Tensor):
            node = node_of(output)
            self._add(None, [node], [output.array.copy()], node, output.array)
        self.modules.pop()


def node_of(tensor: Tensor) -> Any:
    """Return what stands for a tensor in the graph: the operation that made it, else the tensor itself."""
    return tensor if tensor._op is None else tensor._op


Contributions = list[tuple[Operation, int, Array]]  # of which operation's which input, ∂L/∂ that input


def gradients(
    operations: Iterable[Operation], loss: Any, seed: Array
) -> tuple[dict[int, Array], dict[int, Contributions]]:
    """Go back through operations, as ``backward()`` does, without touching the ``grad`` of any tensor.

    Parameters
    ----------
    operations : iterable of Operation
        From the last to the first.
    loss : node
    seed : ndarray
        ∂L/∂L.

    Returns
    -------
    dict of int to ndarray
        By ``id(node)``: ∂L/∂node.
    dict of int to list
        By ``id(node)``: the parts that it is the sum of, from the last use to the first.

    Raises
    ------
    RuntimeError
        If the walk can't be made any more, or a tensor that a derivative needs was changed in place.
    """
    totals, parts = {id(loss): seed}, dict[int, Contributions]()
    with autograd.unobserved(), np.errstate(all="ignore"):
        for op in operations:
            grad = totals.get(id(op))
            if grad is None:
                continue
            check_can_go_back(op)
            op.into = [None] * len(op.inputs)
            for i, (node, g) in enumerate(zip(op.inputs, op.backward(grad), strict=True)):
                if node is not None and g is not None:
                    g = np.asarray(g).copy()
                    totals[id(node)] = np.asarray(totals[id(node)] + g) if id(node) in totals else g
                    parts.setdefault(id(node), []).append((op, i, g))
    return totals, parts
