"""Activation functions and their derivatives, compared under the hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

import chainrule as cr
from chainrule import nn
from chainrule.notebooks.extra import widgets
from chainrule.notebooks.figures import beside, line, move, new_figure
from chainrule.notebooks.panel import Panel, control, on_change, say, sentence, side_by_side

Floats = NDArray[np.float64]

FUNCTIONS: dict[str, Callable[[float], nn.Module]] = {
    "sigmoid": lambda alpha: nn.Sigmoid(),
    "tanh": lambda alpha: nn.Tanh(),
    "ReLU": lambda alpha: nn.ReLU(),
    "Leaky ReLU": nn.LeakyReLU,
    "ELU": nn.ELU,
    "softplus": lambda alpha: nn.Softplus(),
    "SiLU": lambda alpha: nn.SiLU(),
    "GELU": lambda alpha: nn.GELU(),
}
WITH_ALPHA = ("Leaky ReLU", "ELU")
LEAK = 0.01  # of Leaky ReLU, where α is that of ELU
POINTS = 401


def curve(function: nn.Module, z: Floats) -> tuple[Floats, Floats]:
    """Return what a layer makes of z, and by its own backward pass the derivative.

    Parameters
    ----------
    function : Module
        Of each number by itself.
    z : ndarray of float64, shape (N,)

    Returns
    -------
    tuple of two ndarray, shape (N,)

    Examples
    --------
    >>> curve(nn.ReLU(), np.array([-1.0, 3.0]))
    (array([0., 3.]), array([0., 1.]))
    """
    x = cr.tensor(z, requires_grad=True)
    a = function(x)
    a.sum().backward()
    return np.asarray(a.detach()), np.asarray(x.grad)


class Curves:
    """Two figures: functions, and their derivatives.

    Parameters
    ----------
    count : int
        Of lines in each.

    Attributes
    ----------
    function, derivative : Figure
    """

    def __init__(self, count: int) -> None:
        self.function, self.derivative = (
            new_figure([line("", i, line_width=3 - 0.5 * i) for i in range(count)], "z", y)
            for y in ("f(z)", "f′(z)")
        )
        self.view = beside(self.function, self.derivative)

    def draw(self, functions: Mapping[str, nn.Module], low: float, high: float) -> None:
        """Draw functions between two ends."""
        z = np.linspace(low, high, POINTS)
        with self.function.drawing(), self.derivative.drawing():
            for i, (name, function) in enumerate(functions.items()):
                for figure, values in zip((self.function, self.derivative), curve(function, z), strict=True):
                    move(figure, i, z, values, name=name)


class Comparison(Panel):
    """Any two activation functions and their derivatives.

    Attributes
    ----------
    first, second : Dropdown
    low, high, alpha : FloatSlider
    curves : Curves

    Examples
    --------
    >>> comparison = Comparison()
    >>> comparison.first.value = "tanh"
    >>> bool(np.all(comparison.curves.function.plot.data[0].y == np.tanh(np.linspace(-5, 5, 401))))
    True
    """

    def __init__(self) -> None:
        self.first = control(widgets.Dropdown, "first", options=list(FUNCTIONS), value="sigmoid")
        self.second = control(widgets.Dropdown, "second", options=list(FUNCTIONS), value="ReLU")
        self.low = control(widgets.FloatSlider, "z from", value=-5, min=-10, max=-0.5, step=0.5)
        self.high = control(widgets.FloatSlider, "z to", value=5, min=0.5, max=10, step=0.5)
        self.alpha = control(widgets.FloatSlider, "α", value=0.1, min=0.01, max=2, step=0.01)
        self.curves, self.note = Curves(2), sentence()
        controls = (self.first, self.second, self.low, self.high, self.alpha)
        super().__init__(side_by_side(*controls), self.curves.view, self.note)
        on_change(self.draw, *controls)
        self.draw()

    def draw(self) -> None:
        """Draw what the controls say."""
        names = (self.first.value, self.second.value)
        named = {name if name not in WITH_ALPHA else f"{name}, α = {self.alpha.value:g}": name for name in names}
        if len(named) == 1:
            named[f"{names[1]} again"] = names[1]
        self.alpha.disabled = not any(name in WITH_ALPHA for name in names)
        unused = f" α is that of {' and '.join(WITH_ALPHA)}." if self.alpha.disabled else ""
        self.curves.draw(
            {k: FUNCTIONS[v](self.alpha.value) for k, v in named.items()}, self.low.value, self.high.value
        )
        say(self.note, " ".join(map(self.on_slope, range(2))) + unused)

    def on_slope(self, i: int) -> str:
        """Say between which bounds a derivative lies in the range that is drawn."""
        trace = self.curves.derivative.plot.data[i]
        return f"{trace.name}: f′ from {trace.y.min():.3g} to {trace.y.max():.3g}."


class ELU(Panel):
    """ELU with a slider for α, beside ReLU and Leaky ReLU.

    Attributes
    ----------
    alpha : FloatSlider
    curves : Curves

    Examples
    --------
    >>> panel = ELU()
    >>> panel.alpha.value = 2.0
    >>> float(panel.curves.function.plot.data[0].y[0].round(4))  # 2 (e⁻⁵ − 1)
    -1.9865
    """

    def __init__(self) -> None:
        self.alpha = control(widgets.FloatSlider, "α of ELU", value=1, min=0.1, max=2, step=0.05)
        self.curves, self.note = Curves(3), sentence()
        self.curves.function.plot.update_yaxes(range=(-2.2, 5.2))  # that stay while α moves
        self.curves.derivative.plot.update_yaxes(range=(-0.1, 2.1))
        super().__init__(side_by_side(self.alpha), self.curves.view, self.note)
        on_change(self.draw, self.alpha)
        self.draw()

    def draw(self) -> None:
        """Draw what the slider says."""
        alpha = self.alpha.value
        functions: dict[str, nn.Module] = {
            f"ELU, α = {alpha:g}": nn.ELU(alpha),
            "ReLU": nn.ReLU(),
            f"Leaky ReLU, α = {LEAK:g}": nn.LeakyReLU(LEAK),
        }
        self.curves.draw(functions, -5, 5)
        (deep, *_), (_, left, right) = curve(nn.ELU(alpha), np.array([-5, -1e-9, 1e-9]))
        say(
            self.note,
            f"With α = {alpha:g}, ELU(−5) = −{-deep:.4g}, close to −α. At 0 the derivative goes from {left:.3g} "
            f"to {right:.3g}: without a jump only for α = 1.",
        )
