"""What the ann lab says, for either way in which its measurements may come out."""

from types import SimpleNamespace

import numpy as np
import pytest

from chainrule.interop import ReferenceRun
from chainrule.labs.ann import report, sentences
from chainrule.labs.ann.four_classes import FOUR_OUTPUTS, ONE_OUTPUT, TWO_GROUPS
from chainrule.labs.ann.remedies import DYING_RATES, GROUPS, RATES, Trials
from chainrule.labs.comparison import Comparison
from chainrule.labs.rounding import Rounding

STEPS = 60


def trials(losses=(1.0,), errors=(1.0, 1.0), accuracy=0.5, dead=(0.0, 0.0), kinds=1, stopped=None):
    """Make trials that end at these losses; at None, a training came to no number at step ``stopped``."""
    ended = {"accuracy": accuracy, "dead": list(dead), "kinds": kinds, "stopped": None}
    none = {"accuracy": None, "dead": None, "kinds": None, "stopped": stopped}
    return Trials(
        [
            {"errors": list(errors), "norms": [2.0] * STEPS}
            | ({**none, "losses": [9.0] * (stopped - 1)} if loss is None else {**ended, "losses": [loss] * STEPS})
            for loss in losses
        ]
    )


def both(finding):
    return f"{finding.title}. {finding.text}"


# ---- seeds


@pytest.mark.parametrize(
    ("plain", "remedied", "said"),
    [
        ([1, 1, 1], [0, 0, 0], "It helps, in all 3 seeds"),
        ([0, 0, 0], [1, 1, 1], "It does not help, in all 3 seeds"),
        ([1, 1, 0], [0, 0, 1], "It lowers the loss in 2 of 3 seeds: whether it helps is open"),
        ([np.inf], [5], "It helps, in the one seed"),
        ([np.inf], [np.inf], "It does not help, in the one seed"),
    ],
)
def test_a_remedy_helps_if_it_does_so_from_every_seed(plain, remedied, said):
    assert sentences.helps(plain, remedied) == said


@pytest.mark.parametrize("group", ["clipping", "normalisation", "residual"])
def test_title_and_text_of_a_remedy_say_the_same(group):
    say = getattr(sentences, group)
    good, bad = trials([0.5] * 3), trials([2.0] * 3)
    for plain, remedied, words in (
        (bad, good, "helps, in all 3 seeds"),
        (good, bad, "does not help, in all 3 seeds"),
        (trials([2.0, 0.5]), trials([0.5, 2.0]), "whether it helps is open"),
    ):
        found = say({group: {"without": plain, "with": remedied}})
        assert words in found.title
        assert words in found.text


def test_a_minority_that_came_to_no_number_is_told():
    some = trials([1.0, 1.0, None], stopped=7)
    said = sentences.clipping({"clipping": {"without": some, "with": trials([0.5] * 3)}}).text
    assert "comes to a loss of 1.00 and 50.0% of the test images, but to no number in 1 of 3 seeds" in said
    said = sentences.clipping({"clipping": {"without": trials([None], stopped=7), "with": trials([0.5])}})
    assert "comes to no number by step 7" in said.text
    assert said.title.endswith("no number without")


# ---- problems


def test_vanishing_names_what_loses_most_only_if_something_is_lost():
    lost = {"vanishing": {"a": trials(errors=(0.5, 1.0)), "b": trials(errors=(0.1, 1.0))}}
    assert "b leaves 0.1 of the error. " in both(sentences.vanishing(lost))
    assert sentences.vanishing(lost).text.endswith("It vanishes most with b.")
    kept = {"vanishing": {"a": trials(errors=(2.0, 1.0)), "b": trials(errors=(3.0, 1.0))}}
    assert "vanishes with none" in sentences.vanishing(kept).title
    assert sentences.vanishing(kept).text.endswith("It vanishes with none of them.")


