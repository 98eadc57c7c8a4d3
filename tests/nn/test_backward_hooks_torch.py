"""Backward hooks of modules, as in PyTorch."""

import pytest
from tests.autograd.both import agree, leaf, plain

import chainrule as cr

pytest.importorskip("torch")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore:Full backward hook is firing")]


def tell(log, name):
    """Return a hook that takes down what it is given."""

    def hook(module, *grads):
        log.append((name, [type(g).__name__ for g in grads], plain(list(grads))))

    return hook


def linear(library):
    module = library.nn.Linear(2, 2).double()
    module.weight.data.copy_(library.tensor([[1.0, 2.0], [3.0, 4.0]]))
    module.bias.data.fill_(1)
    return module


@pytest.mark.parametrize("needs", [True, False])
def test_hooks_see_and_change_gradients_in_their_order(needs):
    def scenario(library):
        log, module = [], linear(library)
        module.register_full_backward_hook(tell(log, "one"))
        module.register_full_backward_pre_hook(tell(log, "before"))
        module.register_full_backward_pre_hook(lambda module, grad: (grad[0] * 2,))
        module.register_full_backward_hook(lambda module, gi, go: tuple(None if g is None else g * 10 for g in gi))
        module.register_full_backward_hook(tell(log, "two"))
        handle = module.register_full_backward_hook(tell(log, "first"), prepend=True)
        module.register_full_backward_pre_hook(tell(log, "before all"), prepend=True)
        x = library.ones(3, 2, dtype=library.float64).requires_grad_(needs)
        for _ in range(2):
            module(x).sum().backward()
            handle.remove()
        return log, x.grad, module.weight.grad

    agree(scenario)


def two_outputs(library):
    class Two(library.nn.Module):
        def forward(self, a, b=None, *, k=None):
            return (a * 2 if k is None else a * k), a + b, 3

    return Two()


def number_first(library):
    class NumberFirst(library.nn.Module):
        def forward(self, n, a, b):
            return a * n + b

    return NumberFirst()


def give(a, b):
    return {
        "positions": ((a, b), {}),
        "a keyword": ((a,), {"b": b}),
        "two keywords": ((a,), {"b": b, "k": b}),
        "one without gradient": ((a, b.detach()), {}),
        "none with gradient": ((a.detach(), b.detach()), {}),
    }


@pytest.mark.parametrize("used", [[0], [1], [0, 1]])
@pytest.mark.parametrize("way", give(cr.ones(1), cr.ones(1)))
def test_gradients_come_in_the_places_of_positional_arguments_and_of_outputs(way, used):
    def scenario(library):
        log, module = [], two_outputs(library)
        module.register_full_backward_hook(tell(log, "hook"))
        a, b = leaf(library, 1), leaf(library, 3)
        args, kwargs = give(a, b)[way]
        results = module(*args, **kwargs)
        total = sum((i + 2) * results[i] for i in used)
        if total.requires_grad:
            total.backward()
        return log, a.grad, b.grad

    agree(scenario)


def test_what_is_no_tensor_has_no_gradient():
    def scenario(library):
        log, module = [], number_first(library)
        module.register_full_backward_hook(tell(log, "hook"))
        module(3, leaf(library, 1), library.ones(1)).backward()
        return log

    agree(scenario)


def test_an_argument_that_is_used_elsewhere_too_has_the_part_of_the_module():
    def scenario(library):
        log, module, x = [], library.nn.Tanh(), leaf(library, 0)
        module.register_full_backward_hook(tell(log, "hook"))
        (module(x) + 5 * x).backward()
        return log, x.grad

    agree(scenario)


@pytest.mark.parametrize("needs", [True, False])
def test_modules_in_modules_are_told_from_the_last_to_the_first(needs):
    def scenario(library):
        nn, log = library.nn, []
        model = nn.Sequential(nn.Linear(1, 1), nn.ReLU(), nn.Sequential(nn.Linear(1, 1)))
        for name, module in model.named_modules():
            module.register_full_backward_hook(lambda module, gi, go, name=name: log.append(name))
            module.register_full_backward_pre_hook(lambda module, go, name=name: log.append((name, "before")))
        model(library.ones(1).requires_grad_(needs)).backward()
        return log

    assert len(agree(scenario)) == 10


CHANGES = {
    "a number": lambda library, grads: 3,
    "too many": lambda library, grads: (grads[0], grads[0]),
    "a tensor": lambda library, grads: grads[0],
    "another shape": lambda library, grads: (library.ones(7),),
    "a list": lambda library, grads: [grads[0] * 2],
}


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("change", CHANGES)
def test_what_hooks_may_return(change, before):
    def scenario(library):
        module, x = library.nn.Tanh(), leaf(library, 0, 0)
        if before:
            module.register_full_backward_pre_hook(lambda module, go: CHANGES[change](library, go))
        else:
            module.register_full_backward_hook(lambda module, gi, go: CHANGES[change](library, gi))
        module(x).sum().backward()
        return x.grad

    agree(scenario)


def test_a_gradient_of_an_input_can_be_taken_away():
    def scenario(library):
        module, x = library.nn.Tanh(), leaf(library, 0, 0)
        module.register_full_backward_hook(lambda module, gi, go: (None,))
        module(x).sum().backward()
        return x.grad

    agree(scenario)


@pytest.mark.filterwarnings("error")
def test_an_output_that_is_no_tensor_is_warned_of():
    def scenario(library):
        class Named(library.nn.Module):
            def forward(self, x):
                return {"y": x * 2}

        module = Named()
        module.register_full_backward_hook(lambda module, gi, go: None)
        module(leaf(library, 1))

    assert agree(scenario) is UserWarning


def test_a_module_that_changes_its_input_in_place_is_refused():
    def scenario(library):
        module = library.nn.ReLU(inplace=True)
        module.register_full_backward_hook(lambda module, gi, go: None)
        module(leaf(library, 1) * 2)

    assert agree(scenario) is RuntimeError


def test_without_recording_nothing_is_called():
    def scenario(library):
        log, module = [], linear(library)
        module.register_full_backward_hook(tell(log, "hook"))
        with library.no_grad():
            return module(leaf(library, 1, 2)), log

    agree(scenario)


def test_captured_steps_refuse_them():
    module = cr.nn.Tanh()
    step = cr.capture(lambda x: module(x))
    step(cr.ones(1)), step(cr.ones(1))
    module.register_full_backward_hook(lambda module, gi, go: None)
    with pytest.raises(cr.CaptureError, match="hooks of a module"):
        step(cr.ones(1))
