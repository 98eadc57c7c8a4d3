"""Contests between sides that do the same work, on a machine that other programs use too.

The speed of such a machine swings by a factor of two within seconds. So no time is looked at alone: what counts is
the *ratio* of two sides' times in the same round, and of these ratios the median.

- **Short turns, many rounds.** A turn is 0.06 seconds of work; a round, in which every side has one turn, is over
  before the load of the machine has changed much. Many ratios of neighbours in time have a steadier median than a
  few ratios of long turns.
- **The order is drawn anew in every round**, so that no side always runs after the same other one.
- **Each side has a process of its own**, which loads only its own libraries. Between its turns it is stopped by a
  signal: thread pools spin for a while after their last product, OpenBLAS's for 0.1 seconds, and would take a core
  from the next side. (Where there is no such signal, a pause of 0.2 seconds before each turn serves.)
- **A turn starts with a warm-up** of a quarter of its length, off the clock: threads and caches are woken up. It
  also tells how many steps fit into the turn. Garbage is collected before, off the clock, and automatically during
  it, as in any program.
- **The same threads**: the processes are held to as many cores as each thread pool has threads. XLA's pool, which
  reads no OpenMP variable and can't be asked, is given its size by PJRT_NPROC and can't leave these cores either.
  All others report the number they have; if it is another one, nothing is timed.
- **The same work**: from the same weights, all sides must have the same losses (in inference: outputs) step by
  step before they are timed. The floor alone computes none.
- **Rounds that were disturbed are held again**: the threads of a product wait for each other, and if another
  program has the core of one of them, for a slice of the scheduler's time, thousands of microseconds. So rounds
  are held until enough of them had the machine nearly to themselves, or twice as many are over; those in which
  other programs kept the fewest cores busy count. This chooses by a cause and not by the times, so it favours no
  side. What other programs used in the rounds that count is in the report.
- **The whole contest is repeated** in new processes, in which memory lies elsewhere. The rounds of all repeats
  together give median and quartiles of the ratio, and the median of each repeat is kept: where these differ by
  more than the quartiles suggest, the machine's load was not the only cause.
"""

from __future__ import annotations

import os
import platform
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.processes import BenchmarkError, Build, Side, busy_seconds, limit

TURN = 0.06  # seconds
QUIET = 0.15  # cores that other programs may keep busy in a round
PATIENCE = 2  # times as many rounds as are wanted are held at most
OURS = "chainrule"  # what the names of our sides begin with


class NobodyToCompare(BenchmarkError):  # noqa: N818 (it is a plain fact)
    """Fewer than two sides have what they need."""


@dataclass(frozen=True)
class Task:
    """What all sides are given.

    Attributes
    ----------
    given : object
        Handed to each side; must be picklable.
    data : dict
        For the report: which data these are.
    to_check : object, optional
        Given instead when results are compared, for what can't be the same, as the draws of dropout.
    difference : str
        In which way ``to_check`` differs, for the report.
    """

    given: Any
    data: dict[str, Any]
    to_check: Any = None
    difference: str = ""


@dataclass(frozen=True)
class Case:
    """One contest.

    Attributes
    ----------
    load : callable
        Returns the `Task`.
    promises : dict of (str, str) to float
        The ratio that a side's time to another's must not exceed.
    x : int, optional
        Where it lies on the axis of a sweep.
    """

    load: Callable[[], Task]
    promises: Mapping[tuple[str, str], float] = field(default_factory=dict)
    x: int | None = None


@dataclass(frozen=True)
class Work:
    """The same work, done by several sides.

    Attributes
    ----------
    name, title : str
    sides : dict of str to callable
        Ours first; their names begin with "chainrule". A side takes ``task.given`` and returns an endless
        iterator: each ``next`` does one step and gives its loss or output, or None where there is none to compare.
        It runs in a process of its own, so it must be a function of a module; libraries that only this side needs
        are imported inside. An ImportError leaves the side out.
    cases : sequence of Case
        One, or those of a sweep.
    axis : str
        What a sweep varies.
    checked_steps : int
        How many steps must give the same results.
    tolerance : float
        By how much they may differ.
    rounds : int
        How many, unless something else is asked for.
    """

    name: str
    title: str
    sides: Mapping[str, Build]
    cases: Sequence[Case]
    axis: str = ""
    checked_steps: int = 96
    tolerance: float = 1e-5
    rounds: int = 15


