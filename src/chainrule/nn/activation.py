"""Activation functions as modules."""

from __future__ import annotations

from typing import Any

from chainrule.nn import functional as F
from chainrule.nn.module import Module
from chainrule.tensor import Tensor


class ReLU(Module):
    """max(x, 0).

    Parameters
    ----------
    inplace : bool
        Whether the input itself is changed.

    Examples
    --------
    >>> ReLU()([-1.0, 2.0])
    tensor([0., 2.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Tensor:
        """Compute it for each element."""
        return F.relu(input, self.inplace)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        return "inplace=True" if self.inplace else ""


class LeakyReLU(Module):
    """x where x > 0, else negative_slope · x.

    Parameters
    ----------
    negative_slope : float
    inplace : bool
        Whether the input itself is changed.

    Examples
    --------
    >>> LeakyReLU(0.5)([-1.0, 2.0])
    tensor([-0.5000,  2.0000])
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope, self.inplace = negative_slope, inplace

    def forward(self, input: Any) -> Tensor:
        """Compute it for each element."""
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class ELU(Module):
    """x where x > 0, else α (eˣ − 1).

    Parameters
    ----------
    alpha : float
    inplace : bool
        Whether the input itself is changed.

    Examples
    --------
    >>> ELU()([-1.0, 2.0])
    tensor([-0.6321,  2.0000])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha, self.inplace = alpha, inplace

    def forward(self, input: Any) -> Tensor:
        """Compute it for each element."""
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class Sigmoid(Module):
    """1 / (1 + e⁻ˣ).

    Examples
    --------
    >>> Sigmoid()([0.0])
    tensor([0.5000])
    """

    def forward(self, input: Any) -> Tensor:
        """Compute it for each element."""
        return F.sigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent.

    Examples
    --------
    >>> Tanh()([0.0])
    tensor([0.])
    """

    def forward(self, input: Any) -> Tensor:
        """Compute it for each element."""
        return F.tanh(input)


class Softmax(Module):
    """e^xᵢ / Σⱼ e^xⱼ along one axis.

    Parameters
    ----------
    dim : int, optional
        Without it, PyTorch's old rule holds, with its warning: axis 0 for 0, 1 or 3 axes, else 1.

    Examples
    --------
    >>> Softmax(dim=1)([[0.0, 0.0]])
    tensor([[0.5000, 0.5000]])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Tensor:
        """Compute it along ``dim``."""
        return F.softmax(input, self.dim)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """xᵢ − ln Σⱼ e^xⱼ along one axis, the logarithm of the softmax.

    Parameters
    ----------
    dim : int, optional
        Without it, PyTorch's old rule holds, with its warning: axis 0 for 0, 1 or 3 axes, else 1.

    Examples
    --------
    >>> LogSoftmax(dim=1)([[0.0, 0.0]])
    tensor([[-0.6931, -0.6931]])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Tensor:
        """Compute it along ``dim``."""
        return F.log_softmax(input, self.dim)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        return f"dim={self.dim}"
