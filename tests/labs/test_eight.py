"""The eight lab: the document's network on its images, its analysis, its study, and its interruption."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import chainrule as cr
from chainrule.commands import main
from chainrule.datasets import MNIST
from chainrule.interop import load_safetensors
from chainrule.labs import eight, eight_study
from chainrule.labs.eight_report import log_line
from chainrule.labs.eight_scores import Scores, scores
from chainrule.labs.eight_shapes import darkness, loops, pieces, slant
from chainrule.labs.eight_study import Study, settings_of_study
from chainrule.labs.options import Options
from chainrule.plot.text import as_text

SMALL = ("--examples", 300, "--test-images", 200, "--epochs", 3)


def lab(*arguments):
    return CliRunner().invoke(main, ["lab", "eight", "--data", "sample", *map(str, arguments)])


def by_hand(images, digits, epochs, seed=0, lr=0.01):
    """The document's procedure in plain NumPy, one example at a time."""
    rng = np.random.default_rng(seed)
    W1, W2, b1, b2 = rng.normal(0, 0.1, (784, 64)), rng.normal(0, 0.1, (64, 1))[:, 0], np.zeros(64), 0.0
    errors = []
    for _ in range(epochs):
        total = 0.0
        for x, y in zip(images.reshape(-1, 784) / 255.0, digits == 8, strict=True):
            a1 = np.tanh(x @ W1 + b1)
            a2 = 1 / (1 + np.exp(-(a1 @ W2 + b2)))
            total += (a2 - y) ** 2
            d2 = 2 * (a2 - y) * a2 * (1 - a2)
            d1 = W2 * d2 * (1 - a1 * a1)
            W2, b2, W1, b1 = W2 - lr * d2 * a1, b2 - lr * d2, W1 - lr * np.outer(x, d1), b1 - lr * d1
        errors.append(total / len(images))
    return W1, errors


@pytest.fixture(scope="module")
def small_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "eight"
    result = lab(*SMALL, "--reference", "none", "--out", out)
    assert result.exit_code == 0, result.output
    return out, json.loads((out / "summary.json").read_text()), result.output


def test_the_network_and_its_training_are_the_documents(small_run):
    out, summary, _ = small_run
    train = MNIST(source="sample")
    W1, errors = by_hand(train.data[:300], train.targets[:300], epochs=3)
    np.testing.assert_allclose([epoch["train_loss"] for epoch in summary["epochs"]], errors, rtol=1e-12)
    saved = load_safetensors(out / "model.safetensors")
    np.testing.assert_allclose(np.asarray(saved["0.weight"]), W1.T, atol=1e-13)
    assert {name: tuple(t.shape) for name, t in saved.items()} == {
        "0.weight": (64, 784),
        "0.bias": (64,),
        "2.weight": (1, 64),
        "2.bias": (1,),
    }


def test_steps_are_captured_and_replayed():
    train = eight.Digits(Options(data="sample"), True, 3)
    learner = eight.Learner(cr, eight.first_weights(0, [784, 64, 1]), lr=0.01)
    learner.train(train, batch_size=1)
    assert learner.step.recorded(cr.as_tensor(train.x[:1]), cr.as_tensor(train.y[:1]))


