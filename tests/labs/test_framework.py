"""The framework lab, from end to end on a few digits and in few epochs."""

import json
import shutil
from functools import partial

import numpy as np
import pytest
from PIL import Image

import chainrule as cr
from chainrule.datasets import MNIST
from chainrule.datasets.idx import idx_header
from chainrule.interop import load_safetensors
from chainrule.labs import framework, plane
from chainrule.labs.options import Interrupted, LabError, Options, usual_options
from chainrule.labs.study import run_trials
from chainrule.train import Checkpoint

TRAIN, TEST, EPOCHS = 300, 100, 2


def write_digits(folder):
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for train, name, n in ((True, "train", TRAIN), (False, "t10k", TEST)):
        digits = MNIST(train=train, source="sample")
        for kind, array in (
            ("images-idx3", digits.data[:n]),
            ("labels-idx1", digits.targets[:n].astype(np.uint8)),
        ):
            content = idx_header(array.shape) + np.ascontiguousarray(array).tobytes()
            (raw / f"{name}-{kind}-ubyte").write_bytes(content)


def make_small(patch):
    """Leave the lab as it is, but with few networks and epochs, all in this process."""
    patch.setattr(framework, "LONG", 12)
    patch.setattr(framework, "SHORT", 8)
    patch.setattr(framework, "STUDIED", dict.fromkeys((2, 3, 4), ("Identity", "Sigmoid", "Tanh", "ReLU")))
    patch.setattr(framework, "run_trials", partial(run_trials, processes=1))
    patch.setattr(plane, "FRAMES", 3)


def leave_out_pictures(patch):
    """Drawing takes most of the time of a run so small."""
    trials = framework.plane_trials

    def without_films(seed, folder):
        return {name: {**trial, "film": None} for name, trial in trials(seed, folder).items()}

    patch.setattr(framework, "plane_trials", without_films)
    patch.setattr(framework, "draw_figures", lambda results, folder: None)


def options(data, out, **changes):
    chosen = {"epochs": EPOCHS, "batch_size": 50, "lr": 0.1, "reference": "none", **changes}
    return Options(data=str(data), out=out, **chosen)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("digits")
    write_digits(folder)
    return folder


@pytest.fixture
def small(monkeypatch):
    make_small(monkeypatch)
    leave_out_pictures(monkeypatch)


