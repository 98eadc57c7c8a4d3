"""The works that are measured: the labs' networks, and sweeps around the tutorial's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from benchmarks import end_to_end
from benchmarks.harness import Case, Task, Work
from benchmarks.problem import Problem, image_task, initial_weights
from benchmarks.processes import Build
from benchmarks.sides.jax_jit import jax_jit
from benchmarks.sides.modules import (
    chainrule_captured,
    chainrule_eager,
    pytorch_compiled,
    pytorch_eager,
    pytorch_fused,
)
from benchmarks.sides.plain_numpy import one_example_at_a_time, softmax_regression
from benchmarks.sides.products import products
from benchmarks.sides.scikit_learn import scikit_learn
from chainrule.datasets import MNIST, FashionMNIST

CAPTURED, EAGER = "chainrule captured", "chainrule eager"
PYTORCH, FUSED, COMPILED = "PyTorch eager", "PyTorch fused", "torch.compile"
JAX, SKLEARN, NUMPY, FLOOR = "JAX jit", "MLPClassifier", "plain NumPy", "bare products"

OURS: dict[str, Build] = {CAPTURED: chainrule_captured, EAGER: chainrule_eager}
THEIRS: dict[str, Build] = {
    PYTORCH: pytorch_eager,
    FUSED: pytorch_fused,
    COMPILED: pytorch_compiled,
    JAX: jax_jit,
}
ALL: dict[str, Build] = {**OURS, **THEIRS, SKLEARN: scikit_learn, FLOOR: products}
FEW: dict[str, Build] = {**OURS, PYTORCH: pytorch_eager, FLOOR: products}


# ---- the labs' networks ----------------------------------------------------------------------------------------


def tutorial_task(batch_size: int = 64, hidden: tuple[int, ...] = (512, 512), training: bool = True) -> Task:
    sizes = (784, *hidden, 10)
    return image_task(FashionMNIST, sizes, batch_size, lr=1e-3, training=training)


def ann_task() -> Task:
    """Return the lab's classifier, on normalised images.

    Results are compared without dropout, and at a small learning rate: Adam divides the mean of a gradient by its
    size, so where both are nearly zero, rounding decides. At the lab's learning rate PyTorch's own two variants
    are 0.004 apart after 96 steps, at this one less than 1e-6.
    """
    sizes = (784, 512, 256, 128, 10)
    task = image_task(FashionMNIST, sizes, 128, lr=1e-3, optimizer="Adam", dropout=0.3)
    given = replace(task.given, X=(task.given.X - np.float32(0.2860)) / np.float32(0.3530))
    to_check = replace(given, dropout=0.0, lr=1e-5)
    return replace(task, given=given, to_check=to_check, difference="without dropout, at a learning rate of 1e-5")


def eight_task() -> Task:
    """Return the question whether it is an eight, one example a step."""
    task = image_task(MNIST, (784, 64, 1), 1, lr=0.01, loss="MSELoss", hidden="Tanh", output="Sigmoid")
    eights = (task.given.y == 8).astype(np.float32)[:, None]
    return replace(task, given=replace(task.given, y=eights))


def plane_task() -> Task:
    """Two classes of points in the plane, inside and outside of a circle."""
    points = np.random.default_rng(42).uniform(-1, 1, (1600, 2)).astype(np.float32)
    inside = ((points**2).sum(axis=1) < 0.5).astype(np.int64)
    sizes = (2, 16, 2)
    problem = Problem(sizes, initial_weights(sizes), points, inside, batch_size=16, lr=0.1, hidden="Tanh")
    return Task(problem, {"dataset": "points in the plane", "kind": "made from seed 42"})


LABS = [
    Work(
        "tutorial",
        "The tutorial's network: 784-512-512-10, ReLU, SGD, batches of 64",
        ALL,
        [
            Case(
                tutorial_task,
                {
                    (CAPTURED, PYTORCH): 0.75,
                    (CAPTURED, FLOOR): 1.15,
                    (CAPTURED, JAX): 0.92,
                    (CAPTURED, SKLEARN): 0.50,
                    (EAGER, PYTORCH): 0.85,
                },
            )
        ],
    ),
    end_to_end.WORK,
    Work(
        "ann",
        "The classifier of clothes: 784-512-256-128-10, ReLU, dropout 0.3, Adam, batches of 128",
        {**OURS, **THEIRS, FLOOR: products},
        [Case(ann_task, {(CAPTURED, PYTORCH): 0.65, (CAPTURED, FUSED): 0.90})],
    ),
    Work(
        "eight",
        "One example at a time: 784-64-1, tanh and sigmoid, squared error, SGD; is it an eight?",
        {**OURS, **THEIRS, NUMPY: one_example_at_a_time, FLOOR: products},
        [Case(eight_task, {(CAPTURED, PYTORCH): 0.25, (CAPTURED, NUMPY): 1.25})],
    ),
    Work(
        "softmax",
        "Softmax regression: 784-10, SGD, batches of 128",
        {**OURS, **THEIRS, NUMPY: softmax_regression, FLOOR: products},
        [
            Case(
                partial(image_task, MNIST, (784, 10), 128, lr=0.2),
                {(CAPTURED, PYTORCH): 0.50, (CAPTURED, NUMPY): 1.25},
            )
        ],
    ),
    Work(
        "framework",
        "A three-layer perceptron: 784-128-64-10, ReLU, SGD, batches of 64",
        ALL,
        [Case(partial(image_task, MNIST, (784, 128, 64, 10), 64, lr=0.1))],
    ),
    Work(
        "plane",
        "Points in the plane: 2-16-2, tanh, SGD, batches of 16",
        {**OURS, **THEIRS, FLOOR: products},
        [Case(plane_task)],
    ),
]


# ---- sweeps ----------------------------------------------------------------------------------------------------


def powers_of_two(first: int, last: int) -> list[int]:
    """Return the powers of two from ``first`` to ``last``.

    Examples
    --------
    >>> powers_of_two(4, 16)
    [4, 8, 16]
    """
    return [2**i for i in range(first.bit_length() - 1, last.bit_length())]


def at_batch_size(B: int, training: bool) -> Case:
    promise = {(CAPTURED, PYTORCH): 1.10 if B <= 2 else 1.00}
    return Case(partial(tutorial_task, batch_size=B, training=training), promise, B)


def at_width(width: int, training: bool) -> Case:
    return Case(partial(tutorial_task, hidden=(width, width), training=training), x=width)


def at_depth(depth: int, training: bool) -> Case:
    return Case(partial(tutorial_task, hidden=(512,) * depth, training=training), x=depth)


SWEEPS: dict[str, tuple[str, Callable[[int, bool], Case], list[int]]] = {
    "batch-size": ("examples in a batch", at_batch_size, powers_of_two(1, 4096)),
    "width": ("units in each hidden layer", at_width, powers_of_two(16, 4096)),
    "depth": ("hidden layers", at_depth, powers_of_two(1, 16)),
}


def sweep(name: str, training: bool, sides: Mapping[str, Build]) -> Work:
    """Return the work of training, or of inference, along one axis."""
    axis, at, values = SWEEPS[name]
    kind = "training" if training else "inference"
    if not training:  # where there is no optimiser, and what is fused is nothing but that
        sides = {side: build for side, build in sides.items() if side != FUSED}
    return Work(
        f"{name}-{kind}",
        f"The tutorial's network, {kind}, by {axis}",
        sides,
        [at(x, training) for x in values],
        axis,
        checked_steps=16,
        rounds=5,
    )


def registry(all_peers: bool = False) -> dict[str, Work]:
    """Return all works by name; sweeps with all peers, or with PyTorch eager and the floor."""
    sweeps = [sweep(name, training, ALL if all_peers else FEW) for name in SWEEPS for training in (True, False)]
    return {work.name: work for work in [*LABS, *sweeps]}
