"""Which numbers of the input belong to a number of the output, and the indices that formulas give them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from chainrule.derivations.expression import Leaf, Partial, Sym
from chainrule.derivations.names import At

FAR = 20.0  # beyond, e^z is not written out any more


def broadcast(at: At, shape: tuple[int, ...]) -> At:
    """Return the place in an array of ``shape`` that is broadcast to a place of the output.

    Examples
    --------
    >>> broadcast((4, 2), (1, 3)), broadcast((4, 2), ())
    ((0, 2), ())
    """
    tail = at[len(at) - len(shape) :]
    return tuple(0 if n == 1 else i for i, n in zip(tail, shape, strict=True))


def along(axis: int, at: At, positions: Iterable[int]) -> list[At]:
    """Return places along an axis through a place.

    Examples
    --------
    >>> along(-1, (4, 2), range(3))
    [(4, 0), (4, 1), (4, 2)]
    """
    axis %= len(at)
    return [(*at[:axis], j, *at[axis + 1 :]) for j in positions]


L = TypeVar("L", bound=Leaf)


def with_index(x: L, letter: str) -> L:
    """Return the symbol of a vector, or of the gradient by it, with a letter for its index."""
    if isinstance(x, Partial):
        return replace(x, by=with_index(x.by, letter))
    assert isinstance(x, Sym)
    return replace(x, index=(letter,))


def shift_of(z: Sequence[Leaf]) -> float:
    """Return the greatest number, to be taken from all before e is raised to them; 0 if nothing would overflow."""
    values = [float(x.value) for x in z]
    return max(values) if any(abs(value) > FAR for value in values) else 0.0
