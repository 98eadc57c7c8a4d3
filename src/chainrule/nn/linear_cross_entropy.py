"""A linear layer and its cross-entropy in one."""

from __future__ import annotations

import math
from typing import Any

from chainrule.nn import functional as F
from chainrule.nn.linear import Linear
from chainrule.nn.loss import _Loss
from chainrule.tensor import Tensor, as_tensor


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
        return F.linear_cross_entropy(
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
