"""Products of vectors and matrices, and what is made of them."""

from __future__ import annotations

from functools import cache, reduce
from typing import Any

import numpy as np

from chainrule import arguments
from chainrule.functions import diagonal
from chainrule.tensor import Tensor, matmul, tensor_given, where

# ---- products --------------------------------------------------------------------------------------------------


def dot(input: Any, tensor: Any) -> Tensor:
    """Return the inner product of two vectors of one length.

    Raises
    ------
    RuntimeError
        If they are no vectors, or their lengths or dtypes differ.

    Examples
    --------
    >>> dot(Tensor([1.0, 2.0]), Tensor([3.0, 4.0]))
    tensor(11.)
    """
    return _product("dot", input, tensor, 1, 1)


def vdot(input: Any, other: Any) -> Tensor:
    """Return the inner product of two vectors of one length: for real numbers, that of ``dot``.

    Examples
    --------
    >>> vdot(Tensor([1.0, 2.0]), Tensor([3.0, 4.0]))
    tensor(11.)
    """
    return _product("vdot", input, other, 1, 1)


def inner(input: Any, other: Any) -> Tensor:
    """Return the inner products along the last axes; a tensor without axes multiplies the other.

    Parameters
    ----------
    input : Tensor
        Shape (..., n).
    other : Tensor
        Shape (***, n).

    Returns
    -------
    Tensor
        Shape (..., ***).

    Raises
    ------
    RuntimeError
        If the lengths or the dtypes differ.

    Examples
    --------
    >>> inner(Tensor([[1.0, 2.0]]), Tensor([[3.0, 4.0], [5.0, 6.0]]))
    tensor([[11., 17.]])
    """
    a, b = tensor_given("inner", input), tensor_given("inner", other)
    if not a.ndim or not b.ndim:
        return a * b
    if a.shape[-1] != b.shape[-1]:
        raise RuntimeError(f"inner() expected last axes of one length, got shapes {a.shape} and {b.shape}")
    n = a.shape[-1]
    rows, columns = a.shape[:-1], b.shape[:-1]
    product = _product("inner", a.reshape(rows.numel(), n), b.reshape(columns.numel(), n).T, 2, 2)
    return product.reshape(rows + columns)


