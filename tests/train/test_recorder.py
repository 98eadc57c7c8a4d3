"""A recorded training is the same to the last bit, and what is written is what was there."""

import base64
import json

import numpy as np
import pytest
from tests.train.test_resume import CutPower, CutPowerAfterValidation, PowerCut

import chainrule as cr
from chainrule import nn, optim
from chainrule.data import DataLoader, TensorDataset
from chainrule.train import (
    Callback,
    Checkpoint,
    NonFiniteLossError,
    Recorder,
    Trainer,
    accuracy,
    evaluate,
    predict,
)
from chainrule.train.distribution import norm
from chainrule.train.recorder import first_weights


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def of_kind(path, kind):
    return [line for line in lines(path) if line["kind"] == kind]


# ---- the training is the same -----------------------------------------------------------------------------------


@pytest.mark.parametrize("every", [1, 2, 5])
def test_weights_losses_statistics_and_generators_are_the_same_to_the_bit(tmp_path, setting, every):
    def run(callbacks):
        trainer, loader, validation = setting.make(callbacks)
        trainer.fit(loader, 3, validation)
        return setting.fingerprint(trainer), trainer

    recorded, trainer = run([Recorder(tmp_path / "r", every)])
    assert recorded == run([])[0]
    assert trainer.step.captured
    assert len(of_kind(tmp_path / "r", "step")) == -(-18 // every)


def test_steps_that_are_not_looked_at_stay_captured(tmp_path):
    calls = []

    class Counting(nn.Linear):
        def forward(self, x):
            calls.append(1)
            return super().forward(x)

    model = Counting(2, 1)
    batches = [([[1.0, 2.0]], [[1.0]])] * 40
    trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters()), callbacks=[Recorder(tmp_path / "r", 10)])
    trainer.fit(batches, 1)
    assert len(calls) == 4 + 2  # the four that are looked at, and two with which the others are captured


def test_a_model_that_is_not_captured_is_recorded_as_well(tmp_path, setting):
    recorder = Recorder(tmp_path / "r", 5)
    trainer, loader, validation = setting.make([recorder])
    trainer.step = type(trainer.step)(trainer.model, trainer.loss_fn, trainer.optimizer, captured=False)
    before = trainer.step
    trainer.fit(loader, 1, validation)
    assert trainer.step is before
    assert len(of_kind(tmp_path / "r", "step")) == 2


def test_an_optimiser_with_a_closure_is_recorded_and_trains_the_same(tmp_path):
    def run(callbacks):
        cr.manual_seed(3)
        model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
        trainer = Trainer(model, nn.MSELoss(), optim.LBFGS(model.parameters(), max_iter=5), callbacks=callbacks)
        X = np.random.default_rng(0).standard_normal((20, 2)).astype(np.float32)
        trainer.fit([(X, X[:, :1] * X[:, 1:])], 3)
        return trainer.history.steps, [np.array(p).tobytes() for p in model.parameters()]

    assert run([Recorder(tmp_path / "r", 1)]) == run([])
    step = of_kind(tmp_path / "r", "step")[1]
    assert list(step["layers"]) == ["0", "1", "2"]
    assert step["parameters"]["0.weight"]["ratio"] > 0


# ---- what is written --------------------------------------------------------------------------------------------


def close(value, expected):
    return value == pytest.approx(expected, rel=1e-3, abs=1e-6)


def test_norms_gradients_and_updates_are_those_of_the_step(tmp_path):
    cr.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2))
    X = np.random.default_rng(1).standard_normal((7, 3)).astype(np.float32)
    y = np.array([0, 1, 0, 1, 0, 1, 1])
    W = np.array(model[0].weight)
    nn.CrossEntropyLoss()(model(X), y).backward()
    gradient = np.array(model[0].weight.grad)
    hidden = np.asarray(model[1](model[0](X)))
    model.zero_grad()
    trainer = Trainer(
        model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.5), callbacks=[Recorder(tmp_path / "r")]
    )
    trainer.fit([(X, y)], 1)
    [step] = of_kind(tmp_path / "r", "step")
    assert (step["epoch"], step["step"], step["loss"]) == (1, 1, trainer.history.steps[0])
    found = step["parameters"]["0.weight"]
    assert close(found["weight"]["norm"], np.linalg.norm(W))
    assert close(found["gradient"]["norm"], np.linalg.norm(gradient))
    assert close(found["update"]["norm"], 0.5 * np.linalg.norm(gradient))
    assert close(found["ratio"], 0.5 * np.linalg.norm(gradient) / np.linalg.norm(W))
    assert close([found["weight"]["low"], found["weight"]["high"]], [W.min(), W.max()])
    low, high = found["weight"]["low"], found["weight"]["high"]
    counts = np.histogram(W, bins=32, range=(W.min(), W.max()))[0]
    assert low < high
    assert found["weight"]["counts"] == counts.tolist()
    relu = step["layers"]["1"]
    assert relu["type"] == "ReLU"
    assert close([relu["mean"], relu["std"]], [hidden.mean(), hidden.std()])
    assert relu["dead"] == (hidden == 0).all(axis=0).mean()
    assert close(relu["quantiles"][2], np.sort(hidden.ravel())[17])


