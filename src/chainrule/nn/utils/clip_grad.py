"""Keeping gradients from growing too large."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from chainrule.autograd import replayed
from chainrule.ops import Array
from chainrule.tensor import Tensor


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Array]:
    tensors = [parameters] if isinstance(parameters, Tensor) else parameters
    # _grad, because reading grad would say that a user holds it, and cost the reuse of its memory
    return [p._grad.array for p in tensors if p._grad is not None]


@replayed
def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    """Scale all gradients, in place, by one factor, so that their common norm is at most ``max_norm``.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
    max_norm : float
    norm_type : float
        2, 1, inf or any other p of a p-norm.
    error_if_nonfinite : bool
        Whether a norm that is NaN or infinite is an error.

    Returns
    -------
    Tensor
        The norm before.

    Raises
    ------
    RuntimeError
        If the norm is not finite and ``error_if_nonfinite`` is set; the gradients are as they were then.

    Examples
    --------
    >>> x = Tensor([3.0, 4.0], requires_grad=True)
    >>> (x * x / 2).sum().backward()
    >>> clip_grad_norm_(x, max_norm=1.0), x.grad
    (tensor(5.), tensor([0.6000, 0.8000]))
    """
    gradients = _gradients(parameters)
    if not gradients:
        return Tensor(0.0)
    norms = np.stack([np.linalg.norm(g.ravel(), norm_type) for g in gradients])
    total = np.asarray(np.linalg.norm(norms, norm_type), dtype=norms.dtype)
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(
            f"the norm of order {norm_type} of the gradients is {total}, so they can't be clipped: "
            "set error_if_nonfinite=False to scale them all the same"
        )
    factor = np.minimum(float(max_norm) / (total + total.dtype.type(1e-6)), 1)
    for g in gradients:
        g *= factor
    return Tensor(total)


@replayed
def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Move every element of the gradients, in place, into the interval [−clip_value, clip_value].

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
    clip_value : float

    Examples
    --------
    >>> x = Tensor([3.0, -0.5], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> clip_grad_value_(x, 2.0)
    >>> x.grad
    tensor([ 2., -1.])
    """
    for g in _gradients(parameters):
        np.clip(g, -float(clip_value), float(clip_value), out=g)
