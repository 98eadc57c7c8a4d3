"""What every lab lets its user choose, and what it says if it can't be had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from chainrule.datasets import MNIST, IDXError
from chainrule.datasets.catalogue import CATALOGUE
from chainrule.datasets.places import file_in, layouts
from chainrule.train import NonFiniteLossError
from chainrule.train.state import CheckpointError

D = TypeVar("D", bound=MNIST)

SOURCES = ("auto", "full", "sample")  # what ``data`` can be besides a folder, whatever folders there are


class LabError(Exception):
    """A lab can't run as asked. The message is for the person who asked."""


# What can keep a lab from running although the program is right: told without a traceback.
REFUSALS = (LabError, OSError, IDXError, ImportError, NonFiniteLossError, CheckpointError)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, in a lab that can be resumed.

    Attributes
    ----------
    folder : Path
        Of the run.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(f"the run in {folder} was interrupted")
        self.folder = folder


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
    extra : mapping of str to what JSON can hold
        The lab's own options, those of its list ``EXTRA``, as click names them. What is missing has its default.
    out : Path or None
        The folder of results; None for a new one under ``runs``.
    resume : bool
        Whether to go on with the interrupted run in that folder.
    overwrite : bool
        Whether a finished or interrupted run in that folder may be deleted.
    processes : int or None
        How many trials of a study run at a time; None for one on every processor. The numbers don't depend on it.
    given : frozenset of str
        The options that were asked for, which are not defaults. A resumed run takes the others from its beginning.
    """

    epochs: int = 5
    batch_size: int = 64
    lr: float = 1e-3
    seed: int = 42
    data: str = "auto"
    reference: str = "auto"
    extra: Mapping[str, Any] = field(default_factory=dict)
    out: Path | None = None
    resume: bool = False
    overwrite: bool = False
    processes: int | None = None
    given: frozenset[str] = frozenset()

    def deciding(self) -> dict[str, Any]:
        """Return what the numbers of the run depend on, apart from the data themselves."""
        return {k: v for k, v in asdict(self).items() if k in ("batch_size", "lr", "seed")}

    def place(self) -> str:
        """Return ``data`` as other processes understand it, wherever they stand: a folder by its whole path."""
        return self.data if self.data in SOURCES else str(Path(self.data).resolve())

    def load(self, dataset: type[D], **arguments: Any) -> D:
        """Return a dataset of :mod:`chainrule.datasets`, from where ``data`` says.

        Raises
        ------
        LabError
            If a folder was named that is not there, or does not hold the dataset.
        """
        if self.data in SOURCES:
            return dataset(source=self.data, **arguments)  # type: ignore[arg-type]
        folder = Path(self.data)
        if not folder.is_dir():
            raise LabError(f"--data expected auto, full, sample or a folder that exists, got {self.data!r}")
        published = next(image_set for image_set in CATALOGUE if image_set.name == dataset.__name__)
        if not any(file_in(place, file) for place in layouts(folder, published) for file in published.files):
            raise LabError(
                f"--data {folder}: {dataset.__name__} is not in that folder, where {published.files[0].name}[.gz] "
                "and others are expected, or folders with them as torchvision makes them"
            )
        return dataset(root=folder, **arguments)


def usual_options(module: ModuleType) -> Options:
    """Return the options of a lab as they are when nothing is chosen.

    Parameters
    ----------
    module : module
        The lab's, with ``EPOCHS``, ``BATCH_SIZE``, ``LR`` and ``SEED`` where its defaults are not the tutorial's.

    Examples
    --------
    >>> from chainrule.labs import tutorial
    >>> usual_options(tutorial).batch_size
    64
    """
    names = ("epochs", "batch_size", "lr", "seed")
    return Options(**{name: getattr(module, name.upper()) for name in names if hasattr(module, name.upper())})
