"""Fetching the published files: from the first mirror that answers, resumed, checked, moved into place at once.

A file under its final name is always whole and has the published content. What has arrived so far lies beside
it under a name that ends in ``.part`` and is bound to its mirror, because compressed bytes differ between
mirrors.
"""

from __future__ import annotations

import functools
import hashlib
import math
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from chainrule.datasets.catalogue import IDXFile, ImageSet
from chainrule.datasets.idx import IDXError, content_sha256, read_idx
from chainrule.datasets.places import file_in

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["DownloadError", "FetchedFile", "check_content", "fetch_set"]

_ATTEMPTS = 5
_TIMEOUT = (5.0, 30.0)  # seconds to connect, seconds without a byte
_CHUNK = 1 << 14  # what a cut loses at most
_ENVELOPE = 1 << 16  # more than compression ever adds


class DownloadError(OSError):
    """No mirror gave a good file, and the message lists what each of them gave; or a file can't be written."""


class _UselessPartError(OSError):
    """What has arrived from this mirror cannot become a good file."""


@dataclass(frozen=True)
class FetchedFile:
    """One file after fetching: of which set, which, where it lies, and whether it had to be downloaded."""

    dataset: str
    file: str
    path: Path
    state: Literal["downloaded", "already there"]

    def __str__(self) -> str:
        return f"{self.dataset}: {self.path} ({self.state})"


def fetch_set(image_set: ImageSet, folder: Path) -> list[FetchedFile]:
    """Download the files of a set that a folder does not hold yet.

    Several processes may do so at once: one downloads, the others wait for it.

    Parameters
    ----------
    image_set : ImageSet
        The set.
    folder : Path
        Where the files go; made if need be.

    Returns
    -------
    list of FetchedFile
        The four files.

    Raises
    ------
    ImportError
        If what downloading needs is not installed.
    DownloadError
        If a file could not be had from any mirror, or the folder can't be written to. What has arrived stays, and
        the next call goes on from there.
    """
    try:
        import filelock
        import requests  # noqa: F401 (asked for here, so that every missing package gives the same advice)

        progress = _progress_bar()
    except ImportError as error:
        raise ImportError(
            f'downloading {image_set.name} needs {error.name}: pip install "chainrule[lab]"', name=error.name
        ) from error
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / ".lock"), progress:
            return [_fetch_file(image_set, file, folder, progress) for file in image_set.files]
    except OSError as error:
        if not _is_of_the_system(error):
            raise
        raise DownloadError(f"{image_set.name} can't be kept in {folder}: {error.strerror}") from error


def check_content(path: Path, file: IDXFile) -> None:
    """Check that a file has the published content.

    Parameters
    ----------
    path : Path
        The file, plain or gzipped.
    file : IDXFile
        What it should be.

    Raises
    ------
    IDXError
        If it is broken, or if the SHA-256 of its content differs from the published one.
    """
    found = content_sha256(read_idx(path))
    if found != file.sha256:
        raise IDXError(
            f"{path} is not the published {file.name}: the SHA-256 of its content is {found}, "
            f"expected {file.sha256}"
        )


def _progress_bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )


def _mirrors(image_set: ImageSet) -> tuple[str, ...]:
    """Give the base URLs to try: only ``CHAINRULE_MIRROR``, which holds a folder for each set, where it is set."""
    if base := os.environ.get("CHAINRULE_MIRROR"):
        return (f"{base.rstrip('/')}/{image_set.folder}/",)
    return image_set.mirrors


