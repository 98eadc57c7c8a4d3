"""The folder of a run: what may become one, what it was started with, and which is gone on with."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.json_files import read_json, seal, unseal
from chainrule.labs.options import LabError, Options
from chainrule.labs.results import write_json
from chainrule.serialization import load

if TYPE_CHECKING:
    from filelock import BaseFileLock

RUNS = Path("runs")
RUNNING = "running"  # a file that is there as long as the run is not finished, and locked by who is at work on it
OPTIONS = "options.json"  # marks a folder as a run's
FINISHED = ("summary.json", "report.md")
REMEMBERED = ("epochs", "batch_size", "lr", "seed", "data", "reference", "extra")
FIXED = ("batch_size", "lr", "seed")  # once a run has begun; and so are a lab's own


def new_folder(lab: str, runs: Path) -> Path:
    """Make a folder that was not there: ``runs/tutorial``, or ``runs/tutorial-2`` and so on."""
    try:
        runs.mkdir(parents=True, exist_ok=True)
        for number in count(1):
            folder = runs / (lab if number == 1 else f"{lab}-{number}")
            with suppress(FileExistsError):  # also where another process has made it just now
                folder.mkdir()
                break
    except OSError as error:
        raise LabError(f"no folder can be made in {runs} ({error.strerror}): name one with --out") from error
    return folder


def hold(folder: Path) -> BaseFileLock:
    """Keep other processes from a run until its lock is released or this process ends, or raise a LabError."""
    from filelock import FileLock, Timeout  # here: it takes as long to import as NumPy

    lock = FileLock(folder / RUNNING)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise LabError(
            f"another process is at work on the run in {folder}: wait for its end, or name another --out"
        ) from error
    (folder / RUNNING).touch()  # of several interrupted runs, the newest is gone on with
    return lock


def make_empty(folder: Path, overwrite: bool) -> BaseFileLock:
    """Make the folder, or empty it, and hold it, or raise a LabError."""
    try:
        before = _content(folder)
        if before:
            _check_deletable(folder, overwrite)
        folder.mkdir(parents=True, exist_ok=True)
        lock = hold(folder)
        # The mark of a run last: if this is killed in between, the rest can still be deleted.
        for path in sorted(before, key=lambda path: path.name == OPTIONS):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        return lock
    except OSError as error:
        raise LabError(
            f"--out expected a folder, or a place for one, got {folder}, which can't be used: {error.strerror}"
        ) from error


def _content(folder: Path) -> list[Path]:
    """Return what a folder holds, apart from what a process has left that was killed before it had begun."""
    paths = folder.iterdir() if folder.is_dir() else []
    return [path for path in paths if path.name != RUNNING or path.is_dir() or path.stat().st_size]


def _check_deletable(folder: Path, overwrite: bool) -> None:
    """Raise if a folder with something in it must stay as it is."""
    marks = (folder / RUNNING).is_file() or all((folder / name).is_file() for name in FINISHED)
    damaged = (folder / OPTIONS).is_file() and marks
    if _remembered(folder) is None and not damaged:
        raise LabError(f"--out {folder} holds files but no run of a lab: they stay, so name another folder")
    if not overwrite:
        state, mend = "a finished run", ""
        if (folder / RUNNING).exists():
            hold(folder).release()  # which says so if it is not interrupted at all
            state, mend = "an interrupted run", "--resume goes on with it, "
        raise LabError(
            f"--out {folder} holds {state}: {mend}--overwrite deletes it, and another --out leaves it alone"
        )


def remember(folder: Path, lab: str, options: Options, facts: Mapping[str, Any]) -> None:
    """Note what a run is started with, for :func:`resumed`; ``facts`` are what else must stay the same."""
    own = {name: getattr(options, name) for name in REMEMBERED} | {"data": options.place()}
    write_json(folder / OPTIONS, seal({"lab": lab, "options": own, "facts": dict(facts)}))


def _remembered(folder: Path) -> dict[str, Any] | None:
    """Return what a run's folder says of the run, or None if it is no run's."""
    try:
        content = read_json(folder / OPTIONS)
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and content.keys() >= {"lab", "options", "facts"} else None


def _unchanged(folder: Path) -> dict[str, Any]:
    """Return what was noted of a run that is to be resumed, or raise a LabError if it was changed."""
    path = folder / OPTIONS
    try:
        return unseal(read_json(path))
    except (OSError, ValueError) as error:
        raise LabError(
            f"nothing to resume: {path} is not as this version writes it ({error}). What a run began with can't "
            "be changed: begin anew with --overwrite, or in another folder"
        ) from error


# ---- to be resumed ---------------------------------------------------------------------------------------------


def resumed(lab: str, options: Options, runs: Path = RUNS) -> Options:
    """Return the options themselves, or with ``resume`` those that the interrupted run was started with.

    Parameters
    ----------
    lab : str
    options : Options
        ``out`` names the run, or is None for the newest interrupted one. What was given of ``epochs``, ``data``
        and ``reference`` counts.
    runs : Path
        Where to look for it.

    Raises
    ------
    LabError
        If there is nothing to resume, or an option was given that can't be changed any more.
    """
    if not options.resume:
        return options
    if options.overwrite:
        raise LabError("--resume goes on with a run and --overwrite deletes it: choose one of them")
    folder = _interrupted(lab, options.out, runs)
    chosen = _unchanged(folder)["options"]
    asked = {**{name: getattr(options, name) for name in FIXED}, **options.extra}
    for name, value in asked.items():
        before = chosen["extra"].get(name) if name in options.extra else chosen[name]
        if name in options.given and value != before:
            raise LabError(
                f"--resume: the run in {folder} was started with {name} = {before}, and now {value} is asked for"
            )
    own = {name: value for name, value in chosen.items() if name not in options.given}
    options = replace(options, **own, out=folder)
    begun = max(_epochs_begun(folder), default=0)
    if options.epochs < begun:
        raise LabError(f"--epochs {options.epochs}: the run in {folder} is already in epoch {begun}")
    return options


def _interrupted(lab: str, out: Path | None, runs: Path) -> Path:
    """Return the folder of the run to resume."""
    candidates = [out] if out else [path.parent for path in runs.glob(f"{lab}*/{RUNNING}")]
    found = [folder for folder in candidates if (_remembered(folder) or {}).get("lab") == lab]
    unfinished = [folder for folder in found if (folder / RUNNING).exists()]
    if unfinished:
        return max(unfinished, key=lambda folder: (folder / RUNNING).stat().st_mtime)
    if out and (out / "summary.json").exists() and not (out / RUNNING).exists():
        raise LabError(f"nothing to resume: the run in {out} is finished")
    for folder in candidates:
        if (folder / OPTIONS).exists():
            _unchanged(folder)  # says so if that is why
    raise LabError(f"nothing to resume: no interrupted run in {out or runs / f'{lab}*'}")


def _epochs_begun(folder: Path) -> Iterator[int]:
    """Yield in which epoch each training of a run is."""
    for path in sorted(folder.glob("checkpoint*.npz")):
        try:
            state = load(path)
            yield len(state["history"]["epochs"]) + (state["running"] is not None)
        except ValueError as error:
            raise LabError(f"nothing to resume: {error}") from error
        except (KeyError, TypeError) as error:
            raise LabError(f"nothing to resume: {path} is no checkpoint of a training: {error}") from error


def check_facts(folder: Path, facts: Mapping[str, Any]) -> None:
    """Raise a LabError if a run would go on with something else than it began with."""
    before = _unchanged(folder)["facts"]
    for name, now in facts.items():
        if before.get(name) != now:
            raise LabError(
                f"--resume: the run in {folder} was started with {name} = {before.get(name)}, and now it is {now}"
            )
