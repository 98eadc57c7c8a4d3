"""``python -m tests.conformance`` compares with PyTorch at length, and writes docs/conformance.md."""

import argparse
import sys
from pathlib import Path

import numpy as np
from tests.conformance.compare import check
from tests.conformance.library import torch
from tests.conformance.page import defaults, page
from tests.conformance.registry import CASES

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--draws", type=int, default=64, help="trials of every name")
parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "docs" / "conformance.md")
options = parser.parse_args()

torch.set_num_threads(1)
reports = {}
with np.errstate(all="ignore"):
    for case in CASES:
        reports[case.name] = check(case, options.draws, defaults(case))
        print(f"{case.name}: {len(reports[case.name].failures)} failures", file=sys.stderr)
failures = [failure for report in reports.values() for failure in report.failures]
print(f"{len(CASES)} names, {sum(r.trials for r in reports.values()):,} trials, {len(failures)} failures")
if failures:
    sys.exit("\n".join(failures))
text = page(CASES, reports, options.draws)
if options.out.exists() and options.out.read_text(encoding="utf-8") == text:
    print(f"{options.out}: unchanged")
else:
    options.out.write_text(text, encoding="utf-8")
    print(f"wrote {options.out}")
