"""What the page shows of single epochs: histograms, the confusion matrix, weights as pictures, worst mistakes."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np

from chainrule.inspection.recording import Recording
from chainrule.inspection.words import short
from chainrule.ops import Array
from chainrule.train.distribution import BINS

MOST_FRAMES = 20
COLUMNS = 8  # of the pictures of weights
KINDS = ("weight", "gradient", "update")
SEEN = 0.84  # shares above are drawn so dark that white numbers are read more easily than black ones
HEIGHT = 20  # of a histogram, in its own unit


def frames(recording: Recording) -> list[dict[str, Any]]:
    """Return what to show of each epoch; of many epochs, of some.

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    list of dict
        For the template of the page.
    """
    epochs = [epoch for epoch in recording.epochs if epoch["step"] >= recording.steps[0]["step"]]
    if not epochs:
        return []
    if len(epochs) > MOST_FRAMES:
        epochs = [epochs[i] for i in np.linspace(0, len(epochs) - 1, MOST_FRAMES).round().astype(int)]
    steps = [_last_step(recording, epoch) for epoch in epochs]
    parameters = _histograms([step["parameters"] for step in steps], recording.matrices, KINDS)
    titles = {name: recording.titled(name) for name in recording.layers}
    outputs = [{t: {"output": step["layers"].get(name, {})} for name, t in titles.items()} for step in steps]
    layers = _histograms(outputs, list(titles.values()), ["output"])
    weights = _weights(recording.training, epochs)
    return [
        {
            "epoch": epoch["epoch"],
            "step": step["step"],
            "measures": _measures(epoch),
            "parameters": of_parameters,
            "layers": of_layers,
            "weights": pictures,
            **_said(epoch, recording.training["classes"]),
        }
        for epoch, step, of_parameters, of_layers, pictures in zip(
            epochs, steps, parameters, layers, weights, strict=True
        )
    ]


def _last_step(recording: Recording, epoch: dict[str, Any]) -> dict[str, Any]:
    """Return the last step that was looked at before the end of an epoch."""
    return [step for step in recording.steps if step["step"] <= epoch["step"]][-1]


def _measures(epoch: dict[str, Any]) -> str:
    """Return the epoch's measures in words."""
    names = {
        "train_loss": "training loss",
        "validation_loss": "validation loss",
        "validation_accuracy": "accuracy",
    }
    return ", ".join(f"{words} {epoch[name]:.3g}" for name, words in names.items() if epoch.get(name) is not None)


def _said(epoch: dict[str, Any], classes: list[str] | None) -> dict[str, Any]:
    """Return the confusion matrix and the mistakes, where there are any."""
    if "confusion" not in epoch:
        return {"confusion": None, "mistakes": []}
    numbers = [str(i) for i in range(len(epoch["confusion"]))]
    names = classes if classes is not None and len(classes) == len(numbers) else numbers
    mistakes = [_mistake(mistake, names) for mistake in epoch["mistakes"]]
    return {"confusion": confusion(epoch["confusion"], names), "mistakes": mistakes}


# ---- histograms -------------------------------------------------------------------------------------------------


def _histograms(found: list[dict[str, Any]], names: list[str], kinds: Any) -> list[list[dict[str, Any]]]:
    """Return the histograms of every frame; the axis of each is the same in all frames."""
    frames: list[list[dict[str, Any]]] = [[] for _ in found]
    for name in names:
        ranges = {kind: _range([f.get(name, {}).get(kind, {}) for f in found]) for kind in kinds}
        for frame, values in zip(frames, found, strict=True):
            of_name = values.get(name, {})
            cells = [_histogram(of_name.get(kind, {}), ranges[kind]) for kind in kinds]
            frame.append({"name": name, "cells": cells})
    return frames


def _range(found: list[dict[str, Any]]) -> tuple[float, float]:
    lows, highs = zip(*[(d["low"], d["high"]) for d in found if "low" in d] or [(0.0, 0.0)], strict=True)
    return min(lows), max(highs)


