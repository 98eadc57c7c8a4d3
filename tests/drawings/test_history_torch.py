import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule.drawings.history import history

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

NAMES = {
    "Add": "Add", "Sub": "Sub", "Mul": "Mul", "Div": "Div", "Neg": "Neg", "Exp": "Exp", "Tanh": "Tanh",
    "Mm": "MatMul", "Sigmoid": "Sigmoid", "Relu": "ReLU", "Sum": "Sum", "Mean": "Mean", "Cat": "Cat",
    "Addmm": "Linear", "View": "Reshape", "UnsafeView": "Reshape",
}  # fmt: skip
INSTRUCTIONS = {
    "add": lambda lib, a, b: a + b,
    "subtract": lambda lib, a, b: a - b,
    "multiply": lambda lib, a, b: a * b,
    "divide": lambda lib, a, b: a / 1.5,
    "shift": lambda lib, a, b: a + 0.5,
    "matmul": lambda lib, a, b: a @ b,
    "linear": lambda lib, a, b: lib.nn.functional.linear(a, b, b.mean(0)),
    "negative": lambda lib, a, b: -a,
    "tanh": lambda lib, a, b: a.tanh(),
    "exp": lambda lib, a, b: (a * 0.1).exp(),
    "sigmoid": lambda lib, a, b: a.sigmoid(),
    "relu": lambda lib, a, b: a.relu(),
    "mean": lambda lib, a, b: b - a.mean(),
    "detached": lambda lib, a, b: a + b.detach(),
    "joined": lambda lib, a, b: lib.cat([a, b, a]).sum(0) + a,
    "reshaped": lambda lib, a, b: a.reshape(4).reshape(2, 2) * b,
    "in place": lambda lib, a, b: (a * 1).add_(b).mul_(0.5),
    "rectified in place": lambda lib, a, b: lib.nn.functional.relu(a + b, inplace=True),
}
programs = st.lists(
    st.tuples(st.sampled_from(list(INSTRUCTIONS)), st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=8
)


def run(lib, program):
    """Return the leaves and all results of a program, the last of which is one number."""
    rng = np.random.default_rng(0)
    pool = [lib.tensor(rng.normal(size=(2, 2)), requires_grad=i < 2) for i in range(3)]
    for name, i, j in program:
        pool.append(INSTRUCTIONS[name](lib, pool[i % len(pool)], pool[j % len(pool)]))
    total = pool[0].sum()
    for each in pool[1:]:
        total = total + each.sum()
    return [*pool, total]


def inputs_of(fn):
    """Return what an operation of PyTorch takes, in our order and without the transposition of weights."""
    inputs = [each for each, _ in fn.next_functions]
    if name_of(fn) == "Linear":
        b, x, W = inputs
        return [x, W and W.next_functions[0][0], b]
    return inputs


def name_of(fn):
    return NAMES[type(fn).__name__.partition("Backward")[0]]


@settings(max_examples=80, deadline=None)
@given(program=programs)
def test_the_graph_is_that_of_pytorch(program):
    ours, theirs = run(cr, program), run(torch, program)
    nodes, why_not = history(ours[-1])
    leaves = {id(p): q for p, q in zip(ours, theirs, strict=True) if p.is_leaf}
    pairs, waiting = {}, [(nodes[-1], theirs[-1].grad_fn)]
    while waiting:
        node, fn = waiting.pop()
        if pairs.setdefault(node, fn) is not fn:
            pytest.fail(f"{node} stands for two of PyTorch's")
        if fn is None:
            assert node.kind == "constant"
        elif node.kind == "parameter":
            assert fn.variable is leaves[id(node.source)]
        else:
            assert type(node.source).__name__ == name_of(fn)
            waiting += zip(node.inputs, inputs_of(fn), strict=True)
    operations = [fn for fn in pairs.values() if fn is not None]
    assert len(set(operations)) == len(operations)
    assert {node for node in nodes if node.kind != "constant"} <= pairs.keys()
    assert not why_not


@settings(max_examples=60, deadline=None)
@given(program=programs)
def test_values_and_gradients_are_those_of_pytorch(program):
    ours, theirs = run(cr, program), run(torch, program)
    nodes = {id(node.source): node for node in history(ours[-1])[0]}
    wanted = [(p, q) for p, q in zip(ours, theirs, strict=True) if q.requires_grad]
    gradients = torch.autograd.grad(theirs[-1], [q for _, q in wanted], allow_unused=True)
    for (p, q), gradient in zip(wanted, gradients, strict=True):
        node = nodes[id(p if p.is_leaf else p.grad_fn)]
        np.testing.assert_allclose(node.value, q.detach().numpy(), rtol=1e-12)
        np.testing.assert_allclose(node.gradient, gradient.numpy(), rtol=1e-12)
        assert p._grad is None
