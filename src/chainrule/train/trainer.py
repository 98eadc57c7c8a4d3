"""The training loop."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from chainrule.nn import Module
from chainrule.optim import Optimizer
from chainrule.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from chainrule.serialization import load
from chainrule.tensor import Tensor
from chainrule.train.callbacks import Callback
from chainrule.train.diagnose import NonFiniteLossError, find_cause
from chainrule.train.history import History, RunningEpoch
from chainrule.train.metrics import Metric, evaluate, measure, pairs
from chainrule.train.progress import make_progress
from chainrule.train.replay import batches_from, generators_of, get_states, set_states
from chainrule.train.state import CheckpointError, check_makeup, length_of, load_state, state_of
from chainrule.train.step import NotFinite, TrainingStep


class Trainer:
    """Trains a model, in the order of PyTorch's tutorial.

    Parameters
    ----------
    model : Module
    loss_fn : callable
        Takes prediction and target, and returns a tensor of one element.
    optimizer : Optimizer
        Of parameters of the model. One whose ``step`` demands a closure, as that of ``LBFGS`` does, is given one.
    scheduler : LRScheduler or ReduceLROnPlateau, optional
        Steps at the end of every epoch; ``ReduceLROnPlateau`` is given the validation loss, or without validation
        the training loss.
    metrics : dict of str to callable, optional
        What to measure in validation, as in :func:`evaluate`.
    train_metrics : dict of str to callable, optional
        What to measure on the training batches, with the weights as they are at each; it costs a little at every
        step.
    callbacks : sequence of Callback
        Are called in this order, a recorder first, checkpoints last.
    progress : bool or None
        Whether to show a progress bar on standard error. None: if that is a terminal.
    capture : bool
        Whether steps are recorded once and replayed, see :func:`chainrule.capture`: the same numbers to the last
        bit, faster. A step that can't be captured runs as it is written. Whether ``forward`` and ``loss_fn`` do
        the same as before is looked at with the first batch of every epoch, and whenever a module was changed;
        what they print or count in Python they do at these batches only.
    at_once : int, optional
        How many samples validation puts through the model together, as in :func:`evaluate`.

    Attributes
    ----------
    history : History
    running : RunningEpoch or None
        The epoch that is being trained; None between epochs.
    epochs : int
        How many there are to be in all.
    loaders : dict
        The loaders that are trained on (``"train"``) and validated with (``"validation"``).
    stopping : bool
        Whether the training is about to end early.
    step : TrainingStep
        What is done with each batch. ``step.captured`` tells whether it is replayed, ``step.refusal`` why not.

    Raises
    ------
    TypeError
        If ``model`` is not a Module.
    ValueError
        If the optimiser's parameters are not the model's, or the scheduler is another optimiser's.

    Examples
    --------
    >>> import chainrule as cr
    >>> from chainrule import nn, optim
    >>> from chainrule.train import accuracy
    >>> _ = cr.manual_seed(0)
    >>> model = nn.Linear(2, 2)
    >>> X, y = [[2.0, 0.0], [0.0, 2.0]], [0, 1]
    >>> optimizer = optim.SGD(model.parameters(), lr=0.5)
    >>> trainer = Trainer(model, nn.CrossEntropyLoss(), optimizer, metrics={"accuracy": accuracy})
    >>> history = trainer.fit([(X, y)], epochs=10, validation=[(X, y)])
    >>> history.epochs[-1]["validation_accuracy"]
    1.0
    """

    def __init__(
        self,
        model: Module,
        loss_fn: Callable[[Any, Any], Tensor],
        optimizer: Optimizer,
        scheduler: LRScheduler | ReduceLROnPlateau | None = None,
        metrics: Mapping[str, Metric] | None = None,
        train_metrics: Mapping[str, Metric] | None = None,
        callbacks: Sequence[Callback] = (),
        progress: bool | None = None,
        capture: bool = True,
        at_once: int | None = None,
    ) -> None:
        _check_parts(model, optimizer, scheduler)
        self.model, self.loss_fn, self.optimizer, self.scheduler = model, loss_fn, optimizer, scheduler
        self.step = TrainingStep(model, loss_fn, optimizer, capture)
        self.metrics, self.train_metrics = dict(metrics or {}), dict(train_metrics or {})
        # The bar first: it makes room for what others show.
        self.callbacks = [*make_progress(progress), *sorted(callbacks, key=lambda callback: callback.place)]
        self.history, self.epochs, self.stopping, self.at_once = History(), 0, False, at_once
        self.running: RunningEpoch | None = None
        self.loaders: dict[str, Iterable[Any]] = {}
        self._loaded: dict[str, Any] | None = None

    # ---- the loop -----------------------------------------------------------------------------------------------

    def fit(
        self,
        train_loader: Iterable[Any],
        epochs: int,
        validation: Iterable[Any] | None = None,
        *,
        resume: str | os.PathLike[str] | None = None,
    ) -> History:
        """Train until there have been so many epochs.

        Parameters
        ----------
        train_loader : iterable
            Batches (X, y), in every epoch anew: a ``DataLoader`` of chainrule or PyTorch, a list of arrays.
        epochs : int
            Those before a resumed checkpoint included.
        validation : iterable, optional
            Batches to measure the model with after every epoch.
        resume : path-like, optional
            The file of a ``Checkpoint``: go on from there. The end is bit for bit that of a training that was not
            interrupted, if its batches depend on nothing but the loaders and their generators. Without it the
            history begins anew, with the model as it is.

        Returns
        -------
        History

        Raises
        ------
        NonFiniteLossError
            If the loss of a step is infinite or not a number.
        ValueError
            If ``epochs`` is negative, a loader gives nothing, or the checkpoint is of another training.
        """
        _check_fit(train_loader, epochs, validation)
        self.loaders = {"train": train_loader} | ({} if validation is None else {"validation": validation})
        self.epochs, self.stopping = epochs, False
        self._begin(resume)
        with ExitStack() as ends:
            for callback in self.callbacks:  # each has its end, the last first, whatever another's end raises
                ends.callback(_end, callback, self)
            for callback in self.callbacks:
                callback.on_fit_start(self)
            while len(self.history.epochs) < epochs and not self.stopping:
                if self._train_epoch():
                    self._finish_epoch()
        return self.history

    def _train_epoch(self) -> bool:
        """Train an epoch, or the rest of a resumed one, and return whether it came to its end."""
        self.running = running = self.running or RunningEpoch(len(self.history.epochs) + 1)
        self.model.train()
        for callback in self.callbacks:
            callback.on_epoch_start(self)
        self.step.begin_epoch()
        start = time.perf_counter() - running.seconds
        for X, y in pairs(self._batches(running)):
            try:
                value, pred = self.step(X, y)
            except NotFinite as error:
                raise self._not_finite(error.loss, X, y) from None
            self.history.steps.append(value)
            running.tally.add(len(X), value)
            measure(self.train_metrics, pred, y, running.tally)
            running.seconds = time.perf_counter() - start
            for callback in self.callbacks:
                callback.on_step_end(self, value)
            if self.stopping:
                return False
        if not running.tally.batches:
            raise ValueError("train_loader gave no batches: there is nothing to train on")
        return True

    def _finish_epoch(self) -> None:
        """Validate, record what was measured, and let the schedule step."""
        assert self.running is not None
        record = self._record(self.running)
        self.history.epochs.append(record)
        self.running = None
        if isinstance(self.scheduler, ReduceLROnPlateau):
            self.scheduler.step(record.get("validation_loss", record["train_loss"]))
        elif self.scheduler is not None:
            self.scheduler.step()
        for callback in self.callbacks:
            callback.on_epoch_end(self, record)

    def _record(self, running: RunningEpoch) -> dict[str, Any]:
        """Return the record of an epoch that has been trained, and validate for it."""
        tally = running.tally
        trained = {"loss": tally.weighted_loss / tally.samples, **tally.ratios()}
        record = {
            "epoch": running.number,
            "steps": tally.batches,
            "samples": tally.samples,
            "lr": float(self.optimizer.param_groups[0]["lr"]),
            **{f"train_{name}": value for name, value in trained.items()},
            "seconds": running.seconds,
            "samples_per_second": tally.samples / running.seconds,
        }
        if "validation" in self.loaders:
            for callback in self.callbacks:
                callback.on_validation_start(self)
            start = time.perf_counter()
            loader = self.loaders["validation"]
            measured = evaluate(self.model, loader, self.loss_fn, self.metrics, at_once=self.at_once)
            record.update({f"validation_{name}": value for name, value in measured.items()})
            record["validation_seconds"] = time.perf_counter() - start
        return record

    def stop(self) -> None:
        """Ask the training to end after the running step, or, between epochs, before the next.

        An epoch that is left in the middle has no record; a checkpoint of it can be resumed.
        """
        self.stopping = True

    def _not_finite(self, value: float, X: Tensor, y: Tensor) -> NonFiniteLossError:
        assert self.running is not None
        cause = find_cause(self.model, self.loss_fn, X, y)
        return NonFiniteLossError(self.running.number, self.running.tally.batches + 1, value, cause)

    # ---- going on where a training stood ---------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return all that the training stands on, for :func:`chainrule.save`.

        Returns
        -------
        dict
            Model, optimiser, schedule, history, position, callbacks, and the states of the default generator and
            of the loaders' own. Tensors share their memory.
        """
        return state_of(self)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state of a trainer of the same makeup; the next ``fit`` goes on from there.

        Parameters
        ----------
        state_dict : dict

        Raises
        ------
        ValueError
            If it is of another training: the error says what differs.
        """
        load_state(self, state_dict)
        self._loaded = state_dict

    def _begin(self, resume: str | os.PathLike[str] | None) -> None:
        """Start a new history, or go on with a loaded one, its generators as they were."""
        if resume is None:
            loaded, self._loaded = self._loaded, None
            if loaded is None:
                self.history, self.running = History(), None
            else:
                self._take_up(loaded)
            return
        state = load(resume)
        try:
            self.load_state_dict(state)
            self._take_up(state)
        except Exception as error:
            what = "" if isinstance(error, ValueError) else f"it lacks what a checkpoint holds ({error!r})"
            raise CheckpointError(f"{os.fspath(resume)} can't be gone on with: {what or error}") from error
        finally:
            self._loaded = None

    def _take_up(self, loaded: dict[str, Any]) -> None:
        """Put the generators where they were, if the loaders are those that they were drawn for."""
        check_makeup(self, loaded)
        set_states(generators_of(**self.loaders), loaded["generators"])

    def _batches(self, running: RunningEpoch) -> Iterator[Any]:
        """Iterate over the batches of an epoch that have not been trained on."""
        generators = generators_of(**self.loaders)
        if not running.tally.batches:
            running.generators = get_states(generators)
            return iter(self.loaders["train"])
        return batches_from(self.loaders["train"], running.tally.batches, generators, running.generators)


def _end(callback: Callback, trainer: Trainer) -> None:
    callback.on_fit_end(trainer)


# ---- checks -----------------------------------------------------------------------------------------------------


def _check_parts(model: Any, optimizer: Any, scheduler: Any) -> None:
    if not isinstance(model, Module):
        raise TypeError(f"Trainer expected model to be a chainrule.nn.Module, got {type(model).__name__}")
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"Trainer expected optimizer to be an Optimizer of chainrule, got {type(optimizer).__name__}"
        )
    own = {id(parameter) for parameter in model.parameters()}
    strangers = [p for group in optimizer.param_groups for p in group["params"] if id(p) not in own]
    if strangers:
        raise ValueError(
            f"Trainer expected an optimizer of the model's parameters, got one with {len(strangers)} others, the "
            f"first of shape {tuple(strangers[0].shape)}: make the optimizer from this model's parameters()"
        )
    if scheduler is not None and scheduler.optimizer is not optimizer:
        raise ValueError("Trainer expected a scheduler of its optimizer, got one of another optimizer")


def _check_fit(train_loader: Any, epochs: Any, validation: Any) -> None:
    if not isinstance(epochs, int) or isinstance(epochs, bool) or epochs < 0:
        raise ValueError(f"fit expected epochs to be an integer from 0 on, got {epochs!r}")
    for name, loader in {"train_loader": train_loader, "validation": validation}.items():
        if loader is not None and length_of(loader) == 0:
            raise ValueError(f"fit expected batches in {name}, got an empty loader")
        if epochs > 1 and hasattr(loader, "__next__"):
            raise ValueError(
                f"fit reads {name} once in each of {epochs} epochs, got an iterator, which gives its batches "
                "only once: pass a list or a DataLoader"
            )
