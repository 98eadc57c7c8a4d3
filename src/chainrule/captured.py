"""``capture``: what a function does is recorded, and done again without the Python around it.

Operations are objects that can run again with the same buffers (``ops/operation.py``). While a function runs for
the first times, a tape takes down every operation, every walk back and every call with side effects as an action
without arguments (``tape.py``). A replay puts the new inputs in their slots and performs the actions in order
(``replay.py``).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial, update_wrapper
from types import MethodType
from typing import Any, Generic, ParamSpec, TypeVar, cast, overload

from chainrule import autograd
from chainrule.ops import Array
from chainrule.replay import Recording, mapped
from chainrule.tape import CaptureError, Tape, difference
from chainrule.tensor import Tensor, as_tensor

P = ParamSpec("P")
R = TypeVar("R")

KEPT = 16  # recordings of one function, one for each combination of shapes and modes


@overload
def capture(function: Callable[P, R], *, strict: bool = True) -> Captured[P, R]: ...
@overload
def capture(*, strict: bool = True) -> Callable[[Callable[P, R]], Captured[P, R]]: ...
def capture(function: Any = None, *, strict: bool = True) -> Any:
    """Record what a function does with tensors, and replay it: the same numbers to the last bit, in less time.

    The first two calls with arguments of the same shapes run the function and take down its operations, its
    ``backward()``, the updates of optimisers, schedules and clipped gradients. If both did the same, later calls
    do it again, in the same order and the same memory. Dropout draws anew at every call; training and evaluation
    mode are recorded apart, and a module that is changed is recorded again.

    Python itself does not run in a replay. What a function counts, the way it takes at an ``if``, and numbers of
    Python that it reads from outside stay as they were: a coefficient that changes belongs among the arguments, or
    in a tensor. A function is refused if it reads or prints values of tensors, has hooks called, changes its
    arguments or the attributes of modules, takes arrays that are not arguments, draws from Python's or NumPy's
    generators, or does not do the same twice. The effects that it had until then remain.

    Parameters
    ----------
    function : callable, optional
        A training step, a model, or any function of tensors; without it, a decorator is returned. The arguments
        are tensors or arrays, which reach the function as tensors, alone or in tuples, lists and dicts; anything
        else must be hashable, and each value is recorded apart.
    strict : bool
        Whether it is an error if the function can't be captured. Otherwise it runs as it is written from then on,
        and the attribute ``refusal`` says why.

    Returns
    -------
    Captured
        A callable with the same arguments. It returns new tensors of the same values without history: a
        ``backward()`` belongs inside. It keeps the last 16 recordings, and serves one thread at a time.

    Raises
    ------
    CaptureError
        In the calls that record, if a replay could not do the same.

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
    return partial(Captured, strict=strict) if function is None else Captured(function, strict)


