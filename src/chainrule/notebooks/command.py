"""``chainrule notebook``: interactive lessons on the command line."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click

from chainrule.notebooks.lessons import LESSONS, copy_lessons

HELP = """Open an interactive lesson, or all of them, in a browser.

The notebooks are copied to a folder, where they are yours: one that you changed is never overwritten. They are
opened in JupyterLab, with their code; or with --voila as pages, without it.
"""


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
def command(
    name: str | None,
    list_lessons: bool,
    folder: Path,
    only_copy: bool,
    voila: bool,
    dark: bool,
    port: int | None,
    no_browser: bool,
) -> None:
    """Run ``chainrule notebook``."""
    if list_lessons:
        width = max(map(len, LESSONS))
        for lesson, line in LESSONS.items():
            click.echo(f"{lesson:{width}}  {line}")
        return
    if dark and not voila:
        raise click.UsageError("--dark is for --voila; in JupyterLab, choose Settings, Theme")
    place = _copy(name, folder)
    if only_copy:
        return
    options = [*(["--no-browser"] if no_browser else []), *([f"--port={port}"] if port else [])]
    if dark:
        options.append("--theme=dark")
    _serve("voila.app" if voila else "jupyterlab.labapp", [str(place), *options])


def _copy(name: str | None, folder: Path) -> Path:
    """Copy one lesson or all, say what was left as it was, and return what to open."""
    copies = copy_lessons([name] if name else LESSONS, folder)
    for copy in copies:
        if copy.changed:
            click.echo(f"{copy.path} differs from chainrule's and was kept; rename or delete it for a new one.")
    place = copies[0].path if name else folder
    click.echo(f"In {place}.")
    return place


def _serve(server: str, arguments: list[str]) -> None:
    """Run a server, as its own command does, until it is ended."""
    try:
        main = import_module(server).main
    except ImportError as error:
        library = server.partition(".")[0]
        raise click.ClickException(f'{library} is not installed: pip install "chainrule[lab,notebook]"') from error
    main(arguments)
