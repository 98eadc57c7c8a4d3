"""What all interactive parts have in common: where controls and figures stand, and how sentences are said."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from chainrule.notebooks.extra import anywidget, widgets

LABELS = {"description_width": "8.5em"}
WIDTH = "26em"  # of a column of controls, at least


class Assets(anywidget.AnyWidget):  # type: ignore[misc]
    """The style sheet of a panel, and the script that gives its sliders names that can be heard."""

    _css = Path(__file__).with_name("panel.css")
    _esm = Path(__file__).with_name("panel.js")


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
    >>> Panel(sentence("2 of 3")).view.children[0].value
    '<div>2 of 3</div>'
    """

    def __init__(self, *rows: Any) -> None:
        self.view = widgets.VBox([*rows, Assets()])
        self.view.add_class("chainrule")

    def _repr_mimebundle_(self, **options: Any) -> Any:
        words = f"{type(self).__name__}: run this cell to see it."  # where there is no kernel
        return self.view._repr_mimebundle_(**options) | {"text/plain": words}


def row(*children: Any) -> Any:
    """Return widgets in a row that becomes several where the page is narrow.

    Examples
    --------
    >>> row(widgets.Button(), widgets.Button()).layout.flex_flow
    'row wrap'
    """
    return widgets.Box(children, layout=widgets.Layout(flex_flow="row wrap", align_items="center", width="100%"))


def side_by_side(*controls: Any) -> Any:
    """Return controls in columns, in as many as there is room for: on a telephone, in one.

    Examples
    --------
    >>> len(side_by_side(widgets.Text(), widgets.Text()).children)
    2
    """
    columns = f"repeat(auto-fill, minmax(min(100%, {WIDTH}), 1fr))"
    layout = widgets.Layout(grid_template_columns=columns, width="100%", align_items="center")
    return widgets.GridBox(controls, layout=layout)


def control(kind: Callable[..., Any], description: str, **options: Any) -> Any:
    """Return a control with a label, as wide as its column.

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
    layout = widgets.Layout(width="auto", min_width="0")
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


def discard(*parts: Any) -> None:
    """Let go of widgets, here and on the page.

    Examples
    --------
    >>> slider = widgets.IntSlider()
    >>> discard(slider)
    >>> slider.comm is slider.layout.comm is slider.style.comm is None
    True
    """
    for part in parts:
        for widget in (getattr(part, "style", None), part.layout, part):
            if widget is not None:
                widget.close()


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
