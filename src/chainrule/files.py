"""Writing files whole or not at all."""

from __future__ import annotations

import glob
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

    Raises
    ------
    OSError
        If the disk is full, or the folder can't be written to; the error names ``path``.

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
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename in (None, name):
            raise with_path(error, target) from error
        raise


def with_path(error: OSError, path: str | os.PathLike[str]) -> OSError:
    """Return an error of the system that says which file it is about, which those of writing don't.

    Parameters
    ----------
    error : OSError
    path : path-like

    Examples
    --------
    >>> with_path(OSError(28, "No space left on device"), "checkpoint.npz")
    OSError(28, 'No space left on device')
    >>> print(_)
    [Errno 28] No space left on device: 'checkpoint.npz'
    """
    return error if error.errno is None else OSError(error.errno, error.strerror, os.fspath(path))


def remove_partial(path: str | os.PathLike[str]) -> None:
    """Remove what processes left that were killed while they wrote a file whole: nobody else does.

    Parameters
    ----------
    path : path-like
        Of the file, which no other process is writing.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / ".numbers.a1b2c3.partial").touch()
    >>> remove_partial(folder / "numbers")
    >>> list(folder.iterdir())
    []
    """
    target = Path(path)
    for left in target.parent.glob(f".{glob.escape(target.name)}.*.partial"):
        left.unlink(missing_ok=True)


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
