"""Metrics of decisions: wrong answers, precision, recall and F1, whatever the network's confidence."""

from functools import partial

import numpy as np
import pytest

import chainrule as cr
from chainrule.train import (
    Ratio,
    accuracy,
    evaluate,
    f1,
    precision,
    predict,
    predicted_classes,
    recall,
    zero_one_loss,
)


def test_of_several_classes_the_greatest_score_decides():
    assert zero_one_loss([[0.1, 0.2, 9.0], [5.0, 4.9, 0.0]], [2, 1]) == (1, 2)


def test_of_two_classes_one_score_decides_above_0():
    assert predicted_classes(cr.tensor([[-1e-6], [0.0], [1e-6]])).tolist() == [0, 0, 1]


@pytest.mark.parametrize("y", [[0, 1, 1], [[0.0], [1.0], [1.0]]])
def test_targets_may_be_classes_or_a_column(y):
    assert zero_one_loss([[-2.0], [3.0], [-0.5]], y) == (1, 3)


def test_it_is_what_accuracy_leaves_over():
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(50, 4)), rng.integers(0, 4, 50)
    assert float(zero_one_loss(z, y)) == pytest.approx(1 - float(accuracy(z, y)))


@pytest.mark.parametrize(("pred", "y"), [([1.0, 2.0], [0, 1]), ([[1.0], [2.0]], [0, 1, 1])])
def test_other_shapes_are_refused(pred, y):
    with pytest.raises(ValueError, match="zero_one_loss expected pred of shape"):
        zero_one_loss(pred, y)


SCORES = np.array([[2.0], [1.0], [0.5], [-1.0], [-2.0]])
TRUTH = np.array([[1.0], [0.0], [1.0], [1.0], [0.0]])


def test_precision_is_of_what_is_taken_recall_of_what_is():
    assert precision(SCORES, TRUTH) == Ratio(2, 3)
    assert recall(SCORES, TRUTH) == Ratio(2, 3)
    assert precision(SCORES, TRUTH, threshold=0.7) == Ratio(1, 2)
    assert recall(SCORES, TRUTH, threshold=0.7) == Ratio(1, 3)


@pytest.mark.parametrize("threshold", [-3.0, 0.0, 0.7, 1.5])
def test_f1_is_the_harmonic_mean(threshold):
    p, r = (float(metric(SCORES, TRUTH, threshold)) for metric in (precision, recall))
    assert float(f1(SCORES, TRUTH, threshold)) == pytest.approx(2 * p * r / (p + r))


def test_over_batches_counts_are_added_not_shares():
    batches = [(SCORES[:1], TRUTH[:1]), (SCORES[1:], TRUTH[1:])]
    metrics = {"precision": partial(precision, threshold=0.7), "f1": f1}
    measured = evaluate(cr.nn.Identity(), batches, cr.nn.MSELoss(), metrics)
    assert measured["precision"] == 1 / 2
    assert measured["f1"] == float(f1(SCORES, TRUTH))


def test_predictions_of_all_batches_come_in_their_order_and_leave_the_mode_alone():
    model = cr.nn.Sequential(cr.nn.Identity(), cr.nn.Dropout(0.9))
    batches = [(SCORES[:2], TRUTH[:2]), (SCORES[2:], TRUTH[2:])]
    assert predict(model, batches).tolist() == SCORES.tolist()
    assert model.training
