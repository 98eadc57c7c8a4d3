"""Reading what ``torch.save`` wrote, without PyTorch and without executing what the file says.

Such a file is a zip archive: ``data.pkl`` holds the containers as a pickle, and each ``data/KEY`` the bytes of one
storage, in the memory of which one or more tensors lie. A pickle is a program for a stack machine, and may call
anything. The machine here knows the instructions that build containers, and the few functions that tensors are
made with; everything else is refused by its name.
"""

from __future__ import annotations

import math
import pickletools
import sys
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath
from typing import IO, Any

import numpy as np

from chainrule import dtypes
from chainrule.foreign import HALVES, LONGEST_KEY, check_booleans, check_members, short
from chainrule.ops import Array
from chainrule.tensor import Size, Tensor

STORAGES = {
    "FloatStorage": dtypes.float32,
    "DoubleStorage": dtypes.float64,
    "CharStorage": dtypes.int8,
    "ShortStorage": dtypes.int16,
    "IntStorage": dtypes.int32,
    "LongStorage": dtypes.int64,
    "ByteStorage": dtypes.uint8,
    "BoolStorage": dtypes.bool_,
}
KEYS = (str, int, float, bool, type(None))
LONGEST_TUPLE = 16  # as a key: its hash is computed anew every time
REPEATED = 1 << 20  # elements that an expanded tensor may have, however few numbers it repeats


class RefusedFileError(ValueError):
    """A file holds something else than tensors and plain containers."""


def is_torch_file(archive: zipfile.ZipFile) -> bool:
    """Return whether an archive is one of ``torch.save``."""
    return _pickle_of(archive) is not None


def read(archive: zipfile.ZipFile) -> Any:
    """Return the object in an archive of ``torch.save``.

    Parameters
    ----------
    archive : ZipFile

    Returns
    -------
    object
        Tensors, numbers, strings, None, in any nesting of dicts, counters, lists, tuples and sets. Tensors that
        shared memory share it again.

    Raises
    ------
    RefusedFileError
        If there is anything else in it, with its name.
    ValueError
        If the file is damaged.
    """
    name = _pickle_of(archive)
    assert name is not None
    storages = _Storages(archive, str(PurePosixPath(name).parent))
    result = Machine(storages).run(storages.member(name))
    storages.check_all_used()
    return result


def _pickle_of(archive: zipfile.ZipFile) -> str | None:
    return next((name for name in archive.namelist() if PurePosixPath(name).name == "data.pkl"), None)


class _Storages:
    """The members of an archive, each read once. Their sizes must add up to no more than the file has."""

    def __init__(self, archive: zipfile.ZipFile, folder: str) -> None:
        self.archive, self.folder = archive, folder
        self.arrays: dict[str, Array] = {}
        check_members(archive)
        order = f"{folder}/byteorder"
        if order in archive.namelist() and self.member(order) != sys.byteorder.encode():
            raise RefusedFileError("it was written on a machine of the other byte order")

    def member(self, name: str) -> bytes:
        return self.archive.read(name)

    def check_all_used(self) -> None:
        """Raise if there are storages in which no tensor lies."""
        beginning = f"{self.folder}/data/"
        keys = {name.removeprefix(beginning) for name in self.archive.namelist() if name.startswith(beginning)}
        if unused := keys - self.arrays.keys() - {""}:
            raise ValueError(f"it holds storage {short(min(unused))}, which belongs to nothing")

    def __call__(self, identity: Any) -> Array:
        """Return the storage that a persistent id names, as one vector."""
        match identity:
            case ("storage", np.dtype() as dtype, str(key), str(), int(length)):
                pass
            case _:
                raise RefusedFileError(f"it refers to something outside of it, {short(identity)}")
        if key not in self.arrays:  # once only: thousands of tensors may lie in one storage
            values = bytearray(self.member(f"{self.folder}/data/{key}"))
            if len(values) != length * dtype.itemsize:
                raise ValueError(f"storage {key} has {len(values)} bytes, expected {length} of {dtype}")
            self.arrays[key] = np.frombuffer(values, dtype)
            check_booleans(self.arrays[key], f"storage {key}")
        storage = self.arrays[key]
        if (storage.dtype, len(storage)) != (dtype, length):
            raise ValueError(f"storage {key} is {len(storage)} of {storage.dtype}, and {length} of {dtype}")
        return storage


# ---- what a file may call --------------------------------------------------------------------------------------


