"""Optimisers over flat vectors: the walk over the parameters, in blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import is_
from typing import Any

import numpy as np

from chainrule import dtypes
from chainrule.autograd import enable_grad, replayed
from chainrule.ops import Array
from chainrule.optim.flat import Block, FlatParameters
from chainrule.optim.optimizer import Group, Optimizer
from chainrule.tensor import Tensor


class FlatOptimizer(Optimizer, replays=False):  # what a captured step calls again is _step
    """Base of the optimisers that update parameters as pieces of one vector.

    A subclass names its state vectors, and says in :meth:`update` what a step does to a piece of the parameters.
    Options are read from the group at every step, so that schedulers and programs may change them.

    Parameters
    ----------
    params : iterable of Tensor, of (name, Tensor), or of dict
        What to optimise; dicts are groups with options of their own. Parameters become views of the vector.
    defaults : dict
        The options of a group that does not give them.
    """

    numbers: tuple[str, ...] = ("step",)  # of which the state has one for each parameter, without axes

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        self._flat: dict[int, tuple[list[Tensor], list[FlatParameters]]] = {}
        super().__init__(params, defaults)

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

    # ---- vectors --------------------------------------------------------------------------------------------

    def add_param_group(self, param_group: Group) -> None:  # noqa: D102
        super().add_param_group(param_group)
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

    # ---- saving ---------------------------------------------------------------------------------------------

    def _loaded_state(self, group: Group, p: Tensor, entry: dict[str, Any]) -> dict[str, Any]:
        """Return a copy of a parameter's saved state, in its dtype; a vector that is None is not there."""
        vectors = self.state_names(group)
        result = super()._loaded_state(
            group, p, {k: v for k, v in entry.items() if v is not None or k not in vectors}
        )
        if "step" in result:
            result["step"] = Tensor(np.array(float(entry["step"]), dtypes.float32))
        for name in vectors:
            if name in result and result[name].shape != p.shape:
                raise RuntimeError(
                    f"state {name!r} of a parameter of shape {tuple(p.shape)} expected that shape, "
                    f"got {tuple(result[name].shape)}"
                )
        return result

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_flat": {}}  # a copy lays out vectors of its own


def _same(a: list[Tensor], b: list[Tensor]) -> bool:
    """Return whether two lists hold the very same tensors."""
    return len(a) == len(b) and all(map(is_, a, b))
