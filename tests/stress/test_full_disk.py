"""A full disk: a clear error, the old file whole, nothing left lying about, and the run can be gone on with."""

import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib.figure
import pytest
from tests.stress.formats import training

import chainrule as cr
from chainrule.files import write_text
from chainrule.interop import ReferenceRun, save_safetensors
from chainrule.labs.folder import remember
from chainrule.labs.options import Options
from chainrule.plot import save_figure
from chainrule.train import Callback, Checkpoint, CSVLog, JSONLines

LARGE = cr.nn.Linear(100, 100)  # larger than what any system buffers
FULL = "No space left on device|File too large"

WRITERS = {
    "checkpoint.npz": lambda path: cr.save({"weight": LARGE.weight}, path),
    "model.safetensors": lambda path: save_safetensors(LARGE, path),
    "report.md": lambda path: write_text(path, "long " * 10**4),
    "loss.png": lambda path: save_figure(matplotlib.figure.Figure(), path),
    "reference.json": lambda path: ReferenceRun("lab", {}, "2.13.0", "x86_64", [0.5] * 10**4).save(path),
    "options.json": lambda path: remember(path.parent, "lab", Options(extra={"long": "x" * 10**5}), {}),
}


@pytest.mark.parametrize("name", WRITERS)
def test_what_was_saved_stays_when_the_disk_is_full(disk, name):
    folder = disk.folder / "run"
    folder.mkdir()
    path = folder / name
    path.write_bytes(b"what was saved")
    with disk.full(), pytest.raises(OSError, match=FULL) as raised:
        WRITERS[name](path)
    assert str(raised.value).partition("'")[2].startswith(f"{folder}/")
    assert name in raised.value.filename
    assert path.read_bytes() == b"what was saved"
    assert list(folder.iterdir()) == [path]
    WRITERS[name](path)
    assert path.read_bytes() != b"what was saved"


class FillDisk(Callback):
    """The disk is full from a step on."""

    def __init__(self, disk, step):
        self.disk, self.step = disk, step
        self.block = None

    def on_step_end(self, trainer, loss):
        if len(trainer.history.steps) == self.step:
            self.block = self.disk.full()
            self.block.__enter__()

    def on_fit_end(self, trainer):
        if self.block is not None:
            self.block.__exit__(None, None, None)


@pytest.mark.parametrize("step", [3, 6, 9])
def test_a_training_on_a_full_disk_is_gone_on_with_when_there_is_room(disk, step):
    setting, folder = training(), disk.folder / "run"
    folder.mkdir()
    path = folder / "checkpoint"

    def train(*callbacks, to=folder, **options):
        logs = [JSONLines(to / "metrics.jsonl"), CSVLog(to / "epochs.csv")]
        trainer, loader, validation = setting.make([*callbacks, *logs, Checkpoint(to / "checkpoint", None, 2)])
        trainer.fit(loader, 2, validation, **options)
        records = map(json.loads, (to / "metrics.jsonl").read_text().splitlines())
        return setting.fingerprint(trainer), [{k: v for k, v in r.items() if "second" not in k} for r in records]

    once = disk.folder / "once"
    expected = train(to=once)
    with pytest.raises(OSError, match=FULL) as raised:
        train(FillDisk(disk, step))
    assert raised.value.filename.startswith(str(folder))
    assert {file.name for file in folder.iterdir()} == {"checkpoint", "metrics.jsonl", "epochs.csv"}
    assert 0 < len(cr.load(path)["history"]["steps"]) <= step
    assert train(resume=path) == expected


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), KeyboardInterrupt()], ids=repr
)
@pytest.mark.parametrize(("owner", "call"), [(os, "fsync"), (Path, "replace")], ids=["flush", "rename"])
def test_a_training_that_ends_at_any_of_its_writes_is_gone_on_with(tmp_path, monkeypatch, owner, call, error):
    setting, does, calls = training(), getattr(owner, call), []

    def train(folder, fails=None, resume=None):
        def counted(*arguments):
            calls.append(arguments)
            if len(calls) == fails:
                raise error
            return does(*arguments)

        folder.mkdir(exist_ok=True)
        calls.clear()
        callbacks = [JSONLines(folder / "metrics.jsonl"), Checkpoint(folder / "checkpoint", None, 2)]
        trainer, loader, validation = setting.make(callbacks)
        with monkeypatch.context() as patched:
            patched.setattr(owner, call, counted)
            trainer.fit(loader, 2, validation, resume=resume)
        return setting.fingerprint(trainer)

    expected, count = train(tmp_path / "once"), len(calls)
    assert count > 6
    for fails in range(1, count + 1):
        folder = tmp_path / f"{fails}"
        with pytest.raises(type(error)) as raised:
            train(folder, fails)
        assert isinstance(error, KeyboardInterrupt) or raised.value.filename.startswith(str(folder))
        assert not list(folder.glob(".*.partial")), "something half written was left behind"
        checkpoint = folder / "checkpoint"
        assert train(folder, resume=checkpoint if checkpoint.exists() else None) == expected


SCRIPT = """
import resource, sys
from chainrule.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
main()
"""


def test_a_lab_says_in_a_sentence_that_the_disk_is_full_and_how_to_go_on(tmp_path):
    folder = tmp_path / "run"

    def lab(limit, *options):
        command = [sys.executable, "-c", SCRIPT, str(limit), "lab", "softmax", "--data", "sample"]
        command += ["--reference", "none", "--epochs", "2", "--out", str(folder), *options]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = lab(10**5)  # a checkpoint has 70 kB, the log grows beyond
    assert done.returncode == 1
    sentence = rf"Error: \[Errno 27\] File too large: '{folder}/.*': .* go on with --out {folder} --resume\n"
    assert re.fullmatch(sentence, done.stderr)
    assert lab(2**40, "--resume").returncode == 0