def measure(
    work: Work, rounds: int, repeats: int, threads: int, progress: Callable[[str], None] = print
) -> dict[str, Any]:
    """Hold the contests of a work.

    Parameters
    ----------
    work : Work
    rounds : int
        Of each repeat.
    repeats : int
    threads : int
        Of each pool of each side.
    progress : callable
        Is told what happens, in sentences.

    Returns
    -------
    dict
        The report, as it is written to the JSON file.

    Raises
    ------
    NobodyToCompare
        If fewer than two sides have the libraries they need.
    BenchmarkError
        If their results or threads differ, or one of them fails.
    """
    records = [Record(case, case.load()) for case in work.cases]
    missing: dict[str, str] = {}
    environments: dict[str, dict[str, dict[str, Any]]] = {}
    for repeat in range(repeats):
        with ExitStack() as stack:
            with limit(threads):
                builds = {name: build for name, build in work.sides.items() if name not in missing}
                sides = [stack.enter_context(Side(name, build)) for name, build in builds.items()]
            for record in records:
                sides, left_out = start(sides, record.task.to_check or record.task.given)
                for name, reason in left_out.items():
                    progress(f"{work.name}: {name} is left out: {reason}")
                missing |= left_out
                if len(sides) < 2:
                    raise NobodyToCompare(f"there is nobody to compare with: {'; '.join(missing.values())}")
                record.checked = check_results(sides, work.checked_steps, work.tolerance)
                environments = {side.name: side.ask("environment") for side in sides}
                check_threads(environments, threads)
                if record.task.to_check is not None:
                    start(sides, record.task.given)
                at = "" if record.case.x is None else f" at {record.case.x} {work.axis}"
                progress(
                    f"{work.name}{at}: results of {work.checked_steps} steps differ by "
                    f"{record.checked['largest_difference']:.1e} at most; {rounds} rounds, "
                    f"repeat {repeat + 1} of {repeats}"
                )
                hold(sides, rounds, random.Random(repeat), record)
    return {
        "work": work.name,
        "title": work.title,
        "axis": work.axis,
        "machine": {
            "processor": processor(),
            "architecture": platform.machine(),
            "cores": os.cpu_count(),
            "system": platform.system(),
        },
        "python": platform.python_version(),
        "threads": threads,
        "rounds": rounds,
        "repeats": repeats,
        "seconds_per_turn": TURN,
        "missing": missing,
        "sides": environments,
        "cases": [record.report(repeats) for record in records],
    }


@dataclass
class Record:
    """What is found out about one case.

    Attributes
    ----------
    case : Case
    task : Task
    checked : dict
        Who was compared, and how far their results were apart.
    seconds : dict of str to list of float
        How long a step of each side took, round by round.
    others : list of float
        How many cores other programs kept busy meanwhile, round by round, where the system tells.
    """

    case: Case
    task: Task
    checked: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    others: list[float] = field(default_factory=list)

    def report(self, repeats: int) -> dict[str, Any]:
        """Return it for the JSON file."""
        return {
            "x": self.case.x,
            "data": self.task.data,
            "checked": {**self.checked, "how": self.task.difference},
            "cores_of_others": self.others,
            "seconds_per_step": {name: {**spread(t), "values": t} for name, t in self.seconds.items()},
            "ratios": [
                ratio(name, peer, self.seconds, repeats, self.case.promises.get((name, peer)))
                for name, peer in combinations(self.seconds, 2)
                if name.startswith(OURS)
            ],
        }


def start(sides: Sequence[Side], given: Any) -> tuple[list[Side], dict[str, str]]:
    """Give a task to all sides at once; return those that have the libraries for it, and why others have not."""
    ready, left_out = [], {}
    for side in sides:
        side.tell("start", given)
    for side in sides:
        try:
            side.answer()
            ready.append(side)
        except ImportError as error:
            left_out[side.name] = str(error)
    return ready, left_out


def check_results(sides: Sequence[Side], steps: int, tolerance: float) -> dict[str, Any]:
    """Return who was compared, and by how much the results of any two differ at most."""
    results = {side.name: side.ask("results", steps) for side in sides}
    computed = {name: values for name, values in results.items() if values is not None}
    return {
        "sides": list(computed),
        "steps": steps,
        "largest_difference": largest_difference(computed, tolerance),
        "tolerance": tolerance,
    }


