"""Functions with derivatives of one's own: what they compute and refuse, as in PyTorch."""

import gc
import weakref

import pytest
from tests.autograd.both import agree, leaf, plain

import chainrule as cr
from chainrule.autograd import Function
from chainrule.autograd.function import once_differentiable

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def relu(library):
    class ReLU(library.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.clamp(min=0)

        @staticmethod
        def backward(ctx, grad_output):
            (x,) = ctx.saved_tensors
            grad_input = grad_output.clone()
            grad_input[x < 0] = 0
            return grad_input

    return ReLU


def given(library, returned, output=lambda x: x * 2):
    """Return a function of a tensor and a number, whose forward and backward give what these say."""

    class Given(library.autograd.Function):
        @staticmethod
        def forward(ctx, x, k=None):
            return output(x)

        @staticmethod
        def backward(ctx, *grads):
            return returned(library, *grads)

    return Given


def test_the_relu_of_the_tutorial_trains_a_network_as_the_built_in_does():
    def scenario(library, own=True):
        library.manual_seed(0)
        nn = library.nn
        one, two, x = nn.Linear(3, 8), nn.Linear(8, 1), library.randn(16, 3)
        optimizer = library.optim.SGD([*one.parameters(), *two.parameters()], lr=0.1)
        activation = relu(library).apply if own else nn.functional.relu
        for _ in range(5):
            optimizer.zero_grad()
            loss = (two(activation(one(x))) ** 2).mean()
            loss.backward()
            optimizer.step()
        return round(loss.item(), 5)

    assert agree(scenario) == round(scenario(cr, own=False), 5)


def test_gradcheck_finds_a_right_and_a_wrong_derivative():
    x = leaf(cr, -1, 0.5, 2)
    assert cr.autograd.gradcheck(relu(cr).apply, x)
    with pytest.raises(RuntimeError, match="wrong"):
        cr.autograd.gradcheck(given(cr, lambda library, g: g * 3).apply, x)


RETURNED = {
    "one": lambda library, g: g,
    "one and None": lambda library, g: (g, None),
    "more Nones": lambda library, g: (g, None, None, None),
    "too many": lambda library, g: (g, None, g),
    "none": lambda library, g: (),
    "one for a number": lambda library, g: (g, g),
    "None": lambda library, g: None,
    "a number": lambda library, g: (3, None),
    "a list": lambda library, g: [g, None],
    "an array": lambda library, g: (g.numpy(), None),
    "another shape": lambda library, g: (library.ones(3), None),
    "one that is broadcast": lambda library, g: (library.ones(4, 2, dtype=library.float64), None),
    "one with fewer elements": lambda library, g: (library.ones(1, dtype=library.float64), None),
    "another dtype": lambda library, g: (g.float() * 0.5, None),
    "integers": lambda library, g: (g.long() * 3, None),
}


@pytest.mark.parametrize("arguments", [(), (3,)])
@pytest.mark.parametrize("returned", RETURNED)
def test_what_backward_may_return(returned, arguments):
    def scenario(library):
        x = leaf(library, 1, 2)
        given(library, RETURNED[returned]).apply(x, *arguments).sum().backward()
        return x.grad

    agree(scenario)


OUTPUTS = {
    "the input": lambda x: x,
    "a view of it": lambda x: x.view(2, 1),
    "a tuple of one": lambda x: (x * 2,),
    "tensors among others": lambda x: (x * 2, 3, None, x * 3, "a"),
    "nothing": lambda x: None,
    "a number": lambda x: 3.0,
    "integers": lambda x: (x * 2).long(),
    "integers among others": lambda x: (x.long(), x * 2),
}


@pytest.mark.parametrize("output", OUTPUTS)
def test_what_forward_may_return(output):
    def scenario(library):
        x, seen = leaf(library, 1, 2), []

        def back(library, *grads):
            seen.append(grads)
            return next(g.reshape(2) for g in grads if g is not None)

        result = given(library, back, OUTPUTS[output]).apply(x)
        parts = result if isinstance(result, tuple) else (result,)
        needs = [getattr(part, "requires_grad", None) for part in parts]
        for part in parts[-2:]:
            if getattr(part, "requires_grad", False):
                part.sum().backward(retain_graph=True)
        return result, needs, seen, x.grad

    agree(scenario)


def test_a_list_of_outputs_is_refused():
    with pytest.raises(TypeError, match="tuple"):
        given(cr, None, lambda x: [x * 2]).apply(leaf(cr, 1))


@pytest.mark.parametrize("materialize", [True, False])
@pytest.mark.parametrize("used", [[0], [1], [0, 1], [3], [0, 3]])
def test_several_outputs_of_which_some_are_used(used, materialize):
    def scenario(library):
        seen = []

        class Several(library.autograd.Function):
            @staticmethod
            def forward(ctx, x, y):
                a, b, c = x * 2, y * 3, x > 1
                ctx.mark_non_differentiable(c)
                ctx.set_materialize_grads(materialize)
                return a, b, c, x * y

            @staticmethod
            def backward(ctx, *grads):
                seen.append([grads, ctx.needs_input_grad])
                return None if grads[0] is None else grads[0] * 2, None if grads[1] is None else grads[1] * 3

        x, y = leaf(library, 1, 2), leaf(library, 3, 4)
        results = Several.apply(x, y)
        total = sum((i + 1) * results[i].sum() for i in used)
        total.backward(retain_graph=True)
        total.backward()
        grads = [None if t.grad is None else t.grad.tolist() for t in (x, y)]
        return seen, grads, [r.requires_grad for r in results]

    agree(scenario)


def test_context_is_set_up_apart_from_forward():
    def scenario(library):
        seen = []

        class Scaled(library.autograd.Function):
            @staticmethod
            def forward(x, k, y):
                seen.append(library.is_grad_enabled())
                return x * k

            @staticmethod
            def setup_context(ctx, inputs, output):
                ctx.k = inputs[1]
                ctx.save_for_backward(inputs[0], None, output)

            @staticmethod
            def backward(ctx, grad):
                x, nothing, output = ctx.saved_tensors
                seen.append([x, nothing, output, ctx.needs_input_grad, library.is_grad_enabled()])
                return grad * ctx.k, None, None

        x = leaf(library, 1, 2)
        y = Scaled.apply(x, 5, library.ones(1))
        y.sum().backward()
        return seen, x.grad

    agree(scenario)


@pytest.mark.parametrize("changed", ["input", "output", "neither"])
@pytest.mark.parametrize("saved", ["input", "output"])
def test_saved_tensors_that_were_changed_in_place_are_refused(saved, changed):
    def scenario(library):
        class Saves(library.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                y = x * 2
                ctx.save_for_backward(x if saved == "input" else y)
                return y

            @staticmethod
            def backward(ctx, grad):
                return grad * ctx.saved_tensors[0]

        x = leaf(library, 1, 2)
        h = x * 1
        y = Saves.apply(h)
        total = y.sum()
        if changed != "neither":
            (h if changed == "input" else y).add_(1)
        total.backward()
        return x.grad

    agree(scenario)


def test_what_needs_no_gradient_is_recorded_as_in_pytorch():
    def scenario(library):
        function, x = relu(library), leaf(library, 1, -2)
        with library.no_grad():
            inside = function.apply(x).requires_grad
        y = function.apply(x)
        with library.no_grad():
            z = function.apply(x.detach())
        name = type(y.grad_fn).__name__
        return inside, y.requires_grad, y.is_leaf, z.requires_grad, name, repr(y).rpartition("grad_fn")[2]

    agree(scenario)


@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")
@pytest.mark.parametrize("missing", ["forward", "backward", "apply"])
def test_what_is_missing_is_said(missing):
    def scenario(library):
        class Some(library.autograd.Function):
            if missing != "forward":
                forward = staticmethod(lambda ctx, x: x * 2)

        x = leaf(library, 1)
        if missing == "apply":
            Some()(x)
        Some.apply(x).sum().backward()

    agree(scenario)


def test_only_tensors_are_saved():
    def scenario(library):
        class Saves(library.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(3)

        Saves.apply(leaf(library, 1))

    assert agree(scenario) is TypeError


def test_errors_of_forward_stay_what_they_are():
    class Broken(Function):
        @staticmethod
        def forward(ctx, x):
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        Broken.apply(leaf(cr, 1))


def test_once_differentiable_changes_nothing():
    def scenario(library):
        from torch.autograd.function import once_differentiable as theirs

        class Twice(library.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 2

            @staticmethod
            @(once_differentiable if library is cr else theirs)
            def backward(ctx, grad):
                return grad * 2

        x = leaf(library, 1)
        Twice.apply(x).backward()
        return x.grad

    agree(scenario)


def test_in_place_functions_are_refused():
    class InPlace(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)

    with pytest.raises(NotImplementedError, match="mark_dirty"):
        InPlace.apply(leaf(cr, 1))


def test_an_input_that_is_returned_can_be_marked_as_not_differentiable():
    def scenario(library):
        class Passes(library.autograd.Function):
            @staticmethod
            def forward(ctx, x, y):
                ctx.mark_non_differentiable(y)
                return x * 2, y

            @staticmethod
            def backward(ctx, *grads):
                return grads

        x = leaf(library, 1)
        results = Passes.apply(x, library.ones(1))
        (results[0] * results[1]).backward()
        return [r.requires_grad for r in results], x.grad

    agree(scenario)


def test_a_gradient_changed_in_place_in_backward_changes_no_other():
    def back(library, grad):
        grad.zero_()
        return grad

    x, y = leaf(cr, 1), leaf(cr, 2)
    (given(cr, back).apply(x) + y).sum().backward()
    assert plain([x.grad, y.grad]) == [[0], [1]]


def test_captured_steps_refuse_it_by_name():
    with pytest.raises(cr.CaptureError, match="ReLU"):
        cr.capture(lambda x: relu(cr).apply(x))(cr.ones(2))


def test_what_it_keeps_is_let_go_after_the_walk():
    x = leaf(cr, 1, 2)
    function = relu(cr)
    gc.disable()
    try:
        h = x * 1
        kept = weakref.ref(h)
        y = function.apply(h)
        del h
        assert kept() is not None
        y.sum().backward()
        assert kept() is None
    finally:
        gc.enable()


def test_an_explanation_shows_it_without_a_formula():
    class Layer(cr.nn.Module):
        def forward(self, x):
            return relu(cr).apply(x)

    model = cr.nn.Sequential(cr.nn.Linear(2, 2), Layer())
    text = str(cr.explain(model, cr.ones(2)))
    assert "ReLU" in text
    assert "Shown without a formula" in text
    assert "ReLU" in cr.draw(model(cr.ones(1, 2)).sum()).source
