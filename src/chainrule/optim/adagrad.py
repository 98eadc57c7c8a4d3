"""Adagrad."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from chainrule.optim.flat import Block
from chainrule.optim.flat_optimizer import FlatOptimizer
from chainrule.optim.optimizer import Group, check_choice, check_lr, non_negative, refuse


class Adagrad(FlatOptimizer):
    """Adagrad: divides the gradient by the root of the sum of all its squares so far.

    With g = grad + λ p, at the t-th step: s ← s + g², and p ← p − η / (1 + (t − 1) δ) · g / (√s + ε).

    Parameters
    ----------
    params : iterable of Tensor or dict
    lr : float
        Learning rate η.
    lr_decay, weight_decay : float
        δ and λ.
    initial_accumulator_value : float
        What s is at the start.
    eps : float
        ε.
    foreach, fused : bool, optional
        PyTorch's choices of implementation: accepted, without effect.
    maximize : bool
        Whether to go up instead of down.
    differentiable : bool
        Not covered: must be False.

    References
    ----------
    .. [1] J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and stochastic
       optimization", JMLR 2011.

    Examples
    --------
    >>> from chainrule.tensor import Tensor
    >>> w = Tensor([1.0], requires_grad=True)
    >>> optimizer = Adagrad([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        refuse("Adagrad", differentiable=differentiable)
        check_lr(lr)
        non_negative(
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            eps=eps,
        )
        check_choice(fused, foreach)
        options = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, options)
        for index in range(len(self.param_groups)):  # the state is there before the first step, as in PyTorch
            for flat in self._layout(index):
                flat.state["sum"].fill(initial_accumulator_value)
                self._show_state(flat, 0, len(flat.params))
                flat.known = [True] * len(flat.params)

    def state_names(self, group: Group) -> tuple[str, ...]:  # noqa: D102
        return ("sum",)

    def update(self, group: Group, block: Block) -> None:  # noqa: D102
        p, g = block.values, self.direction(group, block)
        total = block.state["sum"]
        t, u, _ = block.scratch
        if block.first:
            total.fill(self.defaults["initial_accumulator_value"])
        total += np.multiply(g, g, out=u)
        root = np.sqrt(total, out=u)
        root += group["eps"]
        n = block.numbers["step"].item()
        lr = float(group["lr"]) / (1 + (n - 1) * group["lr_decay"])
        p -= np.multiply(np.divide(g, root, out=t), lr, out=t)
