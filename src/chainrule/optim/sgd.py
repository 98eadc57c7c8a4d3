"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from chainrule.blas import axpy
from chainrule.optim.flat import Block
from chainrule.optim.flat_optimizer import FlatOptimizer
from chainrule.optim.optimizer import Group, check_choice, check_lr, non_negative, refuse


class SGD(FlatOptimizer):
    """Stochastic gradient descent, optionally with momentum.

    With learning rate η, weight decay λ, momentum μ and dampening τ: g ← grad + λ p, then b ← μ b + (1 − τ) g
    (the first time b ← g), and p ← p − η b, or p ← p − η (g + μ b) with Nesterov's momentum.

    Parameters
    ----------
    params : iterable of Tensor or dict
    lr : float
        Learning rate η.
    momentum, dampening, weight_decay : float
        μ, τ and λ.
    nesterov : bool
        Whether to look ahead; needs a momentum and no dampening.
    maximize : bool
        Whether to go up instead of down.
    foreach, fused : bool, optional
        PyTorch's choices of implementation: accepted, without effect.
    differentiable : bool
        Not covered: must be False.

    References
    ----------
    .. [1] I. Sutskever, J. Martens, G. Dahl, G. Hinton, "On the importance of initialization and momentum in deep
       learning", ICML 2013.

    Examples
    --------
    >>> from chainrule.tensor import Tensor
    >>> w = Tensor([1.0], requires_grad=True)
    >>> optimizer = SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8000], requires_grad=True)
    """

    numbers = ()

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        refuse("SGD", differentiable=differentiable)
        check_lr(lr)
        non_negative(momentum=momentum, weight_decay=weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError(
                "nesterov=True needs a momentum above 0 and dampening 0, "
                f"got momentum {momentum} and dampening {dampening}"
            )
        check_choice(fused, foreach)
        options = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, options)

    def state_names(self, group: Group) -> tuple[str, ...]:  # noqa: D102
        return ("momentum_buffer",) if group["momentum"] else ()

    def update(self, group: Group, block: Block) -> None:  # noqa: D102
        g = self.direction(group, block)
        t, u, _ = block.scratch
        if group["momentum"]:
            b = block.state["momentum_buffer"]
            if block.first:
                np.copyto(b, g)
            else:
                b *= group["momentum"]
                b += np.multiply(g, 1 - group["dampening"], out=u)
            g = np.add(g, np.multiply(b, group["momentum"], out=u), out=t) if group["nesterov"] else b
        axpy(-float(group["lr"]), g, block.values, scratch=u)
