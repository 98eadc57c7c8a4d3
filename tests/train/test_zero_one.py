"""The 0-1 loss counts wrong answers, whatever the network's confidence."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.train import accuracy
from chainrule.train.zero_one import predicted_classes, zero_one_loss


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
