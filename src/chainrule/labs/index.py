"""The page that links the reports of all labs: one file of HTML that needs nothing else to be read."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

FIRST = ("report.md", "summary.json", "metrics.jsonl", "model.safetensors")  # of the files, before the figures


@dataclass
class Entry:
    """What the page says of a lab.

    Attributes
    ----------
    name, line : str
        What it is called, and what it does.
    seconds : float
        How long it took.
    table : list of dict of str to str
    conclusions : list of str
    figure : str
        The file of the figure that is shown.
    files : list of str
        What is in the lab's folder.
    failure : str
        Why it could not run; empty if it did.
    """

    name: str
    line: str
    seconds: float
    table: list[dict[str, str]] = field(default_factory=list)
    conclusions: list[str] = field(default_factory=list)
    figure: str = ""
    files: list[str] = field(default_factory=list)
    failure: str = ""


def index_page(entries: Sequence[Entry], folder: Path, version: str) -> str:
    """Return the page.

    Parameters
    ----------
    entries : sequence of Entry
    folder : Path
        Where the page goes; each lab has a folder of its name there. Figures are read and become part of the page.
    version : str
        chainrule's.

    Returns
    -------
    str
        HTML.
    """
    contents = "".join(f'<li><a href="#{e.name}">{escape(e.name)}</a>: {escape(e.line)}</li>' for e in entries)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>chainrule: the labs</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>The labs</h1>\n"
        f"<ul>{contents}</ul>\n{''.join(_section(entry, folder) for entry in entries)}"
        f"<footer>chainrule {escape(version)}</footer>\n</body>\n</html>\n"
    )


def _section(entry: Entry, folder: Path) -> str:
    """Return the part of one lab."""
    line = f'<p class="line">{escape(entry.line)}</p>'
    head = f'<section id="{entry.name}">\n<h2>{escape(entry.name)}</h2>\n{line}\n'
    if entry.failure:
        return f'{head}<p class="failure">This lab could not run: {escape(entry.failure)}</p>\n</section>\n'
    sentences = "".join(f"<p>{_code(escape(sentence))}</p>\n" for sentence in entry.conclusions)
    report = f'<p class="report"><a href="{entry.name}/report.md">The report</a> ({entry.seconds:.0f} s)</p>\n'
    return f"{head}{report}{_figure(entry, folder)}{_table(entry.table)}{sentences}{_links(entry)}</section>\n"


def _figure(entry: Entry, folder: Path) -> str:
    file = folder / entry.name / entry.figure
    if not file.is_file():
        return ""
    data = base64.b64encode(file.read_bytes()).decode()
    kind = file.suffix.lstrip(".")
    return f'<img src="data:image/{kind};base64,{data}" alt="{escape(entry.line)}">\n'


def _table(rows: list[dict[str, str]]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{escape(name)}</th>" for name in rows[0])
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(value)}</td>" for value in row.values()) + "</tr>\n" for row in rows
    )
    return f'<div class="wide"><table>\n<tr>{head}</tr>\n{body}</table></div>\n'


def _links(entry: Entry) -> str:
    first = [name for name in FIRST if name in entry.files]
    others = [name for name in entry.files if name not in (*FIRST, "options.json")]
    links = ", ".join(f'<a href="{entry.name}/{escape(name)}">{escape(name)}</a>' for name in first + others)
    return f"<p>Files: {links}</p>\n"


def _code(text: str) -> str:
    """Set what stands between backticks as code, and between two asterisks bold, as a report of Markdown does."""
    return re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", re.sub(r"`([^`]+)`", r"<code>\1</code>", text))


STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; }
h2 { margin: 3rem 0 0; border-top: 1px solid #ccc; padding-top: 1rem; }
.line { color: #555; margin: 0; }
.report a { font-weight: 600; }
.failure { border-left: 4px solid #D55E00; padding-left: 1rem; }
img { max-width: 100%; height: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.2rem 0.8rem; text-align: right; border-bottom: 1px solid #ddd; }
footer { margin-top: 3rem; color: #777; }
a { color: #0072B2; }
"""
