"""Rprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from chainrule.optim.flat import Block
from chainrule.optim.flat_optimizer import FlatOptimizer
from chainrule.optim.optimizer import Group, check_lr, refuse


class Rprop(FlatOptimizer):
    """Resilient backpropagation: every weight has a step of its own, and only the gradient's sign is used.

    While the sign of g stays, the step s grows to η₊ s; where it changed, s shrinks to η₋ s, and g is taken as 0
    this time. Then s is kept within its limits, and p ← p − s sign(g).

    Parameters
    ----------
    params : iterable of Tensor or dict
    lr : float
        What s is at the start.
    etas : (float, float)
        η₋ < 1 and η₊ > 1.
    step_sizes : (float, float)
        The limits of s.
    capturable, differentiable : bool
        Not covered: must be False.
    foreach : bool, optional
        PyTorch's choice of implementation: accepted, without effect.
    maximize : bool
        Whether to go up instead of down.

    References
    ----------
    .. [1] M. Riedmiller, H. Braun, "A direct adaptive method for faster backpropagation learning: the RPROP
       algorithm", ICNN 1993.

    Examples
    --------
    >>> from chainrule.tensor import Tensor
    >>> w = Tensor([1.0], requires_grad=True)
    >>> optimizer = Rprop([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        refuse("Rprop", capturable=capturable, differentiable=differentiable)
        check_lr(lr)
        if not 0 < etas[0] < 1 < etas[1]:
            raise ValueError(f"etas expected one number in (0, 1) and one above 1, got {etas}")
        options = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, options)

    def state_names(self, group: Group) -> tuple[str, ...]:  # noqa: D102
        return ("prev", "step_size")

    def update(self, group: Group, block: Block) -> None:  # noqa: D102
        p, g = block.values, self.direction(group, block)
        before, size = block.state["prev"], block.state["step_size"]
        _, u, _ = block.scratch
        if block.first:
            size.fill(float(group["lr"]))
        product = np.multiply(g, before, out=u)
        turned = product < 0
        np.multiply(size, group["etas"][0], out=size, where=turned)
        np.multiply(size, group["etas"][1], out=size, where=product > 0)
        np.clip(size, *group["step_sizes"], out=size)
        np.copyto(before, g)
        np.copyto(before, 0, where=turned)
        np.subtract(p, size, out=p, where=before > 0)  # by comparisons: NaN has no sign, and moves nothing
        np.add(p, size, out=p, where=before < 0)
