"""``Parameter``: a tensor that a module learns."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from chainrule.tensor import Tensor, as_tensor


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
        super().__init__(as_tensor([] if data is None else data), requires_grad=requires_grad)

    def __deepcopy__(self, memo: dict[Any, Any]) -> Self:
        # as in PyTorch, the copy starts without a gradient
        copy = type(self)(np.array(self.array), self._requires_grad)
        memo[id(self)] = copy
        return copy

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


class Buffer(Tensor):
    """A tensor that a module registers as a buffer when it is assigned as an attribute.

    Parameters
    ----------
    data : Tensor or array_like, optional
        Its memory is shared. Default: an empty tensor.
    persistent : bool
        Whether it is part of ``state_dict()``.

    Examples
    --------
    >>> from chainrule import nn
    >>> module = nn.Module()
    >>> module.mean = Buffer([0.0, 0.0])
    >>> list(module.state_dict())
    ['mean']
    """

    def __init__(self, data: Any = None, *, persistent: bool = True) -> None:
        super().__init__(as_tensor([] if data is None else data))
        self.persistent = persistent
