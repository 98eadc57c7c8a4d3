"""The experiments on depth and activation: trainings from several seeds, and timings in turn."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.interop import ReferenceRun, find_recorded
from chainrule.interop.pytorch import LiveReference
from chainrule.labs.ann.classifier import batches, fashion_mnist
from chainrule.labs.ann.networks import CustomANN
from chainrule.labs.ann.networks_torch import networks_in_pytorch
from chainrule.labs.bar import bar
from chainrule.labs.options import Options
from chainrule.labs.run import LabRun, checksums
from chainrule.labs.study import Plan
from chainrule.train import Callback, Trainer, accuracy

DEPTHS = {
    "shallow": [784, 256, 10],
    "medium": [784, 128, 64, 10],
    "deep": [784, 128, 64, 32, 16, 10],
}
ACTIVATIONS = ("relu", "sigmoid", "tanh")
CONTROL = {"optimizer": "SGD", "lr": 0.1}  # its steps are as large as the gradient is, which Adam's are not
NETWORKS: dict[str, dict[str, Any]] = {
    **{f"{depth} relu": {"layer_sizes": sizes, "activation": "relu"} for depth, sizes in DEPTHS.items()},
    **{f"medium {name}": {"layer_sizes": DEPTHS["medium"], "activation": name} for name in ACTIVATIONS},
}
CONTROLS = {f"{name} SGD": {**own, **CONTROL} for name, own in NETWORKS.items() if name.startswith("medium")}
SEEDS = 3  # the lab's own and the next two
PROBED = 1000  # training images on which gradients are measured
EARLY = 50  # steps after which it is measured how far the weights have gone
ROUNDS, STEPS_IN_TURN = 15, 40  # of the timings

Architectures = dict[str, list[dict[str, Any]]]  # by seed, under "shallow relu", "medium tanh SGD" and so on


class LayerWatch(Callback):
    """Measures what the layers of a network get to learn from.

    Parameters
    ----------
    X, y
        Images and their classes, on which gradients are taken.

    Attributes
    ----------
    gradients : list of list of float
        ‖∂loss/∂W‖ of the layers from the first, for each epoch from 0, which is before the training.
    moved : list of float
        ‖W − W₀‖ / ‖W₀‖ of the layers after the first ``EARLY`` steps; empty if there are not so many.
    """

    def __init__(self, X: Any, y: Any) -> None:
        self.X, self.y = X, y
        self.gradients: list[list[float]] = []
        self.moved: list[float] = []

    def on_fit_start(self, trainer: Trainer) -> None:
        """Measure the network that has learnt nothing, and keep its weights."""
        self._start, self._steps = [W.copy() for W in _weights(trainer)], 0
        self.on_epoch_end(trainer, {})

    def on_step_end(self, trainer: Trainer, loss: Any) -> None:
        """Measure, once, how far the weights have gone."""
        self._steps += 1
        if self._steps == EARLY:
            pairs = zip(_weights(trainer), self._start, strict=True)
            self.moved = [float(np.linalg.norm(W - start) / np.linalg.norm(start)) for W, start in pairs]

    def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
        """Measure the gradients."""
        trainer.loss_fn(trainer.model(self.X), self.y).backward()
        grads = [np.asarray(p.grad) for p in trainer.model.parameters() if p.ndim == 2]
        self.gradients.append([float(np.linalg.norm(grad)) for grad in grads])
        trainer.optimizer.zero_grad()


def _weights(trainer: Trainer) -> list[Any]:
    return [np.asarray(p.detach()) for p in trainer.model.parameters() if p.ndim == 2]


def train_architecture(
    layer_sizes: list[int],
    activation: str,
    data: str,
    epochs: int,
    batch_size: int,
    lr: float,
    seed: int,
    pytorch: bool = False,
    optimizer: str = "Adam",
) -> dict[str, Any]:
    """Train a ``CustomANN`` on FashionMNIST: a trial.

    Parameters
    ----------
    layer_sizes, activation
        Of the network.
    data : str
        As in the lab's options.
    epochs, batch_size, lr, seed
        As in every training.
    pytorch : bool
        Whether PyTorch is trained beside, with Adam.
    optimizer : {"Adam", "SGD"}

    Returns
    -------
    dict
        ``"parameters"``; ``"steps"`` and ``"epochs"`` of the history; ``"gradients"`` and ``"moved"``, see
        :class:`LayerWatch`; and ``"pytorch"``, its run as a dict, or None.
    """
    train, test = fashion_mnist(Options(data=data))
    train_batches, test_batches = batches(train, test, batch_size)
    cr.manual_seed(seed)
    model = CustomANN(layer_sizes, activation)
    update = getattr(cr.optim, optimizer)(model.parameters(), lr=lr)
    watch = LayerWatch(*train.batch(slice(0, PROBED)))
    callbacks: list[Callback] = [watch]
    if pytorch:

        def build(torch: Any) -> tuple[Any, Any, Any]:
            theirs = networks_in_pytorch().CustomANN(layer_sizes, activation)
            return theirs, torch.nn.CrossEntropyLoss(), torch.optim.Adam(theirs.parameters(), lr=lr)

        settings = {"layer_sizes": layer_sizes, "activation": activation, "batch_size": batch_size, "lr": lr}
        settings |= {"seed": seed, **checksums({"train": train.source, "test": test.source})}
        live = LiveReference("ann", settings, build, train_batches, test_batches)
        callbacks.append(live)
    measures = {"accuracy": accuracy}
    loss_fn = cr.nn.CrossEntropyLoss()
    trainer = Trainer(
        model, loss_fn, update, metrics=measures, train_metrics=measures, callbacks=callbacks, progress=False
    )
    with one_thread(live.torch if pytorch else None):
        history = trainer.fit(train_batches, epochs, validation=test_batches)
    return {
        "parameters": model.count_parameters(),
        "steps": history.steps,
        "epochs": history.epochs,
        "gradients": watch.gradients,
        "moved": watch.moved,
        "pytorch": asdict(live.run) if pytorch else None,
    }


@contextmanager
def one_thread(torch: Any) -> Iterator[None]:
    """Let PyTorch compute with one thread, as every trial does, and afterwards with as many as before."""
    before = torch.get_num_threads() if torch else 1
    if torch:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        if torch:
            torch.set_num_threads(before)


def plan_architectures(options: Options, live: bool) -> Plan:
    """Plan the trainings of all architectures, each from several seeds, and of the activations with SGD, too.

    Parameters
    ----------
    options : Options
    live : bool
        Whether PyTorch is trained beside the first seed's.
    """
    seeds = _seeds(options)
    common = {"data": options.place(), "epochs": options.epochs, "batch_size": options.batch_size}
    return Plan(
        train_architecture,
        {
            f"{name} {seed}": {"lr": options.lr, **own, **common, "seed": seed}
            | ({"pytorch": True} if live and seed == seeds[0] and name in NETWORKS else {})
            for name, own in {**NETWORKS, **CONTROLS}.items()
            for seed in seeds
        },
    )


def read_architectures(results: Mapping[str, dict[str, Any]], run: LabRun) -> Architectures:
    """Return the results of :func:`plan_architectures` under "shallow relu", "medium relu SGD" and so on, by seed.

    The ``"pytorch"`` of the first seed's is a ``ReferenceRun``, live or recorded, or None.
    """
    options = run.options
    found = {name: [results[f"{name} {seed}"] for seed in _seeds(options)] for name in (*NETWORKS, *CONTROLS)}
    for name, own in NETWORKS.items():
        first = found[name][0]
        if first["pytorch"]:
            first["pytorch"] = ReferenceRun(**first["pytorch"])
        elif options.reference != "none":
            wanted = {**own, **options.deciding(), **checksums(run.data)}
            first["pytorch"] = find_recorded("ann", wanted, options.epochs)
    return found


def _seeds(options: Options) -> range:
    return range(options.seed, options.seed + SEEDS)


def time_depths(options: Options, rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Time steps of the three depths in turn, so that all are timed under the same load of the machine.

    Parameters
    ----------
    options : Options
        Of these, ``batch_size`` and ``seed`` count.
    rounds : int
        How often it is each one's turn.

    Returns
    -------
    dict of str to list of float
        Seconds per step, of every round.
    """
    cr.manual_seed(options.seed)
    X, y = cr.rand(options.batch_size, 784), cr.randint(10, (options.batch_size,))
    steps = {depth: _step(CustomANN(sizes), options.lr) for depth, sizes in DEPTHS.items()}
    seconds: dict[str, list[float]] = {depth: [] for depth in DEPTHS}
    for i in bar(range(rounds + 1), "timing the depths"):
        for depth, step in steps.items():
            start = time.perf_counter()
            for _ in range(STEPS_IN_TURN):
                step(X, y)
            if i:  # the first round warms up
                seconds[depth].append((time.perf_counter() - start) / STEPS_IN_TURN)
    return seconds


def _step(model: Any, lr: float) -> Any:
    optimizer = cr.optim.Adam(model.parameters(), lr=lr)

    @cr.capture
    def step(X: Any, y: Any) -> Any:
        loss = cr.nn.functional.cross_entropy(model(X), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss

    return step


def steps_to(losses: list[float], threshold: float, window: int = 20) -> int | None:
    """Return after how many steps the mean loss of the last ``window`` steps is below ``threshold``.

    Examples
    --------
    >>> steps_to([2.0, 1.0, 0.5, 0.4], 0.6, window=2)
    4
    >>> steps_to([2.0, 2.0], 0.6, window=2) is None
    True
    """
    means = np.convolve(losses, np.full(window, 1 / window), mode="valid")
    below = np.flatnonzero(means < threshold)
    return int(below[0]) + window if below.size else None


def last(trials: list[dict[str, Any]], name: str) -> list[float]:
    """Return a measure of the last epoch of each trial."""
    return [trial["epochs"][-1][name] for trial in trials]
