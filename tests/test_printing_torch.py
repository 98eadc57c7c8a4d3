"""``set_printoptions`` has tensors printed as PyTorch's does."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import chainrule as cr  # noqa: E402

pytestmark = pytest.mark.torch

ARRAYS = [
    np.array([1e-5, 1234.5, 3.0], np.float32),
    np.array([1.0, 2.5], np.float32),
    np.array([[np.nan, -1.0], [np.inf, 200.0]], np.float32),
    np.arange(12, dtype=np.float32) * 100,
    np.array([1e10, 1.0], np.float32),
    np.arange(20).reshape(4, 5),
    np.linspace(-1, 1, 1200, dtype=np.float32).reshape(30, 40),
    np.array([True, False]),
]
OPTIONS = [
    [{}],
    [{"precision": 2}],
    [{"sci_mode": False}],
    [{"sci_mode": True, "precision": 1}],
    [{"sci_mode": True}, {"precision": 6}],
    [{"linewidth": 40}, {"precision": 3}],
    [{"threshold": 5, "edgeitems": 2}],
    [{"profile": "short"}],
    [{"profile": "short", "edgeitems": 1}],
    [{"profile": "full"}],
]


@pytest.fixture
def _default_again():
    yield
    for library in (cr, torch):
        library.set_printoptions(profile="default")


@pytest.mark.usefixtures("_default_again")
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_tensors_are_printed_with_options_as_pytorch_prints_them(options):
    for given in options:
        cr.set_printoptions(**given)
        torch.set_printoptions(**given)
    for array in ARRAYS:
        assert repr(cr.from_numpy(array)) == repr(torch.from_numpy(array))


def test_a_profile_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="default, short, full"):
        cr.set_printoptions(profile="long")
