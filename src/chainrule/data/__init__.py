"""Datasets, samplers and the ``DataLoader``: batches in PyTorch's order, cut from arrays at once.

>>> import numpy as np
>>> from chainrule.data import DataLoader, TensorDataset
>>> X, y = next(iter(DataLoader(TensorDataset(np.eye(3), np.arange(3)), batch_size=2)))
>>> y
tensor([0, 1])
"""

from chainrule.data.collate import default_collate, default_convert
from chainrule.data.dataset import BatchDataset, ConcatDataset, Dataset, Subset, TensorDataset, random_split
from chainrule.data.iterable import ChainDataset, IterableDataset, get_worker_info
from chainrule.data.loader import DataLoader
from chainrule.data.sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from chainrule.later import missing_from

__all__ = [
    "BatchDataset",
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "IterableDataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "default_collate",
    "default_convert",
    "get_worker_info",
    "random_split",
]

__getattr__ = missing_from(__name__)
