"""IDX, the file format of MNIST: a magic number, the dimensions, then the elements.

The magic number is four bytes: two zeros, the element type (0x08 is an unsigned byte), the number of
dimensions. Each dimension is a big-endian 32-bit integer. See http://yann.lecun.com/exdb/mnist/. Labels have
one dimension, images three.
"""

import gzip
import hashlib
import io
import math
import os
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["IDXError", "content_sha256", "idx_header", "read_idx", "read_images", "read_labels", "read_pair"]

_UNSIGNED_BYTE = 0x08
_OTHER_TYPES = {0x09: "int8", 0x0B: "int16", 0x0C: "int32", 0x0D: "float32", 0x0E: "float64"}
_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK = 1 << 20
_MOST_COMPRESSED = 100  # the published sets are to a twelfth at most
_ALWAYS_READ = 1 << 23


class IDXError(ValueError):
    """A file that should be IDX is broken, truncated, mislabelled or foreign; the message says which and how."""


def read_idx(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, plain or gzipped (told apart by content, not by name).

    Memory is bounded by the size of the file, whatever its header claims: what is compressed to less than a
    hundredth is read up to 8 MiB only.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    ndarray of uint8
        Its elements, in the shape that its header gives; writable.

    Raises
    ------
    IDXError
        If the file is not IDX, not of unsigned bytes, holds fewer or more elements than its header says, or is
        compressed as no data set is.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "labels"
    ...     _ = path.write_bytes(idx_header((3,)) + bytes([7, 2, 1]))
    ...     read_idx(path)
    array([7, 2, 1], dtype=uint8)
    """
    path = Path(path)
    with path.open("rb") as raw:
        zipped = raw.read(2) == _GZIP_MAGIC
    stream: io.BufferedIOBase
    with gzip.GzipFile(path) if zipped else path.open("rb") as stream:
        try:
            return _parse(stream, path, max(_ALWAYS_READ, _MOST_COMPRESSED * path.stat().st_size))
        except EOFError as error:
            raise IDXError(f"{path} is truncated: its gzip stream ends before its content does") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise IDXError(f"{path} is damaged: its gzip stream does not decode ({error})") from error


def _parse(stream: io.BufferedIOBase, path: Path, limit: int) -> NDArray[np.uint8]:
    shape = _read_shape(stream, path)
    expected = math.prod(shape)
    content = bytearray()
    # One byte more than announced tells a file that is too long, and makes gzip check its own checksum at the end.
    while chunk := stream.read(min(_CHUNK, expected + 1 - len(content))):
        content += chunk
        if len(content) > limit:
            raise IDXError(
                f"{path} unfolds to more than {_MOST_COMPRESSED} times its size, as no data set does: if it is as "
                "it should be, decompress it first"
            )
    if len(content) < expected:
        raise IDXError(
            f"{path} is truncated: its header announces {expected} bytes of shape {shape}, {len(content)} follow"
        )
    if len(content) > expected:
        raise IDXError(f"{path} is too long: its header announces {expected} bytes of shape {shape}, more follow")
    try:
        return np.frombuffer(content, dtype=np.uint8).reshape(shape)
    except ValueError as error:
        raise IDXError(f"{path} has absurd dimensions in its header: {shape}") from error


def _read_shape(stream: io.BufferedIOBase, path: Path) -> tuple[int, ...]:
    magic = stream.read(4)
    if len(magic) < 4:
        raise IDXError(f"{path} is not an IDX file: it ends after {len(magic)} bytes, within the magic number")
    zeros, element_type, ndim = magic[:2], magic[2], magic[3]
    if zeros != b"\0\0" or (element_type != _UNSIGNED_BYTE and element_type not in _OTHER_TYPES):
        hint = " (a web page, saved in place of the file?)" if magic.lstrip().startswith(b"<") else ""
        raise IDXError(f"{path} is not an IDX file: it begins with {magic!r}, expected b'\\x00\\x00\\x08'{hint}")
    if element_type != _UNSIGNED_BYTE:
        raise IDXError(
            f"{path} holds elements of type {_OTHER_TYPES[element_type]} (0x{element_type:02X}), "
            "expected unsigned bytes (0x08)"
        )
    if ndim == 0:
        raise IDXError(f"{path} has no dimensions in its header, expected 1 for labels or 3 for images")
    sizes = stream.read(4 * ndim)
    if len(sizes) < 4 * ndim:
        raise IDXError(f"{path} ends within its header: {ndim} dimensions were announced")
    return tuple(int(size) for size in np.frombuffer(sizes, dtype=">u4"))


def read_images(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """Read a file of images.

    Parameters
    ----------
    path : str or path-like
        The IDX file, plain or gzipped.

    Returns
    -------
    ndarray of uint8, shape (N, height, width)
        The images.

    Raises
    ------
    IDXError
        If the file is broken, or holds something else than images.
    """
    images = read_idx(path)
    if images.ndim == 1:
        raise IDXError(f"{path} holds labels ({len(images)} of them) where images were expected")
    if images.ndim != 3:
        raise IDXError(f"{path} has {images.ndim} dimensions, {images.shape}; images have 3")
    return images


def read_labels(path: str | os.PathLike[str]) -> NDArray[np.int64]:
    """Read a file of labels from 0 to 9.

    Parameters
    ----------
    path : str or path-like
        The IDX file, plain or gzipped.

    Returns
    -------
    ndarray of int64, shape (N,)
        The labels.

    Raises
    ------
    IDXError
        If the file is broken, holds something else than labels, or a label is outside 0 to 9.
    """
    labels = read_idx(path)
    if labels.ndim == 3:
        raise IDXError(f"{path} holds images, of shape {labels.shape}, where labels were expected")
    if labels.ndim != 1:
        raise IDXError(f"{path} has {labels.ndim} dimensions, {labels.shape}; labels have 1")
    wrong = np.flatnonzero(labels > 9)
    if wrong.size:
        raise IDXError(f"{path} holds label {labels[wrong[0]]} at position {wrong[0]}, expected 0 to 9")
    return labels.astype(np.int64)


def read_pair(
    images_path: str | os.PathLike[str], labels_path: str | os.PathLike[str]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read the images of a set and their labels.

    Parameters
    ----------
    images_path, labels_path : str or path-like
        The two IDX files, plain or gzipped.

    Returns
    -------
    images : ndarray of uint8, shape (N, height, width)
    labels : ndarray of int64, shape (N,)

    Raises
    ------
    IDXError
        If either file is broken, or if they do not hold equally many.
    """
    images, labels = read_images(images_path), read_labels(labels_path)
    if len(images) != len(labels):
        raise IDXError(
            f"{images_path} holds {len(images)} images, but {labels_path} holds {len(labels)} labels: "
            "the two files do not belong together"
        )
    return images, labels


def idx_header(shape: tuple[int, ...]) -> bytes:
    """Give the header of an IDX file of unsigned bytes in `shape`.

    Parameters
    ----------
    shape : tuple of int
        The dimensions.

    Returns
    -------
    bytes
        Magic number and dimensions, 4 + 4·len(shape) bytes.

    Examples
    --------
    >>> idx_header((60000,)).hex(" ", 4)
    '00000801 0000ea60'
    """
    return bytes([0, 0, _UNSIGNED_BYTE, len(shape)]) + np.asarray(shape, dtype=">u4").tobytes()


def content_sha256(*arrays: NDArray[np.uint8]) -> str:
    """Give the SHA-256 of the uncompressed IDX files that hold `arrays`, one after the other.

    Compressed bytes differ between distributors; the content does not.

    Parameters
    ----------
    *arrays : ndarray of uint8
        What the files hold, in the order in which ``cat`` would be given them.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> content_sha256(np.array([7, 2, 1], dtype=np.uint8))[:16]
    'e10ef6244367a3de'
    """
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(idx_header(array.shape))
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
