"""Flattening, and the way back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from chainrule.nn.module import Module
from chainrule.tensor import Tensor, as_tensor


class Flatten(Module):
    """Merge the axes from ``start_dim`` to ``end_dim`` into one.

    Parameters
    ----------
    start_dim, end_dim : int

    Examples
    --------
    >>> from chainrule.creation import zeros
    >>> Flatten()(zeros(64, 28, 28)).shape
    chainrule.Size([64, 784])
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Any) -> Tensor:
        """Flatten the input."""
        return as_tensor(input).flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Split an axis into several.

    Parameters
    ----------
    dim : int
        The axis.
    unflattened_size : sequence of int
        The lengths of the axes that take its place; one may be −1.

    Raises
    ------
    TypeError
        If these are not integers. PyTorch's names of axes are not covered.

    Examples
    --------
    >>> from chainrule.creation import zeros
    >>> Unflatten(1, (28, 28))(zeros(64, 784)).shape
    chainrule.Size([64, 28, 28])
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        if not isinstance(dim, int):
            raise TypeError(f"nn.Unflatten expected dim to be an integer, got {dim!r}")
        lengths = isinstance(unflattened_size, tuple | list)
        if not lengths or not all(isinstance(n, int) for n in unflattened_size):
            raise TypeError(f"nn.Unflatten expected unflattened_size to hold integers, got {unflattened_size!r}")
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, input: Any) -> Tensor:
        """Split the axis."""
        x, lengths = as_tensor(input), tuple(self.unflattened_size)
        shape = x.array.shape
        if not -x.ndim <= self.dim < x.ndim:
            raise IndexError(f"nn.Unflatten can't find axis {self.dim} in shape {shape}")
        known, length = math.prod(n for n in lengths if n != -1), shape[self.dim]
        free = lengths.count(-1)
        if not lengths or free > 1 or (length % known if free and known else known != length):
            raise RuntimeError(f"nn.Unflatten can't split axis {self.dim} of shape {shape} into {lengths}")
        axis = self.dim % x.ndim
        split = tuple(length // known if n == -1 else n for n in lengths)
        return x.reshape(*shape[:axis], *split, *shape[axis + 1 :])

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
