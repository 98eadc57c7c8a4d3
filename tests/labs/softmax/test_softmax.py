"""The softmax lab: the document's procedure to its printed digits, and the correct version beside it."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from chainrule.commands import main
from chainrule.datasets import MNIST
from chainrule.interop import load_safetensors
from chainrule.labs import softmax
from chainrule.labs.options import Options
from chainrule.labs.softmax.document import ACCURACY, LOSSES
from chainrule.labs.softmax.figures import draw_curves, draw_document
from chainrule.plot.style import cut_off
from chainrule.train import Checkpoint


def lab(*arguments):
    return CliRunner().invoke(main, ["lab", "softmax", "--data", "sample", *map(str, arguments)])


@pytest.fixture(scope="module")
def sample_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "softmax"
    result = lab("--reference", "recorded", "--epochs", 3, "--out", out)
    assert result.exit_code == 0, result.output
    return out, json.loads((out / "summary.json").read_text())


def by_the_letter(images, digits, epochs, lr=0.2, batch=128):
    """The document's procedure once more, in its own terms: one-hot targets, a mean over everything."""
    np.random.seed(42)  # noqa: NPY002
    W, b = np.random.randn(784, 10) * 0.01, np.zeros((1, 10))  # noqa: NPY002
    X, Y, losses = images.reshape(-1, 784) / 255.0, np.eye(10)[digits], []
    for _ in range(epochs):
        for x, y in zip(
            np.split(X, range(batch, len(X), batch)), np.split(Y, range(batch, len(Y), batch)), strict=True
        ):
            p = np.exp(x @ W + b)
            p /= p.sum(axis=1, keepdims=True)
            loss = -(y * np.log(p)).mean()
            W, b = W - lr * x.T @ ((p - y) / batch), b - lr * ((p - y) / batch).sum(axis=0)
        losses.append(loss)
    return W, b[0], losses


def test_the_documents_procedure_is_the_documents(sample_run):
    out, summary = sample_run
    train = MNIST(source="sample")
    W, b, losses = by_the_letter(train.images, train.labels, epochs=3)
    np.testing.assert_allclose([e["loss"] for e in summary["document"]["epochs"]], losses, rtol=1e-12)
    saved = load_safetensors(out / "document.safetensors")
    np.testing.assert_allclose(np.asarray(saved["weight"]), W.T, atol=1e-12)
    np.testing.assert_allclose(np.asarray(saved["bias"]), b, atol=1e-12)


def test_both_procedures_start_from_the_same_loss_on_two_scales(tmp_path, sample_run):
    """With one batch, the last batch of an epoch is the first."""
    out = tmp_path / "run"
    result = lab("--reference", "none", "--epochs", 1, "--batch-size", 5000, "--out", out)
    assert result.exit_code == 0, result.output
    summary = json.loads((out / "summary.json").read_text())
    train = MNIST(source="sample")
    p = np.exp(train.images.reshape(-1, 784) / 255 @ softmax.first_weights(42))
    p /= p.sum(axis=1, keepdims=True)
    cross_entropy = -np.log(p[np.arange(5000), train.labels]).mean()
    assert summary["first_loss"]["chainrule"] == pytest.approx(cross_entropy, rel=1e-13)
    assert summary["document"]["epochs"][0]["loss"] == pytest.approx(cross_entropy / 10, rel=1e-13)


