"""Schedules of the learning rate: PyTorch's names, and PyTorch's recursive formulas to the last bit."""

from __future__ import annotations

import math
import warnings
from typing import Any

from chainrule.autograd import replayed
from chainrule.optim.optimizer import Group, Optimizer


class _Schedule:
    """What all schedules have: the rates that are set now, and their own state."""

    optimizer: Optimizer
    _last_lr: list[float]

    def __init_subclass__(cls) -> None:
        if "step" in vars(cls):
            cls.step = replayed(cls.step)  # type: ignore[attr-defined]

    def get_last_lr(self) -> list[float]:
        """Return the learning rates that are set now."""
        return list(self._last_lr)

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimiser."""
        return {k: v for k, v in self.__dict__.items() if k != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where another schedule of this kind stood."""
        self.__dict__.update(state_dict)


class LRScheduler(_Schedule):
    """Base of the schedules: ``step()`` after each epoch sets ``lr`` of every parameter group.

    Parameters
    ----------
    optimizer : Optimizer
    last_epoch : int
        −1 to start; the number of the last finished epoch to go on, when the groups have an ``initial_lr``.

    Attributes
    ----------
    base_lrs : list of float
        The learning rates at the start.
    last_epoch : int
        How many times ``step()`` was called.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        _check_optimizer(self, optimizer)
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"last_epoch={last_epoch} goes on with a schedule, but parameter group {i} has no 'initial_lr'"
                )
        self.base_lrs = [float(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self.step()

    def get_lr(self) -> list[float]:
        """Return the learning rates of this epoch, from those of the epoch before."""
        groups = self.optimizer.param_groups
        added_since = [float(group["lr"]) for group in groups[len(self.base_lrs) :]]
        return [self.next_lr(g, base) for g, base in zip(groups, self.base_lrs + added_since, strict=True)]

    def next_lr(self, group: Group, base_lr: float) -> float:
        """Return the learning rate of one group at epoch ``last_epoch``."""
        raise NotImplementedError

    def step(self) -> None:
        """Begin the next epoch."""
        self.last_epoch += 1
        for group, lr in zip(self.optimizer.param_groups, self.get_lr(), strict=True):
            group["lr"] = lr
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]


class StepLR(LRScheduler):
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
    >>> scheduler = StepLR(SGD([Tensor([1.0], requires_grad=True)], lr=1.0), step_size=2)
    >>> for _ in range(2):
    ...     scheduler.step()
    >>> scheduler.get_last_lr()
    [0.1]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        if step_size < 1:
            raise ValueError(f"step_size must be at least 1 epoch, got {step_size}")
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def next_lr(self, group: Group, base_lr: float) -> float:  # noqa: D102
        falls = self.last_epoch > 0 and self.last_epoch % self.step_size == 0
        return group["lr"] * self.gamma if falls else group["lr"]  # type: ignore[no-any-return]


class ExponentialLR(LRScheduler):
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
    >>> scheduler = ExponentialLR(SGD([Tensor([1.0], requires_grad=True)], lr=1.0), gamma=0.5)
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def next_lr(self, group: Group, base_lr: float) -> float:  # noqa: D102
        return group["lr"] * self.gamma if self.last_epoch > 0 else group["lr"]  # type: ignore[no-any-return]


class CosineAnnealingLR(LRScheduler):
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
    >>> scheduler = CosineAnnealingLR(SGD([Tensor([1.0], requires_grad=True)], lr=1.0), T_max=2)
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        if T_max < 1:
            raise ValueError(f"T_max must be at least 1 epoch, got {T_max}")
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def next_lr(self, group: Group, base_lr: float) -> float:  # noqa: D102
        t, half, low = self.last_epoch, self.T_max, self.eta_min
        if t == 0:
            return group["lr"]  # type: ignore[no-any-return]
        if (t - 1 - half) % (2 * half) == 0:  # just past the lowest point, where the quotient below is 0 / 0
            return group["lr"] + (base_lr - low) * (1 - math.cos(math.pi / half)) / 2  # type: ignore[no-any-return]
        ratio = (1 + math.cos(math.pi * t / half)) / (1 + math.cos(math.pi * (t - 1) / half))
        return ratio * (group["lr"] - low) + low  # type: ignore[no-any-return]


class ReduceLROnPlateau(_Schedule):
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
        _check_optimizer(self, optimizer)
        if factor >= 1:
            raise ValueError(f"factor must be below 1, got {factor}")
        if mode not in ("min", "max"):
            raise ValueError(f"mode must be 'min' or 'max', got {mode!r}")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"threshold_mode must be 'rel' or 'abs', got {threshold_mode!r}")
        groups = optimizer.param_groups
        if isinstance(min_lr, list | tuple) and len(min_lr) != len(groups):
            raise ValueError(f"min_lr expected {len(groups)} values, one per parameter group, got {len(min_lr)}")
        self.optimizer = optimizer
        self.mode, self.factor, self.patience, self.cooldown, self.eps = mode, factor, patience, cooldown, eps
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.min_lrs = list(min_lr) if isinstance(min_lr, list | tuple) else [min_lr] * len(groups)
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = self.cooldown_counter = self.last_epoch = 0
        self._last_lr = [group["lr"] for group in groups]

    def is_better(self, a: float, best: float) -> bool:
        """Return whether ``a`` is progress over ``best``."""
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "rel":
            limit = best * (1 + sign * self.threshold)
        else:
            limit = best + sign * self.threshold
        return a > limit if self.mode == "max" else a < limit

    def step(self, metrics: Any) -> None:
        """Begin the next epoch, given the measure of the last."""
        value = float(metrics)
        self.last_epoch += 1
        if self.is_better(value, self.best):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def _reduce(self) -> None:
        groups = self.optimizer.param_groups
        if len(groups) > len(self.min_lrs):
            warnings.warn("groups were added after min_lr was set: they have no lower limit", stacklevel=3)
        for i, group in enumerate(groups):
            low = self.min_lrs[i] if i < len(self.min_lrs) else 0
            lr = max(float(group["lr"]) * self.factor, low)
            if float(group["lr"]) - lr > self.eps:
                group["lr"] = lr


def _check_optimizer(scheduler: object, optimizer: Any) -> None:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(scheduler).__name__} expected an Optimizer, got {type(optimizer).__name__}")
