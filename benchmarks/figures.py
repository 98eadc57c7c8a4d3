"""The figures of the page: who is faster by how much, and how that changes along a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from benchmarks.reports import Report, find, share
from benchmarks.works import CAPTURED, COMPILED, EAGER, FLOOR, FUSED, JAX, PYTORCH, SKLEARN
from chainrule.plot.style import BLUE, GREY, ORANGE, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RATIO_TICKS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)
NEAR_TICKS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.2, 1.5, 2, 3, 5, 10)
ROOM = 2.5  # rows between two works, for the title

# Of Okabe and Ito's colours; markers and dashes tell the lines apart in grey print, too.
LOOKS: dict[str, dict[str, Any]] = {
    CAPTURED: {"color": BLUE, "linewidth": 2.4, "marker": "o"},
    EAGER: {"color": "#56B4E9", "linewidth": 1.6, "marker": "s", "linestyle": "--"},
    PYTORCH: {"color": ORANGE, "linewidth": 1.6, "marker": "^"},
    FUSED: {"color": "#E69F00", "linewidth": 1.1, "marker": "v", "linestyle": "--"},
    COMPILED: {"color": "#CC79A7", "linewidth": 1.1, "marker": "D", "linestyle": "-."},
    JAX: {"color": "#009E73", "linewidth": 1.1, "marker": "P"},
    SKLEARN: {"color": "black", "linewidth": 1.1, "marker": "x", "linestyle": "-."},
    FLOOR: {"color": GREY, "linewidth": 1.1, "marker": "", "linestyle": ":"},
}


def overview(reports: Sequence[Report], title: str) -> Figure:
    """Draw the ratio of captured steps to each peer, work by work: bars to the left of 1 are faster.

    Parameters
    ----------
    reports : sequence of dict
        Of one case each.
    title : str
        What is seen.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        half = (len(reports) + 1) // 2
        columns = [reports[:half], reports[half:]]
        heights = [[len(_captured(report)) + ROOM for report in column] for column in columns]
        rows = max(map(sum, heights))
        figure = new_figure(11, 0.22 * rows + 1)
        outer = figure.add_gridspec(1, 2)
        shared: Axes | None = None
        for i, column in enumerate(columns):
            left_over = rows - sum(heights[i])  # so that bars are equally broad in both columns
            ratios = [*heights[i], *([left_over] if left_over else [])]
            grid = outer[i].subgridspec(len(ratios), 1, height_ratios=ratios)
            for j, report in enumerate(column):
                axes = figure.add_subplot(grid[j], sharex=shared)
                shared = shared or axes
                _bars(axes, report)
            if column:
                axes.set_xlabel("time of a captured step / time of the peer's step")
        figure.suptitle(title, x=0.01, ha="left", fontsize=13)
        return figure


def _captured(report: Report) -> list[dict[str, Any]]:
    (case,) = report["cases"]
    return [ratio for ratio in case["ratios"] if ratio["side"] == CAPTURED]


def _bars(axes: Axes, report: Report) -> None:
    ratios = _captured(report)
    for y, ratio in enumerate(ratios):
        median, quartiles = ratio["median"], ratio["quartiles"]
        colour = GREY if ratio["peer"] == FLOOR else BLUE if median <= 1 else ORANGE
        axes.barh(y, median - 1, left=1, height=0.72, color=colour, alpha=0.75)
        axes.plot(quartiles, [y, y], color="black", linewidth=1.2, solid_capstyle="butt")
        if "promise" in ratio:
            axes.plot(ratio["promise"], y, "|", color="black", markersize=12, markeredgewidth=2)
        axes.text(1.01, y, f"{median:.2f}", transform=axes.get_yaxis_transform(), va="center", fontsize=9)
    axes.set_xscale("log")
    axes.axvline(1, color="black", linewidth=0.8)
    _ticks(axes.xaxis, RATIO_TICKS)
    axes.set_yticks(range(len(ratios)), [ratio["peer"] for ratio in ratios])
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_axisbelow(True)
    axes.set_title(report["title"].partition(":")[0], fontsize=10, fontweight="bold")


def sweep(training: Report, inference: Report, titles: tuple[str, str]) -> Figure:
    """Draw the time of a step along a sweep, and below it as a share of PyTorch eager's.

    Parameters
    ----------
    training, inference : dict
        Reports of the two sweeps along the same axis, in which PyTorch eager took part.
    titles : (str, str)
        What is seen in each.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with house_style():
        figure = new_figure(11, 7.5)
        grid = figure.add_gridspec(2, 2, height_ratios=[1.15, 1])
        tops: list[Axes] = []
        bottoms: list[Axes] = []
        for i, (report, title) in enumerate(zip((training, inference), titles, strict=True)):
            top = figure.add_subplot(grid[0, i], sharey=tops[0] if tops else None)
            bottom = figure.add_subplot(grid[1, i], sharex=top, sharey=bottoms[0] if bottoms else None)
            _times(top, report)
            _shares(bottom, report)
            top.set_title(title, fontsize=10)
            top.tick_params(labelbottom=False)
            bottom.tick_params(axis="x", labelsize=8)
            bottom.set_xlabel(report["axis"])
            tops.append(top)
            bottoms.append(bottom)
        tops[0].set_ylabel("time of a step / µs")
        bottoms[0].set_ylabel("time / PyTorch eager's")
        handles = {line.get_label(): line for axes in tops for line in axes.get_lines()}
        figure.legend(
            list(handles.values()), [str(label) for label in handles], loc="outside lower center", ncols=4
        )
        return figure


def _times(axes: Axes, report: Report) -> None:
    x = [case["x"] for case in report["cases"]]
    for side in report["cases"][0]["seconds_per_step"]:
        medians = [1e6 * case["seconds_per_step"][side]["median"] for case in report["cases"]]
        axes.plot(x, medians, label=side, markersize=5, **LOOKS[side])
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    _ticks(axes.xaxis, x)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def _shares(axes: Axes, report: Report) -> None:
    """Draw each side's share of PyTorch eager's time; of captured steps also the quartiles and the promise."""
    cases = report["cases"]
    x = [case["x"] for case in cases]
    for side in cases[0]["seconds_per_step"]:
        if side not in (PYTORCH, FLOOR):
            medians = [share(case, side, PYTORCH)["median"] for case in cases]
            axes.plot(x, medians, markersize=5, **LOOKS[side])
    axes.axhline(1, color=LOOKS[PYTORCH]["color"], linewidth=LOOKS[PYTORCH]["linewidth"])
    ratios = [ratio for case in cases if (ratio := find(case, CAPTURED, PYTORCH))]
    low, high = zip(*(ratio["quartiles"] for ratio in ratios), strict=True)
    axes.fill_between(x, low, high, color=BLUE, alpha=0.2, linewidth=0)
    if all("promise" in ratio for ratio in ratios):
        axes.plot(x, [ratio["promise"] for ratio in ratios], "_", color="black", markersize=11, markeredgewidth=2)
    axes.set_yscale("log")
    least, most = axes.get_ylim()
    axes.set_ylim(min(least, 0.5), max(most, 1.2))  # a tenth looks like one in all figures
    _ticks(axes.yaxis, NEAR_TICKS)


def _ticks(axis: Any, values: Sequence[float]) -> None:
    """Put ticks at these values, in plain numbers."""
    axis.set_major_locator(FixedLocator(values))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
