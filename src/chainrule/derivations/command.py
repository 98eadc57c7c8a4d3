"""``chainrule explain``: derivations on the command line."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import click

from chainrule.derivations.derivation import FILES, Derivation
from chainrule.derivations.derive import TooLargeError
from chainrule.derivations.examples import EXAMPLES
from chainrule.derivations.network import FORMAT, explain_file
from chainrule.files import write_text

FORMATS = {"text": ".txt", "markdown": ".md", "latex": ".tex", "html": ".html"}
NARROW, WIDE = 40, 100  # columns: text is written for no terminal beyond

HELP = f"""Show every number of a calculation by hand: forward, loss, backward, update.

NAME is one of the course's examples: {", ".join(EXAMPLES)}. FILE is a network in JSON, an object with

\b
{FORMAT}
The linear layers are called linear1, linear2, ... Of a large network, name one of their units or weights.
For example {{"weights": [[[0.5, -0.3]]], "biases": [[0.1]], "activations": ["tanh"], "x": [2, -1]}}
"""


@click.command("explain", help=HELP)
@click.argument("network", metavar="NAME|FILE")
@click.option(
    "--format", "kind", type=click.Choice(list(FORMATS)),
    help="How it is written.  [default: by the ending of --out, else text]",
)  # fmt: skip
@click.option("--digits", type=click.IntRange(1, 15), default=4, show_default=True, help="Places that are shown.")
@click.option("--neuron", metavar="LAYER:UNIT", help="Only what goes in and out of one unit, from 0.")
@click.option("--weight", metavar="LAYER:UNIT:INPUT", help="Only what one weight does.")
@click.option("--sample", type=click.IntRange(0), help="The row of the batch that is shown, from 0.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
def command(
    network: str, kind: str | None, digits: int, neuron: str | None, weight: str | None, sample: int | None,
    out: Path | None,
) -> None:  # fmt: skip
    """Run ``chainrule explain``."""
    look = {"neuron": _place("neuron", neuron, 1), "weight": _place("weight", weight, 2), "sample": sample}
    derivation = _derivation(network, digits, {name: value for name, value in look.items() if value is not None})
    if out is None and kind in (None, "text"):
        columns = shutil.get_terminal_size().columns
        click.echo(derivation.text(min(max(columns, NARROW), WIDE)), nl=False)
        return
    if out is None:
        click.echo(FILES[FORMATS[kind or "text"]](derivation), nl=False)
        return
    if kind is not None:
        write_text(out, FILES[FORMATS[kind]](derivation))
    else:
        try:
            derivation.save(out)
        except ValueError as error:
            raise click.BadParameter(f"{error}; any other ending needs --format", param_hint="--out") from error
    click.echo(f"Written to {out}.")


def _place(option: str, text: str | None, numbers: int) -> tuple[Any, ...] | None:
    """Return what an option names: a layer, and so many numbers."""
    if text is None:
        return None
    layer, *places = text.rsplit(":", numbers)
    if len(places) != numbers or not all(place.isdecimal() for place in places):
        form = ":".join(["LAYER", "UNIT", "INPUT"][: numbers + 1])
        said = f"expected {form}, as in linear1{':0' * numbers}, got {text!r}"
        raise click.BadParameter(said, param_hint=f"--{option}")
    return layer, *map(int, places)


def _derivation(network: str, digits: int, look: dict[str, Any]) -> Derivation:
    if network in EXAMPLES:
        if look:
            raise click.UsageError(f"--{next(iter(look))} is for a network in a file: examples are shown in full")
        return EXAMPLES[network](digits)
    try:
        return explain_file(Path(network).read_text(encoding="utf-8"), digits, Path(network).parent, **look)
    except OSError as error:
        names = ", ".join(EXAMPLES)
        reason = error.strerror or "can't be read"
        raise click.ClickException(f"{network}: {reason}; a JSON file was expected, or one of {names}") from error
    except TooLargeError as error:
        raise click.ClickException(f"{network}: {error.naming(f'--neuron {error.first}:0')}") from error
    except ValueError as error:
        raise click.ClickException(f"{network}: {error}") from error
