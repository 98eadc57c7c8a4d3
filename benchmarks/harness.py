"""Contests between sides that do the same work, on a machine that other programs use too.

Single figures swing by half there, so nothing is measured once, or alone:

- The sides take turns in short rounds, and what counts is the median over the rounds of the *ratio* of two sides
  in one round: both had the same load of the machine.
- Every side has a process of its own, which loads only its own libraries and takes its number of threads from the
  environment. Sharing one process made no difference that could be told from the noise (medians of shared against
  own over 21 rounds: 1.04 for chainrule, 1.09 for PyTorch, and 0.93 and 1.01 without a pause between the turns).
- A pause before each turn lets the thread pools of the side before fall asleep: they spin on after their last
  product, OpenBLAS's for 0.1 seconds.
- All processes are given the same number of threads, and report those they have; if they differ, nothing is timed.
- Sides that compute losses must have the same ones first; if they differ, nothing is timed.
- Garbage is collected before each turn, off the clock, and automatically during it, as in any program.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import combinations, islice
from multiprocessing.connection import Connection
from typing import Any, Self

CHECKED_STEPS = 100
TOLERANCE = 1e-5  # of losses, absolute
WARM_UP_STEPS = 5  # before each turn
PAUSE = 0.2  # seconds before each turn; after its last product a pool of OpenBLAS was seen to spin for 0.1
LIBRARIES = ("chainrule", "numpy", "torch", "torchvision")

Build = Callable[[Any], Iterator[Any]]


class BenchmarkError(Exception):
    """A contest whose times would mean nothing."""


class NobodyToCompare(BenchmarkError):  # noqa: N818 (it is a plain fact)
    """Fewer than two sides have what they need."""


@dataclass(frozen=True)
class Task:
    """What all sides of a work are given.

    Attributes
    ----------
    given : object
        Handed to each side; must be picklable.
    steps : int
        How many steps there are in an epoch.
    description : dict
        For the report: which data these are.
    """

    given: Any
    steps: int
    description: dict[str, Any]


@dataclass(frozen=True)
class Work:
    """The same work, done by several sides.

    Attributes
    ----------
    name, title : str
    load : callable
        Returns the `Task`.
    sides : dict of str to callable
        A side takes ``task.given`` and returns an endless iterator: each ``next`` does one step and gives its
        loss (what has ``item()``), or None where there is none to compare. It runs in a process of its own, so it
        must be a function of a module; libraries that only this side needs are imported inside. An ImportError
        leaves the side out.
    promises : dict of (str, str) to float
        The ratio that a side's time to another's must not exceed.
    round_steps : int
        How many steps a side does in its turn.
    """

    name: str
    title: str
    load: Callable[[], Task]
    sides: Mapping[str, Build]
    promises: Mapping[tuple[str, str], float] = field(default_factory=dict)
    round_steps: int = 100


# ---- in the process of a side ----------------------------------------------------------------------------------


class Runner:
    """One side, doing steps on demand."""

    def __init__(self, build: Build, given: Any) -> None:
        self.steps = build(given)

    def losses(self, n: int) -> list[float | None]:
        """Do ``n`` steps and return their losses."""
        return [None if loss is None else loss.item() for loss in islice(self.steps, n)]

    def seconds(self, n: int) -> float:
        """Return how long ``n`` steps take, after a few to wake the threads up."""
        time.sleep(PAUSE)
        gc.collect()
        for _ in islice(self.steps, WARM_UP_STEPS):
            pass
        start = time.perf_counter()
        for _ in islice(self.steps, n):
            pass
        return time.perf_counter() - start

    def environment(self) -> dict[str, dict[str, Any]]:
        """Return the versions of the libraries that this side has loaded, and the sizes of their thread pools."""
        from threadpoolctl import threadpool_info

        threads = {pool["prefix"]: pool["num_threads"] for pool in threadpool_info()}
        if torch := sys.modules.get("torch"):
            threads["torch"] = torch.get_num_threads()
        versions = {name: sys.modules[name].__version__ for name in LIBRARIES if name in sys.modules}
        return {"versions": versions, "threads": threads}


def serve(connection: Connection, build: Build) -> None:
    """Answer messages until the other end closes: first what is given, then ``(method of Runner, *arguments)``."""
    try:
        runner = Runner(build, connection.recv())
        connection.send(None)
        while True:
            method, *arguments = connection.recv()
            connection.send(getattr(runner, method)(*arguments))
    except EOFError:
        return
    except ImportError as error:
        connection.send(error)
    except Exception as error:
        connection.send(BenchmarkError(f"{type(error).__name__}: {error}"))


# ---- in the process that asks ----------------------------------------------------------------------------------


class Side:
    """The other end of a `Runner`."""

    def __init__(self, name: str, build: Build, given: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self.name = name
        self.connection, far_end = context.Pipe()
        self.process = context.Process(target=serve, args=(far_end, build), name=name, daemon=True)
        self.process.start()
        far_end.close()
        self._exchange(given)

    def ask(self, method: str, *arguments: Any) -> Any:
        """Return what a method of the runner returns, or raise what it raised."""
        return self._exchange((method, *arguments))

    def _exchange(self, message: Any) -> Any:
        try:
            self.connection.send(message)
            answer = self.connection.recv()
        except (EOFError, BrokenPipeError) as error:
            raise BenchmarkError(f"the process of {self.name} ended unasked") from error
        if isinstance(answer, BenchmarkError):
            raise BenchmarkError(f"{self.name} failed: {answer}")
        if isinstance(answer, Exception):
            raise answer
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.connection.close()
        self.process.join(timeout=5)
        self.process.kill()


@contextmanager
def thread_limit(threads: int) -> Iterator[None]:
    """Have processes that are started inside give each of their thread pools this size."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, str(threads)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def measure(work: Work, rounds: int, threads: int, progress: Callable[[str], None] = print) -> dict[str, Any]:
    """Hold a contest.

    Parameters
    ----------
    work : Work
    rounds : int
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
        If their losses or threads differ, or one of them fails.
    """
    task = work.load()
    with ExitStack() as stack:
        sides: list[Side] = []
        losses: dict[str, list[float | None]] = {}
        missing: dict[str, str] = {}
        with thread_limit(threads):
            for name, build in work.sides.items():
                try:
                    side = stack.enter_context(Side(name, build, task.given))
                    losses[name] = side.ask("losses", CHECKED_STEPS)
                    sides.append(side)
                except ImportError as error:
                    missing[name] = str(error)
                    progress(f"{work.name}: {name} is left out: {error}")
        if len(sides) < 2:
            raise NobodyToCompare(f"there is nobody to compare with: {'; '.join(missing.values())}")
        difference = largest_difference(losses)
        environments = {side.name: side.ask("environment") for side in sides}
        check_threads(environments, threads)
        progress(
            f"{work.name}: losses of {CHECKED_STEPS} steps differ by {difference:.1e} at most; {rounds} rounds"
        )
        seconds: dict[str, list[float]] = {side.name: [] for side in sides}
        for i in range(rounds):
            first = i % len(sides)
            for side in sides[first:] + sides[:first]:
                took = side.ask("seconds", work.round_steps)
                seconds[side.name].append(took / work.round_steps * task.steps)
    return {
        "work": work.name,
        "title": work.title,
        "data": task.description,
        "machine": {"architecture": platform.machine(), "cores": os.cpu_count(), "system": platform.system()},
        "python": platform.python_version(),
        "threads": threads,
        "rounds": rounds,
        "steps_per_round": work.round_steps,
        "steps_per_epoch": task.steps,
        "checked": {"steps": CHECKED_STEPS, "largest_difference": difference, "tolerance": TOLERANCE},
        "missing": missing,
        "sides": {name: {**environments[name], "seconds_per_epoch": spread(t)} for name, t in seconds.items()},
        "ratios": [
            ratio(name, peer, seconds, work.promises.get((name, peer))) for name, peer in combinations(seconds, 2)
        ],
    }