def _histogram(found: dict[str, Any], span: tuple[float, float]) -> dict[str, Any]:
    """Return the outline of a histogram, 100 wide and ``HEIGHT`` high."""
    low, high = span
    if "low" not in found:
        return {"path": "", "low": "", "high": ""}
    scale = 100 / (high - low) if high > low else 0
    edges = np.linspace((found["low"] - low) * scale, (found["high"] - low) * scale, BINS + 1)
    heights = HEIGHT * (1 - np.array(found["counts"]) / max(found["counts"]))
    if edges[-1] - edges[0] < 1:  # all values are the same: a line
        edges, heights = np.array([edges[0], edges[0] + 1]), np.zeros(1)
    steps = "".join(f"V{y:.1f}H{x:.1f}" for x, y in zip(edges[1:], heights, strict=True))
    return {"path": f"M{edges[0]:.1f},{HEIGHT}{steps}V{HEIGHT}Z", "low": short(low), "high": short(high)}


# ---- what is taken for what -------------------------------------------------------------------------------------


def confusion(matrix: list[list[int]], classes: list[str]) -> dict[str, Any]:
    """Return the rows of a confusion matrix: of each cell the count, the share of the row, and whether it is dark.

    Examples
    --------
    >>> table = confusion([[3, 1], [0, 4]], ["cat", "dog"])
    >>> table["rows"][0]["cells"][1], table["examples"], table["right"]
    ({'count': 1, 'shade': 50, 'dark': False}, 8, 7)
    """
    counts = np.array(matrix)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    rows = [
        {
            "name": name,
            "cells": [
                # roots, so that small shares are seen, too
                {"count": int(count), "shade": round(100 * share**0.5), "dark": bool(share > SEEN)}
                for count, share in zip(of_class, of_row, strict=True)
            ],
        }
        for name, of_class, of_row in zip(classes, counts, shares, strict=True)
    ]
    return {"classes": classes, "rows": rows, "examples": int(counts.sum()), "right": int(np.trace(counts))}


def _mistake(mistake: dict[str, Any], classes: list[str]) -> dict[str, Any]:
    shown = {**mistake, "truth": classes[mistake["truth"]], "said": classes[mistake["said"]], "image": None}
    if "image" in mistake:
        greys = np.frombuffer(base64.b64decode(mistake["image"]), np.uint8).reshape(mistake["shape"])
        shown["image"] = png(255.0 - greys, 0, 255)
    return shown


# ---- weights as pictures ----------------------------------------------------------------------------------------


def _weights(training: dict[str, Any], epochs: list[dict[str, Any]]) -> list[dict[str, Any] | None]:
    """Return pictures of the first layer's weights, and of their changes since the beginning, for every epoch."""
    if "first_layer" not in training:
        return [None for _ in epochs]
    start, every = _read(training), [_read(epoch) for epoch in epochs]
    values, changes = _most(every), _most([W - start for W in every])
    return [
        {
            "name": training["first_layer"]["name"],
            "units": len(start),
            "values": png(tiles(W), -values, values),
            "changes": png(tiles(W - start), -changes, changes),
        }
        for W in every
    ]


def _read(line: dict[str, Any]) -> Array:
    layer = line["first_layer"]
    return np.frombuffer(base64.b64decode(layer["weights"]), "<f2").reshape(layer["shape"]).astype(np.float32)


def _most(pictures: list[Array]) -> float:
    """Return where the scale ends: a few pixels at the rim would leave the others grey."""
    values = np.abs(pictures)
    values = values[np.isfinite(values)]
    return float(np.quantile(values, 0.998)) or 1.0 if values.size else 1.0


def tiles(pictures: Array) -> Array:
    """Lay pictures side by side, in rows, with a line between them.

    Examples
    --------
    >>> tiles(np.ones((10, 2, 2))).shape
    (5, 23)
    """
    n, height, width = pictures.shape
    columns = min(n, COLUMNS)
    rows = -(-n // columns)
    sheet = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), np.nan)
    for i, image in enumerate(pictures):
        top, left = i // columns * (height + 1), i % columns * (width + 1)
        sheet[top : top + height, left : left + width] = image
    return sheet


def png(image: Array, low: float, high: float) -> str:
    """Return a picture as a data URI, light where it is high; what is not a number is transparent."""
    from PIL import Image

    seen = np.isfinite(image)
    greys = np.clip(np.where(seen, image - low, 0) * (255 / (high - low)), 0, 255).round()
    buffer = io.BytesIO()
    Image.fromarray(np.dstack([greys, 255 * seen]).astype(np.uint8)).save(buffer, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
