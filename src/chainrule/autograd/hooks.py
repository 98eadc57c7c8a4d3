"""Hooks: functions that are called at every call of a module, or with every gradient of a tensor."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from itertools import count
from typing import Any, Self

import numpy as np

from chainrule.autograd import no_grad, structure_changed
from chainrule.ops.operation import Array

numbers = count()  # of all hooks


class RemovableHandle:
    """What registering a hook returns. In a ``with`` statement, it takes the hook away at the end.

    Parameters
    ----------
    hooks : OrderedDict
        Where the hook is put.
    hook : callable
    prepend : bool
        Whether it comes before those that are there.
    recorded : bool
        Whether captured steps could miss it, and are recorded anew.

    Examples
    --------
    >>> hooks = OrderedDict()
    >>> handle = RemovableHandle(hooks, print)
    >>> handle.remove()
    >>> hooks
    OrderedDict()
    """

    def __init__(
        self, hooks: OrderedDict[int, Any], hook: Any, prepend: bool = False, recorded: bool = True
    ) -> None:
        self._hooks, self._number, self._recorded = hooks, next(numbers), recorded
        hooks[self._number] = hook
        if prepend:
            hooks.move_to_end(self._number, last=False)
        if recorded:
            structure_changed()

    def remove(self) -> None:
        """Take the hook away. Doing it again changes nothing."""
        self._hooks.pop(self._number, None)
        if self._recorded:
            structure_changed()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


class GradHooks:
    """What is done with the gradient of a tensor when it is known, the sum over all uses of the tensor.

    Attributes
    ----------
    before : OrderedDict
        Functions of the gradient, which may return another in its place.
    retained : Tensor or None
        The tensor, if it keeps its gradient though an operation made it. That gets what the functions leave.
    after : OrderedDict
        Functions of a leaf, called when its ``grad`` was added to.
    """

    def __init__(self) -> None:
        self.before: OrderedDict[int, Callable[[Any], Any]] = OrderedDict()
        self.after: OrderedDict[int, Callable[[Any], Any]] = OrderedDict()
        self.retained: Any = None

    def any(self) -> bool:
        """Return whether there is one."""
        return bool(self.before or self.after)

    def passed(self, grad: Array) -> Array:
        """Return a gradient as the hooks leave it."""
        for hook in tuple(self.before.values()):
            grad = _changed(hook, grad)
        if self.retained is not None:
            self.retained.accumulate_grad(grad)
        return grad

    def tell(self, leaf: Any) -> None:
        """Call the hooks of a leaf whose ``grad`` was added to."""
        for hook in tuple(self.after.values()):
            with no_grad():
                result = hook(leaf)
            if result is not None:
                raise TypeError(
                    f"a hook after a gradient was accumulated must return None, got {type(result).__name__}"
                )


def _changed(hook: Callable[[Any], Any], grad: Array) -> Array:
    """Return a gradient as a hook leaves it, which sees a copy: what operations hold is not shown."""
    from chainrule.tensor import Tensor

    given = Tensor(np.array(grad))
    with no_grad():
        result = hook(given)
    if result is None:
        return given.array  # which it may have changed in place
    name = getattr(hook, "__name__", type(hook).__name__)
    if not isinstance(result, Tensor):
        raise TypeError(f"the hook {name} of a gradient must return a tensor or None, got {type(result).__name__}")
    if result.shape != given.shape or result.dtype != given.dtype:
        raise RuntimeError(
            f"the hook {name} must return a gradient of shape {tuple(given.shape)} and dtype {given.dtype}, "
            f"as it was given, got shape {tuple(result.shape)} and dtype {result.dtype}"
        )
    return result.array
