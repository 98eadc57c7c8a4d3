"""Numbers that a document states, beside ours and PyTorch's, and why they differ where that is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.labs.repeated import expected

ENOUGH = 3  # other runs; of two, the range of one more is as wide as one likes
NOT_RUN, NOT_EXPLAINED, SAME = "not run", "not explained", "they don't"


@dataclass(frozen=True)
class Stated:
    """A number that the document states.

    Attributes
    ----------
    what : str
        Its name.
    stated : str
        As the document prints it: "0.0872", "92.08%", "567,434", "1.8e-04".
    ours : float
        Of a number in per cent, the share of 1.
    theirs : float or None
        PyTorch's.
    why : str
        Why ours differs, where that is known (other data or settings, a slip of the document's). Empty if it is
        not known.
    others : sequence of float
        The same number from other runs of ours.
    runs : str
        What these are, as "3 runs with one bit changed" or "5 seeds".
    places : int or None
        How many places behind the point the document's number is meant to have, if it does not print them all, as
        NumPy leaves zeros out; of a number in per cent, places of the percentage.
    """

    what: str
    stated: str
    ours: float
    theirs: float | None = None
    why: str = ""
    others: Sequence[float] = ()
    runs: str = ""
    places: int | None = None

    @property
    def met(self) -> bool:
        """Whether ours is the document's, to the places that it has."""
        return self._agrees(self.ours)

    def _agrees(self, value: float) -> bool:
        half = 0.5 * 10.0 ** -(self._places() + 2 * self.stated.endswith("%"))
        return abs(value - value_of(self.stated)) <= half * (1 + 1e-9)

    def _places(self) -> int:
        return decimals(self.stated) if self.places is None else self.places

    def cells(self) -> dict[str, str]:
        """Return the row of a table.

        Examples
        --------
        >>> row = Stated("accuracy", "92.08%", 0.9151, others=[0.914, 0.915, 0.916], runs="3 seeds")
        >>> list(row.cells().values())
        ['accuracy', '92.08%', '91.51%', 'not run', 'not explained: 3 seeds give 91.40% to 91.60%']
        """
        theirs = NOT_RUN if self.theirs is None else self.shown(self.theirs)
        cells = (self.what, self.stated, self.shown(self.ours), theirs, self.reason())
        return dict(zip(("number", "document", "ours", "PyTorch", "why they differ"), cells, strict=True))

    def shown(self, value: float) -> str:
        """Return a value with as many places as the document's."""
        if self.stated.endswith("%"):
            return f"{value:.{max(self._places(), 0)}%}"
        mantissa, e, _ = self.stated.partition("e")
        return f"{value + 0.0:,.{max(decimals(mantissa) if e else self._places(), 0)}{'e' if e else 'f'}}"

    def reason(self) -> str:
        """Say why the numbers differ: what is known, else what other runs of ours give, else that it is not."""
        if self.met:
            off = self.theirs is not None and not self._agrees(self.theirs)
            return "only PyTorch's does" if off else SAME
        if self.why:
            return self.why
        if not self.others:
            return NOT_EXPLAINED
        low, high = min(self.others), max(self.others)
        seen = f"{self.runs} give {self.shown(low)} to {self.shown(high)}"
        value = value_of(self.stated)
        if low <= value <= high or self._agrees(low) or self._agrees(high):
            return seen
        if len(self.others) >= ENOUGH and expected(self.others)[0] <= value <= expected(self.others)[1]:
            return f"{seen}; one more can give what the document has"
        return f"{NOT_EXPLAINED}: {seen}"


def value_of(stated: str) -> float:
    """Return a stated number; of one in per cent, the share of 1.

    Examples
    --------
    >>> value_of("92.08%"), value_of("567,434")
    (0.9208, 567434.0)
    """
    number = stated.replace(",", "").replace("−", "-")
    return float(f"{number[:-1]}e-2") if number.endswith("%") else float(number)


def decimals(stated: str) -> int:
    """Return how many places behind the point a stated number has.

    Examples
    --------
    >>> decimals("0.0082"), decimals("1.81583231e-04"), decimals("58"), decimals("92.08%")
    (4, 12, 0, 2)
    """
    mantissa, _, power = stated.removesuffix("%").partition("e")
    return len(mantissa.partition(".")[2]) - int(power or 0)


def against_document(rows: Iterable[Stated]) -> list[dict[str, str]]:
    """Return the rows of the table "document, ours, PyTorch, why they differ"."""
    return [row.cells() for row in rows]


def met_of(rows: Sequence[Stated]) -> str:
    """Say how many of the document's numbers are met.

    Examples
    --------
    >>> met_of([Stated("loss", "0.5", 0.51), Stated("accuracy", "90%", 0.8)])
    "1 of the document's 2 numbers is met, to the digits that it prints; not met: accuracy."
    """
    missed = [row.what for row in rows if not row.met]
    met = len(rows) - len(missed)
    if not missed:
        return f"All {len(rows)} numbers of the document are met, to the digits that it prints."
    few = f"; not met: {', '.join(missed)}" if len(missed) <= FEW else ""
    verb = "is" if met == 1 else "are"
    return f"{met} of the document's {len(rows)} numbers {verb} met, to the digits that it prints{few}."


FEW = 5  # names that a sentence can hold


def other_conditions(own: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """Say in what a run is another than the document's; empty if it is not.

    Parameters
    ----------
    own, document : mapping of str to number or str
        The conditions by name; those that only one of the two has don't count.

    Examples
    --------
    >>> other_conditions({"learning rate": 0.1, "seed": 42}, {"learning rate": 0.2, "seed": 42})
    'learning rate 0.1 instead of 0.2'
    """
    return ", ".join(
        f"{name} {_plain(own[name])} instead of {_plain(value)}"
        for name, value in document.items()
        if name in own and own[name] != value
    )


def _plain(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)