def test_the_mean_loss_is_over_the_steps_since_the_last_one(tmp_path, setting):
    trainer, loader, validation = setting.make([Recorder(tmp_path / "r", 4)])
    steps = trainer.fit(loader, 2, validation).steps
    found = of_kind(tmp_path / "r", "step")
    assert [line["step"] for line in found] == [1, 5, 9]
    assert [line["mean_loss"] for line in found] == pytest.approx(
        [steps[0], np.mean(steps[1:5]), np.mean(steps[5:9])]
    )


@pytest.mark.parametrize("at_once", [None, 25])
def test_the_whole_validation_is_seen_without_another_pass(tmp_path, at_once):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((63, 1, 8, 8)).astype(np.float32)
    y = rng.integers(0, 3, 63)
    cr.manual_seed(1)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 6), nn.ReLU(), nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 3))
    with cr.no_grad():
        model[1].bias[2] = -100.0  # this unit never gives anything but zero
        model[3].bias[0] = 50.0  # and this tanh nothing but one
    trainer = Trainer(
        model,
        nn.CrossEntropyLoss(),
        optim.SGD(model.parameters(), lr=1e-3),
        metrics={"accuracy": accuracy},
        callbacks=[Recorder(tmp_path / "r")],
        at_once=at_once,
    )
    validation = DataLoader(TensorDataset(X, y), 10)
    trainer.fit(DataLoader(TensorDataset(X, y), 21), 1, validation)
    [epoch] = of_kind(tmp_path / "r", "epoch")
    logits = predict(model, validation)
    said = logits.argmax(1)
    expected = [[int(((y == i) & (said == j)).sum()) for j in range(3)] for i in range(3)]
    assert epoch["confusion"] == expected
    assert np.trace(expected) / 63 == pytest.approx(epoch["validation_accuracy"])
    losses = np.asarray(nn.CrossEntropyLoss(reduction="none")(cr.tensor(logits), cr.tensor(y)))
    wrong = [i for i in np.argsort(-losses) if said[i] != y[i]][:10]
    assert [mistake["example"] for mistake in epoch["mistakes"]] == wrong
    worst, i = epoch["mistakes"][0], wrong[0]
    assert (worst["truth"], worst["said"]) == (y[i], said[i])
    assert close(worst["loss"], losses[i])
    assert close(
        worst["confidence"],
        np.exp(logits[i] - logits[i].max())[said[i]] / np.exp(logits[i] - logits[i].max()).sum(),
    )
    greys = np.frombuffer(base64.b64decode(worst["image"]), np.uint8).reshape(worst["shape"])
    scaled = (X[i, 0] - X[i].min()) / (X[i].max() - X[i].min()) * 255
    assert np.abs(greys - scaled).max() <= 0.51
    hidden = np.asarray(model[2](model[1](cr.tensor(X.reshape(63, 64)))))
    assert epoch["dead"] == {"2": pytest.approx((hidden == 0).all(axis=0).mean(), abs=1e-4)}
    flat = np.abs(np.asarray(model[4](model[3](cr.tensor(hidden))))) > 0.97
    assert epoch["saturated"] == {"4": pytest.approx(flat.mean(), abs=1e-4)}
    assert epoch["dead"]["2"] >= 1 / 6 - 1e-4
    assert epoch["saturated"]["4"] >= 0.25


def test_the_first_units_weights_are_kept_as_pictures(tmp_path):
    cr.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 40), nn.ReLU(), nn.Linear(40, 2))
    start = np.array(model[0].weight)
    trainer = Trainer(
        model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1), callbacks=[Recorder(tmp_path / "r")]
    )
    trainer.fit([(np.ones((3, 64), np.float32), np.array([0, 1, 1]))], 1)
    [training], [epoch] = of_kind(tmp_path / "r", "training"), of_kind(tmp_path / "r", "epoch")
    for line, W in ((training, start), (epoch, np.array(model[0].weight))):
        layer = line["first_layer"]
        kept = np.frombuffer(base64.b64decode(layer["weights"]), "<f2").reshape(layer["shape"])
        assert kept.shape == (16, 8, 8)
        np.testing.assert_allclose(kept.reshape(16, 64), W[:16], rtol=1e-3, atol=1e-6)


