"""The study of the document's improvements: what is tried, what is said of it, and that it is gone on with."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from chainrule import datasets
from chainrule.commands import main
from chainrule.labs import eight
from chainrule.labs.eight import improvements, trials
from chainrule.labs.eight.improvements import BASE, IMPROVEMENTS, WAY, Study, trials_of
from chainrule.plot.style import cut_off

TINY = {"epochs": 2, "examples": 40}
SAMPLE = Path(datasets.__file__).parent / "sample"


def lab(*arguments):
    return CliRunner().invoke(main, ["lab", "eight", "--data", "sample", *map(str, arguments)])


def run_trial(**changes):
    return trials.trial(**{**WAY, **TINY, "seed": 0, "test_images": 200, "data": "sample", **changes})


def test_all_seven_improvements_are_tried_with_the_values_that_the_document_names():
    tried = trials_of(IMPROVEMENTS, [0], {}, available=60_000)
    changes = [{k: v for k, v in way.items() if k != "seed" and WAY.get(k) != v} for way in tried.values()]
    assert changes == [
        {"hidden": [128]},
        {"hidden": [256]},
        {"hidden": [64, 64]},
        {"dropout": 0.2},
        {"epochs": 30},
        {"epochs": 50},
        {"examples": 15_000},
        {"examples": 30_000},
        {"weight_decay": 1e-4},
        {"momentum": 0.9},
    ]
    assert WAY == {"hidden": [64], "epochs": 15, "examples": 5000, "batch_size": 1, "lr": 0.01}


def test_each_improvement_changes_what_is_learnt():
    base = run_trial()
    for name, change in IMPROVEMENTS.items():
        few = {key: {"epochs": 3, "examples": 60}.get(key, value) for key, value in change.items()}
        assert run_trial(**few)["errors"] != base["errors"], name


def test_a_trial_gives_the_same_numbers_again():
    first, second = (run_trial(dropout=0.2) for _ in range(2))
    assert {**first, "seconds": 0} == {**second, "seconds": 0}


def test_a_trial_as_the_document_is_the_lab_itself(tmp_path):
    out = tmp_path / "run"
    arguments = ("--examples", 40, "--test-images", 200, "--epochs", 2, "--reference", "none", "--out", out)
    result = lab(*arguments)
    assert result.exit_code == 0, result.output
    summary = json.loads((out / "summary.json").read_text())
    base = run_trial()
    assert base["errors"] == [epoch["chainrule"]["train_loss"] for epoch in summary["epochs"]]
    assert base["accuracy_of_first"] == summary["test"]["accuracy"]
    assert base["images"] == 1000  # all that there are


def result_of(f1, seconds=1.0):
    return {"f1": f1, "accuracy": 0.9, "seconds": seconds, "errors": [0.1], "images": 100}


def study_of(monkeypatch, f1, seconds=None):
    """Make a study of changes with these F1 from each seed; the first is the document's way."""
    monkeypatch.setattr(improvements, "IMPROVEMENTS", {name: {} for name in f1 if name != BASE})
    seeds = range(len(f1[BASE]))
    return Study(
        {f"{n}, seed {i}": result_of(f1[n][i], (seconds or {}).get(n, 1.0)) for n in f1 for i in seeds}, seeds
    )


def test_improvements_without_enough_images_are_left_out_and_named():
    settings = trials_of([BASE, *IMPROVEMENTS], [0, 1], {}, available=5000)
    assert not any("examples" in name for name in settings)
    study = Study({name: result_of(0.9) for name in settings}, [0, 1])
    assert study.left_out == ["15,000 examples", "30,000 examples"]
    assert "Not tried, for want of training images: 15,000 examples, 30,000 examples" in study.sentences()


F1 = {
    BASE: (0.80, 0.70, 0.75),
    "up": (0.81, 0.715, 0.76),
    "down": (0.79, 0.685, 0.74),
    "same sign by chance": (0.81, 0.80, 0.755),
}


