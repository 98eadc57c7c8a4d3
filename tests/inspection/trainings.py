"""Trainings that really have an illness, and healthy ones, recorded."""

import contextlib
from itertools import pairwise

import chainrule as cr
from chainrule import nn, optim
from chainrule.data import DataLoader, Subset
from chainrule.datasets import FashionMNIST
from chainrule.datasets.transforms import ToTensor
from chainrule.train import NonFiniteLossError, Recorder, Trainer, accuracy


def perceptron(hidden, activation, scale=1.0):
    """Build a network whose weight matrices are ``scale`` times as large as usual."""
    sizes = [784, *hidden]
    layers = [part for a, b in pairwise(sizes) for part in (nn.Linear(a, b), activation())]
    model = nn.Sequential(nn.Flatten(), *layers, nn.Linear(sizes[-1], 10))
    with cr.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter *= scale
    return model


def sgd(lr):
    return lambda parameters: optim.SGD(parameters, lr=lr)


def adam(lr):
    return lambda parameters: optim.Adam(parameters, lr=lr)


TRAININGS = {
    "healthy": {"hidden": [128], "activation": nn.ReLU, "optimizer": sgd(0.05)},
    "healthy with Adam": {"hidden": [64, 32], "activation": nn.Tanh, "optimizer": adam(1e-3)},
    "vanishing": {"hidden": [64] * 8, "activation": nn.Sigmoid, "optimizer": sgd(0.1)},
    "exploding": {"hidden": [64] * 8, "activation": nn.ReLU, "optimizer": sgd(1e-3), "scale": 10.0},
    "dying": {"hidden": [128, 64], "activation": nn.ReLU, "optimizer": adam(0.3)},
    "overfitting": {"hidden": [512, 256], "activation": nn.ReLU, "optimizer": adam(1e-3), "n": 200, "epochs": 30},
    "too low": {"hidden": [128], "activation": nn.ReLU, "optimizer": sgd(1e-6)},
    "too high": {"hidden": [128], "activation": nn.Tanh, "optimizer": sgd(10.0)},
}


def train(path, hidden, activation, optimizer, scale=1.0, n=2000, epochs=6, batch_size=32, every=5):
    """Train on images of clothes, record to ``path``, and return the trainer."""
    train, test = (
        FashionMNIST(train=is_train, transform=ToTensor(), source="sample") for is_train in (True, False)
    )
    cr.manual_seed(0)
    model = perceptron(hidden, activation, scale)
    trainer = Trainer(
        model,
        nn.CrossEntropyLoss(),
        optimizer(model.parameters()),
        metrics={"accuracy": accuracy},
        train_metrics={"accuracy": accuracy},
        callbacks=[Recorder(path, every=every)],
        progress=False,
    )
    loader = DataLoader(Subset(train, range(n)), batch_size, shuffle=True)
    with contextlib.suppress(NonFiniteLossError):
        trainer.fit(loader, epochs, DataLoader(Subset(test, range(500)), 100))
    return trainer
