"""The framework lab, from end to end on a few digits and in few epochs."""

import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from threadpoolctl import threadpool_limits

import chainrule as cr
from chainrule.datasets import MNIST
from chainrule.datasets.idx import idx_header
from chainrule.interop import load_safetensors
from chainrule.labs import framework, run
from chainrule.labs.framework import answers, figures, plane, study
from chainrule.labs.framework import digits as perceptrons
from chainrule.labs.framework.digits import train_digits
from chainrule.labs.options import Options, usual_options
from chainrule.labs.run import Interrupted
from chainrule.labs.study import run_plans
from chainrule.train import Checkpoint

TRAIN, TEST, EPOCHS = 300, 100, 2


def write_digits(folder):
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for train, name, n in ((True, "train", TRAIN), (False, "t10k", TEST)):
        digits = MNIST(train=train, source="sample")
        for kind, array in (
            ("images-idx3", digits.images[:n]),
            ("labels-idx1", digits.labels[:n].astype(np.uint8)),
        ):
            content = idx_header(array.shape) + np.ascontiguousarray(array).tobytes()
            (raw / f"{name}-{kind}-ubyte").write_bytes(content)


def make_small(patch):
    """Leave the lab as it is, but with few networks and epochs, all in this process."""
    patch.setattr(plane, "LONG", 12)
    patch.setattr(plane, "SHORT", 8)
    patch.setattr(plane, "FRAMES", 3)
    for module in (perceptrons, study, answers, figures):
        patch.setattr(module, "DEPTHS", (2, 3, 4))
    patch.setattr(run, "run_plans", in_this_process)


def in_this_process(plans, folder, processes, title, facts):
    return run_plans(plans, folder, 1, title, facts)


def leave_out_pictures(patch):
    """Drawing takes most of the time of a run so small."""
    trials = framework.plane_trials

    def without_films(seed, folder):
        return {name: {**trial, "film": None} for name, trial in trials(seed, folder).items()}

    patch.setattr(framework, "plane_trials", without_films)
    patch.setattr(framework, "figures_of", lambda results: {"digits": Figure})


def options(data, out, **changes):
    chosen = {"epochs": EPOCHS, "batch_size": 50, "lr": 0.1, "reference": "none", "extra": {"seeds": 2}, **changes}
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
        *(f"metrics{which}.jsonl" for which in ("", "-1", "-2", "-3")),
        *(f"recording-{which}.jsonl" for which in (1, 2, 3)),
        *("options.json", "report.md", "summary.json", "trials"),
    }
    assert {path.name for path in finished.folder.iterdir()} == expected


def test_the_report_shows_every_picture_and_no_other(finished):
    report = (finished.folder / "report.md").read_text()
    pictures = [path.name for path in finished.folder.iterdir() if path.suffix in (".png", ".gif")]
    assert all(f"]({name})" in report for name in pictures)
    assert report.count("![") == len(pictures)


def test_the_report_answers_the_four_questions_and_holds_the_document_against_the_run(finished):
    report = (finished.folder / "report.md").read_text()
    for question, answer in summary_of(finished.folder)["answers"].items():
        assert f"**{question}**" in report
        assert answer in report
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


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_accuracies_and_weights_are_logged_for_every_epoch_from_0_and_every_seed(finished):
    lines = [line for line in lines_of(finished.folder / "metrics.jsonl") if line["kind"] == "study"]
    watched = [line for line in lines if (line["layers"], line["activation"]) == (3, "ReLU")]
    assert sorted((line["seed"], line["epoch"]) for line in watched) == [
        (seed, epoch) for seed in (42, 43) for epoch in range(EPOCHS + 1)
    ]
    beside_pytorch = [line for line in watched if line["seed"] == 42]
    assert all(len(line["max_weight"]) == len(line["gradient"]) == 3 for line in beside_pytorch)
    assert all(0 <= line[f"{p}_accuracy"] <= 1 for line in beside_pytorch for p in ("training", "validation"))
    steps = [line for line in lines_of(finished.folder / "metrics-3.jsonl") if line["kind"] == "step"]
    assert len(steps) == EPOCHS * TRAIN / 50


