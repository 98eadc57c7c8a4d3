"""Activation functions as modules."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, ClassVar

from chainrule import creation
from chainrule.nn import functional as F
from chainrule.nn.init import constant_
from chainrule.nn.module import Module
from chainrule.nn.parameter import Parameter
from chainrule.tensor import Tensor, as_tensor


class _Plain(Module):
    """A function of each element, without options."""

    function: ClassVar[Callable[..., Tensor]]

    def forward(self, input: Any) -> Tensor:
        """Compute it for each element."""
        return type(self).function(input)


class _InPlace(Module):
    """A function of each element, without options but whether the input itself is changed."""

    function: ClassVar[Callable[..., Tensor]]

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Tensor:
        """Compute it for each element."""
        return type(self).function(input, self.inplace)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        return "inplace=True" if self.inplace else ""


class _WithOptions(_InPlace):
    """A function of each element, whose options are attributes of the same names, in the function's order."""

    options: ClassVar[tuple[str, ...]]

    def forward(self, input: Any) -> Tensor:
        """Compute it for each element."""
        return type(self).function(input, *[getattr(self, name) for name in self.options], self.inplace)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        shown = [f"{name}={getattr(self, name)}" for name in self.options]
        return ", ".join([*shown, "inplace=True"] if self.inplace else shown)


class ReLU(_InPlace):
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

    function = staticmethod(F.relu)


class ReLU6(_InPlace):
    """min(max(x, 0), 6).

    Parameters
    ----------
    inplace : bool
        Whether the input itself is changed.

    Examples
    --------
    >>> ReLU6()([-1.0, 2.0, 7.0])
    tensor([0., 2., 6.])
    """

    function = staticmethod(F.relu6)


class Hardtanh(_WithOptions):
    """min(max(x, min_val), max_val).

    Parameters
    ----------
    min_val, max_val : float
    inplace : bool
        Whether the input itself is changed.
    min_value, max_value : float, optional
        Old names of the same.

    Raises
    ------
    AssertionError
        If min_val >= max_val.

    Examples
    --------
    >>> Hardtanh()([-3.0, 0.5])
    tensor([-1.0000,  0.5000])
    """

    function = staticmethod(F.hardtanh)
    options = ("min_val", "max_val")

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:
        super().__init__(inplace)
        for old, value in (("min_value", min_value), ("max_value", max_value)):
            if value is not None:
                warnings.warn(
                    f"keyword argument `{old}` is deprecated and rename to `{old[:7]}`",
                    FutureWarning,
                    stacklevel=2,
                )
        min_val = min_val if min_value is None else min_value
        max_val = max_val if max_value is None else max_value
        if not max_val > min_val:
            raise AssertionError(f"nn.Hardtanh expected min_val < max_val, got {min_val} and {max_val}")
        self.min_val, self.max_val = min_val, max_val


class Threshold(_WithOptions):
    """x where x > threshold, else value.

    Parameters
    ----------
    threshold, value : float
    inplace : bool
        Whether the input itself is changed.

    Examples
    --------
    >>> Threshold(0.5, 20.0)([-1.0, 2.0])
    tensor([20.,  2.])
    """

    function = staticmethod(F.threshold)
    options = ("threshold", "value")

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.threshold, self.value = threshold, value


class LeakyReLU(_WithOptions):
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

    function = staticmethod(F.leaky_relu)
    options = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.negative_slope = negative_slope


