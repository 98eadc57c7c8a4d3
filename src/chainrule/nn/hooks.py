"""Hooks: functions that are called at every call of a module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from chainrule.autograd.hooks import RemovableHandle as RemovableHandle


class ForwardHook(NamedTuple):
    """A function that a module calls before or after ``forward``."""

    function: Callable[..., Any]
    with_kwargs: bool
    always_call: bool = False  # also if the call fails


class BackwardHook(NamedTuple):
    """A function that a module calls with gradients: before those of its inputs are known, or after."""

    function: Callable[..., Any]
    before: bool
