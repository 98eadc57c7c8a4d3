"""The fused multiply-add against exact fractions."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chainrule._fma import fma


def rounded32(exact: Fraction) -> float:
    """Round an exact number to the nearest float32, to the even one of two."""
    near = np.float32(float(exact))
    candidates = [np.nextafter(near, np.float32(-np.inf)), near, np.nextafter(near, np.float32(np.inf))]
    return float(min(candidates, key=lambda c: (abs(Fraction(float(c)) - exact), int(c.view(np.uint32)) & 1)))


float32s = st.floats(-1e4, 1e4, width=32).filter(lambda v: v == 0 or abs(v) > 1e-4)
float64s = st.floats(-1e4, 1e4).filter(lambda v: v == 0 or abs(v) > 1e-4)


@given(float32s, float32s, float32s)
@example(1 + 2.0**-12, 1 + 2.0**-12, 2.0**-100)  # x·a is halfway between two float32
@example(1 + 2.0**-12, 1 + 2.0**-12, -(2.0**-100))
@example(-1 - 2.0**-12, 1 + 2.0**-12, 2.0**-100)
@example(1 + 3 * 2.0**-12, 1 + 2.0**-12, -(2.0**-100))
def test_float32_is_rounded_once(x, a, b):
    result = fma(np.array([x], dtype=np.float32), a, b)
    assert result.dtype == np.float32
    assert float(result[0]) == rounded32(Fraction(x) * Fraction(a) + Fraction(b))


@given(float64s, float64s, float64s)
@example(1 + 2.0**-27, 1 + 2.0**-26, 2.0**-100)
@example(1 + 2.0**-27, 1 - 2.0**-27, -1.0)
def test_float64_is_rounded_once(x, a, b):
    result = fma(np.array([x]), a, b)
    assert result.dtype == np.float64
    assert result[0] == float(Fraction(x) * Fraction(a) + Fraction(b))


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_adding_zero_makes_minus_zero_plus_zero(kind):
    assert not np.signbit(fma(np.array([-0.0], dtype=kind), 1.0, 0.0)[0])


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize(("a", "b"), [(np.inf, 1.0), (1.5, -np.inf), (np.nan, 1.0), (1.5, np.nan)])
def test_infinities_and_nan_come_out_as_from_product_and_sum(kind, a, b):
    x = np.array([-2.0, 0.0, 3.0], dtype=kind)
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(fma(x, a, b), x * kind(a) + kind(b))


def test_factors_too_large_to_be_split_give_finite_results():
    with np.errstate(invalid="ignore", over="ignore"):
        assert fma(np.array([2.0, -0.5]), 1e307, 1e300).tolist() == [2e307 + 1e300, -0.5e307 + 1e300]
