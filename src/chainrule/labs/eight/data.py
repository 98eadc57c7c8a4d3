"""The images that the network learns from and is judged by: the first ones of MNIST."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.data import DataLoader, TensorDataset
from chainrule.datasets import MNIST
from chainrule.datasets.idx import content_sha256
from chainrule.datasets.transforms import Flat
from chainrule.labs.eight.document import EIGHT
from chainrule.labs.options import LabError, Options

PIXELS = 28 * 28


class FirstImages:
    """The first images of a part of MNIST.

    Parameters
    ----------
    options : Options
        Say where MNIST is.
    train : bool
        Whether to take training or test images.
    count : int, optional
        How many; all by default.

    Attributes
    ----------
    source : Source
        Of these images alone.
    available : int
        How many there are in all.
    images : ndarray of uint8, shape (N, 28, 28)
    digits : ndarray of int64, shape (N,)
    eights : ndarray of bool, shape (N,)

    Raises
    ------
    LabError
        If there are not so many, or no eight is among them.
    """

    def __init__(self, options: Options, train: bool, count: int | None = None) -> None:
        whole = options.load(MNIST, train=train)
        self.available = len(whole)
        option = "--examples" if train else "--test-images"
        if count is not None and count > self.available:
            kind = whole.source.kind
            raise LabError(f"{option} {count}: there are {self.available} in {kind}; --data full has more")
        self.images, self.digits = whole.images[:count], whole.labels[:count]
        self.eights = self.digits == EIGHT
        if not self.eights.any():
            first = int(np.argmax(whole.labels == EIGHT)) + 1
            raise LabError(f"{option} {count}: none of them is an eight, the first is number {first}")
        sha256 = content_sha256(self.images, self.digits.astype(np.uint8))
        self.source = replace(whole.source, images=len(self.images), sha256=sha256)

    def __len__(self) -> int:
        return len(self.images)

    def batches(self, batch_size: int) -> DataLoader[Any]:
        """Return a loader, in the file's order: x (B, 784), pixels from 0 to 1, and y (B, 1), 1 for an eight."""
        x, y = Flat(np.float64).batch(self.images), self.eights[:, None].astype(np.float64)
        return DataLoader(TensorDataset(x, y), batch_size=batch_size)
