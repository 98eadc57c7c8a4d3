"""The update of the parameters, number by number, as the optimiser computes it, on copies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from copy import copy

import numpy as np

from chainrule.derivations.names import At, Gradient, Quantity
from chainrule.derivations.optimizers import WRITTEN, Update
from chainrule.derivations.steps import Equation, Step, Values
from chainrule.ops import Array
from chainrule.optim import LBFGS, Optimizer
from chainrule.tensor import Tensor


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
    after = {name: t.array for name, t in twin.state[p].items()}
    before = {name: state[name].array.copy() if name in state else np.zeros_like(a) for name, a in after.items()}
    return Update(group, before | {"p": parameter.array.copy()}, after | {"p": p.array}, steps)


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
    kind, steps = type(optimizer), list[Step]()
    if isinstance(optimizer, LBFGS):
        return [Step(kind.__name__, note="It computes the loss several times in a step, which is not shown.")]
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
            note = f"The formula of {kind.__name__} is not written out: shown is the result alone."
            steps.append(Step(title, values=after, note=note))
            continue
        whole = written.lines(update, p.whole, grad.whole, tuple(0 for _ in p.array.shape))
        equations = tuple(Equation(line.name, (line.formula,), line.arrow) for line in whole)
        lines = [line for at in shown for line in written.lines(update, p.at(at), grad.at(at), at)]
        steps.append(Step(title, equations, tuple(lines), after, written.note(update.options)))
    return steps
