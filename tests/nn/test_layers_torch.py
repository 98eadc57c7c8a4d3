"""Layers against PyTorch's: numbers, gradients, keys and text."""

import copy
import warnings
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule import creation as cr
from chainrule import nn

torch = pytest.importorskip("torch")
tnn = torch.nn

pytestmark = pytest.mark.torch


def network(nn):
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(12, 20),
        nn.BatchNorm1d(20),
        nn.ReLU(),
        nn.Linear(20, 7, bias=False),
        nn.LeakyReLU(0.1),
    )


def test_one_seed_gives_the_same_weights_and_keys():
    torch.manual_seed(42)
    cr.manual_seed(42)
    ours, theirs = network(nn).state_dict(), network(tnn).state_dict()
    assert list(ours) == list(theirs)
    for name in ours:
        assert np.array_equal(ours[name].array, theirs[name].numpy()), name


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 40), st.integers(0, 40), st.booleans(), st.integers(0, 2**64 - 1), st.booleans())
def test_linear_starts_with_the_same_numbers(n, m, bias, seed, double):
    torch.manual_seed(seed)
    cr.manual_seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that nothing is to be initialised
        theirs = tnn.Linear(n, m, bias=bias, dtype=torch.float64 if double else None)
        ours = nn.Linear(n, m, bias=bias, dtype=np.float64 if double else None)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert p.array.dtype == q.detach().numpy().dtype
        assert np.array_equal(p.array, q.detach().numpy())


def test_state_dicts_load_across_both_ways():
    ours, theirs = network(nn), network(tnn)
    ours.load_state_dict(theirs.state_dict())
    x = np.random.default_rng(0).standard_normal((5, 3, 4)).astype(np.float32)
    ours.eval(), theirs.eval()
    assert np.allclose(ours(x).array, theirs(torch.tensor(x)).detach().numpy(), atol=1e-6)
    fresh = network(tnn)
    fresh.load_state_dict({k: torch.tensor(v.array) for k, v in ours.state_dict().items()})
    assert all(
        torch.equal(a, b) for a, b in zip(fresh.state_dict().values(), theirs.state_dict().values(), strict=True)
    )


def test_parameters_of_pytorch_load_although_they_require_gradients():
    theirs = tnn.Linear(2, 2)
    ours = nn.Linear(2, 2)
    ours.load_state_dict(dict(theirs.named_parameters()))
    assert np.array_equal(ours.weight.array, theirs.weight.detach().numpy())


REPRS = [
    lambda n: n.Sequential(),
    lambda n: n.ModuleList(),
    lambda n: n.ModuleDict(),
    lambda n: n.ModuleDict({"a": n.Sequential(n.ReLU(True), n.Linear(2, 3, bias=False)), "b": n.Identity(5)}),
    lambda n: n.ModuleList([n.Sequential(n.ReLU(), n.Linear(2, 2)) for _ in range(4)]),
    lambda n: n.ModuleList([n.ReLU(), n.ReLU(), n.Linear(2, 2), n.ReLU()]),
    lambda n: n.Sequential(OrderedDict(x=n.Flatten(0, 1), y=n.Dropout(0.3, True), z=n.Dropout())),
    lambda n: n.Sequential(
        n.ELU(), n.ELU(2.0, True), n.LeakyReLU(), n.LeakyReLU(0.2, True), n.Sigmoid(), n.Tanh()
    ),
    lambda n: n.Sequential(n.Softmax(), n.Softmax(1), n.LogSoftmax(-1)),
    lambda n: n.Sequential(
        n.BatchNorm1d(4), n.BatchNorm1d(4, 0.1, None, False, False), n.BatchNorm1d(2, bias=False)
    ),
    lambda n: n.ModuleList([n.CrossEntropyLoss(), n.NLLLoss(), n.MSELoss(), n.L1Loss(), n.BCELoss()]),
    lambda n: n.BCEWithLogitsLoss(),
    lambda n: n.Sequential(n.ReLU(), n.Sequential(n.Sequential(n.Tanh()), n.ModuleList([n.Tanh()] * 2))),
]


