"""Looking on while a network computes, and leaving no trace of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from chainrule.autograd.hooks import numbers
from chainrule.nn.hooks import ForwardHook
from chainrule.nn.module import Module
from chainrule.random import default_generator


@contextmanager
def watched(modules: Mapping[str, Module], look: Callable[[str, Module, Any, Any], None]) -> Iterator[None]:
    """Inside, call ``look(name, module, args, output)`` whenever one of the modules has been called.

    Other than with ``register_forward_hook``, captured steps are not recorded anew for what comes and goes; what
    they do inside is not seen.

    Parameters
    ----------
    modules : mapping of str to Module
    look : callable

    Examples
    --------
    >>> from chainrule import nn
    >>> model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    >>> with watched(dict(model.named_modules()), lambda name, module, args, output: print(repr(name))):
    ...     _ = model([[1.0, 2.0]])
    '0'
    '1'
    ''
    """
    number = next(numbers)
    for name, module in modules.items():
        module._forward_hooks[number] = ForwardHook(partial(_call, look, name), with_kwargs=False)
    try:
        yield
    finally:
        for module in modules.values():
            del module._forward_hooks[number]


@contextmanager
def unchanged(model: Module) -> Iterator[None]:
    """Afterwards, put modes, buffers and the default generator back to what they were.

    Parameters
    ----------
    model : Module

    Examples
    --------
    >>> from chainrule import nn
    >>> norm = nn.BatchNorm1d(1)
    >>> with unchanged(norm):
    ...     _ = norm([[1.0], [3.0]])
    >>> norm.running_mean.tolist()
    [0.0]
    """
    modes = [(module, module.training) for module in model.modules()]
    buffers = [(buffer, buffer.array.copy()) for buffer in model.buffers()]
    random = default_generator.get_state()
    try:
        yield
    finally:
        default_generator.set_state(random)
        for module, training in modes:
            module.training = training
        for buffer, values in buffers:
            buffer.array[...] = values


def _call(
    look: Callable[[str, Module, Any, Any], None], name: str, module: Module, args: Any, output: Any
) -> None:
    look(name, module, args, output)
