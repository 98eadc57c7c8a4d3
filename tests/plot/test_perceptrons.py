"""Figures of perceptrons show every network and layer that was measured, and nothing is cut off."""

import numpy as np
import pytest

from chainrule.plot.errors import draw_fits, draw_losses
from chainrule.plot.perceptrons import BY_ACTIVATION, MANY, draw_gradients, draw_weights
from chainrule.plot.style import cut_off

LONG = "A title that says in many words what is seen, in more of them than one line of the figure can hold, or two"


def records(layers, epochs=3):
    return [
        {"epoch": epoch, "max_weight": [0.1 * (layer + epoch) for layer in range(layers)]}
        for epoch in range(epochs + 1)
    ]


def test_every_layer_has_a_line_and_many_layers_a_band_from_the_least_to_the_greatest():
    figure = draw_weights({"3 layers": records(3), "8 layers": records(MANY + 4)}, LONG)
    assert [len(axes.lines) for axes in figure.axes] == [3, 0]
    assert figure.axes[0].lines[2].get_ydata() == pytest.approx([0.2, 0.3, 0.4, 0.5])
    band = figure.axes[1].collections[0].get_paths()[0].vertices
    assert [band[:, 1].min(), band[:, 1].max()] == pytest.approx([0, 1])
    assert cut_off(figure) == []


def test_gradients_are_drawn_by_depth_and_by_layer_on_a_logarithmic_scale():
    deepest = {name: [1e-3, 1e-2, 1e-1] for name in BY_ACTIVATION}
    figure = draw_gradients({name: {2: 1.0, 3: 0.1} for name in BY_ACTIVATION}, deepest, LONG)
    assert all(axes.get_yscale() == "log" for axes in figure.axes)
    assert figure.axes[1].lines[0].get_xdata().tolist() == [1, 2, 3]
    assert cut_off(figure) == []


def test_activations_differ_in_colour_mark_and_line():
    for look in ("color", "marker", "linestyle"):
        assert len({each[look] for each in BY_ACTIVATION.values()}) == len(BY_ACTIVATION) == 4


def test_the_losses_are_the_formulas():
    figure = draw_losses()
    left, right = figure.axes
    margin, logistic = left.lines[1].get_data()
    assert logistic == pytest.approx(-np.log(1 / (1 + np.exp(-margin))))
    assert [line.get_ydata()[0] for line in right.lines] == [6.25, 2.5]
    assert cut_off(figure) == []


def test_fits_are_drawn_with_their_points():
    x = np.linspace(-1, 1, 5)
    figure = draw_fits((x, x), (x, x**2), {"a line": x, "a network": -x}, LONG)
    assert [line.get_label() for line in figure.axes[0].lines] == ["without noise", "a line", "a network"]
    assert len(figure.axes[0].collections[0].get_offsets()) == 5
    assert cut_off(figure) == []
