"""How far rounding alone carries a training: the classifier again, with the last bit of one weight changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.labs import ann_networks
from chainrule.labs.ann_classifier import batches, build_classifier, classify, confusion, fashion_mnist
from chainrule.labs.options import Options
from chainrule.labs.study import run_trials
from chainrule.train import Trainer, accuracy

NUDGES = 3
MIDDLE = 14 * 28 + 14  # a pixel that clothes cover


def train_nudged(
    nudge: int | None, data: str, epochs: int, batch_size: int, lr: float, seed: int, **checksums: str
) -> dict[str, Any]:
    """Train the classifier once more, with one weight changed by its last bit: a trial.

    Whatever comes out differs from the lab's own training by nothing but rounding, which training carries on.

    Parameters
    ----------
    nudge : int, optional
        Of which unit of the first layer the weight of the pixel in the middle is changed; None for no change.
    data, epochs, batch_size, lr, seed, **checksums
        As in :func:`train_architecture`.

    Returns
    -------
    dict
        ``"steps"`` and ``"epochs"`` of the history, and ``"right"``: how many of each class are recognised.
    """
    train, test = fashion_mnist(Options(data=data))
    train_batches, test_batches = batches(train, test, batch_size)
    model = build_classifier(ann_networks, cr.manual_seed, seed)
    if nudge is not None:
        _nudge(model.network[0].weight, nudge, MIDDLE)
    optimizer = cr.optim.Adam(model.parameters(), lr=lr)
    measures = {"accuracy": accuracy}
    trainer = Trainer(model, cr.nn.CrossEntropyLoss(), optimizer, metrics=measures, progress=False)
    history = trainer.fit(train_batches, epochs, validation=test_batches)
    right = np.diag(confusion(test.targets, classify(model, test).argmax(1)))
    return {"steps": history.steps, "epochs": history.epochs, "right": right.tolist()}


def _nudge(weight: Any, row: int, column: int) -> None:
    """Change the last bit of one weight."""
    W = np.asarray(weight).copy()
    W[row, column] = np.nextafter(W[row, column], np.float32(np.inf))
    with cr.no_grad():
        weight.copy_(cr.tensor(W))


def run_nudged(options: Options, checksums: Mapping[str, str], folder: Path) -> list[dict[str, Any]]:
    """Train the classifier as it is, and then with a bit of one or another weight changed.

    Returns
    -------
    list of dict
        What the trials returned, the one without a change first. All are trained with one thread.
    """
    names = ("data", "epochs", "batch_size", "lr", "seed")
    own = {name: getattr(options, name) for name in names}
    nudges = {"no nudge": None, **{f"nudge {unit}": unit for unit in range(NUDGES)}}
    settings = {name: {"nudge": nudge, **own, **checksums} for name, nudge in nudges.items()}
    return list(run_trials(train_nudged, settings, folder, title="one bit changed").values())
