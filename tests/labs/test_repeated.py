"""Verdicts over seeds know of chance; and one changed bit is one bit."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.labs.repeated import MORE, OPEN, expected, paired, student
from chainrule.labs.rounding import Rounding, nudge

DRAWS = 4000


@pytest.mark.parametrize("seeds", [2, 3, 5, 15])
def test_without_an_effect_one_in_twenty_comparisons_is_told_apart(seeds):
    rng = np.random.default_rng(seeds)
    told = [paired(rng.normal(size=seeds), rng.normal(size=seeds)).verdict != OPEN for _ in range(DRAWS)]
    assert np.mean(told) == pytest.approx(0.05, abs=0.015)


def test_an_effect_that_is_large_beside_its_spread_is_told_apart():
    assert paired([2.0, 2.1, 1.9], [1.0, 1.0, 1.0]).verdict == MORE
    assert paired([2.0, 2.1, 0.5], [1.0, 1.0, 1.0]).verdict == OPEN


def test_one_seed_and_no_difference_tell_nothing():
    assert paired([2.0], [1.0]).verdict == OPEN
    assert paired([1.0, 1.0], [1.0, 1.0]).verdict == OPEN


def test_one_more_value_falls_where_it_is_expected_95_times_in_100():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(DRAWS, 4))
    inside = [low <= value <= high for *seen, value in values for low, high in [expected(seen)]]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.015)


def test_t_falls_with_the_number_of_values():
    quantiles = [student(n) for n in range(1, 40)]
    assert quantiles == sorted(quantiles, reverse=True)
    assert quantiles[0] == float("inf")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_nudge_changes_the_last_bit_of_one_weight_in_the_middle_of_the_picture(dtype):
    layer = cr.nn.Linear(784, 5, dtype=getattr(cr, dtype))
    before = np.asarray(layer.weight).copy()
    nudge(layer.weight, None)
    assert np.array_equal(np.asarray(layer.weight), before)
    nudge(layer.weight, 2)
    ((row, pixel),) = np.argwhere(np.asarray(layer.weight) != before)
    assert (row, *divmod(pixel, 28)) == (2, 14, 14)
    assert np.asarray(layer.weight)[row, pixel] == np.nextafter(before[row, pixel], before.dtype.type(np.inf))


def test_rounding_explains_what_is_of_its_size():
    rounding = Rounding([{"steps": [1.0, 1.0]}, {"steps": [1.0, 1.001]}, {"steps": [1.0, 0.9995]}])
    assert rounding.apart() == pytest.approx([1e-3, 5e-4])
    assert rounding.apart(last=1) == pytest.approx([1e-3, 5e-4])
    assert "of that size" in rounding.sentence(1.5e-3)
    assert "does not explain" in rounding.sentence(0.1)
