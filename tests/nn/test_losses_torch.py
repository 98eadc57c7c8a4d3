"""Losses against PyTorch's: numbers, gradients and errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule import creation as cr
from chainrule import nn
from chainrule.nn import functional as F

torch = pytest.importorskip("torch")
tnn = torch.nn

pytestmark = pytest.mark.torch

REDUCTIONS = st.sampled_from(["mean", "sum", "none"])
SHAPES = st.sampled_from([(3,), (1, 3), (5, 3), (4, 3, 2), (2, 3, 2, 3), (0, 3)])


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


def without_classes(shape):
    return shape[:1] + shape[2:] if len(shape) > 1 else ()


def as_torch(options):
    return {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}


@settings(max_examples=80, deadline=None)
@given(
    shape=SHAPES,
    reduction=REDUCTIONS,
    weighted=st.booleans(),
    ignore=st.sampled_from([-100, 1]),
    smoothing=st.sampled_from([0.0, 0.1, 1.0]),
    seed=st.integers(0, 1000),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_cross_entropy_of_class_indices(shape, reduction, weighted, ignore, smoothing, seed, dtype):
    rng = np.random.default_rng(seed)
    z = (3 * rng.standard_normal(shape)).astype(dtype)
    y = np.asarray(rng.integers(0, 3, without_classes(shape)))
    y = np.where(rng.random(y.shape) < 0.2, -100 if ignore == -100 else 1, y)
    options = {
        "weight": np.array([0.5, 1.0, 2.0], dtype) if weighted else None,
        "ignore_index": ignore,
        "reduction": reduction,
        "label_smoothing": smoothing,
    }
    assert_agree(
        lambda z: nn.CrossEntropyLoss(**options)(z, y),
        lambda z: tnn.CrossEntropyLoss(**as_torch(options))(z, torch.tensor(y)),
        [z],
        [True],
    )


@settings(max_examples=60, deadline=None)
@given(
    shape=SHAPES,
    reduction=REDUCTIONS,
    weighted=st.booleans(),
    smoothing=st.sampled_from([0.0, 0.3]),
    seed=st.integers(0, 1000),
    target_needs=st.booleans(),
)
def test_cross_entropy_of_probabilities(shape, reduction, weighted, smoothing, seed, target_needs):
    rng = np.random.default_rng(seed)
    z, q = rng.standard_normal(shape).astype(np.float32), rng.random(shape).astype(np.float32)
    options = {
        "weight": np.float32([0.5, 1.0, 2.0]) if weighted else None,
        "reduction": reduction,
        "label_smoothing": smoothing,
    }
    assert_agree(
        nn.CrossEntropyLoss(**options),
        tnn.CrossEntropyLoss(**as_torch(options)),
        [z, q],
        [True, target_needs],
        atol=5e-6,
    )


@settings(max_examples=60, deadline=None)
@given(
    shape=SHAPES,
    reduction=REDUCTIONS,
    weighted=st.booleans(),
    ignore=st.sampled_from([-100, 1]),
    seed=st.integers(0, 1000),
)
def test_nll(shape, reduction, weighted, ignore, seed):
    rng = np.random.default_rng(seed)
    logp = rng.standard_normal(shape).astype(np.float32)
    y = np.asarray(rng.integers(0, 3, without_classes(shape)))
    options = {
        "weight": np.float32([0.5, 1.0, 2.0]) if weighted else None,
        "ignore_index": ignore,
        "reduction": reduction,
    }
    assert_agree(
        lambda x: nn.NLLLoss(**options)(x, y),
        lambda x: tnn.NLLLoss(**as_torch(options))(x, torch.tensor(y)),
        [logp],
        [True],
    )


def test_bytes_are_class_indices_too():
    z = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
    y = np.array([0, 2, 1, 1], np.uint8)
    assert F.cross_entropy(z, y).item() == pytest.approx(
        tnn.functional.cross_entropy(torch.tensor(z), torch.tensor(y)).item()
    )


@pytest.mark.parametrize("name", ["MSELoss", "L1Loss"])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("shape", [(), (3,), (4, 2), (0, 2)])
def test_regression_losses(name, reduction, shape):
    rng = np.random.default_rng(0)
    x, y = (np.asarray(rng.integers(-2, 3, shape), dtype=np.float32) for _ in range(2))
    ours, theirs = getattr(nn, name)(reduction=reduction), getattr(tnn, name)(reduction=reduction)
    assert_agree(ours, theirs, [x, y], [True, True])


@pytest.mark.parametrize("name", ["MSELoss", "L1Loss"])
@pytest.mark.parametrize("shapes", [((4, 3), (4, 1)), ((4, 1), (4,)), ((3,), (2, 3))])
def test_regression_losses_of_shapes_that_broadcast_warn_and_agree(name, shapes):
    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal(s).astype(np.float32) for s in shapes)
    with pytest.warns(UserWarning, match="that is different to the input size"):
        assert_agree(getattr(nn, name)(), getattr(tnn, name)(), [x, y], [True, True])


@pytest.mark.parametrize("target", [np.float64, np.int64])
def test_regression_losses_of_two_dtypes_are_computed_in_the_higher(target):
    x, y = np.float32([1, 2.5, -1]), np.array([0, 1, 2], target)
    ours, theirs = F.mse_loss(x, y), tnn.functional.mse_loss(torch.tensor(x), torch.tensor(y))
    assert ours.array.dtype == theirs.numpy().dtype
    assert ours.item() == pytest.approx(theirs.item())


@settings(max_examples=40, deadline=None)
@given(
    reduction=REDUCTIONS,
    weight=st.sampled_from([None, (4, 3), (3,), (4, 1)]),
    seed=st.integers(0, 1000),
    target_needs=st.booleans(),
)
def test_binary_cross_entropy(reduction, weight, seed, target_needs):
    rng = np.random.default_rng(seed)
    p, y = (rng.random((4, 3)).astype(np.float32) for _ in range(2))
    options = {"weight": None if weight is None else rng.random(weight).astype(np.float32), "reduction": reduction}
    assert_agree(nn.BCELoss(**options), tnn.BCELoss(**as_torch(options)), [p, y], [True, target_needs], atol=1e-5)


def test_binary_cross_entropy_of_certain_probabilities_is_finite():
    p, y = np.float32([0, 1, 0, 1]), np.float32([0, 1, 1, 0])
    assert_agree(nn.BCELoss(reduction="none"), tnn.BCELoss(reduction="none"), [p, y], [True, True])


def test_not_a_number_in_a_row_that_does_not_count_shows_in_its_gradient():
    z, y = np.float32([[0, np.nan, 1], [0, 1, 2]]), np.array([-100, 1])
    assert_agree(
        lambda z: F.cross_entropy(z, y), lambda z: tnn.functional.cross_entropy(z, torch.tensor(y)), [z], [True]
    )


@settings(max_examples=40, deadline=None)
@given(
    reduction=REDUCTIONS,
    weight=st.sampled_from([None, (4, 3), (3,)]),
    pos_weight=st.sampled_from([None, (3,), (1,), ()]),
    seed=st.integers(0, 1000),
    target_needs=st.booleans(),
)
def test_binary_cross_entropy_with_logits(reduction, weight, pos_weight, seed, target_needs):
    rng = np.random.default_rng(seed)
    z = (20 * rng.standard_normal((4, 3))).astype(np.float32)
    y = rng.random((4, 3)).astype(np.float32)
    options = {
        "weight": None if weight is None else rng.random(weight).astype(np.float32),
        "pos_weight": None if pos_weight is None else np.asarray(rng.random(pos_weight), dtype=np.float32) + 1,
        "reduction": reduction,
    }
    given = {k: np.asarray(v) if v is not None and k != "reduction" else v for k, v in options.items()}
    assert_agree(
        nn.BCEWithLogitsLoss(**given),
        tnn.BCEWithLogitsLoss(**as_torch(given)),
        [z, y],
        [True, target_needs],
        atol=1e-5,
    )


def test_weights_are_buffers_with_the_keys_of_pytorch():
    w = np.ones(3, np.float32)
    for name in ("CrossEntropyLoss", "NLLLoss", "BCELoss"):
        assert list(getattr(nn, name)(weight=w).state_dict()) == list(
            getattr(tnn, name)(weight=torch.tensor(w)).state_dict()
        )
    ours, theirs = nn.BCEWithLogitsLoss(pos_weight=w), tnn.BCEWithLogitsLoss(pos_weight=torch.tensor(w))
    assert list(ours.state_dict()) == list(theirs.state_dict()) == ["pos_weight"]


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