def test_help_is_what_is_beyond_chance_and_not_what_has_the_same_sign_from_every_seed(monkeypatch):
    study = study_of(monkeypatch, F1, {BASE: 2.0, "up": 6.0})
    assert list(study.verdicts().values()) == ["helps", "hurts", "not told apart"]
    assert "up (+1.2 ± 0.7, 3.0 times the time)" in study.sentences()
    assert study.table()[1]["gain in points"] == "+1.2 ± 0.7"
    assert study.table()[0]["verdict"] == "–"


def test_what_helps_is_the_headline_even_if_a_change_that_is_not_told_apart_has_the_greater_mean(monkeypatch):
    assert study_of(monkeypatch, F1).headline() == "What helps most is up: +1.2 ± 0.7 points of F1"


def test_nothing_helps_if_nothing_is_told_apart(monkeypatch):
    study = study_of(monkeypatch, {BASE: (0.8, 0.7), "mixed": (0.9, 0.6)})
    assert study.headline() == "None of 1 changes helps by more than chance gives"


def test_the_figure_of_the_study_has_all_its_words_on_the_page(monkeypatch):
    study = study_of(monkeypatch, {**F1, "a change with a name that goes on and on": (0.8, 0.7, 0.8)})
    assert cut_off(study.draw()) == []


@pytest.fixture
def tiny(monkeypatch):
    """Let the study try two changes of a tiny way to train."""
    for module in (improvements, trials):
        changes = {"dropout 0.2": {"dropout": 0.2}, "momentum 0.9": {"momentum": 0.9}}
        monkeypatch.setattr(module, "IMPROVEMENTS", changes)
    monkeypatch.setitem(WAY, "epochs", 2)
    monkeypatch.setitem(WAY, "examples", 300)


def test_the_study_is_part_of_the_report_and_is_resumed(tmp_path, monkeypatch, tiny):
    out, trial, done = tmp_path / "run", trials.trial, []

    def counted(**settings):
        if len(done) == 4:
            raise KeyboardInterrupt
        done.append(settings)
        return trial(**settings)

    with monkeypatch.context() as patch:
        patch.setattr(trials, "trial", counted)
        small = ("--examples", 300, "--test-images", 200, "--epochs", 3, "--reference", "none")
        result = lab(*small, "--study", "--study-seeds", 2, "--processes", 1, "--out", out)
        assert result.exit_code == 130, result.output
        assert len(list((out / "trials" / "study").iterdir())) == 4
        done.clear()
        result = lab("--out", out, "--resume", "--processes", 1)
    assert result.exit_code == 0, result.output
    assert len(done) == 2
    f1 = json.loads((out / "summary.json").read_text())["study"]["f1"]
    assert list(f1) == [BASE, "dropout 0.2", "momentum 0.9"]
    assert all(len(values) == 2 for values in f1.values())
    assert (out / "study.png").exists()
    assert "| momentum 0.9 " in (out / "report.md").read_text()


def test_trials_are_told_of_a_folder_by_its_whole_path_and_are_kept_wherever_the_run_is_resumed(
    tmp_path, monkeypatch, tiny
):
    monkeypatch.chdir(SAMPLE.parent)
    arguments = ("--data", "./sample", "--examples", 300, "--epochs", 1, "--reference", "none", "--processes", 1)
    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(eight, "draw_training", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert lab(*arguments, "--study", "--study-seeds", 2, "--out", out).exit_code == 130
    kept = {path: path.stat().st_mtime_ns for path in (out / "trials" / "study").iterdir()}
    assert {json.loads(path.read_text())["settings"]["data"] for path in kept} == {str(SAMPLE)}
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["lab", "eight", "--out", str(out), "--resume"])
    assert result.exit_code == 0, result.output
    assert {path: path.stat().st_mtime_ns for path in (out / "trials" / "study").iterdir()} == kept


def test_the_study_keeps_to_the_documents_epochs_whatever_the_run_has(tmp_path, tiny):
    small = ("--examples", 300, "--test-images", 200, "--epochs", 1, "--reference", "none")
    out = tmp_path / "run"
    assert lab(*small, "--study", "--study-seeds", 2, "--processes", 1, "--out", out).exit_code == 0
    kept = [json.loads(path.read_text()) for path in (out / "trials" / "study").iterdir()]
    assert {trial["settings"]["epochs"] for trial in kept} == {2}
    assert {len(trial["result"]["errors"]) for trial in kept} == {2}
