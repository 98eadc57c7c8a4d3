"""A training in which everything is random that can be. As a program, the one that the tests kill.

python setting.py FOLDER [--resume] [--epochs N] [--pause SECONDS] [--kill-in-write N]
"""

import argparse
import os
import signal
import time
from pathlib import Path

import numpy as np

import chainrule as cr
from chainrule import nn, optim
from chainrule.data import DataLoader, TensorDataset
from chainrule.train import Callback, Checkpoint, CSVLog, EarlyStopping, JSONLines, Trainer, accuracy

EPOCHS = 4
TIMES = ("seconds", "validation_seconds", "samples_per_second")


def dataset(n=44):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, 6)).astype(np.float32)
    return TensorDataset(X, (X.sum(1) > 0).astype(np.int64))


def make(callbacks=(), batch_size=8, n=44, hidden=16, optimizer=None, scheduler=None, own_generator=False):
    """Return a trainer, its loader and its validation loader."""
    cr.manual_seed(42)
    model = nn.Sequential(
        nn.Linear(6, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Dropout(0.3), nn.Linear(hidden, 2)
    )
    optimizer = (optimizer or optim.Adam)(model.parameters(), lr=1e-2)
    trainer = Trainer(
        model,
        nn.CrossEntropyLoss(),
        optimizer,
        (scheduler or (lambda o: optim.lr_scheduler.ExponentialLR(o, 0.9)))(optimizer),
        metrics={"accuracy": accuracy},
        train_metrics={"accuracy": accuracy},
        callbacks=callbacks,
    )
    generator = cr.Generator().manual_seed(1) if own_generator else None
    loader = DataLoader(dataset(n), batch_size, shuffle=True, generator=generator)
    return trainer, loader, DataLoader(dataset(30), 16)


def without_times(record):
    return {k: v for k, v in record.items() if k not in TIMES}


def fingerprint(trainer):
    """Return all that must be equal, to the bit, in the end."""
    state = trainer.state_dict()
    optimizer = state["optimizer"]["state"]
    return {
        "steps": trainer.history.steps,
        "epochs": [without_times(r) for r in trainer.history.epochs],
        "generators": {k: v.tobytes() for k, v in state["generators"].items()},
        "model": {k: np.asarray(v).tobytes() for k, v in state["model"].items()},
        "optimizer": {(i, k): np.asarray(v).tobytes() for i, s in optimizer.items() for k, v in s.items()},
        "scheduler": state["scheduler"],
        "lr": trainer.optimizer.param_groups[0]["lr"],
    }


class Slow(Callback):
    def __init__(self, seconds):
        self.seconds = seconds

    def on_step_end(self, trainer, loss):
        time.sleep(self.seconds)


def program():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--kill-in-write", type=int)
    options = parser.parse_args()
    path = options.folder / "run.ckpt"
    callbacks = [
        Checkpoint(path, every_steps=2),
        JSONLines(options.folder / "metrics.jsonl"),
        CSVLog(options.folder / "epochs.csv"),
        EarlyStopping(patience=options.epochs, restore_best=True),
        Slow(options.pause),
    ]
    trainer, loader, validation = make(callbacks)
    if options.kill_in_write:
        _kill_in_write(options.kill_in_write)
    trainer.fit(loader, options.epochs, validation, resume=path if options.resume else None)
    cr.save({"fingerprint": repr(fingerprint(trainer))}, options.folder / "end")


def _kill_in_write(nth):
    """Kill this process in the middle of the nth file that is written whole or not at all."""
    count, fsync = iter(range(1, 10**6)), os.fsync

    def last(descriptor):
        if next(count) == nth:
            os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)
        fsync(descriptor)

    os.fsync = last


if __name__ == "__main__":
    program()
