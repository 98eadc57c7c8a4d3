"""The lines of a recording."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import numpy as np

from chainrule.nn import Linear, Module
from chainrule.train.logs import without_nan
from chainrule.train.recorded_validation import SMALLEST

UNITS = 16  # of the first layer, whose weights are kept
LARGEST = float(np.finfo(np.float16).max)
VERSION = 1  # of the file's format


def checked_every(name: str, every: Any) -> int:
    """Return a number of steps, if it is one.

    Examples
    --------
    >>> checked_every("record", 0)
    Traceback (most recent call last):
    ...
    ValueError: record expected every to be a positive integer, got 0
    """
    if not isinstance(every, int | np.integer) or isinstance(every, bool) or every <= 0:
        raise ValueError(f"{name} expected every to be a positive integer, got {every!r}")
    return int(every)


def training_line(
    model: Module, optimizer: Any, every: int, classes: list[str] | None, **more: Any
) -> dict[str, Any]:
    """Return what a recording begins with."""
    return {
        "kind": "training",
        "version": VERSION,
        **more,
        "every": every,
        "optimizer": type(optimizer).__name__,
        "parameters": {name: list(p.shape) for name, p in model.named_parameters()},
        "classes": classes,
        **first_weights(model),
    }


def step_line(epoch: int, step: int, losses: list[float], seen: dict[str, Any]) -> dict[str, Any]:
    """Return the line of a step, given the losses since the last one that was looked at.

    Examples
    --------
    >>> step_line(1, 3, [0.5, 0.25, 0.75], {"loss": 0.75})
    {'kind': 'step', 'epoch': 1, 'step': 3, 'mean_loss': 0.5, 'loss': 0.75}
    """
    kind = "step" if math.isfinite(seen["loss"]) else "end"
    return {"kind": kind, "epoch": epoch, "step": step, "mean_loss": sum(losses) / len(losses), **seen}


def encoded(line: dict[str, Any]) -> bytes:
    r"""Return a line of the file.

    Examples
    --------
    >>> encoded({"loss": float("nan")})
    b'{"loss": null}\n'
    """
    return (json.dumps(without_nan(line)) + "\n").encode()


def first_weights(model: Module) -> dict[str, Any]:
    """Return the weights of the first units of the first layer, where they can be seen as square pictures.

    Returns
    -------
    dict
        ``"first_layer"`` with ``"name"``, ``"shape"`` (units, height, width) and ``"weights"``, float16 in Base64;
        empty if there are none.
    """
    layers = ((name, module) for name, module in model.named_modules() if isinstance(module, Linear))
    name, layer = next(layers, ("", None))
    if layer is None or (side := math.isqrt(layer.in_features)) ** 2 != layer.in_features or side < SMALLEST:
        return {}
    weights = np.clip(layer.weight.array[:UNITS], -LARGEST, LARGEST).astype("<f2")
    text = base64.b64encode(weights.tobytes()).decode()
    return {"first_layer": {"name": name or "(model)", "shape": [len(weights), side, side], "weights": text}}
