"""Hooks of gradients: what they see, what they change and in which order they come, as in PyTorch."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.autograd.both import agree, leaf

import chainrule as cr

pytest.importorskip("torch")
pytestmark = pytest.mark.torch

RETURNED = {
    "another": lambda library, g: g * 10,
    "nothing": lambda library, g: None,
    "changed in place": lambda library, g: g.mul_(2),
    "a number": lambda library, g: 3,
    "an array": lambda library, g: g.numpy() * 2,
    "another shape": lambda library, g: library.ones(3, dtype=library.float64),
    "one that broadcasts": lambda library, g: library.ones(1, dtype=library.float64),
    "another dtype": lambda library, g: g.float(),
}


@pytest.mark.parametrize("of_leaf", [True, False])
@pytest.mark.parametrize("returned", RETURNED)
def test_what_a_hook_returns_takes_the_place_of_the_gradient(returned, of_leaf):
    def scenario(library):
        x = leaf(library, 1, 2)
        y = x * 3
        (x if of_leaf else y).register_hook(lambda g: RETURNED[returned](library, g))
        (y * y).sum().backward()
        return x.grad

    agree(scenario)


def test_hooks_come_in_their_order_before_what_is_retained_and_accumulated():
    def scenario(library):
        log = []
        x, y = leaf(library, 1, 2), leaf(library, 3, 4)
        x.register_post_accumulate_grad_hook(lambda x: log.append(("after", x.grad.tolist())))
        x.register_hook(lambda g: log.append(("x", x.grad is None, g.tolist(), library.is_grad_enabled())))
        h = x * y
        h.register_hook(lambda g: log.append("first"))
        k = h * x
        k.register_hook(lambda g: log.append(("one", k.grad is None)) or g * 2)
        k.retain_grad()
        k.register_hook(lambda g: log.append(("two", k.grad is None)) or g + 1)
        for _ in range(2):
            (k * k).sum().backward(retain_graph=True)
            log.append((k.grad.tolist(), x.grad.tolist(), y.grad.tolist()))
        return log

    assert len(agree(scenario)) == 12


IN_PLACE = {
    "multiplied": lambda y: y.mul_(3),
    "an element set": lambda y: y.__setitem__(0, 5.0),
    "copied to": lambda y: y.copy_(y.detach() * 3),
    "twice": lambda y: y.mul_(3).add_(y),
    "a view changed": lambda y: y[0].mul_(3),
    "two views changed": lambda y: (y[0].mul_(3), y[1:].add_(1)),
}


@pytest.mark.parametrize("hooked", [False, True])
@pytest.mark.parametrize("changed", IN_PLACE)
def test_a_retained_gradient_is_that_of_the_tensor_after_its_changes_in_place(changed, hooked):
    def scenario(library):
        x = leaf(library, 1, 2)
        y = x * 2
        y.retain_grad()
        if hooked:
            y.register_hook(lambda g: g * 10)
        IN_PLACE[changed](y)
        (y * y).sum().backward()
        return y.grad, x.grad

    assert isinstance(agree(scenario), list)


def test_a_retained_gradient_of_a_view_is_that_after_its_base_was_changed():
    def scenario(library):
        x = leaf(library, 1, 2)
        y = x * 2
        v = y[:1]
        v.retain_grad()
        y.mul_(3)
        (v * v).sum().backward()
        return v.grad, x.grad

    assert isinstance(agree(scenario), list)


def test_a_leaf_that_is_used_several_times_has_its_hooks_called_once_with_the_sum():
    def scenario(library):
        seen, x = [], leaf(library, 1, 2)
        x.register_hook(lambda g: seen.append(g.tolist()))
        (x * x + (x.exp() * x) / x).sum().backward()
        return len(seen), [round(v, 9) for v in seen[0]], x.grad.tolist() == seen[0]

    assert agree(scenario)[0] == 1


def test_a_leaf_itself_can_be_walked_back_from():
    def scenario(library):
        x = leaf(library, 2)
        x.register_hook(lambda g: g * 5)
        x.backward()
        return x.grad

    agree(scenario)


def test_a_handle_takes_its_hook_away():
    def scenario(library):
        x, y = leaf(library, 1), leaf(library, 1)
        handle = x.register_hook(lambda g: g * 2)
        with y.register_hook(lambda g: g * 3):
            (x * y).sum().backward(retain_graph=True)
        handle.remove()
        handle.remove()
        (x * y).sum().backward()
        return x.grad, y.grad

    agree(scenario)


@pytest.mark.parametrize("method", ["register_hook", "register_post_accumulate_grad_hook"])
@pytest.mark.parametrize("which", ["constant", "leaf", "result"])
def test_where_hooks_can_be_registered(method, which):
    def scenario(library):
        x = leaf(library, 1)
        made = {"constant": library.ones(1), "leaf": x, "result": x * 2}[which]
        getattr(made, method)(lambda t: None)

    agree(scenario)


def test_a_hook_after_accumulation_returns_nothing():
    def scenario(library):
        x = leaf(library, 1)
        x.register_post_accumulate_grad_hook(lambda x: 3)
        (x * 2).backward()

    assert agree(scenario) is TypeError


def test_optimisers_can_step_in_hooks():
    def scenario(library):
        model = library.nn.Linear(2, 1)
        for p in model.parameters():
            p.data.fill_(0.5)
            own = library.optim.SGD([p], lr=0.1)
            p.register_post_accumulate_grad_hook(lambda p, own=own: (own.step(), own.zero_grad()))
        for _ in range(3):
            model(library.ones(4, 2)).square().mean().backward()
        return [[round(v, 5) for v in p.detach().flatten().tolist()] for p in model.parameters()]

    agree(scenario)


@settings(deadline=None, max_examples=40, derandomize=True, database=None)
@given(
    uses=st.lists(st.sampled_from(["mul", "add", "view", "exp"]), min_size=1, max_size=6),
    hooks=st.lists(st.tuples(st.integers(0, 6), st.sampled_from([0.5, 2.0, None])), max_size=5),
    retained=st.integers(0, 6),
)
def test_any_hooks_in_a_chain_lead_to_the_same_gradients(uses, hooks, retained):
    def scenario(library):
        x, seen = leaf(library, 0.1, 0.2), []
        tensors = [x]
        for use in uses:
            t = tensors[-1]
            steps = {"mul": lambda t=t: t * x, "add": lambda t=t: t + t, "view": lambda t=t: t.reshape(2)}
            tensors.append(t.exp() if use == "exp" else steps[use]())
        for place, factor in hooks:
            t = tensors[place % len(tensors)]
            t.register_hook(lambda g, f=factor: None if f is None else g * f)
            t.register_hook(lambda g: seen.append([round(v, 8) for v in g.tolist()]))
        kept = tensors[retained % len(tensors)]
        kept.retain_grad()
        tensors[-1].sum().backward()
        return sorted(seen), [round(v, 8) for v in kept.grad.tolist()], [round(v, 8) for v in x.grad.tolist()]

    agree(scenario)


def test_a_gradient_that_a_hook_keeps_is_never_overwritten():
    x, kept = leaf(cr, 1, 2), []
    x.register_hook(lambda g: kept.append(g))
    for _ in range(3):
        (x * len(kept)).sum().backward()
        x.grad = None
    assert [g.tolist() for g in kept] == [[0, 0], [1, 1], [2, 2]]


def test_changing_a_gradient_in_place_changes_that_of_no_other_tensor():
    x, y = leaf(cr, 1), leaf(cr, 1)
    h, k = x * 1, y * 1
    k.register_hook(lambda g: g.zero_())
    (h + k).sum().backward()
    assert x.grad.tolist() == [1]
    assert y.grad.tolist() == [0]


@pytest.mark.parametrize("method", ["register_hook", "register_post_accumulate_grad_hook"])
def test_a_captured_step_refuses_hooks_of_leaves_that_come_before_or_after_it_was_recorded(method):
    x = leaf(cr, 1, 2)
    step = cr.capture(lambda: (x * x).sum().backward())
    step(), step()
    assert step.recorded()
    handle = getattr(x, method)(lambda t: None)
    with pytest.raises(cr.CaptureError, match="hooks of a tensor"):
        step()
    handle.remove()
    step(), step()
    assert step.recorded()


def test_a_captured_step_refuses_to_register_hooks():
    x = leaf(cr, 1, 2)

    def step():
        y = x * x
        y.register_hook(lambda g: g)
        y.sum().backward()

    with pytest.raises(cr.CaptureError, match="registers a hook"):
        cr.capture(step)()


def test_copies_have_no_hooks():
    import copy
    import pickle

    x = leaf(cr, 1)
    x.register_hook(lambda g: g * 5)
    for other in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        (other * 1).sum().backward()
        assert other.grad.tolist() == [1]
