import copy

import numpy as np
import pytest
from hypothesis import given, settings
from tests.derivations.networks import OPTIMIZERS, build, chosen, problems

import chainrule as cr
from chainrule import nn, ops, optim
from chainrule.derivations import explain
from chainrule.derivations.steps import Values


def values_of(derivation, section, letter):
    """Return the matrices of a section whose name ends in a letter, by layer."""
    found = {}
    for part in derivation.sections:
        for step in part.steps if part.title == section else []:
            for values in step.values:
                symbol = getattr(values.name, "by", values.name)
                if isinstance(values, Values) and symbol.letter == letter:
                    found[symbol.layer] = values.array
    return found


@settings(max_examples=40, deadline=None)
@given(problem=problems())
def test_every_formula_computes_the_number_of_the_run(problem):
    model, x, y, loss_fn, optimizer = build(cr, problem)
    derivation = explain(model, x, y, loss_fn, optimizer, sample=problem["sample"])
    for line in derivation.lines():
        np.testing.assert_allclose(line.formula.value, line.result, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", list(chosen()))
def test_formulas_hold_for_chosen_networks(name):
    model, x, y, loss_fn = chosen()[name]
    derivation = explain(model, x, y, loss_fn, optim.Adam(model.parameters()))
    for line in derivation.lines():
        np.testing.assert_allclose(line.formula.value, line.result, rtol=2e-4, atol=2e-6)


@settings(max_examples=30, deadline=None)
@given(problem=problems())
def test_gradients_and_updates_are_those_of_backward_and_step(problem):
    model, x, y, loss_fn, optimizer = build(cr, problem)
    derivation = explain(model, x, y, loss_fn, optimizer, sample=problem["sample"])
    loss = loss_fn(model(x), y)
    loss.backward()
    gradients = values_of(derivation, "Backward", "W")
    optimizer.step()
    updated = values_of(derivation, "Update", "W")
    linears = [module for module in model if isinstance(module, nn.Linear)]
    for layer, linear in enumerate(linears, 1):
        np.testing.assert_array_equal(gradients[layer], np.asarray(linear.weight.grad))
        np.testing.assert_allclose(updated[layer], np.asarray(linear.weight.detach()), rtol=1e-14)
    assert derivation["L"] == loss.item()


@pytest.mark.parametrize("name", list(chosen()))
def test_gradients_of_chosen_networks_are_those_of_backward(name):
    model, x, y, loss_fn = chosen()[name]
    state = cr.get_rng_state()
    derivation = explain(model, x, y, loss_fn, optim.SGD(model.parameters(), lr=0.5))
    cr.set_rng_state(state)
    loss_fn(model(x), y).backward()
    updated = {}
    for section in derivation.sections[-1:]:
        for step in section.steps:
            updated |= {step.title.removeprefix("SGD: "): values.array for values in step.values}
    for parameter_name, parameter in model.named_parameters():
        expected = np.asarray(parameter.detach()) - 0.5 * np.asarray(parameter.grad)
        np.testing.assert_allclose(updated[parameter_name], expected, rtol=1e-5, atol=1e-7)


def test_explaining_changes_nothing():
    cr.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Dropout(0.5), nn.Linear(3, 1))
    optimizer = optim.Adam(model.parameters())
    x, y = cr.randn(4, 2), cr.randn(4, 1)
    nn.MSELoss()(model(x), y).backward()
    optimizer.step()
    before = copy.deepcopy((model.state_dict(), optimizer.state_dict()))
    memory = [p.array for p in model.parameters()]
    gradients = [np.array(p.grad) for p in model.parameters()]
    random = cr.get_rng_state()
    explain(model, x, y, nn.MSELoss(), optimizer)
    for old, new in zip(before, (model.state_dict(), optimizer.state_dict()), strict=True):
        assert repr(old) == repr(new)
    assert all(p.array is array for p, array in zip(model.parameters(), memory, strict=True))
    for p, gradient in zip(model.parameters(), gradients, strict=True):
        np.testing.assert_array_equal(np.asarray(p.grad), gradient)
    np.testing.assert_array_equal(cr.get_rng_state(), random)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert x.grad is None
    assert all(module.training for module in model.modules())


def test_a_failing_model_is_left_without_hooks():
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(2, 1))
    with pytest.raises(RuntimeError, match="features"):
        explain(model, [[1.0, 2.0]])
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert (cr.ones(1) + 1).item() == 2


def test_dropout_shows_its_mask():
    cr.manual_seed(0)
    model = nn.Sequential(nn.Linear(1, 6), nn.Dropout(0.5))
    lines = [line for line in explain(model, [[1.0]]).lines() if line.name.letter == "d"]
    assert {line.note for line in lines} == {"kept", "dropped"}
    assert all((line.result == 0) == (line.note == "dropped") for line in lines)


def test_modules_that_let_their_input_through_are_named():
    model = nn.Sequential(nn.Linear(1, 1), nn.Identity(), nn.Dropout(0.5)).eval()
    text = str(explain(model, [[1.0]]))
    assert "1: Identity\n   Identity in evaluation mode passes its input on as it is." in text
    assert "Dropout in evaluation mode passes its input on" in text


