"""Products summed over axes that are named: ``einsum`` and ``tensordot``, made of matrix products."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from typing import Any, TypeAlias

from chainrule import arguments
from chainrule.functions import diagonal
from chainrule.tensor import Tensor, matmul, tensor_given

# Of an axis: a letter, or for those under an ellipsis how far they are from the last.
Label: TypeAlias = "str | int"


def einsum(equation: str, *operands: Any) -> Tensor:
    """Return the sum of the products of elements whose indices an equation names.

    Parameters
    ----------
    equation : str
        "ij,jk->ik": a letter for every axis of every operand, and of the result. Letters that the result does not
        have are summed over; without an arrow, it has those that stand once, in their order in the alphabet. "..."
        stands for axes without a letter, which broadcast.
    *operands : Tensor
        Or one list of them. They are multiplied from left to right.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If the equation can't be read, or does not fit the shapes.
    NotImplementedError
        For PyTorch's other form, in which lists of numbers stand for the letters.

    Examples
    --------
    >>> x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> einsum("ij,kj->ik", x, x)
    tensor([[ 5., 11.],
            [11., 25.]])
    >>> einsum("ii", x)
    tensor(5.)
    """
    if not isinstance(equation, str):
        raise NotImplementedError("einsum() with lists of axes is not covered: use letters, einsum('ij,jk', a, b)")
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = tuple(operands[0])
    tensors = [tensor_given("einsum", x) for x in operands]
    named, result = _read(equation, tensors)
    x, labels = _without_repeats(tensors[0], named[0])
    for i, other in enumerate(tensors[1:], 1):
        later: set[Label] = set(result).union(*named[i + 1 :])
        x, labels = _contracted(x, labels, *_without_repeats(other, named[i]), later)
    x, labels = _summed(x, labels, result)
    return x.permute(*(labels.index(label) for label in result)) if labels != result else x


def tensordot(a: Any, b: Any, dims: Any = 2) -> Tensor:
    """Return the sum of products over some axes of two tensors.

    Parameters
    ----------
    a, b : Tensor
    dims : int or pair of sequences of int
        How many axes, the last of ``a`` and the first of ``b``; or which of ``a``, and which of ``b``.

    Returns
    -------
    Tensor
        With the other axes of ``a``, then those of ``b``.

    Raises
    ------
    RuntimeError
        If the axes do not fit.

    Examples
    --------
    >>> tensordot(Tensor([[1.0, 2.0]]), Tensor([[1.0, 1.0]]), dims=([1], [1]))
    tensor([[3.]])
    """
    x, y = tensor_given("tensordot", a), tensor_given("tensordot", b)
    if isinstance(dims, tuple | list):
        of_x, of_y = ([arguments.axis(t, d) for d in given] for t, given in zip((x, y), dims, strict=True))
    else:
        n = arguments.whole("dims", dims)
        if not 0 <= n <= min(x.ndim, y.ndim):
            raise RuntimeError(f"tensordot() expected dims in [0, {min(x.ndim, y.ndim)}], got {n}")
        of_x, of_y = list(range(x.ndim - n, x.ndim)), list(range(n))
    if len(of_x) != len(of_y) or len(set(of_x)) < len(of_x) or len(set(of_y)) < len(of_y):
        raise RuntimeError(f"tensordot() expected as many axes of a as of b, each once, got {dims}")
    labels: list[Label] = list(range(x.ndim))
    others: list[Label] = list(range(x.ndim, x.ndim + y.ndim))
    for i, j in zip(of_x, of_y, strict=True):
        others[j] = i
    kept = [*(d for d in labels if d not in of_x), *(d for d in others if d not in of_x)]
    return _contracted(x, labels, y, others, kept)[0]


def _read(equation: str, tensors: Sequence[Tensor]) -> tuple[list[list[Label]], list[Label]]:
    """Return the labels of every operand's axes, and of the result's."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    for term in (*terms, right):
        if not re.fullmatch(r"[A-Za-z]*(\.\.\.)?[A-Za-z]*", term):
            raise RuntimeError(f"einsum() expected letters and at most one '...' for each operand, got {term!r}")
    if len(terms) != len(tensors):
        raise RuntimeError(f"einsum() expected {len(terms)} operands for {equation!r}, got {len(tensors)}")
    named = [_labels(term, x) for term, x in zip(terms, tensors, strict=True)]
    covered = [label for labels in named for label in labels]
    broadcast = sorted({label for label in covered if isinstance(label, int)}, reverse=True)
    if arrow:
        before, dots, after = right.partition("...")
        result: list[Label] = [*before, *(broadcast if dots else ()), *after]
    else:
        result = [*broadcast, *sorted(c for c in set(covered) if isinstance(c, str) and covered.count(c) == 1)]
    if len(set(result)) < len(result) or not set(result) <= set(covered):
        raise RuntimeError(
            f"einsum() expected each letter of the result once, and in an operand, got {equation!r}"
        )
    return named, result


