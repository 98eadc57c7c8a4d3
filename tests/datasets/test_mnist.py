"""MNIST and FashionMNIST: samples, batches, names."""

import numpy as np
import pytest

from chainrule.data import DataLoader, Subset
from chainrule.datasets import MNIST, FashionMNIST
from chainrule.datasets.transforms import Compose, Lambda, Normalize, ToTensor
from chainrule.tensor import Tensor


@pytest.fixture(scope="module")
def test_digits():
    return MNIST(train=False, source="sample")


def digits(**options):
    return MNIST(train=False, source="sample", **options)


def test_arrays_are_bytes_and_labels_int64(test_digits):
    assert (test_digits.images.dtype, test_digits.images.shape) == (np.uint8, (1000, 28, 28))
    assert (test_digits.labels.dtype, test_digits.labels.shape) == (np.int64, (1000,))


def test_data_and_targets_are_tensors_of_the_same_memory_as_in_torchvision(test_digits):
    assert np.shares_memory(test_digits.data.array, test_digits.images)
    assert np.shares_memory(test_digits.targets.array, test_digits.labels)
    pixels = test_digits.data.float() / 255
    assert (pixels.dtype, pixels.max().item()) == (np.float32, 1.0)


def test_data_and_targets_can_be_set():
    sevens = digits()
    chosen = sevens.targets == 7
    sevens.data, sevens.targets = sevens.data[chosen], sevens.targets[chosen]
    assert len(sevens) == len(sevens.labels) == int(chosen.sum())
    assert {label for _, label in sevens} == {7}


def test_a_sample_is_an_image_and_a_number(test_digits):
    image, label = test_digits[3]
    np.testing.assert_array_equal(image, test_digits.data[3])
    assert type(label) is int
    assert label == test_digits.targets[3]
    np.testing.assert_array_equal(test_digits[-1][0], test_digits.data[999])
    with pytest.raises(IndexError):
        test_digits[1000]


TRANSFORMS = {
    "none": None,
    "to tensor": ToTensor(),
    "normalized": Compose([ToTensor(), Normalize((0.2860,), (0.3530,))]),
    "with a function": Compose([ToTensor(), Lambda(lambda image: image.reshape(-1) * 2)]),
    "function first": Compose([Lambda(lambda image: 255 - image), ToTensor()]),
    "plain function": lambda image: image[::2, ::2],
}


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize("indices", [slice(0, 5), [7, 3, 3], np.array([-1, 0])], ids=str)
def test_a_batch_equals_its_samples(name, indices):
    dataset = digits(transform=TRANSFORMS[name], target_transform=Lambda(lambda label: label + 10))
    images, labels = dataset.batch(indices)
    rows = range(1000)[indices] if isinstance(indices, slice) else indices
    for image, label, row in zip(images, labels, rows, strict=True):
        np.testing.assert_array_equal(np.asarray(image), np.asarray(dataset[row][0]))
        assert int(label) == dataset[row][1]
    assert type(images) is type(labels) is Tensor
    assert labels.dtype == np.int64


def test_a_target_transform_gets_pythons_numbers():
    seen = []
    digits(target_transform=lambda label: seen.append(type(label)) or label).batch(slice(0, 2))
    assert seen == [int, int]


def test_redefining_getitem_alone_is_respected(test_digits):
    class Negative(MNIST):
        def __getitem__(self, index):
            image, label = super().__getitem__(index)
            return 255 - image, label

    negative = Negative(train=False, source="sample")
    images, _ = next(iter(DataLoader(negative, batch_size=4)))
    np.testing.assert_array_equal(images.array, 255 - test_digits.data[:4])


def test_redefining_the_call_of_a_transform_alone_is_respected():
    class Zero(ToTensor):
        def __call__(self, pic):
            return super().__call__(pic) * 0

    images, _ = digits(transform=Zero()).batch(slice(0, 4))
    assert not images.array.any()


def test_a_loader_gives_images_and_labels(test_digits):
    dataset = digits(transform=ToTensor())
    batches = list(DataLoader(Subset(dataset, range(100)), batch_size=64))
    assert [(X.shape, X.dtype, y.shape, y.dtype) for X, y in batches] == [
        ((64, 1, 28, 28), np.float32, (64,), np.int64),
        ((36, 1, 28, 28), np.float32, (36,), np.int64),
    ]
    np.testing.assert_array_equal(batches[1][1].array, test_digits.targets[64:100])


def test_batches_do_not_share_the_memory_of_the_images():
    dataset = digits(transform=ToTensor())
    X, _ = next(iter(DataLoader(dataset, batch_size=4)))
    X.array[...] = 7
    X, _ = next(iter(DataLoader(dataset, batch_size=4)))
    assert X.array.max() <= 1


def test_class_names_are_torchvisions():
    assert digits().classes[8] == "8 - eight"
    clothes = FashionMNIST(train=False, source="sample")
    assert clothes.classes == [
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ]
    assert clothes.class_to_idx["Shirt"] == 6


def test_repr_is_torchvisions():
    assert repr(MNIST("somewhere", train=False, transform=ToTensor(), source="sample")) == (
        "Dataset MNIST\n"
        "    Number of datapoints: 1000\n"
        "    Root location: somewhere\n"
        "    Split: Test\n"
        "    StandardTransform\n"
        "Transform: ToTensor()"
    )
    assert repr(digits()) == "Dataset MNIST\n    Number of datapoints: 1000\n    Split: Test"
    composed = digits(transform=Compose([ToTensor()]), target_transform=Lambda(int))
    assert repr(composed).endswith(
        "Transform: Compose(\n"
        "               ToTensor()\n"
        "           )\n"
        "Target transform: Lambda()"
    )  # fmt: skip
