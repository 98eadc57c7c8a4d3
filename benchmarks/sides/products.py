"""The matrix products of a step and nothing else, into memory that is there: the floor."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

import numpy as np

from benchmarks.problem import Problem


def products(problem: Problem) -> Iterator[None]:
    B = problem.batch_size
    weights = [W for W, _ in problem.weights]
    z = [np.empty((B, len(W)), np.float32) for W in weights]
    dz = [np.full((B, len(W)), 0.01, np.float32) for W in weights]
    dW = [np.empty_like(W) for W in weights]
    for X, _ in cycle(problem.batches()):
        for x, W, y in zip([X, *z], weights, z, strict=False):
            np.dot(x, W.T, out=y)
        if problem.training:
            for i in reversed(range(len(weights))):
                np.dot(dz[i].T, z[i - 1] if i else X, out=dW[i])
                if i:
                    np.dot(dz[i], weights[i], out=dz[i - 1])
        yield
