"""Pictures of the plane show what a network says of it."""

import numpy as np
import pytest
from PIL import Image

from chainrule.plot.film import DURATION, LAST, STRIP, Film, Frame, draw_strip
from chainrule.plot.plane import RESOLUTION, Panel, Region, RegionAxes, show_growth, show_regions
from chainrule.plot.style import new_figure

SQUARE = Region(np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]), np.array([0, 0, 1, 2]))


def of_the_right_half(classes=2):
    """Say that class 1 is on the right, with more confidence the further."""
    right = 1 / (1 + np.exp(-3 * SQUARE.grid()[:, :1].astype(float)))
    return np.hstack([1 - right, right, *[np.zeros_like(right)] * (classes - 2)])


def frames(epochs):
    both = {"training": 0.5, "validation": 0.6}
    return [Frame(epoch, of_the_right_half(3), both, both) for epoch in epochs]


def test_the_grid_goes_row_by_row_around_all_points():
    grid = SQUARE.grid()
    assert grid.shape == (RESOLUTION**2, 2)
    assert (grid.min(0) < -1).all()
    assert (grid.max(0) > 1).all()
    assert np.ptp(grid[:RESOLUTION, 1]) == 0


@pytest.mark.parametrize("classes", [2, 3])
def test_the_boundary_is_where_two_classes_tie(classes):
    panel = RegionAxes(new_figure(2, 2).subplots(), SQUARE)
    panel.draw(of_the_right_half(classes))
    drawn = [path.vertices for line in panel._lines for path in line.get_paths() if len(path.vertices)]
    assert drawn
    assert all(np.abs(vertices[:, 0]).max() < 1e-6 for vertices in drawn)


def test_a_region_has_the_colour_of_its_class_and_doubt_is_white():
    panel = RegionAxes(new_figure(2, 2).subplots(), SQUARE)
    panel.draw(of_the_right_half())
    row = np.asarray(panel._image.get_array())[0]
    assert row[0, 2] > row[0, 0]  # blue on the left
    assert row[-1, 0] > row[-1, 2]  # orange on the right
    assert row[RESOLUTION // 2].min() > 0.97


def test_where_one_class_has_everything_there_is_no_boundary():
    panel = RegionAxes(new_figure(2, 2).subplots(), SQUARE)
    panel.draw(np.tile([0.9, 0.1], (RESOLUTION**2, 1)))
    assert panel._lines == []


def test_every_network_has_a_panel():
    panel = Panel(SQUARE, of_the_right_half(3), "a network")
    figure = show_regions([[panel] * 3, [panel] * 3], ["above", "below"], "title")
    assert [axes.get_ylabel() for axes in figure.axes] == ["above", "", "", "below", "", ""]
    values = {"training": [0.2, 0.1], "validation": [0.2, 0.3]}
    grown = show_growth([panel, panel], [9, 4417], values, values, "title")
    assert len(grown.axes) == 4
    assert [label.get_text() for label in grown.axes[2].get_xticklabels()] == ["9", "4,417"]


def test_a_film_has_its_frames_and_leaves_nothing_behind_when_a_training_fails(tmp_path):
    def shoot(path, fails):
        with Film(path, SQUARE, "A square", "loss / nat", epochs=3) as film:
            for frame in frames([0, 1, 3]):
                film.add(frame)
            if fails:
                raise RuntimeError("the training failed")

    with pytest.raises(RuntimeError, match="failed"):
        shoot(tmp_path / "failed.gif", fails=True)
    assert list(tmp_path.iterdir()) == []
    shoot(tmp_path / "film.gif", fails=False)
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 3
        times = []
        for i in range(3):
            film.seek(i)
            times.append(film.info["duration"])
    assert times == [DURATION, DURATION, LAST]


def test_a_strip_begins_before_training_and_ends_with_the_last_frame():
    figure = draw_strip(frames(range(12)), SQUARE, "title", "loss / nat")
    titles = [axes.get_title(loc="left") for axes in figure.axes[:STRIP]]
    assert titles[0] == "before training"
    assert titles[-1] == "epoch 11"
