"""``chainrule explain``: derivations on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from chainrule.derivations.derivation import Derivation
from chainrule.derivations.examples import EXAMPLES
from chainrule.derivations.network import FORMAT, explain_file
from chainrule.files import write_text

FORMATS: dict[str, Callable[[Derivation], str]] = {
    "text": str, "markdown": Derivation.markdown, "latex": Derivation.latex, "html": Derivation.html,
}  # fmt: skip
SUFFIXES = {".txt": "text", ".md": "markdown", ".tex": "latex", ".html": "html"}

HELP = f"""Show every number of a calculation by hand: forward, loss, backward, update.

NAME is one of the course's examples: {", ".join(EXAMPLES)}. FILE is a network in JSON, an object with

\b
{FORMAT}
For example {{"weights": [[[0.5, -0.3]]], "biases": [[0.1]], "activations": ["tanh"], "x": [2, -1]}}
"""


@click.command("explain", help=HELP)
@click.argument("network", metavar="NAME|FILE")
@click.option(
    "--format", "kind", type=click.Choice(list(FORMATS)),
    help="How it is written.  [default: by the ending of --out, else text]",
)  # fmt: skip
@click.option("--digits", type=click.IntRange(1, 15), default=4, show_default=True, help="Places that are shown.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
def command(network: str, kind: str | None, digits: int, out: Path | None) -> None:
    """Run ``chainrule explain``."""
    derivation = _derivation(network, digits)
    kind = kind or (SUFFIXES.get(out.suffix.lower(), "text") if out is not None else "text")
    text = FORMATS[kind](derivation)
    if out is None:
        click.echo(text, nl=False)
        return
    write_text(out, text)
    click.echo(f"Written to {out}.")


def _derivation(network: str, digits: int) -> Derivation:
    if network in EXAMPLES:
        return EXAMPLES[network](digits)
    try:
        return explain_file(Path(network).read_text(encoding="utf-8"), digits)
    except OSError as error:
        names = ", ".join(EXAMPLES)
        reason = error.strerror or "can't be read"
        raise click.ClickException(f"{network}: {reason}; a JSON file was expected, or one of {names}") from error
    except ValueError as error:
        raise click.ClickException(f"{network}: {error}") from error
