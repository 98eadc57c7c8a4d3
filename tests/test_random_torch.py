"""The generator beside PyTorch's, bit for bit."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule import _box_muller, random
from chainrule.random import Generator

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

TORCH = {np.float32: torch.float32, np.float64: torch.float64}
# Compiled for processors without AVX2, PyTorch has no fused multiply-adds and other float32 normal numbers.
needs_avx2 = pytest.mark.skipif(
    torch.backends.cpu.get_cpu_capability() not in ("AVX2", "AVX512"), reason="PyTorch without AVX2"
)


def torch_masks_are_ours() -> bool:
    """Whether PyTorch draws Bernoulli masks from its own generator, not from MKL's as on Intel processors."""
    mask = torch.empty(64).bernoulli_(0.5, generator=torch.Generator().manual_seed(0)).bool()
    u = torch.rand(64, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return bool((mask == (u < 0.5)).all())


MASKS = torch_masks_are_ours()


def assert_same(ours, theirs):
    theirs = theirs.numpy()
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    np.testing.assert_array_equal(ours.reshape(-1).view(np.uint8), theirs.reshape(-1).view(np.uint8))


def torch_uniform(g, shape, low, high, kind):
    return torch.empty(shape, dtype=TORCH[kind]).uniform_(low, high, generator=g)


def torch_normal(g, shape, mean, std, kind):
    return torch.empty(shape, dtype=TORCH[kind]).normal_(mean, std, generator=g)


sizes = st.one_of(st.integers(0, 40), st.integers(600, 1300))
kinds = st.sampled_from([np.float32, np.float64])
numbers = st.floats(-100, 100, width=32)
bounds = st.tuples(numbers, numbers).map(sorted)
wide = st.integers(-(2**63), 2**63 - 1)
ranges = st.one_of(
    st.tuples(st.integers(-1000, 1000), st.integers(1, 1000)).map(lambda r: (r[0], r[0] + r[1])),
    st.tuples(wide, wide).map(sorted).filter(lambda r: r[0] < r[1]),
    st.sampled_from([(0, 2**28 - 1), (0, 2**28), (-1, 2**32), (-(2**63), 2**63 - 1)]),
)

# Each draw: a function of our generator and one of PyTorch's.
DRAWS = [
    st.builds(
        lambda n, ab, kind: (
            lambda g: g.uniform(n, *ab, kind),
            lambda g: torch_uniform(g, n, *ab, kind),
        ),
        sizes,
        bounds,
        kinds,
    ),
    st.builds(
        lambda n, mean, std, kind: (
            lambda g: g.normal(n, mean, std, kind),
            lambda g: torch_normal(g, n, mean, std, kind),
        ),
        sizes,
        st.one_of(st.just(0.0), numbers),
        st.one_of(st.just(1.0), st.floats(0, 100)),
        kinds,
    ),
    st.builds(
        lambda n, r: (lambda g: g.integers(*r, n), lambda g: torch.randint(*r, (n,), generator=g)), sizes, ranges
    ),
    st.builds(lambda n: (lambda g: g.permutation(n), lambda g: torch.randperm(n, generator=g)), sizes),
    st.just(
        (
            lambda g: np.array(g.random63()),
            lambda g: torch.empty((), dtype=torch.int64).random_(generator=g),
        )
    ),
]
if MASKS:
    DRAWS.append(
        st.builds(
            lambda n, p: (
                lambda g: g.bernoulli(n, p),
                lambda g: torch.empty(n).bernoulli_(p, generator=g).bool(),
            ),
            sizes,
            st.floats(0, 1),
        )
    )


@needs_avx2
@settings(deadline=None, max_examples=200)
@given(
    st.integers(-(2**63), 2**64 - 1),
    st.lists(st.tuples(st.one_of(DRAWS), st.sampled_from(["stay", "to PyTorch", "to NumPy"])), max_size=8),
)
def test_any_sequence_of_draws_keeps_in_step_and_states_move_both_ways(seed, steps):
    ours, theirs = Generator().manual_seed(seed), torch.Generator().manual_seed(seed)
    assert ours.initial_seed() == theirs.initial_seed()
    for (draw, torch_draw), move in steps:
        assert_same(draw(ours), torch_draw(theirs))
        assert_same(ours.get_state(), theirs.get_state())
        if move == "to PyTorch":
            theirs = torch.Generator()
            theirs.set_state(torch.from_numpy(ours.get_state()))
        elif move == "to NumPy":
            ours = Generator()
            ours.set_state(theirs.get_state())
        assert_same(ours.get_state(), theirs.get_state())


def untempered(words):
    """Return the state words of a Mersenne twister that gives these words next."""
    w = words ^ words >> 18
    w = w ^ (w << 15 & 0xEFC60000)
    x = w
    for _ in range(4):  # 7 bits more are right after each round
        x = w ^ (x << 7 & 0x9D2C5680)
    y = x
    for _ in range(2):
        y = x ^ y >> 11
    return y


def torch_box_muller(k1, k2):
    """Return the pairs that PyTorch makes of u₁ = k1·2⁻²⁴ and u₂ = k2·2⁻²⁴, in arrays of 8 columns."""
    words = untempered(np.stack([k1, k2], axis=1).reshape(-1, 608).astype(np.uint32))  # 38 blocks of 16 a state
    z = np.empty(words.shape, dtype=np.float32)
    g, key, row = torch.Generator(), np.zeros(624, dtype="<u8"), torch.empty(608)
    for words_i, z_i in zip(words, z, strict=True):
        key[16:] = words_i
        state = struct.pack("<QiiQ4992s40x", 0, 609, 1, 16, key.tobytes())
        g.set_state(torch.frombuffer(bytearray(state), dtype=torch.uint8))
        z_i[:] = row.normal_(generator=g).numpy()
    z = z.reshape(-1, 2, 8)
    return z[:, 0], z[:, 1]


@needs_avx2
@pytest.mark.parametrize("varied", ["radius", "angle"])
def test_float32_normal_numbers_are_equal_for_every_uniform_number(varied):
    fixed = {"radius": 0, "angle": 6601320}[varied]  # cos 0 = 1; √(−2 ln(1 − u₁)) = 1 for this u₁
    step = 2**17 * 38  # a multiple of 8 · 38
    for start in range(0, 2**24, step):
        k = (np.arange(start, start + step) % 2**24).reshape(-1, 8)
        k1, k2 = (k, np.full_like(k, fixed)) if varied == "radius" else (np.full_like(k, fixed), k)
        unit = (np.concatenate([k1, k2], axis=1) * 2.0**-24).astype(np.float32)
        z = _box_muller.fill(unit, 0.0, 1.0)
        z1, z2 = torch_box_muller(k1, k2)
        np.testing.assert_array_equal(z[:, :8].view(np.uint32), z1.view(np.uint32))
        np.testing.assert_array_equal(z[:, 8:].view(np.uint32), z2.view(np.uint32))


@needs_avx2
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize(("mean", "std"), [(0.0, 1.0), (0.0, 0.01), (3.3, 1e-5), (0.1, 0.3)])
def test_many_normal_numbers_are_equal(kind, mean, std):
    n = 300_007
    ours = Generator().manual_seed(7).normal(n, mean, std, kind)
    assert_same(ours, torch_normal(torch.Generator().manual_seed(7), n, mean, std, kind))


@needs_avx2
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-0.0357, 0.0357), (0.1, 0.2), (3.3, 3.30001), (2.0, 2.0)])
def test_many_uniform_numbers_are_equal_and_below_the_upper_bound(kind, low, high):
    n = 300_007
    ours = Generator().manual_seed(7).uniform(n, low, high, kind)
    assert_same(ours, torch_uniform(torch.Generator().manual_seed(7), n, low, high, kind))
    assert low == high or ours.max() < kind(high)


