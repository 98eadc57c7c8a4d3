"""What people write into text fields, as numbers; what can't be read is answered by a sentence."""

from __future__ import annotations

import math
import re
from typing import Any

BETWEEN = r"\s*,\s*|\s+"
WIDEST = 4096  # units of a layer: more would keep a notebook busy for hours


def numbers(name: str, text: str) -> list[float]:
    """Read numbers with commas or spaces between them.

    Parameters
    ----------
    name : str
        Of the field.
    text : str

    Returns
    -------
    list of float

    Raises
    ------
    ValueError
        If there are none, or something else is among them.

    Examples
    --------
    >>> numbers("x", "0.5, -0.3"), numbers("x", "1 2e-3")
    ([0.5, -0.3], [1.0, 0.002])
    """
    try:
        found = [float(part.replace("−", "-")) for part in re.split(BETWEEN, text.strip())]
    except ValueError:
        found = [math.nan]
    if not all(map(math.isfinite, found)):
        why = ", which is infinite" if any(map(math.isinf, found)) else ""
        raise ValueError(f"{name} expected numbers with commas between, as in 0.5, -0.3, got {text!r}{why}")
    return found


def matrix(name: str, text: str) -> list[list[float]]:
    """Read rows of numbers with semicolons between them.

    Examples
    --------
    >>> matrix("W", "0.1 0.3; 0.2 0.4")
    [[0.1, 0.3], [0.2, 0.4]]
    """
    rows = [numbers(name, row) for row in text.split(";")]
    if len({len(row) for row in rows}) > 1:
        lengths = ", ".join(str(len(row)) for row in rows)
        raise ValueError(f"{name} expected rows of one length, got rows of {lengths} numbers")
    return rows


def layer_sizes(name: str, text: str) -> list[int]:
    """Read the sizes of hidden layers: whole numbers from 1 on, or nothing for no hidden layer.

    Brackets around them are let pass.

    Examples
    --------
    >>> layer_sizes("hidden layers", "512, 256"), layer_sizes("hidden layers", "[128]"), layer_sizes("", " ")
    ([512, 256], [128], [])
    >>> layer_sizes("layers", "128,,x")
    Traceback (most recent call last):
    ValueError: layers expected whole numbers from 1 to 4096 with commas between, as in 256, 128, got '128,,x'
    """
    inside = text.strip().removeprefix("[").removesuffix("]").strip()
    parts = re.split(BETWEEN, inside) if inside else []
    if not all(re.fullmatch(r"\d{1,4}", part) and 1 <= int(part) <= WIDEST for part in parts):
        wanted = f"whole numbers from 1 to {WIDEST} with commas between, as in 256, 128"
        raise ValueError(f"{name} expected {wanted}, got {text!r}")
    return [int(part) for part in parts]


def written(value: Any) -> str:
    """Return a number, numbers or rows of them as they are written into a field.

    Examples
    --------
    >>> written([[0.1, 0.3], [0.2, 0.4]]), written([0.8]), written(0.1), written(None)
    ('0.1, 0.3; 0.2, 0.4', '0.8', '0.1', '')
    """
    if value is None:
        return ""
    if not isinstance(value, list):
        return f"{value:g}"
    return ("; " if isinstance(value[0], list) else ", ").join(map(written, value))
