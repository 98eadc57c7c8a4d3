"""Formulas as small trees, whose symbols know their numbers.

One tree serves for the formula, for the formula with the numbers put in, and for every line in between that
somebody who computes by hand would write: :func:`stages` returns them all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

Number: TypeAlias = "Expr | float"


class Expr:
    """What every formula is. Arithmetic on formulas gives formulas.

    Examples
    --------
    >>> z = Sym("z", 1.4)
    >>> (1 / (1 + exp(-z))).value.round(3)
    np.float64(0.802)
    """

    @property
    def parts(self) -> tuple[Expr, ...]:
        """The formulas inside."""
        return ()

    def rebuilt(self, parts: Sequence[Expr]) -> Expr:
        """Return the same with other formulas inside."""
        return self

    def compute(self, *values: np.float64) -> np.float64:
        """Compute the value from those of the parts."""
        raise NotImplementedError

    @property
    def value(self) -> np.float64:
        """What comes out, computed in float64."""
        with np.errstate(all="ignore"):
            return self.compute(*(part.value for part in self.parts))

    def __add__(self, other: Number) -> Expr:
        left, right = self, expr(other)
        return Add((*_flat(left, Add), *_flat(right, Add)))

    def __radd__(self, other: Number) -> Expr:
        return expr(other) + self

    def __neg__(self) -> Expr:
        return Neg(self)

    def __sub__(self, other: Number) -> Expr:
        return self + Neg(expr(other))

    def __rsub__(self, other: Number) -> Expr:
        return expr(other) - self

    def __mul__(self, other: Number) -> Expr:
        return product(self, expr(other))

    def __rmul__(self, other: Number) -> Expr:
        return product(expr(other), self)

    def __truediv__(self, other: Number) -> Expr:
        return Frac(self, expr(other))

    def __rtruediv__(self, other: Number) -> Expr:
        return Frac(expr(other), self)

    def __pow__(self, exponent: Number) -> Expr:
        return Pow(self, expr(exponent))


def expr(x: Number) -> Expr:
    """Return a formula as it is, and a number as one."""
    return x if isinstance(x, Expr) else Num(np.float64(x))


def _flat(x: Expr, kind: type[Add] | type[Mul]) -> tuple[Expr, ...]:
    return x.parts if type(x) is kind and not (isinstance(x, Mul) and x.sign != "·") else (x,)


# ---- leaves --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Num(Expr):
    """A number."""

    number: np.float64

    @property
    def value(self) -> np.float64:
        """The number."""
        return self.number


class Leaf(Expr):
    """A name for a number; with the numbers put in, that stands in its place."""

    number: float

    @property
    def value(self) -> np.float64:
        """The number that it stands for."""
        return np.float64(self.number)


@dataclass(frozen=True)
class Sym(Leaf):
    """A quantity: z₁⁽²⁾ is ``Sym("z", 0.17, (1,), 2)``.

    Attributes
    ----------
    letter : str
    number : float
    index : tuple of int or str
        Subscripts, counted from 1; none for a whole vector or matrix.
    layer : int or None
        The superscript in parentheses.
    row : int or None
        The row of the batch, counted from 1, if it is not the one that is explained.
    """

    letter: str
    number: float = np.nan
    index: tuple[int | str, ...] = ()
    layer: int | None = None
    row: int | None = None


@dataclass(frozen=True)
class Partial(Leaf):
    """∂of/∂by; with ``via``, only the part of it that comes through that quantity."""

    of: Sym
    by: Sym
    number: float = np.nan
    via: Sym | None = None


@dataclass(frozen=True)
class Words(Leaf):
    """A quantity that is described: the rest of a long sum."""

    words: str
    number: float


# ---- operations ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Many(Expr):
    """An operation on several formulas."""

    operands: tuple[Expr, ...]

    @property
    def parts(self) -> tuple[Expr, ...]:
        """The operands."""
        return self.operands

    def rebuilt(self, parts: Sequence[Expr]) -> Expr:
        """Return the same operation on others."""
        return replace(self, operands=tuple(parts))


@dataclass(frozen=True)
class Add(Many):
    """A sum."""

    def compute(self, *values: np.float64) -> np.float64:
        """Add."""
        return np.float64(sum(values))


@dataclass(frozen=True)
class Mul(Many):
    """A product; ``sign`` is "·", "⊙" between vectors element by element, or "" for a product of matrices."""

    sign: str = "·"

    def compute(self, *values: np.float64) -> np.float64:
        """Multiply."""
        return np.float64(np.prod(values))


@dataclass(frozen=True)
class Fn(Many):
    """A function of one or more numbers that is not taken apart further."""

    name: str
    function: Callable[..., np.float64]

    def compute(self, *values: np.float64) -> np.float64:
        """Call it."""
        return np.float64(self.function(*values))


@dataclass(frozen=True)
class Neg(Expr):
    """−x."""

    operand: Expr

    @property
    def parts(self) -> tuple[Expr, ...]:
        """The operand."""
        return (self.operand,)

    def rebuilt(self, parts: Sequence[Expr]) -> Expr:
        """Return the negative of another."""
        return Neg(parts[0])

    def compute(self, *values: np.float64) -> np.float64:
        """Change the sign."""
        return -values[0]


@dataclass(frozen=True)
class Two(Expr):
    """An operation on two formulas."""

    a: Expr
    b: Expr

    @property
    def parts(self) -> tuple[Expr, ...]:
        """The operands."""
        return self.a, self.b

    def rebuilt(self, parts: Sequence[Expr]) -> Expr:
        """Return the same operation on two others."""
        return type(self)(*parts)


@dataclass(frozen=True)
class Frac(Two):
    """a / b."""

    def compute(self, *values: np.float64) -> np.float64:
        """Divide."""
        return np.float64(np.divide(values[0], values[1]))


@dataclass(frozen=True)
class Pow(Two):
    """a to the b."""

    def compute(self, *values: np.float64) -> np.float64:
        """Raise to the power."""
        return np.float64(np.power(values[0], values[1]))


@dataclass(frozen=True)
class Exp(Expr):
    """e to the x."""

    operand: Expr

    @property
    def parts(self) -> tuple[Expr, ...]:
        """The exponent."""
        return (self.operand,)

    def rebuilt(self, parts: Sequence[Expr]) -> Expr:
        """Return e to another."""
        return Exp(parts[0])

    def compute(self, *values: np.float64) -> np.float64:
        """Raise e to the power."""
        return np.float64(np.exp(values[0]))


@dataclass(frozen=True)
class Defined(Expr):
    """A function with its definition: σ(z), which is 1 / (1 + e⁻ᶻ)."""

    name: str
    argument: Expr
    body: Expr

    @property
    def parts(self) -> tuple[Expr, ...]:
        """The argument."""
        return (self.argument,)

    def rebuilt(self, parts: Sequence[Expr]) -> Expr:
        """Return it of another argument, with numbers in the definition too."""
        return Defined(self.name, parts[0], with_numbers(self.body))

    def compute(self, *values: np.float64) -> np.float64:
        """Compute what the definition says."""
        return self.body.value


# ---- for formulas of whole vectors, which have no value ------------------------------------------------------


@dataclass(frozen=True)
class Sigma(Expr):
    """Σ over an index."""

    over: str
    body: Expr


@dataclass(frozen=True)
class Transposed(Expr):
    """A matrix with rows and columns exchanged."""

    matrix: Expr


@dataclass(frozen=True)
class Cases(Expr):
    """One formula if a condition holds, else another, which may be cases too."""

    then: Expr
    left: Expr
    relation: str
    right: Expr
    otherwise: Expr

    @property
    def chain(self) -> tuple[list[Cases], Expr]:
        """These cases and those in ``otherwise``, and what is left when none of them holds."""
        if not isinstance(self.otherwise, Cases):
            return [self], self.otherwise
        more, rest = self.otherwise.chain
        return [self, *more], rest


def product(*factors: Expr, sign: str = "·") -> Expr:
    """Multiply; products in products become one."""
    if sign == "·":
        factors = tuple(part for factor in factors for part in _flat(factor, Mul))
    return factors[0] if len(factors) == 1 else Mul(factors, sign)


def total(terms: Sequence[Expr]) -> Expr:
    """Add up; a single term is its own sum."""
    return terms[0] if len(terms) == 1 else Add(tuple(terms))


def exp(x: Expr) -> Expr:
    """Return e to the x."""
    return Exp(x)


def ln(x: Expr) -> Expr:
    """Return the natural logarithm."""
    return Fn((x,), "ln", np.log)


def maximum(a: Number, b: Number) -> Expr:
    """Return the larger of two."""
    return Fn((expr(a), expr(b)), "max", np.maximum)


def minimum(a: Number, b: Number) -> Expr:
    """Return the smaller of two."""
    return Fn((expr(a), expr(b)), "min", np.minimum)


def root(x: Expr) -> Expr:
    """Return the square root."""
    return Fn((x,), "√", np.sqrt)


def size(x: Expr) -> Expr:
    """Return |x|."""
    return Fn((x,), "|", np.abs)


def sign(x: Expr) -> Expr:
    """Return −1, 0 or 1."""
    return Fn((x,), "sign", np.sign)


def sigmoid(x: Expr) -> Expr:
    """Return σ(x), with its definition."""
    return Defined("σ", x, 1 / (1 + exp(-x)))


def tanh(x: Expr) -> Expr:
    """Return the hyperbolic tangent, which is not taken apart."""
    return Fn((x,), "tanh", np.tanh)


# ---- computing by hand ---------------------------------------------------------------------------------------


def with_numbers(x: Expr) -> Expr:
    """Put the numbers in."""
    return Num(x.value) if isinstance(x, Leaf) else x.rebuilt([with_numbers(part) for part in x.parts])


def _plain(x: Expr) -> bool:
    """Return whether this is a number, with or without a minus."""
    return isinstance(x, Num) or (isinstance(x, Neg) and isinstance(x.operand, Num))


def _one_step(x: Expr) -> Expr:
    """Compute the innermost operations, and replace functions of numbers by their definitions."""
    if _plain(x):
        return x
    if all(_plain(part) for part in x.parts):
        if isinstance(x, Defined):
            return x.body
        return Num(x.value)
    rest = x.rebuilt([_one_step(part) for part in x.parts])
    if isinstance(rest, Neg) and isinstance(rest.operand, Num) and rest.operand.value < 0:
        return Num(-rest.operand.value)  # minus what came out negative is plus
    return rest


def stages(x: Expr) -> list[Expr]:
    """Return the formula, the formula with the numbers put in, and what is left after each round of computing.

    The result, a number alone, is not among them.

    Examples
    --------
    >>> from chainrule.derivations.text import TextWriter
    >>> w, z = Sym("w", 0.5, (1,)), Sym("x", 2.0, (1,))
    >>> for stage in stages(w * z + 1 / (1 + exp(Num(np.float64(0))))):
    ...     print(TextWriter().write(stage))
    w₁·x₁ + 1/(1 + e^(0))
    0.5·2 + 1/(1 + e^(0))
    1 + 1/(1 + 1)
    1 + 1/2
    1 + 0.5
    """
    found = [x]
    step = with_numbers(x)
    while not _plain(step):
        if step != found[-1]:
            found.append(step)
        step = _one_step(step)
    return found
