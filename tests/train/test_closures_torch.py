"""An optimiser that wants a closure is given one, and trains as in PyTorch's loop."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.data import DataLoader, TensorDataset
from chainrule.train import Checkpoint, NonFiniteLossError, Trainer

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

OPTIONS = [{"lr": 0.1, "max_iter": 5}, {"max_iter": 5, "line_search_fn": "strong_wolfe"}]


def network(nn):
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1)).double()


def random_network(nn):
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.2), nn.Linear(8, 1)).double()


def batches():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((32, 4))
    return TensorDataset(X, np.sin(X.sum(1, keepdims=True)))


def make(options, capture=True, callbacks=(), network=network):
    cr.manual_seed(0)
    model = network(nn)
    optimizer = optim.LBFGS(model.parameters(), **options)
    trainer = Trainer(model, nn.MSELoss(), optimizer, capture=capture, callbacks=callbacks)
    return trainer, DataLoader(batches(), 16, shuffle=True)


def end(trainer):
    """Return all that must be equal in the end, to the bit."""
    (state,) = trainer.optimizer.state.values()
    return trainer.history.steps, [p.tolist() for p in trainer.model.state_dict().values()], repr(state)


@pytest.mark.parametrize("options", OPTIONS)
def test_lbfgs_in_the_trainer_trains_as_in_pytorchs_loop(options):
    trainer, loader = make(options)
    trainer.fit(loader, 3)
    torch.manual_seed(0)
    model = network(torch.nn)
    optimizer, losses = torch.optim.LBFGS(model.parameters(), **options), []
    data = torch.utils.data.TensorDataset(*(torch.from_numpy(np.array(t)) for t in batches().tensors))
    for _ in range(3):
        for X, y in torch.utils.data.DataLoader(data, 16, shuffle=True):

            def closure(X=X, y=y):
                optimizer.zero_grad()
                loss = torch.nn.functional.mse_loss(model(X), y)
                loss.backward()
                return loss

            losses.append(optimizer.step(closure).item())
    np.testing.assert_allclose(trainer.history.steps, losses, rtol=1e-7)
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("options", OPTIONS)
def test_its_evaluations_are_captured_to_the_same_bits(options):
    ends = []
    for capture in (True, False):
        trainer, loader = make(options, capture, network=random_network)
        trainer.fit(loader, 2)
        assert trainer.step.captured is capture
        ends.append(end(trainer))
    assert ends[0] == ends[1]


def test_an_interrupted_training_resumes_to_the_same_bits(tmp_path):
    whole, loader = make(OPTIONS[1])
    whole.fit(loader, 4)
    half, loader = make(OPTIONS[1], callbacks=[Checkpoint(tmp_path / "half.npz")])
    half.fit(loader, 2)
    resumed, loader = make(OPTIONS[1])
    resumed.fit(loader, 4, resume=tmp_path / "half.npz")
    assert end(resumed) == end(whole)


def test_a_loss_that_is_not_finite_is_found_before_the_update():
    trainer, _ = make(OPTIONS[0])
    before = [p.tolist() for p in trainer.model.parameters()]
    with pytest.raises(NonFiniteLossError):
        trainer.fit([(np.full((2, 4), np.nan), np.zeros((2, 1)))], 1)
    assert [p.tolist() for p in trainer.model.parameters()] == before