@pytest.fixture(scope="module")
def finished(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "framework"
    with pytest.MonkeyPatch.context() as patch:
        make_small(patch)
        return framework.run(options(data, out))


def summary_of(folder):
    return json.loads((folder / "summary.json").read_text())


def without_timing(node):
    """Leave out what another run of the same can't have."""
    if isinstance(node, dict):
        return {k: without_timing(v) for k, v in node.items() if "seconds" not in k}
    return [without_timing(v) for v in node] if isinstance(node, list) else node


def test_every_result_is_there(finished):
    tasks = ("two-features", "moons", "circles", "xor", "spiral")
    figures = ("losses", "lines", "overfitting", "regression", "digits", "loss")
    figures += ("activations", "gradients", "weights")
    expected = {
        *(f"{task}{ending}" for task in tasks for ending in (".gif", "-filmstrip.png")),
        *(f"{figure}.png" for figure in figures),
        *(f"model{which}.safetensors" for which in ("", "-1", "-2", "-3")),
        *("metrics.jsonl", "options.json", "report.md", "summary.json", "trials"),
    }
    assert {path.name for path in finished.folder.iterdir()} == expected


def test_the_report_shows_every_picture_and_no_other(finished):
    report = (finished.folder / "report.md").read_text()
    pictures = [path.name for path in finished.folder.iterdir() if path.suffix in (".png", ".gif")]
    assert all(f"]({name})" in report for name in pictures)
    assert report.count("![") == len(pictures)


def test_the_report_answers_the_four_questions_and_holds_the_document_against_the_run(finished):
    report = (finished.folder / "report.md").read_text()
    for question in summary_of(finished.folder)["answers"]:
        assert f"**{question}**" in report
    assert "Does the activation matter?" in report
    header = [cell.strip() for cell in next(x for x in report.splitlines() if "why they differ" in x).split("|")]
    assert header[1:-1] == ["document", "ours", "PyTorch", "why they differ"]
    assert f"MNIST, other, {TRAIN} images" in report
    assert "no run of PyTorch" in report


def test_films_move(finished):
    with Image.open(finished.folder / "moons.gif") as film:
        assert film.n_frames >= 3
        first = np.asarray(film.convert("RGB"))
        film.seek(film.n_frames - 1)
        assert (first != np.asarray(film.convert("RGB"))).mean() > 0.1


def test_accuracies_and_weights_are_logged_for_every_epoch_from_0(finished):
    lines = [json.loads(line) for line in (finished.folder / "metrics.jsonl").read_text().splitlines()]
    watched = [line for line in lines if line["kind"] == "watched" and line["network"] == "3 ReLU"]
    assert [line["epoch"] for line in watched] == list(range(EPOCHS + 1))
    assert all(len(line["max_weight"]) == len(line["gradient"]) == 3 for line in watched)
    assert all(0 <= line[f"{p}_accuracy"] <= 1 for line in watched for p in ("training", "validation"))
    steps = [line for line in lines if line["kind"] == "step" and line["network"] == "3 ReLU"]
    assert len(steps) == EPOCHS * TRAIN / 50


def test_the_saved_models_are_those_that_were_measured(finished):
    state = load_safetensors(finished.folder / "model-2.safetensors")
    last = summary_of(finished.folder)["perceptrons"]["2"]["last"]["max_weight"]
    assert [float(np.abs(state[name]).max()) for name in ("1.weight", "3.weight")] == last
    whole, third = (finished.folder / f"model{which}.safetensors" for which in ("", "-3"))
    assert whole.read_bytes() == third.read_bytes()


def test_the_study_and_the_lab_train_the_same_networks_alike(finished):
    summary = summary_of(finished.folder)
    studied = next(t for t in summary["study"] if (t["layers"], t["activation"]) == (3, "ReLU"))
    assert studied["last"]["validation_loss"] == pytest.approx(
        summary["perceptrons"]["3"]["last"]["validation_loss"], rel=1e-4
    )


class InterruptedCheckpoint(Checkpoint):
    """Presses Ctrl-C when the second epoch of the second perceptron begins."""

    def on_epoch_start(self, trainer):
        if self.path.name == "checkpoint-2.npz" and trainer.history.epochs:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def interrupted(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "interrupted"
    with pytest.MonkeyPatch.context() as patch:
        make_small(patch)
        leave_out_pictures(patch)
        patch.setattr(framework, "Checkpoint", InterruptedCheckpoint)
        with pytest.raises(Interrupted):
            framework.run(options(data, out))
    return out


def test_an_interrupted_run_ends_as_one_that_was_not(small, finished, interrupted, data, tmp_path):
    out = shutil.copytree(interrupted, tmp_path / "run")
    kept = {path: path.stat().st_mtime_ns for path in (out / "trials").rglob("*.json")}
    assert kept
    cr.rand(3)  # the stream is elsewhere, and is put back
    resumed = framework.run(options(data, out, resume=True))
    for name in ("model-1.safetensors", "model-2.safetensors", "model-3.safetensors"):
        assert (out / name).read_bytes() == (finished.folder / name).read_bytes()
    assert without_timing(summary_of(out)) == without_timing(summary_of(finished.folder))
    assert resumed.conclusions == finished.conclusions
    assert {path: path.stat().st_mtime_ns for path in kept} == kept  # what was done is not done again
    assert not list(out.glob("checkpoint*"))


def test_a_run_is_not_resumed_with_other_epochs(small, interrupted, data, tmp_path):
    out = shutil.copytree(interrupted, tmp_path / "run")
    with pytest.raises(LabError, match="started with epochs = 2, and now it is 3"):
        framework.run(options(data, out, resume=True, epochs=3, given=frozenset({"epochs"})))


def test_several_seeds_are_shown_as_mean_and_spread(small, data, tmp_path, monkeypatch):
    monkeypatch.setattr(framework, "STUDIED", dict.fromkeys((2, 3), ("Identity", "Sigmoid", "Tanh", "ReLU")))
    result = framework.run(options(data, tmp_path / "run", epochs=1, extra={"seeds": 2}))
    report = (result.folder / "report.md").read_text()
    assert "means over 2 seeds" in report
    assert "% to " in report
    assert {trial["seed"] for trial in summary_of(result.folder)["study"]} == {42, 43}


def test_the_usual_batch_size_divides_the_numbers_of_images():
    usual = usual_options(framework)
    assert all(n % usual.batch_size == 0 for n in (5_000, 60_000))