def test_exploding_names_the_largest_and_not_the_last():
    study = {"exploding": {"1": trials(errors=(50.0, 1.0)), "3": trials(errors=(5.0, 1.0))}}
    found = sentences.exploding(study)
    assert "× 1, the error grows 50-fold" in found.title
    assert found.text.endswith("It does not always grow with the weights.")
    calm = {"exploding": {"1": trials(errors=(0.5, 1.0)), "3": trials(errors=(0.7, 1.0))}}
    assert "grows with none" in sentences.exploding(calm).title
    assert sentences.exploding(calm).text.endswith("It grows with the weights.")


def dying(relu, leaky, dead=(0.1, 0.2), leaky_dead=(0.0, 0.0)):
    settings = {"ReLU": (relu, dead), "LeakyReLU": (leaky, leaky_dead)}
    return {
        "dying": {
            f"{name} {rate:g}": Trials([r for a in shares for r in trials([1.0], accuracy=a, dead=of).results])
            for name, (shares, of) in settings.items()
            for rate in DYING_RATES
        }
    }


def test_leaky_relu_is_ahead_in_as_many_seeds_as_it_is():
    assert "is ahead in all 3 seeds" in sentences.dying(dying([0.1] * 3, [0.7] * 3)).text
    assert "is ahead in none of 3 seeds" in sentences.dying(dying([0.7] * 3, [0.1] * 3)).text
    assert "is ahead in 1 of 2 seeds" in sentences.dying(dying([0.1, 0.9], [0.7, 0.7])).text


def test_dead_layers_are_told_where_there_are_some():
    found = sentences.dying(dying([0.1], [0.7], dead=(0.5, 1.0)))
    assert "In the one seed a whole layer is dead" in found.text
    assert "layer 1: 50.0% and layer 2: 100%" in found.text
    alive = sentences.dying(dying([0.1], [0.7]))
    assert "a whole layer" not in alive.text
    assert alive.title.endswith("Leaky ReLU's 0%")
    assert sentences.dying(dying([0.1], [0.7], leaky_dead=(1.0, 1.0))).title.endswith("Leaky ReLU's 100%")


def test_trainings_that_came_to_no_number_do_not_count_as_dead_or_as_right():
    study = dying([0.1], [0.7])
    study["dying"]["ReLU 0.1"] = trials([None], stopped=3)
    text = sentences.dying(study).text
    assert "with 0.1, no number (no number)" in text
    assert "With 0.1 ReLU recognises no number of the test images" in text
    assert "ahead in the one seed" in text


def initialisations(he, equal_kinds=1):
    ends = {"Xavier": [0.6] * 2, "He": he, "LeCun": [0.7] * 2, "too small": [2.3] * 2}
    study = {name: trials(losses) for name, losses in ends.items()}
    return {"initialisation": study | {"all equal": trials([2.0] * 2, kinds=equal_kinds)}}


def test_the_best_way_to_begin_is_the_lowest_in_so_many_seeds():
    assert "He ends lowest in all 2 seeds" in sentences.initialisation(initialisations([0.5, 0.5])).title
    assert "He ends lowest in 1 of 2 seeds" in sentences.initialisation(initialisations([0.1, 0.7])).title
    assert sentences.initialisation(initialisations([0.9] * 2)).title.partition(": ")[2].startswith("Xavier")


def test_equal_units_stay_equal_only_if_they_did():
    assert "of 1 kind after the training: equal units" in sentences.initialisation(initialisations([1.0] * 2)).text
    grown = sentences.initialisation(initialisations([1.0] * 2, equal_kinds=5)).text
    assert grown.endswith("of 5 kinds after the training.")
    gone = initialisations([1.0] * 2)
    gone["initialisation"]["all equal"] = trials([None] * 2, stopped=2)
    assert "With all weights equal" not in sentences.initialisation(gone).text


def test_who_leaves_the_saddle_is_told_either_way():
    def leave(never):
        return lambda method, start=(1.0, 1e-4): None if (method, start[1]) in never else 10

    calm = sentences.saddle(leave({("gradient descent", 0.0)}))
    assert "gradient descent leaves it never, and stochastic gradients after 10 steps" in calm.text
    other = sentences.saddle(leave({("stochastic", 0.0), ("Adam", 1e-4)}))
    assert "gradient descent leaves it after 10 steps, and stochastic gradients never" in other.text
    assert other.title == "A saddle holds Adam up longest"


