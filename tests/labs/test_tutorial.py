"""The tutorial lab on the embedded sample, end to end through the command line."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from chainrule.commands import main
from chainrule.interop import find_recorded, load_safetensors
from chainrule.interop.reference import recorded_runs


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
        "report.md",
        "summary.json",
    }


def test_losses_are_those_of_the_recorded_run_of_pytorch(sample_run):
    summary = json.loads((sample_run[0] / "summary.json").read_text())
    assert summary["first_loss"]["chainrule"] == summary["first_loss"]["pytorch"] == 2.29872989654541
    assert summary["largest_difference"]["value"] <= 1e-5
    for epoch in summary["epochs"]:
        assert epoch["chainrule"]["validation_accuracy"] == epoch["pytorch"]["validation_accuracy"]


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


def test_a_folder_with_a_run_is_not_overwritten_unasked(sample_run):
    out, _ = sample_run
    before = (out / "summary.json").read_bytes()
    result = lab("--data", "sample", "--out", out)
    assert result.exit_code != 0
    assert "--overwrite" in result.output
    assert (out / "summary.json").read_bytes() == before


def test_a_folder_without_a_run_is_never_deleted(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    result = lab("--data", "sample", "--out", tmp_path, "--overwrite")
    assert result.exit_code != 0
    assert (tmp_path / "thesis.txt").exists()


def test_there_must_be_something_to_resume(tmp_path):
    result = lab("--data", "sample", "--out", tmp_path / "none", "--resume")
    assert result.exit_code != 0
    assert "nothing to resume" in result.output


def test_no_recorded_run_fits_another_seed_and_the_error_says_how_to_get_one(tmp_path):
    result = lab("--data", "sample", "--seed", 7, "--reference", "recorded", "--out", tmp_path / "run")
    assert result.exit_code != 0
    assert "pip install" in result.output


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
