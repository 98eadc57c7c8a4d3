"""What every lab lets its user choose, and the folder that its results go to."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from chainrule.datasets import MNIST

D = TypeVar("D", bound=MNIST)

RUNS = Path("runs")


class LabError(Exception):
    """A lab can't run as asked. The message is for the person who asked."""


@dataclass(frozen=True)
class Options:
    """The options of a lab run.

    Attributes
    ----------
    epochs, batch_size, lr, seed
        As in every training.
    data : str
        "auto", "full", "sample", or a folder.
    reference : str
        "auto", "live", "recorded" or "none": which run of PyTorch to compare with.
    loader : str
        "chainrule", or "torch" for torchvision's dataset and PyTorch's ``DataLoader``.
    out : Path or None
        The folder of results; None for a new one under ``runs``.
    resume : bool
        Whether to go on with the interrupted run in that folder.
    overwrite : bool
        Whether a finished or interrupted run in that folder may be deleted.
    """

    epochs: int = 5
    batch_size: int = 64
    lr: float = 1e-3
    seed: int = 42
    data: str = "auto"
    reference: str = "auto"
    loader: str = "chainrule"
    out: Path | None = None
    resume: bool = False
    overwrite: bool = False

    def deciding(self) -> dict[str, Any]:
        """Return what the numbers of the run depend on, apart from the data themselves."""
        return {k: v for k, v in asdict(self).items() if k in ("batch_size", "lr", "seed")}

    def load(self, dataset: type[D], **arguments: Any) -> D:
        """Return a dataset of :mod:`chainrule.datasets`, from where ``data`` says.

        Raises
        ------
        LabError
            If a folder was named that is not there, or does not hold the dataset.
        """
        if self.data in ("auto", "full", "sample"):
            return dataset(source=self.data, **arguments)  # type: ignore[arg-type]
        folder = Path(self.data)
        if not folder.is_dir():
            raise LabError(f"--data expected auto, full, sample or a folder that exists, got {self.data!r}")
        found = dataset(root=folder, **arguments)
        if not Path(found.source.where).resolve().is_relative_to(folder.resolve()):
            raise LabError(f"--data {folder}: {dataset.__name__} is not in that folder")
        return found


def open_run(lab: str, options: Options, runs: Path = RUNS) -> Path:
    """Return the folder that the results of a run go to.

    Parameters
    ----------
    lab : str
    options : Options
    runs : Path
        Where folders are made if the options name none: ``runs/tutorial``, ``runs/tutorial-2`` and so on.

    Returns
    -------
    Path
        An empty folder; or, to resume, one that holds an interrupted run.

    Raises
    ------
    LabError
        If there is nothing to resume, or a run stands where a new one should go.

    Examples
    --------
    >>> import tempfile
    >>> runs = Path(tempfile.mkdtemp())
    >>> open_run("tutorial", Options(), runs).name, open_run("tutorial", Options(), runs).name
    ('tutorial', 'tutorial-2')
    """
    if options.resume:
        return _run_to_resume(lab, options, runs)
    if options.out is None:
        number = 1
        folder = runs / lab
        while folder.exists():
            number += 1
            folder = runs / f"{lab}-{number}"
    else:
        folder = options.out
    if folder.exists() and any(folder.iterdir()):
        if not options.overwrite:
            raise LabError(
                f"{folder} is not empty: --resume goes on with the run in it, --overwrite deletes that, "
                "and another --out leaves it alone"
            )
        if not (folder / "options.json").exists():
            raise LabError(f"{folder} holds files but no run of a lab: --overwrite deletes nothing there")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _run_to_resume(lab: str, options: Options, runs: Path) -> Path:
    if options.out is not None:
        candidates = [options.out]
    else:
        found = [path.parent for path in runs.glob(f"{lab}*/options.json")]
        candidates = sorted(found, key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in candidates:
        if (folder / "checkpoint.npz").exists():
            return folder
    where = options.out or runs / f"{lab}*"
    raise LabError(f"nothing to resume: no interrupted run in {where}")
