"""What the numbers say, in sentences that are right whichever side wins."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from statistics import median
from typing import Any

from benchmarks.harness import QUIET
from benchmarks.reports import Measured, Report, all_ratios, find
from benchmarks.works import CAPTURED, EAGER, FLOOR, PYTORCH


def on_promises(measured: Sequence[Measured]) -> str:
    """Say how many promises are kept, and which are not.

    Returns
    -------
    str
    """
    promised = [m for m in measured if "promise" in m.ratio]
    if not promised:
        return "Nothing was promised of what was measured."
    broken = [m for m in promised if not m.ratio["kept"]]
    if not broken:
        return f"All {len(promised)} promises are kept." if len(promised) > 1 else "The promise is kept."
    listed = "".join(
        f"\n- {m.place}: {m.ratio['side']} / {m.ratio['peer']} is {m.ratio['median']:.2f}, promised was at most "
        f"{m.ratio['promise']:.2f}{_within(m.ratio)}"
        for m in broken
    )
    return f"{len(promised) - len(broken)} of {len(promised)} promises are kept. Not kept:\n{listed}"


def _within(ratio: dict[str, Any]) -> str:
    """Say whether the rounds agree that a promise is broken."""
    low, _ = ratio["quartiles"]
    return " (it was less in more than a quarter of the rounds)" if low <= ratio["promise"] else ""


def on_losses(measured: Sequence[Measured]) -> str:
    """List, peer by peer, where a captured step takes longer."""
    peers = {m.ratio["peer"]: None for m in measured if _is_contest(m)}
    lines = [f"- **{peer}**: {_losses_to(peer, measured)}" for peer in peers]
    return "Where the captured step takes longer than a peer's, by the medians:\n\n" + "\n".join(lines)


def _is_contest(m: Measured) -> bool:
    return bool(m.ratio["side"] == CAPTURED and m.ratio["peer"] not in (FLOOR, EAGER))


def _losses_to(peer: str, measured: Sequence[Measured]) -> str:
    against = [m for m in measured if _is_contest(m) and m.ratio["peer"] == peer]
    lost = [m for m in against if m.ratio["median"] > 1]
    if not lost:
        return f"nowhere in {len(against)} contests" if len(against) > 1 else "not in the one contest"
    listed = [_work_and_points(list(group)) for _, group in groupby(lost, lambda m: m.report["work"])]
    return f"in {len(lost)} of {len(against)}:\n  - " + "\n  - ".join(listed)


def _work_and_points(lost: list[Measured]) -> str:
    """Return the name of a work, where on its axis a peer was faster, and the ratios."""
    medians = [m.ratio["median"] for m in lost]
    if lost[0].report["axis"]:
        points = _and([str(m.case["x"]) for m in lost])
        return f"{lost[0].report['work']}, at {points} {lost[0].report['axis']} ({_range(medians)})"
    within = ", within the spread" if lost[0].ratio["quartiles"][0] < 1 else ""
    return f"{lost[0].place} ({_range(medians)}{within})"


def _range(values: Sequence[float]) -> str:
    low, high = f"{min(values):.2f}", f"{max(values):.2f}"
    return low if low == high else f"{low} to {high}"


def on_labs(labs: Sequence[Report]) -> str:
    """Return the title of the overview."""
    contests = [m.ratio["median"] for m in all_ratios(labs) if _is_contest(m)]
    faster = sum(ratio < 1 for ratio in contests)
    against = [ratio["median"] for report in labs if (ratio := find(report["cases"][0], CAPTURED, PYTORCH))]
    title = f"The captured step is faster than the peer's in {faster} of {len(contests)} contests"
    if against:
        wins = sum(ratio < 1 for ratio in against)
        title += f", than PyTorch eager's in {wins} of {len(against)}"
    return title


def on_data(report: Report) -> str:
    """Say what was done, on which data, and how far the results agreed."""
    (case,) = report["cases"]
    data, checked = case["data"], case["checked"]
    images = f", {data['images']:,} images" if "images" in data else ""
    how = f", {checked['how']}," if checked["how"] else ""
    return (
        f"Data: {data['dataset']}, {data['kind']}{images}. Before the clock ran, the losses of {checked['steps']} "
        f"steps{how} of {_and(checked['sides'])} differed by {checked['largest_difference']:.1e} at most."
    )


def on_sweep(report: Report) -> str:
    """Return the title of a sweep's panel."""
    ratios = [ratio for case in report["cases"] if (ratio := find(case, CAPTURED, PYTORCH))]
    medians = [ratio["median"] for ratio in ratios]
    wins = sum(ratio < 1 for ratio in medians)
    kind = report["work"].rpartition("-")[2].capitalize()
    return (
        f"{kind}: captured takes {min(medians):.2f} to {max(medians):.2f} of PyTorch eager's time,\n"
        f"and less at {wins} of {len(medians)} points"
    )