@pytest.mark.parametrize("make", REPRS)
def test_modules_print_as_in_pytorch(make):
    assert repr(make(nn)) == repr(make(tnn))


def test_parameters_print_as_in_pytorch():
    assert repr(nn.Parameter([1.0, 2.5])) == repr(tnn.Parameter(torch.tensor([1.0, 2.5])))


def test_missing_and_unexpected_keys_print_as_in_pytorch():
    given = {"weight": np.ones((1, 1), np.float32), "x": np.ones(1)}
    theirs = tnn.Linear(1, 1).load_state_dict({k: torch.tensor(v) for k, v in given.items()}, strict=False)
    assert repr(nn.Linear(1, 1).load_state_dict(given, strict=False)) == repr(theirs)


def test_errors_in_loading_read_as_in_pytorch():
    def message(linear, given):
        with pytest.raises(RuntimeError) as raised:
            linear(2, 2).load_state_dict(given)
        return str(raised.value)

    ours = message(nn.Linear, {"weight": np.ones((2, 3)), "b": np.ones(1), "c": np.ones(1)})
    theirs = message(tnn.Linear, {"weight": torch.ones(2, 3), "b": torch.ones(1), "c": torch.ones(1)})
    assert ours == theirs.replace("torch.Size", "chainrule.Size")


