"""Studies: the same numbers in whatever order and number of processes, and nothing done twice."""

import json
import os
import time
from pathlib import Path

import pytest

import chainrule as cr
from chainrule.labs.study import Plan, run_plans


def run_trials(trial, settings, folder, *arguments, **named):
    """One study, kept in the folder itself."""
    return run_plans({"": Plan(trial, settings)}, folder, *arguments, **named)[""]


def train(lr, log, seed=None):
    """A small training, on random numbers, that notes in a file that it was run."""
    with Path(log).open("a") as file:
        file.write(f"{lr} {os.getpid()}\n")
    if seed is not None:
        cr.manual_seed(seed)
    x = cr.randn(64, 300)
    model = cr.nn.Linear(300, 200)
    optimizer = cr.optim.SGD(model.parameters(), lr=lr)
    for _ in range(3):
        loss = (model(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return {"loss": loss.item(), "lr": lr}


def fail_at(lr, log):
    result = train(lr, log)
    if Path(log).with_name("stop").read_text() == str(lr):
        raise KeyboardInterrupt
    return result


def settings(tmp_path, *rates):
    return {f"lr {lr}": {"lr": lr, "log": str(tmp_path / "log")} for lr in rates}


def runs(tmp_path):
    return [line.split() for line in (tmp_path / "log").read_text().splitlines()]


RATES = (0.1, 0.2, 0.3, 0.4)


def test_numbers_depend_neither_on_the_order_nor_on_the_number_of_processes(tmp_path):
    alone = run_trials(train, settings(tmp_path, *RATES), tmp_path / "a", processes=1)
    together = run_trials(train, settings(tmp_path, *RATES), tmp_path / "b", processes=2)
    backwards = run_trials(train, settings(tmp_path, *reversed(RATES)), tmp_path / "c", processes=2)
    assert alone == together == backwards
    assert len({result["loss"] for result in alone.values()}) == len(RATES)


def test_results_come_in_the_order_of_the_settings(tmp_path):
    results = run_trials(train, settings(tmp_path, 0.3, 0.1, 0.2), tmp_path / "a", processes=2)
    assert list(results) == ["lr 0.3", "lr 0.1", "lr 0.2"]
    assert [result["lr"] for result in results.values()] == [0.3, 0.1, 0.2]


def meet(log, which):
    """Note the process, and wait until another one has done so, too."""
    with Path(log).open("a") as file:
        file.write(f"{which} {os.getpid()}\n")
    until = time.monotonic() + 20
    while len({line.split()[1] for line in Path(log).read_text().splitlines()}) < 2:
        if time.monotonic() > until:
            raise TimeoutError("no other process ran a trial at the same time")
        time.sleep(0.02)
    return {"which": which}


def test_two_processes_run_trials_at_the_same_time(tmp_path):
    both = {name: {"log": str(tmp_path / "log"), "which": name} for name in ("a", "b")}
    run_trials(meet, both, tmp_path / "kept", processes=2)
    assert {which for which, _ in runs(tmp_path)} == {"a", "b"}
    processes = {process for _, process in runs(tmp_path)}
    assert len(processes) == 2
    assert str(os.getpid()) not in processes


def test_trials_are_run_again_if_what_they_depend_on_has_changed(tmp_path):
    for sha256 in ("of one file", "of one file", "of another"):
        run_trials(train, settings(tmp_path, 0.1), tmp_path / "a", processes=1, facts={"sha256": sha256})
    assert len(runs(tmp_path)) == 2


def diverge(lr):
    return {"loss": float("nan"), "losses": [lr, float("inf")]}


def test_what_is_no_number_is_null_whether_the_trial_was_kept_or_run(tmp_path):
    for _ in range(2):
        results = run_trials(diverge, {"a": {"lr": 0.5}}, tmp_path, processes=1)
        assert results == {"a": {"loss": None, "losses": [0.5, None]}}


def test_a_trial_leaves_the_random_numbers_of_the_process_alone(tmp_path):
    cr.manual_seed(7)
    untouched = cr.rand(3).tolist()
    cr.manual_seed(7)
    run_trials(train, settings(tmp_path, 0.1), tmp_path / "a", processes=1)
    assert cr.rand(3).tolist() == untouched


@pytest.mark.parametrize("processes", [1, 2])
def test_an_interrupted_study_goes_on_where_it_was(tmp_path, processes):
    (tmp_path / "stop").write_text("0.3")
    chosen = settings(tmp_path, *RATES)
    with pytest.raises(KeyboardInterrupt):
        run_trials(fail_at, chosen, tmp_path / "a", processes=processes)
    kept = {path.stem for path in (tmp_path / "a").glob("*.json")}
    assert kept & {"lr_0.1", "lr_0.2"}  # the third is begun when one of the first two has ended
    assert "lr_0.3" not in kept
    (tmp_path / "stop").write_text("never")
    before = len(runs(tmp_path))
    resumed = run_trials(fail_at, chosen, tmp_path / "a", processes=processes)
    assert len(runs(tmp_path)) - before == len(RATES) - len(kept)
    assert resumed == run_trials(fail_at, chosen, tmp_path / "b", processes=processes)


def test_only_trials_with_changed_settings_are_run_again(tmp_path):
    run_trials(train, settings(tmp_path, 0.1, 0.2), tmp_path / "a", processes=1)
    changed = settings(tmp_path, 0.1, 0.2)
    changed["lr 0.2"]["lr"] = 0.25
    results = run_trials(train, changed, tmp_path / "a", processes=1)
    assert [rate for rate, _ in runs(tmp_path)] == ["0.1", "0.2", "0.25"]
    assert results["lr 0.2"]["lr"] == 0.25


def test_another_trial_under_the_same_name_is_run(tmp_path):
    (tmp_path / "stop").write_text("never")
    run_trials(train, settings(tmp_path, 0.1), tmp_path / "a", processes=1)
    run_trials(fail_at, settings(tmp_path, 0.1), tmp_path / "a", processes=1)
    assert len(runs(tmp_path)) == 2


def test_a_file_that_is_cut_off_is_no_finished_trial(tmp_path):
    first = run_trials(train, settings(tmp_path, 0.1), tmp_path / "a", processes=1)
    file = tmp_path / "a" / "lr_0.1.json"
    file.write_text(file.read_text()[:40])
    assert run_trials(train, settings(tmp_path, 0.1), tmp_path / "a", processes=1) == first
    assert len(runs(tmp_path)) == 2
    assert json.loads(file.read_text())["result"] == first["lr 0.1"]


def test_what_killed_processes_left_half_written_is_removed(tmp_path):
    half = tmp_path / ".lr_0.1.json.abc.partial"
    half.write_text('{"trial":')
    run_trials(train, settings(tmp_path, 0.1), tmp_path, processes=1)
    assert not half.exists()


def test_an_error_of_a_trial_reaches_the_caller(tmp_path):
    with pytest.raises(TypeError, match="unexpected keyword"):
        run_trials(train, {"a": {"rate": 1.0}}, tmp_path, processes=1)


def test_names_that_would_share_a_file_are_refused(tmp_path):
    with pytest.raises(ValueError, match="'a b' and 'a_b'"):
        run_trials(train, {"a b": {}, "a_b": {}}, tmp_path)


def test_without_a_terminal_a_study_says_in_lines_how_far_it_is(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("chainrule.labs.bar.SECONDS_BETWEEN_LINES", 0)
    run_trials(train, settings(tmp_path, 0.1), tmp_path / "a", processes=1)
    run_trials(train, settings(tmp_path, 0.1, 0.2, 0.3), tmp_path / "a", processes=1, title="rates")
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["trials: 1 of 1", "rates: 2 of 3", "rates: 3 of 3"]


def test_studies_share_one_progress_bar_and_keep_their_trials_apart(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("chainrule.labs.bar.SECONDS_BETWEEN_LINES", 0)
    same = settings(tmp_path, 0.1)
    plans = {"first": Plan(train, same), "second": Plan(train, {**same, **settings(tmp_path, 0.2)})}
    results = run_plans(plans, tmp_path / "kept", processes=1, title="rates")
    assert {study: list(found) for study, found in results.items()} == {
        "first": ["lr 0.1"],
        "second": ["lr 0.1", "lr 0.2"],
    }
    assert {path.parent.name for path in (tmp_path / "kept").rglob("lr_0.1.json")} == {"first", "second"}
    assert capsys.readouterr().err.splitlines() == [f"rates: {n} of 3" for n in (1, 2, 3)]