def optimisers(**changes):
    ends = {f"{name} {rate:g}": [1.0, 1.0] for name, rates in RATES.items() for rate in rates}
    return {"optimisers": {name: trials(losses) for name, losses in (ends | changes).items()}}


def test_momentum_is_judged_at_the_same_rate_and_at_the_best_of_each():
    study = optimisers(**{"momentum 0.01": [0.5, 0.5], "SGD 0.03": [0.2, 0.2]})
    found = sentences.momentum(study)
    assert found.title.startswith("Momentum 0.9 helps, in all 2 seeds")
    assert "momentum does not help, in all 2 seeds" in found.text
    assert found.text.endswith("All of these lie between others that were tried.")
    worse = sentences.momentum(optimisers(**{"momentum 0.01": [2.0, 2.0]}))
    assert worse.title.startswith("Momentum 0.9 does not help")


def test_a_best_rate_at_the_edge_of_the_grid_is_told():
    study = optimisers(**{"SGD 1": [0.1, 0.1], "momentum 0.01": [0.2, 0.2], "Adam 0.003": [0.3, 0.3]})
    found = sentences.adam(study)
    assert "The best rate of SGD lies at the edge" in found.text
    assert found.title == "At the best rate of each, SGD ends lowest in all 2 seeds"
    close = optimisers(**{"SGD 0.1": [0.1, 0.3], "momentum 0.01": [0.2, 0.31], "Adam 0.003": [0.3, 0.2]})
    assert sentences.adam(close).title == "At the best rate of each, SGD ends lowest in 1 of 2 seeds"
    assert "lies at the edge" not in sentences.adam(close).text


def test_groups_have_the_names_that_sentences_and_figures_ask_for():
    assert list(GROUPS["initialisation"]) == ["Xavier", "He", "LeCun", "too small", "too large", "all equal"]
    assert {*sentences.PROBLEMS} - {"saddle", "momentum", "adam"} == GROUPS.keys() - {"optimisers"}


# ---- depth and activation


def architecture(accuracies, steps=(2.0,) * 60, first=1.0, moved=1.0, parameters=10, pytorch=None):
    return [
        {
            "parameters": parameters,
            "steps": list(steps),
            "epochs": [{"validation_accuracy": a}],
            "gradients": [[first, 1.0], [first, 1.0]],
            "moved": [moved, 1.0],
            "pytorch": pytorch,
        }
        for a in accuracies
    ]


def depths(shallow, medium, deep, sizes=(20, 10, 10)):
    names = ("shallow", "medium", "deep")
    found = {
        f"{name} relu": architecture(accuracies, parameters=n)
        for name, accuracies, n in zip(names, (shallow, medium, deep), sizes, strict=True)
    }
    return sentences.depth(found, {name: [0.001, 0.002, 0.003] for name in names})


def test_a_depth_is_ahead_only_if_it_is_so_from_every_seed():
    clear = depths([0.9, 0.8], [0.8, 0.7], [0.7, 0.6])
    assert clear.title == "The shallow network is ahead of the other depths in all 2 seeds"
    assert "open" not in clear.text
    third = depths([0.9, 0.8], [0.8, 0.7], [0.7, 0.85])
    assert "in 1 of 2 seeds: their order is open" in third.text


def test_depth_alone_is_judged_between_networks_of_one_size():
    said = depths([0.9, 0.8], [0.8, 0.7], [0.7, 0.75]).text
    assert (
        "The shallow and the medium network have 20 and 10 parameters: more than depth is different there" in said
    )
    assert "nearly the same number, 10 and 10 parameters: the deeper one is ahead in 1 of 2 seeds" in said
    assert "more than depth" not in depths([0.9], [0.8], [0.7], sizes=(10, 10, 10)).text
    assert "shallow 2.00 ms" in said


