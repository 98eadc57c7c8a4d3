"""The losses of numbers, distributions and margins, and the distances, against PyTorch's."""

import warnings

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

DTYPES = st.sampled_from([np.float32, np.float64])
REDUCTIONS = st.sampled_from(["mean", "sum", "none"])
SHAPES = st.sampled_from([(), (3,), (4, 3), (2, 3, 2), (0, 3), (1, 1)])
SPECIAL = [np.inf, -np.inf, np.nan, 0.0, -0.0, 1.0, -1.0, 2.0]


def numbers(rng, shape, share=0.2):
    """Draw numbers, some of them special."""
    special = rng.choice(SPECIAL, shape)
    return np.where(rng.random(shape) < share, special, 2 * rng.standard_normal(shape))


def signs(rng, shape):
    return rng.choice([-1.0, 1.0], shape)


def flag(rng):
    return bool(rng.integers(2))


def pair(rng, shape, share):
    return numbers(rng, shape, share), numbers(rng, shape, share)


def matrix(shape):
    return shape if 0 < len(shape) < 3 and shape[-1] > 1 else (4, 3)


def labels(rng, shape):
    """Draw lists of classes that end at a −1."""
    return rng.integers(-1, shape[-1], shape)


def signed_margins(rng):
    return {"margin": float(rng.choice([0.0, 0.5, 2.0]))}


# Of every loss: arguments and options, drawn. What is an array of floats gets a gradient, if PyTorch gives it one.
LOSSES = {
    "MSELoss": lambda rng, s, share: (pair(rng, s, share), {}),
    "L1Loss": lambda rng, s, share: (pair(rng, s, share), {}),
    "HuberLoss": lambda rng, s, share: (pair(rng, s, share), {"delta": float(rng.choice([0.5, 1.0, 3.0]))}),
    "SmoothL1Loss": lambda rng, s, share: (pair(rng, s, share), {"beta": float(rng.choice([0.0, 0.5, 1.0, 3.0]))}),
    "PoissonNLLLoss": lambda rng, s, share: (
        (numbers(rng, s, share), np.floor(np.abs(3 * rng.standard_normal(s)))),
        {"log_input": flag(rng), "full": flag(rng), "eps": float(rng.choice([1e-8, 0.1]))},
    ),
    "GaussianNLLLoss": lambda rng, s, share: (
        (*pair(rng, s, share), np.abs(rng.standard_normal(_variances(rng, s))) * rng.choice([0, 1])),
        {"full": flag(rng), "eps": float(rng.choice([1e-6, 0.5]))},
    ),
    "KLDivLoss": lambda rng, s, share: (
        (numbers(rng, s, share), np.abs(rng.standard_normal(s))),
        {"log_target": flag(rng)},
    ),
    "SoftMarginLoss": lambda rng, s, share: ((numbers(rng, s, share), signs(rng, s).astype(int)), {}),
    "MarginRankingLoss": lambda rng, s, share: ((*pair(rng, s, share), signs(rng, s)), signed_margins(rng)),
    "HingeEmbeddingLoss": lambda rng, s, share: (
        (numbers(rng, s, share), signs(rng, s).astype(int)),
        signed_margins(rng),
    ),
    "CosineEmbeddingLoss": lambda rng, s, share: (
        (*pair(rng, matrix(s), share), signs(rng, matrix(s)[:-1]).astype(int)),
        {"margin": float(rng.choice([0.0, 0.5, -0.5]))},
    ),
    "MultiMarginLoss": lambda rng, s, share: (
        (numbers(rng, matrix(s), share), rng.integers(0, matrix(s)[-1], matrix(s)[:-1])),
        {"p": int(rng.integers(1, 3)), "weight": _class_weights(rng, matrix(s)), **signed_margins(rng)},
    ),
    "MultiLabelMarginLoss": lambda rng, s, share: ((numbers(rng, matrix(s), share), labels(rng, matrix(s))), {}),
    "MultiLabelSoftMarginLoss": lambda rng, s, share: (
        (numbers(rng, s or (3,), share), (rng.random(s or (3,)) < 0.5) * 1.0),
        {"weight": _class_weights(rng, s or (3,))},
    ),
    "TripletMarginLoss": lambda rng, s, share: (
        (*pair(rng, s or (3,), share), numbers(rng, s or (3,), share)),
        {"margin": float(rng.choice([0.5, 3.0])), "p": float(rng.choice([1, 2, 3])), "swap": flag(rng)},
    ),
    "TripletMarginWithDistanceLoss": lambda rng, s, share: (
        (*pair(rng, s or (3,), share), numbers(rng, s or (3,), share)),
        {"margin": float(rng.choice([0.5, 3.0])), "swap": flag(rng)},
    ),
}
NO_TARGET_GRADIENT = ("SoftMarginLoss",)


