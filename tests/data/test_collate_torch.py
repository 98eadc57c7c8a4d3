"""default_collate and default_convert against PyTorch's."""

import collections

import numpy as np
import pytest

from chainrule import data as ours
from chainrule.tensor import Tensor

torch = pytest.importorskip("torch")
theirs = torch.utils.data

pytestmark = pytest.mark.torch

Point = collections.namedtuple("Point", "x y")

SAMPLES = [
    [1, 2],
    [1.0, 2],
    [1, 2.5],
    [True, False],
    [1, True],
    [np.float32(1), np.float32(2)],
    [np.float64(1)],
    [np.int32(1)],
    [np.bool_(1)],
    ["a", "b"],
    [b"a", b"b"],
    [("a", 1), ("b", 2)],
    [[1, 2], [3, 4]],
    [Point(1, 2.0), Point(3, 4.0)],
    [{"a": 1, "b": np.zeros(2)}, {"a": 2, "b": np.ones(2)}],
    [collections.OrderedDict(a=1), collections.OrderedDict(a=2)],
    [collections.defaultdict(list, {"a": 1})] * 2,
    [range(3), range(3)],
    [np.zeros((2, 3), np.float32), np.ones((2, 3), np.float32)],
    [np.zeros(2), np.ones(2, dtype=np.float32)],
    [np.array(3), np.array(4)],
    [(np.zeros(2, np.uint8), {"label": (1, "one")})] * 3,
    [()],
    [[]],
]

WRONG = [
    [np.zeros(2), np.ones(3)],
    [[1], [1, 2]],
    [np.array("a")],
    [np.array([None])],
    [None],
    [{1, 2}],
    [1 + 2j],
    [np.datetime64("2020")],
]


def plain(value):
    """Turn a result of either library into something that compares."""
    if isinstance(value, Tensor | torch.Tensor):
        return ("tensor", str(value.dtype).removeprefix("torch."), tuple(value.shape), value.tolist())
    if isinstance(value, dict):
        return (type(value).__name__, {key: plain(item) for key, item in value.items()})
    if isinstance(value, list | tuple) and not isinstance(value, Point):
        return (type(value).__name__, [plain(item) for item in value])
    if isinstance(value, Point):
        return ("Point", [plain(item) for item in value])
    return value


@pytest.mark.parametrize("batch", SAMPLES, ids=str)
def test_batches_are_those_of_pytorch(batch):
    assert plain(ours.default_collate(batch)) == plain(theirs.default_collate(batch))


@pytest.mark.parametrize("batch", WRONG, ids=str)
def test_what_pytorch_cannot_collate_raises_the_same_type_of_error(batch):
    with pytest.raises((TypeError, RuntimeError)) as theirs_raised:
        theirs.default_collate(batch)
    with pytest.raises(theirs_raised.type):
        ours.default_collate(batch)


def test_tensors_of_either_library_are_collated():
    expected = plain(theirs.default_collate([torch.ones(2), torch.zeros(2)]))
    assert plain(ours.default_collate([torch.ones(2), torch.zeros(2)])) == expected
    assert plain(ours.default_collate([Tensor([1.0, 1.0]), Tensor([0.0, 0.0])])) == expected


CONVERTED = [
    np.zeros(2),
    np.float32(3),
    np.int64(3),
    3,
    2.5,
    "a",
    None,
    (np.zeros(1), 2),
    [np.zeros(1)],
    Point(np.zeros(1), 2),
    {"a": np.zeros(1)},
    range(3),
]


@pytest.mark.parametrize("sample", CONVERTED, ids=str)
def test_samples_are_converted_as_pytorch_does(sample):
    assert plain(ours.default_convert(sample)) == plain(theirs.default_convert(sample))


def test_an_array_of_strings_is_left_as_it_is():
    names = np.array(["a", "b"])
    assert ours.default_convert(names) is names
