"""Writing files whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


@contextmanager
def write_whole(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file for writing that appears under its name only when the block has ended well.

    What stood there before stays until then: a full disk or a killed process leaves the old file, or none, never
    half of the new one.

    Parameters
    ----------
    path : path-like
        Missing folders are made.

    Yields
    ------
    binary file

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> with write_whole(folder / "numbers") as file:
    ...     _ = file.write(b"1 2 3")
    >>> (folder / "numbers").read_bytes()
    b'1 2 3'
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file, UTF-8, whole or not at all.

    Parameters
    ----------
    path : path-like
    text : str

    Examples
    --------
    >>> path = Path(tempfile.mkdtemp(), "note.txt")
    >>> write_text(path, "∂L/∂W")
    >>> path.read_text(encoding="utf-8")
    '∂L/∂W'
    """
    with write_whole(path) as file:
        file.write(text.encode())


def _umask() -> int:
    """Return the process's mask of permissions; temporary files are made without regard to it."""
    mask: Any = os.umask(0)
    os.umask(mask)
    return int(mask)
