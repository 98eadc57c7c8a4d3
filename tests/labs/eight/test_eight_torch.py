"""The eight lab beside a live PyTorch."""

import json

import pytest
from click.testing import CliRunner

from chainrule.commands import main
from chainrule.interop import find_recorded
from chainrule.labs.eight import trials
from chainrule.train import Checkpoint

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def lab(*arguments):
    return CliRunner().invoke(main, ["lab", "eight", "--data", "sample", *map(str, arguments)])


def test_the_recorded_run_is_what_pytorch_does_and_ours_is_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(trials, "STARTS", 1)
    result = lab("--epochs", 1, "--reference", "live", "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["largest_difference"]["value"] < 1e-14
    live = json.loads((tmp_path / "run" / "reference.json").read_text())
    recorded = find_recorded("eight", live["settings"], epochs=1)
    assert recorded is not None
    ours, kept = live["epochs"][0], recorded.epochs[0]
    assert ours["train_loss"] == pytest.approx(kept["train_loss"], rel=1e-12)
    for rate in ("accuracy", "precision", "recall", "f1"):
        assert ours[f"validation_{rate}"] == kept[f"validation_{rate}"]


class InSecondEpoch(Checkpoint):
    """Ctrl-C."""

    def on_epoch_start(self, trainer):
        if trainer.history.epochs:
            raise KeyboardInterrupt


def test_pytorchs_side_is_resumed_too(tmp_path, monkeypatch):
    small = ("--examples", 200, "--test-images", 100, "--epochs", 2, "--reference", "live")
    assert lab(*small, "--out", tmp_path / "whole").exit_code == 0
    with monkeypatch.context() as patch:
        patch.setattr("chainrule.labs.run.Checkpoint", InSecondEpoch)
        assert lab(*small, "--out", tmp_path / "resumed").exit_code == 130
    assert lab("--out", tmp_path / "resumed", "--resume").exit_code == 0
    runs = [json.loads((tmp_path / name / "reference.json").read_text()) for name in ("whole", "resumed")]
    errors = [[epoch["train_loss"] for epoch in run["epochs"]] for run in runs]
    assert errors[0] == errors[1]
    assert len(errors[0]) == 2
