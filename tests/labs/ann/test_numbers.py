"""The formulas and networks of the ann lab, against their definitions and the numbers that the document prints."""

import warnings

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.labs.ann import activations, document, networks
from chainrule.labs.ann.activations import ACTIVATIONS
from chainrule.labs.ann.document import ByHand, calculated_rows, computed, exercise_rows, trained, trained_rows
from chainrule.labs.ann.networks import CustomANN, FashionMNISTClassifier, SimpleANN
from chainrule.labs.options import Options

Z = np.array([-4.0, -1.3, -0.2, 0.4, 1.0, 3.7])


@pytest.mark.parametrize("layer", ACTIVATIONS)
def test_a_derivative_is_the_slope_of_its_function(layer):
    f, h = ACTIVATIONS[layer].function, 1e-6
    slope = (f(Z + h) - f(Z - h)) / (2 * h)
    np.testing.assert_allclose(ACTIVATIONS[layer].derivative(Z), slope, atol=1e-8)


@pytest.mark.parametrize("alpha", [0.1, 2.0])
def test_alpha_is_that_of_the_derivative_too(alpha):
    h = 1e-6
    for f, derivative in (
        (activations.elu, activations.elu_derivative),
        (activations.leaky_relu, activations.leaky_relu_derivative),
    ):
        slope = (f(Z + h, alpha) - f(Z - h, alpha)) / (2 * h)
        np.testing.assert_allclose(derivative(Z, alpha), slope, atol=1e-8)


def test_the_softmax_jacobian_is_its_slope_in_every_direction():
    h, jacobian = 1e-6, activations.softmax_derivative(Z)
    for j in range(len(Z)):
        step = h * np.eye(len(Z))[j]
        slope = (activations.softmax(Z + step) - activations.softmax(Z - step)) / (2 * h)
        np.testing.assert_allclose(jacobian[:, j], slope, atol=1e-9)


def test_nothing_overflows_far_from_zero():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        far = np.array([-1e4, 1e4])
        assert activations.sigmoid(far).tolist() == [0, 1]
        assert activations.softmax(far).tolist() == [0, 1]
        for activation in ACTIVATIONS.values():
            assert np.isfinite(activation.function(far)).all()
            assert np.isfinite(activation.derivative(far)).all()


def test_the_derivative_of_relu_at_zero_is_zero_as_in_the_engine():
    x = cr.zeros(1, requires_grad=True)
    nn.ReLU()(x).sum().backward()
    assert x.grad.item() == activations.relu_derivative([0.0])[0] == 0


def test_formulas_and_engine_agree():
    assert activations.largest_difference_from_engine(np.linspace(-6, 6, 50)) < 1e-15


def rows():
    return {row.what: row for row in calculated_rows(computed(cr, networks), {})}


def test_the_documents_calculated_numbers_are_met_but_for_its_own_rounding_and_two_slips():
    reasons = {row.what: row.reason() for row in rows().values() if not row.met}
    slips = {name for name, reason in reasons.items() if reason.startswith("a slip")}
    assert slips == {"2-2-1: δ(1)₁", "2-2-1: δ(1)₂"}
    assert all(reason.startswith("the document goes on") for name, reason in reasons.items() if name not in slips)
    assert reasons.keys() - slips == {
        "2-2-1: z(2)", "2-2-1: ∂a(2)/∂z(2)", "2-2-1: δ(2)", "2-2-1: ∂L/∂W(2)₁₂", "2-2-1: ∂L/∂W(1)₁₁",
        "2-2-1: ∂L/∂W(1)₁₂", "2-2-1: new W(2)₁₂",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "off"),
    [("ReLU(2)", 1e-6), ("Sigmoid(0)", 1e-6), ("Tanh'(0)", 1e-6), ("2-3-1: a(1)₂", 1e-3), ("neuron: z", 1e-3)],
)
def test_a_number_of_few_digits_is_not_met_by_one_that_is_a_little_off(name, off):
    values = computed(cr, networks)
    assert rows()[name].met
    values[name] += off
    assert not {row.what: row for row in calculated_rows(values, {})}[name].met


def test_a_number_that_only_we_meet_is_told():
    values = computed(cr, networks)
    row = {r.what: r for r in calculated_rows(values, {**values, "ReLU(2)": 2.5})}["ReLU(2)"]
    assert row.reason() == "only PyTorch's does"


@pytest.mark.parametrize(("factors", "gives", "begins"), [
    ("2 · 3", 6.0, "the document goes on with its own numbers: 2 · 3"), ("2 · 4", 8.0, "a slip: "), ("", 0.0, ""),
])  # fmt: skip
def test_a_reason_is_given_only_where_the_documents_own_numbers_lead_to_it(factors, gives, begins):
    why = ByHand("6.0", None, factors, gives).why()
    assert why.startswith(begins)
    assert bool(why) == bool(factors)


