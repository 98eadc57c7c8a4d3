"""The interactive parts, without a page: controls are moved, and figures read."""

import base64
import json
import threading

import numpy as np
import pytest

pytest.importorskip("anywidget")
pytest.importorskip("plotly")

from ipywidgets.widgets.widget import _instances
from tests.notebooks.reference import trained_by_hand

import chainrule as cr
from chainrule import nn
from chainrule.datasets import MNIST, FashionMNIST
from chainrule.derivations.examples import EXAMPLES as DERIVED
from chainrule.derivations.network import LOSSES
from chainrule.labs.tutorial import network as tutorial_network
from chainrule.notebooks import by_hand, live
from chainrule.notebooks.activations import ELU, FUNCTIONS, Comparison
from chainrule.notebooks.answers import Answer, mosaic
from chainrule.notebooks.architecture import Experiment
from chainrule.notebooks.boundaries import EVERY, UNITS, Boundaries, make_trainer
from chainrule.notebooks.by_hand import ByHand
from chainrule.notebooks.fields import layer_sizes, matrix, numbers
from chainrule.notebooks.threshold import Threshold
from chainrule.notebooks.tutorial import Training
from chainrule.notebooks.weights import Weights


def points(figure, trace):
    """Return what the page is given of a line: not what Python has, but what was sent."""
    sent = json.loads(figure.shown)["data"][trace]
    return tuple(decoded(sent[axis]) for axis in "xy")


def decoded(values):
    if not isinstance(values, dict):
        return np.array(values, dtype=float)
    return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])


# ---- activations -----------------------------------------------------------------------------------------------

