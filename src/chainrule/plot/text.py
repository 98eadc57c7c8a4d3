"""Pictures as text, for terminals and logs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chainrule.ops import Array

SHADES = " .:-=+*#%@"  # from no ink to full ink
BYTE = 256


def as_text(image: Array) -> list[str]:
    """Return a picture as lines of characters, the darker the more ink.

    A character is twice as high as wide: each stands for two pixels, one above the other.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width)
        Of an even height.

    Returns
    -------
    list of str

    Examples
    --------
    >>> import numpy as np
    >>> as_text(np.array([[0, 255, 255], [0, 255, 0]], dtype=np.uint8))
    [' @=']
    """
    pairs = image.reshape(image.shape[0] // 2, 2, image.shape[1]).mean(axis=1)
    return ["".join(SHADES[int(ink * len(SHADES)) // BYTE] for ink in row) for row in pairs]


def side_by_side(pictures: Sequence[list[str]], gap: int = 2) -> str:
    """Return pictures of equal height beside each other, as text, without empty lines above and below.

    Examples
    --------
    >>> print(side_by_side([["@@", "@@"], ["::", "::"]]))
    @@  ::
    @@  ::
    """
    return "\n".join((" " * gap).join(lines).rstrip() for lines in zip(*pictures, strict=True)).strip("\n")
