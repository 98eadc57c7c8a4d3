"""The command line of the labs: registration, options, and all labs in turn."""

import json
import re
import sys
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner

from chainrule import commands
from chainrule.commands import main
from chainrule.labs import LABS, every
from chainrule.labs.folder import RUNNING
from chainrule.labs.index import Entry, index_page, report_page
from chainrule.labs.options import LabError
from chainrule.labs.results import LabResult
from chainrule.labs.run import LabRun, resumed

PIXEL = bytes.fromhex("89504e470d0a1a0a")  # how a PNG begins


def call(*arguments):
    return CliRunner().invoke(main, ["lab", *map(str, arguments)])


class TinyLab:
    """A lab that notes its options, and does what it is told."""

    EPOCHS, BATCH_SIZE, LR, SEED = 3, 7, 0.5, 11
    EXTRA = [click.option("--width", type=int, default=4), click.option("--study", is_flag=True)]

    def __init__(self, name):
        self.name, self.seen, self.error = name, [], None

    def run(self, options):
        options = resumed(self.name, options)
        self.seen.append(options)
        with LabRun(self.name, options) as running:
            if self.error:
                raise self.error
            (running.folder / "report.md").write_text(f"# {self.name}\n\n![](curve.png)\n\n|a|\n|-|\n|0 < 1|\n")
            (running.folder / "curve.png").write_bytes(PIXEL)
            (running.folder / "film.gif").write_bytes(PIXEL)
        rows = [{"epoch": 1, "loss [nat]": "0.5 < 1 [of all]"}]
        return LabResult(running.folder, rows, [f"{self.name} has `learnt` & rests [1]."], "curve.png")


@pytest.fixture
def labs(monkeypatch):
    """Two tiny labs in the place of the real ones."""
    made = {name: TinyLab(name) for name in ("one", "two")}
    for name, tiny in made.items():
        monkeypatch.setitem(sys.modules, f"chainrule.labs.{name}", tiny)
    for module in (commands, every):
        monkeypatch.setattr(module, "LABS", {name: f"The lab {name}" for name in made})
    return SimpleNamespace(**made)


def test_every_lab_is_listed_and_has_a_command_with_the_options_of_all():
    listed = call("--list").output
    for name in LABS:
        assert name in listed
        help_text = call(name, "--help").output
        for option in ("--epochs", "--batch-size", "--lr", "--seed", "--data", "--reference", "--out", "--resume"):
            assert option in help_text
        assert "--processes" in help_text
    assert "all" in call().output
    assert "All labs in turn" in listed


def test_a_labs_own_defaults_and_options_reach_it(labs, tmp_path):
    assert call("one", "--width", 9, "--out", tmp_path / "run").exit_code == 0
    (options,) = labs.one.seen
    assert (options.epochs, options.batch_size, options.lr, options.seed) == (3, 7, 0.5, 11)
    assert options.extra == {"width": 9, "study": False}
    assert options.given == {"width", "out"}


def test_a_resumed_run_takes_its_own_options_and_refuses_others(labs, tmp_path):
    labs.one.error = KeyboardInterrupt()
    stopped = call("one", "--width", 9, "--epochs", 5, "--out", tmp_path / "run")
    assert stopped.exit_code == 130
    refused = call("one", "--resume", "--width", 8, "--out", tmp_path / "run")
    assert "width = 9, and now 8 is asked for" in " ".join(refused.output.split())
    labs.one.error = None
    assert call("one", "--resume", "--out", tmp_path / "run").exit_code == 0
    assert labs.one.seen[-1].extra == {"width": 9, "study": False}
    assert labs.one.seen[-1].epochs == 5


def test_what_a_lab_says_is_printed_as_it_is(labs, tmp_path):
    output = call("one", "--out", tmp_path / "[run]").output
    for words in ("loss [nat]", "0.5 < 1 [of all]", "rests [1].", "[run]"):
        assert words in output


@pytest.mark.parametrize(("name", "hint"), [("onne", "Did you mean 'one'?"), ("unheard-of", "There are one, two")])
def test_an_unknown_lab_is_an_error_that_says_what_there_is(labs, name, hint):
    result = call(name)
    assert result.exit_code == 2
    assert hint in result.output


@pytest.mark.parametrize(
    ("option", "value"), [("--lr", "nan"), ("--lr", "inf"), ("--seed", -1), ("--seed", 2**32), ("--epochs", 0)]
)
def test_numbers_that_nothing_can_be_computed_with_are_refused(labs, tmp_path, option, value):
    result = call("one", option, value, "--out", tmp_path / "run")
    assert result.exit_code == 2
    assert f"'{option}'" in result.output
    assert not (tmp_path / "run").exists()


