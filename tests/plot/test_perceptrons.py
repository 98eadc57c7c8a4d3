"""Figures of perceptrons show every network, layer and epoch that was measured."""

import numpy as np
import pytest

from chainrule.plot.errors import LOOKS as FITS
from chainrule.plot.errors import draw_fits, draw_losses
from chainrule.plot.perceptrons import LOOKS, draw_activations, draw_depths, draw_gradients, draw_weights


def records(layers, epochs=3):
    return [
        {
            "epoch": epoch,
            "training_accuracy": 0.5 + epoch / 10,
            "validation_accuracy": 0.4 + epoch / 10,
            "max_weight": [0.1 * (layer + epoch) for layer in range(layers)],
            "gradient": [10.0**-layer for layer in range(layers)],
        }
        for epoch in range(epochs + 1)
    ]


def test_training_validation_and_pytorch_are_drawn_for_each_depth():
    figure = draw_depths({1: records(1), 3: records(3)}, {3: [0.5, 0.6, 0.7]}, "title")
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["1 layer", "3 layers"]
    assert [len(axes.lines) for axes in figure.axes] == [2, 3]
    assert figure.axes[1].lines[2].get_xdata().tolist() == [1, 2, 3]
    assert figure.axes[1].lines[1].get_ydata() == pytest.approx([40, 50, 60, 70])


def test_activations_differ_in_colour_mark_and_line():
    figure = draw_activations({2: {name: records(2) for name in LOOKS}}, records(1), "title")
    lines = figure.axes[0].lines
    assert len(lines) == 1 + len(LOOKS)
    for look in ("get_color", "get_marker", "get_linestyle"):
        assert len({getattr(line, look)() for line in lines[1:]}) == len(LOOKS)


def test_every_layer_has_a_line():
    figure = draw_weights({"3 layers": records(3), "8 layers": records(8)}, "title")
    assert [len(axes.lines) for axes in figure.axes] == [3, 8]
    assert figure.axes[0].lines[2].get_ydata() == pytest.approx([0.2, 0.3, 0.4, 0.5])


def test_gradients_are_drawn_by_depth_and_by_layer_on_a_logarithmic_scale():
    deepest = {name: [1e-3, 1e-2, 1e-1] for name in LOOKS}
    figure = draw_gradients({name: {2: 1.0, 3: 0.1} for name in LOOKS}, deepest, "title")
    assert all(axes.get_yscale() == "log" for axes in figure.axes)
    assert figure.axes[1].lines[0].get_xdata().tolist() == [1, 2, 3]


def test_the_losses_are_the_formulas():
    left, right = draw_losses().axes
    margin, logistic = left.lines[1].get_data()
    assert logistic == pytest.approx(-np.log(1 / (1 + np.exp(-margin))))
    assert [line.get_ydata()[0] for line in right.lines] == [6.25, 2.5]


def test_fits_are_drawn_with_their_points():
    x = np.linspace(-1, 1, 5)
    figure = draw_fits((x, x), (x, x**2), dict.fromkeys(FITS, x), "title")
    assert len(figure.axes[0].lines) == 1 + len(FITS)
    assert len(figure.axes[0].collections[0].get_offsets()) == 5
