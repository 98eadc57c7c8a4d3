"""status, fetch and verify: what ``chainrule data`` shows."""

import pytest

from chainrule.datasets import fetch, status, verify


def test_status_lists_every_place_in_search_order(tiny, tmp_path, monkeypatch, bare_machine):
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))
    tiny.write(tmp_path / "mnist")
    tiny.write(bare_machine / "system" / "mnist", only=[0])
    rows = status()
    assert [row.dataset for row in rows] == ["MNIST"] * 4
    assert [row.state for row in rows[:3]] == ["300 + 20 images", "not there", "incomplete: 1 of 4 files"]
    assert rows[0].where == f"{tmp_path / 'mnist'} (CHAINRULE_DATA)"
    assert rows[3].where == "embedded sample"
    assert str(rows[0]) == f"MNIST: {rows[0].where}: 300 + 20 images"


def test_status_shows_a_broken_file(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))
    broken = tiny.write(tmp_path) / f"{tiny.image_set.files[2].name}.gz"
    broken.write_bytes(b"<html>")
    assert status()[0].state.startswith(f"broken: {broken} is not an IDX file")


def test_verify_names_the_file_that_differs(tiny, tmp_path):
    tiny.arrays[0][0, 0, 0] ^= 1
    tiny.write(tmp_path, only=[0, 1, 2])
    checks = verify(["MNIST"], tmp_path)
    assert [check.ok for check in checks] == [False, True, True, False]
    assert "SHA-256" in checks[0].problem
    assert checks[3].problem == f"{checks[3].file}[.gz] was not found"
    assert checks[3].path is None
    assert str(checks[0]).startswith(f"MNIST: {checks[0].path} is not the published")
    assert str(checks[1]) == f"MNIST: {checks[1].path} is as published"
    assert str(checks[3]) == f"MNIST: {checks[3].problem}"


def test_verify_looks_where_the_data_are_found(tiny, bare_machine):
    assert not any(check.ok for check in verify())
    folder = tiny.write(bare_machine / "cache" / "mnist")
    checks = verify()
    assert all(check.ok for check in checks)
    assert {check.path.parent for check in checks} == {folder}


def test_fetch_without_a_folder_fills_the_cache(tiny, mirror, bare_machine):
    mirror.serve(tiny, "mnist")
    fetched = fetch()
    assert {file.path.parent for file in fetched} == {bare_machine / "cache" / "mnist"}
    assert str(fetched[0]) == f"MNIST: {fetched[0].path} (downloaded)"
    assert all(check.ok for check in verify())


@pytest.mark.parametrize("layout", ["mnist", "MNIST/raw"])
def test_fetch_completes_the_layout_that_a_folder_has(tiny, mirror, tmp_path, layout):
    mirror.serve(tiny, "mnist")
    tiny.write(tmp_path / layout, only=[3])
    assert {file.path.parent for file in fetch(["mnist"], tmp_path)} == {tmp_path / layout}


def test_fetch_does_not_touch_files_that_lie_in_the_folder_itself(tiny, mirror, tmp_path):
    mirror.serve(tiny, "mnist")
    another = tmp_path / f"{tiny.image_set.files[0].name}.gz"
    another.write_bytes(b"another set's")
    fetch(["mnist"], tmp_path)
    assert another.read_bytes() == b"another set's"