def _tensor(storage: Any, offset: Any, size: Any, stride: Any, requires_grad: Any, *rest: Any) -> Tensor:
    """Return a tensor that lies in a storage."""
    if not isinstance(storage, np.ndarray) or storage.ndim != 1:
        raise ValueError("a tensor without a storage")
    shape, steps = _numbers(size), _numbers(stride)
    (start,) = _numbers((offset,))
    if len(shape) != len(steps):
        raise ValueError(f"a tensor of shape {shape} with strides {steps}")
    last = start + sum((n - 1) * step for n, step in zip(shape, steps, strict=True))
    if 0 not in shape and last >= len(storage):
        raise ValueError(f"a tensor of shape {shape} reaches beyond its storage")
    if len(shape) > 64:
        raise ValueError(f"a tensor of {len(shape)} axes")
    if math.prod(shape) > max(REPEATED, 100 * len(storage)):
        raise RefusedFileError(
            f"a tensor of shape {short(shape)} repeats {len(storage)} numbers: save a copy of it"
        )
    itemsize = storage.dtype.itemsize
    array = np.lib.stride_tricks.as_strided(
        storage[min(start, len(storage)) :], shape, [step * itemsize for step in steps]
    )
    return Tensor(array).requires_grad_(_flag(requires_grad))


def _parameter(data: Any, requires_grad: Any, *rest: Any) -> Tensor:
    if not isinstance(data, Tensor):
        raise ValueError("a parameter without values")
    return data.requires_grad_(_flag(requires_grad))


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError(f"{short(value)} where True or False was expected")
    return value


def _numbers(values: Any) -> tuple[int, ...]:
    if not isinstance(values, tuple) or any(type(n) is not int or n < 0 for n in values):
        raise ValueError(f"{short(values)} where sizes were expected")
    return values


def _size(values: Any) -> Size:
    return Size(_numbers(values))


def _ordered(pairs: Any = ()) -> OrderedDict[Any, Any]:
    """Return a dict, which Python 2 filled at once."""
    result: OrderedDict[Any, Any] = OrderedDict()
    for pair in pairs if isinstance(pairs, list | tuple) else (pairs,):
        if not isinstance(pair, list) or len(pair) != 2:
            raise ValueError(f"{short(pair)} where a pair was expected")
        _enter(result, *pair)
    return result


def _set(items: Any) -> set[Any]:
    if not isinstance(items, list):
        raise ValueError(f"{short(items)} where the items of a set were expected")
    return set(map(_key, items))


def _counter(counts: Any) -> Counter[Any]:
    if not isinstance(counts, dict) or any(type(n) is not int for n in counts.values()):
        raise ValueError(f"{short(counts)} where counts were expected")
    return Counter(counts)


CALLABLE: dict[str, Callable[..., Any]] = {
    "__builtin__ set": _set,
    "builtins set": _set,
    "collections Counter": _counter,  # the milestones of MultiStepLR
    "collections OrderedDict": _ordered,
    "torch Size": _size,
    "torch._utils _rebuild_tensor": partial(_tensor, requires_grad=False),  # before 0.4
    "torch._utils _rebuild_tensor_v2": _tensor,
    "torch._utils _rebuild_parameter": _parameter,
}
NAMED: dict[str, Any] = {f"torch {name}": dtype for name, dtype in STORAGES.items()} | {
    f"torch {dtype.name}": dtype for dtype in dtypes.SUPPORTED
}


MENDS = {
    "numpy": ": save .item() of NumPy's numbers, and torch.from_numpy() of its arrays",
    "torch._utils _rebuild_tensor_v3": ": those of unsigned integers and of 8-bit floats are not",
}


class _Global(str):
    """A name that a file refers to."""


# ---- the machine -----------------------------------------------------------------------------------------------


