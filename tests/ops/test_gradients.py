"""Every operation: its derivative against central differences, and what its runs may do to arrays."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import SAMPLES

from chainrule import ops
from chainrule.gradcheck import gradcheck
from chainrule.ops import Operation
from chainrule.tensor import Tensor, apply

OPERATIONS = sorted(SAMPLES)
every_operation = pytest.mark.parametrize("name", OPERATIONS)
drawn = settings(
    max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


def floats(arrays):
    return [a.dtype.kind == "f" for a in arrays]


def run(op, arrays):
    """Run an operation as the engine does; an array of its own for a result without axes, too."""
    op.needs = tuple(floats(arrays))
    with np.errstate(all="ignore"):
        y = op.forward(*arrays)
    if type(y) is not np.ndarray:
        y = np.asarray(y)
        if op.y is not None:
            op.y = y
    return y


def run_back(op, grad, into):
    op.into = into
    with np.errstate(all="ignore"):
        return [None if g is None else np.asarray(g) for g in op.backward(grad)]


def some_gradient(y, kind=0):
    """Draw ∂L/∂y: an array of its own, broadcast along the first axis, or transposed."""
    rng = np.random.default_rng(kind)
    if kind == 1 and y.ndim:
        return np.broadcast_to(rng.standard_normal(y.shape[1:]), y.shape)
    if kind == 2 and y.ndim:
        return rng.standard_normal(y.shape[::-1]).transpose()
    return np.asarray(rng.standard_normal(y.shape))


def test_every_operation_of_the_package_has_samples():
    assert all(hasattr(ops, name) for name in dir(ops))  # which imports them all
    ours = {name for name, op in Operation.registry.items() if op.__module__.startswith("chainrule.")}
    shared = {"Reduction", "Loss", "Elementary", "Pair", "NoGradient"}
    assert ours - shared - set(SAMPLES) == set(), "give these operations samples in tests/ops/samples.py"
    assert set(SAMPLES) <= ours, "these samples are of operations that do not exist"


@every_operation
def test_the_derivative_is_that_of_central_differences(name):
    @drawn
    @given(SAMPLES[name])
    def check(sample):
        arrays = sample.inputs()
        tensors = [Tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
        assert gradcheck(lambda *tensors: apply(sample.make(), *tensors), tensors, atol=1e-6, rtol=1e-6)

    check()


@every_operation
def test_an_operation_that_runs_again_gives_the_numbers_of_a_fresh_one(name):
    @drawn
    @given(SAMPLES[name], st.integers(0, 2))
    def check(sample, kind):
        again = sample.make()
        first = run(again, sample.inputs(0))
        before = run_back(again, some_gradient(first, kind), [None] * len(sample.inputs()))
        arrays = sample.inputs(1)
        fresh = sample.make()
        if name in ("Dropout", "AlphaDropout", "RReLU"):
            run(fresh, sample.inputs(0))  # it draws anew in every run
        expected = run(fresh, arrays)
        y = run(again, arrays)
        assert type(y) is np.ndarray
        assert y.dtype == np.float64
        assert np.array_equal(y, expected, equal_nan=True)
        grad = some_gradient(y, kind)
        expected = run_back(fresh, grad, [None] * len(arrays))
        into = [np.full(a.shape, 7.0) if b is not None else None for a, b in zip(arrays, before, strict=True)]
        got = run_back(again, grad, into)
        for a, g, e in zip(arrays, got, expected, strict=True):
            if a.dtype.kind == "f":
                assert g.shape == a.shape
                assert g.dtype == np.float64
                assert np.array_equal(g, e, equal_nan=True)

    check()


@every_operation
def test_backward_writes_neither_to_its_gradient_nor_to_the_inputs_nor_to_the_output(name):
    @drawn
    @given(SAMPLES[name], st.integers(0, 2))
    def check(sample, kind):
        arrays = sample.inputs()
        for a in arrays:
            a.flags.writeable = False
        op = sample.make()
        y = run(op, arrays)
        grad = some_gradient(y, kind)
        grad.flags.writeable = False
        held = y.copy()
        op_into = [np.zeros(a.shape) for a in arrays]
        once = [None if g is None else g.copy() for g in run_back(op, grad, [None] * len(arrays))]
        assert np.array_equal(y, held, equal_nan=True)
        # and so the walk can be repeated, with retain_graph
        for first, second in zip(once, run_back(op, grad, op_into), strict=True):
            assert (first is None and second is None) or np.array_equal(first, second, equal_nan=True)

    check()
