"""``python -m benchmarks.page FOLDER``: a page with tables and figures, made from what the contests wrote down."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from benchmarks import figures
from benchmarks.profiles import rows
from benchmarks.reports import Measured, Report, all_ratios, find, load, load_profiles, share, took_part
from benchmarks.sentences import (
    duration,
    on_data,
    on_labs,
    on_losses,
    on_method,
    on_profile,
    on_promises,
    on_sweep,
    quartiles,
)
from benchmarks.works import CAPTURED, EAGER, PYTORCH, SWEEPS
from chainrule.files import write_text
from chainrule.labs.report import markdown_table
from chainrule.plot import save_figure

PICTURES = "benchmarks"  # the folder of the figures, beside the page


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default="runs/bench")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder that gets benchmarks.md, and the figures in benchmarks/; default: FOLDER.",
)
def main(folder: Path, out: Path | None) -> None:
    """Write the page from the JSON files in FOLDER (default: runs/bench)."""
    out = out or folder
    try:
        reports = load(folder)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if not reports:
        raise click.ClickException(f"there is no report in {folder}: run python -m benchmarks first")
    write_text(out / "benchmarks.md", page(reports, load_profiles(folder), out / PICTURES))
    click.echo(f"Written: {out / 'benchmarks.md'}")


def page(reports: dict[str, Report], profiled: dict[str, Report], pictures: Path) -> str:
    """Return the page, and write its figures.

    Parameters
    ----------
    reports : dict of str to dict
        By the names of their works.
    profiled : dict of str to dict
        The profiles of some, by the names of their works.
    pictures : Path
        The folder for the figures.
    """
    pictures.mkdir(parents=True, exist_ok=True)
    labs = [report for report in reports.values() if not report["axis"]]
    measured = list(all_ratios(list(reports.values())))
    parts = [
        "# Benchmarks",
        "Sides that did the same work, turn by turn in the same run. What counts is the ratio of their times, of "
        "which the medians and the quartiles are given: below 1, the first one is faster. This page is made by "
        "`python -m benchmarks.page` from what `python -m benchmarks` measured.",
        "## Promises",
        on_promises(measured),
        promises_table(measured),
        "## Where chainrule loses",
        on_losses(measured),
    ]
    if labs:
        title = on_labs(labs)
        save_figure(figures.overview(labs, title), pictures / "overview.png")
        parts += [
            "## The labs' networks",
            f"{title}.",
            f"![Bars of the ratios, work by work]({PICTURES}/overview.png)",
            "*Bars: medians of the ratios, to the left of 1 (blue) where the captured step is faster, to the "
            "right (orange) where the peer is. Grey: NumPy's bare matrix products; they and chainrule's own eager "
            "step are no contests. Lines: from quartile to quartile. Upright strokes: what was promised.*",
        ]
        for report in labs:
            parts += [f"### {report['title']}", on_data(report), lab_table(report)]
            if report["work"] in profiled:
                parts += [on_profile(profiled[report["work"]]), markdown_table(rows(profiled[report["work"]]))]
    for name in SWEEPS:
        parts += sweep_part(name, reports, pictures)
    return "\n\n".join([*parts, "## How it was measured", on_method(reports), rounds_table(reports)]) + "\n"


def promises_table(measured: Sequence[Measured]) -> str:
    """Return all promises with what was measured."""
    rows = [
        {
            "work": m.place,
            "ratio": f"{m.ratio['side']} / {m.ratio['peer']}",
            "at most": f"{m.ratio['promise']:.2f}",
            "median": f"{m.ratio['median']:.3f}",
            "quartiles": quartiles(m.ratio),
            "medians of the repeats": ", ".join(f"{median:.2f}" for median in m.ratio["repeats"]),
            "": "kept" if m.ratio["kept"] else "**not kept**",
        }
        for m in measured
        if "promise" in m.ratio
    ]
    return markdown_table(rows) if rows else ""


def lab_table(report: Report) -> str:
    """Return the times of all sides, and the ratios of ours to them."""
    (case,) = report["cases"]
    rows = []
    for side, seconds in case["seconds_per_step"].items():
        low, high = seconds["quartiles"]
        row = {"side": side, "a step takes": duration(seconds["median"])}
        row["quartiles"] = f"{duration(low)} to {duration(high)}"
        for ours in (CAPTURED, EAGER):
            ratio = find(case, ours, side)
            row[f"{ours} / it"] = f"{ratio['median']:.2f} ({quartiles(ratio)})" if ratio else ""
        rows.append(row)
    return markdown_table(rows)


def sweep_part(name: str, reports: dict[str, Report], pictures: Path) -> list[str]:
    """Return the part of the page on one axis, and draw its figure."""
    training, inference = (reports.get(f"{name}-{kind}") for kind in ("training", "inference"))
    if training is None or inference is None:
        return []
    axis = training["axis"]
    heading = f"## The tutorial's network by {axis}"
    if not all(took_part(report, PYTORCH) for report in (training, inference)):
        return [heading, "PyTorch eager, which everything here is compared with, did not take part."]
    titles = on_sweep(training), on_sweep(inference)
    save_figure(figures.sweep(training, inference, titles), pictures / f"{name}.png")
    parts = [
        heading,
        f"{titles[0]}. {titles[1]}.".replace("\n", " "),
        f"![Time of a step, and its share of PyTorch eager's, by {axis}]({PICTURES}/{name}.png)",
        "*Above: medians. Below: medians of the ratios to PyTorch eager (the horizontal line); the band goes from "
        f"quartile to quartile of the captured step's{_strokes(training)}.*",
    ]
    for kind, report in (("Training", training), ("Inference", inference)):
        parts += [f"{kind}, each side's time of a step / PyTorch eager's:", sweep_table(report)]
    return parts


def sweep_table(report: Report) -> str:
    """Return each side's share of PyTorch eager's time, point by point."""
    rows = []
    for case in report["cases"]:
        row = {
            report["axis"]: f"{case['x']}",
            f"{PYTORCH} takes": duration(case["seconds_per_step"][PYTORCH]["median"]),
        }
        for side in case["seconds_per_step"]:
            if side != PYTORCH:
                spread = share(case, side, PYTORCH)
                row[side] = f"{spread['median']:.2f}" + (f" ({quartiles(spread)})" if side == CAPTURED else "")
        rows.append(row)
    return markdown_table(rows)


def rounds_table(reports: dict[str, Report]) -> str:
    """Return how often each work was measured."""
    rows = [
        {"work": name, "rounds": str(report["rounds"]), "repeats": str(report["repeats"])}
        for name, report in reports.items()
    ]
    return markdown_table(rows)


def _strokes(report: Report) -> str:
    promised = any("promise" in ratio for case in report["cases"] for ratio in case["ratios"])
    return "; strokes: what was promised" if promised else ""


if __name__ == "__main__":
    main()
