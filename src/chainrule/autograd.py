"""The backward walk, whether operations are recorded for it, and the hooks for what is captured."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ContextDecorator, contextmanager
from functools import wraps
from heapq import heappop, heappush
from typing import Any, ParamSpec, TypeVar

import numpy as np

from chainrule.ops.operation import Array, Operation

P = ParamSpec("P")
R = TypeVar("R")


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
        check_can_go_back(op)
        if op.retained is not None:
            op.retained.accumulate_grad(grad)
        inputs = op.inputs
        into: list[Array | None] = [None] * len(inputs)
        op.into = into
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


def check_can_go_back(op: Operation) -> None:
    """Raise RuntimeError if an operation was let go, or a tensor that its derivative needs was changed since."""
    if op.freed:
        raise RuntimeError(_FREED)
    for tensor, version in op.watched:
        if tensor.version != version:
            raise RuntimeError(_CHANGED.format(tuple(tensor.shape), type(op).__name__))


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
    recording = True  # whether operations remember what they were made from
    tape: Any = None  # while a function is captured, what takes down all that it does; see tape.py


mode = _Mode()


class _Structure:
    version = 0


structure = _Structure()  # of all modules; counts their changes, after which captured steps are recorded anew


def structure_changed() -> None:
    """Let captured steps know that a module was changed."""
    structure.version += 1


@contextmanager
def unobserved() -> Iterator[None]:
    """Keep from a tape what happens inside, because what does it is taken down as a whole."""
    before, mode.tape = mode.tape, None
    try:
        yield
    finally:
        mode.tape = before


def refuse_capture(what: str, instead: str) -> None:
    """Raise if a function is being captured: ``what`` it does could not be done again by a replay."""
    if mode.tape is not None:
        mode.tape.refuse(what, instead)


def constant(name: str, tensor: Any, *, shared: bool = False) -> Array:
    """Return the values of a tensor that an operation holds, the class weights of a loss for one.

    A captured step is refused if it computes them, and recorded anew when they were changed; ``shared`` says that
    the operation sees changes in place.
    """
    if mode.tape is not None:
        mode.tape.depend_on_values(name, tensor, shared)
    return tensor.array  # type: ignore[no-any-return]


def replayed(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function with side effects: where a captured step calls it, every replay calls it again.

    Its arguments are those of the recording, except that tensors which the step computed have their values of the
    replay. It may return a tensor or nothing.

    Examples
    --------
    >>> @replayed
    ... def show(loss):
    ...     print(f"{loss.item():.1f}")
    >>> import chainrule as cr
    >>> step = cr.capture(lambda x: show(x.sum()))
    >>> step(cr.ones(2)), step(cr.ones(2) / 4), step(cr.zeros(2))
    2.0
    0.5
    0.0
    (None, None, None)
    """

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        if mode.tape is None:
            return function(*args, **kwargs)
        return mode.tape.call(function, args, kwargs)  # type: ignore[no-any-return]

    return call


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
