"""The networks of the framework lab train as PyTorch's do, in a script that knows nothing of chainrule."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.datasets import MNIST
from chainrule.datasets.transforms import ToTensor
from chainrule.labs.framework.digits import train_digits
from chainrule.labs.framework.network import perceptron
from chainrule.labs.framework.plane import TASKS, train_classifier

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def loader(X, y, **options):
    dataset = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(y))
    return torch.utils.data.DataLoader(dataset, **options)


def train(model, batches, loss_fn, lr):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for X, y in batches:
        loss_fn(model(X), y).backward()
        optimizer.step()
        optimizer.zero_grad()


@pytest.mark.parametrize("task", ["two-features", "spiral"])
def test_networks_in_the_plane_are_pytorchs(task):
    epochs, lr = 3, 0.1
    ours = train_classifier(task, [8, 8], epochs, 10, lr, 7)
    X, y, new_X, new_y = TASKS[task].points(7)
    binary = TASKS[task].classes == 2

    def loss_fn(z, y):
        if binary:
            return torch.nn.functional.binary_cross_entropy_with_logits(z[:, 0], y.float())
        return torch.nn.functional.cross_entropy(z, y)

    torch.manual_seed(7)
    model = perceptron(torch.nn, [2, 8, 8, 1 if binary else 3], "ReLU")
    batches = loader(X, y, batch_size=10, shuffle=True)
    for _ in range(epochs):
        train(model, batches, loss_fn, lr)
    theirs = loss_fn(model(torch.from_numpy(new_X)), torch.from_numpy(new_y)).item()
    assert ours["loss"]["validation"][-1] == pytest.approx(theirs, abs=1e-5)
    for name, value in model.state_dict().items():
        assert np.allclose(ours["weights"][name], value.numpy(), atol=1e-5)


@pytest.mark.parametrize(("layers", "activation"), [(1, "Identity"), (3, "Tanh")])
def test_perceptrons_of_the_study_are_pytorchs_with_the_same_seed_and_shuffling(layers, activation):
    epochs = 2
    ours = train_digits(layers, activation, "sample", epochs, 50, 0.1, 3)["records"][-1]
    train_data, test_data = (MNIST(train=t, source="sample", transform=ToTensor()) for t in (True, False))
    (X, y), (new_X, new_y) = (map(np.asarray, d.batch(slice(None))) for d in (train_data, test_data))
    torch.manual_seed(3)
    model = torch.nn.Sequential(
        torch.nn.Flatten(), *perceptron(torch.nn, [784, *[100] * (layers - 1), 10], activation)
    )
    batches, validation = loader(X, y, batch_size=50, shuffle=True), loader(new_X, new_y, batch_size=50)
    for _ in range(epochs):
        train(model, batches, torch.nn.functional.cross_entropy, 0.1)
        with torch.no_grad():  # validates after every epoch, and so draws from the generator as we do
            losses = [torch.nn.functional.cross_entropy(model(X), y).item() for X, y in validation]
    assert ours["validation_loss"] == pytest.approx(np.mean(losses), abs=1e-5)
    largest = [m.weight.abs().max().item() for m in model if isinstance(m, torch.nn.Linear)]
    assert ours["max_weight"] == pytest.approx(largest, abs=1e-5)


def test_losses_are_pytorchs_until_rounding_switches_a_relu():
    train_data = MNIST(train=True, source="sample", transform=ToTensor())
    cr.manual_seed(42)
    ours = perceptron(cr.nn, [784, 100, 100, 10], "ReLU")
    optimizer = cr.optim.SGD(ours.parameters(), lr=0.1)
    torch.manual_seed(42)
    theirs = perceptron(torch.nn, [784, 100, 100, 10], "ReLU")
    other = torch.optim.SGD(theirs.parameters(), lr=0.1)
    differences, switched = [], False
    for X, y in cr.data.DataLoader(train_data, batch_size=50, shuffle=True):
        a, b = X.reshape(50, -1), torch.from_numpy(np.asarray(X)).reshape(50, -1)
        for mine, yours in zip(ours, theirs, strict=True):
            if isinstance(yours, torch.nn.ReLU):
                z, theirs_z = np.asarray(a), b.detach().numpy()
                other_side = (z > 0) != (theirs_z > 0)
                switched |= bool(other_side.any())
                assert np.abs(z[other_side]).max(initial=0) < 1e-6
            a, b = mine(a), yours(b)
        loss = cr.nn.functional.cross_entropy(a, y)
        reference = torch.nn.functional.cross_entropy(b, torch.from_numpy(np.asarray(y)))
        differences.append(abs(loss.item() - reference.item()))
        if switched:
            break
        for value, optim in ((loss, optimizer), (reference, other)):
            value.backward()
            optim.step()
            optim.zero_grad()
    assert len(differences) > 30
    assert max(differences) < 1e-6
