"""What goes over to PyTorch and comes back is the same; a training can change sides in the middle."""

import sys
from collections import Counter, OrderedDict

import numpy as np
import pytest

import chainrule as cr
from chainrule.interop import from_torch, to_torch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

HELD = {
    "epoch": 3,
    "rates": [0.1, None],
    "pair": ("name", True),
    "milestones": Counter([2, 5, 5]),
    "ordered": OrderedDict(b=1, a=2),
    "nested": {0: {"step": 1.0}},
}


def test_all_but_tensors_stays_as_it_is():
    for convert in (to_torch, from_torch):
        result = convert(HELD)
        assert result == HELD
        assert [type(v) for v in result.values()] == [type(v) for v in HELD.values()]
        assert list(result["ordered"]) == ["b", "a"]


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "int32", "uint8", "bool"])
@pytest.mark.parametrize("shape", [(), (0, 2), (3,), (2, 3)])
def test_tensors_come_back_with_values_dtype_and_memory_of_their_own(dtype, shape):
    ours = cr.ones(shape, dtype=getattr(cr, dtype))
    theirs = to_torch({"a": [ours]})["a"][0]
    assert (tuple(theirs.shape), theirs.dtype) == (shape, getattr(torch, dtype))
    back = from_torch((theirs,))[0]
    assert (back.shape, back.dtype, back.tolist()) == (ours.shape, ours.dtype, ours.tolist())
    theirs.zero_()
    assert back.tolist() == ours.tolist() == np.ones(shape, dtype).tolist()


def test_parameters_become_plain_tensors():
    assert not to_torch(cr.nn.Linear(2, 1).weight).requires_grad
    assert not from_torch(torch.nn.Linear(2, 1).weight).requires_grad


def test_tuples_with_names_keep_them():
    pair = to_torch(cr.tensor([3.0, 5.0]).max(0))
    assert (pair.values.item(), pair.indices.item()) == (5, 1)
    assert type(pair) is type(cr.ones(1).max(0))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "complex64", "uint16"])
def test_what_tensors_of_ours_do_not_have_is_refused(dtype):
    with pytest.raises(TypeError):
        from_torch([torch.ones(2, dtype=getattr(torch, dtype))])


def test_versions_of_modules_are_kept():
    state = torch.nn.BatchNorm1d(2).state_dict()
    assert from_torch(state)._metadata == state._metadata


def test_without_pytorch_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match="pip install"):
        to_torch(cr.ones(1))


# ---- a training on both sides ----------------------------------------------------------------------------------


class Side:
    """A network with dropout, its optimiser and schedule, and shuffled batches, in one library."""

    def __init__(self, library):
        nn, self.library = library.nn, library
        layers = (nn.Linear(6, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Dropout(0.3), nn.Linear(12, 1))
        self.model = nn.Sequential(*layers).double()
        self.optimizer = library.optim.AdamW(self.model.parameters(), lr=0.01)
        self.schedule = library.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, 5)
        data = library.utils.data
        X = np.random.default_rng(0).standard_normal((40, 6))
        self.loader = data.DataLoader(
            data.TensorDataset(*map(library.from_numpy, (X, X[:, :1] ** 2))), 8, shuffle=True
        )

    def train(self, epochs):
        losses = []
        for _ in range(epochs):
            for x, y in self.loader:
                self.optimizer.zero_grad()
                loss = ((self.model(x) - y) ** 2).mean()
                loss.backward()
                self.optimizer.step()
                losses.append(loss.item())
            self.schedule.step()
        return losses

    def states(self):
        parts = (self.model, self.optimizer, self.schedule)
        return [*(part.state_dict() for part in parts), self.library.get_rng_state()]

    def go_on(self, states):
        *states, stream = to_torch(states) if self.library is torch else states
        for part, state in zip((self.model, self.optimizer, self.schedule), states, strict=True):
            part.load_state_dict(state)
        self.library.set_rng_state(stream)


@pytest.mark.usefixtures("needs_masks")
def test_a_training_goes_over_and_comes_back_and_ends_at_the_same_numbers():
    torch.manual_seed(3)
    whole = Side(torch)
    expected = whole.train(5)
    stream = torch.get_rng_state()
    torch.manual_seed(3)
    first = Side(torch)
    losses = first.train(2)
    ours = Side(cr)
    ours.go_on(first.states())
    losses += ours.train(2)
    last = Side(torch)
    last.go_on(ours.states())
    losses += last.train(1)
    np.testing.assert_allclose(losses, expected, rtol=1e-9)
    for ours, theirs in zip(last.model.parameters(), whole.model.parameters(), strict=True):
        np.testing.assert_allclose(ours.detach(), theirs.detach(), rtol=1e-7, atol=1e-12)
    assert torch.equal(torch.get_rng_state(), stream)
    assert last.schedule.get_last_lr() == whole.schedule.get_last_lr()
