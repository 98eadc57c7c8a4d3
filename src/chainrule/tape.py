"""Captured steps: what a function does is recorded once, and done again without the Python around it.

Operations are objects that can run again with the same buffers (``ops/operation.py``). While a function runs for
the first time, a :class:`Tape` takes down every operation, every walk back and every call with side effects as an
action without arguments. A replay puts the new inputs in their slots and performs the actions in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import update_wrapper
from heapq import heappop, heappush
from operator import itemgetter
from types import MethodType
from typing import Any, Generic, NoReturn, ParamSpec, TypeAlias, TypeVar

import numpy as np

from chainrule import autograd
from chainrule.ops import Array, Operation
from chainrule.tensor import Tensor, apply, as_tensor

P = ParamSpec("P")
R = TypeVar("R")
Action: TypeAlias = Callable[[], object]

KEPT = 16  # recordings of one function: one for each combination of shapes


class CaptureError(RuntimeError):
    """A function does what a replay could not do again."""


def capture(function: Callable[P, R]) -> Captured[P, R]:
    """Record what a function does with tensors, and replay it: the same numbers to the last bit, in less time.

    The first call with new shapes runs the function and takes down its operations, its ``backward()``, the updates
    of optimisers, schedules and clipped gradients. Later calls do these again, in the same order and the same
    memory. Dropout draws anew at every call; training and evaluation mode are recorded apart.

    Python itself does not run again: what a function prints, appends or counts, and which way it turned at an
    ``if``, stays as it was at the recording, and so do the options of layers and losses. What depends on values
    belongs outside. A function that reads values, has hooks called, or changes its arguments can't be captured.

    Parameters
    ----------
    function : callable
        A training step, a model, or any function of tensors. Its arguments are tensors or arrays, alone or in
        tuples, lists and dicts; anything else must be hashable, and each value is recorded apart.

    Returns
    -------
    Captured
        A callable with the same arguments. It returns the same tensors as new copies without history.

    Raises
    ------
    CaptureError
        In the call that records, if a replay could not do the same.

    Examples
    --------
    >>> import chainrule as cr
    >>> from chainrule import nn
    >>> _ = cr.manual_seed(0)
    >>> model = nn.Linear(2, 1)
    >>> optimizer = cr.optim.SGD(model.parameters(), lr=0.1)
    >>> @cr.capture
    ... def step(x, y):
    ...     loss = nn.functional.mse_loss(model(x), y)
    ...     loss.backward()
    ...     optimizer.step()
    ...     optimizer.zero_grad()
    ...     return loss
    >>> x, y = cr.ones(4, 2), cr.zeros(4, 1)
    >>> for _ in range(3):
    ...     print(f"{step(x, y).item():.4f}")
    0.0432
    0.0069
    0.0011
    """
    return Captured(function)


class Captured(Generic[P, R]):
    """What :func:`capture` returns: call it as the function itself.

    Parameters
    ----------
    function : callable
    """

    def __init__(self, function: Callable[P, R]) -> None:
        if not callable(function):
            raise TypeError(f"capture expected a function, got {type(function).__name__}")
        update_wrapper(self, function, updated=())
        self.function = function
        self._recordings: dict[Any, list[Recording]] = {}

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Replay what was recorded for arguments of these shapes, or record it."""
        if autograd.mode.tape is not None:  # called by a function that is being captured: a part of that
            return self.function(*args, **kwargs)
        key, arrays = _signature(args, kwargs)
        for recording in self._recordings.get(key, ()):
            if recording.holds():
                return recording.replay(arrays)  # type: ignore[no-any-return]
        return self._record(key, args, kwargs)  # type: ignore[no-any-return]

    def recorded(self, *args: P.args, **kwargs: P.kwargs) -> bool:
        """Return whether a call with these arguments would be a replay."""
        key, _ = _signature(args, kwargs)
        return any(recording.holds() for recording in self._recordings.get(key, ()))

    def _record(self, key: Any, args: Any, kwargs: Any) -> Any:
        tape = Tape(getattr(self.function, "__name__", type(self.function).__name__))
        args, kwargs = tape.take(args), tape.take(kwargs)
        with tape.recording(), np.errstate(all="ignore"):
            result = self.function(*args, **kwargs)
        recording, result = tape.finish(result)
        if sum(map(len, self._recordings.values())) >= KEPT:
            self._recordings.pop(next(iter(self._recordings)))
        self._recordings.setdefault(key, []).append(recording)
        return result

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)


