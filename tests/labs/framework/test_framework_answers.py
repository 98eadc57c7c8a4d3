"""The framework lab's sentences say what the numbers are, whichever way they come out."""

from types import SimpleNamespace

import numpy as np
import pytest

from chainrule.labs.comparison import Comparison
from chainrule.labs.framework import answers as say
from chainrule.labs.framework.plane import SIZES
from chainrule.labs.framework.results import FrameworkResults
from chainrule.labs.framework.study import ONE_LAYER, Study
from chainrule.labs.options import Options
from chainrule.labs.rounding import Rounding
from chainrule.train import History

IMAGES = 1000
ACTIVATIONS = ("Identity", "Sigmoid", "Tanh", "ReLU")
DEPTHS = (2, 3, 5, 8)
SEEDS = (42, 43, 44)


def record(accuracy, layers, epoch=1, gradient=1.0, weight=0.1, known=None):
    return {
        "epoch": epoch,
        "training_accuracy": accuracy if known is None else known,
        "validation_accuracy": accuracy,
        "validation_loss": 1 - accuracy,
        "max_weight": [weight] * layers,
        "gradient": [gradient] * layers,
    }


def trials(network, accuracy=0.9, gradient=1.0, known=None, weight=0.5, stopped=None):
    """Return the trainings of a network; ``accuracy`` may be another for each seed."""
    layers, activation = network
    shares = accuracy if isinstance(accuracy, tuple) else (accuracy,) * len(SEEDS)
    for seed, share in zip(SEEDS, shares, strict=True):
        yield {
            "layers": layers,
            "activation": activation,
            "seed": seed,
            "records": [
                record(0.1, layers, epoch=0, gradient=gradient),
                record(share, layers, weight=weight, known=known),
            ],
            "wrong": list(range(round(share * IMAGES), IMAGES)),
            "stopped": stopped,
        }


def study(changes=None):
    networks = [ONE_LAYER, *((d, a) for d in DEPTHS for a in ACTIVATIONS)]
    return Study([t for network in networks for t in trials(network, **(changes or {}).get(network, {}))], IMAGES)


def grown(last):
    records = [record(0.1, 2, epoch=0), record(0.8, 2, weight=0.4), record(0.9, 2, epoch=2, weight=last)]
    return {2: SimpleNamespace(records=records)}  # perceptrons


def results(changes=None, **parts):
    """Make results of a study with these changes, and 90 % for every other network."""
    empty = {"plane": [], "fits": {}, "perceptrons": grown(0.5)}
    empty |= {"rounding": {}, "parting": {}}
    return FrameworkResults(**{**empty, "options": Options(epochs=1, lr=0.1), "study": study(changes), **parts})


def whole(answer, r):
    """Return an answer with what is added to it."""
    return " ".join(answer(r))


# ---- what is told apart -----------------------------------------------------------------------------------------


def test_a_difference_is_told_apart_if_neither_the_seeds_nor_the_images_explain_it():
    same_every_time = {(2, "ReLU"): {"accuracy": 0.93}}
    s = study(same_every_time)
    assert s.gain((2, "ReLU"), (2, "Tanh")).uncertainty == pytest.approx(0, abs=1e-12)
    assert s.by_choice_of_images((2, "ReLU"), (2, "Tanh")) == pytest.approx(
        2 * np.sqrt(0.03 * 0.97 / IMAGES), rel=1e-6
    )
    assert s.told_apart((2, "ReLU"), (2, "Tanh"))


def test_images_alone_can_explain_what_is_the_same_from_every_seed():
    s = study({(2, "ReLU"): {"accuracy": 0.903}})
    assert s.by_choice_of_images((2, "ReLU"), (2, "Tanh")) > 0.003
    assert not s.told_apart((2, "ReLU"), (2, "Tanh"))


def test_seeds_alone_can_explain_what_many_images_show():
    s = study({(2, "ReLU"): {"accuracy": (0.90, 0.93, 0.99)}})
    gain = s.gain((2, "ReLU"), (2, "Tanh"))
    assert gain.mean == pytest.approx(0.04)
    assert s.by_choice_of_images((2, "ReLU"), (2, "Tanh")) < 0.04 < gain.uncertainty
    assert not s.told_apart((2, "ReLU"), (2, "Tanh"))


def test_a_network_is_not_told_apart_from_itself():
    assert not study().told_apart((2, "Tanh"), (2, "Tanh"))


# ---- the four questions -----------------------------------------------------------------------------------------


def test_a_clear_difference_of_activations_is_named():
    r = results({(3, "Sigmoid"): {"accuracy": 0.4}})
    text = whole(say.does_the_activation_matter, r)
    assert "at learning rate 0.1 in 1 epoch" in text
    assert text.startswith(
        "Yes: told apart from ReLU in accuracy on new digits are 3 layers with sigmoid (−50.0 ± 3.2 points)."
    )


