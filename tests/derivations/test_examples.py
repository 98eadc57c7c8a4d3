"""The document's calculations by hand, number by number."""

import pytest

from chainrule.derivations.examples import (
    EXAMPLES,
    backward_2_2_1,
    exercise_backward,
    exercise_forward,
    forward_2_3_1,
    neuron,
)


def shown(value, printed):
    """Return a value with as many places as a number is printed with."""
    return f"{value:.{len(printed.partition('.')[2])}f}"


def test_the_neuron_has_the_printed_numbers():
    lines = {step.title.partition(": ")[2]: step.lines[0] for step in neuron().sections[1].steps}
    printed = {"Linear, 2 → 1": "1.4", "Sigmoid": "0.802", "Tanh": "0.885", "ReLU": "1.4", "LeakyReLU": "1.4"}
    assert {title: shown(line.result, printed[title]) for title, line in lines.items()} == printed


@pytest.mark.parametrize(
    "words",
    [
        "0.5·2 + (−0.3)·(−1) + 0.1\n        = 1 + 0.3 + 0.1 = 1.4",
        "1/(1 + e^(−1.4)) ≈ 1/(1 + 0.247) ≈ 1/1.247",
        "(4.055 − 0.247)/(4.055 + 0.247) ≈ 3.809/4.302 ≈ 0.885",
    ],
)
def test_the_neuron_is_computed_in_the_printed_steps(words):
    assert words in str(neuron(digits=3))


FORWARD_2_3_1 = {
    "z₁⁽¹⁾": "0.08", "z₂⁽¹⁾": "-0.34", "z₃⁽¹⁾": "0.36", "a₁⁽¹⁾": "0.08", "a₂⁽¹⁾": "0", "a₃⁽¹⁾": "0.36",
    "z⁽²⁾": "0.392", "a⁽²⁾": "0.597", "ŷ": "0.597",
}  # fmt: skip


@pytest.mark.parametrize(("name", "printed"), FORWARD_2_3_1.items())
def test_the_network_2_3_1_has_the_printed_number(name, printed):
    assert shown(forward_2_3_1()[name], printed) == printed


BACKWARD_2_2_1 = {
    "z₁⁽¹⁾": "0.17", "z₂⁽¹⁾": "0.3", "a₁⁽¹⁾": "0.542", "a₂⁽¹⁾": "0.574", "a⁽²⁾": "0.672", "L": "0.0082",
    "∂L/∂a⁽²⁾": "-0.128", "∂L/∂W₁₁⁽²⁾": "-0.0153",
}  # fmt: skip


@pytest.mark.parametrize(("name", "printed"), BACKWARD_2_2_1.items())
def test_the_network_2_2_1_has_the_printed_number(name, printed):
    assert shown(backward_2_2_1()[name], printed) == printed


# Here the document computes with numbers that it has rounded to three digits before.
ROUNDED_ON_THE_WAY = {
    "z⁽²⁾": (0.5 * 0.542 + 0.6 * 0.574 + 0.1, "0.715"),
    "∂a⁽²⁾/∂z⁽²⁾": (0.672 * (1 - 0.672), "0.220"),
    "δ⁽²⁾": (-0.128 * 0.220, "-0.0282"),
    "∂L/∂W₁₂⁽²⁾": (-0.0282 * 0.574, "-0.0162"),
    "W₁₁⁽²⁾": (0.5 - 0.1 * -0.0153, "0.50153"),
    "W₁₂⁽²⁾": (0.6 - 0.1 * -0.0162, "0.60162"),
}


@pytest.mark.parametrize(("name", "computed", "printed"), [(k, *v) for k, v in ROUNDED_ON_THE_WAY.items()])
def test_the_network_2_2_1_differs_from_the_print_by_its_rounding_alone(name, computed, printed):
    assert shown(computed, printed) == printed
    assert backward_2_2_1()[name] == pytest.approx(computed, rel=0.005)


# Of these four, the print is a slip: its own factors give what we find.
SLIPS = {
    "δ₁⁽¹⁾": (0.5 * -0.0282 * 0.542 * (1 - 0.542), "-0.00341"),
    "δ₂⁽¹⁾": (0.6 * -0.0282 * 0.574 * (1 - 0.574), "-0.00413"),
}


@pytest.mark.parametrize(("name", "computed", "printed"), [(k, *v) for k, v in SLIPS.items()])
def test_the_hidden_deltas_of_2_2_1_are_what_the_printed_factors_give(name, computed, printed):
    found = backward_2_2_1()
    assert found[name] == pytest.approx(computed, rel=0.005)
    i = name[1]
    assert found[f"∂L/∂W{i}₁⁽¹⁾"] == pytest.approx(found[name] * 0.1)
    assert found[f"∂L/∂W{i}₂⁽¹⁾"] == pytest.approx(found[name] * 0.2)
    assert float(printed) == pytest.approx(found[name], rel=0.03)


EXERCISE = {
    "z₁⁽¹⁾": "0.0500", "z₂⁽¹⁾": "0.1800", "a₁⁽¹⁾": "0.0500", "a₂⁽¹⁾": "0.1800", "z⁽²⁾": "0.1710", "ŷ": "0.5426",
}  # fmt: skip
EXERCISE_BACK = {
    "L": "0.0331", "∂L/∂a⁽²⁾": "-0.2574", "∂a⁽²⁾/∂z⁽²⁾": "0.2482", "δ⁽²⁾": "-0.0639", "∂L/∂W₁₁⁽²⁾": "-0.0032",
    "∂L/∂W₁₂⁽²⁾": "-0.0115", "∂L/∂b⁽²⁾": "-0.0639",
}  # fmt: skip


@pytest.mark.parametrize(("name", "number"), EXERCISE.items())
def test_the_exercise_forward_to_four_places(name, number):
    assert shown(exercise_forward()[name], number) == number
    assert shown(exercise_backward()[name], number) == number


@pytest.mark.parametrize(("name", "number"), EXERCISE_BACK.items())
def test_the_exercise_backward_to_four_places(name, number):
    assert shown(exercise_backward()[name], number) == number


def test_five_examples_have_names():
    assert list(EXAMPLES) == ["neuron", "2-3-1", "2-2-1", "3-2-1", "3-2-1-backward"]
    assert all(list(example(4).lines()) for example in EXAMPLES.values())
