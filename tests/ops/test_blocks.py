"""Functions of several passes, computed piece by piece."""

import numpy as np
import pytest

from chainrule import ops
from chainrule.ops.blocks import SIZE, in_blocks


def square(x, out=None):
    return np.multiply(x, x, out=out)


@pytest.mark.parametrize("shape", [(), (7,), (SIZE + 1,), (3, SIZE), (0, 3)])
@pytest.mark.parametrize("given", [False, True])
def test_blocks_make_up_the_whole(shape, given):
    x = np.random.default_rng(0).standard_normal(shape)
    out = np.empty(shape) if given else None
    y = in_blocks(square, x, out=out)
    np.testing.assert_array_equal(y, x * x)
    assert out is None or y is out


def test_arrays_with_gaps_are_taken_whole():
    x = np.random.default_rng(0).standard_normal((2, SIZE)).T
    y = in_blocks(square, x, out=np.empty(x.shape))
    np.testing.assert_array_equal(y, x * x)


def test_gelu_of_a_large_array_has_the_bits_of_its_pieces():
    x, grad = np.random.default_rng(0).standard_normal((2, 3 * SIZE + 5)).astype(np.float32)

    def run(part):
        op = ops.GELU()
        op.into = [None]
        return op.forward(x[part]), op.backward(grad[part])[0]

    pieces = [run(slice(i, i + 1000)) for i in range(0, x.size, 1000)]
    for whole, parts in zip(run(slice(None)), zip(*pieces, strict=True), strict=True):
        np.testing.assert_array_equal(whole, np.concatenate(parts))
