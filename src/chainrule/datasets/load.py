"""Finding, reading and naming the data: from files to arrays, with a record of which data they are."""

import functools
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from chainrule.datasets.catalogue import CATALOGUE, ImageSet, Split
from chainrule.datasets.download import DownloadError, fetch_set
from chainrule.datasets.idx import IDXError, content_sha256, read_pair
from chainrule.datasets.places import SAMPLE, cache_folder, find_split, places

__all__ = ["Source", "download_folder", "load_split", "sample_files"]

Kind = Literal["full", "sample", "other"]

_silent = ContextVar("_silent", default=False)


@dataclass(frozen=True)
class Source:
    """Which data a dataset holds; ``str()`` gives one line for reports.

    Attributes
    ----------
    dataset : str
        ``"MNIST"`` or ``"FashionMNIST"``.
    split : str
        ``"train"`` or ``"test"``.
    kind : str
        ``"full"``: the whole published set, by its checksum; ``"sample"``: the embedded head of it;
        ``"other"``: files that were found in a folder and are neither.
    where : str
        The folder, or ``"embedded in chainrule"``.
    images : int
        How many.
    sha256 : str
        Of the uncompressed file of images followed by that of labels: ``zcat images.gz labels.gz | sha256sum``.
    """

    dataset: str
    split: str
    kind: Kind
    where: str
    images: int
    sha256: str

    def __str__(self) -> str:
        kind = {"full": "whole set", "sample": "sample", "other": "not the published set"}[self.kind]
        return (
            f"{self.dataset} {self.split}: {kind}, {self.images} images, {self.where}, SHA-256 {self.sha256[:16]}"
        )


def load_split(
    image_set: ImageSet,
    split: Split,
    root: str | os.PathLike[str] | None,
    *,
    download: bool,
    source: str,
) -> tuple[NDArray[np.uint8], NDArray[np.int64], Source]:
    """Load one part of a set from the first place that holds it.

    Parameters
    ----------
    image_set : ImageSet
        The set.
    split : Split
        Its training or its test part.
    root : str, path-like or None
        The folder to look in first, and to download to.
    download : bool
        Whether to download the set where no place holds it.
    source : {"auto", "full", "sample"}
        Whether to fall back on the embedded sample, never to, or to take it at once.

    Returns
    -------
    images : ndarray of uint8, shape (N, 28, 28)
    labels : ndarray of int64, shape (N,)
    source : Source
        Which data these are.

    Raises
    ------
    FileNotFoundError
        If a place holds only some of the files, or none does and `source` is ``"full"``.
    IDXError
        If a file is broken or holds something else.
    ValueError
        If `source` is none of the three.
    """
    if source not in ("auto", "full", "sample"):
        raise ValueError(f"{image_set.name} expected source 'auto', 'full' or 'sample', got {source!r}")
    kind: Kind = "sample"
    where = "embedded in chainrule"
    files = None if source == "sample" else _find(image_set, split, root, download, source == "full")
    images, labels = read_pair(*(files or sample_files(image_set, split)))
    if files is not None:
        kind = _identify(image_set, split, files, images, labels)
        where = str(files[0].parent)
    if source == "full" and kind != "full":
        raise IDXError(
            f"source='full' asks for the whole published {image_set.name}, but {where} holds {len(images)} "
            "images with another checksum: `chainrule data verify` tells more"
        )
    digest = content_sha256(images, labels.astype(np.uint8))
    return images, labels, Source(image_set.name, split.name, kind, where, len(images), digest)


def sample_files(image_set: ImageSet, split: Split) -> tuple[Path, Path]:
    """Give the embedded files of one part of a set: images, labels."""
    folder = SAMPLE / image_set.folder
    return folder / f"{split.images.name}.gz", folder / f"{split.labels.name}.gz"


