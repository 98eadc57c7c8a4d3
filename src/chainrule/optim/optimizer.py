"""What all optimisers share: parameter groups, state, and the walk over the parameters."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from itertools import chain
from operator import is_
from typing import Any, TypeAlias

import numpy as np

from chainrule import dtypes
from chainrule.autograd import enable_grad, replayed
from chainrule.optim.flat import Block, FlatParameters, State
from chainrule.tensor import Tensor, as_tensor

Group: TypeAlias = dict[str, Any]


class Optimizer:
    """Base of the optimisers.

    A subclass gives the defaults of its options, names its state vectors, and says in :meth:`update` what a step
    does to a piece of the parameters. Options are read from the group at every step, so that schedulers and
    programs may change them.

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
        Parameter → name → tensor.
    """

    counts_steps = True  # whether the state has an entry "step"

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                f"params expected an iterable of tensors or dicts, got a tensor of shape {params.shape}: "
                "pass [tensor]"
            )
        self.defaults = defaults
        self.state: State = defaultdict(dict)
        self.param_groups: list[Group] = []
        self._flat: dict[int, tuple[list[Tensor], list[FlatParameters]]] = {}
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def __init_subclass__(cls) -> None:
        if "step" in vars(cls):
            cls.step = replayed(cls.step)  # type: ignore[method-assign]

    # ---- what a subclass says -------------------------------------------------------------------------------

    def state_names(self, group: Group) -> tuple[str, ...]:
        """Return the names of the state vectors that the options of a group ask for."""
        raise NotImplementedError

    def update(self, group: Group, block: Block) -> None:
        """Change ``block.values`` and ``block.state``, in place. ``block.grad`` must be left as it is."""
        raise NotImplementedError

    # ---- groups ---------------------------------------------------------------------------------------------

    def add_param_group(self, param_group: Group) -> None:
        """Add a group of parameters with options of its own.

        Parameters
        ----------
        param_group : dict
            ``"params"``, and any options; the others take their defaults.

        Raises
        ------
        TypeError
            If a parameter is not a tensor.
        ValueError
            If a parameter is no leaf, or is in a group already.
        """
        group = {**param_group}
        params = group["params"]
        params = [params] if isinstance(params, Tensor) else list(params)
        if params and isinstance(params[0], tuple):
            group["param_names"] = [name for name, _ in params]
            params = [p for _, p in params]
        present = {p for g in self.param_groups for p in g["params"]}
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"params expected tensors, got {type(p).__name__}")
            if not p.is_leaf:
                raise ValueError(f"params expected leaf tensors, got the result of {type(p.grad_fn).__name__}")
            if p in present:
                raise ValueError(f"a parameter of shape {p.shape} appears in more than one place of params")
            present.add(p)
        group["params"] = params
        self.param_groups.append({**self.defaults, **group})
        self._layout(len(self.param_groups) - 1)

    def _layout(self, index: int) -> list[FlatParameters]:
        """Return the vectors of a group, laid out anew where parameters or options have changed."""
        group = self.param_groups[index]
        names = self.state_names(group)
        laid_out, flats = self._flat.get(index, ([], []))
        if not _same(laid_out, group["params"]) or not all(flat.fits(self.state, names) for flat in flats):
            by_dtype: dict[Any, list[Tensor]] = {}
            for p in group["params"]:
                by_dtype.setdefault(p.dtype, []).append(p)
            flats = [FlatParameters(params, self.state, names) for params in by_dtype.values()]
            self._flat[index] = [*group["params"]], flats
        return flats

    # ---- a step ---------------------------------------------------------------------------------------------

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        Parameters
        ----------
        closure : callable, optional
            Clears the gradients, computes the loss, calls ``backward()`` and returns the loss.

        Returns
        -------
        Tensor or None
            What the closure returned.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with np.errstate(all="ignore"):
            self._step()
        return loss

    @replayed
    def _step(self) -> None:
        for index, group in enumerate(self.param_groups):
            for flat in self._layout(index):
                for first, last, grads in flat.runs():
                    for block in flat.blocks(first, last, grads):
                        self.update(group, block)
                    self._show_state(flat, first, last)

    def _show_state(self, flat: FlatParameters, first: int, last: int) -> None:
        """Enter the state of parameters into ``state`` at their first update, and count their steps there."""
        if not self.counts_steps and not flat.names:
            return
        for i in range(first, last):
            p = flat.params[i]
            if not self.state.get(p):
                self.state[p] = flat.state_of(i)
            if self.counts_steps:
                step = self.state[p].setdefault("step", Tensor(np.zeros((), dtypes.float32)))
                step.array[...] = flat.steps[i]

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
        number = {p: i for i, p in enumerate(chain.from_iterable(g["params"] for g in self.param_groups))}
        groups = [{k: v for k, v in g.items() if k != "params"} for g in self.param_groups]
        for packed, group in zip(groups, self.param_groups, strict=True):
            packed["params"] = [number[p] for p in group["params"]]
        return {"state": {number[p]: dict(entry) for p, entry in self.state.items()}, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state and the options of another optimiser of the same parameters.

        Parameters
        ----------
        state_dict : dict
            From ``state_dict()``, ours or PyTorch's.

        Raises
        ------
        ValueError
            If the number of groups, of parameters in a group, or the shape of a state is another.
        """
        saved = state_dict["param_groups"]
        if len(saved) != len(self.param_groups):
            raise ValueError(
                f"loaded state dict expected {len(self.param_groups)} parameter groups, got {len(saved)}"
            )
        params: dict[int, Tensor] = {}
        for i, (group, other) in enumerate(zip(self.param_groups, saved, strict=True)):
            if len(group["params"]) != len(other["params"]):
                raise ValueError(
                    f"loaded state dict expected {len(group['params'])} parameters in group {i}, "
                    f"got {len(other['params'])}"
                )
            params.update(zip(other["params"], group["params"], strict=True))
        state = {params[k]: _loaded(params[k], entry) for k, entry in state_dict["state"].items()}
        self.state = defaultdict(dict, state)
        self.param_groups = [
            {**self.defaults, **{k: v for k, v in other.items() if k != "params"}, "params": group["params"]}
            for group, other in zip(self.param_groups, saved, strict=True)
        ]
        self._flat = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_flat": {}}  # a copy lays out vectors of its own

    def __repr__(self) -> str:
        groups = []
        for i, group in enumerate(self.param_groups):
            options = [f"    {k}: {group[k]}\n" for k in sorted(group) if k not in ("params", "param_names")]
            groups.append(f"Parameter Group {i}\n{''.join(options)}")
        return f"{type(self).__name__} (\n" + "\n".join(groups) + ")"


