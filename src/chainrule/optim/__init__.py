"""Optimisers, and schedules of their learning rate."""

from chainrule.optim import lr_scheduler
from chainrule.optim.adam import Adam
from chainrule.optim.optimizer import Optimizer
from chainrule.optim.sgd import SGD

__all__ = ["SGD", "Adam", "Optimizer", "lr_scheduler"]
