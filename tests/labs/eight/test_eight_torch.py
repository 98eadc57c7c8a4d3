"""The eight lab beside a live PyTorch."""

import json

import pytest
from click.testing import CliRunner

from chainrule.commands import main
from chainrule.interop import find_recorded
from chainrule.labs import eight

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def lab(*arguments):
    return CliRunner().invoke(main, ["lab", "eight", "--data", "sample", *map(str, arguments)])


def summary_of(out):
    return json.loads((out / "summary.json").read_text())


def test_the_recorded_run_is_what_pytorch_does_and_ours_is_the_same(tmp_path):
    result = lab("--epochs", 1, "--reference", "live", "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert summary_of(tmp_path / "run")["largest_difference"] < 1e-14
    live = json.loads((tmp_path / "run" / "reference.json").read_text())
    recorded = find_recorded("eight", live["settings"], epochs=1)
    assert recorded is not None
    assert live["epochs"][0]["train_loss"] == pytest.approx(recorded.epochs[0]["train_loss"], rel=1e-12)
    assert live["epochs"][0]["validation_accuracy"] == recorded.epochs[0]["validation_accuracy"]


def test_pytorchs_side_is_resumed_too(tmp_path, monkeypatch):
    small = ("--examples", 200, "--test-images", 100, "--epochs", 2, "--reference", "live")
    assert lab(*small, "--out", tmp_path / "whole").exit_code == 0
    whole = eight.Learner.epoch

    def epoch(self, number, *arguments):
        if number == 2:
            raise KeyboardInterrupt
        return whole(self, number, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(eight.Learner, "epoch", epoch)
        assert lab(*small, "--out", tmp_path / "resumed").exit_code == 130
    assert lab("--out", tmp_path / "resumed", "--resume").exit_code == 0
    runs = [json.loads((tmp_path / name / "reference.json").read_text()) for name in ("whole", "resumed")]
    errors = [[epoch["train_loss"] for epoch in run["epochs"]] for run in runs]
    assert errors[0] == errors[1]
    assert len(errors[0]) == 2
