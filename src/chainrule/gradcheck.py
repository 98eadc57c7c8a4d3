"""A check of derivatives that anyone can call on their own function."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from chainrule import autograd, dtypes
from chainrule.ops import Array
from chainrule.tensor import Tensor


class GradcheckError(RuntimeError):
    """A derivative differs from central differences."""


def gradcheck(
    fn: Callable[..., Any],
    inputs: Any,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """Compare the derivatives of a function with central differences, (f(x + eps) − f(x − eps)) / (2 eps).

    Every element of every output is differentiated with respect to every element of every input: give it
    small ones. The values of the inputs and their ``grad`` are left as they were.

    Parameters
    ----------
    fn : callable
        Takes the inputs and returns a tensor or a sequence of tensors.
    inputs : Tensor or sequence
        Tensors that require a gradient are checked: leaves in float64, which differences of 1e-6 need.
        Other tensors, and anything else, are passed on as they are.
    eps : float
        The distance of the differences.
    atol, rtol : float
        Allowed is atol + rtol · |central difference|.
    raise_exception : bool
        Whether to raise where a derivative is wrong, or to return False.

    Returns
    -------
    bool
        Whether all derivatives are right.

    Raises
    ------
    ValueError
        If no input requires a gradient, or one that does is not float64 or no leaf; for an output that is no
        tensor, and outputs that differ from call to call.
    GradcheckError
        If a derivative is wrong: which one, and both numbers.

    Examples
    --------
    >>> x = Tensor(np.array([0.5, 2.0]), requires_grad=True)
    >>> gradcheck(lambda x: x.exp() / x, x)
    True
    """
    arguments = list(inputs) if isinstance(inputs, Sequence) else [inputs]
    checked = [i for i, x in enumerate(arguments) if _is_checked(i, x)]
    if not checked:
        raise ValueError(
            "gradcheck expected at least one float64 tensor that requires a gradient, got none: "
            "use x.double().requires_grad_()"
        )
    leaves = [arguments[i] for i in checked]
    outputs = _outputs(fn, arguments)
    _check_repeatable(outputs, _outputs(fn, arguments))
    computed = {k: _derivatives(y, leaves) for k, y in outputs.items()}
    for j, x in enumerate(leaves):
        for at, differences in _central_differences(lambda: _outputs(fn, arguments), x, eps):
            column: Any = (slice(None), *at)
            for k, expected in differences.items():
                got = computed[k][j][column].reshape(expected.shape)
                wrong = ~(np.abs(got - expected) <= atol + rtol * np.abs(expected))  # NaN is wrong, too
                if wrong.any() and raise_exception:
                    here = tuple(int(n) for n in np.argwhere(wrong)[0])
                    raise GradcheckError(
                        f"the derivative of output {k} at {here} with respect to input {checked[j]} at {at} is "
                        f"wrong: backward() gave {got[here]:.9g}, central differences {expected[here]:.9g} "
                        f"(eps={eps:g}, atol={atol:g}, rtol={rtol:g})"
                    )
                if wrong.any():
                    return False
    return True


def _is_checked(position: int, x: Any) -> bool:
    if not isinstance(x, Tensor) or not x.requires_grad:
        return False
    if x.dtype != dtypes.float64:
        raise ValueError(
            f"gradcheck expected input {position} in float64, got {x.dtype}: "
            "use x.detach().double().requires_grad_()"
        )
    if not x.is_leaf:
        raise ValueError(f"gradcheck expected input {position} to be a leaf: use x.detach().requires_grad_()")
    return True


def _outputs(fn: Callable[..., Any], arguments: list[Any]) -> dict[int, Tensor]:
    """Return the floating-point outputs by their position."""
    with autograd.enable_grad():
        result = fn(*arguments)
    outputs = list(result) if isinstance(result, Sequence) else [result]
    for k, y in enumerate(outputs):
        if not isinstance(y, Tensor):
            raise ValueError(f"gradcheck expected fn to return tensors, got {type(y).__name__} as output {k}")
    return {k: y for k, y in enumerate(outputs) if y.is_floating_point()}


def _check_repeatable(first: dict[int, Tensor], second: dict[int, Tensor]) -> None:
    same = first.keys() == second.keys()
    if not same or not all(np.array_equal(first[k].array, second[k].array, equal_nan=True) for k in first):
        raise ValueError("gradcheck expected fn to give the same outputs twice: seed what is random inside it")


def _derivatives(y: Tensor, leaves: list[Tensor]) -> list[Array]:
    """Return ∂y/∂x by ``backward()`` for every leaf x, one row for every element of y."""
    result = [np.zeros((y.numel(), *x.shape)) for x in leaves]
    if not y.requires_grad:
        return result
    kept = [x.grad for x in leaves]
    for i, at in enumerate(np.ndindex(*y.shape)):
        for x in leaves:
            x.grad = None
        one = np.zeros(y.shape)
        one[at] = 1
        y.backward(one, retain_graph=True)
        for derivative, x in zip(result, leaves, strict=True):
            if x.grad is not None:
                derivative[i] = x.grad.array
    for x, grad in zip(leaves, kept, strict=True):
        x.grad = grad
    return result


def _central_differences(
    outputs: Callable[[], dict[int, Tensor]], x: Tensor, eps: float
) -> Iterator[tuple[tuple[int, ...], dict[int, Array]]]:
    """Yield each position in x, and there the central difference of every output."""
    for at in np.ndindex(*x.shape):
        value = x.array[at].copy()
        try:
            x.array[at] = value + eps
            above = {k: y.array.astype(np.float64) for k, y in outputs().items()}
            x.array[at] = value - eps
            below = {k: y.array.astype(np.float64) for k, y in outputs().items()}
        finally:
            x.array[at] = value
        yield at, {k: np.asarray((above[k] - below[k]) / (2 * eps)) for k in above}