def test_the_documents_measured_numbers_are_met_on_the_embedded_images(tmp_path):
    """Error 0.0647 after epoch 1 and 0.0089 after 15; 97.1 % of the test images."""
    result = lab("--reference", "recorded", "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert f"{summary['epochs'][0]['train_loss']:.4f}" == "0.0647"
    assert f"{summary['epochs'][14]['train_loss']:.4f}" == "0.0089"
    assert f"{summary['test']['accuracy']:.3f}" == "0.971"
    assert f"{summary['test']['baseline']:.3f}" == "0.911"
    assert summary["reference"] == {"kind": "recorded", "torch": "2.13.0"}
    assert summary["largest_difference"] < 1e-12
    assert "927 of 1000 | 971 of 1000 | 971 of 1000" in (tmp_path / "run" / "report.md").read_text()


@pytest.mark.full
def test_the_whole_mnist_begins_with_the_same_images_and_gives_the_same_numbers(tmp_path):
    if MNIST(train=False).source.kind != "full":
        pytest.skip("CHAINRULE_DATA names no folder with the whole MNIST")
    usual = {"epochs": 15, "batch_size": 1, "lr": 0.01, "seed": 0, "reference": "recorded"}
    eight.run(Options(**usual, data="full", out=tmp_path / "run"))
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["data"]["train"]["kind"] == "full"
    assert f"{summary['epochs'][0]['train_loss']:.4f}" == "0.0647"
    assert f"{summary['epochs'][14]['train_loss']:.4f}" == "0.0089"
    assert summary["test"]["accuracy"] == 0.971
    assert summary["largest_difference"] < 1e-12


def test_every_result_is_there(small_run):
    figures = {"eights.png", "mistakes.png", "training.png"}
    files = {"metrics.jsonl", "model.safetensors", "options.json", "report.md", "summary.json", "training_log.txt"}
    assert {path.name for path in small_run[0].iterdir()} == figures | files


def test_the_log_is_printed_and_kept(small_run):
    out, summary, printed = small_run
    log = (out / "training_log.txt").read_text().splitlines()
    assert log[:3] == [log_line(epoch, 3) for epoch in summary["epochs"]]
    assert log[0].startswith("epoch 1/3, error 0.")
    assert all(line in printed for line in log[:3])
    assert "of 200 test images are judged rightly" in log[3]


def test_five_eights_are_shown_as_text(small_run):
    train = MNIST(source="sample")
    first, fifth = train.data[train.targets == 8][[0, 4]]
    for image in (first, fifth):
        darkest = max(as_text(image[:, 4:24]), key=lambda line: line.count("@")).strip()
        assert darkest in small_run[2]


def test_counts_and_rates_are_those_of_the_saved_model(small_run):
    out, summary, _ = small_run
    test = eight.Digits(Options(data="sample"), False, 200)
    learner = eight.Learner(cr, eight.first_weights(1, [784, 64, 1]), lr=0.0)
    learner.model.load_state_dict(load_safetensors(out / "model.safetensors"))
    said, true = learner.probabilities(test) > 0.5, test.digits == 8
    assert summary["test"]["hits"] == (said & true).sum()
    assert summary["test"]["false_alarms"] == (said & ~true).sum()
    by_digit = {row["digit"]: row["wrong"] for row in summary["mistakes_by_digit"]}
    assert by_digit == {d: int(((said != true) & (test.digits == d)).sum()) for d in range(10)}


def test_more_images_than_there_are_is_an_error_that_names_the_option(tmp_path):
    result = lab("--examples", 6000, "--out", tmp_path / "run")
    assert result.exit_code == 1
    assert "--examples 6000: there are 5000 in sample" in result.output
    assert not (tmp_path / "run").exists()


@pytest.fixture
def interrupted(tmp_path, monkeypatch):
    """Make a folder with a run that was interrupted in its third epoch."""
    with monkeypatch.context() as patch:
        whole = eight.Learner.epoch

        def epoch(self, number, *arguments):
            if number == 3:
                raise KeyboardInterrupt
            return whole(self, number, *arguments)

        patch.setattr(eight.Learner, "epoch", epoch)
        result = lab(*SMALL, "--reference", "none", "--out", tmp_path / "run")
    assert result.exit_code == 130, result.output
    return tmp_path / "run"


def test_a_resumed_run_ends_as_an_uninterrupted_one(interrupted, small_run):
    result = lab("--out", interrupted, "--resume")
    assert result.exit_code == 0, result.output
    name = "model.safetensors"
    assert (interrupted / name).read_bytes() == (small_run[0] / name).read_bytes()
    assert (interrupted / "training_log.txt").read_text() == (small_run[0] / "training_log.txt").read_text()
    assert not (interrupted / "checkpoint.npz").exists()


def test_a_resumed_run_keeps_its_own_options(interrupted):
    result = lab("--out", interrupted, "--resume", "--examples", 400)
    assert result.exit_code == 1
    assert "started with examples = 300, and now 400 is asked for" in " ".join(result.output.split())


# ---- the study -------------------------------------------------------------------------------------------------


def test_all_seven_improvements_are_tried():
    settings = settings_of_study({"hidden": [64], "epochs": 15, "examples": 5000}, [0, 1, 2], available=60_000)
    changed = {key for s in settings.values() for key, value in s.items() if (key, value) not in BASE_SETTINGS}
    assert changed == {"hidden", "dropout", "epochs", "examples", "weight_decay", "momentum", "seed"}
    assert [64, 64] in [s["hidden"] for s in settings.values()]
    assert len(settings) == 3 * len(eight_study.IMPROVEMENTS)


BASE_SETTINGS = [("hidden", [64]), ("epochs", 15), ("examples", 5000)]


def test_improvements_without_enough_images_are_left_out_and_named(monkeypatch):
    settings = settings_of_study({"examples": 5000}, [0], available=5000)
    assert not any("examples" in name for name in settings)
    results = {name: result_of(0.9) for name in settings}
    study = Study(settings, results, [0])
    assert study.left_out == ["15,000 examples", "30,000 examples"]
    assert "15,000 examples" in study.sentences()


def result_of(f1, seconds=1.0):
    return {"f1": f1, "accuracy": 0.9, "seconds": seconds, "errors": [0.1], **vars(Scores(1, 1, 1, 97))}


def test_only_what_all_seeds_agree_on_is_called_help(monkeypatch):
    monkeypatch.setattr(eight_study, "IMPROVEMENTS", {"as the document": {}, "up": {}, "down": {}, "mixed": {}})
    f1 = {"as the document": (0.8, 0.7), "up": (0.81, 0.72), "down": (0.79, 0.69), "mixed": (0.9, 0.6)}
    seconds = {"as the document": 2.0, "up": 6.0, "down": 2.0, "mixed": 2.0}
    settings = settings_of_study({}, [0, 1], available=0)
    results = {f"{name}, seed {i}": result_of(f1[name][i], seconds[name]) for name in f1 for i in (0, 1)}
    study = Study(settings, results, [0, 1])
    assert [row.verdict for row in study.rows] == ["–", "helps", "hurts", "the seeds disagree"]
    assert "up (+1.5 points of F1, 3.0 times the time)" in study.sentences()
    assert study.table()[1]["gain in points"] == "+1.5 ± 0.7"
    assert study.headline() == "What helps most is up: +1.5 points of F1"


def test_a_change_that_helps_from_every_seed_is_the_headline_even_if_another_has_the_greater_mean(monkeypatch):
    monkeypatch.setattr(eight_study, "IMPROVEMENTS", {"as the document": {}, "up": {}, "mixed": {}})
    f1 = {"as the document": (0.8, 0.7), "up": (0.81, 0.72), "mixed": (0.99, 0.69)}
    results = {f"{name}, seed {i}": result_of(f1[name][i]) for name in f1 for i in (0, 1)}
    assert "up" in Study(settings_of_study({}, [0, 1], 0), results, [0, 1]).headline()


def test_the_study_is_part_of_the_report_and_is_resumed(tmp_path, monkeypatch):
    changes = {"as the document": {}, "dropout 0.2": {"dropout": 0.2}, "momentum 0.9": {"momentum": 0.9}}
    monkeypatch.setattr(eight_study, "IMPROVEMENTS", changes)
    out, trial, done = tmp_path / "run", eight.trial, []

    def counted(**settings):
        if len(done) == 4:
            raise KeyboardInterrupt
        done.append(settings)
        return trial(**settings)

    with monkeypatch.context() as patch:
        patch.setattr(eight, "trial", counted)
        arguments = ("--study", "--study-seeds", 2, "--processes", 1, "--reference", "none", "--out", out)
        assert lab(*SMALL, *arguments).exit_code == 130
        assert len(list((out / "study").iterdir())) == 4
        done.clear()
        result = lab("--out", out, "--resume")
    assert result.exit_code == 0, result.output
    assert len(done) == 2
    changes = json.loads((out / "summary.json").read_text())["study"]["changes"]
    assert [change["name"] for change in changes] == ["as the document", "dropout 0.2", "momentum 0.9"]
    assert all(len(change["f1"]) == 2 for change in changes)
    assert (out / "study.png").exists()
    assert "momentum 0.9" in (out / "report.md").read_text()


def test_a_trial_as_the_document_is_the_lab_itself(small_run):
    common = {"hidden": [64], "epochs": 3, "examples": 300, "test_images": 200, "data": "sample"}
    result = eight.trial(seed=0, batch_size=1, lr=0.01, **common)
    assert result["errors"] == [epoch["train_loss"] for epoch in small_run[1]["epochs"]]
    assert result["f1"] == small_run[1]["test"]["f1"]
    other = eight.trial(seed=0, batch_size=1, lr=0.01, dropout=0.2, **common)
    assert other == {
        **eight.trial(seed=0, batch_size=1, lr=0.01, dropout=0.2, **common),
        "seconds": other["seconds"],
    }
    assert other["errors"] != result["errors"]


# ---- counts and shapes -----------------------------------------------------------------------------------------


def test_rates_of_no_finds_are_zero_and_not_an_error():
    nothing = scores(np.zeros(10, bool), np.arange(10) == 8)
    assert (nothing.precision, nothing.recall, nothing.f1) == (0.0, 0.0, 0.0)
    assert nothing.accuracy == nothing.baseline == 0.9


def test_loops_and_pieces_of_drawn_digits():
    eight_drawn = np.zeros((28, 28), np.uint8)
    for top in (4, 12):
        eight_drawn[top : top + 9, 8:17] = 255
        eight_drawn[top + 1 : top + 8, 9:16] = 0
    assert loops(eight_drawn) == 2
    open_eight = eight_drawn.copy()
    open_eight[8, 8] = 0  # a gap in the upper ring
    assert loops(open_eight) == 1
    assert pieces(open_eight) == 1
    open_eight[25, 25] = 255
    assert pieces(open_eight) == 2


def test_slant_is_positive_to_the_right_and_zero_upright():
    y = np.arange(28)
    upright, right, left = (np.zeros((28, 28)) for _ in range(3))
    upright[:, 14] = right[y, 27 - y] = left[y, y] = 255
    assert slant(upright) == pytest.approx(0, abs=1e-9)
    assert slant(right) == pytest.approx(45)
    assert slant(left) == pytest.approx(-45)


def test_thin_lines_are_less_dark():
    thin, thick = np.zeros((28, 28), np.uint8), np.zeros((28, 28), np.uint8)
    thin[:, 14] = 255
    thick[:, 12:17] = 255
    assert darkness(thin) < darkness(thick)
