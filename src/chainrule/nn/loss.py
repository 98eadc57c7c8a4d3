"""Losses as modules."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.nn import functional as F
from chainrule.nn.loss_functions import settled_reduction
from chainrule.nn.module import Module
from chainrule.tensor import Tensor, as_tensor


class _Loss(Module):
    """What the losses share.

    Parameters
    ----------
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".
    """

    other_reductions: tuple[str, ...] = ()

    def __init__(self, size_average: Any = None, reduce: Any = None, reduction: str = "mean") -> None:
        super().__init__()
        if any(np.ndim(option) for option in (size_average, reduce)):
            name = type(self).__name__
            raise RuntimeError(f"{name} was given a tensor as an option: write {name}()(input, target)")
        self.reduction = settled_reduction(reduction, size_average, reduce, self.other_reductions)

    def _register_weight(self, name: str, weight: Any) -> None:
        self.register_buffer(name, None if weight is None else as_tensor(weight))


class CrossEntropyLoss(_Loss):
    """Softmax and cross-entropy in one: −Σ_c q_c ln softmax(z)_c, q being the target's distribution.

    Parameters
    ----------
    weight : Tensor, optional
        A factor for each class, shape (classes,).
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    ignore_index : int
        Targets of this index do not count.
    reduction : str
        "mean" (over the weights of the targets), "sum" or "none".
    label_smoothing : float
        The share ε of the uniform distribution in q.

    Examples
    --------
    >>> CrossEntropyLoss()([[2.0, 0.0], [0.0, 0.0]], [0, 1])
    tensor(0.4100)
    """

    weight: Tensor | None

    def __init__(
        self,
        weight: Any = None,
        size_average: Any = None,
        ignore_index: int = -100,
        reduce: Any = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self._register_weight("weight", weight)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input: Any, target: Any) -> Tensor:
        """Compute it for logits (batch, classes, ...) and class indices (batch, ...) or probabilities."""
        return F.cross_entropy(
            input,
            target,
            self._buffers["weight"],
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(_Loss):
    """−w[y] · logp[y], the negative log-likelihood of the classes y.

    Parameters
    ----------
    weight : Tensor, optional
        A factor for each class, shape (classes,).
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    ignore_index : int
        Targets of this index do not count.
    reduction : str
        "mean" (over the weights of the targets), "sum" or "none".

    Examples
    --------
    >>> NLLLoss()([[-0.5, -1.0]], [1])
    tensor(1.)
    """

    weight: Tensor | None

    def __init__(
        self,
        weight: Any = None,
        size_average: Any = None,
        ignore_index: int = -100,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self._register_weight("weight", weight)
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Tensor:
        """Compute it for log-probabilities (batch, classes, ...) and class indices (batch, ...)."""
        return F.nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class BCELoss(_Loss):
    """−w (y ln p + (1 − y) ln(1 − p)), with logarithms no lower than −100.

    Parameters
    ----------
    weight : Tensor, optional
        A factor for each element; its shape broadcasts.
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".

    Examples
    --------
    >>> BCELoss()([0.5], [1.0])
    tensor(0.6931)
    """

    weight: Tensor | None

    def __init__(
        self, weight: Any = None, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self._register_weight("weight", weight)

    def forward(self, input: Any, target: Any) -> Tensor:
        """Compute it for probabilities and targets of one shape."""
        return F.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_Loss):
    """Sigmoid and binary cross-entropy in one, without overflow.

    Parameters
    ----------
    weight : Tensor, optional
        A factor for each element; its shape broadcasts.
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".
    pos_weight : Tensor, optional
        A factor for the part of the positive examples; its shape broadcasts.

    Examples
    --------
    >>> BCEWithLogitsLoss()([0.0], [1.0])
    tensor(0.6931)
    """

    weight: Tensor | None
    pos_weight: Tensor | None

    def __init__(
        self,
        weight: Any = None,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
        pos_weight: Any = None,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self._register_weight("weight", weight)
        self._register_weight("pos_weight", pos_weight)

    def forward(self, input: Any, target: Any) -> Tensor:
        """Compute it for logits and targets of one shape."""
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )
