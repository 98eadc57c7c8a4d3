"""The framework lab's sentences say what the numbers are, whichever way they come out."""

from types import SimpleNamespace

import numpy as np
import pytest

from chainrule.labs import framework_answers as say
from chainrule.labs.framework_results import FrameworkResults
from chainrule.labs.options import Options

IMAGES = 1000
ACTIVATIONS = ("Identity", "Sigmoid", "Tanh", "ReLU")
DEPTHS = (2, 3, 8)


def record(accuracy, layers, epoch=1, gradient=1.0, weight=0.1, known=None):
    return {
        "epoch": epoch,
        "training_accuracy": accuracy if known is None else known,
        "validation_accuracy": accuracy,
        "validation_loss": 1 - accuracy,
        "max_weight": [weight] * layers,
        "gradient": [gradient] * layers,
    }


def trial(layers, activation, accuracy, gradient=1.0, known=None, weight=0.5, stopped=None):
    right = round(accuracy * IMAGES)
    first = record(0.1, layers, epoch=0, gradient=gradient)
    return {
        "layers": layers,
        "activation": activation,
        "seed": 42,
        "records": [first, record(accuracy, layers, weight=weight, known=known)],
        "wrong": list(range(right, IMAGES)),
        "stopped": stopped,
    }


def results(accuracies, **parts):
    """Make results of a study with these accuracies, and 90 % for every other network."""
    networks = [(1, "Identity"), *((d, a) for d in DEPTHS for a in ACTIVATIONS)]
    study = [trial(*network, **{"accuracy": 0.9, **accuracies.get(network, {})}) for network in networks]
    chosen = {
        "options": Options(epochs=1),
        "train": None,
        "test": SimpleNamespace(images=IMAGES),
        "plane": {},
        "fits": {},
        "perceptrons": {},
        "study": study,
    }
    return FrameworkResults(**{**chosen, **parts})


def test_a_clear_difference_of_activations_is_named():
    text = say.does_the_activation_matter(results({(3, "Sigmoid"): {"accuracy": 0.4}}))
    assert "So it matters: in 3 layers sigmoid is 50.0 points behind" in text
    assert "in 2 layers" not in text.partition("So it matters")[2].partition("Without")[0]


def test_a_difference_that_chance_explains_is_none():
    text = say.does_the_activation_matter(results({(2, "ReLU"): {"accuracy": 0.901}}))
    assert "makes no difference that 1,000 images could show" in text
    assert "a product of matrices is a matrix." in text


def test_three_linear_layers_that_do_otherwise_than_one_are_explained():
    text = say.does_the_activation_matter(results({(3, "Identity"): {"accuracy": 0.7}}))
    assert "depth has only changed the way there" in text


@pytest.mark.parametrize(
    ("two", "three", "said"),
    [
        (0.95, 0.95, ("The second layer is needed: it brings 15.0 points", "third layer changes that by +0.0")),
        (0.80, 0.95, ("The second layer changes that by +0.0 points", "The third layer is needed")),
        (0.95, 0.60, ("The second layer is needed", "The third layer does harm: it costs 35.0 points")),
    ],
)
def test_a_layer_is_needed_if_it_brings_more_than_chance(two, three, said):
    best = {(d, a): {"accuracy": share} for d, share in ((2, two), (3, three)) for a in ACTIVATIONS}
    text = say.are_more_layers_needed(results({(1, "Identity"): {"accuracy": 0.8}, **best}))
    assert all(part in text for part in said)


def test_chance_counts_only_images_on_which_one_of_two_networks_errs():
    r = results({(2, "ReLU"): {"accuracy": 0.91}, (2, "Tanh"): {"accuracy": 0.90}})
    assert r.chance((2, "ReLU"), (2, "Tanh")) == pytest.approx(2 * np.sqrt(10) / IMAGES)
    assert r.differ((2, "ReLU"), (2, "Tanh"))
    assert r.chance((2, "Tanh"), (2, "Tanh")) == 0
    assert not r.differ((2, "Tanh"), (2, "Tanh"))


