"""Logs of a training in files that other programs read while it runs.

A resumed training writes its logs again from the history of the checkpoint: lines that a killed process wrote
after that checkpoint, or left half written, are gone, and none is missing.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import time
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from chainrule.files import remove_partial, with_path, write_text
from chainrule.train.callbacks import Callback

if TYPE_CHECKING:
    from chainrule.train.trainer import Trainer

FLUSH_SECONDS = 1.0


class JSONLines(Callback):
    """Write a line of JSON for every step and every epoch.

    A step is ``{"kind": "step", "epoch": 1, "step": 1, "loss": 2.3}``, with steps counted over all epochs; an
    epoch is ``{"kind": "epoch", ...}`` with its record. A file of this name is replaced.

    Parameters
    ----------
    path : path-like
    steps : bool
        Whether steps have lines; those of single examples, a hundred thousand of them, say little.

    Examples
    --------
    >>> import tempfile
    >>> from chainrule import nn, optim
    >>> from chainrule.train import Trainer
    >>> model, path = nn.Linear(1, 1), Path(tempfile.mkdtemp(), "metrics.jsonl")
    >>> trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters()), callbacks=[JSONLines(path)])
    >>> _ = trainer.fit([([[1.0]], [[2.0]])], epochs=1)
    >>> [json.loads(line)["kind"] for line in path.read_text().splitlines()]
    ['step', 'epoch']
    """

    def __init__(self, path: str | os.PathLike[str], steps: bool = True) -> None:
        self.path, self.steps = Path(path), steps
        self._file: IO[str] | None = None

    def on_fit_start(self, trainer: Trainer) -> None:
        """Write what the history holds, and open the file for what comes."""
        remove_partial(self.path)
        history, lines = trainer.history, []
        steps = enumerate(history.steps if self.steps else [], start=1)
        for record in history.epochs:
            lines += [_step_line(record["epoch"], *step) for step in islice(steps, record["steps"])]
            lines.append(_epoch_line(record))
        lines += [_step_line(len(history.epochs) + 1, *step) for step in steps]
        write_text(self.path, "".join(lines))
        self._file = self.path.open("a", encoding="utf-8")
        self._next_flush = 0.0

    def on_step_end(self, trainer: Trainer, loss: float) -> None:
        """Write the loss."""
        if not self.steps:
            return
        assert trainer.running is not None
        line = _step_line(trainer.running.number, len(trainer.history.steps), loss)
        self._write(line, flush=time.monotonic() > self._next_flush)

    def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
        """Write the record."""
        self._write(_epoch_line(record), flush=True)

    def on_fit_end(self, trainer: Trainer) -> None:
        """Close the file."""
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError as error:
                raise with_path(error, self.path) from error

    def _write(self, line: str, flush: bool) -> None:
        assert self._file is not None
        try:
            self._file.write(line)
            if flush:
                self._file.flush()
                self._next_flush = time.monotonic() + FLUSH_SECONDS
        except OSError as error:
            raise with_path(error, self.path) from error


def _step_line(epoch: int, step: int, loss: float) -> str:
    # By hand: json.dumps takes three times as long, at every step. A finite float's repr is its JSON.
    return f'{{"kind": "step", "epoch": {epoch}, "step": {step}, "loss": {loss!r}}}\n'


def _epoch_line(record: dict[str, Any]) -> str:
    return json.dumps({"kind": "epoch", **without_nan(record)}) + "\n"


def without_nan(content: Any) -> Any:
    """Return what JSON can hold, with None for numbers that it has no word for: infinite ones, and none at all.

    Examples
    --------
    >>> without_nan({"precision": float("nan"), "losses": [0.5, float("inf")]})
    {'precision': None, 'losses': [0.5, None]}
    """
    if isinstance(content, dict):
        return {key: without_nan(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [without_nan(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


class CSVLog(Callback):
    """Write a table with a row for every epoch, whose columns are those of the records.

    Parameters
    ----------
    path : path-like
        A file of this name is replaced.

    Examples
    --------
    >>> import tempfile
    >>> from chainrule import nn, optim
    >>> from chainrule.train import Trainer
    >>> model, path = nn.Linear(1, 1), Path(tempfile.mkdtemp(), "epochs.csv")
    >>> trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters()), callbacks=[CSVLog(path)])
    >>> _ = trainer.fit([([[1.0]], [[2.0]])], epochs=1)
    >>> path.read_text().splitlines()[0]
    'epoch,steps,samples,lr,train_loss,seconds,samples_per_second'
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def on_fit_start(self, trainer: Trainer) -> None:
        """Write what the history holds."""
        remove_partial(self.path)
        self._write(trainer)

    def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
        """Write the table with the new row, whole: it is short, and so no row is ever half there."""
        self._write(trainer)

    def _write(self, trainer: Trainer) -> None:
        text = io.StringIO()
        records = trainer.history.epochs
        if records:
            table = csv.DictWriter(text, fieldnames=list(records[0]), lineterminator="\n")
            table.writeheader()
            table.writerows(records)
        write_text(self.path, text.getvalue())
