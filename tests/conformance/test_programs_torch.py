"""Short programs do the same in both libraries: what they leave behind, and the type of their error."""

import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.conformance.cases.programs import ALL, results  # noqa: E402
from tests.conformance.library import OURS, THEIRS  # noqa: E402

pytestmark = pytest.mark.torch


@pytest.mark.parametrize(("name", "line"), ALL)
def test_a_program_does_what_it_does_in_pytorch(name, line):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's, of what it will refuse some day
        try:
            theirs = results(THEIRS, line)
        except Exception as refusal:
            with pytest.raises(type(refusal)):
                results(OURS, line)
            return
    ours = results(OURS, line)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
