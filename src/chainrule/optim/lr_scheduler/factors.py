"""Schedules that multiply the learning rate by a factor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from chainrule.optim.lr_scheduler.base import ClosedForm, LRScheduler, check_optimizer, held_by, one_for_each_group
from chainrule.optim.optimizer import Group, Optimizer


class _Lambdas(LRScheduler):
    """A schedule that asks a function of the epoch for each group."""

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(self, optimizer)
        self.lr_lambdas = one_for_each_group("lr_lambda", optimizer, lr_lambda)
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(f"lr_lambda expected a function, got {type(function).__name__}")
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimiser; of the functions, what objects that can be called hold."""
        return {**super().state_dict(), "lr_lambdas": [held_by(f) for f in self.lr_lambdas]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where another schedule of this kind stood."""
        for function, held in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if held is not None:
                vars(function).update(held)
        super().load_state_dict({**state_dict, "lr_lambdas": self.lr_lambdas})


class LambdaLR(_Lambdas):
    """Multiply the first learning rate by a function of the epoch.

    Parameters
    ----------
    optimizer : Optimizer
    lr_lambda : callable or list of callable
        Takes the epoch, returns the factor; one for all groups, or one for each.
    last_epoch : int

    Examples
    --------
    >>> from chainrule.optim import SGD
    >>> from chainrule.tensor import Tensor
    >>> optimizer = SGD([Tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
    >>> optimizer.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.5]
    """

    def get_lr(self) -> list[float]:
        """Return the learning rates of this epoch."""
        self._check_within_step()
        return [base * f(self.last_epoch) for f, base in zip(self.lr_lambdas, self.base_lrs, strict=True)]


class MultiplicativeLR(_Lambdas):
    """Multiply the learning rate of the epoch before by a function of the epoch.

    Parameters
    ----------
    optimizer : Optimizer
    lr_lambda : callable or list of callable
        Takes the epoch, returns the factor; one for all groups, or one for each.
    last_epoch : int

    Examples
    --------
    >>> from chainrule.optim import SGD
    >>> from chainrule.tensor import Tensor
    >>> optimizer = SGD([Tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = MultiplicativeLR(optimizer, lambda epoch: 0.5)
    >>> optimizer.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.5]
    """

    def get_lr(self) -> list[float]:
        """Return the learning rates of this epoch, from those of the epoch before."""
        self._check_within_step()
        rates = [group["lr"] for group in self.optimizer.param_groups]
        if self._is_initial:
            return rates
        return [lr * f(self.last_epoch) for f, lr in zip(self.lr_lambdas, rates, strict=True)]


class StepLR(ClosedForm):
    """Multiply the learning rate by ``gamma`` every ``step_size`` epochs.

    Parameters
    ----------
    optimizer : Optimizer
    step_size : int
    gamma : float
    last_epoch : int

    Examples
    --------
    >>> from chainrule.optim import SGD
    >>> from chainrule.tensor import Tensor
    >>> optimizer = SGD([Tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = StepLR(optimizer, step_size=2)
    >>> for _ in range(2):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> scheduler.get_last_lr()
    [0.1]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        if step_size < 1:
            raise ValueError(f"step_size must be at least 1 epoch, got {step_size}")
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def next_lr(self, group: Group, base_lr: float) -> Any:  # noqa: D102
        falls = self.last_epoch != 0 and self.last_epoch % self.step_size == 0
        return group["lr"] * self.gamma if falls else group["lr"]

    def lr_at(self, base_lr: float) -> Any:  # noqa: D102
        return base_lr * self.gamma ** (self.last_epoch // self.step_size)


class MultiStepLR(ClosedForm):
    """Multiply the learning rate by ``gamma`` at each of some epochs.

    Parameters
    ----------
    optimizer : Optimizer
    milestones : iterable of int
        The epochs. One that is given twice counts twice.
    gamma : float
    last_epoch : int

    Examples
    --------
    >>> from chainrule.optim import SGD
    >>> from chainrule.tensor import Tensor
    >>> optimizer = SGD([Tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = MultiStepLR(optimizer, milestones=[1, 3], gamma=0.5)
    >>> for _ in range(3):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> scheduler.get_last_lr()
    [0.25]
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones, self.gamma = Counter(milestones), gamma  # epoch → how many times
        super().__init__(optimizer, last_epoch)

    def next_lr(self, group: Group, base_lr: float) -> Any:  # noqa: D102
        times = self.milestones.get(self.last_epoch)
        return group["lr"] if times is None else group["lr"] * self.gamma**times

    def lr_at(self, base_lr: float) -> Any:  # noqa: D102
        return base_lr * self.gamma ** sum(n for t, n in self.milestones.items() if t <= self.last_epoch)


class ExponentialLR(ClosedForm):
    """Multiply the learning rate by ``gamma`` every epoch.

    Parameters
    ----------
    optimizer : Optimizer
    gamma : float
    last_epoch : int

    Examples
    --------
    >>> from chainrule.optim import SGD
    >>> from chainrule.tensor import Tensor
    >>> optimizer = SGD([Tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = ExponentialLR(optimizer, gamma=0.5)
    >>> optimizer.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def next_lr(self, group: Group, base_lr: float) -> Any:  # noqa: D102
        return group["lr"] if self._is_initial else group["lr"] * self.gamma

    def lr_at(self, base_lr: float) -> Any:  # noqa: D102
        return base_lr * self.gamma**self.last_epoch


class ConstantLR(ClosedForm):
    """Multiply the learning rate by ``factor`` during the first ``total_iters`` epochs.

    Parameters
    ----------
    optimizer : Optimizer
    factor : float
        In [0, 1].
    total_iters : int
    last_epoch : int

    Examples
    --------
    >>> from chainrule.optim import SGD
    >>> from chainrule.tensor import Tensor
    >>> optimizer = SGD([Tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = ConstantLR(optimizer, factor=0.5, total_iters=1)
    >>> scheduler.get_last_lr()
    [0.5]
    >>> optimizer.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [1.0]
    """

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        if factor > 1 or factor < 0:
            raise ValueError(f"factor must be in [0, 1], got {factor}")
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def next_lr(self, group: Group, base_lr: float) -> Any:  # noqa: D102
        if self.last_epoch == 0:
            return group["lr"] * self.factor
        return group["lr"] * (1.0 / self.factor) if self.last_epoch == self.total_iters else group["lr"]

    def lr_at(self, base_lr: float) -> Any:  # noqa: D102
        return base_lr * (self.factor + (self.last_epoch >= self.total_iters) * (1 - self.factor))


class LinearLR(ClosedForm):
    """Multiply the learning rate by a factor that goes evenly from one value to another.

    Parameters
    ----------
    optimizer : Optimizer
    start_factor : float
        In (0, 1].
    end_factor : float
        In [0, 1].
    total_iters : int
        Epochs from one to the other.
    last_epoch : int

    Examples
    --------
    >>> from chainrule.optim import SGD
    >>> from chainrule.tensor import Tensor
    >>> optimizer = SGD([Tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> optimizer.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.75]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if start_factor > 1 or start_factor <= 0:
            raise ValueError(f"start_factor must be above 0 and at most 1, got {start_factor}")
        if end_factor > 1 or end_factor < 0:
            raise ValueError(f"end_factor must be in [0, 1], got {end_factor}")
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def next_lr(self, group: Group, base_lr: float) -> Any:  # noqa: D102
        t, start, rise = self.last_epoch, self.start_factor, self.end_factor - self.start_factor
        if t == 0:
            return group["lr"] * start
        if self._is_initial or t > self.total_iters:
            return group["lr"]
        return group["lr"] * (1.0 + rise / (self.total_iters * start + (t - 1) * rise))

    def lr_at(self, base_lr: float) -> Any:  # noqa: D102
        rise = self.end_factor - self.start_factor
        return base_lr * (self.start_factor + rise * min(self.total_iters, self.last_epoch) / self.total_iters)


class PolynomialLR(ClosedForm):
    """Lower the learning rate to 0 as (1 − epoch / total_iters) to a power.

    Parameters
    ----------
    optimizer : Optimizer
    total_iters : int
    power : float
    last_epoch : int

    Examples
    --------
    >>> from chainrule.optim import SGD
    >>> from chainrule.tensor import Tensor
    >>> optimizer = SGD([Tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = PolynomialLR(optimizer, total_iters=2, power=2.0)
    >>> optimizer.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.25]
    """

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def next_lr(self, group: Group, base_lr: float) -> Any:  # noqa: D102
        t, total = self.last_epoch, self.total_iters
        if self._is_initial or t > total:
            return group["lr"]
        return group["lr"] * ((1.0 - t / total) / (1.0 - (t - 1) / total)) ** self.power

    def lr_at(self, base_lr: float) -> Any:  # noqa: D102
        return base_lr * (1.0 - min(self.total_iters, self.last_epoch) / self.total_iters) ** self.power
