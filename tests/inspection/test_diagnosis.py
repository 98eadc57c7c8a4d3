"""What is said of a training is what is wrong with it; of a healthy one, nothing."""

import re
from dataclasses import replace

import pytest

from chainrule.inspection import diagnose, read_recording
from chainrule.inspection.diagnosis import conclusion

ILL = {
    "vanishing": ({"vanishing gradients"}, "the gradient of 1.weight is .* 10⁻⁷ times that of 17.weight"),
    "exploding": (
        {"exploding gradients", "learning rate too high"},
        r"The training ended at step \d, because the loss was infinite or not a number",
    ),
    "dying": (
        {"dying ReLUs", "learning rate too high", "exploding gradients"},
        "In 4, 100 % of the ReLUs are zero for every example of the validation",
    ),
    "overfitting": ({"overfitting"}, r"is 0\.9\d+ now, \d\d % above; the training loss went from .* to 0\.0"),
    "too low": ({"learning rate too low"}, "changes the weights by 2 × 10⁻⁵ % of their norm .* hardly at all"),
    "too high": (
        {"learning rate too high", "saturation", "vanishing gradients"},
        r"changed 3.weight by \d\d\d % of its norm .* The loss, 2.29 at first, rose to \d\d\d",
    ),
}


@pytest.fixture(scope="module")
def recorded(trainings, tmp_path_factory):
    """Return what reads the recording of a training, after it has been trained once."""
    folder, found = tmp_path_factory.mktemp("recordings"), {}

    def recording(name):
        if name not in found:
            path = folder / f"{name}.jsonl"
            trainings.train(path, **trainings.TRAININGS[name])
            found[name] = read_recording(path)
        return found[name]

    return recording


def wrong(recording):
    return {finding.name: finding for finding in diagnose(recording) if finding.is_wrong}


@pytest.mark.parametrize("name", ILL)
def test_an_ill_training_is_said_to_have_its_illness_and_no_other(recorded, name):
    names, words = ILL[name]
    found = wrong(recorded(name))
    assert set(found) == names
    text = " ".join(finding.sentence for finding in found.values())
    assert re.search(words, text), text


@pytest.mark.parametrize("name", ["healthy", "healthy with Adam"])
def test_of_a_healthy_training_nothing_is_said(recorded, name):
    findings = diagnose(recorded(name))
    assert wrong(recorded(name)) == {}
    assert conclusion(findings).startswith("Nothing is wrong")
    assert len(findings) == 6


def test_every_finding_has_its_number_its_threshold_and_its_source(recorded):
    for name in ("healthy", "dying", "exploding"):
        for finding in diagnose(recorded(name)):
            assert any(c.isdigit() for c in finding.sentence)
            assert any(c.isdigit() for c in finding.threshold)
            assert finding.source[-4:].isdigit() or "CS231n" in finding.source


def test_the_conclusion_names_all_that_is_wrong(recorded):
    said = conclusion(diagnose(recorded("dying")))
    assert said == "Something is wrong: exploding gradients, learning rate too high and dying ReLUs."


def test_layers_that_are_not_trained_are_left_out(recorded):
    recording = recorded("vanishing")
    frozen = {f"{i}.weight": {} for i in (1, 3, 5)}
    steps = [{**step, "parameters": {**step["parameters"], **frozen}} for step in recording.steps]
    found = wrong(replace(recording, steps=steps))
    assert "the gradient of 7.weight is" in found["vanishing gradients"].sentence


def test_a_training_that_ended_before_its_first_epoch_is_diagnosed_by_its_steps(recorded):
    recording = recorded("healthy")
    early = replace(recording, steps=recording.steps[:1], epochs=[])
    assert {finding.name for finding in diagnose(early)} == {
        "exploding gradients",
        "learning rate too high",
        "vanishing gradients",
    }
    assert diagnose(replace(recording, steps=[], epochs=[])) == []
    assert conclusion([]) == "Too little was recorded to say anything."
