"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from chainrule import creation
from chainrule.tensor import Tensor


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Return all parameters in one vector, one after the other.

    Parameters
    ----------
    parameters : iterable of Tensor

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If a parameter is not contiguous.

    Examples
    --------
    >>> parameters_to_vector([Tensor([[1.0, 2.0]]), Tensor([3.0])])
    tensor([1., 2., 3.])
    """
    return creation.cat([p.view(-1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Make the parameters pieces of a vector, one after the other: they share its memory.

    Parameters
    ----------
    vec : Tensor
    parameters : iterable of Tensor

    Raises
    ------
    TypeError
        If ``vec`` is not a tensor.
    RuntimeError
        If it is shorter than the parameters together.

    Examples
    --------
    >>> x = Tensor([0.0, 0.0])
    >>> vector_to_parameters(Tensor([1.0, 2.0]), [x])
    >>> x
    tensor([1., 2.])
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"vector_to_parameters expected a Tensor, got {type(vec).__name__}")
    start = 0
    for p in parameters:
        p.data = vec[start : start + p.numel()].view(p.shape)
        start += p.numel()
