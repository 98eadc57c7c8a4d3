"""IDX files: what is good is read, what is not is told apart and named."""

import gzip
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chainrule.datasets.idx import (
    IDXError,
    content_sha256,
    idx_header,
    read_idx,
    read_images,
    read_labels,
    read_pair,
)

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
LABELS = np.array([3, 9], dtype=np.uint8)

fuzz = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def idx_bytes(array):
    return idx_header(array.shape) + array.tobytes()


@pytest.fixture
def write(tmp_path):
    def write_file(content, name="some-file"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write_file


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
@pytest.mark.parametrize("name", ["images", "images.gz"])
def test_plain_and_gzipped_are_told_apart_by_content(write, pack, name):
    images = read_images(write(pack(idx_bytes(IMAGES)), name))
    np.testing.assert_array_equal(images, IMAGES)
    assert images.dtype == np.uint8
    assert images.flags.writeable


def test_labels_are_int64(write):
    labels = read_labels(write(idx_bytes(LABELS)))
    assert labels.dtype == np.int64
    assert labels.tolist() == [3, 9]


def test_checksum_is_that_of_the_uncompressed_file(write):
    import hashlib

    assert content_sha256(IMAGES) == hashlib.sha256(idx_bytes(IMAGES)).hexdigest()
    assert content_sha256(IMAGES, LABELS) == hashlib.sha256(idx_bytes(IMAGES) + idx_bytes(LABELS)).hexdigest()
    assert content_sha256(IMAGES[:, ::2]) == content_sha256(IMAGES[:, ::2].copy())


GOOD = idx_bytes(IMAGES)
ZIPPED = gzip.compress(GOOD)
BROKEN = {
    "empty": (b"", "not an IDX file: it ends after 0 bytes"),
    "short magic": (GOOD[:3], "ends after 3 bytes"),
    "foreign": (b"PNG and so on", "not an IDX file: it begins with b'PNG '"),
    "web page": (b"<!DOCTYPE html><html></html>", "web page"),
    "unknown element type": (b"\0\0\x07\x01\0\0\0\0", "not an IDX file"),
    "float32 elements": (b"\0\0\x0d\x01\0\0\0\0", r"float32 \(0x0D\), expected unsigned bytes"),
    "no dimensions": (b"\0\0\x08\0", "no dimensions"),
    "cut header": (GOOD[:9], "ends within its header"),
    "too short": (GOOD[:-1], r"announces 24 bytes of shape \(2, 3, 4\), 23 follow"),
    "too long": (GOOD + b"\0", "too long"),
    "huge dimensions": (b"\0\0\x08\x03" + b"\xff" * 12 + b"data", "truncated"),
    "huge but empty": (b"\0\0\x08\x03" + b"\xff" * 8 + b"\0" * 4, "absurd dimensions"),
    "many dimensions": (b"\0\0\x08\xff" + b"\0\0\0\x01" * 255 + b"\x05", "absurd dimensions"),
    "cut gzip": (ZIPPED[:-9], "gzip stream ends"),
    "cut gzip header": (ZIPPED[:5], "gzip stream ends"),
    "gzip with another checksum": (ZIPPED[:-5] + bytes([ZIPPED[-5] ^ 1]) + ZIPPED[-4:], "does not decode"),
    "rubbish after the gzip stream": (ZIPPED + b"rubbish", "does not decode"),
    "gzip of something else": (gzip.compress(b"hello world"), "not an IDX file"),
    "gzip of a short file": (gzip.compress(GOOD[:-1]), "truncated"),
    "gzip of a long file": (gzip.compress(GOOD + b"\0"), "too long"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_named_with_what_is_wrong(write, name):
    content, message = BROKEN[name]
    with pytest.raises(IDXError, match=message) as raised:
        read_idx(write(content, "this-file"))
    assert "this-file" in str(raised.value)


def test_labels_are_not_taken_for_images_nor_images_for_labels(write):
    with pytest.raises(IDXError, match="holds labels"):
        read_images(write(idx_bytes(LABELS)))
    with pytest.raises(IDXError, match="holds images"):
        read_labels(write(idx_bytes(IMAGES)))
    matrix = write(idx_bytes(IMAGES[0]))
    for read in (read_images, read_labels):
        with pytest.raises(IDXError, match="2 dimensions"):
            read(matrix)


def test_a_label_above_nine_is_refused(write):
    with pytest.raises(IDXError, match="label 10 at position 1"):
        read_labels(write(idx_bytes(np.array([9, 10, 11], dtype=np.uint8))))


def test_files_of_different_count_are_refused(write):
    images, labels = write(idx_bytes(IMAGES), "images"), write(idx_bytes(LABELS[:1]), "labels")
    with pytest.raises(IDXError, match=r"images holds 2 images, but .*labels holds 1 labels"):
        read_pair(images, labels)


def test_a_missing_file_is_missing_not_broken(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "nowhere")


@given(st.data())
@fuzz
def test_a_changed_gzip_file_gives_an_error_or_the_same_content(write, data):
    content = bytearray(ZIPPED)
    for _ in range(data.draw(st.integers(1, 3), label="changes")):
        position = data.draw(st.integers(0, len(content) - 1), label="position")
        content[position] = data.draw(st.integers(0, 255), label="byte")
    assert_error_or_equal(write(bytes(content)))


@given(st.integers(0, len(ZIPPED)), st.binary(max_size=30))
@fuzz
def test_a_cut_or_extended_gzip_file_gives_an_error_or_the_same_content(write, length, tail):
    assert_error_or_equal(write(ZIPPED[:length] + tail))


@given(st.integers(0, 15), st.integers(1, 255))
@fuzz
def test_a_changed_header_gives_an_error(write, position, difference):
    content = bytearray(GOOD)
    content[position] ^= difference
    with pytest.raises(IDXError):
        read_images(write(bytes(content)))


@given(st.binary(max_size=60))
@fuzz
def test_random_bytes_give_an_error_or_what_their_header_says(write, content):
    path = write(content)
    try:
        array = read_idx(path)
    except IDXError:
        return
    assert idx_bytes(array) == content


def assert_error_or_equal(path):
    try:
        images = read_images(path)
    except IDXError:
        return
    np.testing.assert_array_equal(images, IMAGES)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_memory_is_not_allocated_from_the_header_alone(write, pack):
    path = write(pack(b"\0\0\x08\x03" + b"\x00\xff\xff\xff" * 3 + b"few"))
    tracemalloc.start()
    with pytest.raises(IDXError, match="truncated"):
        read_idx(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000


def test_a_gzip_bomb_is_not_expanded_beyond_what_its_header_says(write):
    path = write(gzip.compress(idx_header((10,)) + bytes(100_000_000)))
    tracemalloc.start()
    with pytest.raises(IDXError, match="too long"):
        read_idx(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000
