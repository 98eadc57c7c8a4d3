"""``MNIST`` and ``FashionMNIST``, as torchvision has them, over arrays in memory."""

import os
from collections.abc import Callable
from typing import Any, ClassVar, Literal

import numpy as np

from chainrule.data.dataset import BatchDataset
from chainrule.data.indices import Indices, take_rows
from chainrule.datasets.catalogue import FASHION_MNIST, MNIST_DIGITS, ImageSet
from chainrule.datasets.load import load_split
from chainrule.datasets.transforms import apply_to_batch
from chainrule.tensor import Tensor

__all__ = ["MNIST", "FashionMNIST"]


class MNIST(BatchDataset[tuple[Any, Any]]):
    """The handwritten digits of LeCun, Cortes and Burges: 60 000 training and 10 000 test images of 28×28 bytes.

    They are looked for in `root`, in the folder that the environment variable ``CHAINRULE_DATA`` names, in the
    user's cache, and in ``/usr/share/datasets``. In each of them, the four IDX files, plain or gzipped, may lie
    as torchvision lays them (``MNIST/raw``), in a folder of their own (``mnist``), or directly. Where none
    holds them and they can't be downloaded, the first images, which are embedded in the package, take their
    place, and a line says so.

    Parameters
    ----------
    root : str or path-like, optional
        The folder to look in first, and to download to.
    train : bool
        Whether to load the training images, or the test images.
    transform : callable, optional
        Applied to each image, or by its method `batch` to those of a whole batch; see
        `chainrule.datasets.transforms`.
    target_transform : callable, optional
        The same for labels.
    download : bool
        Whether to download the files if they are found nowhere.
    source : {"auto", "full", "sample"}
        ``"full"`` accepts only the whole published set; ``"sample"`` takes the embedded images at once.

    Attributes
    ----------
    images : ndarray of uint8, shape (N, 28, 28)
        The images; as a tensor, `data`, which torchvision has, too.
    labels : ndarray of int64, shape (N,)
        The labels, from 0 to 9; as a tensor, `targets`.
    source : Source
        Which data these are; ``str(dataset.source)`` is a line for a report.
    classes : list of str
        The names of the classes.

    Raises
    ------
    FileNotFoundError
        If a folder holds only some of the files, or the whole set was asked for and is nowhere.
    IDXError
        If a file is broken or holds something else; broken files are never passed over.

    Examples
    --------
    >>> digits = MNIST(train=False, source="sample")
    >>> image, label = digits[0]
    >>> image.shape, label, digits.classes[label]
    ((28, 28), 7, '7 - seven')
    """

    _published: ClassVar[ImageSet] = MNIST_DIGITS

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
        *,
        source: Literal["auto", "full", "sample"] = "auto",
    ) -> None:
        self.root = None if root is None else os.path.expanduser(root)  # noqa: PTH111 (a Path would drop "./" from repr)
        self.train = train
        self.transform = transform
        self.target_transform = target_transform
        self.classes = list(self._published.classes)
        split = self._published.train if train else self._published.test
        self.images, self.labels, self.source = load_split(
            self._published, split, root, download=download, source=source
        )

    @property
    def data(self) -> Tensor:
        """The images as a tensor, which shares their memory."""
        return Tensor(self.images)

    @data.setter
    def data(self, data: Any) -> None:
        self.images = np.asarray(data)

    @property
    def targets(self) -> Tensor:
        """The labels as a tensor, which shares their memory."""
        return Tensor(self.labels)

    @targets.setter
    def targets(self, targets: Any) -> None:
        self.labels = np.asarray(targets)

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The label of each class."""
        return {name: label for label, name in enumerate(self.classes)}

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        image: Any = self.images[index]
        label: Any = int(self.labels[index])
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            label = self.target_transform(label)
        return image, label

    def batch(self, indices: Indices) -> list[Any]:
        """Cut a batch from the arrays, and transform it at once where the transforms can.

        Parameters
        ----------
        indices : slice, sequence of int or ndarray of int
            Which images.

        Returns
        -------
        list of Tensor
            The images, uint8 of shape (B, 28, 28) unless a transform changes that, and the labels, int64 of
            shape (B,).
        """
        return [
            apply_to_batch(self.transform, take_rows(self.images, indices)),
            apply_to_batch(self.target_transform, take_rows(self.labels, indices)),
        ]

    def __repr__(self) -> str:
        lines = [f"Number of datapoints: {len(self)}"]
        if self.root is not None:
            lines.append(f"Root location: {self.root}")
        lines.append(f"Split: {'Train' if self.train else 'Test'}")
        if self.transform is not None or self.target_transform is not None:
            lines.append("StandardTransform")
        text = "\n    ".join([f"Dataset {type(self).__name__}", *lines])
        for name, transform in {"Transform": self.transform, "Target transform": self.target_transform}.items():
            if transform is not None:
                text += f"\n{name}: " + repr(transform).replace("\n", "\n" + " " * len(f"{name}: "))
        return text


class FashionMNIST(MNIST):
    """Zalando's pictures of clothes: 60 000 training and 10 000 test images of 28×28 bytes, as in `MNIST`.

    Everything is as there, with folders named ``FashionMNIST/raw`` and ``fashion-mnist``, the latter also where
    Debian's package lays it, in ``/usr/share/datasets``.

    Examples
    --------
    >>> clothes = FashionMNIST(train=False, source="sample")
    >>> image, label = clothes[0]
    >>> clothes.classes[label]
    'Ankle boot'
    """

    _published: ClassVar[ImageSet] = FASHION_MNIST
