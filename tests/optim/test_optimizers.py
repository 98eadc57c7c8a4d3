"""What holds of the optimisers' layout, without PyTorch."""

import copy

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.optim.flat import BLOCK
from chainrule.tensor import Tensor


def parameters(*shapes):
    rng = np.random.default_rng(0)
    return [Tensor(rng.standard_normal(s).astype(np.float32), requires_grad=True) for s in shapes]


def step(params, optimizer):
    optimizer.zero_grad()
    sum((p * p).sum() for p in params).backward()
    optimizer.step()


def test_parameters_of_a_group_are_neighbours_in_one_vector():
    params = parameters((3, 4), (5,))
    values = [p.array.copy() for p in params]
    optim.SGD(params, lr=0.1)
    assert params[0].array.base is params[1].array.base
    for p, v in zip(params, values, strict=True):
        np.testing.assert_array_equal(p.array, v)


def test_gradients_are_written_to_the_vector_without_a_copy():
    params = parameters((3, 4), (5,))
    optimizer = optim.SGD(params, lr=0.1)
    step(params, optimizer)
    assert params[0]._grad.array.base is params[1]._grad.array.base


def test_a_gradient_that_a_user_holds_is_not_overwritten():
    params = parameters((3, 4), (5,))
    optimizer = optim.SGD(params, lr=0.1)
    step(params, optimizer)
    held = np.asarray(params[0].grad)
    before = held.copy()
    for _ in range(3):
        step(params, optimizer)
    np.testing.assert_array_equal(held, before)


@pytest.mark.parametrize("cls", [optim.SGD, optim.Adam])
def test_looking_at_gradients_changes_no_number(cls):
    options = {"lr": 0.01} if cls is optim.Adam else {"lr": 0.01, "momentum": 0.9}
    blind, seen = parameters((BLOCK + 3,), (5,)), parameters((BLOCK + 3,), (5,))
    a, b = cls(blind, **options), cls(seen, **options)
    for _ in range(4):
        step(blind, a)
        step(seen, b)
        _ = seen[0].grad
    for p, q in zip(blind, seen, strict=True):
        np.testing.assert_array_equal(p.array, q.array)


def test_two_optimisers_may_share_a_parameter():
    (p,) = parameters((4,))
    a, b = optim.SGD([p], lr=0.1), optim.SGD([p], lr=0.1)
    expected = p.array.copy()
    for optimizer in (a, b, a, b):
        step([p], optimizer)
        expected -= np.float32(0.1) * (2 * expected)
    np.testing.assert_allclose(p.array, expected, rtol=1e-6)


def test_replacing_the_data_of_a_parameter_is_noticed():
    (p,) = parameters((4,))
    optimizer = optim.SGD([p], lr=0.5)
    p.data = Tensor(np.ones(4, np.float32))
    step([p], optimizer)
    np.testing.assert_array_equal(p.array, np.zeros(4))


def test_a_deep_copy_trains_on_its_own():
    params = parameters((4,), (2, 2))
    optimizer = optim.Adam(params, lr=0.1)
    step(params, optimizer)
    params2, optimizer2 = copy.deepcopy((params, optimizer))
    frozen = params[0].array.copy()
    step(params2, optimizer2)
    np.testing.assert_array_equal(params[0].array, frozen)
    step(params, optimizer)
    np.testing.assert_array_equal(params[0].array, params2[0].array)


def test_zero_grad_can_leave_zeros():
    (p,) = parameters((4,))
    optimizer = optim.SGD([p], lr=0.1)
    step([p], optimizer)
    optimizer.zero_grad(set_to_none=False)
    np.testing.assert_array_equal(np.asarray(p.grad), np.zeros(4))
    optimizer.zero_grad()
    assert p.grad is None


def test_a_closure_is_run_with_gradients_and_its_loss_returned():
    (p,) = parameters((4,))
    optimizer = optim.SGD([p], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    before = p.array.copy()
    loss = optimizer.step(closure)
    assert float(loss) == pytest.approx(float((before**2).sum()))
    assert not np.array_equal(p.array, before)


@pytest.mark.parametrize("option", ["differentiable"])
def test_options_that_are_not_covered_are_refused(option):
    with pytest.raises(NotImplementedError, match=option):
        optim.SGD(parameters((2,)), lr=0.1, **{option: True})


def test_what_is_no_list_of_leaves_is_refused():
    (p,) = parameters((4,))
    with pytest.raises(ValueError, match="empty"):
        optim.SGD([], lr=0.1)
    with pytest.raises(TypeError, match=r"pass \[tensor\]"):
        optim.SGD(p, lr=0.1)
    with pytest.raises(ValueError, match="more than one place"):
        optim.SGD([p, p], lr=0.1)
    with pytest.raises(ValueError, match="leaf"):
        optim.SGD([p * 2], lr=0.1)


def test_a_state_of_another_shape_is_refused():
    optimizer, other = optim.Adam(parameters((4,)), lr=0.1), optim.Adam(parameters((5,)), lr=0.1)
    step(other.param_groups[0]["params"], other)
    with pytest.raises(RuntimeError, match="expected that shape"):
        optimizer.load_state_dict(other.state_dict())


def tied():
    encoder, decoder = nn.Linear(4, 2, bias=False), nn.Linear(2, 4, bias=False)
    return encoder, decoder, [*encoder.parameters(), *decoder.parameters()]


def test_parameters_that_share_memory_are_refused():
    encoder, decoder, params = tied()
    decoder.weight.data = encoder.weight.data.t()
    with pytest.raises(ValueError, match=r"shapes \(2, 4\) and \(4, 2\) share memory.*use one nn.Parameter"):
        cr.optim.SGD(params, lr=0.1)


def test_a_parameter_that_was_given_the_memory_of_another_is_refused_in_the_next_step():
    encoder, decoder, params = tied()
    optimizer = cr.optim.SGD(params, lr=0.1)
    decoder.weight.data = encoder.weight.data.t()
    decoder(encoder(cr.ones(1, 4))).sum().backward()
    with pytest.raises(ValueError, match="share memory"):
        optimizer.step()


def test_one_parameter_in_two_modules_is_trained_once():
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    second.weight = first.weight
    optimizer = cr.optim.SGD(nn.Sequential(first, second).parameters(), lr=0.1)
    second(first(cr.ones(1, 2))).sum().backward()
    optimizer.step()
    assert second.weight is first.weight