def outer(input: Any, vec2: Any) -> Tensor:
    """Return the products of all elements of a vector with all of another.

    Parameters
    ----------
    input : Tensor
        Shape (n,).
    vec2 : Tensor
        Shape (m,).

    Returns
    -------
    Tensor
        Shape (n, m).

    Raises
    ------
    RuntimeError
        If one is no vector.

    Examples
    --------
    >>> outer(Tensor([1.0, 2.0]), Tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    a, b = _given("outer", (input, 1), (vec2, 1))
    return a.unsqueeze(1) * b


ger = outer


def mv(input: Any, vec: Any) -> Tensor:
    """Return the product of a matrix, of shape (n, m), and a vector, of shape (m,).

    Examples
    --------
    >>> mv(Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    return _product("mv", input, vec, 2, 1)


def bmm(input: Any, mat2: Any) -> Tensor:
    """Return the products of matrices in pairs: (b, n, m) with (b, m, p) gives (b, n, p).

    Examples
    --------
    >>> bmm(Tensor([[[1.0, 2.0]]]), Tensor([[[3.0], [4.0]]]))
    tensor([[[11.]]])
    """
    return _product("bmm", input, mat2, 3, 3)


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Return beta · input + alpha · (mat1 @ mat2).

    Parameters
    ----------
    input : Tensor
        What can be expanded to the shape of the product. With beta = 0 it is not looked at.
    mat1, mat2 : Tensor
        Shapes (n, m) and (m, p).
    beta, alpha : number

    Returns
    -------
    Tensor
        Shape (n, p).

    Raises
    ------
    RuntimeError
        If shapes don't fit or dtypes differ.

    Examples
    --------
    >>> addmm(Tensor([10.0]), Tensor([[1.0, 2.0]]), Tensor([[3.0], [4.0]]))
    tensor([[21.]])
    """
    return _added("addmm", input, _product("addmm", mat1, mat2, 2, 2), beta, alpha)


def addmv(input: Any, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Return beta · input + alpha · (mat @ vec); compare :func:`addmm`.

    Examples
    --------
    >>> addmv(Tensor([10.0]), Tensor([[1.0, 2.0]]), Tensor([3.0, 4.0]))
    tensor([21.])
    """
    return _added("addmv", input, _product("addmv", mat, vec, 2, 1), beta, alpha)


def addr(input: Any, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Return beta · input + alpha · outer(vec1, vec2); compare :func:`addmm`.

    Examples
    --------
    >>> addr(Tensor([10.0]), Tensor([1.0, 2.0]), Tensor([3.0]))
    tensor([[13.],
            [16.]])
    """
    return _added("addr", input, outer(vec1, vec2), beta, alpha)


def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Return beta · input + alpha · bmm(batch1, batch2); compare :func:`addmm`.

    Examples
    --------
    >>> baddbmm(Tensor([10.0]), Tensor([[[1.0, 2.0]]]), Tensor([[[3.0], [4.0]]]))
    tensor([[[21.]]])
    """
    return _added("baddbmm", input, _product("baddbmm", batch1, batch2, 3, 3), beta, alpha)


def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Return beta · input + alpha · the sum of bmm(batch1, batch2) over the pairs; compare :func:`addmm`.

    Examples
    --------
    >>> addbmm(Tensor([10.0]), Tensor([[[1.0, 2.0]]]), Tensor([[[3.0], [4.0]]]))
    tensor([[21.]])
    """
    return _added("addbmm", input, _product("addbmm", batch1, batch2, 3, 3).sum(0), beta, alpha)


def _given(name: str, *tensors: tuple[Any, int]) -> list[Tensor]:
    """Return tensors that have as many axes as said."""
    found = [tensor_given(name, x) for x, _ in tensors]
    if any(x.ndim != n for x, (_, n) in zip(found, tensors, strict=True)):
        axes, shapes = (
            ", ".join(map(str, given)) for given in ([n for _, n in tensors], [x.shape for x in found])
        )
        raise RuntimeError(f"{name}() expected tensors with {axes} axes, got shapes {shapes}")
    return found


def _product(name: str, a: Any, b: Any, axes_of_a: int, axes_of_b: int) -> Tensor:
    x, y = _given(name, (a, axes_of_a), (b, axes_of_b))
    if axes_of_a == 3 and len(x) != len(y):
        raise RuntimeError(f"{name}() expected as many matrices on both sides, got shapes {x.shape} and {y.shape}")
    arguments.numbers(name, x, y)
    return matmul(x, y)


def _added(name: str, input: Any, product: Tensor, beta: Any, alpha: Any) -> Tensor:
    x = tensor_given(name, input)
    if x.dtype != product.dtype:
        raise RuntimeError(f"{name}() expected tensors of one dtype, got {x.dtype} and {product.dtype}")
    if not x.is_floating_point() and any(isinstance(factor, float) for factor in (beta, alpha)):
        raise RuntimeError(f"{name}() of {x.dtype} expected whole numbers beta and alpha, got {beta} and {alpha}")
    x = x.expand(product.shape)
    product = product if alpha == 1 else product * alpha
    if beta == 0:
        return _instead(product, x)
    return (x if beta == 1 else x * beta) + product


def _instead(values: Tensor, of: Tensor) -> Tensor:
    """Return values in the place of others, which get the gradient 0."""
    return where(Tensor(np.asarray(False)), of, values)


# ---- several matrices ------------------------------------------------------------------------------------------


def matrix_power(input: Any, n: int) -> Tensor:
    """Return square matrices multiplied by themselves.

    Parameters
    ----------
    input : Tensor
        Shape (..., m, m).
    n : int
        From 0 on, which gives the unit matrix.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Raises
    ------
    RuntimeError
        If the matrices are not square.
    NotImplementedError
        For powers below 0, which need an inverse.

    Examples
    --------
    >>> matrix_power(Tensor([[1.0, 1.0], [0.0, 1.0]]), 5)
    tensor([[1., 5.],
            [0., 1.]])
    """
    x, n = tensor_given("matrix_power", input), arguments.whole("n", n)
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise RuntimeError(f"matrix_power() expected square matrices, got shape {x.shape}")
    if n < 0:
        raise NotImplementedError(f"matrix_power() covers powers from 0 on, got {n}: chainrule has no inverse")
    if n == 0:
        return _instead(Tensor(np.eye(x.shape[-1], dtype=x.dtype)), x)
    factors, square = [], x
    while n > 1:
        if n % 2:
            factors.append(square)
        square, n = matmul(square, square), n // 2
    return reduce(matmul, factors, square) if square is not x else x.clone()


def chain_matmul(*matrices: Any) -> Tensor:
    """Return the product of matrices, in the order that takes the fewest multiplications.

    Examples
    --------
    >>> chain_matmul(Tensor([[1.0, 2.0]]), Tensor([[3.0], [4.0]]), Tensor([[2.0]]))
    tensor([[22.]])
    """
    if not matrices:
        raise RuntimeError("chain_matmul() expected one matrix or more, got none")
    tensors = _given("chain_matmul", *((x, 2) for x in matrices))
    return tensors[0].clone() if len(tensors) == 1 else multi_dot(tensors)


def multi_dot(tensors: Any) -> Tensor:
    """Return the product of matrices, in the order that takes the fewest multiplications.

    Parameters
    ----------
    tensors : sequence of Tensor
        Two or more matrices; the first and the last may be vectors.

    Returns
    -------
    Tensor

    Raises
    ------
    RuntimeError
        If the shapes don't fit or the dtypes differ.

    Examples
    --------
    >>> multi_dot([Tensor([1.0, 2.0]), Tensor([[3.0], [4.0]]), Tensor([2.0])])
    tensor(22.)
    """
    last = len(tensors) - 1
    if last < 1:
        raise RuntimeError(f"multi_dot() expected two tensors or more, got {last + 1}")
    given = [tensor_given("multi_dot", x) for x in tensors]
    _given("multi_dot", *((x, 1 if i in (0, last) and x.ndim == 1 else 2) for i, x in enumerate(given)))
    first = given[0].unsqueeze(0) if given[0].ndim == 1 else given[0]
    final = given[-1].unsqueeze(1) if given[-1].ndim == 1 else given[-1]
    factors = [first, *given[1:-1], final]
    lengths = [*(len(x) for x in factors), final.shape[1]]

    @cache
    def best(i: int, j: int) -> tuple[float, int]:
        """Return the multiplications that the factors i to j take, and where the last product is."""
        if i == j:
            return 0, i
        outside = lengths[i] * lengths[j + 1]
        return min((best(i, k)[0] + best(k + 1, j)[0] + outside * lengths[k + 1], k) for k in range(i, j))

    def multiplied(i: int, j: int) -> Tensor:
        k = best(i, j)[1]
        return factors[i] if i == j else matmul(multiplied(i, k), multiplied(k + 1, j))

    y = multiplied(0, last)
    y = y if given[-1].ndim == 2 else y.squeeze(1)
    return y if given[0].ndim == 2 else y.squeeze(0)


def kron(input: Any, other: Any) -> Tensor:
    """Return the Kronecker product: every element of ``input`` times the whole of ``other``.

    Examples
    --------
    >>> kron(Tensor([[1.0, 2.0]]), Tensor([[1.0], [1.0]]))
    tensor([[1., 2.],
            [1., 2.]])
    """
    a, b = tensor_given("kron", input), tensor_given("kron", other)
    axes = max(a.ndim, b.ndim)
    of_a, of_b = ((1,) * (axes - x.ndim) + x.shape for x in (a, b))
    rows = a.reshape([n for length in of_a for n in (length, 1)])
    columns = b.reshape([n for length in of_b for n in (1, length)])
    return (rows * columns).reshape([n * m for n, m in zip(of_a, of_b, strict=True)])


def trace(input: Any) -> Tensor:
    """Return the sum of the diagonal of a matrix.

    Examples
    --------
    >>> trace(Tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(5.)
    """
    [x] = _given("trace", (input, 2))
    arguments.numbers("trace", x)
    return diagonal(x).sum()