class Machine:
    """Runs a pickle, as far as it builds tensors and containers.

    Parameters
    ----------
    storages : callable
        Takes the id of a storage, and returns it as one vector.
    """

    def __init__(self, storages: Callable[[Any], Array]) -> None:
        self.storages = storages
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def run(self, pickle: bytes | IO[bytes]) -> Any:
        """Return what a pickle makes; in a file, that which begins where the file stands."""
        for opcode, argument, place in pickletools.genops(pickle):
            if opcode.name == "STOP":
                if len(self.stack) != 1 or self.marks or (isinstance(pickle, bytes) and place != len(pickle) - 1):
                    raise ValueError("it holds something that belongs to nothing")
                return _allowed(self.stack.pop())
            perform = getattr(self, f"_{opcode.name.lower()}", None)
            if perform is not None:
                perform(argument)
            elif opcode.name in PUSHED:
                self.stack.append(argument)
            elif opcode.name in CONSTANTS:
                self.stack.append(CONSTANTS[opcode.name]())
            else:
                raise RefusedFileError(
                    f"it holds something else than tensors and plain containers ({opcode.name})"
                )
        raise ValueError("it ends too early")

    def _since_mark(self) -> list[Any]:
        start = self.marks.pop()
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def _proto(self, version: Any) -> None:
        pass

    def _frame(self, length: Any) -> None:
        pass

    def _mark(self, _: Any) -> None:
        self.marks.append(len(self.stack))

    def _binput(self, number: int) -> None:
        self.memo[number] = self.stack[-1]

    _long_binput = _binput

    def _memoize(self, _: Any) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def _binget(self, number: int) -> None:
        self.stack.append(self.memo[number])

    _long_binget = _binget

    def _global(self, name: str) -> None:
        self.stack.append(_named(name))

    def _stack_global(self, _: Any) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise ValueError(f"{short(module)} and {short(name)} where names were expected")
        self.stack.append(_named(f"{module} {name}"))

    def _tuple(self, _: Any) -> None:
        self.stack.append(tuple(map(_allowed, self._since_mark())))

    def _tuple1(self, _: Any) -> None:
        self._join(1)

    def _tuple2(self, _: Any) -> None:
        self._join(2)

    def _tuple3(self, _: Any) -> None:
        self._join(3)

    def _join(self, n: int) -> None:
        if len(self.stack) < n:
            raise ValueError("it ends too early")
        self.stack[-n:] = [tuple(map(_allowed, self.stack[-n:]))]

    def _append(self, _: Any) -> None:
        item = self.stack.pop()
        self._of(list).append(_allowed(item))

    def _appends(self, _: Any) -> None:
        items = self._since_mark()
        self._of(list).extend(map(_allowed, items))

    def _setitem(self, _: Any) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._enter_all([key, value])

    def _setitems(self, _: Any) -> None:
        self._enter_all(self._since_mark())

    def _enter_all(self, items: list[Any]) -> None:
        target = self._of(dict)
        for key, value in zip(items[::2], items[1::2], strict=True):
            _enter(target, key, value)

    def _of(self, kind: type[Any]) -> Any:
        if not self.stack or not isinstance(self.stack[-1], kind):
            raise ValueError(f"something is put into what is no {kind.__name__}")
        return self.stack[-1]

    def _binpersid(self, _: Any) -> None:
        self.stack.append(self.storages(self.stack.pop()))

    def _reduce(self, _: Any) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if not isinstance(function, _Global) or not isinstance(arguments, tuple):
            raise ValueError("something is called that is no function")
        try:
            self.stack.append(CALLABLE[function](*arguments))
        except TypeError as error:
            raise ValueError(f"{function} with wrong arguments: {error}") from None

    def _build(self, _: Any) -> None:
        state = self.stack.pop()
        target = self._of(OrderedDict)
        if not isinstance(state, dict) or set(state) != {"_metadata"}:
            raise RefusedFileError(f"it holds an OrderedDict with attributes {short(state)}")
        metadata = state["_metadata"]
        entries = metadata.values() if isinstance(metadata, dict) else [metadata]
        if any(not isinstance(entry, dict) or type(entry.get("version", 1)) is not int for entry in entries):
            raise ValueError(f"{short(metadata)} where the versions of modules were expected")
        target._metadata = metadata  # as load_state_dict reads it


PUSHED = {"BINUNICODE", "SHORT_BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"}
PUSHED |= {"SHORT_BINSTRING"}  # Python 2
CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
}


def _named(name: str) -> Any:
    """Return what a name of the file stands for here."""
    if name in NAMED:
        return NAMED[name]
    if name.startswith("torch ") and name.endswith("Storage"):
        kind, names = name.removeprefix("torch "), ", ".join(map(str, dtypes.SUPPORTED))
        mend = HALVES if kind in ("HalfStorage", "BFloat16Storage") else ""
        raise RefusedFileError(f"it holds a {kind[:80]}, and tensors have {names}{mend}")
    if name not in CALLABLE:
        refused, mend = name.replace(" ", ".", 1)[:200], MENDS.get(name.partition(".")[0], MENDS.get(name, ""))
        raise RefusedFileError(f"it refers to {refused}, and only tensors and plain containers are read{mend}")
    return _Global(name)


def _enter(target: dict[Any, Any], key: Any, value: Any) -> None:
    if _key(key) in target:
        raise ValueError(f"a dict has the key {short(key)} twice")
    target[key] = _allowed(value)


def _key(value: Any) -> Any:
    """Return what may be a key, or in a set: what is hashed in no more time than it takes to read it."""
    for part in value if type(value) is tuple and len(value) <= LONGEST_TUPLE else (value,):
        if type(part) not in KEYS or (type(part) is int and part.bit_length() > LONGEST_KEY):
            raise RefusedFileError(
                f"it holds {short(value)}, of type {type(value).__name__}, as a key: keys are strings, numbers "
                f"(integers of {LONGEST_KEY} bits) and tuples of at most {LONGEST_TUPLE} of these"
            )
    return value


def _allowed(value: Any) -> Any:
    """Return a value that may be in a container, which a function alone may not."""
    if isinstance(value, _Global):
        raise RefusedFileError(f"it holds {value.replace(' ', '.', 1)} itself")
    return value
