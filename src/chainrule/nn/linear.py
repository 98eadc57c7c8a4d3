"""Linear layers."""

from __future__ import annotations

import math
from typing import Any

from chainrule import arguments, creation
from chainrule.nn import functional as F
from chainrule.nn import init
from chainrule.nn.module import Module
from chainrule.nn.parameter import Parameter
from chainrule.tensor import Tensor, as_tensor


class Identity(Module):
    """Return the input.

    Parameters
    ----------
    *args, **kwargs
        Have no effect, so that it can stand in for any layer.

    Examples
    --------
    >>> Identity(784)([1.0])
    tensor([1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Tensor:
        """Return the input as a tensor."""
        return as_tensor(input)


class Linear(Module):
    """x Wᵀ + b.

    Weight and bias start uniform in ±1/√in_features, the same numbers as PyTorch's for the same seed.

    Parameters
    ----------
    in_features, out_features : int
    bias : bool
        Whether there is a b.
    device : optional
        Must be the CPU.
    dtype : dtype, optional
        float32 or float64.

    Attributes
    ----------
    weight : Parameter
        W, shape (out_features, in_features).
    bias : Parameter or None
        b, shape (out_features,).

    Examples
    --------
    >>> Linear(784, 10)([[0.0] * 784] * 64).shape
    chainrule.Size([64, 10])
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        in_features = arguments.whole("in_features", in_features)
        out_features = arguments.whole("out_features", out_features)
        if in_features < 0 or out_features < 0:
            raise RuntimeError(
                f"nn.Linear expected numbers of features from 0 on, got {in_features} and {out_features}"
            )
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(creation.empty(out_features, in_features, dtype=dtype, device=device))
        self.register_parameter("bias", Parameter(creation.empty(out_features, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        # with this slope, the bound √6 / √((1 + a²) fan_in) is 1 / √fan_in
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Any) -> Tensor:
        """Compute x Wᵀ + b for x of shape (..., in_features)."""
        own = self._parameters  # read here at once, because attributes that are registered take a detour
        return F.linear(input, own["weight"], own["bias"])

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        has_bias = self.bias is not None
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={has_bias}"


class Bilinear(Module):
    """Σ_ij x₁[i] W[k, i, j] x₂[j] + b[k].

    Weight and bias start uniform in ±1/√in1_features, the same numbers as PyTorch's for the same seed.

    Parameters
    ----------
    in1_features, in2_features, out_features : int
    bias : bool
        Whether there is a b.
    device : optional
        Must be the CPU.
    dtype : dtype, optional
        float32 or float64.

    Attributes
    ----------
    weight : Parameter
        W, shape (out_features, in1_features, in2_features).
    bias : Parameter or None
        b, shape (out_features,).

    Raises
    ------
    ValueError
        If ``in1_features`` is not above 0.

    Examples
    --------
    >>> Bilinear(3, 2, 10)([[0.0] * 3] * 64, [[0.0] * 2] * 64).shape
    chainrule.Size([64, 10])
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        in1_features = arguments.whole("in1_features", in1_features)
        in2_features = arguments.whole("in2_features", in2_features)
        out_features = arguments.whole("out_features", out_features)
        if in1_features <= 0:
            raise ValueError(f"nn.Bilinear expected in1_features above 0, got {in1_features}")
        self.in1_features, self.in2_features, self.out_features = in1_features, in2_features, out_features
        shape = (out_features, in1_features, in2_features)
        self.weight = Parameter(creation.empty(shape, dtype=dtype, device=device))
        self.register_parameter("bias", Parameter(creation.empty(out_features, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Any, input2: Any) -> Tensor:
        """Compute it for x₁ and x₂ of shapes (..., in1_features) and (..., in2_features)."""
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )
