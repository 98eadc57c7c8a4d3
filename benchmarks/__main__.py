"""``python -m benchmarks``: hold the contests, print their tables, and write them down."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
from tabulate import tabulate

from benchmarks.harness import BenchmarkError, NobodyToCompare, Work, measure
from benchmarks.tutorial import WORKS
from chainrule.labs.results import write_json

REGISTRY: dict[str, Work] = {work.name: work for work in WORKS}


def available_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1, type=click.Choice(list(REGISTRY)))
@click.option("--rounds", default=31, show_default=True, type=click.IntRange(min=2))
@click.option(
    "--threads", default=available_cores, type=click.IntRange(min=1), help="Of each side; default: all cores."
)
@click.option(
    "--json",
    "folder",
    default="runs/bench",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder that gets a NAME.json for each work.",
)
def main(names: tuple[str, ...], rounds: int, threads: int, folder: Path) -> None:
    """Measure the works NAME (default: all), each between sides that do the same."""
    for name in names or REGISTRY:
        try:
            report = measure(REGISTRY[name], rounds, threads, click.echo)
        except NobodyToCompare as error:
            click.echo(f"{name} is skipped: {error}\n")
            continue
        except BenchmarkError as error:
            raise click.ClickException(f"{name} was not timed: {error}") from error
        write_json(folder / f"{name}.json", report)
        click.echo(f"{render(report)}\n\nWritten to {folder / f'{name}.json'}\n")


def render(report: dict[str, Any]) -> str:
    """Return a report as tables for the terminal."""
    data, sides = report["data"], report["sides"]
    pools = "; ".join(f"{name}: {_pairs(side['threads'])}" for name, side in sides.items())
    versions = {k: v for side in sides.values() for k, v in side["versions"].items()}
    head = [
        f"{report['work']}: {report['title']}",
        f"Data: {_pairs({k: v for k, v in data.items() if k != 'sha256'})}",
        f"Machine: {report['machine']['architecture']}, {report['machine']['cores']} cores. "
        f"Python {report['python']}, {_pairs(versions)}",
        f"Threads: {pools}",
        f"{report['rounds']} rounds of {report['steps_per_round']} steps each; "
        f"an epoch has {report['steps_per_epoch']}",
    ]
    times = [{"seconds per epoch": name, **_cells(side["seconds_per_epoch"])} for name, side in sides.items()]
    ratios = [
        {"ratio": f"{r['side']} / {r['peer']}", **_cells(r), "promise": _promise(r)} for r in report["ratios"]
    ]
    tables = [tabulate(rows, headers="keys", floatfmt=".3f") for rows in (times, ratios)]
    return "\n\n".join(["\n".join(head), *tables])


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _cells(spread: dict[str, Any]) -> dict[str, float]:
    low, high = spread["quartiles"]
    return {
        "median": spread["median"],
        "min": spread["min"],
        "quartile 1": low,
        "quartile 3": high,
        "max": spread["max"],
    }


def _promise(ratio: dict[str, Any]) -> str:
    if "promise" not in ratio:
        return ""
    return f"at most {ratio['promise']:.2f}: {'kept' if ratio['kept'] else 'not kept'}"


if __name__ == "__main__":
    main()
