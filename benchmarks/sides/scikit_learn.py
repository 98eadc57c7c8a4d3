"""scikit-learn's ``MLPClassifier``, with what it adds to plain SGD switched off."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import numpy as np

from benchmarks.problem import Problem
from benchmarks.processes import Several

AT_ONCE = 16  # batches in one call, which checks its input: one batch a call takes 1.7 times as long for each


def scikit_learn(problem: Problem) -> Iterator[Any]:
    from sklearn.neural_network import MLPClassifier  # type: ignore[import-untyped]

    model = MLPClassifier(
        problem.sizes[1:-1],
        solver="sgd",
        alpha=0,
        batch_size=problem.batch_size,
        learning_rate_init=problem.lr,
        momentum=0,
        nesterovs_momentum=False,
        shuffle=False,
    )
    batches = problem.batches()
    model.partial_fit(*batches[0], classes=np.arange(problem.sizes[-1]))  # makes weights, which ours replace
    for W, b, (our_W, our_b) in zip(model.coefs_, model.intercepts_, problem.weights, strict=True):
        W[...], b[...] = our_W.T, our_b
    if not problem.training:
        for X, _ in cycle(batches):
            yield model.predict_log_proba(X)

    batches *= -(-AT_ONCE // len(batches))
    parts = [batches[i : i + AT_ONCE] for i in range(0, len(batches) - AT_ONCE + 1, AT_ONCE)]
    for X, y in cycle([tuple(map(np.concatenate, zip(*part, strict=True))) for part in parts]):
        yield Several(np.asarray(model.partial_fit(X, y).loss_), AT_ONCE)
