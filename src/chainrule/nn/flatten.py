"""Flattening."""

from __future__ import annotations

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
