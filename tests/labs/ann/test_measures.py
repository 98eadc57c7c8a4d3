"""The measurements: depths, problems and remedies, a saddle, four classes of points."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.interop import load_safetensors
from chainrule.labs.ann.architectures import EARLY, steps_to, time_depths, train_architecture
from chainrule.labs.ann.classifier import confusion
from chainrule.labs.ann.four_classes import FOUR_OUTPUTS, ONE_OUTPUT, TWO_GROUPS, learn_four_classes
from chainrule.labs.ann.remedies import (
    Trials,
    build,
    dead_units,
    errors_by_layer,
    initialise,
    linear_layers,
    train_deep,
)
from chainrule.labs.ann.saddle import METHODS, descend, steps_to_leave, surface
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


def test_units_that_no_image_gives_an_error_to_are_dead_layer_by_layer():
    cr.manual_seed(0)
    model = build([6, 5, 4, 3], "ReLU", normalise=False, residual=False)
    first, second, _ = linear_layers(model)
    X, y = np.random.RandomState(0).rand(50, 6).astype(np.float32), np.arange(50) % 3
    with cr.no_grad():
        first.bias.fill_(100.0)
        first.bias[0] = -10_000.0
        second.bias.fill_(100.0)
    assert dead_units(model, X, y) == pytest.approx([0.2, 0.0])
    with cr.no_grad():
        second.bias.fill_(-100.0)
    assert dead_units(model, X, y) == [1.0, 1.0]  # nothing comes back through a dead layer


def test_units_of_leaky_relu_never_die():
    cr.manual_seed(0)
    model = build([6, 5, 4, 3], "LeakyReLU", normalise=False, residual=False)
    with cr.no_grad():
        linear_layers(model)[0].bias.fill_(-100.0)
    X = np.random.RandomState(0).rand(50, 6).astype(np.float32)
    assert dead_units(model, X, np.arange(50) % 3) == [0.0, 0.0]


def test_a_training_that_came_to_no_number_has_no_measures():
    stopped = train_deep(**{**SMALL, "initialisation": "too large", "lr": 1e6, "steps": 20})
    assert stopped["stopped"] is not None
    assert stopped["accuracy"] is stopped["dead"] is stopped["kinds"] is None
    ended = train_deep(**SMALL, steps=20)
    trials = Trials([stopped, ended])
    assert trials.median("accuracy") == ended["accuracy"]
    assert trials.ends[0] == np.inf > trials.ends[1]
    assert Trials([stopped]).median("accuracy") is None


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


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    folder = tmp_path_factory.mktemp("four")
    return folder, learn_four_classes(Options(reference="none"), folder)


def test_by_cross_entropy_one_output_does_not_separate_four_classes_and_four_do(four):
    one, two, many = (four[1].outcomes[name] for name in (ONE_OUTPUT, TWO_GROUPS, FOUR_OUTPUTS))
    assert "out of bounds" in four[1].refusal
    assert one.losses == [0.0] * 100
    assert one.largest_gradient == 0
    assert four[1].accuracies[ONE_OUTPUT] == 0.25
    assert four[1].accuracies[TWO_GROUPS] > 0.98  # of the groups
    assert set(two.predict(four[1].X)) == {0, 1}
    assert four[1].accuracies[FOUR_OUTPUTS] > 0.98
    assert four[1].largest_difference is None
    assert many.losses[-1] < many.losses[0]


def test_losses_and_models_of_the_four_classes_are_kept(four):
    for name in ("2-4-1-CrossEntropyLoss", "2-4-1-BCEWithLogitsLoss", "2-4-4-CrossEntropyLoss"):
        lines = (four[0] / f"{name}.jsonl").read_text().splitlines()
        assert len(lines) == 100 * 13 + 100
        assert load_safetensors(four[0] / f"{name}.safetensors")


# ---- counting


def test_speed_is_counted_in_steps_of_the_running_mean():
    assert steps_to([1.0] * 30 + [0.0] * 30, 0.5) == 41
    assert steps_to([1.0] * 60, 0.5) is None


def test_the_confusion_matrix_has_the_truth_in_its_rows():
    assert confusion([2, 2, 0], [1, 2, 0], classes=3).tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 1]]


def test_a_trial_measures_gradients_of_every_epoch_and_how_far_the_first_steps_went():
    trial = train_architecture([784, 16, 10], "tanh", "sample", 1, 128, 0.0, 3, optimizer="SGD")
    assert np.shape(trial["gradients"]) == (2, 2)
    assert trial["gradients"][0] == trial["gradients"][1]  # a learning rate of 0
    assert trial["moved"] == [0.0, 0.0]
    few = train_architecture(
        [784, 16, 10], "tanh", "sample", 1, 10_000 // (EARLY - 1) + 1, 0.1, 3, optimizer="SGD"
    )
    assert few["moved"] == []  # fewer steps than that


def test_depths_are_timed_in_turn():
    seconds = time_depths(Options(batch_size=8), rounds=2)
    assert {name: len(times) for name, times in seconds.items()} == {"shallow": 2, "medium": 2, "deep": 2}
    assert min(map(min, seconds.values())) > 0
