"""What ``chainrule data`` does: say which data there are, fetch them, verify them."""

import itertools
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from chainrule.datasets.catalogue import CATALOGUE, IDXFile, ImageSet, find_set
from chainrule.datasets.download import FetchedFile, check_content, fetch_set
from chainrule.datasets.idx import IDXError, read_pair
from chainrule.datasets.load import download_folder
from chainrule.datasets.places import file_in, layouts, places

__all__ = ["FileCheck", "StatusRow", "fetch", "status", "verify"]


@dataclass(frozen=True)
class StatusRow:
    """One place where a set may be: `where` it is and in which `state`."""

    dataset: str
    where: str
    state: str

    def __str__(self) -> str:
        return f"{self.dataset}: {self.where}: {self.state}"


@dataclass(frozen=True)
class FileCheck:
    """One file after verification: `problem` is None for a good one; `path` is None if it was not found."""

    dataset: str
    file: str
    path: Path | None
    problem: str | None

    @property
    def ok(self) -> bool:
        """Whether the file is there and has the published content."""
        return self.problem is None

    def __str__(self) -> str:
        return f"{self.dataset}: {self.problem or f'{self.path} is as published'}"


def status() -> list[StatusRow]:
    """List the places where each set is looked for, and what is there.

    Returns
    -------
    list of StatusRow
        In search order, the embedded sample last. Files are read whole, so that a broken one shows.
    """
    rows = []
    for image_set in CATALOGUE:
        for _, group in itertools.groupby(places(image_set), key=lambda place: place.why):
            candidates = list(group)
            used = next((place for place in candidates if _holds_any(image_set, place.folder)), candidates[-1])
            rows.append(StatusRow(image_set.name, str(used), _state(image_set, used.folder)))
        sizes = f"the first {image_set.train.sample} + {image_set.test.sample} images"
        rows.append(StatusRow(image_set.name, "embedded sample", sizes))
    return rows


def fetch(names: Iterable[str] | None = None, folder: str | os.PathLike[str] | None = None) -> list[FetchedFile]:
    """Download what is missing or broken.

    Parameters
    ----------
    names : iterable of str, optional
        The sets; all of them by default.
    folder : str or path-like, optional
        Where to; by default the user's cache. Each set gets a folder of its own in it.

    Returns
    -------
    list of FetchedFile
        Every file, and whether it was there already.

    Raises
    ------
    DownloadError
        If a file could not be had from any mirror.
    """
    fetched = []
    for image_set in _sets(names):
        if folder is None:
            target = download_folder(image_set, None)
        else:
            *own, _ = layouts(Path(folder), image_set)
            target = next((candidate for candidate in own if _holds_any(image_set, candidate)), own[-1])
        fetched += fetch_set(image_set, target)
    return fetched


def verify(names: Iterable[str] | None = None, folder: str | os.PathLike[str] | None = None) -> list[FileCheck]:
    """Compare files with the published ones by the SHA-256 of their content.

    Parameters
    ----------
    names : iterable of str, optional
        The sets; all of them by default.
    folder : str or path-like, optional
        Where they lie; by default the first place of the search order that holds any of their files.

    Returns
    -------
    list of FileCheck
        Four for each set.
    """
    checks = []
    for image_set in _sets(names):
        if folder is None:
            candidates: Iterable[Path] = (place.folder for place in places(image_set))
        else:
            candidates = layouts(Path(folder), image_set)
        found = next((candidate for candidate in candidates if _holds_any(image_set, candidate)), None)
        checks += [_check(image_set, file, found) for file in image_set.files]
    return checks


def _sets(names: Iterable[str] | None) -> tuple[ImageSet, ...]:
    return CATALOGUE if names is None else tuple(find_set(name) for name in names)


def _holds_any(image_set: ImageSet, folder: Path) -> bool:
    return any(file_in(folder, file) for file in image_set.files)


def _state(image_set: ImageSet, folder: Path) -> str:
    found = [path for file in image_set.files if (path := file_in(folder, file)) is not None]
    if not found:
        return "not there"
    if len(found) < len(image_set.files):
        return f"incomplete: {len(found)} of {len(image_set.files)} files"
    try:
        train, test = (read_pair(*pair)[0] for pair in (found[:2], found[2:]))
    except IDXError as error:
        return f"broken: {error}"
    return f"{len(train)} + {len(test)} images"


def _check(image_set: ImageSet, file: IDXFile, folder: Path | None) -> FileCheck:
    path = None if folder is None else file_in(folder, file)
    if path is None:
        return FileCheck(image_set.name, file.name, None, f"{file.name}[.gz] was not found")
    try:
        check_content(path, file)
    except IDXError as error:
        return FileCheck(image_set.name, file.name, path, str(error))
    return FileCheck(image_set.name, file.name, path, None)