def largest_difference(losses: Mapping[str, list[float | None]]) -> float:
    """Return by how much the losses of any two sides differ at most.

    Raises
    ------
    BenchmarkError
        If that is more than the tolerance, or not a number.
    """
    computed = {name: values for name, values in losses.items() if None not in values}
    largest = 0.0
    for (name, values), (peer, others) in combinations(computed.items(), 2):
        for step, (a, b) in enumerate(zip(values, others, strict=True), 1):
            assert a is not None
            assert b is not None
            if not abs(a - b) <= TOLERANCE:
                raise BenchmarkError(
                    f"{name} and {peer} don't do the same work: their losses in step {step} are {a!r} and {b!r}"
                )
            largest = max(largest, abs(a - b))
    return largest


def check_threads(environments: Mapping[str, dict[str, dict[str, Any]]], threads: int) -> None:
    """Raise BenchmarkError unless every pool of every side has this number of threads."""
    for name, environment in environments.items():
        for pool, n in environment["threads"].items():
            if n != threads:
                raise BenchmarkError(
                    f"every side was to have {threads} threads, but {pool} of {name} has {n}: use --threads {n}"
                )


def spread(values: list[float]) -> dict[str, Any]:
    """Return median, quartiles and extremes, and the values themselves in the order of the rounds.

    Examples
    --------
    >>> spread([4.0, 1.0, 2.0])["median"]
    2.0
    """
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return {
        "median": median,
        "quartiles": [low, high],
        "min": min(values),
        "max": max(values),
        "values": values,
    }


def ratio(
    name: str, peer: str, seconds: Mapping[str, list[float]], promise: float | None = None
) -> dict[str, Any]:
    """Return the ratios of two sides' times, round by round, and whether their median keeps a promise."""
    result = {
        "side": name,
        "peer": peer,
        **spread([a / b for a, b in zip(seconds[name], seconds[peer], strict=True)]),
    }
    if promise is not None:
        result |= {"promise": promise, "kept": result["median"] <= promise}
    return result
