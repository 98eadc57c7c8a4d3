"""Tasks in the plane: what is drawn has the shape, the balance and the noise that are asked for."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.datasets import two_dimensional as recipes

CLASSIFIED = [
    recipes.make_classification,
    recipes.make_moons,
    recipes.make_circles,
    recipes.make_spiral,
    recipes.make_xor,
]


def seeded(seed=0):
    return cr.Generator().manual_seed(seed)


@pytest.mark.parametrize("make", CLASSIFIED)
@pytest.mark.parametrize("n", [0, 1, 7, 100])
def test_points_have_the_shape_that_networks_take(make, n):
    X, y = make(n, generator=seeded())
    assert X.shape == (n, 2)
    assert X.dtype == np.float32
    assert y.shape == (n,)
    assert y.dtype == np.int64


@pytest.mark.parametrize("make", CLASSIFIED)
def test_a_seed_gives_the_same_points_and_another_seed_others(make):
    first, again, other = (make(50, generator=seeded(s)) for s in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize("make", CLASSIFIED)
def test_without_a_generator_the_default_one_draws(make):
    cr.manual_seed(5)
    X, _ = make(20)
    assert np.array_equal(X, make(20, generator=seeded(5))[0])


def test_classes_are_balanced_and_shuffled():
    _, y = recipes.make_moons(101, generator=seeded())
    assert sorted(np.bincount(y)) == [50, 51]
    assert 0 < y[:50].sum() < 50


def test_flip_y_draws_that_share_of_labels_anew_and_half_of_them_come_out_wrong():
    X, y = recipes.make_classification(20_000, flip_y=0.2, generator=seeded())
    X_clean, y_clean = recipes.make_classification(20_000, flip_y=0, generator=seeded())
    assert np.array_equal(X, X_clean)
    assert np.mean(y != y_clean) == pytest.approx(0.1, abs=0.01)


def test_without_wrong_labels_each_class_has_two_clusters_around_corners():
    X, y = recipes.make_classification(20_000, flip_y=0, class_sep=3, generator=seeded())
    corners = np.sign(X)
    for corner in recipes.CORNERS:
        here = (corners == corner).all(1)
        assert np.bincount(y[here], minlength=2).max() > 0.9 * here.sum()
    assert np.abs(X.mean(0)).max() < 0.1


def test_no_feature_alone_tells_the_exclusive_or():
    X, y = recipes.make_xor(20_000, noise=0, generator=seeded())
    assert all(abs(np.corrcoef(X[:, i], y)[0, 1]) < 0.03 for i in (0, 1))
    assert np.array_equal(X[:, 0] * X[:, 1] < 0, y == 1)


def test_circles_lie_within_one_another():
    X, y = recipes.make_circles(1000, noise=0.02, factor=0.4, generator=seeded())
    radius = np.hypot(*X.T)
    assert radius[y == 1].max() < 0.6 < radius[y == 0].min()


def test_moons_can_not_be_told_apart_by_a_line_but_are_apart():
    X, y = recipes.make_moons(400, noise=0, generator=seeded())
    line = np.linalg.lstsq(np.column_stack([X, np.ones(len(X))]), 2.0 * y - 1, rcond=None)[0]
    assert np.mean((np.column_stack([X, np.ones(len(X))]) @ line > 0) != y) > 0.05
    gaps = np.linalg.norm(X[y == 0][:, None] - X[y == 1][None], axis=2)
    assert gaps.min() > 0.2


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_a_spiral_has_an_arm_for_each_class(classes):
    X, y = recipes.make_spiral(300, classes=classes, noise=0, generator=seeded())
    assert np.bincount(y).size == classes
    turned = np.arctan2(X[:, 1], X[:, 0]) - 2 * np.pi * (0.6 * np.hypot(*X.T) + y / classes)
    assert np.allclose(np.cos(turned), 1, atol=1e-4)


def test_the_waves_outliers_all_lie_above_it():
    x, y = recipes.make_wave(5000, noise=0, outliers=0.1, generator=seeded())
    off = (y - np.sin(np.pi * x))[:, 0]
    assert np.mean(off > 0.9) == pytest.approx(0.1, abs=0.02)
    assert off.min() > -1e-6
    assert x.shape == y.shape == (5000, 1)


@pytest.mark.parametrize("make", [*CLASSIFIED, recipes.make_wave])
def test_a_negative_number_of_points_is_refused(make):
    with pytest.raises(ValueError, match="n_samples from 0 on, got -1"):
        make(-1, generator=seeded())


@pytest.mark.parametrize("make", [*CLASSIFIED[1:], recipes.make_wave])
@pytest.mark.parametrize("noise", [-0.1, float("nan")])
def test_noise_that_is_no_standard_deviation_is_refused(make, noise):
    with pytest.raises(ValueError, match=f"noise from 0 on, got {noise}"):
        make(noise=noise, generator=seeded())


def test_shares_outside_0_and_1_and_spirals_without_arms_are_refused():
    with pytest.raises(ValueError, match=r"flip_y between 0 and 1, got 1\.5"):
        recipes.make_classification(flip_y=1.5)
    with pytest.raises(ValueError, match=r"outliers between 0 and 1, got -0\.1"):
        recipes.make_wave(outliers=-0.1)
    with pytest.raises(ValueError, match="at least one class, got 0"):
        recipes.make_spiral(classes=0)
