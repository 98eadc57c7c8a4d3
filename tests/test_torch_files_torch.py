"""Files of torch.save, read without PyTorch: everything that it may hold, and nothing that it may do."""

import contextlib
import io
import os
import pickle
import random
import warnings
import zipfile
from collections import Counter, OrderedDict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stress.mutations import archived, of_program

import chainrule as cr
import chainrule.torch_files

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.torch


def loaded(obj):
    file = io.BytesIO()
    torch.save(obj, file)
    file.seek(0)
    return cr.load(file)


def same(ours, theirs):
    if isinstance(theirs, torch.Tensor):
        array = theirs.detach().numpy()
        return ours.array.dtype == array.dtype and ours.shape == array.shape and np.array_equal(ours.array, array)
    if isinstance(theirs, dict):
        return list(ours) == list(theirs) and all(same(ours[k], theirs[k]) for k in theirs)
    if isinstance(theirs, list | tuple):
        return type(ours) is type(theirs) and len(ours) == len(theirs) and all(map(same, ours, theirs))
    return type(ours) is type(theirs) and (ours == theirs or theirs != theirs)


DTYPES = ["float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]
TENSORS = st.builds(
    lambda shape, dtype: (torch.rand(shape) * 9).to(getattr(torch, dtype)),
    st.lists(st.integers(0, 3), max_size=4),
    st.sampled_from(DTYPES),
)
LEAVES = st.one_of(
    TENSORS,
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.text(st.characters(exclude_categories=["Cs"])),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text("abc", max_size=3) | st.integers(-(2**63), 2**64 - 1), inner, max_size=3),
        st.dictionaries(st.text("abc", max_size=3), inner, max_size=3).map(OrderedDict),
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(TREES)
def test_what_torch_saves_is_loaded(tree):
    assert same(loaded(tree), tree)


def test_views_share_the_memory_that_they_shared():
    a = torch.arange(12.0).reshape(3, 4)
    whole, transposed, row, repeated = loaded([a, a.T, a[1, ::2], a[0].expand(5, 4)])
    assert same([whole, transposed, row, repeated], [a, a.T, a[1, ::2], a[0].expand(5, 4)])
    whole.array[1, 2] = -1
    assert transposed.array[2, 1] == row.array[1] == -1


def test_training_goes_on_from_the_other_frameworks_checkpoint():
    def parts(library):
        model = library.nn.Sequential(library.nn.Linear(4, 3), library.nn.BatchNorm1d(3), library.nn.Linear(3, 1))
        return model, library.optim.Adam(model.parameters(), lr=0.1, weight_decay=0.1)

    def step(model, optimizer, x):
        loss = (model(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    theirs, x = parts(torch), torch.rand(8, 4)
    for _ in range(3):
        step(*theirs, x)
    checkpoint = loaded({"model": theirs[0].state_dict(), "optimizer": theirs[1].state_dict()})
    ours = parts(cr)
    ours[0].load_state_dict(checkpoint["model"])
    ours[1].load_state_dict(checkpoint["optimizer"])
    for _ in range(10):
        assert abs(step(*ours, cr.from_numpy(x.numpy())) - step(*theirs, x)) < 1e-5


@pytest.mark.parametrize(
    ("held", "name"),
    [
        (torch.nn.Linear(2, 2), "torch.nn.modules.linear.Linear"),
        (np.ones(2), "numpy"),
        (np.float64(0.5), r"numpy.*: save \.item\(\) of"),
        (frozenset({1, 2}), "frozenset"),
        (b"ab", "encode"),
        (torch.ones(2, dtype=torch.bfloat16), r"BFloat16Storage, and tensors have float32, .*\.float\(\)"),
        (torch.ones(2, dtype=torch.complex64), "ComplexFloatStorage, and tensors have .*bool$"),
        (torch.ones(2).to_sparse(), "sparse"),
        (torch.device("cpu"), "torch.device"),
        (torch.ones(2, dtype=torch.uint16), "_rebuild_tensor_v3.* unsigned integers"),
        ({((1,), 2): 3}, "of type tuple, as a key"),
        ({2**64: 3}, "of type int, as a key"),
        ({tuple(range(17)): 3}, "of type tuple, as a key"),
        ({torch.ones(1)}, "of type Tensor, as a key"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_everything_else_is_refused_by_name(held, name):
    with pytest.raises(ValueError, match=name):
        loaded({"a": held})


@pytest.mark.parametrize("program", [b"NK\x01.", b"(N.", b"N.x"], ids=["a value", "a mark", "bytes"])
def test_what_belongs_to_nothing_is_refused(program):
    with pytest.raises(ValueError, match="belongs to nothing"):
        cr.load(archive(b"\x80\x02" + program))


def test_a_storage_in_which_nothing_lies_is_refused():
    with pytest.raises(ValueError, match="storage '1', which belongs to nothing"):
        cr.load(archive(b"\x80\x02" + TENSOR + b"K\x00K\x02\x85K\x01\x85\x89)tR.", [bytes(16), bytes(4)]))


@pytest.mark.parametrize("versions", [b"K\x03", b"]", b"}K\x00Ns", b"}K\x00}X\x07\x00\x00\x00versionNss"])
def test_versions_of_modules_are_looked_at_before_a_model_trips_over_them(versions):
    program = b"ccollections\nOrderedDict\n)R}X\x09\x00\x00\x00_metadata" + versions + b"sb."
    with pytest.raises(ValueError, match="where the versions of modules were expected"):
        cr.load(archive(b"\x80\x02" + program))


def test_sets_and_short_tuples_as_keys_are_plain():
    plain = {"seen": {1, "two", 2.5, None, (3, "x")}, (0, "weight"): [True], -(2**63): set()}
    assert loaded(plain) == plain


def python2(*pairs):
    """Return a pickle of an OrderedDict of tensors as Python 2 and PyTorch 0.3 wrote it."""
    filled = b"".join(b"](U" + bytes([len(key)]) + key.encode() + value + b"e" for key, value in pairs)
    return b"\x80\x02ccollections\nOrderedDict\n](" + filled + b"e\x85R."


OLD_TENSOR = (
    b"ctorch._utils\n_rebuild_tensor\n((U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x04NtQ"
    b"K\x00K\x02K\x02\x86K\x02K\x01\x86tR"
)


def test_files_of_python_2_are_read_as_pytorch_reads_them():
    program = python2(("weight", OLD_TENSOR), ("epoch", b"K\x03"))
    old = pickle.dumps({"protocol_version": 1001, "little_endian": True}, 2)
    values = np.arange(4, dtype=np.float32)
    content = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03." + old + program
    content += b"\x80\x02](U\x010e." + (4).to_bytes(8, "little") + values.tobytes()
    ours, theirs = cr.load(io.BytesIO(content)), torch.load(io.BytesIO(content), weights_only=True)
    assert same(ours, theirs)
    assert type(ours) is type(theirs) is OrderedDict
    assert ours["weight"].tolist() == [[0, 1], [2, 3]]


@pytest.mark.parametrize("key", [b"K\x01", b"X\x01\x00\x00\x00a", b"G" + bytes(8)])
def test_a_key_that_is_given_twice_is_refused(key):
    with pytest.raises(ValueError, match="twice"):
        cr.load(archive(b"\x80\x02}(" + key + b"K\x01" + key + b"K\x02u."))


def test_every_schedules_state_is_loaded():
    schedules = torch.optim.lr_scheduler
    optimizer = torch.optim.SGD([torch.ones(1, requires_grad=True)], momentum=0.9)
    states = [
        schedule.state_dict()
        for schedule in (
            schedules.MultiStepLR(optimizer, [2, 5, 5]),
            schedules.CosineAnnealingLR(optimizer, 5),
            schedules.OneCycleLR(optimizer, 0.1, 12),
            schedules.CyclicLR(optimizer, 0.01, 0.1),
            schedules.ReduceLROnPlateau(optimizer),
            schedules.SequentialLR(optimizer, [schedules.StepLR(optimizer, 2)] * 2, [3]),
        )
    ]
    assert loaded(states) == states
    assert type(loaded(states)[0]["milestones"]) is Counter


def archive(program, storages=()):
    """Return an archive with a pickle of one's own."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as members:
        members.writestr("archive/data.pkl", program)
        for i, values in enumerate(storages):
            members.writestr(f"archive/data/{i}", values)
    file.seek(0)
    return file


class Evaluates:
    def __reduce__(self):
        return eval, ("__import__('os').environ.update(IT_RAN='1')",)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("thing", [Evaluates(), os.system, OrderedDict], ids=["a call", "a function", "a class"])
def test_nothing_is_executed(thing, protocol):
    with pytest.raises(ValueError, match=r"it refers to|something else|itself|no function"):
        cr.load(archive(pickle.dumps(thing, protocol)))
    assert "IT_RAN" not in os.environ


def test_nested_pairs_are_no_bomb():
    pairs = b"".join(b"2\x86" for _ in range(80))  # DUP, TUPLE2: twice as much each time
    with pytest.raises(ValueError, match="DUP"):
        cr.load(archive(b"\x80\x02)" + pairs + b"."))
    memoized = b"".join(b"q\x00h\x00\x86" for _ in range(80))
    assert len(cr.load(archive(b"\x80\x02)" + memoized + b"."))) == 2
    with pytest.raises(ValueError, match="of type tuple, as a key"):  # whose hash would take 2**80 steps
        cr.load(archive(b"\x80\x02})" + memoized + b"Ns."))


def trained():
    """Return what is in a checkpoint, and views of one storage."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(4, 3)).sum().backward()
    optimizer.step()
    a = torch.arange(12.0).reshape(3, 4)
    return model.state_dict(), optimizer.state_dict(), model[0].weight, [a, a.T, a[1, ::2]], (1, 2.5, None, {3})


def content(obj):
    """Return an object as text, tensors by their values, and without what stands for storages."""
    if isinstance(obj, torch.Tensor | cr.Tensor):
        array = obj.detach().numpy()
        return f"{array.dtype}{array.shape}{array.tolist() if array.size < 10**4 else array.strides}"
    if isinstance(obj, dict):
        return f"{type(obj).__name__}({[(key, content(value)) for key, value in obj.items()]})"
    if isinstance(obj, list | tuple):
        return f"{type(obj).__name__}({list(map(content, obj))})"
    return repr(obj) if isinstance(obj, int | float | str | set | type(None)) else "storage"


@pytest.mark.parametrize("count", [150, pytest.param(9000, marks=pytest.mark.full)])
def test_of_a_changed_pickle_pytorch_reads_the_same_wherever_both_read(count):
    torch.save(trained(), file := io.BytesIO())
    with zipfile.ZipFile(file) as members:
        parts = {name: members.read(name) for name in members.namelist()}
    both = 0
    for seed in range(count):
        changed = of_program(parts["archive/data.pkl"], random.Random(seed))
        written = archived((parts | {"archive/data.pkl": changed}).items())
        with contextlib.suppress(Exception), warnings.catch_warnings(action="ignore"):  # what PyTorch refuses
            theirs = content(torch.load(io.BytesIO(written), weights_only=True))
            with contextlib.suppress(ValueError):
                ours = content(cr.load(io.BytesIO(written)))
                both += 1
                if ours != theirs:
                    pytest.fail(f"seed {seed}: {ours} is not {theirs}")
    assert both > count // 50


TENSOR = (
    b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n"
    b"X\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQ"
)


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        (b"K\x00K\x05\x85K\x01\x85\x89)tR.", "beyond its storage"),
        (b"K\x03K\x02\x85K\x01\x85\x89)tR.", "beyond its storage"),
        (b"K\x00K\x02\x85K\x04\x85\x89)tR.", "beyond its storage"),
        (b"K\x00J\xff\xff\xff\xff\x85K\x01\x85\x89)tR.", "where sizes were expected"),
        (b"K\x00K\x02\x85)\x89)tR.", "with strides"),
    ],
)
def test_a_tensor_lies_in_its_storage(rest, message):
    with pytest.raises(ValueError, match=message):
        cr.load(archive(b"\x80\x02" + TENSOR + rest, [bytes(16)]))


def test_a_storage_has_the_length_that_is_said():
    with pytest.raises(ValueError, match="has 8 bytes, expected 4 of float32"):
        cr.load(archive(b"\x80\x02" + TENSOR + b"K\x00K\x02\x85K\x01\x85\x89)tR.", [bytes(8)]))


def test_a_storage_is_looked_through_once_however_many_tensors_lie_in_it(monkeypatch):
    looked = []
    monkeypatch.setattr(chainrule.torch_files, "check_booleans", lambda *arguments: looked.append(arguments))
    flags = torch.zeros(100, dtype=torch.bool)
    assert len(loaded([flags[i] for i in range(100)])) == 100
    assert len(looked) == 1


def test_a_storage_is_of_one_dtype():
    part = TENSOR + b"K\x00K\x02\x85K\x01\x85\x89)tR"
    with pytest.raises(ValueError, match="storage 0 is 4 of float32, and 4 of int32"):
        cr.load(archive(b"\x80\x02](" + part + part.replace(b"Float", b"Int") + b"e.", [bytes(16)]))


def test_a_file_that_can_not_be_opened_is_not_called_damaged(tmp_path):
    with pytest.raises(IsADirectoryError):
        cr.load(tmp_path)


def test_parts_that_are_compressed_are_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("archive/data.pkl", b"\x80\x02N.")
        members.writestr("archive/data/0", bytes(10**6))
    with pytest.raises(ValueError, match="compressed"):
        cr.load(file)


def saved():
    file = io.BytesIO()
    model = torch.nn.Linear(3, 2)
    torch.save({"model": model.state_dict(), "epoch": 3, "log": [1.5, (None, True)]}, file)
    return file.getvalue()


SAVED = saved()


@settings(max_examples=1500, deadline=2000)
@given(
    st.lists(st.tuples(st.integers(0, len(SAVED) - 1), st.integers(0, 255)), min_size=1, max_size=4), st.booleans()
)
def test_a_damaged_file_is_refused_or_reads_the_same(changes, cut):
    content = bytearray(SAVED)
    for place, value in changes:
        content[place] = value
    if cut:
        del content[changes[0][0] :]
    try:
        result = cr.load(io.BytesIO(bytes(content)))
    except ValueError:
        return
    assert same(result, torch.load(io.BytesIO(SAVED), weights_only=True))


@settings(max_examples=1500, deadline=2000)
@given(st.data())
def test_a_pickle_that_is_no_longer_what_it_was_does_no_harm(data):
    """The checksum of the archive is right here, and the program inside it is not."""
    with zipfile.ZipFile(io.BytesIO(SAVED)) as members:
        parts = {name.partition("/")[2]: members.read(name) for name in members.namelist()}
    program = bytearray(parts["data.pkl"])
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(program) - 1))
        match data.draw(st.sampled_from(["change", "insert", "delete"])):
            case "change":
                program[place] = data.draw(st.integers(0, 255))
            case "insert":
                program[place:place] = bytes([data.draw(st.integers(0, 255))])
            case _:
                del program[place]
    with contextlib.suppress(ValueError):
        cr.load(archive(bytes(program), [parts["data/0"], parts["data/1"]]))
