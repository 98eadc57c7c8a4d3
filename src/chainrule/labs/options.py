"""What every lab lets its user choose, and the folder that its results go to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from chainrule.datasets import MNIST, IDXError
from chainrule.labs.results import write_json
from chainrule.serialization import load
from chainrule.train import NonFiniteLossError

D = TypeVar("D", bound=MNIST)

RUNS = Path("runs")
CHECKPOINT = "checkpoint.npz"  # is there as long as the run is not finished
OPTIONS = "options.json"  # marks a folder as a run's
REMEMBERED = ("epochs", "batch_size", "lr", "seed", "data", "reference", "extra")
FIXED = ("batch_size", "lr", "seed")  # once a run has begun; and so are a lab's own


class LabError(Exception):
    """A lab can't run as asked. The message is for the person who asked."""


# What can keep a lab from running although the program is right: told without a traceback.
REFUSALS = (LabError, FileNotFoundError, IDXError, ImportError, NonFiniteLossError)


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
    given: frozenset[str] = frozenset()

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


def open_run(lab: str, options: Options, runs: Path = RUNS) -> Path:
    """Return the folder that the results of a run go to.

    Parameters
    ----------
    lab : str
    options : Options
        To resume, those of :func:`resumed`.
    runs : Path
        Where folders are made if the options name none: ``runs/tutorial``, ``runs/tutorial-2`` and so on.

    Returns
    -------
    Path
        An empty folder; or, to resume, one that holds an interrupted run.

    Raises
    ------
    LabError
        If the folder can't be made, or something stands where it should go.

    Examples
    --------
    >>> import tempfile
    >>> runs = Path(tempfile.mkdtemp())
    >>> open_run("tutorial", Options(), runs).name, open_run("tutorial", Options(), runs).name
    ('tutorial', 'tutorial-2')
    """
    folder = options.out or _new_folder(lab, runs)
    if options.resume:
        return folder
    try:
        if folder.is_dir() and any(folder.iterdir()):
            _check_deletable(folder, options.overwrite)
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(
            f"--out expected a folder, or a place for one, got {folder}, which can't be used: {error.strerror}"
        ) from error
    return folder


def _new_folder(lab: str, runs: Path) -> Path:
    folder, number = runs / lab, 1
    while folder.exists():
        number += 1
        folder = runs / f"{lab}-{number}"
    return folder


def _check_deletable(folder: Path, overwrite: bool) -> None:
    """Raise if a folder with something in it must stay as it is."""
    if _remembered(folder) is None:
        raise LabError(f"--out {folder} holds files but no run of a lab: they stay, so name another folder")
    if not overwrite:
        state, mend = "a finished run", ""
        if (folder / CHECKPOINT).exists():
            state, mend = "an interrupted run", "--resume goes on with it, "
        raise LabError(
            f"--out {folder} holds {state}: {mend}--overwrite deletes it, and another --out leaves it alone"
        )


# ---- to be resumed ---------------------------------------------------------------------------------------------


@contextmanager
def resumable(folder: Path) -> Iterator[None]:
    """Let Ctrl-C name the folder of the run that it interrupts.

    Raises
    ------
    Interrupted
        In the place of KeyboardInterrupt, if there is a checkpoint.
    """
    try:
        yield
    except KeyboardInterrupt as interrupt:
        if (folder / CHECKPOINT).exists():
            raise Interrupted(folder) from interrupt
        raise


def remember(lab: str, options: Options, facts: dict[str, Any], folder: Path) -> None:
    """Note the options of a run in its folder, for :func:`resumed`.

    Parameters
    ----------
    lab : str
    options : Options
    facts : dict
        What else must be the same when the run is resumed, each under the words that an error calls it by.
    folder : Path

    Raises
    ------
    LabError
        If the run is resumed and the facts have changed.
    """
    if options.resume:
        before = (_remembered(folder) or {}).get("facts", {})
        for name, value in facts.items():
            if before.get(name) != value:
                raise LabError(
                    f"--resume: the run in {folder} was started with {name} = {before.get(name)}, "
                    f"and now it is {value}"
                )
    chosen = {name: getattr(options, name) for name in REMEMBERED}
    if Path(options.data).is_dir():
        chosen["data"] = str(Path(options.data).resolve())  # it may be resumed from elsewhere
    write_json(folder / OPTIONS, {"lab": lab, "options": chosen, "facts": facts})


def resumed(lab: str, options: Options, runs: Path = RUNS) -> Options:
    """Return the options with which an interrupted run goes on: its own, and those that were given.

    Parameters
    ----------
    lab : str
    options : Options
        ``out`` names the folder of the run; None for the newest interrupted one.
    runs : Path
        Where to look for it.

    Returns
    -------
    Options

    Raises
    ------
    LabError
        If there is nothing to resume, or an option was given that can't be changed any more.
    """
    if options.overwrite:
        raise LabError("--resume goes on with a run and --overwrite deletes it: choose one of them")
    folder = _interrupted(lab, options.out, runs)
    chosen = (_remembered(folder) or {})["options"]
    asked = {**{name: getattr(options, name) for name in FIXED}, **options.extra}
    for name, value in asked.items():
        before = chosen["extra"].get(name) if name in options.extra else chosen[name]
        if name in options.given and value != before:
            raise LabError(
                f"--resume: the run in {folder} was started with {name} = {before}, and now {value} is asked for"
            )
    own = {name: value for name, value in chosen.items() if name not in options.given}
    options = replace(options, **own, out=folder)
    try:
        state = load(folder / CHECKPOINT)
    except ValueError as error:
        raise LabError(f"nothing to resume: {error}") from error
    begun = len(state["history"]["epochs"]) + (state["running"] is not None)
    if options.epochs < begun:
        raise LabError(f"--epochs {options.epochs}: the run in {folder} is already in epoch {begun}")
    return options


def _interrupted(lab: str, out: Path | None, runs: Path) -> Path:
    """Return the folder of the run to resume."""
    candidates = [out] if out else [path.parent for path in runs.glob(f"{lab}*/{CHECKPOINT}")]
    found = [folder for folder in candidates if (_remembered(folder) or {}).get("lab") == lab]
    unfinished = [folder for folder in found if (folder / CHECKPOINT).exists()]
    if unfinished:
        return max(unfinished, key=lambda folder: (folder / CHECKPOINT).stat().st_mtime)
    if out and (out / "summary.json").exists():
        raise LabError(f"nothing to resume: the run in {out} is finished")
    raise LabError(f"nothing to resume: no interrupted run in {out or runs / f'{lab}*'}")


def _remembered(folder: Path) -> dict[str, Any] | None:
    """Return what a run's folder says of the run, or None if it is no run's."""
    try:
        content = json.loads((folder / OPTIONS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and content.keys() >= {"lab", "options", "facts"} else None
