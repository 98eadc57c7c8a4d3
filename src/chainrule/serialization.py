"""``cr.save`` and ``cr.load``: tensors in plain containers, in one file that NumPy reads.

The file is an ``.npz`` archive: one array per tensor, and the containers around them as JSON. Nothing in it is
executed when it is read.
"""

from __future__ import annotations

import errno
import io
import json
import math
import os
import warnings
import zipfile
from contextlib import nullcontext
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np

from chainrule import legacy_torch_files, torch_files
from chainrule.device import device as Device
from chainrule.files import with_path, write_whole
from chainrule.foreign import LONGEST_KEY, check_booleans, check_members, checked_tensor, short
from chainrule.json_files import parse_json
from chainrule.ops import Array
from chainrule.tensor import Tensor

PathOrFile: TypeAlias = str | os.PathLike[str] | IO[bytes]

STRUCTURE = "structure"


def save(obj: Any, f: PathOrFile) -> None:
    """Save tensors, arrays, numbers, strings and None, in any nesting of dicts, lists and tuples.

    Parameters
    ----------
    obj : object
        A ``state_dict()``, or anything made of the above.
    f : path-like or binary file
        A path is written whole or not at all. One that ends as PyTorch's files do, in .pt or .pth, is warned of.

    Raises
    ------
    TypeError
        If something else is found in ``obj``: the error says where.
    ValueError
        If containers are nested beyond what Python can follow.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO()
    >>> save({"weight": Tensor([1.0, 2.0]), "epoch": 3}, file)
    >>> _ = file.seek(0)
    >>> load(file)
    {'weight': tensor([1., 2.]), 'epoch': 3}
    """
    arrays: list[Array] = []
    try:
        text = json.dumps(_pack(obj, arrays, "obj"))
    except RecursionError:
        raise ValueError("save() can't follow obj: it is nested too deeply, or holds itself") from None
    members: dict[str, Any] = {
        STRUCTURE: np.frombuffer(text.encode(), np.uint8),
        **{f"{i}": a for i, a in enumerate(arrays)},
    }
    if isinstance(f, str | os.PathLike):
        with write_whole(f) as file:
            np.savez(file, **members)
        if str(f).endswith((".pt", ".pth")):
            warnings.warn(
                f"{f} was saved as an .npz, which chainrule.load reads and torch.load does not: call it .npz, or "
                "write a file for PyTorch with torch.save(chainrule.interop.to_torch(obj), ...)",
                stacklevel=2,
            )
    else:
        np.savez(f, **members)


