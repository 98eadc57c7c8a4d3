"""Every kind of file that is read: a good one, what reads it, how it is damaged, and what must never be read."""

import gzip
import importlib.util
import io
import json
import pickle
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tests.stress.mutations import archived, of_bytes, of_fields, of_json, of_members, of_numbers, of_program

import chainrule as cr
from chainrule.datasets.idx import IDXError, idx_header, read_images
from chainrule.files import write_whole
from chainrule.interop import ReferenceRun, load_safetensors, save_safetensors
from chainrule.labs import LABS, every
from chainrule.labs.folder import remember, resumed
from chainrule.labs.index import Entry
from chainrule.labs.options import LabError, Options
from chainrule.labs.study import Plan, run_plans
from chainrule.train import Checkpoint, JSONLines


@dataclass
class Format:
    """A kind of file.

    Attributes
    ----------
    good : bytes
        A file of this kind.
    read : callable
        From a path to what the file says, as plain values that can be compared.
    noticed : sequence of callables
        From (bytes, Random) to a damaged file, which is refused, or says what the good one says.
    unnoticed : sequence of callables
        The same where nothing in the file can tell: it is refused, or read as what it now says.
    bombs : dict of bytes
        Files that must be refused.
    refusals : tuple of exceptions
        What ``read`` may raise.
    says : callable
        Whether what was read is what (bytes) say, for files that can't tell damage.
    name : str
        Of the file, where that matters.
    """

    good: bytes
    read: Callable[[Path], Any]
    noticed: tuple[Any, ...] = ()
    unnoticed: tuple[Any, ...] = ()
    bombs: dict[str, bytes] = field(default_factory=dict)
    refusals: tuple[type[Exception], ...] = (ValueError,)
    says: Callable[[Any, bytes], bool] = lambda value, content: True
    name: str = "file"


def plain(value):
    """Return containers with tensors and arrays as their bytes, so that == compares them to the bit."""
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(plain, value)) if type(value) in (list, tuple) else tuple(value)
    if isinstance(value, cr.Tensor | np.ndarray):
        array = np.asarray(value)
        return array.dtype.str, array.shape, array.tobytes()
    return repr(value)


def written(save, *args, name="good"):
    """Return the bytes that something writes to a path."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        save(*args, path)
        return path.read_bytes()


# ---- IDX --------------------------------------------------------------------------------------------------------

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 5, 4), dtype=np.uint8)
IDX = idx_header(IMAGES.shape) + IMAGES.tobytes()
ENORMOUS = b"\0\0\x08\x03" + b"\xff" * 12


def zeros_after(header, length):
    """Return the gzip of a header and many zeros, made piece by piece."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    pieces = [packer.compress(header), *(packer.compress(bytes(1 << 20)) for _ in range(length >> 20))]
    return b"".join(pieces) + packer.flush()


def idx(folder):
    return Format(
        IDX,
        lambda path: plain(read_images(path)),
        unnoticed=(of_bytes,),
        bombs={"enormous": ENORMOUS + b"few", "enormous and empty": ENORMOUS[:-4] + bytes(4)},
        refusals=(IDXError,),
        says=lambda value, content: idx_header(value[1]) + value[2] == content,
    )


def idx_gzip(folder):
    inner = (lambda content, rng: gzip.compress(of_bytes(gzip.decompress(content), rng)),)
    return Format(
        gzip.compress(IDX),
        lambda path: plain(read_images(path)),
        noticed=(of_bytes,),
        unnoticed=inner,
        bombs={
            "unfolds beyond its header": zeros_after(idx_header((10, 1, 1)), 100 << 20),
            "unfolds as its header says": zeros_after(idx_header((100, 1024, 1024)), 100 << 20),
            "enormous": gzip.compress(ENORMOUS + b"few"),
            "gzip in gzip": gzip.compress(gzip.compress(IDX)),
        },
        refusals=(IDXError,),
        says=lambda value, content: idx_header(value[1]) + value[2] == gzip.decompress(content),
    )