def test_weights_that_are_no_pictures_are_left_out():
    assert first_weights(nn.Sequential(nn.Linear(50, 4))) == {}
    assert first_weights(nn.Sequential(nn.Linear(9, 4))) == {}
    assert first_weights(nn.ReLU()) == {}


def test_layers_are_named_by_their_place_and_by_their_call(tmp_path):
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(nn.Flatten(), nn.Linear(2, 2))
            self.act = nn.Sigmoid()
            self.head = nn.Linear(2, 1)

        def forward(self, x):
            return self.head(self.act(self.body(self.act(x))))

    model = Twice()
    trainer = Trainer(
        model, nn.MSELoss(), optim.SGD(model.parameters()), callbacks=[Recorder(tmp_path / "r", every=1)]
    )
    trainer.fit([([[1.0, 2.0]], [[1.0]])] * 2, 1)
    for step in of_kind(tmp_path / "r", "step"):
        assert list(step["layers"]) == ["act", "body.1", "act (2)", "head"]
        assert list(step["parameters"]) == ["body.1.weight", "body.1.bias", "head.weight", "head.bias"]


def test_a_relu_that_two_layers_share_is_told_apart_by_its_calls(tmp_path):
    class Shared(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second, self.relu = nn.Linear(2, 5), nn.Linear(5, 3), nn.ReLU()

        def forward(self, x):
            return self.relu(self.second(self.relu(self.first(x))))

    model = Shared()
    with cr.no_grad():
        model.second.weight.fill_(0.0)
        model.second.bias.fill_(-1.0)
    batches = [(np.ones((4, 2), np.float32), np.array([0, 1, 2, 0]))] * 2
    optimizer, recorder = optim.SGD(model.parameters(), lr=0.0), Recorder(tmp_path / "r")
    Trainer(model, nn.CrossEntropyLoss(), optimizer, callbacks=[recorder]).fit(batches, 1, batches)
    [epoch], [step] = of_kind(tmp_path / "r", "epoch"), of_kind(tmp_path / "r", "step")
    assert set(epoch["dead"]) == {"relu", "relu (2)"}
    assert epoch["dead"]["relu (2)"] == step["layers"]["relu (2)"]["dead"] == 1
    assert epoch["dead"]["relu"] < 1


def test_a_regression_and_a_loss_that_is_a_function_have_no_mistakes(tmp_path):
    for i, (loss_fn, y) in enumerate([(nn.MSELoss(), [[1.0]]), (nn.functional.mse_loss, [[1.0]])]):
        model = nn.Linear(2, 1)
        batches = [([[1.0, 2.0]], y)]
        trainer = Trainer(model, loss_fn, optim.SGD(model.parameters()), callbacks=[Recorder(tmp_path / str(i))])
        trainer.fit(batches, 1, batches)
        [epoch] = of_kind(tmp_path / str(i), "epoch")
        assert "confusion" not in epoch
        assert "validation_loss" in epoch


def test_a_loss_that_is_not_finite_is_written_down(tmp_path):
    model = nn.Linear(1, 1)
    batches = [([[1.0]], [[2.0]])] * 3 + [([[float("inf")]], [[2.0]])]
    trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters()), callbacks=[Recorder(tmp_path / "r", 2)])
    step = trainer.step
    with pytest.raises(NonFiniteLossError):
        trainer.fit(batches, 1)
    assert [line["kind"] for line in lines(tmp_path / "r")] == ["training", "step", "step", "end"]
    assert lines(tmp_path / "r")[-1]["step"] == 4
    assert trainer.step is step
    assert not model._forward_hooks


def test_numbers_beyond_all_bounds_are_left_out_without_a_warning(tmp_path):
    model = nn.Sequential(nn.Linear(64, 3), nn.Tanh(), nn.Linear(3, 2))
    with cr.no_grad():
        model[0].weight.fill_(1e30)
    batches = [(np.full((4, 64), 1e30, np.float32), np.array([0, 1, 0, 1]))]
    optimizer, recorder = optim.SGD(model.parameters(), lr=0.1), Recorder(tmp_path / "r")
    Trainer(model, nn.CrossEntropyLoss(), optimizer, callbacks=[recorder]).fit(batches, 1, batches)
    [step], [epoch] = of_kind(tmp_path / "r", "step"), of_kind(tmp_path / "r", "epoch")
    assert step["layers"]["0"]["mean"] is None
    assert "low" not in step["layers"]["0"]
    assert step["layers"]["1"]["saturated"] == epoch["saturated"]["1"] == 1
    assert close(step["parameters"]["0.weight"]["weight"]["norm"], 1e30 * np.sqrt(3 * 64))


