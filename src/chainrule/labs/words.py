"""Numbers as people write them in sentences and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import mean, stdev

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
PLAIN = (1e-3, 1e6)  # numbers in between are written without a power of ten


def scientific(x: float) -> str:
    """Return a small number as people write it.

    Examples
    --------
    >>> scientific(8.11e-06), scientific(0.0)
    ('8.1 × 10⁻⁶', '0')
    """
    if x == 0:
        return "0"
    digits, _, power = f"{x:.1e}".partition("e")
    return f"{digits} × 10{str(int(power)).translate(_RAISED)}"


def roughly(x: float) -> str:
    """Return a number to two significant digits, and a whole one below a hundred as it is.

    Examples
    --------
    >>> roughly(1234.5), roughly(7.0), roughly(0.0312), roughly(2.4e-7)
    ('1,200', '7', '0.031', '2.4 × 10⁻⁷')
    """
    if x == 0:
        return "0"
    if not PLAIN[0] <= abs(x) < PLAIN[1]:
        return scientific(x)
    return f"{float(f'{x:.2g}'):,.10g}"


def listed(words: Iterable[str], last: str = "and") -> str:
    """Return words as a list in a sentence.

    Examples
    --------
    >>> listed(["tanh"]), listed(["tanh", "ReLU"]), listed("abc", "or")
    ('tanh', 'tanh and ReLU', 'a, b or c')
    """
    *others, end = words
    return f"{', '.join(others)} {last} {end}" if others else end


def counted(n: int, one: str, more: str = "") -> str:
    """Return how many there are of what.

    Examples
    --------
    >>> counted(1, "epoch"), counted(2000, "step"), counted(2, "loss", "losses")
    ('1 epoch', '2,000 steps', '2 losses')
    """
    return f"{n:,} {one if n == 1 else more or one + 's'}"


def points(difference: float, digits: int = 1) -> str:
    """Return the difference of two shares in percentage points, without its sign: the sentence says that.

    Examples
    --------
    >>> points(-0.0312), points(0.00031, 2)
    ('3.1 points', '0.03 points')
    """
    return f"{abs(100 * difference):.{digits}f} points"


def times(value: float, other: float) -> str:
    """Return how large a value is beside another, both from 0 on: what stands before the other's name.

    Examples
    --------
    >>> times(5.4, 2.0), times(1.0, 7.3), times(1.001, 1.0), times(0.0, 1.0)
    ('2.7 times as large as', '7.3 times smaller than', 'as large as', '0, unlike')
    """
    if value == other:
        return "as large as"
    if not value or not other:
        return "0, unlike" if not value else "larger by no factor than"
    ratio = value / other
    size = roughly(ratio if ratio > 1 else 1 / ratio)
    if size == "1":
        return "as large as"
    return f"{size} times as large as" if ratio > 1 else f"{size} times smaller than"


def spread(values: Sequence[float], scale: float = 1.0, sign: str = "", digits: int = 1) -> str:
    """Return mean and standard deviation.

    Examples
    --------
    >>> spread([0.5, 0.6, 0.7], 100), spread([0.01], 100, "+")
    ('60.0 ± 10.0', '+1.0')
    """
    middle = f"{scale * mean(values):{sign}.{digits}f}"
    return f"{middle} ± {scale * stdev(values):.{digits}f}" if len(values) > 1 else middle
