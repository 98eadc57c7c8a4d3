"""Evaluation: the numbers of PyTorch's tutorial, whatever is put through the model at once."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule import nn
from chainrule.data import DataLoader, RandomSampler, TensorDataset
from chainrule.random import default_generator
from chainrule.train import accuracy
from chainrule.train.metrics import evaluate

N = 50


class Counting(nn.Module):
    """A network that notes how many samples it gets."""

    def __init__(self):
        super().__init__()
        cr.manual_seed(0)
        self.layers = nn.Sequential(
            nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3)
        )
        self.seen = []

    def forward(self, x):
        self.seen.append(len(x))
        return self.layers(x)


def dataset():
    rng = np.random.default_rng(0)
    return TensorDataset(rng.standard_normal((N, 6)).astype(np.float32), rng.integers(0, 3, N))


def measured(loader, at_once=None):
    model = Counting()
    result = evaluate(model, loader, nn.CrossEntropyLoss(), {"accuracy": accuracy}, at_once=at_once)
    return result, model.seen


ORDERS = {
    "in order": {},
    "shuffled": {"shuffle": True},
    "own sampler": {"sampler": range(0, N, 2)},
    "replacement": {"sampler": RandomSampler(range(N), replacement=True, num_samples=70)},
}


@given(st.integers(1, 60), st.integers(1, 70), st.booleans(), st.sampled_from(list(ORDERS)), st.integers(0, 99))
@settings(max_examples=100, deadline=None)
def test_many_samples_at_once_give_the_numbers_of_the_batches(batch_size, at_once, drop_last, order, seed):
    loader = DataLoader(dataset(), batch_size, drop_last=drop_last, **ORDERS[order])
    if not len(loader):
        return
    cr.manual_seed(seed)
    expected, seen = measured(loader)
    state = default_generator.get_state()
    cr.manual_seed(seed)
    result, seen_at_once = measured(loader, at_once)
    assert result["accuracy"] == expected["accuracy"]
    assert result["loss"] == pytest.approx(expected["loss"], rel=1e-6)
    assert sum(seen_at_once) == sum(seen)
    assert all(n <= max(at_once, batch_size) for n in seen_at_once)
    assert all(a + b > at_once for a, b in itertools.pairwise(seen_at_once))
    np.testing.assert_array_equal(default_generator.get_state(), state)


def test_without_being_asked_for_nothing_is_joined():
    assert measured(DataLoader(dataset(), 20))[1] == [20, 20, 10]
    assert measured(DataLoader(dataset(), 20), at_once=40)[1] == [40, 10]


class Reversed(DataLoader):
    def __iter__(self):
        return reversed(list(super().__iter__()))


OTHERS = {
    "a list": lambda: list(DataLoader(dataset(), 20)),
    "a collate function": lambda: DataLoader(dataset(), 20, collate_fn=lambda rows: cr.data.default_collate(rows)),
    "a loader of one's own": lambda: Reversed(dataset(), 20),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_batches_that_are_read_otherwise_are_left_as_they_are(kind):
    result, seen = measured(OTHERS[kind](), at_once=40)
    assert sorted(seen) == [10, 20, 20]
    assert result == measured(OTHERS[kind]())[0]


class Sum(nn.Module):
    def forward(self, x):
        return x.sum().reshape(1)


def test_a_model_that_gives_no_row_for_each_sample_is_refused():
    loader = DataLoader(dataset(), 20)
    with pytest.raises(ValueError, match=r"a row for each of 40 samples, got shape \(1,\): leave at_once out"):
        evaluate(Sum(), loader, nn.L1Loss(), at_once=40)


@pytest.mark.parametrize("at_once", [None, 40])
def test_a_loader_that_gives_nothing_is_an_error(at_once):
    with pytest.raises(ValueError, match="gave no batches"):
        measured(DataLoader(dataset(), 64, drop_last=True), at_once)


def test_the_modes_of_all_modules_are_as_before():
    model = Counting()
    model.layers[1].eval()
    modes = [module.training for module in model.modules()]
    evaluate(model, DataLoader(dataset(), 20), nn.CrossEntropyLoss(), at_once=40)
    assert [module.training for module in model.modules()] == modes
    assert True in modes
    assert False in modes
