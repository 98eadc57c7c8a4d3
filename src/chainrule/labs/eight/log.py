"""The training log as the document has it: a line of text for every epoch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chainrule.files import write_text
from chainrule.train import Callback, Trainer


class TrainingLog(Callback):
    """Print the error of every epoch, and keep it in a text file as training goes; in the end, the accuracy, too.

    Parameters
    ----------
    path : Path
        A file of this name is replaced.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def on_fit_start(self, trainer: Trainer) -> None:
        """Write what a resumed training has behind it."""
        self._write(trainer)

    def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
        """Print the line of the epoch, and write all."""
        print(log_line(record, trainer.epochs))
        self._write(trainer)

    def _write(self, trainer: Trainer) -> None:
        epochs = trainer.history.epochs
        lines = [log_line(epoch, trainer.epochs) for epoch in epochs]
        if epochs and len(epochs) == trainer.epochs:
            lines.append(f"test images judged rightly: {epochs[-1]['validation_accuracy']:.2%}")
        write_text(self.path, "".join(f"{line}\n" for line in lines))


def log_line(record: dict[str, Any], epochs: int) -> str:
    """Return the line of an epoch in the training log.

    Examples
    --------
    >>> log_line({"epoch": 1, "train_loss": 0.0647}, 15)
    'epoch 1/15, error 0.064700'
    """
    return f"epoch {record['epoch']}/{epochs}, error {record['train_loss']:.6f}"
