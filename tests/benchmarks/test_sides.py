"""The sides of the labs' works compute the same, from weights that are handed over.

``torch.compile`` is not among them, because it needs a compiler and half a minute; every contest checks it.
"""

from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from benchmarks.harness import largest_difference
from benchmarks.problem import Problem, initial_weights
from benchmarks.processes import Runner
from benchmarks.sides.jax_jit import jax_jit
from benchmarks.sides.modules import chainrule_captured, chainrule_eager, pytorch_eager, pytorch_fused
from benchmarks.sides.plain_numpy import one_example_at_a_time, softmax_regression
from benchmarks.sides.products import products
from benchmarks.sides.scikit_learn import AT_ONCE, scikit_learn

STEPS = 2 * AT_ONCE
TOLERANCE = 2e-6


def problem(sizes=(12, 8, 6, 3), batch_size=4, **how):
    rng = np.random.default_rng(0)
    X = rng.random((37 * batch_size + batch_size // 2, sizes[0]), np.float32)
    y = rng.integers(0, sizes[-1], len(X))
    return Problem(sizes, initial_weights(sizes), X, y, batch_size, **{"lr": 0.1, **how})


def results(side, problem, steps=STEPS):
    with closing(side(problem)) as generator:
        runner = Runner(lambda given: generator)
        runner.start(problem)
        return runner.results(steps)


def same(problem, *sides, tolerance=TOLERANCE):
    ours = results(chainrule_eager, problem)
    for side in sides:
        largest_difference({"ours": ours, "theirs": results(side, problem)}, tolerance)
    return ours


LIBRARIES = [
    (pytorch_eager, "torch"),
    (pytorch_fused, "torch"),
    (jax_jit, "jax"),
    (scikit_learn, "sklearn"),
]


@pytest.mark.parametrize(("side", "library"), LIBRARIES)
def test_peers_train_as_we_do(side, library):
    pytest.importorskip(library)
    same(problem(), side)


@pytest.mark.parametrize(("side", "library"), LIBRARIES[:3])
def test_peers_train_with_adam_as_we_do(side, library):
    pytest.importorskip(library)
    same(problem(optimizer="Adam", lr=0.01), side, tolerance=1e-4)


@pytest.mark.parametrize(("side", "library"), LIBRARIES)
def test_peers_infer_as_we_do(side, library):
    pytest.importorskip(library)
    same(problem(training=False), side)


def test_captured_steps_are_eager_ones_to_the_last_bit():
    for how in ({}, {"training": False}, {"optimizer": "Adam", "dropout": 0.3}):
        assert results(chainrule_captured, problem(**how)) == results(chainrule_eager, problem(**how))


def test_pytorch_drops_the_same_units_from_the_same_seed():
    pytest.importorskip("torch")
    same(problem(dropout=0.5), pytorch_eager)


def test_dropout_changes_what_jax_computes():
    pytest.importorskip("jax")
    assert results(jax_jit, problem(dropout=0.5), 2) != results(jax_jit, problem(), 2)


def one_output():
    given = problem((12, 8, 1), 1, loss="MSELoss", hidden="Tanh", output="Sigmoid")
    return replace(given, y=(np.arange(len(given.X)) % 2).astype(np.float32)[:, None])


@pytest.mark.parametrize(
    ("side", "library"), [(one_example_at_a_time, "numpy"), (pytorch_eager, "torch"), (jax_jit, "jax")]
)
def test_one_example_at_a_time_is_the_same_in_all_of_them(side, library):
    pytest.importorskip(library)
    ours = same(one_output(), side)
    assert np.mean(ours[:4]) != np.mean(ours[-4:])


def test_softmax_regression_is_the_same_in_plain_numpy():
    ours = same(problem((12, 3)), softmax_regression)
    assert len(ours) == STEPS


@pytest.mark.parametrize("training", [True, False])
def test_the_floor_computes_nothing_to_compare(training):
    assert results(products, problem(training=training)) is None


def test_only_whole_batches_are_gone_through():
    given = problem(batch_size=4)
    assert {len(X) for X, _ in given.batches()} == {4}
    assert len(given.batches()) == 37


def test_the_weights_given_are_left_as_they_are():
    given = problem()
    before = [W.copy() for W, _ in given.weights]
    for side in (chainrule_eager, chainrule_captured, softmax_regression, products):
        one = given if side is not softmax_regression else problem((12, 3))
        copies = [W.copy() for W, _ in one.weights]
        results(side, one, 2)
        assert all(np.array_equal(W, copy) for (W, _), copy in zip(one.weights, copies, strict=True))
    assert all(np.array_equal(W, copy) for (W, _), copy in zip(given.weights, before, strict=True))
