"""The loop beside PyTorch's, and on PyTorch's batches."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.train import Callback, Checkpoint, Trainer, accuracy

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def arrays():
    rng = np.random.default_rng(3)
    X = rng.standard_normal((70, 10)).astype(np.float32)
    return X, (X[:, 0] > 0).astype(np.int64)


def network(nn):
    return nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Dropout(0.25), nn.Linear(32, 2))


def trainer(callbacks=()):
    cr.manual_seed(42)
    model = network(nn)
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    return Trainer(model, nn.CrossEntropyLoss(), optimizer, metrics={"accuracy": accuracy}, callbacks=callbacks)


def torch_loader(shuffle, seed=None):
    dataset = torch.utils.data.TensorDataset(*map(torch.from_numpy, arrays()))
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    return torch.utils.data.DataLoader(dataset, batch_size=16, shuffle=shuffle, generator=generator)


def test_every_loss_and_accuracy_is_that_of_the_loop_of_pytorchs_tutorial():
    torch.manual_seed(42)
    model, loss_fn = network(torch.nn), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    loader = torch_loader(shuffle=True)
    losses, measured = [], []
    for _ in range(3):
        model.train()
        for X, y in loader:
            loss = loss_fn(model(X), y)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())
        model.eval()
        test_loss, correct = 0, 0
        with torch.no_grad():
            for X, y in loader:
                pred = model(X)
                test_loss += loss_fn(pred, y).item()
                correct += (pred.argmax(1) == y).type(torch.float).sum().item()
        measured.append((test_loss / len(loader), correct / len(loader.dataset)))

    ours = cr.data.DataLoader(cr.data.TensorDataset(*arrays()), batch_size=16, shuffle=True)
    history = trainer().fit(ours, 3, validation=ours)
    np.testing.assert_allclose(history.steps, losses, rtol=0, atol=2e-6)
    for record, (loss, correct) in zip(history.epochs, measured, strict=True):
        assert record["validation_loss"] == pytest.approx(loss, abs=2e-6)
        assert record["validation_accuracy"] == correct


def test_batches_of_pytorchs_loader_train_as_ours_do():
    X, y = arrays()
    expected = trainer().fit([(X[i : i + 16], y[i : i + 16]) for i in range(0, 70, 16)], 2).steps
    assert trainer().fit(torch_loader(shuffle=False), 2, torch_loader(shuffle=False)).steps == expected


class Cut(Callback):
    def on_step_end(self, trainer, loss):
        if len(trainer.history.steps) == 8:
            raise OSError("cut")


@pytest.mark.parametrize("seed", [None, 5])
def test_pytorchs_shuffled_loader_goes_on_where_it_was(tmp_path, seed):
    torch.manual_seed(7)
    expected = trainer().fit(torch_loader(True, seed), 3).steps
    torch.manual_seed(7)
    with pytest.raises(OSError, match="cut"):
        trainer([Checkpoint(tmp_path / "c", every_steps=2), Cut()]).fit(torch_loader(True, seed), 3)
    torch.manual_seed(8)
    assert trainer().fit(torch_loader(True, seed), 3, resume=tmp_path / "c").steps == expected
