"""The losses that ask for a margin, as functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule import dtypes, ops
from chainrule.autograd import constant
from chainrule.nn.activation_functions import floating, logsigmoid
from chainrule.nn.distance_functions import broadcast, pairwise_distance
from chainrule.nn.loss_functions import reduced, settled_reduction
from chainrule.ops.losses import LEAST
from chainrule.tensor import Tensor, apply, as_tensor, where


def margin_ranking_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute max(0, −y (x₁ − x₂) + margin): y = 1 asks for x₁ above x₂, y = −1 for the contrary.

    Parameters
    ----------
    input1, input2, target : Tensor
        x₁, x₂ and y, with as many axes; their shapes broadcast.
    margin : float
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    Tensor
        Without axes, or with ``reduction="none"`` of the shape that they broadcast to.

    Raises
    ------
    RuntimeError
        If they have not as many axes, or their shapes don't broadcast.

    Examples
    --------
    >>> margin_ranking_loss([1.0, 2.0], [0.0, 3.0], [1.0, 1.0], margin=0.5)
    tensor(0.7500)
    """
    reduction = settled_reduction(reduction, size_average, reduce)
    x1, x2, y = _with_as_many_axes("margin_ranking_loss", input1, input2, target)
    return reduced((-y * (x1 - x2) + float(margin)).clip(0), reduction)


