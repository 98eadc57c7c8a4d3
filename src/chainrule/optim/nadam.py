"""NAdam."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from chainrule.optim.flat import Block
from chainrule.optim.flat_optimizer import FlatOptimizer
from chainrule.optim.moments import average, average_square
from chainrule.optim.optimizer import Group, check_betas, check_lr, non_negative, refuse


class NAdam(FlatOptimizer):
    """NAdam: Adam with Nesterov's momentum, which looks ahead along the mean gradient.

    With g = grad + λ p, at the t-th step: m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², v̂ = v / (1 − β₂ᵗ), and
    p ← p − η (c₁ g + c₂ m) / (√v̂ + ε), where μₜ = β₁ (1 − 0.96^(tψ) / 2), c₁ = (1 − μₜ) / (1 − μ₁ ⋯ μₜ) and
    c₂ = μₜ₊₁ / (1 − μ₁ ⋯ μₜ₊₁).

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
    momentum_decay : float
        ψ.
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
    .. [1] T. Dozat, "Incorporating Nesterov momentum into Adam", ICLR workshop 2016.

    Examples
    --------
    >>> from chainrule.tensor import Tensor
    >>> w = Tensor([1.0], requires_grad=True)
    >>> optimizer = NAdam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8944], requires_grad=True)
    """

    numbers = ("step", "mu_product")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        refuse("NAdam", capturable=capturable, differentiable=differentiable)
        check_lr(lr)
        non_negative(eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay)
        check_betas(betas)
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, options)

    def state_names(self, group: Group) -> tuple[str, ...]:  # noqa: D102
        return ("exp_avg", "exp_avg_sq")

    def update_all(self, group: Group, blocks: list[Block]) -> None:  # noqa: D102
        product = blocks[0].numbers["mu_product"]  # μ₁ ⋯ μₜ
        if blocks[0].first:
            product[...] = 1
        product *= _mu(group, blocks[0].numbers["step"].item() + 1)
        super().update_all(group, blocks)

    def update(self, group: Group, block: Block) -> None:  # noqa: D102
        p, g, lr = block.values, self.direction(group, block), float(group["lr"])
        m, v = block.state["exp_avg"], block.state["exp_avg_sq"]
        t, u, w = block.scratch
        beta1, beta2 = map(float, group["betas"])
        n, product = block.numbers["step"].item(), block.numbers["mu_product"].item()
        after = _mu(group, n + 1)
        average(m, g, beta1, u)
        average_square(v, g, beta2, u)
        root = np.sqrt(np.divide(v, 1 - beta2**n, out=u), out=u)
        root += group["eps"]
        np.multiply(np.divide(g, root, out=t), lr * (1 - _mu(group, n)) / (1 - product), out=t)
        p -= t
        p -= np.multiply(np.divide(m, root, out=w), lr * after / (1 - product * after), out=w)


def _mu(group: Group, step: float) -> float:
    """Return μ of a step."""
    beta, decay = float(group["betas"][0]), group["momentum_decay"]
    return beta * (1 - 0.5 * 0.96 ** (step * decay))  # type: ignore[no-any-return]
