"""The losses as functions: the checks, and the way from any shape to the rows that the operations take."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from chainrule import dtypes, ops
from chainrule.autograd import constant
from chainrule.nn.activation_functions import floating
from chainrule.ops import Array
from chainrule.tensor import Tensor, apply, as_tensor

_REDUCTIONS = ("mean", "sum", "none")


def settled_reduction(
    reduction: str, size_average: Any = None, reduce: Any = None, others: tuple[str, ...] = ()
) -> str:
    """Return how the losses become one number. PyTorch's two old arguments decide, where one is given."""
    if size_average is not None or reduce is not None:
        warnings.warn("size_average and reduce are old: use reduction='mean', 'sum' or 'none'", stacklevel=4)
        total = "mean" if size_average is None or size_average else "sum"
        return total if reduce is None or reduce else "none"
    if reduction not in (*_REDUCTIONS, *others):
        raise ValueError(f"reduction expected to be 'mean', 'sum' or 'none', got {reduction!r}")
    return reduction


def reduced(losses: Tensor, reduction: str) -> Tensor:
    """Return the losses, their sum or their mean."""
    if reduction == "none":
        return losses
    return losses.sum() if reduction == "sum" else losses.mean()


def of_one_floating_dtype(name: str, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return both tensors in the dtype that holds both."""
    dtype = x.array.dtype
    if dtype != y.array.dtype:
        dtype = dtypes.result_type(x.array, y.array)
        x, y = x.to(dtype), y.to(dtype)
    if dtype.kind != "f":
        raise NotImplementedError(f"{name} expected floating-point elements, got {dtype}: use x.float()")
    return x, y


# ---- classes ---------------------------------------------------------------------------------------------------


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    ignore_index: int = -100,
    reduce: Any = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Compute −Σ_c q_c ln softmax(z)_c, q being the target's distribution over the classes.

    Parameters
    ----------
    input : Tensor
        Logits z, shape (batch, classes), (batch, classes, d1, ...) or (classes,).
    target : Tensor
        Class indices (int64 or uint8), of the shape of ``input`` without the classes, or probabilities, of the
        shape of ``input``.
    weight : Tensor, optional
        A factor for each class, shape (classes,).
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    ignore_index : int
        Targets of this index do not count.
    reduction : str
        "mean" (over the weights of the targets), "sum" or "none".
    label_smoothing : float
        The share ε of the uniform distribution in q.

    Returns
    -------
    Tensor
        Without axes, or with ``reduction="none"`` of the shape of the class indices.

    Raises
    ------
    IndexError
        If a class index is out of range.
    ValueError
        If the batch sizes differ, or the reduction is unknown.
    RuntimeError
        If shapes or dtypes don't fit otherwise.

    Examples
    --------
    >>> cross_entropy([[2.0, 0.0], [0.0, 0.0]], [0, 1])
    tensor(0.4100)
    """
    reduction = settled_reduction(reduction, size_average, reduce)
    z = input if isinstance(input, Tensor) else as_tensor(input)
    y = target if isinstance(target, Tensor) else as_tensor(target)
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing expected to be between 0 and 1, got {label_smoothing}")
    if y.array.shape == z.array.shape:
        z, y = _probabilities(z, y, ignore_index)
    else:
        y = _class_indices(z, y)
    op = ops.CrossEntropy(_class_weight(z, weight), ignore_index, reduction, label_smoothing)
    return _by_rows(op, z, y)


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    ignore_index: int = -100,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute −w[y] · logp[y], the negative log-likelihood of the classes y.

    Parameters
    ----------
    input : Tensor
        Log-probabilities, shape (batch, classes), (batch, classes, d1, ...) or (classes,).
    target : Tensor
        Class indices (int64 or uint8), of the shape of ``input`` without the classes.
    weight : Tensor, optional
        A factor for each class, shape (classes,).
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    ignore_index : int
        Targets of this index do not count.
    reduction : str
        "mean" (over the weights of the targets), "sum" or "none".

    Returns
    -------
    Tensor
        Without axes, or with ``reduction="none"`` of the shape of the target.

    Raises
    ------
    IndexError
        If a class index is out of range.
    ValueError
        If the batch sizes differ, or the reduction is unknown.
    RuntimeError
        If shapes or dtypes don't fit otherwise.

    Examples
    --------
    >>> nll_loss([[-0.5, -1.0]], [1])
    tensor(1.)
    """
    reduction = settled_reduction(reduction, size_average, reduce)
    logp, y = as_tensor(input), as_tensor(target)
    y = _class_indices(logp, y)
    return _by_rows(ops.NLL(_class_weight(logp, weight), ignore_index, reduction), logp, y)


def _by_rows(op: ops.CrossEntropy | ops.NLL, z: Tensor, y: Tensor) -> Tensor:
    """Run an operation on shape (rows, classes): the class axis of anything else is moved to the end and back."""
    shape = z.array.shape
    if len(shape) == 2:
        return apply(op, z, y)
    rest = shape[:1] + shape[2:] if len(shape) > 1 else ()
    of_probabilities = y.array.shape == shape
    z = _classes_last(z)
    y = _classes_last(y) if of_probabilities else y.reshape(-1)
    losses = apply(op, z, y)
    return losses.reshape(rest) if op.reduction == "none" else losses


def _classes_last(x: Tensor) -> Tensor:
    if x.ndim == 1:
        return x.reshape(1, -1)
    return x.permute(0, *range(2, x.ndim), 1).reshape(-1, x.array.shape[1])


def _probabilities(z: Tensor, q: Tensor, ignore_index: int) -> tuple[Tensor, Tensor]:
    """Return logits and target probabilities in one dtype."""
    if q.array.dtype.kind != "f":
        raise RuntimeError(
            f"a target of the shape of the input, {tuple(z.shape)}, holds probabilities, and is expected to be of "
            f"a floating-point dtype, got {q.dtype}: use y.float(), or class indices without the class axis"
        )
    if ignore_index >= 0:
        raise RuntimeError(f"ignore_index={ignore_index} is for class indices, and the target holds probabilities")
    if not z.ndim:
        raise RuntimeError("cross_entropy expected an input with a class axis, got one without axes")
    return of_one_floating_dtype("cross_entropy", floating("cross_entropy", z), q)


def _class_indices(z: Tensor, y: Tensor) -> Tensor:
    """Return the class indices as int64, if they fit the input. Whether they name its classes is seen to later."""
    shape = z.array.shape
    if z.array.dtype.kind != "f" or not shape:
        raise NotImplementedError(
            f"expected floating-point input with a class axis, got {z.dtype} of shape {tuple(shape)}"
        )
    expected = shape[:1] + shape[2:] if len(shape) > 1 else ()
    if y.array.shape != expected:
        if len(shape) > 1 and y.array.shape[:1] != shape[:1]:
            raise ValueError(
                f"expected a target for each of the {shape[0]} examples of the batch, "
                f"got input of shape {tuple(shape)} and target of shape {tuple(y.shape)}"
            )
        raise (ValueError if not expected and y.array.shape not in ((), (1,)) else RuntimeError)(
            f"expected class indices of shape {expected} for input of shape {tuple(shape)}, "
            f"got target of shape {tuple(y.shape)}"
        )
    if y.array.dtype != dtypes.int64:
        if y.array.dtype != dtypes.uint8:
            raise RuntimeError(f"expected class indices of dtype int64 or uint8, got {y.dtype}: use y.long()")
        y = y.long()
    return y


def _class_weight(z: Tensor, weight: Any) -> Array | None:
    if weight is None:
        return None
    w = constant("weight", as_tensor(weight))
    classes = z.array.shape[1 if z.ndim > 1 else 0]
    if w.shape != (classes,):
        raise RuntimeError(f"weight expected to have shape ({classes},), one per class, got shape {w.shape}")
    if w.dtype != z.array.dtype:
        raise RuntimeError(f"weight expected to be of the dtype of the input, {z.dtype}, got {w.dtype}")
    return w.copy()  # the derivative reads it again, and must not see later changes


# ---- probabilities ---------------------------------------------------------------------------------------------


def binary_cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute −w (y ln p + (1 − y) ln(1 − p)), with logarithms no lower than −100.

    Parameters
    ----------
    input : Tensor
        Probabilities p, any shape.
    target : Tensor
        Numbers y from 0 to 1, of the same shape and dtype.
    weight : Tensor, optional
        A factor for each element; its shape broadcasts.
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    Tensor
        Without axes, or with ``reduction="none"`` of the shape of the input.

    Raises
    ------
    ValueError
        If the shapes differ.
    RuntimeError
        If p or y is not between 0 and 1, or the dtypes differ.

    Examples
    --------
    >>> binary_cross_entropy([0.5], [1.0])
    tensor(0.6931)
    """
    reduction = settled_reduction(reduction, size_average, reduce)
    p, y = as_tensor(input), as_tensor(target)
    _check_same_shape("binary_cross_entropy", p, y)
    if p.array.dtype.kind != "f" or y.array.dtype != p.array.dtype:
        raise RuntimeError(
            "binary_cross_entropy expected input and target of one floating-point dtype, "
            f"got {p.dtype} and {y.dtype}"
        )
    return apply(ops.BCE(reduction, element_weight("weight", weight, p)), p, y)


def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Tensor:
    """Compute the binary cross-entropy of σ(z), without overflow.

    Parameters
    ----------
    input : Tensor
        Logits z, any shape.
    target : Tensor
        Numbers from 0 to 1, of the same shape.
    weight : Tensor, optional
        A factor for each element; its shape broadcasts.
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".
    pos_weight : Tensor, optional
        A factor for the part of the positive examples; its shape broadcasts.

    Returns
    -------
    Tensor
        Without axes, or with ``reduction="none"`` of the shape of the input.

    Raises
    ------
    ValueError
        If the shapes differ.
    RuntimeError
        If input or target hold integers, or a weight does not broadcast.

    Examples
    --------
    >>> binary_cross_entropy_with_logits([0.0], [1.0])
    tensor(0.6931)
    """
    reduction = settled_reduction(reduction, size_average, reduce)
    z, y = as_tensor(input), as_tensor(target)
    _check_same_shape("binary_cross_entropy_with_logits", z, y)
    for name, array in (("input", z.array), ("target", y.array)):
        if array.dtype.kind != "f":
            raise RuntimeError(
                f"binary_cross_entropy_with_logits expected {name} to hold floating-point elements, "
                f"got {array.dtype}: use float()"
            )
    z, y = of_one_floating_dtype("binary_cross_entropy_with_logits", z, y)
    op = ops.BCEWithLogits(
        reduction, element_weight("weight", weight, z), element_weight("pos_weight", pos_weight, z)
    )
    return apply(op, z, y)


def _check_same_shape(name: str, x: Tensor, y: Tensor) -> None:
    if x.array.shape != y.array.shape:
        raise ValueError(
            f"{name} expected input and target of one shape, got {tuple(x.shape)} and {tuple(y.shape)}: "
            "use reshape() or squeeze()"
        )


def element_weight(name: str, weight: Any, x: Tensor) -> Array | None:
    """Return factors of the elements of x, or None."""
    if weight is None:
        return None
    w = constant(name, as_tensor(weight, x.dtype))
    try:
        fits = np.broadcast_shapes(w.shape, x.array.shape) == x.array.shape
    except ValueError:
        fits = False
    if not fits:
        raise RuntimeError(f"{name} of shape {w.shape} does not broadcast to the input's shape {tuple(x.shape)}")
    return w.copy()  # the derivative reads it again, and must not see later changes
