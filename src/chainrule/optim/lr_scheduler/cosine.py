"""Schedules along a cosine."""

from __future__ import annotations

import math
from typing import Any

from chainrule.optim.lr_scheduler.base import ClosedForm, LRScheduler
from chainrule.optim.optimizer import Group, Optimizer


class CosineAnnealingLR(ClosedForm):
    """Lower the learning rate along half a cosine, from its start to ``eta_min`` in ``T_max`` epochs.

    Parameters
    ----------
    optimizer : Optimizer
    T_max : int
        Epochs from the start to the lowest point. Beyond, the rate rises again.
    eta_min : float
    last_epoch : int

    References
    ----------
    .. [1] I. Loshchilov, F. Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017.

    Examples
    --------
    >>> from chainrule.optim import SGD
    >>> from chainrule.tensor import Tensor
    >>> optimizer = SGD([Tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = CosineAnnealingLR(optimizer, T_max=2)
    >>> optimizer.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        if T_max < 1:
            raise ValueError(f"T_max must be at least 1 epoch, got {T_max}")
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def next_lr(self, group: Group, base_lr: float) -> Any:  # noqa: D102
        t, half, low = self.last_epoch, self.T_max, self.eta_min
        if self._is_initial:
            return group["lr"]
        if (t - 1 - half) % (2 * half) == 0:  # just past the lowest point, where the quotient below is 0 / 0
            return group["lr"] + (base_lr - low) * (1 - math.cos(math.pi / half)) / 2
        ratio = (1 + math.cos(math.pi * t / half)) / (1 + math.cos(math.pi * (t - 1) / half))
        return ratio * (group["lr"] - low) + low

    def lr_at(self, base_lr: float) -> Any:  # noqa: D102
        low = self.eta_min
        return low + (base_lr - low) * (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2


class CosineAnnealingWarmRestarts(LRScheduler):
    """Lower the learning rate along half a cosine, then begin again, each time ``T_mult`` times as slowly.

    Parameters
    ----------
    optimizer : Optimizer
    T_0 : int
        Epochs of the first fall.
    T_mult : int
    eta_min : float
    last_epoch : int

    References
    ----------
    .. [1] I. Loshchilov, F. Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017.

    Examples
    --------
    >>> from chainrule.optim import SGD
    >>> from chainrule.tensor import Tensor
    >>> optimizer = SGD([Tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = CosineAnnealingWarmRestarts(optimizer, T_0=2)
    >>> for _ in range(2):
    ...     optimizer.step()
    ...     scheduler.step()
    ...     scheduler.get_last_lr()
    [0.5]
    [1.0]
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        for name, value in {"T_0": T_0, "T_mult": T_mult}.items():
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} must be an integer of at least 1, got {value}")
        if not isinstance(eta_min, float | int):
            raise ValueError(f"eta_min must be a number, got {type(eta_min).__name__}")
        self.T_0 = self.T_i = T_0
        self.T_mult, self.eta_min = T_mult, eta_min
        self.T_cur: float = last_epoch  # epochs since the last restart, of T_i until the next
        super().__init__(optimizer, last_epoch)

    def next_lr(self, group: Group, base_lr: float) -> Any:  # noqa: D102
        low = self.eta_min
        return low + (base_lr - low) * (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2

    def step(self, epoch: float | None = None) -> None:
        """Begin the next epoch, or go on to any.

        Parameters
        ----------
        epoch : float, optional
            Which epoch it is, if it is not the next. A fraction is within an epoch.
        """
        if epoch is None and self.last_epoch >= 0:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        else:
            epoch = epoch or 0
            self._jump(epoch)
        self.last_epoch = math.floor(epoch)
        self._set_lr(self.get_lr)

    def _jump(self, epoch: float) -> None:
        """Find out where between two restarts an epoch is."""
        if epoch < 0:
            raise ValueError(f"epoch must not be negative, got {epoch}")
        first, ratio = self.T_0, self.T_mult
        if epoch < first:
            self.T_cur, self.T_i = epoch, first
        elif ratio == 1:
            self.T_cur = epoch % first
        else:  # after n restarts, first (1 + ratio + … + ratioⁿ⁻¹) epochs have passed
            n = int(math.log(epoch / first * (ratio - 1) + 1, ratio))
            self.T_cur = epoch - first * (ratio**n - 1) / (ratio - 1)
            self.T_i = first * ratio**n
