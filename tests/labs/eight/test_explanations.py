"""How eights are counted and what they look like, in numbers."""

import numpy as np
import pytest

from chainrule.labs.eight.explanations import Explanation, explanations
from chainrule.labs.eight.scores import METRICS, Scores
from chainrule.labs.eight.shapes import darkness, loops, pieces, slant


def test_rates_of_no_finds_are_zero_and_not_an_error():
    nothing = Scores.of(np.zeros(10, bool), np.arange(10) == 8)
    assert (nothing.precision, nothing.recall, nothing.f1) == (0.0, 0.0, 0.0)
    assert nothing.accuracy == nothing.baseline == 0.9


def test_what_is_measured_in_training_is_what_the_scores_say():
    rng = np.random.default_rng(0)
    pred, y = rng.random((50, 1)), rng.integers(0, 2, (50, 1)).astype(float)
    rates = Scores.of(pred[:, 0] > 0.5, y[:, 0] == 1).rates()
    assert {name: float(metric(pred, y)) for name, metric in METRICS.items()} == pytest.approx(
        {name: rates[name] for name in METRICS}
    )
    assert list(METRICS) == ["accuracy", "precision", "recall", "f1"]


def test_an_explanation_is_seen_only_beyond_two_standard_errors():
    def seen(mistaken, others):
        return Explanation("", "", "", mistaken, others).seen

    assert seen([1.0, 1.1, 0.9], [0.0, 0.1, -0.1]) == "yes"
    assert seen([1.0, 0.0, 0.0], [0.0, 0.1, -0.1]) == "not clearly"
    assert seen([0.0, 0.0], [0.1, 0.2]) == "no"
    assert seen([1.0], [0.1, 0.2]) == "too few to say"


def test_each_explanation_compares_the_pictures_that_it_speaks_of():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (8, 28, 28), dtype=np.uint8)
    digits = np.array([8, 8, 8, 6, 9, 1, 2, 3])
    taken = np.array([True, True, False, True, False, False, True, False])
    found = explanations(images, digits, taken)
    assert [(len(e.mistaken), len(e.others)) for e in found] == [(1, 2), (1, 2), (1, 2), (2, 3), (3, 5)]
    similar = found[3]
    assert (similar.mistaken, similar.others) == ([100.0, 0.0], [100.0, 0.0, 0.0])


def test_loops_and_pieces_of_drawn_digits():
    eight_drawn = np.zeros((28, 28), np.uint8)
    for top in (4, 12):
        eight_drawn[top : top + 9, 8:17] = 255
        eight_drawn[top + 1 : top + 8, 9:16] = 0
    assert loops(eight_drawn) == 2
    open_eight = eight_drawn.copy()
    open_eight[8, 8] = 0  # a gap in the upper ring
    assert loops(open_eight) == 1
    assert pieces(open_eight) == 1
    open_eight[25, 25] = 255
    assert pieces(open_eight) == 2


def test_slant_is_positive_to_the_right_and_zero_upright():
    y = np.arange(28)
    upright, right, left = (np.zeros((28, 28)) for _ in range(3))
    upright[:, 14] = right[y, 27 - y] = left[y, y] = 255
    assert slant(upright) == pytest.approx(0, abs=1e-9)
    assert slant(right) == pytest.approx(45)
    assert slant(left) == pytest.approx(-45)


def test_thin_lines_are_less_dark():
    thin, thick = np.zeros((28, 28), np.uint8), np.zeros((28, 28), np.uint8)
    thin[:, 14] = 255
    thick[:, 12:17] = 255
    assert darkness(thin) < darkness(thick)
