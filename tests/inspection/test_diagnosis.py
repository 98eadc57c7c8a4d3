"""What is said of a training is what is wrong with it; of a healthy one, nothing."""

import re
from dataclasses import replace

import numpy as np
import pytest

from chainrule.inspection import diagnose, read_recording
from chainrule.inspection.diagnosis import conclusion

ILL = {
    "vanishing": ({"vanishing gradients"}, "the gradient of 1.weight is .* 10⁻⁷ times that of 17.weight"),
    "exploding": (
        {"exploding gradients", "learning rate too high"},
        r"At step \d, the loss was infinite or not a number",
    ),
    "dying": (
        {"dying ReLUs", "learning rate too high", "exploding gradients"},
        r"In layer 4 \(ReLU\), 100 % of the ReLUs are zero for every example of the validation",
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


def spaced(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def wrong(recording):
    return {finding.name: finding for finding in diagnose(recording) if finding.is_wrong}


@pytest.mark.parametrize("name", ILL)
def test_an_ill_training_is_said_to_have_its_illness_and_no_other(recorded, name):
    names, words = ILL[name]
    found = wrong(recorded(name))
    assert set(found) == names
    text = spaced(" ".join(finding.sentence for finding in found.values()))
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
    for n, names in ((1, set()), (10, set()), (11, {"learning rate too high", "vanishing gradients"})):
        early = replace(recording, steps=recording.steps[:n], epochs=[])
        assert {finding.name for finding in diagnose(early)} == names | {"exploding gradients"}
    assert diagnose(replace(recording, steps=[], epochs=[])) == []
    ended = replace(recording, steps=[], epochs=[], end={"step": 1})
    assert (
        "The loss of the first step was infinite or not a number" in wrong(ended)["exploding gradients"].sentence
    )
    assert conclusion([]) == "Too little was recorded to say anything."


def test_what_is_in_order_is_not_said_of_losses_that_rose_between_the_steps_looked_at(recorded):
    recording = recorded("healthy")
    epochs = [{**recording.epochs[0], "train_loss": 4e15}, *recording.epochs[1:]]
    findings = diagnose(replace(recording, epochs=epochs))
    assert "exploding gradients" not in {finding.name for finding in findings}
    [found] = [finding for finding in findings if finding.is_wrong]
    assert "rose to 4.00 × 10¹⁵ (mean over epoch 1)" in found.sentence
    assert "in the 76 steps that were looked at" in diagnose(recording)[0].sentence


def test_of_updates_that_differ_the_largest_is_said(recorded):
    recording = with_ratios(recorded("healthy"), [10.44] + [0.0] * (len(recorded("healthy").steps) - 1))
    [found] = [finding for finding in diagnose(recording) if finding.name == "learning rate too low"]
    assert "by 0 % of their norm (the layer that changes most; median over the steps, 1,044 % at most)" in spaced(
        found.sentence
    )


def test_what_is_in_order_is_said_in_good_english(recorded):
    said = conclusion(diagnose(recorded("healthy")))
    assert "no exploding gradients, learning rate not too high, no dying ReLUs" in said


def test_a_path_is_no_recording():
    with pytest.raises(TypeError, match=r"expected a Recording, got 'run': pass read_recording\(path\)"):
        diagnose("run")


# ---- false alarms -----------------------------------------------------------------------------------------------


def with_epochs(recording, **changes):
    return replace(recording, epochs=[{**epoch, **changes} for epoch in recording.epochs])


def with_losses(recording, change):
    """Return a recording whose losses are others."""
    names = ("loss", "mean_loss", "train_loss", "validation_loss")

    def changed(line):
        return {**line, **{name: change(line[name]) for name in names if name in line}}

    lines = {"steps": list(map(changed, recording.steps)), "epochs": list(map(changed, recording.epochs))}
    return replace(recording, **lines)


def with_ratios(recording, ratios):
    """Return a recording with these ratios at its first steps."""
    steps = list(recording.steps)
    for i, ratio in enumerate(ratios):
        found = {name: {**p, "ratio": ratio} for name, p in steps[i]["parameters"].items()}
        steps[i] = {**steps[i], "parameters": found}
    return replace(recording, steps=steps)


def test_large_updates_at_the_beginning_are_healthy(recorded):
    recording = recorded("healthy")
    assert wrong(with_ratios(recording, [0.4, 0.2])) == {}
    assert set(wrong(with_ratios(recording, [1.1]))) == {"learning rate too high"}
    often = with_ratios(recording, [0.1] * (len(recording.steps) // 3))
    said = spaced(wrong(often)["learning rate too high"].sentence)
    assert "In 32 % of the 75 steps that were looked at after the first" in said


@pytest.mark.parametrize(("n", "names"), [(1, set()), (3, set()), (11, {"learning rate too high"})])
def test_a_share_of_few_steps_is_no_verdict(recorded, n, names):
    recording = with_ratios(recorded("healthy"), [0.13] * n)
    assert set(wrong(replace(recording, steps=recording.steps[:n]))) == names


def test_a_median_of_few_steps_is_no_verdict(recorded):
    recording = recorded("too low")
    assert set(wrong(replace(recording, steps=recording.steps[:11]))) == {"learning rate too low"}
    assert wrong(replace(recording, steps=recording.steps[:10])) == {}


@pytest.mark.parametrize("shift", [0.0, -5.0])
def test_losses_that_are_zero_or_negative_raise_no_alarm(recorded, shift):
    assert wrong(with_losses(recorded("healthy"), lambda loss: loss + shift if shift else 0.0)) == {}


def test_a_validation_loss_that_is_no_number_is_said(recorded):
    recording = recorded("healthy")
    last = [*recording.epochs[:-1], {**recording.epochs[-1], "validation_loss": None}]
    for epochs, words in (
        (last, "in 1 of 6 epochs, first in epoch 6; the training loss is 0."),
        (with_epochs(recording, validation_loss=None).epochs, "in 6 of 6 epochs, first in epoch 1;"),
    ):
        found = wrong(replace(recording, epochs=epochs))
        assert set(found) == {"validation loss not a number"}
        assert words in found["validation loss not a number"].sentence
    unmeasured = [{k: v for k, v in epoch.items() if k != "validation_loss"} for epoch in recording.epochs]
    assert wrong(replace(recording, epochs=unmeasured)) == {}


def with_single_examples(recording):
    """Return a recording as one whose batches are single examples, the first of which has a low loss by chance."""
    chance = np.random.default_rng(0).exponential(size=len(recording.steps))
    steps = [{**s, "loss": s["mean_loss"] * c} for s, c in zip(recording.steps, chance, strict=True)]
    return replace(recording, steps=[{**steps[0], "loss": 0.3, "mean_loss": 0.3}, *steps[1:]])


def test_a_first_loss_that_is_low_by_chance_raises_no_alarm(recorded):
    recording = with_single_examples(recorded("healthy"))
    assert wrong(recording) == {}
    steps = [*recording.steps[:-1], {**recording.steps[-1], "mean_loss": 1e3}]
    assert set(wrong(replace(recording, steps=steps))) == {"learning rate too high"}
    [slow] = wrong(with_single_examples(recorded("too low"))).values()
    assert "went from 2.31 to 2.31: hardly at all" in slow.sentence


def test_a_few_examples_tell_nothing_of_dying_relus(recorded):
    recording = with_epochs(recorded("healthy"), dead={"2": 0.6})
    assert set(wrong(recording)) == {"dying ReLUs"}
    assert wrong(with_epochs(recording, examples=10)) == {}


def test_a_layer_that_was_not_called_in_the_first_epoch_may_die(recorded):
    recording = recorded("dying")
    epochs = [{**recording.epochs[0], "dead": {}}, *recording.epochs[1:]]
    assert "after the first epoch" not in wrong(replace(recording, epochs=epochs))["dying ReLUs"].sentence


def test_a_training_that_has_learnt_all_is_not_told_to_hurry(recorded):
    recording = recorded("too low")
    epochs = recording.epochs
    first = recording.steps[0]["loss"]

    def ending(share):
        losses = [*(first * share * 1.1 for _ in epochs[1:]), first * share]
        return replace(
            recording, epochs=[{**e, "train_loss": loss} for e, loss in zip(epochs, losses, strict=True)]
        )

    assert set(wrong(ending(0.5))) == {"learning rate too low"}
    assert wrong(ending(0.05)) == {}


def test_embeddings_and_weights_that_begin_as_zero_have_no_vanishing_gradients(recorded):
    recording = recorded("healthy")

    def changed(step, kind):
        small = {**step["parameters"]["1.weight"], "gradient": {"norm": 1e-7}}
        layers = {**step["layers"], "1": {**step["layers"]["1"], "type": kind}}
        return {**step, "layers": layers, "parameters": {**step["parameters"], "1.weight": small}}

    for kind, names in (("Linear", {"vanishing gradients"}), ("Embedding", set())):
        steps = [changed(step, kind) for step in recording.steps]
        assert set(wrong(replace(recording, steps=steps))) == names
    first, second = recording.steps[:2]
    zero = {**first["parameters"], "3.weight": {**first["parameters"]["3.weight"], "weight": {"norm": 0.0}}}
    steps = [{**first, "parameters": zero}, second]
    assert "vanishing gradients" not in wrong(replace(recording, steps=steps, epochs=[]))
