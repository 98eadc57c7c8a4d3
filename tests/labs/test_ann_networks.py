"""The formulas and networks of the ann lab, against their definitions and the numbers that the document prints."""

import warnings

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.labs import ann_activations as activations
from chainrule.labs.ann_activations import ACTIVATIONS
from chainrule.labs.ann_document import agrees, calculated_rows
from chainrule.labs.ann_networks import CustomANN, FashionMNISTClassifier, SimpleANN

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


def test_the_documents_calculated_numbers_are_met_but_for_its_own_rounding_and_one_slip():
    missed = {row.what for row in calculated_rows(None, None) if not row.met}
    assert missed == {
        "2-2-1: ∂L/∂W(2)₁₂",
        "2-2-1: ∂L/∂W(1)₁₁",
        "2-2-1: ∂L/∂W(1)₁₂",
        "2-2-1: new W(2)₁₂",
    }
    by_name = {row.what: row for row in calculated_rows(None, None)}
    assert "slip" in by_name["2-2-1: ∂L/∂W(1)₁₁"].why
    assert abs(0.5 * -0.0282 * 0.542 * 0.458 - -0.0035) < 1e-6  # what the document has as −0.00341


def test_agreement_is_to_the_printed_digits():
    assert agrees("2.2968", 2.29678)
    assert not agrees("2.2968", 2.29690)
    assert agrees("1.81583231e-04", 0.00018158323094)


def test_simple_ann_has_58_parameters():
    assert sum(p.numel() for p in SimpleANN(4, 8, 2).parameters()) == 58


def test_the_classifier_has_567_434_parameters():
    model = FashionMNISTClassifier([512, 256, 128], dropout_rate=0.3)
    assert sum(p.numel() for p in model.parameters()) == 567_434
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