def test_the_number_of_processes_can_be_changed_when_a_run_is_resumed(labs, tmp_path):
    labs.one.error = KeyboardInterrupt()
    call("one", "--processes", 2, "--out", tmp_path / "run")
    labs.one.error = None
    assert call("one", "--resume", "--processes", 1, "--out", tmp_path / "run").exit_code == 0
    assert [options.processes for options in labs.one.seen] == [2, 1]


def test_all_labs_run_with_their_own_defaults_and_one_page_links_their_reports(labs, tmp_path):
    result = call("all", "--data", "sample", "--reference", "none", "--out", tmp_path / "all")
    assert result.exit_code == 0, result.output
    for tiny in (labs.one, labs.two):
        (options,) = tiny.seen
        assert (options.epochs, options.data, options.reference) == (3, "sample", "none")
    page = (tmp_path / "all" / "index.html").read_text()
    for link in re.findall(r'(?:href|src)="([^"#]+)"', page):
        assert (tmp_path / "all" / link).is_file()
    for anchor in re.findall(r'href="#([^"]+)"', page):
        assert page.count(f'id="{anchor}"') == 1
    assert 'href="one/report.html"' in page
    assert 'href="two/report.html"' in page
    assert page.count('src="one/curve.png"') == page.count('src="two/curve.png"') == 1
    assert "<code>learnt</code> &amp; rests" in page
    assert "0.5 &lt; 1" in page
    assert not (tmp_path / "all" / RUNNING).exists()


def test_reports_become_pages_with_their_figures_and_films(labs, tmp_path):
    call("all", "--out", tmp_path / "all")
    page = (tmp_path / "all" / "one" / "report.html").read_text()
    assert "<h1>one</h1>" in page
    assert "<td>0 &lt; 1</td>" in page
    assert page.count('src="curve.png"') == 1
    assert page.count('src="film.gif"') == 1  # which the report does not show
    assert page == report_page(tmp_path / "all" / "one", "The lab one")


def test_a_lab_that_can_not_run_keeps_no_other_from_running_and_the_page_says_so(labs, tmp_path):
    labs.one.error = LabError("the data are on holiday")
    result = call("all", "--out", tmp_path / "all")
    assert result.exit_code == 1
    assert "1 of 2 labs could not run (one: the data are on holiday)" in " ".join(result.output.split())
    assert len(labs.two.seen) == 1
    assert "the data are on holiday" in (tmp_path / "all" / "index.html").read_text()
    labs.one.error = None
    again = call("all", "--resume", "--out", tmp_path / "all")
    assert again.exit_code == 0, again.output
    assert (len(labs.one.seen), len(labs.two.seen)) == (2, 1)
    assert "the data are on holiday" not in (tmp_path / "all" / "index.html").read_text()


def test_all_labs_are_resumed_where_they_were_interrupted(labs, tmp_path):
    labs.two.error = KeyboardInterrupt()
    out = tmp_path / "all"
    stopped = call("all", "--data", "sample", "--out", out)
    assert stopped.exit_code == 130
    assert f"chainrule lab all --out {out} --resume" in stopped.stderr
    labs.two.error = None
    assert call("all", "--resume", "--out", out).exit_code == 0
    assert len(labs.one.seen) == 1
    assert labs.two.seen[-1].resume
    assert labs.two.seen[-1].data == "sample"
    page = (out / "index.html").read_text()
    assert "one has" in page
    assert "two has" in page


def test_a_finished_run_of_all_is_not_overwritten_unasked(labs, tmp_path):
    assert call("all", "--out", tmp_path / "all").exit_code == 0
    again = call("all", "--out", tmp_path / "all")
    assert again.exit_code == 1
    assert "--overwrite" in again.output
    assert call("all", "--out", tmp_path / "all", "--overwrite").exit_code == 0


def test_the_page_needs_nothing_from_elsewhere():
    page = index_page([Entry("one", "What <it> does", 1.0, failure="no & never")], "0.1")
    assert "What &lt;it&gt; does" in page
    assert "no &amp; never" in page
    assert "http" not in page
    assert "<script" not in page


def test_options_are_kept_in_the_folder_of_a_run(labs, tmp_path):
    call("one", "--width", 9, "--out", tmp_path / "run")
    kept = json.loads((tmp_path / "run" / "options.json").read_text())
    assert kept["options"]["extra"] == {"width": 9, "study": False}


def test_a_command_that_is_nearly_one_is_suggested():
    result = CliRunner().invoke(main, ["reprot"])
    assert result.exit_code == 2
    assert "Did you mean 'report'?" in result.output


@pytest.mark.parametrize("name", main.list_commands(None))
def test_every_command_says_what_it_is_for(name):
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0, result.output
