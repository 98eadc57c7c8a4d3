"""``model.summary``: a table of shapes, parameters and multiply-adds, made without a trace."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.labs.tutorial import network


def rows(summary):
    return {row.name: row for row in summary.rows}


def test_the_tutorials_network_has_the_numbers_of_paper_and_pencil():
    summary = network(nn).summary((64, 1, 28, 28))
    assert summary.total_params == summary.trainable_params == 784 * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10
    assert summary.total_mult_adds == 64 * (784 * 512 + 512 * 512 + 512 * 10)
    found = rows(summary)
    assert found["flatten"].output_shape == (64, 784)
    assert found["linear_relu_stack.2"].output_shape == (64, 512)
    assert found["linear_relu_stack.2"].params == 512 * 512 + 512
    assert found["linear_relu_stack"].params == 0
    assert found["linear_relu_stack"].output_shape == found[""].output_shape == (64, 10)


def test_the_table_prints_names_shapes_and_totals():
    lines = str(nn.Sequential(nn.Linear(1000, 20), nn.ReLU()).summary((8, 1000))).splitlines()
    assert lines[1].split() == ["Layer", "Type", "Output", "Shape", "Param", "#", "Mult-Adds"]
    assert lines[4].split() == ["0", "Linear", "(8,", "20)", "20,020", "160,000"]
    assert lines[5].split() == ["1", "ReLU", "(8,", "20)", "--", "--"]
    assert "Total params: 20,020" in lines
    assert "Total mult-adds: 160,000" in lines


class Twice(nn.Module):
    """Uses a layer twice, one never, and a parameter in two places."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.unused = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 1)
        self.second.weight = self.first.weight
        self.unused.requires_grad_(False)

    def forward(self, x, y):
        return self.second(self.first(self.first(x))), {"sum": x + y}


def test_shared_layers_and_parameters_count_once_and_every_call_is_counted():
    summary = Twice().summary([(3, 4), (3, 4)])
    found = rows(summary)
    assert (found["first"].params, found["second"].params) == (20, 4)
    assert summary.total_params == 29
    assert summary.trainable_params == 24
    assert found["first"].mult_adds == 2 * 3 * 16
    assert found["unused"].output_shape is None
    assert "not called" in str(summary)
    assert found[""].output_shape == [(3, 4), [(3, 4)]]


def test_nothing_of_the_model_or_the_generator_is_changed():
    model = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Dropout(0.5), nn.RReLU(), nn.Linear(6, 1))
    model[1].eval()
    model(cr.ones(3, 4)).sum().backward()
    modes = [module.training for module in model.modules()]
    before = {name: np.array(value) for name, value in model.state_dict().items()}
    gradients = [np.array(p.grad) for p in model.parameters()]
    generator = cr.get_rng_state()
    model.summary((5, 4))
    assert [module.training for module in model.modules()] == modes
    assert all((np.asarray(value) == before[name]).all() for name, value in model.state_dict().items())
    assert all((np.asarray(p.grad) == g).all() for p, g in zip(model.parameters(), gradients, strict=True))
    assert (np.asarray(cr.get_rng_state()) == np.asarray(generator)).all()
    assert not any(module._forward_hooks for module in model.modules())


def test_a_model_that_draws_in_evaluation_and_counts_its_calls_leaves_no_trace():
    class Noisy(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("calls", cr.zeros(1))

        def forward(self, x):
            self.calls += 1
            return x + cr.randn(*x.shape)

    model, generator = Noisy(), cr.get_rng_state()
    model.summary((20, 2))
    assert model.calls.item() == 0
    assert (np.asarray(cr.get_rng_state()) == np.asarray(generator)).all()


def test_a_failed_run_leaves_no_trace_and_says_what_was_passed():
    model = nn.Sequential(nn.Dropout(), nn.Linear(784, 10))
    with pytest.raises(RuntimeError, match=r"Sequential with an input of shape \(64, 27\), and it failed: .*784"):
        model.summary((64, 27))
    assert model[0].training
    assert not model[1]._forward_hooks


def test_integers_are_passed_as_data():
    embedding = nn.Embedding(10, 3)
    summary = embedding.summary(input_data=np.array([[1, 2]]))
    assert rows(summary)[""].output_shape == (1, 2, 3)
    assert summary.total_params == 30
    assert summary.total_mult_adds == 0


def test_bilinear_layers_count_both_products():
    assert nn.Bilinear(2, 3, 4).summary([(5, 2), (5, 3)]).total_mult_adds == 5 * 4 * 2 * (3 + 1)


def test_arguments_may_have_names_or_be_a_dictionary():
    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(4, 2)

        def forward(self, x, scale):
            return {"scaled": self.linear(x) * scale}

    class Whole(Named):
        def forward(self, batch):
            return super().forward(**batch)

    batch = {"scale": 2.0, "x": np.ones((3, 4), np.float32)}
    for summary in (Named().summary(input_data=batch), Whole().summary(input_data=[batch])):
        assert summary.rows[0].output_shape == [(3, 2)]
        assert summary.total_mult_adds == 24
    assert Named().summary(input_data=batch).input_size == [(), (3, 4)]
    assert Whole().summary(input_data=[batch]).input_size == [[None, (3, 4)]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "either input_size or input_data"),
        ({"input_size": (1, 2), "input_data": np.ones((1, 2))}, "either input_size or input_data"),
        ({"input_size": 64}, "to be a shape, or a list of shapes"),
        ({"input_size": np.ones((1, 2))}, "got an array: pass it as input_data=X"),
        ({"input_size": cr.ones(1, 2)}, "got an array: pass it as input_data=X"),
        ({"input_size": [cr.ones(1, 2)]}, "got an array: pass it as input_data=X"),
        ({"input_size": (0, 2)}, r"positive integers, got \(0, 2\)"),
        ({"input_size": (64, 2.5)}, r"positive integers, got \(64, 2.5\)"),
        ({"input_size": ((3, 4), (3, -4))}, "positive integers"),
    ],
)
def test_what_is_no_shape_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        nn.Linear(2, 2).summary(**arguments)


def test_a_part_of_a_network_may_be_called_summary_as_in_pytorch():
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.summary = nn.Linear(2, 1)

        def forward(self, x):
            return self.summary(x)

    model = Network()
    assert list(model.state_dict()) == ["summary.weight", "summary.bias"]
    assert model(cr.ones(3, 2)).shape == (3, 1)
    assert model.summary.summary((3, 2)).total_params == 3
    other = nn.Module()
    other.register_buffer("summary", cr.ones(1))
    other.register_parameter("weight", None)
    with pytest.raises(KeyError, match="already exists"):
        other.register_buffer("forward", cr.ones(1))
    assert other.summary.tolist() == [1.0]


def test_a_subclass_of_linear_may_return_something_else():
    class Pair(nn.Linear):
        def forward(self, x):
            y = super().forward(x)
            return y, y

    found = rows(Pair(2, 3).summary((4, 2)))
    assert (found[""].output_shape, found[""].mult_adds) == ([(4, 3), (4, 3)], 0)


def test_a_shape_is_run_in_the_dtype_of_the_model():
    model = nn.Linear(3, 2, dtype=cr.float64)
    assert model.summary((np.int64(5), 3)).total_params == 8
