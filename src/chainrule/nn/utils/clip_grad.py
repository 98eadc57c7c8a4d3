"""Keeping gradients from growing too large."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from types import GeneratorType

import numpy as np

from chainrule.autograd import replayed
from chainrule.ops import Array
from chainrule.tensor import Tensor


def _listed(tensors: Tensor | Iterable[Tensor]) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _gradients(parameters: Iterable[Tensor]) -> list[Array]:
    # _grad, because reading grad would say that a user holds it, and cost the reuse of its memory
    return [p._grad.array for p in parameters if p._grad is not None]


@replayed
def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Return the norm of all tensors together, as if they were one vector: the norm of their norms.

    Parameters
    ----------
    tensors : Tensor or iterable of Tensor
    norm_type : float
        2, 1, inf or any other p of a p-norm.
    error_if_nonfinite : bool
        Whether a norm that is NaN or infinite is an error.
    foreach : bool, optional
        PyTorch's choice of implementation: accepted, without effect.

    Returns
    -------
    Tensor
        Without axes.

    Raises
    ------
    RuntimeError
        If the norm is not finite and ``error_if_nonfinite`` is set, or not defined, because it is that of the
        largest or smallest element and a tensor has none.

    Examples
    --------
    >>> get_total_norm([Tensor([3.0]), Tensor([[4.0]])])
    tensor(5.)
    """
    return Tensor(_norm([t.array for t in _listed(tensors)], float(norm_type), error_if_nonfinite))


@np.errstate(all="ignore")
def _norm(arrays: list[Array], norm_type: float, error_if_nonfinite: bool) -> Array:
    if not arrays:
        return np.zeros((), np.float32)
    if (norm_type < 0 or norm_type == np.inf) and not all(x.size for x in arrays):
        raise RuntimeError(f"a tensor without elements has no norm of order {norm_type}: leave it out")
    norms = np.stack([np.linalg.norm(x.ravel(), norm_type) for x in arrays])
    total = np.asarray(np.linalg.norm(norms, norm_type), dtype=norms.dtype)
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(
            f"the norm of order {norm_type} of the gradients is {total}, so they can't be clipped: "
            "set error_if_nonfinite=False to scale them all the same"
        )
    return total


@replayed
def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale all gradients, in place, by ``max_norm / (total_norm + 1e-6)``, if that is less than 1.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
    max_norm : float
    total_norm : Tensor
        As ``get_total_norm`` gives it.
    foreach : bool, optional
        PyTorch's choice of implementation: accepted, without effect.

    Examples
    --------
    >>> x = Tensor([3.0, 4.0], requires_grad=True)
    >>> (x * x / 2).sum().backward()
    >>> clip_grads_with_norm_(x, 1.0, get_total_norm(x.grad))
    >>> x.grad
    tensor([0.6000, 0.8000])
    """
    _scale(_gradients(_listed(parameters)), float(max_norm), total_norm.array)


@np.errstate(all="ignore")
def _scale(gradients: list[Array], max_norm: float, total: Array) -> None:
    factor = np.minimum(max_norm / (total + total.dtype.type(1e-6)), 1)
    for g in gradients:
        g *= factor


@replayed
def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
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
    foreach : bool, optional
        PyTorch's choice of implementation: accepted, without effect.

    Returns
    -------
    Tensor
        The norm before.

    Raises
    ------
    RuntimeError
        If ``get_total_norm`` raises it; the gradients are as they were then.

    Examples
    --------
    >>> x = Tensor([3.0, 4.0], requires_grad=True)
    >>> (x * x / 2).sum().backward()
    >>> clip_grad_norm_(x, max_norm=1.0), x.grad
    (tensor(5.), tensor([0.6000, 0.8000]))
    """
    listed = _listed(parameters)
    if not listed and isinstance(parameters, GeneratorType):
        warnings.warn("parameters is an empty generator: nothing is clipped. Was it used before?", stacklevel=3)
    gradients = _gradients(listed)
    total = _norm(gradients, float(norm_type), error_if_nonfinite)
    _scale(gradients, float(max_norm), total)
    return Tensor(total)


@replayed
def clip_grad_value_(
    parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None
) -> None:
    """Move every element of the gradients, in place, into the interval [−clip_value, clip_value].

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
    clip_value : float
    foreach : bool, optional
        PyTorch's choice of implementation: accepted, without effect.

    Examples
    --------
    >>> x = Tensor([3.0, -0.5], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> clip_grad_value_(x, 2.0)
    >>> x.grad
    tensor([ 2., -1.])
    """
    bound = float(clip_value)
    for g in _gradients(_listed(parameters)):
        np.clip(g, -bound, bound, out=g)
