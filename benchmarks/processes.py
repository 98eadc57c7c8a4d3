"""One process for each side of a contest, which works only when it is its turn."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

WARM_UP = 0.25  # of a turn
PAUSE = 0.2  # seconds before a turn where processes can't be stopped; OpenBLAS's threads were seen to spin for 0.1
LIBRARIES = ("chainrule", "numpy", "torch", "torchvision", "jax", "sklearn")
POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "PJRT_NPROC")  # the last one is XLA's
PR_SET_PDEATHSIG = 1  # of linux/prctl.h

Build = Callable[[Any], Iterator[Any]]


class BenchmarkError(Exception):
    """A contest whose times would mean nothing."""


class Several(NamedTuple):
    """What a side yields that does several steps at once: the mean of their losses, and how many they are."""

    loss: Any
    steps: int


class Turn(NamedTuple):
    """How long a step took, and how much processor time the whole turn did, in all threads of the process."""

    seconds_per_step: float
    cpu_seconds: float


# ---- in the process of a side ----------------------------------------------------------------------------------


class Runner:
    """One side, doing steps on demand."""

    def __init__(self, build: Build) -> None:
        self.build = build

    def start(self, given: Any) -> None:
        """Begin anew, with another task. The first step is done at once, so that what is missing is noticed."""
        steps = self.build(given)
        self.steps = chain([next(steps)], steps)

    def results(self, n: int) -> list[list[float]] | None:
        """Do ``n`` steps and return what they yield as numbers, or None if it is nothing.

        Where several steps are done at once, there are fewer results.
        """
        results = []
        done = 0
        while done < n:
            value = next(self.steps)
            if value is None:
                return None
            done += _count(value)
            results.append(_numbers(value.loss if isinstance(value, Several) else value))
        return results

    def turn(self, seconds: float) -> Turn:
        """Do steps for about this long, after a warm-up."""
        used = time.process_time()
        gc.collect()
        self._run(1)  # wakes the threads up
        calls, start = 0, time.perf_counter()
        while not calls or time.perf_counter() - start < WARM_UP * seconds:
            self._run(1)
            calls += 1
        each = (time.perf_counter() - start) / calls
        calls = max(1, round(seconds / each))
        start = time.perf_counter()
        steps = self._run(calls)
        return Turn((time.perf_counter() - start) / steps, time.process_time() - used)

    def _run(self, calls: int) -> int:
        """Call for the next result so many times, and return how many steps that were."""
        value: Any = None
        for _ in range(calls):
            value = next(self.steps)
        if hasattr(value, "block_until_ready"):  # JAX returns before it has computed
            value.block_until_ready()
        return calls * _count(value)

    def environment(self) -> dict[str, dict[str, Any]]:
        """Return the versions of the libraries that this side has loaded, and the sizes of their thread pools."""
        from threadpoolctl import threadpool_info

        threads = {pool["prefix"]: pool["num_threads"] for pool in threadpool_info()}
        if torch := sys.modules.get("torch"):
            threads["torch"] = torch.get_num_threads()
        versions = {name: sys.modules[name].__version__ for name in LIBRARIES if name in sys.modules}
        return {"versions": versions, "threads": threads}


def _count(value: Any) -> int:
    return value.steps if isinstance(value, Several) else 1


def _numbers(value: Any) -> list[float]:
    """Return a loss, or the outputs of a batch as their distances from the mean of each example's.

    Outputs mean the same whatever is added to all of an example; scikit-learn gives the logarithms of softmax.
    """
    array = np.asarray(value.detach() if hasattr(value, "detach") else value, dtype=np.float64)
    if array.ndim == 2:
        array = array - array.mean(axis=1, keepdims=True)
    return array.ravel().tolist()


def serve(connection: Connection, build: Build) -> None:
    """Answer messages ``(method of Runner, *arguments)`` until the other end closes."""
    _die_with_parent()
    runner = Runner(build)
    try:
        while True:
            method, *arguments = connection.recv()
            connection.send(getattr(runner, method)(*arguments))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        return
    except ImportError as error:
        connection.send(error)
    except Exception as error:
        connection.send(BenchmarkError(f"{type(error).__name__}: {error}"))


def _die_with_parent() -> None:
    """Ask Linux for it: a process that is stopped would not notice that the one that asks was killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


# ---- in the process that asks ----------------------------------------------------------------------------------


class Side:
    """The other end of a `Runner`. Between its answers its process is stopped, so that it can disturb nobody."""

    def __init__(self, name: str, build: Build) -> None:
        context = multiprocessing.get_context("spawn")
        self.name = name
        self.connection, far_end = context.Pipe()
        self.process = context.Process(target=serve, args=(far_end, build), name=name, daemon=True)
        self.process.start()
        far_end.close()

    def ask(self, method: str, *arguments: Any) -> Any:
        """Return what a method of the runner returns, or raise what it raised."""
        self.tell(method, *arguments)
        return self.answer()

    def tell(self, method: str, *arguments: Any) -> None:
        """Have a method of the runner called; `answer` must be called next."""
        self._wake()
        try:
            self.connection.send((method, *arguments))
        except (BrokenPipeError, ConnectionResetError) as error:
            raise BenchmarkError(f"the process of {self.name} ended unasked") from error

    def answer(self) -> Any:
        """Wait for what the method returns, and return it, or raise what it raised."""
        try:
            answer = self.connection.recv()
        except (EOFError, ConnectionResetError) as error:
            raise BenchmarkError(f"the process of {self.name} ended unasked") from error
        self._stop()
        if isinstance(answer, BenchmarkError):
            raise BenchmarkError(f"{self.name} failed: {answer}")
        if isinstance(answer, Exception):
            raise answer
        return answer

    if hasattr(signal, "SIGSTOP"):

        def _stop(self) -> None:
            self._signal(signal.SIGSTOP)

        def _wake(self) -> None:
            self._signal(signal.SIGCONT)

    else:

        def _stop(self) -> None:
            time.sleep(PAUSE)

        def _wake(self) -> None:
            pass

    def _signal(self, number: int) -> None:
        if self.process.is_alive() and self.process.pid is not None:
            os.kill(self.process.pid, number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._wake()
        self.connection.close()
        self.process.join(timeout=5)
        self.process.kill()


@contextmanager
def limit(threads: int) -> Iterator[None]:
    """Hold processes that are started inside to so many cores, and their thread pools to as many threads."""
    before = {name: os.environ.get(name) for name in POOLS}
    os.environ.update(dict.fromkeys(POOLS, str(threads)))
    cores = available_cores()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores[:threads])
    try:
        yield
    finally:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, cores)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def busy_seconds() -> float | None:
    """Return how long the machine's cores have been busy since it was started, all added up, where Linux tells."""
    try:
        fields = Path("/proc/stat").read_text(encoding="utf-8").split("\n", 1)[0].split()[1:]
    except OSError:
        return None
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, fields[:8])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def available_cores() -> list[int]:
    """Return the numbers of the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))
