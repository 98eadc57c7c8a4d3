"""All labs in turn, and the page that links their reports."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import chainrule
from chainrule.files import write_text
from chainrule.json_files import read_json, seal, unseal
from chainrule.labs import LABS
from chainrule.labs.folder import RUNNING
from chainrule.labs.index import PAGE, REPORT, Entry, index_page, report_page
from chainrule.labs.options import REFUSALS, LabError, Options, usual_options
from chainrule.labs.results import LabResult, write_json
from chainrule.labs.run import LabRun, resumed

NAME = "all"
DONE = "labs.json"  # what the page says of the labs that have run


def run(options: Options, on_start: Callable[[str], object], on_end: Callable[[LabResult], object]) -> LabResult:
    """Run every lab with its usual options, in folders of their own, and write the page that links them.

    The page is written after each lab. A lab that can't run does not keep the others from running; with
    ``resume`` it is tried again.

    Parameters
    ----------
    options : Options
        Of these, ``data``, ``reference``, ``processes``, ``out``, ``resume`` and ``overwrite`` count.
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
    options = resumed(NAME, options)
    with LabRun(NAME, options) as running:
        folder = running.folder
        entries = {name: entry for name, entry in _kept(folder).items() if not entry.failure}
        for name in LABS:
            if name not in entries:
                on_start(name)
                entries[name] = _run_one(name, options, folder / name, on_end)
                _keep(entries, folder)
        failed = [entry for entry in entries.values() if entry.failure]
        if failed:
            causes = "; ".join(f"{entry.name}: {entry.failure}" for entry in failed)
            raise LabError(
                f"{len(failed)} of {len(entries)} labs could not run ({causes}). See {folder / PAGE}; --resume "
                "tries them again"
            )
    rows = [
        {"lab": entry.name, "seconds": f"{entry.seconds:.0f}", "report": str(folder / entry.name / REPORT)}
        for entry in entries.values()
    ]
    return LabResult(folder, rows, [], PAGE)


def _run_one(name: str, options: Options, folder: Path, on_end: Callable[[LabResult], object]) -> Entry:
    """Run a lab, or go on with it, and return what the page says of it."""
    start = time.perf_counter()
    interrupted = (folder / RUNNING).exists()
    try:
        module = importlib.import_module(f"chainrule.labs.{name}")
        own = replace(
            usual_options(module),
            data=options.data,
            reference=options.reference,
            processes=options.processes,
            out=folder,
            resume=interrupted,
            overwrite=not interrupted,  # at most what an interrupted beginning has left
        )
        result: LabResult = module.run(own)
    except REFUSALS as error:
        return Entry(name, LABS[name], time.perf_counter() - start, failure=str(error))
    on_end(result)
    seconds = time.perf_counter() - start
    write_text(folder / REPORT, report_page(folder, LABS[name]))
    table = [{key: str(value) for key, value in row.items()} for row in result.table]
    files = sorted(path.name for path in folder.iterdir() if path.is_file())
    return Entry(name, LABS[name], seconds, table, result.conclusions, result.figure, files)


def _kept(folder: Path) -> dict[str, Entry]:
    """Return what the page says of the labs that ran before an interruption, if that can still be read."""
    try:
        entries = [Entry(**entry) for entry in unseal(read_json(folder / DONE))["labs"]]
    except (OSError, ValueError, TypeError):  # the last: of another version
        return {}
    return {entry.name: entry for entry in entries if entry.name in LABS}


def _keep(entries: dict[str, Entry], folder: Path) -> None:
    """Write the page, and what a resumed run goes on from."""
    ordered = [entries[name] for name in LABS if name in entries]
    write_json(folder / DONE, seal({"labs": [asdict(entry) for entry in ordered]}))
    write_text(folder / PAGE, index_page(ordered, chainrule.__version__))