class Captured(Generic[P, R]):
    """What :func:`capture` returns: call it as the function itself.

    Parameters
    ----------
    function : callable
    strict : bool

    Attributes
    ----------
    refusal : CaptureError or None
        Why the function runs as it is written.
    """

    def __init__(self, function: Callable[P, R], strict: bool = True) -> None:
        if not callable(function):
            raise TypeError(f"capture expected a function, got {type(function).__name__}")
        update_wrapper(self, function, updated=())
        self.function, self.strict = function, strict
        self.refusal: CaptureError | None = None
        self._recordings: dict[Any, list[Recording]] = {}
        self._lock = threading.RLock()

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Replay what was recorded for arguments of these shapes, or record it."""
        # called by a function that is being captured, it is a part of that; a replay does not look for NaN
        if autograd.mode.tape is not None or self.refusal is not None or autograd.mode.anomaly:
            return self.function(*args, **kwargs)
        key, arrays = _signature(args, kwargs)
        with self._lock:
            recording = self._standing(key)
            if recording is not None:
                return cast(R, recording.replay(arrays))
            return self._record(key, args, kwargs)

    def recorded(self, *args: P.args, **kwargs: P.kwargs) -> bool:
        """Return whether a call with these arguments would be a replay."""
        key, _ = _signature(args, kwargs)
        return self._standing(key) is not None

    def profile(self, *args: P.args, **kwargs: P.kwargs) -> list[tuple[str, float]]:
        """Make one call, and return how long each of its actions took.

        Parameters
        ----------
        *args, **kwargs
            Those of a call that would be a replay: a step is done, as by any other call.

        Returns
        -------
        list of (str, float)
            Operations, walks back and calls, in their order, and seconds.

        Raises
        ------
        RuntimeError
            If there is no recording for these arguments.

        Examples
        --------
        >>> import chainrule as cr
        >>> double = capture(lambda x: x + x)
        >>> x = cr.ones(3)
        >>> _ = double(x), double(x)
        >>> [name for name, seconds in double.profile(x)]
        ['Add']
        """
        key, arrays = _signature(args, kwargs)
        with self._lock:
            recording = self._standing(key)
            if recording is not None:
                return list(zip(recording.names, recording.timed(arrays), strict=True))
        raise RuntimeError(
            f"{self._name()} has no recording to profile for these arguments: call it twice with them before"
        )

    def doubt(self) -> None:
        """Have the next call with each combination of arguments recorded again, and compared with what was before.

        For programs that may have changed what the function does, at the beginning of an epoch for one.
        """
        for recordings in self._recordings.values():
            for recording in recordings:
                recording.confirmed = False

    def _standing(self, key: Any) -> Recording | None:
        """Return the recording to replay, if there is one."""
        for recording in self._found(key):
            if recording.confirmed and recording.holds():
                return recording
        return None

    def _found(self, key: Any) -> list[Recording]:
        try:
            return self._recordings.get(key, [])
        except TypeError as error:
            raise TypeError(
                f"{self._name()} is captured, and expected arguments that are tensors, arrays or hashable: {error}"
            ) from None

    def _name(self) -> str:
        return getattr(self.function, "__name__", type(self.function).__name__)

    def _record(self, key: Any, args: Any, kwargs: Any) -> R:
        earlier = next((recording for recording in self._found(key) if recording.holds()), None)
        tape = Tape(self._name(), self.strict)
        taken = mapped(args, tape.take), mapped(kwargs, tape.take)
        if tape.refusal is None:
            args, kwargs = taken
            with tape.listening():
                result = self.function(*args, **kwargs)
        else:
            result = self.function(*args, **kwargs)
        recording = None if tape.refusal is not None else tape.finish(result)
        if recording is not None and earlier is not None:
            change = difference(earlier.log, recording.log)
            if change is not None:
                tape.refuse(
                    f"does not do the same at every call ({change})", "do what changes outside of the step"
                )
        self.refusal = tape.refusal
        if recording is None or self.refusal is not None:
            self._recordings.clear()
            return result
        recording.confirmed = earlier is not None
        self._keep(key, recording)
        return cast(R, recording.returned())

    def _keep(self, key: Any, recording: Recording) -> None:
        """Keep a recording in the place of those that it repeats, or that don't hold any more."""
        standing = [
            r for r in self._recordings.pop(key, []) if r.structure == recording.structure and not r.holds()
        ]
        self._recordings[key] = [*standing[-KEPT:], recording]
        while sum(map(len, self._recordings.values())) > KEPT:
            self._recordings.pop(next(iter(self._recordings)))

    def __set_name__(self, owner: Any, name: str) -> None:
        self._attribute = name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """Return the method of an object: each has recordings of its own, which end with it."""
        if instance is None:
            return self
        bound = Captured(MethodType(self.function, instance), self.strict)
        instance.__dict__[self._attribute] = bound
        return bound

    def __getstate__(self) -> dict[str, Any]:
        """Return the function alone: a copy records anew."""
        return {"function": self.function, "strict": self.strict}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]


def _signature(args: Any, kwargs: Any) -> tuple[Any, list[Array]]:
    """Return what tells recordings apart, and the arrays among the arguments."""
    arrays: list[Array] = []
    key = autograd.mode.recording, _split(args, arrays), _split(kwargs, arrays) if kwargs else None
    return key, arrays


def _split(value: Any, arrays: list[Array]) -> Any:
    """Append the arrays in ``value`` to a list, and return the rest, which tells one recording from another."""
    if isinstance(value, Tensor):
        array = value.array
        arrays.append(array)
        return array.shape, array.strides, array.dtype, value._requires_grad
    if isinstance(value, tuple | list):
        return type(value), *[_split(part, arrays) for part in value]
    if isinstance(value, dict):
        return dict, *[(name, _split(part, arrays)) for name, part in value.items()]
    if hasattr(value, "__array__"):
        array = as_tensor(value).array
        arrays.append(array)
        return array.shape, array.strides, array.dtype, False
    return type(value), value.hex() if isinstance(value, float) else value
