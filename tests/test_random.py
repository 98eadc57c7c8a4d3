"""The generator by itself: what PyTorch 2.13 gave, recorded, and what any generator must keep."""

import copy
import hashlib
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule import random
from chainrule.random import Generator

# SHA-256 (16 digits) of the bytes that PyTorch 2.13 gave for the calls in `draws`, each from a new generator.
RECORDED = {
    0: {
        "integers": "6b2a14982f697735",
        "uniform": "f79e2b73e67d499c",
        "uniform64": "532c969a734c720f",
        "normal": "a0e71842dbed07bd",
        "wide": "8ff26a790055ccfd",
        "permutation": "b0e4d501f23f112f",
        "bernoulli": "dafb87b74a7dfecf",
        "state": "293d8ec7e079436f",
    },
    42: {
        "integers": "1eb9a458532cdd12",
        "uniform": "25c45f920f134185",
        "uniform64": "d6f185533611e423",
        "normal": "9cf028fdb8f79b08",
        "wide": "e497577e97c5ed2c",
        "permutation": "7a05b569a0f7c8ad",
        "bernoulli": "ee65061025fa52f5",
        "state": "66d782022c5347ec",
    },
    -1: {
        "integers": "845171c8797a787c",
        "uniform": "3c0591442e070daf",
        "uniform64": "eb6c08ee4fc7df8a",
        "normal": "19ac8b59c5beb1f3",
        "wide": "cd85818c2f6ecb24",
        "permutation": "5fb4efc078eb4c55",
        "bernoulli": "25c8f51731e563db",
        "state": "5af7c1534c861191",
    },
    2**40 + 5: {
        "integers": "8c168abaf2739b1c",
        "uniform": "ccec3ea9d8d117a3",
        "uniform64": "eb14912bb1597857",
        "normal": "1301b60716a30483",
        "wide": "6a6c4fc1ea2d7c93",
        "permutation": "d242e859ff0531b1",
        "bernoulli": "1c40580df727ddba",
        "state": "69481493e9721310",
    },
}


def state_after_normals(g: Generator) -> np.ndarray:
    g.normal(700)
    return g.get_state()


draws = {
    "integers": lambda g: g.integers(0, 2**20, 2000),
    "uniform": lambda g: g.uniform(2000, -0.3, 0.7),
    "uniform64": lambda g: g.uniform(2000, 0.1, 0.3, np.float64),
    "normal": lambda g: g.normal(2003, 0.5, 0.02),
    "wide": lambda g: g.integers(-5, 2**40, 2000),
    "permutation": lambda g: g.permutation(2000),
    "bernoulli": lambda g: g.bernoulli(2000, 0.7),
    "state": state_after_normals,
}


@pytest.mark.parametrize("seed", RECORDED)
@pytest.mark.parametrize("name", draws)
def test_draws_are_the_bytes_that_pytorch_gave(seed, name):
    drawn = draws[name](Generator().manual_seed(seed))
    assert hashlib.sha256(drawn.tobytes()).hexdigest()[:16] == RECORDED[seed][name]


def test_seed_42_gives_the_numbers_known_from_pytorch():
    def g():
        return Generator().manual_seed(42)

    assert g().uniform(4).tolist() == [
        0.8822692632675171,
        0.9150039553642273,
        0.38286375999450684,
        0.9593056440353394,
    ]
    assert g().normal((4, 4))[0].tolist() == [
        1.9269152879714966,
        1.4872840642929077,
        0.9007171988487244,
        -2.1055209636688232,
    ]
    assert g().permutation(10).tolist() == [2, 6, 1, 8, 4, 5, 0, 9, 3, 7]
    assert g().integers(0, 100, (8,)).tolist() == [42, 67, 76, 14, 26, 35, 20, 24]
    assert g().random63() == 6909045637428952499


def test_integers_take_two_words_each_from_a_range_of_two_to_the_28():
    def g():
        return Generator().manual_seed(1)

    assert g().integers(0, 2**28 - 1, 3, np.int32).tolist() == [180483115, 256344314, 140980119]
    assert g().integers(0, 2**28, 3, np.int32).tolist() == [256344299, 247206984, 13419401]


def test_uniform_gives_the_lower_bound_where_rounding_reaches_the_upper():
    drawn = Generator().manual_seed(1).uniform(1000, 3.3, 3.30001)  # a few dozen float32 apart
    assert np.float32(3.3) <= drawn.min() <= drawn.max() < np.float32(3.30001)


