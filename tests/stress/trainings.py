"""Trains the network of every lab for a few steps, and prints a checksum of all that comes out.

python -m tests.stress.trainings
"""

import hashlib
import json

import numpy as np

import chainrule as cr
from chainrule import nn, optim
from chainrule.data import DataLoader, TensorDataset
from chainrule.datasets import MNIST, FashionMNIST
from chainrule.datasets.transforms import ToTensor
from chainrule.labs import eight, softmax, tutorial
from chainrule.labs.ann import lesson, networks
from chainrule.labs.eight.network import first_weights, network
from chainrule.labs.framework import digits, plane
from chainrule.train import Trainer

STEPS = 20
ONE_THREAD = 2**18  # multiplications of a matrix product, below which the BLAS does not wake its threads
VECTOR = 65_536  # parameters, below which SGD does not use the BLAS


def parts():
    """Yield the name, the network, the loss, the optimiser's class, learning rate and data of each training."""
    clothes = FashionMNIST(source="sample", transform=ToTensor())
    images = MNIST(source="sample", transform=ToTensor())
    flat = images.images.reshape(-1, 784) / 255
    x, y, _, _ = plane.TASKS["spiral"].points(seed=0)
    W = softmax.first_weights(0)

    yield "tutorial", tutorial.network(nn), nn.CrossEntropyLoss(), optim.SGD, tutorial.LR, clothes, 64
    one_layer = softmax.network(cr, W, np.zeros(10))
    labelled = TensorDataset(flat, images.labels)
    yield "softmax", one_layer, nn.CrossEntropyLoss(), optim.SGD, softmax.LR, labelled, softmax.BATCH_SIZE
    eights = TensorDataset(flat, (images.labels == 8).astype(np.float64)[:, None])
    recognises = network(cr, first_weights(0, [784, 64, 1]))
    yield "eight", recognises, nn.BCELoss(), optim.SGD, eight.LR, eights, 1
    classifier = networks.FashionMNISTClassifier([512, 256, 128], dropout_rate=0.3)
    yield "ann", classifier, nn.CrossEntropyLoss(), optim.Adam, lesson.LR, clothes, lesson.BATCH_SIZE
    points = TensorDataset(np.asarray(x, np.float32), np.asarray(y, np.int64))
    yield "ann, small", networks.CustomANN([2, 4, 4]), nn.CrossEntropyLoss(), optim.Adam, 0.01, points, 32
    perceptron = digits.digits_perceptron(nn, 3, "ReLU")
    yield "framework", perceptron, nn.CrossEntropyLoss(), optim.SGD, 0.1, images, 50
    in_the_plane = plane.TASKS["spiral"].network([8, 8])
    yield "framework, plane", in_the_plane, nn.CrossEntropyLoss(), optim.SGD, 0.1, points, 50


def largest_product(model, batch_size):
    return max(batch_size * layer.weight.numel() for layer in model.modules() if isinstance(layer, nn.Linear))


def main():
    results = {}
    cr.manual_seed(0)
    for name, model, loss_fn, kind, lr, data, batch_size in parts():
        loader = DataLoader(data, batch_size, shuffle=True)
        batches = [tuple(batch) for batch, _ in zip(loader, range(STEPS), strict=False)]
        history = Trainer(model, loss_fn, kind(model.parameters(), lr=lr)).fit(batches, 1)
        digest = hashlib.sha256(np.array(history.steps).tobytes())
        for parameter in model.parameters():
            digest.update(np.asarray(parameter).tobytes())
        digest.update(np.asarray(cr.get_rng_state()).tobytes())
        numbers = sum(parameter.numel() for parameter in model.parameters())
        small = largest_product(model, batch_size) < ONE_THREAD and numbers < VECTOR
        results[name] = {"bits": digest.hexdigest(), "below the thresholds": small}
    print(json.dumps(results))


if __name__ == "__main__":
    main()
