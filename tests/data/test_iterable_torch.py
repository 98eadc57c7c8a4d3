"""Streams, and how DataLoader reads them, against PyTorch."""

import itertools

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.train.metrics import evaluate

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.torch

LIBRARIES = (cr, torch)


class Iterator:
    """Counts how often it is asked, also behind its end."""

    def __init__(self, n):
        self.left, self.asked = n, 0

    def __iter__(self):
        return self

    def __next__(self):
        self.asked += 1
        if self.asked > self.left:
            raise StopIteration
        return self.asked


def stream(library, n, sized=True, draws=False):
    """Make a stream of the numbers 1 to n, or of random ones."""

    def samples(self):
        self.iterator = Iterator(n)
        return (library.rand(1) for _ in self.iterator) if draws else self.iterator

    methods = {"__iter__": samples} | ({"__len__": lambda self: n} if sized else {})
    return type("Stream", (library.utils.data.IterableDataset,), methods)()


OPTIONS = [
    {},
    {"batch_size": 3},
    {"batch_size": 3, "drop_last": True},
    {"batch_size": 10},
    {"batch_size": 10, "drop_last": True},
    {"batch_size": None},
    {"batch_size": 2, "collate_fn": sum},
    {"batch_size": None, "collate_fn": lambda sample: [sample]},
    {"batch_size": 2, "shuffle": False},
]


def said(thing):
    return thing.tolist() if hasattr(thing, "tolist") else thing


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(options) or "none")
@pytest.mark.parametrize("n", [0, 6, 7])
def test_batches_lengths_and_what_is_asked_for_are_those_of_pytorch(options, n):
    seen = []
    for library in LIBRARIES:
        dataset = stream(library, n)
        loader = library.utils.data.DataLoader(dataset, **options)
        epochs = [[said(batch) for batch in loader] for _ in range(2)]
        seen.append((epochs, len(loader), dataset.iterator.asked, loader.batch_size, loader.drop_last))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("own", [False, True])
def test_draws_of_the_stream_and_of_the_loader_come_in_pytorchs_order(own):
    seen = []
    for library in LIBRARIES:
        library.manual_seed(3)
        generator = library.Generator().manual_seed(5)
        dataset = stream(library, 5, draws=True)
        loader = library.utils.data.DataLoader(dataset, 2, generator=generator if own else None)
        epochs = [[batch.tolist() for batch in itertools.islice(loader, stop)] for stop in (None, 1, None)]
        states = [np.asarray(state) for state in (library.get_rng_state(), generator.get_state())]
        seen.append((epochs, [state.tolist() for state in states]))
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    "options",
    [
        {"shuffle": True},
        {"sampler": [0, 1]},
        {"batch_sampler": [[0]]},
        {"batch_size": 0},
        {"batch_size": None, "drop_last": True},
    ],
    ids=str,
)
def test_options_that_pytorch_refuses_are_refused_with_the_same_type_of_error(options):
    for library in LIBRARIES:
        with pytest.raises(ValueError, match=r"\w+ \w+ \w+"):
            library.utils.data.DataLoader(stream(library, 4), **options)


def test_a_stream_that_does_not_know_its_length_gives_none():
    for library in LIBRARIES:
        loader = library.utils.data.DataLoader(stream(library, 4, sized=False), 2)
        assert len(list(loader)) == 2
        with pytest.raises(TypeError, match=r"len\(\)"):
            len(loader)


def test_streams_are_chained_as_in_pytorch():
    for library in LIBRARIES:
        data = library.utils.data
        chained = stream(library, 2) + stream(library, 3)
        assert type(chained) is data.ChainDataset
        assert isinstance(chained, data.IterableDataset)
        assert [batch.tolist() for batch in data.DataLoader(chained, 4)] == [[1, 2, 1, 2], [3]]
        assert len(chained) == 5
        for use in (list, len):
            with pytest.raises(AssertionError, match="IterableDataset"):
                use(data.ChainDataset([[1, 2]]))


def test_no_worker_is_told_of():
    for library in LIBRARIES:
        assert library.utils.data.get_worker_info() is None


def test_a_stream_without_samples_of_its_own_says_so():
    for library in LIBRARIES:
        with pytest.raises((NotImplementedError, TypeError)):
            list(library.utils.data.DataLoader(library.utils.data.IterableDataset()))


def test_batches_of_a_stream_can_be_evaluated_at_once():
    class Pairs(cr.utils.data.IterableDataset):
        def __iter__(self):
            return ((np.float32([i, 1]), i % 2) for i in range(7))

    loader = cr.utils.data.DataLoader(Pairs(), 2)
    one_by_one = evaluate(nn.Identity(), loader, nn.CrossEntropyLoss())
    assert evaluate(nn.Identity(), loader, nn.CrossEntropyLoss(), at_once=4) == one_by_one