FAST, MIDDLE, SLOW = ([0.1] * 60, [1.0] * 30 + [0.1] * 30, [2.0] * 60)


def activations(sigmoid, relu=None, sigmoid_sgd=None, relu_sgd=None):
    usual = {"accuracies": [0.8], "steps": FAST}
    found = {
        f"medium {name}{of}": architecture(**usual) for name in ("relu", "sigmoid", "tanh") for of in ("", " SGD")
    }
    given = {"sigmoid": sigmoid, "relu": relu, "sigmoid SGD": sigmoid_sgd, "relu SGD": relu_sgd}
    found |= {f"medium {name}": architecture(**{**usual, **own}) for name, own in given.items() if own}
    return sentences.activation(found)


def test_small_gradients_are_called_a_cause_only_as_far_as_the_control_bears_it_out():
    weak = {"first": 0.1, "steps": MIDDLE}
    yes = activations(weak, sigmoid_sgd={"moved": 0.1, "steps": SLOW})
    assert yes.title.startswith("With Adam, ReLU learns fastest and sigmoid slowest; sigmoid begins with")
    assert "does not carry over to the steps of Adam" in yes.text
    assert yes.text.endswith("small gradients hold SGD up more than Adam.")
    no = activations(weak, sigmoid_sgd={"moved": 0.1})
    assert no.text.endswith("the control does not bear out that gradients hold it up.")
    carried = activations({**weak, "moved": 0.1}, sigmoid_sgd={"moved": 0.1, "steps": SLOW})
    assert "the difference carries over to the steps of Adam" in carried.text
    nothing = activations({**weak, "steps": SLOW}, sigmoid_sgd={"steps": SLOW})
    assert nothing.text.endswith("the control says nothing.")
    assert "sigmoid never" in nothing.text


def test_gradients_explain_nothing_where_the_slowest_does_not_have_the_smallest():
    said = activations({"first": 0.1}, relu={"steps": SLOW})
    assert said.text.endswith("The smallest goes with sigmoid, the slowest is ReLU: the one is not the other.")


def test_seeds_that_never_learn_are_told_beside_those_that_do():
    some = architecture([0.8], FAST) + architecture([0.8], SLOW)
    found = {f"medium {name}{of}": some for name in ("relu", "sigmoid", "tanh") for of in ("", " SGD")}
    assert "ReLU after 20 steps (and never in 1 of 2 seeds)" in sentences.activation(found).text


def test_differences_from_pytorch_are_measured_at_the_start_and_at_the_end():
    none = {"medium relu": architecture([0.8])}
    assert "were not run here" in report.architecture_differences(none)
    run = ReferenceRun("ann", {}, "2", "", steps=[2.5, *[2.0] * 59], epochs=[{"validation_accuracy": 0.75}])
    said = report.architecture_differences({"medium relu": architecture([0.8], pytorch=run)})
    assert "1 network differ by 5.0 × 10⁻¹ at most" in said
    assert "by 5.00 points at most" in said


# ---- the classifier


EPOCHS = [
    {"epoch": 1, "train_loss": 1.0, "validation_accuracy": 0.8, "train_accuracy": 0.7},
    {"epoch": 2, "train_loss": 0.5, "validation_accuracy": 0.85, "train_accuracy": 0.84},
]


def test_the_gap_to_known_images_is_told_either_way():
    more = sentences.training(EPOCHS, 0.9, {"Shirt": 0.6, "Bag": 0.9}, "Shirt")
    assert more.title == "Validation accuracy goes from 80.00% to 85.00% in 2 epochs"
    assert "recognises 90.00%, 5.00 points more" in more.text
    assert more.text.endswith("Bag is recognised best (90.0%), Shirt worst (60.0%), as in the document.")
    less = sentences.training(EPOCHS[:1], 0.7, {"Shirt": 0.9, "Bag": 0.6}, "Shirt")
    assert less.title == "After one epoch 80.00% of the test images are recognised"
    assert "10.00 points less" in less.text
    assert less.text.endswith("in the document it is Shirt.")


