"""PyTorch's place for the data classes: ``from chainrule.utils.data import DataLoader``."""

from chainrule.utils import data as data
