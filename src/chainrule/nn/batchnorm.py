"""Batch normalisation."""

from __future__ import annotations

from typing import Any

from chainrule import arguments, creation, dtypes
from chainrule.autograd import unobserved
from chainrule.nn import functional as F
from chainrule.nn import init
from chainrule.nn.module import Module
from chainrule.nn.normalization_functions import normalize_batch, update_running
from chainrule.nn.parameter import Parameter
from chainrule.ops import Array
from chainrule.tensor import Tensor, as_tensor


class BatchNorm1d(Module):
    """γ (x − mean) / √(var + ε) + β for every channel.

    In training, mean and variance are those of the batch, and running values are moved towards them; in
    evaluation, they are the running values.

    Parameters
    ----------
    num_features : int
        The number of channels.
    eps : float
        ε.
    momentum : float or None
        The share of the batch in the running values; with None, these are the averages over all batches.
    affine : bool
        Whether there are γ and β.
    track_running_stats : bool
        Whether there are running values. Without them, evaluation uses those of the batch too.
    device : optional
        Must be the CPU.
    dtype : dtype, optional
        float32 or float64.
    bias : bool
        Whether there is a β, if there is a γ.

    Attributes
    ----------
    weight, bias : Parameter or None
        γ and β, shape (num_features,).
    running_mean, running_var : Tensor or None
        Shape (num_features,); the variance is the unbiased one.
    num_batches_tracked : Tensor or None
        int64, without axes.

    Examples
    --------
    >>> BatchNorm1d(1)([[1.0], [3.0]])
    tensor([[-1.0000],
            [ 1.0000]], grad_fn=<BatchNormBackward>)
    """

    _version = 2  # in the first, batches were not counted
    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features, self.eps, self.momentum = arguments.whole("num_features", num_features), eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats

        def vector() -> Tensor:
            return creation.empty(num_features, dtype=dtype, device=device)

        self.register_parameter("weight", Parameter(vector()) if affine else None)
        self.register_parameter("bias", Parameter(vector()) if affine and bias else None)
        self.register_buffer("running_mean", vector() if track_running_stats else None)
        self.register_buffer("running_var", vector() if track_running_stats else None)
        self.register_buffer(
            "num_batches_tracked", creation.zeros((), dtype=dtypes.int64) if track_running_stats else None
        )
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Start the running values anew: mean 0, variance 1."""
        if self.running_mean is not None and self.running_var is not None:
            self.running_mean.zero_()
            self.running_var.fill_(1)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Start γ, β and the running values anew."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Any) -> Tensor:
        """Normalise x of shape (batch, channels) or (batch, channels, length)."""
        x = as_tensor(input)
        if x.ndim not in (2, 3):
            raise ValueError(f"nn.BatchNorm1d expected 2 or 3 axes, got shape {tuple(x.shape)}")
        if x.array.shape[1] != self.num_features and (self.affine or self.running_mean is not None):
            raise RuntimeError(
                f"nn.BatchNorm1d expected {self.num_features} channels in axis 1 of x, got shape {tuple(x.shape)}"
            )
        if self.training or self.running_mean is None:
            observe = self._track if self.training and self.running_mean is not None else None
            return normalize_batch(x, self.weight, self.bias, self.eps, observe)
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)

    def _track(self, mean: Array, var: Array, count: int) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        with unobserved():
            self.num_batches_tracked.add_(1)
            momentum = 1 / self.num_batches_tracked.item() if self.momentum is None else self.momentum
        update_running(self.running_mean, self.running_var, momentum, mean, var, count)

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any], *found: Any
    ) -> None:
        if self.num_batches_tracked is not None and local_metadata.get("version", 1) < 2:
            state_dict.setdefault(f"{prefix}num_batches_tracked", self.num_batches_tracked)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *found)

    def extra_repr(self) -> str:
        """Return what ``repr`` shows."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )
