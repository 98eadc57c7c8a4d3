"""Losses against PyTorch's: numbers, gradients and errors."""

import numpy as np
import pytest

from chainrule import creation as cr
from chainrule import nn
from chainrule.nn import functional as F

torch = pytest.importorskip("torch")
tnn = torch.nn

pytestmark = pytest.mark.torch


def assert_agree(ours, theirs, inputs, needs, atol=1e-6):
    """Compare value and gradients of two functions of the same inputs."""
    a = [cr.tensor(x, requires_grad=n) for x, n in zip(inputs, needs, strict=True)]
    b = [torch.tensor(x, requires_grad=n) for x, n in zip(inputs, needs, strict=True)]
    ya, yb = ours(*a), theirs(*b)
    assert tuple(ya.shape) == tuple(yb.shape)
    assert ya.array.dtype == yb.detach().numpy().dtype
    assert np.allclose(ya.array, yb.detach().numpy(), atol=atol, rtol=1e-5, equal_nan=True)
    grad = np.asarray(np.random.default_rng(9).standard_normal(tuple(yb.shape)), dtype=ya.array.dtype)
    ya.backward(grad)
    yb.backward(torch.tensor(grad))
    for p, q, need in zip(a, b, needs, strict=True):
        if need:
            assert np.allclose(p.grad.array, q.grad.numpy(), atol=atol, rtol=1e-5, equal_nan=True)


def test_bytes_are_class_indices_too():
    z = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
    y = np.array([0, 2, 1, 1], np.uint8)
    assert F.cross_entropy(z, y).item() == pytest.approx(
        tnn.functional.cross_entropy(torch.tensor(z), torch.tensor(y)).item()
    )


@pytest.mark.parametrize("name", ["MSELoss", "L1Loss"])
@pytest.mark.parametrize("shapes", [((4, 3), (4, 1)), ((4, 1), (4,)), ((3,), (2, 3))])
def test_regression_losses_of_shapes_that_broadcast_warn_and_agree(name, shapes):
    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal(s).astype(np.float32) for s in shapes)
    with pytest.warns(UserWarning, match="that is different to the input size"):
        assert_agree(getattr(nn, name)(), getattr(tnn, name)(), [x, y], [True, True])


def test_binary_cross_entropy_of_certain_probabilities_is_finite():
    p, y = np.float32([0, 1, 0, 1]), np.float32([0, 1, 1, 0])
    assert_agree(nn.BCELoss(reduction="none"), tnn.BCELoss(reduction="none"), [p, y], [True, True])


def test_not_a_number_in_a_row_that_does_not_count_shows_in_its_gradient():
    z, y = np.float32([[0, np.nan, 1], [0, 1, 2]]), np.array([-100, 1])
    assert_agree(
        lambda z: F.cross_entropy(z, y), lambda z: tnn.functional.cross_entropy(z, torch.tensor(y)), [z], [True]
    )


class _Ours:
    ones, zeros, tensor = staticmethod(cr.ones), staticmethod(cr.zeros), staticmethod(cr.tensor)
    float64, int64, int32 = np.float64, np.int64, np.int32


