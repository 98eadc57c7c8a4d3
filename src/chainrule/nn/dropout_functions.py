"""Dropout as functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule import ops
from chainrule.nn.activation_functions import activate
from chainrule.random import default_generator
from chainrule.tensor import Tensor, as_tensor


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set each element to 0 with probability p, and scale the others by 1 / (1 − p).

    Parameters
    ----------
    input : Tensor
    p : float
        From 0 to 1.
    training : bool
        If False, ``input`` is returned.
    inplace : bool
        Whether ``input`` itself is changed.

    Returns
    -------
    Tensor

    Raises
    ------
    ValueError
        If p is not a probability.
    RuntimeError
        If the elements are not floating-point numbers, and p is neither 0 nor 1.

    Examples
    --------
    >>> dropout([1.0, 2.0], p=0.5, training=False)
    tensor([1., 2.])
    """
    return _dropped("dropout", ops.Dropout, input, p, training, inplace)


def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Set each element to what SELU tends to on the left with probability p, and keep mean 0 and variance 1.

    Parameters
    ----------
    input : Tensor
    p : float
        From 0 to 1.
    training : bool
        If False, ``input`` is returned.
    inplace : bool
        Whether ``input`` itself is changed.

    Returns
    -------
    Tensor

    Raises
    ------
    ValueError
        If p is not a probability.
    RuntimeError
        If the elements are not floating-point numbers, and p is neither 0 nor 1.

    Examples
    --------
    >>> alpha_dropout([1.0, 2.0], p=0.5)
    tensor([1., 2.])
    """
    return _dropped("alpha_dropout", ops.AlphaDropout, input, p, training, inplace)


def _dropped(
    name: str,
    operation: type[ops.Dropout | ops.AlphaDropout],
    input: Any,
    p: float,
    training: bool,
    inplace: bool,
) -> Tensor:
    if not 0 <= p <= 1:
        raise ValueError(f"{name} expected a probability p between 0 and 1, got {p}")
    x = as_tensor(input)
    if not training or p == 0 or not x.array.size:
        return x
    if p == 1:  # as in PyTorch, nothing is drawn
        return activate(ops.Mul(), x, inplace, Tensor(np.zeros((), dtype=x.dtype)))
    if x.array.dtype.kind != "f":
        raise RuntimeError(f"{name} expected floating-point elements, got {x.dtype}: use x.float()")
    return activate(operation(p, default_generator), x, inplace)
