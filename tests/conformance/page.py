"""The page that says, name by name, how far the numbers are PyTorch's."""

from __future__ import annotations

import inspect
import platform
import re
from collections import Counter
from itertools import groupby
from textwrap import fill
from typing import Any

import numpy as np
from tests.conformance.compare import Report, Seen
from tests.conformance.library import OURS, torch
from tests.conformance.no_numbers import GROUPS
from tests.conformance.schemas import arguments, function, same, supported
from tests.conformance.trial import Case, Within
from tests.conformance.uncovered import INTERNAL, groups, instead

from chainrule.keywords import NOT_COVERED

MARK = {"value": "", "terms": " t", "size": " s"}
HEADINGS = {
    "trained": "after ten steps",
    "steps": "after its steps",
}


def parameters(case: Case) -> list[inspect.Parameter]:
    """Return the arguments of a name, where it has a signature."""
    try:
        found = inspect.signature(case.of(OURS)).parameters.values()
    except (AttributeError, TypeError, ValueError):
        return []
    return [p for p in found if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


def defaults(case: Case) -> dict[str, Any]:
    """Return the default of every argument of a name, where it has a signature."""
    return {p.name: p.default for p in parameters(case) if p.default is not p.empty}


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


def row(case: Case, reports: dict[str, Report], kinds: list[str]) -> list[str]:
    """Return a case's row of the table of its section."""
    report, cells = reports[case.name], []
    for kind in kinds:
        seen = [report.seen.get((kind, dtype)) for dtype in case.dtypes]
        cells.append(cell(case.bounds[kind], seen) if kind in case.bounds else "")
    if not case.bounds:
        cells[:1] = ["equal"]
    return [f"`{case.name}`", *cells, _axes(report), _options(case, reports), _refused(case)]


def _axes(report: Report) -> str:
    """Return the range of the numbers of axes, as far as there were several; and whether a length was 0."""
    axes = sorted(report.axes)
    return f"{axes[0]}–{axes[-1]}{' ∅' * report.empty}" if len(axes) > 1 else ""


def _options(case: Case, reports: dict[str, Report]) -> str:
    """Return which options were given other values than their defaults, under any name of the function."""
    report = reports[case.name]
    if not parameters(case):
        return ", ".join(f"`{name}`" for name in sorted(report.options) if " " not in name)
    others = [r for name, r in reports.items() if same(name) == same(case.name)]
    drawn = set(report.options).union(*(r.options for r in others))
    first = {p.name for p in parameters(case)[: 0 if inspect.isclass(case.of(OURS)) else report.inputs]}
    optional = [n for n in defaults(case) if n not in first and n not in case.refused]
    missing = [n for n in optional if n.removesuffix("_") not in drawn]
    if not optional:
        return ""
    return "all but " + ", ".join(f"`{n}`" for n in missing) if missing else f"all {len(optional)}"


def _refused(case: Case) -> str:
    """Return what is refused of one name only: what functions of tensors refuse everywhere, the page says once."""
    known = {*NOT_COVERED} - {"dtype"}
    by_schema = [a for a in arguments(case.name) if a not in supported(case.name)] if function(case.name) else []
    names = dict.fromkeys(n for n in (*case.refused, *by_schema) if n not in known)
    return "; ".join([*(f"`{name}`" for name in names), *case.narrower])


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
    """Return a section: a table without empty columns, and notes under it."""
    kinds = list(dict.fromkeys(kind for case in cases for kind in case.bounds)) or ["forward"]
    headings = ["", *(HEADINGS.get(kind, kind) for kind in kinds), "axes", "options", "refused"]
    rows = [[text.replace("|", "\\|") for text in row(case, reports, kinds)] for case in cases]
    kept = [i for i in range(len(headings)) if any(r[i] for r in rows)]
    lines = [[headings[i] for i in kept], [":--"] * len(kept), *([r[i] for i in kept] for r in rows)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    remarks = notes(cases, reports)
    return "\n\n".join([f"## {title}", table, *([remarks] if remarks else [])])


def without_numbers() -> str:
    """Return the section on names that compute nothing, and the tests that compare them."""
    rows = [f"- {title}: {_names(of.split())} ([test](../tests/{file}))" for title, (of, file) in GROUPS.items()]
    return "\n\n".join([f"## {NO_NUMBERS}", "The files named here compare every one of them.", "\n".join(rows)])


def not_there() -> str:
    """Return the section on what PyTorch has and we have not."""
    counts = Counter(place for names in groups().values() for place in (n.rpartition(".")[0] for n in names))
    text = ABSENT.format(all=f"{counts.total():,}")
    found = []
    for reason, names in groups().items():
        head = f"**{reason}** ({len(names)})"
        shown = "" if reason in INTERNAL else f": {_names(names)}"
        also = "; ".join(f"`{name}` → `{code}`" for name, code in instead(names).items())
        item = f"- {head}{shown}." + (f" Instead: {also}." if also else "")
        found.append(fill(item, 115, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False))
    return "\n\n".join([f"## {NOT_THERE}", text, "\n".join(found)])


def _anchor(title: str) -> str:
    return re.sub(r"[^\w-]", "", title.lower().replace(" ", "-"))


def _names(names: list[str]) -> str:
    """Return names room by room, each room once."""
    rooms: dict[str, list[str]] = {}
    for name in names:
        place, _, last = name.rpartition(".")
        rooms.setdefault(place, []).append(last)
    return "; ".join(f"{f'{place}: ' if place else ''}`{', '.join(of)}`" for place, of in rooms.items())


NO_NUMBERS, NOT_THERE = "What has no numbers", "What is not there"
ABSENT = """All {all} public names of PyTorch's that are not here: of `torch`, `torch.Tensor`, `torch.nn`,
`functional`, `init`, `utils` and `utils.rnn`, `torch.optim`, `lr_scheduler`, `torch.utils.data`, `torch.autograd`,
`torch.linalg`, `torch.special` and `torch.random`. A method that is a function too is listed once. Asking for most
of them raises an error that says the same."""


SMALL = """## Small differences

What random programs in both libraries have shown beside what the tables say. Where PyTorch computes, ours
refuses:

- two ellipses in an index (`x[..., ...]`), lists of integers and floats as an index (`x[[0, 1.0]]`), booleans
  as lengths (`zeros((2, True))`), copies of NaN into integers, a second `backward()` where nothing was held;
- a fractional `value`, `alpha` or `beta` on integers (`addcmul`, `addmm` and its kin), `topk` of no element of
  a tensor without axes, an empty batch of the wrong width for `BatchNorm1d`, `l1_loss` of integers, positional
  arguments of `state_dict`;
- a gradient where there is none, at the call instead of in `backward()`: `heaviside`, `floor_divide`, `unique`,
  `histc`.

Where PyTorch refuses, ours computes: `set_default_dtype("float64")`, `nn.Parameter(0.5)`, a `tril_indices` of
floats, a `tensordot` of booleans, `cov` with weights whose sum is 0 (NaN).

Otherwise: a number before a tensor of uint8 without axes gives int64 (PyTorch: uint8). `addmm` with `alpha=0`
keeps a NaN of the product. The hooks of a layer's leaves are called weight first (PyTorch: bias first). A bad
`reduction` of a loss is refused when it is made (PyTorch: when it is called). A `deepcopy` of a view with gaps
is contiguous."""


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
type, in most of the others there are two faults at once. One thing PyTorch refuses and ours computes: the gradient
through a value that was changed in place, where our derivative does not read what was changed
(`b = a.exp(); b.add_(1); b.sum().backward()`).

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

"equal" means to the last bit. "axes" gives how many the tensors had; with ∅, some had no elements. Under
"options", "all" says that each optional argument was given other values than its default; "refused" names
arguments of PyTorch's that raise an error here, and inputs that PyTorch takes. Functions of tensors take arguments
by NumPy's names where PyTorch does (`axis`, `keepdims`), and refuse by name, wherever PyTorch has them:
{everywhere}.

## Contents

{contents}
"""


def page(cases: list[Case], reports: dict[str, Report], draws: int) -> str:
    """Return the page."""
    order = dict.fromkeys(case.section for case in cases)
    ordered = sorted(cases, key=lambda case: list(order).index(case.section))
    grouped = {title: list(group) for title, group in groupby(ordered, key=lambda case: case.section)}
    sections = [section(title, group, reports) for title, group in grouped.items()]
    named = {title: len(group) for title, group in grouped.items()}
    named |= {NO_NUMBERS: sum(len(names.split()) for names, _ in GROUPS.values())}
    named |= {NOT_THERE: sum(map(len, groups().values()))}
    introduction = INTRODUCTION.format(
        torch=torch.__version__.split("+")[0],
        numpy=np.__version__,
        machine=f"{platform.machine()} with {torch.backends.cpu.get_cpu_capability()}",
        draws=draws,
        names=len(cases),
        trials=sum(r.trials for r in reports.values()),
        refused=sum(r.refused for r in reports.values()),
        same=f"{1 - sum(r.other_errors for r in reports.values()) / sum(r.refused for r in reports.values()):.1%}",
        everywhere=", ".join(f"`{name}`" for name in NOT_COVERED if name != "dtype"),
        contents="\n".join(f"- [{t}](#{_anchor(t)}): {n:,} names" for t, n in named.items()),
    )
    return "\n\n".join([introduction.rstrip(), *sections, without_numbers(), not_there(), SMALL]) + "\n"
