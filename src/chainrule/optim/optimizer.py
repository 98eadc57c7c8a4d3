"""What all optimisers share: parameter groups, state, saving, and the checks of options."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from copy import copy
from itertools import chain
from typing import Any, TypeAlias

import numpy as np

from chainrule.autograd import replayed
from chainrule.optim.flat import State
from chainrule.optim.hooks import Hooks, as_one, hooked
from chainrule.tensor import Tensor, as_tensor

Group: TypeAlias = dict[str, Any]


class Optimizer(Hooks):
    """Base of the optimisers, those that programs define included.

    A subclass gives the defaults of its options, and defines :meth:`step`, which changes the parameters of every
    group in place and may keep a state of each. A captured step calls ``step`` at every replay.

    Parameters
    ----------
    params : iterable of Tensor, of (name, Tensor), or of dict
        What to optimise; dicts are groups with options of their own.
    defaults : dict
        The options of a group that does not give them.

    Attributes
    ----------
    param_groups : list of dict
        The groups with their options, parameters under ``"params"``.
    state : dict
        Parameter → name → tensor, or anything else; empty for a parameter that is asked for the first time.

    Examples
    --------
    >>> import chainrule as cr
    >>> class SignDescent(Optimizer):
    ...     def __init__(self, params, lr=0.1):
    ...         super().__init__(params, {"lr": lr})
    ...
    ...     @cr.no_grad()
    ...     def step(self, closure=None):
    ...         for group in self.param_groups:
    ...             for p in group["params"]:
    ...                 p.add_(p.grad.sign(), alpha=-group["lr"])
    >>> w = cr.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = SignDescent([w])
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([ 0.9000, -1.9000], requires_grad=True)
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor) or not hasattr(params, "__iter__"):
            given = f"a tensor of shape {params.shape}" if isinstance(params, Tensor) else type(params).__name__
            raise TypeError(f"params expected an iterable of tensors or dicts, got {given}: {_mend(params)}")
        super().__init__()
        self.defaults = defaults
        self.state: State = defaultdict(dict)
        self.param_groups: list[Group] = []
        groups = list(params)
        if not groups:
            raise ValueError(
                "optimizer got an empty parameter list: a Module finds layers that are its attributes, or in "
                "nn.Sequential and nn.ModuleList, not in a plain list or dict"
            )
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def __init_subclass__(cls, replays: bool = True) -> None:
        """Have ``step`` call hooks, and, with ``replays``, be called by captured steps as a whole."""
        if "step" in vars(cls):
            cls.step = hooked(replayed(as_one(cls.step)) if replays else cls.step)  # type: ignore[method-assign]

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient. Every subclass defines it.

        Parameters
        ----------
        closure : callable, optional
            Clears the gradients, computes the loss, calls ``backward()`` and returns the loss.

        Returns
        -------
        Tensor or None
            What the closure returned.
        """
        raise NotImplementedError(f"{type(self).__name__} is missing the required method step")

    # ---- groups ---------------------------------------------------------------------------------------------

    def add_param_group(self, param_group: Group) -> None:
        """Add a group of parameters with options of its own.

        Parameters
        ----------
        param_group : dict
            ``"params"``, and any options; the others are entered with their defaults. It becomes the group itself.

        Raises
        ------
        TypeError
            If a parameter is not a tensor, or the parameters have no order.
        ValueError
            If a parameter is no leaf, is in a group already, or has no name where others have.
        """
        group = param_group
        params = group["params"]
        if isinstance(params, set):
            raise TypeError("params expected an ordered collection, got a set, whose order changes: pass a list")
        params = [params] if isinstance(params, Tensor) else list(params)
        named = [isinstance(p, tuple) for p in params]
        if any(named):
            if not all(named):
                raise ValueError("params expected all parameters with names, or none: some names are missing")
            group["param_names"] = [name for name, _ in params]
            params = [p for _, p in params]
        if any(("param_names" in g) != ("param_names" in group) for g in self.param_groups):
            raise ValueError("param_group expected names exactly if the other groups have them")
        present = {p for g in self.param_groups for p in g["params"]}
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"params expected tensors, got {type(p).__name__}: {_mend(p)}")
            if not p.is_leaf:
                raise ValueError(f"params expected leaf tensors, got the result of {type(p.grad_fn).__name__}")
            if p in present:
                raise ValueError(f"a parameter of shape {p.shape} appears in more than one place of params")
            present.add(p)
        group["params"] = params
        for name, value in self.defaults.items():
            group.setdefault(name, value)
        self.param_groups.append(group)

    @replayed
    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients of all parameters.

        Parameters
        ----------
        set_to_none : bool
            Whether ``grad`` becomes None, or zero.
        """
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p.clear_grad()
                elif p._grad is not None:
                    p._grad.array.fill(0)

    # ---- saving ---------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return the state and the options, with numbers in the place of parameters, as PyTorch does.

        Returns
        -------
        dict
            ``"state"``: number → name → tensor (sharing memory), and ``"param_groups"``.
        """
        self._tell("before state_dict")
        number = {p: i for i, p in enumerate(chain.from_iterable(g["params"] for g in self.param_groups))}
        groups = [{k: v for k, v in g.items() if k != "params"} for g in self.param_groups]
        for packed, group in zip(groups, self.param_groups, strict=True):
            packed["params"] = [number[p] for p in group["params"]]
        state = {number[k] if isinstance(k, Tensor) else k: copy(entry) for k, entry in self.state.items()}
        return self._change("after state_dict", {"state": state, "param_groups": groups})

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state and the options of another optimiser of the same parameters.

        Parameters
        ----------
        state_dict : dict
            From ``state_dict()``, ours or PyTorch's.

        Raises
        ------
        ValueError
            If the number of groups or of parameters in a group is another.
        RuntimeError
            If the shape of a state is another than that of its parameter.
        """
        state_dict = self._change("before load_state_dict", {**state_dict})
        saved = state_dict["param_groups"]
        if len(saved) != len(self.param_groups):
            raise ValueError(
                f"loaded state dict expected {len(self.param_groups)} parameter groups, got {len(saved)}"
            )
        states = dict(state_dict["state"])
        state: State = defaultdict(dict)
        groups = []
        for i, (group, other) in enumerate(zip(self.param_groups, saved, strict=True)):
            if len(group["params"]) != len(other["params"]):
                raise ValueError(
                    f"loaded state dict expected {len(group['params'])} parameters in group {i}, "
                    f"got {len(other['params'])}"
                )
            named = {"param_names": group["param_names"]} if "param_names" in group else {}
            options = {k: loaded(v, None) for k, v in other.items() if k != "params"}
            groups.append({**self.defaults, **named, **options, "params": group["params"]})
            for k, p in zip(other["params"], group["params"], strict=True):
                if k in states:
                    state[p] = self._loaded_state(groups[-1], p, states.pop(k))
        self.state, self.param_groups = state | states, groups  # with what belongs to no parameter
        self._tell("after load_state_dict")

    def _loaded_state(self, group: Group, p: Tensor, entry: dict[str, Any]) -> dict[str, Any]:
        """Return a copy of a parameter's saved state: tensors in its dtype, but as they are under "step"."""
        return {k: loaded(v, None if k == "step" else p.dtype) for k, v in entry.items()}

    def __getstate__(self) -> dict[str, Any]:
        # a copy has no hooks, as in PyTorch
        return {**self.__dict__, "_hooks": defaultdict(OrderedDict), "_stepped": None, "_stepping": False}

    def __repr__(self) -> str:
        groups = []
        for i, group in enumerate(self.param_groups):
            options = [f"    {k}: {group[k]}\n" for k in sorted(group) if k != "params"]
            groups.append(f"Parameter Group {i}\n{''.join(options)}")
        return f"{type(self).__name__} (\n" + "\n".join(groups) + ")"


