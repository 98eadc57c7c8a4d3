"""A schedule that looks at a measure."""

from __future__ import annotations

import math
from typing import Any

from chainrule.optim.lr_scheduler.base import (
    LRScheduler,
    check_optimizer,
    one_for_each_group,
    options_of,
    set_option,
    warn_of_epoch,
)
from chainrule.optim.optimizer import Optimizer


class ReduceLROnPlateau(LRScheduler):
    """Lower the learning rate when a measure has stopped getting better.

    Parameters
    ----------
    optimizer : Optimizer
    mode : {"min", "max"}
        Whether smaller or larger is better.
    factor : float
        What the learning rate is multiplied by, below 1.
    patience : int
        How many epochs without progress are let pass.
    threshold : float
        How much counts as progress.
    threshold_mode : {"rel", "abs"}
        Whether ``threshold`` is a fraction of the best value, or a difference.
    cooldown : int
        How many epochs after a reduction are not counted.
    min_lr : float or list of float
        The learning rate is not set below.
    eps : float
        A smaller change of the learning rate is not made.

    Examples
    --------
    >>> from chainrule.optim import SGD
    >>> from chainrule.tensor import Tensor
    >>> scheduler = ReduceLROnPlateau(SGD([Tensor([1.0], requires_grad=True)], lr=1.0), patience=0)
    >>> for loss in (1.0, 1.0):
    ...     scheduler.step(loss)
    >>> scheduler.get_last_lr()
    [0.1]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1:
            raise ValueError(f"factor must be below 1, got {factor}")
        check_optimizer(self, optimizer)
        if mode not in ("min", "max"):
            raise ValueError(f"mode must be 'min' or 'max', got {mode!r}")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"threshold_mode must be 'rel' or 'abs', got {threshold_mode!r}")
        self.optimizer = optimizer
        self.mode, self.factor, self.patience, self.cooldown, self.eps = mode, factor, patience, cooldown, eps
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.default_min_lr = None if isinstance(min_lr, list | tuple) else min_lr
        self.min_lrs = one_for_each_group("min_lr", optimizer, min_lr)
        self.best = self.mode_worse = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = self.cooldown_counter = self.last_epoch = 0
        self._last_lr = options_of(optimizer, "lr")

    @property
    def in_cooldown(self) -> bool:
        """Whether a reduction was made so recently that epochs are not counted."""
        return self.cooldown_counter > 0

    def get_lr(self) -> list[float]:
        """Raise NotImplementedError, as in PyTorch: the rates are not computed from the epoch."""
        raise NotImplementedError(f"{type(self).__name__} has no get_lr(): get_last_lr() returns the rates")

    def _is_better(self, a: float, best: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        limit = (
            best * (1 + sign * self.threshold) if self.threshold_mode == "rel" else best + sign * self.threshold
        )
        return a > limit if self.mode == "max" else a < limit

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Begin the next epoch, given the measure of the last.

        Parameters
        ----------
        metrics : float or Tensor
        epoch : int, optional
            Which epoch it is, if it is not the next. Deprecated, as in PyTorch.
        """
        value = float(metrics)
        if epoch is not None:
            warn_of_epoch()
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(value, self.best):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = options_of(self.optimizer, "lr")

    def _reduce(self) -> None:
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            if self.default_min_lr is None:
                raise RuntimeError(
                    f"min_lr was given for {len(self.min_lrs)} parameter groups, now there are {len(groups)}: "
                    "add to min_lrs"
                )
            self.min_lrs = [self.default_min_lr] * len(groups)
        for group, low in zip(groups, self.min_lrs, strict=True):
            before = float(group["lr"])
            lr = max(before * self.factor, low)
            if before - lr > self.eps:
                set_option(group, "lr", lr)