# ---- cr.save, checkpoints, safetensors --------------------------------------------------------------------------


def member(array):
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array))
    return file.getvalue()


def header(shape, descr="'<f4'"):
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


def saved(structure, *members, compression=zipfile.ZIP_STORED):
    """Return a file as of cr.save, with any structure and members."""
    text = member(np.frombuffer(structure.encode(), np.uint8))
    parts = [("structure.npy", text), *((f"{i}.npy", part) for i, part in enumerate(members))]
    return archived(parts, compression)


def claiming(content, size, at):
    """Return an archive whose directory says that its last member has another size: packed at 20, else at 24."""
    changed = bytearray(content)
    at += changed.rindex(b"PK\x01\x02")
    changed[at : at + 4] = struct.pack("<I", size)
    return bytes(changed)


def overlapping():
    """Return an archive whose directory leads from two names to one member."""
    content = saved('{"list": [{"array": 0}, {"array": 1}]}', *[member(np.zeros(9))] * 2)
    last = content.rindex(b"PK\x01\x02") + 42
    before = content.rindex(b"PK\x01\x02", 0, last - 42) + 42
    return content[:last] + content[before : before + 4] + content[last + 4 :]


def colliding(n=20_000):
    """Return integers that all have one hash."""
    return [number * (2**61 - 1) for number in range(2, n)]


ONE = '{"array": 0}'
MANY = '{"list": [' + ", ".join([ONE] * 5000) + "]}"
SAVED_BOMBS = {
    "deflated": saved(ONE, member(np.zeros(10**7)), compression=zipfile.ZIP_DEFLATED),
    "one member for many": saved(MANY, member(np.zeros(10**5))),
    "enormous shape": saved(ONE, header("(4000000000,)") + bytes(4)),
    "enormous shape of nothing": saved(ONE, header("(9000000000000,)", "'<U0'")),
    "negative shape": saved(ONE, header("(-1,)") + bytes(4)),
    "objects": saved(ONE, header("(1,)", "'|O'") + pickle.dumps(print)),
    "more than announced": saved(ONE, header("(1,)") + bytes(8)),
    "half floats": saved('{"tensor": 0}', member(np.zeros(2, np.float16))),
    "records": saved('{"tensor": 0}', member(np.zeros(2, "f4,i4"))),
    "booleans of 7": saved('{"tensor": 0}', header("(1,)", "'|b1'") + b"\x07"),
    "a key twice": saved('{"dict": [["a", 1], ["a", 2]]}'),
    "colliding keys": saved(f'{{"dict": {[[key, 1] for key in colliding()]}}}'),
    "a list of text": saved('{"list": "text"}'),
    "a list that is not said to be one": saved("[1, 2]"),
    "one header for two": overlapping(),
    "two kinds": saved('{"array": 0, "array": 1}', *[member(0.0)] * 2),
    "no key": saved('{"dict": [[null, 1]]}'),
    "endless nesting": saved("[" * 10**5 + "]" * 10**5),
    "a member twice": archived([("structure.npy", member(np.frombuffer(b"1", np.uint8)))] * 2),
    "a member of nothing": saved("1", member(1.0)),
    "an archive in it": saved(ONE, saved("1")),
    "a lying size": claiming(saved(ONE, member(np.zeros(9))), 2**32 - 2, at=24),
    "a lying size in the file": claiming(saved(ONE, member(np.zeros(9))), 2**32 - 2, at=20),
}


def npz(folder):
    cr.manual_seed(0)
    content = {
        "model": cr.nn.Linear(3, 2).state_dict(),
        "log": [1.5, None, (True, "ü"), float("nan")],
        "flags": cr.tensor([True, False]),
        "columns first": np.asfortranarray(np.arange(6).reshape(2, 3)),
    }
    return Format(
        written(cr.save, content),
        lambda path: plain(cr.load(path)),
        noticed=(of_bytes, of_fields),
        unnoticed=(of_members, of_header),
        bombs=SAVED_BOMBS,
    )