def loaded(value: Any, dtype: Any) -> Any:
    """Return a copy of a saved value, its tensors in a dtype, or in their own."""
    if dtype is None and isinstance(value, np.generic):
        return value
    if hasattr(value, "__array__"):
        return Tensor(np.array(as_tensor(value).array, dtype))
    if isinstance(value, list | tuple):
        return type(value)(loaded(v, dtype) for v in value)
    if isinstance(value, dict):
        return {k: loaded(v, dtype) for k, v in value.items()}
    return value


def refuse(optimizer: str, **options: Any) -> None:
    """Raise for options of PyTorch's that would change what is computed and are not covered."""
    for name, value in options.items():
        if value:
            raise NotImplementedError(f"{optimizer}({name}={value!r}) is not covered: leave it out")


def check_choice(fused: bool | None, foreach: bool | None) -> None:
    """Raise RuntimeError if both of PyTorch's implementations are chosen."""
    if fused and foreach:
        raise RuntimeError("fused and foreach can't both be True: they choose between two implementations")


def _mend(given: Any) -> str:
    """Say what to give in the place of something that is not parameters."""
    if hasattr(given, "parameters"):
        return "pass model.parameters()"
    return "pass [tensor]" if isinstance(given, Tensor) else "pass tensors, or dicts with tensors as 'params'"


def check_lr(lr: Any) -> None:
    """Raise ValueError for a learning rate that is negative, or a tensor of several elements."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError(f"lr expected a number or a tensor of one element, got a tensor of shape {lr.shape}")
    non_negative(lr=lr)


def check_betas(betas: tuple[Any, Any]) -> None:
    """Raise ValueError for decay rates outside of [0, 1)."""
    for i in range(2):
        if not 0 <= betas[i] < 1:
            raise ValueError(f"betas[{i}] must be in [0, 1), got {betas[i]}")


def non_negative(**options: Any) -> None:
    """Raise ValueError for an option that is negative or NaN, TypeError for one that is no number."""
    for name, value in options.items():
        if not hasattr(value, "__float__"):
            raise TypeError(f"{name} must be a number, got {value!r}")
        if not value >= 0:
            raise ValueError(f"{name} must not be negative, got {value}")
