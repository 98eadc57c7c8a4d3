"""The harness: what it refuses, and what it reports. Its sides run in processes of their own, as always."""

import json
import os
import random
import time
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from itertools import cycle, repeat

import numpy as np
import pytest
from benchmarks.harness import (
    PATIENCE,
    Case,
    NobodyToCompare,
    Record,
    Round,
    Task,
    Work,
    check_threads,
    hold,
    largest_difference,
    measure,
    ratio,
    spread,
)
from benchmarks.processes import BenchmarkError, Runner, Several, Side, available_cores, busy_seconds, limit

# Sides must be picklable. These take the given list of losses: one repeats it, one has other losses, one has none
# and sleeps, one asks for a library that is not there.
repeating = cycle
deviating = partial(map, np.negative)
sleeping = partial(map, time.sleep)
unavailable = partial(import_module, "a_library_that_nobody_has")

LOSSES = list(np.array([0.002, 0.001] * 200))


def work(sides, promises=None, given=LOSSES, to_check=None):
    case = Case(lambda: Task(given, {"kind": "made up"}, to_check), promises or {})
    return Work("work", "a work", sides, [case], checked_steps=4)


def quietly(work, rounds=2, repeats=1):
    return measure(work, rounds, repeats, threads=1, progress=lambda line: None)


def test_a_contest_reports_every_side_and_the_ratio_of_ours_to_every_peer():
    sides = {"chainrule": repeating, "slow": sleeping, "slower": sleeping}
    report = quietly(work(sides, {("chainrule", "slow"): 0.5}), rounds=2, repeats=2)
    assert list(report["sides"]) == ["chainrule", "slow", "slower"]
    (case,) = report["cases"]
    for side in report["sides"]:
        assert set(report["sides"][side]["threads"].values()) <= {1}
        assert len(case["seconds_per_step"][side]["values"]) == 4, "two rounds, two times"
    assert [(r["side"], r["peer"], r.get("kept")) for r in case["ratios"]] == [
        ("chainrule", "slow", True),
        ("chainrule", "slower", None),
    ]
    assert min(case["seconds_per_step"]["slow"]["values"]) > 0.001, "the time is that of one step"
    assert json.loads(json.dumps(report)) == report


def test_sides_with_different_losses_are_not_timed():
    with pytest.raises(BenchmarkError, match=r"a and b don't do the same work: their results 1 of 4 are 0.002"):
        quietly(work({"a": repeating, "b": deviating}))


def test_what_can_not_be_the_same_is_compared_on_another_task():
    sides = {"chainrule": repeating, "b": deviating}
    report = quietly(work(sides, given=range(10**9), to_check=[0.0] * 5))
    assert report["cases"][0]["checked"]["largest_difference"] == 0


def test_a_side_whose_library_is_missing_is_left_out_and_named():
    report = quietly(work({"chainrule": repeating, "b": repeating, "absent": unavailable}), repeats=2)
    assert list(report["sides"]) == ["chainrule", "b"]
    assert "a_library_that_nobody_has" in report["missing"]["absent"]


def test_a_contest_of_one_side_is_not_held():
    with pytest.raises(NobodyToCompare, match="a_library_that_nobody_has"):
        quietly(work({"a": repeating, "absent": unavailable}))


def test_an_error_in_the_process_of_a_side_is_raised_with_the_name_of_the_side():
    with (
        Side("divided", partial(map, partial(divmod, 1))) as side,
        pytest.raises(BenchmarkError, match="divided failed: ZeroDivisionError"),
    ):
        side.ask("start", [0])


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system does not bind processes to cores")
def test_processes_started_inside_the_limit_have_that_many_cores_and_threads():
    before = available_cores(), os.environ.get("OMP_NUM_THREADS")
    with limit(1):
        assert len(available_cores()) == 1
        assert os.environ["OMP_NUM_THREADS"] == os.environ["PJRT_NPROC"] == "1"
    assert (available_cores(), os.environ.get("OMP_NUM_THREADS")) == before


# ---- rounds ----------------------------------------------------------------------------------------------------


@dataclass
class Quick:
    """A side that needs no process."""

    name: str


