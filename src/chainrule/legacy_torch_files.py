"""Reading files that ``torch.save`` wrote before version 1.6, and writes with its old serialization.

Such a file is a row of pickles (a magic number, a version, what the machine was, the containers, the keys of the
storages), and behind them the bytes of the storages. They are read by the machine of ``torch_files.py``, which
executes nothing.
"""

from __future__ import annotations

import io
from typing import IO, Any

import numpy as np

from chainrule.foreign import check_booleans, short
from chainrule.ops import Array
from chainrule.torch_files import Machine, RefusedFileError

BEGINNING = b"\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."  # the magic number 0x1950A86A20F9469CFC6C
VERSION = 1001


def is_legacy_file(file: IO[bytes]) -> bool:
    """Return whether a file, from where it stands, is one of these; it stands there afterwards, too."""
    start = file.tell()
    beginning = file.read(len(BEGINNING))
    file.seek(start)
    return beginning == BEGINNING


def read(file: IO[bytes]) -> Any:
    """Return the object in such a file.

    Parameters
    ----------
    file : binary file
        Stands at the beginning.

    Returns
    -------
    object
        What :func:`chainrule.torch_files.read` returns of newer files.

    Raises
    ------
    RefusedFileError
        If there is anything else in it than tensors and plain containers, with its name.
    ValueError
        If the file is damaged.
    """
    # In memory, no text can be longer than what is left; of a file, as much as is announced would be asked for.
    file = io.BytesIO(file.read())
    file.seek(len(BEGINNING))
    version, machine = (Machine(_no_storage).run(file) for _ in range(2))
    if version != VERSION:
        raise RefusedFileError(f"its version is {short(version)}, expected {VERSION}")
    if not isinstance(machine, dict) or machine.get("little_endian") is not True:
        raise RefusedFileError("it was written on a machine of the other byte order")
    storages = _Storages(_bytes_left(file))
    result = Machine(storages).run(file)
    storages.fill(Machine(_no_storage).run(file), file)
    return result


def _bytes_left(file: IO[bytes]) -> int:
    here = file.tell()
    end = file.seek(0, 2)
    file.seek(here)
    return end - here


def _no_storage(identity: Any) -> Array:
    raise ValueError(f"{short(identity)} where no storage was expected")


class _Storages:
    """The vectors in which tensors lie, announced before their values come; in all no larger than the file."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.arrays: dict[str, Array] = {}

    def __call__(self, identity: Any) -> Array:
        """Return the storage that a persistent id names, as one vector, still without its values."""
        match identity:
            case ("storage", np.dtype() as dtype, str(key), str(), int(length), None):
                pass
            case _:
                raise RefusedFileError(f"it refers to something outside of it, {short(identity)}")
        if key not in self.arrays:
            self.room -= length * dtype.itemsize
            if length < 0 or self.room < 0:
                raise ValueError(f"storage {key} announces {length} of {dtype}, for which the file is too short")
            self.arrays[key] = np.zeros(length, dtype)
        if (self.arrays[key].dtype, len(self.arrays[key])) != (dtype, length):
            raise ValueError(f"storage {key} is announced twice, as {dtype} and {self.arrays[key].dtype}")
        return self.arrays[key]

    def fill(self, keys: Any, file: IO[bytes]) -> None:
        """Read the values of all storages, in the order of their keys."""
        named = isinstance(keys, list) and all(isinstance(key, str) for key in keys)
        if not named or sorted(keys) != sorted(self.arrays):
            raise ValueError(f"it lists the storages {short(keys)}, and uses {short(sorted(self.arrays))}")
        for key in keys:
            array = self.arrays[key]
            length = int.from_bytes(file.read(8), "little")
            values = file.read(array.nbytes)
            if length != len(array) or len(values) != array.nbytes:
                raise ValueError(
                    f"storage {key} has {length} elements, {len(values)} bytes, expected {len(array)}"
                )
            array[...] = np.frombuffer(values, array.dtype)
            check_booleans(array, f"storage {key}")
        if file.read(1):
            raise ValueError("something follows behind its storages")
