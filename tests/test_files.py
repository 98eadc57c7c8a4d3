"""Files that are written whole or not at all, wherever a path leads."""

import os
import threading

import pytest

from chainrule.files import remove_partial, write_text, write_whole


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_link_stays_a_link_to_the_new_content(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere" / "model", tmp_path / "latest"
    link.symlink_to(target)  # dangles at first
    for text in ("first", "second"):
        write_text(link, text)
        assert link.is_symlink()
        assert target.read_text() == text
    assert names(target.parent) == ["model"]


def test_what_was_left_of_a_link_is_removed_where_it_leads(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "latest").symlink_to(tmp_path / "elsewhere" / "model")
    (tmp_path / "elsewhere" / ".model.0123abcd.partial").touch()
    remove_partial(tmp_path / "latest")
    assert names(tmp_path / "elsewhere") == []


def test_a_file_keeps_its_permissions_and_a_new_one_has_the_usual_ones(tmp_path):
    private, usual = tmp_path / "private", tmp_path / "usual"
    private.touch(0o600)
    before = os.umask(0o027)
    try:
        for path in (private, usual):
            write_text(path, "text")
    finally:
        os.umask(before)
    assert private.stat().st_mode & 0o777 == 0o600
    assert usual.stat().st_mode & 0o777 == 0o640


def test_a_pipe_is_written_to_and_stays(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    arrived = []
    reader = threading.Thread(target=lambda: arrived.append(pipe.read_bytes()), daemon=True)
    reader.start()
    write_text(pipe, "text")
    reader.join(10)
    assert arrived == [b"text"]
    assert pipe.is_fifo()


@pytest.mark.parametrize("name", ["folder", "file/inside", "x" * 250])
def test_where_nothing_can_be_written_the_error_names_the_path(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("stays")
    with pytest.raises(OSError, match=r"Errno") as raised:
        write_text(tmp_path / name, "text")
    assert str(raised.value.filename).startswith(str(tmp_path / name.partition("/")[0]))
    assert names(tmp_path) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "stays"


def test_an_error_while_writing_leaves_what_was_there(tmp_path):
    path = tmp_path / "file"
    write_text(path, "stays")

    def write():
        with write_whole(path) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert names(tmp_path) == ["file"]
    assert path.read_text() == "stays"
