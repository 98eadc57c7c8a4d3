"""Run a case in both libraries, and say how far they are apart.

The unit. A deviation is given in units in the last place (ulp): the distance from a number to the next of its
dtype. Below the smallest normal number the unit is that number. Where a result is a sum of terms that may cancel,
no algorithm can be exact to the ulp of the sum. The unit of "terms" is therefore taken at the larger of the result
and of what it moves by, per relative change of all that it is made from: the exact one, and PyTorch's.
"""

from __future__ import annotations

import warnings
import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import numpy as np
from tests.conformance.draws import Draw
from tests.conformance.library import OURS, THEIRS, Library, torch

REFUSALS = (RuntimeError, ValueError, TypeError, IndexError, NotImplementedError, AssertionError)
NUDGES = range(4)
FINE = 2.0**-40  # a relative change far above the rounding of float64, and far below what bends a function


@dataclass
class Seen:
    """The largest deviations of one kind and dtype: ours from PyTorch's, and either from the exact result."""

    apart: float = 0.0
    ours: float = 0.0
    theirs: float = 0.0


@dataclass
class Report:
    """What the trials of a case have shown."""

    seen: dict = field(default_factory=lambda: defaultdict(Seen))  # by kind and dtype
    compared: Counter = field(default_factory=Counter)  # arrays with elements, by kind
    options: Counter = field(default_factory=Counter)  # names of those given, with another value than the default
    axes: set = field(default_factory=set)  # of the first input
    empty: bool = False
    inputs: int = 0  # how many there were at most
    trials: int = 0
    refused: int = 0  # trials that PyTorch or we refused
    other_errors: int = 0  # of those that both did, with an error of another type; mostly there are two faults
    failures: list = field(default_factory=list)


def check(case, draws, defaults=None):
    """Run the trials of a case; return the ``Report``."""
    report = Report()
    for i in range(draws):
        dtype = case.dtypes[i % len(case.dtypes)]
        draw = Draw(zlib.crc32(f"{case.name} {i}".encode()), np.dtype(dtype))
        trial = case.draw(draw)
        try:
            _compare(case, trial, report)
        except AssertionError as error:
            shapes = ", ".join(f"{x.dtype}{list(x.shape)}" for x in map(np.asarray, trial.inputs))
            report.failures.append(f"{case.name}, draw {i} ({shapes}; {trial.options}): {error!r}")
        account(trial, report, defaults or {})
    return report


def account(trial, report, defaults):
    report.trials += 1
    for name, value in trial.options.items():
        if name not in defaults or not _same(value, defaults[name]):
            report.options[name] += 1
    report.inputs = max(report.inputs, len(trial.inputs))
    if trial.inputs:
        report.axes.add(np.ndim(trial.inputs[0]))
        report.empty |= not np.size(trial.inputs[0])


def _same(a, b):
    return type(a) is type(b) and not isinstance(a, np.ndarray) and a == b


def _compare(case, trial, report):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            theirs = trial.run(THEIRS)
        except REFUSALS as refusal:
            report.refused += 1
            report.other_errors += not isinstance(_own_refusal(trial, refusal), type(refusal))
            return
        try:
            ours = trial.run(OURS)
        except Exception as refusal:
            if not any(sentence in str(refusal) for sentence in case.narrower.values()):
                raise AssertionError(f"refused with {refusal!r}, and PyTorch computes it") from refusal
            report.refused += 1
            return
        assert set(ours) == set(theirs)
        _assert_identical(ours.pop("exact", []), theirs.pop("exact", []))
        truth, moved = _exact_results(case, trial)
    coarse = _in_float32(case, trial, theirs)
    for kind, bound in case.bounds.items():
        assert len(ours[kind]) == len(theirs[kind]), f"{kind}: {len(ours[kind])} arrays, not {len(theirs[kind])}"
        for at, (a, b) in enumerate(zip(ours[kind], theirs[kind], strict=True)):
            scale = [np.abs(b.astype(np.float64))]
            if bound.of != "value":
                scale.append(_size(trial, kind, at, b.shape))
            if bound.of == "terms" and b.dtype.kind == "f":
                scale.append(_moves(b, truth[kind][at], *([m[kind][at] for m in moves] for moves in moved)))
            exact = truth[kind][at] if truth and a.dtype == np.float32 else None
            _measure(kind, bound, a, b, exact, np.max(np.broadcast_arrays(*scale), axis=0), coarse, report)


