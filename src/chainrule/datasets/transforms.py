"""Transforms of images, as torchvision has them, that also take a whole batch at once.

A transform is called with one image. One that has a method `batch` is called, by the datasets of this package,
with the images of a whole batch along the first axis, and gives the same numbers.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from chainrule.data.collate import default_collate
from chainrule.data.dataset import is_batched
from chainrule.later import missing_from
from chainrule.tensor import Tensor, as_tensor

__all__ = ["Compose", "Flat", "Lambda", "Normalize", "ToTensor"]

__getattr__ = missing_from(__name__)


def apply_to_batch(transform: Callable[[Any], Any] | None, samples: Any) -> Any:
    """Transform many samples: at once where the transform can, else one by one and collated in the default way.

    Parameters
    ----------
    transform : callable or None
        None leaves the samples as they are.
    samples : ndarray or Tensor, shape (B, ...)
        The samples.

    Returns
    -------
    Any
        Nearly always a Tensor of shape (B, ...).
    """
    if transform is None:
        return as_tensor(samples)
    if is_batched(transform, "__call__"):
        return transform.batch(samples)  # type: ignore[attr-defined]
    # Labels are handed out as Python's numbers, as they are one by one.
    return default_collate([transform(sample) for sample in (samples if samples.ndim > 1 else samples.tolist())])


class ToTensor:
    """Turn an image into a Tensor with the channels first; bytes from 0 to 255 become float32 from 0 to 1.

    Examples
    --------
    >>> ToTensor()(np.array([[0, 51], [102, 255]], dtype=np.uint8))
    tensor([[[0.0000, 0.2000],
             [0.4000, 1.0000]]])
    """

    def __call__(self, pic: ArrayLike) -> Tensor:
        """Convert one image.

        Parameters
        ----------
        pic : array_like, shape (H, W) or (H, W, C)
            The image. Only uint8 is scaled; other types keep theirs and their values.

        Returns
        -------
        Tensor, shape (C, H, W)
            With C = 1 for an image without channels.

        Raises
        ------
        ValueError
            If it has another number of dimensions.
        """
        image = np.asarray(pic)
        if image.ndim not in (2, 3):
            raise ValueError(f"ToTensor expected an image of shape (H, W) or (H, W, C), got {image.shape}")
        return Tensor(_unit_range(image[None] if image.ndim == 2 else image.transpose(2, 0, 1)))

    def batch(self, pics: ArrayLike) -> Tensor:
        """Convert images of shape (B, H, W) or (B, H, W, C) to a Tensor of shape (B, C, H, W)."""
        images = np.asarray(pics)
        if images.ndim not in (3, 4):
            raise ValueError(
                f"ToTensor.batch expected images of shape (B, H, W) or (B, H, W, C), got {images.shape}"
            )
        return Tensor(_unit_range(images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)))

    def __repr__(self) -> str:
        return "ToTensor()"


def _unit_range(images: NDArray[Any]) -> NDArray[Any]:
    if images.dtype != np.uint8:
        return np.ascontiguousarray(images)
    scaled = images.astype(np.float32, order="C")
    scaled /= np.float32(255)  # a division as in PyTorch: multiplying by 1/255 rounds otherwise
    return scaled


class Flat:
    """Turn an image of bytes into one row of numbers from 0 to 1, without channels.

    Parameters
    ----------
    dtype : dtype of floats
        In which the bytes are divided by 255.

    Examples
    --------
    >>> Flat(np.float64)(np.array([[0, 51], [102, 255]], dtype=np.uint8)).tolist()
    [0.0, 0.2, 0.4, 1.0]
    """

    def __init__(self, dtype: DTypeLike = np.float32) -> None:
        self.dtype = np.dtype(dtype)

    def __call__(self, pic: ArrayLike) -> Tensor:
        """Convert one image of shape (H, W) to a Tensor of shape (H · W,)."""
        return self.batch(np.asarray(pic)[None])[0]

    def batch(self, pics: ArrayLike) -> Tensor:
        """Convert images of shape (B, H, W) to a Tensor of shape (B, H · W)."""
        images = np.asarray(pics)
        return Tensor(images.reshape(len(images), -1).astype(self.dtype) / self.dtype.type(255))

    def __repr__(self) -> str:
        return f"Flat({self.dtype})"


class Normalize:
    """Subtract a mean from each channel, then divide by a standard deviation.

    Parameters
    ----------
    mean, std : sequence of float
        One number for each channel, or one for all.

    Raises
    ------
    ValueError
        If a standard deviation is zero in the images' type.

    Examples
    --------
    >>> Normalize((0.5,), (0.25,))(as_tensor([[[0.0, 1.0]]]))
    tensor([[[-2.,  2.]]])
    """

    def __init__(self, mean: float | Sequence[float], std: float | Sequence[float]) -> None:
        self.mean = mean
        self.std = std

    def __call__(self, tensor: Tensor) -> Tensor:
        """Normalise one image.

        Parameters
        ----------
        tensor : Tensor of floats, shape (..., C, H, W)
            The image.

        Returns
        -------
        Tensor, of the same shape
            The image, of the same type, in new memory.

        Raises
        ------
        TypeError
            If `tensor` is not of floats.
        ValueError
            If it has fewer than three dimensions, or other channels than mean and std.
        """
        x = np.asarray(tensor)
        if x.dtype.kind != "f":
            raise TypeError(f"Normalize expected an image of floats, got {x.dtype}: put ToTensor() before it")
        if x.ndim < 3:
            raise ValueError(f"Normalize expected an image of shape (..., C, H, W), got {x.shape}")
        mean, std = (np.asarray(values, dtype=x.dtype).reshape(-1, 1, 1) for values in (self.mean, self.std))
        if not {len(mean), len(std)} <= {1, x.shape[-3]}:
            raise ValueError(
                f"Normalize has {len(mean)} means and {len(std)} standard deviations, but images of shape "
                f"{x.shape} have {x.shape[-3]} channels"
            )
        if not std.all():
            raise ValueError(f"Normalize can't divide by std={self.std}, which has a zero in {x.dtype}")
        result = x - mean
        result /= std
        return Tensor(result)

    batch = __call__  # leading dimensions are welcome

    def __repr__(self) -> str:
        return f"Normalize(mean={self.mean}, std={self.std})"


class Lambda:
    """Any function of one image, as a transform.

    Parameters
    ----------
    lambd : callable
        The function.

    Raises
    ------
    TypeError
        If it can't be called.

    Examples
    --------
    >>> Lambda(lambda image: image.mean())(np.array([1.0, 3.0])).item()
    2.0
    """

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Lambda expected a function, got {type(lambd).__name__}")
        self.lambd = lambd

    def __call__(self, img: Any) -> Any:
        """Apply the function."""
        return self.lambd(img)

    def __repr__(self) -> str:
        return "Lambda()"


class Compose:
    """Several transforms, one after the other.

    Parameters
    ----------
    transforms : sequence of callable
        The transforms.

    Examples
    --------
    >>> Compose([ToTensor(), Normalize((0.5,), (0.5,))])(np.array([[0, 255]], dtype=np.uint8))
    tensor([[[-1.,  1.]]])
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        """Apply the transforms to one image."""
        for transform in self.transforms:
            img = transform(img)
        return img

    def batch(self, images: Any) -> Any:
        """Apply the transforms to a batch, those at once that can be."""
        for transform in self.transforms:
            images = apply_to_batch(transform, images)
        return images

    def __repr__(self) -> str:
        return "\n".join(["Compose(", *(f"    {transform}" for transform in self.transforms), ")"])
