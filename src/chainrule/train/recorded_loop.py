"""``record``: the state of a training whose loop is written by hand."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from inspect import Parameter, signature
from pathlib import Path
from typing import IO, Any

import numpy as np

from chainrule import autograd
from chainrule.files import with_path
from chainrule.nn import Module
from chainrule.nn.watching import watched
from chainrule.optim import Optimizer
from chainrule.train.recorded_step import StepRecord, layers_of
from chainrule.train.recorded_validation import ValidationRecord
from chainrule.train.recorder import EVERY
from chainrule.train.recording_lines import checked_every, encoded, first_weights, step_line, training_line


@contextmanager
def record(
    path: str | os.PathLike[str],
    model: Module,
    loss_fn: Module,
    optimizer: Optimizer,
    every: int = EVERY,
    classes: Sequence[str] | None = None,
) -> Iterator[LoopRecorder]:
    """Inside, write down what happens in a model while a loop of one's own trains it, for ``chainrule report``.

    The loop stays as it is. A step ends with ``optimizer.step()``; its loss is what ``loss_fn`` returned. What the
    model does in evaluation mode, or under ``no_grad()``, is its validation.

    Parameters
    ----------
    path : path-like
        A file of this name is replaced. It is what :class:`Recorder` writes.
    model : Module
    loss_fn : Module
        A module, as ``nn.CrossEntropyLoss()``, whose calls can be seen.
    optimizer : Optimizer
        One that takes gradients as they are: not ``LBFGS``.
    every : int
        How many steps there are from one that is looked at to the next.
    classes : sequence of str, optional
        Their names, for the page.

    Yields
    ------
    LoopRecorder
        Call its ``end_epoch()`` after every epoch. After the last it is called by itself.

    Raises
    ------
    TypeError
        If ``loss_fn`` is a function, or the optimizer demands a closure.
    RuntimeError
        In the loop, if a step is made without a loss that could be seen, or is a captured one.

    Examples
    --------
    >>> import tempfile
    >>> from chainrule import nn, optim, tensor
    >>> model, loss_fn = nn.Linear(1, 1), nn.MSELoss()
    >>> optimizer, path = optim.SGD(model.parameters(), lr=0.1), Path(tempfile.mkdtemp(), "recording.jsonl")
    >>> with record(path, model, loss_fn, optimizer) as recorder:
    ...     for epoch in range(2):
    ...         loss = loss_fn(model(tensor([[1.0]])), tensor([[2.0]]))
    ...         loss.backward()
    ...         optimizer.step()
    ...         optimizer.zero_grad()
    ...         recorder.end_epoch()
    >>> [line.partition(",")[0] for line in path.read_text().splitlines()]
    ['{"kind": "training"', '{"kind": "step"', '{"kind": "epoch"', '{"kind": "epoch"']
    """
    if not isinstance(loss_fn, Module):
        kind = getattr(loss_fn, "__name__", type(loss_fn).__name__)
        raise TypeError(
            f"record expected loss_fn to be a module whose calls can be seen, as nn.CrossEntropyLoss(), got {kind}"
        )
    closure = signature(optimizer.step).parameters.get("closure")
    if closure is not None and closure.default is Parameter.empty:
        raise TypeError(
            f"record looks at gradients before optimizer.step(), but {type(optimizer).__name__} computes them in "
            "there: train with Trainer, and give it a Recorder"
        )
    file, every = Path(path), checked_every("record", every)
    file.parent.mkdir(parents=True, exist_ok=True)
    names = None if classes is None else list(map(str, classes))
    with file.open("wb") as lines, ExitStack() as watches:
        recorder = LoopRecorder(lines, model, loss_fn, optimizer, every)
        recorder.write(training_line(model, optimizer, every, names))
        watches.enter_context(recorder.watching())
        yield recorder
        if recorder.steps > recorder.ended_at:
            recorder.end_epoch()


class LoopRecorder:
    """What :func:`record` looks on with.

    Attributes
    ----------
    steps, epochs : int
        How many there have been.
    ended_at : int
        The step after which the last epoch ended.
    """

    def __init__(self, file: IO[bytes], model: Module, loss_fn: Module, optimizer: Optimizer, every: int) -> None:
        self.file, self.model, self.loss_fn, self.optimizer, self.every = file, model, loss_fn, optimizer, every
        self.steps = self.epochs = self.ended_at = 0
        self._of_batch: list[float] = []  # losses since the last step; several, if gradients are summed up
        self._since_look: list[float] = []  # losses of steps
        self._of_epoch: list[float] = []
        self._of_validation: list[float] = []
        self._seen = StepRecord(model, optimizer)
        self._is_forward_over = self._is_finite = True
        self._layers, self._validation = ExitStack(), ExitStack()

    # ---- what the loop calls -----------------------------------------------------------------------------------

    def end_epoch(self, **measures: Any) -> None:
        """Write what is known of an epoch: the mean losses, and what was seen of the validation.

        Parameters
        ----------
        **measures : float
            What else was measured, as ``validation_accuracy=0.9``.
        """
        self.epochs += 1
        losses = {"train_loss": self._of_epoch, "validation_loss": self._of_validation}
        means = {name: sum(values) / len(values) for name, values in losses.items() if values}
        own = {name: float(value) for name, value in measures.items()}
        seen = self._validated.summary() if self._of_validation else {}
        line = {"kind": "epoch", "epoch": self.epochs, **means, **own, "step": self.steps}
        self.write({**line, **seen, **first_weights(self.model)})
        self._of_epoch, self._of_validation, self.ended_at = [], [], self.steps
        self._look_at_validation()

    # ---- looking on --------------------------------------------------------------------------------------------

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look on inside."""
        handles = [
            self.optimizer.register_step_pre_hook(self._before_step),
            self.optimizer.register_step_post_hook(self._after_step),
        ]
        try:
            with watched({"": self.model}, self._see_model), watched({"": self.loss_fn}, self._see_loss):
                self._look_at_layers()
                self._look_at_validation()
                yield
        finally:
            self._layers.close()
            self._validation.close()
            for handle in handles:
                handle.remove()

    def write(self, line: dict[str, Any]) -> None:
        """Write a line."""
        try:
            self.file.write(encoded(line))
            self.file.flush()
        except OSError as error:
            raise with_path(error, Path(self.file.name)) from error

    @property
    def _is_due(self) -> bool:
        return self.steps % self.every == 0 and self._is_finite

    def _is_validating(self) -> bool:
        return not (self.model.training and autograd.mode.recording)

    def _look_at_layers(self) -> None:
        """Look at the layers in the next step, if it is due."""
        self._layers.close()
        if self._is_due:
            self._layers.enter_context(watched(layers_of(self.model), self._see_layer))

    def _look_at_validation(self) -> None:
        self._validation.close()
        self._validated = ValidationRecord()
        self._validation.enter_context(
            self._validated.watching(self.model, self.loss_fn, when=self._is_validating)
        )

    def _see_layer(self, name: str, module: Module, args: Any, output: Any) -> None:
        if self._is_validating():
            return
        if self._is_forward_over:
            self._seen, self._is_forward_over = StepRecord(self.model, self.optimizer), False
        with np.errstate(all="ignore"):
            self._seen.see(name, module, args, output)

    def _see_model(self, name: str, module: Module, args: Any, output: Any) -> None:
        self._is_forward_over = True

    def _see_loss(self, name: str, module: Module, args: Any, output: Any) -> None:
        loss = float(output.array.mean())
        (self._of_validation if self._is_validating() else self._of_batch).append(loss)

    def _before_step(self, *_: Any) -> None:
        if self._is_due:
            with np.errstate(all="ignore"):
                self._seen.see_gradients()
                self._seen.see_weights()

    def _after_step(self, *_: Any) -> None:
        if not self._of_batch:
            raise RuntimeError(
                "record saw no call of loss_fn before optimizer.step(): compute the loss with the module that "
                "record was given"
            )
        loss = sum(self._of_batch) / len(self._of_batch)
        was_due, was_finite = self._is_due, self._is_finite
        self._is_finite = was_finite and math.isfinite(loss)
        self._of_batch = []
        self._of_epoch.append(loss)
        self._since_look.append(loss)
        self.steps += 1
        if was_due and self._is_finite:
            with np.errstate(all="ignore"):
                self._seen.see_update()
            self._write_step({"loss": loss, "layers": self._seen.layers, "parameters": self._seen.parameters})
            self._seen = StepRecord(self.model, self.optimizer)
        elif was_finite and not self._is_finite:
            self._write_step({"loss": loss})
        self._look_at_layers()

    def _write_step(self, seen: dict[str, Any]) -> None:
        self.write(step_line(self.epochs + 1, self.steps, self._since_look, seen))
        self._since_look = []
