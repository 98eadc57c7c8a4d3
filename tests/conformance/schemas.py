"""The arguments of PyTorch's functions of tensors, from the signatures that it has of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import torch

import chainrule
from chainrule.keywords import HERE, NOT_COVERED

# Of functions whose signature in Python is (*args, **kwargs).
IN_WORDS = {
    "broadcast_tensors": "tensors",
    "cartesian_prod": "tensors",
    "chain_matmul": "matrices out",
    "einsum": "equation operands",
    "unique": "input sorted return_inverse return_counts dim",
    "unique_consecutive": "input return_inverse return_counts dim",
}


@cache
def arguments(name: str) -> list[str]:
    """Return the names of the arguments of a function or method, in all of its forms; none if they aren't known.

    Examples
    --------
    >>> arguments("amax")
    ['input', 'dim', 'keepdim', 'out']
    """
    name = name.removeprefix("Tensor.")
    if name in IN_WORDS:
        return IN_WORDS[name].split()
    found = getattr(torch, name, None) or getattr(torch.Tensor, name, None)
    if inspect.isfunction(found) and inspect.isfunction(inspect.unwrap(found)):
        return [n for n in inspect.signature(found).parameters if n != "self"]
    named: dict[str, None] = {}
    for schema in torch._C._jit_get_schemas_for_operator(f"aten::{name}"):
        if _takes_tensors(schema):
            named |= dict.fromkeys("out" if a.is_out else a.name for a in schema.arguments)
    return ["input" if n == "self" else n for n in named]


def _takes_tensors(schema: Any) -> bool:
    """Return whether a form is one of Python's too, of axes without names: others are TorchScript's."""
    first = schema.arguments[0]
    makes = any(a.name == "pin_memory" for a in schema.arguments)
    of_tensors = str(first.type) == "Tensor" or first.name == "tensors"
    return (makes or of_tensors) and not any(
        "dimname" in schema.overload_name or _named(a) for a in schema.arguments
    )


def _named(argument: Any) -> bool:
    """Return whether an argument names axes."""
    return argument.name == "names" or (argument.name in ("dim", "dims") and "str" in str(argument.type))


@cache
def function(name: str) -> Callable[..., Any] | None:
    """Return our function or method of a name, if there is one."""
    short = name.removeprefix("Tensor.")
    found = getattr(chainrule, short, None) if short == name else None
    found = found or getattr(chainrule.Tensor, short, None)
    return found if inspect.isfunction(found) else None


@cache
def supported(name: str) -> list[str]:
    """Return the arguments of PyTorch's that our function has."""
    parameters = inspect.signature(function(name)).parameters
    ours = {"input" if n == "self" else n.removesuffix("_") for n in parameters}
    if any(p.kind == p.VAR_KEYWORD for p in parameters.values()):
        ours |= set(arguments(name)) - set(NOT_COVERED)
    return [n for n in arguments(name) if n in ours or HERE.get(n) in ours]


@cache
def same(name: str) -> Any:
    """Return what is the same for all names of one function: ``x.multiply_(y)`` is ``mul(x, y)``."""
    found = function(name.removesuffix("_")) or function(name)
    return inspect.unwrap(found).__code__ if found else name
