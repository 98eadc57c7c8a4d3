"""The ann lab on the embedded sample, end to end."""

import json
from functools import partial

import numpy as np
import pytest

from chainrule.interop import load_safetensors
from chainrule.labs import ann, ann_experiments, ann_four_classes, ann_rounding, ann_study
from chainrule.labs.ann_report import TITLES, AnnResults
from chainrule.labs.options import Interrupted, Options
from chainrule.train import Checkpoint


def options(out, **changes):
    chosen = {"epochs": 2, "data": "sample", "reference": "recorded", "extra": {"experiments": False}, **changes}
    return Options(batch_size=128, out=out, **chosen)


@pytest.fixture(scope="module", autouse=True)
def short_training_on_four_classes():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ann_four_classes, "EPOCHS", 5)
        yield


@pytest.fixture(scope="module")
def sample_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "ann"
    return out, ann.run(options(out))


FIGURES = {
    "activations.png",
    "confusion.png",
    "derivatives.png",
    "elu.png",
    "four_classes.png",
    "loss.png",
    "predictions.png",
    "samples.png",
    "training.png",
}


def test_every_result_is_there(sample_run):
    files = {"metrics.jsonl", "model.safetensors", "options.json", "report.md", "summary.json"}
    assert {path.name for path in sample_run[0].iterdir()} == FIGURES | files


def test_the_first_losses_are_those_of_the_recorded_run_of_pytorch(sample_run):
    summary = json.loads((sample_run[0] / "summary.json").read_text())
    # the last bit depends on how many threads add up
    assert summary["first_loss"]["chainrule"] == pytest.approx(summary["first_loss"]["pytorch"], abs=1e-6)
    first = summary["epochs"][0]
    assert first["chainrule"]["train_loss"] == pytest.approx(first["pytorch"]["train_loss"], abs=0.005)


def test_the_report_names_every_number_of_the_document_that_the_run_has(sample_run):
    report = (sample_run[0] / "report.md").read_text()
    header = next(line for line in report.splitlines() if "| " in line and "why they differ" in line)
    assert [cell.strip() for cell in header.strip("|").split("|")] == [
        "number",
        "document",
        "ours",
        "PyTorch",
        "why they differ",
    ]
    for number in ("validation accuracy / %, epoch 2", "Shirt / %", "2-3-1: output", "Sigmoid(-5)"):
        assert number in report
    assert "another training: images 10,000, epochs 2" in report
    assert "`--experiments` runs them" in report


def test_figures_that_the_report_shows_are_there(sample_run):
    out = sample_run[0]
    shown = {
        line.rpartition("(")[2].rstrip(")")
        for line in (out / "report.md").read_text().splitlines()
        if line[:2] == "!["
    }
    assert shown == FIGURES


def test_the_class_table_adds_up(sample_run):
    summary = json.loads((sample_run[0] / "summary.json").read_text())
    matrix = np.array(summary["confusion"])
    assert matrix.sum() == 2000
    accuracy = summary["epochs"][-1]["chainrule"]["validation_accuracy"]
    assert np.trace(matrix) / 2000 == pytest.approx(accuracy)
    assert list(summary["recall"].values()) == pytest.approx((np.diag(matrix) / matrix.sum(1)).tolist())


def test_the_saved_model_is_the_classifier(sample_run):
    state = load_safetensors(sample_run[0] / "model.safetensors")
    assert sum(t.numel() for t in state.values()) == 567_434


class InterruptedCheckpoint(Checkpoint):
    """Presses Ctrl-C in the second epoch."""

    def on_step_end(self, trainer, loss):
        if trainer.history.epochs and trainer.running.tally.batches == 10:
            self._interrupted = True
        super().on_step_end(trainer, loss)


