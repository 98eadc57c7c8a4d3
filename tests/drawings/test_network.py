import re
import warnings
from itertools import pairwise

import numpy as np
import pytest
from tests.drawings.test_draw import edges, nodes

import chainrule as cr
from chainrule import nn
from chainrule.drawings.dot import numbers


class Tutorial(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.stack = nn.Sequential(
            nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)
        )

    def forward(self, x):
        return self.stack(self.flatten(x))


class Residual(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.linear = nn.Linear(size, size)

    def forward(self, x):
        return x + self.linear(x).relu() * 2


def layers(source):
    """Return (from, to, shape) for every edge, by what the layers are and are called."""
    kinds = {key: " ".join(text).partition(" parameters")[0] for key, text in nodes(source).items()}
    labels = re.findall(r'" -> "\w+" \[label=" ([^"]*)"', source)
    return [(kinds[a], kinds[b], label) for (a, b), label in zip(edges(source), labels, strict=True)]


def test_the_network_of_the_tutorial_is_drawn_as_layers_with_shapes_and_parameters():
    picture = cr.draw(Tutorial(), cr.zeros(3, 1, 28, 28))
    assert layers(picture.source) == [
        ("input", "Flatten flatten", "1 × 28 × 28"),
        ("Flatten flatten", "Linear stack.0", "784"),
        ("Linear stack.0", "ReLU stack.1", "512"),
        ("ReLU stack.1", "Linear stack.2", "512"),
        ("Linear stack.2", "ReLU stack.3", "512"),
        ("ReLU stack.3", "Linear stack.4", "512"),
        ("Linear stack.4", "output", "10"),
    ]
    assert "401,920  (weight 512 × 784, bias 512)" in picture.source
    assert picture.title == "Tutorial 784-512-512-10, 669,706 parameters"


def test_without_an_example_the_first_linear_layer_says_what_goes_in():
    assert layers(cr.draw(Tutorial()).source)[0] == ("input", "Flatten flatten", "784")


def test_skip_connections_and_functions_are_drawn():
    source = cr.draw(nn.Sequential(Residual(3), nn.BatchNorm1d(3)), cr.ones(4, 3)).source
    assert layers(source) == [
        ("input", "Linear 0.linear", "3"),
        ("Linear 0.linear", "ReLU", "3"),
        ("ReLU", "Mul", "3"),
        ("input", "Add", "3"),
        ("Mul", "Add", "3"),
        ("Add", "BatchNorm1d 1", "3"),
        ("BatchNorm1d 1", "output", "3"),
    ]


def test_a_shared_module_is_drawn_twice_and_counted_once():
    shared = nn.Linear(20, 20)
    picture = cr.draw(nn.Sequential(shared, nn.ReLU(), shared))
    assert picture.title.endswith("420 parameters")
    assert picture.source.count("420  (weight 20 × 20, bias 20)") == 1
    assert "those of 0" in picture.source


def test_a_parameter_outside_of_a_layer_is_counted_where_it_is_used():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale, self.inner = nn.Parameter(cr.ones(20)), nn.Linear(20, 20)

        def forward(self, x):
            return self.inner(x) * self.scale

    assert "20  (scale 20)" in cr.draw(Scaled()).source


def test_running_statistics_are_buffers_of_their_layer():
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    texts = [" ".join(text) for text in nodes(cr.draw(model, cr.rand(4, 2)).source).values()]
    assert (
        "BatchNorm1d 1 parameters 6 (weight 3, bias 3) buffers running_mean 3, running_var 3, num_batches_tracked"
    ) in texts


def test_a_module_that_lets_its_input_through_is_a_layer():
    source = cr.draw(nn.Sequential(nn.Linear(30, 30), nn.Dropout(0.5), nn.Linear(30, 1)).eval()).source
    assert ("Linear 0", "Dropout 1", "30") in layers(source)


def test_the_outputs_are_those_that_the_network_returns():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(30, 20), nn.Linear(20, 1)

        def forward(self, x):
            h = self.first(x)
            return h, self.second(h), (h * h).mean()[None][:0]

    assert [edge for edge in layers(cr.draw(Two()).source) if edge[1] == "output"] == [
        ("Linear first", "output", "20"),
        ("Linear second", "output", "1"),
        ("Index", "output", "0"),
    ]


def test_the_caption_says_when_a_chain_is_too_large_for_its_units():
    reason = "too large to show each unit: at most 16 a layer, 256 weights in all"
    wide, many = nn.Linear(17, 1), nn.Sequential(*(nn.Linear(12, 12) for _ in range(2)))
    assert all(reason in cr.draw(model).source for model in (wide, many))
    assert not any(reason in cr.draw(model).source for model in (Residual(3), nn.Linear(16, 16)))


def test_a_network_is_left_as_it_was():
    model = nn.Sequential(nn.Linear(30, 30), nn.BatchNorm1d(30), nn.Dropout(0.5))
    state, random = repr(model.state_dict()), cr.get_rng_state()
    cr.draw(model)
    assert repr(model.state_dict()) == state
    np.testing.assert_array_equal(cr.get_rng_state(), random)
    assert all(p.grad is None for p in model.parameters())
    assert not any(module._forward_hooks for module in model.modules())


def units(source):
    return sum(key.startswith("u") for key in nodes(source))


def test_a_small_network_is_drawn_with_every_unit_and_every_weight():
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 2), nn.Softmax(1)).eval()
    source = cr.draw(model).source
    assert units(source) == 14
    assert len(edges(source)) == 4 * 8 + 8 * 2
    weights = [model[0].weight, model[3].weight]
    shown = re.findall(r'style="(solid|dashed)", penwidth="[\d.]+", tooltip="[^=]*= ([^"]*)"', source)
    expected = [w for W in weights for w in np.asarray(W.detach()).ravel()]
    assert [(style == "dashed", float(w.replace("−", "-"))) for style, w in shown] == [
        (w < 0, pytest.approx(w, abs=1e-4)) for w in expected
    ]


