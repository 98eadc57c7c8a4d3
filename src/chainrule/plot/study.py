"""The figure of a study: what each change brings, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean, median
from typing import TYPE_CHECKING

import numpy as np

from chainrule.plot.style import BLUE, GREY, ORANGE, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOOKS = {"helps": (BLUE, "o"), "hurts": (ORANGE, "v")}
OPEN = (GREY, "s")


def draw_study(
    gains: Mapping[str, Sequence[float]],
    seconds: Mapping[str, Sequence[float]],
    verdicts: Mapping[str, str],
    label: str,
    title: str,
) -> Figure:
    """Draw what changes bring, and what they cost.

    Parameters
    ----------
    gains, seconds : mapping of str to sequence of float
        By the name of the change: by how much it is better from each seed than without the change, and the time.
    verdicts : mapping of str to str
        "helps" or "hurts", where that can be told.
    label : str
        What is gained, with its unit.
    title : str
        What is seen.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(10, 1.6 + 0.36 * len(gains), title)
        gain, time = figure.subplots(1, 2, sharey=True, width_ratios=[2, 1])
        for y, name in enumerate(gains):
            color, marker = LOOKS.get(verdicts.get(name, ""), OPEN)
            seeds, middle, took = gains[name], mean(gains[name]), median(seconds[name])
            gain.plot(seeds, [y] * len(seeds), marker, color=color, markersize=6, markerfacecolor="none")
            gain.plot([middle] * 2, [y - 0.3, y + 0.3], color=color, linewidth=3, solid_capstyle="butt")
            time.barh(y, took, height=0.6, color=color, alpha=0.6)
            time.text(took, y, f" {took:.0f} s", va="center", fontsize=9)
        gain.axvline(0, color="black", linewidth=1)
        gain.set_yticks(np.arange(len(gains)), list(gains))
        gain.invert_yaxis()
        gain.set_title(
            "gain from each seed, and the mean as a line\n"
            "(circles: helps; triangles: hurts; squares: not told apart from chance)"
        )
        gain.set_xlabel(label)
        time.set_title("time of one training\n(median)")
        time.set_xlabel("seconds of a processor")
        time.grid(axis="y", visible=False)
        time.set_axisbelow(True)
        time.margins(x=0.2)
        return figure
