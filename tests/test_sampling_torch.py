"""Draws with weights and probabilities beside PyTorch's, and one state that goes from one library to the other."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule import data

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

SEEDS = st.integers(0, 2**32)
KINDS = st.sampled_from([(np.float32, torch.float32), (np.float64, torch.float64)])


def torch_draws_from_its_own_generator():
    """Whether exponential numbers come from PyTorch's generator, not from MKL's as on Intel processors."""
    e = torch.empty(64).exponential_(generator=torch.Generator().manual_seed(0))
    u = torch.rand(64, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return bool((e == (-torch.log1p(-u)).float()).all())


own_generator = pytest.mark.skipif(not torch_draws_from_its_own_generator(), reason="PyTorch draws from MKL here")


def generators(seed):
    return cr.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)


def draw_on_alike(ours, theirs):
    return np.array_equal(ours.uniform(3), torch.rand(3, generator=theirs).numpy())


@own_generator
@settings(deadline=None)
@given(SEEDS, st.integers(0, 300), st.floats(1e-30, 1e30), KINDS)
def test_exponential_numbers_are_bit_for_bit(seed, n, rate, kinds):
    kind, torch_kind = kinds
    ours, theirs = generators(seed)
    a = ours.exponential(n, rate, dtype=kind)
    b = torch.empty(n, dtype=torch_kind).exponential_(rate, generator=theirs).numpy()
    np.testing.assert_array_equal(a, b)
    assert draw_on_alike(ours, theirs)


@settings(deadline=None)
@given(SEEDS, st.lists(st.integers(0, 5), max_size=3), KINDS)
def test_bernoulli_of_probabilities_is_bit_for_bit(seed, shape, kinds):
    p = np.random.default_rng(seed).random(shape).astype(kinds[0])
    ours, theirs = generators(seed)
    a, b = cr.bernoulli(cr.tensor(p), generator=ours), torch.bernoulli(torch.tensor(p), generator=theirs)
    assert a.array.dtype == b.numpy().dtype
    assert np.array_equal(a.array, b.numpy())
    assert draw_on_alike(ours, theirs)


@own_generator
@settings(deadline=None)
@given(SEEDS, st.integers(1, 200), st.integers(1, 60), st.booleans(), st.sampled_from([0, 1, 3]), KINDS)
def test_multinomial_is_bit_for_bit(seed, n, k, replacement, rows, kinds):
    k = k if replacement else min(k, n)
    weights = np.random.default_rng(seed).random((rows, n) if rows else n).astype(kinds[0]) + kinds[0](0.01)
    ours, theirs = generators(seed)
    a = cr.multinomial(cr.tensor(weights), k, replacement, generator=ours)
    b = torch.multinomial(torch.tensor(weights), k, replacement, generator=theirs)
    assert np.array_equal(a.array, b.numpy())
    assert draw_on_alike(ours, theirs)


@own_generator
@settings(deadline=None)
@given(SEEDS, st.integers(1, 100), st.integers(1, 100), st.booleans())
def test_a_weighted_sampler_gives_pytorchs_indices(seed, n, k, replacement):
    k = k if replacement else min(k, n)
    weights = (np.random.default_rng(seed).random(n) + 0.01).tolist()
    cr.manual_seed(seed)
    torch.manual_seed(seed)
    ours = data.WeightedRandomSampler(weights, k, replacement)
    theirs = torch.utils.data.WeightedRandomSampler(weights, k, replacement)
    assert list(ours) == list(theirs)
    assert list(ours) == list(theirs)
    assert len(ours) == k
    batches = data.DataLoader(list(range(n)), batch_size=3, sampler=ours)
    for a, b in zip(
        batches, torch.utils.data.DataLoader(list(range(n)), batch_size=3, sampler=theirs), strict=True
    ):
        assert a.tolist() == b.tolist()


@pytest.mark.parametrize(
    ("weights", "k", "replacement"),
    [
        ([0.0, 0.0], 1, True),
        ([-1.0, 2.0], 1, True),
        ([float("nan"), 1.0], 1, False),
        ([float("inf"), 1.0], 1, True),
        ([1.0, 1.0], 3, False),
        ([1.0, 1.0], 0, True),
        ([1, 2], 1, True),
        ([[[1.0]]], 1, True),
    ],
)
def test_multinomial_refuses_what_pytorch_refuses(weights, k, replacement):
    with pytest.raises(RuntimeError):
        torch.multinomial(torch.tensor(weights), k, replacement)
    with pytest.raises(RuntimeError, match="multinomial"):
        cr.multinomial(cr.tensor(weights), k, replacement)


@pytest.mark.parametrize("arguments", [([0.5], 0), ([0.5], 1.5), ([0.5], 1, "yes"), ([[0.5]], 1)])
def test_a_weighted_sampler_refuses_what_pytorchs_refuses(arguments):
    with pytest.raises(ValueError):  # noqa: PT011
        torch.utils.data.WeightedRandomSampler(*arguments)
    with pytest.raises(ValueError, match="WeightedRandomSampler expected"):
        data.WeightedRandomSampler(*arguments)


@settings(deadline=None)
@given(SEEDS, st.integers(0, 700), st.booleans())
def test_a_state_goes_to_the_other_library_and_back_in_the_middle_of_a_run(seed, drawn, odd):
    ours, theirs = cr.Generator(), torch.Generator().manual_seed(seed)
    torch.rand(drawn, generator=theirs)
    if odd:
        torch.randn(1, generator=theirs)  # of which the generator keeps a second normal number
    ours.set_state(theirs.get_state().numpy())
    assert draw_on_alike(ours, theirs)
    assert np.array_equal(ours.normal(3), torch.randn(3, generator=theirs).numpy())
    theirs.set_state(torch.from_numpy(ours.get_state()))
    assert np.array_equal(theirs.get_state().numpy(), ours.get_state())
    assert draw_on_alike(ours, theirs)


def test_captured_draws_are_drawn_anew():
    cr.manual_seed(3)

    def drawn(p):
        alike = cr.rand_like(p.T), cr.randn_like(p.T), cr.randint_like(p.T, 9), p.T.clone().uniform_()
        return *alike, cr.bernoulli(p), cr.multinomial(p, 2), cr.normal(p.T, 0.5)

    step, p = cr.capture(drawn), cr.rand(6, 5)
    state = cr.get_rng_state()
    captured = [[t.tolist() for t in step(p)] for _ in range(4)]
    cr.set_rng_state(state)
    assert captured == [[t.tolist() for t in drawn(p)] for _ in range(4)]


@pytest.mark.parametrize("std", [[1.0, -1.0], [math.nan, 1.0]])
def test_no_element_of_a_standard_deviation_is_negative(std):
    for library in (cr, torch):
        with pytest.raises(RuntimeError, match="all elements of std"):
            library.normal(library.zeros(2), library.tensor(std))


def test_arrays_and_lists_of_means_do_as_tensors_do():
    def drawn(mean):
        return cr.normal(mean, 0.5, generator=cr.Generator().manual_seed(0)).tolist()

    assert drawn([1.0, 3.0]) == drawn(np.array([1, 3], np.float32)) == drawn(cr.tensor([1.0, 3.0]))


@pytest.mark.parametrize("name", ["rand_like", "randn_like", "bernoulli"])
@pytest.mark.parametrize(("shape", "axes"), [((40, 30), (1, 0)), ((4, 5, 6), (2, 0, 1)), ((3, 4), (1, 0))])
def test_draws_for_a_transposed_tensor_are_pytorchs(name, shape, axes):
    x = np.random.default_rng(0).random(shape, dtype=np.float32).transpose(axes)
    torch.manual_seed(0)
    cr.manual_seed(0)
    theirs, ours = getattr(torch, name)(torch.from_numpy(x)), getattr(cr, name)(cr.from_numpy(x))
    assert np.array_equal(np.asarray(ours), theirs.numpy())
    assert np.array_equal(np.asarray(cr.bernoulli(ours, 0.5)), torch.bernoulli(theirs, 0.5).numpy())


COPIES = {
    "clone": lambda x: x.clone(),
    "double": lambda x: x.double(),
    "of an expanded one": lambda x: x[:, :, :1].expand(5, 4, 6).clone(),
    "of another dtype": lambda x: x[:1].expand(5, 4, 6).double(),
    "exp": lambda x: x.exp(),
    "contiguous": lambda x: x.contiguous(),
}


@pytest.mark.parametrize("name", COPIES)
@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_draws_go_by_the_order_in_which_copies_lie_in_memory(name, axes):
    x = np.zeros((5, 4, 6), np.float32)
    x = np.ascontiguousarray(x.transpose(axes)).transpose(np.argsort(axes))
    drawn = []
    for library in (cr, torch):
        library.manual_seed(0)
        drawn.append(np.asarray(COPIES[name](library.from_numpy(x)).uniform_()))
    np.testing.assert_array_equal(*drawn)


@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(), (2,), (3, 1)])
def test_a_mean_has_the_dtype_whatever_the_dtype_of_the_deviation(kind, shape):
    r = np.random.default_rng(0)
    mean, std = r.normal(size=(3, 2)).astype(np.float32), r.random(shape).astype(kind)
    for a, b in ((mean, std), (std, mean + 9)):
        ours, theirs = generators(4)
        found = cr.normal(cr.from_numpy(a), cr.from_numpy(b), generator=ours).array
        expected = torch.normal(torch.from_numpy(a), torch.from_numpy(b), generator=theirs).numpy()
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("kind", ["int8", "int32", "int64", "float32", "float64"])
@pytest.mark.parametrize("low", [0, 5, -3])
def test_integers_go_up_to_the_largest_where_the_bound_is_none(kind, low):
    ours, theirs = generators(3)
    found = cr.empty(40, dtype=getattr(cr, kind)).random_(low, None, generator=ours)
    expected = torch.empty(40, dtype=getattr(torch, kind)).random_(low, None, generator=theirs)
    assert found.tolist() == expected.tolist()
    assert draw_on_alike(ours, theirs)


@pytest.mark.parametrize("options", [{"to": 5}, {"from_": 2, "to": 5}, {}])
def test_bounds_of_integers_can_be_given_by_name(options):
    cr.manual_seed(2)
    torch.manual_seed(2)
    ours = cr.zeros(20).random_(**options)
    theirs = torch.zeros(20).random_(**{name.strip("_"): n for name, n in options.items()})
    assert ours.tolist() == theirs.tolist()


@pytest.mark.parametrize("seed", [1.7, True, "3", np.int64(-5), np.array(3)])
def test_a_seed_is_made_an_integer(seed):
    assert cr.manual_seed(seed).initial_seed() == torch.manual_seed(seed).initial_seed()
    assert cr.random.manual_seed(seed).initial_seed() == torch.initial_seed()


@pytest.mark.parametrize(
    "draw",
    [
        lambda g: cr.rand(2, generator=g),
        lambda g: cr.zeros(2).normal_(generator=g),
        lambda g: cr.multinomial(cr.ones(3), 2, generator=g),
        lambda g: list(data.RandomSampler(range(3), generator=g)),
        lambda g: data.random_split(range(3), [1, 2], generator=g),
    ],
)
def test_a_generator_of_pytorchs_is_refused_by_name(draw):
    with pytest.raises(TypeError, match=r"expected a chainrule\.Generator, got <class 'torch"):
        draw(torch.Generator())
