"""Every name that is PyTorch's computes what PyTorch computes, and the page says so."""

import inspect
import re
import zlib
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.conformance.compare import REFUSALS, Report, account, check  # noqa: E402
from tests.conformance.draws import Draw  # noqa: E402
from tests.conformance.library import OURS  # noqa: E402
from tests.conformance.page import allowed, defaults  # noqa: E402
from tests.conformance.registry import CASES  # noqa: E402

from chainrule import functions, nn  # noqa: E402

pytestmark = pytest.mark.torch

DRAWS = 16
PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"
BY_NAME = {case.name: case for case in CASES}


@pytest.mark.parametrize("name", BY_NAME)
def test_what_pytorch_computes_or_refuses_so_do_we(name):
    report = check(BY_NAME[name], DRAWS)
    assert not report.failures, "\n".join(report.failures)
    assert report.refused < report.trials, "nothing was compared: every trial was refused"
    assert set(report.compared) >= set(BY_NAME[name].bounds), "nothing to compare in any trial"


def test_every_name_stands_once():
    assert len(BY_NAME) == len(CASES)


def test_every_function_of_ours_has_a_case():
    """Ours alone: what PyTorch has too, test_page_torch looks for."""
    forms = {f"nn.functional.{n}" for n in nn.functional.__all__}
    assert forms | {*functions.__all__, *functions.methods.__all__} <= set(BY_NAME)


SIGNED = [name for name in BY_NAME if name.startswith("nn.") and not re.search(r"init|utils|_$", name)]


@pytest.mark.parametrize("name", SIGNED)
def test_every_argument_of_pytorchs_is_tried_or_refused(name):
    case, report = BY_NAME[name], Report()
    parameters = inspect.signature(case.of(OURS)).parameters.values()
    of_ours = [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    inputs = 0
    for i in range(200):
        draw = Draw(zlib.crc32(f"{name} {i}".encode()), np.dtype(case.dtypes[i % len(case.dtypes)]))
        trial = case.draw(draw)
        account(trial, report, defaults(case))
        inputs = max(inputs, len(trial.inputs))
    tried = {*report.options, *(of_ours[:inputs] if "functional" in name else ())}
    assert set(of_ours) <= tried | set(case.refused)
    for argument, value in case.refused.items():
        trial = case.draw(Draw(0, np.dtype("float32")))
        trial.options[argument] = value
        with pytest.raises(REFUSALS, match=argument):
            trial.run(OURS)


ROW = re.compile(r"^\| `([^`]+)` ", re.MULTILINE)


def test_the_page_names_the_cases_and_their_bounds():
    page = PAGE.read_text(encoding="utf-8")
    assert sorted(ROW.findall(page)) == sorted(BY_NAME)
    lines = {ROW.match(line)[1]: line for line in page.splitlines() if ROW.match(line)}
    for name, case in BY_NAME.items():
        for bound in case.bounds.values():
            assert allowed(bound) in lines[name], name


SEEN = re.compile(r"\| ([^|()]+?) \(≤ ([\d.]+)")


def test_what_the_page_reports_is_within_its_bounds():
    for shown, bound in SEEN.findall(PAGE.read_text(encoding="utf-8")):
        for number in shown.split(" / "):
            assert "*" in number or float(number) <= float(bound)
