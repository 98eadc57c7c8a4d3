"""Transforms: the numbers of PyTorch's arithmetic, and errors that say what to do."""

import numpy as np
import pytest

from chainrule.datasets.transforms import Compose, Flat, Lambda, Normalize, ToTensor
from chainrule.tensor import Tensor

BYTES = np.arange(256, dtype=np.uint8).reshape(16, 16)


@pytest.mark.torch
def test_every_byte_is_scaled_as_in_pytorch():
    torch = pytest.importorskip("torch")
    expected = torch.from_numpy(BYTES).to(torch.float32).div(255).numpy()[None]
    for result in (ToTensor()(BYTES), ToTensor().batch(BYTES[None])[0]):
        assert result.dtype == np.float32
        np.testing.assert_array_equal(result.array, expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_flat_images_are_rows_of_bytes_divided_by_255_alone_or_in_a_batch(dtype):
    images = np.stack([BYTES, BYTES[::-1]])
    batch = Flat(dtype).batch(images)
    assert (batch.shape, batch.dtype) == ((2, 256), dtype)
    np.testing.assert_array_equal(batch.array, images.reshape(2, 256).astype(dtype) / dtype(255))
    for row, image in zip(batch.array, images, strict=True):
        np.testing.assert_array_equal(Flat(dtype)(image).array, row)


@pytest.mark.torch
def test_normalizing_rounds_as_in_pytorch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    images = rng.random((5, 3, 16, 16), dtype=np.float32)
    mean, std = (0.2860, 0.1307, 0.5), (0.3530, 0.3081, 0.25)
    columns = [torch.tensor(values, dtype=torch.float32).view(-1, 1, 1) for values in (mean, std)]
    expected = torch.from_numpy(images).sub(columns[0]).div(columns[1]).numpy()
    before = images.copy()
    transform = Normalize(mean, std)
    np.testing.assert_array_equal(transform.batch(Tensor(images)).array, expected)
    np.testing.assert_array_equal(transform(Tensor(images[1])).array, expected[1])
    np.testing.assert_array_equal(images, before)


def test_channels_come_first():
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    result = ToTensor()(picture)
    assert result.shape == (3, 2, 4)
    assert result.array.flags.c_contiguous
    np.testing.assert_array_equal(ToTensor().batch(picture[None]).array[0], result.array)
    np.testing.assert_array_equal(result.array[1], picture[:, :, 1] / np.float32(255))


def test_only_bytes_are_scaled():
    picture = np.array([[0.0, 300.0]])
    result = ToTensor()(picture)
    assert result.dtype == np.float64
    assert result.tolist() == [[[0, 300]]]


@pytest.mark.parametrize("shape", [(3,), (1, 2, 3, 4)])
def test_what_is_not_an_image_is_refused(shape):
    with pytest.raises(ValueError, match=r"\(H, W\)"):
        ToTensor()(np.zeros(shape))
    with pytest.raises(ValueError, match=r"\(B, H, W\)"):
        ToTensor().batch(np.zeros((5, *shape)))


def test_normalizing_bytes_is_refused_with_the_mend():
    with pytest.raises(TypeError, match="put ToTensor"):
        Normalize((0.5,), (0.5,))(Tensor(BYTES[None]))


def test_normalizing_other_channels_is_refused():
    image = Tensor(np.zeros((1, 4, 4), np.float32))
    with pytest.raises(ValueError, match="1 channels"):
        Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))(image)
    with pytest.raises(ValueError, match=r"\(4, 4\)"):
        Normalize((0.5,), (0.5,))(image[0])


def test_a_standard_deviation_of_zero_in_float32_is_refused():
    with pytest.raises(ValueError, match="zero in float32"):
        Normalize((0.5,), (1e-60,))(Tensor(np.zeros((1, 4, 4), np.float32)))


def test_a_lambda_needs_a_function():
    with pytest.raises(TypeError, match="got int"):
        Lambda(3)


def test_repr_is_torchvisions():
    composed = Compose([ToTensor(), Normalize((0.5,), (0.25,)), Lambda(abs)])
    assert repr(composed) == ("Compose(\n    ToTensor()\n    Normalize(mean=(0.5,), std=(0.25,))\n    Lambda()\n)")
