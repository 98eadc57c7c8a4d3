"""``Parameter``: a tensor that a module learns."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from chainrule.tensor import Tensor


class Parameter(Tensor):
    """A tensor that a module registers when it is assigned as an attribute, and that optimisers change.

    Parameters
    ----------
    data : Tensor or array_like, optional
        Its memory is shared. Default: an empty tensor.
    requires_grad : bool

    Raises
    ------
    RuntimeError
        If a gradient is required of integers.

    Examples
    --------
    >>> Parameter([1.0, 2.0])
    Parameter containing:
    tensor([1., 2.], requires_grad=True)
    """

    def __init__(self, data: Any = None, requires_grad: bool = True) -> None:
        super().__init__([] if data is None else data, requires_grad)

    def __deepcopy__(self, memo: dict[Any, Any]) -> Self:
        # as in PyTorch, the copy starts without a gradient
        copy = type(self)(np.array(self.array), self._requires_grad)
        memo[id(self)] = copy
        return copy

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"
