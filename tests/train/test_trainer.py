"""The loop: its numbers, its records, and what it refuses."""

import json
import signal

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.data import DataLoader, TensorDataset
from chainrule.train import Callback, Checkpoint, Trainer, accuracy, evaluate


def small(lr=0.1):
    cr.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 2))
    return model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=lr, momentum=0.9)


def arrays(n=20):
    rng = np.random.default_rng(1)
    return rng.standard_normal((n, 3)).astype(np.float32), rng.integers(0, 2, n)


def batches(size=8, n=20):
    X, y = arrays(n)
    return [(X[i : i + size], y[i : i + size]) for i in range(0, n, size)]


def weights(model):
    return {k: np.array(v) for k, v in model.state_dict().items()}


def assert_same(a, b):
    assert a.keys() == b.keys()
    for key in a:
        np.testing.assert_array_equal(a[key], b[key])


def test_fit_is_the_loop_written_by_hand_to_the_bit():
    model, loss_fn, optimizer = small()
    loader = DataLoader(TensorDataset(*arrays()), 8, shuffle=True)
    losses = []
    for _ in range(3):
        model.train()
        for X, y in loader:
            loss = loss_fn(model(X), y)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())
    expected, state = weights(model), cr.get_rng_state()

    model, loss_fn, optimizer = small()
    history = Trainer(model, loss_fn, optimizer).fit(loader, 3)
    assert history.steps == losses
    assert_same(weights(model), expected)
    assert (cr.get_rng_state() == state).all()


def test_a_record_says_what_was_measured():
    model, loss_fn, optimizer = small()
    trainer = Trainer(model, loss_fn, optimizer, metrics={"accuracy": accuracy}, train_metrics={"hits": accuracy})
    history = trainer.fit(batches(), 2, validation=batches(6))
    record = history.epochs[1]
    assert list(record) == [
        "epoch", "steps", "samples", "lr", "train_loss", "train_hits", "seconds", "samples_per_second",
        "validation_loss", "validation_accuracy", "validation_seconds",
    ]  # fmt: skip
    assert (record["epoch"], record["steps"], record["samples"], record["lr"]) == (2, 3, 20, 0.1)
    a, b, c = history.steps[3:]
    assert record["train_loss"] == pytest.approx((8 * a + 8 * b + 4 * c) / 20)
    assert record["samples_per_second"] == 20 / record["seconds"]
    json.dumps(history.epochs)

    model.eval()
    preds = [(model(X), cr.tensor(y)) for X, y in batches(6)]
    assert record["validation_loss"] == sum(loss_fn(p, y).item() for p, y in preds) / 4
    assert record["validation_accuracy"] == sum(int((p.argmax(1) == y).sum()) for p, y in preds) / 20


def test_training_is_in_training_mode_and_validation_in_evaluation_mode():
    model, loss_fn, optimizer = small()
    model.eval()
    seen = []
    model[2].register_forward_hook(lambda module, args, output: seen.append(module.training))
    Trainer(model, loss_fn, optimizer).fit(batches(), 2, batches(10))
    assert seen == [*[True] * 3, *[False] * 2] * 2
    assert model.training


def test_evaluate_leaves_modes_generator_and_gradients_as_they_were():
    model, loss_fn, _ = small()
    model[2].eval()
    state = cr.get_rng_state()
    first = evaluate(model, batches(), loss_fn, {"accuracy": accuracy})
    assert evaluate(model, batches(), loss_fn, {"accuracy": accuracy}) == first
    assert (model.training, model[0].training, model[2].training) == (True, True, False)
    assert (cr.get_rng_state() == state).all()
    assert all(p.grad is None for p in model.parameters())


def test_accuracy_over_batches_is_one_exact_division():
    n, hits = 147, 3  # three hits in batches of 49: 1/49 * 49 is not 1 in binary fractions
    pred = np.zeros((n, 2), np.float32)
    pred[:, 0] = 1
    y = np.ones(n, np.int64)
    y[[0, 50, 100]] = 0
    parts = [(pred[i : i + 49], y[i : i + 49]) for i in (0, 49, 98)]
    assert evaluate(nn.Identity(), parts, nn.CrossEntropyLoss(), {"a": accuracy})["a"] == hits / n


def test_accuracy_refuses_shapes_it_has_no_meaning_for():
    with pytest.raises(ValueError, match=r"accuracy expected pred of shape \(batch, classes\).*got \(4, 1, 2\)"):
        accuracy(np.zeros((4, 1, 2)), np.zeros(4))


