"""The calculations by hand, with inputs and weights that can be edited."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chainrule.derivations import Derivation
from chainrule.derivations.examples import NEURON, THREE_TWO_ONE, TWO_THREE_ONE, TWO_TWO_ONE
from chainrule.derivations.network import ACTIVATIONS, Network, explain_file
from chainrule.labs.words import counted
from chainrule.notebooks.extra import widgets
from chainrule.notebooks.fields import matrix, numbers, written
from chainrule.notebooks.panel import Panel, control, discard, on_change, say, sentence, side_by_side

Given = dict[str, Any]


def _given(network: Network, x: list[float], **more: Any) -> Given:
    return {**vars(network), "x": x, **more}


LOSS_NAMES = {
    "half": "half squared error",
    "mse": "mean squared error",
    "l1": "mean absolute error",
    "bce": "binary cross-entropy",
    "bce_with_logits": "binary cross-entropy of logits",
    "cross_entropy": "cross-entropy",
}
POINT = "a number has a point, as in 0.1, and commas stand between numbers"
STEP: Given = {"y": [0.8], "loss": "half"}
EXAMPLES: dict[str, Given] = {
    "one neuron": _given(Network([NEURON[0]], [NEURON[1]], ["sigmoid"]), [2.0, -1.0]),
    "2-3-1, forward": _given(TWO_THREE_ONE, [0.5, -0.3]),
    "2-2-1, a step of training": _given(TWO_TWO_ONE, [0.1, 0.2], **STEP, lr=0.1),
    "3-2-1, forward (exercise)": _given(THREE_TWO_ONE, [0.2, -0.1, 0.5]),
    "3-2-1, backward (exercise)": _given(THREE_TWO_ONE, [0.2, -0.1, 0.5], **STEP),
}


class ByHand(Panel):
    """A small network whose inputs, weights and target can be edited, and every number of a step of it.

    Parameters
    ----------
    example : str
        A key of ``EXAMPLES``: what stands in the fields at first.

    Attributes
    ----------
    example : Dropdown
    fields : dict of str to widget
        ``"x"``; for each layer ``"W1"``, ``"b1"``, ``"f1"``; ``"y"``, ``"loss"`` and ``"lr"``.
    digits : IntSlider
    section : ToggleButtons
        Which part of the derivation is shown.
    derivation : Derivation or None
        What is shown: the last that could be computed from the fields.
    note : HTML
        The sentence that says why the fields can't be computed with.

    Examples
    --------
    >>> panel = ByHand("one neuron")
    >>> panel.fields["x"].value = "2, 1"
    >>> round(panel.derivation["z⁽¹⁾"], 4)
    0.8
    """

    def __init__(self, example: str = "2-2-1, a step of training") -> None:
        self.example = control(widgets.Dropdown, "example", options=list(EXAMPLES), value=example)
        self.digits = control(widgets.IntSlider, "places", value=4, min=1, max=10)
        self.fields: dict[str, Any] = {}
        self.derivation: Derivation | None = None
        self.section = widgets.ToggleButtons(style={"button_width": "auto"})
        self.note, self.output, self._form = sentence(), widgets.Output(), widgets.VBox()
        above = side_by_side(self.example, self.digits)
        super().__init__(above, self._form, self.note, self.section, self.output)
        on_change(self.begin, self.example)
        on_change(self.derive, self.digits)
        on_change(self.show, self.section)
        self.begin()

    def begin(self) -> None:
        """Put the example into the fields."""
        given = EXAMPLES[self.example.value]
        layers = list(zip(given["weights"], given["biases"], given["activations"], strict=True))
        self.fields = {"x": _text("x", given["x"])}
        rows = [[self.fields["x"]]]
        for i, (W, b, name) in enumerate(layers, 1):
            choice = control(
                widgets.Dropdown, f"activation {i}", options=["none", *ACTIVATIONS], value=name or "none"
            )
            own = {f"W{i}": _text(f"W⁽{_raised(i)}⁾", W), f"b{i}": _text(f"b⁽{_raised(i)}⁾", b), f"f{i}": choice}
            self.fields |= own
            rows.append(list(own.values()))
        losses = [(words, name) for name, words in LOSS_NAMES.items()]
        last = {
            "y": _text("target y", given.get("y"), placeholder="empty: forward only"),
            "loss": control(widgets.Dropdown, "loss", options=losses, value="half"),
            "lr": _text("learning rate η", given.get("lr"), placeholder="empty: no update"),
        }
        self.fields |= last
        before = self._form.children
        self._form.children = [side_by_side(*row) for row in [*rows, list(last.values())]]
        for row in before:
            discard(*row.children, row)
        on_change(self.derive, *self.fields.values())
        self.derive()

    def derive(self) -> None:
        """Derive every number of what stands in the fields, or say why that can't be done."""
        try:
            self.derivation = explain_file(json.dumps(self.given()), self.digits.value)
        except ValueError as error:
            say(self.note, f"{error}. What is shown below is from before.", wrong=True)
            self.output.add_class("stale")
            return
        self.output.remove_class("stale")
        say(self.note, self.derivation.note)
        titles = [section.title for section in self.derivation.sections]
        if titles != list(self.section.options):
            before = self.section.value
            self.section.options = titles
            self.section.value = before if before in titles else "Forward"
        self.show()

    def show(self) -> None:
        """Show the chosen section of the derivation, if there is one."""
        if self.derivation is not None and self.section.value is not None:
            chosen = [section for section in self.derivation.sections if section.title == self.section.value]
            part = replace(self.derivation, sections=chosen)
            data = {"text/markdown": _without_title(part.markdown()), "text/plain": str(part)}
            self.output.outputs = ({"output_type": "display_data", "data": data, "metadata": {}},)

    def given(self) -> Given:
        """Return what stands in the fields, as ``explain_file`` takes it.

        Raises
        ------
        ValueError
            If a field holds no numbers, or as many as don't fit the others.
        """
        text = {name: field.value for name, field in self.fields.items()}
        layers = range(1, sum(name.startswith("W") for name in text) + 1)
        given: Given = {
            "weights": [matrix(f"W⁽{_raised(i)}⁾", text[f"W{i}"]) for i in layers],
            "biases": [numbers(f"b⁽{_raised(i)}⁾", b) if (b := text[f"b{i}"]).strip() else None for i in layers],
            "activations": [None if text[f"f{i}"] == "none" else text[f"f{i}"] for i in layers],
            "x": numbers("x", text["x"]),
        }
        given |= _target(text)
        _fit(given)
        return given