@pytest.mark.parametrize(
    "run",
    [
        lambda m, f: f.cross_entropy(m.ones(4, 3), m.tensor([0, 1, 2])),
        lambda m, f: f.cross_entropy(m.ones(4, 3), m.tensor([0, 1, 2, 3])),
        lambda m, f: f.cross_entropy(m.ones(4, 3), m.tensor([0, 1, 2, -1])),
        lambda m, f: f.cross_entropy(m.ones(4, 3), m.tensor([0, 1, 2, 3]), label_smoothing=0.1),
        lambda m, f: f.cross_entropy(m.ones(4, 3), m.tensor([0, 1, 2, 1], dtype=m.int32)),
        lambda m, f: f.cross_entropy(m.ones(4, 3), m.tensor([0.0, 1, 2, 1])),
        lambda m, f: f.cross_entropy(m.ones(4, 3), m.ones(4, 4)),
        lambda m, f: f.cross_entropy(m.ones(4, 3), m.ones(4, 3, dtype=m.int64)),
        lambda m, f: f.cross_entropy(m.ones(4, 3), m.ones(4, 1, dtype=m.int64)),
        lambda m, f: f.cross_entropy(m.ones(2, 3, 5), m.ones(2, 4, dtype=m.int64)),
        lambda m, f: f.cross_entropy(m.ones(2, 3, 5), m.ones(3, 5, dtype=m.int64)),
        lambda m, f: f.cross_entropy(m.ones(2, 3, 5), m.ones(2, dtype=m.int64)),
        lambda m, f: f.cross_entropy(m.ones(()), m.ones((), dtype=m.int64)),
        lambda m, f: f.cross_entropy(m.ones(4, 3), m.tensor([0, 1, 2, 1]), weight=m.ones(2)),
        lambda m, f: f.cross_entropy(m.ones(4, 3), m.tensor([0, 1, 2, 1]), weight=m.ones(3, dtype=m.float64)),
        lambda m, f: f.cross_entropy(m.ones(4, 3), m.ones(4, 3), weight=m.ones(2)),
        lambda m, f: f.cross_entropy(m.ones(4, 3), m.tensor([0, 1, 2, 1]), label_smoothing=2.0),
        lambda m, f: f.cross_entropy(m.ones(4, 3), m.tensor([0, 1, 2, 1]), reduction="x"),
        lambda m, f: f.cross_entropy(m.ones(4, 3), m.ones(4, 3), ignore_index=1),
        lambda m, f: f.cross_entropy(m.ones(4, 3, dtype=m.int64), m.tensor([0, 1, 2, 1])),
        lambda m, f: f.nll_loss(m.ones(4, 3), m.tensor([0.0, 1, 2, 1])),
        lambda m, f: f.nll_loss(m.ones(4, 3), m.tensor([0, 1, 2])),
        lambda m, f: f.nll_loss(m.ones(4, 3), m.tensor([0, 1, 2, 5])),
        lambda m, f: f.nll_loss(m.ones(4, 3), m.ones(4, 1, dtype=m.int64)),
        lambda m, f: f.mse_loss(m.ones(4, 3, dtype=m.int64), m.ones(4, 3, dtype=m.int64)),
        lambda m, f: f.l1_loss(m.ones(4), m.ones(4), reduction="x"),
        lambda m, f: f.binary_cross_entropy(m.ones(4, 3), m.zeros(4, 1)),
        lambda m, f: f.binary_cross_entropy(m.ones(4) * 2, m.zeros(4)),
        lambda m, f: f.binary_cross_entropy(m.ones(4), m.ones(4) * 2),
        lambda m, f: f.binary_cross_entropy(m.ones(4), m.zeros(4, dtype=m.float64)),
        lambda m, f: f.binary_cross_entropy(m.ones(4), m.zeros(4, dtype=m.int64)),
        lambda m, f: f.binary_cross_entropy(m.ones(4, 3), m.zeros(4, 3), weight=m.ones(2)),
        lambda m, f: f.binary_cross_entropy_with_logits(m.ones(4, 3), m.zeros(4, 1)),
        lambda m, f: f.binary_cross_entropy_with_logits(m.ones(4), m.zeros(4, dtype=m.int64)),
        lambda m, f: f.binary_cross_entropy_with_logits(m.ones(4, 3), m.zeros(4, 3), pos_weight=m.ones(2)),
        lambda m, f: f.binary_cross_entropy_with_logits(m.ones(4, 3), m.zeros(4, 3), weight=m.ones(2)),
    ],
)
def test_errors_are_of_the_type_that_pytorch_raises(run):
    with pytest.raises(Exception) as theirs:  # noqa: PT011
        run(torch, tnn.functional)
    with pytest.raises(theirs.type):
        run(_Ours, F)


def test_regression_losses_of_shapes_that_do_not_broadcast_are_refused():
    with pytest.raises(
        RuntimeError, match=r"mse_loss expected input and target of one shape, got \(4, 3\) and \(2, 3\)"
    ):
        F.mse_loss(cr.ones(4, 3), cr.ones(2, 3))
