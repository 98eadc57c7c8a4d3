"""Build the sample that the package embeds: the first images of each set, in the original order.

Usage: python tools/make_sample.py FOLDER [--out FOLDER]

FOLDER holds the whole sets in `mnist/` and `fashion-mnist/`. Equal content gives equal files: no time stamp, no
name.
"""

import argparse
import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chainrule.datasets.catalogue import CATALOGUE
from chainrule.datasets.idx import content_sha256, idx_header, read_idx
from chainrule.datasets.places import SAMPLE, file_in


def write_gzipped(path: Path, array: NDArray[np.uint8]) -> None:
    """Write `array` to `path` as a gzipped IDX file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as raw, gzip.GzipFile("", "wb", compresslevel=9, fileobj=raw, mtime=0) as zipped:
        zipped.write(idx_header(array.shape) + array.tobytes())


def main() -> None:
    """Cut the head of every published file and report the sizes."""
    parser = argparse.ArgumentParser(description="Build the sample that the package embeds.")
    parser.add_argument("folder", type=Path, help="where the whole sets lie, in mnist/ and fashion-mnist/")
    parser.add_argument("--out", type=Path, default=SAMPLE, help="where to write (default: the package itself)")
    options = parser.parse_args()
    total = 0
    for image_set in CATALOGUE:
        for split in (image_set.train, image_set.test):
            for file in (split.images, split.labels):
                whole = file_in(options.folder / image_set.folder, file)
                if whole is None:
                    parser.error(f"{options.folder / image_set.folder} holds no {file.name}[.gz]")
                array = read_idx(whole)
                if content_sha256(array) != file.sha256:
                    parser.error(f"{whole} is not the published file: its SHA-256 differs")
                target = options.out / image_set.folder / f"{file.name}.gz"
                write_gzipped(target, array[: split.sample])
                total += target.stat().st_size
                print(f"{target}: {split.sample} of {len(array)}, {target.stat().st_size} bytes")
    print(f"{total} bytes in all")


if __name__ == "__main__":
    main()