def largest_difference(results: Mapping[str, Sequence[Sequence[float]]], tolerance: float) -> float:
    """Return by how much the results of any two sides differ at most.

    Parameters
    ----------
    results : dict
        What each side computed: a list of numbers for each step, or the means over several steps.
    tolerance : float

    Raises
    ------
    BenchmarkError
        If that is more than the tolerance, or not a number.
    """
    fewest = min(map(len, results.values()), default=0)
    means = {
        name: np.reshape(values, (fewest, len(values) // fewest, -1)).mean(axis=1)
        for name, values in results.items()
    }
    largest = 0.0
    for (name, ours), (peer, theirs) in combinations(means.items(), 2):
        difference = np.abs(ours - theirs)
        wrong = np.argwhere(~(difference <= tolerance))
        if len(wrong):
            at = tuple(wrong[0])
            raise BenchmarkError(
                f"{name} and {peer} don't do the same work: their results {at[0] + 1} of {fewest} are "
                f"{float(ours[at])!r} and {float(theirs[at])!r}"
            )
        largest = max(largest, float(difference.max()))
    return largest


def check_threads(environments: Mapping[str, dict[str, dict[str, Any]]], threads: int) -> None:
    """Raise BenchmarkError unless every pool of every side has this number of threads."""
    for name, environment in environments.items():
        for pool, n in environment["threads"].items():
            if n != threads:
                raise BenchmarkError(
                    f"every side was to have {threads} threads, but {pool} of {name} has {n}: use --threads {n}"
                )


class Round(NamedTuple):
    """One turn of every side.

    Attributes
    ----------
    seconds : dict of str to float
        What a step of each side took.
    others : float or None
        How many cores other programs kept busy meanwhile, where the system tells.
    """

    seconds: dict[str, float]
    others: float | None


def hold(sides: Sequence[Side], rounds: int, order: random.Random, record: Record) -> None:
    """Let the sides take turns, and write down the rounds in which other programs disturbed them least."""
    held: list[Round] = []
    while len(held) < PATIENCE * rounds and sum((r.others or 0.0) <= QUIET for r in held) < rounds:
        held.append(take_turns(order.sample(sides, len(sides))))
    calmest = sorted(range(len(held)), key=lambda i: held[i].others or 0.0)[:rounds]
    for i in sorted(calmest):
        for side in sides:
            record.seconds.setdefault(side.name, []).append(held[i].seconds[side.name])
        if (others := held[i].others) is not None:
            record.others.append(others)


def take_turns(sides: Sequence[Side]) -> Round:
    """Hold one round, in this order."""
    busy, begin, own = busy_seconds(), time.perf_counter(), time.process_time()
    turns = {side.name: side.ask("turn", TURN) for side in sides}
    busy_now, elapsed = busy_seconds(), time.perf_counter() - begin
    others = None
    if busy is not None and busy_now is not None:
        used = time.process_time() - own + sum(turn.cpu_seconds for turn in turns.values())
        others = max(0.0, (busy_now - busy - used) / elapsed)
    return Round({name: turn.seconds_per_step for name, turn in turns.items()}, others)


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Return median, quartiles and extremes.

    Examples
    --------
    >>> spread([4.0, 1.0, 2.0])["median"]
    2.0
    """
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": median, "quartiles": [low, high], "min": min(values), "max": max(values)}


def ratio(
    name: str, peer: str, seconds: Mapping[str, Sequence[float]], repeats: int = 1, promise: float | None = None
) -> dict[str, Any]:
    """Return the spread of the ratios of two sides' times, round by round, and whether a promise is kept.

    The median over all rounds decides. ``"repeats"`` are the medians of each repeat.
    """
    ratios = [a / b for a, b in zip(seconds[name], seconds[peer], strict=True)]
    rounds = len(ratios) // repeats
    medians = [statistics.median(ratios[i : i + rounds]) for i in range(0, len(ratios), rounds)]
    result = {"side": name, "peer": peer, **spread(ratios), "repeats": medians}
    if promise is not None:
        result |= {"promise": promise, "kept": result["median"] <= promise}
    return result


def processor() -> str:
    """Return the name of the processor, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
