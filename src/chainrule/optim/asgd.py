"""Averaged stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from chainrule import dtypes
from chainrule.optim.flat import Block
from chainrule.optim.flat_optimizer import FlatOptimizer
from chainrule.optim.optimizer import Group, check_lr, non_negative, refuse
from chainrule.tensor import Tensor


class ASGD(FlatOptimizer):
    """Averaged stochastic gradient descent: keeps the mean of the parameters over the last steps.

    With g = grad + λ′ p, at the t-th step: p ← (1 − λ ηₜ) p − ηₜ g and ax ← ax + μₜ (p − ax), where
    ηₜ₊₁ = η / (1 + λ η t)^α and μₜ₊₁ = 1 / max(1, t − t₀). The mean is ``state[p]["ax"]``.

    Parameters
    ----------
    params : iterable of Tensor or dict
    lr : float
        Learning rate η.
    lambd, alpha : float
        λ and α, by which the learning rate falls.
    t0 : float
        t₀, after which the mean is taken; until then it is p.
    weight_decay : float
        λ′.
    foreach : bool, optional
        PyTorch's choice of implementation: accepted, without effect.
    maximize : bool
        Whether to go up instead of down.
    differentiable, capturable : bool
        Not covered: must be False.

    References
    ----------
    .. [1] B. T. Polyak, A. B. Juditsky, "Acceleration of stochastic approximation by averaging", SIAM J. Control
       Optim. 30(4), 1992.

    Examples
    --------
    >>> from chainrule.tensor import Tensor
    >>> w = Tensor([1.0], requires_grad=True)
    >>> optimizer = ASGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8000], requires_grad=True)
    """

    numbers = ("step", "eta", "mu")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        refuse("ASGD", capturable=capturable, differentiable=differentiable)
        check_lr(lr)
        non_negative(weight_decay=weight_decay)
        options = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, options)

    def state_names(self, group: Group) -> tuple[str, ...]:  # noqa: D102
        return ("ax",)

    def update_all(self, group: Group, blocks: list[Block]) -> None:  # noqa: D102
        lr, numbers = float(group["lr"]), blocks[0].numbers
        default = dtypes.get_default_dtype()  # to which PyTorch rounds; η to the dtype of a rate in a tensor
        kind = group["lr"].dtype if isinstance(group["lr"], Tensor) else default
        if blocks[0].first:
            numbers["eta"][...], numbers["mu"][...] = default.type(lr), 1
        super().update_all(group, blocks)
        n = numbers["step"].item()
        numbers["eta"][...] = kind.type(lr / (1 + group["lambd"] * lr * n) ** group["alpha"])
        numbers["mu"][...] = default.type(1 / max(1, n - group["t0"]))

    def update(self, group: Group, block: Block) -> None:  # noqa: D102
        p, g, mean = block.values, self.direction(group, block), block.state["ax"]
        u = block.scratch[1]
        eta, mu = block.numbers["eta"].item(), block.numbers["mu"].item()
        p *= 1 - group["lambd"] * eta
        p -= np.multiply(g, eta, out=u)
        if mu == 1:
            np.copyto(mean, p)
        else:
            mean += np.multiply(np.subtract(p, mean, out=u), mu, out=u)