def load(f: PathOrFile, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """Load what :func:`save` saved, or ``torch.save`` of tensors in plain containers.

    Parameters
    ----------
    f : path-like or binary file
        One that can't be moved about in, as a pipe, is read into memory first.
    map_location : optional
        Must be the CPU; for PyTorch's sake.
    weights_only : bool
        Must be True: nothing else is ever loaded.

    Returns
    -------
    object
        The same containers, with tensors where tensors were.

    Raises
    ------
    OSError
        If there is no such file, or it can't be read.
    MemoryError
        If it is larger than the memory that there is.
    TypeError
        If ``f`` is neither a path nor a binary file.
    ValueError
        If it is no such file, a damaged one, or one with anything else in it, which is named: nothing that a file
        says is executed.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO()
    >>> save([tensor([1, 2]), "two"], file)
    >>> _ = file.seek(0)
    >>> load(file)
    [tensor([1, 2]), 'two']
    """
    if map_location is not None:
        Device(map_location)
    if not weights_only:
        raise NotImplementedError("load(weights_only=False) would execute what a file says: not covered")
    if not isinstance(f, str | os.PathLike) and (not hasattr(f, "read") or isinstance(f, io.TextIOBase)):
        mend = ": put it into an io.BytesIO" if isinstance(f, bytes | bytearray) else ""
        raise TypeError(f"load expected a path or a file that was opened with 'rb', got {type(f).__name__}{mend}")
    name = os.fspath(f) if isinstance(f, str | os.PathLike) else getattr(f, "name", "the file")
    with Path(f).open("rb") if isinstance(f, str | os.PathLike) else nullcontext(f) as file:
        try:
            return _read(file if file.seekable() else io.BytesIO(file.read()))
        except torch_files.RefusedFileError as error:
            raise ValueError(f"{name} can't be loaded: {error}") from None
        except MemoryError as error:
            raise MemoryError(f"{name} can't be loaded: it needs more memory than there is") from error
        except Exception as error:
            # EINVAL: what is asked of a file that says of itself what can't be
            if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
                raise with_path(error, name) from error
            if str(name).endswith(".safetensors"):
                raise ValueError(f"{name} is for chainrule.interop.load_safetensors(), not for load()") from error
            raise ValueError(
                f"{name} is not a file that chainrule.save or torch.save wrote, or it is damaged "
                f"({type(error).__name__}: {str(error)[:300]})"
            ) from error


def _read(file: IO[bytes]) -> Any:
    if legacy_torch_files.is_legacy_file(file):
        return legacy_torch_files.read(file)
    with zipfile.ZipFile(file) as archive:
        if torch_files.is_torch_file(archive):
            return torch_files.read(archive)
        return _Saved(archive).read()


def _pack(obj: Any, arrays: list[Array], where: str) -> Any:
    """Return ``obj`` as JSON can hold it, its arrays moved to the list."""
    if obj is None or isinstance(obj, bool | str):
        return obj
    if isinstance(obj, int | float) and not isinstance(obj, np.generic):
        return obj
    if isinstance(obj, Tensor | np.ndarray | np.generic):
        array = np.asarray(obj)
        if array.dtype.hasobject:
            raise TypeError(f"{where}: an array of Python objects can't be saved")
        arrays.append(array)
        return {"tensor" if isinstance(obj, Tensor) else "array": len(arrays) - 1}
    if isinstance(obj, dict):
        return {"dict": [[_key(k, where), _pack(v, arrays, f"{where}[{k!r}]")] for k, v in obj.items()]}
    if isinstance(obj, list | tuple):
        kind = "list" if isinstance(obj, list) else "tuple"
        return {kind: [_pack(v, arrays, f"{where}[{i}]") for i, v in enumerate(obj)]}
    raise TypeError(
        f"{where}: save() takes tensors, arrays, numbers, strings and None in dicts, lists and tuples, "
        f"got {type(obj).__name__}" + (": save its state_dict()" if hasattr(obj, "state_dict") else "")
    )


def _key(key: Any, where: str) -> Any:
    if not isinstance(key, str | int) or (isinstance(key, int) and key.bit_length() > LONGEST_KEY):
        raise TypeError(f"{where}: keys must be strings or integers of {LONGEST_KEY} bits, got {short(key)}")
    return key


class _Saved:
    """An archive of :func:`save`. Every member is read once, to its end, where its checksum is compared."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        check_members(archive)
        self.archive, self.unread = archive, set(archive.namelist())

    def read(self) -> Any:
        obj = self._unpack(parse_json(self._member(STRUCTURE).tobytes()))
        if self.unread:
            raise ValueError(f"it holds {min(self.unread)!r}, which belongs to nothing")
        return obj

    def _member(self, name: str) -> Array:
        """Return the array in a member, whose header must announce as much as follows it."""
        if f"{name}.npy" not in self.unread:
            raise ValueError(f"{name!r} is not in it, or is used twice")
        self.unread.remove(f"{name}.npy")
        with self.archive.open(f"{name}.npy") as file:
            if np.lib.format.read_magic(file) != (1, 0):
                raise ValueError(f"{name!r} is of another version of NumPy's format")
            shape, columns_first, dtype = np.lib.format.read_array_header_1_0(file)
            content = bytearray(file.read())
        fits = math.prod(shape) * dtype.itemsize == len(content) and min(shape, default=0) >= 0
        if dtype.hasobject or not dtype.itemsize or not fits:
            raise ValueError(f"{name!r} announces {dtype} of shape {shape}, and {len(content)} bytes follow")
        array = np.ndarray(shape, dtype, content, order="F" if columns_first else "C")
        check_booleans(array, name)
        return array

    def _unpack(self, node: Any) -> Any:
        if not isinstance(node, dict | list):
            return node
        ((kind, value),) = node.items() if isinstance(node, dict) else [("[", node)]
        match kind, value:
            case "tensor" | "array", int() if type(value) is int:
                array = self._member(f"{value}")
                return checked_tensor(array, value) if kind == "tensor" else array
            case "dict", list():
                pairs = [(_key(k, "structure"), self._unpack(v)) for k, v in value]
                if len(result := dict(pairs)) < len(pairs):
                    raise ValueError("a dict has a key twice")
                return result
            case "list", list():
                return [self._unpack(v) for v in value]
            case "tuple", list():
                return tuple(self._unpack(v) for v in value)
        raise ValueError(f"unknown entry {kind!r}")