def compared(theirs, ours=(2.0, 1.0, 0.5)):
    def run(steps):
        return SimpleNamespace(steps=list(steps), epochs=EPOCHS, dtype="float32")

    return Comparison(run(ours), None if theirs is None else run(theirs))


def test_the_losses_are_called_equal_only_if_they_are():
    same = sentences.losses(compared([2.0, 1.0, 0.75]))
    assert same.title.startswith("The first losses are equal to the last bit, and are up to 0.25 nat apart")
    assert "to the last bit, 2.0:" in same.text
    apart = sentences.losses(compared([2.5, 1.0, 0.5]))
    assert apart.title.startswith("The losses begin 5.0 × 10⁻¹ apart")
    assert "no run of PyTorch" in sentences.losses(compared(None)).text


def rounding(apart):
    return Rounding([{"steps": [2.0, 1.0, 0.5 + d], "epochs": EPOCHS} for d in (0.0, apart)])


def test_rounding_explains_pytorch_only_if_it_goes_as_far():
    near, far = (sentences.drift(compared([2.0, 1.0, 0.6]), rounding(d)).text for d in (0.1, 0.001))
    assert "rounding alone carries a training so far" in near
    assert "does not explain all of it" in far
    alone = sentences.drift(compared(None), rounding(0.1))
    assert "PyTorch" not in both(alone)
    assert "1.0 × 10⁻¹ from itself" in alone.text


def test_the_most_frequent_mistake_is_one():
    assert sentences.mistakes([[5, 2], [3, 5]], ["a", "b"]).endswith("b is taken for a, 3 times")
    assert sentences.mistakes([[5, 0], [0, 5]], ["a", "b"]) == "Every test image is recognised"


def four(refusal="out of bounds", loss=0.0, difference=None, accuracies=(0.25, 1.0, 1.0)):
    names = (ONE_OUTPUT, TWO_GROUPS, FOUR_OUTPUTS)
    outcome = SimpleNamespace(losses=[loss, loss], largest_gradient=loss)
    return SimpleNamespace(
        refusal=refusal,
        outcomes=dict.fromkeys(names, outcome),
        accuracies=dict(zip(names, accuracies, strict=True)),
        largest_difference=difference,
    )


def test_what_one_output_can_not_do_is_measured():
    said = sentences.four_classes(four())
    assert said.title.endswith("one output says the class of 25% of the points, four outputs of 100%")
    assert "refuses: «out of bounds»" in said.text
    assert "there is nothing to learn from" in said.text
    assert "PyTorch" not in said.text
    other = sentences.four_classes(four(refusal="", loss=0.5, difference=0.0)).text
    assert "does not refuse" in other
    assert "there is something to learn" in other
    assert "PyTorch's losses are the same to the last bit" in other
    assert "differ by 1.0 × 10⁻⁶" in sentences.four_classes(four(difference=1e-6)).text


def test_dropout_is_judged_over_the_seeds():
    def runs(known, new, losses=(0.4, 0.5)):
        return [{"known": [k], "new": [n], "new_loss": list(losses)} for k, n in zip(known, new, strict=True)]

    narrow = sentences.dropout({"a": runs([0.95, 0.951], [0.8, 0.8]), "b": runs([0.9, 0.9], [0.85, 0.85])})
    assert "lowest after epoch 1 (0.400) and rises to 0.500: it overfits" in narrow.text
    assert "Dropout narrows the gap" in narrow.text
    assert "and more test images" in narrow.text
    other = sentences.dropout(
        {"a": runs([0.95, 0.8], [0.8, 0.8], (0.5, 0.4)), "b": runs([0.9, 0.9], [0.85, 0.7])}
    ).text
    assert "it does not overfit yet" in other
    assert "leaves the gap as it is, as far as can be told" in other
    assert "no more and no fewer" in other
    wide = sentences.dropout({"a": runs([0.9, 0.9], [0.85, 0.85]), "b": runs([0.95, 0.95], [0.8, 0.8])}).text
    assert "Dropout widens the gap" in wide
    assert "and fewer test images" in wide
