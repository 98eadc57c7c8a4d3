"""Record PyTorch's runs that the package carries, for those who have no PyTorch.

    CHAINRULE_DATA=FOLDER python tools/record_references.py

Trains the labs' networks in PyTorch, live, on the embedded sample and on the whole data, and puts the runs where
``chainrule.interop.find_recorded`` looks for them. Run it after a lab's settings have changed, and commit them.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from chainrule.interop.reference import RECORDED
from chainrule.labs import tutorial
from chainrule.labs.options import Options

EPOCHS = 10  # the tutorial's optimisation chapter; its quick start is the first five


def main() -> None:
    """Record the tutorial on both data."""
    for data in ("sample", "full"):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "run"
            tutorial.run(Options(epochs=EPOCHS, data=data, reference="live", out=out))
            shutil.copy(out / "reference.json", RECORDED / f"tutorial-{data}-reference.json")
        print(f"recorded: tutorial, {data}")


if __name__ == "__main__":
    main()
