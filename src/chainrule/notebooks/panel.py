"""What all interactive parts have in common: where controls and figures stand, and how sentences are said."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from chainrule.notebooks.extra import widgets

# Colours are those of the page's theme, light or dark: Plotly's own are for one of them. What is wide scrolls by
# itself, so that the page stays as wide as a telephone.
STYLE = """<style>
.chainrule { max-width: 100%; overflow: hidden; }
.chainrule .js-plotly-plot .main-svg > :not(.hoverlayer) text { fill: var(--jp-ui-font-color1) !important; }
.chainrule .js-plotly-plot :is(.gridlayer, .zerolinelayer) path { stroke: var(--jp-border-color2) !important; }
[data-jp-theme-light="false"] .chainrule .js-plotly-plot :is(.lines, .points, .legendlines, .legendsymbols) {
  filter: brightness(1.5); }
.chainrule .widget-html-content { line-height: 1.45; white-space: normal; }
.chainrule .widget-html { margin: 2px 0; }
.chainrule .wrong { border-left: 4px solid #D55E00; padding-left: .6em; }
.chainrule .stale { opacity: .5; }
.chainrule .strip { aspect-ratio: 4.4; margin: 0; overflow: hidden; }
[data-jp-theme-light="false"] .chainrule select { background-image:
  url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 18 18'%3E\
%3Cpath d='M5 7l4 4 4-4z' fill='white'/%3E%3C/svg%3E") !important; }
.chainrule .wide { overflow-x: auto; }
.chainrule table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.chainrule :is(th, td) { padding: .15em .7em; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--jp-border-color2); color: var(--jp-ui-font-color1); background: none; }
.chainrule mjx-container[display] { overflow-x: auto; overflow-y: hidden; max-width: 100%; padding: .2em 0;
  text-align: left !important; }
.chainrule .widget-toggle-buttons { width: auto; }
</style>"""

LABELS = {"description_width": "8.5em"}


class Panel:
    """An interactive part: what a cell shows whose last line it is.

    Parameters
    ----------
    *rows : widget

    Attributes
    ----------
    view : VBox
        Its widgets.

    Examples
    --------
    >>> Panel(sentence("2 of 3")).view.children[1].value
    '<div>2 of 3</div>'
    """

    def __init__(self, *rows: Any) -> None:
        self.view = widgets.VBox([widgets.HTML(STYLE), *rows])
        self.view.add_class("chainrule")

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.view._repr_mimebundle_(**options)


def side_by_side(*children: Any) -> Any:
    """Return a row that becomes several where the page is narrow: controls, or figures.

    Examples
    --------
    >>> side_by_side(widgets.Button(), widgets.Button()).layout.flex_flow
    'row wrap'
    """
    return widgets.Box(children, layout=widgets.Layout(flex_flow="row wrap", align_items="center", width="100%"))


def control(kind: Callable[..., Any], description: str, **options: Any) -> Any:
    """Return a control with a label, no wider than a telephone.

    Parameters
    ----------
    kind : callable
        A class of ipywidgets.
    description : str
    **options
        Of that class.

    Examples
    --------
    >>> control(widgets.IntSlider, "epochs", value=3, max=10).value
    3
    """
    layout = widgets.Layout(flex="1 1 20em", max_width="26em", min_width="0")
    return kind(description=description, style=LABELS, layout=layout, **options)


def button(description: str, on_click: Callable[[], None], **options: Any) -> Any:
    """Return a button.

    Examples
    --------
    >>> pressed = []
    >>> button("Run", lambda: pressed.append(1)).click()
    >>> pressed
    [1]
    """
    made = widgets.Button(description=description, layout=widgets.Layout(width="auto"), **options)
    made.on_click(lambda _: on_click())
    return made


def on_change(react: Callable[[], None], *controls: Any) -> None:
    """Call a function whenever the value of one of these controls has changed.

    Examples
    --------
    >>> slider, seen = widgets.IntSlider(1), []
    >>> on_change(lambda: seen.append(slider.value), slider)
    >>> slider.value = 5
    >>> seen
    [5]
    """
    for one in controls:
        one.observe(lambda _: react(), "value")


def sentence(text: str = "") -> Any:
    """Return a place for a sentence.

    Examples
    --------
    >>> place = sentence()
    >>> say(place, "1 < 2", wrong=True)
    >>> place.value
    '<div class="wrong" role="alert">1 &lt; 2</div>'
    """
    place = widgets.HTML(layout=widgets.Layout(width="100%"))
    if text:
        say(place, text)
    return place


def say(place: Any, text: str, *, wrong: bool = False) -> None:
    """Say something in plain words, which may be that something is wrong."""
    kind = ' class="wrong" role="alert"' if wrong else ""
    place.value = f"<div{kind}>{escape(text, quote=False)}</div>"


def show_table(place: Any, rows: list[dict[str, str]]) -> None:
    """Show rows of a table that all have the same keys.

    Examples
    --------
    >>> place = sentence()
    >>> show_table(place, [{"run": "1", "accuracy": "80 %"}])
    >>> "<td>80 %</td>" in place.value
    True
    """
    head = "".join(f"<th>{escape(name)}</th>" for name in rows[0])
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row.values())}</tr>" for row in rows)
    place.value = f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