def test_a_difference_that_chance_explains_is_none():
    r = results({(2, "ReLU"): {"accuracy": 0.901}})
    text = whole(say.does_the_activation_matter, r)
    assert text.startswith("Not in 2 or 3 layers: no other activation is told apart from ReLU")
    assert "a product of matrices is a matrix." in text


def test_three_linear_layers_that_do_otherwise_than_one_are_explained():
    text = whole(say.does_the_activation_matter, results({(3, "Identity"): {"accuracy": 0.7}}))
    assert "depth has only changed the way there" in text


@pytest.mark.parametrize(
    ("two", "three", "said"),
    [
        (
            0.95,
            0.95,
            ("A second layer is needed: it brings +15.0", "No need of a third layer is shown: it"),
        ),
        (0.80, 0.95, ("No need of a second layer is shown: it changes +0.0 ±", "A third layer is needed")),
        (0.95, 0.60, ("A second layer is needed", "A third layer does harm: −35.0")),
    ],
)
def test_a_layer_is_needed_if_it_brings_more_than_chance(two, three, said):
    accuracies = {ONE_LAYER: 0.8, (2, "ReLU"): two, (3, "ReLU"): three, (3, "Tanh"): 0.99}
    r = results({network: {"accuracy": share} for network, share in accuracies.items()})
    short, _ = say.are_more_layers_needed(r)
    assert all(part in short for part in said)  # whatever another activation reaches


def test_networks_that_learn_nothing_and_losses_that_run_away_are_named():
    stuck = {"accuracy": 0.1, "gradient": 1e-6, "stopped": "the loss of epoch 1 is nan"}
    r = results({(8, "Sigmoid"): stuck, (8, "ReLU"): {"accuracy": (0.1, 0.9, 0.1)}})
    text = whole(say.what_goes_wrong_in_depth, r)
    assert "is 1.0 × 10⁻⁶ times with sigmoid, 1 times with ReLU and" in text
    assert "after 1 epoch by 8 layers with sigmoid and 8 layers with ReLU (2 of 3 seeds)." in text
    assert "not finite any more in 8 layers with sigmoid" in text
    assert say.on_activations(r).endswith("by 8 layers with sigmoid and 8 layers with ReLU (2 of 3 seeds)")


def test_a_gradient_of_nothing_is_0_times_another():
    assert say.faded(study({(8, "Sigmoid"): {"gradient": 0.0}}), "Sigmoid") == "0 times with sigmoid"
    assert say.faded(study({(2, "Sigmoid"): {"gradient": 0.0}}), "Sigmoid") == "∞ times with sigmoid"


def test_where_every_network_learns_that_is_said():
    r = results()
    text = whole(say.what_goes_wrong_in_depth, r)
    assert "Every network of the study recognises more than 25% of new digits" in text
    assert "is not told to learn more by heart than the shallowest" in text


def test_a_gap_that_widens_with_depth_is_learning_by_heart():
    text = whole(say.what_goes_wrong_in_depth, results({(8, "ReLU"): {"known": 0.99}}))
    assert "+9.0 points with 8 layers; the deepest of these learns more by heart than the shallowest" in text


def test_a_gap_that_only_some_seeds_widen_is_not():
    text = whole(
        say.what_goes_wrong_in_depth, results({(8, "ReLU"): {"known": 0.99, "accuracy": (0.6, 0.98, 0.98)}})
    )
    assert "is not told to learn more by heart than the shallowest" in text


def test_new_digits_that_are_recognised_better_than_known_ones_are_a_gap_below_0():
    text = whole(say.what_goes_wrong_in_depth, results({ONE_LAYER: {"known": 0.897}}))
    assert "−0.3 points with 1 layer" in text


def test_growing_weights_are_described_by_when_they_grow():
    text = whole(say.how_do_weights_behave, results(perceptrons=grown(0.5)))
    assert "from 0.10 / 0.10 before training to 0.50 / 0.50" in text
    assert "75% of it falls into the first 1 epoch." in text


@pytest.mark.parametrize(("last", "said"), [(0.5, "All grow, fast at first"), (1.2, "All grow: 27%")])
def test_growth_is_called_fast_at_first_only_where_it_slows_down(last, said):
    assert said in whole(say.how_do_weights_behave, results(perceptrons=grown(last)))


def test_weights_that_do_not_grow_are_not_said_to():
    assert "grow" not in whole(say.how_do_weights_behave, results(perceptrons=grown(0.05)))


def test_weights_that_stand_still_are_those_of_networks_that_learn_nothing():
    stuck = {(8, "Sigmoid"): {"accuracy": 0.1, "weight": 0.101}}
    text = whole(say.how_do_weights_behave, results(stuck, perceptrons=grown(0.5)))
    assert "layer 1 has changed by 1.0% at most, elsewhere by 400% at least" in text


