"""RMSprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from chainrule.optim.flat import Block
from chainrule.optim.flat_optimizer import FlatOptimizer
from chainrule.optim.moments import average, average_square
from chainrule.optim.optimizer import Group, check_lr, non_negative, refuse


class RMSprop(FlatOptimizer):
    """RMSprop: divides the gradient by the root of the running mean of its squares.

    With g = grad + λ p: v ← α v + (1 − α) g², and p ← p − η g / (√v + ε). Centred, the mean ḡ ← α ḡ + (1 − α) g
    is kept too, and v − ḡ² used in the place of v. With a momentum μ, b ← μ b + g / (√v + ε) and p ← p − η b.

    Parameters
    ----------
    params : iterable of Tensor or dict
    lr : float
        Learning rate η.
    alpha : float
        α.
    eps : float
        ε.
    weight_decay, momentum : float
        λ and μ.
    centered : bool
        Whether the variance of the gradient is used, not its mean square.
    capturable, differentiable : bool
        Not covered: must be False.
    foreach : bool, optional
        PyTorch's choice of implementation: accepted, without effect.
    maximize : bool
        Whether to go up instead of down.

    References
    ----------
    .. [1] G. Hinton, "Neural networks for machine learning", lecture 6e, 2012.
    .. [2] A. Graves, "Generating sequences with recurrent neural networks", arXiv:1308.0850 (centred).

    Examples
    --------
    >>> from chainrule.tensor import Tensor
    >>> w = Tensor([1.0], requires_grad=True)
    >>> optimizer = RMSprop([w], lr=0.1, alpha=0.75)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        refuse("RMSprop", capturable=capturable, differentiable=differentiable)
        check_lr(lr)
        non_negative(eps=eps, momentum=momentum, weight_decay=weight_decay, alpha=alpha)
        options = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, options)

    def state_names(self, group: Group) -> tuple[str, ...]:  # noqa: D102
        momentum = ("momentum_buffer",) if group["momentum"] > 0 else ()
        return ("square_avg", *momentum, *(("grad_avg",) if group["centered"] else ()))

    def update(self, group: Group, block: Block) -> None:  # noqa: D102
        p, g, lr, alpha = block.values, self.direction(group, block), float(group["lr"]), group["alpha"]
        v = block.state["square_avg"]
        _, u, w = block.scratch
        average_square(v, g, alpha, u)
        if group["centered"]:
            mean = block.state["grad_avg"]
            average(mean, g, alpha, u)
            v = np.subtract(v, np.multiply(mean, mean, out=u), out=u)
        root = np.sqrt(v, out=u)
        root += group["eps"]
        step = np.divide(g, root, out=w)
        if group["momentum"] > 0:
            b = block.state["momentum_buffer"]
            b *= group["momentum"]
            b += step
            step = b
        p -= np.multiply(step, lr, out=u)