def test_networks_that_learn_nothing_and_losses_that_run_away_are_named():
    stuck = {"accuracy": 0.1, "gradient": 1e-6, "stopped": "the loss of epoch 1 is nan"}
    text = say.what_goes_wrong_in_depth(results({(8, "Sigmoid"): stuck}))
    assert "smaller in 8 layers than in 2 by a factor of 1 with no activation, 1,000,000 with sigmoid" in text
    assert "Not learnt to recognise more than 25% of the digits in 1 epoch: 8 layers with sigmoid." in text
    assert "not finite any more in 8 layers with sigmoid" in text
    assert (
        say.on_activations(results({(8, "Sigmoid"): stuck}))
        == "Learning nothing in 1 epoch: 8 layers with sigmoid"
    )


def test_where_every_network_learns_that_is_said():
    text = say.what_goes_wrong_in_depth(results({}))
    assert "every network learnt something" in text
    assert "depth does not widen it here" in text
    assert "Every network of the study learns" in say.on_activations(results({}))


def test_a_gap_that_widens_with_depth_is_learning_by_heart():
    text = say.what_goes_wrong_in_depth(results({(8, "ReLU"): {"known": 0.99}}))
    assert "9.0 points with 8 layers (ReLU): the deeper ones learn more by heart" in text


def grown(last):
    records = [record(0.1, 2, epoch=0), record(0.8, 2, weight=0.4), record(0.9, 2, epoch=2, weight=last)]
    return {2: SimpleNamespace(records=records)}


def test_growing_weights_are_described_by_when_they_grow():
    text = say.how_do_weights_behave(results({}, perceptrons=grown(0.5)))
    assert "from 0.10 / 0.10 before training to 0.50 / 0.50" in text
    assert "75% of it falls into the first 1 epoch." in text


@pytest.mark.parametrize(("last", "said"), [(0.5, "All grow, fast at first"), (1.2, "All grow: 27%")])
def test_growth_is_called_fast_at_first_only_where_it_slows_down(last, said):
    assert said in say.how_do_weights_behave(results({}, perceptrons=grown(last)))


def test_weights_that_do_not_grow_are_not_said_to():
    text = say.how_do_weights_behave(results({}, perceptrons=grown(0.05)))
    assert "grow" not in text


def test_weights_that_stand_still_are_those_of_networks_that_learn_nothing():
    stuck = {(8, "Sigmoid"): {"accuracy": 0.1, "weight": 0.101}}
    text = say.how_do_weights_behave(results(stuck, perceptrons=grown(0.5)))
    assert "layer 1 changed by 1.0% at most, in all others by 400% at least" in text


def fits(squared, absolute):
    def fit(off):
        return {"truth": {"squared": off**2, "absolute": off}, "training": {"squared": 0.5, "absolute": 0.4}}

    names = ("straight line, squared error", "network, squared error", "network, absolute error")
    return dict(zip(names, map(fit, (0.9, squared, absolute)), strict=True))


@pytest.mark.parametrize(("squared", "absolute", "closer"), [(0.3, 0.1, "absolute"), (0.1, 0.3, "squared")])
def test_the_closer_fit_is_named_first(squared, absolute, closer):
    text = say.on_errors(results({}, fits=fits(squared, absolute)))
    assert text.startswith(f"Trained with the {closer} error the network is off the wave by 0.10 on average")


def plane(course):
    def network(losses, error):
        both = {"training": losses, "validation": losses}
        return {"epochs": [0, 5, 10], "loss": both, "error": {"training": [0.1], "validation": [error]}}

    return {"two-features line": network([0.7, 0.6, 0.5], 0.2), "two-features 64+64": network(course, 0.3)}


def test_a_validation_loss_that_rises_is_overfitting_and_says_from_when():
    text = say.on_overfitting(results({}, plane=plane([0.7, 0.4, 1.3])))
    assert "ends lowest with no hidden units, at 0.50 nat; with 64+64 at 1.30" in text
    assert "down at 0.40 in epoch 5" in text


def test_one_that_does_not_rise_is_not():
    assert "does not overfit" in say.on_overfitting(results({}, plane=plane([0.7, 0.5, 0.41])))