@pytest.mark.parametrize("n", [0, 1, 2, 5, 624, 60_000, 200_000])
def test_permutations_are_equal(n):
    theirs = torch.Generator().manual_seed(n)
    ours = Generator().manual_seed(n)
    assert_same(ours.permutation(n), torch.randperm(n, generator=theirs))
    assert_same(ours.get_state(), theirs.get_state())


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("uint8", 0, 256),
        ("int8", -128, 127),
        ("int16", -5, 300),
        ("int32", -(2**31), 2**31 - 1),
        ("uint16", 0, 65536),
        ("uint32", 0, 2**32 - 1),
        ("uint64", 0, 2**63 - 1),
        ("float32", -10, 10),
        ("float32", 0, 2**24),
        ("float64", 0, 2**40),
    ],
)
def test_integers_of_every_dtype_are_equal(name, low, high):
    theirs = torch.randint(
        low, high, (50,), dtype=getattr(torch, name), generator=torch.Generator().manual_seed(3)
    )
    assert_same(Generator().manual_seed(3).integers(low, high, 50, getattr(np, name)), theirs)


@pytest.mark.skipif(not MASKS, reason="PyTorch draws its masks from MKL on this processor")
def test_dropout_of_pytorch_keeps_what_bernoulli_draws():
    torch.manual_seed(4)
    kept = torch.nn.functional.dropout(torch.ones(128, 784), 0.3).numpy() != 0
    np.testing.assert_array_equal(kept, Generator().manual_seed(4).bernoulli((128, 784), 1 - 0.3))


def test_the_default_streams_start_alike():
    saved = random.get_rng_state()
    try:
        for seed in (0, 1234, -5, 2**64 - 1):
            torch.manual_seed(seed)
            random.manual_seed(seed)
            assert random.initial_seed() == torch.initial_seed()
            assert_same(random.default_generator.uniform((3, 4)), torch.rand(3, 4))
            assert_same(random.get_rng_state(), torch.get_rng_state())
    finally:
        random.set_rng_state(saved)


def test_a_kept_float_in_a_state_of_pytorch_survives():
    state = torch.Generator().manual_seed(3).get_state()
    state[5048:5053] = torch.tensor([0, 0, 128, 63, 1], dtype=torch.uint8)  # 1.0, valid
    theirs, ours = torch.Generator(), Generator()
    theirs.set_state(state)
    ours.set_state(state)
    assert_same(ours.get_state(), theirs.get_state())
