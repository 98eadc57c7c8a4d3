"""One stream of random numbers, moved between PyTorch and chainrule in the middle of a run."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import chainrule as cr
import chainrule.utils.data

torch = pytest.importorskip("torch")

from chainrule.interop.pytorch import shared_stream  # noqa: E402 (says what it needs where PyTorch is missing)

pytestmark = [pytest.mark.torch, pytest.mark.usefixtures("needs_masks")]

sizes = st.integers(0, 40)
probabilities = st.sampled_from([0.0, 0.3, 0.5, 1.0])
# Each draw is one line for both libraries. Fewer than 16 normal numbers leave one in the generator's memory.
DRAWS = st.one_of(
    st.builds(lambda n: lambda library: library.rand(n), sizes),
    st.builds(lambda n: lambda library: library.randn(n), sizes),
    st.builds(lambda n: lambda library: library.randint(0, 1000, (n,)), sizes),
    st.builds(lambda n: lambda library: library.randperm(n), sizes),
    st.builds(lambda n, p: lambda library: library.nn.Dropout(p)(library.ones(n)), sizes, probabilities),
    st.builds(lambda n: lambda library: library.nn.Linear(n, 3).weight.detach(), st.integers(1, 9)),
    st.builds(
        lambda n: lambda library: next(iter(library.utils.data.DataLoader(range(n), n, shuffle=True))),
        st.integers(1, 40),
    ),
)


def to_torch():
    torch.set_rng_state(torch.from_numpy(cr.get_rng_state()))


def to_chainrule():
    cr.set_rng_state(torch.get_rng_state())


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32 - 1), st.lists(st.tuples(DRAWS, st.sampled_from([torch, cr])), max_size=10))
def test_a_run_that_changes_libraries_draws_what_pytorch_alone_draws(seed, steps):
    torch.manual_seed(seed)
    expected = [draw(torch).numpy() for draw, _ in steps]
    end = torch.get_rng_state().numpy()

    torch.manual_seed(seed)
    drawn = []
    for draw, library in steps:
        if library is cr:
            to_chainrule()
        drawn.append(np.asarray(draw(library)))
        if library is cr:
            to_torch()
    for a, b in zip(drawn, expected, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(torch.get_rng_state().numpy(), end)


def test_pytorch_draws_from_our_stream_and_keeps_its_own():
    cr.manual_seed(7)
    expected = [cr.randn(3).tolist() for _ in range(3)]
    cr.manual_seed(7)
    torch.manual_seed(0)
    before = torch.get_rng_state()
    first = cr.randn(3).tolist()
    with shared_stream(torch):
        second = torch.randn(3).tolist()
    assert [first, second, cr.randn(3).tolist()] == expected
    assert torch.equal(torch.get_rng_state(), before)
