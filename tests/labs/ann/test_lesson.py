"""The ann lab on the embedded sample, end to end."""

import json

import numpy as np
import pytest

from chainrule.derivations.examples import EXAMPLES
from chainrule.interop import load_safetensors
from chainrule.labs.ann import architectures, classifier, figures, lesson, remedies
from chainrule.labs.ann.sentences import PROBLEMS
from chainrule.labs.options import Interrupted, LabError, Options
from chainrule.labs.rounding import nudged
from chainrule.plot.style import cut_off
from chainrule.train import Checkpoint

FIGURES = {
    "activations.png", "confusion.png", "derivatives.png", "elu.png", "four_classes.png", "loss.png",
    "predictions.png", "samples.png", "training.png",
}  # fmt: skip


def options(out, experiments=False, **changes):
    chosen = {"epochs": 2, "data": "sample", "reference": "recorded", "extra": {"experiments": experiments}}
    return Options(batch_size=128, out=out, **{**chosen, **changes})


def one_figure(results):
    return {"training": lambda: figures.training(results)}


@pytest.fixture(scope="module")
def drawn():
    """Return all that was drawn in this file, by name."""
    return {}


@pytest.fixture(scope="module")
def sample_run(tmp_path_factory, drawn):
    out = tmp_path_factory.mktemp("runs") / "ann"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lesson, "draw_all", kept(drawn))
        return out, lesson.run(options(out))


def kept(drawn):
    """Draw as the lab does, and keep the figures."""

    def draw(name, make):
        drawn[name] = make()
        return drawn[name]

    def draw_all(results):
        made = figures.draw_all(results)
        return {name: (lambda name=name, make=make: draw(name, make)) for name, make in made.items()}

    return draw_all


def summary_of(folder):
    return json.loads((folder / "summary.json").read_text())


def test_every_result_is_there(sample_run):
    files = {
        "by_hand",
        "four_classes",
        "metrics.jsonl",
        "model.safetensors",
        "options.json",
        "recording.jsonl",
        "report.md",
        "summary.json",
    }
    assert {path.name for path in sample_run[0].iterdir()} == FIGURES | files


def test_the_report_shows_every_figure(sample_run):
    lines = (sample_run[0] / "report.md").read_text().splitlines()
    assert {line.rpartition("(")[2].rstrip(")") for line in lines if line[:2] == "!["} == FIGURES


def test_no_figure_has_words_beyond_its_edges(sample_run, drawn):
    assert {name: cut_off(figure) for name, figure in drawn.items() if cut_off(figure)} == {}


def test_the_first_losses_are_those_of_the_recorded_run_of_pytorch(sample_run):
    summary = summary_of(sample_run[0])
    # the last bit depends on how many threads add up
    assert summary["first_loss"]["chainrule"] == pytest.approx(summary["first_loss"]["pytorch"], abs=1e-6)
    first = summary["epochs"][0]
    assert first["chainrule"]["train_loss"] == pytest.approx(first["pytorch"]["train_loss"], abs=0.005)
    assert summary["four_classes"]["largest_difference"] < 1e-5


def test_every_number_of_the_document_that_the_run_has_is_in_the_table(sample_run):
    rows = {row["number"]: row for row in summary_of(sample_run[0])["document"]}
    for name in ("loss, epoch 2, batch 0", "training accuracy, epoch 2", "2-3-1: output", "Sigmoid(-5)"):
        assert rows[name]["PyTorch"] != "not run"
    assert "loss, epoch 1, batch 100" not in rows  # the sample has 79 batches
    assert "validation accuracy, epoch 3" not in rows
    reason = rows["Shirt, recognised"]["why they differ"]
    assert reason == "another training: images 10,000 instead of 60,000, epochs 2 instead of 5"


def test_the_calculations_by_hand_are_written_out_in_four_formats(sample_run):
    out, _ = sample_run
    folder = out / "by_hand"
    assert len(list(folder.iterdir())) == 4 * len(EXAMPLES)
    assert "≈ 0.8022" in (folder / "neuron.txt").read_text(encoding="utf-8")
    assert r"\approx 0.5968" in (folder / "2-3-1.tex").read_text(encoding="utf-8")
    report = (out / "report.md").read_text(encoding="utf-8")
    assert all(f"(by_hand/{name}.html)" in report for name in EXAMPLES)


def test_the_class_table_adds_up(sample_run):
    summary = summary_of(sample_run[0])
    matrix = np.array(summary["confusion"])
    assert matrix.sum() == 2000
    accuracy = summary["epochs"][-1]["chainrule"]["validation_accuracy"]
    assert np.trace(matrix) / 2000 == pytest.approx(accuracy)
    assert list(summary["recall"].values()) == pytest.approx((np.diag(matrix) / matrix.sum(1)).tolist())
    report = (sample_run[0] / "report.md").read_text()
    assert f"{np.trace(matrix):,} of 2,000" in report


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
        patch.setattr("chainrule.labs.run.Checkpoint", InterruptedCheckpoint)
        with pytest.raises(Interrupted):
            lesson.run(options(out))
    monkeypatch.setattr(lesson, "draw_all", one_figure)
    lesson.run(Options(out=out, resume=True))
    assert (out / "model.safetensors").read_bytes() == (sample_run[0] / "model.safetensors").read_bytes()
    resumed, whole = summary_of(out), summary_of(sample_run[0])
    assert resumed["confusion"] == whole["confusion"]
    assert resumed["four_classes"] == whole["four_classes"]