def test_they_differ_only_because_of_the_last_batch(tmp_path):
    """With batches that are all full, the document's gradient is that of the cross-entropy."""
    result = lab("--reference", "none", "--epochs", 2, "--batch-size", 125, "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["document"]["largest_difference_of_a_weight"] < 1e-12
    assert "All batches are full" in (tmp_path / "run" / "report.md").read_text()


def test_a_last_batch_that_is_not_full_makes_a_difference(sample_run):
    _, summary = sample_run
    assert summary["document"]["largest_difference_of_a_weight"] > 1e-3


def test_every_result_is_there(sample_run):
    names = {path.name for path in sample_run[0].iterdir()}
    figures = {"curves.png", "document.png", "weights.png"}
    files = {
        "metrics.jsonl",
        "metrics-document.jsonl",
        "model.safetensors",
        "document.safetensors",
        "options.json",
        "recording.jsonl",
        "report.md",
        "summary.json",
    }
    assert names == figures | files


def test_losses_are_those_of_the_recorded_run_of_pytorch(sample_run):
    _, summary = sample_run
    assert summary["reference"] == {"kind": "recorded", "torch": "2.13.0"}
    assert summary["largest_difference"]["value"] < 1e-13
    for epoch in summary["epochs"]:
        assert epoch["chainrule"]["validation_accuracy"] == epoch["pytorch"]["validation_accuracy"]
        assert epoch["chainrule"]["validation_loss"] == pytest.approx(
            epoch["pytorch"]["validation_loss"], abs=1e-12
        )


def test_the_log_has_every_step_and_the_documents_epochs(sample_run):
    out, summary = sample_run
    kinds = [json.loads(line)["kind"] for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert (kinds.count("step"), kinds.count("epoch")) == (3 * 40, 3)
    lines = [json.loads(line) for line in (out / "metrics-document.jsonl").read_text().splitlines()]
    assert [{k: line[k] for k in ("loss", "accuracy", "test_accuracy")} for line in lines] == summary["document"][
        "epochs"
    ]


def test_loss_and_accuracy_of_training_and_of_the_documents_last_batch_are_printed_and_reported(tmp_path):
    out = tmp_path / "run"
    result = lab("--reference", "none", "--epochs", 2, "--out", out)
    summary = json.loads((out / "summary.json").read_text())
    report = (out / "report.md").read_text()
    for side in (*(epoch["chainrule"] for epoch in summary["epochs"]), *summary["document"]["epochs"]):
        for measure, value in side.items():
            if measure != "seconds":
                digits = ".5f" if measure.endswith("loss") else ".2%"
                assert f" {value:{digits}} " in result.output, measure
                assert f" {value:{digits}} " in report, measure


def test_the_table_fits_80_columns_with_pytorch_beside(tmp_path):
    result = lab("--reference", "recorded", "--out", tmp_path / "run")
    assert "…" not in result.output
    assert " 88.00%   88.00% " in result.output


def test_on_the_sample_the_report_says_why_the_documents_numbers_are_others(sample_run):
    report = " ".join((sample_run[0] / "report.md").read_text().split())
    assert "training images 5,000 instead of 60,000" in report
    assert "| other conditions |" in report
    assert "numbers of the document are met" not in report
    assert not any(sample_run[1]["document"]["met"].values())


def test_a_resumed_run_ends_as_an_uninterrupted_one(sample_run, tmp_path, monkeypatch):
    class InterruptedCheckpoint(Checkpoint):
        def on_epoch_start(self, trainer):
            if trainer.history.epochs:
                raise KeyboardInterrupt

    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr("chainrule.labs.run.Checkpoint", InterruptedCheckpoint)
        result = lab("--reference", "recorded", "--epochs", 3, "--out", out)
    assert result.exit_code == 130, result.output
    assert f"chainrule lab softmax --out {out} --resume" in result.stderr
    assert lab("--out", out, "--resume").exit_code == 0
    for name in ("model.safetensors", "document.safetensors"):
        assert (out / name).read_bytes() == (sample_run[0] / name).read_bytes()
    assert {path.name for path in out.iterdir()} == {path.name for path in sample_run[0].iterdir()}


def test_a_batch_size_beyond_the_data_is_said_to_give_a_single_batch(tmp_path):
    result = lab("--reference", "none", "--epochs", 1, "--batch-size", 100_000, "--out", tmp_path / "run")
    said = " ".join(result.output.split())
    assert "An epoch is a single batch, whose 5,000 images it divides by 100,000: that gradient is 0.05" in said


def test_figures_have_all_their_words_on_the_page(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(softmax.LabRun, "finish", lambda self, results, *_: seen.append(results))
    usual = {"epochs": 2, "batch_size": 128, "lr": 0.2, "data": "sample", "reference": "none"}
    softmax.run(Options(**usual, out=tmp_path / "run"))
    assert cut_off(draw_curves(seen[0])) == cut_off(draw_document(seen[0])) == []


@pytest.mark.full
def test_the_documents_ten_losses_and_its_accuracy_are_met_to_the_printed_digits(tmp_path):
    if MNIST(train=False).source.kind != "full":
        pytest.skip("CHAINRULE_DATA names no folder with the whole MNIST")
    softmax.run(Options(epochs=10, batch_size=128, lr=0.2, data="full", reference="none", out=tmp_path / "run"))
    document = json.loads((tmp_path / "run" / "summary.json").read_text())["document"]
    assert tuple(f"{epoch['loss']:.6f}" for epoch in document["epochs"]) == LOSSES
    assert f"{document['epochs'][-1]['test_accuracy']:.2%}" == ACCURACY == "92.08%"
    assert all(document["met"].values())
    report = " ".join((tmp_path / "run" / "report.md").read_text().split())
    assert "All 11 numbers of the document are met, to the digits that it prints." in report
