"""Adam."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt
from typing import Any

import numpy as np

from chainrule.optim.flat import Block
from chainrule.optim.flat_optimizer import FlatOptimizer
from chainrule.optim.moments import average, average_square
from chainrule.optim.optimizer import (
    Group,
    check_betas,
    check_choice,
    check_lr,
    non_negative,
    refuse,
)
from chainrule.tensor import Tensor


class Adam(FlatOptimizer):
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
        refuse(type(self).__name__, capturable=capturable, differentiable=differentiable)
        check_lr(lr)
        non_negative(eps=eps, weight_decay=weight_decay)
        check_betas(betas)
        if not any(all(isinstance(beta, kind) for beta in betas) for kind in (float, Tensor)):
            raise ValueError(f"betas expected two floats, or two tensors, got {betas}")
        if foreach and any(isinstance(option, Tensor) for option in (lr, *betas)):
            raise ValueError("lr and betas can't be tensors with foreach=True: give numbers, or leave foreach out")
        check_choice(fused, foreach)
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
        p, g, lr = block.values, self.direction(group, block), float(group["lr"])
        m, v = block.state["exp_avg"], block.state["exp_avg_sq"]
        t, u, _ = block.scratch
        beta1, beta2 = map(float, group["betas"])
        n = block.numbers["step"].item()
        average(m, g, beta1, u)
        average_square(v, g, beta2, u)
        if group["amsgrad"]:
            v = np.maximum(block.state["max_exp_avg_sq"], v, out=block.state["max_exp_avg_sq"])
        root = np.sqrt(v, out=t)
        root /= sqrt(1 - beta2**n)
        root += group["eps"]
        np.divide(m, root, out=t)
        p -= np.multiply(t, lr / (1 - beta1**n), out=t)


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameters by themselves, p ← (1 − ηλ) p, and stays out of the averages.

    Parameters
    ----------
    params : iterable of Tensor or dict
    lr : float
        Learning rate η.
    betas : (float, float)
        β₁ and β₂ of :class:`Adam`, in [0, 1).
    eps : float
        ε.
    weight_decay : float
        λ.
    amsgrad, maximize, foreach, capturable, differentiable, fused
        As in :class:`Adam`.

    References
    ----------
    .. [1] I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", ICLR 2019.

    Examples
    --------
    >>> from chainrule.tensor import Tensor
    >>> w = Tensor([1.0], requires_grad=True)
    >>> optimizer = AdamW([w], lr=0.1, weight_decay=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8500], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state and the options of another optimiser; the decay stays decoupled."""
        super().load_state_dict(state_dict)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True
