"""The ann lab beside a live PyTorch: the same file of networks with one import changed, and the same numbers."""

import json
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule.datasets import FashionMNIST
from chainrule.interop import ReferenceRun, find_recorded
from chainrule.labs.ann import figures, lesson, networks
from chainrule.labs.ann.activations import ACTIVATIONS, of_library
from chainrule.labs.ann.architectures import one_thread, train_architecture
from chainrule.labs.ann.classifier import build_classifier
from chainrule.labs.ann.document import computed
from chainrule.labs.ann.four_classes import learn_four_classes
from chainrule.labs.ann.networks_torch import OURS, networks_in_pytorch
from chainrule.labs.options import Options
from chainrule.labs.stated import value_of

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

SURE = 20  # steps in which rounding has switched no ReLU, on any machine so far; from then on it grows


@pytest.fixture(scope="module")
def live_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "ann"
    extra = {"experiments": False}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lesson, "draw_all", lambda results: {"training": lambda: figures.training(results)})
        chosen = Options(epochs=1, batch_size=128, data="sample", reference="live", out=out, extra=extra)
        lesson.run(chosen)
    return out, json.loads((out / "summary.json").read_text())


def test_pytorchs_side_is_our_file_with_one_import_changed():
    text = Path(networks.__file__).read_text(encoding="utf-8")
    assert text.count(OURS) == text.count("from chainrule import nn") == 1
    assert issubclass(networks_in_pytorch().CustomANN, torch.nn.Module)


def build_all(networks, manual_seed):
    manual_seed(5)
    return [
        networks.SimpleANN(4, 8, 2, "tanh"),
        networks.CustomANN([6, 5, 4, 3], "elu", "softmax"),
        networks.FashionMNISTClassifier([20, 10]),
    ]


def test_the_same_seed_gives_the_same_weights_outputs_and_gradients():
    ours, theirs = build_all(networks, cr.manual_seed), build_all(networks_in_pytorch(), torch.manual_seed)
    shapes = [(7, 4), (7, 6), (7, 1, 28, 28)]
    for model, other, shape in zip(ours, theirs, shapes, strict=True):
        state = other.state_dict()
        assert list(model.state_dict()) == list(state)
        for name, value in model.state_dict().items():
            np.testing.assert_array_equal(value, state[name].numpy())
        x = np.random.RandomState(0).randn(*shape).astype(np.float32)
        y, y_other = model.eval()(cr.tensor(x)), other.eval()(torch.tensor(x))
        np.testing.assert_allclose(y.detach(), y_other.detach().numpy(), atol=1e-6)
        (y * y).sum().backward()
        (y_other * y_other).sum().backward()
        for p, q in zip(model.parameters(), other.parameters(), strict=True):
            np.testing.assert_allclose(p.grad, q.grad.numpy(), rtol=1e-4, atol=1e-6)


def test_dropout_masks_are_the_same():
    ours = build_classifier(networks, cr.manual_seed, 3)
    theirs = build_classifier(networks_in_pytorch(), torch.manual_seed, 3)
    x = np.random.RandomState(1).rand(128, 1, 28, 28).astype(np.float32)
    a, b = ours.network[:3](ours.flatten(cr.tensor(x))), theirs.network[:3](theirs.flatten(torch.tensor(x)))
    np.testing.assert_array_equal(np.asarray(a.detach()) == 0, b.detach().numpy() == 0)


@pytest.mark.parametrize("layer", ACTIVATIONS)
def test_activations_and_derivatives_are_pytorchs(layer):
    z = np.linspace(-6, 6, 41)
    values, slopes = of_library(torch, layer, z)
    np.testing.assert_allclose(ACTIVATIONS[layer].function(z), values, atol=1e-15)
    np.testing.assert_allclose(ACTIVATIONS[layer].derivative(z), slopes, atol=1e-15)


def test_calculated_numbers_are_pytorchs():
    ours, theirs = computed(cr, networks), computed(torch, networks_in_pytorch())
    assert ours.keys() == theirs.keys()
    assert ours == pytest.approx(theirs, abs=1e-12)


