"""Losses of numbers and of distributions as modules."""

from __future__ import annotations

from typing import Any

from chainrule.nn import functional as F
from chainrule.nn.loss import _Loss
from chainrule.tensor import Tensor


class MSELoss(_Loss):
    """(x − y)².

    Parameters
    ----------
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".

    Examples
    --------
    >>> MSELoss()([1.0, 2.0], [1.0, 0.0])
    tensor(2.)
    """

    def forward(self, input: Any, target: Any) -> Tensor:
        """Compute it for input and target of one shape."""
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """|x − y|.

    Parameters
    ----------
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".

    Examples
    --------
    >>> L1Loss()([1.0, 2.0], [1.0, 0.0])
    tensor(1.)
    """

    def forward(self, input: Any, target: Any) -> Tensor:
        """Compute it for input and target of one shape."""
        return F.l1_loss(input, target, reduction=self.reduction)


class HuberLoss(_Loss):
    """d²/2 where |d| ≤ δ, else δ (|d| − δ/2), with d = x − y.

    Parameters
    ----------
    reduction : str
        "mean", "sum" or "none".
    delta : float
        δ, above 0.

    Examples
    --------
    >>> HuberLoss()([1.0, 3.0], [0.0, 0.0])
    tensor(1.5000)
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Any, target: Any) -> Tensor:
        """Compute it for input and target of one shape."""
        return F.huber_loss(input, target, delta=self.delta, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """d²/2β where |d| < β, else |d| − β/2, with d = x − y.

    Parameters
    ----------
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".
    beta : float
        β, from 0 on.

    Examples
    --------
    >>> SmoothL1Loss(beta=2.0)([1.0, 3.0], [0.0, 0.0])
    tensor(1.1250)
    """

    def __init__(
        self, size_average: Any = None, reduce: Any = None, reduction: str = "mean", beta: float = 1.0
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Any, target: Any) -> Tensor:
        """Compute it for input and target of one shape."""
        return F.smooth_l1_loss(input, target, beta=self.beta, reduction=self.reduction)


class PoissonNLLLoss(_Loss):
    """The negative log-likelihood of counts y from a Poisson distribution, eˣ − y x.

    Parameters
    ----------
    log_input : bool
        Whether the input is the logarithm x of the expected count. Otherwise the loss is x − y ln(x + eps).
    full : bool
        Whether to add Stirling's approximation of ln y!, for y > 1.
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    eps : float
    reduction : str
        "mean", "sum" or "none".

    Examples
    --------
    >>> PoissonNLLLoss()([0.0, 1.0], [1.0, 2.0])
    tensor(0.8591)
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: Any = None,
        eps: float = 1e-8,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_input, self.full, self.eps = log_input, full, eps

    def forward(self, input: Any, target: Any) -> Tensor:
        """Compute it for expectations and counts."""
        return F.poisson_nll_loss(
            input, target, log_input=self.log_input, full=self.full, eps=self.eps, reduction=self.reduction
        )


class GaussianNLLLoss(_Loss):
    """The negative log-likelihood of numbers y from a normal distribution, (ln v + (x − y)²/v) / 2.

    Parameters
    ----------
    full : bool
        Whether to add ln(2π)/2.
    eps : float
        Variances are taken to be at least this; their gradient is not.
    reduction : str
        "mean", "sum" or "none".

    Examples
    --------
    >>> GaussianNLLLoss()([1.0, 2.0], [1.0, 0.0], [1.0, 4.0])
    tensor(0.5966)
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full, self.eps = full, eps

    def forward(self, input: Any, target: Any, var: Any) -> Tensor:
        """Compute it for expectations x, numbers y and variances v."""
        return F.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)


class KLDivLoss(_Loss):
    """t (ln t − x), of which the sum is the Kullback–Leibler divergence of a distribution from the target.

    Parameters
    ----------
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "batchmean", which divides the sum by the length of the first axis, "sum", "none", or "mean", which divides
        it by the number of elements and is warned about.
    log_target : bool
        Whether the target holds logarithms, too.

    Examples
    --------
    >>> KLDivLoss(reduction="batchmean")([[-1.0, -0.5]], [[0.5, 0.5]])
    tensor(0.0569)
    """

    other_reductions = ("batchmean",)

    def __init__(
        self, size_average: Any = None, reduce: Any = None, reduction: str = "mean", log_target: bool = False
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Tensor:
        """Compute it for logarithms x of probabilities, and probabilities t."""
        return F.kl_div(input, target, log_target=self.log_target, reduction=self.reduction)
