"""``chainrule notebook``: interactive lessons on the command line."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from chainrule.labs.words import counted
from chainrule.notebooks.lessons import LESSONS, copy_lessons

HELP = """Open an interactive lesson, or all of them, in a browser.

The notebooks are copied to a folder, where they are yours: one that you changed is never overwritten. They are
opened in JupyterLab, with their code; or with --voila as pages, without it.
"""

# A page of Voilà's that is closed asks for the end of its kernel, but without the token that the server wants. So
# kernels that no page is connected to are ended after five minutes without work.
PAGES = (
    "--show_tracebacks=True",
    "--MappingKernelManager.cull_idle_timeout=300",
    "--MappingKernelManager.cull_interval=60",
)


@click.command("notebook", help=HELP)
@click.argument("name", required=False, type=click.Choice(list(LESSONS)), metavar="[NAME]")
@click.option("--list", "list_lessons", is_flag=True, help="List the lessons.")
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("notebooks"), show_default=True,
    help="Where the copies go.",
)  # fmt: skip
@click.option("--copy", "only_copy", is_flag=True, help="Copy, and open nothing.")
@click.option("--voila", is_flag=True, help="Open as pages, without the code.")
@click.option("--dark", is_flag=True, help="Pages in light letters on a dark ground, with --voila.")
@click.option("--port", type=click.IntRange(1, 65535), help="Of the server.  [default: the first that is free]")
@click.option("--no-browser", is_flag=True, help="Start the server, and open no browser.")
@click.option("--allow-root", is_flag=True, help="Let JupyterLab run as root, as in a container.")
def command(
    name: str | None,
    list_lessons: bool,
    folder: Path,
    only_copy: bool,
    voila: bool,
    dark: bool,
    port: int | None,
    no_browser: bool,
    allow_root: bool,
) -> None:
    """Run ``chainrule notebook``."""
    if list_lessons:
        width = max(map(len, LESSONS))
        for lesson, line in LESSONS.items():
            click.echo(f"{lesson:{width}}  {line}")
        return
    if dark and not voila:
        raise click.UsageError("--dark is for --voila; in JupyterLab, choose Settings, Theme")
    if voila and allow_root:
        raise click.UsageError("--allow-root is for JupyterLab; pages of --voila don't need it")
    serve = None if only_copy else _server("voila.app" if voila else "jupyterlab.labapp")
    place = _copy(name, folder)
    if serve:
        chosen = {
            "--no-browser": no_browser,
            f"--port={port}": port,
            "--theme=dark": dark,
            "--allow-root": allow_root,
        }
        serve([str(place), *(option for option, wanted in chosen.items() if wanted), *(PAGES if voila else ())])


def _copy(name: str | None, folder: Path) -> Path:
    """Copy one lesson or all, say what was left as it was, and return what to open."""
    try:
        copies = copy_lessons([name] if name else LESSONS, folder)
    except OSError as error:
        reason = f"{folder} can't be written to ({error.strerror})"
        raise click.ClickException(f"{reason}: choose another folder with --folder") from error
    for copy in copies:
        if copy.changed:
            click.echo(f"{copy.path} differs from chainrule's and was kept; rename or delete it for a new one.")
    place = copies[0].path if name else folder
    there = place.parent if name else place
    click.echo(f"{counted(len(copies), 'lesson')} in {there}{os.sep}")
    return place


def _server(server: str) -> Callable[[list[str]], Any]:
    """Return what runs a server, as its own command does, until it is ended."""
    try:
        main: Callable[[list[str]], Any] = import_module(server).main
    except ImportError as error:
        library = server.partition(".")[0]
        raise click.ClickException(f'{library} is not installed: pip install "chainrule[lab,notebook]"') from error
    return main
