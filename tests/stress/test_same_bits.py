"""The same script gives the same bits, on as many threads; and on one and two, what the BLAS does on one."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.stress.trainings import ONE_THREAD
from threadpoolctl import threadpool_limits


def trained(threads):
    """Begin to train the networks of all labs in a fresh process."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}
    command = [sys.executable, "-m", "tests.stress.trainings"]
    return subprocess.Popen(command, cwd=Path(__file__).parents[2], env=environment, stdout=subprocess.PIPE)


@pytest.fixture(scope="module")
def runs():
    """Two runs on each of one and two threads."""
    processes = {threads: [trained(threads), trained(threads)] for threads in (1, 2)}
    return {threads: [json.loads(p.communicate()[0]) for p in pair] for threads, pair in processes.items()}


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_script_gives_the_same_bits_twice(runs, threads):
    first, second = runs[threads]
    assert first == second


def test_small_networks_give_the_same_bits_on_one_thread_and_two(runs):
    one, two = runs[1][0], runs[2][0]
    small = [name for name, result in one.items() if result["below the thresholds"]]
    assert small == ["eight", "ann, small", "framework, plane"]
    assert {name: one[name]["bits"] for name in small} == {name: two[name]["bits"] for name in small}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_products_below_the_threshold_are_the_same_on_one_thread_and_two(dtype):
    rng, draw = np.random.default_rng(0), random.Random(0)
    for _ in range(200):
        m, n = (round(2 ** draw.uniform(0, 9)) for _ in range(2))
        k = min(round(2 ** draw.uniform(8, 17.9)), ONE_THREAD - 1) // (m * n) or 1
        a, b = rng.standard_normal((m, k)).astype(dtype), rng.standard_normal((n, k)).astype(dtype)
        with threadpool_limits(1):
            one = a @ b.T
        with threadpool_limits(2):
            two = a @ b.T
        if m * n * k < ONE_THREAD:
            assert np.array_equal(one, two), (m, n, k)
