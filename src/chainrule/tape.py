"""``Tape``: takes down what a function does with tensors while it runs, so that it can be done again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from heapq import heappop, heappush
from types import BuiltinMethodType, FunctionType, MethodType
from typing import Any

import numpy as np

from chainrule import autograd
from chainrule.autograd.walk import check_can_go_back, operations_behind
from chainrule.ops import Array, Index, Operation
from chainrule.printing import format_tensor
from chainrule.replay import Action, Leaf, Recording, Slot, backward_action, forward_action, mapped
from chainrule.tensor import Tensor, as_tensor, run


class CaptureError(RuntimeError):
    """A function does what a replay could not do again."""


class Tape:
    """Takes down what a function does. ``autograd.mode.tape`` is the one that runs, and the engine tells it.

    Every tensor has a slot for its values. Tensors are known by their ids, and kept until the end, so that no id
    is given to another.

    Parameters
    ----------
    name : str
        Of the function, for errors.
    strict : bool
        Whether a refusal is an error. Otherwise the tape stops and the function goes on as it is written.

    Attributes
    ----------
    refusal : CaptureError or None
        Why the function can't be captured.
    """

    def __init__(self, name: str, strict: bool = True) -> None:
        self.name, self.strict = name, strict
        self.refusal: CaptureError | None = None
        self.actions: list[tuple[str, Action]] = []  # with their names
        self.log: list[Any] = []
        self.values: list[Any] = []
        self.slots: dict[int, int] = {}
        self.kept: list[Any] = []
        self.arguments: set[int] = set()
        self.outside: set[int] = set()  # tensors that were there before
        self.of_data: set[int] = set()  # tensors that the function made of numbers and lists
        self.viewed: set[int] = set()  # slots whose memory has more than one tensor
        self.modules: set[int] = set()  # modules that the function made
        self.sources: dict[Operation, list[int]] = {}  # of every operation, the slots of its inputs
        self.leaves: list[Leaf] = []
        self.modes: list[tuple[Any, bool]] = []
        self.constants: list[tuple[Tensor, Array, int | None]] = []
        self.has_called = False  # whether a call with side effects was taken down

    def refuse(self, what: str, instead: str) -> None:
        """Raise, or stop listening, because ``what`` can't be replayed."""
        error = CaptureError(f"{self.name} can't be captured, because it {what}: {instead}")
        if self.strict:
            raise error
        self.refusal = self.refusal or error
        autograd.mode.tape = None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen inside."""
        random_states = _random_states()
        autograd.mode.tape = self
        try:
            yield
        finally:
            autograd.mode.tape = None
        if self.refusal is None and _random_states() != random_states:
            self.refuse("draws from Python's or NumPy's random numbers", "draw with cr.rand() and cr.randn()")

    # ---- slots ----------------------------------------------------------------------------------------------

    def _give(self, tensor: Tensor) -> int:
        """Return a new slot for a tensor."""
        slot = len(self.values)
        self.values.append(tensor.array)
        self.slots[id(tensor)] = slot
        self.kept.append(tensor)
        return slot

    def take(self, value: Any) -> Any:
        """Return an argument, as a tensor if it is an array, with a slot of its own."""
        if not hasattr(value, "__array__"):
            return value
        tensor = Tensor(as_tensor(value).array)  # a new one: the same may be passed twice
        if isinstance(value, Tensor) and value._requires_grad and autograd.mode.recording:
            self.refuse("takes an argument that requires a gradient", "use it as a variable from outside")
        self._give(tensor)
        self.arguments.add(id(tensor))
        return tensor

    def traces(self, tensor: Any) -> bool:
        """Return whether the function computes a tensor, or is given it."""
        return id(tensor) in self.slots and id(tensor) not in self.outside

    def _slot(self, tensor: Tensor) -> int:
        """Return the slot of a tensor. One that was there before is read again by every replay."""
        slot = self.slots.get(id(tensor))
        if slot is None:
            slot = self._give(tensor)
            self.outside.add(id(tensor))
            self.leaves.append(Leaf(tensor, slot))
            self.log.append(("outside", slot, _Outside(tensor)))
            if self.has_called:  # which may have given it another array since the replay began
                self._plan(_reader(self.values, slot, tensor), "read a variable")
        return slot

    def alias(self, tensor: Tensor, of: Tensor) -> None:
        """Give a tensor the slot of another that shares its memory."""
        self.former(tensor, of)
        self.viewed.add(self.slots[id(tensor)])
        if id(of) in self.arguments:
            self.arguments.add(id(tensor))

    def former(self, tensor: Tensor, of: Tensor) -> None:
        """Give a tensor the slot of another, which is about to get a new one."""
        self.slots[id(tensor)] = self._slot(of)
        self.kept.append(tensor)

    def made_of_data(self, tensor: Tensor, data: Any) -> None:
        """Learn of a tensor that the function made of a number or a list: a constant of all replays."""
        if isinstance(data, Tensor):
            self.alias(tensor, data)
            return
        if hasattr(data, "__array__") and tensor.array.size > 1:
            self.refuse(
                "takes an array, whose next values a replay would not see",
                "make a tensor of it before, pass it as an argument, or draw with cr.rand() and cr.randn()",
            )
        self.of_data.add(id(tensor))
        self.kept.append(tensor)

    def read_grad(self, tensor: Tensor) -> None:
        """Learn that the gradient of a tensor was asked for."""
        self.log.append(("gradient", _Outside(tensor), tensor._grad is None))
        if tensor._grad is None:
            return
        slot = self._give(tensor._grad)
        self.viewed.add(slot)
        values = self.values

        def read() -> None:
            if tensor._grad is None:
                raise RuntimeError(f"a tensor of shape {tensor.shape} had a gradient when the step was recorded")
            tensor._grad_seen = True  # the next gradient goes to other memory
            values[slot] = tensor._grad.array

        self._plan(read, "read a gradient")

    def depend_on_mode(self, module: Any) -> None:
        """Learn that the mode of a module was asked for."""
        self.modes.append((module, module.__dict__["training"]))

    def depend_on_values(self, name: str, tensor: Tensor, shared: bool) -> None:
        """Learn that an operation holds the values of a tensor."""
        if self.traces(tensor):
            self.refuse(f"computes {name}", "compute it outside of the step")
        self.kept.append(tensor)
        self.constants.append((tensor, tensor.array, None if shared else tensor._owner().version))

    def made_module(self, module: Any) -> None:
        """Learn of a module that the function makes."""
        self.modules.add(id(module))
        self.kept.append(module)

    def changes_module(self, module: Any, what: str) -> None:
        """Learn that a module is changed."""
        if id(module) not in self.modules:
            self.refuse(f"{what} of {type(module).__name__}", "return the tensor, or do it outside of the step")

    # ---- what is done ---------------------------------------------------------------------------------------

    def apply(self, op: Operation, inputs: tuple[Any, ...]) -> Tensor:
        """Run an operation, and take it down."""
        tensors = [as_tensor(x) for x in inputs]
        sources = [self._slot(t) for t in tensors]
        if isinstance(op, Index) and any(t.array.dtype == bool and self.traces(t) for t in tensors[1:]):
            self.refuse("picks elements by a mask that it computes", "use where(), which keeps the shape")
        shared = [array for _, array, version in self.constants if version is None]  # which may change in place
        options = {k: v for k, v in vars(op).items() if not any(v is array for array in shared)}
        frozen = _frozen(options, self)
        result = run(op, tensors)
        slot = self._give(result)
        if result._base is not None:
            self.viewed.update((slot, *sources))
        self.sources[op] = sources
        action = forward_action(op, self.values, sources, slot, result.array.ndim == 0)
        self._plan(action, type(op).__name__)
        self.log.append((type(op).__name__, frozen, sources, result.array.shape, result.array.dtype, op.needs))
        return result

    def call(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Call a function with side effects, and take it down."""
        args = [list(a) if isinstance(a, Iterator) else a for a in args]
        kwargs = {k: list(a) if isinstance(a, Iterator) else a for k, a in kwargs.items()}
        given = {**dict(enumerate(args)), **kwargs}
        computed = {k: self.slots[id(a)] for k, a in given.items() if self.traces(a)}
        for a in given.values():
            if isinstance(a, tuple | list | dict) and any(
                map(self.traces, a.values() if isinstance(a, dict) else a)
            ):
                self.refuse(
                    f"passes {function.__name__}() several tensors that it computes", "pass them one by one"
                )
            if isinstance(a, FunctionType | MethodType):
                self.refuse(f"passes a function to {function.__name__}()", "do it outside of the step")
        if self.refusal is not None:
            return function(*args, **kwargs)
        self.log.append(("call", function.__qualname__, _frozen(given, self)))
        with autograd.unobserved():
            result = function(*args, **kwargs)
        if result is not None and not isinstance(result, Tensor):
            self.refuse(f"uses the {type(result).__name__} that {function.__name__}() returns", "do it outside")
            return result
        values, slot = self.values, None if result is None else self._give(result)

        def again() -> None:
            for k, source in computed.items():
                (kwargs if isinstance(k, str) else args)[k] = Tensor(values[source])
            result = function(*args, **kwargs)
            if slot is not None:
                values[slot] = result.array

        self._plan(again, function.__qualname__)
        self.has_called = True
        for tensor in self.outside:  # its slot is forgotten, so that it is read again where it is used next
            self.slots.pop(tensor, None)
        return result

    def can_assign(self, tensor: Tensor) -> bool:
        """Return whether the values of a tensor can be replaced, in place. If not, that is a refusal."""
        if id(tensor) in self.arguments:
            self.refuse("changes its argument in place", "change a clone()")
        elif self.traces(tensor) and (tensor._base is not None or self.slots[id(tensor)] in self.viewed):
            self.refuse(
                "changes a tensor in place whose memory has views",
                "compute a new tensor; for gradients there is zero_grad(), for parameters no_grad()",
            )
        elif id(tensor) in self.of_data:
            self.refuse("changes a constant in place", "start with cr.zeros(), or compute a new tensor")
        return self.refusal is None

    def assign(self, tensor: Tensor, result: Tensor) -> bool:
        """Take down that the values of a tensor are replaced, in place, and return whether that was possible."""
        if result.dtype != tensor.dtype:
            result = result.to(tensor.dtype)
        if not self.traces(tensor):
            return self._assign_outside(tensor, result)
        tensor.array = result.array
        tensor._touch()
        if autograd.mode.recording:
            tensor._op, tensor._requires_grad = result._op, result._requires_grad
        self.slots[id(tensor)] = self._slot(result)
        self.log.append(("assign", self.slots[id(tensor)]))
        return True

    def _assign_outside(self, tensor: Tensor, result: Tensor) -> bool:
        """Write to a tensor that was there before, a running mean for one."""
        tensor._tracked()  # raises if it is a leaf that requires a gradient
        if result._requires_grad:
            self.refuse("writes what has a gradient to a tensor outside", "detach() it, or use no_grad()")
            return False
        slot, values = self._slot(result), self.values

        def write() -> None:
            tensor.array[...] = values[slot]
            tensor._touch()

        self._do(write, "write to a variable")
        self.log.append(("write", slot, _Same(tensor)))
        return True

    def backward(self, tensor: Tensor, grad: Array, gradient: Tensor | None, retain_graph: bool) -> bool:
        """Walk back from a tensor, take the walk down, and return whether that was possible.

        The steps and their order are those of ``walk_back``.
        """
        root = tensor._op
        operations = set() if root is None else operations_behind([root])
        if not operations <= self.sources.keys():
            self.refuse("walks back through operations from before the step", "do them in the step, or detach()")
            return False
        reached = {node for op in operations for node in op.inputs if isinstance(node, Tensor)} | {tensor}
        if any(leaf._hooks is not None and leaf._hooks.any() for leaf in reached):
            self.refuse("calls the hooks of a tensor", "remove the hooks, or do without capture")
            return False
        values, start = self.values, len(self.values)
        values.append(grad)
        source = None if gradient is None else self._slot(gradient)
        self.log.append(("backward", self.slots.get(id(tensor)), source, retain_graph))
        if source is not None:

            def seed() -> None:
                values[start] = np.array(values[source], dtype=grad.dtype)

            self._plan(seed, "start of backward")
        if root is None:
            self._do(lambda: tensor.accumulate_grad(values[start]), "start of backward")
            return True
        slots: dict[Operation, int] = {root: start}  # of the gradients of outputs
        arrived: dict[Operation, int] = {}  # how many gradients there are to be added up
        heap: list[tuple[int, Operation]] = [(-root.order, root)]
        while heap:
            _, op = heappop(heap)
            check_can_go_back(op)
            leaves: list[tuple[int, Any]] = []
            targets: list[tuple[int, int, int]] = []
            for i, node in enumerate(op.inputs):
                if isinstance(node, Operation):
                    if node not in slots:
                        slots[node] = len(values)
                        values.append(None)
                        heappush(heap, (-node.order, node))
                    targets.append((i, slots[node], arrived.get(node, 0)))
                    arrived[node] = arrived.get(node, 0) + 1
                elif node is not None:
                    leaves.append((i, node))
            self._do(backward_action(op, values, slots[op], leaves, targets), f"{type(op).__name__}, backward")
            op.freed = not retain_graph
        return True

    def _do(self, action: Action, name: str) -> None:
        with autograd.unobserved():
            action()
        self._plan(action, name)

    def _plan(self, action: Action, name: str) -> None:
        """Have an action done by replays."""
        self.actions.append((name, action))

    # ---- the end --------------------------------------------------------------------------------------------

    def finish(self, result: Any) -> Recording | None:
        """Return the recording, or None if the function could not be captured."""
        slots = mapped(result, self._result)
        if self.refusal is not None:
            return None
        for op in self.sources:
            op.y = None  # type: ignore[assignment]  # the function may have shown it: replays have their own
            op.watched = ()
        return Recording(self.actions, self.values, self.leaves, self.modes, self.constants, slots, self.log)

    def _result(self, part: Any) -> Slot | None:
        if isinstance(part, Tensor):
            return Slot(self._slot(part))
        if part is not None:
            self.refuse(f"returns {type(part).__name__}", "return tensors; a replay would return the same again")
        return None


