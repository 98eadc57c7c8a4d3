"""The tutorial's training with each library's own data set and loader, as PyTorch's page writes it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import chainrule as cr
from benchmarks.harness import Case, Task, Work
from chainrule.data import DataLoader
from chainrule.datasets import FashionMNIST
from chainrule.datasets.transforms import ToTensor
from chainrule.interop.pytorch import import_torch
from chainrule.interop.torchvision import torch_loaders
from chainrule.labs.results import describe
from chainrule.labs.tutorial import network

BATCH_SIZE = 64
LR = 1e-3
SEED = 42

Images = tuple[FashionMNIST, FashionMNIST]  # for training and for testing


def load() -> Task:
    """Return the whole FashionMNIST where it is found, else the sample in the package."""
    train, test = (FashionMNIST(train=train, transform=ToTensor()) for train in (True, False))
    return Task((train, test), describe(train.source))


def train(
    library: Any, batches: Iterable[Any], make_step: Callable[[Any], Any] = lambda step: step
) -> Iterator[Any]:
    """Train as the tutorial's page does, epoch after epoch, and yield the loss of every step.

    The same lines are run by both libraries, ``chainrule`` and ``torch``.
    """
    device = "cpu"
    library.manual_seed(SEED)
    model = network(library.nn).to(device)
    loss_fn = library.nn.CrossEntropyLoss()
    optimizer = library.optim.SGD(model.parameters(), lr=LR)

    def train_step(X: Any, y: Any) -> Any:
        pred = model(X)
        loss = loss_fn(pred, y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss

    step = make_step(train_step)
    while True:
        model.train()
        for batch, (X, y) in enumerate(batches):
            X, y = X.to(device), y.to(device)
            loss = step(X, y)
            if batch % 100 == 0:
                loss.item()  # which the page prints
            yield loss


def chainrule_eager(images: Images) -> Iterator[Any]:
    return train(cr, DataLoader(images[0], batch_size=BATCH_SIZE))


def chainrule_captured(images: Images) -> Iterator[Any]:
    return train(cr, DataLoader(images[0], batch_size=BATCH_SIZE), cr.capture)


def pytorch_page(images: Images) -> Iterator[Any]:
    torch = import_torch()
    with tempfile.TemporaryDirectory() as folder:
        loader, _ = torch_loaders(*images, BATCH_SIZE, Path(folder))  # reads the files at once
    return train(torch, loader)


WORK = Work(
    "end-to-end",
    "The tutorial end to end: each library's own data set and DataLoader, as PyTorch's page writes it",
    {
        "chainrule captured": chainrule_captured,
        "chainrule eager": chainrule_eager,
        "PyTorch's page": pytorch_page,
    },
    [
        Case(
            load,
            {
                ("chainrule captured", "PyTorch's page"): 0.32,
                ("chainrule eager", "PyTorch's page"): 0.40,
            },
        )
    ],
)
