"""Values to and from PyTorch: tensors, and whatever holds them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.foreign import HALVES
from chainrule.tensor import Tensor, as_tensor

VERSION = "2.13.0"  # the version whose runs are recorded, and that the "reference" extra installs


def import_torch() -> Any:
    """Return PyTorch.

    Raises
    ------
    ImportError
        If it is not installed: the error says how to install it.
    """
    try:
        import torch
    except ImportError as error:
        raise ImportError(f'this needs PyTorch: pip install "torch=={VERSION}"') from error
    return torch


def to_torch(value: Any) -> Any:
    """Return a value of ours with PyTorch's tensors in it: what ``load_state_dict`` of PyTorch takes.

    Parameters
    ----------
    value : object
        A tensor, an array, or any nesting of dicts, lists and tuples: the ``state_dict()`` of a model, of an
        optimiser or of a schedule, a state of the random numbers, a batch.

    Returns
    -------
    object
        The same with ``torch.Tensor`` for tensors and arrays, which have memory of their own and no gradients. All
        else is as it was.

    Raises
    ------
    ImportError
        If PyTorch is not installed.

    Examples
    --------
    >>> from chainrule import nn, optim
    >>> ours = nn.Linear(2, 1)
    >>> our_optimizer = optim.Adam(ours.parameters())
    >>> theirs = torch.nn.Linear(2, 1)  # doctest: +SKIP
    >>> theirs.load_state_dict(to_torch(ours.state_dict()))  # doctest: +SKIP
    >>> their_optimizer = torch.optim.Adam(theirs.parameters())  # doctest: +SKIP
    >>> their_optimizer.load_state_dict(to_torch(our_optimizer.state_dict()))  # doctest: +SKIP
    """
    torch = import_torch()

    def convert(leaf: Any, where: str) -> Any:
        return torch.from_numpy(np.array(leaf)) if isinstance(leaf, Tensor | np.ndarray) else leaf

    return _each(value, convert)


def from_torch(value: Any) -> Any:
    """Return a value of PyTorch's with tensors of ours in it.

    ``load_state_dict`` of ours takes PyTorch's state dicts as they are. This is for what shall be saved, or
    computed with, without PyTorch.

    Parameters
    ----------
    value : object
        A tensor, or any nesting of dicts, lists and tuples.

    Returns
    -------
    object
        The same with tensors of ours, which have memory of their own and no gradients. All else is as it was.

    Raises
    ------
    TypeError
        If a tensor has a dtype that tensors of ours don't have, is sparse or has no values: the error says where.

    Examples
    --------
    >>> from_torch({"state": {0: {"step": 3}}})
    {'state': {0: {'step': 3}}}
    """

    def convert(leaf: Any, where: str) -> Any:
        if not _is_torch_tensor(leaf):
            return leaf
        try:
            return as_tensor(leaf.numpy(force=True).copy())
        except (TypeError, NotImplementedError) as error:  # half precision; without values
            mend = HALVES if leaf.is_floating_point() else ""
            raise TypeError(f"{where}, a tensor of {leaf.dtype}, can't be taken over: {error}{mend}") from error

    return _each(value, convert)


def _is_torch_tensor(value: Any) -> bool:
    return any(base.__module__ == "torch" and base.__name__ == "Tensor" for base in type(value).__mro__)


def _each(value: Any, convert: Callable[[Any, str], Any], where: str = "value") -> Any:
    """Return a copy of nested containers, of the same types and attributes, with what they hold converted."""
    if isinstance(value, dict):
        result = copy.copy(value)
        for key, inner in value.items():
            result[key] = _each(inner, convert, f"{where}[{key!r}]")
        return result
    if isinstance(value, list | tuple):
        items = [_each(v, convert, f"{where}[{i}]") for i, v in enumerate(value)]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    return convert(value, where)
