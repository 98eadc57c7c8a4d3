"""What the engine tells a tape, while a function is captured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from chainrule.autograd.grad_mode import mode
from chainrule.ops.operation import Array

P = ParamSpec("P")
R = TypeVar("R")


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