def both(ours, theirs, shape, seed=0, dtype=np.float32):
    """Run both modules forward and back, and return what should be equal."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape).astype(dtype)
    a, b = cr.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    ya, yb = ours(a), theirs(b)
    grad = rng.standard_normal(tuple(yb.shape)).astype(dtype)
    ya.backward(grad)
    yb.backward(torch.tensor(grad))
    pairs = [(ya.array, yb.detach().numpy()), (a.grad.array, b.grad.numpy())]
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        pairs.append((p.grad.array, q.grad.numpy()))
    return pairs


@pytest.mark.parametrize("rows", range(7))
@pytest.mark.parametrize("sizes", [(300, 400), (3, 1), (400, 170)])
def test_linear_agrees_for_few_rows_through_a_large_matrix(rows, sizes):
    ours, theirs = nn.Linear(*sizes), tnn.Linear(*sizes)
    ours.load_state_dict(theirs.state_dict())
    for a, b in both(ours, theirs, (rows, sizes[0])):
        assert np.allclose(a, b, atol=1e-5)


def test_the_gradient_of_few_rows_goes_to_memory_in_any_order():
    layer, x = nn.Linear(300, 400), cr.randn(3, 300, requires_grad=True)
    x.T.clone().sum().backward()  # the memory of this gradient lies column by column
    for p in (x, *layer.parameters()):
        p.clear_grad()
    layer(x).sum().backward()
    assert np.allclose(x.grad.array, layer.weight.array.sum(axis=0), atol=1e-4)


def test_batch_norm_of_many_rows_far_from_zero_is_as_exact_as_in_pytorch():
    x = (np.random.default_rng(0).standard_normal((20_000, 2)) + 5).astype(np.float32)
    ours, theirs = nn.BatchNorm1d(2), tnn.BatchNorm1d(2)
    assert np.allclose(ours(x).array, theirs(torch.tensor(x)).detach().numpy(), atol=2e-5)
    assert np.allclose(ours.running_var.array, theirs.running_var.numpy(), rtol=1e-5)


IN_PLACE = [
    lambda n, i: n.ReLU(i),
    lambda n, i: n.LeakyReLU(0.2, i),
    lambda n, i: n.ELU(1.5, i),
    lambda n, i: n.Dropout(0.4, i),
]


@pytest.mark.parametrize("make", IN_PLACE)
def test_in_place_layers_write_into_the_memory_of_an_input_without_history(make):
    x = np.random.default_rng(3).standard_normal((4, 5)).astype(np.float32)
    kept = x.copy()
    cr.manual_seed(1)
    make(nn, True)(cr.from_numpy(x))
    cr.manual_seed(1)
    assert np.array_equal(x, make(nn, False)(cr.tensor(kept)).array)
    assert not np.array_equal(x, kept)


def test_arrays_lists_and_tensors_of_pytorch_are_inputs():
    layer = nn.Sequential(nn.Flatten(), nn.Linear(2, 2), nn.ReLU())
    x = [[1.0, -2.0], [0.5, 0.0]]
    expected = layer(cr.tensor(x)).array
    for same in (x, np.float32(x), torch.tensor(x)):
        assert np.array_equal(layer(same).array, expected)


def test_deep_copies_train_alike():
    ours = network(nn)
    twin = copy.deepcopy(ours)
    x = np.random.default_rng(0).standard_normal((5, 3, 4)).astype(np.float32)
    ours(x).sum().backward()
    twin(x).sum().backward()
    for p, q in zip(ours.parameters(), twin.parameters(), strict=True):
        assert np.array_equal(p.grad.array, q.grad.array)


@pytest.mark.parametrize(
    "run",
    [
        lambda m, n: n.Linear(3, 2)(m.ones(4, 5)),
        lambda m, n: n.Linear(3, 2)(m.ones(4, 3, dtype=m.float64)),
        lambda m, n: n.Linear(3, 2)(m.ones(())),
        lambda m, n: n.Linear(3, 2, dtype=m.int64),
        lambda m, n: n.Flatten()(m.ones(3)),
        lambda m, n: n.Dropout(2.0),
        lambda m, n: n.functional.dropout(m.ones(4, dtype=m.int64)),
        lambda m, n: n.BatchNorm1d(3)(m.ones(1, 3)),
        lambda m, n: n.BatchNorm1d(3)(m.ones(3)),
        lambda m, n: n.BatchNorm1d(3)(m.ones(2, 3, 1, 1)),
        lambda m, n: n.BatchNorm1d(3)(m.ones(5, 4)),
        lambda m, n: n.BatchNorm1d(3)(m.ones(5, 3, dtype=m.float64)),
        lambda m, n: n.BatchNorm1d(3)(m.ones(5, 3, dtype=m.int64)),
        lambda m, n: n.functional.batch_norm(m.ones(4, 3), None, None),
        lambda m, n: n.functional.softmax(m.ones(2, dtype=m.int64), 0),
        lambda m, n: n.functional.leaky_relu(m.ones(2, dtype=m.int64)),
        lambda m, n: n.functional.elu(m.ones(2, dtype=m.int64)),
        lambda m, n: n.functional.softmax(m.ones(2), 1),
        lambda m, n: n.functional.one_hot(m.tensor([0.5])),
        lambda m, n: n.functional.one_hot(m.tensor([-1])),
        lambda m, n: n.functional.one_hot(m.tensor([3]), 2),
        lambda m, n: n.functional.one_hot(m.zeros(0, dtype=m.int64)),
        lambda m, n: setattr(n.Linear(2, 2), "weight", m.ones(2, 2)),
        lambda m, n: n.Linear(2, 2).register_buffer("weight", m.ones(1)),
        lambda m, n: n.Linear(2, 2).get_submodule("a.b"),
        lambda m, n: n.Linear(2, 2).to(m.int64),
        lambda m, n: n.Linear(2, 2).load_state_dict({"weight": [[1.0]]}, strict=False),
        lambda m, n: n.Sequential(n.ReLU())[1],
        lambda m, n: n.Sequential(3),
        lambda m, n: n.ModuleList(3),
        lambda m, n: n.ModuleDict({"a.b": n.ReLU()}),
        lambda m, n: n.Module()(1),
        lambda m, n: n.Linear(2, 2).train(1),
    ],
)
def test_errors_are_of_the_type_that_pytorch_raises(run):
    with pytest.raises(Exception) as theirs:  # noqa: PT011
        run(torch, tnn)
    with pytest.raises(theirs.type):
        run(_Ours, nn)


class _Ours:
    ones, zeros, tensor = staticmethod(cr.ones), staticmethod(cr.zeros), staticmethod(cr.tensor)
    float64, int64 = np.float64, np.int64
