"""Captured training steps with every layer and every loss give the numbers of the steps themselves, to the bit."""

import warnings
from functools import partial

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.nn import functional as F

PLAIN = [
    *("ReLU", "ReLU6", "Hardtanh", "LeakyReLU", "PReLU", "RReLU", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish"),
    *("Sigmoid", "LogSigmoid", "Hardsigmoid", "Hardswish", "Tanh", "Tanhshrink", "Softsign", "Softplus"),
    *("Hardshrink", "Softshrink", "AlphaDropout"),
]
IN_PLACE = ["ReLU6", "Hardtanh", "RReLU", "SELU", "CELU", "SiLU", "Mish", "Hardsigmoid", "Hardswish"]
LAYERS = {
    **{name: getattr(nn, name) for name in PLAIN},
    **{f"{name} in place": partial(getattr(nn, name), inplace=True) for name in IN_PLACE},
    "Threshold": lambda: nn.Threshold(0.1, 0.5),
    "GELU, tanh": lambda: nn.GELU("tanh"),
    "PReLU of channels": lambda: nn.PReLU(6),
    "Softmin": lambda: nn.Softmin(1),
    "LayerNorm": lambda: nn.LayerNorm(6),
    "RMSNorm": lambda: nn.RMSNorm(6),
    "GroupNorm": lambda: nn.GroupNorm(2, 6),
    "GLU": lambda: nn.Sequential(nn.Linear(6, 12), nn.GLU()),
    "Unflatten": lambda: nn.Sequential(nn.Unflatten(1, (2, 3)), nn.Flatten()),
    "normalize": lambda: F.normalize,
}


def plain(x, y):
    return x, y


def signs(x, y):
    return x, (y[:, 0] > 0) * 2 - 1


def rows(x, y):
    return x, y.argmax(1)


LOSSES = {
    "HuberLoss": plain,
    "SmoothL1Loss": plain,
    "PoissonNLLLoss": plain,
    "GaussianNLLLoss": lambda x, y: (x, y, y.square()),
    "KLDivLoss": lambda x, y: (x.log_softmax(1), y.softmax(1)),
    "SoftMarginLoss": lambda x, y: (x, (y > 0) * 2.0 - 1),
    "MarginRankingLoss": lambda x, y: (x, x * 2, y),
    "HingeEmbeddingLoss": lambda x, y: (x, (y > 0) * 2 - 1),
    "CosineEmbeddingLoss": lambda x, y: (x, y, (y[:, 0] > 0) * 2 - 1),
    "MultiMarginLoss": rows,
    "MultiLabelMarginLoss": lambda x, y: (x, y.argsort(1) - 1),
    "MultiLabelSoftMarginLoss": lambda x, y: (x, (y > 0) * 1.0),
    "TripletMarginLoss": lambda x, y: (x, y, y * 2),
    "TripletMarginWithDistanceLoss": lambda x, y: (x, y, y * 2),
    "CosineSimilarity": plain,
    "PairwiseDistance": plain,
}


def bits(tensor):
    return tensor.detach().numpy().tobytes()


def assert_captured_alike(make, batches):
    """Train with both kinds of steps from one seed, and compare every loss and every parameter."""
    seen = []
    for captured in (False, True):
        cr.manual_seed(0)
        model, step = make()
        step = cr.capture(step) if captured else step
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results = [bits(step(*batch)) for batch in batches]
        seen.append((results, [bits(v) for v in model.state_dict().values()], cr.rand(1).item()))
    assert seen[0] == seen[1]


def batches_of(*sizes):
    rng = np.random.default_rng(0)
    return [tuple(cr.from_numpy(rng.standard_normal((n, 6)).astype(np.float32)) for _ in "xy") for n in sizes]


def training(model, loss):
    opt = optim.SGD(model.parameters(), lr=0.1)

    def step(*batch):
        value = loss(*batch)
        value.backward()
        opt.step()
        opt.zero_grad()
        return value

    return model, step


@pytest.mark.parametrize("name", LAYERS)
def test_steps_with_a_layer(name):
    def make():
        layer = LAYERS[name]()
        model = nn.ModuleList([nn.Linear(6, 6), nn.Linear(6, 6)])
        if isinstance(layer, nn.Module):
            model.append(layer)
        return training(model, lambda x, y: (model[1](layer(model[0](x) * 3)) - y).square().mean())

    assert_captured_alike(make, batches_of(4, 4, 3, 4, 3, 4))


@pytest.mark.parametrize("reduction", ["mean", "none"])
@pytest.mark.parametrize("name", LOSSES)
def test_steps_with_a_loss(name, reduction):
    def make():
        model = nn.Linear(6, 6)
        options = {} if name in ("CosineSimilarity", "PairwiseDistance") else {"reduction": reduction}
        loss = getattr(nn, name)(**options)
        return training(model, lambda x, y: loss(*LOSSES[name](model(x), y)).sum())

    assert_captured_alike(make, batches_of(4, 4, 3, 4, 3, 4))


@pytest.mark.parametrize("options", [{}, {"max_norm": 1.0}, {"padding_idx": 2, "scale_grad_by_freq": True}])
def test_steps_with_a_table(options):
    def make():
        model = nn.Embedding(5, 3, **options)
        return training(model, lambda x: model(x).square().sum())

    rng = np.random.default_rng(0)
    assert_captured_alike(make, [(cr.from_numpy(rng.integers(0, 5, (2, 4))),) for _ in range(6)])


def test_steps_with_a_bilinear_layer():
    def make():
        model = nn.Bilinear(6, 6, 2)
        return training(model, lambda x, y: model(x, y).square().sum())

    assert_captured_alike(make, batches_of(4, 4, 3, 4))


def test_errors_of_replays_are_those_of_the_steps():
    gaussian, margins = cr.capture(nn.GaussianNLLLoss()), cr.capture(nn.MultiMarginLoss())
    lists, table = cr.capture(nn.MultiLabelMarginLoss()), cr.capture(nn.Embedding(3, 2))
    for calls, error, good, bad in (
        (lambda v: gaussian(cr.ones(2), cr.ones(2), v), ValueError, cr.ones(2), -cr.ones(2)),
        (lambda y: margins(cr.ones(1, 2), y), RuntimeError, cr.tensor([1]), cr.tensor([2])),
        (lambda y: lists(cr.ones(1, 2), y), RuntimeError, cr.tensor([[1, -1]]), cr.tensor([[1, 2]])),
        (table, IndexError, cr.tensor([2]), cr.tensor([3])),
    ):
        for _ in range(3):
            calls(good)
        with pytest.raises(error):
            calls(bad)


def test_the_weights_of_a_loss_are_not_computed_in_a_captured_step():
    with pytest.raises(cr.CaptureError, match="computes weight"):
        cr.capture(lambda x: F.multi_margin_loss(x[None], cr.tensor([0]), weight=x.exp()))(cr.ones(3))
