"""Sequences of different lengths in one tensor."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.creation import cat, stack
from chainrule.later import missing_from
from chainrule.tensor import Tensor

__getattr__ = missing_from(__name__)


def pad_sequence(
    sequences: Tensor | Sequence[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Join sequences, the shorter ones filled up to the length of the longest.

    Parameters
    ----------
    sequences : sequence of Tensor
        Shapes (length, ...), which differ in their first axis alone.
    batch_first : bool
        Whether the axis of the batch is the first; otherwise the second.
    padding_value : number
    padding_side : str
        "right", behind a sequence, or "left", before it.

    Returns
    -------
    Tensor
        Shape (longest, batch, ...), or (batch, longest, ...).

    Raises
    ------
    RuntimeError
        If there are no sequences, or their shapes don't fit.

    Examples
    --------
    >>> pad_sequence([tensor([1, 2]), tensor([3])], batch_first=True)
    tensor([[1, 2],
            [3, 0]])
    """
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"pad_sequence() expected padding_side left or right, got {padding_side!r}")
    if not isinstance(sequences, Tensor | tuple | list):
        raise RuntimeError(f"pad_sequence() expected a list of tensors, got {type(sequences).__name__}")
    if not len(sequences):
        raise RuntimeError("pad_sequence() expected at least one sequence, got none")
    given = [x.to(sequences[0].dtype) for x in sequences]
    if any(not x.ndim or x.shape[1:] != given[0].shape[1:] for x in given):
        shapes = [tuple(x.shape) for x in given]
        raise RuntimeError(f"pad_sequence() expected shapes that differ along the first axis alone, got {shapes}")
    longest = max(map(len, given))
    filled = []
    for x in given:
        padding = x.new_full((longest - len(x), *x.shape[1:]), padding_value)
        filled.append(cat([x, padding] if padding_side == "right" else [padding, x]))
    return stack(filled, 0 if batch_first else 1)
