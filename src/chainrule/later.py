"""Names that are imported when they are first asked for.

``import chainrule`` should take little longer than ``import numpy``: what a program does not use waits.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.machinery import PathFinder
from typing import Any, NoReturn


def later(
    owner: str, modules: Mapping[str, str], *, package: str = ""
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the ``__getattr__`` and the ``__dir__`` of a module.

    Parameters
    ----------
    owner : str
        Its ``__name__``.
    modules : mapping of str to str
        The names that each module has, with spaces between them; a module without any is meant itself.
    package : str
        Where these modules are; by default in ``owner``.

    Returns
    -------
    tuple of callable
        The first imports the name that it is asked for, and leaves it in ``owner``.

    Examples
    --------
    >>> get, names = later("chainrule.nn", {"distance": "CosineSimilarity PairwiseDistance", "init": ""})
    >>> get("PairwiseDistance").__module__
    'chainrule.nn.distance'
    >>> names()
    ['CosineSimilarity', 'PairwiseDistance', 'init']
    """
    where = {name: module for module, names in modules.items() for name in names.split()}
    whole = [module for module, names in modules.items() if not names]
    refuse = missing_from(owner)

    def names() -> list[str]:
        return sorted([*where, *whole])

    def get(name: str) -> Any:
        if name == "__all__":
            return names()
        if name not in where and name not in whole:
            refuse(name)
        module = import_module(f"{package or owner}.{where.get(name, name)}")
        value = module if name in whole else getattr(module, name)
        setattr(sys.modules[owner], name, value)
        return value

    return get, names


def missing_from(owner: str) -> Callable[[str], NoReturn]:
    """Return the ``__getattr__`` of a module all of whose names are there: the error for others.

    Parameters
    ----------
    owner : str
        Its ``__name__``.

    Examples
    --------
    >>> missing_from("chainrule.data")("StackDataset")
    Traceback (most recent call last):
    AttributeError: module 'chainrule.data' has no attribute 'StackDataset': a data set is a class...
    """

    def refuse(name: str) -> NoReturn:
        # ``from package import module`` asks the package first, and imports a module that it does not have yet
        if PathFinder.find_spec(f"{owner}.{name}", vars(sys.modules[owner]).get("__path__", [])):
            raise AttributeError(name)
        raise missing(f"module {owner!r}", owner, name)

    return refuse


def missing(what: str, owner: str, name: str) -> AttributeError:
    """Return the error for an attribute that is not there.

    Parameters
    ----------
    what : str
        What was asked for it.
    owner : str
        The name of its module.
    name : str

    Examples
    --------
    >>> missing("'Linear' object", "chainrule.nn.module", "compile")
    AttributeError("'Linear' object has no attribute 'compile': capture() takes the place of compilers; write ...
    """
    from chainrule.uncovered import missing as known

    error = f"{what} has no attribute {name!r}"
    reason = known(owner, name)
    # with the name and without an object, Python does not guess at what was meant
    return AttributeError(error + reason, name=name, obj=None) if reason else AttributeError(error)


class Missing:
    """A method of PyTorch's that a class does not have: asked for, it says what to write instead."""

    def __init__(self, name: str = "") -> None:
        self.name = name

    def __set_name__(self, owner: type, name: str) -> None:
        setattr(owner, name, type(self)(name))  # one object is given many names

    def __get__(self, instance: Any, owner: type) -> NoReturn:
        raise missing(f"{owner.__name__!r} object", owner.__module__, self.name)