def test_the_exercise_is_what_its_formulas_give():
    x, W, b = np.array([0.2, -0.1, 0.5]), np.array([[0.1, 0.2, -0.1], [0.3, -0.2, 0.4]]), np.array([0.1, -0.1])
    a = np.maximum(W @ x + b, 0)
    y = activations.sigmoid(np.array([0.5, -0.3]) @ a + 0.2)
    values = computed(cr, networks)
    assert values["3-2-1: output"] == pytest.approx(y)
    assert values["3-2-1: δ(2)"] == values["3-2-1: ∂L/∂b(2)"] == pytest.approx((y - 0.8) * y * (1 - y))
    assert values["3-2-1: ∂L/∂W(2)₁₂"] == pytest.approx((y - 0.8) * y * (1 - y) * a[1])
    shown = {row["number"]: row for row in exercise_rows(values, {})}
    assert shown["output"] == {"number": "output", "ours": f"{y:.4f}", "PyTorch": "not run"}


def test_without_pytorch_its_recorded_numbers_stand_in_the_table(monkeypatch):
    def missing():
        raise ImportError

    monkeypatch.setattr(document, "import_torch", missing)
    run = document.computed_by_pytorch(Options())
    assert run is not None
    assert run.kind == "recorded"
    assert dict(zip(run.settings["numbers"], run.steps, strict=True)) == pytest.approx(computed(cr, networks))
    assert document.computed_by_pytorch(Options(reference="none")) is None


def test_numbers_of_a_training_are_found_by_epoch_and_batch():
    epochs = [
        {"steps": 101, "train_accuracy": 0.8, "validation_loss": 0.5, "validation_accuracy": 0.7},
        {"steps": 1, "train_accuracy": 0.9, "validation_loss": 0.4, "validation_accuracy": 0.8},
    ]
    values = trained([2.0] * 100 + [1.0, 0.25], epochs, {"Shirt": 0.6})
    assert values["loss, epoch 1, batch 100"] == 1.0
    assert values["loss, epoch 2, batch 0"] == values["training loss, epoch 2"] == 0.25
    assert "loss, epoch 1, batch 200" not in values
    assert values["validation accuracy, epoch 1"] == 0.7
    assert values["Shirt, recognised"] == 0.6


def test_a_missed_number_is_explained_only_by_what_is_known():
    name = "validation accuracy, epoch 1"  # 83.03% in the document

    def reason(ours, nudged, why=""):
        others = [{name: x} for x in nudged]
        return trained_rows({name: ours}, {}, others, list("abcdefghij"), why, "2 runs")[0].reason()

    assert reason(0.8303, [0.9, 0.9]) == "they don't"
    assert reason(0.84, [0.83, 0.84]) == "2 runs give 83.00% to 84.00%"
    assert reason(0.84, [0.84, 0.85]) == "not explained: 2 runs give 84.00% to 85.00%"
    assert reason(0.84, []) == "not explained"
    assert reason(0.84, [0.84, 0.85], "another training: seed 7 instead of 42").startswith("another training")


def test_the_classifier_takes_images_to_logits():
    model = FashionMNISTClassifier([512, 256, 128], dropout_rate=0.3)
    assert model(cr.zeros(3, 1, 28, 28)).shape == (3, 10)


def test_layer_outputs_are_those_of_the_forward_pass():
    model, x = CustomANN([5, 7, 4, 3], "relu", "softmax"), cr.randn(6, 5)
    first, second, last = model.get_layer_outputs(x)
    assert [a.shape for a in (first, second, last)] == [(6, 7), (6, 4), (6, 3)]
    assert first.min().item() >= 0
    np.testing.assert_allclose(np.asarray(last.detach()).sum(1), 1, rtol=1e-6)
    np.testing.assert_array_equal(last.detach(), model(x).detach())
    assert model.count_parameters() == 5 * 7 + 7 + 7 * 4 + 4 + 4 * 3 + 3


def test_parameters_that_are_not_trained_are_not_counted():
    model = CustomANN([4, 2])
    model.linears[0].bias.requires_grad_(False)
    assert model.count_parameters() == 8


def test_images_are_flattened():
    assert CustomANN([784, 10])(cr.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_an_unknown_activation_is_an_error_that_names_the_known_ones():
    for make in (lambda: CustomANN([2, 3, 1], "step"), lambda: SimpleANN(2, 3, 1, "step")):
        with pytest.raises(ValueError, match=r"one of relu, sigmoid.*got 'step'"):
            make()


def test_a_network_without_layers_is_an_error():
    with pytest.raises(ValueError, match=r"got \[3\]"):
        CustomANN([3])
