"""What a ``Recorder`` wrote, read again."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.ops import Array
from chainrule.train.recorder import PREFIX
from chainrule.train.recording_lines import VERSION

ENDING = ".jsonl"
BEGIN = b'{"kind": "training"'  # of a file
KINDS = ("training", "step", "epoch", "end", "stop")  # of lines


@dataclass(frozen=True)
class Recording:
    """A recorded training.

    Attributes
    ----------
    name : str
        Of the training, if there are several in its folder.
    training : dict
        What the recording begins with: ``every``, ``optimizer``, ``parameters`` with their shapes, ``classes``.
    steps, epochs : list of dict
        The lines of the steps that were looked at, and of the epochs; see :class:`chainrule.train.Recorder`.
    end : dict or None
        The line of a loss that was not finite.
    is_stopped : bool
        Whether it was asked to end, before its last epoch maybe.
    """

    name: str
    training: dict[str, Any]
    steps: list[dict[str, Any]]
    epochs: list[dict[str, Any]]
    end: dict[str, Any] | None
    is_stopped: bool = False

    @property
    def matrices(self) -> list[str]:
        """The names of the parameters with two axes or more, in the order of the model: the layers' weights."""
        return [name for name, shape in self.training["parameters"].items() if len(shape) > 1]

    @property
    def layers(self) -> list[str]:
        """The names of the layers whose outputs were looked at, in any step."""
        return list(self._types)

    @cached_property
    def _types(self) -> dict[str, str]:
        return {name: found["type"] for step in self.steps for name, found in step["layers"].items()}

    def type_of(self, layer: str) -> str:
        """Return the type of a layer; nothing if it was not looked at."""
        return self._types.get(layer, "")

    def titled(self, layer: str) -> str:
        """Return the name of a layer with its type."""
        return f"{layer} ({self.type_of(layer)})"

    def at(self) -> Array:
        """Return the numbers of the steps that were looked at, from 1."""
        return np.array([step["step"] for step in self.steps])

    def of_parameters(self, names: list[str], *path: str) -> Array:
        """Return numbers of parameters at the steps, not a number where there are none.

        Parameters
        ----------
        names : list of str
        *path : str
            Which: ``"gradient", "norm"`` for one, or ``"ratio"``.

        Returns
        -------
        ndarray, shape (steps, names)
        """
        rows = [[_number(step["parameters"], name, *path) for name in names] for step in self.steps]
        return np.array(rows, dtype=float).reshape(len(self.steps), len(names))

    def losses(self) -> Array:
        """Return, for every step that was looked at, the mean of the losses since the one before."""
        return np.array([_number(step, "mean_loss") for step in self.steps], dtype=float)

    def measured(self, name: str) -> Array:
        """Return a measure of the epochs, not a number where it was not taken."""
        return np.array([_number(epoch, name) for epoch in self.epochs], dtype=float)


def _number(content: Any, *path: str) -> float:
    for key in path:
        content = content.get(key) if isinstance(content, dict) else None
    return np.nan if content is None else float(content)


def read_recordings(path: str | os.PathLike[str]) -> list[Recording]:
    """Read all recordings of a run.

    Parameters
    ----------
    path : path-like
        The folder of a run, or the file of one recording.

    Returns
    -------
    list of Recording

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder, or no recording in it.
    ValueError
        If a file is no recording.
    """
    place = Path(path)
    if not place.exists():
        raise FileNotFoundError(f"{place} is not there: name the folder of a run, or a recording")
    files = sorted(place.glob(f"{PREFIX}*{ENDING}")) if place.is_dir() else [place]
    if not files:
        raise FileNotFoundError(
            f"{place} has no recording ({PREFIX}{ENDING}): name the folder of a lab's run that records, "
            "or pass chainrule.train.Recorder to a Trainer's callbacks"
        )
    return [read_recording(file) for file in files]


def read_recording(path: str | os.PathLike[str]) -> Recording:
    """Read a recording. Half a line, which a killed process may have left at the end, does not count.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Recording

    Raises
    ------
    IsADirectoryError
        If it is a folder.
    ValueError
        If it is none, has another format, or a line of it is damaged.
    """
    file = Path(path)
    if file.is_dir():
        raise IsADirectoryError(f"{file} is a folder: name a file in it, or pass it to read_recordings")
    content = file.read_bytes()
    if not content.startswith(BEGIN):
        raise ValueError(f"{file} is no recording of chainrule.train.Recorder")
    kinds: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    for i, text in enumerate(content.split(b"\n")[:-1] or [content], start=1):
        try:
            line = json.loads(text)
            kinds[line["kind"]].append(line)
        except (ValueError, LookupError, TypeError) as error:
            raise ValueError(f"line {i} of {file} is damaged: it is no line that a Recorder writes") from error
    version = kinds["training"][0].get("version")
    if version != VERSION:
        raise ValueError(f"{file} is a recording of format {version}, and format {VERSION} is read here")
    name = file.stem.removeprefix(PREFIX).lstrip("-")
    end = kinds["end"][-1] if kinds["end"] else None
    return Recording(name, kinds["training"][0], kinds["step"], kinds["epoch"], end, bool(kinds["stop"]))
