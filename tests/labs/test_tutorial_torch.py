"""The tutorial lab beside a live PyTorch."""

import json
from importlib.util import find_spec

import numpy as np
import pytest
from click.testing import CliRunner

from chainrule.commands import main
from chainrule.datasets import FashionMNIST
from chainrule.interop import find_recorded

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def lab(out, *arguments):
    result = CliRunner().invoke(main, ["lab", "tutorial", "--out", str(out), *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return json.loads((out / "summary.json").read_text())


def test_the_recorded_run_is_what_pytorch_does(tmp_path):
    summary = lab(tmp_path / "run", "--data", "sample", "--epochs", 2, "--reference", "live")
    live = json.loads((tmp_path / "run" / "reference.json").read_text())
    recorded = find_recorded("tutorial", live["settings"], epochs=2)
    assert recorded is not None
    # PyTorch itself adds in another order on another processor, or with another number of threads
    np.testing.assert_allclose(live["steps"], recorded.steps, rtol=0, atol=1e-5)
    assert summary["reference"]["kind"] == "live"
    assert summary["seconds_ratio"]["median"] > 0


def test_a_run_that_began_without_pytorch_goes_on_without_it(tmp_path, monkeypatch):
    def stop(*arguments):
        raise KeyboardInterrupt

    def no_torch():
        raise ImportError("PyTorch is not installed yet")

    arguments = ["lab", "tutorial", "--data", "sample", "--epochs", "1", "--out", str(tmp_path / "run")]
    with monkeypatch.context() as patch:
        patch.setattr("chainrule.interop.pytorch.import_torch", no_torch)
        patch.setattr("chainrule.labs.run.save_figure", stop)
        assert CliRunner().invoke(main, arguments).exit_code == 130
    summary = lab(tmp_path / "run", "--resume")
    assert summary["reference"]["kind"] == "recorded"


def test_pytorchs_own_loader_feeds_both_networks(tmp_path):
    if find_spec("torchvision") is None:
        pytest.skip("torchvision is not installed")
    by_torch = lab(tmp_path / "a", "--data", "sample", "--epochs", 1, "--loader", "torch")
    by_us = lab(tmp_path / "b", "--data", "sample", "--epochs", 1)
    assert by_torch["epochs"][0]["chainrule"]["train_loss"] == by_us["epochs"][0]["chainrule"]["train_loss"]
    assert by_torch["largest_difference"]["value"] <= 1e-5


@pytest.mark.full
def test_the_whole_fashion_mnist_trains_as_in_pytorch(tmp_path, capsys):
    if FashionMNIST(train=False).source.kind != "full":
        pytest.skip("CHAINRULE_DATA names no folder with the whole FashionMNIST")
    summary = lab(tmp_path / "run", "--data", "full", "--epochs", 5, "--reference", "live")
    first, epochs = summary["first_loss"], summary["epochs"]
    assert first["chainrule"] == first["pytorch"] == 2.29872989654541
    steps = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    ours = [line["loss"] for line in steps if line["kind"] == "step"]
    theirs = json.loads((tmp_path / "run" / "reference.json").read_text())["steps"]
    of_first_epoch = np.abs(np.subtract(ours, theirs))[:938].max()
    assert of_first_epoch <= 1e-5
    for epoch in epochs:
        accuracies = [epoch[side]["validation_accuracy"] for side in ("chainrule", "pytorch")]
        assert abs(accuracies[0] - accuracies[1]) <= 0.0005
    assert abs(epochs[-1]["pytorch"]["validation_accuracy"] - 0.6415) <= 0.0005
    with capsys.disabled():
        print(f"\nfirst loss {first}; largest difference in the first epoch {of_first_epoch:.2e}")
        print((tmp_path / "run" / "report.md").read_text())
