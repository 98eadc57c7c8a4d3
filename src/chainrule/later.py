"""Names that are imported when they are first asked for.

``import chainrule`` should take little longer than ``import numpy``: what a program does not use waits.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def later(
    owner: str, modules: Mapping[str, str], *, package: str = "", otherwise: str = ""
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
    otherwise : str
        What an error says of other names.

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

    def names() -> list[str]:
        return sorted([*where, *whole])

    def get(name: str) -> Any:
        if name == "__all__":
            return names()
        if name not in where and name not in whole:
            raise AttributeError(f"module {owner!r} has no attribute {name!r}{otherwise}")
        module = import_module(f"{package or owner}.{where.get(name, name)}")
        value = module if name in whole else getattr(module, name)
        setattr(sys.modules[owner], name, value)
        return value

    return get, names