FORMULAS = {
    "sigmoid": lambda z, a: 1 / (1 + np.exp(-z)),
    "tanh": lambda z, a: np.tanh(z),
    "ReLU": lambda z, a: np.maximum(z, 0),
    "Leaky ReLU": lambda z, a: np.where(z > 0, z, a * z),
    "ELU": lambda z, a: np.where(z > 0, z, a * np.expm1(z)),
    "softplus": lambda z, a: np.log1p(np.exp(z)),
    "SiLU": lambda z, a: z / (1 + np.exp(-z)),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_a_curve_is_the_function_and_its_slope(name):
    panel = Comparison()
    panel.first.value, panel.alpha.value, panel.low.value, panel.high.value = name, 0.7, -3.0, 2.5
    z, values = points(panel.curves.function, 0)
    np.testing.assert_allclose(values, FORMULAS[name](z, 0.7), atol=1e-12)
    assert (z[0], z[-1]) == (-3.0, 2.5)
    z, slopes = points(panel.curves.derivative, 0)
    smooth, h = np.abs(z) > 0.02, 1e-6
    expected = (FORMULAS[name](z + h, 0.7) - FORMULAS[name](z - h, 0.7)) / (2 * h)
    np.testing.assert_allclose(slopes[smooth], expected[smooth], atol=1e-8)


def test_every_pair_of_functions_can_be_compared():
    panel = Comparison()
    for first in FUNCTIONS:
        for second in FUNCTIONS:
            panel.first.value, panel.second.value = first, second
            names = [trace["name"] for trace in json.loads(panel.curves.function.shown)["data"]]
            assert len(set(names)) == 2
            assert panel.alpha.disabled == ({first, second}.isdisjoint({"Leaky ReLU", "ELU"}))
            assert panel.alpha.disabled == ("α is that of Leaky ReLU and ELU" in panel.note.value)


def test_alpha_of_elu_goes_from_a_tenth_to_2_and_moves_elu_alone():
    panel = ELU()
    assert (panel.alpha.min, panel.alpha.max) == (0.1, 2.0)
    before = [points(panel.curves.function, i)[1] for i in range(3)]
    panel.alpha.value = 0.1
    z, elu = points(panel.curves.function, 0)
    np.testing.assert_allclose(elu, FORMULAS["ELU"](z, 0.1), atol=1e-12)
    assert not np.array_equal(elu, before[0])
    for i in (1, 2):
        np.testing.assert_array_equal(points(panel.curves.function, i)[1], before[i])


# ---- by hand ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mine", "theirs"), list(zip(by_hand.EXAMPLES, DERIVED, strict=True))[1:])
def test_the_examples_are_those_of_the_command_line(mine, theirs):
    assert ByHand(mine).derivation.numbers() == DERIVED[theirs](4).numbers()


def test_an_edited_weight_changes_the_derivation():
    panel = ByHand("2-3-1, forward")
    panel.fields["W2"].value = "0.5 -0.3 0"
    z = 0.5 * 0.08 + 0.1
    assert panel.derivation["z⁽²⁾"] == pytest.approx(z)
    assert panel.derivation["ŷ"] == pytest.approx(1 / (1 + np.exp(-z)))
    [shown] = panel.output.outputs
    assert "0.14" in shown["data"]["text/markdown"]


def test_the_chosen_section_is_shown_and_stays_chosen():
    panel = ByHand()
    panel.section.value = "Update"
    panel.fields["lr"].value = "0.5"
    assert panel.section.value == "Update"
    assert "0.5 - 0.5" in panel.output.outputs[0]["data"]["text/markdown"].replace(r"\cdot", "")
    panel.fields["lr"].value = ""
    assert panel.section.value == "Forward"


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("x", "0.1, a", "x expected numbers with commas between"),
        ("x", "", "x expected numbers"),
        ("x", "1, inf", "x expected numbers"),
        ("x", "1e400", "which is infinite"),
        ("W1", "1, 2; 3", "rows of one length, got rows of 2, 1 numbers"),
        ("W1", "0,1 0,3; 0,2 0,4", "a number has a point"),
        ("W2", "1, 2, 3", "W⁽¹⁾ has 2 rows, and W⁽²⁾ has 3 columns"),
        ("x", "1", "x has 1 number, and W⁽¹⁾ has 2 columns"),
        ("b1", "1", "W⁽¹⁾ has 2 rows, and b⁽¹⁾ has 1 number"),
        ("y", "1, 2", "W⁽²⁾ has 1 row, and target y has 2 numbers"),
        ("y", "zero", "target y expected numbers"),
        ("lr", "-1", "learning rate η expected one number from 0 on"),
        ("lr", "0,1", "learning rate η expected one number from 0 on"),
        ("loss", "cross_entropy", "the number of a class"),
    ],
)
def test_a_bad_field_is_answered_by_a_sentence_and_the_last_derivation_stays(field, text, words):
    panel = ByHand()
    shown = panel.derivation, panel.output.outputs
    panel.fields[field].value = text
    assert words in panel.note.value
    assert 'class="wrong"' in panel.note.value
    assert (panel.derivation, panel.output.outputs) == shown
    assert "stale" in panel.output._dom_classes
    panel.begin()
    assert "stale" not in panel.output._dom_classes
    assert "wrong" not in panel.note.value


def test_examples_that_are_chosen_one_after_another_leave_no_widgets_behind():
    panel = ByHand("one neuron")
    before, fields = len(_instances), list(panel.fields.values())
    panel.example.value = "2-3-1, forward"
    assert all(field.comm is None for field in fields)
    panel.example.value = "one neuron"
    assert len(_instances) == before


def test_every_loss_has_a_name_in_words():
    assert list(by_hand.LOSS_NAMES) == list(LOSSES)


@pytest.mark.parametrize("text", ["128,,x", "0", "-5", "1.5", "99999", "128,", "__import__('os')"])
def test_layers_that_are_none_are_refused(text):
    with pytest.raises(ValueError, match="layers expected whole numbers from 1 to 4096"):
        layer_sizes("layers", text)


def test_numbers_are_read_with_commas_or_spaces_and_with_a_proper_minus():
    assert numbers("x", " 1 ,−2  3e1") == [1, -2, 30]
    assert matrix("W", "1 2 ; 3 4") == [[1, 2], [3, 4]]


# ---- a training with buttons -----------------------------------------------------------------------------------


@pytest.fixture
def experiment():
    """A small experiment on the embedded sample."""
    panel = Experiment("sample")
    panel.images.value, panel.hidden.value, panel.epochs.value = "2,000", "[16]", 2
    return panel


