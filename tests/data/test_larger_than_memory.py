"""A data set that does not fit in memory is read from its file, batch by batch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from chainrule.data import DataLoader, Subset, TensorDataset, random_split
from chainrule.random import Generator

ROWS, COLUMNS = 100_000, 1024
SIZE = 4 * ROWS * COLUMNS
LIMIT = 300_000_000
MARKED = 50  # every so many-th row holds numbers; the others are holes in the file, which take no room on the disk


@pytest.fixture
def large_file(tmp_path):
    path = tmp_path / "large.npy"
    pixels = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(ROWS, COLUMNS))
    pixels[::MARKED] = 1
    pixels.flush()
    del pixels
    yield path
    path.unlink()


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is one of Linux")
def test_a_file_larger_than_the_limit_of_the_process_trains(large_file):
    assert large_file.stat().st_size > SIZE > LIMIT
    program = Path(__file__).with_name("larger_than_memory.py")
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(program), str(large_file), str(LIMIT)],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert not found["fits"]  # the limit is one: the same process could not load the file
    assert found["peak"] < SIZE / 4
    assert found["samples"] == ROWS * 9 // 10
    assert found["last_loss"] < found["first_loss"]
    assert found["accuracy"] >= 1 - 1 / MARKED
    assert found["sums"] == [ROWS / MARKED] * 2


def samples(dataset, shuffle):
    loader = DataLoader(dataset, 16, shuffle=shuffle, generator=Generator().manual_seed(1))
    return [[part.tolist() for part in batch] for batch in loader]


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("shuffle", [False, True])
def test_a_mapped_file_gives_the_batches_of_the_array_in_it(tmp_path, dtype, shuffle):
    array, labels = np.arange(300).astype(dtype).reshape(100, 3), np.arange(100)
    np.save(tmp_path / "array.npy", array)
    array.tofile(tmp_path / "raw")
    for mapped in (
        np.load(tmp_path / "array.npy", mmap_mode="r"),
        np.memmap(tmp_path / "raw", dtype, mode="r", shape=array.shape),
    ):
        ours, expected = TensorDataset(mapped, labels), TensorDataset(array, labels)
        assert np.shares_memory(ours.tensors[0].array, mapped)
        assert samples(ours, shuffle) == samples(expected, shuffle)
        part, other = (Subset(dataset, range(50, 90)) for dataset in (ours, expected))
        assert samples(part, shuffle) == samples(other, shuffle)
        parts, others = (random_split(dataset, [0.7, 0.3], Generator()) for dataset in (ours, expected))
        assert [samples(part, shuffle) for part in parts] == [samples(other, shuffle) for other in others]


def test_a_batch_of_a_file_that_is_mapped_for_reading_can_be_changed(tmp_path):
    np.save(tmp_path / "array.npy", np.zeros((10, 3)))
    dataset = TensorDataset(np.load(tmp_path / "array.npy", mmap_mode="r"))
    for shuffle in (False, True):
        for (batch,) in DataLoader(dataset, 4, shuffle=shuffle):
            batch.add_(1)
    assert not np.load(tmp_path / "array.npy").any()
