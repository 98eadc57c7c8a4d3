"""Optimisers and schedules against PyTorch's: values, state dicts, errors."""

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


SCHEDULES = [
    ("StepLR", {"step_size": 3}),
    ("StepLR", {"step_size": 1, "gamma": 0.7}),
    ("ExponentialLR", {"gamma": 0.93}),
    ("CosineAnnealingLR", {"T_max": 7}),
    ("CosineAnnealingLR", {"T_max": 4, "eta_min": 0.01}),
    ("CosineAnnealingLR", {"T_max": 1}),
]


@pytest.mark.parametrize(("name", "options"), SCHEDULES)
def test_schedules_give_pytorchs_rates_to_the_bit(name, options):
    _, optimizer, _, reference = pair("SGD", {"lr": 0.1})
    ours, expected = (
        getattr(m, name)(o, **options)
        for m, o in ((optim.lr_scheduler, optimizer), (torch.optim.lr_scheduler, reference))
    )
    for _ in range(30):
        assert ours.get_last_lr() == expected.get_last_lr()
        assert optimizer.param_groups[0]["lr"] == reference.param_groups[0]["lr"]
        reference.step()
        ours.step()
        expected.step()


@settings(max_examples=40, deadline=None)
@given(
    metrics=st.lists(st.floats(-2, 2) | st.just(float("nan")), min_size=1, max_size=30),
    mode=st.sampled_from(["min", "max"]),
    threshold_mode=st.sampled_from(["rel", "abs"]),
    patience=st.integers(0, 3),
    cooldown=st.integers(0, 2),
    min_lr=st.sampled_from([0.0, 0.01]),
)
def test_reduce_on_plateau_gives_pytorchs_rates_to_the_bit(metrics, **options):
    _, optimizer, _, reference = pair("SGD", {"lr": 0.1})
    ours = optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, threshold=0.1, **options)
    expected = torch.optim.lr_scheduler.ReduceLROnPlateau(reference, factor=0.5, threshold=0.1, **options)
    for value in metrics:
        ours.step(value)
        expected.step(value)
        assert ours.get_last_lr() == expected.get_last_lr()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("SGD", {"lr": -1}),
        ("SGD", {"momentum": -1}),
        ("SGD", {"weight_decay": -1}),
        ("SGD", {"nesterov": True}),
        ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}),
        ("Adam", {"betas": (1.0, 0.9)}),
        ("Adam", {"betas": (0.9, -0.1)}),
        ("Adam", {"eps": -1}),
    ],
)
def test_options_that_pytorch_rejects_are_rejected(name, options):
    with pytest.raises(ValueError, match=next(iter(options)).split("_")[0]):
        getattr(optim, name)([Tensor([1.0], requires_grad=True)], **options)
    with pytest.raises(ValueError):  # noqa: PT011
        getattr(torch.optim, name)([torch.ones(1, requires_grad=True)], **options)


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
    schedule.step()
    assert schedule.get_last_lr() == [0.05, 0.5]
