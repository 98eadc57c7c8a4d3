"""Hooks: functions that are called at every call of a module."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from chainrule.autograd import structure_changed

_numbers = count()


class RemovableHandle:
    """What registering a hook returns.

    Parameters
    ----------
    hooks : dict
        Where the hook is put.
    hook : callable

    Examples
    --------
    >>> hooks = {}
    >>> handle = RemovableHandle(hooks, print)
    >>> handle.remove()
    >>> hooks
    {}
    """

    def __init__(self, hooks: dict[int, Callable[..., Any]], hook: Callable[..., Any]) -> None:
        self._hooks, self._number = hooks, next(_numbers)
        hooks[self._number] = hook
        structure_changed()

    def remove(self) -> None:
        """Take the hook away. Doing it again changes nothing."""
        self._hooks.pop(self._number, None)
        structure_changed()
