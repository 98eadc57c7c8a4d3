"""The commands behind ``chainrule``: options, their words, and what is printed."""

from __future__ import annotations

import importlib
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource
from rich.console import Console
from rich.table import Table

import chainrule
from chainrule import datasets
from chainrule.labs import LABS, every
from chainrule.labs.options import REFUSALS, Interrupted, Options, usual_options
from chainrule.labs.results import LabResult

Option = Callable[[Any], Any]  # click's decorators

console = Console()

ALL, EVERYTHING = "all", "All labs in turn, with one page that links their reports"
INTERRUPTED = 130  # 128 + SIGINT, what shells report of a program that Ctrl-C ended


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(chainrule.__version__, prog_name="chainrule")
def main() -> None:
    """Neural networks in plain NumPy that train exactly as PyTorch does."""


# ---- labs --------------------------------------------------------------------------------------------------


class Labs(click.Group):
    """The labs as commands. A lab's module is imported when its command is asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names of the labs, and ``all``."""
        return [*LABS, ALL]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return the command of a lab."""
        if name == ALL:
            return command_for_all()
        return command_for(name) if name in LABS else None

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """List the labs without importing them."""
        with formatter.section("Labs"):
            formatter.write_dl([*LABS.items(), (ALL, EVERYTHING)])


@main.group("lab", cls=Labs, invoke_without_command=True)
@click.option("--list", "list_labs", is_flag=True, help="List the labs.")
@click.pass_context
def lab(context: click.Context, list_labs: bool) -> None:
    """Run a lab: train on real data, compare with PyTorch, draw figures, write a report."""
    if list_labs:
        table = Table("lab", "what it does", box=None)
        for name, line in LABS.items():
            table.add_row(name, line)
        console.print(table)
    elif context.invoked_subcommand is None:
        click.echo(context.get_help())


POSITIVE = click.IntRange(min=1)
SHARED: list[Option] = [
    click.option(
        "--data",
        default="auto",
        help="auto: the whole data set if it is found, else the embedded sample; full; sample; or a folder.",
    ),
    click.option(
        "--reference",
        type=click.Choice(["auto", "live", "recorded", "none"]),
        default="auto",
        help="PyTorch's run: trained live if it is installed, else a recorded one.",
    ),
    click.option(
        "--out", type=click.Path(path_type=Path), help="Folder of results.  [default: a new one in runs/]"
    ),
    click.option(
        "--resume",
        is_flag=True,
        help="Go on with an interrupted run, the newest or that in --out, with its own options.",
    ),
    click.option("--overwrite", is_flag=True, help="Delete the run that is in --out."),
]


SHARED_NAMES = ("epochs", "batch_size", "lr", "seed", "data", "reference", "out", "resume", "overwrite")


def command_for(name: str) -> click.Command:
    """Return the command of a lab: the options of every lab, with this lab's defaults, and its own."""
    module = importlib.import_module(f"chainrule.labs.{name}")
    usual = usual_options(module)
    options = [
        click.option("--epochs", type=POSITIVE, default=usual.epochs, help="Times through the training data."),
        click.option("--batch-size", type=POSITIVE, default=usual.batch_size, help="Examples per step."),
        click.option("--lr", type=click.FloatRange(min=0), default=usual.lr, help="Learning rate."),
        click.option("--seed", type=int, default=usual.seed, help="Decides weights, shuffling and dropout."),
        *SHARED,
        *getattr(module, "EXTRA", ()),
    ]

    def run(**chosen: Any) -> None:
        shared = {key: chosen.pop(key) for key in SHARED_NAMES}
        show(run_lab(name, module.run, Options(**shared, extra=chosen, given=given_options())))

    return click.command(name, help=f"{LABS[name]}.")(decorated(run, options))


def command_for_all() -> click.Command:
    """Return the command that runs every lab."""

    def run(**chosen: Any) -> None:
        options = Options(**chosen, given=given_options())
        result = run_lab(ALL, lambda options: every.run(options, on_start=announce, on_end=show), options)
        console.rule("[bold]all[/]", align="left")
        show(result)

    return click.command(ALL, help=f"{EVERYTHING}.")(decorated(run, SHARED))


def decorated(command: Any, options: Sequence[Option]) -> Any:
    """Return a function with click's options."""
    for option in reversed(options):
        command = option(command)
    return command


def given_options() -> frozenset[str]:
    """Return the names of the running command's options that are not left to their defaults."""
    context = click.get_current_context()
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return frozenset(name for name, source in sources.items() if source is not ParameterSource.DEFAULT)


def run_lab(name: str, run: Callable[[Options], LabResult], options: Options) -> LabResult:
    """Run a lab; what keeps it from running, or interrupts it, becomes a message."""
    try:
        return run(options)
    except REFUSALS as error:
        raise click.ClickException(str(error)) from error
    except Interrupted as interrupt:
        command = f"chainrule lab {name} --out {shlex.quote(str(interrupt.folder))} --resume"
        click.echo(
            f"\nInterrupted. The run so far is in {interrupt.folder}. To go on with it: {command}", err=True
        )
        raise click.exceptions.Exit(INTERRUPTED) from interrupt


def announce(name: str) -> None:
    """Say which lab begins."""
    console.rule(f"[bold]{name}[/]: {LABS[name]}", align="left")


def show(result: LabResult) -> None:
    """Show what came out of a lab."""
    table = Table(*result.table[0], box=None)
    for row in result.table:
        table.add_row(*map(str, row.values()))
    console.print(table)
    for sentence in result.conclusions:
        console.print(f"\n{sentence}", highlight=False, soft_wrap=False)
    files = [name for name in (result.figure, "report.md") if (result.folder / name).exists()]
    console.print(f"\nResults: {result.folder} (look at {' and '.join(files)})")


# ---- data --------------------------------------------------------------------------------------------------


@main.group("data")
def data() -> None:
    """Find, download and verify the data sets."""


NAMES = click.argument("names", nargs=-1, metavar="[MNIST] [FashionMNIST]")
FOLDER = click.option("--folder", type=click.Path(path_type=Path), help="Where, instead of the user's cache.")


@data.command("status")
def data_status() -> None:
    """Show where data sets are looked for, and what is there."""
    table = Table("data set", "place", "what is there", box=None)
    for row in datasets.status():
        table.add_row(row.dataset, row.where, row.state)
    console.print(table)


@data.command("fetch")
@NAMES
@FOLDER
def data_fetch(names: tuple[str, ...], folder: Path | None) -> None:
    """Download data sets: all, or the named ones. Interrupted downloads go on where they stopped."""
    try:
        fetched = datasets.fetch(names or None, folder)
    except (datasets.DownloadError, ImportError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    for file in fetched:
        console.print(str(file))


@data.command("verify")
@NAMES
@FOLDER
def data_verify(names: tuple[str, ...], folder: Path | None) -> None:
    """Compare data files with the published ones, by SHA-256 of their content."""
    checks = datasets.verify(names or None, folder)
    table = Table("data set", "file", "state", box=None)
    for check in checks:
        table.add_row(check.dataset, str(check.path or check.file), check.problem or "as published")
    console.print(table)
    if not all(check.ok for check in checks):
        raise click.exceptions.Exit(1)