def pressed(panel):
    panel.live.run.click()
    panel.live.job.wait()
    return panel


def test_the_curves_are_those_of_a_trainer_run_by_hand(experiment):
    experiment.activation.value, experiment.dropout.value, experiment.lr.value = "tanh", 0.2, 0.01
    pressed(experiment)
    history = trained_by_hand([16], "tanh", 0.2, 0.01)
    x, losses = points(experiment.live.loss, 0)
    np.testing.assert_array_equal(losses, np.reshape(history.steps[:30], (3, 10)).mean(1))
    np.testing.assert_allclose(x, np.array([10, 20, 30]) / 16)
    for figure, measure, scale in ((experiment.live.loss, "loss", 1), (experiment.live.accuracy, "accuracy", 100)):
        x, values = points(figure, 1)
        assert list(x) == [1, 2]
        np.testing.assert_array_equal(values, [scale * e[f"validation_{measure}"] for e in history.epochs])
    np.testing.assert_array_equal(
        points(experiment.live.accuracy, 0)[1], [100 * e["train_accuracy"] for e in history.epochs]
    )
    [row] = experiment.live.rows
    assert list(row)[:3] == ["run", "validation", "training"]
    assert row["parameters"] == f"{784 * 16 + 16 + 16 * 10 + 10:,}"
    assert row["validation"] == f"{history.epochs[-1]['validation_accuracy']:.2%}"
    assert experiment.live.progress.value == 1


def test_runs_are_kept_for_comparison(experiment):
    pressed(experiment)
    first = points(experiment.live.accuracy, 1)
    experiment.activation.value = "sigmoid"
    pressed(experiment)
    assert [row["activation"] for row in experiment.live.rows] == ["ReLU", "sigmoid"]
    np.testing.assert_array_equal(points(experiment.live.accuracy, 2), first)
    assert "run 1" in experiment.live.table.value
    assert "run 2" in experiment.live.table.value


def test_the_curves_of_the_last_five_runs_stay_and_look_different(experiment):
    experiment.epochs.value = 1
    for _ in range(7):
        pressed(experiment)
    for figure in (experiment.live.loss, experiment.live.accuracy):
        traces = figure.plot.data
        assert [trace.name for trace in traces[2:]] == [f"run {i}" for i in (2, 3, 4, 5, 6)]
        assert len({(trace.line.color, trace.line.dash) for trace in traces}) == 7
    assert len(experiment.live.rows) == 7


def test_a_second_press_of_run_changes_nothing(experiment, monkeypatch):
    monkeypatch.setattr(live, "Watcher", pressing_after(3, live.Watcher, experiment.live.run))
    pressed(experiment)
    assert [row["run"] for row in experiment.live.rows] == ["run 1"]
    assert experiment.live.rows[0]["epochs"] == "2"
    assert not experiment.live.run.disabled


def test_a_control_that_is_moved_during_a_run_is_for_the_next(experiment, monkeypatch):
    def move():
        experiment.epochs.value, experiment.activation.value = 3, "tanh"

    monkeypatch.setattr(live, "Watcher", doing_after(3, live.Watcher, move))
    pressed(experiment)
    assert experiment.live.rows[0]["epochs"] == "2"
    assert experiment.live.rows[0]["activation"] == "ReLU"


def test_a_run_ends_what_another_part_of_the_notebook_is_training(experiment):
    other = Boundaries("moons", units=8, epochs=1000)
    assert other.job.running
    pressed(experiment)
    assert not other.job.running
    assert "Stopped" in other.note.value
    assert other.results == {}
    history = trained_by_hand([16], "ReLU", 0.0, 1e-3)
    assert experiment.live.rows[0]["validation"] == f"{history.epochs[-1]['validation_accuracy']:.2%}"


def test_a_network_that_would_fill_the_memory_is_refused(experiment):
    experiment.hidden.value = ", ".join(["4096"] * 30)
    pressed(experiment)
    assert "expected a network of at most 20,000,000 weights, got one of 489,7" in experiment.live.note.value
    assert not experiment.live.run.disabled


