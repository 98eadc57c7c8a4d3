"""Pages of HTML: the report of a lab with its figures and films, and the page that links the reports of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from chainrule.labs.report import markdown_table

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
    return _page("chainrule: the labs", body)


def _section(entry: Entry) -> str:
    """Return the part of one lab, in Markdown."""
    head = f"## {entry.name}\n\n{entry.line}"
    if entry.failure:
        return f"{head}\n\n**This lab could not run:** {entry.failure}"
    first = [name for name in FIRST if name in entry.files]
    others = [name for name in entry.files if name not in (*FIRST, *INTERNAL)]
    links = ", ".join(f"[{name}](<{entry.name}/{name}>)" for name in first + others)
    report = f"**[The report]({entry.name}/{REPORT})** ({entry.seconds:.0f} s)"
    figure = f"![{entry.name}](<{entry.name}/{entry.figure}>)"
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
    return _page(title, _html(f"[All labs](../{PAGE})\n\n{text}{heading}{more}"))


def _html(markdown: str) -> str:
    from markdown_it import MarkdownIt

    body: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    return body.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>")


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; }
h2 { margin: 3rem 0 0; border-top: 1px solid #ccc; padding-top: 1rem; }
img { max-width: 100%; height: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.2rem 0.8rem; text-align: left; vertical-align: top; border-bottom: 1px solid #ddd; }
code { background: #f2f2f2; padding: 0 0.2em; }
a { color: #0072B2; }
"""
