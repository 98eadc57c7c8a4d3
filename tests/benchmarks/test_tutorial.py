"""The sides of the tutorial's works, on the embedded sample."""

from importlib.util import find_spec
from itertools import islice

import numpy as np
import pytest
from benchmarks.harness import TOLERANCE, largest_difference
from benchmarks.tutorial import (
    BATCH_SIZE,
    WORKS,
    batches_in_memory,
    chainrule_in_memory,
    chainrule_loader,
    products,
    pytorch_in_memory,
    pytorch_page,
)

from chainrule.datasets import FashionMNIST
from chainrule.datasets.transforms import ToTensor

STEPS = 5


@pytest.fixture(scope="module")
def images():
    return tuple(FashionMNIST(train=train, transform=ToTensor(), source="sample") for train in (True, False))


def losses(steps):
    return [loss.item() for loss in islice(steps, STEPS)]


def test_the_batches_in_memory_are_those_of_the_loader(images):
    assert losses(chainrule_in_memory(images)) == losses(chainrule_loader(images))
    assert len(batches_in_memory(images)) == -(-len(images[0]) // BATCH_SIZE)


def test_pytorch_has_the_same_losses(images):
    pytest.importorskip("torch")
    ours, theirs = losses(chainrule_in_memory(images)), losses(pytorch_in_memory(images))
    assert largest_difference({"chainrule": ours, "pytorch": theirs}) < TOLERANCE


def test_the_page_of_pytorch_has_the_same_losses(images):
    pytest.importorskip("torch")
    if find_spec("torchvision") is None:
        pytest.skip("torchvision is not installed")
    assert np.allclose(losses(chainrule_loader(images)), losses(pytorch_page(images)), rtol=0, atol=TOLERANCE)


def test_the_floor_goes_through_the_smaller_last_batch_too(images):
    epoch = len(batches_in_memory(images))
    assert list(islice(products(images), epoch + 1)) == [None] * (epoch + 1)


def test_promises_name_sides_that_exist():
    for work in WORKS:
        for pair in work.promises:
            assert set(pair) <= set(work.sides)