def test_a_long_training_is_drawn_with_few_points(experiment, monkeypatch):
    monkeypatch.setattr(live, "POINTS", 2)
    pressed(experiment)
    assert len(points(experiment.live.loss, 0)[0]) == 2


def test_a_single_point_is_seen(experiment):
    experiment.epochs.value = 1
    pressed(experiment)
    pressed(experiment)
    for figure in (experiment.live.loss, experiment.live.accuracy):
        for i, trace in enumerate(figure.plot.data):
            assert len(points(figure, i)[0]) == 1
            assert "markers" in trace.mode


def test_the_axis_of_epochs_has_room_for_the_longest_run_that_is_shown(experiment):
    accuracy = experiment.live.accuracy
    before = json.loads(accuracy.shown)["layout"]
    assert (before["xaxis"]["range"], before["yaxis"]["range"]) == ([0, 1], [0, 100])
    for epochs, longest in ((2, 2), (1, 2), (3, 3)):
        experiment.epochs.value = epochs
        pressed(experiment)
        after = json.loads(accuracy.shown)["layout"]
        assert after["xaxis"]["range"] == [0, longest]
        assert "range" not in after["yaxis"]


def test_curves_of_a_run_that_failed_are_not_kept(experiment, monkeypatch):
    pressed(experiment)
    with monkeypatch.context() as failing:
        failing.setattr(live, "Watcher", failing_after(20, live.Watcher))
        pressed(experiment)
    assert "no more" in experiment.live.note.value
    pressed(experiment)
    assert [trace.name for trace in experiment.live.accuracy.plot.data] == ["training", "validation", "run 1"]
    assert [row["run"] for row in experiment.live.rows] == ["run 1", "run 2"]


def failing_after(steps, watcher):
    """Return a watcher in whose training something goes wrong after so many steps."""

    def fail():
        raise ValueError("no more")

    return doing_after(steps, watcher, fail)


def test_what_nobody_foresaw_is_said_and_not_hidden(experiment, monkeypatch):
    seen = []
    monkeypatch.setattr(threading, "excepthook", lambda arguments: seen.append(arguments.exc_type))
    monkeypatch.setattr(live, "means", None)
    pressed(experiment)
    assert seen == [TypeError]
    assert "Not foreseen: TypeError" in experiment.live.note.value
    assert not experiment.live.run.disabled


def test_stop_ends_a_training_early(experiment, monkeypatch):
    monkeypatch.setattr(live, "Watcher", pressing_after(20, live.Watcher, experiment.live.stop))
    pressed(experiment)
    assert experiment.live.rows[0]["epochs"] == "1"
    assert "stopped after epoch 1 of 2" in experiment.live.note.value
    assert not experiment.live.run.disabled
    assert experiment.live.stop.disabled


def pressing_after(steps, watcher, button):
    """Return a watcher in whose training a button is pressed after so many steps."""
    return doing_after(steps, watcher, button.click)


def doing_after(steps, watcher, act):
    """Return a watcher in whose training something is done after so many steps."""

    class Doing(watcher):
        def on_step_end(self, trainer, loss):
            if len(trainer.history.steps) == steps:
                act()
            super().on_step_end(trainer, loss)

    return Doing


def test_a_training_stopped_in_its_first_epoch_is_no_run_to_compare(experiment, monkeypatch):
    monkeypatch.setattr(live, "Watcher", pressing_after(3, live.Watcher, experiment.live.stop))
    pressed(experiment)
    assert experiment.live.rows == []
    assert "nothing to compare" in experiment.live.note.value


def test_a_bad_architecture_is_answered_by_a_sentence(experiment):
    experiment.hidden.value = "128,,x"
    pressed(experiment)
    assert "hidden layers expected whole numbers" in experiment.live.note.value
    assert "got '128,,x'" in experiment.live.note.value
    assert not experiment.live.run.disabled
    experiment.hidden.value = ""
    pressed(experiment)
    assert experiment.live.rows[0]["layers"] == "784-10"
    assert experiment.live.rows[0]["activation"] == "–"