def _fetch_file(image_set: ImageSet, file: IDXFile, folder: Path, progress: Progress) -> FetchedFile:
    present = file_in(folder, file)
    if present is not None:
        try:
            check_content(present, file)
            return FetchedFile(image_set.name, file.name, present, "already there")
        except IDXError:
            pass  # broken: replaced below by a good one
    target = folder / f"{file.name}.gz"
    failures = []
    for mirror in _mirrors(image_set):
        url = f"{mirror}{target.name}"
        part = folder / f"{target.name}.{hashlib.sha256(url.encode()).hexdigest()[:8]}.part"
        try:
            _fetch_url(url, part, file, progress)
        except (OSError, IDXError) as error:  # every error of requests is an OSError
            if _is_of_the_system(error):
                raise  # a full disk is no mirror's fault
            failures.append(f"  {url}: {_reason(error)}")
            continue
        part.replace(target)
        for leftover in folder.glob(f"{target.name}.*.part"):
            leftover.unlink()
        if present is not None and present != target:
            present.unlink()  # a broken plain file would be preferred to the good one
        return FetchedFile(image_set.name, file.name, target, "downloaded")
    raise DownloadError(
        f"{target.name} of {image_set.name} could not be downloaded:\n"
        + "\n".join(failures)
        + "\nTry again later, or put the four files in a folder and name it in the environment variable "
        "CHAINRULE_DATA"
    )


def _is_of_the_system(error: Exception) -> bool:
    """Tell an error of the folder from those of mirrors, which requests and we raise without a number."""
    return isinstance(error, OSError) and error.errno is not None


def _reason(error: Exception) -> str:
    """Say in a few words why a transfer failed; what requests says itself fills the screen."""
    from requests import exceptions

    if isinstance(error, exceptions.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code} {error.response.reason}"
    if not isinstance(error, exceptions.RequestException) or all(isinstance(arg, str) for arg in error.args):
        return str(error)  # a sentence, nearly always our own
    sentences = {
        exceptions.ProxyError: "the proxy can't be reached",
        exceptions.SSLError: "the server's certificate is not trusted",
        exceptions.Timeout: "the server does not answer",
        exceptions.ChunkedEncodingError: "the connection broke off",
        exceptions.ConnectionError: "there is no connection to the server",
    }
    return next((said for kind, said in sentences.items() if isinstance(error, kind)), type(error).__name__)


def _fetch_url(url: str, part: Path, file: IDXFile, progress: Progress) -> None:
    """Complete `part` from `url` and check it; one that was resumed and turns out wrong is begun again, once."""
    show = functools.partial(progress.update, progress.add_task(file.name, total=None))
    for fresh in (not part.exists(), True):
        try:
            _complete(url, part, file, show)
            check_content(part, file)
            break
        except (IDXError, _UselessPartError):
            part.unlink()
            if fresh:
                raise


def _complete(url: str, part: Path, file: IDXFile, show: Callable[..., None]) -> None:
    """Transfer until nothing is missing; a cut is taken up again as long as each attempt brings bytes."""
    import requests

    for attempt in range(1, _ATTEMPTS + 1):
        have = part.stat().st_size if part.exists() else 0
        try:
            _transfer(url, part, have, file, show)
            break
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
            # Without ranges, an attempt that brought bytes may leave fewer than the one before.
            if attempt == _ATTEMPTS or not part.exists() or part.stat().st_size in (0, have):
                raise


def _transfer(url: str, part: Path, have: int, file: IDXFile, show: Callable[..., None]) -> None:
    """Append to `part` what follows its first `have` bytes, or write it anew where the server ignores ranges."""
    import requests

    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as response:
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            return  # nothing follows; whether that is right is for the check of the content to say
        response.raise_for_status()
        if response.status_code == requests.codes.partial_content:
            granted = response.headers.get("Content-Range", "")
            if not granted.startswith(f"bytes {have}-"):
                raise _UselessPartError(f"asked for the bytes from {have}, the server sent {granted!r}")
        else:
            have = 0
        length = response.headers.get("Content-Length", "")
        announced = int(length) if length.isdecimal() else 0
        limit = math.prod(file.shape) + _ENVELOPE
        total = have + announced if announced else None
        arrived = 0
        with part.open("ab" if have else "wb") as out:
            for chunk in response.iter_content(_CHUNK):
                out.write(chunk)
                arrived += len(chunk)
                show(completed=have + arrived, total=total)
                if have + arrived > limit:
                    raise _UselessPartError(f"the server sends more than {limit} bytes")
            out.flush()
            os.fsync(out.fileno())
    if arrived < announced:
        raise requests.ConnectionError(f"the connection ended after {arrived} of {announced} bytes")
