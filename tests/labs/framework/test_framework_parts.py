"""What the framework lab is made of: networks in the plane, the wave, the watch on perceptrons."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import chainrule as cr
from chainrule import nn, optim
from chainrule.data import DataLoader, Subset
from chainrule.datasets import MNIST
from chainrule.datasets.transforms import ToTensor
from chainrule.labs import framework
from chainrule.labs.framework import digits as perceptrons
from chainrule.labs.framework.digits import (
    Watch,
    digits_perceptron,
    load_digits,
    nearest_to_zero,
    train_digits,
    weight_matrices,
    wrong_images,
)
from chainrule.labs.framework.network import logistic_loss, perceptron
from chainrule.labs.framework.plane import (
    NEW,
    POINTS,
    TASKS,
    probabilities,
    train_classifier,
    train_regression,
    trained_classifier,
    wave_points,
    wave_trials,
)
from chainrule.labs.options import usual_options
from chainrule.labs.reference import find_reference
from chainrule.labs.run import LabRun, checksums
from chainrule.train import Trainer, accuracy, zero_one_loss


def train(task, hidden, epochs, **changes):
    settings = {"batch_size": 10, "lr": 0.1, "seed": 42, **changes}
    return {"task": task, "hidden": hidden, **train_classifier(task, hidden, epochs, **settings)}


def test_a_line_fails_where_hidden_layers_do_not():
    line, network = (train("circles", hidden, 80)["error"]["validation"][-1] for hidden in ([], [16, 16]))
    assert line > 0.3
    assert network < 0.1


def test_a_large_network_learns_wrong_labels_by_heart():
    small, large = (train("two-features", hidden, 400) for hidden in ([2], [64, 64]))
    assert large["error"]["training"][-1] < small["error"]["training"][-1] - 0.05
    assert large["loss"]["validation"][-1] > small["loss"]["validation"][-1] + 0.1
    wrong = TASKS["two-features"].relabelled(42).sum()
    assert small["by_heart"][-1] < large["by_heart"][-1] <= wrong
    assert large["parameters"] == 2 * 64 + 64 + 64 * 64 + 64 + 64 + 1


def test_measurements_begin_before_training_and_end_after_it():
    result = train("spiral", [4], 30)
    assert result["moments"][0] == 0
    assert result["moments"][-1] == 30
    assert result["loss"]["training"][0] == pytest.approx(np.log(3), abs=0.5)
    assert len(result["moments"]) == len(result["loss"]["training"]) == len(result["error"]["validation"])


def test_the_kept_weights_give_back_the_network_that_was_measured():
    result = train("moons", [5], 10)
    X, y, new_X, new_y = TASKS["moons"].points(42)
    assert len(X) == POINTS
    assert len(new_X) == NEW
    model = trained_classifier(result)
    assert float(zero_one_loss(model(cr.tensor(new_X)), new_y)) == result["error"]["validation"][-1]
    assert logistic_loss(model(cr.tensor(X)), y).item() == pytest.approx(result["loss"]["training"][-1], rel=1e-6)


def test_relabelled_points_are_those_whose_label_is_not_their_clusters():
    wrong = TASKS["two-features"].relabelled(42)
    _, y, _, _ = TASKS["two-features"].points(42)
    _, truth = cr.datasets.two_dimensional.make_classification(
        POINTS + NEW, flip_y=0, generator=cr.Generator().manual_seed(42)
    )
    assert np.array_equal(wrong, y != truth[:POINTS])
    assert 0 < wrong.sum() < POINTS / 4
    assert not TASKS["moons"].relabelled(42).any()


def test_a_film_changes_nothing_in_the_training(tmp_path):
    assert train("xor", [3], 3, film=str(tmp_path / "xor")) == train("xor", [3], 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["xor-filmstrip.png", "xor.gif"]


@pytest.mark.parametrize(("task", "outputs"), [("moons", 1), ("spiral", 3)])
def test_probabilities_add_up_to_1(task, outputs):
    model = perceptron(nn, [2, 4, outputs], "ReLU")
    p = probabilities(model, np.random.default_rng(0).normal(size=(7, 2)).astype(np.float32))
    assert p.shape == (7, TASKS[task].classes)
    assert np.allclose(p.sum(1), 1, atol=1e-6)


def test_the_logistic_loss_is_the_cross_entropy_of_two_scores_of_which_one_is_0():
    z, y = cr.tensor(np.linspace(-3, 3, 9, dtype=np.float32)[:, None]), np.arange(9) % 2
    both = cr.cat([cr.zeros(9, 1), z], dim=1)
    assert logistic_loss(z, y).item() == pytest.approx(nn.functional.cross_entropy(both, cr.tensor(y)).item())


def test_the_absolute_error_is_not_carried_away_by_points_that_are_far_off():
    trials = wave_trials(42)
    squared, absolute = (
        train_regression(**{**trials[f"network, {kind} error"], "epochs": 150}) for kind in ("squared", "absolute")
    )
    assert absolute["truth"]["absolute"] < squared["truth"]["absolute"]
    for kind, fit, other in (("squared", squared, absolute), ("absolute", absolute, squared)):
        assert fit["training"][kind] < other["training"][kind]


def test_a_straight_line_is_the_least_squares_line():
    fit = train_regression(**{**wave_trials(42)["straight line, squared error"], "epochs": 300})
    assert np.ptp(np.diff(fit["fit"])) < 1e-4
    x, y = wave_points(42)
    rest = np.linalg.lstsq(np.column_stack([x, np.ones_like(x)]), y, rcond=None)[1] / POINTS
    assert fit["training"]["squared"] == pytest.approx(rest.item(), rel=1e-3)


@pytest.mark.parametrize("activation", ["Identity", "Sigmoid", "Tanh", "ReLU"])
@pytest.mark.parametrize("layers", [1, 2, 4])
def test_a_perceptron_has_an_activation_between_two_layers_and_none_at_the_end(layers, activation):
    model = digits_perceptron(nn, layers, activation)
    kinds = [type(module).__name__ for module in model]
    assert kinds == ["Flatten", *["Linear", activation] * (layers - 1), "Linear"]
    assert len(weight_matrices(model)) == layers
    assert model(cr.zeros(3, 1, 28, 28)).shape == (3, 10)


# ---- the watch -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def images():
    return [MNIST(train=t, source="sample", transform=ToTensor()) for t in (True, False)]


def fit(images, callbacks, seed=1):
    train_data, test_data = images
    cr.manual_seed(seed)
    model = digits_perceptron(nn, 2, "Tanh")
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    trainer = Trainer(
        model,
        nn.CrossEntropyLoss(),
        optimizer,
        metrics={"accuracy": accuracy},
        callbacks=callbacks,
        progress=False,
    )
    batches = DataLoader(Subset(train_data, range(200)), batch_size=50, shuffle=True)
    return model, trainer.fit(batches, 2, DataLoader(Subset(test_data, range(100)), batch_size=50))


def test_a_training_does_not_notice_that_it_is_watched(images):
    watching = Watch(*images, 50)
    watched, alone = (fit(images, callbacks) for callbacks in ([watching], []))
    assert watched[1].steps == alone[1].steps
    assert [e["validation_loss"] for e in watched[1].epochs] == [e["validation_loss"] for e in alone[1].epochs]
    assert np.array_equal(watched[0][1].weight, alone[0][1].weight)


def test_what_is_watched_is_what_the_weights_and_gradients_are(images):
    watching = Watch(*images, 50)
    model, history = fit(images, [watching])
    last = watching.records[-1]
    assert last["epoch"] == 2
    assert last["validation_accuracy"] == history.epochs[-1]["validation_accuracy"]
    assert last["max_weight"] == [float(np.abs(model[i].weight).max()) for i in (1, 3)]
    X, y = images[0].batch(slice(0, perceptrons.PROBED))
    model.zero_grad()
    nn.functional.cross_entropy(model(X), y).backward()
    assert last["gradient"] == pytest.approx([np.linalg.norm(model[i].weight.grad) for i in (1, 3)], rel=1e-5)


def losses(layers, epochs):
    """Train as the lab does, and return the losses of the steps."""
    options = replace(usual_options(framework), data="sample")
    make = partial(Trainer, progress=False)
    trainer = perceptrons.trainer_of(make, layers, perceptrons.LAYERS[layers], options, [])
    train_batches, test_batches = perceptrons.batches(*load_digits(options), options.batch_size)
    return trainer.fit(train_batches, epochs, test_batches).steps


@pytest.mark.parametrize("layers", [1, 3])
def test_the_way_to_where_losses_part_is_that_of_the_training(layers):
    with threadpool_limits(1):
        again = nearest_to_zero(layers, perceptrons.LAYERS[layers], 120, "sample", 2, 50, 0.1, 42)
        assert again["losses"] == losses(layers, 2)[:120]
    nearest = again["nearest"]
    assert all(np.isinf(nearest)) if layers == 1 else 0 < min(nearest) < max(nearest) < 0.01


def test_one_changed_bit_is_carried_on():
    with threadpool_limits(1):
        nudged = train_digits(2, "ReLU", "sample", 1, 50, 0.1, 42, nudge=0)["steps"]
        assert 0 < np.abs(np.subtract(losses(2, 1), nudged)).max() < 1e-5


def test_wrong_images_are_those_that_accuracy_leaves_over(images, monkeypatch):
    monkeypatch.setattr(perceptrons, "AT_ONCE", 300)  # which does not divide 1000
    model, _ = fit(images, [])
    wrong = wrong_images(model, images[1])
    X, y = images[1].batch(slice(None))
    assert wrong == np.flatnonzero(np.asarray(model(X)).argmax(1) != np.asarray(y)).tolist()


# ---- the recorded runs of PyTorch ------------------------------------------------------------------------------


@pytest.mark.parametrize("layers", framework.LAYERS)
def test_a_recorded_run_of_pytorch_fits_the_usual_options_and_agrees(layers, tmp_path):
    options = replace(
        usual_options(framework), epochs=2, data="sample", reference="recorded", out=tmp_path / "run"
    )
    data = load_digits(options)
    sources = dict(zip(("train", "test"), (images.source for images in data), strict=True))
    loaders = perceptrons.batches(*data, options.batch_size)
    settings = {**checksums(sources), "layers": layers}
    reference = find_reference("framework", options, settings, None, *loaders)
    with LabRun("framework", options, sources, reference) as lab:
        trained = framework.train_perceptron(lab, layers, data, loaders, reference)
    # Later a ReLU's z may come out on the other side of 0, by rounding: see test_framework_torch.py.
    assert trained.comparison.differences[:50].max() < 1e-6
    assert trained.comparison.differences.max() < 1e-2
