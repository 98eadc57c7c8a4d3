"""Image sets: found, read, checked, downloaded; a real sample is embedded in the package. And points in the plane.

>>> from chainrule.datasets import FashionMNIST
>>> clothes = FashionMNIST(train=False, source="sample")
>>> len(clothes), clothes.images.shape, clothes.classes[clothes.labels[0]]
(2000, (2000, 28, 28), 'Ankle boot')
"""

from chainrule.datasets import transforms
from chainrule.datasets.download import DownloadError, FetchedFile
from chainrule.datasets.idx import IDXError, read_idx
from chainrule.datasets.load import Source
from chainrule.datasets.manage import FileCheck, StatusRow, fetch, status, verify
from chainrule.datasets.mnist import MNIST, FashionMNIST
from chainrule.datasets.two_dimensional import (
    make_circles,
    make_classification,
    make_moons,
    make_spiral,
    make_wave,
    make_xor,
)
from chainrule.later import missing_from

__all__ = [
    "MNIST",
    "DownloadError",
    "FashionMNIST",
    "FetchedFile",
    "FileCheck",
    "IDXError",
    "Source",
    "StatusRow",
    "fetch",
    "make_circles",
    "make_classification",
    "make_moons",
    "make_spiral",
    "make_wave",
    "make_xor",
    "read_idx",
    "status",
    "transforms",
    "verify",
]

__getattr__ = missing_from(__name__)