def test_a_resumed_run_ends_as_an_uninterrupted_one(sample_run, tmp_path, monkeypatch):
    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(ann, "Checkpoint", InterruptedCheckpoint)
        with pytest.raises(Interrupted):
            ann.run(options(out))
    monkeypatch.setattr(ann, "draw_lesson", lambda *results: None)
    ann.run(Options(out=out, resume=True))
    assert (out / "model.safetensors").read_bytes() == (sample_run[0] / "model.safetensors").read_bytes()
    resumed, whole = (json.loads((f / "summary.json").read_text()) for f in (out, sample_run[0]))
    assert resumed["confusion"] == whole["confusion"]
    assert resumed["four_classes"] == whole["four_classes"]


def test_a_run_that_was_interrupted_in_its_experiments_does_not_train_again(sample_run, tmp_path, monkeypatch):
    def press_ctrl_c(*arguments):
        raise KeyboardInterrupt

    out = tmp_path / "run"
    monkeypatch.setattr(ann, "run_architectures", press_ctrl_c)
    monkeypatch.setattr(ann, "draw_lesson", lambda *results: None)
    with pytest.raises(Interrupted):
        ann.run(options(out, extra={"experiments": True}))
    log = (out / "metrics.jsonl").read_bytes()
    monkeypatch.setattr(ann, "wants_experiments", lambda *arguments: False)
    ann.run(Options(out=out, resume=True))
    assert (out / "metrics.jsonl").read_bytes() == log
    assert (out / "model.safetensors").read_bytes() == (sample_run[0] / "model.safetensors").read_bytes()


@pytest.mark.parametrize(("asked", "kind", "wanted"), [
    (None, "full", True), (None, "sample", False), (True, "sample", True), (False, "full", False),
])  # fmt: skip
def test_experiments_are_run_with_the_whole_data_or_if_asked_for(asked, kind, wanted):
    assert ann.wants_experiments(Options(extra={"experiments": asked}), kind) is wanted


def test_without_pytorch_the_report_says_so_and_is_whole(sample_run, tmp_path):
    out = tmp_path / "run"
    result = ann.run(options(out, epochs=1, reference="none"))
    report = (out / "report.md").read_text()
    assert "There is no run of PyTorch to compare this with." in report
    assert result.conclusions[0] == "No reference was asked for."
    assert not any("PyTorch" in name for name in result.table[0])


@pytest.mark.filterwarnings("ignore:A worker stopped")  # joblib, where a worker has grown
def test_the_experiments_end_to_end_with_a_figure_and_a_sentence_for_each(tmp_path, monkeypatch):
    for module in (ann_experiments, ann_study):
        monkeypatch.setattr(module, "SEEDS", 1)
    monkeypatch.setattr(ann_rounding, "NUDGES", 1)
    monkeypatch.setattr(ann, "run_study", partial(ann_study.run_study, steps=25))
    out = tmp_path / "run"
    ann.run(options(out, epochs=1, extra={"experiments": True}))
    report = (out / "report.md").read_text()
    for name in (*TITLES, "depth", "activation", "drift"):
        assert (out / f"{name}.png").exists()
        assert f"({name}.png)" in report
    kept = {path.name for path in (out / "problems").iterdir()}
    assert "initialisation_all_equal_42.json" in kept
    summary = json.loads((out / "summary.json").read_text())["experiments"]
    assert [row["parameters"] for row in summary["architectures"]] == [
        "203,530", "109,386", "111,514", "109,386", "109,386",
    ]  # fmt: skip
    assert summary["problems"]["vanishing"]["sigmoid"]["errors"][0] < 1e-6


def test_reasons_for_other_numbers_name_every_setting_that_differs():
    class Images(list):
        pass

    class Run:
        epochs = [{}] * 5

    results = AnnResults(Options(batch_size=128), Images([0] * 60_000), Images(), None, "", None, None)
    results.comparison = type("Comparison", (), {"ours": Run(), "reference": None})()
    assert results.as_in_document() == ""
    results.options = Options(batch_size=64, lr=0.01)
    assert results.as_in_document() == "another training: batch size 64, lr 0.01"
