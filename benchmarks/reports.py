"""Reading what the contests wrote down."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.harness import spread
from benchmarks.works import registry

Report = dict[str, Any]


class Measured(NamedTuple):
    """One ratio, and where it was measured."""

    report: Report
    case: dict[str, Any]
    ratio: dict[str, Any]

    @property
    def place(self) -> str:
        """The work, in a sweep with the place on its axis."""
        x = self.case["x"]
        return str(self.report["work"]) if x is None else f"{self.report['work']}, {x}"


def load(folder: Path) -> dict[str, Report]:
    """Return the reports of a folder by the names of their works, in the order of the registry.

    Raises
    ------
    ValueError
        If they were made on different machines, or with different numbers of threads.
    """
    paths = {name: folder / f"{name}.json" for name in registry()}
    reports = {name: json.loads(path.read_text(encoding="utf-8")) for name, path in paths.items() if path.exists()}
    places = {json.dumps([report["machine"], report["threads"], report["python"]]) for report in reports.values()}
    if len(places) > 1:
        raise ValueError(f"the reports in {folder} come from different machines, threads or Pythons: {places}")
    return reports


def load_profiles(folder: Path) -> dict[str, Report]:
    """Return the profiles of a folder by the names of their works."""
    profiles = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("profile-*.json")]
    return {profile["work"]: profile for profile in profiles}


def all_ratios(reports: Sequence[Report]) -> Iterator[Measured]:
    """Go through all ratios of all reports."""
    for report in reports:
        for case in report["cases"]:
            for ratio in case["ratios"]:
                yield Measured(report, case, ratio)


def find(case: dict[str, Any], side: str, peer: str) -> dict[str, Any] | None:
    """Return the ratio of one of our sides to a peer, if both took part."""
    return next((r for r in case["ratios"] if (r["side"], r["peer"]) == (side, peer)), None)


def share(case: dict[str, Any], side: str, peer: str) -> dict[str, Any]:
    """Return the spread of the ratios of any two sides, round by round."""
    ours, theirs = (case["seconds_per_step"][name]["values"] for name in (side, peer))
    return spread([a / b for a, b in zip(ours, theirs, strict=True)])


def took_part(report: Report, side: str) -> bool:
    """Return whether a side was measured."""
    return side in report["sides"]
