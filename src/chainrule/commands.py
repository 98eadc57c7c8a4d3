"""The commands behind ``chainrule``: options, their words, and what is printed."""

from __future__ import annotations

import difflib
import importlib
import math
import shlex
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import chainrule
from chainrule import datasets
from chainrule.labs import LABS, every
from chainrule.labs.options import REFUSALS, Interrupted, Options, usual_options
from chainrule.labs.results import LabResult

Option = Callable[[Any], Any]  # click's decorators

console = Console()

ALL, EVERYTHING = "all", "All labs in turn, with one page that links their reports"
LATER = {  # commands whose modules are imported when they are asked for
    "explain": "chainrule.derivations.command",
    "notebook": "chainrule.notebooks.command",
    "report": "chainrule.inspection.command",
}
INTERRUPTED = 130  # 128 + SIGINT, what shells report of a program that Ctrl-C ended


class Suggesting(click.Group):
    """Commands that are suggested when a name is nearly one of theirs."""

    def resolve_command(self, context: click.Context, args: list[str]) -> Any:
        """Find the command; of an unknown name, say which it is like."""
        try:
            return super().resolve_command(context, args)
        except click.UsageError as error:
            names = self.list_commands(context)
            like = difflib.get_close_matches(args[0], names, n=1)
            hint = f"Did you mean {like[0]!r}?" if like else f"There are {', '.join(names[:-1])} and {names[-1]}."
            raise click.UsageError(f"{error.message} {hint}", context) from error


class Commands(Suggesting):
    """The commands. What few runs need is imported when it is asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names of the commands."""
        return sorted([*super().list_commands(context), *LATER])

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return a command."""
        if name not in LATER:
            return super().get_command(context, name)
        command: click.Command = importlib.import_module(LATER[name]).command
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(chainrule.__version__, prog_name="chainrule")
def main() -> None:
    """Neural networks in plain NumPy that train exactly as PyTorch does."""


# ---- labs --------------------------------------------------------------------------------------------------


class Labs(Suggesting):
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
        for name, line in [*LABS.items(), (ALL, EVERYTHING)]:
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
        "--out",
        type=click.Path(path_type=Path),
        help="Folder of results, made if it is not there.  [default: a new one in runs/]",
    ),
    click.option(
        "--resume",
        is_flag=True,
        help="Go on with an interrupted run, the newest in runs/ or that in --out, with its own options.",
    ),
    click.option("--overwrite", is_flag=True, help="Delete the run that is in --out."),
    click.option(
        "--processes", type=POSITIVE, help="Of studies, which run many trainings.  [default: the processors]"
    ),
]


def finite(context: click.Context, parameter: click.Parameter, value: float) -> float:
    """Refuse what is no number to compute with."""
    if not math.isfinite(value):
        raise click.BadParameter(f"expected a number, got {value}")
    return value


def command_for(name: str) -> click.Command:
    """Return the command of a lab: the options of every lab, with this lab's defaults, and its own."""
    module = importlib.import_module(f"chainrule.labs.{name}")
    usual = usual_options(module)
    rate, seed = click.FloatRange(min=0), click.IntRange(min=0, max=2**32 - 1)  # NumPy's seeds
    options = [
        click.option("--epochs", type=POSITIVE, default=usual.epochs, help="Times through the training data."),
        click.option("--batch-size", type=POSITIVE, default=usual.batch_size, help="Examples per step."),
        click.option("--lr", type=rate, default=usual.lr, callback=finite, help="Learning rate."),
        click.option("--seed", type=seed, default=usual.seed, help="Decides weights, shuffling and dropout."),
        *SHARED,
        *getattr(module, "EXTRA", ()),
    ]

    def run(**chosen: Any) -> None:
        shared = {field.name: chosen.pop(field.name) for field in fields(Options) if field.name in chosen}
        show(run_lab(name, module.run, Options(**shared, extra=chosen, given=given_options())))

    return click.command(name, help=f"{LABS[name]}.")(decorated(run, options))


def command_for_all() -> click.Command:
    """Return the command that runs every lab."""

    def run(**chosen: Any) -> None:
        options = Options(**chosen, given=given_options())
        result = run_lab(ALL, lambda options: every.run(options, on_start=announce, on_end=show), options)
        console.rule()
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
    console.rule()
    console.print(f"[bold]{name}[/]: {escape(LABS[name])}", highlight=False)


def show(result: LabResult) -> None:
    """Show what came out of a lab, word by word: nothing in it is markup."""
    table = Table(*map(escape, result.table[0]), box=None)
    for row in result.table:
        table.add_row(*(escape(str(value)) for value in row.values()))
    console.print(table)
    for sentence in result.conclusions:
        console.print(f"\n{sentence}", highlight=False, markup=False)
    files = [name for name in (result.figure, "report.md") if (result.folder / name).exists()]
    places = f"\nResults: {result.folder} (look at {' and '.join(files)})"
    console.print(places, highlight=False, markup=False, soft_wrap=True)


# ---- data --------------------------------------------------------------------------------------------------


@main.group("data")
def data() -> None:
    """Find, download and verify the data sets."""


NAMES = click.argument("names", nargs=-1, metavar="[MNIST] [FashionMNIST]")
FOLDER = click.option("--folder", type=click.Path(path_type=Path), help="Where, instead of the user's cache.")


@data.command("status")
def data_status() -> None:
    """Show where data sets are looked for, and what is there."""
    for row in datasets.status():
        click.echo(f"{row.dataset}: {row.where}\n    {row.state}")


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
        click.echo(file)


@data.command("verify")
@NAMES
@FOLDER
def data_verify(names: tuple[str, ...], folder: Path | None) -> None:
    """Compare data files with the published ones, by SHA-256 of their content."""
    checks = datasets.verify(names or None, folder)
    for check in checks:
        click.echo(f"{check.dataset}: {check.path or check.file}\n    {check.problem or 'as published'}")
    if not all(check.path for check in checks):
        places = [str(folder)] if folder else dict.fromkeys(row.where for row in datasets.status())
        click.echo(f"Looked in: {'; '.join(places)}")
    if not all(check.ok for check in checks):
        raise click.exceptions.Exit(1)