def test_four_classes_are_learnt_step_by_step_as_in_pytorch(tmp_path):
    four = learn_four_classes(Options(reference="live"), tmp_path)
    assert four.largest_difference < 1e-5
    assert all(outcome.pytorch.kind == "live" for outcome in four.outcomes.values())
    for outcome in four.outcomes.values():
        recorded = find_recorded("ann", outcome.pytorch.settings, epochs=100)
        assert recorded is not None
        np.testing.assert_allclose(outcome.pytorch.steps, recorded.steps, atol=1e-5)


@pytest.mark.parametrize(
    ("layer_sizes", "activation"), [([784, 256, 10], "relu"), ([784, 128, 64, 10], "sigmoid")]
)
def test_architectures_are_trained_as_in_pytorch_live_and_recorded(layer_sizes, activation):
    trial = train_architecture(layer_sizes, activation, "sample", 1, 128, 1e-3, 42, pytorch=True)
    live = ReferenceRun(**trial["pytorch"])
    np.testing.assert_allclose(trial["steps"][:SURE], live.steps[:SURE], rtol=0, atol=1e-5)
    recorded = find_recorded("ann", live.settings, epochs=1)
    assert recorded is not None
    np.testing.assert_allclose(live.steps[:SURE], recorded.steps[:SURE], rtol=0, atol=1e-5)


def test_pytorch_has_its_threads_back_after_a_trial():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        with one_thread(torch):
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_the_first_epoch_is_pytorchs_to_rounding(live_run):
    out, summary = live_run
    # the last bit depends on how many threads add up
    assert summary["first_loss"]["chainrule"] == pytest.approx(summary["first_loss"]["pytorch"], abs=1e-6)
    reference = json.loads((out / "reference.json").read_text())
    *steps, own = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    losses = [step["loss"] for step in steps]
    np.testing.assert_allclose(losses[:SURE], reference["steps"][:SURE], rtol=0, atol=1e-5)
    np.testing.assert_allclose(losses, reference["steps"], rtol=0, atol=0.05)
    epoch = reference["epochs"][0]
    assert epoch["train_accuracy"] == pytest.approx(own["train_accuracy"], abs=0.005)
    assert np.sum(epoch["confusion"]) == 2000
    assert np.trace(epoch["confusion"]) / 2000 == epoch["validation_accuracy"]


def test_the_recorded_run_is_what_pytorch_does(live_run):
    live = json.loads((live_run[0] / "reference.json").read_text())
    recorded = find_recorded("ann", live["settings"], epochs=1)
    assert recorded is not None
    np.testing.assert_allclose(live["steps"][:SURE], recorded.steps[:SURE], rtol=0, atol=1e-5)
    np.testing.assert_allclose(live["steps"], recorded.steps, rtol=0, atol=0.05)


@pytest.mark.full
def test_the_documents_classifier_begins_as_in_the_document_and_ends_near_it(tmp_path):
    if FashionMNIST(train=False).source.kind != "full":
        pytest.skip("CHAINRULE_DATA names no folder with the whole FashionMNIST")
    extra = {"experiments": False}
    out = tmp_path / "run"
    lesson.run(Options(epochs=5, batch_size=128, data="full", reference="live", out=out, extra=extra))
    rows = {row["number"]: row for row in json.loads((out / "summary.json").read_text())["document"]}
    assert rows["loss, epoch 1, batch 0"]["met"]
    assert rows["loss, epoch 1, batch 0"]["ours"] == rows["loss, epoch 1, batch 0"]["PyTorch"] == "2.2968"
    assert abs(float(rows["loss, epoch 1, batch 100"]["ours"]) - 0.5367) < 0.02  # rounding has been carried on
    for name in ("training accuracy, epoch 5", "validation accuracy, epoch 5"):
        document, ours, theirs = (100 * value_of(rows[name][side]) for side in ("document", "ours", "PyTorch"))
        assert max(abs(ours - document), abs(ours - theirs)) < 1
