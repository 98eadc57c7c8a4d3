"""PyTorch's switch for algorithms that always give the same bits."""

from __future__ import annotations

_enabled = False


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for operations that give the same bits every time; on one thread all of them do, asked or not.

    Nothing is computed otherwise: see :func:`chainrule.set_num_threads` for one thread.

    Parameters
    ----------
    mode : bool
        What :func:`are_deterministic_algorithms_enabled` returns from now on.
    warn_only : bool
        Has no effect: there is no operation to warn of.

    Raises
    ------
    TypeError
        If ``mode`` is no bool.

    Examples
    --------
    >>> use_deterministic_algorithms(True)
    >>> are_deterministic_algorithms_enabled()
    True
    >>> use_deterministic_algorithms(False)
    """
    global _enabled
    if not isinstance(mode, bool):
        raise TypeError(f"use_deterministic_algorithms expected a bool for mode, got {mode!r}")
    _enabled = mode


def are_deterministic_algorithms_enabled() -> bool:
    """Return what :func:`use_deterministic_algorithms` was last told; at first False, as in PyTorch.

    Examples
    --------
    >>> are_deterministic_algorithms_enabled()
    False
    """
    return _enabled
