"""Normalisation of each example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule import creation
from chainrule.nn import functional as F
from chainrule.nn import init
from chainrule.nn.module import Module
from chainrule.nn.parameter import Parameter
from chainrule.tensor import Tensor


class _Scaled(Module):
    """What the normalisations share: the parameters γ and β, of which one or both may be missing."""

    weight: Parameter | None
    bias: Parameter | None

    def _register(self, shape: tuple[int, ...], weight: bool, bias: bool, device: Any, dtype: Any) -> None:
        for name, there in (("weight", weight), ("bias", bias)):
            values = creation.empty(shape, device=device, dtype=dtype) if there else None
            self.register_parameter(name, None if values is None else Parameter(values))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Start γ at 1 and β at 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


class LayerNorm(_Scaled):
    """γ (x − mean) / √(var + ε) + β, with mean and variance over the last axes of each example.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The lengths of those axes.
    eps : float
        ε.
    elementwise_affine : bool
        Whether there are γ and β.
    bias : bool
        Whether there is a β, if there is a γ.
    device : optional
        Must be the CPU.
    dtype : dtype, optional
        float32 or float64.

    Attributes
    ----------
    weight, bias : Parameter or None
        γ and β, shape normalized_shape.

    Examples
    --------
    >>> LayerNorm(2, elementwise_affine=False)([[1.0, 3.0]])
    tensor([[-1.0000,  1.0000]])
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _as_shape(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self._register(self.normalized_shape, elementwise_affine, elementwise_affine and bias, device, dtype)

    def forward(self, input: Any) -> Tensor:
        """Normalise x of shape (..., *normalized_shape)."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(_Scaled):
    """γ x / √(mean of x² + ε), with the mean over the last axes of each example.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The lengths of those axes.
    eps : float, optional
        ε. Default: the distance of 1 from the next number of the dtype.
    elementwise_affine : bool
        Whether there is a γ.
    device : optional
        Must be the CPU.
    dtype : dtype, optional
        float32 or float64.

    Attributes
    ----------
    weight : Parameter or None
        γ, shape normalized_shape.

    Examples
    --------
    >>> RMSNorm(2, elementwise_affine=False)([[1.0, 7.0]])
    tensor([[0.2000, 1.4000]])
    """

    bias = None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _as_shape(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        values = creation.empty(self.normalized_shape, device=device, dtype=dtype) if elementwise_affine else None
        self.register_parameter("weight", None if values is None else Parameter(values))
        self.reset_parameters()

    def forward(self, x: Any) -> Tensor:
        """Normalise x of shape (..., *normalized_shape)."""
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


def _as_shape(normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    return (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)


class GroupNorm(_Scaled):
    """γ (x − mean) / √(var + ε) + β, with mean and variance over a group of channels of each example.

    Parameters
    ----------
    num_groups : int
        A divisor of the number of channels.
    num_channels : int
    eps : float
        ε.
    affine : bool
        Whether there are γ and β.
    device : optional
        Must be the CPU.
    dtype : dtype, optional
        float32 or float64.
    bias : bool
        Whether there is a β, if there is a γ.

    Attributes
    ----------
    weight, bias : Parameter or None
        γ and β, shape (num_channels,).

    Raises
    ------
    ValueError
        If the channels can't be divided so.

    Examples
    --------
    >>> GroupNorm(1, 2, affine=False)([[1.0, 3.0]])
    tensor([[-1.0000,  1.0000]])
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(f"nn.GroupNorm can't divide {num_channels} channels into {num_groups} groups")
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        self._register((num_channels,), affine, affine and bias, device, dtype)

    def forward(self, input: Any) -> Tensor:
        """Normalise x of shape (batch, channels, ...)."""
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )
