"""The harness: what it refuses, and what it reports. Its sides run in processes of their own, as always."""

import json
import time
from functools import partial
from importlib import import_module
from itertools import cycle

import numpy as np
import pytest
from benchmarks.__main__ import render
from benchmarks.harness import (
    BenchmarkError,
    NobodyToCompare,
    Side,
    Task,
    Work,
    check_threads,
    largest_difference,
    measure,
    ratio,
    spread,
)

# Sides must be picklable. These take the given list of losses: one repeats it, one has other losses, one has none
# and sleeps, one asks for a library that is not there.
repeating = cycle
deviating = partial(map, np.negative)
sleeping = partial(map, time.sleep)
unavailable = partial(import_module, "a_library_that_nobody_has")

LOSSES = list(np.array([0.002, 0.001] * 200))


def work(sides, promises=None):
    task = Task(LOSSES, steps=300, description={"kind": "made up"})
    return Work("work", "a work", lambda: task, sides, promises or {}, round_steps=10)


def quietly(work):
    return measure(work, rounds=3, threads=1, progress=lambda line: None)


def test_a_contest_reports_every_side_and_the_ratio_of_every_pair_round_by_round():
    sides = {"fast": repeating, "slow": sleeping}
    report = quietly(work(sides, {("fast", "slow"): 0.5}))
    assert list(report["sides"]) == ["fast", "slow"]
    for side in report["sides"].values():
        assert len(side["seconds_per_epoch"]["values"]) == 3
        assert set(side["threads"].values()) <= {1}
    (only,) = report["ratios"]
    assert (only["side"], only["peer"], only["kept"]) == ("fast", "slow", True)
    fast, slow = (side["seconds_per_epoch"]["values"] for side in report["sides"].values())
    assert only["values"] == [a / b for a, b in zip(fast, slow, strict=True)]
    assert min(slow) > 300 * 0.0015, "times are scaled from 10 steps to the 300 of an epoch"
    assert json.loads(json.dumps(report)) == report
    assert "fast / slow" in render(report)
    assert "at most 0.50: kept" in render(report)


def test_sides_with_different_losses_are_not_timed():
    with pytest.raises(BenchmarkError, match=r"a and b don't do the same work: their losses in step 1 are 0.002"):
        quietly(work({"a": repeating, "b": deviating}))


def test_a_side_whose_library_is_missing_is_left_out_and_named():
    report = quietly(work({"a": repeating, "b": repeating, "absent": unavailable}))
    assert list(report["sides"]) == ["a", "b"]
    assert "a_library_that_nobody_has" in report["missing"]["absent"]


def test_a_contest_of_one_side_is_not_held():
    with pytest.raises(NobodyToCompare, match="a_library_that_nobody_has"):
        quietly(work({"a": repeating, "absent": unavailable}))


def test_an_error_in_the_process_of_a_side_is_raised_with_the_name_of_the_side():
    with (
        Side("divided", partial(map, partial(divmod, 1)), [0]) as side,
        pytest.raises(BenchmarkError, match="divided failed: ZeroDivisionError"),
    ):
        side.ask("losses", 1)


def test_the_largest_difference_of_losses_passes_over_sides_that_have_none():
    assert largest_difference({"a": [1.0, 2.0], "b": [1.0, 2.0 + 4e-6], "floor": [None, None]}) == pytest.approx(
        4e-6
    )


@pytest.mark.parametrize("loss", [1.00002, float("nan")])
def test_losses_further_apart_than_the_tolerance_or_not_finite_are_refused(loss):
    with pytest.raises(BenchmarkError, match="losses in step 2"):
        largest_difference({"a": [1.0, 1.0], "b": [1.0, loss]})


def test_sides_with_other_numbers_of_threads_are_refused():
    environments = {"a": {"threads": {"openblas": 2}}, "b": {"threads": {"torch": 1}}}
    with pytest.raises(BenchmarkError, match="2 threads, but torch of b has 1"):
        check_threads(environments, 2)


def test_the_ratio_is_of_the_same_round_and_its_median_decides():
    result = ratio("a", "b", {"a": [1.0, 9.0, 3.0], "b": [2.0, 10.0, 4.0]}, promise=0.75)
    assert result["values"] == [0.5, 0.9, 0.75]
    assert result["median"] == 0.75
    assert result["kept"]
    assert not ratio("a", "b", {"a": [1.0, 1.0], "b": [1.0, 1.0]}, promise=0.99)["kept"]


def test_the_spread_has_median_quartiles_and_extremes():
    assert spread([5.0, 1.0, 2.0, 3.0, 4.0]) == {
        "median": 3.0,
        "quartiles": [2.0, 4.0],
        "min": 1.0,
        "max": 5.0,
        "values": [5.0, 1.0, 2.0, 3.0, 4.0],
    }