def test_the_schedule_steps_after_each_epoch():
    model, loss_fn, optimizer = small(lr=1.0)
    scheduler = optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    history = Trainer(model, loss_fn, optimizer, scheduler).fit(batches(), 3)
    assert [r["lr"] for r in history.epochs] == [1.0, 0.5, 0.25]


@pytest.mark.parametrize("validated", [True, False])
def test_a_plateau_is_one_of_the_validation_loss_if_there_is_any(validated):
    model, loss_fn, optimizer = small()
    scheduler = optim.lr_scheduler.ReduceLROnPlateau(optimizer)
    history = Trainer(model, loss_fn, optimizer, scheduler).fit(batches(), 2, batches(10) if validated else None)
    name = "validation_loss" if validated else "train_loss"
    assert scheduler.best == min(r[name] for r in history.epochs)


def test_loaders_need_no_length():
    class Endless:
        def __iter__(self):
            return iter(batches())

    model, loss_fn, optimizer = small()
    expected = Trainer(model, loss_fn, optimizer).fit(batches(), 2).steps
    model, loss_fn, optimizer = small()
    assert Trainer(model, loss_fn, optimizer).fit(Endless(), 2, Endless()).steps == expected


def test_a_second_fit_begins_a_new_history_with_the_model_as_it_is():
    model, loss_fn, optimizer = small()
    trainer = Trainer(model, loss_fn, optimizer)
    first = trainer.fit(batches(), 2)
    second = trainer.fit(batches(), 1)
    assert (len(first.epochs), len(second.epochs), len(second.steps)) == (2, 1, 3)
    model, loss_fn, optimizer = small()
    assert Trainer(model, loss_fn, optimizer).fit(batches(), 3).steps == first.steps + second.steps


def test_no_epochs_train_nothing():
    model, loss_fn, optimizer = small()
    before = weights(model)
    assert Trainer(model, loss_fn, optimizer).fit(batches(), 0).epochs == []
    assert_same(weights(model), before)


def test_stop_ends_the_training_after_the_step():
    class Stop(Callback):
        def on_step_end(self, trainer, loss):
            if len(trainer.history.steps) == 4:
                trainer.stop()

    history = Trainer(*small(), callbacks=[Stop()]).fit(batches(), 5)
    assert (len(history.steps), len(history.epochs)) == (4, 1)


def test_callbacks_are_called_in_order_and_checkpoints_last(tmp_path):
    calls = []

    class Log(Callback):
        def __getattribute__(self, name):
            if name.startswith("on_"):
                calls.append(name)
            return super().__getattribute__(name)

        def on_epoch_end(self, trainer, record):
            calls.append((tmp_path / "c").stat().st_mtime_ns)

    trainer = Trainer(*small(), callbacks=[Checkpoint(tmp_path / "c"), Log()])
    trainer.fit(batches(10), 1)
    names = [c for c in calls if isinstance(c, str)]
    assert names == ["on_fit_start", "on_epoch_start", "on_step_end", "on_step_end", "on_epoch_end", "on_fit_end"]
    (seen,) = [c for c in calls if isinstance(c, int)]
    assert (tmp_path / "c").stat().st_mtime_ns > seen


def test_on_fit_end_is_called_after_an_error():
    class Fails(Callback):
        ended = False

        def on_step_end(self, trainer, loss):
            raise OSError("disk full")

        def on_fit_end(self, trainer):
            self.ended = True

    callback = Fails()
    with pytest.raises(OSError, match="disk full"):
        Trainer(*small(), callbacks=[callback]).fit(batches(), 1)
    assert callback.ended


# ---- Ctrl-C ---------------------------------------------------------------------------------------------------


class PressCtrlC(Callback):
    def __init__(self, step, times=1):
        self.step, self.times = step, times

    def on_step_end(self, trainer, loss):
        if len(trainer.history.steps) == self.step:
            for _ in range(self.times):
                signal.raise_signal(signal.SIGINT)


def test_ctrl_c_writes_a_checkpoint_after_the_step_and_is_raised(tmp_path, setting):
    trainer, loader, validation = setting.make()
    trainer.fit(loader, 2, validation)
    expected = setting.fingerprint(trainer)

    handler = signal.getsignal(signal.SIGINT)
    path = tmp_path / "c"
    trainer, loader, validation = setting.make([PressCtrlC(5), Checkpoint(path)])
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(loader, 2, validation)
    assert signal.getsignal(signal.SIGINT) is handler
    assert len(cr.load(path)["history"]["steps"]) == 5

    trainer, loader, validation = setting.make()
    trainer.fit(loader, 2, validation, resume=path)
    assert setting.fingerprint(trainer) == expected