def test_a_loss_that_is_no_number_ends_in_a_sentence():
    panel = Training("sample")
    panel.lr.value, panel.epochs.value, panel.batch_size.value = 10**0.5, 1, 256
    panel.build = lambda: exploding(tutorial_network(nn))
    with np.errstate(all="ignore"):
        pressed(panel)
    assert 'class="wrong"' in panel.live.note.value
    assert "The loss of epoch 1, batch" in panel.live.note.value


def test_a_training_that_diverges_shows_its_loss_and_what_is_left_of_the_network():
    panel = Training("sample")
    panel.lr.value, panel.epochs.value = 10**0.5, 1
    with np.errstate(all="ignore"):
        pressed(panel)
        panel.ask()
    x, losses = points(panel.live.loss, 0)
    assert len(x) > 1
    assert losses[0] == pytest.approx(2.29872989654541, abs=1e-6)
    assert np.isfinite(losses).all()
    assert "the network no longer gives numbers" in panel.note.value
    assert "nan%" not in panel.note.value


def exploding(model):
    with cr.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1e15)
    return model


def test_the_tutorial_begins_with_the_first_loss_of_pytorch(monkeypatch):
    panel = Training("sample")
    steps = []
    monkeypatch.setattr(live, "Watcher", remembering(steps, live.Watcher, panel))
    pressed(panel)
    assert steps[0] == pytest.approx(2.29872989654541, abs=1e-6)


def remembering(steps, watcher, panel):
    class Remembering(watcher):
        def on_step_end(self, trainer, loss):
            steps.append(loss)
            panel.live.stop.click()
            super().on_step_end(trainer, loss)

    return Remembering


# ---- points, pictures, thresholds ------------------------------------------------------------------------------


def test_the_slider_for_hidden_units_trains_another_network():
    panel = Boundaries("xor", units=0, epochs=40)
    panel.job.wait()
    panel.units.value = 16
    panel.job.wait()
    assert sorted(panel.results) == [0, 16]
    trainer, train, new = make_trainer("xor", [16], seed=0)
    history = trainer.fit(train, 40, new)
    np.testing.assert_array_equal(
        points(panel.losses, 1)[1], [epoch["validation_loss"] for epoch in history.epochs]
    )
    assert panel.results[16][1] == 1 - history.epochs[-1]["validation_error"]
    assert panel.results[16][1] > panel.results[0][1] + 0.2  # no straight line does it
    assert list(points(panel.sizes, 1)[0]) == [UNITS.index(0), UNITS.index(16)]


def test_a_moved_slider_ends_the_training_before():
    panel = Boundaries("moons", units=0, epochs=1000)
    panel.units.value = 2
    panel.job.wait()
    assert list(panel.results) == [2]
    assert len(points(panel.losses, 0)[0]) == 1000


@pytest.mark.parametrize("task", ["moons", "spiral"])
def test_a_region_is_where_its_class_leads(task):
    panel = Boundaries(task, units=8, epochs=10)
    panel.job.wait()
    k = np.array([trace.z for trace in panel.plane.plot.data[3:6]])
    best = k.argmax(0)
    classes = 3 if task == "spiral" else 2
    assert best.max() < classes
    assert ((k > 0).sum(0) <= 1).all()


def test_every_size_is_tried():
    panel = Boundaries("moons", units=0, epochs=10)
    panel.every.click()
    panel.job.wait()
    assert list(panel.results) == list(UNITS)
    assert panel.every.description == EVERY
    assert panel.units.value == UNITS[-1]  # whose boundary is shown


def test_a_second_press_ends_the_trial_of_every_size():
    panel, begun = Boundaries("moons", units=0, epochs=1000), threading.Event()
    panel.job.wait()
    panel.note.observe(lambda change: begun.set() if "Size 1 of 9: training" in change.new else None, "value")
    panel.every.click()
    assert begun.wait(60)
    panel.every.click()
    panel.job.wait()
    assert "Stopped" in panel.note.value
    assert sorted(panel.results) == [0]
    assert panel.every.description == EVERY