def _signature(args: Any, kwargs: Any) -> tuple[Any, list[Array]]:
    """Return what tells recordings apart, and the arrays among the arguments."""
    arrays: list[Array] = []
    key = autograd.mode.recording, _split(args, arrays), _split(kwargs, arrays) if kwargs else None
    return key, arrays


def _split(value: Any, arrays: list[Array]) -> Any:
    """Append the arrays in ``value`` to a list, and return the rest, which tells one recording from another."""
    if isinstance(value, Tensor):
        arrays.append(value.array)
        return value.array.shape, value.array.dtype, value._requires_grad
    if isinstance(value, tuple | list):
        return type(value), *[_split(part, arrays) for part in value]
    if isinstance(value, dict):
        return dict, *[(name, _split(part, arrays)) for name, part in value.items()]
    if hasattr(value, "__array__"):
        array = as_tensor(value).array
        arrays.append(array)
        return array.shape, array.dtype, False
    return value, type(value)


class Recording:
    """What a function did, to be done again.

    Parameters
    ----------
    actions : list of callable
    values : list of ndarray
        The slots that the actions read and write; the arguments come first.
    leaves : list of Leaf
        The tensors from outside.
    modes : list of (Module, bool)
        The modules whose mode was asked for, and that.
    result : object
        What the function returned, with a `Slot` for every tensor.
    """

    def __init__(
        self,
        actions: list[Action],
        values: list[Any],
        leaves: list[Leaf],
        modes: list[tuple[Any, bool]],
        result: Any,
    ) -> None:
        self.actions, self.values, self.leaves, self.modes, self.result = actions, values, leaves, modes, result

    def holds(self) -> bool:
        """Return whether modes, shapes and the need for gradients are those of the recording."""
        for leaf in self.leaves:
            tensor = leaf.tensor
            if (tensor.array is not leaf.array and not leaf.moves()) or tensor._requires_grad is not leaf.needs:
                return False
            self.values[leaf.slot] = leaf.array
        for module, training in self.modes:  # noqa: SIM110 (all() takes longer)
            if module.__dict__["training"] is not training:
                return False
        return True

    def replay(self, arrays: list[Array]) -> Any:
        """Do it again with other arguments, and return copies of the results."""
        self.values[: len(arrays)] = arrays
        with np.errstate(all="ignore"):
            for action in self.actions:
                action()
        return self._copied(self.result)

    def _copied(self, result: Any) -> Any:
        if isinstance(result, Slot):
            return Tensor(np.array(self.values[result]))
        if isinstance(result, tuple | list):
            parts = [self._copied(part) for part in result]
            return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)
        if isinstance(result, dict):
            return {name: self._copied(part) for name, part in result.items()}
        return result


class Leaf:
    """A tensor from outside, as it was when its values were read."""

    __slots__ = ("array", "needs", "slot", "tensor")

    def __init__(self, tensor: Tensor, slot: int) -> None:
        self.tensor, self.slot, self.array, self.needs = tensor, slot, tensor.array, tensor._requires_grad

    def moves(self) -> bool:
        """Follow the tensor to another array, if that has the same shape and dtype."""
        array = self.tensor.array
        if array.shape != self.array.shape or array.dtype != self.array.dtype:
            return False
        self.array = array
        return True


class Slot(int):
    """The number of a slot, in the place of a tensor."""


