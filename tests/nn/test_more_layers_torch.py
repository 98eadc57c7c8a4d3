"""Normalisation, tables, bilinear layers and alpha dropout against PyTorch's: values, gradients, state, errors."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule import nn
from chainrule.nn import functional as F

torch = pytest.importorskip("torch")
tnn = torch.nn

pytestmark = pytest.mark.torch
drawn = settings(
    max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
DTYPES = st.sampled_from(["float32", "float64"])


def compare(make, arrays, dtype, seed=0, training=True):
    """Compare a module of both libraries, made from one seed, and what is drawn after it."""
    seen = []
    for lib in (cr, torch):
        lib.manual_seed(seed)
        module = make(lib.nn, getattr(lib, dtype)).train(training)
        parameters = {k: v.detach().numpy().copy() for k, v in module.state_dict().items()}
        inputs = [a.astype(dtype) if a.dtype.kind == "f" else a for a in arrays]
        tensors = [lib.from_numpy(a.copy()).requires_grad_(a.dtype.kind == "f") for a in inputs]
        y = module(*tensors)
        grad = np.asarray(np.random.default_rng(seed).standard_normal(tuple(y.shape)), dtype=dtype)
        if y.requires_grad:
            y.backward(lib.from_numpy(grad))
        gradients = [t.grad.numpy() for t in [*tensors, *module.parameters()] if t.grad is not None]
        after = [v.detach().numpy() for v in module.state_dict().values()]
        seen.append((repr(module), parameters, [y.detach().numpy(), *gradients, *after], lib.rand(1).item()))
    (shown, ours, our_arrays, next_draw), (their_shown, theirs, their_arrays, their_next) = seen
    assert shown == their_shown
    assert list(ours) == list(theirs)
    assert all(np.array_equal(ours[k], theirs[k]) for k in ours)  # to the bit
    assert next_draw == their_next
    assert len(our_arrays) == len(their_arrays)
    tolerance = 2e-6 if dtype == "float32" else 1e-12
    for a, b in zip(our_arrays, their_arrays, strict=True):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        scale = np.abs(b[np.isfinite(b)]).max(initial=1)
        np.testing.assert_allclose(a, b, rtol=5 * tolerance, atol=tolerance * scale)


@drawn
@given(
    lead=st.sampled_from([(), (4,), (0,), (2, 3)]),
    last=st.sampled_from([(3,), (16,), (2, 3), (1,)]),
    affine=st.booleans(),
    bias=st.booleans(),
    eps=st.sampled_from([1e-5, 0.1]),
    dtype=DTYPES,
    seed=st.integers(0, 999),
)
def test_layer_norm_is_that_of_pytorch(lead, last, affine, bias, eps, dtype, seed):
    x = 3 * np.random.default_rng(seed).standard_normal((*lead, *last)) + 1
    eps = 0.1 if last == (1,) else eps  # the gradient of what is constant is noise, divided by √eps
    shape = last if seed % 2 else list(last)
    shape = last[0] if len(last) == 1 and seed % 3 else shape
    compare(lambda m, d: m.LayerNorm(shape, eps, affine, bias, dtype=d), [x], dtype, seed)


@drawn
@given(
    lead=st.sampled_from([(), (4,), (0,), (2, 3)]),
    last=st.sampled_from([(3,), (16,), (2, 3), (1,)]),
    affine=st.booleans(),
    eps=st.sampled_from([None, 0.1]),
    dtype=DTYPES,
    seed=st.integers(0, 999),
)
def test_rms_norm_is_that_of_pytorch(lead, last, affine, eps, dtype, seed):
    x = 3 * np.random.default_rng(seed).standard_normal((*lead, *last)) + 1
    compare(lambda m, d: m.RMSNorm(last, eps, affine, dtype=d), [x], dtype, seed)


@drawn
@given(
    shape=st.sampled_from([(4, 12), (2, 12, 3), (1, 12, 2, 2), (0, 12, 2), (3, 12, 1)]),
    groups=st.sampled_from([1, 2, 3]),
    affine=st.booleans(),
    bias=st.booleans(),
    dtype=DTYPES,
    seed=st.integers(0, 999),
)
def test_group_norm_is_that_of_pytorch(shape, groups, affine, bias, dtype, seed):
    x = 3 * np.random.default_rng(seed).standard_normal(shape) + 1
    compare(lambda m, d: m.GroupNorm(groups, 12, 0.1, affine, dtype=d, bias=bias), [x], dtype, seed)


def test_normalisation_takes_a_weight_and_a_bias_of_any_value():
    rng = np.random.default_rng(0)
    x, w, b = rng.random((4, 6)), rng.random(6), rng.random(6)
    for run in (
        lambda f, x, w, b: f.layer_norm(x, (6,), w, b),
        lambda f, x, w, b: f.layer_norm(x, (6,), None, b) * w,
        lambda f, x, w, b: f.layer_norm(x, (6,), w) * b,
        lambda f, x, w, b: f.rms_norm(x, (6,), w, 0.1) + b,
        lambda f, x, w, b: f.group_norm(x, 2, w, b),
    ):
        seen = []
        for lib in (cr, torch):
            tensors = [lib.tensor(a, requires_grad=True) for a in (x, w, b)]
            run(lib.nn.functional, *tensors).square().sum().backward()
            seen.append([t.grad.numpy() for t in tensors])
        for ours, theirs in zip(*seen, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-12)


@drawn
@given(
    shape=st.sampled_from([(), (5,), (2, 4), (0,), (0, 2)]),
    padding=st.sampled_from([None, 0, 3, -1]),
    max_norm=st.sampled_from([None, 1.0, 0.3]),
    norm_type=st.sampled_from([2.0, 1.0, 3.0, float("inf")]),
    by_frequency=st.booleans(),
    index=st.sampled_from([np.int64, np.int32]),
    dtype=DTYPES,
    seed=st.integers(0, 999),
)
def test_embeddings_are_those_of_pytorch(shape, padding, max_norm, norm_type, by_frequency, index, dtype, seed):
    x = np.asarray(np.random.default_rng(seed).integers(0, 6, shape), dtype=index)
    options = {"max_norm": max_norm, "norm_type": norm_type, "scale_grad_by_freq": by_frequency}
    compare(lambda m, d: m.Embedding(6, 4, padding, dtype=d, **options), [x], dtype, seed)


def test_a_table_can_be_given():
    table = np.random.default_rng(0).random((4, 3)).astype(np.float32)
    for freeze in (True, False):
        compare(
            lambda m, d: m.Embedding.from_pretrained(
                cr.tensor(table) if m is nn else torch.tensor(table),
                freeze,  # noqa: B023
                padding_idx=1,
            ),
            [np.array([1, 1, 3])],
            "float32",
        )


@drawn
@given(
    lead=st.sampled_from([(), (4,), (0,), (2, 3)]),
    sizes=st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 4)),
    bias=st.booleans(),
    dtype=DTYPES,
    seed=st.integers(0, 999),
)
def test_bilinear_layers_are_those_of_pytorch(lead, sizes, bias, dtype, seed):
    rng = np.random.default_rng(seed)
    x1, x2 = (rng.standard_normal((*lead, n)) for n in sizes[:2])
    compare(lambda m, d: m.Bilinear(*sizes, bias, dtype=d), [x1, x2], dtype, seed)


@drawn
@given(
    shape=st.sampled_from([(), (5,), (4, 33), (0, 3), (2, 3, 4)]),
    p=st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]),
    training=st.booleans(),
    dtype=DTYPES,
    seed=st.integers(0, 999),
)
def test_alpha_dropout_gives_the_numbers_of_pytorch_to_the_bit(shape, p, training, dtype, seed):
    x = np.asarray(np.random.default_rng(seed).standard_normal(shape))
    compare(lambda m, d: m.AlphaDropout(p), [x], dtype, seed, training)
    x = x.astype(dtype)
    for inplace in (False, True):
        cr.manual_seed(seed)
        torch.manual_seed(seed)
        ours = F.alpha_dropout(cr.from_numpy(x.copy()), p, training, inplace)
        theirs = tnn.functional.alpha_dropout(torch.from_numpy(x.copy()), p, training, inplace)
        assert np.array_equal(ours.numpy(), theirs.numpy())


@pytest.mark.parametrize(
    ("shape", "dim", "lengths"),
    [((4, 6), 1, (2, 3)), ((6,), 0, (-1, 2)), ((2, 6), -1, [3, 1, 2]), ((0, 6), 0, (0, 5))],
)
def test_an_axis_is_split_as_in_pytorch(shape, dim, lengths):
    x = np.random.default_rng(0).random(shape)
    compare(lambda m, d: m.Unflatten(dim, lengths), [x], "float64")


ERRORS = [
    lambda m, f: m.nn.Unflatten(1, (2, 3.0)),
    lambda m, f: m.nn.Unflatten(1, 6),
    lambda m, f: m.nn.Unflatten(1, (2, 2))(m.ones(4, 6)),
    lambda m, f: m.nn.Unflatten(1, (-1, 4))(m.ones(4, 6)),
    lambda m, f: m.nn.Unflatten(1, (-1, -1))(m.ones(4, 6)),
    lambda m, f: m.nn.Unflatten(1, ())(m.ones(4, 6)),
    lambda m, f: m.nn.Unflatten(2, (2, 3))(m.ones(4, 6)),
    lambda m, f: m.nn.Bilinear(0, 1, 1),
    lambda m, f: m.nn.Bilinear(2, 3, 1)(m.ones(4, 2), m.ones(4, 2)),
    lambda m, f: m.nn.Bilinear(2, 3, 1)(m.ones(4, 2), m.ones(5, 3)),
    lambda m, f: m.nn.AlphaDropout(1.5),
    lambda m, f: f.alpha_dropout(m.ones(2), -0.1),
    lambda m, f: m.nn.LayerNorm(3)(m.ones(4, 2)),
    lambda m, f: m.nn.LayerNorm((2, 3))(m.ones(3)),
    lambda m, f: f.layer_norm(m.ones(4, 3), ()),
    lambda m, f: f.layer_norm(m.ones(4, 3), (3,), m.ones(4)),
    lambda m, f: f.layer_norm(m.ones(4, 3), (3,), m.ones(3), m.ones(3, dtype=m.float64)),
    lambda m, f: m.nn.RMSNorm(3)(m.ones(4, 2)),
    lambda m, f: m.nn.GroupNorm(4, 6),
    lambda m, f: m.nn.GroupNorm(2, 6)(m.ones(4, 5)),
    lambda m, f: m.nn.GroupNorm(2, 6)(m.ones(6)),
    lambda m, f: m.nn.GroupNorm(6, 6)(m.ones(1, 6)),
    lambda m, f: m.nn.GroupNorm(2, 6)(m.ones(4, 8)),
    lambda m, f: m.nn.Embedding(3, 2, padding_idx=3),
    lambda m, f: m.nn.Embedding(3, 2, padding_idx=-4),
    lambda m, f: m.nn.Embedding(3, 2, _weight=m.ones(2, 2)),
    lambda m, f: m.nn.Embedding.from_pretrained(m.ones(2)),
    lambda m, f: m.nn.Embedding(3, 2)(m.tensor([3])),
    lambda m, f: m.nn.Embedding(3, 2)(m.tensor([-1])),
    lambda m, f: m.nn.Embedding(3, 2)(m.ones(2)),
    lambda m, f: f.embedding(m.tensor([0]), m.ones(3)),
    lambda m, f: f.embedding(m.tensor([0]), m.ones(3, 2), padding_idx=5),
]


@pytest.mark.parametrize("run", ERRORS)
def test_errors_are_of_the_type_that_pytorch_raises(run):
    with pytest.raises(Exception) as theirs:  # noqa: PT011
        run(torch, tnn.functional)
    with pytest.raises(theirs.type):
        run(cr, F)


def test_sparse_gradients_are_refused():
    for refused in (lambda: nn.Embedding(3, 2, sparse=True), lambda: F.embedding([0], cr.ones(3, 2), sparse=True)):
        with pytest.raises(NotImplementedError, match="sparse=False gives the same numbers"):
            refused()
