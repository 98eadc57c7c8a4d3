"""What every rule is: the formula of an operation and, right under it, that of its derivative."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from chainrule.derivations.expression import Expr, Leaf, Num, Words, expr, product, total
from chainrule.derivations.names import At, Gradient, Quantity
from chainrule.derivations.steps import Line, Values


@dataclass(eq=False)
class Run:
    """An operation that ran, with names for what went in and came out, and the gradient that came back.

    Attributes
    ----------
    op : Operation
    inputs : list of Quantity
    output : Quantity
    at_most, rows : int
        How many terms of a sum over units, over the batch are shown; the largest, if not all are.
    grad : Gradient or None
        ∂L/∂output.
    is_loss : bool
        Whether the output is L itself, so that its gradient is 1 and not worth a factor.
    grads : dict of int to Gradient
        By the number of the input.
    first : int or None
        The input of a linear layer whose term is shown first, in any case.
    """

    op: Any
    inputs: list[Quantity]
    output: Quantity
    at_most: int
    rows: int
    grad: Gradient | None = None
    is_loss: bool = False
    grads: dict[int, Gradient] = field(default_factory=dict)
    first: int | None = None

    def upstream(self, at: At, factor: Expr) -> Expr:
        """Return ∂L/∂output · factor, the chain rule."""
        assert self.grad is not None
        return _times(self.grad.at(at), factor, self.is_loss, "·")

    def upstream_whole(self, factor: Expr) -> Expr:
        """Return the same of the whole vectors, multiplied element by element."""
        assert self.grad is not None
        return _times(self.grad.whole, factor, self.is_loss, "⊙")


def _times(grad: Leaf, factor: Expr, is_loss: bool, sign: str) -> Expr:
    if is_loss:
        return factor
    return grad if isinstance(factor, Num) and factor.value == 1 else product(grad, factor, sign=sign)


class Rule:
    """Says how an operation computes each number of its output, and its derivative those of its inputs' gradients.

    A subclass names the operations it is for, the letter of the output, and the formulas.
    """

    registry: ClassVar[dict[str, Rule]] = {}
    operations: ClassVar[tuple[str, ...]] = ()
    letter: ClassVar[str] = "t"
    elementwise: ClassVar[bool] = False  # whether each number of the output is made of the one in the same place
    opens_layer: ClassVar[bool] = False  # whether a new layer begins with it

    def __init_subclass__(cls) -> None:
        for name in cls.operations:
            Rule.registry[name] = cls()

    def formula(self, run: Run) -> tuple[Expr, ...]:
        """Return the general formula of the output, in one or more forms."""
        raise NotImplementedError

    def forward(self, run: Run, at: At) -> list[Line]:
        """Return the lines that end in the number of the output at a place."""
        raise NotImplementedError

    def values(self, run: Run) -> tuple[Values, ...]:
        """Return what is worth seeing as a whole."""
        return ()

    def slope(self, run: Run, i: int) -> tuple[Expr, ...]:
        """Return the general formula of the gradient of input ``i``."""
        raise NotImplementedError

    def backward(self, run: Run, i: int, at: At) -> list[Line]:
        """Return the lines that end in the gradient of input ``i`` at a place."""
        raise NotImplementedError


def abridged(terms: Sequence[Expr], at_most: int, more: str = "more terms", keep: int = 0) -> Expr:
    """Add up terms: all, or if they are more than ``at_most`` the largest of them, and the rest in one.

    The first ``keep`` are shown in any case. No terms make 0.

    Examples
    --------
    >>> from chainrule.derivations.expression import Sym
    >>> from chainrule.derivations.text import TextWriter
    >>> terms = [Sym("x", i / 10, (i,)) for i in range(1, 10)]
    >>> TextWriter().write(abridged(terms, 2))
    'x₉ + x₈ + (7 more terms)'
    """
    if len(terms) <= at_most:
        return total(terms) if terms else expr(0)
    values = np.array([term.value for term in terms])
    size = np.abs(values)
    size[:keep] = np.inf
    order = np.argsort(-size, kind="stable")
    rest = Words(f"{len(terms) - at_most} {more}", float(values[order[at_most:]].sum()))
    return total([*(terms[i] for i in order[:at_most]), rest])