class PReLU(Module):
    """x where x > 0, else w · x, with a slope w that is learned.

    Parameters
    ----------
    num_parameters : int
        1, or the number of channels, which are along axis 1.
    init : float
        What w starts as.
    device : optional
        Must be the CPU.
    dtype : dtype, optional
        float32 or float64.

    Attributes
    ----------
    weight : Parameter
        w, shape (num_parameters,).

    Examples
    --------
    >>> PReLU()([-1.0, 2.0])
    tensor([-0.2500,  2.0000], grad_fn=<PReLUBackward>)
    """

    weight: Parameter

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters, self.init = num_parameters, init
        self.weight = Parameter(creation.empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Start w anew."""
        constant_(self.weight, self.init)

    def forward(self, input: Any) -> Tensor:
        """Compute it for each element."""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        return f"num_parameters={self.num_parameters}"


class RReLU(_WithOptions):
    """x where x > 0, else r · x. In training r is drawn for each element, uniform from lower to upper.

    Parameters
    ----------
    lower, upper : float
        In evaluation, r is their mean.
    inplace : bool
        Whether the input itself is changed.

    Examples
    --------
    >>> RReLU(0.25, 0.75).eval()([-1.0, 2.0])
    tensor([-0.5000,  2.0000])
    """

    options = ("lower", "upper")

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.lower, self.upper = lower, upper

    def forward(self, input: Any) -> Tensor:
        """Compute it for each element."""
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)


class ELU(_WithOptions):
    """x where x > 0, else α (eˣ − 1).

    Parameters
    ----------
    alpha : float
        α.
    inplace : bool
        Whether the input itself is changed.

    Examples
    --------
    >>> ELU()([-1.0, 2.0])
    tensor([-0.6321,  2.0000])
    """

    function = staticmethod(F.elu)
    options = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha


class SELU(_InPlace):
    """s x where x > 0, else s α (eˣ − 1), with s = 1.0507 and α = 1.6733.

    Parameters
    ----------
    inplace : bool
        Whether the input itself is changed.

    Examples
    --------
    >>> SELU()([-1.0, 2.0])
    tensor([-1.1113,  2.1014])
    """

    function = staticmethod(F.selu)


class CELU(_WithOptions):
    """x where x > 0, else α (e^(x/α) − 1).

    Parameters
    ----------
    alpha : float
        α, not 0.
    inplace : bool
        Whether the input itself is changed.

    Examples
    --------
    >>> CELU(2.0)([-1.0, 2.0])
    tensor([-0.7869,  2.0000])
    """

    function = staticmethod(F.celu)
    options = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha


class GELU(Module):
    """x Φ(x), Φ being the distribution function of the normal distribution.

    Parameters
    ----------
    approximate : str
        "none", or "tanh" for x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2.

    Examples
    --------
    >>> GELU()([-1.0, 2.0])
    tensor([-0.1587,  1.9545])
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Any) -> Tensor:
        """Compute it for each element."""
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        return f"approximate={self.approximate!r}"


class SiLU(_InPlace):
    """x σ(x), also known as swish.

    Parameters
    ----------
    inplace : bool
        Whether the input itself is changed.

    Examples
    --------
    >>> SiLU()([-1.0, 2.0])
    tensor([-0.2689,  1.7616])
    """

    function = staticmethod(F.silu)


class Mish(_InPlace):
    """x tanh(ln(1 + eˣ)).

    Parameters
    ----------
    inplace : bool
        Whether the input itself is changed.

    Examples
    --------
    >>> Mish()([-1.0, 2.0])
    tensor([-0.3034,  1.9440])
    """

    function = staticmethod(F.mish)


class Sigmoid(_Plain):
    """1 / (1 + e⁻ˣ).

    Examples
    --------
    >>> Sigmoid()([0.0])
    tensor([0.5000])
    """

    function = staticmethod(F.sigmoid)


class LogSigmoid(_Plain):
    """ln σ(x), without overflow.

    Examples
    --------
    >>> LogSigmoid()([-1.0, 2.0])
    tensor([-1.3133, -0.1269])
    """

    function = staticmethod(F.logsigmoid)


class Hardsigmoid(_InPlace):
    """min(max(x + 3, 0), 6) / 6.

    Parameters
    ----------
    inplace : bool
        Whether the input itself is changed.

    Examples
    --------
    >>> Hardsigmoid()([-1.0, 4.0])
    tensor([0.3333, 1.0000])
    """

    function = staticmethod(F.hardsigmoid)

    def extra_repr(self) -> str:
        """Return nothing, as PyTorch's does."""
        return ""


