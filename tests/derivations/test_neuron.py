import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.derivations import explain


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1, self.relu, self.linear2 = nn.Linear(100, 30), nn.ReLU(), nn.Linear(30, 10)

    def forward(self, x):
        return self.linear2(self.relu(self.linear1(x)))


@pytest.fixture
def problem():
    cr.manual_seed(5)
    return Network(), cr.randn(6, 100), cr.randint(0, 10, (6,)), nn.CrossEntropyLoss()


def test_a_large_network_is_refused_with_what_to_name(problem):
    model, x, y, loss_fn = problem
    with pytest.raises(
        ValueError, match=r"at most 200 parameters and activations, this one has 3410: name"
    ) as error:
        explain(model, x, y, loss_fn)
    assert 'neuron=("linear1", 0); there are "linear1" (30 units), "linear2" (10 units)' in str(error.value)


def test_the_largest_terms_come_first_and_the_rest_is_summed(problem):
    model, x, y, loss_fn = problem
    derivation = explain(model, x, y, loss_fn, neuron=("linear1", 3), sample=2)
    line = next(derivation.lines())
    terms = line.formula.parts
    sizes = [abs(term.value) for term in terms[:10]]
    assert sizes == sorted(sizes, reverse=True)
    products = np.asarray(model.linear1.weight.detach())[3] * np.asarray(x)[2]
    assert sizes[0] == pytest.approx(np.abs(products).max())
    assert terms[10].words == "90 more terms"
    assert terms[10].value == pytest.approx(products.sum() - sum(term.value for term in terms[:10]), abs=1e-5)
    assert line.result == pytest.approx(float(model.linear1(x)[2, 3].item()))


def test_the_gradient_that_comes_to_the_unit_is_that_of_backward(problem):
    model, x, y, loss_fn = problem
    derivation = explain(model, x, y, loss_fn, neuron=("linear1", 3), sample=2)
    z = model.linear1(x)
    z.retain_grad()
    a = model.relu(z)
    a.retain_grad()
    loss_fn(model.linear2(a), y).backward()
    assert derivation["δ₄⁽¹⁾"] == pytest.approx(float(np.asarray(z.grad)[2, 3]), abs=1e-9)
    assert derivation["∂L/∂a₄⁽¹⁾"] == pytest.approx(float(np.asarray(a.grad)[2, 3]), abs=1e-9)
    assert derivation["∂L/∂b₄⁽¹⁾"] == pytest.approx(float(np.asarray(model.linear1.bias.grad)[3]), abs=1e-9)
    weights = {name: value for name, value in derivation.numbers().items() if name.startswith("∂L/∂W")}
    assert len(weights) == 5
    gradient = np.asarray(model.linear1.weight.grad)[3]
    assert all(np.abs(gradient - value).min() < 1e-9 for value in weights.values())
    bias = next(line for line in derivation.lines() if getattr(line.name, "by", line.name).letter == "b")
    assert bias.formula.parts[0].row is None  # the row that is explained comes first
    assert bias.formula.parts[3].words == "3 more rows"
    for line in derivation.lines():
        np.testing.assert_allclose(line.formula.value, line.result, rtol=1e-4, atol=1e-6)


def test_the_update_is_that_of_the_weights_shown(problem):
    model, x, y, loss_fn = problem
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    derivation = explain(model, x, y, loss_fn, optimizer, neuron=("linear2", 9))
    assert [section.title for section in derivation.sections] == ["Forward", "Loss", "Backward", "Update"]
    assert [len(step.lines) for step in derivation.sections[-1].steps if step.lines] == [5, 1]


def test_only_the_forward_pass_without_a_loss(problem):
    model, x, *_ = problem
    assert [section.title for section in explain(model, x, neuron=("linear2", 0)).sections] == ["Forward"]


def test_a_neuron_that_is_not_there_is_refused(problem):
    model, x, *_ = problem
    with pytest.raises(
        ValueError, match=r'neuron expected the name of a linear layer, got "relu": there are "lin'
    ):
        explain(model, x, neuron=("relu", 0))
    with pytest.raises(ValueError, match=r'"linear2" has units 0 to 9, neuron named unit 10'):
        explain(model, x, neuron=("linear2", 10))


