"""Distances and similarities of vectors as modules."""

from __future__ import annotations

from typing import Any

from chainrule.nn import functional as F
from chainrule.nn.module import Module
from chainrule.tensor import Tensor


class CosineSimilarity(Module):
    """x₁ · x₂ / (|x₁| |x₂|) along one axis.

    Parameters
    ----------
    dim : int
    eps : float
        Norms are taken to be at least this; their gradient is not.

    Examples
    --------
    >>> CosineSimilarity()([[1.0, 0.0]], [[1.0, 1.0]])
    tensor([0.7071])
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim, self.eps = dim, eps

    def forward(self, x1: Any, x2: Any) -> Tensor:
        """Compute it for shapes that broadcast."""
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """The p-norm of x₁ − x₂ + eps along the last axis.

    Parameters
    ----------
    p : float
        The order of the norm.
    eps : float
        Keeps the gradient of equal vectors finite.
    keepdim : bool
        Whether the last axis is kept, with length 1.

    Examples
    --------
    >>> PairwiseDistance()([[3.0, 0.0]], [[0.0, 4.0]])
    tensor([5.])
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Any, x2: Any) -> Tensor:
        """Compute it for x₁ and x₂ of shape (..., n)."""
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