def download_folder(image_set: ImageSet, root: str | os.PathLike[str] | None) -> Path:
    """Give the folder to download a set to: under `root` as torchvision lays it, else the user's cache."""
    if root is not None:
        return Path(root).expanduser() / image_set.name / "raw"
    cache = cache_folder()
    if cache is None:
        raise ImportError(f'downloading {image_set.name} needs platformdirs: pip install "chainrule[lab]"')
    return cache / image_set.folder


def _find(
    image_set: ImageSet, split: Split, root: str | os.PathLike[str] | None, download: bool, required: bool
) -> tuple[Path, Path] | None:
    """Find the files, download them if asked to, or say why the sample (None) takes their place."""
    reason = "was not found on this machine"
    try:
        files = find_split(image_set, split, root)
    except FileNotFoundError:  # an earlier download may have been interrupted between two files
        if not download:
            raise
        files, reason = None, "is incomplete on this machine"
    _notice_wrong_folder(image_set, root, files)
    if files is not None:
        return files
    if download:
        try:
            folder = download_folder(image_set, root)
            fetch_set(image_set, folder)
            return find_split(image_set, split, folder)
        except (DownloadError, ImportError) as error:
            if required:
                raise
            reason += f" ({str(error).splitlines()[0].rstrip(':')})"
    if required:
        looked = "\n".join(f"  {place}" for place in places(image_set, root))
        raise FileNotFoundError(
            f"{image_set.name} was found in none of these places:\n{looked}\n"
            "Run `chainrule data fetch`, or name the folder that holds it in the environment variable "
            "CHAINRULE_DATA"
        )
    _notice(
        f"chainrule: {image_set.name} {reason}; using the embedded sample, its first {image_set.train.sample} "
        f"training and {image_set.test.sample} test images. For the whole set: `chainrule data fetch`, or name "
        "the folder that holds it in CHAINRULE_DATA."
    )
    return None


def _identify(
    image_set: ImageSet,
    split: Split,
    files: tuple[Path, Path],
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
) -> Literal["full", "other"]:
    """Tell by checksum whether these are the published data; refuse what was published under another name."""
    if images.shape[1:] != split.images.shape[1:] or len(images) == 0:
        raise IDXError(f"{files[0]} holds images of shape {images.shape}, expected (N, 28, 28) with N above 0")
    expected = (split.images, split.labels)
    digests = (content_sha256(images), content_sha256(labels.astype(np.uint8)))
    for path, digest, file in zip(files, digests, expected, strict=True):
        for other in CATALOGUE:
            for published in other.files:
                if digest == published.sha256 != file.sha256:
                    raise IDXError(
                        f"{path} holds the {published.name} of {other.name}, expected the {file.name} of "
                        f"{image_set.name}"
                    )
    return "full" if digests == tuple(file.sha256 for file in expected) else "other"


def _notice_wrong_folder(
    image_set: ImageSet, root: str | os.PathLike[str] | None, found: tuple[Path, Path] | None
) -> None:
    """Say if the folder that CHAINRULE_DATA names holds no file of a set, and so was passed over."""
    named = os.environ.get("CHAINRULE_DATA")
    why = next((place.why for place in places(image_set, root) if found and place.folder == found[0].parent), None)
    if not named or why in ("root", "CHAINRULE_DATA"):
        return
    folder = Path(named).expanduser()
    lacks = f"holds no file of {image_set.name}" if folder.is_dir() else "is not a folder"
    expected = ", ".join(f"{file.name}[.gz]" for file in image_set.files)
    _notice(
        f"chainrule: CHAINRULE_DATA names {folder}, which {lacks}: {expected} were expected in it, in its "
        f"{image_set.folder} or in its {image_set.name}/raw."
    )


@functools.cache
def _notice(text: str) -> None:
    """Tell the user; once in a process, although both parts of a set have the same to say."""
    if not _silent.get():
        print(text, file=sys.stderr)


@contextmanager
def silent() -> Iterator[None]:
    """Inside, don't say where data come from: what is run in many processes would say it in each.

    Examples
    --------
    >>> from chainrule.datasets import MNIST
    >>> with silent():
    ...     digits = MNIST(train=False)
    """
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)
