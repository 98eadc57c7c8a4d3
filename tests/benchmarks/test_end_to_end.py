"""The sides of the tutorial end to end, on the embedded sample."""

from importlib.util import find_spec
from itertools import islice

import numpy as np
import pytest
from benchmarks.end_to_end import chainrule_captured, chainrule_eager, pytorch_page

from chainrule.datasets import FashionMNIST
from chainrule.datasets.transforms import ToTensor

STEPS = 5


@pytest.fixture(scope="module")
def images():
    return tuple(FashionMNIST(train=train, transform=ToTensor(), source="sample") for train in (True, False))


def losses(steps):
    return [loss.item() for loss in islice(steps, STEPS)]


def test_captured_steps_have_the_losses_of_eager_ones(images):
    assert losses(chainrule_captured(images)) == losses(chainrule_eager(images))


def test_the_page_of_pytorch_has_the_same_losses(images):
    pytest.importorskip("torch")
    if find_spec("torchvision") is None:
        pytest.skip("torchvision is not installed")
    assert np.allclose(losses(chainrule_eager(images)), losses(pytorch_page(images)), rtol=0, atol=1e-5)
