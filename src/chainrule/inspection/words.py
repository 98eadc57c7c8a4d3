"""How numbers are written in sentences."""

from __future__ import annotations

import math

PERCENT = "\N{NO-BREAK SPACE}%"  # never alone on the next line
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(x: float) -> str:
    """Write a number with three digits; of one that is infinite or none at all, that it is not finite.

    Examples
    --------
    >>> number(0.012345), number(4321.0), number(123456.0), number(0.0000123), number(float("nan"))
    ('0.0123', '4,321', '1.23 × 10⁵', '1.23 × 10⁻⁵', 'not finite')
    """
    if not math.isfinite(x):
        return "not finite"
    if x == 0 or 1e-3 <= abs(x) < 1e5:
        return f"{x:.3g}" if abs(x) < 1000 else f"{x:,.0f}"
    return _scientific(f"{x:.2e}")


def short(x: float) -> str:
    """Write a number in little room.

    Examples
    --------
    >>> short(-0.0388), short(-876.5), short(8.4e-6)
    ('−0.039', '−876', '8e-06')
    """
    text = f"{x:,.0f}" if 100 <= abs(x) < 1e5 else f"{x:.2g}" if x == 0 or abs(x) >= 1e-4 else f"{x:.0e}"
    return text.replace("-", "−", 1) if x < 0 else text


def percent(share: float) -> str:
    r"""Write a share.

    Examples
    --------
    >>> percent(0.5), percent(0.001), percent(2e-7), percent(37.0)
    ('50\xa0%', '0.1\xa0%', '2 × 10⁻⁵\xa0%', '3,700\xa0%')
    """
    value = 100 * share
    if value == 0 or abs(value) >= 10:
        return f"{value:,.0f}{PERCENT}"
    return f"{value:.2g}{PERCENT}" if abs(value) >= 1e-3 else f"{_scientific(f'{value:.0e}')}{PERCENT}"


def listed(words: list[str]) -> str:
    """Join words.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _scientific(text: str) -> str:
    digits, power = text.split("e")
    return f"{digits} × 10{str(int(power)).translate(SUPERSCRIPTS)}"
