"""Writing files whole or not at all."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


@contextmanager
def write_whole(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file for writing that appears under its name only when the block has ended well.

    What stood there before stays until then: a full disk or a killed process leaves the old file, or none, never
    half of the new one. A link stays a link, and a file keeps its permissions. What is no file, as a pipe or
    ``/dev/stdout``, is written to as it is.

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
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with write_whole(folder / "numbers") as file:
    ...     _ = file.write(b"1 2 3")
    >>> (folder / "numbers").read_bytes()
    b'1 2 3'
    """
    target, mode = Path(os.path.realpath(path)), _mode(path)
    if mode is not None and not stat.S_ISREG(mode):
        with Path(path).open("wb") as file:
            yield file
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.urandom(4).hex()}.partial")
    try:
        with partial.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            partial.chmod(stat.S_IMODE(mode))
        partial.replace(target)
    except BaseException as error:
        with suppress(OSError):
            partial.unlink()
        if isinstance(error, OSError) and error.filename in (None, str(partial)):
            raise with_path(error, path) from error
        raise


def _mode(path: str | os.PathLike[str]) -> int | None:
    """Return of which kind a file is, and its permissions, or None if there is none."""
    try:
        return os.stat(path).st_mode  # noqa: PTH116 (accepts what os.fspath accepts)
    except OSError:
        return None


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
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / ".numbers.a1b2c3.partial").touch()
    >>> remove_partial(folder / "numbers")
    >>> list(folder.iterdir())
    []
    """
    target = Path(os.path.realpath(path))
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
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "note.txt")
    >>> write_text(path, "∂L/∂W")
    >>> path.read_text(encoding="utf-8")
    '∂L/∂W'
    """
    with write_whole(path) as file:
        file.write(text.encode())
