"""Studies: many trainings with different settings, in parallel processes, each kept as it ends."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from chainrule.datasets.load import silent
from chainrule.json_files import read_json, seal, unseal
from chainrule.labs.bar import bar
from chainrule.labs.results import write_json
from chainrule.random import default_generator, manual_seed
from chainrule.train.logs import without_nan

Trial = Callable[..., dict[str, Any]]


class Plan(NamedTuple):
    """A study before it is run.

    Attributes
    ----------
    trial : callable
        A function of a module, so that another process finds it. It returns what JSON can hold; what is no number
        becomes None.
    settings : mapping of str to dict
        The arguments of each trial, under its name. They are what JSON can hold.
    """

    trial: Trial
    settings: Mapping[str, dict[str, Any]]


def run_plans(
    plans: Mapping[str, Plan],
    folder: Path,
    processes: int | None = None,
    title: str = "trials",
    facts: Mapping[str, Any] | None = None,
) -> dict[str, dict[str, dict[str, Any]]]:
    """Run the trials of studies in parallel processes, under one progress bar.

    Every finished trial is kept in ``folder/STUDY/NAME.json`` with its settings. What was interrupted and is run
    again does only what is missing, and what was done with other settings. Each process computes with one thread,
    and each trial begins with the default generator in the same state, so that the numbers are the same however
    many processes there are, and in whatever order trials come to an end.

    Parameters
    ----------
    plans : mapping of str to Plan
        The studies, by name.
    folder : Path
        Where finished trials are kept.
    processes : int, optional
        How many run at a time; by default, one for every processor that this one may use.
    title : str
        What the progress bar says.
    facts : mapping, optional
        What else the numbers depend on, besides the settings: the checksums of the data.

    Returns
    -------
    dict of str to dict of str to dict
        What each trial returned, by study and name, in the order of ``plans``.

    Raises
    ------
    ValueError
        If two trials would be kept in the same file.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> plan = Plan(dict, {"slow": {"lr": 0.1}, "fast": {"lr": 1.0}})
    >>> run_plans({"rates": plan}, folder, processes=1)
    {'rates': {'slow': {'lr': 0.1}, 'fast': {'lr': 1.0}}}
    >>> sorted(path.name for path in (folder / "rates").iterdir())
    ['fast.json', 'slow.json']
    """
    from joblib import Parallel, cpu_count, delayed

    files, orders = {}, {}
    for study, (trial, settings) in plans.items():
        for name, file in _files(settings, folder / study).items():
            files[study, name] = file
            orders[study, name] = _order(trial, settings[name], facts)
        (folder / study).mkdir(parents=True, exist_ok=True)
        for left in (folder / study).glob(".*.partial"):  # by processes that were killed while they wrote
            left.unlink()
    done = {key: kept for key, file in files.items() if (kept := _kept(file, orders[key])) is not None}
    missing = [key for key in files if key not in done]
    workers = Parallel(
        n_jobs=min(processes or cpu_count(), max(len(missing), 1)), batch_size=1, return_as="generator_unordered"
    )
    results = workers(delayed(_run)(plans[key[0]].trial, key, orders[key], files[key]) for key in missing)
    with warnings.catch_warnings():
        # A process that has loaded the data, and PyTorch, has grown; joblib replaces it, which changes no number.
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs", category=UserWarning)
        done.update(bar(results, title, total=len(files), completed=len(done)))
    return {study: {name: done[study, name] for name in plan.settings} for study, plan in plans.items()}


def _files(settings: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    """Return where each trial is kept. Names are for people; a file's name is what every system takes."""
    files = {name: folder / (re.sub(r"[^\w.+=-]+", "_", name) + ".json") for name in settings}
    owners: dict[str, str] = {}
    for name, file in files.items():
        other = owners.setdefault(file.name.casefold(), name)
        if other != name:
            raise ValueError(
                f"run_plans expected names that give different files, got {other!r} and {name!r}, which would "
                f"both be kept in {file.name}: rename one"
            )
    return files


def _order(trial: Trial, settings: dict[str, Any], facts: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what a kept trial must agree with, as it is when it has been through a file."""
    order = {"trial": f"{trial.__module__}.{trial.__qualname__}", "settings": settings}
    if facts:
        order["facts"] = dict(facts)
    return dict(json.loads(json.dumps(order)))


def _kept(file: Path, order: dict[str, Any]) -> dict[str, Any] | None:
    """Return the result of a finished trial, or None if there is none with these settings that is as it was."""
    try:
        content = unseal(read_json(file))
    except (OSError, ValueError):
        return None
    result: dict[str, Any] | None = content.pop("result", None)
    return result if content == order else None


def _run(
    trial: Trial, key: tuple[str, str], order: dict[str, Any], file: Path
) -> tuple[tuple[str, str], dict[str, Any]]:
    """Run a trial, in whatever process, and keep it."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), _own_stream(), silent():
        result = json.loads(json.dumps(without_nan(trial(**order["settings"]))))
    write_json(file, seal({**order, "result": result}))
    return key, result


@contextmanager
def _own_stream() -> Iterator[None]:
    """Begin with the same random numbers everywhere, and leave those of the process as they were."""
    state = default_generator.get_state()
    manual_seed(0)
    try:
        yield
    finally:
        default_generator.set_state(state)
