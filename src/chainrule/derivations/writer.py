"""Writing formulas: what all renderers share is where parentheses belong."""

from __future__ import annotations

from collections.abc import Callable

from chainrule.derivations.expression import (
    Add,
    Cases,
    Defined,
    Exp,
    Expr,
    Fn,
    Frac,
    Mul,
    Neg,
    Num,
    Partial,
    Pow,
    Sigma,
    Sym,
    Transposed,
    Words,
)
from chainrule.derivations.rounding import Rounding

SUM, PRODUCT, ATOM = 1, 2, 3  # how tightly a piece holds together


class Writer:
    """Writes formulas in one notation. A subclass says how its symbols, fractions and powers look.

    Parameters
    ----------
    rounding : Rounding
        How numbers are shown.
    """

    negative = "−"  # before a number, minus being between two
    plus, minus, times, hadamard, space, comma = " + ", " − ", "·", " ⊙ ", " ", ", "
    flat_fractions = False  # whether a fraction is written on one line

    def __init__(self, rounding: Rounding | None = None) -> None:
        self.rounding = rounding or Rounding()
        self._ways: dict[type[Expr], Callable[..., tuple[str, int]]] = {
            Num: self._number,
            Sym: lambda x, lead: (self.symbol(x), ATOM),
            Partial: lambda x, lead: (self.partial(x), ATOM),
            Words: lambda x, lead: (self.words(f"({x.words})"), ATOM),
            Add: self._sum,
            Neg: lambda x, lead: self._signed(self.negative + self._inside(x.operand, PRODUCT, False), lead),
            Mul: self._product,
            Frac: self._fraction,
            Pow: self._power,
            Exp: lambda x, lead: (self.exponential(self.write(x.operand)), ATOM),
            Fn: self._function,
            Defined: lambda x, lead: (self.function(x.name) + self.parens(self.write(x.argument)), ATOM),
            Sigma: lambda x, lead: (self.sigma(x.over) + self._inside(x.body, PRODUCT, True), PRODUCT),
            Transposed: lambda x, lead: (self.transposed(x.matrix), ATOM),
            Cases: lambda x, lead: (self.cases(x), SUM),
        }

    # ---- what a notation says ----------------------------------------------------------------------------------

    def digits(self, text: str, power: int) -> str:
        """Write a number that is not negative, given its digits and a power of ten."""
        raise NotImplementedError

    def symbol(self, x: Sym) -> str:
        """Write a symbol with its index and layer."""
        raise NotImplementedError

    def partial(self, x: Partial) -> str:
        """Write a derivative."""
        raise NotImplementedError

    def words(self, text: str) -> str:
        """Write words among the formulas."""
        raise NotImplementedError

    def parens(self, text: str) -> str:
        """Put parentheses around."""
        raise NotImplementedError

    def fraction(self, top: str, bottom: str) -> str:
        """Write a fraction."""
        raise NotImplementedError

    def power(self, base: str, exponent: Expr) -> str:
        """Write a power."""
        raise NotImplementedError

    def exponential(self, exponent: str) -> str:
        """Write e to the power."""
        raise NotImplementedError

    def function(self, name: str) -> str:
        """Write the name of a function."""
        raise NotImplementedError

    def around(self, name: str, inside: str) -> str:
        """Write |x| or √x."""
        raise NotImplementedError

    def sigma(self, over: str) -> str:
        """Write the sign of a sum."""
        raise NotImplementedError

    def transposed(self, matrix: Expr) -> str:
        """Write a transposed matrix."""
        raise NotImplementedError

    def cases(self, x: Cases) -> str:
        """Write two cases."""
        raise NotImplementedError

    # ---- what all share ----------------------------------------------------------------------------------------

    def write(self, x: Expr) -> str:
        """Write a formula."""
        return self._write(x, True)[0]

    def terms(self, x: Expr) -> list[str]:
        """Write a formula in pieces between which a line may be broken: the terms of a sum."""
        if not isinstance(x, Add):
            return [self.write(x)]
        return [self._term(term, i) for i, term in enumerate(x.operands)]

    def exact(self, x: Expr) -> bool:
        """Return whether all numbers in a formula are shown as they are."""
        if isinstance(x, Num):
            return self.rounding.exact(x.value)
        return all(self.exact(part) for part in x.parts)

    def _write(self, x: Expr, lead: bool) -> tuple[str, int]:
        return self._ways[type(x)](x, lead)

    def _inside(self, x: Expr, tightness: int, lead: bool) -> str:
        text, holds = self._write(x, lead)
        return text if holds >= tightness else self.parens(text)

    def _signed(self, text: str, lead: bool) -> tuple[str, int]:
        """Return what begins with a minus; it needs parentheses unless it comes first."""
        return (text, PRODUCT) if lead else (self.parens(text), ATOM)

    def _number(self, x: Num, lead: bool) -> tuple[str, int]:
        text, power = self.rounding.mantissa(x.value)
        written = self.digits(text.removeprefix("-"), power)
        holds = PRODUCT if power else ATOM
        if text.startswith("-"):
            return self._signed(self.negative + written, lead)
        return written, holds

    def _sum(self, x: Add, lead: bool) -> tuple[str, int]:
        return "".join(self.terms(x)), SUM

    def _term(self, x: Expr, place: int) -> str:
        if place == 0:
            return self._inside(x, PRODUCT, True)
        if isinstance(x, Neg):
            return self.minus + self._inside(x.operand, PRODUCT, False)
        if isinstance(x, Num) and x.value < 0:
            return self.minus + self._inside(Num(-x.value), PRODUCT, False)
        return self.plus + self._inside(x, PRODUCT, False)

    def _product(self, x: Mul, lead: bool) -> tuple[str, int]:
        sign = {"·": self.times, "⊙": self.hadamard, "": self.space}[x.sign]
        first, *others = x.operands
        pieces = [self._inside(first, PRODUCT, lead), *(self._inside(other, PRODUCT, False) for other in others)]
        return sign.join(pieces), PRODUCT

    def _fraction(self, x: Frac, lead: bool) -> tuple[str, int]:
        if not self.flat_fractions:
            return self.fraction(self.write(x.a), self.write(x.b)), PRODUCT
        return self.fraction(self._inside(x.a, PRODUCT, lead), self._inside(x.b, ATOM, False)), PRODUCT

    def _power(self, x: Pow, lead: bool) -> tuple[str, int]:
        base = self._inside(x.a, ATOM, False)
        if isinstance(x.a, Partial) or (isinstance(x.a, Sym) and x.a.layer is not None):
            # its superscript would run into the exponent
            base = self.parens(base)
        return self.power(base, x.b), ATOM

    def _function(self, x: Fn, lead: bool) -> tuple[str, int]:
        inside = self.comma.join(self.write(part) for part in x.parts)
        if x.name in ("|", "√"):
            return self.around(x.name, inside), ATOM
        return self.function(x.name) + self.parens(inside), ATOM
