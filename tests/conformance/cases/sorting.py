"""Elements by their order: sort, topk, median, quantile and the like.

Of equal elements, PyTorch leaves open which of them an index means and a gradient flows to. So inputs have
no equal elements, but for the functions that say which.
"""

import numpy as np
from tests.conformance.cases.tensors import FLAGS, FORWARD, SAME, function
from tests.conformance.trial import Case, Within, of_function

SECTION = "Sorting, selecting, rearranging"


def different(d, shape=None, odd=True, integers=0.2):
    """Draw a tensor without equal elements; sometimes with an infinity, a NaN or both; or of integers."""
    shape = d.shape() if shape is None else shape
    n = int(np.prod(shape))
    x = d.cast(d.rng.permutation(np.linspace(-7, 9, n)) + 1e-3) * d.pick(1, 1e6, -1)
    if d.chance(integers):
        x = d.rng.permutation(n).astype(d.pick(np.int64, np.int32, np.uint8))
    elif odd and n and d.chance(0.4):
        for value in {d.pick(np.inf, np.nan), d.pick(-np.inf, np.nan)}:
            x[d.integer(0, n - 1)] = value
    x = x.reshape(shape)
    return np.asarray(x, order="F") if d.chance(0.3) else x


def of_different(name, *, shape=None, odd=True, narrower=None, **choices):
    """Make the case of a function of a tensor without equal elements."""

    def draw(d):
        x = different(d, shape and d.pick(*shape), odd)
        options = d.options(**choices)
        if options.get("dim", 0) is None:
            del options["dim"]
            options.pop("keepdim", None)
        return of_function(lambda lib: case.of(lib), [x], options, seed=d.seed)

    case = Case(name, SECTION, draw, SAME, narrower=narrower or {})
    return case


def with_ties(name, **choices):
    """Make the case of a function that says which of equal elements it means."""

    def draw(d):
        x = d.values(d.shape(), huge=1e4)
        return [x], d.options(**choices) if x.size else {"dim": 0}  # of which PyTorch takes any axis

    return function(name, draw, SAME, SECTION)


DIMS = (0, -1, 1)
SINGLE = {"dim": DIMS, "keepdim": FLAGS}
NO_AXES = {"k = 0 of a tensor without axes": "topk() expected k from 1"}
NONE = {"the median of no integers": "of no elements is NaN"}
SOME = {"dim": (None, *DIMS), "keepdim": FLAGS}


def fractions(name):
    def draw(d):
        x = different(d, d.pick((5,), (4, 3), (2, 3, 4), ()), integers=0.05)
        q = d.pick(0.5, 0.25, 0.0, 1.0, 0.9, 1.5, 1, None)
        if q is None:
            q = d.cast(d.pick([0.1, 0.5, 1.0], [0.3]))
        kinds = ("linear", "lower", "higher", "midpoint", "nearest")
        options = {"q": q} | d.options(dim=(None, *DIMS), keepdim=FLAGS, interpolation=kinds)
        return of_function(lambda lib: case.of(lib), [x], options, seed=d.seed)

    case = Case(name, SECTION, draw, {"forward": Within(4, "terms"), "backward": Within(8, "terms")})
    return case


def ascending(d, shape):
    return np.sort(d.values(shape, special=(), huge=1e4), axis=-1)


def sequences(d):
    rows = d.pick(((5,), (4, 3)), ((5,), ()), ((2, 5), (2, 3)), ((2, 5), (3, 3)), ((0,), (3,)))
    sequence, x = ascending(d, rows[0]), d.values(rows[1], special=(np.inf, -np.inf, np.nan))
    if d.chance(0.2):
        x = x.astype(np.float64)
    right = d.chance()
    options = {"right": right, "side": d.pick(None, "right", "right" if right else "left")}
    if d.chance(0.2) and sequence.ndim == 1:
        order = d.rng.permutation(sequence.size)
        sequence, options["sorter"] = sequence[np.argsort(order)], order[: d.pick(None, None, None, -1)]
    return [sequence, x], options | {"out_int32": d.chance()}


def buckets(d):
    return [d.values(d.shape(), special=(np.inf,)), ascending(d, (5,))], d.options(right=FLAGS, out_int32=FLAGS)


CASES = [
    of_different("sort", dim=DIMS, descending=FLAGS, stable=(True,)),
    of_different("msort", shape=((5,), (4, 3), (2, 3, 4))),
    of_different("topk", k=(0, 1, 2, 3, 9), dim=DIMS, largest=FLAGS, sorted=(True,), narrower=NO_AXES),
    of_different("kthvalue", k=(0, 1, 2, 3, 9), **SINGLE),
    of_different("median", **SOME, narrower=NONE),
    of_different("nanmedian", **SOME, narrower=NONE),
    of_different("mode", odd=False, **SINGLE),
    with_ties("cummax", dim=DIMS),
    with_ties("cummin", dim=DIMS),
    fractions("quantile"),
    fractions("nanquantile"),
    function("searchsorted", sequences, FORWARD, SECTION),
    function("bucketize", buckets, FORWARD, SECTION),
]
