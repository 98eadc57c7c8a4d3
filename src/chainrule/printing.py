"""How tensors are printed: as PyTorch prints them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule import dtypes
from chainrule.ops.operation import Array, Operation

PREFIX = "tensor("


class _Options:
    """How tensors are printed, as long as nothing else is set."""

    precision = 4  # digits behind the point
    threshold: float = 1000  # larger tensors are abbreviated
    edgeitems = 3  # elements shown on either side of the dots
    linewidth = 80  # characters
    sci_mode: bool | None = None  # scientific notation; None where it shows more


PROFILES: dict[str, dict[str, float]] = {
    "default": {},
    "short": {"precision": 2, "edgeitems": 2},
    "full": {"threshold": math.inf},
}
options = _Options()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors are printed. What is not given stays, but for ``sci_mode``.

    Parameters
    ----------
    precision : int, optional
        Digits behind the point; 4 at first.
    threshold : int, optional
        Tensors of more elements are abbreviated; 1000 at first.
    edgeitems : int, optional
        How many elements are shown on either side of the dots; 3 at first.
    linewidth : int, optional
        Characters of a line; 80 at first.
    profile : str, optional
        "default", "short" or "full": values for all of these, before the others are looked at.
    sci_mode : bool, optional
        Whether numbers are in scientific notation; by default where that shows more of them.

    Raises
    ------
    ValueError
        If there is no such profile.

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.set_printoptions(precision=2)
    >>> cr.tensor([1.12345])
    tensor([1.12])
    >>> cr.set_printoptions(profile="default")
    """
    if profile is not None:
        if profile not in PROFILES:
            raise ValueError(f"set_printoptions() expected a profile among {', '.join(PROFILES)}, got {profile!r}")
        vars(options).clear()
        vars(options).update(PROFILES[profile])
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    vars(options).update({name: value for name, value in given.items() if value is not None})
    options.sci_mode = sci_mode


def format_tensor(array: Array, requires_grad: bool, op: Operation | None) -> str:
    """Return what ``repr`` shows: the elements, and what is not obvious from them.

    Parameters
    ----------
    array : ndarray
    requires_grad : bool
    op : Operation or None
        The operation that made the tensor.

    Returns
    -------
    str

    Examples
    --------
    >>> format_tensor(np.array([0.5, 2.0], np.float32), True, None)
    'tensor([0.5000, 2.0000], requires_grad=True)'
    """
    notes = []
    if array.size == 0 and array.ndim != 1:
        notes.append(f"size={array.shape}")
    if array.dtype != dtypes.get_default_dtype() and (not array.size or array.dtype not in (np.int64, np.bool_)):
        notes.append(f"dtype={array.dtype}")
    if op is not None:
        notes.append(f"grad_fn={op!r}")
    elif requires_grad:
        notes.append("requires_grad=True")
    return _with_notes(PREFIX + _elements(array), notes)


def _with_notes(text: str, notes: list[str]) -> str:
    """Put the notes behind the elements, or on lines of their own where they don't fit."""
    length = len(text) - text.rfind("\n") + 1
    for note in notes:
        fits = length + len(note) + 2 <= options.linewidth
        text += (", " if fits else ",\n" + " " * len(PREFIX)) + note
        length = length + len(note) + 2 if fits else len(PREFIX) + len(note)
    return text + ")"


def _elements(array: Array) -> str:
    if array.size == 0:
        return "[]"
    dots = array.size > options.threshold
    shown = _edges(array) if dots else array
    spell = _number_format(shown)
    width = max(len(spell(x)) for x in _measured(shown))
    return _nested(array, lambda x: spell(x).rjust(width), width, len(PREFIX), dots)


def _nested(array: Array, spell: Callable[[Any], str], width: int, indent: int, dots: bool) -> str:
    """Spell an array inside its brackets: a vector in lines that fit, and blank lines between matrices."""
    if array.ndim == 0:
        return spell(array.item())
    if array.ndim == 1:
        parts = _abbreviated([spell(x) for x in _ends(array, dots)], len(array), dots, " ...")
        per_line = max(1, (options.linewidth - indent) // (width + 2))
        lines = [", ".join(parts[i : i + per_line]) for i in range(0, len(parts), per_line)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
    rows = [_nested(row, spell, width, indent + 1, dots) for row in _ends(array, dots)]
    rows = _abbreviated(rows, len(array), dots, "...")
    return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(rows) + "]"


def _ends(array: Array, dots: bool) -> Array:
    """Return what is shown of the first axis."""
    n = options.edgeitems
    return np.concatenate([array[:n], array[-n:]]) if dots and len(array) > 2 * n else array


def _edges(array: Array) -> Array:
    """Return what is shown along every axis."""
    for axis in range(array.ndim):
        array = np.moveaxis(_ends(np.moveaxis(array, axis, 0), True), 0, axis)
    return array


def _abbreviated(parts: list[str], length: int, dots: bool, sign: str) -> list[str]:
    n = options.edgeitems
    return [*parts[:n], sign, *parts[n:]] if dots and length > 2 * n else parts


def _measured(shown: Array) -> Array:
    """Return the elements that decide about notation and width: neither 0, nor NaN, nor infinite."""
    flat = shown.ravel()
    if shown.dtype.kind != "f":
        return flat
    counted = flat[np.isfinite(flat) & (flat != 0)]
    return counted if counted.size else np.zeros(1)


def _number_format(shown: Array) -> Callable[[Any], str]:
    """Choose one notation for all elements: integers as «2.», scientific where the places would not show them."""
    if shown.dtype.kind != "f":
        return str
    sizes = np.abs(_measured(shown).astype(np.float64))
    whole = bool((sizes % 1 == 0).all())
    low, high = sizes.min(), sizes.max()
    scientific = options.sci_mode
    if scientific is None:
        scientific = high > 0 and (high / low > 1000 or high > 1e8 or (low < 1e-4 and not whole))
    if whole and not scientific:
        return lambda x: f"{x:.0f}." if np.isfinite(x) else f"{x:.0f}"
    return f"{{:.{options.precision}{'e' if scientific else 'f'}}}".format