def _random_states() -> Any:
    """Return where Python's and NumPy's global generators stand."""
    state: Any = np.random.get_state(legacy=True)  # noqa: NPY002 (it is the old one that has a global state)
    return random.getstate(), state[1].tobytes(), state[2:]


def _reader(values: list[Any], slot: int, tensor: Tensor) -> Action:
    def read() -> None:
        values[slot] = tensor.array

    return read


# ---- comparing two recordings -----------------------------------------------------------------------------------


class _Same:
    """Equal to what holds the very same object."""

    def __init__(self, thing: Any) -> None:
        self.thing = thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.thing is self.thing

    __hash__ = None  # type: ignore[assignment]


class _Outside(_Same):
    """Equal to what holds the same tensor, or a constant of the same values."""

    def __init__(self, tensor: Tensor) -> None:
        super().__init__(tensor)
        self.values = None if tensor._requires_grad else tensor.array.copy()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Outside) or other.thing is self.thing:
            return isinstance(other, _Outside)
        if self.values is None or other.values is None or self.values.dtype != other.values.dtype:
            return False
        return self.values.shape == other.values.shape and self.values.tobytes() == other.values.tobytes()

    def __str__(self) -> str:
        return format_tensor(self.thing.array if self.values is None else self.values, False, None)


def _frozen(value: Any, tape: Tape) -> Any:
    """Return a value in a form that is equal to another if the two do the same in an operation or a call."""
    if isinstance(value, Tensor):
        return ("slot", tape.slots[id(value)]) if tape.traces(value) else _Outside(value)
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype, value.tobytes()
    if isinstance(value, float):
        return value.hex()  # which tells −0 from 0, and knows NaN
    if value is None or isinstance(value, bool | int | str | bytes | type | np.dtype | slice):
        return type(value), repr(value)
    if isinstance(value, tuple | list):
        return type(value), [_frozen(part, tape) for part in value]
    if isinstance(value, dict):
        return {name: _frozen(part, tape) for name, part in value.items()}
    if isinstance(value, partial):
        return "partial", _frozen((value.func, value.args, value.keywords), tape)
    if isinstance(value, FunctionType):
        cells = [cell.cell_contents for cell in value.__closure__ or ()]
        return "function", value.__code__, _frozen(cells, tape)
    if isinstance(value, BuiltinMethodType):
        return "builtin", _Same(value.__self__), value.__name__
    if isinstance(value, MethodType):
        return "method", _frozen(value.__func__, tape), _Same(value.__self__)
    return _Same(value)


def difference(log: list[Any], other: list[Any]) -> str | None:
    """Return in what two recordings differ first; None if they do the same.

    Examples
    --------
    >>> difference([("Mul", 2)], [("Add", 2)])
    'action 1 was Mul, and is now Add'
    """
    for i, (a, b) in enumerate(zip(log, other, strict=False), 1):
        if a[0] != b[0]:
            return f"action {i} was {a[0]}, and is now {b[0]}"
        if a != b:
            if a[0] == "outside":
                return f"a value from outside was {a[-1]}, and is now {b[-1]}"
            return f"action {i} has another value for the options of {a[0]}"
    return None if len(log) == len(other) else f"it took {len(log)} actions, and now takes {len(other)}"
