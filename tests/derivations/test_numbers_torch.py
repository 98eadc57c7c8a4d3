import numpy as np
import pytest
from hypothesis import given, settings
from tests.derivations.networks import build, by_name, problems

import chainrule as cr
from chainrule.derivations import explain

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def places(letter, layer, row, prefix=()):
    """Yield the names of a row's numbers as a derivation has them, from 1; a lone number has no index."""
    values = row.detach().numpy()
    for i, value in np.ndenumerate(values):
        alone = values.size == 1 or (values.ndim == 1 and len(values) == 1)
        yield (*prefix, letter, () if alone else tuple(k + 1 for k in i), layer), float(value)


def expected_of(problem):
    """Compute in PyTorch every number that a derivation of the same problem should have."""
    model, x, y, loss_fn, optimizer = build(torch, problem)
    sample, layer, a, seen = problem["sample"], 0, x, []
    for module in model:
        a = module(a)
        layer += isinstance(module, torch.nn.Linear)
        a.retain_grad()
        seen.append(("z" if isinstance(module, torch.nn.Linear) else "a", layer, a))
    loss = loss_fn(a, y)
    loss.backward()
    found = {("L", (), None): loss.item()}
    for letter, number, values in seen:
        found |= places(letter, number, values[sample])
        gradient = values.grad[sample]
        found |= places("δ", number, gradient) if letter == "z" else places("a", number, gradient, ("∂",))
    linears = [module for module in model if isinstance(module, torch.nn.Linear)]
    for number, linear in enumerate(linears, 1):
        found |= places("W", number, linear.weight.grad, ("∂",))
        if linear.bias is not None:
            found |= places("b", number, linear.bias.grad, ("∂",))
    optimizer.step()
    for number, linear in enumerate(linears, 1):
        found |= places("W", number, linear.weight)
        if linear.bias is not None:
            found |= places("b", number, linear.bias)
    return found


@settings(max_examples=60, deadline=None)
@given(problem=problems())
def test_every_number_is_that_of_pytorch(problem):
    expected = expected_of(problem)
    model, x, y, loss_fn, optimizer = build(cr, problem)
    found = by_name(explain(model, x, y, loss_fn, optimizer, sample=problem["sample"]))
    assert not expected.keys() - found.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-7, atol=1e-10, err_msg=str(name))


def test_the_examples_are_those_of_pytorch():
    from chainrule.derivations.examples import THREE_TWO_ONE, TWO_TWO_ONE, backward_2_2_1, exercise_backward

    for network, x, derivation in (
        (TWO_TWO_ONE, [0.1, 0.2], backward_2_2_1()),
        (THREE_TWO_ONE, [0.2, -0.1, 0.5], exercise_backward()),
    ):
        W1, W2 = (torch.tensor(W, dtype=torch.float64, requires_grad=True) for W in network.weights)
        b1, b2 = (torch.tensor(b, dtype=torch.float64, requires_grad=True) for b in network.biases)
        hidden = {"relu": torch.relu, "sigmoid": torch.sigmoid}[network.activations[0]]
        x = torch.tensor(x, dtype=torch.float64)
        output = torch.sigmoid(W2 @ hidden(W1 @ x + b1) + b2)
        loss = 0.5 * (output - 0.8).square().sum()
        loss.backward()
        found = by_name(derivation)
        expected = {("L", (), None): loss.item(), ("ŷ", (), None): output.item()}
        for letter, layer, values in (("W", 1, W1), ("W", 2, W2), ("b", 1, b1), ("b", 2, b2)):
            expected |= places(letter, layer, values.grad, ("∂",))
        for name, value in expected.items():
            assert found[name] == pytest.approx(value, rel=1e-12), name
