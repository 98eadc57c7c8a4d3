"""The measurements of problems and remedies, and the sentences that are made of them."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.labs import ann_findings as findings
from chainrule.labs.ann_classifier import confusion
from chainrule.labs.ann_experiments import steps_to
from chainrule.labs.ann_four_classes import FOUR_OUTPUTS, ONE_OUTPUT, TWO_GROUPS, learn_four_classes
from chainrule.labs.ann_problems import build, errors_by_layer, initialise, linear_layers, train_deep
from chainrule.labs.ann_saddle import METHODS, descend, steps_to_leave, surface
from chainrule.labs.ann_study import GROUPS, Trials
from chainrule.labs.options import Options

SMALL = {"sizes": [784, 16, 16, 10], "data": "sample", "seed": 1}


def test_the_error_of_the_last_layer_is_softmax_minus_truth():
    cr.manual_seed(0)
    model = build([6, 5, 3], "Tanh", normalise=False, residual=False)
    X, y = np.random.RandomState(0).randn(4, 6).astype(np.float32), np.array([0, 1, 2, 1])
    errors, spread = errors_by_layer(model, X, y)
    z = np.asarray(model(cr.tensor(X)).detach())
    expected = (np.exp(z) / np.exp(z).sum(1, keepdims=True) - np.eye(3)[y]) / len(X)
    assert errors[-1] == pytest.approx(np.linalg.norm(expected), rel=1e-5)
    assert spread[-1] == pytest.approx(z.std(), rel=1e-5)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_initialisations_have_the_variance_of_their_formula():
    model = build([784, 400, 10], "ReLU", normalise=False, residual=False)
    for how, std in {"Xavier": (2 / 1184) ** 0.5, "He": (2 / 784) ** 0.5, "LeCun": (1 / 784) ** 0.5}.items():
        initialise(model, how, gain=2.0)
        W = np.asarray(linear_layers(model)[0].weight)
        assert W.std() == pytest.approx(2 * std, rel=0.01)
    assert not np.asarray(linear_layers(model)[0].bias).any()


def test_a_residual_connection_adds_the_input():
    model = build([4, 4, 2], "ReLU", normalise=False, residual=True)
    block, x = model[1], cr.randn(3, 4)
    np.testing.assert_allclose(block(x).detach(), np.asarray(x) + np.asarray(block.block(x).detach()), rtol=1e-6)


def test_units_that_begin_equal_stay_equal():
    equal = train_deep(**SMALL, initialisation="all equal", steps=20)
    drawn = train_deep(**SMALL, initialisation="He", steps=20)
    assert equal["kinds"] == 1
    assert drawn["kinds"] == 16


def test_weights_that_are_too_large_explode_and_clipping_holds_them():
    wild = {**SMALL, "sizes": [784, *[32] * 8, 10], "initialisation": "He", "gain": 2.0, "steps": 15}
    plain, clipped = train_deep(**wild), train_deep(**wild, clip=1.0)
    assert plain["stopped"] is not None
    assert len(plain["losses"]) == plain["stopped"] - 1
    assert clipped["stopped"] is None
    assert len(clipped["losses"]) == 15
    assert plain["norms"][0] == clipped["norms"][0] > 1


def test_a_trial_gives_the_same_numbers_again():
    assert train_deep(**SMALL, steps=5) == train_deep(**SMALL, steps=5)


def test_units_that_are_never_on_are_counted():
    assert train_deep(**SMALL, initialisation="all equal", gain=0.0)["dead"] == 1
    assert train_deep(**SMALL, initialisation="He")["dead"] < 0.5


def test_the_study_names_six_initialisations_and_every_remedy():
    assert list(GROUPS["initialisation"]) == ["Xavier", "He", "LeCun", "too small", "too large", "all equal"]
    assert {"vanishing", "exploding", "dying", "clipping", "normalisation", "residual"} < GROUPS.keys()


# ---- the saddle


def test_the_saddle_has_no_gradient_and_falls_to_both_sides():
    point = cr.zeros(2, requires_grad=True)
    surface(point[0], point[1]).backward()
    assert not np.asarray(point.grad).any()
    assert surface(0, 0.1) < 0 > surface(0, -0.1)
    assert surface(0, 1) == surface(0, -1) == -0.25


def test_every_remedy_leaves_the_saddle_before_plain_descent():
    plain, *others = (steps_to_leave(descend(method)) for method in METHODS)
    assert max(others) < plain
    assert steps_to_leave(descend("gradient descent", (1.0, 0.0))) is None
    assert steps_to_leave(descend("stochastic", (1.0, 0.0))) is not None


# ---- four classes -----------------------------------------------------------------------------------------------


def test_one_output_does_not_separate_four_classes_and_four_do():
    four = learn_four_classes(Options(reference="none"))
    one, two, many = (four.outcomes[name] for name in (ONE_OUTPUT, TWO_GROUPS, FOUR_OUTPUTS))
    assert "out of bounds" in four.refusal
    assert one.losses == [0.0] * 100
    assert one.largest_gradient == 0
    assert one.accuracy == 0.25
    assert two.accuracy <= 0.5
    assert many.accuracy > 0.98
    assert four.largest_difference is None


# ---- sentences


def trials(errors=(1.0, 1.0), loss=1.0, stopped=None, accuracy=0.5, dead=0.1):
    result = {"errors": list(errors), "losses": [loss] * 60, "norms": [loss] * 60, "stopped": stopped}
    return Trials([{**result, "accuracy": accuracy, "dead": dead, "kinds": 1}])


def test_a_remedy_is_said_to_help_only_where_it_does():
    good, bad = trials(loss=0.5), trials(loss=2.0)
    for sentence, group in (
        (findings.on_clipping, "clipping"),
        (findings.on_normalisation, "normalisation"),
        (findings.on_residual, "residual"),
    ):
        assert sentence({group: {"without": bad, "with": good}}).endswith("helps.")
        assert sentence({group: {"without": good, "with": bad}}).endswith("does not help.")


def test_a_training_that_came_to_no_number_is_worse_than_any_loss():
    broken, poor = trials(stopped=3), trials(loss=9.0)
    assert broken.final_loss() == np.inf
    said = findings.on_clipping({"clipping": {"without": broken, "with": poor}})
    assert "comes to no number by step 3" in said
    assert said.endswith("helps.")


def test_the_activation_that_loses_most_is_named():
    study = {"vanishing": {"a": trials(errors=(0.5, 1.0)), "b": trials(errors=(0.1, 1.0))}}
    assert findings.on_vanishing(study).endswith("most with b.")


def test_leaky_relu_helps_only_where_it_recognises_more():
    def study(leaky):
        rates = ("0.001", "0.1")
        shares = {"ReLU": 0.5, "LeakyReLU": leaky}
        return {"dying": {f"{k} {lr}": trials(accuracy=v) for k, v in shares.items() for lr in rates}}

    assert "it helps here" in findings.on_dying(study(0.6))
    assert "it does not help here" in findings.on_dying(study(0.4))


def architecture(accuracies, steps=(2.0,) * 40, gradients=(1.0, 1.0)):
    return [
        {
            "parameters": 10,
            "steps": list(steps),
            "epochs": [{"validation_accuracy": a, "seconds": 1.0}],
            "gradients": [list(gradients)],
            "pytorch": None,
        }
        for a in accuracies
    ]


def test_depths_whose_seeds_overlap_are_not_ranked():
    found = {
        "shallow relu": architecture([0.8, 0.9]),
        "medium relu": architecture([0.85, 0.86]),
        "deep relu": architecture([0.1, 0.2]),
    }
    assert "overlap" in findings.on_depth(found)
    found["medium relu"] = architecture([0.95, 0.96])
    assert "The medium network is ahead in all seeds" in findings.on_depth(found)
    assert "deepest network is the last" in findings.on_depth(found)


def test_the_explanation_by_sigmoids_slope_is_given_only_where_the_gradients_bear_it_out():
    fast, slow = (0.1,) * 40, (2.0,) * 40

    def found(sigmoid, relu):
        return {
            "medium relu": architecture([0.8], fast, relu),
            "medium tanh": architecture([0.8], fast),
            "medium sigmoid": architecture([0.8], slow, sigmoid),
        }

    assert "σ' ≤ 1/4" in findings.on_activation(found((0.01, 1.0), (1.0, 1.0)))
    assert "sigmoid never" in findings.on_activation(found((0.01, 1.0), (1.0, 1.0)))
    assert "σ'" not in findings.on_activation(found((5.0, 1.0), (0.5, 1.0)))


def test_speed_is_counted_in_steps_of_the_running_mean():
    assert steps_to([1.0] * 30 + [0.0] * 30, 0.5) == 41
    assert steps_to([1.0] * 60, 0.5) is None


def test_the_confusion_matrix_has_the_truth_in_its_rows():
    assert confusion([2, 2, 0], [1, 2, 0], classes=3).tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 1]]