def test_a_weight_is_shown_with_its_term_its_gradient_and_its_update(problem):
    model, x, y, loss_fn = problem
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    derivation = explain(model, x, y, loss_fn, optimizer, weight=("linear1", 3, 99), sample=2)
    first = next(derivation.lines()).formula.parts[0]
    W = np.asarray(model.linear1.weight.detach())
    assert first.value == pytest.approx(W[3, 99] * np.asarray(x)[2, 99])
    loss_fn(model(x), y).backward()
    gradient = np.asarray(model.linear1.weight.grad)[3, 99]
    numbers = derivation.numbers()
    assert numbers["∂L/∂W₄,₁₀₀⁽¹⁾"] == pytest.approx(gradient, abs=1e-9)
    assert numbers["W₄,₁₀₀⁽¹⁾"] == pytest.approx(W[3, 99] - 0.1 * gradient)
    assert [name for name in numbers if "W" in name or "b" in name] == ["∂L/∂W₄,₁₀₀⁽¹⁾", "W₄,₁₀₀⁽¹⁾"]
    assert derivation.title == "Network 100-30-10: linear1, unit 3, weight 99"


def test_unit_and_input_are_told_as_the_formulas_count_them(problem):
    model, x, *_ = problem
    note = explain(model, x, weight=("linear2", 3, 17)).sections[0].note
    assert note.startswith("Unit 3 is number 4 and input 17 is number 18 in the formulas")
    assert note.endswith("the weight is W₄,₁₈⁽²⁾.")
    assert explain(model, x, neuron=("linear2", 3)).sections[0].note == (
        "Unit 3 is number 4 in the formulas, which count from 1."
    )


def test_a_layer_of_a_sequential_may_be_named_by_its_number():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    by_name, by_number = (explain(model, [1.0, 2.0], neuron=(layer, 0)) for layer in ("2", 2))
    assert str(by_name) == str(by_number)


@pytest.mark.parametrize(
    "look",
    [
        {"weight": ("0", 1)}, {"weight": ("0", 1, 1, 9)}, {"weight": ("0", 1, True)}, {"weight": ()},
        {"neuron": ("0", 1, 1)}, {"neuron": "0"}, {"neuron": "0:1"}, {"neuron": ("0", 1.0)}, {"neuron": 0},
    ],
)  # fmt: skip
def test_what_names_no_unit_or_weight_is_refused_with_an_example(look):
    example = {
        "weight": r"weight expected \(layer, unit, input\), as in weight=\('0', 0, 0\), got",
        "neuron": r"neuron expected \(layer, unit\), as in neuron=\('0', 0\), got",
    }
    with pytest.raises(TypeError, match=example[next(iter(look))]):
        explain(nn.Sequential(nn.Linear(2, 2)), [1.0, 2.0], **look)