def on_method(reports: dict[str, Report]) -> str:
    """Name machine, versions and threads, and say how the times were taken and who was left out."""
    first = next(iter(reports.values()))
    machine, threads = first["machine"], first["threads"]
    sides = [side for report in reports.values() for side in report["sides"].values()]
    versions = {name: version for side in sides for name, version in side["versions"].items()}
    missing = {side: reason for report in reports.values() for side, reason in report["missing"].items()}
    lines = [
        f"- Machine: {machine['processor']} ({machine['architecture']}), {machine['cores']} cores, "
        f"{machine['system']}. {on_others(list(reports.values()))}",
        f"- Versions: Python {first['python']}, {', '.join(f'{k} {v}' for k, v in versions.items())}.",
        f"- Threads: {threads} for each side, on as many cores; every pool reported as many, but for XLA's, which "
        "can't be asked and was given its size by `PJRT_NPROC`.",
        "- Each side has a process of its own, which is stopped between its turns. A turn is "
        f"{first['seconds_per_turn']:g} seconds of steps after a warm-up; a round is one turn of every side, in "
        "an order drawn anew; a repeat starts all processes again. Ratios are of two turns in the same round.",
        "- All sides begin with the same weights and must have the same losses (in inference: outputs) before "
        "they are timed. The bare products compute nothing to compare.",
        "- `MLPClassifier` is given 16 batches in a call, which is faster for it than one. `torch.compile` "
        "compiles network and loss, and takes the fused optimiser. JAX compiles the whole step, with donated "
        "buffers.",
        *(f"- Left out: {side}: {reason}." for side, reason in missing.items()),
    ]
    return "\n".join([*lines, "", "[`benchmarks/harness.py`](../benchmarks/harness.py) says why it is done so."])


def on_others(reports: Sequence[Report]) -> str:
    """Say how much of the machine other programs took meanwhile, and what that means."""
    cases = [case for report in reports for case in report["cases"]]
    cores = [median(case["cores_of_others"]) for case in cases if case["cores_of_others"]]
    if not cores:
        return ""
    sentence = f"Meanwhile other programs kept {median(cores):.2f} cores busy in the median of the contests"
    if len(cores) > 1:
        sentence += f", {max(cores):.2f} in the worst"
    busy = sum(used > QUIET for used in cores)
    if busy:
        sentence += (
            f". **In {busy} of {len(cores)} contests that was more than {QUIET}**: their times say more about how "
            "threads wait for a core than about the sides"
        )
    return f"{sentence}."


def on_profile(profile: Report) -> str:
    """Say which parts of a captured step take how much of it.

    Examples
    --------
    >>> on_profile({"step": 1e-3, "actions": [["Linear", 6e-4], ["Optimizer._step", 1e-4]], "threads": 2})
    'Where the time of a captured step goes (2 threads; ...): linear layers 60 %, the optimiser 10 %, all else ...'
    """
    parts = {"linear layers": "Linear", "the optimiser": "Optimizer."}
    shares = {
        part: sum(seconds for name, seconds in profile["actions"] if name.startswith(prefix)) / profile["step"]
        for part, prefix in parts.items()
    }
    shares["all else"] = 1 - sum(shares.values())
    listed = ", ".join(f"{part} {100 * share:.0f} %" for part, share in shares.items())
    return (
        f"Where the time of a captured step goes ({profile['threads']} threads; medians of each action and of "
        f"whole steps, which need not add up): {listed}."
    )


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it.

    Examples
    --------
    >>> duration(0.0000314), duration(0.0012), duration(2.5)
    ('31.4 µs', '1.20 ms', '2.50 s')
    """
    scale, unit = next((k, u) for k, u in ((1e6, "µs"), (1e3, "ms"), (1, "s")) if seconds * k < 1000 or k == 1)
    value = seconds * scale
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f} {unit}"


def quartiles(spread: dict[str, Any]) -> str:
    """Return the quartiles of ratios, to two places."""
    return "{:.2f} to {:.2f}".format(*spread["quartiles"])


def _and(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