def test_a_small_network_shows_the_numbers_of_an_example():
    cr.manual_seed(3)  # of numbers below 0.1, more places are shown
    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1))
    x = cr.tensor([[0.5, -0.25], [1.0, 1.0]])
    texts = nodes(cr.draw(model, x).source)
    hidden = model[0](x).tanh()[0]
    assert texts["u0_1"] == ["x₂", "−0.25"]
    assert texts["u1_0"][:2] == ["a₁⁽¹⁾", f"{hidden[0].item():.4f}".replace("-", "−")]
    assert texts["u2_0"][:2] == ["z₁⁽²⁾", f"{model(x)[0, 0].item():.4f}".replace("-", "−")]
    assert texts["h1"] == ["layer", "1,", "Tanh"]


@pytest.mark.parametrize("sizes", [(2, 3, 1), (3, 2, 1), (4, 5, 4), (1, 16, 1), (6, 3, 2)])
def test_no_two_weights_of_a_drawing_lie_on_each_other(sizes):
    modules = [nn.Linear(n, m) for n, m in pairwise(sizes)]
    source = cr.draw(nn.Sequential(*modules)).source
    places = [tuple(map(float, place)) for place in re.findall(r'"w\d.*pos="([-\d.]+),([-\d.]+)!"', source)]
    assert len(places) == sum(n * m for n, m in pairwise(sizes))
    units_at = [float(left) for left in re.findall(r'"u\d.*pos="([-\d.]+),', source)]
    for i, (x, y) in enumerate(places):
        assert all(abs(x - other) > 0.6 for other in units_at)
        assert all(abs(x - a) > 0.5 or abs(y - b) > 0.17 for a, b in places[:i])


def test_other_networks_than_chains_of_units_are_drawn_as_layers():
    for model in (nn.Sequential(Residual(2), nn.Linear(2, 1)), nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))):
        assert units(cr.draw(model).source) == 0


def test_a_network_that_diverged_can_be_drawn():
    model = nn.Linear(2, 2)
    with cr.no_grad():
        model.weight.copy_(cr.tensor([[float("nan"), 1.0], [float("-inf"), 0.0]]))
    source = cr.draw(model, [[1.0, 2.0]]).source
    assert {"NaN", "−∞"} <= {word for text in nodes(source).values() for word in text}
    assert "nan" not in source
    assert numbers(np.full(100, np.inf), 4) == "mean ∞, norm ∞"


def test_names_of_modules_and_parameters_are_no_markup():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = nn.ModuleDict({"a<b": nn.Linear(20, 20)})
            self.register_parameter("c&<d", nn.Parameter(cr.ones(20)))

        def forward(self, x):
            layer = self.parts["a<b"]
            return layer(layer(x)) * self._parameters["c&<d"]

    source = cr.draw(Odd(), cr.ones(1, 20)).source
    assert "those of parts.a&lt;b" in source
    assert "c&amp;&lt;d 20" in source
    assert "a<b" not in source


@pytest.mark.parametrize("shape", [(0, 2), (1, 0)])
def test_a_batch_without_numbers_is_drawn_as_layers(shape):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of weights that are none
        model = nn.Linear(shape[1], 3)
    assert "Linear" in cr.draw(model, cr.zeros(*shape)).source
