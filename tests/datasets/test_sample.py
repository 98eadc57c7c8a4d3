"""The embedded sample, and the whole published sets where they are at hand."""

import numpy as np
import pytest

from chainrule.datasets import MNIST, FashionMNIST, verify
from chainrule.datasets.catalogue import CATALOGUE
from chainrule.datasets.places import SAMPLE

SETS = pytest.mark.parametrize("dataset", [MNIST, FashionMNIST])
SPLITS = pytest.mark.parametrize("train", [True, False], ids=["train", "test"])


@SETS
@SPLITS
def test_the_sample_has_the_announced_size_and_every_class(dataset, train):
    sample = dataset(train=train, source="sample")
    published = dataset._published.train if train else dataset._published.test
    assert len(sample) == len(sample.targets) == published.sample
    assert sorted(set(sample.targets.tolist())) == list(range(10))


def test_the_sample_is_at_most_eight_megabytes_with_licences():
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) <= 8_000_000
    licences = (SAMPLE / "LICENSES.md").read_text(encoding="utf-8")
    for image_set in CATALOGUE:
        assert f"`{image_set.folder}/`" in licences


@pytest.mark.full
@SETS
@SPLITS
def test_the_sample_is_the_head_of_the_whole_set(whole_data, dataset, train):
    sample, whole = dataset(train=train, source="sample"), dataset(whole_data, train=train, source="full")
    np.testing.assert_array_equal(sample.data, whole.data[: len(sample)])
    np.testing.assert_array_equal(sample.targets, whole.targets[: len(sample)])
    assert len(whole) == (60000 if train else 10000)


@pytest.mark.full
def test_the_whole_sets_have_the_published_checksums(whole_data):
    checks = verify(folder=whole_data)
    assert len(checks) == 8
    assert [check.problem for check in checks] == [None] * 8
