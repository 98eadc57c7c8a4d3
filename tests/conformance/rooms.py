"""The public names of PyTorch's rooms, and which of them are here."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import torch

import chainrule

ROOMS = (
    *("", "Tensor", "nn", "nn.functional", "nn.init", "nn.utils", "nn.utils.rnn", "optim", "optim.lr_scheduler"),
    *("utils.data", "autograd", "linalg", "special", "random"),
)


def room(library: Any, name: str) -> Any:
    """Return what stands in a library under a name with points, or None."""
    found = library
    for part in filter(None, name.split(".")):
        found = getattr(found, part, None)
    return found


def public(name: str) -> list[str]:
    """Return PyTorch's names of a room: what it lists, or else all; without modules and typing's names."""
    found = room(torch, name)
    listed = None if name == "Tensor" else getattr(found, "__all__", None)
    return [n for n in sorted(listed or dir(found)) if n[0] != "_" and _own(getattr(found, n, None))]


def _own(value: Any) -> bool:
    typed = getattr(value, "__module__", "torch") in ("typing", "collections.abc") or value is TYPE_CHECKING
    return not inspect.ismodule(value) and not typed


def here(name: str, room_name: str) -> bool:
    """Return whether we have a name of PyTorch's in the same room."""
    return hasattr(room(chainrule, room_name), name)


def full(name: str, room_name: str) -> str:
    """Return a name with its room."""
    return f"{room_name}.{name}" if room_name else name
