"""What files say of tensors, believed only after it was checked against the files themselves."""

from __future__ import annotations

import os
import reprlib
import zipfile
from typing import Any

import numpy as np

from chainrule import dtypes
from chainrule.ops import Array
from chainrule.tensor import Tensor

HALVES = ": save what .float() makes of it"  # of elements of half the precision
LONGEST_KEY = 64  # bits: of longer integers, any number have one hash, and a dict of those takes ages


def short(value: Any) -> str:
    """Return the beginning of a value; the whole of nested tuples may be exponentially long."""
    return reprlib.repr(value)[:80]


def check_members(archive: zipfile.ZipFile) -> None:
    """Check that an archive holds each member once, as it is, and no more bytes than the file has.

    Without compression and overlaps, nothing that is read can be larger than the file.

    Parameters
    ----------
    archive : ZipFile

    Raises
    ------
    ValueError
        If something else is found.

    Examples
    --------
    >>> import io
    >>> with zipfile.ZipFile(io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
    ...     archive.writestr("bomb", bytes(10**6))
    ...     check_members(archive)
    Traceback (most recent call last):
    ...
    ValueError: its parts are compressed or overlap, which neither cr.save nor torch.save writes
    """
    members, file = archive.infolist(), archive.fp
    assert file is not None
    size = file.seek(0, os.SEEK_END)
    names = {member.filename for member in members}
    if (
        len(names) < len(members)
        or any(m.compress_type != zipfile.ZIP_STORED or m.compress_size != m.file_size for m in members)
        or sum(member.file_size for member in members) > size
    ):
        raise ValueError("its parts are compressed or overlap, which neither cr.save nor torch.save writes")


def checked_tensor(array: Array, name: Any) -> Tensor:
    """Return an array from a file as a tensor, in this machine's byte order.

    Parameters
    ----------
    array : ndarray
    name : object
        For errors.

    Raises
    ------
    ValueError
        If it is of a dtype that tensors don't have, or of booleans that are neither true nor false.

    Examples
    --------
    >>> checked_tensor(np.array([1.0], ">f4"), "weight")
    tensor([1.])
    >>> checked_tensor(np.array([1.0], np.float16), "weight")
    Traceback (most recent call last):
    ...
    ValueError: 'weight' has elements of float16, and tensors have float32, ...: save what .float() makes of it
    """
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    if native.dtype not in dtypes.SUPPORTED:
        names = ", ".join(map(str, dtypes.SUPPORTED))
        mend = HALVES if native.dtype == np.float16 else ""
        raise ValueError(f"{name!r} has elements of {native.dtype}, and tensors have {names}{mend}")
    check_booleans(native, name)
    return Tensor(native)


def check_booleans(array: Array, name: Any) -> None:
    """Raise a ValueError if an array of booleans holds bytes that are neither true nor false."""
    if array.dtype == dtypes.bool_ and np.any(array.view(np.uint8) > 1):
        raise ValueError(f"{name!r} has other values than True and False")
