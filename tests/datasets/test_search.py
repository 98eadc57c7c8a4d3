"""Where the data are found, and what is said where they are not."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from chainrule.datasets import MNIST, FashionMNIST, IDXError, load
from chainrule.datasets.catalogue import FASHION_MNIST, find_set


def use(monkeypatch, place, tiny, bare_machine, tmp_path):
    """Lay the files in one of the places that are looked at; give the options that make it so."""
    if place == "root":
        tiny.write(tmp_path / "root" / "mnist")
        return {"root": tmp_path / "root"}
    if place == "CHAINRULE_DATA":
        tiny.write(tmp_path / "data" / "mnist")
        monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path / "data"))
    if place == "user cache":
        tiny.write(bare_machine / "cache" / "mnist")
    if place == "system":
        tiny.write(bare_machine / "system" / "mnist")
    return {}


PLACES = ["root", "CHAINRULE_DATA", "user cache", "system"]


@pytest.mark.parametrize("place", PLACES)
def test_data_are_found_in_every_place(monkeypatch, tiny, bare_machine, tmp_path, place, capsys):
    options = use(monkeypatch, place, tiny, bare_machine, tmp_path)
    train, test = MNIST(**options), MNIST(train=False, **options)
    np.testing.assert_array_equal(train.data, tiny.arrays[0])
    np.testing.assert_array_equal(train.targets, tiny.arrays[1])
    np.testing.assert_array_equal(test.data, tiny.arrays[2])
    assert train.source.kind == test.source.kind == "full"
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("first", "second"), list(itertools.pairwise(PLACES)))
def test_places_are_searched_in_order(monkeypatch, tiny, bare_machine, tmp_path, first, second):
    options = use(monkeypatch, second, tiny, bare_machine, tmp_path)
    later = MNIST(**options).source.where
    options |= use(monkeypatch, first, tiny, bare_machine, tmp_path)
    assert MNIST(**options).source.where != later


@pytest.mark.parametrize("layout", ["", "mnist", "MNIST/raw"])
@pytest.mark.parametrize("zipped", [True, False])
def test_every_layout_of_a_folder_is_understood(tiny, tmp_path, layout, zipped):
    tiny.write(tmp_path / layout, zipped=zipped)
    assert MNIST(tmp_path).source.where == str(tmp_path / layout)
    assert MNIST(str(tmp_path), train=False).source.kind == "full"


def test_a_plain_file_is_preferred_to_a_gzipped_one(tiny, tmp_path):
    tiny.write(tmp_path, zipped=False)
    for file in tiny.image_set.files:
        (tmp_path / f"{file.name}.gz").write_bytes(b"broken")
    assert MNIST(tmp_path).source.kind == "full"


@pytest.mark.parametrize("index", range(4))
def test_a_broken_file_is_never_passed_over(monkeypatch, tiny, tmp_path, index):
    tiny.write(tmp_path / "good")
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path / "good"))
    broken = tiny.write(tmp_path / "broken") / f"{tiny.image_set.files[index].name}.gz"
    broken.write_bytes(broken.read_bytes()[:-20])
    with pytest.raises(IDXError, match=broken.name):
        MNIST(tmp_path / "broken", train=index < 2)


@pytest.mark.parametrize("only", [[0], [1], [2, 3]])
def test_an_incomplete_folder_is_never_passed_over(monkeypatch, tiny, tmp_path, only):
    tiny.write(tmp_path / "good")
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path / "good"))
    with pytest.raises(FileNotFoundError, match="incomplete"):
        MNIST(tiny.write(tmp_path / "part", only=only))


def test_the_sample_takes_the_place_of_what_is_nowhere_and_one_line_says_so(capsys):
    train, test = FashionMNIST(), FashionMNIST(train=False)
    assert (len(train), len(test)) == (10000, 2000)
    assert train.source.kind == "sample"
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    for part in ("FashionMNIST", "sample", "10000", "2000", "chainrule data fetch", "CHAINRULE_DATA"):
        assert part in said.err


@pytest.mark.parametrize("folder", ["empty", "missing"])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_folder_in_chainrule_data_without_the_files_is_not_passed_over_silently(
    monkeypatch, tiny, bare_machine, tmp_path, capsys, folder, elsewhere
):
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path / folder))
    if elsewhere:
        tiny.write(bare_machine / "cache" / "mnist")
    MNIST(), MNIST(train=False)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == (1 if elsewhere else 2)  # the second one tells of the sample
    reason = {"empty": "holds no file of MNIST", "missing": "is not a folder"}[folder]
    assert lines[0].startswith(f"chainrule: CHAINRULE_DATA names {tmp_path / folder}, which {reason}: ")
    for file in tiny.image_set.files:
        assert f"{file.name}[.gz]" in lines[0]


def test_chainrule_data_is_not_spoken_of_where_it_is_not_needed(monkeypatch, tiny, tmp_path, capsys):
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path / "missing"))
    MNIST(tiny.write(tmp_path / "root"))
    MNIST(source="sample")
    assert capsys.readouterr().err == ""


def test_the_sample_can_be_asked_for_although_the_whole_set_is_there(tiny, tmp_path, capsys):
    tiny.write(tmp_path)
    assert MNIST(tmp_path, source="sample").source.kind == "sample"
    assert capsys.readouterr().err == ""


def test_the_whole_set_asked_for_and_nowhere_is_an_error_that_lists_the_places(
    monkeypatch, tmp_path, bare_machine
):
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path / "data"))
    with pytest.raises(FileNotFoundError) as raised:
        MNIST(tmp_path / "root", source="full")
    for folder in (tmp_path / "root", tmp_path / "data", bare_machine / "cache", bare_machine / "system"):
        assert str(folder / "mnist") in str(raised.value)


def test_other_files_than_the_published_ones_are_called_so(tiny, tmp_path):
    tiny.arrays[0][0, 0, 0] ^= 1
    tiny.write(tmp_path)
    assert MNIST(tmp_path).source.kind == "other"
    with pytest.raises(IDXError, match="another checksum"):
        MNIST(tmp_path, source="full")


@pytest.mark.parametrize(("index", "holder"), [(0, 2), (1, 3), (2, 0)])
def test_files_under_each_others_name_are_told(tiny, tmp_path, index, holder):
    swapped = tiny.arrays.copy()
    count = len(swapped[index])
    tiny.write(tmp_path)
    swapped[index], tiny.arrays[index] = None, tiny.arrays[holder]
    partner = index ^ 1
    tiny.arrays[partner] = tiny.arrays[holder ^ 1]
    tiny.write(tmp_path, only=[index, partner])
    assert count != len(tiny.arrays[index])
    with pytest.raises(IDXError, match=rf"holds the {tiny.image_set.files[min(holder, holder ^ 1)].name}"):
        MNIST(tmp_path, train=index < 2)


def test_images_of_another_size_are_refused(tiny, tmp_path):
    tiny.arrays[0] = tiny.arrays[0][:, :14]
    tiny.write(tmp_path)
    with pytest.raises(IDXError, match=r"\(300, 14, 28\)"):
        MNIST(tmp_path)


def test_a_set_without_images_is_refused(tiny, tmp_path):
    tiny.arrays[:2] = tiny.arrays[0][:0], tiny.arrays[1][:0]
    tiny.write(tmp_path)
    with pytest.raises(IDXError, match="above 0"):
        MNIST(tmp_path)


def test_an_unknown_source_is_refused():
    with pytest.raises(ValueError, match="'auto', 'full' or 'sample', got 'all'"):
        MNIST(source="all")


def test_without_platformdirs_there_is_no_cache(monkeypatch):
    import sys

    monkeypatch.delenv("CHAINRULE_CACHE")
    monkeypatch.setitem(sys.modules, "platformdirs", None)
    assert MNIST().source.kind == "sample"
    with pytest.raises(ImportError, match=r"chainrule\[lab\]"):
        load.download_folder(FASHION_MNIST, None)


@pytest.mark.parametrize("name", ["FashionMNIST", "fashionmnist", "fashion-mnist", "Fashion-MNIST"])
def test_a_set_is_found_by_its_name(name):
    assert find_set(name) is FASHION_MNIST


def test_an_unknown_name_is_told_with_those_that_are_known():
    with pytest.raises(ValueError, match="'emnist'; there are MNIST, FashionMNIST"):
        find_set("emnist")


def test_the_report_line_names_the_data(tiny, tmp_path):
    source = MNIST(tiny.write(tmp_path)).source
    line = str(source)
    assert "\n" not in line
    for part in ("MNIST train", "whole set", "300 images", str(tmp_path), source.sha256[:16]):
        assert part in line


def test_a_path_beginning_with_a_tilde_is_the_users(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    tiny.write(tmp_path / "sets")
    assert MNIST("~/sets").source.where == str(Path(tmp_path) / "sets")