class Tape:
    """Takes down what a function does. ``autograd.mode.tape`` is the one that runs, and the engine tells it.

    Parameters
    ----------
    name : str
        Of the function, for errors.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.actions: list[Action] = []
        self.values: list[Any] = []
        self.slots: dict[int, int] = {}  # id of a tensor → the slot of its values
        self.kept: list[Any] = []  # keeps the ids from being given to others
        self.arguments: set[int] = set()  # ids
        self.leaves: set[int] = set()  # ids of tensors that were there before
        self.of_data: set[int] = set()  # ids of tensors that the function made of arrays and numbers
        self.viewed: set[int] = set()  # slots whose memory has more than one tensor
        self.sources: dict[Operation, list[int]] = {}  # of every operation, the slots of its inputs
        self.outside: list[Leaf] = []
        self.modes: list[tuple[Any, bool]] = []
        self.has_called = False  # whether a call with side effects was taken down

    def refuse(self, what: str, instead: str) -> NoReturn:
        """Raise, because ``what`` can't be replayed."""
        raise CaptureError(f"{self.name} can't be captured, because it {what}: {instead}")

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Listen inside."""
        autograd.mode.tape = self
        try:
            yield
        finally:
            autograd.mode.tape = None

    @contextmanager
    def _pause(self) -> Iterator[None]:
        """Don't listen inside."""
        autograd.mode.tape = None
        try:
            yield
        finally:
            autograd.mode.tape = self

    # ---- slots ----------------------------------------------------------------------------------------------

    def _give(self, tensor: Tensor) -> int:
        """Return a new slot for a tensor."""
        slot = len(self.values)
        self.values.append(tensor.array)
        self.slots[id(tensor)] = slot
        self.kept.append(tensor)
        return slot

    def take(self, value: Any) -> Any:
        """Return the arguments, arrays among them as tensors, and give each tensor its slot."""
        if isinstance(value, tuple | list):
            parts = [self.take(part) for part in value]
            return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
        if isinstance(value, dict):
            return {name: self.take(part) for name, part in value.items()}
        if not hasattr(value, "__array__"):
            return value
        if isinstance(value, Tensor) and value._requires_grad:
            self.refuse("takes an argument that requires a gradient", "use it as a variable from outside")
        tensor = Tensor(as_tensor(value).array)  # a new one: the same may be passed twice
        self._give(tensor)
        self.arguments.add(id(tensor))
        return tensor

    def traces(self, tensor: Tensor) -> bool:
        """Return whether the function computes a tensor, or is given it."""
        return id(tensor) in self.slots and id(tensor) not in self.leaves

    def _slot(self, tensor: Tensor) -> int:
        """Return the slot of a tensor; one that was there before is read again at every replay."""
        slot = self.slots.get(id(tensor))
        if slot is None:
            slot = self._give(tensor)
            self.leaves.add(id(tensor))
            self.outside.append(Leaf(tensor, slot))
            if self.has_called:  # which may have given the tensor another array since the replay began
                self._read(slot, tensor)
        return slot

    def _read(self, slot: int, tensor: Tensor) -> None:
        values = self.values

        def read() -> None:
            values[slot] = tensor.array

        self.actions.append(read)

    def alias(self, tensor: Tensor, of: Tensor) -> None:
        """Give a tensor the slot of another that shares its memory."""
        slot = self._slot(of)
        self.slots[id(tensor)] = slot
        self.kept.append(tensor)
        self.viewed.add(slot)
        if id(of) in self.arguments:
            self.arguments.add(id(tensor))

    def made_of_data(self, tensor: Tensor, data: Any) -> None:
        """Learn of a tensor that the function made of a number or a list: a constant of all replays."""
        if hasattr(data, "__array__") and tensor.array.size > 1:
            self.refuse(
                "takes an array, whose next values a replay would not see",
                "make a tensor of it before, pass it as an argument, or draw with cr.rand() and cr.randn()",
            )
        self.of_data.add(id(tensor))
        self.kept.append(tensor)

    def read_grad(self, tensor: Tensor) -> None:
        """Learn that the gradient of a tensor was asked for."""
        grad = tensor._grad
        if grad is None:
            return
        slot, values = self._give(grad), self.values
        self.viewed.add(slot)

        def read() -> None:
            assert tensor._grad is not None
            values[slot] = tensor._grad.array

        self.actions.append(read)

    def depend_on(self, module: Any) -> None:
        """Learn that the mode of a module was asked for."""
        self.modes.append((module, module.__dict__["training"]))

    # ---- what is done ---------------------------------------------------------------------------------------

    def apply(self, op: Operation, inputs: tuple[Any, ...]) -> Tensor:
        """Run an operation, and take it down."""
        tensors = [as_tensor(x) for x in inputs]
        sources = [self._slot(t) for t in tensors]
        with self._pause():
            result = apply(op, *tensors)
        slot = self._give(result)
        if result._base is not None:
            self.viewed.update((slot, *sources))
        self.sources[op] = sources
        self.actions.append(_forward(op, self.values, sources, slot, result.array.ndim == 0))
        return result

    def call(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Call a function with side effects, and take it down."""
        args = tuple(list(a) if isinstance(a, Iterator) else a for a in args)
        nested = [t for a in (*args, *kwargs.values()) if isinstance(a, tuple | list) for t in a]
        if any(isinstance(t, Tensor) and self.traces(t) for t in nested):
            self.refuse(f"passes {function.__name__} a list of tensors that it computes", "pass them one by one")
        with self._pause():
            result = function(*args, **kwargs)
        sources = {i: self.slots[id(a)] for i, a in enumerate(args) if isinstance(a, Tensor) and self.traces(a)}
        values = self.values
        slot = self._give(result) if isinstance(result, Tensor) else None

        def again() -> None:
            given = list(args)
            for i, source in sources.items():
                given[i] = Tensor(values[source])
            result = function(*given, **kwargs)
            if slot is not None:
                values[slot] = result.array

        self.actions.append(again if sources or slot is not None else _bound(function, args, kwargs))
        self.has_called = True
        for leaf in self.leaves:  # read it again where it is used next
            self.slots.pop(leaf, None)
        return result

    def assign(self, tensor: Tensor, result: Tensor) -> None:
        """Take down that the values of a tensor are replaced, in place."""
        if id(tensor) in self.arguments:
            self.refuse("changes its argument in place", "change a clone()")
        if not self.traces(tensor):
            self._assign_outside(tensor, result)
        elif tensor._base is not None or self.slots[id(tensor)] in self.viewed:
            self.refuse(
                "changes a tensor in place whose memory has views", "change a clone(), or compute a new one"
            )
        else:
            if result.dtype != tensor.dtype:
                result = result.to(tensor.dtype)
            tensor.array, tensor._op, tensor._requires_grad = result.array, result._op, result._requires_grad
            self.slots[id(tensor)] = self.slots[id(result)]

    def _assign_outside(self, tensor: Tensor, result: Tensor) -> None:
        """Write to a tensor that was there before, a running mean for one."""
        if id(tensor) in self.of_data:
            self.refuse(
                "changes a constant in place", "start with cr.zeros() or cr.full(), or compute a new tensor"
            )
        tensor._tracked()  # raises if it is a leaf that requires a gradient
        if result._requires_grad:
            self.refuse("writes what has a gradient to a tensor outside", "detach() it, or use no_grad()")
        slot, values = self._slot(result), self.values

        def write() -> None:
            tensor.array[...] = values[slot]
            tensor._touch()

        write()
        self.actions.append(write)

    def backward(self, tensor: Tensor, grad: Array, gradient: Tensor | None, retain_graph: bool) -> None:
        """Walk back from a tensor, and take the walk down: the steps of ``autograd.backward``, in its order."""
        values, start = self.values, len(self.values)
        values.append(grad)
        if gradient is not None:
            source = self._slot(gradient)

            def seed() -> None:
                values[start] = np.array(values[source], dtype=grad.dtype)

            self.actions.append(seed)
        root = tensor._op
        if root is None:
            self._do(lambda: tensor.accumulate_grad(values[start]))
            return
        slots: dict[Operation, int] = {root: start}  # of the gradients of outputs
        arrived: dict[Operation, int] = {}  # how many gradients there are to be added up
        heap: list[tuple[int, Operation]] = [(-root.order, root)]
        while heap:
            _, op = heappop(heap)
            if op not in self.sources:
                self.refuse(
                    "walks back through operations from before the step", "do them in the step, or detach()"
                )
            autograd.check_can_go_back(op)
            leaves: list[tuple[int, Any]] = []
            targets: list[tuple[int, int, int]] = []
            into: list[Array | None] = [None] * len(op.inputs)
            for i, node in enumerate(op.inputs):
                if isinstance(node, Operation):
                    if node not in slots:
                        slots[node] = len(values)
                        values.append(None)
                        heappush(heap, (-node.order, node))
                    targets.append((i, slots[node], arrived.get(node, 0)))
                    arrived[node] = arrived.get(node, 0) + 1
                    into[i] = np.empty_like(values[self.sources[op][i]])
                elif node is not None:
                    leaves.append((i, node))
            self._do(_backward(op, values, slots[op], leaves, targets, into))
            op.freed = not retain_graph

    def _do(self, action: Action) -> None:
        with self._pause():
            action()
        self.actions.append(action)

    # ---- the end --------------------------------------------------------------------------------------------

    def finish(self, result: Any) -> tuple[Recording, Any]:
        """Return the recording, and what the function returned as every replay will return it."""
        slots = self._placed(result)
        recording = Recording(self.actions, self.values, self.outside, self.modes, slots)
        returned = recording._copied(slots)
        for op in self.sources:  # the function may have shown these arrays to others: replays have their own
            op.y = None  # type: ignore[assignment]
        return recording, returned

    def _placed(self, result: Any) -> Any:
        """Return the result with a slot for every tensor."""
        if isinstance(result, Tensor):
            return Slot(self._slot(result))
        if isinstance(result, tuple | list):
            parts = [self._placed(part) for part in result]
            return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)
        if isinstance(result, Mapping):
            return {name: self._placed(part) for name, part in result.items()}
        if result is not None:
            self.refuse(f"returns {type(result).__name__}", "return tensors; a replay would return the same again")
        return None


# ---- actions ----------------------------------------------------------------------------------------------------


def _bound(function: Callable[..., Any], args: Any, kwargs: Any) -> Action:
    return lambda: function(*args, **kwargs)


def _forward(op: Operation, values: list[Any], sources: list[int], slot: int, is_scalar: bool) -> Action:
    """Return what runs an operation forward."""

    def forward_scalar() -> None:  # NumPy makes a scalar of a result without axes, see ``apply``
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


def _backward(
    op: Operation,
    values: list[Any],
    slot: int,
    leaves: list[tuple[int, Any]],
    targets: list[tuple[int, int, int]],
    into: list[Array | None],
) -> Action:
    """Return what runs an operation back.

    Leaves are given their gradients. A node gets its own in its slot; ``targets`` says for which input, in which
    slot, and how many gradients came to that before.
    """
    # a leaf that comes twice is offered its memory once
    offered = [(i, t) for n, (i, t) in enumerate(leaves) if all(t is not other for _, other in leaves[:n])]

    def backward() -> None:
        for i, leaf in offered:
            into[i] = leaf.grad_destination()
        op.into = into
        gradients = op.backward(values[slot])
        for i, leaf in leaves:
            leaf.accumulate_grad(gradients[i])
        for i, target, before in targets:
            g = gradients[i]
            if into[i] is not g:  # the operation has its own way: don't offer it memory again
                into[i] = None
            if before == 0:
                values[target] = g if type(g) is np.ndarray else np.asarray(g)
            elif before == 1:  # the first may be an array of another operation, and stays as it is
                values[target] = np.asarray(values[target] + g)
            else:
                values[target] += g

    return backward