def _same(a: list[Tensor], b: list[Tensor]) -> bool:
    """Return whether two lists hold the very same tensors."""
    return len(a) == len(b) and all(map(is_, a, b))


def _loaded(p: Tensor, entry: dict[str, Any]) -> dict[str, Tensor]:
    """Return copies of a parameter's saved state, in the parameter's dtype."""
    result: dict[str, Tensor] = OrderedDict()
    for name, value in entry.items():
        if value is None:
            continue
        array = as_tensor(value).array
        if name == "step":
            result[name] = Tensor(np.array(array, dtypes.float32))
        elif array.shape != p.array.shape:
            raise ValueError(
                f"state {name!r} of a parameter of shape {tuple(p.shape)} expected that shape, got {array.shape}"
            )
        else:
            result[name] = Tensor(np.array(array, p.dtype))
    return result


def refuse(optimizer: str, **options: Any) -> None:
    """Raise for options of PyTorch's that would change what is computed and are not covered."""
    for name, value in options.items():
        if value:
            raise NotImplementedError(f"{optimizer}({name}={value!r}) is not covered: leave it out")


def non_negative(**options: Any) -> None:
    """Raise ValueError for an option that is negative or NaN."""
    for name, value in options.items():
        if not value >= 0:
            raise ValueError(f"{name} must not be negative, got {value}")
