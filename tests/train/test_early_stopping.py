"""Early stopping, on losses that are given."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.train import Callback, Checkpoint, EarlyStopping, Trainer


class Given(Callback):
    """Puts given values in the records, and the epoch's number in the model's bias."""

    def __init__(self, values):
        self.values = values

    def on_epoch_end(self, trainer, record):
        record["given"] = self.values[record["epoch"] - 1]
        trainer.model.bias.array[...] = record["epoch"]


def run(values, *, extra=(), resume=None, **options):
    model = nn.Linear(1, 1)
    stopping = EarlyStopping("given", **options)
    trainer = Trainer(
        model, nn.MSELoss(), optim.SGD(model.parameters()), callbacks=[Given(values), stopping, *extra]
    )
    history = trainer.fit([(np.ones((1, 1), np.float32),) * 2], len(values), resume=resume)
    return len(history.epochs), stopping, model


def test_training_stops_after_more_epochs_without_progress_than_patience():
    epochs, stopping, _ = run([3, 2, 2.5, 2, 1, 0], patience=1)
    assert epochs == 4
    assert (stopping.best, stopping.best_epoch) == (2, 2)


def test_progress_starts_the_count_anew():
    assert run([3, 4, 2, 4, 1, 4, 0], patience=1)[0] == 7


def test_a_gain_of_min_delta_is_no_progress():
    assert run([1.0, 0.5, 0.25], patience=0, min_delta=0.5)[0] == 2


def test_mode_max_wants_more():
    epochs, stopping, _ = run([0.1, 0.5, 0.4, 0.9], mode="max", patience=0)
    assert (epochs, stopping.best) == (3, 0.5)


def test_not_a_number_is_no_progress():
    assert run([1.0, float("nan"), 0.5], patience=0)[0] == 2


@pytest.mark.parametrize("values", [[3, 1, 2, 2, 2, 2], [3, 1, 2]])
def test_the_best_weights_come_back_whether_it_stopped_or_not(values):
    assert run(values, patience=2, restore_best=True)[2].bias.item() == 2
    assert run(values, patience=2)[2].bias.item() > 2


def test_a_resumed_training_remembers_the_best_epoch(tmp_path):
    values = [3, 1, 2, 2, 2, 2]
    path = tmp_path / "c"
    run(values[:3], patience=2, restore_best=True, extra=[Checkpoint(path)])
    epochs, stopping, model = run(values, patience=2, restore_best=True, resume=path)
    assert (epochs, stopping.best_epoch, model.bias.item()) == (5, 2, 2)


def test_a_training_that_was_stopped_is_stopped_when_resumed(tmp_path):
    path = tmp_path / "c"
    run([1, 2, 3, 4], patience=1, extra=[Checkpoint(path)])
    assert run([1, 2, 3, 4], patience=1, resume=path)[0] == 3


def test_another_fit_forgets_the_one_before():
    model = nn.Linear(1, 1)
    stopping = EarlyStopping("given", patience=0)
    given = Given([1, 2])
    trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters()), callbacks=[given, stopping])
    batches = [(np.ones((1, 1), np.float32),) * 2]
    trainer.fit(batches, 2)
    given.values = [5, 4]
    assert len(trainer.fit(batches, 2).epochs) == 2


def test_what_can_not_be_is_refused():
    with pytest.raises(ValueError, match="mode 'min' or 'max', got 'up'"):
        EarlyStopping(mode="up")
    with pytest.raises(ValueError, match="not negative, got -1 and 0"):
        EarlyStopping(patience=-1)
    cr.manual_seed(0)
    model = nn.Linear(1, 1)
    trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters()), callbacks=[EarlyStopping()])
    with pytest.raises(KeyError, match="no 'validation_loss', only epoch, steps"):
        trainer.fit([(np.ones((1, 1), np.float32),) * 2], 1)
