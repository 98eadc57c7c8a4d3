"""A progress bar for what takes its time and is no ``Trainer``, which has its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

PER_SECOND = 4.0  # how often it is drawn


def bar(items: Iterable[T], title: str, total: int | None = None, completed: int = 0) -> Iterator[T]:
    """Pass items on, and show on standard error how many there were, if that is a terminal.

    Parameters
    ----------
    items : iterable
    title : str
        What is going on; nothing is shown without.
    total : int, optional
        How many there will be, those that were completed before included; by default ``len(items)``.
    completed : int
        How many were completed before.

    Returns
    -------
    iterator
        The items.

    Examples
    --------
    >>> sum(bar([1, 2, 3], "adding up"))
    6
    """
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    if not title or not console.is_terminal:
        return iter(items)
    shown = track(items, title, total, completed, console=console, transient=True, refresh_per_second=PER_SECOND)
    return iter(shown)
