"""Dropout against PyTorch's, bit for bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule import creation as cr
from chainrule import nn

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.torch


@settings(max_examples=60, deadline=None)
@given(
    p=st.one_of(st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0]), st.floats(0, 1)),
    shape=st.sampled_from([(), (1,), (3, 5), (64, 33), (0,), (2, 3, 4)]),
    seed=st.integers(0, 2**32 - 1),
    dtype=st.sampled_from([np.float32, np.float64]),
    needs=st.booleans(),
)
def test_one_seed_gives_the_same_masks_numbers_and_gradients(p, shape, seed, dtype, needs):
    x = np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    x = np.asarray(x)
    torch.manual_seed(seed)
    cr.manual_seed(seed)
    a, b = cr.tensor(x, requires_grad=needs), torch.tensor(x, requires_grad=needs)
    ya, yb = nn.Dropout(p)(a), torch.nn.Dropout(p)(b)
    assert np.array_equal(ya.array, yb.detach().numpy())
    assert np.array_equal(cr.rand(3).array, torch.rand(3).numpy())  # as many draws were made
    if needs:
        ya.sum().backward()
        yb.sum().backward()
        assert np.array_equal(a.grad.array, b.grad.numpy())


def test_in_evaluation_nothing_changes_and_nothing_is_drawn():
    x = cr.ones(5)
    cr.manual_seed(0)
    assert nn.Dropout(0.5).eval()(x) is x
    after = cr.rand(1).item()
    cr.manual_seed(0)
    assert cr.rand(1).item() == after


def test_a_network_with_dropout_keeps_in_step_with_pytorch():
    def network(nn):
        return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 4), nn.Dropout(0.3))

    torch.manual_seed(5)
    cr.manual_seed(5)
    ours, theirs = network(nn), network(torch.nn)
    x = np.random.default_rng(0).standard_normal((3, 6)).astype(np.float32)
    for _ in range(3):
        assert np.allclose(ours(x).array, theirs(torch.tensor(x)).detach().numpy(), atol=1e-6)
