"""How numbers are shown: rounded at the very end, and known to be rounded."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral

LARGE, SMALL = 1e7, 1e-4  # outside of these, powers of ten
SAME = 8  # roundings: numbers that differ by less are the same


@dataclass(frozen=True)
class Rounding:
    """Rounds to so many places after the point; of a small number, to that many significant digits less one.

    Attributes
    ----------
    digits : int
    eps : float
        The relative error that the numbers have themselves: what differs by less is the same.

    Examples
    --------
    >>> show = Rounding(4)
    >>> [show.mantissa(x)[0] for x in (0.5, 0.80218, 0.22049, -0.000341)], show.mantissa(3.41e-9)
    (['0.5', '0.8022', '0.2205', '-0.000341'], ('3.41', -9))
    >>> show.exact(0.1 + 0.2), show.exact(1 / 3)
    (True, False)
    """

    digits: int = 4
    eps: float = 2.0**-52

    def __post_init__(self) -> None:
        if not isinstance(self.digits, Integral) or not 1 <= self.digits <= 15:
            raise ValueError(f"digits expected a whole number from 1 to 15, got {self.digits!r}")

    def mantissa(self, x: float) -> tuple[str, int]:
        """Return the digits, and the power of ten that they are to be multiplied by (0 for most)."""
        x = float(x)
        if not math.isfinite(x):
            return "NaN" if math.isnan(x) else ("∞" if x > 0 else "-∞"), 0
        if x == 0:
            return "0", 0
        if SMALL <= abs(x) < LARGE:
            power = math.floor(math.log10(abs(x)))
            return self._decimals(x, max(self.digits, self.digits - 2 - power)), 0
        text, _, exponent = f"{x:.{max(self.digits - 2, 0)}e}".partition("e")
        return self._trimmed(text, x / 10.0 ** int(exponent)), int(exponent)

    def _decimals(self, x: float, places: int) -> str:
        return self._trimmed(f"{x:.{places}f}", x)

    def _trimmed(self, text: str, x: float) -> str:
        """Leave out zeros at the end where nothing was rounded."""
        if "." in text and abs(float(text) - x) <= SAME * self.eps * abs(x):
            text = text.rstrip("0").rstrip(".")
        return text

    def exact(self, x: float) -> bool:
        """Return whether what is shown is the number itself."""
        if not math.isfinite(x):
            return True
        text, power = self.mantissa(x)
        return abs(float(text) * 10.0**power - x) <= SAME * self.eps * abs(x)
