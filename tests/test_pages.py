"""The code on the pages runs, and prints what they say."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ("coming_from_pytorch", "glass_box", "training_report")
PAGES = [ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in DOCS)]
BLOCK = re.compile(r"^```(python|pycon)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page):
    return BLOCK.findall(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_code_of_a_page_runs_and_prints_what_it_says(page, capsys):
    if any("import torch" in code for _, code in blocks(page)):
        pytest.importorskip("torch")
    names = {"__name__": page.stem}
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for kind, code in blocks(page):
        if kind == "python":
            exec(compile(code, str(page), "exec"), names)
        else:
            runner.run(parser.get_doctest(code, names, page.name, str(page), 0), clear_globs=False)
            names.update(runner.test.globs)
    assert runner.summarize(verbose=False).failed == 0, capsys.readouterr().out
