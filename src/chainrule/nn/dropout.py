"""Dropout."""

from __future__ import annotations

from typing import Any

from chainrule.nn import functional as F
from chainrule.nn.module import Module
from chainrule.tensor import Tensor


class Dropout(Module):
    """In training, set each element to 0 with probability p, and scale the others by 1 / (1 − p).

    Parameters
    ----------
    p : float
        From 0 to 1.
    inplace : bool
        Whether the input itself is changed.

    Raises
    ------
    ValueError
        If p is not a probability.

    Examples
    --------
    >>> Dropout(0.3).eval()([1.0, 2.0])
    tensor([1., 2.])
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"nn.Dropout expected a probability p between 0 and 1, got {p}")
        self.p, self.inplace = p, inplace

    def forward(self, input: Any) -> Tensor:
        """Draw a mask and apply it; in evaluation, return the input."""
        return F.dropout(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        return f"p={self.p}, inplace={self.inplace}"


class AlphaDropout(Dropout):
    """In training, set each element to what SELU tends to on the left with probability p; mean and variance stay.

    Parameters
    ----------
    p : float
        From 0 to 1.
    inplace : bool
        Without effect, as in PyTorch.

    Raises
    ------
    ValueError
        If p is not a probability.

    Examples
    --------
    >>> AlphaDropout(0.3).eval()([1.0, 2.0])
    tensor([1., 2.])
    """

    def forward(self, input: Any) -> Tensor:
        """Draw a mask and apply it; in evaluation, return the input."""
        return F.alpha_dropout(input, self.p, self.training)