def test_ctrl_c_pressed_twice_ends_at_once_and_leaves_the_checkpoint_before(tmp_path, setting):
    path = tmp_path / "c"
    trainer, loader, _ = setting.make([PressCtrlC(3, times=2), Checkpoint(path)])
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(loader, 1)
    assert len(cr.load(path)["history"]["steps"]) == 0


def test_ctrl_c_is_given_back_by_several_checkpoints(tmp_path):
    handler = signal.getsignal(signal.SIGINT)
    Trainer(*small(), callbacks=[Checkpoint(tmp_path / "a"), Checkpoint(tmp_path / "b")]).fit(batches(), 1)
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_training_that_stop_left_in_the_middle_of_an_epoch_can_go_on(tmp_path, setting):
    class Stop(Callback):
        def on_step_end(self, trainer, loss):
            if len(trainer.history.steps) == 9:
                trainer.stop()

    path = tmp_path / "c"
    trainer, loader, validation = setting.make([Checkpoint(path), Stop()])
    trainer.fit(loader, 2, validation)
    assert len(cr.load(path)["history"]["steps"]) == 9
    trainer, loader, validation = setting.make()
    trainer.fit(loader, 2, validation, resume=path)
    resumed = setting.fingerprint(trainer)
    trainer, loader, validation = setting.make()
    trainer.fit(loader, 2, validation)
    assert resumed == setting.fingerprint(trainer)


# ---- errors ---------------------------------------------------------------------------------------------------


def test_an_optimizer_of_another_model_is_refused():
    model, loss_fn, _ = small()
    _, _, other = small()
    with pytest.raises(ValueError, match=r"4 others, the first of shape \(8, 3\)"):
        Trainer(model, loss_fn, other)


def test_a_scheduler_of_another_optimizer_is_refused():
    other = optim.lr_scheduler.StepLR(small()[2], 1)
    with pytest.raises(ValueError, match="scheduler of its optimizer"):
        Trainer(*small(), other)


def test_parts_that_are_something_else_are_refused():
    model, loss_fn, optimizer = small()
    with pytest.raises(TypeError, match=r"model to be a chainrule\.nn\.Module, got function"):
        Trainer(lambda x: x, loss_fn, optimizer)
    with pytest.raises(TypeError, match="optimizer to be an Optimizer of chainrule, got float"):
        Trainer(model, loss_fn, 0.1)


@pytest.mark.parametrize("epochs", [-1, 1.5, True, None])
def test_epochs_are_a_number_of_epochs(epochs):
    with pytest.raises(ValueError, match="epochs to be an integer from 0 on"):
        Trainer(*small()).fit(batches(), epochs)


def test_loaders_that_give_nothing_are_refused():
    trainer = Trainer(*small())
    with pytest.raises(ValueError, match="expected batches in train_loader, got an empty loader"):
        trainer.fit([], 1)
    with pytest.raises(ValueError, match="expected batches in validation, got an empty loader"):
        trainer.fit(batches(), 1, [])
    with pytest.raises(ValueError, match="train_loader gave no batches"):
        trainer.fit((b for b in []), 1)
    with pytest.raises(ValueError, match="validation loader gave no batches"):
        trainer.fit(batches(), 1, (b for b in []))


def test_an_iterator_does_for_one_epoch_only():
    trainer = Trainer(*small())
    assert len(trainer.fit(iter(batches()), 1).steps) == 3
    with pytest.raises(ValueError, match="train_loader once in each of 2 epochs, got an iterator"):
        trainer.fit(iter(batches()), 2)


def test_batches_are_pairs():
    with pytest.raises(TypeError, match=r"batches \(X, y\), got tuple that is no pair"):
        Trainer(*small()).fit([(1, 2, 3)], 1)


def test_validation_at_once_gives_the_numbers_of_batch_by_batch():
    records = []
    validation = DataLoader(TensorDataset(*arrays(50)), batch_size=8)
    for at_once in (None, 64):
        model, loss_fn, optimizer = small()
        trainer = Trainer(model, loss_fn, optimizer, metrics={"accuracy": accuracy}, at_once=at_once)
        records.append(trainer.fit(batches(), 1, validation).epochs[0])
    assert records[0]["validation_accuracy"] == records[1]["validation_accuracy"]
    assert records[0]["validation_loss"] == pytest.approx(records[1]["validation_loss"], rel=1e-6)
