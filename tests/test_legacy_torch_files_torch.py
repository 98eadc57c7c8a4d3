"""Files of torch.save's old serialization: read as the new ones are, and refused as they are."""

import contextlib
import io
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.test_torch_files_torch import TREES, same

import chainrule as cr

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.torch


def content(obj):
    file = io.BytesIO()
    torch.save(obj, file, _use_new_zipfile_serialization=False)
    return file.getvalue()


def loaded(data):
    return cr.load(io.BytesIO(data))


@settings(max_examples=60, deadline=None)
@given(TREES)
def test_what_torch_saves_is_loaded(tree):
    assert same(loaded(content(tree)), tree)


def test_from_a_path_and_from_the_middle_of_a_file(tmp_path):
    state = torch.nn.Linear(3, 2).state_dict()
    path = tmp_path / "model.pth"
    path.write_bytes(content(state))
    assert same(cr.load(path), state)
    file = io.BytesIO(b"before" + content(state))
    file.seek(6)
    assert same(cr.load(file), state)


def test_views_share_the_memory_that_they_shared():
    a = torch.arange(12.0).reshape(3, 4)
    whole, transposed, row = loaded(content([a, a.T, a[1, ::2]]))
    assert same([whole, transposed, row], [a, a.T, a[1, ::2]])
    whole.array[1, 2] = -1
    assert transposed.array[2, 1] == row.array[1] == -1


def test_parameters_and_checkpoints_are_loaded():
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    saved = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "weight": model.weight}
    ours = loaded(content(saved))
    assert same(ours, saved)
    assert ours["weight"].requires_grad
    assert ours["model"]._metadata == OrderedDict(model.state_dict()._metadata)


@pytest.mark.parametrize(
    ("held", "name"),
    [(torch.nn.Linear(2, 2), "torch.nn.modules.linear"), (np.ones(2), "numpy"), (b"ab", "encode")],
    ids=["module", "array", "bytes"],
)
def test_everything_else_is_refused_by_name(held, name):
    with pytest.raises(ValueError, match=name):
        loaded(content({"a": held}))


DATA = content({"a": torch.arange(6.0), "b": [torch.ones(2, 2, dtype=torch.bool), 3]})


@pytest.mark.parametrize("end", [15, 40, len(DATA) // 2, len(DATA) - 25, len(DATA) - 1])
def test_a_file_that_ends_too_early_is_refused(end):
    with pytest.raises(ValueError, match=r"damaged|byte order"):
        loaded(DATA[:end])


def test_a_file_that_goes_on_is_refused():
    with pytest.raises(ValueError, match="follows"):
        loaded(DATA + b"x")


def test_a_storage_that_is_larger_than_the_file_is_not_allocated():
    large = DATA.replace(b"K\x06", b"J\xff\xff\xff\x7f")
    assert large != DATA
    with pytest.raises(ValueError, match="too short"):
        loaded(large)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(at=st.integers(15, len(DATA) - 1), value=st.integers(0, 255))
def test_a_changed_byte_gives_a_value_or_a_sentence(at, value):
    with contextlib.suppress(ValueError):
        loaded(DATA[:at] + bytes([value]) + DATA[at + 1 :])