def hinge_embedding_loss(
    input: Any,
    target: Any,
    margin: float = 1.0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute the distance x where y = 1, and max(0, margin − x) where y = −1.

    Parameters
    ----------
    input, target : Tensor
        x and y; their shapes broadcast.
    margin : float
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    Tensor
        Without axes, or with ``reduction="none"`` of the shape that they broadcast to.

    Raises
    ------
    NotImplementedError
        If the scores are integers.

    Examples
    --------
    >>> hinge_embedding_loss([0.5, 0.25], [1, -1])
    tensor(0.6250)
    """
    reduction = settled_reduction(reduction, size_average, reduce)
    x, y = floating("hinge_embedding_loss", input), as_tensor(target)
    return reduced(where(y != 1, (margin - x).clip(0), 0.0) + where(y != -1, x, 0.0), reduction)


def cosine_embedding_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute 1 − cos(x₁, x₂) where y = 1, and max(0, cos(x₁, x₂) − margin) where y = −1.

    Parameters
    ----------
    input1, input2 : Tensor
        x₁ and x₂, shape (batch, n) or (n,).
    target : Tensor
        y, shape (batch,) or without axes.
    margin : float
        From −1 to 1.
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    Tensor
        Without axes, or with ``reduction="none"`` of shape (batch,).

    Raises
    ------
    RuntimeError
        If the shapes don't fit.

    Examples
    --------
    >>> cosine_embedding_loss([[1.0, 0.0]], [[1.0, 1.0]], [-1])
    tensor(0.7071)
    """
    reduction = settled_reduction(reduction, size_average, reduce)
    x1, x2, y = as_tensor(input1), as_tensor(input2), as_tensor(target)
    if y.ndim > 1 or not x1.ndim == x2.ndim == y.ndim + 1:
        raise RuntimeError(
            "cosine_embedding_loss expected inputs of shape (batch, n) and a target of shape (batch,), or without "
            f"the batch, got shapes {tuple(x1.shape)}, {tuple(x2.shape)} and {tuple(y.shape)}"
        )
    lengths = ((x1 * x1).sum(-1) + LEAST) * ((x2 * x2).sum(-1) + LEAST)  # no gradient is infinite
    cosine = (x1 * x2).sum(-1) / lengths.sqrt()
    apart = where(y == -1, (cosine - margin).clip(0), 0.0)
    return reduced(where(y == 1, 1 - cosine, 0.0) + apart, reduction)


def soft_margin_loss(
    input: Any,
    target: Any,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute ln(1 + e^−yx).

    Parameters
    ----------
    input : Tensor
        Scores x.
    target : Tensor
        y, which is 1 or −1, of the shape of the input or one that broadcasts to it.
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
    RuntimeError
        If the shape of the target does not broadcast to that of the input.

    Examples
    --------
    >>> soft_margin_loss([0.0, 2.0], [1.0, 1.0])
    tensor(0.4100)
    """
    reduction = settled_reduction(reduction, size_average, reduce)
    x = floating("soft_margin_loss", input)
    rows, y = broadcast("soft_margin_loss", x, as_tensor(target, x.dtype))
    if rows.array.shape != x.array.shape:
        raise RuntimeError(
            f"soft_margin_loss expected a target that broadcasts to {tuple(x.shape)}, got {y.shape}"
        )
    return apply(ops.SoftMargin(reduction), x, y)


def multi_margin_loss(
    input: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute Σ_j≠y w[y] max(0, margin − x[y] + x[j])ᵖ / classes.

    Parameters
    ----------
    input : Tensor
        Scores x, shape (batch, classes) or (classes,).
    target : Tensor of int64
        Class indices y, shape (batch,) or without axes.
    p : int
        1 or 2.
    margin : float
    weight : Tensor, optional
        A factor w for each class, shape (classes,).
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    Tensor
        Without axes, or with ``reduction="none"`` of shape (batch,).

    Raises
    ------
    ValueError
        If p is another number, or the weights are not a vector.
    RuntimeError
        If shapes or dtypes don't fit, or a class index is out of range.

    Examples
    --------
    >>> multi_margin_loss([[1.0, 0.5, 0.0]], [0])
    tensor(0.1667)
    """
    reduction = settled_reduction(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError(f"multi_margin_loss expected p to be 1 or 2, got {p}")
    x, y = _rows("multi_margin_loss", input), as_tensor(target)
    rows, classes = x.array.shape
    if y.array.size != rows or y.ndim > 1:
        raise RuntimeError(f"multi_margin_loss expected a target of shape ({rows},), got shape {tuple(y.shape)}")
    _check_indices("multi_margin_loss", y)
    w = None if weight is None else constant("weight", as_tensor(weight))
    if w is not None and w.ndim != 1:
        raise ValueError(f"multi_margin_loss expected a weight for each class, got shape {w.shape}")
    if w is not None and (w.shape != (classes,) or w.dtype != x.dtype):
        raise RuntimeError(f"multi_margin_loss expected {classes} weights of {x.dtype}, got {w.size} of {w.dtype}")
    op = ops.MultiMargin(reduction, p, margin, None if w is None else w.copy())
    return _of_rows(op, input, x, y.reshape(-1), keep=y.ndim > 0)


def multilabel_margin_loss(
    input: Any,
    target: Any,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute Σ_ij max(0, 1 − x[y_i] + x[j]) / classes over the classes y_i of an example and all others j.

    Parameters
    ----------
    input : Tensor
        Scores x, shape (batch, classes) or (classes,).
    target : Tensor of int64
        The indices of the classes of each example, up to the first −1, in the shape of the input.
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    Tensor
        Without axes, or with ``reduction="none"`` of shape (batch,).

    Raises
    ------
    RuntimeError
        If shapes or dtypes don't fit, or a class index is out of range.

    Examples
    --------
    >>> multilabel_margin_loss([[1.0, 0.5, 0.0]], [[0, -1, 2]])
    tensor(0.1667)
    """
    reduction = settled_reduction(reduction, size_average, reduce)
    x, y = _rows("multilabel_margin_loss", input), as_tensor(target)
    if y.array.shape != as_tensor(input).array.shape:
        raise RuntimeError(
            f"multilabel_margin_loss expected a target of the shape of the input, got shape {tuple(y.shape)}"
        )
    _check_indices("multilabel_margin_loss", y)
    return _of_rows(ops.MultiLabelMargin(reduction), input, x, y.reshape(x.shape))


def _rows(name: str, input: Any) -> Tensor:
    """Return scores of shape (rows, classes)."""
    x = floating(name, input)
    if x.ndim > 2 or (x.ndim and not x.array.shape[-1]):
        raise RuntimeError(f"{name} expected scores of shape (batch, classes), got shape {tuple(x.shape)}")
    return x if x.ndim == 2 else x.reshape(1, -1)


def _check_indices(name: str, y: Tensor) -> None:
    if y.dtype != dtypes.int64:
        raise RuntimeError(f"{name} expected class indices of dtype int64, got {y.dtype}: use y.long()")


def _of_rows(
    op: ops.MultiMargin | ops.MultiLabelMargin, input: Any, x: Tensor, y: Tensor, keep: bool = False
) -> Tensor:
    """Run an operation on rows; the loss of a single example has no axis, unless it is to be kept."""
    losses = apply(op, x, y)
    return losses.reshape(()) if op.reduction == "none" and as_tensor(input).ndim < 2 and not keep else losses


def multilabel_soft_margin_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute the binary cross-entropy of σ(x), averaged over the classes.

    Parameters
    ----------
    input : Tensor
        Logits x, shape (..., classes).
    target : Tensor
        0 or 1 for each class; its shape and that of the input broadcast.
    weight : Tensor, optional
        A factor for each class; its shape broadcasts.
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    Tensor
        Without axes, or with ``reduction="none"`` of shape (...).

    Examples
    --------
    >>> multilabel_soft_margin_loss([[0.0, 2.0]], [[1.0, 1.0]])
    tensor(0.4100)
    """
    reduction = settled_reduction(reduction, size_average, reduce)
    x, y = floating("multilabel_soft_margin_loss", input), as_tensor(target)
    if not x.ndim:
        raise IndexError("multilabel_soft_margin_loss expected scores with a class axis, got one without axes")
    losses = -(y * logsigmoid(x) + (1 - y) * logsigmoid(-x))
    if weight is not None:
        losses = losses * as_tensor(weight)
    return reduced(losses.sum(x.ndim - 1) / x.array.shape[-1], reduction)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Compute max(0, d(a, b) − d(a, c) + margin), d being the distance of vectors by their p-norm.

    Parameters
    ----------
    anchor, positive, negative : Tensor
        a, b and c, shape (..., n), with as many axes; their shapes broadcast.
    margin : float
        Above 0.
    p : float
        The order of the norm.
    eps : float
        Added to the differences, keeps the gradient of equal vectors finite.
    swap : bool
        Whether d(b, c) stands for d(a, c) where it is less.
    size_average, reduce : bool, optional
        Deprecated, as in PyTorch: use ``reduction``.
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    Tensor
        Without axes, or with ``reduction="none"`` of shape (...).

    Raises
    ------
    ValueError
        If the margin is not above 0.
    RuntimeError
        If they have not as many axes, or their shapes don't broadcast.

    Examples
    --------
    >>> triplet_margin_loss([[0.0]], [[1.0]], [[1.5]])
    tensor(0.5000)
    """
    reduction = settled_reduction(reduction, size_average, reduce)

    def distance(x: Tensor, y: Tensor) -> Tensor:
        return pairwise_distance(x, y, p, eps)

    return _triplet("triplet_margin_loss", anchor, positive, negative, distance, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """Compute max(0, d(a, b) − d(a, c) + margin) for any function d.

    Parameters
    ----------
    anchor, positive, negative : Tensor
        a, b and c, shape (..., n), with as many axes; their shapes broadcast.
    distance_function : callable, optional
        d, a function of two tensors. Default: ``pairwise_distance``.
    margin : float
        Above 0.
    swap : bool
        Whether d(b, c) stands for d(a, c) where it is less.
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    Tensor
        Without axes, or with ``reduction="none"`` of shape (...).

    Raises
    ------
    ValueError
        If the margin is not above 0.
    RuntimeError
        If they have not as many axes, or their shapes don't broadcast.

    Examples
    --------
    >>> triplet_margin_with_distance_loss([[0.0]], [[1.0]], [[1.5]])
    tensor(0.5000)
    """
    settled_reduction(reduction)
    name, distance = "triplet_margin_with_distance_loss", distance_function or pairwise_distance
    return _triplet(name, anchor, positive, negative, distance, margin, swap, reduction)


def _triplet(
    name: str,
    anchor: Any,
    positive: Any,
    negative: Any,
    distance: Callable[[Tensor, Tensor], Tensor],
    margin: float,
    swap: bool,
    reduction: str,
) -> Tensor:
    if margin <= 0:
        raise ValueError(f"{name} expected a margin above 0, got {margin}")
    a, b, c = _with_as_many_axes(name, anchor, positive, negative)
    near, far = distance(a, b), distance(a, c)
    if swap:
        far = far.minimum(distance(b, c))
    return reduced((margin + near - far).clip(0), reduction)


def _with_as_many_axes(name: str, *inputs: Any) -> list[Tensor]:
    """Return three inputs as tensors, which broadcast only if they have as many axes."""
    tensors = [as_tensor(x) for x in inputs]
    if len({x.ndim for x in tensors}) > 1:
        shapes = ", ".join(str(tuple(x.shape)) for x in tensors)
        raise RuntimeError(f"{name} expected three tensors with as many axes, got shapes {shapes}")
    return tensors
