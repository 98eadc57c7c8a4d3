"""``cr.save`` and ``cr.load``: tensors in plain containers, in one file that NumPy reads.

The file is an ``.npz`` archive: one array per tensor, and the containers around them as JSON. Nothing in it is
executed when it is read.
"""

from __future__ import annotations

import json
import os
import zipfile
from typing import IO, Any, TypeAlias

import numpy as np

from chainrule import torch_files
from chainrule.device import device as Device
from chainrule.files import write_whole
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
        A path is written whole or not at all.

    Raises
    ------
    TypeError
        If something else is found in ``obj``: the error says where.

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
    text = json.dumps(_pack(obj, arrays, "obj"))
    members: dict[str, Any] = {
        STRUCTURE: np.frombuffer(text.encode(), np.uint8),
        **{f"{i}": a for i, a in enumerate(arrays)},
    }
    if isinstance(f, str | os.PathLike):
        with write_whole(f) as file:
            np.savez(file, **members)
    else:
        np.savez(f, **members)


def load(f: PathOrFile, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """Load what :func:`save` saved, or ``torch.save`` of tensors in plain containers.

    Parameters
    ----------
    f : path-like or binary file
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
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no such file, a damaged one, or one with anything else in it, which is named: nothing that a file
        says is executed.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO()
    >>> save([Tensor([1, 2]), "two"], file)
    >>> _ = file.seek(0)
    >>> load(file)
    [tensor([1, 2]), 'two']
    """
    if map_location is not None:
        Device(map_location)
    if not weights_only:
        raise NotImplementedError("load(weights_only=False) would execute what a file says: not covered")
    name = os.fspath(f) if isinstance(f, str | os.PathLike) else getattr(f, "name", "the file")
    try:
        with zipfile.ZipFile(f) as archive:
            return _read(archive)
    except FileNotFoundError:
        raise
    except torch_files.RefusedFileError as error:
        raise ValueError(f"{name} can't be loaded: {error}") from None
    except Exception as error:
        raise ValueError(
            f"{name} is not a file that chainrule.save or torch.save wrote, or it is damaged "
            f"({type(error).__name__}: {error})"
        ) from error


def _read(archive: zipfile.ZipFile) -> Any:
    if torch_files.is_torch_file(archive):
        return torch_files.read(archive)
    broken = archive.testzip()
    if broken is not None:
        raise ValueError(f"the checksum of {broken} is wrong")

    def member(name: str) -> Array:
        with archive.open(f"{name}.npy") as file:
            array: Array = np.lib.format.read_array(file, allow_pickle=False)
            return array

    structure = json.loads(member(STRUCTURE).tobytes().decode())
    return _unpack(structure, member)


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
    if not isinstance(key, str | int):
        raise TypeError(f"{where}: keys must be strings or integers, got {key!r}")
    return key


def _unpack(node: Any, member: Any) -> Any:
    if not isinstance(node, dict):
        return node
    ((kind, value),) = node.items()
    if kind in ("tensor", "array"):
        array = member(str(int(value)))
        return Tensor(array) if kind == "tensor" else array
    if kind == "dict":
        return {k: _unpack(v, member) for k, v in value}
    if kind in ("list", "tuple"):
        items = [_unpack(v, member) for v in value]
        return items if kind == "list" else tuple(items)
    raise ValueError(f"unknown entry {kind!r}")
