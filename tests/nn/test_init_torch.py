"""Initial values against PyTorch's, bit for bit."""

import math

import numpy as np
import pytest

from chainrule import creation as cr
from chainrule import nn
from chainrule.nn import init
from chainrule.random import Generator

torch = pytest.importorskip("torch")
tinit = torch.nn.init

pytestmark = pytest.mark.torch

FILLS = [
    lambda i, t: i.uniform_(t),
    lambda i, t: i.uniform_(t, -0.3, 0.7),
    lambda i, t: i.normal_(t),
    lambda i, t: i.normal_(t, 1.0, 0.02),
    lambda i, t: i.constant_(t, 0.3),
    lambda i, t: i.ones_(t),
    lambda i, t: i.zeros_(t),
    lambda i, t: i.eye_(t),
    lambda i, t: i.xavier_uniform_(t),
    lambda i, t: i.xavier_uniform_(t, i.calculate_gain("tanh")),
    lambda i, t: i.xavier_normal_(t, gain=2.0),
    lambda i, t: i.kaiming_uniform_(t),
    lambda i, t: i.kaiming_uniform_(t, mode="fan_out", nonlinearity="relu"),
    lambda i, t: i.kaiming_uniform_(t, a=math.sqrt(5)),
    lambda i, t: i.kaiming_normal_(t, nonlinearity="relu"),
    lambda i, t: i.kaiming_normal_(t, 0.2, "fan_out", "leaky_relu"),
]


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("shape", [(2, 3), (17, 31)])
@pytest.mark.parametrize("double", [False, True])
def test_one_seed_gives_the_same_values(fill, shape, double):
    ours = nn.Parameter(np.ones(shape, np.float64 if double else np.float32))
    theirs = torch.nn.Parameter(torch.ones(shape, dtype=torch.float64 if double else torch.float32))
    torch.manual_seed(7)
    cr.manual_seed(7)
    assert fill(init, ours) is ours
    fill(tinit, theirs)
    assert np.array_equal(ours.array, theirs.detach().numpy())


def test_axes_beyond_two_count_as_receptive_field():
    ours, theirs = cr.zeros(4, 3, 2, 2), torch.zeros(4, 3, 2, 2)
    for name in ("kaiming_uniform_", "xavier_uniform_"):
        torch.manual_seed(0)
        cr.manual_seed(0)
        getattr(init, name)(ours)
        getattr(tinit, name)(theirs)
        assert np.array_equal(ours.array, theirs.numpy())


def test_a_generator_of_ones_own_is_drawn_from():
    ours, theirs = cr.zeros(3, 3), torch.zeros(3, 3)
    init.xavier_uniform_(ours, generator=Generator().manual_seed(3))
    tinit.xavier_uniform_(theirs, generator=torch.Generator().manual_seed(3))
    assert np.array_equal(ours.array, theirs.numpy())


@pytest.mark.parametrize("name", ["linear", "conv2d", "sigmoid", "tanh", "relu", "selu", "leaky_relu"])
def test_gains_are_those_of_pytorch(name):
    assert init.calculate_gain(name) == tinit.calculate_gain(name)
    assert init.calculate_gain("leaky_relu", 0.2) == tinit.calculate_gain("leaky_relu", 0.2)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda i, ones: i.calculate_gain("swish"),
        lambda i, ones: i.calculate_gain("leaky_relu", "steep"),
        lambda i, ones: i.kaiming_uniform_(ones(2, 2), mode="fan_both"),
        lambda i, ones: i.xavier_uniform_(ones(2)),
        lambda i, ones: i.eye_(ones(2)),
    ],
)
def test_errors_are_of_the_type_that_pytorch_raises(wrong):
    with pytest.raises(ValueError):  # noqa: PT011
        wrong(tinit, torch.ones)
    with pytest.raises(ValueError):  # noqa: PT011
        wrong(init, cr.ones)


@pytest.mark.parametrize("fill", [init.lecun_uniform_, init.lecun_normal_])
def test_lecun_has_variance_one_over_fan_in(fill):
    cr.manual_seed(0)
    weight = fill(cr.empty(300, 100)).array
    assert weight.var() == pytest.approx(1 / 100, rel=0.05)
    assert weight.mean() == pytest.approx(0, abs=3e-3)


def test_nothing_to_initialise_is_warned_about():
    with pytest.warns(UserWarning, match="no-op"):
        nn.Linear(0, 2)
