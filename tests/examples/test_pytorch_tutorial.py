"""The tutorial's own code, with only the imports changed, prints what PyTorch prints."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

SCRIPT = Path(__file__).parents[2] / "examples" / "pytorch_tutorial.py"

# Printed by the original in PyTorch 2.13.0 after torch.manual_seed(42), on the embedded sample.
LOSSES = [2.303494, 2.282686, 2.263125, 2.24385, 2.223526]
ACCURACIES = ["20.1", "34.7", "40.8", "44.2", "47.9"]

SEEDED = f"import chainrule, runpy; chainrule.manual_seed(42); runpy.run_path({str(SCRIPT)!r})"


def test_the_example_prints_pytorchs_numbers(tmp_path):
    environment = {k: v for k, v in os.environ.items() if k != "CHAINRULE_DATA"}
    environment |= {"CHAINRULE_CACHE": str(tmp_path / "none"), "CHAINRULE_MIRROR": "http://127.0.0.1:9/"}
    command = [sys.executable, "-c", SEEDED]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    losses = [float(loss) for loss in re.findall(r"loss: (\S+)  \[   64/10000\]", result.stdout)]
    np.testing.assert_allclose(losses, LOSSES, rtol=0, atol=2e-6)
    assert re.findall(r"Accuracy: (\S+)%", result.stdout) == ACCURACIES
    assert "Shape of X [N, C, H, W]: chainrule.Size([64, 1, 28, 28])" in result.stdout
