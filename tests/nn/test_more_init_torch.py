"""Initial values that are cut, orthogonal, sparse or Dirac's, against PyTorch's from the same seed."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule.nn import init

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.torch
drawn = settings(max_examples=60, deadline=None, derandomize=True, database=None)
OLD = [
    *("uniform", "normal", "constant", "eye", "dirac", "orthogonal", "sparse"),
    *("xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal"),
]
DTYPES = st.sampled_from(["float32", "float64"])


def draw(run, shape, dtype, seed):
    """Return what both libraries fill a tensor with, from one seed, and check that they drew as much."""
    seen = []
    for lib in (cr, torch):
        lib.manual_seed(seed)
        tensor = lib.zeros(*shape, dtype=getattr(lib, dtype))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert run(lib.nn.init, tensor) is tensor
        seen.append(tensor.numpy())
        seen.append(lib.rand(1).item())
    assert seen[1] == seen[3]
    return seen[0], seen[2]


@drawn
@given(
    shape=st.sampled_from([(5,), (20, 30), (3, 4, 5), (0, 3)]),
    mean=st.sampled_from([0.0, 0.5, -3.0]),
    std=st.sampled_from([1.0, 0.02, 3.0]),
    bounds=st.sampled_from([(-2.0, 2.0), (-0.1, 0.3), (1.0, 1.5), (-10.0, 10.0)]),
    dtype=DTYPES,
    seed=st.integers(0, 999),
)
def test_cut_normal_numbers_are_those_of_pytorch_to_the_bit(shape, mean, std, bounds, dtype, seed):
    if max(bounds[0] - mean, mean - bounds[1]) > 4 * std:
        return  # next to nothing is accepted
    ours, theirs = draw(lambda init, t: init.trunc_normal_(t, mean, std, *bounds), shape, dtype, seed)
    assert np.array_equal(ours, theirs)


def test_a_mean_far_outside_is_warned_about():
    with pytest.warns(UserWarning, match="mean is more than 2 std from"):
        init.trunc_normal_(cr.zeros(3), mean=5.0)


@drawn
@given(
    shape=st.sampled_from([(5, 5), (3, 20), (20, 3), (4, 3, 2), (1, 1), (0, 3)]),
    gain=st.sampled_from([1, 2.5]),
    dtype=DTYPES,
    seed=st.integers(0, 999),
)
def test_orthogonal_matrices_are_those_of_pytorch_to_rounding(shape, gain, dtype, seed):
    ours, theirs = draw(lambda init, t: init.orthogonal_(t, gain), shape, dtype, seed)
    np.testing.assert_allclose(ours, theirs, atol=2e-5 if dtype == "float32" else 1e-13)


@drawn
@given(
    shape=st.sampled_from([(5, 5), (3, 20), (20, 3), (1, 1)]),
    sparsity=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    dtype=DTYPES,
    seed=st.integers(0, 999),
)
def test_sparse_matrices_are_those_of_pytorch_to_the_bit(shape, sparsity, dtype, seed):
    ours, theirs = draw(lambda init, t: init.sparse_(t, sparsity, 0.3), shape, dtype, seed)
    assert np.array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("shape", "groups"), [((3, 16, 5), 1), ((6, 3, 4, 5), 1), ((6, 3, 4, 5), 3), ((4, 1, 3, 3, 2), 2)]
)
def test_dirac_kernels_are_those_of_pytorch(shape, groups):
    ours, theirs = draw(lambda init, t: init.dirac_(t, groups), shape, "float32", 0)
    assert np.array_equal(ours, theirs)


def test_every_function_draws_from_a_generator_that_is_given():
    for run in (
        lambda lib, t, g: lib.nn.init.trunc_normal_(t, generator=g),
        lambda lib, t, g: lib.nn.init.trunc_normal_(t, 0, 5.0, 0, 1, generator=g),
        lambda lib, t, g: lib.nn.init.sparse_(t, 0.5, generator=g),
    ):
        cr.manual_seed(1)
        torch.manual_seed(1)
        ours, theirs = (run(lib, lib.zeros(8, 9), lib.Generator().manual_seed(3)).numpy() for lib in (cr, torch))
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("name", OLD)
def test_old_names_warn_and_do_the_same(name):
    args = {"constant": (2.0,), "sparse": (0.5,)}.get(name, ())
    shape = (3, 3, 3) if name == "dirac" else (3, 4)
    cr.manual_seed(0)
    with pytest.warns(FutureWarning, match=f"{name}_"):
        ours = getattr(init, name)(cr.zeros(*shape), *args)
    torch.manual_seed(0)
    with pytest.warns(FutureWarning, match=f"{name}_"):
        theirs = getattr(torch.nn.init, name)(torch.zeros(*shape), *args)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), atol=1e-6)


def test_parameters_are_filled_without_a_gradient():
    for fill in (init.trunc_normal_, init.orthogonal_, lambda p: init.sparse_(p, 0.5)):
        parameter = cr.nn.Parameter(cr.zeros(4, 4))
        fill(parameter)
        assert parameter.requires_grad
        assert parameter.grad_fn is None


@pytest.mark.parametrize(
    "run",
    [
        lambda m: m.nn.init.orthogonal_(m.zeros(3)),
        lambda m: m.nn.init.sparse_(m.zeros(3), 0.5),
        lambda m: m.nn.init.dirac_(m.zeros(3, 3)),
        lambda m: m.nn.init.dirac_(m.zeros(3, 3, 3), 2),
        lambda m: m.nn.init.eye_(m.zeros(3)),
        lambda m: m.nn.init.xavier_normal_(m.zeros(3)),
        lambda m: m.nn.init.kaiming_normal_(m.zeros(3, 3), mode="x"),
        lambda m: m.nn.init.calculate_gain("gelu"),
    ],
)
def test_errors_are_of_the_type_that_pytorch_raises(run):
    with pytest.raises(Exception) as theirs:  # noqa: PT011
        run(torch)
    with pytest.raises(theirs.type):
        run(cr)
