"""A training that was interrupted, however and whenever, ends as one that was not."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.data import DataLoader
from chainrule.train import Callback, Checkpoint, CSVLog, EarlyStopping, JSONLines, Trainer

STEPS_PER_EPOCH = 6


class PowerCut(Exception):  # noqa: N818
    pass


class CutPower(Callback):
    """Ends the training at a moment, in a place where nothing can be tidied up."""

    def __init__(self, step):
        self.step = step

    def on_step_end(self, trainer, loss):
        if len(trainer.history.steps) == self.step:
            raise PowerCut


class CutPowerAfterValidation(Callback):
    def on_epoch_end(self, trainer, record):
        raise PowerCut


def finished(setting, epochs=2, **options):
    trainer, loader, validation = setting.make(**options)
    trainer.fit(loader, epochs, validation)
    return setting.fingerprint(trainer)


@pytest.mark.parametrize("own_generator", [False, True])
def test_a_training_resumed_at_any_step_ends_as_one_that_was_not_interrupted(tmp_path, setting, own_generator):
    expected = finished(setting, own_generator=own_generator)
    assert len(expected["steps"]) == 2 * STEPS_PER_EPOCH
    for step in range(1, 2 * STEPS_PER_EPOCH + 1):
        path = tmp_path / f"{step}"
        trainer, loader, validation = setting.make(
            [CutPower(step), Checkpoint(path, every_steps=1)], own_generator=own_generator
        )
        with pytest.raises(PowerCut):
            trainer.fit(loader, 2, validation)
        cr.manual_seed(step)  # another process stands elsewhere
        trainer, loader, validation = setting.make(own_generator=own_generator)
        trainer.fit(loader, 2, validation, resume=path)
        assert setting.fingerprint(trainer) == expected, f"cut at step {step}"


def test_a_training_cut_between_its_last_step_and_the_end_of_the_epoch_validates_again(tmp_path, setting):
    path = tmp_path / "c"
    trainer, loader, validation = setting.make(
        [CutPowerAfterValidation(), Checkpoint(path, every_steps=STEPS_PER_EPOCH)], own_generator=True
    )
    with pytest.raises(PowerCut):
        trainer.fit(loader, 2, validation)
    assert cr.load(path)["running"]["tally"]["batches"] == STEPS_PER_EPOCH
    trainer, loader, validation = setting.make(own_generator=True)
    trainer.fit(loader, 2, validation, resume=path)
    assert setting.fingerprint(trainer) == finished(setting, own_generator=True)


def test_sgd_with_momentum_and_a_plateau_go_on_to_the_bit(tmp_path, setting):
    options = {
        "optimizer": lambda p, lr: optim.SGD(p, lr=lr, momentum=0.9, nesterov=True),
        "scheduler": lambda o: optim.lr_scheduler.ReduceLROnPlateau(o, patience=0, threshold=0.5),
    }
    path = tmp_path / "c"
    trainer, loader, validation = setting.make([CutPower(20), Checkpoint(path, every_steps=1)], **options)
    with pytest.raises(PowerCut):
        trainer.fit(loader, 4, validation)
    trainer, loader, validation = setting.make(**options)
    trainer.fit(loader, 4, validation, resume=path)
    assert setting.fingerprint(trainer) == finished(setting, 4, **options)
    assert trainer.optimizer.param_groups[0]["lr"] < 1e-2


def test_the_batches_before_a_checkpoint_are_not_read_again(tmp_path, setting):
    path = tmp_path / "c"
    trainer, loader, _ = setting.make([CutPower(4), Checkpoint(path, every_steps=4)])
    trainer.callbacks.reverse()  # cut only after the checkpoint
    with pytest.raises(PowerCut):
        trainer.fit(loader, 1)
    trainer, loader, _ = setting.make()
    read = []
    batch = loader.dataset.batch
    loader.dataset.batch = lambda indices: read.append(len(indices)) or batch(indices)
    trainer.fit(loader, 1, resume=path)
    assert read == [8, 4]


def test_loaders_without_an_order_of_their_own_are_read_up_to_the_checkpoint(tmp_path, setting):
    def run(callbacks, resume=None, epochs=2):
        trainer, loader, _ = setting.make(callbacks)
        trainer.fit([tuple(batch) for batch in DataLoader(loader.dataset, 8)], epochs, resume=resume)
        return setting.fingerprint(trainer)

    with pytest.raises(PowerCut):
        run([CutPower(10), Checkpoint(tmp_path / "c", every_steps=3)])
    assert run([], resume=tmp_path / "c") == run([])


def test_a_checkpoint_at_the_end_of_an_epoch_goes_on_to_more_epochs(tmp_path, setting):
    trainer, loader, validation = setting.make([Checkpoint(tmp_path / "c")])
    trainer.fit(loader, 1, validation)
    trainer, loader, validation = setting.make()
    trainer.fit(loader, 3, validation, resume=tmp_path / "c")
    assert setting.fingerprint(trainer) == finished(setting, 3)


def test_a_state_goes_on_in_another_trainer_without_a_file(setting):
    trainer, loader, validation = setting.make([CutPower(8)])
    with pytest.raises(PowerCut):
        trainer.fit(loader, 2, validation)
    state = trainer.state_dict()
    other, loader, validation = setting.make()
    other.load_state_dict(state)
    assert len(other.history.steps) == 8
    other.fit(loader, 2, validation)
    assert setting.fingerprint(other) == finished(setting)


def test_gradients_that_an_error_left_behind_do_not_count(tmp_path, setting):
    path = tmp_path / "c"
    trainer, loader, validation = setting.make([CutPower(8), Checkpoint(path, every_steps=1)])
    with pytest.raises(PowerCut):
        trainer.fit(loader, 2, validation)
    X, y = next(iter(DataLoader(loader.dataset, 8)))
    trainer.loss_fn(trainer.model(X), y).backward()
    trainer.callbacks[0].step = 0
    trainer.fit(loader, 2, validation, resume=path)
    assert setting.fingerprint(trainer) == finished(setting)


# ---- killed processes -------------------------------------------------------------------------------------------


def start(setting, folder, *options):
    program = [sys.executable, setting.__file__, str(folder), *options]
    return subprocess.Popen(program, env={"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})


def complete(setting, folder, *options):
    assert start(setting, folder, *options).wait(60) == 0


def end(folder):
    return cr.load(folder / "end")["fingerprint"]


def lines(folder):
    records = map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
    return [{k: v for k, v in r.items() if "second" not in k} for r in records]


def rows(folder):
    table = [line.split(",") for line in (folder / "epochs.csv").read_text().splitlines()]
    timed = {i for i, name in enumerate(table[0]) if "second" in name}
    return [[cell for i, cell in enumerate(row) if i not in timed] for row in table]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, setting):
    folder = tmp_path_factory.mktemp("uninterrupted")
    complete(setting, folder)
    return folder


def assert_same_end(folder, uninterrupted):
    assert end(folder) == end(uninterrupted)
    assert lines(folder) == lines(uninterrupted)
    assert rows(folder) == rows(uninterrupted)
    assert not list(folder.glob(".*.partial"))


@pytest.mark.parametrize(("kills", "epochs"), [(8, 20), pytest.param(100, 200, marks=pytest.mark.full)])
def test_a_run_killed_at_random_moments_ends_as_one_that_was_not(tmp_path, setting, kills, epochs):
    """Each process is killed up to 15 steps, or 8 checkpoints, after its first one; now and then before."""
    once, killed = tmp_path / "once", tmp_path / "killed"
    once.mkdir()
    killed.mkdir()
    length = ("--epochs", str(epochs))
    complete(setting, once, *length)
    moments, checkpoint = random.Random(0), killed / "run.ckpt"
    for _ in range(kills):
        resume = ["--resume"] if checkpoint.exists() else []
        process, before = start(setting, killed, *length, "--pause", "0.01", *resume), _changed(checkpoint)
        if moments.random() < 0.9:
            while _changed(checkpoint) == before and process.poll() is None:
                time.sleep(0.001)
            time.sleep(moments.uniform(0, 0.15))
        else:
            time.sleep(moments.uniform(0, 0.5))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, "the training had ended: it should be longer"
        if checkpoint.exists():
            cr.load(checkpoint)
    complete(setting, killed, *length, "--resume")
    assert_same_end(killed, once)


def _changed(path):
    return path.stat().st_mtime_ns if path.exists() else None


def test_a_run_killed_while_it_wrote_a_file_ends_as_one_that_was_not(tmp_path, setting, uninterrupted):
    assert start(setting, tmp_path, "--kill-in-write", "9").wait(60) == -signal.SIGKILL
    assert list(tmp_path.glob(".*.partial"))
    for nth in ("7", "13"):
        assert start(setting, tmp_path, "--resume", "--kill-in-write", nth).wait(60) == -signal.SIGKILL
    complete(setting, tmp_path, "--resume")
    assert_same_end(tmp_path, uninterrupted)


# ---- logs -----------------------------------------------------------------------------------------------------


def test_lines_after_the_checkpoint_and_half_a_line_are_cut_off(tmp_path, setting):
    def run(folder, extra=(), **options):
        folder.mkdir(exist_ok=True)
        logs = [JSONLines(folder / "metrics.jsonl"), CSVLog(folder / "epochs.csv")]
        trainer, loader, validation = setting.make([*logs, *extra])
        trainer.fit(loader, 2, validation, **options)

    run(tmp_path / "whole")
    cut = tmp_path / "cut"
    with pytest.raises(PowerCut):
        run(cut, [CutPower(11), Checkpoint(tmp_path / "c", every_steps=4)])
    with (cut / "metrics.jsonl").open("a") as file:
        file.write('{"kind": "ste')
    run(cut, resume=tmp_path / "c")
    assert lines(cut) == lines(tmp_path / "whole")
    assert rows(cut) == rows(tmp_path / "whole")
    assert len(lines(cut)) == 2 * STEPS_PER_EPOCH + 2


def test_lines_can_be_read_while_the_training_runs(tmp_path, setting):
    class Read(Callback):
        def on_epoch_end(self, trainer, record):
            self.lines = lines(tmp_path)

    reader = Read()
    trainer, loader, _ = setting.make([JSONLines(tmp_path / "metrics.jsonl"), reader])
    history = trainer.fit(loader, 1)
    assert [r["loss"] for r in reader.lines[:-1]] == history.steps
    assert reader.lines[0] == {"kind": "step", "epoch": 1, "step": 1, "loss": history.steps[0]}
    assert reader.lines[-1] == {"kind": "epoch", **setting.without_times(history.epochs[0])}


# ---- checkpoints of another training --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"batch_size": 4}, "loader 'train': batch size was 8, and is 4"),
        ({"n": 43}, "loader 'train': number of samples was 44, and is 43"),
        ({"optimizer": optim.SGD}, "optimizer was Adam of .6. parameters, and is SGD of"),
        ({"hidden": 17}, r"model was \(0\): Linear\(in_features=6, out_features=16, bias=True\), and is .*17"),
        ({"scheduler": lambda o: optim.lr_scheduler.StepLR(o, 1)}, "scheduler was ExponentialLR, and is StepLR"),
        ({"scheduler": lambda o: None}, "scheduler was ExponentialLR, and is absent"),
        ({"own_generator": True}, "generators was default, and is default, own.generator"),
        ({"callbacks": [EarlyStopping()]}, "callbacks with a memory was absent, and is EarlyStopping"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused_with_what_differs(tmp_path, setting, other, message):
    trainer, loader, validation = setting.make([Checkpoint(tmp_path / "c")])
    trainer.fit(loader, 1, validation)
    trainer, loader, validation = setting.make(**other)
    before = {k: np.array(v) for k, v in trainer.model.state_dict().items()}
    with pytest.raises(ValueError, match=message):
        trainer.fit(loader, 2, validation, resume=tmp_path / "c")
    assert all((before[k] == np.asarray(v)).all() for k, v in trainer.model.state_dict().items())


def test_another_dtype_and_another_loss_are_named(tmp_path):
    def trainer(loss_fn, dtype):
        model = nn.Linear(1, 1, dtype=dtype)
        return Trainer(model, loss_fn, optim.SGD(model.parameters()), callbacks=[Checkpoint(tmp_path / "c")])

    batches = [(np.ones((1, 1), np.float32), np.ones((1, 1), np.float32))]
    trainer(nn.MSELoss(), cr.float32).fit(batches, 1)
    with pytest.raises(ValueError, match=r"weight was float32 \(1, 1\), and is float64 \(1, 1\)"):
        trainer(nn.MSELoss(), cr.float64).fit(batches, 1, resume=tmp_path / "c")
    with pytest.raises(ValueError, match=r"loss function was MSELoss\(\), and is L1Loss\(\)"):
        trainer(nn.L1Loss(), cr.float32).fit(batches, 1, resume=tmp_path / "c")


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path, setting):
    trainer, loader, _ = setting.make()
    cr.save({"weight": 1}, tmp_path / "weights")
    with pytest.raises(ValueError, match="no checkpoint of a Trainer"):
        trainer.fit(loader, 1, resume=tmp_path / "weights")
    with pytest.raises(FileNotFoundError):
        trainer.fit(loader, 1, resume=tmp_path / "nothing")


def test_a_list_that_became_shorter_is_refused(tmp_path, setting):
    class Batches:
        def __init__(self, n):
            self.n = n

        def __iter__(self):
            return iter([(np.ones((4, 6), np.float32), np.zeros(4, np.int64))] * self.n)

    trainer, _, _ = setting.make([CutPower(3), Checkpoint(tmp_path / "c", every_steps=1)])
    trainer.callbacks.reverse()
    with pytest.raises(PowerCut):
        trainer.fit(Batches(4), 1)
    trainer, _, _ = setting.make()
    with pytest.raises(ValueError, match="taken after batch 3 of an epoch, and train_loader has 2"):
        trainer.fit(Batches(2), 1, resume=tmp_path / "c")


def test_checkpoints_are_written_when_asked_for(tmp_path, setting):
    class Count(Checkpoint):
        count = 0

        def _save(self, trainer):
            self.count += 1
            super()._save(trainer)

    def saves(**options):
        checkpoint = Count(Path(tmp_path, "c"), **options)
        trainer, loader, _ = setting.make([checkpoint])
        trainer.fit(loader, 2)
        return checkpoint.count

    assert saves() == 3  # at the start, and after two epochs
    assert saves(every_seconds=None, every_steps=4) == 5
    assert saves(every_seconds=1e-9) == 3 + 2 * STEPS_PER_EPOCH
    with pytest.raises(ValueError, match="every_steps to be positive or None, got 0"):
        Checkpoint("c", every_steps=0)
