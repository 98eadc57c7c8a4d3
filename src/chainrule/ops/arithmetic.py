"""Arithmetic with two operands, which broadcast against each other, and negation."""

from __future__ import annotations

import numpy as np

from chainrule.ops.operation import Array, Gradients, Operation, Product, drop_where, keep_where, sum_to


class Add(Operation):
    """y = a + b."""

    def forward(self, a: Array, b: Array) -> Array:
        self.shapes = a.shape, b.shape
        self.y = np.add(a, b, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # ∂y/∂a = 1, ∂y/∂b = 1
        return sum_to(grad, self.shapes[0]), sum_to(grad, self.shapes[1])


class Sub(Operation):
    """y = a − b."""

    def forward(self, a: Array, b: Array) -> Array:
        self.shapes = a.shape, b.shape
        self.y = np.subtract(a, b, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # ∂y/∂a = 1, ∂y/∂b = −1
        da = sum_to(grad, self.shapes[0])
        db = np.negative(sum_to(grad, self.shapes[1]), out=self.into[1]) if self.needs[1] else None
        return da, db


class Mul(Product, Operation):
    """y = a · b, element by element."""

    def forward(self, a: Array, b: Array) -> Array:
        self.a, self.b = a, b
        self.y = np.multiply(a, b, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # ∂y/∂a = b, ∂y/∂b = a
        da = sum_to(np.multiply(grad, self.b), self.a.shape) if self.needs[0] else None
        db = sum_to(np.multiply(grad, self.a), self.b.shape) if self.needs[1] else None
        return da, db


class Div(Operation):
    """y = a / b."""

    reads = (0, 1)

    def reads_now(self) -> tuple[int, ...]:
        return (0, 1) if self.needs[1] else (1,)

    def forward(self, a: Array, b: Array) -> Array:
        self.a, self.b = a, b
        self.y = np.true_divide(a, b, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # ∂y/∂a = 1/b, ∂y/∂b = −(a/b)/b
        da = sum_to(grad / self.b, self.a.shape) if self.needs[0] else None
        db = sum_to(-grad * ((self.a / self.b) / self.b), self.b.shape) if self.needs[1] else None
        return da, db


def power(a: Array, b: Array, number: bool, out: Array | None = None) -> Array:
    """Compute aᵇ as PyTorch does.

    The powers ±1/2 by a ``number`` are √a and 1/√a, which differ from the others at −0 and −∞. An integer to the
    power of a negative one in a tensor is cut to an integer.

    Examples
    --------
    >>> power(np.array([4.0, 16.0]), np.array(-0.5), number=True)
    array([0.5 , 0.25])
    """
    if number:
        if b == -0.5:
            return np.asarray(np.true_divide(1, np.sqrt(a), out=out))
        return np.asarray(np.power(a, b, out=out))  # NumPy takes the root, too
    if a.dtype.kind in "iu" and (b < 0).any():
        return np.where((b < 0) & (np.abs(a) != 1), 0, np.power(a, np.abs(b)))
    if (b == 0.5).any():  # one for each element, because NumPy would take the root for a row of equal ones
        b = np.array(np.broadcast_to(b, np.broadcast_shapes(a.shape, b.shape)))
    return np.asarray(np.power(a, b, out=out))


class Pow(Operation):
    """y = a ** b, where b may be a ``number``."""

    reads = (0, 1)

    def __init__(self, number: bool = False) -> None:
        self.number = number

    def forward(self, a: Array, b: Array) -> Array:
        self.a, self.b = a, b
        self.y = power(a, b, self.number, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        a, b = self.a, self.b
        da = db = None
        if self.needs[0]:
            # ∂y/∂a = b aᵇ⁻¹, and 0 where b = 0, whatever a is
            slope = np.where(b == 0, 0, b * power(a, b - 1, self.number)).astype(grad.dtype, copy=False)
            da = sum_to(grad * slope, a.shape)
        if self.needs[1]:
            # ∂y/∂b = aᵇ ln a, and 0 in the limit a → 0 for b ≥ 0
            slope = np.where((a == 0) & (b >= 0), 0, np.power(a, b) * np.log(a)).astype(grad.dtype, copy=False)
            db = sum_to(grad * slope, b.shape)
        return da, db


class Maximum(Operation):
    """y = max(a, b), element by element."""

    reads = (0, 1)

    def forward(self, a: Array, b: Array) -> Array:
        self.a, self.b = a, b
        self.y = np.maximum(a, b, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return _to_the_chosen(grad, self.a, self.b, self.a < self.b, self.a > self.b)


class Minimum(Operation):
    """y = min(a, b), element by element."""

    reads = (0, 1)

    def forward(self, a: Array, b: Array) -> Array:
        self.a, self.b = a, b
        self.y = np.minimum(a, b, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return _to_the_chosen(grad, self.a, self.b, self.a > self.b, self.a < self.b)


def _to_the_chosen(grad: Array, a: Array, b: Array, lost_a: Array, lost_b: Array) -> Gradients:
    """Give ``grad`` to the operand that was chosen; equal operands take half each, as in PyTorch."""
    share = np.where(a == b, grad / 2, grad).astype(grad.dtype, copy=False)
    return sum_to(drop_where(lost_a, share), a.shape), sum_to(drop_where(lost_b, share), b.shape)


class Where(Operation):
    """y = a where the condition holds, else b."""

    reads = (0,)

    def forward(self, condition: Array, a: Array, b: Array) -> Array:
        self.condition, self.shapes = condition, (a.shape, b.shape)
        self.y = np.where(condition, a, b)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        condition = np.broadcast_to(self.condition, grad.shape)
        da = sum_to(keep_where(condition, grad), self.shapes[0])
        db = sum_to(drop_where(condition, grad), self.shapes[1])
        return None, da, db


def floor_divide(a: Array, b: Array) -> Array:
    """Compute ⌊a / b⌋.

    Raises
    ------
    RuntimeError
        If an integer is divided by 0.

    Examples
    --------
    >>> floor_divide(np.array([7.0, -7.0]), np.array(2.0))
    array([ 3., -4.])
    """
    refuse_zero(a, b)
    return np.floor_divide(a, b)


def trunc_divide(a: Array, b: Array) -> Array:
    """Compute a / b without what is behind the point.

    Raises
    ------
    RuntimeError
        If an integer is divided by 0.

    Examples
    --------
    >>> trunc_divide(np.array([7, -7]), np.array(2))
    array([ 3, -3])
    """
    refuse_zero(a, b)
    return np.trunc(a / b) if a.dtype.kind == "f" else (a - np.fmod(a, b)) // b


def refuse_zero(a: Array, b: Array) -> None:
    """Raise where an integer is divided by 0.

    Raises
    ------
    RuntimeError

    Examples
    --------
    >>> refuse_zero(np.array([1.0]), np.array([0.0]))
    """
    if a.size and b.dtype.kind in "iu" and not b.all():
        raise RuntimeError("an integer is divided by 0, which has no result: use float() for inf and NaN")


class Mod(Operation):
    """y = a − b ⌊a / b⌋, which has the sign of b."""

    reads = (0, 1)

    def forward(self, a: Array, b: Array) -> Array:
        refuse_zero(a, b)
        self.a, self.b = a, b
        self.y = np.mod(a, b, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        # ∂y/∂a = 1, ∂y/∂b = −⌊a / b⌋
        da = sum_to(grad, self.a.shape) if self.needs[0] else None
        db = sum_to(-grad * np.floor_divide(self.a, self.b), self.b.shape) if self.needs[1] else None
        return da, db


class Neg(Operation):
    """y = −x."""

    def forward(self, x: Array) -> Array:
        self.y = np.negative(x, out=self.y)
        return self.y

    def backward(self, grad: Array) -> Gradients:
        return (np.negative(grad, out=self.into[0]),)
