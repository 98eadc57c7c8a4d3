"""``autograd.grad`` and ``autograd.backward``, as in PyTorch."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.autograd.both import agree, leaf

import chainrule as cr

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def network(library):
    """Return leaves, results on the way, and a loss; hooks and a retained gradient among them."""
    x, w, unused = leaf(library, 1, 2), leaf(library, 3, 4), leaf(library, 5)
    h = x * w
    h.register_hook(lambda g: g * 10)
    k = h * h + x
    k.retain_grad()
    x.register_hook(lambda g: g * 100)
    return {"x": x, "w": w, "unused": unused, "h": h, "k": k, "z": k.sum(), "constant": library.ones(1)}


@settings(deadline=None, max_examples=60, derandomize=True, database=None)
@given(
    outputs=st.lists(st.sampled_from(["z", "k", "h", "x", "constant"]), min_size=1, max_size=2),
    inputs=st.lists(st.sampled_from(["x", "w", "h", "k", "z", "unused", "constant"]), max_size=3),
    vectors=st.sampled_from(["none", "ones", "fitting", "numbers"]),
    options=st.fixed_dictionaries(
        {},
        optional={
            "allow_unused": st.booleans(),
            "materialize_grads": st.booleans(),
            "retain_graph": st.booleans(),
        },
    ),
)
def test_gradients_of_any_outputs_by_any_inputs(outputs, inputs, vectors, options):
    def scenario(library):
        t = network(library)
        ys = [t[name] for name in outputs]
        ones = [library.ones(2, dtype=library.float64) for _ in ys]
        fitting = [None if y.ndim == 0 else library.ones_like(y) * 2 for y in ys]
        given_vectors = {"none": None, "ones": ones, "fitting": fitting, "numbers": [1.0] * len(ys)}[vectors]
        found, grads = [], []
        for _ in range(2):
            try:
                found.append(library.autograd.grad(ys, [t[name] for name in inputs], given_vectors, **options))
            except (RuntimeError, TypeError, ValueError) as error:
                found.append(type(error).__name__)
            # PyTorch walks back through what it freed until an operation misses its values
            grads = grads or [None if t[name].grad is None else t[name].grad.tolist() for name in ("x", "w", "k")]
        return found, grads

    agree(scenario)


def test_one_tensor_stands_for_a_list_of_one_and_a_dict_gives_a_dict():
    def scenario(library):
        t = network(library)
        grad = library.autograd.grad
        alone = grad(t["z"], t["w"], retain_graph=True)
        named = grad(t["z"], {"by w": t["w"], "by k": t["k"]}, retain_graph=True)
        vector = grad(t["k"], t["w"], library.ones(2, dtype=library.float64))
        return type(alone).__name__, alone, type(named).__name__, named, vector

    agree(scenario)


def test_only_what_was_walked_through_is_freed():
    def scenario(library):
        x = leaf(library, 1, 2)
        h = x * x
        z = (h * h).sum()
        first = library.autograd.grad(z, h)
        h.sum().backward()
        try:
            library.autograd.grad(z, x)
        except RuntimeError:
            return first, x.grad, "freed"

    assert agree(scenario)[-1] == "freed"


@settings(deadline=None, max_examples=40, derandomize=True, database=None)
@given(
    tensors=st.lists(st.sampled_from(["z", "k", "h", "x", "constant"]), min_size=1, max_size=3),
    fitting=st.booleans(),
    inputs=st.none() | st.lists(st.sampled_from(["x", "w", "h", "k", "unused"]), max_size=2, unique=True),
)
def test_backward_of_any_tensors_into_any_inputs(tensors, fitting, inputs):
    def scenario(library):
        t = network(library)
        ys = [t[name] for name in tensors]
        vectors = [None if y.ndim == 0 else library.ones_like(y) for y in ys] if fitting else None
        chosen = None if inputs is None else [t[name] for name in inputs]
        found = []
        for _ in range(2):
            try:
                found.append(library.autograd.backward(ys, vectors, retain_graph=True, inputs=chosen))
            except RuntimeError as error:
                found.append(type(error).__name__)
        return found, [t[name].grad for name in ("x", "w", "k", "unused")]

    agree(scenario)


def test_the_method_takes_inputs_too():
    def scenario(library):
        t = network(library)
        t["z"].backward(inputs=[t["w"]])
        return t["x"].grad, t["w"].grad

    agree(scenario)


@pytest.mark.parametrize("what", ["output", "input", "part"])
def test_what_is_no_tensor_is_refused(what):
    def scenario(library):
        x = leaf(library, 1)
        output, inputs = {"output": (3.0, x), "input": (x * 2, 3.0), "part": (x * 2, [x, None])}[what]
        library.autograd.grad(output, inputs)

    assert agree(scenario) in (TypeError, RuntimeError)


@pytest.mark.parametrize("option", ["create_graph", "is_grads_batched"])
def test_what_is_not_covered_is_refused(option):
    x = leaf(cr, 1)
    with pytest.raises(NotImplementedError, match=option):
        cr.autograd.grad(x * 2, x, **{option: True})


def test_the_memory_of_a_gradient_is_not_used_again():
    x = leaf(cr, 1, 2)
    (x * x).sum().backward()
    x.grad = None
    (found,) = cr.autograd.grad((x * 7).sum(), x)
    (x * x).sum().backward()
    assert found.tolist() == [7, 7]


def test_captured_steps_refuse_grad_by_name():
    x = leaf(cr, 1, 2)
    with pytest.raises(cr.CaptureError, match=r"autograd\.grad"):
        cr.capture(lambda: cr.autograd.grad((x * x).sum(), x)[0])()


def test_captured_steps_take_backward_of_one_tensor():
    x = leaf(cr, 1, 2)
    step = cr.capture(lambda: cr.autograd.backward((x * x).sum()))
    for _ in range(3):
        step()
    assert x.grad.tolist() == [6, 12]
