"""What ``cr.save`` writes comes back; what can't be written or read is said, and for what it is."""

import errno
import io
import os
import threading
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule import serialization
from chainrule.interop import load_safetensors, save_safetensors

HELD = {
    "model": cr.nn.BatchNorm1d(2).state_dict(),
    "shapes": [cr.tensor(3.0), cr.zeros(0, 2), cr.ones(2, 3).T, cr.tensor([True, False])],
    3: (None, 1.5, float("inf"), -(2**200), "ü\ud800"),
    -(2**63): {"arrays": [np.float32(2), np.array(["a", "bc"]), np.array([1.0], ">f8"), np.zeros((2, 0))]},
}


def content(obj):
    file = io.BytesIO()
    cr.save(obj, file)
    return file.getvalue()


def test_what_is_saved_comes_back_and_the_same_thing_gives_the_same_bytes():
    saved = content(HELD)
    back = cr.load(io.BytesIO(saved))
    assert content(back) == content(HELD) == saved
    assert list(back) == list(HELD)
    assert [x.shape for x in back["shapes"]] == [x.shape for x in HELD["shapes"]]
    assert back[-(2**63)]["arrays"][2].dtype == ">f8"


def itself():
    obj = []
    obj.append(obj)
    return obj


def nested(depth):
    return [nested(depth - 1)] if depth else []


@pytest.mark.parametrize("obj", [itself(), {"a": nested(900)}], ids=["holds itself", "nested"])
def test_what_python_can_not_follow_is_refused_in_a_sentence(obj):
    with pytest.raises(ValueError, match="nested too deeply, or holds itself"):
        content(obj)


@pytest.mark.parametrize("key", [1.5, None, (1, 2), 2**64])
def test_a_key_that_could_not_be_read_again_is_refused(key):
    with pytest.raises(TypeError, match=r"obj\['a'\]: keys must be strings or integers of 64 bits"):
        content({"a": {key: 1}})


@pytest.mark.parametrize("f", [3, None, b"PK", io.StringIO("text")], ids=lambda f: type(f).__name__)
def test_what_is_no_binary_file_is_not_called_a_damaged_one(f):
    with pytest.raises(TypeError, match=rf"load expected a path or a file .* got {type(f).__name__}"):
        cr.load(f)


class Failing(io.BytesIO):
    """A disk with a bad block."""

    def read(self, *args):
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_disk_that_can_not_be_read_is_not_called_a_damaged_file():
    file = Failing(content(1))
    file.name = "checkpoint.npz"
    with pytest.raises(OSError, match=r"Input/output error: 'checkpoint.npz'"):
        cr.load(file)


def test_too_little_memory_is_not_called_a_damaged_file(tmp_path, monkeypatch):
    def read(file):
        raise MemoryError

    monkeypatch.setattr(serialization, "_read", read)
    cr.save(1, tmp_path / "large.npz")
    with pytest.raises(MemoryError, match=r"large.npz can't be loaded: it needs more memory than there is"):
        cr.load(tmp_path / "large.npz")


def test_a_pipe_is_read(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    saved = content(HELD["shapes"])
    threading.Thread(target=lambda: pipe.write_bytes(saved), daemon=True).start()
    assert content(cr.load(pipe)) == saved


# ---- safetensors ------------------------------------------------------------------------------------------------


class Odd(cr.nn.Module):
    """Buffers of every kind."""

    def __init__(self, name="last"):
        super().__init__()
        self.weight = cr.nn.Parameter(cr.randn(3, 4).T)
        for key, value in {"count": 3, "flags": [True, False], "none": np.zeros((0, 2)), name: 1.5}.items():
            self.register_buffer(key, cr.tensor(value))


def test_safetensors_keep_every_shape_and_dtype(tmp_path):
    model = Odd()
    save_safetensors(model, tmp_path / "model.safetensors")
    back = load_safetensors(tmp_path / "model.safetensors")
    for name, tensor in model.state_dict().items():
        assert (back[name].shape, back[name].dtype) == (tensor.shape, tensor.dtype)
        assert back[name].tolist() == tensor.tolist()


def test_a_name_that_safetensors_keep_for_themselves_is_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    with pytest.raises(ValueError, match="no parameter or buffer can be called so"):
        save_safetensors(Odd("__metadata__"), path)
    assert not Path(path).exists()


def test_safetensors_of_half_precision_say_what_to_do(tmp_path):
    from safetensors.numpy import save_file

    path = tmp_path / "half.safetensors"
    save_file({"weight": np.ones(2, np.float16)}, path)
    with pytest.raises(
        ValueError, match=r"half.safetensors .*'weight' has elements of float16.* save what .float"
    ):
        load_safetensors(path)


@pytest.mark.parametrize("ending", [".pt", ".pth"])
def test_a_name_of_pytorchs_files_is_warned_of_and_the_file_is_there(tmp_path, ending):
    path = tmp_path / f"model{ending}"
    with pytest.warns(UserWarning, match=r"an \.npz, which .* torch\.load does not: .*to_torch") as caught:
        cr.save({"w": cr.ones(2)}, path)
    assert caught[0].filename == __file__
    assert cr.load(path)["w"].tolist() == [1, 1]


def test_a_safetensors_file_is_sent_to_its_own_function(tmp_path):
    path = tmp_path / "model.safetensors"
    save_safetensors({"w": cr.ones(2)}, path)
    with pytest.raises(ValueError, match=r"load_safetensors\(\), not for load\(\)"):
        cr.load(path)


def test_safetensors_hold_a_state_dict_as_well_as_a_model(tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy")
    model = cr.nn.Linear(2, 1)
    save_safetensors(model, tmp_path / "model")
    save_safetensors(model.state_dict(), tmp_path / "state")
    assert (tmp_path / "model").read_bytes() == (tmp_path / "state").read_bytes()
    save_safetensors({"w": np.ones(2)}, tmp_path / "arrays")
    assert safetensors.load_file(tmp_path / "arrays")["w"].tolist() == [1, 1]


@pytest.mark.parametrize("given", ["model.pt", [1], {"epoch": 3}, {1: np.ones(1)}], ids=str)
def test_safetensors_of_anything_else_are_refused(tmp_path, given):
    with pytest.raises(TypeError, match=r"expected .*tensors by names, got"):
        save_safetensors(given, tmp_path / "model")
    assert not list(tmp_path.iterdir())