def _in_float32(case, trial, theirs):
    """Return whether a part of the computation was in float32, as with integers among the inputs."""
    arrays = [
        *theirs.get("forward", ()),
        *trial.inputs,
        *(v for v in trial.options.values() if isinstance(v, np.ndarray)),
    ]
    if any(x.dtype == np.float32 for x in arrays):
        return True
    return not case.indices and any(x.dtype.kind != "f" for x in trial.inputs[:1])


def _own_refusal(trial, refusal):
    try:
        trial.run(OURS)
    except REFUSALS as own:
        return own
    raise AssertionError(f"PyTorch refuses with {type(refusal).__name__}: {str(refusal)[:160]}")


def _assert_identical(ours, theirs):
    for a, b in zip(ours, theirs, strict=True):
        assert a.dtype == b.dtype, f"{a.dtype} where PyTorch has {b.dtype}"
        assert np.array_equal(a, b, equal_nan=a.dtype.kind == "f"), f"{a} where PyTorch has {b}"


def _exact_results(case, trial):
    """Return the results in float64, and those from nudged inputs, as far as the bounds want them."""
    if all(not b.units for b in case.bounds.values()):
        return None, ()
    seeds = NUDGES if any(b.of == "terms" for b in case.bounds.values()) else ()

    def nudged(exact, nudge):
        return [trial.run(Library(torch, exact, nudge, seed)) for seed in seeds]

    return trial.run(Library(torch, exact=True)), (
        nudged(False, lambda dtype: np.finfo(dtype).eps),
        nudged(True, lambda dtype: FINE),
        nudged(True, lambda dtype: FINE / 16),
    )


def _size(trial, kind, at, shape):
    sizes = trial.sizes.get(kind, 0)
    size = sizes[at % len(sizes)] if isinstance(sizes, list) else sizes
    return size if np.ndim(size) == 0 or np.shape(size) == shape else np.max(size)  # of inputs that were spoiled


@np.errstate(all="ignore")
def _moves(theirs, exact, theirs_nudged, nudged, less_nudged):
    """Return how far results move, per relative change of what they are made from.

    A jump from one branch of a function to another, which does not become less with the change, is no such move.
    """

    def moves(result, others):
        apart = np.array([o.astype(np.float64) - result for o in others])
        return np.nan_to_num(np.abs(apart), nan=0, posinf=0)

    full, less = moves(exact, nudged), moves(exact, less_nudged)
    jumps = (less > full / 4) & (less > 2.0**-20 * np.maximum(np.abs(exact), np.abs(np.array(nudged))))
    own = np.where(jumps.any(axis=0), 0, moves(theirs, theirs_nudged)) / np.finfo(theirs.dtype).eps
    return np.maximum(own, np.where(jumps, 0, full) / FINE).max(axis=0)


def unit(dtype, scale):
    """Return the ulp of ``scale`` in a dtype, no less than the smallest normal number."""
    info = np.finfo(dtype)
    scale = np.minimum(np.abs(scale), info.max).astype(dtype)
    return np.maximum(np.spacing(scale), info.tiny).astype(np.float64)


def _measure(kind, bound, a, b, truth, scale, coarse, report):
    assert a.dtype == b.dtype, f"{kind}: {a.dtype} where PyTorch has {b.dtype}"
    assert a.shape == b.shape, f"{kind}: {a.shape} where PyTorch has {b.shape}"
    report.compared[kind] += bool(a.size)
    if a.dtype.kind != "f":
        assert np.array_equal(a, b), f"{kind}: {a} where PyTorch has {b}"
        return
    if not a.size:
        return
    with np.errstate(all="ignore"):
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        finite = np.isfinite(a) & np.isfinite(b)
        assert np.all(same | finite), f"{kind}: {a[~(same | finite)]} where PyTorch has {b[~(same | finite)]}"
        units = unit(np.float32 if coarse else b.dtype, np.nan_to_num(scale))
        apart = np.where(same, 0, np.abs(a.astype(np.float64) - b)) / units
        off = (
            [np.where(np.isfinite(truth) & finite, np.abs(x - truth) / units, apart) for x in (a, b)]
            if truth is not None
            else [apart, 0 * apart]
        )
    seen = report.seen[kind, str(a.dtype)]
    for name, values in zip(("apart", "ours", "theirs"), (apart, *off), strict=True):
        setattr(seen, name, max(getattr(seen, name), float(values.max())))
    wrong = (apart > bound.units) & (off[0] > bound.units)
    assert not wrong.any(), (
        f"{kind}: {apart[wrong].max():.3g} units from PyTorch ({a[wrong][:3]}, not {b[wrong][:3]}; "
        f"exactly {None if truth is None else truth[wrong][:3]}), allowed are {bound.units}"
    )
