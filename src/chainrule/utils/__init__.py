"""PyTorch's place for the data classes: ``from chainrule.utils.data import DataLoader``."""

from chainrule.later import missing_from as _missing_from
from chainrule.utils import data as data

__getattr__ = _missing_from(__name__)
