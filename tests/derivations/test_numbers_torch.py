import numpy as np
import pytest
from hypothesis import given, settings
from tests.derivations.networks import build, by_name, problems

import chainrule as cr
from chainrule.derivations import explain
from chainrule.derivations.examples import EXAMPLES, NEURON, THREE_TWO_ONE, TWO_THREE_ONE, TWO_TWO_ONE

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


OF_EXAMPLES = {
    "2-3-1": (TWO_THREE_ONE, [0.5, -0.3], None, None),
    "2-2-1": (TWO_TWO_ONE, [0.1, 0.2], 0.8, 0.1),
    "3-2-1": (THREE_TWO_ONE, [0.2, -0.1, 0.5], None, None),
    "3-2-1-backward": (THREE_TWO_ONE, [0.2, -0.1, 0.5], 0.8, None),
}


@pytest.mark.parametrize("name", OF_EXAMPLES)
def test_every_number_of_the_examples_is_that_of_pytorch(name):
    network, x, y, lr = OF_EXAMPLES[name]
    layers = [
        [torch.tensor(values, dtype=torch.float64, requires_grad=True) for values in layer]
        for layer in zip(network.weights, network.biases, strict=True)
    ]
    a, expected = torch.tensor(x, dtype=torch.float64), {}
    seen = []
    for number, ((W, b), activation) in enumerate(zip(layers, network.activations, strict=True), 1):
        z = W @ a + b
        a = getattr(torch, activation)(z)
        seen += [("z", number, z), ("a", number, a)]
    for letter, number, values in seen:
        values.retain_grad()
        expected |= places(letter, number, values)
    expected["ŷ", (), None] = a.item()
    if y is not None:
        loss = 0.5 * (a - y).square().sum()
        loss.backward()
        expected["L", (), None] = loss.item()
        for letter, number, values in seen:
            expected |= places("δ" if letter == "z" else "a", number, values.grad, ("∂",) * (letter == "a"))
        for number, parameters in enumerate(layers, 1):
            for letter, values in zip("Wb", parameters, strict=True):
                expected |= places(letter, number, values.grad, ("∂",))
                if lr is not None:
                    expected |= places(letter, number, values - lr * values.grad)
    found = by_name(EXAMPLES[name](4))
    assert {key[-3] for key in found.keys() - expected.keys()} <= {"t"}  # the square before it is halved
    for key, value in expected.items():
        assert found[key] == pytest.approx(value, rel=1e-12, abs=1e-15), key


def test_the_numbers_of_the_neuron_are_those_of_pytorch():
    (weights, bias), F = NEURON, torch.nn.functional
    z = torch.tensor(weights, dtype=torch.float64) @ torch.tensor([2.0, -1.0], dtype=torch.float64) + bias[0]
    expected = [z, torch.sigmoid(z), torch.tanh(z), torch.relu(z), F.leaky_relu(z)]
    found = [line.result for line in EXAMPLES["neuron"](4).lines()]
    assert found == pytest.approx([value.item() for value in expected], rel=1e-12)
