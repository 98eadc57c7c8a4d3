"""``python -m benchmarks.profiles``: where the time of a captured step goes, action by action."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

import click
import numpy as np
from tabulate import tabulate
from threadpoolctl import threadpool_limits

import chainrule as cr
from benchmarks.problem import Problem
from benchmarks.processes import available_cores
from benchmarks.sentences import duration
from benchmarks.sides.modules import steps
from benchmarks.works import LABS
from chainrule.labs.results import write_json

WORKS = {work.name: work for work in LABS if work.name != "end-to-end"}
REST = "the call itself: arguments, checks, copies of results"
BUDGET = 3.0  # seconds for each work


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1, type=click.Choice(list(WORKS)))
@click.option(
    "--threads", default=lambda: len(available_cores()), type=click.IntRange(min=1), help="Default: all."
)
@click.option("--json", "folder", default="runs/bench", show_default=True, type=click.Path(path_type=Path))
def main(names: Sequence[str], threads: int, folder: Path) -> None:
    """Show what the actions of captured steps take, work by work (default: all)."""
    for name in names or WORKS:
        with threadpool_limits(threads):
            profile = measure(WORKS[name].cases[0].load().given, threads)
        write_json(folder / f"profile-{name}.json", {"work": name, **profile})
        click.echo(f"{name}:\n\n{tabulate(rows(profile), headers='keys', disable_numparse=True)}\n")


def measure(problem: Problem, threads: int) -> dict[str, Any]:
    """Take steps with and without the clock between the actions, in turn.

    Parameters
    ----------
    problem : Problem
    threads : int
        To be written down.

    Returns
    -------
    dict
        ``"actions"``: name and median of the seconds, in their order; ``"step"``: the median of whole steps.
    """
    actions: dict[int, list[float]] = defaultdict(list)
    names: list[str] = []
    whole: list[float] = []

    def profiled(function: Callable[..., Any]) -> Callable[..., Any]:
        step = cr.capture(function)

        def call(*batch: Any) -> Any:
            if step.recorded(*batch) and len(whole) > len(actions[0]):
                profile = step.profile(*batch)
                names[:] = [name for name, _ in profile]
                for i, (_, seconds) in enumerate(profile):
                    actions[i].append(seconds)
                return None
            start = perf_counter()
            result = step(*batch)
            whole.append(perf_counter() - start)
            return result

        return call

    iterator = steps(cr, problem, make_step=profiled)
    for _ in islice(iterator, 20):
        pass
    actions.clear()
    whole.clear()
    end = perf_counter() + BUDGET
    while perf_counter() < end:
        next(iterator)
    medians = [(name, float(np.median(actions[i]))) for i, name in enumerate(names)]
    return {"threads": threads, "steps": len(whole), "actions": medians, "step": float(np.median(whole))}


def rows(profile: dict[str, Any]) -> list[dict[str, str]]:
    """Return the table: what each action takes, and its share of a whole step."""
    step = profile["step"]
    named = [*profile["actions"], (REST, step - sum(seconds for _, seconds in profile["actions"]))]
    table = [
        {"action": name, "takes": duration(seconds), "share": f"{100 * seconds / step:.0f} %"}
        for name, seconds in named
        if seconds > 0  # the clock between the actions takes time, too
    ]
    return [*table, {"action": "a whole step", "takes": duration(step), "share": "100 %"}]


if __name__ == "__main__":
    main()
