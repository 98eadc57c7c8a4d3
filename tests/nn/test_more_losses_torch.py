"""The losses of numbers, distributions and margins, and the distances, against PyTorch's."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.nn import functional as F

torch = pytest.importorskip("torch")
tnn = torch.nn

pytestmark = pytest.mark.torch


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


def test_options_of_a_linear_cross_entropy_are_refused():
    with pytest.raises(NotImplementedError, match="options=None gives the same numbers"):
        nn.LinearCrossEntropyLoss(2, 3, options="auto")(cr.ones(1, 2), [0])
    assert repr(nn.LinearCrossEntropyLoss(2, 3)) == repr(tnn.LinearCrossEntropyLoss(2, 3))


def test_a_variance_may_be_a_number():
    x, y = np.random.default_rng(0).random((2, 4, 3))
    ours = F.gaussian_nll_loss(cr.tensor(x), cr.tensor(y), 2.0, full=True)
    theirs = tnn.functional.gaussian_nll_loss(torch.tensor(x), torch.tensor(y), 2.0, full=True)
    np.testing.assert_allclose(ours.item(), theirs.item(), rtol=1e-12)
