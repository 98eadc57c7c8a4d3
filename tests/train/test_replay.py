"""Which generators a training draws from, and batches that come again."""

import numpy as np
import pytest

from chainrule.data import BatchSampler, DataLoader, RandomSampler
from chainrule.random import Generator, default_generator
from chainrule.train.replay import batches_from, generators_of, get_states, set_states

SAMPLES = range(20)


def loaders(generator):
    return {
        "loader": DataLoader(SAMPLES, 4, shuffle=True, generator=generator),
        "sampler": DataLoader(SAMPLES, 4, sampler=RandomSampler(SAMPLES, generator=generator)),
        "batch sampler": DataLoader(
            SAMPLES, batch_sampler=BatchSampler(RandomSampler(SAMPLES, generator=generator), 4, False)
        ),
    }


@pytest.mark.parametrize("where", loaders(None))
def test_the_generator_of_a_loader_is_found_once_wherever_it_is(where):
    generator = Generator()
    found = generators_of(train=loaders(generator)[where])
    assert list(found.values()) == [default_generator, generator]
    assert list(generators_of(train=loaders(default_generator)[where])) == ["default"]
    assert list(generators_of(train=loaders(None)[where])) == ["default"]


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("where", loaders(None))
@pytest.mark.parametrize("skip", [1, 3, 5])
def test_an_iteration_is_taken_up_again_without_moving_the_generators(where, own, skip):
    loader = loaders(Generator() if own else None)[where]
    generators = generators_of(train=loader)
    start = get_states(generators)
    whole = [batch.tolist() for batch in loader]
    now = get_states(generators)
    rest = batches_from(loader, skip, generators, start)
    for name, state in get_states(generators).items():
        np.testing.assert_array_equal(state, now[name])
    assert [batch.tolist() for batch in rest] == whole[skip:]


def test_states_are_copies_that_can_be_put_back():
    generators = {"one": Generator().manual_seed(1)}
    states = get_states(generators)
    first = generators["one"].permutation(9).tolist()
    for _ in range(2):
        set_states(generators, states)
        assert generators["one"].permutation(9).tolist() == first


def test_more_batches_than_there_are_cannot_be_left_out():
    with pytest.raises(ValueError, match="after batch 6 of an epoch, and train_loader has 5"):
        batches_from(DataLoader(SAMPLES, 4), 6, {}, {})


def persistent():
    with pytest.warns(UserWarning, match="persistent_workers"):
        return DataLoader(SAMPLES, 4, shuffle=True, num_workers=1, persistent_workers=True)


@pytest.mark.parametrize("another", [False, True])
@pytest.mark.parametrize("epochs_before", [0, 1])
def test_an_epoch_with_persistent_workers_is_taken_up_again(epochs_before, another):
    loader = persistent()
    for _ in range(epochs_before):
        list(loader)
    start = get_states(generators_of(train=loader))
    whole = [batch.tolist() for batch in loader]
    loader = persistent() if another else loader
    rest = batches_from(loader, 2, generators_of(train=loader), start)
    assert [batch.tolist() for batch in rest] == whole[2:]
