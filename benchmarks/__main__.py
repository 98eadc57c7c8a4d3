"""``python -m benchmarks``: hold the contests, print their tables, and write them down."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from tabulate import tabulate

from benchmarks.harness import NobodyToCompare, measure
from benchmarks.processes import BenchmarkError, available_cores
from benchmarks.sentences import on_others, quartiles
from benchmarks.works import CAPTURED, registry
from chainrule.labs.results import write_json


@click.command(epilog=f"Works: {', '.join(registry())}.")
@click.argument("names", metavar="[NAME]...", nargs=-1, type=click.Choice(list(registry())))
@click.option("--rounds", type=click.IntRange(min=2), help="Of each repeat; default: 15, in works over an axis 5.")
@click.option("--repeats", default=1, show_default=True, type=click.IntRange(min=1), help="In new processes.")
@click.option(
    "--all-peers",
    is_flag=True,
    help="In works over an axis (batch size, width, depth), too: an hour, most of it for compiling.",
)
@click.option(
    "--threads",
    default=lambda: len(available_cores()),
    type=click.IntRange(min=1),
    help="Of each side, on as many cores, whatever OMP_NUM_THREADS says; default: all.",
)
@click.option(
    "--json",
    "folder",
    default="runs/bench",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder that gets a NAME.json for each work.",
)
def main(
    names: Sequence[str], rounds: int | None, repeats: int, all_peers: bool, threads: int, folder: Path
) -> None:
    """Measure the works NAME (default: all), each between sides that do the same.

    What is slower than promised is said, and is no error. What can't be measured is.
    """
    works = registry(all_peers)
    reports, errors = [], []
    for name in names or works:
        work = works[name]
        try:
            report = measure(work, rounds or work.rounds, repeats, threads, click.echo)
        except NobodyToCompare as error:
            click.echo(f"{name} is skipped: {error}\n")
            continue
        except BenchmarkError as error:
            errors.append(f"{name} was not timed: {error}")
            click.echo(errors[-1], err=True)
            continue
        write_json(folder / f"{name}.json", report)
        click.echo(f"\n{render(report)}\n\nWritten to {folder / f'{name}.json'}\n")
        reports.append(report)
    click.echo(f"{summary(reports)}\n{on_others(reports)}")
    if errors:
        raise click.ClickException("\n".join(errors))


def render(report: dict[str, Any]) -> str:
    """Return a report as tables for the terminal."""
    machine, sides = report["machine"], report["sides"]
    pools = "; ".join(f"{name}: {_pairs(side['threads'])}" for name, side in sides.items())
    versions = {k: v for side in sides.values() for k, v in side["versions"].items()}
    lines = [
        f"{report['work']}: {report['title']}",
        f"Data: {_pairs({k: v for k, v in report['cases'][0]['data'].items() if k != 'sha256'})}",
        f"Machine: {machine['processor']}, {machine['architecture']}, {machine['cores']} cores. "
        f"Python {report['python']}, {_pairs(versions)}",
        f"Threads: {pools}",
        f"Rounds: {report['rounds']} each time, repeats: {report['repeats']}",
    ]
    times, ratios = [], []
    for case in report["cases"]:
        at = {} if case["x"] is None else {report["axis"]: case["x"]}
        for name, seconds in case["seconds_per_step"].items():
            times.append({**at, "microseconds per step": name, **_cells(seconds, scale=1e6)})
        for ratio in case["ratios"]:
            if at and ratio["side"] != CAPTURED:
                continue  # a sweep has many rows as it is
            pair = f"{ratio['side']} / {ratio['peer']}"
            ratios.append({**at, "ratio": pair, **_cells(ratio), "promise": _promise(ratio)})
    tables = [
        tabulate(times, headers="keys", floatfmt=",.0f", intfmt=""),
        tabulate(ratios, headers="keys", floatfmt=".2f"),
    ]
    return "\n\n".join(["\n".join(lines), *tables])


def summary(reports: Sequence[dict[str, Any]]) -> str:
    """Return what was promised and what was measured, as a table for the terminal."""
    rows = [
        {
            "work": report["work"] if case["x"] is None else f"{report['work']}, {case['x']}",
            "ratio": f"{ratio['side']} / {ratio['peer']}",
            "at most": ratio["promise"],
            "measured": f"{ratio['median']:.3f}",
            "quartiles": quartiles(ratio),
            "promise": "kept" if ratio["kept"] else "NOT KEPT",
        }
        for report in reports
        for case in report["cases"]
        for ratio in case["ratios"]
        if "promise" in ratio
    ]
    if not rows:
        return "Nothing was promised of what was measured."
    kept = sum(row["promise"] == "kept" for row in rows)
    return f"{tabulate(rows, headers='keys', floatfmt='.2f')}\n\n{kept} of {len(rows)} promises are kept."


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _cells(spread: dict[str, Any], scale: float = 1.0) -> dict[str, float]:
    low, high = spread["quartiles"]
    cells = {
        "median": spread["median"],
        "min": spread["min"],
        "quartile 1": low,
        "quartile 3": high,
        "max": spread["max"],
    }
    return {name: scale * value for name, value in cells.items()}


def _promise(ratio: dict[str, Any]) -> str:
    if "promise" not in ratio:
        return ""
    return f"at most {ratio['promise']:.2f}: {'kept' if ratio['kept'] else 'not kept'}"


if __name__ == "__main__":
    main()
