"""PyTorch beside us: the same network, from the same seed, on the same batches, epoch by epoch."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from chainrule.interop.exchange import VERSION as VERSION
from chainrule.interop.exchange import from_torch, to_torch
from chainrule.interop.exchange import import_torch as import_torch
from chainrule.interop.reference import ReferenceRun
from chainrule.ops import Array
from chainrule.random import default_generator
from chainrule.train import Callback, Trainer, accuracy
from chainrule.train.history import RunningEpoch, Tally
from chainrule.train.metrics import Metric, measure
from chainrule.train.replay import generators_of, get_states, set_states

PAUSE = 0.2  # seconds; OpenBLAS's threads were seen to wait for 0.1


@contextmanager
def shared_stream(torch: Any) -> Iterator[None]:
    """Let PyTorch draw from the stream of our default generator, which goes on behind what PyTorch has drawn.

    PyTorch's own default generator is afterwards as it was before.
    """
    own = torch.get_rng_state()
    torch.set_rng_state(torch.from_numpy(default_generator.get_state()))
    try:
        yield
    finally:
        default_generator.set_state(torch.get_rng_state())
        torch.set_rng_state(own)


class LiveReference(Callback):
    """Trains a PyTorch network along with ours: after each of our epochs, one of its own, on the same batches.

    The epochs alternate so that both sides are timed under the same load of the machine. Before PyTorch's epoch,
    all generators are put back to where they were before ours: shuffled batches come in the same order, and
    dropout draws the same masks. Afterwards they are put where they were: our training does not notice.

    Parameters
    ----------
    lab : str
    settings : dict
        What the numbers depend on.
    build : callable
        Takes ``torch`` and returns model, loss function and optimiser. It is called right after
        ``torch.manual_seed(settings["seed"])``.
    train, validation : iterable
        The loaders that ``Trainer.fit`` is given, of the second None if there is none. Their batches are handed to
        PyTorch without a copy.
    metrics, train_metrics : dict of str to callable, optional
        Those of the ``Trainer``: they see PyTorch's predictions as arrays. By default the accuracy in validation,
        and nothing in training.
    keep_steps : bool
        Whether the run keeps the loss of every step. The losses of single examples, a hundred thousand of them,
        say little.
    pause : float
        Seconds to wait between the two sides, until the threads of the one sleep; 0 where nobody looks at times.

    Attributes
    ----------
    run : ReferenceRun
        What it measured so far.
    """

    def __init__(
        self,
        lab: str,
        settings: dict[str, Any],
        build: Callable[[Any], tuple[Any, Any, Any]],
        train: Iterable[Any],
        validation: Iterable[Any] | None = None,
        metrics: Mapping[str, Metric] | None = None,
        train_metrics: Mapping[str, Metric] | None = None,
        keep_steps: bool = True,
        pause: float = PAUSE,
    ) -> None:
        self.torch = import_torch()
        self.train, self.validation, self.keep_steps, self.pause = train, validation, keep_steps, pause
        self.metrics = {"accuracy": accuracy} if metrics is None else metrics
        self.train_metrics = train_metrics or {}
        self.torch.manual_seed(settings["seed"])
        self.model, self.loss_fn, self.optimizer = build(self.torch)
        self.run = ReferenceRun(
            lab,
            settings,
            self.torch.__version__.partition("+")[0],
            platform.machine(),
            dtype=str(next(self.model.parameters()).dtype).removeprefix("torch."),
        )
        self._epoch: RunningEpoch | None = None

    def on_epoch_start(self, trainer: Trainer) -> None:
        """Let PyTorch's threads go to sleep, which wait for work for a while and would slow ours down."""
        self._epoch = trainer.running  # is told, at its first batch, where the generators stand
        time.sleep(self.pause)

    def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
        """Train PyTorch's network for one epoch, and test it."""
        assert self._epoch is not None
        time.sleep(self.pause)  # as above, the other way round
        loaders = {"train": self.train} | ({} if self.validation is None else {"validation": self.validation})
        generators = generators_of(**loaders)
        now = get_states(generators)
        set_states(generators, now | self._epoch.generators)
        try:
            measured = {"epoch": len(self.run.epochs) + 1, **self._train(), **self._validate()}
        finally:
            set_states(generators, now)
        self.run.epochs.append(measured)

    def _train(self) -> dict[str, Any]:
        """Train an epoch, and return its record: measures over the samples as in Trainer, and the time."""
        losses: list[float] = []
        tally = Tally()
        self.model.train()
        seconds, start = 0.0, time.perf_counter()
        for batch in self.train:
            seconds += time.perf_counter() - start
            with shared_stream(self.torch):  # passing the stream on is off the clock
                start = time.perf_counter()
                X, y = map(self._as_torch, batch)
                pred = self.model(X)
                loss = self.loss_fn(pred, y)
                loss.backward()
                self.optimizer.step()
                self.optimizer.zero_grad()
                losses.append(loss.item())
                tally.add(len(X), losses[-1])
                measure(self.train_metrics, pred.detach(), y, tally)
                seconds += time.perf_counter() - start
            start = time.perf_counter()
        if self.keep_steps:
            self.run.steps += losses
        return {
            "steps": len(losses) if self.keep_steps else 0,
            "train_loss": tally.weighted_loss / tally.samples,
            **{f"train_{name}": value for name, value in tally.ratios().items()},
            "seconds": seconds,
        }

    def _validate(self) -> dict[str, float]:
        """Return the mean of the batches' losses, as the tutorial does, and the metrics."""
        if self.validation is None:
            return {}
        tally = Tally()
        for pred, y in self._predictions(self.validation):
            tally.add(len(y), self.loss_fn(pred, y).item())
            measure(self.metrics, pred, y, tally)
        measured = {"loss": tally.loss / tally.batches, **tally.ratios()}
        return {f"validation_{name}": value for name, value in measured.items()}

    def _predictions(self, loader: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        """Iterate over what the network, in evaluation, says of batches, and their targets."""
        self.model.eval()
        with self.torch.no_grad():
            for batch in loader:
                X, y = map(self._as_torch, batch)
                yield self.model(X), y

    def predict(self, loader: Iterable[Any]) -> Array:
        """Return what PyTorch's network says of all batches, as ``chainrule.train.predict`` does of ours."""
        return np.concatenate([pred.numpy() for pred, _ in self._predictions(loader)])

    def _as_torch(self, values: Any) -> Any:
        return values if self.torch.is_tensor(values) else self.torch.from_numpy(np.asarray(values))

    def state_dict(self) -> dict[str, Any]:
        """Return the network, the optimiser and the numbers so far, for a checkpoint."""
        return {
            "model": from_torch(self.model.state_dict()),
            "optimizer": from_torch(self.optimizer.state_dict()),
            "steps": list(self.run.steps),
            "epochs": list(self.run.epochs),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.model.load_state_dict(to_torch(state["model"]))
        self.optimizer.load_state_dict(to_torch(state["optimizer"]))
        self.run.steps, self.run.epochs = list(state["steps"]), list(state["epochs"])