def test_a_level_must_be_positive(tmp_path):
    for every, said in ((0, "0"), ("a", "'a'"), (2.5, "2.5")):
        with pytest.raises(ValueError, match=f"every to be a positive integer, got {said}"):
            Recorder(tmp_path / "r", every)


def test_a_training_that_is_asked_to_end_says_so_in_its_recording(tmp_path, setting):
    class Stop(Callback):
        def on_step_end(self, trainer, loss):
            trainer.stop()

    trainer, loader, _ = setting.make([Recorder(tmp_path / "r"), Stop()])
    trainer.fit(loader, 2)
    assert lines(tmp_path / "r")[0]["epochs"] == 2
    assert lines(tmp_path / "r")[-1] == {"kind": "stop", "step": 1}


# ---- what may be validated with ---------------------------------------------------------------------------------


def epoch_of(path, model, loss_fn, batches):
    optimizer = optim.SGD(model.parameters(), lr=1e-3)
    Trainer(model, loss_fn, optimizer, callbacks=[Recorder(path)]).fit(batches, 1, batches)
    return of_kind(path, "epoch")[0]


def test_targets_that_the_loss_ignores_are_not_counted(tmp_path):
    X, y = np.ones((4, 2), np.float32), np.array([0, -100, 1, -100])
    epoch = epoch_of(tmp_path / "r", nn.Linear(2, 3), nn.CrossEntropyLoss(), [(X, y)])
    assert np.sum(epoch["confusion"], axis=1).tolist() == [1, 1, 0]
    assert {mistake["example"] for mistake in epoch["mistakes"]} <= {0, 2}


def test_targets_of_one_byte_do_not_overflow_the_confusion_matrix(tmp_path):
    y = np.arange(60, dtype=np.uint8)
    epoch = epoch_of(tmp_path / "r", nn.Linear(2, 60), nn.CrossEntropyLoss(), [(np.ones((60, 2), np.float32), y)])
    assert np.sum(epoch["confusion"], axis=1).tolist() == [1] * 60


def test_of_very_many_classes_no_matrix_is_kept(tmp_path):
    batches = [(np.ones((2, 2), np.float32), np.array([0, 1000]))]
    assert "confusion" not in epoch_of(tmp_path / "r", nn.Linear(2, 1001), nn.CrossEntropyLoss(), batches)


def test_rows_that_are_parts_of_an_example_have_no_picture(tmp_path):
    model = nn.Sequential(nn.Linear(8, 3), nn.Flatten(0, 1))
    batches = [(np.ones((2, 8, 8), np.float32), np.repeat([0, 1, 2, 0], 4))]
    epoch = epoch_of(tmp_path / "r", model, nn.CrossEntropyLoss(), batches)
    assert epoch["mistakes"]
    assert all("image" not in mistake for mistake in epoch["mistakes"])


def test_layers_whose_units_are_others_in_each_batch_are_left_out(tmp_path):
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    batches = [(np.ones((2, n, 2), np.float32), np.ones((2, n, 1), np.float32)) for n in (4, 5, 4)]
    assert epoch_of(tmp_path / "r", model, nn.MSELoss(), batches)["dead"] == {}


def test_the_output_of_a_model_is_not_called_saturated(tmp_path):
    model = nn.Sequential(nn.Linear(1, 2), nn.Tanh(), nn.Linear(2, 1), nn.Sigmoid(), nn.Flatten(0))
    with cr.no_grad():
        model[2].bias.fill_(50.0)
    batches = [(np.ones((4, 1), np.float32), np.ones(4, np.float32))] * 2
    epoch = epoch_of(tmp_path / "r", model, nn.BCELoss(), batches)
    assert set(epoch["saturated"]) == {"1"}
    assert epoch["examples"] == 8