def of_header(content, rng):
    """Return a file of cr.save in which an array is another, and the checksum is right."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(sorted(members))
    shape = rng.choice(
        ("()", "(1,)", "(2,)", "(6,)", "(3, 2)", "(2, 3)", "(-1,)", "(0, 9)", "(2, True)", "(1.0,)", "3")
    )
    descr = rng.choice(
        ("'<f4'", "'>f4'", "'<i4'", "'<f2'", "'|b1'", "'|S4'", "'<M8[s]'", "('<f4', (2,))", "[('a', 'u1')]")
    )
    array = header(shape, descr).replace(b"False", rng.choice((b"False", b"True ")))
    length = len(header("()"))
    members[name] = array + members[name][length:]
    return archived(members.items())


def training():
    """Return the module with the training that the tests of ``train`` interrupt."""
    path = Path(__file__).parents[1] / "train" / "setting.py"
    spec = importlib.util.spec_from_file_location("train_setting", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def checkpoint(folder):
    setting = training()

    def write(path):
        trainer, loader, validation = setting.make([Checkpoint(path, every_steps=4)])
        trainer.fit(loader, 1, validation)

    def read(path):
        trainer, loader, validation = setting.make()
        trainer.fit(loader, 1, validation, resume=path)
        return setting.fingerprint(trainer)

    def of_state(content, rng):
        state = cr.load(io.BytesIO(content))
        part = rng.choice([name for name in state if name != "callbacks"])
        if rng.random() < 0.3:
            del state[part]
        else:
            state[part] = rng.choice((1, "x", [], {}, 1e300, np.zeros(3), cr.zeros(2, 2), [1], {"a": 1}))
        file = io.BytesIO()
        cr.save(state, file)
        return file.getvalue()

    return Format(written(write), read, noticed=(of_bytes, of_fields), unnoticed=(of_members, of_state))


def entry(dtype="F32", shape=(1,), offsets=(0, 4)):
    return f'{{"dtype": "{dtype}", "shape": {list(shape)}, "data_offsets": {list(offsets)}}}'


def tensors(text, data=bytes(4), length=None):
    """Return a safetensors file with any header."""
    return struct.pack("<Q", len(text) if length is None else length) + text.encode() + data


def safetensors(folder):
    cr.manual_seed(0)

    def of_entries(content, rng):
        length = int.from_bytes(content[:8], "little")
        text = rng.choice((of_json, of_numbers))(content[8 : 8 + length].rstrip(), rng)
        return struct.pack("<Q", len(text)) + text + content[8 + length :]

    a, b = f'"a": {entry()}', f'"b": {entry()}'
    return Format(
        written(save_safetensors, cr.nn.Sequential(cr.nn.Linear(3, 2), cr.nn.BatchNorm1d(2))),
        lambda path: plain(load_safetensors(path)),
        unnoticed=(of_bytes, of_entries),
        says=lambda value, content: (
            all(data in content for _, _, data in value.values())
            and sum(len(data) for _, _, data in value.values()) < len(content)
        ),
        bombs={
            "overlapping": tensors(f"{{{a}, {b}}}"),
            "the same name": tensors(f"{{{a}, {a}}}"),
            "beyond the end": tensors(f'{{"a": {entry(shape=(2,), offsets=(0, 8))}}}'),
            "a hole": tensors(f'{{"a": {entry(offsets=(4, 8))}}}', bytes(8)),
            "more behind": tensors(f"{{{a}}}", bytes(8)),
            "enormous shape": tensors(f'{{"a": {entry(shape=(2**62, 4), offsets=(0, 0))}}}', b""),
            "enormous header": tensors("{}", b"", 2**63),
            "half floats": tensors(f'{{"a": {entry("F16", (2,))}}}'),
            "bfloat16": tensors(f'{{"a": {entry("BF16", (2,))}}}'),
            "booleans of 7": tensors(f'{{"a": {entry("BOOL", (4,))}}}', b"\x00\x01\x07\x01"),
            "endless nesting": tensors("[" * 10**5 + "]" * 10**5),
            "many axes": tensors(f'{{"a": {entry(shape=[1] * 100)}}}'),
        },
    )


# ---- torch.save -------------------------------------------------------------------------------------------------


def doubling(n=60):
    """Return a pickle's instructions for a pair of pairs of pairs, whose text has 2**n brackets."""
    return b")" + b"q\x00h\x00\x86" * n


