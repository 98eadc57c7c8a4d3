"""A linear layer and its cross-entropy in one: the function, and the module."""

from __future__ import annotations

import math
from typing import Any

from chainrule.nn.linear import Linear
from chainrule.nn.linear_functions import linear
from chainrule.nn.loss import _Loss
from chainrule.nn.loss_functions import cross_entropy
from chainrule.tensor import Tensor, as_tensor


def linear_cross_entropy(
    input: Any,
    linear_weight: Any,
    target: Any,
    *,
    linear_bias: Any = None,
    weight: Any = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: None = None,
) -> Tensor:
    """Compute the cross-entropy of the logits x Wᵀ + b.

    Parameters
    ----------
    input : Tensor
        x, shape (batch, in) or (in,).
    linear_weight : Tensor
        W, shape (classes, in), or (classes, d1, ..., in) for as many losses of each example.
    target : Tensor
        As for :func:`cross_entropy`.
    linear_bias : Tensor, optional
        b, of the shape of W without its last axis.
    weight, reduction, label_smoothing
        As for :func:`cross_entropy`.
    ignore_index : int, optional
        Targets of this index do not count. Default: −100.
    options : None
        PyTorch's ways to save memory are not covered.

    Returns
    -------
    Tensor
        Without axes, or with ``reduction="none"`` of the shape of the class indices.

    Raises
    ------
    NotImplementedError
        If options are given.

    Examples
    --------
    >>> linear_cross_entropy([[1.0, 0.0]], [[2.0, 1.0], [0.0, 1.0]], [0])
    tensor(0.1269)
    """
    if options is not None:
        raise NotImplementedError(
            "options of linear_cross_entropy are not covered: options=None gives the same numbers"
        )
    x, W = as_tensor(input), as_tensor(linear_weight)
    classes = W.array.shape[:-1]
    bias = None if linear_bias is None else as_tensor(linear_bias).flatten()
    logits = linear(x, W.reshape(-1, W.array.shape[-1]), bias)
    ignored = -100 if ignore_index is None else ignore_index
    return cross_entropy(
        logits.reshape(*x.array.shape[:-1], *classes),
        target,
        weight,
        ignore_index=ignored,
        reduction=reduction,
        label_smoothing=label_smoothing,
    )


class LinearCrossEntropyLoss(_Loss):
    """The cross-entropy of the logits of a linear layer.

    Parameters
    ----------
    in_features, num_classes : int
    out_features : tuple of int
        (d1, ...), for as many losses of each example.
    bias : bool
        Whether the layer has one.
    device : optional
        Must be the CPU.
    dtype : dtype, optional
        float32 or float64.
    reduction : str
        "mean" (over the weights of the targets), "sum" or "none".
    weight : Tensor, optional
        A factor for each class, shape (num_classes,).
    ignore_index : int, optional
        Targets of this index do not count. Default: −100.
    label_smoothing : float
        The share of the uniform distribution in the target.
    options : None
        PyTorch's ways to save memory are not covered.

    Raises
    ------
    RuntimeError
        If the weight has another shape, or the label smoothing is not from 0 to 1.

    Examples
    --------
    >>> LinearCrossEntropyLoss(784, 10, reduction="none")([[0.0] * 784] * 3, [1, 2, 9])
    tensor([2.3026, 2.3026, 2.3026], grad_fn=<CrossEntropyBackward>)
    """

    weight: Tensor | None

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: tuple[int, ...] = (),
        bias: bool = False,
        device: Any = None,
        dtype: Any = None,
        reduction: str = "mean",
        weight: Any = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        options: None = None,
    ) -> None:
        if weight is not None and as_tensor(weight).shape != (num_classes,):
            raise RuntimeError(f"weight expected to have shape ({num_classes},), got {as_tensor(weight).shape}")
        if not 0 <= label_smoothing <= 1:
            raise RuntimeError(f"label_smoothing expected to be between 0 and 1, got {label_smoothing}")
        super().__init__(reduction=reduction)
        self._register_weight("weight", weight)
        self.num_classes, self.out_features = num_classes, out_features
        self.ignore_index, self.label_smoothing, self.options = ignore_index, label_smoothing, options
        outputs = math.prod(out_features, start=num_classes)
        self.linear = Linear(in_features, outputs, bias=bias, device=device, dtype=dtype)

    def forward(self, input: Any, target: Any) -> Tensor:
        """Compute it for x of shape (batch, in_features) and class indices or probabilities."""
        shape = (self.num_classes, *self.out_features)
        return linear_cross_entropy(
            input,
            self.linear.weight.reshape(*shape, self.linear.in_features),
            target,
            linear_bias=None if self.linear.bias is None else self.linear.bias.reshape(shape),
            weight=self.weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            options=self.options,
        )

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        return (
            f"in_features={self.linear.in_features}, num_classes={self.num_classes}, "
            f"out_features={self.out_features}, bias={self.linear.bias is not None}, reduction={self.reduction}, "
            f"ignore_index={self.ignore_index}, label_smoothing={self.label_smoothing}, options={self.options}"
        )