def test_normal_numbers_from_the_c_library_are_those_of_pytorch_to_rounding():
    few = [0.33669035438385886, 0.1288094051365897, 0.23446236336153173, 0.2303330279146119, -1.1228563767381703]
    np.testing.assert_allclose(Generator().manual_seed(42).normal(5, dtype=np.float64), few, rtol=1e-14)
    last = [0.8651734647119074, 0.855215961472287, 0.2494118796915765]
    np.testing.assert_allclose(Generator().manual_seed(42).normal(17, dtype=np.float64)[-3:], last, rtol=1e-14)


def test_words_are_one_stream_however_it_is_cut():
    whole = Generator().manual_seed(3).words(2000)
    g = Generator().manual_seed(3)
    pieces = [g.words(n) for n in (0, 1, 622, 1, 1, 0, 375, 1000)]
    np.testing.assert_array_equal(np.concatenate(pieces), whole)
    assert whole.dtype == np.uint32


def test_the_second_of_a_pair_of_normal_numbers_is_kept_for_the_next_small_draw():
    together = Generator().manual_seed(5).normal(2)
    g = Generator().manual_seed(5)
    first = g.normal(1)
    g.words(10)  # other draws leave the kept number alone
    np.testing.assert_array_equal(np.concatenate([first, g.normal(1)]), together)


def test_seeding_forgets_the_kept_normal_number():
    g = Generator().manual_seed(5)
    g.normal(1)
    np.testing.assert_array_equal(g.manual_seed(5).normal(2), Generator().manual_seed(5).normal(2))


@given(st.integers(0, 2**32 - 1), st.integers(0, 1500), st.integers(0, 3))
def test_a_state_continues_the_stream_where_it_was_taken(seed, words, normals):
    g = Generator().manual_seed(seed)
    g.words(words)
    g.normal(normals)
    state = g.get_state()
    other = Generator()
    other.set_state(state)
    assert other.initial_seed() == seed
    np.testing.assert_array_equal(other.get_state(), state)
    np.testing.assert_array_equal(other.normal(3), g.normal(3))
    np.testing.assert_array_equal(other.words(700), g.words(700))


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, Generator.clone_state, lambda g: pickle.loads(pickle.dumps(g))]
)
def test_copies_of_a_generator_continue_its_stream(duplicate):
    g = Generator().manual_seed(9)
    g.normal(5)
    np.testing.assert_array_equal(duplicate(g).normal(7), g.normal(7))


def test_a_state_is_a_copy():
    g = Generator().manual_seed(1)
    state = g.get_state()
    before = state.copy()
    expected = g.words(5)
    np.testing.assert_array_equal(state, before)
    state[:] = 0
    g.set_state(before)
    np.testing.assert_array_equal(g.words(5), expected)


def test_seed_draws_another_seed_every_time():
    g = Generator()
    first, second = g.seed(), g.seed()
    assert first != second
    assert g.initial_seed() == second < 2**64
    np.testing.assert_array_equal(g.words(3), Generator().manual_seed(second).words(3))


def test_negative_seeds_count_from_two_to_the_64():
    assert Generator().manual_seed(-1).initial_seed() == 2**64 - 1
    assert Generator().initial_seed() == 67280421310721


@pytest.mark.parametrize("n", [0, 1, 2, 3, 10, 1000])
def test_permutation_holds_every_number_once(n):
    order = Generator().manual_seed(n).permutation(n)
    assert order.dtype == np.int64
    np.testing.assert_array_equal(np.sort(order), np.arange(n))


@given(st.integers(1, 60), st.randoms(use_true_random=False))
def test_swapping_at_once_equals_swapping_in_a_loop(n, chance):
    targets = [chance.randrange(i, n) for i in range(n)]
    order = list(range(n))
    for i, j in enumerate(targets):
        order[i], order[j] = order[j], order[i]
    assert random._swapped(np.array(targets, dtype=np.int64)).tolist() == order


@given(st.floats(0, 1), st.integers(0, 1000))
def test_bernoulli_is_true_where_the_uniform_number_is_below_p(p, seed):
    u = Generator().manual_seed(seed).uniform((5, 7), dtype=np.float64)
    np.testing.assert_array_equal(Generator().manual_seed(seed).bernoulli((5, 7), p), u < p)


