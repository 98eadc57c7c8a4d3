"""chainrule and PyTorch: the same lines, run by both libraries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle, pairwise
from typing import Any

import chainrule as cr
from benchmarks.problem import Problem
from chainrule.interop.pytorch import import_torch


def network(nn: Any, problem: Problem) -> Any:
    """Build the network from a library of layers, with the weights it starts with."""
    layers: list[Any] = []
    for shape in pairwise(problem.sizes):
        layers += [nn.Linear(*shape), getattr(nn, problem.hidden)()]
        if problem.dropout:
            layers.append(nn.Dropout(problem.dropout))
    del layers[-2 if problem.dropout else -1 :]  # after the last layer there is none of them
    if problem.output:
        layers.append(getattr(nn, problem.output)())
    return nn.Sequential(*layers)


def steps(
    library: Any,
    problem: Problem,
    make_forward: Callable[[Any], Any] = lambda forward: forward,
    make_step: Callable[[Any], Any] = lambda step: step,
    **optimizer_options: Any,
) -> Iterator[Any]:
    """Go through the batches without end, and yield each step's loss, or in inference its output.

    Parameters
    ----------
    library : module
        ``chainrule`` or ``torch``.
    problem : Problem
    make_forward, make_step : callable
        Make something faster of the function from batch to loss, and of the function that does a whole step.
    **optimizer_options
    """
    library.manual_seed(42)
    model = network(library.nn, problem)
    with library.no_grad():
        for parameter, values in zip(model.parameters(), flatten(problem.weights), strict=True):
            parameter.copy_(library.from_numpy(values))
    batches = cycle([(library.from_numpy(X), library.from_numpy(y)) for X, y in problem.batches()])
    if not problem.training:
        predict = make_forward(make_step(model.eval()))
        with library.no_grad():
            for X, _ in batches:
                yield predict(X)

    loss_fn = getattr(library.nn, problem.loss)()
    optimizer = getattr(library.optim, problem.optimizer)(model.parameters(), lr=problem.lr, **optimizer_options)
    loss_of = make_forward(lambda X, y: loss_fn(model(X), y))

    def train_step(X: Any, y: Any) -> Any:
        loss = loss_of(X, y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss

    step = make_step(train_step)
    for X, y in batches:
        yield step(X, y)


def flatten(weights: Any) -> list[Any]:
    """Return W and b of each layer in one list, in the order of ``parameters()``."""
    return [array for layer in weights for array in layer]


def chainrule_eager(problem: Problem) -> Iterator[Any]:
    return steps(cr, problem)


def chainrule_captured(problem: Problem) -> Iterator[Any]:
    return steps(cr, problem, make_step=cr.capture)


def pytorch_eager(problem: Problem) -> Iterator[Any]:
    return steps(import_torch(), problem)


def pytorch_fused(problem: Problem) -> Iterator[Any]:
    return steps(import_torch(), problem, fused=True)


def pytorch_compiled(problem: Problem) -> Iterator[Any]:
    """Compile network and loss; the fused optimiser needs no compiling."""
    torch = import_torch()
    torch.compiler.reset()  # else a second problem in this process would be compiled for any shape, or not at all
    return steps(torch, problem, make_forward=torch.compile, fused=True)
