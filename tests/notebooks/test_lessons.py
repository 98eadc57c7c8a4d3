"""The notebooks as files, and the command that copies and opens them."""

import json
import os
import sys
from types import ModuleType, SimpleNamespace

import pytest
from click.testing import CliRunner

from chainrule.notebooks.command import command
from chainrule.notebooks.lessons import FOLDER, LESSONS, copy_lessons, lesson

ALL = pytest.mark.parametrize("name", LESSONS)


def cells(name):
    return json.loads(lesson(name).read_text(encoding="utf-8"))["cells"]


def run(*arguments):
    return CliRunner().invoke(command, [*map(str, arguments)])


@pytest.fixture
def served(monkeypatch):
    """The servers that would have been started."""
    calls = []
    for name in ("jupyterlab.labapp", "voila.app"):
        server = SimpleNamespace(main=lambda arguments, name=name: calls.append((name, arguments)))
        monkeypatch.setitem(sys.modules, name, server)
        monkeypatch.setitem(sys.modules, name.partition(".")[0], ModuleType("package"))
    return calls


def test_the_list_names_every_notebook_that_there_is():
    assert {f"{name}.ipynb" for name in LESSONS} == {file.name for file in FOLDER.iterdir() if file.is_file()}


@ALL
def test_notebooks_are_stored_without_outputs(name):
    for cell in cells(name):
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@ALL
def test_a_notebook_reads_as_a_lesson(name):
    first, *_ = found = cells(name)
    texts = ["".join(cell["source"]) for cell in found if cell["cell_type"] == "markdown"]
    codes = ["".join(cell["source"]) for cell in found if cell["cell_type"] == "code"]
    assert "".join(first["source"]).startswith("# ")
    assert sum(map(len, texts)) > sum(map(len, codes))
    assert max(len(code.splitlines()) for code in codes) <= 25


def test_a_copy_is_the_notebook(tmp_path):
    [copy] = copy_lessons(["eight"], tmp_path / "new")
    assert not copy.changed
    assert copy.path.read_bytes() == lesson("eight").read_bytes()


def test_all_are_copied_and_opened_in_jupyterlab(tmp_path, served):
    result = run("--folder", tmp_path, "--no-browser", "--port", 9000)
    assert result.exit_code == 0, result.output
    assert sorted(file.stem for file in tmp_path.iterdir()) == sorted(LESSONS)
    assert served == [("jupyterlab.labapp", [str(tmp_path), "--no-browser", "--port=9000"])]


def test_one_is_opened_as_a_dark_page(tmp_path, served):
    assert run("boundaries", "--voila", "--dark", "--folder", tmp_path).exit_code == 0
    [(server, [place, *options])] = served
    assert (server, place) == ("voila.app", str(tmp_path / "boundaries.ipynb"))
    assert options[0] == "--theme=dark"
    assert "--MappingKernelManager.cull_idle_timeout=300" in options  # of pages that were closed
    assert [file.name for file in tmp_path.iterdir()] == ["boundaries.ipynb"]


def test_a_changed_notebook_is_kept_and_the_user_told(tmp_path, served):
    (tmp_path / "softmax.ipynb").write_text("my own")
    result = run("softmax", "--folder", tmp_path, "--copy")
    assert (tmp_path / "softmax.ipynb").read_text() == "my own"
    assert "was kept" in result.output
    assert served == []


def test_an_unchanged_notebook_is_nothing_to_talk_about(tmp_path, served):
    run("softmax", "--folder", tmp_path, "--copy")
    assert "kept" not in run("softmax", "--folder", tmp_path, "--copy").output


def test_the_list_tells_what_each_is_about():
    result = run("--list")
    assert [line.split()[0] for line in result.output.splitlines()] == list(LESSONS)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing"], "'nothing' is not one of 'activations'"),
        (["--dark"], "--dark is for --voila"),
        (["--voila", "--allow-root"], "--allow-root is for JupyterLab"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, words, tmp_path):
    result = run(*arguments, "--folder", tmp_path / "new")
    assert result.exit_code == 2
    assert words in result.output
    assert not (tmp_path / "new").exists()


def test_a_missing_server_is_named_with_its_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "voila", None)
    result = run("eight", "--voila", "--folder", tmp_path)
    assert result.exit_code == 1
    assert 'voila is not installed: pip install "chainrule[lab,notebook]"' in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cant_be_written_to_is_answered_by_a_sentence(tmp_path, served):
    (tmp_path / "file").write_text("")
    result = run("--copy", "--folder", tmp_path / "file" / "new")
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert "can't be written to (Not a directory): choose another folder with --folder" in result.output


def test_the_command_says_how_many_lessons_are_where(tmp_path):
    assert run("--copy", "--folder", tmp_path).output == f"{len(LESSONS)} lessons in {tmp_path}{os.sep}\n"
    assert run("eight", "--copy", "--folder", tmp_path).output == f"1 lesson in {tmp_path}{os.sep}\n"


def test_root_is_let_in_when_it_is_asked_for(tmp_path, served):
    assert run("--folder", tmp_path, "--allow-root").exit_code == 0
    assert served == [("jupyterlab.labapp", [str(tmp_path), "--allow-root"])]