# ---- PyTorch ----------------------------------------------------------------------------------------------------


def beside_pytorch(difference, by_one_bit=2e-7, **parts):
    steps = np.full(100, 0.5)
    theirs = steps + np.where(np.arange(100) < 69, 0, difference)
    comparison = Comparison(History(steps=list(steps)), SimpleNamespace(steps=list(theirs), dtype="float32"))
    runs = [{"steps": steps}, {"steps": steps + by_one_bit}]
    perceptrons = {3: SimpleNamespace(comparison=comparison)}
    return results(perceptrons=perceptrons, rounding={3: Rounding(runs)}, **parts)


def parted(nearest):
    return {3: {"steps": 70, "nearest": [1e-4] * 68 + [nearest, 1e-3]}}


def test_a_difference_of_the_size_that_one_bit_makes_is_rounding():
    text = say.on_pytorch(beside_pytorch(3e-7))
    assert "All start from PyTorch's loss to the last bit" in text
    assert "moves our own losses by up to 2.0 × 10⁻⁷ with 3 layers" in text
    assert "With 3 layers rounding explains that." in text


def test_losses_that_part_where_a_relu_is_at_0_but_for_rounding_are_explained():
    text = say.on_pytorch(beside_pytorch(8e-3, parting=parted(1e-7)))
    assert "they part at step 70" in text
    assert "1.0 × 10⁻⁷, in step 69: rounding decides" in text


@pytest.mark.parametrize("parting", [parted(1e-5), {}])
def test_what_neither_explains_is_not_explained(parting):
    text = say.on_pytorch(beside_pytorch(8e-3, parting=parting))
    assert "not explained" in text
    assert "rounding decides" not in text


# ---- the plane, and the wave ------------------------------------------------------------------------------------


def fits(squared, absolute):
    def fit(off):
        return {"truth": {"squared": off**2, "absolute": off}, "training": {"squared": 0.5, "absolute": 0.4}}

    networks = {"network, squared error": fit(squared), "network, absolute error": fit(absolute)}
    return {"straight line, squared error": fit(0.5), **networks}


@pytest.mark.parametrize(("squared", "absolute", "closer"), [(0.3, 0.1, "absolute"), (0.1, 0.3, "squared")])
def test_the_closer_fit_is_named_first(squared, absolute, closer):
    text = say.on_fits(results(fits=fits(squared, absolute)))
    assert text.startswith(f"Trained with the {closer} error the network is off the wave by 0.10 on average")


def plane(course, by_heart=(0, 3, 7)):
    def network(hidden, losses, error):
        both = {"training": losses, "validation": losses}
        return {
            "task": "two-features",
            "hidden": hidden,
            "moments": [0, 5, 10],
            "loss": both,
            "error": {"training": [0.1], "validation": [error]},
            "by_heart": by_heart,
        }

    small = [network(hidden, [0.7, 0.6, 0.5], 0.2) for hidden in SIZES[:-1]]
    return [*small, network(SIZES[-1], course, 0.3)]


def test_a_validation_loss_that_rises_is_overfitting_and_says_from_when():
    text = say.on_overfitting(results(plane=plane([0.7, 0.4, 1.3])))
    assert "ends lowest with no hidden units, at 0.50 nat; with 64+64 at 1.30" in text
    assert "down at 0.40 in epoch 5" in text


@pytest.mark.parametrize(
    ("by_heart", "said"), [((0, 3, 7), "it has learnt wrong labels"), ((0, 7, 7), "no more of them by heart")]
)
def test_wrong_labels_are_learnt_by_heart_if_more_of_them_are_given_in_the_end(by_heart, said):
    text = say.on_overfitting(results(plane=plane([0.7, 0.4, 1.3], by_heart)))
    assert f"gave that label to {by_heart[1]} when its loss" in text
    assert f"and to {by_heart[2]} in the end: " in text
    assert said in text


def test_one_that_does_not_rise_is_not():
    assert "does not overfit" in say.on_overfitting(results(plane=plane([0.7, 0.5, 0.41])))


def test_lines_and_networks_are_told_by_what_they_err_in():
    from chainrule.labs.framework.plane import HIDDEN, TASKS

    def trial(task, hidden, error):
        return {"task": task, "hidden": hidden, "error": {"training": [0.0], "validation": [error]}, "loss": {}}

    others = list(TASKS)[1:]
    done = [trial("two-features", hidden, 0.2) for hidden in SIZES]
    done += [t for i, task in enumerate(others) for t in (trial(task, [], 0.3 + i / 10), trial(task, HIDDEN, 0.1))]
    for t in done:
        t["loss"] = t["error"]
    assert say.on_lines(results(plane=done)) == (
        "On new points a line errs in 20% to 60%, networks with hidden layers in 10% to 20%"
    )
