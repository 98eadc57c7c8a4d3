"""How tensors are printed: as PyTorch prints them."""

from __future__ import annotations

import numpy as np

from chainrule.ops.operation import Array, Operation


def format_tensor(array: Array, requires_grad: bool, op: Operation | None) -> str:
    """Return what ``repr`` shows: the elements, to 4 places, and what is not obvious from them.

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
    if array.dtype not in (np.float32, np.int64, np.bool_):
        notes.append(f"dtype={array.dtype}")
    if op is not None:
        notes.append(f"grad_fn={op!r}")
    elif requires_grad:
        notes.append("requires_grad=True")
    return f"tensor({', '.join([_elements(array), *notes])})"


def _elements(array: Array) -> str:
    return np.array2string(
        array,
        separator=", ",
        prefix="tensor(",
        threshold=1000,
        edgeitems=3,
        max_line_width=80,
        formatter={"float_kind": _float_format(array)} if array.dtype.kind == "f" else None,
    )


def _float_format(array: Array):  # type: ignore[no-untyped-def]
    """Choose one notation for all elements: integers as «2.», scientific where 4 places would not show them."""
    shown = array if array.size <= 1000 else np.concatenate([array.ravel()[:100], array.ravel()[-100:]])
    sizes = np.abs(shown[np.isfinite(shown) & (shown != 0)]).astype(np.float64)
    whole = bool((shown[np.isfinite(shown)] % 1 == 0).all())
    wide = sizes.size and (sizes.max() / sizes.min() > 1000 or sizes.max() > 1e8 or sizes.min() < 1e-4)
    if (sizes.size and sizes.max() > 1e8) or (wide and not whole):
        spell = "{:.4e}".format
    else:
        spell = "{:.0f}.".format if whole else "{:.4f}".format

    def spelled(x: float) -> str:
        return spell(x) if np.isfinite(x) else str(float(x))

    if array.ndim == 0:
        return spelled
    width = max((len(spelled(x)) for x in shown.ravel()), default=0)
    return lambda x: spelled(x).rjust(width)
