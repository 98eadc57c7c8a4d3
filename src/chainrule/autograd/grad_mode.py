"""Whether operations are recorded for the backward walk."""

from __future__ import annotations

import threading
from contextlib import ContextDecorator
from typing import Any


class _Mode(threading.local):
    recording = True  # whether operations remember what they were made from
    anomaly = False  # whether a backward pass looks for NaN
    tape: Any = None  # while a function is captured, what takes down all that it does; see tape.py


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

    def __new__(cls, *options: Any) -> Any:
        if options and callable(options[0]):  # a decorator without parentheses
            decorator: Any = cls
            return decorator()(options[0])
        return super().__new__(cls)

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


class inference_mode(_GradMode):
    """Do what :class:`no_grad` does; with ``mode=False``, what :class:`enable_grad` does.

    PyTorch refuses to compute gradients through what was made inside; here it counts as a constant.

    Examples
    --------
    >>> with inference_mode():
    ...     is_grad_enabled()
    False
    """

    def __init__(self, mode: bool = True) -> None:
        super().__init__(not mode)


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

    def __call__(self, func: Any) -> Any:
        """Decorate a function, and leave the mode outside of it as it was."""
        mode.recording = self._before.pop()
        return super().__call__(func)
