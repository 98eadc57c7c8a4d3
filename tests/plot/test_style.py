"""Titles stay on the page, curves at their epochs, and groups of pictures say what they leave out."""

import numpy as np
import pytest

from chainrule.interop import ReferenceRun
from chainrule.plot import (
    Line,
    Panel,
    compare_losses,
    draw_confusion,
    draw_epochs,
    draw_groups,
    side_by_side,
)
from chainrule.plot.style import STATED, cut_off, house_style, new_figure
from chainrule.train import History

LONG = (
    "What the largest of all these networks has learnt by heart is not what any of the smaller ones had to learn "
)


@pytest.mark.parametrize("width", [4, 7, 11])
@pytest.mark.parametrize("words", [1, 3])
def test_a_title_of_any_length_lies_inside_the_figure(width, words):
    with house_style():
        figure = new_figure(width, 3, words * LONG)
        figure.subplots()
    assert cut_off(figure) == []
    assert figure.get_suptitle().replace("\n", " ") == (words * LONG).strip()


def test_a_title_that_is_not_wrapped_is_noticed():
    with house_style():
        figure = new_figure(4, 3)
        figure.suptitle(LONG, x=0.01, ha="left")
    assert cut_off(figure) == [LONG]


def test_the_axes_lose_nothing_to_a_longer_title():
    heights = [new_figure(6, 3, title).get_figheight() for title in ("", "short", LONG)]
    assert heights[0] == heights[1] == 3
    assert heights[2] > 3


def test_lines_stand_at_their_epochs():
    panel = Panel("error", "nat", [Line("ours", [3.0, 2.0], first=0), Line("stated", {5: 1.0}, STATED)])
    (axes,) = draw_epochs([panel], "title").axes
    ours, stated = axes.lines
    assert ours.get_xdata().tolist() == [0, 1]
    assert (stated.get_xdata().tolist(), stated.get_ydata().tolist()) == ([5], [1.0])
    assert axes.get_xlabel() == "epoch"


def test_a_logarithmic_axis_of_one_decade_has_numbers_above_and_below_all_points():
    (axes,) = draw_epochs([Panel("error", "nat", [Line("ours", [0.087, 0.03])], log=True)], "title").axes
    assert axes.get_ylim() == pytest.approx((0.02, 0.1))


def test_a_legend_is_drawn_where_something_new_is_named():
    first, same, other = (Panel(name, "", [Line(label, [1, 2])]) for name, label in zip("abc", "xxy", strict=True))
    figure = draw_epochs([first, same, other], "title")
    assert [axes.get_legend() is not None for axes in figure.axes] == [True, False, True]


def test_pytorch_has_a_line_where_its_run_has_the_measure():
    ours = [{"train_loss": 1.0, "validation_accuracy": 0.5}]
    run = ReferenceRun("ann", {}, "2.13.0", "x86_64", [], [{"epoch": 1, "validation_accuracy": 0.25}])
    assert [line.values for line in side_by_side(ours, run, "validation_accuracy", 100)] == [[50], [25]]
    assert len(side_by_side(ours, run, "train_loss")) == 1


def test_groups_of_pictures_say_when_not_all_are_drawn():
    images = np.zeros((31, 28, 28))
    notes = [str(i) for i in range(31)]
    figure = draw_groups({"missed: 31 of 89": (images, notes), "others": (images[:3], notes[:3])}, "title")
    texts = [text.get_text() for axes in figure.axes for text in axes.texts if text.get_text()]
    assert texts == ["missed: 31 of 89\n(the first 24)", "others"]
    assert sum(bool(axes.images) for axes in figure.axes) == 24 + 3


@pytest.mark.parametrize("reference", [True, False])
def test_figures_of_losses_and_of_confusions_fit_the_page(reference):
    epochs = [{"validation_loss": 2.2 - i, "validation_accuracy": 0.3 + i / 10} for i in (0, 1)]
    theirs = ReferenceRun("ann", {}, "2.13.0", "x86_64", [2.3, 2.2, 2.1, 2.0], epochs)
    ours = History([2.3, 2.2, 2.1, 2.1], epochs)
    assert cut_off(compare_losses(ours, theirs if reference else None, 3 * LONG)) == []
    assert cut_off(draw_confusion(np.arange(9).reshape(3, 3), ["T-shirt/top", "Ankle boot", "Bag"], LONG)) == []
