"""Adadelta."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from chainrule.optim.flat import Block
from chainrule.optim.flat_optimizer import FlatOptimizer
from chainrule.optim.moments import average_square
from chainrule.optim.optimizer import Group, check_lr, non_negative, refuse


class Adadelta(FlatOptimizer):
    """Adadelta: scales the gradient by the ratio of the root mean squares of past steps and of past gradients.

    With g = grad + λ p: v ← ρ v + (1 − ρ) g², Δ = √(u + ε) / √(v + ε) · g, u ← ρ u + (1 − ρ) Δ², and p ← p − η Δ.

    Parameters
    ----------
    params : iterable of Tensor or dict
    lr : float
        Learning rate η.
    rho : float
        ρ, in [0, 1].
    eps : float
        ε.
    weight_decay : float
        λ.
    foreach : bool, optional
        PyTorch's choice of implementation: accepted, without effect.
    capturable, differentiable : bool
        Not covered: must be False.
    maximize : bool
        Whether to go up instead of down.

    References
    ----------
    .. [1] M. D. Zeiler, "ADADELTA: an adaptive learning rate method", arXiv:1212.5701.

    Examples
    --------
    >>> from chainrule.tensor import Tensor
    >>> w = Tensor([1.0], requires_grad=True)
    >>> optimizer = Adadelta([w], eps=0.01)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.6877], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        refuse("Adadelta", capturable=capturable, differentiable=differentiable)
        check_lr(lr)
        non_negative(eps=eps, weight_decay=weight_decay)
        if not 0 <= rho <= 1:
            raise ValueError(f"rho must be in [0, 1], got {rho}")
        options = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, options)

    def state_names(self, group: Group) -> tuple[str, ...]:  # noqa: D102
        return ("square_avg", "acc_delta")

    def update(self, group: Group, block: Block) -> None:  # noqa: D102
        p, g, rho, eps = block.values, self.direction(group, block), group["rho"], group["eps"]
        squares, steps = block.state["square_avg"], block.state["acc_delta"]
        _, u, delta = block.scratch
        average_square(squares, g, rho, u)
        np.sqrt(np.add(steps, eps, out=delta), out=delta)
        delta /= np.sqrt(np.add(squares, eps, out=u), out=u)
        delta *= g
        average_square(steps, delta, rho, u)
        p -= np.multiply(delta, float(group["lr"]), out=u)