def test_a_run_that_was_interrupted_in_its_experiments_does_not_train_again(sample_run, tmp_path, monkeypatch):
    def press_ctrl_c(*arguments):
        raise KeyboardInterrupt

    out = tmp_path / "run"
    monkeypatch.setattr(lesson, "plan_architectures", press_ctrl_c)
    monkeypatch.setattr(lesson, "draw_all", one_figure)
    with pytest.raises(Interrupted):
        lesson.run(options(out, experiments=True))
    log = (out / "metrics.jsonl").read_bytes()
    monkeypatch.setattr(lesson, "wants_experiments", lambda *arguments: False)
    lesson.run(Options(out=out, resume=True))
    assert (out / "metrics.jsonl").read_bytes() == log
    assert (out / "model.safetensors").read_bytes() == (sample_run[0] / "model.safetensors").read_bytes()


@pytest.mark.parametrize(("asked", "kind", "wanted"), [
    (None, "full", True), (None, "sample", False), (True, "sample", True), (False, "full", False),
])  # fmt: skip
def test_experiments_are_run_with_the_whole_data_or_if_asked_for(asked, kind, wanted):
    assert lesson.wants_experiments(Options(extra={"experiments": asked}), kind) is wanted


def test_another_network_without_pytorch_is_told_as_such(tmp_path, monkeypatch):
    monkeypatch.setattr(lesson, "draw_all", one_figure)
    out = tmp_path / "run"
    extra = {"experiments": False, "hidden": "32,16", "dropout": 0.0}
    result = lesson.run(options(out, epochs=1, reference="none", extra=extra))
    report = (out / "report.md").read_text()
    assert "784-32-16-10, ReLU, dropout 0," in report
    assert "There is no run of PyTorch to compare this with." in report
    assert result.conclusions[0] == "No reference was asked for."
    assert not any("PyTorch" in name for name in result.table[0])
    rows = {row["number"]: row for row in summary_of(out)["document"]}
    assert "hidden layers 32-16 instead of 512-256-128" in rows["validation loss, epoch 1"]["why they differ"]
    assert rows["Sigmoid(-5)"]["PyTorch"] == "not run"


def test_runs_of_pytorch_with_another_network_are_not_mistaken_for_the_documents():
    usual = {"hidden": "512,256,128", "dropout": 0.3}
    assert lesson.unusual(Options()) == lesson.unusual(Options(extra=usual)) == {}
    assert lesson.unusual(Options(extra={"hidden": "64"})) == {"hidden": "64"}


@pytest.mark.parametrize("hidden", ["", "64,", "64,-1", "sixty", "0"])
def test_sizes_that_are_none_are_refused(hidden):
    with pytest.raises(LabError, match="--hidden expected sizes"):
        lesson.hidden_sizes(Options(extra={"hidden": hidden}))


def test_the_experiments_end_to_end_with_a_figure_and_a_sentence_for_each(tmp_path, monkeypatch, drawn):
    for module in (architectures, remedies, classifier):
        monkeypatch.setattr(module, "SEEDS", 1)
    monkeypatch.setattr(remedies, "IMAGES", 1000)
    monkeypatch.setattr(classifier, "FEW", 1000)
    monkeypatch.setattr(classifier.rounding, "nudged", lambda settings: nudged(settings, 1))
    monkeypatch.setattr(lesson, "plan_study", lambda options: remedies.plan_study(options, steps=25))
    monkeypatch.setattr(lesson, "plan_dropouts", lambda *arguments: classifier.plan_dropouts(*arguments, epochs=2))
    monkeypatch.setattr(lesson, "time_depths", lambda options: architectures.time_depths(options, rounds=1))
    monkeypatch.setattr(lesson, "draw_all", kept(drawn))
    out = tmp_path / "run"
    lesson.run(options(out, experiments=True, epochs=1, processes=1))
    report = (out / "report.md").read_text()
    for name in (*PROBLEMS, "depth", "activation", "drift", "dropout"):
        assert f"({name}.png)" in report
        assert (out / f"{name}.png").exists()
        assert cut_off(drawn[name]) == []
    assert "3 seeds" not in report.partition("## The document's numbers")[0]
    summary = summary_of(out)["experiments"]
    assert [row["parameters"] for row in summary["architectures"][:5]] == [
        "203,530", "109,386", "111,514", "109,386", "109,386",
    ]  # fmt: skip
    assert summary["architectures"][0]["PyTorch, first seed"] != "not run"
    assert summary["problems"]["vanishing"]["sigmoid"]["errors"][0] < 1e-6
    assert summary["problems"]["initialisation"]["too large"]["accuracy"] is None
    assert "25 steps" in report
    assert "300 steps" not in report
