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
from chainrule.ops import Array
from chainrule.optim.flat import Block, FlatParameters, State
from chainrule.optim.hooks import Hooks, hooked
from chainrule.tensor import Tensor, as_tensor

Group: TypeAlias = dict[str, Any]


class Optimizer(Hooks):
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

    numbers: tuple[str, ...] = ("step",)  # of which the state has one for each parameter, without axes
    replays = True  # whether a captured step can call ``step()``

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                f"params expected an iterable of tensors or dicts, got a tensor of shape {params.shape}: "
                "pass [tensor]"
            )
        super().__init__()
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
            cls.step = hooked(replayed(cls.step) if cls.replays else cls.step)  # type: ignore[method-assign]

    # ---- what a subclass says -------------------------------------------------------------------------------

    def state_names(self, group: Group) -> tuple[str, ...]:
        """Return the names of the state vectors that the options of a group ask for."""
        raise NotImplementedError

    def update(self, group: Group, block: Block) -> None:
        """Change ``block.values`` and ``block.state``, in place. ``block.grad`` must be left as it is."""
        raise NotImplementedError

    def update_all(self, group: Group, blocks: list[Block]) -> None:
        """Update the blocks of neighbouring parameters, which share their ``numbers``, and count the step."""
        if "step" in blocks[0].numbers:
            blocks[0].numbers["step"] += 1
        for block in blocks:
            self.update(group, block)

    def direction(self, group: Group, block: Block) -> Array:
        """Return g, the gradient with the signs and the weight decay that the options ask for.

        It may lie in the first scratch vector, and the second is used. A decoupled decay shrinks the parameters.
        """
        p, g, decay = block.values, block.grad, group.get("weight_decay")
        t, u, _ = block.scratch
        if group["maximize"]:
            g = np.negative(g, out=t)
        if decay and group.get("decoupled_weight_decay"):
            p *= 1 - float(group["lr"]) * decay
        elif decay:
            g = np.add(g, np.multiply(p, decay, out=u), out=t)
        return g

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
                raise TypeError(f"params expected tensors, got {type(p).__name__}")
            if not p.is_leaf:
                raise ValueError(f"params expected leaf tensors, got the result of {type(p.grad_fn).__name__}")
            if p in present:
                raise ValueError(f"a parameter of shape {p.shape} appears in more than one place of params")
            present.add(p)
        group["params"] = params
        for name, value in self.defaults.items():
            group.setdefault(name, value)
        self.param_groups.append(group)
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
            flats = [FlatParameters(params, self.state, names, self.numbers) for params in by_dtype.values()]
            self._flat[index] = [*group["params"]], flats
        return flats

    # ---- a step ---------------------------------------------------------------------------------------------

    @hooked
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
                    self.update_all(group, flat.blocks(first, last, grads))
                    flat.updated(first, last)
                    self._show_state(flat, first, last)

    def _show_state(self, flat: FlatParameters, first: int, last: int) -> None:
        """Enter the state of parameters into ``state`` at their first update."""
        if flat.state_views:
            for i in range(first, last):
                entry = self.state[flat.params[i]]
                if not entry:
                    entry.update(flat.state_of(i))

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
        state = {number[p]: dict(entry) for p, entry in self.state.items()}
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
            If the number of groups, of parameters in a group, or the shape of a state is another.
        """
        state_dict = self._change("before load_state_dict", {**state_dict})
        saved = state_dict["param_groups"]
        if len(saved) != len(self.param_groups):
            raise ValueError(
                f"loaded state dict expected {len(self.param_groups)} parameter groups, got {len(saved)}"
            )
        state: State = defaultdict(dict)
        groups = []
        for i, (group, other) in enumerate(zip(self.param_groups, saved, strict=True)):
            if len(group["params"]) != len(other["params"]):
                raise ValueError(
                    f"loaded state dict expected {len(group['params'])} parameters in group {i}, "
                    f"got {len(other['params'])}"
                )
            named = {"param_names": group["param_names"]} if "param_names" in group else {}
            options = {k: _loaded(v, None) for k, v in other.items() if k != "params"}
            groups.append({**self.defaults, **named, **options, "params": group["params"]})
            vectors = self.state_names(groups[-1])
            for k, p in zip(other["params"], group["params"], strict=True):
                if k in state_dict["state"]:
                    state[p] = _loaded_state(p, state_dict["state"][k], vectors)
        self.state, self.param_groups, self._flat = state, groups, {}
        self._stepped = None  # there were steps, though not here: schedules need not warn
        self._tell("after load_state_dict")

    def __getstate__(self) -> dict[str, Any]:
        # a copy lays out vectors of its own, and has no hooks, as in PyTorch
        own: dict[str, Any] = {
            "_flat": {},
            "_hooks": defaultdict(OrderedDict),
            "_stepped": None,
            "_stepping": False,
        }
        return {**self.__dict__, **own}

    def __repr__(self) -> str:
        groups = []
        for i, group in enumerate(self.param_groups):
            options = [f"    {k}: {group[k]}\n" for k in sorted(group) if k != "params"]
            groups.append(f"Parameter Group {i}\n{''.join(options)}")
        return f"{type(self).__name__} (\n" + "\n".join(groups) + ")"


def _same(a: list[Tensor], b: list[Tensor]) -> bool:
    """Return whether two lists hold the very same tensors."""
    return len(a) == len(b) and all(map(is_, a, b))


def _loaded_state(p: Tensor, entry: dict[str, Any], vectors: tuple[str, ...]) -> dict[str, Any]:
    """Return a copy of a parameter's saved state, in the parameter's dtype."""
    result = {name: _loaded(value, p.dtype) for name, value in entry.items() if value is not None}
    if "step" in result:
        result["step"] = Tensor(np.array(float(entry["step"]), dtypes.float32))
    for name in vectors:
        if name in result and result[name].shape != p.shape:
            raise ValueError(
                f"state {name!r} of a parameter of shape {tuple(p.shape)} expected that shape, "
                f"got {tuple(result[name].shape)}"
            )
    return result


def _loaded(value: Any, dtype: Any) -> Any:
    """Return a copy of a saved value, its tensors in a dtype, or in their own."""
    if dtype is None and isinstance(value, np.generic):
        return value
    if hasattr(value, "__array__"):
        return Tensor(np.array(as_tensor(value).array, dtype))
    if isinstance(value, list | tuple):
        return type(value)(_loaded(v, dtype) for v in value)
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


def check_lr(lr: Any) -> None:
    """Raise ValueError for a learning rate that is negative, or a tensor of several elements."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError(f"lr expected a number or a tensor of one element, got a tensor of shape {lr.shape}")
    non_negative(lr=lr)


def check_betas(betas: tuple[Any, Any]) -> None:
    """Raise ValueError for decay rates outside of [0, 1)."""
    for i, beta in enumerate(betas):
        if not 0 <= beta < 1:
            raise ValueError(f"betas[{i}] must be in [0, 1), got {beta}")


def non_negative(**options: Any) -> None:
    """Raise ValueError for an option that is negative or NaN."""
    for name, value in options.items():
        if not value >= 0:
            raise ValueError(f"{name} must not be negative, got {value}")
