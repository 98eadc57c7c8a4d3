"""What all schedules share."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import FunctionType
from typing import Any

from chainrule.autograd import replayed, structure_changed
from chainrule.optim.optimizer import Group, Optimizer
from chainrule.tensor import Tensor


class LRScheduler:
    """Base of the schedules: ``step()`` after each epoch sets ``lr`` of every parameter group.

    A subclass says in :meth:`next_lr` what the rate becomes, or overrides :meth:`get_lr`.

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

    _is_initial = False  # whether the first epoch is being set up
    _get_lr_called_within_step = False

    def __init_subclass__(cls) -> None:
        if "step" in vars(cls):
            cls.step = replayed(cls.step)  # type: ignore[method-assign]

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(self, optimizer)
        self.optimizer = optimizer
        if optimizer._stepped is None:
            optimizer._stepped = False
            structure_changed()  # recorded anew, captured steps tell of the first step
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", _copy(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"last_epoch={last_epoch} goes on with a schedule, but parameter group {i} has no 'initial_lr'"
                )
        self.base_lrs = options_of(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        self.step()
        self._is_initial = False

    # ---- what a subclass says -------------------------------------------------------------------------------

    def next_lr(self, group: Group, base_lr: float) -> float:
        """Return the learning rate of one group at epoch ``last_epoch``, from that of the epoch before."""
        raise NotImplementedError

    def get_lr(self) -> list[float]:
        """Return the learning rates of this epoch, from those of the epoch before."""
        self._check_within_step()
        return [self.next_lr(group, base) for group, base in self._groups()]

    def _get_closed_form_lr(self) -> list[float]:
        """Return the learning rates of this epoch, if it was jumped to."""
        return self.get_lr()

    def _check_within_step(self) -> None:
        if not self._get_lr_called_within_step:
            warnings.warn(
                "get_lr() computes the next rate from the last: get_last_lr() returns the last", stacklevel=3
            )

    def _groups(self) -> list[tuple[Group, float]]:
        """Return the groups with their first learning rates; of those added since, that is the rate now."""
        groups = self.optimizer.param_groups
        added_since = [group["lr"] for group in groups[len(self.base_lrs) :]]
        return list(zip(groups, self.base_lrs + added_since, strict=True))

    # ---- what a user calls ----------------------------------------------------------------------------------

    @replayed
    def step(self, epoch: int | None = None) -> None:
        """Begin the next epoch.

        Parameters
        ----------
        epoch : int, optional
            Which epoch it is, if it is not the next. Deprecated, as in PyTorch.
        """
        if self._step_count == 1:
            self._check_order()
        self._step_count += 1
        if epoch is not None:
            warn_of_epoch()
        self._update_lr(epoch)

    def _check_order(self) -> None:
        """Warn if the optimiser has made no step since there are schedules; of a copy this is not known."""
        if not self.optimizer._stepped:
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`: the first learning rate of the "
                "schedule was never used. Call optimizer.step() first",
                stacklevel=4,
            )

    def _update_lr(self, epoch: int | None = None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        self._set_lr(self.get_lr if epoch is None else self._get_closed_form_lr)

    def _set_lr(self, compute: Callable[[], list[float]]) -> None:
        self._get_lr_called_within_step = True
        try:
            rates = compute()
        finally:
            self._get_lr_called_within_step = False
        for group, lr in zip(self.optimizer.param_groups, rates, strict=True):
            set_option(group, "lr", lr)
        self._last_lr = options_of(self.optimizer, "lr")

    def get_last_lr(self) -> list[float]:
        """Return the learning rates that are set now."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimiser, with PyTorch's names."""
        return {k: v for k, v in self.__dict__.items() if k != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where another schedule of this kind stood, ours or PyTorch's."""
        self.__dict__.update(state_dict)


class ClosedForm(LRScheduler):
    """A schedule whose rates are also known without going through the epochs before."""

    def lr_at(self, base_lr: float) -> float:
        """Return the learning rate of epoch ``last_epoch``, from that at the start."""
        raise NotImplementedError

    def _get_closed_form_lr(self) -> list[float]:
        return [self.lr_at(base) for _, base in self._groups()]


def check_optimizer(scheduler: object, optimizer: Any) -> None:
    """Raise TypeError for what is no optimiser."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(scheduler).__name__} expected an Optimizer, got {type(optimizer).__name__}")


def warn_of_epoch() -> None:
    """Warn that ``epoch`` was given to ``step()``."""
    warnings.warn("step() counts the epochs itself: leave epoch out", UserWarning, stacklevel=4)


def options_of(optimizer: Optimizer, name: str) -> list[Any]:
    """Return the value of an option in every group."""
    return [_copy(group[name]) for group in optimizer.param_groups]


def set_option(group: Group, name: str, value: Any) -> None:
    """Set an option of a group; one that is a tensor is changed in place."""
    if isinstance(group.get(name), Tensor):
        group[name].fill_(float(value))
    else:
        group[name] = value


def one_for_each_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """Return a list with one value for each group, of such a list or of one value."""
    groups = optimizer.param_groups
    if not isinstance(value, list | tuple):
        return [_copy(value) for _ in groups]
    if len(value) != len(groups):
        raise ValueError(f"{name} expected {len(groups)} values, one per parameter group, got {len(value)}")
    return [_copy(v) for v in value]


def held_by(function: Any) -> dict[str, Any] | None:
    """Return what an object that can be called holds, which a state dict can keep; of a function, None."""
    return None if isinstance(function, FunctionType) or not hasattr(function, "__dict__") else {**vars(function)}


def _copy(value: Any) -> Any:
    return value.clone() if isinstance(value, Tensor) else value