def _variances(rng, shape):
    return [shape, shape[:-1], (*shape[:-1], 1)[: len(shape)]][rng.integers(3)]


def _class_weights(rng, shape):
    return rng.random(shape[-1]) + 0.5 if flag(rng) else None


def compare(run, arrays, dtype, needs=True, seed=0):
    """Compare values and gradients of ``run(library, *tensors)`` for both libraries."""
    arrays = [np.asarray(a, dtype=dtype if a.dtype.kind == "f" else a.dtype) for a in map(np.asarray, arrays)]
    seen = []
    for lib in (cr, torch):
        tensors = [
            lib.from_numpy(a.copy()).requires_grad_(a.dtype.kind == "f" and (needs or not i))
            for i, a in enumerate(arrays)
        ]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            y = run(lib, *tensors)
        grad = np.asarray(np.random.default_rng(seed).standard_normal(tuple(y.shape)), dtype=dtype)
        y.backward(lib.from_numpy(grad))
        seen.append([y.detach().numpy(), *(t.grad.numpy() for t in tensors if t.grad is not None)])
    tolerance = 2e-6 if dtype == np.float32 else 1e-12
    assert len(seen[0]) == len(seen[1])
    for ours, theirs in zip(*seen, strict=True):
        assert ours.dtype == theirs.dtype
        assert ours.shape == theirs.shape
        scale = np.abs(theirs[np.isfinite(theirs)]).max(initial=1)
        np.testing.assert_allclose(ours, theirs, rtol=5 * tolerance, atol=tolerance * scale)


@pytest.mark.parametrize("name", LOSSES)
def test_values_and_gradients_are_those_of_pytorch(name):
    @drawn
    @given(
        shape=SHAPES, reduction=st.sampled_from(["mean", "sum", "none"]), dtype=DTYPES, seed=st.integers(0, 9999)
    )
    def check(shape, reduction, dtype, seed):
        rng = np.random.default_rng(seed)
        share = 0.0 if seed % 2 or name in ("MultiMarginLoss", "MultiLabelMarginLoss") else 0.1
        arrays, options = LOSSES[name](rng, shape, share)
        if name in ("MultiMarginLoss", "MultiLabelMarginLoss") and not arrays[0].size and reduction != "none":
            return  # PyTorch returns what there was in the memory

        def run(lib, *tensors):
            given = {
                k: lib.tensor(v.astype(dtype)) if isinstance(v, np.ndarray) else v for k, v in options.items()
            }
            module = getattr(lib.nn, name)(reduction=reduction, **given)
            assert all(f"{v}" == f"{getattr(module, k)}" for k, v in given.items() if k in ("p", "margin"))
            return module(*tensors)

        compare(run, arrays, dtype, name not in NO_TARGET_GRADIENT, seed)

    check()


@drawn
@given(
    name=st.sampled_from(["mse_loss", "l1_loss", "huber_loss"]),
    reduction=REDUCTIONS,
    dtype=DTYPES,
    seed=st.integers(0, 999),
)
def test_numbers_have_weights(name, reduction, dtype, seed):
    arrays = np.random.default_rng(seed).random((3, 4, 2))
    compare(lambda m, x, y, w: getattr(m.nn.functional, name)(x, y, reduction=reduction, weight=w), arrays, dtype)


@drawn
@given(
    dtype=DTYPES, shape=st.sampled_from([(), (3,), (4, 3), (0, 3)]), log=st.booleans(), seed=st.integers(0, 999)
)
def test_divergence_over_the_batch(dtype, shape, log, seed):
    x, t = np.random.default_rng(seed).random((2, *shape))
    compare(lambda m, x, t: m.nn.KLDivLoss(reduction="batchmean", log_target=log)(x, t), (x, t), dtype)


