"""Pages of HTML: the report of a lab with its figures and films, and the page that links the reports of all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from chainrule.labs.report import markdown_table
from chainrule.pages import page

PAGE, REPORT = "index.html", "report.html"
FIRST = (REPORT, "report.md", "summary.json", "metrics.jsonl", "model.safetensors")  # before the figures
INTERNAL = ("options.json", "running")


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


def index_page(entries: Sequence[Entry], version: str) -> str:
    """Return the page that links the reports, as HTML. Each lab has a folder of its name beside the page.

    Parameters
    ----------
    entries : sequence of Entry
    version : str
        chainrule's.
    """
    contents = "\n".join(f"- [{entry.name}](#{entry.name}): {entry.line}" for entry in entries)
    sections = "\n\n".join(_section(entry) for entry in entries)
    body = _html(f"# The labs\n\n{contents}\n\n{sections}\n\nchainrule {version}")
    for entry in entries:
        body = body.replace(f"<h2>{entry.name}</h2>", f'<h2 id="{entry.name}">{entry.name}</h2>')
    return page("chainrule: the labs", body, STYLE)


def _section(entry: Entry) -> str:
    """Return the part of one lab, in Markdown."""
    head = f"## {entry.name}\n\n{entry.line}"
    if entry.failure:
        return f"{head}\n\n**This lab could not run:** {entry.failure}"
    first = [name for name in FIRST if name in entry.files]
    others = [name for name in entry.files if name not in (*FIRST, *INTERNAL)]
    links = ", ".join(f"[{name}](<{entry.name}/{name}>)" for name in first + others)
    report = f"**[The report]({entry.name}/{REPORT})** ({entry.seconds:.0f} s)"
    figure = f"![The main figure of the lab {entry.name}](<{entry.name}/{entry.figure}>)"
    table = markdown_table(entry.table) if entry.table else ""
    return "\n\n".join([head, report, figure, table, *entry.conclusions, f"Files: {links}"])


def report_page(folder: Path, title: str) -> str:
    """Return the report of a lab as HTML, with the figures and films that it does not show itself below it.

    Parameters
    ----------
    folder : Path
        The lab's, with ``report.md`` and the figures, which the page links; it belongs there.
    title : str
    """
    text = (folder / "report.md").read_text(encoding="utf-8")
    pictures = sorted(path.name for kind in ("*.png", "*.gif") for path in folder.glob(kind))
    others = [name for name in pictures if f"]({name})" not in text]
    more = "".join(f"\n\n![{name}](<{name}>)\n\n{name}" for name in others)
    heading = "\n\n## More figures and films" if others else ""
    return page(title, _html(f"[All labs](../{PAGE})\n\n{text}{heading}{more}"), STYLE)


def _html(markdown: str) -> str:
    """Return Markdown as HTML: what is wide scrolls in a box of its own, and factors stay together."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.add_render_rule("image", _linked)
    body = re.sub(r" ([×±]) (?=\d)", r"&nbsp;\1&nbsp;", parser.render(markdown))
    box = '<div class="wide" role="group" aria-label="Table" tabindex="0">'  # can be scrolled by the keyboard
    return body.replace("<table>", f"{box}<table>").replace("</table>", "</table></div>")


def _linked(renderer: Any, tokens: Any, i: int, options: Any, env: Any) -> str:
    """Return a picture that links its file, which a reader can enlarge; a rule of markdown-it-py."""
    target = escape(tokens[i].attrs["src"])
    return f'<a class="wide" href="{target}">{renderer.image(tokens, i, options, env)}</a>'


# A picture of 150 dots per inch is shown in its inches, that of a film in its dots: so text has one size in all.
# On a narrow screen text stays readable, and the boxes scroll; the first column of a table, which says what is in
# the row, stays in sight.
STYLE = """
body { max-width: 70rem; }
p, ul { max-width: 50rem; } p:has(.wide) { max-width: none; }
.wide { display: block; overflow-x: auto; margin: 1rem 0; }
.wide img { display: block; max-width: 100%; background: #fff; border-radius: .4rem; }
img[src$=".png"] { zoom: .64; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .8rem; vertical-align: top; border-bottom: 1px solid var(--line); }
th { vertical-align: bottom; }
td[style*="right"] { white-space: nowrap; }
code { background: var(--card); padding: 0 .2em; white-space: nowrap; }
@media (max-width: 70rem) {
  table { width: max-content; } th { max-width: 9rem; } td { max-width: 20rem; }
  th:first-child, td:first-child { position: sticky; left: 0; max-width: 11rem; background: var(--page); }
  .wide img { max-width: none; min-width: 100%; } img[src$=".png"] { zoom: .48; }
}
@media (prefers-color-scheme: dark) { .wide img { padding: .8rem; filter: brightness(.88); } }
@media print { img, tr { break-inside: avoid; } h2, h3 { break-after: avoid; } }
"""
