"""One epoch of the tutorial's lab: with the data in memory, and as PyTorch's page writes it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

import chainrule as cr
from benchmarks.harness import Task, Work
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
    return Task((train, test), -(-len(train) // BATCH_SIZE), describe(train.source))


def train(library: Any, batches: Iterable[Any]) -> Iterator[Any]:
    """Train as the tutorial's page does, epoch after epoch, and yield the loss of every step.

    The same lines are run by both libraries, ``chainrule`` and ``torch``.
    """
    device = "cpu"
    library.manual_seed(SEED)
    model = network(library.nn).to(device)
    loss_fn = library.nn.CrossEntropyLoss()
    optimizer = library.optim.SGD(model.parameters(), lr=LR)
    while True:
        model.train()
        for batch, (X, y) in enumerate(batches):
            X, y = X.to(device), y.to(device)
            pred = model(X)
            loss = loss_fn(pred, y)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            if batch % 100 == 0:
                loss.item()  # which the page prints
            yield loss


# ---- data in memory --------------------------------------------------------------------------------------------


def batches_in_memory(images: Images) -> list[tuple[Any, Any]]:
    """Return the training images in batches of arrays: pixels float32 (B, 1, 28, 28), labels int64 (B,)."""
    X, y = (np.asarray(column) for column in images[0].batch(slice(None)))
    return [(X[i : i + BATCH_SIZE], y[i : i + BATCH_SIZE]) for i in range(0, len(X), BATCH_SIZE)]


def in_memory(library: Any, images: Images) -> Iterator[Any]:
    batches = batches_in_memory(images)
    return train(library, [(library.from_numpy(X), library.from_numpy(y)) for X, y in batches])


def chainrule_in_memory(images: Images) -> Iterator[Any]:
    return in_memory(cr, images)


def pytorch_in_memory(images: Images) -> Iterator[Any]:
    return in_memory(import_torch(), images)


def products(images: Images) -> Iterator[None]:
    """Do the matrix products of each step and nothing else, into buffers that are there: the floor."""
    batches = batches_in_memory(images)
    W1, W2, W3 = (p.array for p in network(cr.nn).parameters() if p.ndim == 2)
    dW1, dW2, dW3 = (np.empty_like(W) for W in (W1, W2, W3))
    z1, z2, z3, dz1, dz2 = (np.empty((BATCH_SIZE, n), np.float32) for n in (512, 512, 10, 512, 512))
    dz3 = np.full((BATCH_SIZE, 10), 0.01, np.float32)
    for images_of_batch, _ in cycle(batches):
        x = images_of_batch.reshape(len(images_of_batch), -1)
        n = len(x)
        np.matmul(x, W1.T, out=z1[:n])
        np.matmul(z1[:n], W2.T, out=z2[:n])
        np.matmul(z2[:n], W3.T, out=z3[:n])
        np.matmul(dz3[:n].T, z2[:n], out=dW3)
        np.matmul(dz3[:n], W3, out=dz2[:n])
        np.matmul(dz2[:n].T, z1[:n], out=dW2)
        np.matmul(dz2[:n], W2, out=dz1[:n])
        np.matmul(dz1[:n].T, x, out=dW1)
        yield


# ---- end to end ------------------------------------------------------------------------------------------------


def chainrule_loader(images: Images) -> Iterator[Any]:
    return train(cr, DataLoader(images[0], batch_size=BATCH_SIZE))


def pytorch_page(images: Images) -> Iterator[Any]:
    torch = import_torch()
    with tempfile.TemporaryDirectory() as folder:
        loader, _ = torch_loaders(*images, BATCH_SIZE, Path(folder))  # reads the files at once
    yield from train(torch, loader)


WORKS = [
    Work(
        "tutorial",
        "the tutorial's network, batches of 64, SGD, data in memory",
        load,
        {"chainrule": chainrule_in_memory, "pytorch": pytorch_in_memory, "products": products},
        {("chainrule", "pytorch"): 0.85},
    ),
    Work(
        "end-to-end",
        "the same with each library's own data set and DataLoader, as PyTorch's page writes it",
        load,
        {"chainrule": chainrule_loader, "pytorch-page": pytorch_page},
        {("chainrule", "pytorch-page"): 0.40},
    ),
]
