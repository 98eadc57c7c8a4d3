"""Distances between the rows of matrices."""

from __future__ import annotations

from typing import Any

from chainrule import ops
from chainrule.tensor import Tensor, apply, matmul, tensor_given, where

FEW = 25  # rows, up to which PyTorch computes distances from differences
MODES = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")


def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str = MODES[0]) -> Tensor:
    """Return the p-norms of the differences between all rows of ``x1`` and all of ``x2``.

    Parameters
    ----------
    x1 : Tensor
        Shape (..., n, k).
    x2 : Tensor
        Shape (..., m, k).
    p : float
        From 0 on; 0 counts the elements that differ, inf takes the largest difference.
    compute_mode : str
        Whether p = 2 is computed from |a|² + |b|² − 2 ab, which is faster, needs no memory for the differences,
        and is less exact for rows that are near each other: "use_mm_for_euclid_dist",
        "donot_use_mm_for_euclid_dist", and by default for more than 25 rows.

    Returns
    -------
    Tensor
        Shape (..., n, m).

    Raises
    ------
    RuntimeError
        If shapes don't fit, dtypes differ, or p is below 0.
    ValueError
        If PyTorch knows no such mode.

    Examples
    --------
    >>> cdist(Tensor([[0.0, 0.0]]), Tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([[5., 1.]])
    """
    a, b = tensor_given("cdist", x1), tensor_given("cdist", x2)
    if compute_mode not in MODES:
        raise ValueError(f"cdist() expected compute_mode among {', '.join(MODES)}, got {compute_mode!r}")
    if a.ndim < 2 or b.ndim < 2 or a.shape[-1] != b.shape[-1]:
        raise RuntimeError(f"cdist() expected rows of one length, (n, k) and (m, k), got {a.shape} and {b.shape}")
    if not a.is_floating_point() or a.dtype != b.dtype:
        raise RuntimeError(f"cdist() expected tensors of one floating-point dtype, got {a.dtype} and {b.dtype}")
    if not p >= 0:
        raise RuntimeError(f"cdist() expected p from 0 on, got {p}")
    many = a.shape[-2] > FEW or b.shape[-2] > FEW
    if p == 2 and (compute_mode == MODES[1] or (many and compute_mode != MODES[2])):
        return _euclidean(a, b)
    if not a.shape[-1]:
        return matmul(a, b.mT)  # zeros
    return apply(ops.PNorm(p, -1), a.unsqueeze(-2) - b.unsqueeze(-3))


def _euclidean(a: Tensor, b: Tensor) -> Tensor:
    squares = a.square().sum(-1, keepdim=True) + b.square().sum(-1).unsqueeze(-2) - 2 * matmul(a, b.mT)
    apart = squares > 0
    return where(apart, where(apart, squares, 1.0).sqrt(), 0.0)  # with gradient 0 for equal rows
