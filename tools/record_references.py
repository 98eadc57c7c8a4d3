"""Record PyTorch's runs that the package carries, for those who have no PyTorch.

    CHAINRULE_DATA=FOLDER python tools/record_references.py [LAB ...]

Trains the labs' networks in PyTorch, live, on the embedded sample and on the whole data, and puts the runs where
``chainrule.interop.find_recorded`` looks for them. Run it after a lab's settings have changed, and commit them.
"""

from __future__ import annotations

import importlib
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from chainrule.interop.reference import RECORDED
from chainrule.labs.options import usual_options

# Epochs and data of each. The tutorial's quick start is the beginning of its optimisation chapter; the images that
# eight uses, the first ones, are in the sample.
LABS = {
    "tutorial": (10, ("sample", "full")),
    "softmax": (10, ("sample", "full")),
    "eight": (15, ("sample",)),
    "ann": (5, ("sample", "full")),
    "framework": (10, ("sample", "full")),
}
EXTRA = {"ann": {"experiments": True}}  # whose networks PyTorch trains, too


def record(lab: str, epochs: int, data: str) -> None:
    """Run a lab beside PyTorch and keep PyTorch's run, and those in ``references`` where there are more."""
    module = importlib.import_module(f"chainrule.labs.{lab}")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        usual, extra = usual_options(module), EXTRA.get(lab, {})
        module.run(replace(usual, epochs=epochs, data=data, reference="live", extra=extra, out=out))
        for run in sorted(out.glob("reference*.json")):  # one, or one for each of several networks
            own = run.stem.removeprefix("reference")
            shutil.copy(run, RECORDED / f"{lab}-{data}{own}-reference.json")
        for run in sorted(out.glob("references/*.json")):
            shutil.copy(run, RECORDED / f"{lab}-{run.stem}-reference.json")
    print(f"recorded: {lab}, {data}")


def main() -> None:
    """Record the named labs, or all."""
    for lab in sys.argv[1:] or LABS:
        epochs, kinds = LABS[lab]
        for data in kinds:
            record(lab, epochs, data)


if __name__ == "__main__":
    main()
