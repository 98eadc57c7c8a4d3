"""DataLoader, samplers and random_split against PyTorch: same order, same state of every generator."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule.random as cr_random
from chainrule import data as ours

torch = pytest.importorskip("torch")
theirs = torch.utils.data

pytestmark = pytest.mark.torch


class Numbers:
    """The numbers below n, as a dataset that either loader takes."""

    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        return index


def seed_both(seed):
    torch.manual_seed(seed)
    cr_random.manual_seed(seed)


def assert_same_state(our_generator, their_generator):
    np.testing.assert_array_equal(our_generator.get_state(), their_generator.get_state().numpy())


def assert_same_default_state():
    assert_same_state(cr_random.default_generator, torch.default_generator)


SIZES = st.integers(1, 70)


@st.composite
def loaders(draw):
    """Give a function that makes a loader in either library, and the number of samples."""
    n = draw(SIZES)
    kind = draw(st.sampled_from(["plain", "shuffle", "random", "subset", "own sampler", "batch sampler"]))
    batch_size = draw(st.integers(1, 40))
    drop_last = draw(st.booleans())
    replacement = draw(st.booleans())
    num_samples = draw(st.none() | st.integers(1, 150))
    own = draw(st.booleans())
    own_for_sampler = draw(st.booleans())

    def make(library, dataset, generator):
        options = {"batch_size": batch_size, "drop_last": drop_last, "generator": generator if own else None}
        of_sampler = generator if own_for_sampler else None
        if kind == "shuffle":
            options["shuffle"] = True
        elif kind == "random":
            options["sampler"] = library.RandomSampler(dataset, replacement, num_samples, of_sampler)
        elif kind == "subset":
            options["sampler"] = library.SubsetRandomSampler(range(0, n, 2), of_sampler)
        elif kind == "own sampler":
            options["sampler"] = list(range(n - 1, -1, -1))
        elif kind == "batch sampler":
            inner = library.RandomSampler(dataset, replacement, num_samples, of_sampler)
            options = {
                "batch_sampler": library.BatchSampler(inner, batch_size, drop_last),
                "generator": options["generator"],
            }
        return library.DataLoader(dataset, **options)

    return n, make


@given(loaders(), st.integers(0, 2**63 - 1), st.data())
@settings(max_examples=150, deadline=None)
def test_order_and_generator_states_are_those_of_pytorch(case, seed, data):
    n, make = case
    our_generator, their_generator = cr_random.Generator(), torch.Generator()
    our_generator.manual_seed(seed)
    their_generator.manual_seed(seed)
    our_loader = make(ours, ours.TensorDataset(np.arange(n)), our_generator)
    their_loader = make(theirs, theirs.TensorDataset(torch.arange(n)), their_generator)
    seed_both(seed ^ 1)
    assert len(our_loader) == len(their_loader)
    for _ in range(2):
        stop = data.draw(st.none() | st.integers(0, 3), label="batches before a break")
        noise = data.draw(st.booleans(), label="draw between batches")
        for i, ([our_batch], [their_batch]) in enumerate(zip(our_loader, their_loader, strict=True)):
            assert our_batch.tolist() == their_batch.tolist()
            if noise:
                cr_random.default_generator.words(3)
                torch.randint(0, 2**20, (3,))
            assert_same_default_state()
            assert_same_state(our_generator, their_generator)
            if i == stop:
                break
        assert_same_default_state()
        assert_same_state(our_generator, their_generator)


def test_shuffled_order_of_sixty_thousand_is_that_of_pytorch():
    seed_both(42)
    ours_seen = [X.array for [X] in ours.DataLoader(ours.TensorDataset(np.arange(60000)), 64, shuffle=True)]
    dataset = theirs.TensorDataset(torch.arange(60000))
    theirs_seen = [X.numpy() for [X] in theirs.DataLoader(dataset, 64, shuffle=True)]
    np.testing.assert_array_equal(np.concatenate(ours_seen), np.concatenate(theirs_seen))


def test_draws_between_making_and_using_an_iterator_come_in_pytorchs_order():
    def shuffled_after_a_draw(library, dataset, draw):
        iterator = iter(library.DataLoader(dataset, 4, shuffle=True))
        draw()
        return [batch.tolist() for [batch] in iterator]

    seed_both(3)
    mine = shuffled_after_a_draw(ours, ours.TensorDataset(np.arange(9)), cr_random.default_generator.random63)
    torchs = shuffled_after_a_draw(
        theirs, theirs.TensorDataset(torch.arange(9)), lambda: torch.empty((), dtype=torch.int64).random_()
    )
    assert mine == torchs
    assert_same_default_state()


@pytest.mark.filterwarnings("ignore:.*(has no effect|worker processes|fork)")
@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("persistent", [False, True])
def test_workers_are_seeded_as_often_as_in_pytorch(persistent, shuffle, own):
    seed_both(4)
    loaders, generators = [], []
    for library, root in ((ours, cr_random), (theirs, torch)):
        generators.append(root.Generator().manual_seed(8))
        options = {"shuffle": shuffle, "generator": generators[-1] if own else None}
        workers = {"num_workers": 2, "persistent_workers": persistent}
        loaders.append(library.DataLoader(list(range(5)), 2, **options, **workers))
    for stop in (3, 1, 3):
        orders = [[batch.tolist() for batch, _ in zip(loader, range(stop), strict=False)] for loader in loaders]
        assert orders[0] == orders[1]
        assert_same_default_state()
        assert_same_state(*generators)


@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=5).filter(lambda lengths: sum(lengths) > 1),
    st.integers(0, 99),
)
@settings(max_examples=30, deadline=None)
def test_random_split_by_lengths_is_that_of_pytorch(lengths, seed):
    dataset = Numbers(sum(lengths))
    seed_both(seed)
    mine = [part.indices for part in ours.random_split(dataset, lengths)]
    assert mine == [part.indices for part in theirs.random_split(dataset, lengths)]
    assert_same_default_state()


@given(SIZES, st.sampled_from([[0.8, 0.2], [1 / 3, 1 / 3, 1 / 3], [0.5, 0.3, 0.2], [1.0]]))
@settings(max_examples=30, deadline=None)
@pytest.mark.filterwarnings("ignore:.*(empty subset|Length of split)")
def test_random_split_by_fractions_is_that_of_pytorch(n, fractions):
    dataset = Numbers(n)
    mine = ours.random_split(dataset, fractions, cr_random.Generator().manual_seed(7))
    torchs = theirs.random_split(dataset, fractions, torch.Generator().manual_seed(7))
    assert [part.indices for part in mine] == [part.indices for part in torchs]


BAD_OPTIONS = [
    {"batch_size": 0},
    {"batch_size": -1},
    {"batch_size": True},
    {"batch_size": 2.0},
    {"drop_last": 1},
    {"shuffle": True, "sampler": [0, 1]},
    {"batch_sampler": [[0]], "batch_size": 2},
    {"batch_sampler": [[0]], "shuffle": True},
    {"batch_sampler": [[0]], "sampler": [0]},
    {"batch_sampler": [[0]], "drop_last": True},
    {"batch_size": None, "drop_last": True},
    {"num_workers": -1},
    {"timeout": -1},
    {"prefetch_factor": 2},
    {"prefetch_factor": -1, "num_workers": 2},
    {"persistent_workers": True},
    {"multiprocessing_context": "fork"},
]


@pytest.mark.parametrize("options", BAD_OPTIONS, ids=str)
def test_options_that_pytorch_refuses_are_refused_with_the_same_type_of_error(options):
    with pytest.raises(ValueError):  # noqa: PT011 (the sense is PyTorch's; the sentences are ours)
        theirs.DataLoader(Numbers(4), **options)
    with pytest.raises(ValueError, match=r"\w+ \w+ \w+"):
        ours.DataLoader(Numbers(4), **options)


@pytest.mark.parametrize("options", [{"replacement": 1}, {"num_samples": 0}, {"num_samples": 1.5}], ids=str)
def test_random_sampler_refuses_what_pytorchs_refuses(options):
    with pytest.raises((TypeError, ValueError)) as theirs_raised:
        theirs.RandomSampler(Numbers(4), **options)
    with pytest.raises(theirs_raised.type):
        ours.RandomSampler(Numbers(4), **options)


def test_shuffling_an_empty_dataset_is_refused_as_in_pytorch():
    with pytest.raises(ValueError, match="num_samples"):
        theirs.DataLoader(Numbers(0), shuffle=True)
    with pytest.raises(ValueError, match="empty"):
        ours.DataLoader(Numbers(0), shuffle=True)


@pytest.mark.parametrize(
    "name",
    ["batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"],
)
def test_what_pytorch_fixes_at_construction_is_fixed(name):
    for library in (ours, theirs):
        loader = library.DataLoader(Numbers(4), 2)
        with pytest.raises(ValueError, match=name):
            setattr(loader, name, getattr(loader, name))


def test_a_generator_of_pytorch_is_refused_by_name():
    with pytest.raises(TypeError, match=r"generator to be a chainrule.Generator, got <class 'torch"):
        ours.DataLoader(Numbers(4), generator=torch.Generator())


def test_the_signature_is_pytorchs():
    import inspect

    def names(library):
        return [
            (parameter.name, parameter.kind, parameter.default)
            for parameter in inspect.signature(library.DataLoader.__init__).parameters.values()
        ]

    assert names(ours) == names(theirs)


def test_batch_size_none_gives_samples_as_pytorch_does():
    samples = [(np.array([1.0, 2.0]), 3), (np.array([4.0, 5.0]), 6)]
    mine = list(ours.DataLoader(samples, batch_size=None))
    torchs = list(theirs.DataLoader(samples, batch_size=None))
    assert [(x.tolist(), y) for x, y in mine] == [(x.tolist(), y) for x, y in torchs]
    assert mine[0][1] == 3
    assert len(ours.DataLoader(samples, batch_size=None)) == len(theirs.DataLoader(samples, batch_size=None))


def test_a_dataset_of_pytorch_can_be_read():
    tensors = torch.arange(12.0).reshape(6, 2), torch.arange(6)
    seed_both(5)
    mine = list(ours.DataLoader(theirs.TensorDataset(*tensors), batch_size=4, shuffle=True))
    torchs = list(theirs.DataLoader(theirs.TensorDataset(*tensors), batch_size=4, shuffle=True))
    for (our_X, our_y), (their_X, their_y) in zip(mine, torchs, strict=True):
        np.testing.assert_array_equal(our_X.array, their_X.numpy())
        np.testing.assert_array_equal(our_y.array, their_y.numpy())
        assert our_X.dtype == np.float32
        assert our_y.dtype == np.int64
