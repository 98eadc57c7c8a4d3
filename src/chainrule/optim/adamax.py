"""Adamax."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from chainrule.optim.flat import Block
from chainrule.optim.flat_optimizer import FlatOptimizer
from chainrule.optim.moments import average
from chainrule.optim.optimizer import Group, check_betas, check_lr, non_negative, refuse


class Adamax(FlatOptimizer):
    """Adamax: steps along the mean gradient, divided by its decaying maximum.

    With g = grad + λ p, at the t-th step: m ← β₁ m + (1 − β₁) g, u ← max(β₂ u, |g| + ε), and
    p ← p − η / (1 − β₁ᵗ) · m / u.

    Parameters
    ----------
    params : iterable of Tensor or dict
    lr : float
        Learning rate η.
    betas : (float, float)
        β₁ and β₂, in [0, 1).
    eps : float
        ε.
    weight_decay : float
        λ.
    foreach : bool, optional
        PyTorch's choice of implementation: accepted, without effect.
    maximize : bool
        Whether to go up instead of down.
    differentiable, capturable : bool
        Not covered: must be False.

    References
    ----------
    .. [1] D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015.

    Examples
    --------
    >>> from chainrule.tensor import Tensor
    >>> w = Tensor([1.0], requires_grad=True)
    >>> optimizer = Adamax([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        refuse("Adamax", capturable=capturable, differentiable=differentiable)
        check_lr(lr)
        non_negative(eps=eps, weight_decay=weight_decay)
        check_betas(betas)
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, options)

    def state_names(self, group: Group) -> tuple[str, ...]:  # noqa: D102
        return ("exp_avg", "exp_inf")

    def update(self, group: Group, block: Block) -> None:  # noqa: D102
        p, g = block.values, self.direction(group, block)
        m, largest = block.state["exp_avg"], block.state["exp_inf"]
        _, u, _ = block.scratch
        beta1, beta2 = map(float, group["betas"])
        average(m, g, beta1, u)
        largest *= beta2
        np.add(np.abs(g, out=u), group["eps"], out=u)
        np.maximum(largest, u, out=largest)
        lr = float(group["lr"]) / (1 - beta1 ** block.numbers["step"].item())
        p -= np.multiply(np.divide(m, largest, out=u), lr, out=u)
