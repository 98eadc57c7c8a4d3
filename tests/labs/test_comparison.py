"""What a comparison says of two trainings, on small made-up ones."""

import numpy as np
import pytest

from chainrule.interop import ReferenceRun
from chainrule.labs.comparison import Comparison
from chainrule.train import History


def epochs(seconds, accuracy=0.5):
    return [
        {
            "epoch": i + 1,
            "steps": 2,
            "train_loss": 2.0,
            "validation_loss": 2.0 - i / 10,
            "validation_accuracy": accuracy,
            "seconds": s,
        }
        for i, s in enumerate(seconds)
    ]


def comparison(ours, theirs, kind="live", drift=0.0, accuracy=0.5):
    steps = np.linspace(2.3, 2.0, 2 * len(ours)).tolist()
    history = History(steps, epochs(ours))
    if theirs is None:
        return Comparison(history, None)
    moved = [steps[0], *(loss + drift for loss in steps[1:])]
    return Comparison(
        history, ReferenceRun("tutorial", {}, "2.13.0", "x86_64", moved, epochs(theirs, accuracy), kind)
    )


def test_the_faster_side_is_named_whichever_it_is():
    assert "chainrule is the faster one" in comparison([0.8] * 5, [1.0] * 5).on_speed()
    assert "PyTorch is the faster one" in comparison([1.0] * 5, [0.8] * 5).on_speed()


def test_the_median_of_the_ratios_is_printed():
    sentence = comparison([1.0, 1.2, 2.4], [2.0, 2.0, 3.0]).on_speed()
    assert "60.0% of PyTorch's time (median of 3 epochs, between 50.0% and 80.0%)" in sentence


def test_equal_times_are_no_difference():
    assert "no difference" in comparison([1.0, 1.01, 0.99], [1.0] * 3).on_speed()


def test_epochs_that_disagree_give_no_verdict():
    sentence = comparison([0.8, 1.3, 0.9, 1.2], [1.0] * 4).on_speed()
    assert "don't agree" in sentence
    assert "is the faster one" not in sentence


def test_one_busy_epoch_of_many_does_not_decide_but_one_of_three_does():
    assert "chainrule is the faster one" in comparison([0.8, 0.8, 0.8, 0.8, 3.0], [1.0] * 5).on_speed()
    assert "don't agree" in comparison([0.8, 0.8, 3.0], [1.0] * 3).on_speed()


def test_one_epoch_has_no_spread():
    sentence = comparison([0.5], [1.0]).on_speed()
    assert "50.0% of PyTorch's time (one epoch): chainrule is the faster one" in sentence


@pytest.mark.parametrize(("theirs", "why"), [(None, "did not run"), ([1.0], "was recorded before")])
def test_without_a_live_pytorch_nothing_is_said_about_who_is_faster(theirs, why):
    one = comparison([0.5], theirs, kind="recorded")
    assert why in one.on_speed()
    assert "is the faster one" not in one.on_speed()
    assert one.speed_ratios() == []
    assert not any("seconds PyTorch" in row for row in one.table())


def test_without_a_reference_there_is_nothing_to_compare():
    one = comparison([0.5, 0.5], None)
    assert "no run of PyTorch" in one.on_quality()
    assert one.summary()["reference"] is None
    assert "falls from" in one.headline()


def test_losses_that_never_differ_are_called_so():
    one = comparison([0.5, 0.5], [1.0, 1.0])
    assert "never different" in one.on_quality()
    assert "The two curves coincide" in one.headline()


def test_a_difference_is_measured_in_units_of_the_last_place():
    small, large = (comparison([0.5], [1.0], drift=drift) for drift in (1e-6, 1e-2))
    assert small.coincides
    assert (
        "never further apart than 1.0 × 10⁻⁶ (step 2), 4 units in the last place of a float32"
        in small.on_quality()
    )
    assert not large.coincides
    assert "drift apart by up to 1.0 × 10⁻² (step 2), 42,000 units" in large.on_quality()
    assert "drift apart" in large.headline()
    assert large.summary()["largest_difference"] == {"value": pytest.approx(1e-2), "step": 2}


def test_in_float64_smaller_differences_are_drift():
    for drift, coincides in ((1e-12, True), (1e-6, False)):
        one = comparison([0.5], [1.0], drift=drift)
        one.reference.dtype = "float64"
        assert one.coincides is coincides
        assert ("never further apart" in one.on_quality()) is coincides
        assert "of a float64" in one.on_quality()


def test_a_run_without_steps_is_compared_by_its_epochs():
    one = comparison([0.5, 0.5], [1.0, 1.0])
    one.reference.steps, one.reference.epochs[1]["train_loss"] = [], 2.001
    assert "drift apart by up to 1.0 × 10⁻³ (epoch 2)" in one.on_quality()
    assert one.headline() == "The two curves drift apart by up to 1.0 × 10⁻³ in 2 epochs"
    assert one.summary()["largest_difference"] == {"value": pytest.approx(1e-3), "epoch": 2}


def test_a_table_shows_the_measures_that_are_asked_for():
    (row,) = comparison([0.5], [1.0]).table(["train_loss"])
    assert row == {
        "epoch": 1,
        "training loss chainrule": "2.00000",
        "training loss PyTorch": "2.00000",
        "seconds chainrule": "0.50",
        "seconds PyTorch": "1.00",
    }


@pytest.mark.parametrize("theirs", [None, [1.0, 1.0]])
def test_each_accuracy_is_said_once(theirs):
    assert comparison([0.5, 0.5], theirs).on_quality().count("50.00%") == 1


def test_who_recognises_more_is_said_in_points():
    assert "PyTorch is ahead by 2.00 points" in comparison([0.5], [1.0], accuracy=0.52).on_quality()
