"""Schedules made of others."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from chainrule.optim.lr_scheduler.base import LRScheduler, options_of, set_option
from chainrule.optim.lr_scheduler.plateau import ReduceLROnPlateau
from chainrule.optim.optimizer import Optimizer


class _Combined(LRScheduler):
    _schedulers: Sequence[LRScheduler]

    def get_lr(self) -> list[float]:
        """Raise NotImplementedError, as in PyTorch: the rates are not computed from the epoch."""
        raise NotImplementedError(f"{type(self).__name__} has no get_lr(): get_last_lr() returns the rates")

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimiser, with the states of the schedules."""
        return {**super().state_dict(), "_schedulers": [s.state_dict() for s in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where another schedule of this kind stood."""
        for scheduler, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            scheduler.load_state_dict(state)
        super().load_state_dict({**state_dict, "_schedulers": self._schedulers})

    def _check(self, schedulers: Sequence[Any], optimizer: Any) -> None:
        """Raise for schedules that can't be combined."""
        name = type(self).__name__
        for i, scheduler in enumerate(schedulers):
            if not hasattr(scheduler, "optimizer"):
                raise TypeError(f"{name} expected schedulers, got {type(scheduler).__name__} at position {i}")
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(f"{name} can't hold the ReduceLROnPlateau at position {i}: it needs metrics")
            if scheduler.optimizer is not optimizer:
                raise ValueError(f"{name} expected schedulers of one optimizer, that at position {i} has another")


class ChainedScheduler(_Combined):
    """Several schedules at once: each changes what the one before has set.

    Parameters
    ----------
    schedulers : sequence of LRScheduler
    optimizer : Optimizer, optional
        That of the schedules.

    Examples
    --------
    >>> from chainrule.optim import SGD
    >>> from chainrule.optim.lr_scheduler import ConstantLR, ExponentialLR
    >>> from chainrule.tensor import Tensor
    >>> optimizer = SGD([Tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = ChainedScheduler([ConstantLR(optimizer, factor=0.5), ExponentialLR(optimizer, gamma=0.5)])
    >>> optimizer.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.25]
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        if len(schedulers) < 1:
            raise ValueError("schedulers expected at least one, got none")
        optimizer = optimizer or schedulers[0].optimizer
        self._check(schedulers, optimizer)
        self._schedulers, self.optimizer = schedulers, optimizer
        self._last_lr = options_of(optimizer, "lr")

    def step(self) -> None:  # type: ignore[override]
        """Begin the next epoch of all."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = options_of(self.optimizer, "lr")


class SequentialLR(_Combined):
    """Several schedules one after the other.

    Parameters
    ----------
    optimizer : Optimizer
    schedulers : list of LRScheduler
    milestones : list of int
        The epochs at which the second and the later ones begin.
    last_epoch : int

    Examples
    --------
    >>> from chainrule.optim import SGD
    >>> from chainrule.optim.lr_scheduler import ConstantLR, ExponentialLR
    >>> from chainrule.tensor import Tensor
    >>> optimizer = SGD([Tensor([1.0], requires_grad=True)], lr=1.0)
    >>> parts = [ConstantLR(optimizer, factor=0.1, total_iters=9), ExponentialLR(optimizer, gamma=0.5)]
    >>> scheduler = SequentialLR(optimizer, parts, milestones=[2])
    >>> for _ in range(3):
    ...     optimizer.step()
    ...     scheduler.step()
    ...     scheduler.get_last_lr()
    [0.1]
    [1.0]
    [0.5]
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: list[LRScheduler], milestones: list[int], last_epoch: int = -1
    ) -> None:
        if len(schedulers) < 1:
            raise ValueError("schedulers expected at least one, got none")
        self._check(schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(f"milestones expected {len(schedulers) - 1} epochs, got {len(milestones)}")
        self._schedulers, self._milestones = schedulers, milestones
        self.last_epoch, self.optimizer = last_epoch + 1, optimizer
        for group in optimizer.param_groups:  # as if none of the schedules had begun
            set_option(group, "lr", group["initial_lr"])
        self._undo()
        current = schedulers[bisect_right(milestones, 0)]
        current._initial_step()
        self._last_lr = current.get_last_lr()

    def _undo(self) -> None:
        """Take back the first step of all schedules."""
        waiting = list(self._schedulers)
        while waiting:
            scheduler = waiting.pop()
            if isinstance(scheduler, _Combined):
                waiting += scheduler._schedulers
            else:
                scheduler.last_epoch -= 1

    def step(self) -> None:  # type: ignore[override]
        """Begin the next epoch, of the schedule whose turn it is."""
        self.last_epoch += 1
        current = self._schedulers[bisect_right(self._milestones, self.last_epoch)]
        if self.last_epoch in self._milestones:
            current._update_lr(0)
        else:
            current.step()
        self._last_lr = current.get_last_lr()