def test_the_saved_models_are_those_that_were_measured(finished):
    state = load_safetensors(finished.folder / "model-2.safetensors")
    last = summary_of(finished.folder)["perceptrons"]["2"]["last"]["max_weight"]
    assert [float(np.abs(state[name]).max()) for name in ("1.weight", "3.weight")] == last
    whole, third = (finished.folder / f"model{which}.safetensors" for which in ("", "-3"))
    assert whole.read_bytes() == third.read_bytes()


def test_a_trial_of_the_study_and_the_lab_train_the_same_network_to_the_last_bit(finished, data):
    with threadpool_limits(1):
        alone = train_digits(3, "ReLU", str(data), EPOCHS, 50, 0.1, 42)
    summary = summary_of(finished.folder)
    assert alone["records"][-1] == summary["perceptrons"]["3"]["last"]
    studied = [t for t in summary["study"] if (t["layers"], t["activation"]) == (3, "ReLU")]
    assert [t["seed"] for t in studied] == [42, 43]
    assert studied[0]["last"] == alone["records"][-1]
    assert studied[1]["last"] != studied[0]["last"]


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
        patch.setattr(run, "Checkpoint", InterruptedCheckpoint)
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


def test_a_resumed_run_may_go_on_for_longer(small, interrupted, data, tmp_path):
    out = shutil.copytree(interrupted, tmp_path / "run")
    framework.run(options(data, out, resume=True, epochs=3, given=frozenset({"epochs"})))
    summary = summary_of(out)
    assert {network["last"]["epoch"] for network in summary["perceptrons"].values()} == {3}
    assert {trial["last"]["epoch"] for trial in summary["study"]} == {3}


def test_a_run_that_ctrl_c_ends_in_its_figures_can_be_resumed(small, data, tmp_path, monkeypatch):
    def pressed():
        raise KeyboardInterrupt

    monkeypatch.setattr(framework, "figures_of", lambda results: {"digits": pressed})
    with pytest.raises(Interrupted) as caught:
        framework.run(options(data, tmp_path / "run", epochs=1))
    assert caught.value.folder == tmp_path / "run"
    leave_out_pictures(monkeypatch)
    framework.run(options(data, tmp_path / "run", resume=True, epochs=1))
    assert summary_of(tmp_path / "run")["perceptrons"]["1"]["last"]["epoch"] == 1


def test_several_seeds_are_shown_as_mean_and_spread(finished):
    report = (finished.folder / "report.md").read_text()
    assert "means over 2 seeds" in report
    assert "% – " in report


def test_a_folder_called_sample_does_not_hide_the_sample(tmp_path, monkeypatch):
    (tmp_path / "sample").mkdir()
    monkeypatch.chdir(tmp_path)
    trials = perceptrons.study_trials(Options(data="sample"))
    assert {trial["data"] for trial in trials.values()} == {"sample"}


def test_the_usual_batch_size_divides_the_numbers_of_images():
    usual = usual_options(framework)
    assert all(n % usual.batch_size == 0 for n in (5_000, 60_000))


@pytest.mark.full
@pytest.mark.torch
@pytest.mark.skipif("CHAINRULE_DATA" not in os.environ, reason="CHAINRULE_DATA names no folder")
def test_the_whole_lab_runs_on_the_whole_mnist(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    make_small(monkeypatch)
    leave_out_pictures(monkeypatch)
    for module in (perceptrons, study, answers, figures):
        monkeypatch.setattr(module, "DEPTHS", (2, 3))
    monkeypatch.setattr(perceptrons, "NUDGES", 1)
    result = framework.run(
        replace(
            usual_options(framework),
            epochs=1,
            data="full",
            reference="live",
            extra={"seeds": 2},
            out=tmp_path / "run",
        )
    )
    summary = summary_of(result.folder)
    assert summary["data"]["train"]["images"] == 60_000
    for network in summary["perceptrons"].values():
        assert network["first_loss"]["chainrule"] == pytest.approx(network["first_loss"]["pytorch"], abs=5e-7)
        assert network["last"]["validation_accuracy"] > 0.9
    assert summary["perceptrons"]["1"]["largest_difference"]["value"] < 1e-5
    assert "0-1 loss" in (result.folder / "report.md").read_text()
