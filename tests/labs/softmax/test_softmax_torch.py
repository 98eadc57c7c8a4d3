"""The softmax lab beside a live PyTorch."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from chainrule.commands import main
from chainrule.interop import find_recorded

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_the_recorded_run_is_what_pytorch_does_and_ours_is_the_same_to_the_rounding_of_float64(tmp_path):
    out = tmp_path / "run"
    arguments = ["lab", "softmax", "--data", "sample", "--epochs", "3", "--reference", "live", "--out", str(out)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    summary = json.loads((out / "summary.json").read_text())
    assert summary["first_loss"]["chainrule"] == pytest.approx(summary["first_loss"]["pytorch"], rel=1e-14)
    assert summary["largest_difference"]["value"] < 1e-13
    live = json.loads((out / "reference.json").read_text())
    recorded = find_recorded("softmax", live["settings"], epochs=3)
    assert recorded is not None
    np.testing.assert_allclose(live["steps"], recorded.steps, rtol=0, atol=1e-13)
