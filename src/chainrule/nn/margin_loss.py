"""Losses that ask for a margin, as modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.nn import functional as F
from chainrule.nn.distance import PairwiseDistance
from chainrule.nn.loss import _Loss
from chainrule.tensor import Tensor, as_tensor


class MarginRankingLoss(_Loss):
    """max(0, −y (x₁ − x₂) + margin): y = 1 asks for x₁ above x₂, y = −1 for the contrary.

    Parameters
    ----------
    margin : float
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".

    Examples
    --------
    >>> MarginRankingLoss(0.5)([1.0, 2.0], [0.0, 3.0], [1.0, 1.0])
    tensor(0.7500)
    """

    def __init__(
        self, margin: float = 0.0, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Tensor:
        """Compute it for x₁, x₂ and y."""
        return F.margin_ranking_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class HingeEmbeddingLoss(_Loss):
    """The distance x where y = 1, and max(0, margin − x) where y = −1.

    Parameters
    ----------
    margin : float
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".

    Examples
    --------
    >>> HingeEmbeddingLoss()([0.5, 0.25], [1, -1])
    tensor(0.6250)
    """

    def __init__(
        self, margin: float = 1.0, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Tensor:
        """Compute it for x and y."""
        return F.hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(_Loss):
    """1 − cos(x₁, x₂) where y = 1, and max(0, cos(x₁, x₂) − margin) where y = −1.

    Parameters
    ----------
    margin : float
        From −1 to 1.
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".

    Examples
    --------
    >>> CosineEmbeddingLoss()([[1.0, 0.0]], [[1.0, 1.0]], [-1])
    tensor(0.7071)
    """

    def __init__(
        self, margin: float = 0.0, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Tensor:
        """Compute it for vectors x₁ and x₂, shape (batch, n), and y, shape (batch,)."""
        return F.cosine_embedding_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class SoftMarginLoss(_Loss):
    """ln(1 + e^−yx), for y = 1 or −1.

    Parameters
    ----------
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".

    Examples
    --------
    >>> SoftMarginLoss()([0.0, 2.0], [1.0, 1.0])
    tensor(0.4100)
    """

    def forward(self, input: Any, target: Any) -> Tensor:
        """Compute it for scores x and y."""
        return F.soft_margin_loss(input, target, reduction=self.reduction)


class MultiMarginLoss(_Loss):
    """Σ_j≠y w[y] max(0, margin − x[y] + x[j])ᵖ / classes.

    Parameters
    ----------
    p : int
        1 or 2.
    margin : float
    weight : Tensor, optional
        A factor w for each class, shape (classes,).
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".

    Raises
    ------
    ValueError
        If p is another number, or the weights are not a vector.

    Examples
    --------
    >>> MultiMarginLoss()([[1.0, 0.5, 0.0]], [0])
    tensor(0.1667)
    """

    weight: Tensor | None

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Any = None,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        if p not in (1, 2):
            raise ValueError(f"nn.MultiMarginLoss expected p to be 1 or 2, got {p}")
        if weight is not None and as_tensor(weight).ndim != 1:
            raise ValueError(f"nn.MultiMarginLoss expected a weight for each class, got {weight}")
        self._register_weight("weight", weight)
        self.p, self.margin = p, margin

    def forward(self, input: Any, target: Any) -> Tensor:
        """Compute it for scores (batch, classes) and class indices (batch,)."""
        return F.multi_margin_loss(
            input, target, p=self.p, margin=self.margin, weight=self.weight, reduction=self.reduction
        )


class MultiLabelMarginLoss(_Loss):
    """Σ_ij max(0, 1 − x[y_i] + x[j]) / classes over the classes y_i of an example and all others j.

    Parameters
    ----------
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".

    Examples
    --------
    >>> MultiLabelMarginLoss()([[1.0, 0.5, 0.0]], [[0, -1, 2]])
    tensor(0.1667)
    """

    def forward(self, input: Any, target: Any) -> Tensor:
        """Compute it for scores (batch, classes) and lists of class indices, each up to its first −1."""
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(_Loss):
    """The binary cross-entropy of σ(x), averaged over the classes.

    Parameters
    ----------
    weight : Tensor, optional
        A factor for each class; its shape broadcasts.
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".

    Examples
    --------
    >>> MultiLabelSoftMarginLoss()([[0.0, 2.0]], [[1.0, 1.0]])
    tensor(0.4100)
    """

    weight: Tensor | None

    def __init__(
        self, weight: Any = None, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self._register_weight("weight", weight)

    def forward(self, input: Any, target: Any) -> Tensor:
        """Compute it for logits (..., classes), and 0 or 1 for each."""
        return F.multilabel_soft_margin_loss(input, target, weight=self.weight, reduction=self.reduction)


class TripletMarginLoss(_Loss):
    """max(0, d(a, b) − d(a, c) + margin), d being the distance of vectors by their p-norm.

    Parameters
    ----------
    margin : float
        Above 0.
    p : float
        The order of the norm.
    eps : float
        Added to the differences, keeps the gradient of equal vectors finite.
    swap : bool
        Whether d(b, c) stands for d(a, c) where it is less.
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".

    Raises
    ------
    ValueError
        If the margin is not above 0.

    Examples
    --------
    >>> TripletMarginLoss()([[0.0]], [[1.0]], [[1.5]])
    tensor(0.5000)
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        if margin <= 0:
            raise ValueError(f"nn.TripletMarginLoss expected a margin above 0, got {margin}")
        self.margin, self.p, self.eps, self.swap = margin, p, eps, swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Tensor:
        """Compute it for vectors a, b and c, shape (..., n)."""
        return F.triplet_margin_loss(
            anchor,
            positive,
            negative,
            margin=self.margin,
            p=self.p,
            eps=self.eps,
            swap=self.swap,
            reduction=self.reduction,
        )


class TripletMarginWithDistanceLoss(_Loss):
    """max(0, d(a, b) − d(a, c) + margin) for any function d.

    Parameters
    ----------
    distance_function : callable, optional
        d, a function of two tensors. Default: ``PairwiseDistance()``.
    margin : float
        Above 0.
    swap : bool
        Whether d(b, c) stands for d(a, c) where it is less.
    reduction : str
        "mean", "sum" or "none".

    Raises
    ------
    ValueError
        If the margin is not above 0.

    Examples
    --------
    >>> TripletMarginWithDistanceLoss()([[0.0]], [[1.0]], [[1.5]])
    tensor(0.5000)
    """

    def __init__(
        self,
        *,
        distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        if margin <= 0:
            raise ValueError(f"nn.TripletMarginWithDistanceLoss expected a margin above 0, got {margin}")
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.margin, self.swap = margin, swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Tensor:
        """Compute it for a, b and c."""
        return F.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )
