"""What goes over to PyTorch and comes back is the same; a training can change sides in the middle."""

import io
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


@pytest.mark.parametrize(
    ("held", "named"),
    [
        (torch.ones(2, dtype=torch.float16), r"torch.float16, .*\.float\(\)"),
        (torch.ones(2, dtype=torch.bfloat16), r"torch.bfloat16, .*\.float\(\)"),
        (torch.ones(2, dtype=torch.complex64), "torch.complex64"),
        (torch.ones(2, dtype=torch.uint16), "torch.uint16"),
        (torch.eye(2).to_sparse(), "Sparse"),
        (torch.ones(2, device="meta"), "no data"),
    ],
    ids=["float16", "bfloat16", "complex64", "uint16", "sparse", "without values"],
)
def test_what_tensors_of_ours_do_not_have_is_refused_and_where_it_is(held, named):
    with pytest.raises(TypeError, match=rf"value\['model'\]\[1\], a tensor of .*{named}"):
        from_torch({"model": [torch.ones(2), held]})


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


# ---- every optimiser and every schedule, through files ----------------------------------------------------------

OPTIMIZERS = {
    "SGD": {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    "Adam": {"amsgrad": True},
    "AdamW": {"amsgrad": True, "maximize": False},
    "RMSprop": {"centered": True, "momentum": 0.5},
    "Adagrad": {"lr_decay": 0.1, "initial_accumulator_value": 0.1},
    "Adadelta": {"rho": 0.8},
    "Adamax": {"weight_decay": 0.1},
    "NAdam": {"decoupled_weight_decay": True, "weight_decay": 0.1},
    "RAdam": {},
    "Rprop": {},
    "ASGD": {"t0": 2, "lambd": 0.1},
    "LBFGS": {"max_iter": 4},
}
SCHEDULES = {
    "StepLR": lambda s, o: s.StepLR(o, 2),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, [2, 4, 4]),
    "ConstantLR": lambda s, o: s.ConstantLR(o, 0.5, 3),
    "LinearLR": lambda s, o: s.LinearLR(o, 0.5, total_iters=4),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, 0.9),
    "PolynomialLR": lambda s, o: s.PolynomialLR(o, 6, 2.0),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, 5),
    "CosineAnnealingWarmRestarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 3),
    "ReduceLROnPlateau": lambda s, o: s.ReduceLROnPlateau(o, patience=0, threshold=0.5),
    "CyclicLR": lambda s, o: s.CyclicLR(o, 0.01, 0.1, 2, cycle_momentum=False),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, 0.1, 12, cycle_momentum=False),
    "LambdaLR": lambda s, o: s.LambdaLR(o, lambda epoch: 0.9**epoch),
    "ChainedScheduler": lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.5, 3), s.ExponentialLR(o, 0.9)], o),
    "SequentialLR": lambda s, o: s.SequentialLR(o, [s.ConstantLR(o, 0.5, 3), s.ExponentialLR(o, 0.9)], [3]),
}


class Training:
    """Two layers that share their weights, trained on one batch, in one library."""

    def __init__(self, library, optimizer, schedule):
        nn, self.library = library.nn, library
        library.manual_seed(0)
        first, last = nn.Linear(4, 4), nn.Linear(4, 4)
        last.weight = first.weight
        self.model = nn.Sequential(first, nn.BatchNorm1d(4), nn.Tanh(), last).double()
        options = OPTIMIZERS[optimizer]
        self.optimizer = getattr(library.optim, optimizer)(self.model.parameters(), lr=0.05, **options)
        self.schedule = SCHEDULES[schedule](library.optim.lr_scheduler, self.optimizer)
        self.x = library.from_numpy(np.random.default_rng(0).standard_normal((8, 4)))

    def closure(self):
        self.optimizer.zero_grad()
        loss = ((self.model(self.x) - 1) ** 2).mean()
        loss.backward()
        return loss

    def train(self, steps=3):
        losses = []
        for _ in range(steps):
            losses.append(self.optimizer.step(self.closure).item())
            plateau = type(self.schedule).__name__ == "ReduceLROnPlateau"
            self.schedule.step(losses[-1]) if plateau else self.schedule.step()
        return losses

    def save(self, **options):
        """Write a file as this library does."""
        file, parts = io.BytesIO(), (self.model, self.optimizer, self.schedule)
        self.library.save([part.state_dict() for part in parts], file, **options)
        return io.BytesIO(file.getvalue())

    def load(self, file):
        if self.library is torch:
            torch.save(to_torch(cr.load(file)), kept := io.BytesIO())
            states = torch.load(io.BytesIO(kept.getvalue()), weights_only=True)
        else:
            states = cr.load(file)
        for part, state in zip((self.model, self.optimizer, self.schedule), states, strict=True):
            part.load_state_dict(state)


# Every optimiser and every schedule at least once.
PAIRS = [(list(OPTIMIZERS)[i % len(OPTIMIZERS)], schedule) for i, schedule in enumerate(SCHEDULES)]


@pytest.mark.parametrize("new", [True, False], ids=["new files", "old files"])
@pytest.mark.parametrize(("optimizer", "schedule"), PAIRS)
def test_every_optimizer_and_schedule_goes_over_and_back_through_files(optimizer, schedule, new):
    expected = Training(torch, optimizer, schedule).train(9)
    first = Training(torch, optimizer, schedule)
    losses = first.train()
    ours = Training(cr, optimizer, schedule)
    ours.load(first.save(_use_new_zipfile_serialization=new))
    losses += ours.train()
    last = Training(torch, optimizer, schedule)
    last.load(ours.save())
    np.testing.assert_allclose(losses + last.train(), expected, rtol=1e-9)
