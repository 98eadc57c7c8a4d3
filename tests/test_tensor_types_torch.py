"""The old types of tensors make of arrays what PyTorch's make."""

import numpy as np
import pytest

import chainrule as cr

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.torch

KINDS = [f"{kind}Tensor" for kind in ("Float", "Double", "Char", "Short", "Int", "Long", "Byte", "Bool")]
ARRAYS = [
    np.zeros((2, 2)),
    np.zeros((2, 0, 3)),
    np.array([1.7, -2.5]),
    np.array(3.5),
    np.arange(3, dtype=np.int32),
    np.array([-1, 300]),
    np.array([2**40 + 1]),
    np.array([True, False]),
    np.array([1.5, 2.0], dtype=np.float16),
    np.array([3, 2**16 - 1], dtype=np.uint16),
]
LENGTHS = [np.array(3), np.array(2, dtype=np.int8), np.int64(2)]
REFUSED = [
    np.array(["a"]),
    np.array([...]),
    np.array([1], dtype="M8[s]"),
    np.float32(3),
    np.bool(True),
    np.ones(1, dtype=np.longdouble),
]


@pytest.mark.parametrize("array", ARRAYS, ids=repr)
@pytest.mark.parametrize("kind", KINDS)
def test_arrays_are_converted_as_in_pytorch(kind, array):
    mine, torchs = getattr(cr, kind)(array), getattr(torch, kind)(torch.as_tensor(array).numpy())
    assert mine.type() == torchs.type()
    np.testing.assert_array_equal(mine.numpy(), torchs.numpy())
    assert mine.shape == torchs.shape


def test_what_does_not_fit_an_integer_is_converted_without_a_warning():
    assert cr.LongTensor(np.array([np.nan])).tolist() == torch.LongTensor(np.array([np.nan])).tolist()
    assert cr.FloatTensor(np.array([1e300])).tolist() == torch.FloatTensor(np.array([1e300])).tolist()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("length", LENGTHS, ids=repr)
def test_a_lone_integer_of_numpy_is_a_length(kind, length):
    assert getattr(cr, kind)(length).shape == getattr(torch, kind)(length).shape


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("thing", REFUSED, ids=repr)
def test_what_pytorch_refuses_is_refused_with_the_same_type_of_error(kind, thing):
    for library in (cr, torch):
        with pytest.raises(TypeError):
            getattr(library, kind)(thing)


def test_tensors_of_another_dtype_are_refused_and_arrays_of_its_own_share_their_memory():
    for library in (cr, torch):
        with pytest.raises(TypeError):
            library.FloatTensor(library.zeros(2, dtype=library.float64))
        array = np.zeros(2, dtype=np.float32)
        tensor = library.FloatTensor(array)
        array[0] = 5
        assert tensor.tolist() == [5.0, 0.0]