def program(*instructions, storage=b""):
    return archived([("archive/data.pkl", b"\x80\x02" + b"".join(instructions)), ("archive/data/0", storage)])


REPEATING = (  # a tensor of 2**32 elements with stride 0
    b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n"
    b"X\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQK\x00\x8a\x05\x00\x00\x00\x00\x01\x85K\x00\x85\x89)tR."
)


def of_torch(**options):
    import torch

    torch.manual_seed(0)
    file = io.BytesIO()
    model = torch.nn.Linear(3, 2)
    torch.save({"model": model.state_dict(), "epoch": 3, "log": [1.5, (None, True)]}, file, **options)
    return file.getvalue()


def torch_save(folder):
    def of_pickle(content, rng):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        name = next(name for name in members if name.endswith("data.pkl"))
        return archived((members | {name: of_program(members[name], rng)}).items())

    return Format(
        of_torch(),
        lambda path: plain(cr.load(path)),
        noticed=(of_bytes, of_fields),
        unnoticed=(of_members, of_pickle),
        bombs={
            "doubled storage": program(doubling(), b"Q."),
            "repeated without end": program(REPEATING, storage=bytes(16)),
            "doubled size": program(b"ctorch\nSize\n", doubling(), b"\x85R."),
            "doubled attributes": program(b"ccollections\nOrderedDict\n)R", doubling(), b"b."),
            "doubled key": program(b"}", doubling(), b"Ns."),
            "doubled name": program(doubling(), b"X\x01\x00\x00\x00x\x93."),
            "doubled set": program(b"cbuiltins\nset\n](", doubling(), b"e\x85R."),
            "a name of a megabyte": program(b"cos\n" + b"x" * 10**6 + b"\n."),
            "colliding keys": program(
                b"}(", *(b"\x8a\x0a" + k.to_bytes(10, "little") + b"N" for k in colliding()), b"u."
            ),
            "a key twice": program(b"}(K\x01NK\x01Nu."),
            "a stride that leaves the storage": program(
                REPEATING.replace(b"K\x00\x85\x89", b"K\x01\x85\x89"), storage=bytes(16)
            ),
            "a negative stride": program(
                REPEATING.replace(b"K\x00\x85\x89", b"\x8a\x01\xff\x85\x89"), storage=bytes(16)
            ),
            "deflated": archived([("archive/data.pkl", b"N."), ("a", bytes(10**8))], zipfile.ZIP_DEFLATED),
            "a function": program(b"cos\nsystem\nX\x04\x00\x00\x00true\x85R."),
        },
    )


def torch_legacy_save(folder):
    good = of_torch(_use_new_zipfile_serialization=False)
    beginning = good[: good.index(b"}q") + good[good.index(b"}q") :].index(b"u.") + 2]
    nothing = pickle.dumps([], 2)
    return Format(
        good,
        lambda path: plain(cr.load(path)),
        unnoticed=(of_bytes,),
        bombs={
            "doubled storage": beginning + b"\x80\x02" + doubling() + b"Q." + nothing,
            "doubled keys": beginning + b"\x80\x02N.\x80\x02]" + doubling() + b"a.",
            "doubled version": good[:15] + b"\x80\x02" + doubling() + b".",
            "a text of gigabytes": beginning + b"\x80\x02X\xff\xff\xff\xfftext.",
            "a longer text": beginning + b"\x80\x04\x8d" + b"\xff" * 7 + b"\x0ftext.",
            "a function": beginning + b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R." + nothing,
        },
    )


