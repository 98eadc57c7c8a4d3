"""The tutorial lab on the embedded sample, end to end through the command line."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from chainrule.commands import main
from chainrule.interop import find_recorded, load_safetensors
from chainrule.interop.reference import recorded_runs
from chainrule.labs import run as running
from chainrule.labs.options import Options
from chainrule.serialization import load, save
from chainrule.train import Checkpoint


def lab(*arguments):
    return CliRunner().invoke(main, ["lab", "tutorial", *map(str, arguments)])


@pytest.fixture(scope="module")
def sample_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "tutorial"
    result = lab("--data", "sample", "--reference", "recorded", "--epochs", 2, "--out", out)
    assert result.exit_code == 0, result.output
    return out, result.output


def test_every_result_is_there(sample_run):
    out, _ = sample_run
    names = {path.name for path in out.iterdir()}
    assert names == {
        "loss.png",
        "metrics.jsonl",
        "model.safetensors",
        "options.json",
        "predictions.png",
        "recording.jsonl",
        "report.md",
        "summary.json",
    }


def test_losses_are_those_of_the_recorded_run_of_pytorch(sample_run):
    summary = json.loads((sample_run[0] / "summary.json").read_text())
    assert summary["first_loss"]["chainrule"] == summary["first_loss"]["pytorch"] == 2.29872989654541
    assert summary["largest_difference"]["value"] <= 1e-5
    for epoch in summary["epochs"]:
        assert epoch["chainrule"]["validation_accuracy"] == epoch["pytorch"]["validation_accuracy"]


def test_the_state_of_the_training_is_recorded_for_chainrule_report(sample_run):
    page = sample_run[0].parent / "page.html"
    result = CliRunner().invoke(main, ["report", str(sample_run[0]), "--out", str(page)])
    assert result.exit_code == 0, result.output
    assert "Only 7 steps were looked at" in result.output
    text = page.read_text(encoding="utf-8")
    assert "The training of the lab tutorial" in text
    assert len(text) < 3_000_000


def test_every_step_is_in_the_log_once(sample_run):
    lines = [json.loads(line) for line in (sample_run[0] / "metrics.jsonl").read_text().splitlines()]
    steps = [line for line in lines if line["kind"] == "step"]
    assert len(steps) == 2 * 157
    assert [line["epoch"] for line in lines if line["kind"] == "epoch"] == [1, 2]


def test_the_saved_model_is_the_trained_one(sample_run):
    state = load_safetensors(sample_run[0] / "model.safetensors")
    assert state["linear_relu_stack.0.weight"].shape == (512, 784)
    assert sum(t.numel() for t in state.values()) == 669_706


def test_the_report_says_which_data_and_which_reference(sample_run):
    report = (sample_run[0] / "report.md").read_text()
    assert "FashionMNIST, sample, 10,000 images" in report
    assert "recorded run of version 2.13.0" in report
    assert "says nothing about who is faster" in report
    assert report.count("PyTorch's curve is a recorded run") == 1
    assert "at the beginning of its training after 2 epochs" in report
    assert "## What the tutorial's task asks for" in report


def test_pytorchs_version_is_not_listed_where_it_did_not_run(sample_run):
    assert "torch" not in json.loads((sample_run[0] / "summary.json").read_text())["versions"]


def test_a_folder_with_a_run_is_not_overwritten_unasked(sample_run):
    out, _ = sample_run
    before = (out / "summary.json").read_bytes()
    result = lab("--data", "sample", "--reference", "none", "--out", out)
    assert result.exit_code != 0
    assert "--overwrite" in result.output
    assert "--resume" not in result.output  # it is finished
    assert (out / "summary.json").read_bytes() == before


def test_a_folder_without_a_run_is_never_deleted(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    for overwrite in ([], ["--overwrite"]):
        result = lab("--data", "sample", "--reference", "none", "--out", tmp_path, *overwrite)
        assert result.exit_code != 0
        assert "no run of a lab" in result.output
        assert "--overwrite" not in result.output
        assert "--resume" not in result.output
        assert (tmp_path / "thesis.txt").exists()


def test_there_must_be_something_to_resume(tmp_path):
    result = lab("--data", "sample", "--out", tmp_path / "none", "--resume")
    assert result.exit_code != 0
    assert "nothing to resume" in result.output


def test_no_recorded_run_fits_another_seed_and_the_error_says_how_to_get_one(tmp_path):
    result = lab("--data", "sample", "--seed", 7, "--reference", "recorded", "--out", tmp_path / "run")
    assert result.exit_code != 0
    assert "pip install" in result.output


def test_a_refused_option_leaves_the_old_run_and_makes_no_folder(sample_run, tmp_path):
    old = (sample_run[0] / "summary.json").read_bytes()
    refused = ["--data", "sample", "--seed", 7, "--reference", "recorded"]
    assert lab(*refused, "--out", sample_run[0], "--overwrite").exit_code != 0
    assert (sample_run[0] / "summary.json").read_bytes() == old
    assert lab(*refused, "--out", tmp_path / "new").exit_code != 0
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("below", ["", "run"])
def test_a_file_in_the_place_of_the_folder_is_an_error_that_names_out(tmp_path, below):
    (tmp_path / "file").write_text("")
    result = lab("--data", "sample", "--reference", "none", "--out", tmp_path / "file" / below)
    assert result.exit_code == 1
    assert "--out expected a folder" in result.output
    assert (tmp_path / "file").is_file()


def test_a_finished_run_is_not_resumed(sample_run):
    result = lab("--out", sample_run[0], "--resume")
    assert result.exit_code == 1
    assert "is finished" in result.output


def test_resume_and_overwrite_exclude_each_other(sample_run):
    result = lab("--out", sample_run[0], "--resume", "--overwrite")
    assert result.exit_code == 1
    assert "choose one" in result.output


class InterruptedCheckpoint(Checkpoint):
    """Presses Ctrl-C when the second epoch starts."""

    def on_epoch_start(self, trainer):
        if trainer.history.epochs:
            raise KeyboardInterrupt


@pytest.fixture
def interrupted(tmp_path, monkeypatch):
    """Make a folder with a run of two epochs that ended after the first, and what was printed."""
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(running, "Checkpoint", InterruptedCheckpoint)
        result = lab("--data", "sample", "--reference", "recorded", "--epochs", 2)
    assert result.exit_code == 130, result.output
    return tmp_path / "runs" / "tutorial", result


def test_ctrl_c_says_where_the_run_is_and_how_to_go_on(interrupted):
    _, result = interrupted
    assert "chainrule lab tutorial --out runs/tutorial --resume" in result.stderr


def test_a_resumed_run_remembers_its_options_and_ends_as_an_uninterrupted_one(interrupted, sample_run):
    folder, _ = interrupted
    result = lab("--resume")
    assert result.exit_code == 0, result.output
    resumed, whole = (json.loads((f / "summary.json").read_text()) for f in (folder, sample_run[0]))
    assert len(resumed["epochs"]) == 2
    assert resumed["data"] == whole["data"]
    assert resumed["reference"] == whole["reference"]
    assert (folder / "model.safetensors").read_bytes() == (sample_run[0] / "model.safetensors").read_bytes()
    assert not list(folder.glob("checkpoint*"))
    assert not (folder / "running").exists()


@pytest.mark.parametrize("moment", ["save_figure", "describe"])
def test_ctrl_c_after_the_training_loses_nothing(tmp_path, monkeypatch, sample_run, moment):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(running, moment, interrupt)
        stopped = lab("--data", "sample", "--reference", "recorded", "--epochs", 2, "--out", tmp_path / "run")
    assert stopped.exit_code == 130
    assert "--resume" in stopped.stderr
    before = (tmp_path / "run" / "metrics.jsonl").read_bytes()
    assert lab("--resume", "--out", tmp_path / "run").exit_code == 0
    assert (tmp_path / "run" / "metrics.jsonl").read_bytes() == before  # with its times: nothing was trained again
    assert (tmp_path / "run" / "model.safetensors").read_bytes() == (
        sample_run[0] / "model.safetensors"
    ).read_bytes()


def test_a_folder_that_is_called_as_a_kind_of_data_is_not_taken_for_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sample").mkdir()
    assert lab("--data", "sample", "--reference", "none", "--epochs", 1, "--out", "run").exit_code == 0
    assert json.loads((tmp_path / "run" / "options.json").read_text())["options"]["data"] == "sample"
    assert Options(data="sample").place() == "sample"
    assert Options(data="./sample").place() == str(tmp_path / "sample")


def test_a_given_number_of_epochs_counts_when_a_run_is_resumed(interrupted):
    folder, _ = interrupted
    result = lab("--resume", "--epochs", 1)
    assert result.exit_code == 0, result.output
    assert len(json.loads((folder / "summary.json").read_text())["epochs"]) == 1


def test_what_has_been_trained_is_not_undone(interrupted):
    folder, _ = interrupted
    state = load(folder / "checkpoint.npz")
    state["history"]["epochs"] *= 2
    save(state, folder / "checkpoint.npz")
    result = lab("--resume", "--epochs", 1)
    assert result.exit_code == 1
    assert "already in epoch 2" in result.output


@pytest.mark.parametrize(
    ("option", "value"), [("--seed", 7), ("--lr", 0.1), ("--batch-size", 32), ("--loader", "torch")]
)
def test_a_resumed_run_can_not_be_changed(interrupted, option, value):
    result = lab("--resume", option, value)
    assert result.exit_code == 1
    assert f"and now {value} is asked for" in " ".join(result.output.split())


def test_a_resumed_run_can_not_change_its_reference_to_a_live_one(interrupted):
    pytest.importorskip("torch")
    result = lab("--resume", "--reference", "live")
    assert result.exit_code == 1
    assert "PyTorch trained beside chainrule = False" in result.output


def test_a_damaged_checkpoint_is_an_error_without_traceback(interrupted):
    folder, _ = interrupted
    (folder / "checkpoint.npz").write_bytes(b"half a checkpoint")
    result = lab("--resume")
    assert result.exit_code == 1
    assert "nothing to resume" in result.output


def test_an_interrupted_run_is_offered_to_be_resumed(interrupted):
    folder, _ = interrupted
    result = lab("--data", "sample", "--reference", "none", "--out", folder)
    assert result.exit_code == 1
    assert "--resume goes on with it" in result.output
    assert (folder / "checkpoint.npz").exists()


def test_a_data_folder_without_the_data_set_is_refused(tmp_path):
    result = lab("--data", tmp_path, "--out", tmp_path / "run")
    assert result.exit_code != 0
    assert "not in that folder" in result.output


def test_labs_are_listed():
    result = CliRunner().invoke(main, ["lab", "--list"])
    assert result.exit_code == 0
    assert "tutorial" in result.output


def test_recorded_runs_are_whole():
    runs = list(recorded_runs())
    assert runs
    for run in runs:
        assert run.torch == "2.13.0"
        assert sum(e["steps"] for e in run.epochs) == len(run.steps)
        assert np.isfinite(run.steps).all()
        assert find_recorded(run.lab, run.settings, len(run.epochs)) is not None
