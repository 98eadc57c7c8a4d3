"""Adam."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt
from typing import Any

import numpy as np

from chainrule.optim.flat import Block
from chainrule.optim.optimizer import Group, Optimizer, non_negative, refuse


class Adam(Optimizer):
    """Adam: steps along the mean gradient, divided by its root mean square.

    With g = grad + λ p, at the t-th step: m ← m + (1 − β₁)(g − m), v ← β₂ v + (1 − β₂) g², and
    p ← p − η m̂ / (√v̂ + ε), where m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ).

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
    amsgrad : bool
        Whether the largest v so far is used in the place of v.
    maximize : bool
        Whether to go up instead of down.
    decoupled_weight_decay : bool
        Whether the decay shrinks p directly, p ← (1 − ηλ) p, instead of going into g (then this is AdamW).
    foreach, fused : bool, optional
        PyTorch's choices of implementation: accepted, without effect.
    capturable, differentiable : bool
        Not covered: must be False.

    References
    ----------
    .. [1] D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015.

    Examples
    --------
    >>> from chainrule.tensor import Tensor
    >>> w = Tensor([1.0], requires_grad=True)
    >>> optimizer = Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        refuse("Adam", capturable=capturable, differentiable=differentiable)
        non_negative(lr=lr, eps=eps, weight_decay=weight_decay)
        for i, beta in enumerate(betas):
            if not 0 <= beta < 1:
                raise ValueError(f"betas[{i}] must be in [0, 1), got {beta}")
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, options)

    def state_names(self, group: Group) -> tuple[str, ...]:  # noqa: D102
        return ("exp_avg", "exp_avg_sq", *(("max_exp_avg_sq",) if group["amsgrad"] else ()))

    def update(self, group: Group, block: Block) -> None:  # noqa: D102
        p, g, lr, decay = block.values, block.grad, float(group["lr"]), group["weight_decay"]
        m, v = block.state["exp_avg"], block.state["exp_avg_sq"]
        t, u = block.scratch
        beta1, beta2 = group["betas"]
        n = block.steps + 1
        if group["maximize"]:
            g = np.negative(g, out=t)
        if decay and group["decoupled_weight_decay"]:
            p *= 1 - lr * decay
        elif decay:
            g = np.add(g, np.multiply(p, decay, out=u), out=t)
        m += np.multiply(np.subtract(g, m, out=u), 1 - beta1, out=u)
        v *= beta2
        v += np.multiply(np.multiply(g, 1 - beta2, out=u), g, out=u)
        if group["amsgrad"]:
            v = np.maximum(block.state["max_exp_avg_sq"], v, out=block.state["max_exp_avg_sq"])
        root = np.sqrt(v, out=t)
        root /= sqrt(1 - beta2**n)
        root += group["eps"]
        np.divide(m, root, out=t)
        p -= np.multiply(t, lr / (1 - beta1**n), out=t)
