"""A report such as a contest writes, with made-up times."""

from itertools import combinations

import pytest
from benchmarks.harness import OURS, ratio, spread


@pytest.fixture
def made_up():
    """Return a function of a work and the time of a step of each side; round by round all sides vary alike."""

    def report(work, seconds, others=0.0, missing=None):
        times = {name: [t, 1.1 * t, 1.2 * t, 0.9 * t] for name, t in seconds.items()}
        cases = [
            {
                "x": case.x,
                "data": {"dataset": "MNIST", "kind": "sample", "images": 5000},
                "checked": {"sides": list(seconds), "steps": 96, "largest_difference": 1e-7, "how": ""},
                "cores_of_others": [others] * 4,
                "seconds_per_step": {name: {**spread(t), "values": t} for name, t in times.items()},
                "ratios": [
                    ratio(name, peer, times, repeats=2, promise=case.promises.get((name, peer)))
                    for name, peer in combinations(times, 2)
                    if name.startswith(OURS)
                ],
            }
            for case in work.cases
        ]
        return {
            "work": work.name,
            "title": work.title,
            "axis": work.axis,
            "machine": {"processor": "a processor", "architecture": "x86_64", "cores": 2, "system": "Linux"},
            "python": "3.11",
            "threads": 2,
            "rounds": 2,
            "repeats": 2,
            "seconds_per_turn": 0.06,
            "missing": missing or {},
            "sides": {name: {"versions": {"numpy": "2"}, "threads": {"openblas": 2}} for name in seconds},
            "cases": cases,
        }

    return report