# ---- JSON -------------------------------------------------------------------------------------------------------


def reference(folder):
    record = {"steps": 2, "train_loss": 0.5, "validation_loss": 0.25, "validation_accuracy": 0.9, "seconds": 1.5}
    epochs = [{"epoch": number, **record} for number in (1, 2)]
    run = ReferenceRun("lab", {"seed": 1}, "2.13.0", "x86_64", [2.3, 2.1, 1.9, 1.7], epochs)
    return Format(written(run.save), lambda path: vars(ReferenceRun.load(path)), unnoticed=(of_json,))


def options(folder):
    (folder / "running").touch()
    remember(folder, "lab", Options(lr=0.1, extra={"hidden": 3}), {"train_sha256": "0123"})

    def read(path):
        return resumed("lab", Options(out=path.parent, resume=True))

    good = (folder / "options.json").read_bytes()
    return Format(good, read, noticed=(of_json,), refusals=(LabError,), name="options.json")


def trial(folder):
    """Return the file of a trial, which a study runs again unless it is as it was."""
    plan = {"rates": Plan(dict, {"slow": {"lr": 0.25}})}  # dict: a trial that returns its settings
    path = folder / "rates" / "slow.json"

    def read(at):
        at.replace(path)
        results = run_plans(plan, folder, processes=1)
        return results, json.loads(path.read_bytes())

    run_plans(plan, folder, processes=1)
    return Format(path.read_bytes(), read, noticed=(of_json,), refusals=())


def page_of_labs(folder):
    """Return what the page of all labs remembers of those that have run; a damaged one is as none."""
    entry = Entry("softmax", LABS["softmax"], 1.5, [{"loss": "0.5"}], ["It learns."], "loss.png", ["loss.png"])
    every._keep({entry.name: entry}, folder)
    path = folder / every.DONE

    def read(path):
        if not every._kept(path.parent):
            raise ValueError(f"{path} is as none")
        return every._kept(path.parent)

    return Format(path.read_bytes(), read, noticed=(of_json,), name=path.name)


def explain(folder):
    from click.testing import CliRunner

    from chainrule.commands import main

    network = {
        "weights": [[[0.5, -0.3], [1.0, 2.0]], [[0.1, 0.2]]],
        "biases": [[0.1, 0.0], None],
        "activations": ["tanh", None],
        "sizes": [2, 2, 1],
        "x": [2, -1],
        "y": [1.0],
        "loss": "mse",
        "lr": 0.1,
    }

    def read(path):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # PyTorch's own, of targets of another shape
            result = CliRunner().invoke(main, ["explain", str(path)])
        if isinstance(result.exception, SystemExit):
            raise ValueError(result.output)
        if result.exception is not None:
            raise result.exception
        return result.output

    return Format(json.dumps(network).encode(), read, unnoticed=(of_json,))


def log(folder):
    """Return the log of a training that is resumed: it is written again, whatever is there."""
    setting = training()
    at = folder / "checkpoint"

    def train(path, **options):
        trainer, loader, _ = setting.make([JSONLines(path), Checkpoint(at, every_steps=4)])
        trainer.fit(loader, 1, **options)

    def read(path):
        kept = at.read_bytes()
        train(path, resume=at)
        with write_whole(at) as file:
            file.write(kept)
        records = map(json.loads, path.read_text().splitlines())
        return [{k: v for k, v in record.items() if "second" not in k} for record in records]

    return Format(written(train), read, noticed=(of_bytes,), refusals=(), name="metrics.jsonl")


FORMATS = {
    "IDX": idx,
    "IDX in gzip": idx_gzip,
    "cr.save": npz,
    "checkpoint": checkpoint,
    "safetensors": safetensors,
    "torch.save": torch_save,
    "torch.save before 1.6": torch_legacy_save,
    "recorded run": reference,
    "options of a run": options,
    "trial of a study": trial,
    "page of all labs": page_of_labs,
    "network to explain": explain,
    "log": log,
}
