"""What recording costs: the tutorial's training with ``Recorder`` against without.

``python -m benchmarks.recording``. Two trainings of the same network take turns of 50 steps, of which one is
looked at; validation is a turn of its own, with the writing of the epoch. What counts is the median of the ratios
of neighbouring turns, in time that the processor spent on them on one thread: so other programs disturb it little.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from threading import Semaphore, Thread
from typing import Any

from threadpoolctl import threadpool_limits

import chainrule as cr
from chainrule.data import DataLoader
from chainrule.datasets import FashionMNIST
from chainrule.datasets.transforms import ToTensor
from chainrule.labs.tutorial import network
from chainrule.train import Callback, Recorder, Trainer, accuracy
from chainrule.train.recorder import EVERY

EPOCHS = 4  # the steps are captured in the first turn, which does not count
PROMISE = 1.05


class Turns(Callback):
    """Times its training, and hands over to the other after every turn.

    Attributes
    ----------
    steps, validation : list of float
        The seconds of the turns.
    """

    def __init__(self, own: Semaphore, other: Semaphore) -> None:
        self.own, self.other = own, other
        self.steps: list[float] = []
        self.validation: list[float] = []

    def _begin(self) -> None:
        self.own.acquire()
        self.start = time.thread_time()

    def _end(self, turns: list[float]) -> None:
        turns.append(time.thread_time() - self.start)
        self.other.release()

    def on_epoch_start(self, trainer: Trainer) -> None:  # noqa: D102
        self._begin()

    def on_step_end(self, trainer: Trainer, loss: float) -> None:  # noqa: D102
        assert trainer.running is not None
        steps, last = trainer.running.tally.batches, len(trainer.loaders["train"])  # type: ignore[arg-type]
        if steps % EVERY == 0 or steps == last:
            self._end(self.steps)
            self._begin()

    def on_epoch_end(self, trainer: Trainer, record: dict[str, Any]) -> None:  # noqa: D102
        self._end(self.validation)


def training(callbacks: list[Callback], train: Any, test: Any) -> tuple[Trainer, Callable[[], Any]]:
    cr.manual_seed(42)
    model = network(cr.nn)
    optimizer, loss_fn = cr.optim.SGD(model.parameters(), lr=1e-3), cr.nn.CrossEntropyLoss()
    options: dict[str, Any] = {"metrics": {"accuracy": accuracy}, "callbacks": callbacks, "progress": False}
    trainer = Trainer(model, loss_fn, optimizer, **options)
    return trainer, lambda: trainer.fit(train, EPOCHS, test)


def main() -> None:
    """Train both in turn, and print the ratios."""
    data = [FashionMNIST(train=is_train, transform=ToTensor()) for is_train in (True, False)]
    train, test = (DataLoader[Any](part, batch_size=64) for part in data)
    first, second = Semaphore(1), Semaphore(0)
    plain, recorded = Turns(first, second), Turns(second, first)
    with threadpool_limits(1), tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "recording.jsonl")
        trainer, fit = training([plain], train, test)
        other, fit_other = training([Recorder(path), recorded], train, test)
        threads = [Thread(target=fit), Thread(target=fit_other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        size = path.stat().st_size / EPOCHS
    print(f"data: {data[0].source}")
    ratios, shares = [], []
    for name in ("steps", "validation"):
        turns = list(zip(getattr(recorded, name), getattr(plain, name), strict=True))[1:]
        quotients = [a / b for a, b in turns]
        low, median, high = statistics.quantiles(quotients, n=4)
        ratios.append(median)
        shares.append(sum(b for _, b in turns))
        print(
            f"{name}: recorded / plain: median {median:.3f}, quartiles {low:.3f} to {high:.3f}, {len(turns)} turns"
        )
    whole = sum(ratio * share for ratio, share in zip(ratios, shares, strict=True)) / sum(shares)
    same = trainer.history.steps == other.history.steps
    print(f"losses are {'the same' if same else 'NOT the same'} to the last bit; {size / 1e3:.0f} kB an epoch")
    print(f"training and validation together: {whole:.3f}")
    print(f"promise: at most {PROMISE}: {'kept' if whole <= PROMISE else 'not kept'}")


if __name__ == "__main__":
    main()
