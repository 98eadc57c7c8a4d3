"""The page that says, name by name, how far the numbers are PyTorch's."""

from __future__ import annotations

import inspect
import platform
from itertools import groupby

import numpy as np
from tabulate import tabulate
from tests.conformance.compare import Report, Seen
from tests.conformance.library import OURS, torch
from tests.conformance.trial import Case, Within

MARK = {"value": "", "terms": " t", "size": " s"}
HEADINGS = {
    "trained": "after ten steps",
    "steps": "after its steps",
}


def defaults(case):
    """Return the default of every argument of a name, where it has a signature."""
    try:
        parameters = inspect.signature(case.of(OURS)).parameters
    except (AttributeError, TypeError, ValueError):
        return {}
    return {n: p.default for n, p in parameters.items() if p.default is not p.empty}


def allowed(bound: Within) -> str:
    """Return a bound as the page shows it."""
    return f"≤ {bound.units:g}{MARK[bound.of]}" if bound.units else "equal"


def cell(bound: Within, seen: list[Seen | None]) -> str:
    """Return what was seen of each dtype, and what is allowed; a star where only PyTorch is off."""
    if not bound.units:
        return "equal"
    shown = [("*" if s.apart > bound.units else "") + _short(s.apart) for s in seen if s is not None]
    return f"{' / '.join(shown)} ({allowed(bound)})" if shown else f"({allowed(bound)})"


def _short(x: float) -> str:
    return f"{round(x, 2):g}" if x < 1000 else f"{x:.0e}".replace("e+0", "e").replace("e+", "e")


def row(case: Case, report: Report, kinds: list[str]) -> list[str]:
    """Return a case's row of the table of its section."""
    cells = []
    for kind in kinds:
        seen = [report.seen.get((kind, dtype)) for dtype in case.dtypes]
        cells.append(cell(case.bounds[kind], seen) if kind in case.bounds else "")
    if not case.bounds:
        cells[:1] = ["equal"]
    return [f"`{case.name}`", *cells, _drawn(report), _refused(case)]


def _drawn(report: Report) -> str:
    axes = sorted(report.axes)
    shapes = f"{axes[0]} to {axes[-1]} axes" if len(axes) > 1 else f"{axes[0]} axes" if axes else ""
    shapes += ", empty" if report.empty else ""
    options = ", ".join(f"`{name}`" for name in sorted(report.options))
    return "; ".join(part for part in (shapes, options) if part)


def _refused(case: Case) -> str:
    return "; ".join([*(f"`{name}`" for name in case.refused), *case.narrower])


def notes(cases: list[Case], reports: dict[str, Report]) -> str:
    """Return what a reader must know of the cases of a section."""
    found: dict[str, list[str]] = {}
    for case in cases:
        if case.note:
            found.setdefault(case.note, []).append(case.name)
        for (kind, dtype), seen in reports[case.name].seen.items():
            if seen.apart > case.bounds[kind].units:
                where = f"{dtype}, {kind}: where they are {_short(seen.apart)} units apart"
                found.setdefault(f"{where}, PyTorch is off the exact result.", []).append(case.name)
    return "\n".join(f"- {', '.join(f'`{n}`' for n in names)}: {sentence}" for sentence, names in found.items())


def section(title: str, cases: list[Case], reports: dict[str, Report]) -> str:
    """Return a section: a table, and notes under it."""
    kinds = list(dict.fromkeys(kind for case in cases for kind in case.bounds)) or ["forward"]
    headings = ["", *(HEADINGS.get(kind, kind) for kind in kinds), "drawn", "refused"]
    rows = [row(case, reports[case.name], kinds) for case in cases]
    rows = [[text.replace("|", "\\|") for text in r] for r in rows]
    table = tabulate(rows, headings, tablefmt="pipe", disable_numparse=True)
    remarks = notes(cases, reports)
    return "\n\n".join([f"## {title}", table, *([remarks] if remarks else [])])


INTRODUCTION = """# Conformance

What chainrule computes, held against PyTorch {torch}, name by name, in {draws} trials of each.
`python -m tests.conformance` writes this page; the tests run the same comparisons with fewer trials. This run:
{names} names, {trials:,} trials, in {refused:,} of which there was something to refuse; {machine}, one thread,
NumPy {numpy}.

A trial draws, from a fixed seed: a shape (without axes, with one or many, of length 1, empty), a dtype, a
layout in memory (contiguous, transposed, with gaps, expanded), values (ordinary, large, tiny, zeros, equal
ones; infinities and NaN where they have a meaning), options, training or evaluation, and now and then an input
or option that does not fit. Both libraries do the same with it: forward, backward from random numbers,
gradients of inputs and parameters, running values, and for modules with parameters ten steps of gradient
descent. Shapes, dtypes, the random numbers drawn, what `repr` shows, the names of a module's state, infinities
and NaN must be equal. What PyTorch refuses must be refused; in {same} of such trials the error is of PyTorch's
type, in most of the others there are two faults at once.

**Units.** Deviations are in units in the last place (ulp): the distance from a number to the next of its dtype.
Numbers below the smallest normal one count as that. The first number of a cell is of float32, the second of
float64 (where float32 or integers are among the inputs, in units of float32); in parentheses is what the tests
allow.

- Without a letter, the unit is the ulp of PyTorch's result.
- **s**: of the result, or of the largest term of the formula, if that is larger. 1 − tanh² loses its digits
  where tanh is nearly 1, in both libraries.
- **t**: of the result, or of what cancels in it: sums and products of matrices add up in another order. The
  unit is the ulp of the largest of: the result; the largest term, where it is known; and how far the result
  moves, per relative change, when all that it is made from is changed at random in the last place (PyTorch's
  own result, and the exact one). 8 units are a relative 10⁻⁶ of float32, and 2 × 10⁻¹⁵ of float64.
- A **star**: here the two differ by more, and it is PyTorch's result that is further off. The exact result is
  that of PyTorch in float64. Notes under the table say how far.

"equal" means to the last bit. The column "drawn" names the options that were given other values than their
defaults; "refused" names arguments of PyTorch's that raise an error here, and inputs that PyTorch takes.
"""


def page(cases: list[Case], reports: dict[str, Report], draws: int) -> str:
    """Return the page."""
    introduction = INTRODUCTION.format(
        torch=torch.__version__.split("+")[0],
        numpy=np.__version__,
        machine=f"{platform.machine()} with {torch.backends.cpu.get_cpu_capability()}",
        draws=draws,
        names=len(cases),
        trials=sum(r.trials for r in reports.values()),
        refused=sum(r.refused for r in reports.values()),
        same=f"{1 - sum(r.other_errors for r in reports.values()) / sum(r.refused for r in reports.values()):.1%}",
    )
    order = dict.fromkeys(case.section for case in cases)
    ordered = sorted(cases, key=lambda case: list(order).index(case.section))
    sections = [section(t, list(group), reports) for t, group in groupby(ordered, key=lambda case: case.section)]
    return "\n\n".join([introduction.rstrip(), *sections]) + "\n"
