"""The network of PyTorch's beginner tutorial, trained on FashionMNIST in NumPy, beside PyTorch.

The rules: no ``torch.nn``, no ``torch.optim``, no autograd of PyTorch. PyTorch appears as the reference only, and
as a source of batches if asked for.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

import chainrule as cr
from chainrule.data import DataLoader
from chainrule.datasets import FashionMNIST
from chainrule.datasets.transforms import ToTensor
from chainrule.interop.torchvision import torch_loaders
from chainrule.labs.comparison import Comparison
from chainrule.labs.options import Options
from chainrule.labs.reference import find_reference
from chainrule.labs.results import LabResult
from chainrule.labs.run import LabRun, checksums, resumed
from chainrule.labs.tutorial.report import TutorialResults
from chainrule.plot import compare_losses, show_predictions
from chainrule.train import accuracy, predict

NAME = "tutorial"
EPOCHS, BATCH_SIZE, LR = 5, 64, 1e-3
EXTRA = [
    click.option(
        "--loader",
        type=click.Choice(["chainrule", "torch"]),
        default="chainrule",
        help="Whose DataLoader feeds both networks.",
    )
]
SHOWN = 32  # predictions in the figure


def network(nn: Any) -> Any:
    """Build the tutorial's network from a library of layers: ``chainrule.nn``, or ``torch.nn``.

    The same lines build both. That is the point.
    """

    class NeuralNetwork(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.flatten = nn.Flatten()
            self.linear_relu_stack = nn.Sequential(
                nn.Linear(28 * 28, 512),
                nn.ReLU(),
                nn.Linear(512, 512),
                nn.ReLU(),
                nn.Linear(512, 10),
            )

        def forward(self, x: Any) -> Any:
            x = self.flatten(x)
            logits = self.linear_relu_stack(x)
            return logits  # noqa: RET504 (the tutorial's own lines)

    return NeuralNetwork()


def run(options: Options) -> LabResult:
    """Train, compare, draw, conclude.

    Parameters
    ----------
    options : Options

    Returns
    -------
    LabResult
        Where the results are, and what they say.

    Raises
    ------
    LabError
        If the options ask for what can't be had.
    """
    options = resumed(NAME, options)

    # Data: pixels divided by 255, in the order of the file.
    train_data = options.load(FashionMNIST, train=True, transform=ToTensor())
    test_data = options.load(FashionMNIST, train=False, transform=ToTensor())
    sources = {"train": train_data.source, "test": test_data.source}
    train_batches: Any = DataLoader(train_data, batch_size=options.batch_size)
    test_batches: Any = DataLoader(test_data, batch_size=options.batch_size)
    if options.extra.get("loader") == "torch":
        with TemporaryDirectory() as folder:  # torchvision reads files, at once
            train_batches, test_batches = torch_loaders(train_data, test_data, options.batch_size, Path(folder))

    # Network, loss and optimiser, from the seed; and the same in PyTorch, which is the reference.
    cr.manual_seed(options.seed)
    model = network(cr.nn)
    loss_fn = cr.nn.CrossEntropyLoss()
    optimizer = cr.optim.SGD(model.parameters(), lr=options.lr)

    def pytorch(torch: Any) -> tuple[Any, Any, Any]:
        model = network(torch.nn)
        return model, torch.nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=options.lr)

    reference = find_reference(NAME, options, checksums(sources), pytorch, train_batches, test_batches)

    with LabRun(NAME, options, sources, reference) as running:
        # The loop: forward, loss, backward, step, batch by batch; an epoch of PyTorch after each of ours.
        trainer = running.trainer(model, loss_fn, optimizer, metrics={"accuracy": accuracy})
        history = trainer.fit(train_batches, options.epochs, test_batches, resume=running.resume())

        # Figures and conclusions.
        comparison = Comparison(history, reference.run)
        results = TutorialResults(options, sources, comparison)
        images, labels = test_data.images[:SHOWN], test_data.labels[:SHOWN]
        said = cr.tensor(predict(model, [test_data.batch(slice(0, SHOWN))])).softmax(1).numpy()
        title = results.on_predictions(int((said.argmax(1) == labels).sum()), len(labels))
        figures = {
            "loss": lambda: compare_losses(*comparison.curves(), comparison.headline()),
            "predictions": lambda: show_predictions(images, labels, said, test_data.classes, title),
        }
        return running.finish(results, figures, {"model": model})
