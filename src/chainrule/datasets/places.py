"""Where the files of a data set are looked for, and in which order."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chainrule.datasets.catalogue import IDXFile, ImageSet, Split

__all__ = ["SAMPLE", "SYSTEM", "Place", "cache_folder", "file_in", "find_split", "places"]

#: The first images of each set, embedded in the package.
SAMPLE = Path(__file__).with_name("sample")
#: Where Debian's package dataset-fashion-mnist lays its files.
SYSTEM = Path("/usr/share/datasets")


@dataclass(frozen=True)
class Place:
    """A folder that may hold a set, and `why` it is looked at: root, CHAINRULE_DATA, user cache or system."""

    why: str
    folder: Path

    def __str__(self) -> str:
        return f"{self.folder} ({self.why})"


def cache_folder() -> Path | None:
    """Give the folder that downloads go to.

    Returns
    -------
    Path or None
        The environment variable ``CHAINRULE_CACHE`` if it is set, else the user's cache folder; None where
        platformdirs, which knows it, is not installed.
    """
    if named := os.environ.get("CHAINRULE_CACHE"):
        return Path(named)
    try:
        import platformdirs
    except ImportError:
        return None
    return Path(platformdirs.user_cache_dir("chainrule", appauthor=False)) / "datasets"


def layouts(base: Path, image_set: ImageSet) -> tuple[Path, Path, Path]:
    """List the folders that may hold the files: torchvision's layout, the set's own folder, `base` itself."""
    return (base / image_set.name / "raw", base / image_set.folder, base)


def places(image_set: ImageSet, root: str | os.PathLike[str] | None = None) -> Iterator[Place]:
    """List where a set is looked for, in order.

    Parameters
    ----------
    image_set : ImageSet
        The set.
    root : str or path-like, optional
        The folder that the user named; the first place.

    Yields
    ------
    Place
        `root`, the folder that the environment variable ``CHAINRULE_DATA`` names, the user's cache and the
        system's folder, each in torchvision's layout, with a folder for each set, and as the folder of the
        files itself.
    """
    bases = {
        "root": root,
        "CHAINRULE_DATA": os.environ.get("CHAINRULE_DATA") or None,
        "user cache": cache_folder(),
        "system": SYSTEM,
    }
    for why, base in bases.items():
        if base is not None:
            for folder in layouts(Path(base).expanduser(), image_set):
                yield Place(why, folder)


def file_in(folder: Path, file: IDXFile) -> Path | None:
    """Find a file in a folder, plain or gzipped.

    Parameters
    ----------
    folder : Path
        The folder, which need not exist.
    file : IDXFile
        The file.

    Returns
    -------
    Path or None
        The plain file if there is one (it loads faster), else the gzipped one, else None.
    """
    for name in (file.name, f"{file.name}.gz"):
        if (folder / name).is_file():
            return folder / name
    return None


def find_split(
    image_set: ImageSet, split: Split, root: str | os.PathLike[str] | None = None
) -> tuple[Path, Path] | None:
    """Find the images and the labels of a part of a set, in the first place that holds any file of the set.

    Parameters
    ----------
    image_set : ImageSet
        The set.
    split : Split
        Its training or its test part.
    root : str or path-like, optional
        The folder to look in first.

    Returns
    -------
    tuple of two Path, or None
        The file of images and the file of labels; None if no place holds any file of the set.

    Raises
    ------
    FileNotFoundError
        If that place lacks one of the two.
    """
    for place in places(image_set, root):
        if any(file_in(place.folder, file) for file in image_set.files):
            images, labels = file_in(place.folder, split.images), file_in(place.folder, split.labels)
            if images and labels:
                return images, labels
            lacking = split.labels if images else split.images
            raise FileNotFoundError(
                f"{image_set.name} is incomplete in {place}: {lacking.name}[.gz] is not there; "
                "`chainrule data fetch` completes a folder"
            )
    return None
