"""In-place forms of functions."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from chainrule.tensor import Tensor


def in_place(name: str) -> Callable[..., Tensor]:
    """Return the method that gives a tensor the values and the history of what another method returns.

    Parameters
    ----------
    name : str
        That of the other with an underscore behind.

    Examples
    --------
    >>> x = Tensor([0.0])
    >>> in_place("exp_")(x)
    tensor([1.])
    >>> x
    tensor([1.])
    """
    function = getattr(Tensor, name[:-1])

    @wraps(function)
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return self._replace(function, *args, **kwargs)

    method.__name__ = name
    method.__doc__ = f"Do what ``{name[:-1]}()`` does, in place."
    return method