class Hardswish(_InPlace):
    """x min(max(x + 3, 0), 6) / 6.

    Parameters
    ----------
    inplace : bool
        Whether the input itself is changed.

    Examples
    --------
    >>> Hardswish()([-1.0, 4.0])
    tensor([-0.3333,  4.0000])
    """

    function = staticmethod(F.hardswish)

    def extra_repr(self) -> str:
        """Return nothing, as PyTorch's does."""
        return ""


class Tanh(_Plain):
    """The hyperbolic tangent.

    Examples
    --------
    >>> Tanh()([0.0])
    tensor([0.])
    """

    function = staticmethod(F.tanh)


class Tanhshrink(_Plain):
    """x − tanh x.

    Examples
    --------
    >>> Tanhshrink()([-1.0, 2.0])
    tensor([-0.2384,  1.0360])
    """

    function = staticmethod(F.tanhshrink)


class Softsign(_Plain):
    """x / (1 + |x|).

    Examples
    --------
    >>> Softsign()([-1.0, 3.0])
    tensor([-0.5000,  0.7500])
    """

    function = staticmethod(F.softsign)


class Softplus(Module):
    """ln(1 + e^βx) / β, or x itself where βx > threshold.

    Parameters
    ----------
    beta, threshold : float

    Examples
    --------
    >>> Softplus()([-1.0, 2.0])
    tensor([0.3133, 2.1269])
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta, self.threshold = beta, threshold

    def forward(self, input: Any) -> Tensor:
        """Compute it for each element."""
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        return f"beta={self.beta}, threshold={self.threshold}"


class Hardshrink(Module):
    """x, but 0 where |x| ≤ λ.

    Parameters
    ----------
    lambd : float
        λ.

    Examples
    --------
    >>> Hardshrink()([-1.0, 0.25])
    tensor([-1.,  0.])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Any) -> Tensor:
        """Compute it for each element."""
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        return str(self.lambd)


class Softshrink(Module):
    """x moved towards 0 by λ, and 0 where |x| ≤ λ.

    Parameters
    ----------
    lambd : float
        λ, at least 0.

    Examples
    --------
    >>> Softshrink()([-1.0, 0.25])
    tensor([-0.5000,  0.0000])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Any) -> Tensor:
        """Compute it for each element."""
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        return str(self.lambd)


class GLU(Module):
    """a σ(b), a and b being the halves of the input along one axis.

    Parameters
    ----------
    dim : int

    Examples
    --------
    >>> GLU()([2.0, 0.0])
    tensor([1.])
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Tensor:
        """Compute it for each element."""
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        return f"dim={self.dim}"


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


class Softmin(Module):
    """e^−xᵢ / Σⱼ e^−xⱼ along one axis.

    Parameters
    ----------
    dim : int, optional
        Without it, PyTorch's old rule holds, with its warning: axis 0 for 0, 1 or 3 axes, else 1.

    Examples
    --------
    >>> Softmin(dim=1)([[0.0, 0.0]])
    tensor([[0.5000, 0.5000]])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Tensor:
        """Compute it along ``dim``."""
        return F.softmin(input, self.dim)

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


class Softmax2d(Module):
    """e^xᵢ / Σⱼ e^xⱼ over the channels of images, shape (batch, channels, height, width) or without the batch.

    Examples
    --------
    >>> Softmax2d()([[[0.0]], [[0.0]]])
    tensor([[[0.5000]],
    <BLANKLINE>
            [[0.5000]]])
    """

    def forward(self, input: Any) -> Tensor:
        """Compute it at each place."""
        x = as_tensor(input)
        if x.ndim not in (3, 4):
            raise ValueError(f"nn.Softmax2d expected 3 or 4 axes, got shape {tuple(x.shape)}")
        return F.softmax(x, -3)
