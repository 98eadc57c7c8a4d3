"""A run in its folder: several trainings, interrupted anywhere, resumed to the same bits."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import chainrule as cr
from chainrule.labs.options import Interrupted, LabError, Options
from chainrule.labs.run import LabRun, resumed
from chainrule.plot import Line, Panel, draw_epochs
from chainrule.train import Callback

BATCHES = [(np.full((2, 3), i, np.float32), np.ones((2, 1), np.float32)) for i in range(4)]


class Results:
    def __init__(self, losses):
        self.losses = losses

    def summary(self):
        return {"losses": self.losses, "precision": float("nan")}

    def table(self):
        return [{"loss": loss} for loss in self.losses]

    def conclusions(self):
        return ["It learns."]

    def report(self, summary):
        return f"# {summary['lab']}: {len(summary['losses'])} trainings, seed {summary['seed']}\n"


class Stop(Callback):
    """Ctrl-C at a step."""

    def __init__(self, step):
        self.step = step

    def on_step_end(self, trainer, loss):
        if len(trainer.history.steps) == self.step:
            raise KeyboardInterrupt


def draw():
    return draw_epochs([Panel("loss", "nat", [Line("ours", [1.0, 2.0])])], "It learns")


def lab(options, stop=None, finish=True):
    """Train two networks one after the other; `stop` is (which, at which step)."""
    options = resumed("lab", options)
    with LabRun("lab", options) as running:
        models = {}
        for name in ("one", "two"):
            cr.manual_seed(options.seed)
            models[name] = model = cr.nn.Linear(3, 1)
            optimizer = cr.optim.SGD(model.parameters(), lr=options.lr)
            callbacks = [Stop(stop[1])] if stop and stop[0] == name else []
            trainer = running.trainer(model, cr.nn.MSELoss(), optimizer, name=name, callbacks=callbacks)
            trainer.fit(BATCHES, options.epochs, resume=running.resume(name))
        if not finish:
            raise KeyboardInterrupt
        losses = [float(models[name].weight.sum()) for name in models]
        return running.finish(Results(losses), {"loss": draw}, models)


@pytest.fixture
def options(tmp_path):
    return Options(epochs=3, lr=0.01, out=tmp_path / "run")


def test_a_run_leaves_models_logs_figures_summary_and_report(options):
    result = lab(options)
    assert {path.name for path in options.out.iterdir()} == {
        "loss.png",
        "metrics-one.jsonl",
        "metrics-two.jsonl",
        "one.safetensors",
        "options.json",
        "recording-one.jsonl",
        "recording-two.jsonl",
        "report.md",
        "summary.json",
        "two.safetensors",
    }
    assert (result.figure, result.conclusions) == ("loss.png", ["It learns."])
    assert (options.out / "report.md").read_text() == "# lab: 2 trainings, seed 42\n"
    assert json.loads((options.out / "summary.json").read_text())["precision"] is None


@pytest.mark.parametrize("stop", [("one", 2), ("one", 4), ("two", 1), ("two", 9)])
def test_an_interrupted_run_of_several_trainings_ends_as_an_uninterrupted_one(options, tmp_path, stop):
    expected = lab(Options(epochs=3, lr=0.01, out=tmp_path / "whole")).table
    with pytest.raises(Interrupted) as stopped:
        lab(options, stop)
    assert stopped.value.folder == options.out
    assert lab(Options(resume=True, out=options.out)).table == expected
    for name in ("one", "two"):
        lines = [json.loads(line) for line in (options.out / f"metrics-{name}.jsonl").read_text().splitlines()]
        assert [line["step"] for line in lines if line["kind"] == "step"] == list(range(1, 13))


def test_ctrl_c_after_the_trainings_is_resumed_without_training_again(options):
    with pytest.raises(Interrupted):
        lab(options, finish=False)
    logs = [path.read_bytes() for path in sorted(options.out.glob("*.jsonl"))]
    lab(Options(resume=True, out=options.out))
    assert [path.read_bytes() for path in sorted(options.out.glob("*.jsonl"))] == logs


def test_fewer_epochs_than_were_begun_are_refused(options):
    with pytest.raises(Interrupted):
        lab(options, ("two", 5))
    with pytest.raises(LabError, match="already in epoch 3"):  # the first is done
        lab(Options(epochs=2, resume=True, out=options.out, given=frozenset({"epochs"})))


def test_an_error_leaves_a_run_that_can_be_resumed(options):
    with pytest.raises(RuntimeError), LabRun("lab", options):
        raise RuntimeError
    assert resumed("lab", Options(resume=True, out=options.out)).lr == 0.01


@pytest.mark.parametrize("edit", [('"lr": 0.01', '"lr": 0.5'), ('"lr"', "lr")], ids=["a value", "no JSON"])
def test_options_that_were_edited_by_hand_are_not_gone_on_with(options, edit):
    with pytest.raises(RuntimeError), LabRun("lab", options):
        raise RuntimeError
    (options.out / "summary.json").touch()  # of a run that was killed while it wrote its results
    path = options.out / "options.json"
    path.write_text(path.read_text().replace(*edit))
    with pytest.raises(
        LabError, match=r"options.json is not as this version writes it .*: begin anew with --over"
    ):
        resumed("lab", Options(resume=True, out=options.out))


@pytest.mark.parametrize("finished", [False, True])
@pytest.mark.parametrize("content", ["", "{", "[]", '{"lab": "lab", "options": {"lr": 0.01}}'])
def test_a_run_whose_options_are_damaged_or_of_an_older_version_can_be_overwritten(options, content, finished):
    lab(options)
    if not finished:
        (options.out / "running").touch()
    (options.out / "options.json").write_text(content)
    with pytest.raises(LabError, match="--overwrite"):
        LabRun("lab", options).__enter__()
    with pytest.raises(LabError, match="nothing to resume"):
        resumed("lab", replace(options, resume=True))
    with LabRun("lab", replace(options, overwrite=True)):
        assert {path.name for path in options.out.iterdir()} == {"options.json", "running"}


def test_options_without_a_checksum_are_said_to_be_of_an_older_version(options):
    with pytest.raises(Interrupted), LabRun("lab", options):
        raise KeyboardInterrupt
    path = options.out / "options.json"
    content = json.loads(path.read_text())
    del content["sha256"]
    path.write_text(json.dumps(content))
    with pytest.raises(LabError, match=r"older versions.*--overwrite"):
        resumed("lab", replace(options, resume=True))


@pytest.mark.parametrize("names", [["options.json"], ["options.json", "report.md"], ["running"]])
def test_a_folder_that_only_looks_a_little_like_a_run_is_never_deleted(options, names):
    options.out.mkdir()
    for name in names:
        (options.out / name).write_text("years of work")
    with pytest.raises(LabError, match="no run of a lab"):
        LabRun("lab", replace(options, overwrite=True)).__enter__()
    assert [(options.out / name).read_text() for name in names] == ["years of work"] * len(names)


def test_what_a_run_has_left_that_was_killed_before_it_began_is_in_nobodys_way(options):
    options.out.mkdir()
    (options.out / "running").touch()
    with LabRun("lab", options):
        pass


def test_two_processes_are_never_at_work_on_one_run(options):
    with LabRun("lab", options) as first:
        (first.folder / "checkpoint.npz").write_bytes(b"of the first")
        before = {path.name: path.read_bytes() for path in first.folder.iterdir()}
        for other in (options, replace(options, resume=True), replace(options, overwrite=True)):
            program = f"from tests.labs.test_run import *; LabRun('lab', {other!r}).__enter__()"
            program = f"from pathlib import *\n{program}".replace("PosixPath", "Path")
            done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
            assert done.returncode == 1
            assert "another process is at work" in done.stderr.splitlines()[-1]
        assert {path.name: path.read_bytes() for path in first.folder.iterdir()} == before
    with LabRun("lab", replace(options, overwrite=True)):
        pass


def test_runs_that_begin_at_once_get_folders_of_their_own(tmp_path):
    both = [LabRun("lab", Options(), runs=tmp_path / "runs") for _ in range(2)]
    with both[0] as first, both[1] as second:
        assert [run.folder.name for run in (first, second)] == ["lab", "lab-2"]


def test_where_no_folder_can_be_made_the_error_says_what_to_do(tmp_path):
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(LabError, match=r"no folder can be made in .*runs \(File exists\): name one with --out"):
        LabRun("lab", Options(), runs=tmp_path / "runs")


def test_the_newest_interrupted_run_is_resumed(tmp_path):
    runs = tmp_path / "runs"
    for seed in (1, 2, 3):
        with pytest.raises(Interrupted), LabRun("lab", Options(seed=seed), runs=runs):
            raise KeyboardInterrupt
    with LabRun("lab", Options(seed=4), runs=runs):
        pass  # finished
    assert resumed("lab", Options(resume=True), runs).seed == 3
