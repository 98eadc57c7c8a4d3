"""Errors are sentences that name the argument, what was expected, what came, and the mend."""

import warnings

import numpy as np
import pytest

from chainrule import creation as cr
from chainrule import nn
from chainrule.nn import functional as F


def test_linear_on_images_names_flatten():
    with pytest.raises(RuntimeError) as raised:
        nn.Linear(784, 10)(cr.zeros(64, 28, 28))
    assert str(raised.value) == (
        "nn.Linear expected 784 features in the last axis of x, got shape (64, 28, 28): put nn.Flatten() before it"
    )


@pytest.mark.parametrize(
    ("x", "mend"),
    [
        (np.zeros((2, 3)), r"dtype of its weight, float32, got float64: use x.float\(\)"),
        (np.zeros((2, 3), np.uint8), r"got uint8: use x.float\(\)"),
        (np.zeros((3, 1), np.float32), r"use x.reshape\(3\) for one example"),
        (np.zeros((2, 4), np.float32), r"got shape \(2, 4\)$"),
        (np.float32(1), r"got shape \(\)$"),
    ],
)
def test_linear_on_misfits_says_what_to_do(x, mend):
    with pytest.raises(RuntimeError, match=mend):
        nn.Linear(3, 2)(x)


def test_linear_in_float64_asks_for_double():
    with pytest.raises(RuntimeError, match=r"use x.double\(\)"):
        nn.Linear(3, 2).double()(np.zeros((1, 3), np.float32))


def test_linear_needs_a_matrix_as_weight():
    with pytest.raises(RuntimeError, match=r"weight of shape \(out, in\), got shape \(3,\)"):
        F.linear([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0])


def test_negative_numbers_of_features_are_refused():
    with pytest.raises(RuntimeError, match="got -3 and 2"):
        nn.Linear(-3, 2)


@pytest.mark.parametrize(
    "make", [lambda: nn.Dropout(1.5), lambda: F.dropout([1.0], -0.1), lambda: nn.Dropout(np.nan)]
)
def test_dropout_needs_a_probability(make):
    with pytest.raises(ValueError, match="between 0 and 1, got"):
        make()


def test_out_of_range_classes_are_named():
    z = cr.zeros(3, 4)
    for target, label in (([0, 4, 1], 4), ([0, 1, -1], -1), ([-100, 7, 0], 7)):
        with pytest.raises(IndexError, match=f"target {label} is out of bounds: .* from 0 to 3"):
            F.cross_entropy(z, target)
        with pytest.raises(IndexError, match=f"target {label} is out of bounds"):
            F.nll_loss(z, target)


def test_deprecated_reductions_are_warned_of():
    for make in (nn.MSELoss, nn.CrossEntropyLoss, nn.BCELoss):
        with pytest.warns(UserWarning, match="use reduction='mean'"):
            assert make(size_average=False).reduction == "sum"
        with pytest.warns(UserWarning, match="use reduction='mean'"):
            assert make(reduce=False).reduction == "none"
        with pytest.raises(ValueError, match="got 'average'"):
            make(reduction="average")


def test_probabilities_as_logits_hint_at_the_other_loss():
    with pytest.raises(RuntimeError, match=r"got -1\.0 to 2\.0: for logits, use binary_cross_entropy_with_logits"):
        F.binary_cross_entropy([-1.0, 2.0], [0.0, 1.0])


def test_broadcasting_in_a_regression_loss_is_warned_about_where_it_happens():
    with pytest.warns(UserWarning, match="Using a target size") as caught:
        loss = F.mse_loss(cr.zeros(3, 1), cr.ones(3))
    assert loss.item() == 1
    assert caught[0].filename == __file__


def test_no_warning_where_the_shapes_are_the_same():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        F.mse_loss(cr.zeros(3), cr.ones(3))


def test_one_value_per_channel_cannot_be_normalised_in_training():
    layer = nn.BatchNorm1d(3)
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        layer(cr.ones(1, 3))
    assert layer.eval()(cr.ones(1, 3)).shape == (1, 3)
    assert layer.num_batches_tracked.item() == 0


def test_in_place_on_a_leaf_that_requires_a_gradient_is_refused():
    x = cr.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf"):
        F.relu(x, inplace=True)


def test_everything_exported_exists():
    for module in (nn, nn.functional, nn.utils):
        for name in module.__all__:
            assert hasattr(module, name), name


def test_linear_refuses_a_bias_of_another_dtype_or_that_does_not_fit():
    x, W = cr.ones(4, 3), cr.ones(2, 3)
    with pytest.raises(RuntimeError, match="bias of the dtype of its weight"):
        F.linear(x, W, cr.ones(2, dtype=np.float64))
    with pytest.raises(RuntimeError, match=r"bias that fits a result of shape \(4, 2\), got \(2, 4\)"):
        F.linear(x, W, cr.ones(2, 4))


def test_batch_norm_of_no_examples_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = cr.zeros(0, 3).requires_grad_()
        nn.BatchNorm1d(3)(x).sum().backward()
    assert x.grad.shape == (0, 3)