@pytest.mark.parametrize("offset", [-1, 0, 0.5, 1])
def test_bernoulli_is_exact_when_p_is_next_to_the_number_drawn(offset):
    u = Generator().manual_seed(1).uniform(1, dtype=np.float64)[0]
    assert u < 0.5  # so that p may lie between two multiples of 2⁻⁵³
    assert Generator().manual_seed(1).bernoulli(1, u + offset * 2.0**-53)[0] == (offset > 0)


def test_bernoulli_writes_into_out():
    out = np.zeros((3, 4), dtype=bool)
    assert Generator().manual_seed(2).bernoulli((3, 4), 0.5, out=out) is out
    np.testing.assert_array_equal(out, Generator().manual_seed(2).bernoulli((3, 4), 0.5))
    view = np.zeros((3, 8), dtype=bool)
    Generator().manual_seed(2).bernoulli((3, 4), 0.5, out=view[:, ::2])
    np.testing.assert_array_equal(view[:, ::2], out)


@pytest.mark.parametrize("shape", [(), 0, 5, (2, 3), [2, 0], (np.int64(3),)])
def test_draws_have_the_shape_asked_for(shape):
    g = Generator()
    expected = np.empty(shape).shape
    assert g.uniform(shape).shape == expected
    assert g.normal(shape).shape == expected
    assert g.integers(0, 5, shape).shape == expected
    assert g.bernoulli(shape, 0.5).shape == expected


def test_the_default_generator_is_behind_the_module_functions():
    saved = random.get_rng_state()
    try:
        assert random.manual_seed(11) is random.default_generator
        assert random.initial_seed() == 11
        state = random.get_rng_state()
        expected = random.default_generator.words(5)
        random.set_rng_state(state)
        np.testing.assert_array_equal(random.default_generator.words(5), expected)
        assert random.seed() == random.initial_seed() != 11
    finally:
        random.set_rng_state(saved)


def damaged(offset: int, value: int) -> np.ndarray:
    state = Generator().get_state()
    state[offset] = value
    return state


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda g: Generator("cuda"), RuntimeError, 'device="cpu"'),
        (lambda g: g.manual_seed(2**64), ValueError, "from -2"),
        (lambda g: g.manual_seed(-(2**63) - 1), ValueError, "from -2"),
        (lambda g: g.manual_seed(1.5), RuntimeError, "integer"),
        (lambda g: g.manual_seed(True), RuntimeError, "integer"),
        (lambda g: g.set_state(np.zeros(10, np.uint8)), RuntimeError, "5056 bytes"),
        (lambda g: g.set_state(np.zeros(5056)), TypeError, "uint8"),
        (lambda g: g.set_state(np.zeros(5056, np.uint8)), RuntimeError, "seeded"),
        (lambda g: g.set_state(damaged(8, 5)), RuntimeError, "left = 5"),
        (lambda g: g.set_state(damaged(16, 9)), RuntimeError, "next = 9"),
        (lambda g: g.uniform(3, 1.0, 0.0), ValueError, "low <= high"),
        (lambda g: g.uniform(3, float("nan"), 0.0), ValueError, "finite"),
        (lambda g: g.uniform(3, -3e38, 3e38), ValueError, "finite in float32"),
        (lambda g: g.uniform(3, dtype=np.float16), NotImplementedError, "float32 or float64"),
        (lambda g: g.normal(3, std=-1.0), ValueError, "std >= 0"),
        (lambda g: g.normal(3, dtype=np.int64), NotImplementedError, "float32 or float64"),
        (lambda g: g.integers(3, 3, 1), ValueError, "low < high"),
        (lambda g: g.integers(0, 300, 1, np.uint8), ValueError, "uint8"),
        (lambda g: g.permutation(-1), ValueError, "0 <= n"),
        (lambda g: g.bernoulli(3, 1.5), ValueError, "from 0 to 1"),
        (lambda g: g.bernoulli(3, float("nan")), ValueError, "from 0 to 1"),
        (lambda g: g.bernoulli(3, 0.5, out=np.empty(4, bool)), ValueError, "out of shape"),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_draws_nothing(call, error, message):
    g = Generator().manual_seed(1)
    before = g.get_state()
    with pytest.raises(error, match=message):
        call(g)
    np.testing.assert_array_equal(g.get_state(), before)