@pytest.mark.parametrize(
    ("a", "b"), [((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3,)), ((2, 1, 3), (3,)), ((3,), (2, 3, 1))]
)
def test_products_of_vectors_and_matrices_are_explained(a, b):
    class Product(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Parameter(cr.rand(*a)), nn.Parameter(cr.rand(*b))

        def forward(self, _):
            return self.a @ self.b

    for line in explain(Product(), [1.0], loss_fn=cr.sum).lines():
        assert line.formula.value == pytest.approx(line.result, rel=1e-5)


def test_no_operation_is_left_out():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(3, 3)

        def forward(self, x):
            return self.linear(x).cumsum(1).clip(-1, 1)

    derivation = explain(Own(), [[1.0, 2.0, 3.0]], [[0.0, 0.0, 0.0]], nn.MSELoss())
    titles = [step.title for section in derivation.sections for step in section.steps]
    for operation in (ops.CumSum, ops.Clip):
        assert operation.__name__ in titles
        assert f"Back through {operation.__name__}" in titles


def test_explaining_works_where_nothing_is_recorded():
    with cr.no_grad():
        assert "∂L/∂b⁽¹⁾" in explain(nn.Linear(1, 1), [1.0], [0.0], nn.MSELoss()).numbers()


def trained(name, options):
    """Return a small network in float64 after two updates of an optimiser, and what it is trained with."""
    cr.manual_seed(1)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)).double()
    x, y = cr.randn(4, 2, dtype=cr.float64), cr.randn(4, 1, dtype=cr.float64)
    optimizer = getattr(optim, name)(model.parameters(), **options)
    for _ in range(2):
        optimizer.zero_grad()
        nn.MSELoss()(model(x), y).backward()
        optimizer.step()
    optimizer.zero_grad()
    return model, x, y, nn.MSELoss(), optimizer


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS, ids=str)
def test_the_update_of_every_optimizer_is_derived(name, options):
    model, x, y, loss_fn, optimizer = trained(name, options)
    update = explain(model, x, y, loss_fn, optimizer).sections[-1]
    for line in (line for step in update.steps for line in step.lines):
        np.testing.assert_allclose(line.formula.value, line.result, rtol=1e-10, atol=1e-14)
    loss_fn(model(x), y).backward()
    optimizer.step()
    for step, p in zip(update.steps, model.parameters(), strict=True):
        numbers = [line.result for line in step.lines if line.name.letter in "Wb"]
        np.testing.assert_array_equal(numbers[-p.numel() :], np.asarray(p.detach()).ravel())


@pytest.mark.parametrize("name", ["ASGD", "RAdam", "Rprop"])
def test_of_other_optimizers_the_result_is_shown(name):
    model, x, y, loss_fn, optimizer = trained(name, {"lr": 0.1})
    update = explain(model, x, y, loss_fn, optimizer).sections[-1]
    loss_fn(model(x), y).backward()
    optimizer.step()
    for step, p in zip(update.steps, model.parameters(), strict=True):
        assert step.note == f"The formula of {name} is not written out: shown is the result alone."
        np.testing.assert_array_equal(step.values[0].array, np.asarray(p.detach()))


def test_of_lbfgs_no_update_is_shown():
    model = nn.Linear(1, 1)
    derivation = explain(model, [1.0], [2.0], nn.MSELoss(), optim.LBFGS(model.parameters()))
    assert "computes the loss several times" in derivation.sections[-1].steps[0].note


def test_an_optimizer_without_formulas_shows_what_it_gives():
    class Sign(optim.Optimizer):
        @cr.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    p -= p.grad.sign()

    model = nn.Linear(1, 1, bias=False)
    before = model.weight.item()
    derivation = explain(model, [1.0], [before + 5], nn.MSELoss(), Sign(model.parameters(), {}))
    (step,) = derivation.sections[-1].steps
    assert step.values[0].array.item() == pytest.approx(before + 1)
    assert "The formula of Sign is not written out" in step.note
    assert model.weight.item() == before


def test_a_hook_of_a_model_still_runs():
    model = nn.Sequential(nn.Linear(1, 1))
    model.register_forward_hook(lambda module, args, output: output * 3)
    assert explain(model, [2.0])["ŷ"] == model(cr.tensor([2.0])).item()


def test_a_frozen_layer_has_no_gradient_and_no_update():
    model = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
    model[0].requires_grad_(False)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    text = str(explain(model, [1.0], [0.0], nn.MSELoss(), optimizer))
    assert "∂L/∂W⁽²⁾" in text
    assert "∂L/∂W⁽¹⁾" not in text
    assert "SGD: 0.weight" not in text


def test_numbers_are_rounded_last():
    model = nn.Linear(1, 1, dtype=cr.float64)
    with cr.no_grad():
        model.weight.fill_(1 / 3)
        model.bias.fill_(0)
    coarse, fine = explain(model, [[3.0]], digits=1), explain(model, [[3.0]], digits=12)
    assert coarse.numbers() == fine.numbers()
    assert "≈ 0.3·3" in str(coarse)
    assert "= 1\n" in str(coarse)
    assert "0.333333333333" in str(fine)
