"""Arguments by name, as PyTorch takes them: also by NumPy's names, and with a sentence for what is not covered."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from functools import wraps
from inspect import CO_VARARGS, CO_VARKEYWORDS, isfunction, unwrap
from typing import Any, TypeVar, cast

from chainrule.memory_formats import contiguous_format, preserve_format

F = TypeVar("F", bound=Callable[..., Any])

HERE = {
    "a": "input",
    "axis": "dim",
    "from": "from_",
    "indices": "indices_or_sections",
    "keepdims": "keepdim",
    "sections": "indices_or_sections",
    "split_size_or_sections": "split_size",
    "tensor": "input",
    "x": "input",
    "x1": "input",
    "x2": "other",
}
"""Other names of arguments that PyTorch takes: NumPy's, and those of only some forms of a function."""

NOT_COVERED = {
    "dtype": "convert the operands or the result with to()",
    "layout": "every tensor is dense",
    "memory_format": "contiguous() and permute() lay tensors out",
    "names": "axes have no names",
    "out": "assign what is returned, or give it to copy_()",
    "out_dtype": "convert the operands or the result with to()",
    "pin_memory": "there is only the CPU",
    "sparse_grad": "every gradient is dense",
}
"""Arguments of PyTorch's that no function of tensors takes here, and what there is instead."""

_LIKE = ("zeros_like", "ones_like", "empty_like", "full_like", "rand_like", "randn_like", "randint_like")
DEFAULT_FORMAT = {"contiguous": contiguous_format} | dict.fromkeys((*_LIKE, "clone", "to"), preserve_format)
"""Of functions that take ``memory_format`` in PyTorch, the one that is the same as none."""


def named(name: str, function: F) -> F:
    """Return a function that takes arguments by NumPy's names too, and refuses others in a sentence.

    Parameters
    ----------
    name : str
        Of the function, in errors.
    function : callable

    Returns
    -------
    callable

    Raises
    ------
    TypeError
        When it is called, for arguments that it doesn't have. None stands for not given.

    Examples
    --------
    >>> def total(input, dim=None): return input, dim
    >>> named("total", total)(3, axis=1)
    (3, 1)
    >>> named("total", total)(3, out=[])
    Traceback (most recent call last):
    ...
    TypeError: total(out=) is not covered: assign what is returned, or give it to copy_()
    """
    code = unwrap(function).__code__
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & CO_VARARGS)
    own = {("input" if n == "self" else n): None for n in code.co_varnames[:count]}  # in order
    others_too = bool(code.co_flags & CO_VARKEYWORDS)

    @wraps(function)
    def call(*args: Any, **given: Any) -> Any:
        if not given or given.keys() <= own.keys():
            return function(*args, **given)
        return function(*args, **_in_own_names(name, own, others_too, given))

    return cast(F, call)


def name_all(namespace: dict[str, Any], names: Iterable[str]) -> None:
    """Give functions of a module their names: :func:`named`."""
    namespace |= {name: named(name, namespace[name]) for name in names}


def name_methods(owner: type, besides: Container[str]) -> None:
    """Give the methods of a class that take arguments their names: :func:`named`; not to those in ``besides``."""
    for name, method in [*vars(owner).items()]:
        if (
            name[0] != "_"
            and name not in besides
            and isfunction(method)
            and (name in DEFAULT_FORMAT or _takes_arguments(method))
        ):
            setattr(owner, name, named(name, method))


def _takes_arguments(method: Any) -> bool:
    code = unwrap(method).__code__
    return bool(code.co_argcount + code.co_kwonlyargcount > 1 or code.co_flags & CO_VARARGS)


def _in_own_names(name: str, own: dict[str, None], others_too: bool, given: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for argument, value in given.items():
        here = argument if argument in own else HERE.get(argument, argument)
        if argument in NOT_COVERED and argument not in own:
            if value is not None and not (argument == "memory_format" and value is DEFAULT_FORMAT.get(name)):
                raise TypeError(f"{name}({argument}=) is not covered: {NOT_COVERED[argument]}")
        elif here not in own and not others_too:
            raise TypeError(f"{name}() has no argument {argument!r}: it takes {', '.join(own)}")
        elif here != argument and here in given:
            raise TypeError(f"{name}() expected {here} once, got {here} and {argument}")
        else:
            found[here] = value
    return found
