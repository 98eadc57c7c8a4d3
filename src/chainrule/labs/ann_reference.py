"""PyTorch's side of the lab: the same file of networks with one import changed, and more to be measured."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from chainrule.interop.pytorch import LiveReference
from chainrule.labs import ann_networks
from chainrule.labs.ann_classifier import AT_ONCE, confusion
from chainrule.train import Callback, Trainer

OURS, THEIRS = "from chainrule import nn\n", "from torch import nn\n"


def networks_in_pytorch() -> SimpleNamespace:
    """Return the classes of ``ann_networks.py`` as they are in PyTorch: its text, with the one import changed.

    Raises
    ------
    ImportError
        If PyTorch is not installed.
    """
    source = Path(ann_networks.__file__).read_text(encoding="utf-8")
    names: dict[str, Any] = {"__name__": "ann_networks_in_pytorch"}
    exec(compile(source.replace(OURS, THEIRS), "ann_networks.py in PyTorch", "exec"), names)
    return SimpleNamespace(**names)


def counting(torch: Any, loss_fn: Any) -> Any:
    """Return a loss of PyTorch's that counts, in training, how many samples it saw and how many were right."""

    class Counting(torch.nn.Module):  # type: ignore[misc]
        right = seen = 0

        def forward(self, pred: Any, y: Any) -> Any:
            if torch.is_grad_enabled():
                self.right += int((pred.argmax(1) == y).sum())
                self.seen += len(y)
            return loss_fn(pred, y)

    return Counting()


class MoreOfPyTorch(Callback):
    """Adds to the record of each of PyTorch's epochs the accuracy in training, and the confusion matrix.

    Parameters
    ----------
    reference : LiveReference
        Whose loss is ``counting``. It stands before this one among the callbacks.
    test_data : FashionMNIST
    """

    def __init__(self, reference: LiveReference, test_data: Any) -> None:
        self.reference, self.test_data = reference, test_data

    def on_epoch_start(self, trainer: Trainer) -> None:
        """Count anew."""
        self.reference.loss_fn.right = self.reference.loss_fn.seen = 0

    def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:
        """Write down what was counted."""
        loss_fn, model, torch = self.reference.loss_fn, self.reference.model, self.reference.torch
        said = []
        model.eval()
        with torch.no_grad():
            for start in range(0, len(self.test_data), AT_ONCE):
                images, _ = self.test_data.batch(slice(start, start + AT_ONCE))
                said.append(model(torch.from_numpy(np.asarray(images))).argmax(1).numpy())
        self.reference.run.epochs[-1]["train_accuracy"] = loss_fn.right / loss_fn.seen
        self.reference.run.epochs[-1]["confusion"] = confusion(
            self.test_data.targets, np.concatenate(said)
        ).tolist()
