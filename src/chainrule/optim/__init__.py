"""Optimisers, and schedules of their learning rate."""

from typing import Any as _Any

from chainrule.optim import lr_scheduler
from chainrule.optim.adam import Adam
from chainrule.optim.optimizer import Optimizer
from chainrule.optim.sgd import SGD

__all__ = ["SGD", "Adam", "Optimizer", "lr_scheduler"]


def __getattr__(name: str) -> _Any:
    raise AttributeError(f"chainrule.optim has no {name!r}: it covers what fully-connected networks use")
