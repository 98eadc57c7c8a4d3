"""The update of the parameters, number by number, as the optimiser computes it, on copies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.derivations.expression import Expr, Fn, Frac, Leaf, Sym, expr, maximum, product
from chainrule.derivations.names import At, Gradient, Quantity
from chainrule.derivations.steps import Equation, Line, Step, Values
from chainrule.ops import Array
from chainrule.optim import SGD, Adam, Optimizer
from chainrule.tensor import Tensor


@dataclass
class Update:
    """What an optimiser does to one parameter.

    Attributes
    ----------
    options : dict
        Those of the parameter's group.
    before, after : dict of str to ndarray
        The state by name, and the parameter itself under "p".
    steps : int
        How many updates there have been before.
    """

    options: dict[str, Any]
    before: dict[str, Array]
    after: dict[str, Array]
    steps: int


def update_of(optimizer: Optimizer, parameter: Tensor, grad: Array) -> Update | None:
    """Compute the update of one parameter on copies; None if the optimiser does not have it."""
    for group in optimizer.param_groups:
        if any(p is parameter for p in group["params"]):
            break
    else:
        return None
    state = optimizer.state.get(parameter, {})
    steps = int(state["step"].item()) if "step" in state else int(bool(state))
    twin, p = copy(optimizer), Tensor(parameter.array.copy(), requires_grad=True)
    twin.param_groups = [{**group, "params": [p]}]
    twin.state = defaultdict(dict)
    twin.state[p].update({name: Tensor(t.array.copy()) for name, t in state.items()})
    p.grad = Tensor(grad.reshape(p.shape))
    twin.step()
    after = {name: t.array for name, t in twin.state[p].items() if t.shape == p.shape}
    zeros = np.zeros_like(p.array)
    before = {name: state[name].array.copy() if name in state else zeros for name in after}
    return Update(group, before | {"p": parameter.array.copy()}, after | {"p": p.array}, steps)


class Written:
    """How an update is written down: general formulas, and the lines of one number."""

    def note(self, options: dict[str, Any]) -> str:
        """Return the options that take part."""
        raise NotImplementedError

    def lines(self, update: Update, p: Sym, g: Leaf, at: At) -> list[Line]:
        """Return the lines that end in the new value of the number ``p`` with gradient ``g``."""
        raise NotImplementedError


class WrittenSGD(Written):
    """p ← p − η g, with the options of :class:`chainrule.optim.SGD`."""

    def note(self, options: dict[str, Any]) -> str:  # noqa: D102
        named = {"μ": "momentum", "τ": "dampening", "λ": "weight_decay"}
        shown = [f"{letter} = {options[name]:g} ({name})" for letter, name in named.items() if options[name]]
        flags = [name for name in ("nesterov", "maximize") if options[name]]
        return ", ".join([f"η = {options['lr']:g} (lr)", *shown, *flags])

    def lines(self, update: Update, p: Sym, g: Leaf, at: At) -> list[Line]:  # noqa: D102
        options, mu, lines = update.options, _option(update, "μ", "momentum"), list[Line]()
        step: Leaf = _gradient_with_decay(update, p, g, lines)
        if options["momentum"]:
            v, new = (_state(p, "v", x["momentum_buffer"], at) for x in (update.before, update.after))
            kept = 1 - _option(update, "τ", "dampening") if options["dampening"] else expr(1)
            moved = step if update.steps == 0 else mu * v + (kept * step if options["dampening"] else step)
            lines.append(_assign(new, moved))
            if options["nesterov"]:
                ahead = step + mu * new
                step = _like(p, "u", float(ahead.value))
                lines.append(Line(step, ahead, step.number))
            else:
                step = new
        lines.append(_assign_parameter(update, p, p - _option(update, "η", "lr") * step, at))
        return lines


class WrittenAdam(Written):
    """p ← p − η m̂ / (√v̂ + ε), with the options of :class:`chainrule.optim.Adam`."""

    def note(self, options: dict[str, Any]) -> str:  # noqa: D102
        beta1, beta2 = options["betas"]
        shown = [f"η = {options['lr']:g} (lr)", f"β₁ = {beta1:g}", f"β₂ = {beta2:g}", f"ε = {options['eps']:g}"]
        decay = [f"λ = {options['weight_decay']:g} (weight_decay)"] if options["weight_decay"] else []
        flags = [n for n in ("amsgrad", "maximize", "decoupled_weight_decay") if options[n]]
        return ", ".join([*shown, *decay, *flags])

    def lines(self, update: Update, p: Sym, g: Leaf, at: At) -> list[Line]:  # noqa: D102
        options, before, after, lines = update.options, update.before, update.after, list[Line]()
        n = update.steps + 1
        beta1, beta2 = (Sym("β", float(b), (i,)) for i, b in enumerate(options["betas"], 1))
        t, eta, eps = Sym("t", n), _option(update, "η", "lr"), _option(update, "ε", "eps")
        decoupled = options["weight_decay"] and options["decoupled_weight_decay"]
        grad = _gradient_with_decay(update, p, g, lines, decay=not decoupled)
        m, m_new = (_state(p, "m", x["exp_avg"], at) for x in (before, after))
        v, v_new = (_state(p, "v", x["exp_avg_sq"], at) for x in (before, after))
        lines.append(_assign(m_new, beta1 * m + (1 - beta1) * grad))
        lines.append(_assign(v_new, beta2 * v + (1 - beta2) * grad**2))
        if options["amsgrad"]:
            largest, v_max = (_state(p, "vmax", x["max_exp_avg_sq"], at) for x in (before, after))
            lines.append(_assign(v_max, maximum(largest, v_new)))
            v_new = v_max
        m_hat = _like(p, "m̂", m_new.number / (1 - options["betas"][0] ** n))
        v_hat = _like(p, "v̂", v_new.number / (1 - options["betas"][1] ** n))
        lines += [
            Line(m_hat, m_new / (1 - beta1**t), m_hat.number),
            Line(v_hat, v_new / (1 - beta2**t), v_hat.number),
        ]
        start = product(1 - eta * _option(update, "λ", "weight_decay"), p) if decoupled else p
        step = eta * Frac(m_hat, Fn((v_hat,), "√", np.sqrt) + eps)
        lines.append(_assign_parameter(update, p, start - step, at))
        return lines


WRITTEN: dict[type[Optimizer], Written] = {SGD: WrittenSGD(), Adam: WrittenAdam()}


def update_steps(
    optimizer: Optimizer,
    parameters: Iterable[tuple[Tensor, Quantity, Gradient]],
    places: Callable[[Quantity], Iterable[At]],
    matrices: bool,
) -> list[Step]:
    """Return a step for each parameter that the optimiser has.

    Parameters
    ----------
    optimizer : Optimizer
        It is left as it is.
    parameters : iterable of (Tensor, Quantity, Gradient)
    places : callable
        Which numbers of a quantity are shown.
    matrices : bool
        Whether to show the new values as a whole, too.
    """
    kind, steps = type(optimizer), []
    written = WRITTEN.get(kind)
    for parameter, p, grad in parameters:
        update = update_of(optimizer, parameter, grad.array)
        if update is None:
            continue
        shown = list(places(p))
        if not shown:
            continue
        title = f"{kind.__name__}: {p.name or p.letter}"
        after = (Values(p.whole, update.after["p"], "after the update"),) if matrices or written is None else ()
        if written is None:
            note = f"chainrule explains SGD and Adam; of {kind.__name__}, the result alone"
            steps.append(Step(title, values=after, note=note))
            continue
        whole = written.lines(update, p.whole, grad.whole, tuple(0 for _ in p.array.shape))
        equations = tuple(Equation(line.name, (line.formula,), line.arrow) for line in whole)
        lines = [line for at in shown for line in written.lines(update, p.at(at), grad.at(at), at)]
        steps.append(Step(title, equations, tuple(lines), after, written.note(update.options)))
    return steps


def _option(update: Update, letter: str, name: str) -> Sym:
    return Sym(letter, float(update.options[name]))


def _like(p: Sym, letter: str, number: float) -> Sym:
    """Return a symbol that belongs to a parameter, with its indices."""
    return Sym(letter, number, p.index, p.layer)


def _state(p: Sym, letter: str, array: Array, at: At) -> Sym:
    return _like(p, letter, float(array[at]))


def _assign(name: Sym, value: Expr) -> Line:
    return Line(name, value, name.number, arrow=True)


def _assign_parameter(update: Update, p: Sym, value: Expr, at: At) -> Line:
    return Line(p, value, float(update.after["p"][at]), arrow=True)


def _gradient_with_decay(update: Update, p: Sym, g: Leaf, lines: list[Line], decay: bool = True) -> Leaf:
    """Return the gradient that the optimiser goes on with; if that is another one, a line says how."""
    options = update.options
    value: Expr = -g if options["maximize"] else g
    if decay and options["weight_decay"]:
        value = value + _option(update, "λ", "weight_decay") * p
    if value is g:
        return g
    result = _like(p, "g", float(value.value))
    lines.append(Line(result, value, result.number))
    return result