def _labels(term: str, x: Tensor) -> list[Label]:
    before, dots, after = term.partition("...")
    more = x.ndim - len(before) - len(after)
    if more < 0 or (more and not dots):
        raise RuntimeError(f"einsum() expected a letter for each axis of shape {x.shape}, got {term!r}")
    return [*before, *range(more - 1, -1, -1), *after]


def _without_repeats(x: Tensor, labels: list[Label]) -> tuple[Tensor, list[Label]]:
    """Take the diagonal of axes with the same label."""
    for label in [c for i, c in enumerate(labels) if c in labels[:i]]:
        i = labels.index(label)
        j = labels.index(label, i + 1)
        if x.shape[i] != x.shape[j]:
            raise RuntimeError(f"einsum() can't give one letter, {label}, to two axes of shape {x.shape}")
        x = diagonal(x, 0, i, j)
        labels = [*(c for at, c in enumerate(labels) if at not in (i, j)), label]
    return x, labels


def _summed(x: Tensor, labels: list[Label], kept: Collection[Label]) -> tuple[Tensor, list[Label]]:
    """Sum over the axes whose labels are not kept."""
    over = tuple(i for i, label in enumerate(labels) if label not in kept)
    return (x.sum(over, dtype=x.dtype) if over else x), [label for label in labels if label in kept]


def _contracted(
    a: Tensor, of_a: list[Label], b: Tensor, of_b: list[Label], kept: Collection[Label]
) -> tuple[Tensor, list[Label]]:
    """Multiply two tensors, and sum over the labels that are not kept: as products of matrices."""
    a, of_a = _summed(a, of_a, {*of_b, *kept})
    b, of_b = _summed(b, of_b, {*of_a, *kept})
    shared = [label for label in of_a if label in of_b]
    for label in shared:  # an axis of length 1 broadcasts
        i, j = of_a.index(label), of_b.index(label)
        n, m = a.shape[i], b.shape[j]
        if n != m and 1 not in (n, m):
            raise RuntimeError(
                f"axes of the lengths {n} and {m} can't be multiplied, of shapes {a.shape}, {b.shape}"
            )
        if n != m and label not in kept:
            a, b = (a, b.sum(j, keepdim=True)) if n == 1 else (a.sum(i, keepdim=True), b)
    batch, inner = [c for c in shared if c in kept], [c for c in shared if c not in kept]
    rows, columns = [c for c in of_a if c not in shared], [c for c in of_b if c not in shared]
    of = dict(zip(of_a, a.shape, strict=True)), dict(zip(of_b, b.shape, strict=True))

    def laid_out(x: Tensor, labels: list[Label], lengths: dict[Label, int], *groups: list[Label]) -> Tensor:
        order = [labels.index(c) for group in (batch, *groups) for c in group]
        sizes = [math.prod(lengths[c] for c in group) for group in groups]
        return x.permute(*order).reshape(*(lengths[c] for c in batch), *sizes) if order else x.reshape(1, 1)

    left, right = laid_out(a, of_a, of[0], rows, inner), laid_out(b, of_b, of[1], inner, columns)
    product = matmul(left, right) if inner else left * right
    lengths = [*product.shape[: len(batch)], *(of[0][c] for c in rows), *(of[1][c] for c in columns)]
    return product.reshape(lengths), [*batch, *rows, *columns]
