"""Optimisers, and schedules of their learning rate."""

from typing import TYPE_CHECKING

from chainrule.later import later

if TYPE_CHECKING:
    from chainrule.optim import lr_scheduler as lr_scheduler
    from chainrule.optim.adadelta import *
    from chainrule.optim.adagrad import *
    from chainrule.optim.adam import *
    from chainrule.optim.adamax import *
    from chainrule.optim.asgd import *
    from chainrule.optim.lbfgs import *
    from chainrule.optim.nadam import *
    from chainrule.optim.optimizer import *
    from chainrule.optim.radam import *
    from chainrule.optim.rmsprop import *
    from chainrule.optim.rprop import *
    from chainrule.optim.sgd import *

__getattr__, __dir__ = later(
    __name__,
    {
        "adadelta": "Adadelta",
        "adagrad": "Adagrad",
        "adam": "Adam AdamW",
        "adamax": "Adamax",
        "asgd": "ASGD",
        "lbfgs": "LBFGS",
        "nadam": "NAdam",
        "optimizer": "Optimizer",
        "radam": "RAdam",
        "rmsprop": "RMSprop",
        "rprop": "Rprop",
        "sgd": "SGD",
        "lr_scheduler": "",
    },
)