def test_a_weight_that_is_not_there_is_refused(problem):
    model, x, *_ = problem
    with pytest.raises(ValueError, match=r'weight expected the name of a linear layer, got "relu"'):
        explain(model, x, weight=("relu", 0, 0))
    with pytest.raises(ValueError, match=r'"linear2" has inputs 0 to 29, weight named input 30'):
        explain(model, x, weight=("linear2", 0, 30))
    with pytest.raises(ValueError, match="neuron and weight were given: name one"):
        explain(model, x, neuron=("linear2", 0), weight=("linear2", 0, 3))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"model": print}, TypeError, "model expected an nn.Module, got builtin_function_or_method"),
        ({"y": [[1.0]]}, ValueError, "y was given without loss_fn"),
        ({"sample": 1}, ValueError, "sample expected a row of x from 0 to 0, got 1"),
        ({"sample": -1}, ValueError, "sample expected a row"),
        ({"digits": 0}, ValueError, "digits expected a whole number from 1 to 15, got 0"),
        ({"digits": 2.5}, ValueError, "digits expected a whole number from 1 to 15, got 2.5"),
        ({"sample": 0.0}, ValueError, "sample expected a row of x from 0 to 0, got 0.0"),
        ({"y": 1.0, "loss_fn": "mse"}, TypeError, r"loss_fn expected .* as nn.MSELoss\(\), got 'mse'"),
        ({"y": 1.0, "loss_fn": nn.MSELoss}, TypeError, "loss_fn expected .* got the class MSELoss"),
        (
            {"y": 1.0, "loss_fn": optim.SGD([cr.ones(1)], lr=1)},
            TypeError,
            "got SGD: the optimizer is the argument",
        ),
        ({"loss_fn": nn.MSELoss()}, ValueError, "y is missing: this loss_fn takes the output and a target"),
        ({"loss_fn": nn.functional.mse_loss}, ValueError, "y is missing"),
        ({"loss_fn": cr.mean, "optimizer": optim.SGD}, TypeError, "optimizer expected .* got the class SGD"),
        (
            {"loss_fn": cr.mean, "optimizer": optim.SGD(nn.Linear(1, 1).parameters(), lr=0.1)},
            ValueError,
            "optimizer has none of the model's parameters",
        ),
        ({"y": [[1.0]], "loss_fn": lambda a, y: 1.0}, TypeError, "loss_fn expected to return a tensor, got float"),
        (
            {"x": [[1.0], [2.0]], "y": [[1.0], [1.0]], "loss_fn": nn.MSELoss(reduction="none")},
            ValueError,
            r"one number, got shape \(2, 1\): use reduction='mean' or 'sum'",
        ),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, error, words):
    given = {"model": nn.Linear(1, 1), "x": [[1.0]], **arguments}
    with pytest.raises(error, match=words):
        explain(given.pop("model"), given.pop("x"), **given)


@pytest.mark.parametrize("y", [1, 1.0, cr.tensor(1.0)])
@pytest.mark.parametrize("x", [[1.0, 2.0], [[1.0, 2.0]]])
def test_a_single_number_is_the_target_of_an_output_of_one(x, y):
    model = nn.Linear(2, 1)
    shaped = explain(model, x, [[1.0]] if isinstance(x[0], list) else [1.0], nn.MSELoss())
    assert str(explain(model, x, y, nn.MSELoss())) == str(shaped)


def test_whole_numbers_of_python_are_a_target_like_any_other():
    model = nn.Linear(2, 1)
    for x, y in (([[1.0, 2.0]], [[1]]), ([1.0, 2.0], [1])):
        same = np.array(y, np.float32)
        assert str(explain(model, x, y, nn.MSELoss())) == str(explain(model, x, same, nn.MSELoss()))
    as_given = explain(model, [1.0, 2.0], np.array([1]), nn.MSELoss())  # an array says what it is made of
    assert "Cast" in str(as_given)
    labels = explain(nn.Linear(2, 3), [[1.0, 2.0]], [[2, -1, -1]], nn.MultiLabelMarginLoss())
    assert "Cast" not in str(labels)


def test_an_optimizer_of_other_layers_is_said_to_change_nothing(problem):
    model, x, y, loss_fn = problem
    optimizer = optim.SGD(list(model.parameters())[-1:], lr=0.1)
    update = explain(model, x, y, loss_fn, optimizer, neuron=("linear1", 3)).sections[-1]
    assert (update.title, update.steps) == ("Update", [])
    assert update.note == "The optimizer has no parameter of what is shown: nothing of it changes."


def test_the_number_of_a_class_stays_one():
    assert explain(nn.Linear(2, 1), [1.0, 2.0], 0, nn.CrossEntropyLoss())["L"] == 0


def test_a_captured_step_can_not_be_explained():
    model = nn.Linear(1, 1)

    def step(x):
        explain(model, x)
        return model(x)

    with pytest.raises(cr.CaptureError, match="explains a step"):
        cr.capture(step)(cr.ones(1, 1))


def test_explain_is_at_the_top_level():
    assert cr.explain(nn.Linear(1, 1), [1.0]).title == "Linear 1-1"
