"""Hooks of optimisers: what they are given and may change is what it is in PyTorch; captured steps call them."""

import copy

import pytest
from tests.optim.test_captured_steps import OPTIMIZERS

import chainrule as cr

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

NAMES = [*OPTIMIZERS, "LBFGS"]


def both(scenario, *args):
    """Return what a scenario returns with either library."""
    return [scenario(library, *args) for library in (cr, torch)]


def one(library, name="SGD"):
    p = library.ones(2, requires_grad=True)
    return p, getattr(library.optim, name)([p], lr=0.1)


def closure_of(p, optimizer, seen):
    def closure():
        seen.append("closure")
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    return closure


def calls_of_steps(library, name):
    seen = []
    p, optimizer = one(library, name)

    def note(when):
        def hook(o, args, kwargs):
            seen.append((when, o is optimizer, args[0] is optimizer, len(args), list(kwargs)))

        return hook

    first = optimizer.register_step_pre_hook(note("before"))
    optimizer.register_step_pre_hook(note("then"))
    optimizer.register_step_post_hook(note("after"))
    closure = closure_of(p, optimizer, seen)
    optimizer.step(closure)
    first.remove()
    optimizer.step(closure=closure)
    return [entry for i, entry in enumerate(seen) if entry != "closure" or seen[i - 1] != "closure"]


@pytest.mark.parametrize("name", NAMES)
def test_hooks_are_called_around_every_step_in_pytorchs_order(name):
    ours, theirs = both(calls_of_steps, name)
    assert ours == theirs


def replaced_arguments(library):
    p, optimizer = one(library)
    seen = []
    closure = closure_of(p, optimizer, seen)
    optimizer.register_step_pre_hook(lambda o, args, kwargs: ((o, closure), {}))
    loss = optimizer.step()
    return loss.item(), seen, p.tolist()


def test_a_hook_may_replace_the_arguments_of_a_step():
    ours, theirs = both(replaced_arguments)
    assert ours == theirs


def test_a_hook_that_returns_something_else_is_refused():
    for library in (cr, torch):
        _, optimizer = one(library)
        optimizer.register_step_pre_hook(lambda o, args, kwargs: 3)
        with pytest.raises(RuntimeError, match="None or"):
            optimizer.step()


def states(library):
    seen = []
    _, optimizer = one(library, "Adam")

    def replace(o, state):
        return {**state, "note": 1}

    def change(o, state):
        state["seen"] = len(seen)

    for register in (optimizer.register_state_dict_post_hook, optimizer.register_load_state_dict_pre_hook):
        register(replace)
        register(change)
        register(lambda o, state: seen.append(sorted(state)), prepend=True)
    for register in (optimizer.register_state_dict_pre_hook, optimizer.register_load_state_dict_post_hook):
        register(lambda o: seen.append("second"))
        register(lambda o: seen.append("first"), prepend=True)
    given = optimizer.state_dict()
    seen.append(sorted(given))
    given = {k: v for k, v in given.items() if k not in ("note", "seen")}
    optimizer.load_state_dict(given)
    return [*seen, sorted(given)]


def test_hooks_see_and_change_state_dicts_as_in_pytorch():
    ours, theirs = both(states)
    assert ours == theirs


def scaled(library):
    """Divide the learning rate by ten in what is loaded."""
    _, optimizer = one(library)

    def slower(o, state):
        return {**state, "param_groups": [{**g, "lr": g["lr"] / 10} for g in state["param_groups"]]}

    optimizer.register_load_state_dict_pre_hook(slower)
    optimizer.load_state_dict(optimizer.state_dict())
    return optimizer.param_groups[0]["lr"]


def test_what_a_hook_makes_of_a_state_is_what_is_loaded():
    assert both(scaled) == [0.01, 0.01]


def test_a_step_that_calls_the_step_of_its_base_class_calls_hooks_once():
    class Own(cr.optim.SGD):
        def step(self, closure=None):
            return super().step(closure)

    seen, copies = [], []
    p = cr.ones(2, requires_grad=True)
    optimizer = Own([p], lr=0.1)
    optimizer.register_step_pre_hook(lambda o, args, kwargs: seen.append("before"))
    optimizer.register_step_post_hook(lambda o, args, kwargs: copies.append(copy.deepcopy(o)))
    for _ in range(2):
        optimizer.step(closure_of(p, optimizer, seen))
    assert seen == ["before", "closure"] * 2
    copies[0].register_step_pre_hook(lambda o, args, kwargs: seen.append("of the copy"))
    copies[0].step()
    assert seen[4:] == ["of the copy"]


def test_a_copy_has_no_hooks():
    for library in (cr, torch):
        _, optimizer = one(library)
        optimizer.register_step_post_hook(lambda o, args, kwargs: pytest.fail("called"))
        copy.deepcopy(optimizer).step()


def trained_with_hooks(wrap):
    """Return losses, norms of gradients and the learning rate that hooks see and change."""
    cr.manual_seed(0)
    model = cr.nn.Linear(3, 1)
    optimizer = cr.optim.SGD(model.parameters(), lr=0.1)
    norms = []

    def clip(o, args, kwargs):
        norms.append(cr.nn.utils.clip_grad_norm_(o.param_groups[0]["params"], 0.1).item())

    def decay(o, args, kwargs):
        o.param_groups[0]["lr"] *= 0.9

    @wrap
    def step(x):
        loss = model(x).square().mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss

    optimizer.register_step_pre_hook(clip)
    losses = [step(cr.randn(4, 3)).item() for _ in range(5)]
    optimizer.register_step_post_hook(decay)  # a recording notices it
    losses += [step(cr.randn(4, 3)).item() for _ in range(5)]
    return losses, norms, optimizer.param_groups[0]["lr"]


def test_captured_steps_call_hooks_at_every_replay():
    captured = trained_with_hooks(cr.capture)
    assert captured == trained_with_hooks(lambda step: step)
    assert captured[2] == pytest.approx(0.1 * 0.9**5)


def test_arguments_that_a_hook_replaces_are_not_captured():
    p, optimizer = one(cr)
    optimizer.register_step_pre_hook(lambda o, args, kwargs: (args, kwargs))

    @cr.capture
    def step(x):
        (p * x).sum().backward()
        optimizer.step()
        return x

    with pytest.raises(cr.CaptureError, match="_before_step"):
        step(cr.ones(2))
