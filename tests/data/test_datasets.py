"""TensorDataset, Subset, ConcatDataset, and how batches are cut from them."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.data import BatchDataset, DataLoader, Dataset, Subset, TensorDataset, default_collate, random_split
from chainrule.random import Generator, default_generator
from chainrule.tensor import Tensor


@pytest.fixture
def rows():
    return TensorDataset(np.arange(20.0).reshape(10, 2), np.arange(10))


class OneByOne(Sequence):
    """A dataset without `batch`, that counts how often it is read."""

    def __init__(self, samples):
        self.samples, self.reads = samples, 0

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        self.reads += 1
        return self.samples[index]


def as_lists(batches):
    return [[part.tolist() for part in batch] for batch in batches]


@given(
    n=st.integers(1, 20),
    batch_size=st.integers(1, 8),
    drop_last=st.booleans(),
    shuffle=st.booleans(),
    subset=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_batches_cut_at_once_equal_batches_read_one_by_one(n, batch_size, drop_last, shuffle, subset):
    dataset = TensorDataset(np.arange(2.0 * n).reshape(n, 2), np.arange(n))
    if subset:
        dataset = Subset(dataset, list(range(n - 1, -1, -1)))
    results = []
    for read in (dataset, OneByOne(dataset)):
        loader = DataLoader(read, batch_size, shuffle, drop_last=drop_last, generator=Generator().manual_seed(1))
        batches = list(loader)
        assert len(loader) == len(batches)
        results.append(as_lists(batches))
    assert results[0] == results[1]


@pytest.mark.parametrize("shuffle", [False, True])
def test_changing_a_batch_in_place_leaves_the_dataset_alone(shuffle):
    rows = np.arange(20.0).reshape(10, 2)
    for (batch,) in DataLoader(TensorDataset(rows), batch_size=4, shuffle=shuffle):
        batch.add_(100)
    np.testing.assert_array_equal(rows, np.arange(20.0).reshape(10, 2))


def test_a_batch_is_a_list_of_tensors(rows):
    batch = next(iter(DataLoader(rows, batch_size=4, shuffle=True)))
    assert type(batch) is list
    assert [type(part) for part in batch] == [Tensor, Tensor]
    assert batch[1].dtype == np.int64


def test_gradients_flow_into_tensors_of_a_dataset():
    X = Tensor(np.arange(4.0), requires_grad=True)
    [batch] = next(iter(DataLoader(TensorDataset(X), batch_size=2)))
    batch.sum().backward()
    assert X.grad.tolist() == [1, 1, 0, 0]


def test_redefining_getitem_alone_reads_one_by_one(rows):
    class Negated(TensorDataset):
        def __getitem__(self, index):
            X, y = super().__getitem__(index)
            return -X, y

    dataset = Negated(*rows.tensors)
    for read in (dataset, Subset(dataset, range(10))):
        X, _ = next(iter(DataLoader(read, batch_size=10)))
        np.testing.assert_array_equal(X.array, -rows.tensors[0].array)


def test_a_method_named_batch_of_a_foreign_dataset_is_not_called():
    class Mine(Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            return index

        def batch(self, indices):
            raise AssertionError("not the method that the loader knows")

    assert [batch.tolist() for batch in DataLoader(Mine(), batch_size=4)] == [[0, 1, 2, 3]]


def test_a_dataset_of_ones_own_can_cut_batches():
    class Squares(BatchDataset):
        def __len__(self):
            return 6

        def __getitem__(self, index):
            raise AssertionError("batches are asked for")

        def batch(self, indices):
            return [Tensor(np.arange(6)[indices] ** 2)]

    assert as_lists(DataLoader(Squares(), batch_size=4)) == [[[0, 1, 4, 9]], [[16, 25]]]


def test_getitems_is_used_as_in_pytorch():
    class Many(Dataset):
        def __len__(self):
            return 3

        def __getitems__(self, indices):
            return [10 * i for i in indices]

    assert [batch.tolist() for batch in DataLoader(Many(), batch_size=2)] == [[0, 10], [20]]


def test_a_collate_function_gets_the_samples(rows):
    batches = list(DataLoader(rows, batch_size=3, collate_fn=lambda samples: len(samples)))
    assert batches == [3, 3, 3, 1]


def test_reading_can_be_taken_up_in_the_middle_without_reading_what_came_before():
    dataset = OneByOne([(float(i), i) for i in range(50)])
    for generator in (None, Generator()):
        loader = DataLoader(dataset, batch_size=4, shuffle=True, generator=generator)
        source = generator or default_generator
        state = source.get_state()
        whole = as_lists(loader)
        after = source.get_state()

        source.set_state(state)
        dataset.reads = 0
        rest = map(loader.fetch, itertools.islice(loader.index_batches(), 10, None))
        assert as_lists(rest) == whole[10:]
        assert dataset.reads == 10
        np.testing.assert_array_equal(source.get_state(), after)


def test_index_batches_of_a_dataset_in_its_own_order_are_slices(rows):
    assert list(DataLoader(rows, batch_size=4).index_batches()) == [slice(0, 4), slice(4, 8), slice(8, 10)]
    assert list(DataLoader(rows, batch_size=4, drop_last=True).index_batches()) == [slice(0, 4), slice(4, 8)]


def test_a_subset_takes_a_list_of_indices(rows):
    X, y = Subset(rows, [5, 3, 1])[[2, 0]]
    assert y.tolist() == [1, 5]
    assert X.tolist() == [[2, 3], [10, 11]]


def test_tensors_of_different_length_are_refused():
    with pytest.raises(AssertionError, match=r"\[3, 2\]"):
        TensorDataset(np.zeros((3, 2)), np.zeros(2))
    with pytest.raises(AssertionError, match="at least one"):
        TensorDataset()


def test_an_index_beyond_the_end_raises(rows):
    for index in (10, -11):
        with pytest.raises(IndexError):
            rows[index]
    with pytest.raises(IndexError):
        list(DataLoader(rows, sampler=[3, 10]))


def test_concatenated_datasets_are_read_one_after_the_other():
    both = TensorDataset(np.arange(3)) + TensorDataset(np.arange(3, 5))
    assert [int(both[i][0]) for i in range(len(both))] == [0, 1, 2, 3, 4]
    assert [int(both[i][0]) for i in (-1, -5)] == [4, 0]
    with pytest.raises(ValueError, match="out of range"):
        both[-6]
    with pytest.raises(IndexError):
        both[5]


def test_a_split_holds_every_sample_once(rows):
    parts = random_split(rows, [0.7, 0.3])
    assert sorted(i for part in parts for i in part.indices) == list(range(10))


@pytest.mark.parametrize("lengths", [[3, 3], [0.5, 0.4], [11, -1], [1.5, -0.5]])
def test_lengths_that_do_not_fit_are_refused(lengths):
    with pytest.raises(ValueError, match="random_split expected"):
        random_split(range(10), lengths)


def test_an_empty_part_is_warned_of():
    with pytest.warns(UserWarning, match="empty subset"):
        random_split(range(2), [0.9, 0.05, 0.05])


def test_a_function_for_workers_is_refused(rows):
    with pytest.raises(NotImplementedError, match="worker_init_fn: call it yourself"):
        DataLoader(rows, num_workers=2, worker_init_fn=print)


WITHOUT_EFFECT = [
    {"num_workers": 2},
    {"pin_memory": True},
    {"num_workers": 2, "persistent_workers": True, "prefetch_factor": 4, "timeout": 5, "pin_memory": True},
]


@pytest.mark.parametrize("options", WITHOUT_EFFECT, ids=str)
def test_options_without_effect_are_warned_of_once_and_change_no_batch(rows, options):
    with pytest.warns(UserWarning, match="has no effect: .* in the same order") as caught:
        loader = DataLoader(rows, batch_size=3, shuffle=True, generator=Generator().manual_seed(1), **options)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    plain = DataLoader(rows, batch_size=3, shuffle=True, generator=Generator().manual_seed(1))
    for name, value in options.items():
        assert f"{name}={value}" in str(caught[0].message)
        assert getattr(loader, name) == value
    assert str(list(loader)) == str(list(plain))


def test_default_collate_names_the_lengths_that_differ():
    with pytest.raises(RuntimeError, match=r"lengths \[1, 2\]"):
        default_collate([[1], [1, 2]])
