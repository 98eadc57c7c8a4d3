"""Functions that an optimiser calls before and after its steps, and when its state is taken or loaded."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias, TypeVar, cast

from chainrule.autograd import replayed
from chainrule.nn.hooks import RemovableHandle

Hook: TypeAlias = Callable[..., Any]
Step = TypeVar("Step", bound=Callable[..., Any])


class Hooks:
    """The part of an optimiser that keeps and calls hooks, with PyTorch's names. A captured step calls them, too.

    Examples
    --------
    >>> from chainrule.optim import SGD
    >>> from chainrule.tensor import Tensor
    >>> optimizer = SGD([Tensor([1.0], requires_grad=True)], lr=0.5)
    >>> handle = optimizer.register_step_post_hook(lambda optimizer, args, kwargs: print("stepped"))
    >>> optimizer.step()
    stepped
    >>> handle.remove()
    >>> optimizer.step()
    """

    _stepping = False  # whether a step is under way, of which the step of a base class may be a part
    _stepped: bool | None = None  # whether there was a step since the first schedule was made; None without one

    def __init__(self) -> None:
        self._hooks: defaultdict[str, OrderedDict[int, Hook]] = defaultdict(OrderedDict)

    def _register(self, when: str, hook: Hook, prepend: bool = False) -> RemovableHandle:
        return RemovableHandle(self._hooks[when], hook, prepend)

    def register_step_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Have ``hook(optimizer, args, kwargs)`` called before every ``step``.

        Parameters
        ----------
        hook : callable
            May return a pair in the place of ``args`` and ``kwargs``; ``args`` begins with the optimiser. What it
            returns can't be captured.

        Returns
        -------
        RemovableHandle
        """
        return self._register("before a step", hook)

    def register_step_post_hook(self, hook: Hook) -> RemovableHandle:
        """Have ``hook(optimizer, args, kwargs)`` called after every ``step``.

        Parameters
        ----------
        hook : callable

        Returns
        -------
        RemovableHandle
        """
        return self._register("after a step", hook)

    def register_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Have ``hook(optimizer)`` called at the beginning of ``state_dict``.

        Parameters
        ----------
        hook : callable
        prepend : bool
            Whether it comes before those that are there.

        Returns
        -------
        RemovableHandle
        """
        return self._register("before state_dict", hook, prepend)

    def register_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Have ``hook(optimizer, state_dict)`` called at the end of ``state_dict``.

        Parameters
        ----------
        hook : callable
            May change the state dict, or return another.
        prepend : bool
            Whether it comes before those that are there.

        Returns
        -------
        RemovableHandle
        """
        return self._register("after state_dict", hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Have ``hook(optimizer, state_dict)`` called at the beginning of ``load_state_dict``.

        Parameters
        ----------
        hook : callable
            Is given a shallow copy of the state dict, and may change it, or return another.
        prepend : bool
            Whether it comes before those that are there.

        Returns
        -------
        RemovableHandle
        """
        return self._register("before load_state_dict", hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Have ``hook(optimizer)`` called at the end of ``load_state_dict``.

        Parameters
        ----------
        hook : callable
        prepend : bool
            Whether it comes before those that are there.

        Returns
        -------
        RemovableHandle
        """
        return self._register("after load_state_dict", hook, prepend)

    def _called(self, when: str) -> list[Hook]:
        return list(self._hooks.get(when, {}).values())

    def _tell(self, when: str, *args: Any) -> None:
        """Call hooks that return nothing."""
        for hook in self._called(when):
            hook(self, *args)

    def _change(self, when: str, state_dict: dict[str, Any]) -> dict[str, Any]:
        """Return a state dict as hooks leave it."""
        for hook in self._called(when):
            changed = hook(self, state_dict)
            state_dict = state_dict if changed is None else changed
        return state_dict

    @replayed
    def _before_step(self, args: Any, kwargs: Any) -> Any:
        """Return the changed arguments of a step, or None if no hook changes them."""
        result = None
        for hook in self._called("before a step"):
            changed = hook(self, args, kwargs)
            if changed is None:
                continue
            if not (isinstance(changed, tuple) and len(changed) == 2):
                raise RuntimeError(f"a hook before a step must return None or (args, kwargs), got {changed}")
            args, kwargs = result = changed
        return result

    @replayed
    def _after_step(self, args: Any, kwargs: Any) -> None:
        self._tell("after a step", args, kwargs)


def hooked(step: Step) -> Step:
    """Decorate ``step``, so that it calls hooks, and that schedules know of it."""

    @wraps(step)
    def call(self: Hooks, *args: Any, **kwargs: Any) -> Any:
        if self._stepped is False:
            self._stepped = True
        if not self._hooks or self._stepping:
            return step(self, *args, **kwargs)
        args = (self, *args)
        changed = self._before_step(args, kwargs)
        args, kwargs = (args, kwargs) if changed is None else changed
        result = step(*args, **kwargs)
        self._after_step(args, kwargs)
        return result

    return cast(Step, call)


def as_one(step: Step) -> Step:
    """Decorate ``step``, so that the step of a base class that is a part of it calls no hooks, nor in a replay."""

    @wraps(step)
    def call(self: Hooks, *args: Any, **kwargs: Any) -> Any:
        before, self._stepping = self._stepping, True
        try:
            return step(self, *args, **kwargs)
        finally:
            self._stepping = before

    return cast(Step, call)