BROADCASTS = {
    "kl_div": lambda f, x, y: f.kl_div(x, y, reduction="none"),
    "kl_div over the batch": lambda f, x, y: f.kl_div(y, x, reduction="batchmean"),
    "poisson": lambda f, x, y: f.poisson_nll_loss(x, y, full=True),
    "soft margin": lambda f, x, y: f.soft_margin_loss(x, y.detach()),
    "hinge": lambda f, x, y: f.hinge_embedding_loss(x, y, reduction="none"),
    "soft margins of labels": lambda f, x, y: f.multilabel_soft_margin_loss(x, y, reduction="none"),
    "huber": lambda f, x, y: f.huber_loss(x, y),
    "smooth": lambda f, x, y: f.smooth_l1_loss(y, x),
    "distance": lambda f, x, y: f.pairwise_distance(x, y),
    "similarity": lambda f, x, y: f.cosine_similarity(x, y, dim=-1),
}


@pytest.mark.parametrize("name", BROADCASTS)
def test_shapes_that_broadcast_agree(name):
    rng = np.random.default_rng(0)
    arrays = rng.random((4, 3)), rng.random(3)
    compare(lambda m, x, y: BROADCASTS[name](m.nn.functional, x, y), arrays, np.float64)


@drawn
@given(
    shape=st.sampled_from([(3,), (4, 3), (2, 3, 2), (0, 3), (2, 1)]),
    dtype=DTYPES,
    p=st.sampled_from([2.0, 1.0, 3.0, 1.5, 0.5, float("inf"), float("-inf"), -1.0]),
    keepdim=st.booleans(),
    special=st.booleans(),
    seed=st.integers(0, 999),
)
def test_distances_are_those_of_pytorch(shape, dtype, p, keepdim, special, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((2, *shape))
    if special and p in (1, 2, 3):
        b = np.where(rng.random(shape) < 0.5, a, b)
    compare(lambda m, a, b: m.nn.PairwiseDistance(p, 1e-6, keepdim)(a, b), (a, b), dtype)
    if p in (1, 2, 3, 1.5):
        zeros = a * (rng.random(shape) < 0.4)
        compare(lambda m, a: m.nn.functional.normalize(a, p, dim=-1), (zeros,), dtype)


@drawn
@given(
    shapes=st.sampled_from([((4, 3), (4, 3)), ((2, 3, 2), (3, 2)), ((0, 3), (0, 3)), ((4, 3), (1, 3))]),
    dtype=DTYPES,
    dim=st.sampled_from([0, -1]),
    eps=st.sampled_from([1e-8, 0.5]),
    scale=st.sampled_from([0.0, 0.1, 1.0]),
    seed=st.integers(0, 999),
)
def test_similarities_are_those_of_pytorch(shapes, dtype, dim, eps, scale, seed):
    rng = np.random.default_rng(seed)
    a, b = (rng.standard_normal(s) * scale for s in shapes)
    compare(lambda m, a, b: m.nn.CosineSimilarity(dim, eps)(a, b), (a, b), dtype)


def test_any_function_is_a_distance_of_triplets():
    arrays = np.random.default_rng(0).random((3, 4, 2))

    def run(m, *tensors):
        loss = m.nn.TripletMarginWithDistanceLoss(distance_function=lambda a, b: abs(a - b).sum(-1), swap=True)
        return loss(*tensors)

    compare(run, arrays, np.float64)


def test_a_variance_may_be_a_number():
    x, y = np.random.default_rng(0).random((2, 4, 3))
    compare(lambda m, x, y: m.nn.functional.gaussian_nll_loss(x, y, 2.0, full=True), (x, y), np.float64)


ERRORS = [
    lambda m, f: f.multi_margin_loss(m.ones(2, 3), m.tensor([0, 1]), p=3),
    lambda m, f: f.multi_margin_loss(m.ones(2, 3, 4), m.tensor([0, 1])),
    lambda m, f: f.multi_margin_loss(m.ones(2, 3), m.tensor([0, 1, 2])),
    lambda m, f: f.multi_margin_loss(m.ones(2, 3), m.tensor([0, 3])),
    lambda m, f: f.multi_margin_loss(m.ones(2, 3), m.tensor([0, -1])),
    lambda m, f: f.multi_margin_loss(m.ones(2, 3), m.tensor([0.0, 1.0])),
    lambda m, f: f.multi_margin_loss(m.ones(2, 3), m.tensor([0, 1]), weight=m.ones(2)),
    lambda m, f: f.multi_margin_loss(m.ones(2, 3), m.tensor([0, 1]), weight=m.ones(1, 3)),
    lambda m, f: f.multi_margin_loss(m.ones(2, 3), m.tensor([0, 1]), weight=m.ones(3, dtype=m.float64)),
    lambda m, f: f.multi_margin_loss(m.ones(2, 0), m.tensor([0, 1])),
    lambda m, f: f.multilabel_margin_loss(m.ones(2, 3), m.tensor([0, -1, 1])),
    lambda m, f: f.multilabel_margin_loss(m.ones(3), m.tensor([0, 3, 1])),
    lambda m, f: f.multilabel_margin_loss(m.ones(3), m.tensor([0, -1, 7])),
    lambda m, f: f.multilabel_margin_loss(m.ones(3), m.tensor([0, -2, 1])),
    lambda m, f: f.multilabel_margin_loss(m.ones(3), m.ones(3)),
    lambda m, f: f.multilabel_margin_loss(m.ones(0), m.tensor([])),
    lambda m, f: f.multilabel_soft_margin_loss(m.ones(()), m.ones(())),
    lambda m, f: f.multilabel_soft_margin_loss(m.ones(2, 3), m.ones(2, 3), weight=m.ones(2)),
    lambda m, f: f.huber_loss(m.ones(2), m.ones(2), delta=0.0),
    lambda m, f: f.huber_loss(m.tensor([1]), m.tensor([1])),
    lambda m, f: f.huber_loss(m.ones(2), m.ones(2), weight=m.ones(3)),
    lambda m, f: f.mse_loss(m.ones(2), m.ones(2), weight=m.ones(1)),
    lambda m, f: f.smooth_l1_loss(m.ones(2), m.ones(2), beta=-1.0),
    lambda m, f: f.smooth_l1_loss(m.tensor([1]), m.tensor([1])),
    lambda m, f: f.kl_div(m.tensor([1]), m.tensor([1]), reduction="sum"),
    lambda m, f: f.kl_div(m.ones(3), m.ones(2), reduction="sum"),
    lambda m, f: f.kl_div(m.ones(3), m.ones(3), reduction="x"),
    lambda m, f: f.hinge_embedding_loss(m.ones(2, 3), m.ones(2)),
    lambda m, f: f.margin_ranking_loss(m.ones(2), m.ones(2), m.tensor(1)),
    lambda m, f: f.margin_ranking_loss(m.ones(2), m.ones(3), m.ones(1)),
    lambda m, f: f.cosine_embedding_loss(m.ones(3), m.ones(3), m.tensor([1])),
    lambda m, f: f.cosine_embedding_loss(m.ones(2, 3), m.ones(2, 3), m.tensor(1)),
    lambda m, f: f.cosine_embedding_loss(m.ones(2, 3, 2), m.ones(2, 3, 2), m.ones(2, 3)),
    lambda m, f: f.cosine_embedding_loss(m.ones(2, 3), m.ones(2, 4), m.tensor([1, 1])),
    lambda m, f: f.triplet_margin_loss(m.ones(2, 3), m.ones(2, 3), m.ones(2, 3), margin=0.0),
    lambda m, f: f.triplet_margin_loss(m.ones(2, 3), m.ones(3), m.ones(2, 3)),
    lambda m, f: f.triplet_margin_with_distance_loss(m.ones(2, 3), m.ones(3), m.ones(2, 3)),
    lambda m, f: f.triplet_margin_with_distance_loss(m.ones(2, 3), m.ones(2, 3), m.ones(2, 3), margin=-1),
    lambda m, f: f.triplet_margin_with_distance_loss(m.ones(2, 3), m.ones(2, 3), m.ones(2, 3), reduction="x"),
    lambda m, f: f.gaussian_nll_loss(m.ones(2), m.ones(2), -m.ones(2)),
    lambda m, f: f.gaussian_nll_loss(m.ones(2, 3), m.ones(2, 3), m.ones(3)),
    lambda m, f: f.gaussian_nll_loss(m.ones(2, 3), m.ones(2, 3), m.ones(1, 1)),
    lambda m, f: f.gaussian_nll_loss(m.ones(2, 3), m.ones(2, 3), 2),
    lambda m, f: f.gaussian_nll_loss(m.ones(2, 3), m.ones(2, 3), -2.0),
    lambda m, f: f.gaussian_nll_loss(m.ones(2, 3), m.ones(2, 3), 2.0, reduction="x"),
    lambda m, f: f.poisson_nll_loss(m.ones(2), m.ones(2), reduction="x"),
    lambda m, f: f.cosine_similarity(m.tensor([1]), m.tensor([1]), dim=0),
    lambda m, f: f.cosine_similarity(m.ones(3), m.ones(3)),
    lambda m, f: f.cosine_similarity(m.ones(3), m.ones(3), dim=0, eps=-1.0),
    lambda m, f: f.cosine_similarity(m.ones(2, 3), m.ones(2)),
    lambda m, f: m.nn.MultiMarginLoss(p=3),
    lambda m, f: m.nn.MultiMarginLoss(weight=m.ones(2, 2)),
    lambda m, f: m.nn.TripletMarginLoss(margin=0.0),
    lambda m, f: m.nn.TripletMarginWithDistanceLoss(margin=0.0),
    lambda m, f: m.nn.GaussianNLLLoss(True),
]


@pytest.mark.parametrize("run", ERRORS)
def test_errors_are_of_the_type_that_pytorch_raises(run):
    with pytest.raises(Exception) as theirs:  # noqa: PT011
        run(torch, tnn.functional)
    with pytest.raises(theirs.type):
        run(cr, F)


def test_the_mean_of_a_divergence_is_warned_about():
    with pytest.warns(UserWarning, match="'batchmean' divides only by the batch size"):
        F.kl_div(cr.zeros(2), cr.ones(2))


@pytest.mark.parametrize("name", [*LOSSES, "CosineSimilarity", "PairwiseDistance"])
def test_repr_and_state_are_those_of_pytorch(name):
    ours, theirs = getattr(nn, name)(), getattr(tnn, name)()
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    if name in ("MultiMarginLoss", "MultiLabelSoftMarginLoss"):
        assert list(getattr(nn, name)(weight=cr.ones(3)).state_dict()) == ["weight"]


@drawn
@given(
    outputs=st.sampled_from([(), (2,), (2, 3)]),
    bias=st.booleans(),
    weighted=st.booleans(),
    reduction=REDUCTIONS,
    smoothing=st.sampled_from([0.0, 0.1]),
    of_indices=st.booleans(),
    batch=st.sampled_from([4, 0, None]),
    dtype=DTYPES,
    seed=st.integers(0, 999),
)
def test_cross_entropy_of_a_linear_layer(
    outputs, bias, weighted, reduction, smoothing, of_indices, batch, dtype, seed
):
    rng = np.random.default_rng(seed)
    lead = () if batch is None else (batch,)
    outputs = () if batch is None else outputs
    y = rng.integers(0, 3, (*lead, *outputs)) if of_indices else rng.dirichlet(np.ones(3), (*lead, *outputs))
    y = y if of_indices else np.moveaxis(y, -1, len(lead))
    options = {"bias": bias, "reduction": reduction, "label_smoothing": smoothing, "out_features": outputs}

    def run(lib, x, y):
        lib.manual_seed(seed)
        kind = getattr(lib, np.dtype(dtype).name)
        weight = lib.tensor([0.5, 1.0, 2.0], dtype=kind) if weighted else None
        module = lib.nn.LinearCrossEntropyLoss(5, 3, weight=weight, dtype=kind, **options)
        assert list(module.state_dict()) == [*["weight"] * weighted, "linear.weight", *["linear.bias"] * bias]
        return module(x, y)

    compare(run, (rng.standard_normal((*lead, 5)), y), dtype, False)


def test_options_of_a_linear_cross_entropy_are_refused():
    with pytest.raises(NotImplementedError, match="options=None gives the same numbers"):
        nn.LinearCrossEntropyLoss(2, 3, options="auto")(cr.ones(1, 2), [0])
    assert repr(nn.LinearCrossEntropyLoss(2, 3)) == repr(tnn.LinearCrossEntropyLoss(2, 3))
