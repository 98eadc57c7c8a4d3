"""The experiments on depth and activation: trainings of the lab's study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.interop import ReferenceRun, find_recorded
from chainrule.interop.pytorch import LiveReference
from chainrule.labs.ann_classifier import batches, fashion_mnist
from chainrule.labs.ann_networks import CustomANN
from chainrule.labs.ann_reference import networks_in_pytorch
from chainrule.labs.options import Options
from chainrule.labs.study import run_trials
from chainrule.train import Callback, Trainer, accuracy

NAME = "ann"
DEPTHS = {
    "shallow": [784, 256, 10],
    "medium": [784, 128, 64, 10],
    "deep": [784, 128, 64, 32, 16, 10],
}
ACTIVATIONS = ("relu", "sigmoid", "tanh")
SEEDS = 3  # the lab's own and the next two
PROBED = 1000  # training images on which gradients are measured


class GradientNorms(Callback):
    """Measures ‖∂loss/∂W‖ of every layer on the same images, before the training and after each epoch.

    Parameters
    ----------
    X, y
        Images and their classes.

    Attributes
    ----------
    norms : list of list of float
        For each epoch from 0, those of the layers from the first.
    """

    def __init__(self, X: Any, y: Any) -> None:
        self.X, self.y = X, y
        self.norms: list[list[float]] = []

    def on_fit_start(self, trainer: Trainer) -> None:
        """Measure the network that has learnt nothing."""
        self._measure(trainer)

    def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
        """Measure what the epoch has made of it."""
        self._measure(trainer)

    def _measure(self, trainer: Trainer) -> None:
        trainer.loss_fn(trainer.model(self.X), self.y).backward()
        weights = [p for p in trainer.model.parameters() if p.ndim == 2]
        self.norms.append([float(np.linalg.norm(np.asarray(W.grad))) for W in weights])
        trainer.optimizer.zero_grad()


def train_architecture(
    layer_sizes: list[int],
    activation: str,
    data: str,
    epochs: int,
    batch_size: int,
    lr: float,
    seed: int,
    pytorch: bool,
    **checksums: str,
) -> dict[str, Any]:
    """Train a ``CustomANN`` on FashionMNIST with Adam: a trial.

    Parameters
    ----------
    layer_sizes, activation
        Of the network.
    data : str
        As in the lab's options.
    epochs, batch_size, lr, seed
        As in every training.
    pytorch : bool
        Whether PyTorch is trained beside.
    **checksums : str
        Of the images: a trial that was kept counts only for the same.

    Returns
    -------
    dict
        ``"parameters"``; ``"steps"`` and ``"epochs"`` of the history; ``"gradients"``, see :class:`GradientNorms`;
        and ``"pytorch"``, its run as a dict, or None.
    """
    train, test = fashion_mnist(Options(data=data))
    train_batches, test_batches = batches(train, test, batch_size)
    cr.manual_seed(seed)
    model = CustomANN(layer_sizes, activation)
    optimizer = cr.optim.Adam(model.parameters(), lr=lr)
    norms = GradientNorms(*train.batch(slice(0, PROBED)))
    callbacks: list[Callback] = [norms]
    if pytorch:
        settings = reference_settings(layer_sizes, activation, batch_size, lr, seed, checksums)

        def build(torch: Any) -> tuple[Any, Any, Any]:
            torch.set_num_threads(1)  # as all trials have
            theirs = networks_in_pytorch().CustomANN(layer_sizes, activation)
            return theirs, torch.nn.CrossEntropyLoss(), torch.optim.Adam(theirs.parameters(), lr=lr)

        live = LiveReference(NAME, settings, build, train_batches, test_batches)
        callbacks.append(live)
    trainer = Trainer(
        model,
        cr.nn.CrossEntropyLoss(),
        optimizer,
        metrics={"accuracy": accuracy},
        train_metrics={"accuracy": accuracy},
        callbacks=callbacks,
        progress=False,
    )
    history = trainer.fit(train_batches, epochs, validation=test_batches)
    return {
        "parameters": model.count_parameters(),
        "steps": history.steps,
        "epochs": history.epochs,
        "gradients": norms.norms,
        "pytorch": asdict(live.run) if pytorch else None,
    }


def reference_settings(
    layer_sizes: list[int], activation: str, batch_size: int, lr: float, seed: int, checksums: Mapping[str, str]
) -> dict[str, Any]:
    """Return what a recorded run of such a training depends on."""
    network = {"layer_sizes": layer_sizes, "activation": activation}
    return {**network, "batch_size": batch_size, "lr": lr, "seed": seed, **checksums}


def run_architectures(
    options: Options, checksums: Mapping[str, str], pytorch: bool, folder: Path
) -> dict[str, list[dict[str, Any]]]:
    """Train all architectures, each from several seeds.

    Parameters
    ----------
    options : Options
    checksums : mapping of str to str
    pytorch : bool
        Whether PyTorch is trained beside, from the first seed.
    folder : Path
        Where finished trials are kept.

    Returns
    -------
    dict of str to list of dict
        Under "shallow relu" and so on, what the trials returned, by seed. The ``"pytorch"`` of the first is a
        ``ReferenceRun``, live or recorded, or None.
    """
    networks = {
        **{f"{depth} relu": (sizes, "relu") for depth, sizes in DEPTHS.items()},
        **{f"medium {activation}": (DEPTHS["medium"], activation) for activation in ACTIVATIONS},
    }
    settings = {
        f"{name} {seed}": {
            "layer_sizes": sizes,
            "activation": activation,
            "data": options.data,
            "epochs": options.epochs,
            "batch_size": options.batch_size,
            "lr": options.lr,
            "seed": seed,
            "pytorch": pytorch and seed == options.seed,
            **checksums,
        }
        for name, (sizes, activation) in networks.items()
        for seed in range(options.seed, options.seed + SEEDS)
    }
    results = run_trials(train_architecture, settings, folder, title="depth and activation")
    grouped = {
        name: [results[f"{name} {seed}"] for seed in range(options.seed, options.seed + SEEDS)]
        for name in networks
    }
    for name, (sizes, activation) in networks.items():
        own = reference_settings(sizes, activation, options.batch_size, options.lr, options.seed, checksums)
        grouped[name][0]["pytorch"] = _reference(grouped[name][0]["pytorch"], own, options)
    return grouped


def _reference(live: dict[str, Any] | None, settings: dict[str, Any], options: Options) -> ReferenceRun | None:
    if live is not None:
        return ReferenceRun(**live)
    return None if options.reference == "none" else find_recorded(NAME, settings, options.epochs)


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


def seconds_per_epoch(trials: list[dict[str, Any]]) -> float:
    """Return the mean over all epochs of all trials."""
    return float(mean(epoch["seconds"] for trial in trials for epoch in trial["epochs"]))
