"""Optimisers against PyTorch's: large parameters, and what a user changes by hand."""

import collections
import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule import optim
from chainrule.tensor import Tensor

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

SHAPES = [(30, 40), (5,), (), (7, 1), (70_001,)]
OPTIONS = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.01, "maximize": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.2, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1, "maximize": True}),
    ("Adam", {"lr": 0.01}),
    ("Adam", {"lr": 0.01, "betas": (0.5, 0.9), "eps": 1e-3}),
    ("Adam", {"lr": 0.01, "amsgrad": True, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.01, "decoupled_weight_decay": True, "weight_decay": 0.1, "maximize": True}),
    ("AdamW", {"lr": 0.01}),
    ("RMSprop", {"lr": 0.01, "momentum": 0.9, "centered": True, "eps": 1e-3}),
    ("Adagrad", {"lr": 0.01, "lr_decay": 0.1}),
    ("Adadelta", {"lr": 1.0}),
    ("Adamax", {"lr": 0.01}),
    ("NAdam", {"lr": 0.01}),
    ("RAdam", {"lr": 0.01}),
    ("Rprop", {"lr": 0.01}),
    ("ASGD", {"lr": 0.01, "t0": 2}),
]


def pair(name, options, dtype=np.float32, seed=0):
    """Return our parameters and optimiser, and PyTorch's, from the same values."""
    rng = np.random.default_rng(seed)
    arrays = [rng.standard_normal(shape).astype(dtype) for shape in SHAPES]
    ours = [Tensor(a.copy(), requires_grad=True) for a in arrays]
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    return ours, getattr(optim, name)(ours, **options), theirs, getattr(torch.optim, name)(theirs, **options)


def train(params, optimizer, chosen):
    """Minimise Σ p⁴ / 4 over the chosen parameters, one step."""
    optimizer.zero_grad()
    loss = sum((params[i] * params[i] * params[i] * params[i]).sum() for i in chosen) * 0.25
    loss.backward()
    optimizer.step()


def assert_equal(ours, theirs, dtype):
    for p, t in zip(ours, theirs, strict=True):
        tolerance = 2e-6 if dtype == np.float32 else 1e-13
        np.testing.assert_allclose(np.asarray(p), t.detach().numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "options"), OPTIONS)
def test_ten_steps_give_pytorchs_parameters(name, options, dtype):
    options = {**options, "lr": 0.01, "maximize": False}
    ours, optimizer, theirs, reference = pair(name, options, dtype)
    for _ in range(10):
        train(ours, optimizer, range(5))
        train(theirs, reference, range(5))
    assert_equal(ours, theirs, dtype)


@pytest.mark.parametrize(("name", "options"), OPTIONS)
@settings(max_examples=8, deadline=None)
@given(chosen=st.lists(st.sets(st.integers(0, 4), min_size=1), min_size=3, max_size=6), look=st.booleans())
def test_parameters_without_a_gradient_are_left_alone(name, options, chosen, look):
    options = {**options, "lr": 0.001}
    ours, optimizer, theirs, reference = pair(name, options)
    for step in chosen:
        train(ours, optimizer, sorted(step))
        train(theirs, reference, sorted(step))
        if look:
            _ = [p.grad for p in ours]
    assert_equal(ours, theirs, np.float32)
    assert optimizer.state_dict()["state"].keys() == reference.state_dict()["state"].keys()


@pytest.mark.parametrize(("name", "options"), OPTIONS)
def test_state_dict_has_pytorchs_keys_and_continues_in_the_other_framework(name, options):
    options = {**options, "lr": 0.001}
    ours, optimizer, theirs, reference = pair(name, options)
    for _ in range(3):
        train(ours, optimizer, range(5))
        train(theirs, reference, range(5))
    saved, expected = optimizer.state_dict(), reference.state_dict()
    assert saved["param_groups"] == expected["param_groups"]
    assert {k: set(v) for k, v in saved["state"].items()} == {k: set(v) for k, v in expected["state"].items()}
    fresh = [Tensor(t.detach().numpy().copy(), requires_grad=True) for t in theirs]
    continued = getattr(optim, name)(fresh, lr=1.0)
    continued.load_state_dict(copy.deepcopy(expected))
    for _ in range(3):
        train(fresh, continued, range(5))
        train(theirs, reference, range(5))
    assert_equal(fresh, theirs, np.float32)


def test_parameter_groups_have_their_own_options():
    ours = [Tensor(np.ones(3, np.float32), requires_grad=True) for _ in range(2)]
    theirs = [torch.ones(3, requires_grad=True) for _ in range(2)]
    optimizer = optim.SGD([{"params": ours[0], "lr": 0.5}, {"params": [ours[1]], "momentum": 0.9}], lr=0.1)
    reference = torch.optim.SGD(
        [{"params": theirs[0], "lr": 0.5}, {"params": [theirs[1]], "momentum": 0.9}], lr=0.1
    )
    for _ in range(3):
        train(ours, optimizer, range(2))
        train(theirs, reference, range(2))
    assert_equal(ours, theirs, np.float32)
    assert repr(optimizer) == repr(reference)
    assert optimizer.state_dict()["param_groups"] == reference.state_dict()["param_groups"]


def one(library, optimizer, **options):
    p = library.ones(3, requires_grad=True)
    return p, getattr(library.optim, optimizer)([p], **options)


def both(action, optimizer="Adam", **options):
    """Run three steps in both libraries with an action after the first, and return both parameters."""
    results = []
    for library in (cr, torch):
        p, o = one(library, optimizer, **options)
        for i in range(3):
            o.zero_grad()
            (p * p).sum().backward()
            o.step()
            if i == 0:
                action(library, p, o)
        results.append(np.asarray(p.detach()))
    return results


def replace_average(library, p, o):
    o.state[p]["exp_avg"] = library.full((3,), 5.0)


def forget(library, p, o):
    o.state.clear()


def start_anew(library, p, o):
    o.state = collections.defaultdict(dict)


def change_in_place(library, p, o):
    o.state[p]["exp_avg"].fill_(5.0)


@pytest.mark.parametrize("action", [replace_average, forget, start_anew, change_in_place])
def test_state_that_a_user_changes_is_what_the_next_step_uses(action):
    ours, theirs = both(action, lr=0.1)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_momentum_that_a_user_forgets_is_forgotten():
    ours, theirs = both(forget, "SGD", lr=0.1, momentum=0.9)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_a_parameter_that_a_user_appends_to_a_group_is_trained():
    p, o = one(cr, "SGD", lr=0.1)
    added = cr.ones(2, requires_grad=True)
    o.param_groups[0]["params"].append(added)
    (p.sum() + added.sum()).backward()
    o.step()
    np.testing.assert_allclose(added.detach(), np.full(2, 0.9), rtol=1e-6)


def test_a_schedule_goes_on_after_a_group_is_added():
    _, o = one(cr, "SGD", lr=0.1)
    schedule = optim.lr_scheduler.ExponentialLR(o, gamma=0.5)
    o.add_param_group({"params": [cr.ones(2, requires_grad=True)], "lr": 1.0})
    o.step()
    schedule.step()
    assert schedule.get_last_lr() == [0.05, 0.5]
