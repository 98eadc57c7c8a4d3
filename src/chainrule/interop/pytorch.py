"""PyTorch beside us: the same network, from the same seed, on the same batches, epoch by epoch."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from chainrule.interop.reference import ReferenceRun
from chainrule.tensor import Tensor
from chainrule.train import Callback, Trainer

PAUSE = 0.2  # seconds; OpenBLAS's threads were seen to wait for 0.1
VERSION = "2.13.0"  # the version whose runs are recorded, and that the "reference" extra installs


def import_torch() -> Any:
    """Return PyTorch.

    Raises
    ------
    ImportError
        If it is not installed: the error says how to install it.
    """
    try:
        import torch
    except ImportError as error:
        raise ImportError(f'a live reference needs PyTorch: pip install "torch=={VERSION}"') from error
    return torch


class LiveReference(Callback):
    """Trains a PyTorch network along with ours: after each of our epochs, one of its own.

    The epochs alternate so that both sides are timed under the same load of the machine.

    Parameters
    ----------
    lab : str
    settings : dict
        What the numbers depend on.
    build : callable
        Takes ``torch`` and returns model, loss function and optimiser. It is called right after
        ``torch.manual_seed(settings["seed"])``.
    train, validation : iterable
        Batches (X, y). Ours are handed to PyTorch without a copy.
    follow : callable, optional
        Wraps the training batches, to show progress.

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
        validation: Iterable[Any],
        follow: Callable[[Iterable[Any]], Iterable[Any]] = iter,
    ) -> None:
        self.torch = import_torch()
        self.train, self.validation, self.follow = train, validation, follow
        self.torch.manual_seed(settings["seed"])
        self.model, self.loss_fn, self.optimizer = build(self.torch)
        self.run = ReferenceRun(lab, settings, self.torch.__version__.partition("+")[0], platform.machine())

    def on_epoch_start(self, trainer: Trainer) -> None:
        """Let PyTorch's threads go to sleep, which wait for work for a while and would slow ours down."""
        time.sleep(PAUSE)

    def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
        """Train PyTorch's network for one epoch, and test it."""
        time.sleep(PAUSE)  # as above, the other way round
        losses: list[float] = []
        samples: list[int] = []
        self.model.train()
        start = time.perf_counter()
        for batch in self.follow(self.train):
            X, y = map(self._as_torch, batch)
            loss = self.loss_fn(self.model(X), y)
            loss.backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
            losses.append(loss.item())
            samples.append(len(X))
        seconds = time.perf_counter() - start
        loss, accuracy = self._evaluate()
        self.run.steps += losses
        self.run.epochs.append(
            {
                "epoch": len(self.run.epochs) + 1,
                "steps": len(losses),
                "train_loss": float(np.average(losses, weights=samples)),  # over the samples, as in Trainer
                "validation_loss": loss,
                "validation_accuracy": accuracy,
                "seconds": seconds,
            }
        )

    def _as_torch(self, values: Any) -> Any:
        return self.torch.from_numpy(np.asarray(values)) if isinstance(values, Tensor) else values

    def _evaluate(self) -> tuple[float, float]:
        """Return the mean of the batches' losses and the share of right answers, as the tutorial does."""
        self.model.eval()
        losses, right, total = [], 0, 0
        with self.torch.no_grad():
            for batch in self.validation:
                X, y = map(self._as_torch, batch)
                pred = self.model(X)
                losses.append(self.loss_fn(pred, y).item())
                right += int((pred.argmax(1) == y).sum())
                total += len(y)
        return float(np.mean(losses)), right / total

    def state_dict(self) -> dict[str, Any]:
        """Return the network, the optimiser, the generator and the numbers so far, for a checkpoint."""
        return {
            "model": {k: v.numpy() for k, v in self.model.state_dict().items()},
            "optimizer": _to_arrays(self.optimizer.state_dict()),
            "generator": self.torch.get_rng_state().numpy(),
            "steps": list(self.run.steps),
            "epochs": list(self.run.epochs),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.model.load_state_dict({k: self.torch.tensor(v) for k, v in state["model"].items()})
        self.optimizer.load_state_dict(_to_tensors(state["optimizer"], self.torch))
        self.torch.set_rng_state(self.torch.tensor(state["generator"]))
        self.run.steps, self.run.epochs = list(state["steps"]), list(state["epochs"])


def _to_arrays(state: Any) -> Any:
    """Replace PyTorch's tensors in nested containers by arrays."""
    if isinstance(state, dict):
        return {k: _to_arrays(v) for k, v in state.items()}
    if isinstance(state, list | tuple):
        return type(state)(_to_arrays(v) for v in state)
    return state.numpy() if hasattr(state, "numpy") else state


def _to_tensors(state: Any, torch: Any) -> Any:
    """Replace arrays in nested containers by PyTorch's tensors."""
    if isinstance(state, dict):
        return {k: _to_tensors(v, torch) for k, v in state.items()}
    if isinstance(state, list | tuple):
        return type(state)(_to_tensors(v, torch) for v in state)
    return torch.tensor(state) if isinstance(state, np.ndarray) else state
