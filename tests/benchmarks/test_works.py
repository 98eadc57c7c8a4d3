"""The registry of works, and the tasks they hand out."""

import numpy as np
import pytest
from benchmarks.works import CAPTURED, FUSED, LABS, PYTORCH, ann_task, eight_task, plane_task, registry


@pytest.fixture(autouse=True)
def embedded_sample(monkeypatch, tmp_path):
    """Find no data but the sample in the package."""
    monkeypatch.setenv("CHAINRULE_CACHE", str(tmp_path))
    monkeypatch.delenv("CHAINRULE_DATA", raising=False)


@pytest.mark.parametrize("all_peers", [False, True])
def test_promises_name_sides_that_exist_and_ours_come_first(all_peers):
    for work in registry(all_peers).values():
        assert next(iter(work.sides)) == CAPTURED
        for case in work.cases:
            for pair in case.promises:
                assert set(pair) <= set(work.sides)


def test_a_sweep_has_the_same_cases_with_few_peers_and_with_all():
    few, everybody = registry(), registry(all_peers=True)
    assert list(few) == list(everybody)
    for name, work in few.items():
        assert [case.x for case in work.cases] == [case.x for case in everybody[name].cases]
        assert set(work.sides) <= set(everybody[name].sides)


def test_batches_of_one_and_two_may_take_a_tenth_longer_than_pytorchs():
    promises = {case.x: case.promises[CAPTURED, PYTORCH] for case in registry()["batch-size-training"].cases}
    assert promises == {2**i: 1.10 if i < 2 else 1.00 for i in range(13)}


def test_sweeps_go_as_far_as_they_say():
    works = registry()
    assert [case.x for case in works["width-training"].cases] == [16, 32, 64, 128, 256, 512, 1024, 2048, 4096]
    assert [case.x for case in works["depth-inference"].cases] == [1, 2, 4, 8, 16]


def test_inference_has_no_optimiser_to_fuse():
    assert FUSED in registry(all_peers=True)["width-training"].sides
    assert FUSED not in registry(all_peers=True)["width-inference"].sides


def test_results_of_the_classifier_are_compared_without_dropout():
    task = ann_task()
    assert (task.given.dropout, task.to_check.dropout) == (0.3, 0)
    assert abs(task.given.X.mean()) < 0.1, "normalised"


def test_eights_are_one_and_all_else_is_zero():
    given = eight_task().given
    assert given.y.shape == (len(given.X), 1)
    assert 0.05 < given.y.mean() < 0.15


def test_points_in_the_plane_are_of_two_classes():
    given = plane_task().given
    assert np.array_equal(given.y, np.hypot(*given.X.T) < np.sqrt(0.5))


def test_every_lab_has_one_case():
    assert all(len(work.cases) == 1 for work in LABS)
