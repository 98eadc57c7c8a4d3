"""Parts of every report: tables, and what was run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

# A cell of numbers: 3, 1,000, 92.08%, 3.1 ± 0.2, × 1.4, 2.4 × 10⁻⁷, 0.1 / 0.2 / 0.3, 12 of 36, 0.3 s,
# 8.8 ± 0.7 ° (of 73); or that there is none.
_NUMBER = re.compile(
    r"[-+−×±~≤≥]?\s*\d[\d,.]*(e[-+]?\d+)?(\s*[×±/–]\s*[-+−]?[\d,.]+[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]*|\s*of [\d,]+)*"
    r"\s*(%|s|µs|ms|°)?(\s*\(of [\d,]+\))?"
)
NONE = ("", "–", "not run", "not known", "nan")


def markdown_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as a table of Markdown, with the keys of the first as its header: numbers right, words left.

    Examples
    --------
    >>> print(markdown_table([{"loss": "0.50", "why": "rounding"}]))
    |   loss | why      |
    |-------:|:---------|
    |   0.50 | rounding |
    """
    from tabulate import tabulate

    cells = [{name: str(value).replace("|", "\\|") for name, value in row.items()} for row in rows]
    align = ["right" if all(_is_number(row[name]) for row in cells) else "left" for name in cells[0]]
    return tabulate(cells, headers="keys", tablefmt="pipe", disable_numparse=True, colalign=align)


def _is_number(cell: str) -> bool:
    return cell in NONE or _NUMBER.fullmatch(cell) is not None


def what_was_run(summary: Mapping[str, Any], *lines: str) -> str:
    """Return the report's list of what was run: the lab's own lines, the data, the reference, the versions.

    Parameters
    ----------
    summary : mapping
        As ``LabRun.finish`` makes it.
    *lines : str
        What is the lab's own: network, loss, optimiser.

    Examples
    --------
    >>> print(what_was_run({"versions": {"numpy": "2.0"}, "threads": {"libopenblas": 2}}, "Network: 784 → 10."))
    - Network: 784 → 10.
    - Versions: numpy 2.0. Threads: libopenblas: 2.
    """
    own = list(lines)
    for part, data in summary.get("data", {}).items():
        name = {"train": "Training data", "test": "Test data"}.get(part, part)
        own.append(f"{name}: {data['dataset']}, {data['kind']}, {data['images']:,} images.")
    if summary.get("data"):
        own[-1] += " Checksums are in `summary.json`."
    if "note" in summary:
        own.append(f"Reference: {summary['note']}")
    versions = ", ".join(f"{name} {version}" for name, version in summary["versions"].items())
    threads = ", ".join(f"{name}: {n}" for name, n in summary["threads"].items())
    return "\n".join(f"- {line}" for line in [*own, f"Versions: {versions}. Threads: {threads}."])
