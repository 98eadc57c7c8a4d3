"""Schedules that raise and lower the learning rate, and the momentum the other way."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from chainrule.optim.lr_scheduler.base import LRScheduler, check_optimizer, held_by, one_for_each_group, set_option
from chainrule.optim.optimizer import Group, Optimizer


class _Cycle(LRScheduler):
    """A schedule that may change the momentum too."""

    def _begin_momentum(
        self, cycle: bool, base: Any, largest: Any, last_epoch: int
    ) -> tuple[list[Any], list[Any]]:
        """Set the largest momentum, and return both limits for each group."""
        self.cycle_momentum = cycle
        if not cycle:
            return [], []
        options = self.optimizer.defaults
        if "momentum" not in options and "betas" not in options:
            raise ValueError(
                f"cycle_momentum=True expected an optimizer with momentum or betas, got "
                f"{type(self.optimizer).__name__}: give cycle_momentum=False"
            )
        self.use_beta1 = "betas" in options
        bases = one_for_each_group("base_momentum", self.optimizer, base)
        largests = one_for_each_group("max_momentum", self.optimizer, largest)
        if last_epoch == -1:
            for group, low, high in zip(self.optimizer.param_groups, bases, largests, strict=True):
                self._set_momentum(group, high)
                group["max_momentum"], group["base_momentum"] = high, low
        return bases, largests

    def _set_momentum(self, group: Group, momentum: float) -> None:
        if self.use_beta1:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum


class CyclicLR(_Cycle):
    """Raise and lower the learning rate in straight lines, again and again, and the momentum the other way.

    Parameters
    ----------
    optimizer : Optimizer
    base_lr, max_lr : float or list of float
        The lowest and the highest rate; one for all groups, or one for each.
    step_size_up : int
        Steps from the lowest to the highest.
    step_size_down : int, optional
        Steps back. If None, as many.
    mode : {"triangular", "triangular2", "exp_range"}
        Whether every cycle is as high, half as high as the one before, or falls by ``gamma`` at every step.
    gamma : float
    scale_fn : callable, optional
        Returns how high a cycle is, in the place of ``mode``.
    scale_mode : {"cycle", "iterations"}
        Whether ``scale_fn`` takes the number of the cycle, or of the step.
    cycle_momentum : bool
        Whether the momentum, or β₁, is changed.
    base_momentum, max_momentum : float or list of float
        The lowest momentum, at the highest rate, and the highest.
    last_epoch : int

    References
    ----------
    .. [1] L. N. Smith, "Cyclical learning rates for training neural networks", WACV 2017.

    Examples
    --------
    >>> from chainrule.optim import SGD
    >>> from chainrule.tensor import Tensor
    >>> optimizer = SGD([Tensor([1.0], requires_grad=True)], momentum=0.9)
    >>> scheduler = CyclicLR(optimizer, base_lr=0.0, max_lr=1.0, step_size_up=2)
    >>> for _ in range(3):
    ...     optimizer.step()
    ...     scheduler.step()
    ...     scheduler.get_last_lr(), round(optimizer.param_groups[0]["momentum"], 2)
    ([0.5], 0.85)
    ([1.0], 0.8)
    ([0.5], 0.85)
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float = 0.8,
        max_momentum: float = 0.9,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(self, optimizer)
        self.optimizer = optimizer
        base_lrs = one_for_each_group("base_lr", optimizer, base_lr)
        if last_epoch == -1:
            for lr, group in zip(base_lrs, optimizer.param_groups, strict=True):
                set_option(group, "lr", lr)
        self.max_lrs = one_for_each_group("max_lr", optimizer, max_lr)
        self.total_size = float(step_size_up) + float(step_size_up if step_size_down is None else step_size_down)
        self.step_ratio = float(step_size_up) / self.total_size
        if scale_fn is None and mode not in ("triangular", "triangular2", "exp_range"):
            raise ValueError(f"mode must be 'triangular', 'triangular2' or 'exp_range', got {mode!r}")
        self.mode, self.gamma = mode, gamma
        self._scale_fn_custom = scale_fn
        if scale_fn is None:
            scale_mode = "iterations" if mode == "exp_range" else "cycle"
        self.scale_mode = scale_mode
        limits = self._begin_momentum(cycle_momentum, base_momentum, max_momentum, last_epoch)
        if cycle_momentum:
            self.base_momentums, self.max_momentums = limits
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """Return how high a cycle is, as a fraction."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular":
            return 1.0
        return 1 / 2.0 ** (x - 1) if self.mode == "triangular2" else float(self.gamma**x)

    def get_lr(self) -> list[float]:
        """Return the learning rates of this step, and set the momentum."""
        self._check_within_step()
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        rising = x <= self.step_ratio
        height = x / self.step_ratio if rising else (x - 1) / (self.step_ratio - 1)
        scale = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            for group, low, high in zip(
                self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True
            ):
                self._set_momentum(group, high - (high - low) * height * scale)
        return [low + (high - low) * height * scale for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimiser; of ``scale_fn``, what an object that can be called holds."""
        return {**super().state_dict(), "_scale_fn_custom": held_by(self._scale_fn_custom)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where another schedule of this kind stood."""
        if state_dict["_scale_fn_custom"] is not None:
            vars(self._scale_fn_custom).update(state_dict["_scale_fn_custom"])
        super().load_state_dict({**state_dict, "_scale_fn_custom": self._scale_fn_custom})


class OneCycleLR(_Cycle):
    """Raise the learning rate to ``max_lr``, then lower it far below its start, and the momentum the other way.

    ``step()`` is called after every batch.

    Parameters
    ----------
    optimizer : Optimizer
    max_lr : float or list of float
        The highest rate; one for all groups, or one for each.
    total_steps : int, optional
        How many steps there are. If None, ``epochs * steps_per_epoch``.
    epochs, steps_per_epoch : int, optional
    pct_start : float
        The fraction of the steps in which the rate rises.
    anneal_strategy : {"cos", "linear"}
        Whether the rate follows half a cosine, or a straight line.
    cycle_momentum : bool
        Whether the momentum, or β₁, is changed.
    base_momentum, max_momentum : float or list of float
        The lowest momentum, at the highest rate, and the highest.
    div_factor : float
        The rate starts at ``max_lr / div_factor``.
    final_div_factor : float
        It ends at that divided by ``final_div_factor``.
    three_phase : bool
        Whether it first falls to where it started, as fast as it rose, and then on.
    last_epoch : int

    References
    ----------
    .. [1] L. N. Smith, N. Topin, "Super-convergence: very fast training of neural networks using large learning
       rates", arXiv:1708.07120.

    Examples
    --------
    >>> from chainrule.optim import SGD
    >>> from chainrule.tensor import Tensor
    >>> optimizer = SGD([Tensor([1.0], requires_grad=True)], momentum=0.9)
    >>> scheduler = OneCycleLR(optimizer, max_lr=1.0, total_steps=5, pct_start=0.4, div_factor=4.0)
    >>> scheduler.get_last_lr()
    [0.25]
    >>> optimizer.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr(), optimizer.param_groups[0]["momentum"]
    ([1.0], 0.85)
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(self, optimizer)
        self.optimizer = optimizer
        self.total_steps = _total(total_steps, epochs, steps_per_epoch)
        if not isinstance(pct_start, float) or not 0 <= pct_start <= 1:
            raise ValueError(f"pct_start must be a float in [0, 1], got {pct_start!r}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be 'cos' or 'linear', got {anneal_strategy!r}")
        self._schedule_phases = _phases(pct_start * self.total_steps, self.total_steps - 1, three_phase)
        self._anneal_func_type = anneal_strategy
        max_lrs = one_for_each_group("max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for group, high in zip(optimizer.param_groups, max_lrs, strict=True):
                group["initial_lr"], group["max_lr"] = high / div_factor, high
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self._begin_momentum(cycle_momentum, base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the learning rates of this step, and set the momentum."""
        self._check_within_step()
        if self.last_epoch > self.total_steps:
            raise ValueError(f"step() was called {self.last_epoch} times, total_steps is {self.total_steps}")
        start = 0.0
        for phase in self._schedule_phases:
            end = phase["end_step"]
            if self.last_epoch <= end or phase is self._schedule_phases[-1]:
                break
            start = end
        fraction = (self.last_epoch - start) / (end - start)
        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            for group in groups:
                limits = group[phase["start_momentum"]], group[phase["end_momentum"]]
                self._set_momentum(group, self._between(*limits, fraction))
        return [self._between(group[phase["start_lr"]], group[phase["end_lr"]], fraction) for group in groups]

    def _between(self, start: Any, end: Any, fraction: float) -> Any:
        if self._anneal_func_type == "linear":
            return (end - start) * fraction + start
        return end + (start - end) / 2.0 * (math.cos(math.pi * fraction) + 1)


def _total(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    """Return how many steps there are."""
    if total_steps is None and (epochs is None or steps_per_epoch is None):
        raise ValueError("OneCycleLR expected total_steps, or epochs and steps_per_epoch")
    given = {"epochs": epochs, "steps_per_epoch": steps_per_epoch}
    product = 1
    for name, value in (given if total_steps is None else {"total_steps": total_steps}).items():
        if not isinstance(value, int) or value <= 0:
            raise ValueError(f"{name} must be an integer above 0, got {value!r}")
        product *= value
    return product


def _phases(rise: float, last: int, three: bool) -> list[dict[str, Any]]:
    """Return the phases: the step at which each ends, and the names of the options between which it goes."""
    phases = [(float(rise) - 1, "initial_lr", "max_lr", "max_momentum", "base_momentum")]
    if three:
        phases.append((float(2 * rise) - 2, "max_lr", "initial_lr", "base_momentum", "max_momentum"))
        phases.append((last, "initial_lr", "min_lr", "max_momentum", "max_momentum"))
    else:
        phases.append((last, "max_lr", "min_lr", "base_momentum", "max_momentum"))
    names = ("end_step", "start_lr", "end_lr", "start_momentum", "end_momentum")
    return [dict(zip(names, phase, strict=True)) for phase in phases]
