"""``Recorder``: the state of a training, written down while it runs."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from chainrule.files import with_path
from chainrule.train.callbacks import Callback
from chainrule.train.recorded_step import RecordedStep
from chainrule.train.recorded_validation import ValidationRecord
from chainrule.train.recording_lines import checked_every, encoded, first_weights, step_line, training_line

if TYPE_CHECKING:
    from chainrule.train.trainer import Trainer

EVERY = 50  # steps: the tutorial's training takes 2 to 4 % longer then, see benchmarks/recording.py
PREFIX = "recording"  # that the names of files have to begin with
TIMES = ("seconds", "samples_per_second", "validation_seconds")  # are others each time


class Recorder(Callback):
    """Write down what happens in a model while it is trained, for ``chainrule report``.

    The file has a line of JSON for the training (``"kind": "training"``), for every step that is looked at
    (``"step"``) and for every epoch (``"epoch"``); the last is ``"end"`` if a loss was not finite, and
    ``"stop"`` if the training was asked to end.

    - A step has norm, quantiles and histogram of each parameter, its gradient and its update, with
      ‖update‖/‖weight‖; and quantiles and histogram of what each layer returned, with the share of ReLUs that were
      zero for the whole batch, or of sigmoids and tanhs that were saturated.
    - An epoch has its record; of its validation the confusion matrix, the worst mistakes, the share of ReLUs that
      were zero for every example, and of outputs that were saturated, those of the model itself left out; and the
      weights of the first units.

    The training is the same to the last bit: a step that is looked at runs as it is written, others are captured
    as before. Layers are modules: what ``forward`` does with functions is not seen.

    Parameters
    ----------
    path : path-like
        A file of this name is replaced; a resumed training goes on with it, to the same content.
    every : int
        How many steps there are from one that is looked at to the next.

    Raises
    ------
    ValueError
        If ``every`` is not a positive integer, or, in ``fit``, if the trainer has another one.

    Notes
    -----
    Validation is looked at as it goes, without another pass. Mistakes are known if the loss function is a module
    and the targets are classes, 100 at most. Where the examples are pictures of 28×28 pixels, an epoch takes 50 kB
    of the file, and a step of the tutorial's network 7 kB.

    Examples
    --------
    >>> import json, tempfile
    >>> from chainrule import nn, optim
    >>> from chainrule.train import Trainer
    >>> model, path = nn.Linear(1, 1), Path(tempfile.mkdtemp(), "recording.jsonl")
    >>> trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters()), callbacks=[Recorder(path)])
    >>> _ = trainer.fit([([[1.0]], [[2.0]])], epochs=1)
    >>> [json.loads(line)["kind"] for line in path.read_text().splitlines()]
    ['training', 'step', 'epoch']
    """

    place = -1  # first: others may evaluate the model, and that is no validation of the trainer's

    def __init__(self, path: str | os.PathLike[str], every: int = EVERY) -> None:
        self.path, self.every = Path(path), checked_every("Recorder", every)
        self._length = 0  # of the file, in bytes
        self._file: IO[bytes] | None = None
        self._fit, self._looking_on = ExitStack(), ExitStack()  # to be undone after a fit, after a validation
        self._validation: ValidationRecord | None = None

    def on_fit_start(self, trainer: Trainer) -> None:
        """Begin the file, or go on with it where the checkpoint was taken; and see that steps are looked at."""
        if isinstance(trainer.step, RecordedStep):
            raise ValueError("a Trainer takes one Recorder, got two: leave one of them out of its callbacks")
        if not trainer.history.steps or not self.path.exists() or self.path.stat().st_size < self._length:
            self._length = 0
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._fit.enter_context(self.path.open("ab"))
        self._file.truncate(self._length)
        if not self._length:
            self._write(self._on_training(trainer))
        step = trainer.step
        self._fit.callback(setattr, trainer, "step", step)
        trainer.step = RecordedStep(
            step,
            is_due=lambda: len(trainer.history.steps) % self.every == 0,
            write=lambda seen: self._write(self._on_step(trainer, seen)),
        )

    def on_validation_start(self, trainer: Trainer) -> None:
        """Look on at the validation."""
        self._validation = ValidationRecord()
        self._looking_on.enter_context(self._validation.watching(trainer.model, trainer.loss_fn))

    def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
        """Write what is known of the epoch."""
        self._looking_on.close()
        measured = {name: value for name, value in record.items() if name not in TIMES}
        seen = {} if self._validation is None else self._validation.summary()
        steps = len(trainer.history.steps)
        self._write({"kind": "epoch", **measured, "step": steps, **seen, **first_weights(trainer.model)})
        self._validation = None

    def on_fit_end(self, trainer: Trainer) -> None:
        """Close the file, and let the steps be."""
        self._looking_on.close()
        with self._fit:
            if trainer.stopping and self._file is not None:
                self._write({"kind": "stop", "step": len(trainer.history.steps)})
        self._file = None

    def state_dict(self) -> dict[str, Any]:
        """Return how long the file is: what comes after a checkpoint is written again."""
        return {"length": self._length}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over how long the file was."""
        self._length = int(state["length"])

    # ---- lines -------------------------------------------------------------------------------------------------

    def _on_training(self, trainer: Trainer) -> dict[str, Any]:
        classes = _classes(trainer.loaders.get("validation"))
        return training_line(trainer.model, trainer.optimizer, self.every, classes, epochs=trainer.epochs)

    def _on_step(self, trainer: Trainer, seen: dict[str, Any]) -> dict[str, Any]:
        """Return the line of a step; with the mean of the losses since the last one that was looked at."""
        assert trainer.running is not None
        before = trainer.history.steps
        losses = [*before[max(len(before) - self.every + 1, 0) :], seen["loss"]]
        return step_line(trainer.running.number, len(before) + 1, losses, seen)

    def _write(self, line: dict[str, Any]) -> None:
        assert self._file is not None
        try:
            self._length += self._file.write(encoded(line))
            self._file.flush()
        except OSError as error:
            raise with_path(error, self.path) from error


def _classes(loader: Any) -> list[str] | None:
    """Return the names of the classes that a loader's dataset knows, or the one below it."""
    dataset = getattr(loader, "dataset", None)
    while dataset is not None and not hasattr(dataset, "classes"):
        dataset = getattr(dataset, "dataset", None)
    classes = getattr(dataset, "classes", None)
    return list(map(str, classes)) if isinstance(classes, Iterable) else None
