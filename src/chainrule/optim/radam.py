"""RAdam."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt
from typing import Any

import numpy as np

from chainrule.optim.flat import Block
from chainrule.optim.flat_optimizer import FlatOptimizer
from chainrule.optim.moments import average, average_square
from chainrule.optim.optimizer import Group, check_betas, check_lr, non_negative, refuse


class RAdam(FlatOptimizer):
    """RAdam: Adam that divides by the root mean square only when enough steps have made that trustworthy.

    With g = grad + λ p, at the t-th step: m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g² and m̂ = m / (1 − β₁ᵗ).
    The length of the average is ρ∞ = 2 / (1 − β₂) − 1 in the end, and now ρ = ρ∞ − 2 t β₂ᵗ / (1 − β₂ᵗ).
    If ρ > 5, p ← p − η r m̂ √(1 − β₂ᵗ) / (√v + ε), where r² = (ρ − 4)(ρ − 2) ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) ρ); else
    p ← p − η m̂.

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
    decoupled_weight_decay : bool
        Whether the decay shrinks p directly, p ← (1 − ηλ) p, instead of going into g.
    foreach : bool, optional
        PyTorch's choice of implementation: accepted, without effect.
    maximize : bool
        Whether to go up instead of down.
    capturable, differentiable : bool
        Not covered: must be False.

    References
    ----------
    .. [1] L. Liu et al., "On the variance of the adaptive learning rate and beyond", ICLR 2020.

    Examples
    --------
    >>> from chainrule.tensor import Tensor
    >>> w = Tensor([1.0], requires_grad=True)
    >>> optimizer = RAdam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        refuse("RAdam", capturable=capturable, differentiable=differentiable)
        check_lr(lr)
        non_negative(eps=eps, weight_decay=weight_decay)
        check_betas(betas)
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }
        super().__init__(params, options)

    def state_names(self, group: Group) -> tuple[str, ...]:  # noqa: D102
        return ("exp_avg", "exp_avg_sq")

    def update(self, group: Group, block: Block) -> None:  # noqa: D102
        p, g, lr = block.values, self.direction(group, block), float(group["lr"])
        m, v = block.state["exp_avg"], block.state["exp_avg_sq"]
        _, u, _ = block.scratch
        beta1, beta2 = map(float, group["betas"])
        n = block.numbers["step"].item()
        average(m, g, beta1, u)
        average_square(v, g, beta2, u)
        lr /= 1 - beta1**n
        rest = 1 - beta2**n
        longest = 2 / (1 - beta2) - 1
        length = longest - 2 * n * beta2**n / rest
        if length > 5:
            rectified = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
            root = np.sqrt(v, out=u)
            root += group["eps"]
            np.divide(m, root, out=u)
            p -= np.multiply(u, lr * sqrt(rest * rectified), out=u)
        else:
            p -= np.multiply(m, lr, out=u)