def test_a_loss_may_be_given_something_else_than_a_tensor(tmp_path):
    class TwoHeads(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(2, 1), nn.Linear(2, 3)

        def forward(self, x):
            return self.a(x), self.b(x)

    class Both(nn.Module):
        def forward(self, pred, y):
            return sum((each - 1).square().mean() for each in pred)

    batches = [(np.ones((4, 2), np.float32), np.zeros(4, np.int64))]
    assert "confusion" not in epoch_of(tmp_path / "r", TwoHeads(), Both(), batches)


def test_a_dataset_may_call_something_else_its_classes(tmp_path):
    class Ten(TensorDataset):
        classes = 10

    X, y = np.ones((4, 2), np.float32), np.zeros(4, np.int64)
    epoch_of(tmp_path / "r", nn.Linear(2, 3), nn.CrossEntropyLoss(), DataLoader(Ten(X, y), 2))
    assert of_kind(tmp_path / "r", "training")[0]["classes"] is None


def test_a_trainer_takes_one_recorder(tmp_path, setting):
    trainer, loader, validation = setting.make([Recorder(tmp_path / "a"), Recorder(tmp_path / "b")])
    step = trainer.step
    with pytest.raises(ValueError, match="a Trainer takes one Recorder, got two"):
        trainer.fit(loader, 1, validation)
    assert trainer.step is step


@pytest.mark.parametrize("scale", [1e25, 1e-25])
def test_norms_are_right_where_squares_leave_the_range_of_float32(scale):
    x = np.tile(np.array([3.0, 4.0], np.float32), 128) * np.float32(scale)
    assert norm(x) == pytest.approx(5 * scale * np.sqrt(128), rel=1e-6, abs=0)


# ---- interrupted trainings --------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1, 3, 4, 6, 7, 11, 12])
def test_a_resumed_training_has_the_same_recording_to_the_byte(tmp_path, setting, step):
    def run(name, extra=(), **options):
        recorder = Recorder(tmp_path / name, 4)
        trainer, loader, validation = setting.make([recorder, *extra])
        trainer.fit(loader, 2, validation, **options)

    run("whole")
    with pytest.raises(PowerCut):
        run("cut", [CutPower(step), Checkpoint(tmp_path / "c", every_steps=2)])
    with (tmp_path / "cut").open("a") as file:  # what a killed process may have left
        file.write('{"kind": "st')
    run("cut", resume=tmp_path / "c")
    assert (tmp_path / "cut").read_bytes() == (tmp_path / "whole").read_bytes()


def test_a_training_cut_before_its_epoch_was_over_looks_at_the_validation_again(tmp_path, setting):
    def run(name, extra=(), **options):
        trainer, loader, validation = setting.make([Recorder(tmp_path / name, 4), *extra])
        trainer.fit(loader, 1, validation, **options)

    run("whole")
    with pytest.raises(PowerCut):
        run("cut", [CutPowerAfterValidation(), Checkpoint(tmp_path / "c", every_steps=6)])
    run("cut", resume=tmp_path / "c")
    assert (tmp_path / "cut").read_bytes() == (tmp_path / "whole").read_bytes()


def test_a_recording_that_was_deleted_begins_where_the_training_goes_on(tmp_path, setting):
    def run(extra=(), **options):
        trainer, loader, validation = setting.make([Recorder(tmp_path / "r", 4), *extra])
        trainer.fit(loader, 2, validation, **options)

    with pytest.raises(PowerCut):
        run([CutPower(7), Checkpoint(tmp_path / "c", every_steps=6)])
    (tmp_path / "r").unlink()
    run(resume=tmp_path / "c")
    assert [line["kind"] for line in lines(tmp_path / "r")] == ["training", "step", "epoch"]


def test_a_second_training_replaces_the_recording(tmp_path, setting):
    trainer, loader, validation = setting.make([Recorder(tmp_path / "r", 4)])
    trainer.fit(loader, 2, validation)
    trainer.fit(loader, 1, validation)
    assert len(of_kind(tmp_path / "r", "epoch")) == 1


class Evaluates(Callback):
    """Measures other data at every moment when others might be looking."""

    def __init__(self, X, y):
        self.pairs = [(X, y)]

    def look(self, trainer, *_):
        evaluate(trainer.model, self.pairs, trainer.loss_fn)

    on_step_end = on_epoch_end = look


def test_only_the_trainers_own_validation_is_counted(tmp_path):
    model = nn.Linear(2, 2)
    X, y = np.ones((6, 2), np.float32), np.zeros(6, np.int64)
    others = Evaluates(X, y)
    recorder = Recorder(tmp_path / "recording.jsonl")
    optimizer = cr.optim.SGD(model.parameters())
    trainer = Trainer(model, nn.CrossEntropyLoss(), optimizer, callbacks=[others, recorder], progress=False)
    trainer.fit(iter([(X, y)]), 1, validation=[(X[:4], y[:4])])  # batches without a length, too
    (epoch,) = [
        line for line in map(json.loads, recorder.path.read_text().splitlines()) if line["kind"] == "epoch"
    ]
    assert np.sum(epoch["confusion"]) == epoch["examples"] == 4
