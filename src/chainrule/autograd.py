"""The backward walk, and whether operations are recorded for it."""

from __future__ import annotations

import threading
from contextlib import ContextDecorator
from heapq import heappop, heappush
from typing import Any

import numpy as np

from chainrule.ops.operation import Array, Operation


def backward(root: Operation, grad: Array, retain_graph: bool = False) -> None:
    """Walk the operations back from ``root`` in reverse order of creation, and give leaves their gradients.

    When an operation's turn comes, everything that used its output came later and has been through already:
    ``pending`` then holds the whole of ∂L/∂output, the sum over all its uses.

    Parameters
    ----------
    root : Operation
        The operation that made L.
    grad : ndarray
        ∂L/∂L, or the vector of a vector-Jacobian product, in the shape of the output of ``root``.
    retain_graph : bool
        Whether to keep what the operations hold, so that the walk can be repeated.

    Raises
    ------
    RuntimeError
        If the walk has already been made, or a tensor that a derivative needs was changed in place.
    """
    pending: dict[Operation, Array] = {root: grad}
    own: set[Operation] = set()  # whose sum we allocated here, so that more can be added in place
    heap: list[tuple[int, Operation]] = [(-root.order, root)]
    while heap:
        _, op = heappop(heap)
        grad = pending.pop(op)
        if op.freed:
            raise RuntimeError(_FREED)
        for tensor, version in op.watched:
            if tensor.version != version:
                raise RuntimeError(_CHANGED.format(tuple(tensor.shape), type(op).__name__))
        if op.retained is not None:
            op.retained.accumulate_grad(grad)
        inputs = op.inputs
        op.into = into = [None] * len(inputs)
        for i, node in enumerate(inputs):
            if node is not None and not isinstance(node, Operation):
                into[i] = _destination(node, inputs[:i])
        for node, g in zip(inputs, op.backward(grad), strict=True):
            if node is None:
                continue
            assert g is not None
            if not isinstance(node, Operation):
                node.accumulate_grad(g)
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
_CHANGED = (
    "a tensor of shape {} that the derivative of {} needs was changed in place after it was used: "
    "call backward() before changing it, or change a clone()"
)


class _Mode(threading.local):
    recording = True


mode = _Mode()


def is_grad_enabled() -> bool:
    """Return whether operations are recorded for ``backward()``.

    Examples
    --------
    >>> is_grad_enabled()
    True
    """
    return mode.recording


class _GradMode(ContextDecorator):
    """A context manager, and a decorator, under which recording is on or off."""

    def __init__(self, enabled: bool) -> None:
        self._enabled = enabled
        self._before: list[bool] = []

    def _recreate_cm(self) -> _GradMode:
        return _GradMode(self._enabled)  # a decorated function may be entered by many threads

    def __enter__(self) -> None:
        self._before.append(mode.recording)
        mode.recording = self._enabled

    def __exit__(self, *exception: object) -> None:
        mode.recording = self._before.pop()


class no_grad(_GradMode):
    """Record nothing: inside, results do not require gradients and hold on to no memory.

    Examples
    --------
    >>> with no_grad():
    ...     is_grad_enabled()
    False
    """

    def __init__(self) -> None:
        super().__init__(False)


class enable_grad(_GradMode):
    """Record again, inside a ``no_grad`` block.

    Examples
    --------
    >>> with no_grad(), enable_grad():
    ...     is_grad_enabled()
    True
    """

    def __init__(self) -> None:
        super().__init__(True)


class set_grad_enabled(_GradMode):
    """Switch recording on or off: at once, and, used in ``with``, until the end of the block.

    Parameters
    ----------
    mode : bool
        Whether operations are recorded.

    Examples
    --------
    >>> with set_grad_enabled(False):
    ...     is_grad_enabled()
    False
    """

    def __init__(self, mode: bool) -> None:
        super().__init__(mode)
        super().__enter__()

    def __enter__(self) -> None:
        """Nothing is left to do: the constructor switched already."""
