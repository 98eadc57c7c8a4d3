"""The architecture experiment's training, without its buttons."""

import chainrule as cr
from chainrule import nn, optim
from chainrule.data import DataLoader, Subset
from chainrule.labs.ann.classifier import fashion_mnist
from chainrule.labs.options import Options
from chainrule.notebooks.architecture import network
from chainrule.train import Trainer, accuracy


def trained_by_hand(hidden, activation, dropout, lr):
    """Train for two epochs on 2,000 images of the sample, and return the history."""
    train, test = fashion_mnist(Options(data="sample"))
    cr.manual_seed(42)
    model, measures = network(hidden, activation, dropout), {"accuracy": accuracy}
    optimizer = optim.Adam(model.parameters(), lr=lr)
    trainer = Trainer(
        model, nn.CrossEntropyLoss(), optimizer, metrics=measures, train_metrics=measures, progress=False
    )
    return trainer.fit(DataLoader(Subset(train, range(2000)), 128, shuffle=True), 2, DataLoader(test, 128))