def test_what_was_tried_comes_back_with_its_settings():
    panel = Boundaries("moons", units=0, epochs=10)
    panel.every.click()
    panel.job.wait()
    panel.seed.value = 1
    panel.job.wait()
    assert list(panel.results) == [UNITS[-1]]
    panel.seed.value = 0
    panel.job.wait()
    assert list(panel.results) == list(UNITS)
    assert len(points(panel.sizes, 1)[0]) == len(UNITS)


def test_pictures_stand_in_rows_with_gaps():
    page = mosaic(np.arange(3 * 4).reshape(3, 2, 2), columns=2)
    np.testing.assert_array_equal(page[:2, :2], [[0, 1], [2, 3]])
    np.testing.assert_array_equal(page[:2, 4:6], [[4, 5], [6, 7]])
    assert np.isnan(page[2:4]).all()
    assert np.isnan(mosaic(np.empty((0, 28, 28)), columns=2)).all()


def test_the_bar_of_the_truth_differs_from_that_of_a_mistake():
    answer = Answer(["a", "b", "c"])
    assert answer.show(np.zeros((28, 28)), 0, np.array([0.2, 0.7, 0.1])) == "a; the network says b with 70%"
    assert len(set(answer.bars.plot.data[0].marker.color)) == 3


def test_weights_are_shown_as_they_were_after_the_chosen_step():
    test = MNIST(train=False, source="sample")
    test.images, test.labels = np.zeros((5, 28, 28), np.uint8), np.array([0, 1, 2, 0, 0])
    zero = {"weight": np.zeros((10, 784)), "bias": np.zeros(10)}
    ones = {"weight": np.ones((10, 784)), "bias": np.r_[1.0, np.zeros(9)]}
    panel = Weights({0: zero, 1: ones}, test)
    assert panel.answer.bars.plot.data[0].x[0] == pytest.approx(np.e / (np.e + 9))
    assert "60.00%" in panel.note.value
    panel.step.value = 0
    np.testing.assert_allclose(panel.answer.bars.plot.data[0].x, 0.1)
    assert np.nanmax(panel.pictures.plot.data[0].z) == 0


def test_precision_and_recall_follow_the_threshold():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    eights = rng.random(200) < 0.3
    said = np.clip(rng.normal(0.3 + 0.4 * eights, 0.2), 0, 1)
    panel = Threshold(said, np.zeros((200, 28, 28), np.uint8), eights)
    panel.threshold.value = 0.4
    assert panel.scores.precision == pytest.approx(metrics.precision_score(eights, said > 0.4))
    assert panel.scores.recall == pytest.approx(metrics.recall_score(eights, said > 0.4))
    x, recall = points(panel.rates, 1)
    i = int(np.argmin(abs(x - 0.4)))
    assert recall[i] == pytest.approx(100 * panel.scores.recall)


def test_the_worst_mistakes_come_first():
    said, eights = np.array([0.4, 0.1, 0.9, 0.6, 0.7]), np.array([True, True, True, False, False])
    images = np.arange(5)[:, None, None] * np.ones((28, 28))
    panel = Threshold(said, images, eights)
    missed, alarms = (kind.strip.plot.data[0].z[0, ::30] for kind in (panel.missed, panel.alarms))
    np.testing.assert_array_equal(missed[:3], [1, 0, np.nan])
    np.testing.assert_array_equal(alarms[:3], [4, 3, np.nan])
    assert "Missed eights: 2; the worst first" in panel.missed.count.value


def test_what_goes_wrong_in_a_training_of_points_is_said(monkeypatch):
    panel = Boundaries("moons", units=0, epochs=10)
    panel.job.wait()
    monkeypatch.setattr(panel, "_draw", lambda *arguments: 1 / 0)
    panel.units.value = 2
    panel.job.wait()
    assert 'class="wrong"' in panel.note.value
    assert "division by zero" in panel.note.value


def test_without_a_kernel_a_part_says_what_it_is():
    words = Comparison()._repr_mimebundle_()["text/plain"]
    assert words == "Comparison: run this cell to see it."


def test_the_sample_is_what_is_trained_on_offline(experiment):
    pressed(experiment)
    assert str(FashionMNIST(source="sample").source) in experiment.live.note.value
