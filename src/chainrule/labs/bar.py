"""A progress bar for what takes its time and is no ``Trainer``, which has its own."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from typing import Any, TypeVar

T = TypeVar("T")

PER_SECOND = 4.0  # how often it is drawn
SECONDS_BETWEEN_LINES = 30.0


def bar(items: Iterable[T], title: str, total: int | None = None, completed: int = 0) -> Iterator[T]:
    """Pass items on, and show on standard error how many there were: with a bar, or without a terminal in lines.

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

    console = Console(stderr=True)
    if not title:
        return iter(items)
    if total is None and isinstance(items, Sized):
        total = len(items)
    if not console.is_terminal:
        return _lines(items, title, total, completed)
    return _drawn(items, title, total, completed, console)


def _drawn(items: Iterable[T], title: str, total: int | None, completed: int, console: Any) -> Iterator[T]:
    """Pass items on, under a bar."""
    from rich.progress import Progress

    with Progress(console=console, transient=True, refresh_per_second=PER_SECOND) as progress:
        task = progress.add_task(title, total=total, completed=completed)
        for item in items:
            yield item
            progress.advance(task)


def _lines(items: Iterable[T], title: str, total: int | None, completed: int) -> Iterator[T]:
    """Pass items on, and tell a log how many there were."""
    told = time.monotonic()
    for number, item in enumerate(items, completed + 1):
        yield item
        if time.monotonic() - told > SECONDS_BETWEEN_LINES:
            print(f"{title}: {number} of {total or '?'}", file=sys.stderr)
            told = time.monotonic()