@pytest.mark.parametrize(
    ("others", "counted"),
    [
        ([0.0, 0.9, 0.1, 0.0], [1, 3]),  # the disturbed one is held again
        ([0.9, 0.8, 0.7, 0.6], [3, 4]),  # none is calm: of twice as many the calmest
        ([None] * 4, [1, 2]),  # nobody knows
    ],
)
def test_the_rounds_that_count_are_the_least_disturbed_ones_in_the_order_they_were_held(
    monkeypatch, others, counted
):
    rounds = (Round({"a": float(i)}, used) for i, used in enumerate(others, 1))
    monkeypatch.setattr("benchmarks.harness.take_turns", lambda sides: next(rounds))
    record = Record(Case(lambda: None), Task(None, {}))
    hold([Quick("a")], 2, random.Random(0), record)
    assert record.seconds["a"] == counted
    assert PATIENCE == 2


@pytest.mark.skipif(busy_seconds() is None, reason="the system does not tell")
def test_the_time_that_cores_were_busy_grows_when_something_is_done():
    before, end = busy_seconds(), time.process_time() + 0.1
    while time.process_time() < end:
        pass
    assert busy_seconds() - before > 0.05


def test_a_side_that_does_several_steps_at_once_is_timed_by_the_step():
    runner = Runner(repeat)
    runner.start(Several(np.float64(0.5), 4))
    assert runner.results(8) == [[0.5], [0.5]]
    assert runner._run(calls=3) == 12


# ---- results ---------------------------------------------------------------------------------------------------


def test_outputs_are_compared_up_to_what_softmax_does_not_see():
    logits = np.array([[1.0, 2.0, 4.0]])
    first, second = Runner(repeat), Runner(repeat)
    first.start(logits)
    second.start(logits - np.log(np.exp(logits).sum()))
    assert np.allclose(first.results(1), second.results(1))


def test_the_largest_difference_is_that_of_any_two_sides_and_any_number():
    results = {"a": [[1.0, 5.0], [2.0, 6.0]], "b": [[1.0, 5.0], [2.0, 6.0 + 4e-6]]}
    assert largest_difference(results, 1e-5) == pytest.approx(4e-6)


def test_means_over_several_steps_are_compared_with_the_means_of_the_others():
    each, means = [[1.0], [3.0], [5.0], [7.0]], [[2.0], [6.0]]
    assert largest_difference({"each": each, "means": means}, 1e-5) == 0
    with pytest.raises(BenchmarkError, match="results 2 of 2"):
        largest_difference({"each": each, "means": [[2.0], [6.1]]}, 1e-5)


@pytest.mark.parametrize("loss", [1.00002, float("nan")])
def test_results_further_apart_than_the_tolerance_or_not_finite_are_refused(loss):
    with pytest.raises(BenchmarkError, match="results 2 of 2"):
        largest_difference({"a": [[1.0], [1.0]], "b": [[1.0], [loss]]}, 1e-5)


def test_sides_with_other_numbers_of_threads_are_refused():
    environments = {"a": {"threads": {"openblas": 2}}, "b": {"threads": {"torch": 1}}}
    with pytest.raises(BenchmarkError, match="2 threads, but torch of b has 1"):
        check_threads(environments, 2)


def test_the_ratio_is_of_the_same_round_and_its_median_decides():
    seconds = {"a": [1.0, 9.0, 3.0], "b": [2.0, 10.0, 4.0]}
    result = ratio("a", "b", seconds, promise=0.75)
    assert result["median"] == 0.75
    assert (result["min"], result["max"]) == (0.5, 0.9)
    assert result["kept"]
    assert not ratio("a", "b", seconds, promise=0.74)["kept"]


def test_the_median_of_each_repeat_is_kept():
    result = ratio("a", "b", {"a": [1.0, 2.0, 3.0, 5.0], "b": [1.0] * 4}, repeats=2)
    assert result["repeats"] == [1.5, 4.0]
    assert result["median"] == 2.5


def test_the_spread_has_median_quartiles_and_extremes():
    assert spread([5.0, 1.0, 2.0, 3.0, 4.0]) == {
        "median": 3.0,
        "quartiles": [2.0, 4.0],
        "min": 1.0,
        "max": 5.0,
    }