def _target(text: Mapping[str, str]) -> Given:
    """Return target, loss and learning rate, as far as there are any."""
    if not text["y"].strip():
        return {}
    found: Given = {"y": numbers("target y", text["y"]), "loss": text["loss"]}
    if text["loss"] == "cross_entropy":
        if len(found["y"]) > 1 or not found["y"][0].is_integer():
            raise ValueError(f"target y expected the number of a class for cross-entropy, got {text['y']!r}")
        found["y"] = int(found["y"][0])
    if text["lr"].strip():
        rates = numbers("learning rate η", text["lr"])
        if len(rates) > 1 or rates[0] < 0:
            raise ValueError(f"learning rate η expected one number from 0 on, got {text['lr']!r}: {POINT}")
        found["lr"] = rates[0]
    return found


def _fit(given: Given) -> None:
    """Hold the numbers of numbers in the fields against one another."""
    before = "x", len(given["x"]), "number"
    for i, (W, b) in enumerate(zip(given["weights"], given["biases"], strict=True), 1):
        name = f"W⁽{_raised(i)}⁾"
        _agree(before, (name, len(W[0]), "column"))
        before = name, len(W), "row"
        if b is not None:
            _agree(before, (f"b⁽{_raised(i)}⁾", len(b), "number"))
    if isinstance(given.get("y"), list):
        _agree(before, ("target y", len(given["y"]), "number"))


def _agree(one: tuple[str, int, str], other: tuple[str, int, str]) -> None:
    """Refuse two counts that differ."""
    if one[1] != other[1]:
        first, second = (f"{name} has {counted(count, what)}" for name, count, what in (one, other))
        raise ValueError(f"{first}, and {second}, which should be equal ({POINT})")


def _text(label: str, value: Any, **options: Any) -> Any:
    return control(widgets.Text, label, value=written(value), continuous_update=False, **options)


def _raised(i: int) -> str:
    return "⁰¹²³⁴⁵⁶⁷⁸⁹"[i]


def _without_title(text: str) -> str:
    """Return the Markdown of a section without the titles before it, which the page has elsewhere."""
    return text.partition("\n## ")[2].partition("\n")[2]
