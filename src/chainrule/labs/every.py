"""All labs in turn, and the page that links their reports."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import chainrule
from chainrule.files import write_text
from chainrule.labs import LABS
from chainrule.labs.index import Entry, index_page
from chainrule.labs.options import (
    CHECKPOINT,
    REFUSALS,
    Interrupted,
    LabError,
    Options,
    open_run,
    remember,
    resumed,
    usual_options,
)
from chainrule.labs.results import LabResult
from chainrule.serialization import load, save

NAME = "all"
PAGE = "index.html"


def run(
    options: Options, on_start: Callable[[str], object] = str, on_end: Callable[[LabResult], object] = repr
) -> LabResult:
    """Run every lab with its usual options, in folders of their own, and write the page that links them.

    The page is written after each lab. A lab that can't run does not keep the others from running.

    Parameters
    ----------
    options : Options
        Of these, ``data``, ``reference``, ``out``, ``resume`` and ``overwrite`` count.
    on_start, on_end : callable
        Are told the name of a lab that begins, and the result of one that has ended.

    Returns
    -------
    LabResult

    Raises
    ------
    LabError
        At the end, if labs could not run.
    """
    entries: list[Entry] = []
    if options.resume:
        options = resumed(NAME, options)
    folder = open_run(NAME, options)
    if options.resume:
        entries = [Entry(**entry) for entry in load(folder / CHECKPOINT)["entries"]]
    remember(NAME, options, {}, folder)
    _keep(entries, folder)
    for name in [name for name in LABS if name not in {entry.name for entry in entries}]:
        on_start(name)
        try:
            entry = _run_one(name, options, folder / name, on_end)
        except KeyboardInterrupt as interrupt:
            raise Interrupted(folder) from interrupt
        entries.append(entry)
        _keep(entries, folder)
    (folder / CHECKPOINT).unlink()
    failed = [entry for entry in entries if entry.failure]
    if failed:
        causes = "; ".join(f"{entry.name}: {entry.failure}" for entry in failed)
        raise LabError(f"{len(failed)} of {len(entries)} labs could not run ({causes}). See {folder / PAGE}")
    rows = [
        {"lab": entry.name, "seconds": f"{entry.seconds:.0f}", "report": str(folder / entry.name / "report.md")}
        for entry in entries
    ]
    return LabResult(folder, rows, [], PAGE)


def _run_one(name: str, options: Options, folder: Path, on_end: Callable[[LabResult], object]) -> Entry:
    """Run a lab, or go on with it, and return what the page says of it."""
    start = time.perf_counter()
    interrupted = (folder / CHECKPOINT).exists()
    try:
        module = importlib.import_module(f"chainrule.labs.{name}")
        own = replace(
            usual_options(module),
            data=options.data,
            reference=options.reference,
            out=folder,
            resume=interrupted,
            overwrite=not interrupted,  # at most what an interrupted beginning has left
        )
        result: LabResult = module.run(own)
    except REFUSALS as error:
        return Entry(name, LABS[name], time.perf_counter() - start, failure=str(error))
    on_end(result)
    files = sorted(path.name for path in folder.iterdir() if path.is_file())
    return Entry(
        name,
        LABS[name],
        time.perf_counter() - start,
        [{key: str(value) for key, value in row.items()} for row in result.table],
        result.conclusions,
        result.figure,
        files,
    )


def _keep(entries: list[Entry], folder: Path) -> None:
    """Write the page, and what a resumed run goes on from."""
    write_text(folder / PAGE, index_page(entries, folder, chainrule.__version__))
    state: dict[str, Any] = {"history": {"epochs": []}, "running": None}  # as checkpoints of labs are read
    save({**state, "entries": [vars(entry) for entry in entries]}, folder / CHECKPOINT)
