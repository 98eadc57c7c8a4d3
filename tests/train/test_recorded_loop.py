"""A loop that is written by hand is recorded as one of the trainer's, and trains as if nobody looked on."""

import json

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.data import DataLoader, TensorDataset
from chainrule.inspection import read_recording, write_report
from chainrule.inspection.remarks import remarks
from chainrule.train import Recorder, Trainer, record


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def parts():
    """Return a network with all that is random, its loss and optimiser, and batches of pictures of 8×8."""
    cr.manual_seed(1)
    rng = np.random.default_rng(0)
    X = rng.standard_normal((48, 64)).astype(np.float32)
    y = (X[:, :8].sum(1) > 0).astype(np.int64)
    model = nn.Sequential(nn.Linear(64, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 2))
    train = DataLoader(TensorDataset(X[:32], y[:32]), batch_size=8)
    test = DataLoader(TensorDataset(X[32:], y[32:]), batch_size=8)
    return model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1, momentum=0.9), train, test


def train_epoch(loader, model, loss_fn, optimizer):
    model.train()
    for X, y in loader:
        loss = loss_fn(model(X), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()


def test_epoch(loader, model, loss_fn):
    model.eval()
    with cr.no_grad():
        return sum(loss_fn(model(X), y).item() for X, y in loader) / len(loader)


test_epoch.__test__ = False


@pytest.mark.parametrize("every", [1, 3])
def test_the_recording_is_that_of_a_trainer(tmp_path, every):
    model, loss_fn, optimizer, train, test = parts()
    with record(tmp_path / "loop", model, loss_fn, optimizer, every=every) as recorder:
        for _ in range(3):
            train_epoch(train, model, loss_fn, optimizer)
            mean = test_epoch(test, model, loss_fn)
            recorder.end_epoch(validation_accuracy=cr.tensor(0.25))
    model, loss_fn, optimizer, train, test = parts()
    trainer = Trainer(model, loss_fn, optimizer, callbacks=[Recorder(tmp_path / "trainer", every)])
    trainer.fit(train, 3, test)
    found, expected = lines(tmp_path / "loop"), lines(tmp_path / "trainer")
    assert [line["kind"] for line in found] == [line["kind"] for line in expected]
    assert found[0] == {name: value for name, value in expected[0].items() if name != "epochs"}
    for one, other in zip(found[1:], expected[1:], strict=True):
        if one["kind"] == "step":
            assert one == other
        else:
            assert one.pop("validation_accuracy") == 0.25
            for name in ("train_loss", "validation_loss"):
                assert one.pop(name) == pytest.approx(other[name], rel=1e-6)
            assert one == {name: other[name] for name in one}
            assert {"confusion", "mistakes", "dead", "first_layer"} <= one.keys()
    assert read_recording(tmp_path / "loop").measured("validation_loss")[-1] == pytest.approx(mean)


def test_the_training_is_the_same_to_the_bit_and_nothing_is_left_behind(tmp_path):
    states = []
    for is_recorded in (True, False):
        model, loss_fn, optimizer, train, test = parts()

        def loop(parts=(model, loss_fn, optimizer), train=train, test=test):
            for _ in range(2):
                train_epoch(train, *parts)
                test_epoch(test, *parts[:2])

        if is_recorded:
            with record(tmp_path / "r", model, loss_fn, optimizer, every=2):
                loop()
        else:
            loop()
        assert not any(module._forward_hooks for module in [*model.modules(), loss_fn])
        assert not any(optimizer._hooks.values())
        states.append({k: np.array(v) for k, v in model.state_dict().items()} | {"rng": cr.get_rng_state()})
    for name, value in states[0].items():
        np.testing.assert_array_equal(value, states[1][name])


def test_an_epoch_that_was_not_ended_is_ended(tmp_path):
    model, loss_fn, optimizer, train, _ = parts()
    with record(tmp_path / "recording.jsonl", model, loss_fn, optimizer, every=2, classes=["no", "yes"]):
        train_epoch(train, model, loss_fn, optimizer)
    *_, last = lines(tmp_path / "recording.jsonl")
    assert (last["kind"], last["epoch"], last["step"]) == ("epoch", 1, 4)
    assert "validation_loss" not in last
    assert "confusion" not in last
    recording = read_recording(tmp_path / "recording.jsonl")
    assert recording.training["classes"] == ["no", "yes"]
    assert len(remarks(recording)) == 1  # that there are few steps, not that they break off
    assert write_report(tmp_path).exists()


def test_a_loop_that_fails_leaves_what_was_seen_and_says_where_it_ended(tmp_path):
    model, loss_fn, optimizer, train, _ = parts()

    def loop():
        with record(tmp_path / "r", model, loss_fn, optimizer, every=1) as recorder:
            train_epoch(train, model, loss_fn, optimizer)
            recorder.end_epoch()
            train_epoch(train, model, loss_fn, optimizer)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop()
    assert "The recording ends in epoch 2, at step 8" in remarks(read_recording(tmp_path / "r"))[0]
    assert not any(module._forward_hooks for module in model.modules())


def test_without_gradients_is_validation_in_training_mode_too(tmp_path):
    model, loss_fn, optimizer, train, test = parts()
    with record(tmp_path / "r", model, loss_fn, optimizer, every=1):
        train_epoch(train, model, loss_fn, optimizer)
        with cr.no_grad():
            for X, y in test:
                loss_fn(model(X), y)
    *steps, last = lines(tmp_path / "r")[1:]
    assert len(steps) == 4
    assert last["examples"] == 16
    assert np.sum(last["confusion"]) == 16
    assert last["train_loss"] == pytest.approx(np.mean([step["loss"] for step in steps]))


def test_gradients_that_are_summed_up_over_batches_are_one_step(tmp_path):
    model, loss_fn, optimizer, train, _ = parts()
    with record(tmp_path / "r", model, loss_fn, optimizer, every=1):
        losses = []
        for X, y in train:
            losses.append(loss_fn(model(X), y))
            losses[-1].backward()
        optimizer.step()
    _, step, _ = lines(tmp_path / "r")
    assert step["loss"] == pytest.approx(np.mean([loss.item() for loss in losses]))
    assert list(step["layers"]) == ["0", "1", "2", "3", "4"]
    assert step["parameters"]["0.weight"]["gradient"]["norm"] == pytest.approx(
        float(np.linalg.norm(np.asarray(model[0].weight.grad))), rel=1e-3
    )


@pytest.mark.parametrize("every", [1, 5])
def test_the_first_loss_that_is_no_number_ends_what_is_looked_at(tmp_path, every):
    model, loss_fn, optimizer, train, _ = parts()
    optimizer.param_groups[0]["lr"] = 1e30
    with record(tmp_path / "r", model, loss_fn, optimizer, every=every):
        for _ in range(3):
            train_epoch(train, model, loss_fn, optimizer)
    kinds = [line["kind"] for line in lines(tmp_path / "r")]
    assert kinds.count("end") == 1
    assert "step" not in kinds[kinds.index("end") :]
    assert read_recording(tmp_path / "r").end["loss"] is None


def test_what_can_not_be_seen_is_refused(tmp_path):
    model, loss_fn, optimizer, train, _ = parts()

    def recording(loss=loss_fn, optimizer=optimizer, **more):
        return record(tmp_path / "r", model, loss, optimizer, **more)

    for arguments, error, words in (
        ({"loss": nn.functional.cross_entropy}, TypeError, "loss_fn to be a module .* got cross_entropy"),
        (
            {"optimizer": optim.LBFGS(model.parameters())},
            TypeError,
            "LBFGS computes them in there: train with Trainer",
        ),
        ({"every": 0}, ValueError, "record expected every to be a positive integer, got 0"),
    ):
        with pytest.raises(error, match=words), recording(**arguments):
            pass
    assert not (tmp_path / "r").exists()
    with pytest.raises(RuntimeError, match=r"no call of loss_fn before optimizer.step\(\)"), recording():
        train_epoch(train, model, nn.CrossEntropyLoss(), optimizer)


def test_a_captured_step_is_not_passed_over(tmp_path):
    model, loss_fn, optimizer, train, _ = parts()

    @cr.capture
    def step(X, y):
        loss = loss_fn(model(X), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss

    batch = next(iter(train))
    for _ in range(3):
        step(*batch)
    with (
        pytest.raises(cr.CaptureError, match="do without capture"),
        record(tmp_path / "r", model, loss_fn, optimizer),
    ):
        step(*batch)


def test_arguments_may_have_names(tmp_path):
    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear, self.relu = nn.Linear(64, 2), nn.ReLU()

        def forward(self, batch=None, X=None):
            return self.relu(self.linear(X if batch is None else batch["X"]))

    *_, train, test = parts()
    model, loss_fn = Named(), nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with record(tmp_path / "r", model, loss_fn, optimizer, every=1):
        for X, y in train:
            loss_fn(model(X=X), target=y).backward()
            optimizer.step()
            optimizer.zero_grad()
        model.eval()
        for X, y in test:
            loss_fn(model({"X": X}), y)
            loss_fn(model(X=X), target=y)
    last = lines(tmp_path / "r")[-1]
    assert last["examples"] == 32
    assert np.sum(last["confusion"]) == 16  # those that the loss was given by their place
    assert all("image" not in mistake for mistake in last["mistakes"])
