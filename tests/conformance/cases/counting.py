"""What there is in a tensor, and how often; statistics."""

import numpy as np
from tests.conformance.cases.rearranging import anything
from tests.conformance.cases.sorting import DIMS, different
from tests.conformance.cases.tensors import AS, FLAGS, FORWARD, INTEGERS, SAME, TERMS, function, over, written
from tests.conformance.trial import Case, Within, of_function

SECTION = "Counting and statistics"
KEEP = {"keepdim": FLAGS}
SOME = (None, 0, -1, 1, (0, 1))


def few(d, shape=None, least=0):
    """Draw a tensor in which elements occur several times."""
    shape = d.shape(least=least) if shape is None else shape
    if d.chance(0.4):
        return d.integers(shape, 0, 3, d.pick(*INTEGERS))
    return d.cast(d.rng.choice([0.0, -1.0, 2.5, np.inf], shape))


def unique(d):
    x = few(d)
    if x.dtype.kind == "f" and d.chance(0.3):
        x = np.where(d.rng.random(x.shape) < 0.2, x.dtype.type(np.nan), x)
    dim = d.pick(None, None, 0, -1) if x.ndim and not np.isnan(x).any() else None
    return [x], d.options(return_inverse=FLAGS, return_counts=FLAGS, sorted=(True, False)) | {"dim": dim}


def consecutive(d):
    x = few(d)
    return [x], d.options(return_inverse=FLAGS, return_counts=FLAGS) | {
        "dim": d.pick(None, 0, -1) if x.ndim else None
    }


def of_values(name):
    return lambda lib, x, **options: getattr(lib.root, name)(x.detach(), **options)


def bins(d):
    n = d.pick(0, 1, 7, 30)
    x = d.integers((n,), d.pick(0, 0, 0, -1), 6, d.pick(np.int64, np.int32, np.uint8, np.float32, np.int64))
    options = {"minlength": d.pick(0, 3, 12, -1)}
    if d.chance():
        options["weights"] = d.pick(d.normal((n,)), d.integers((n,), 0, 4), d.normal((n + 1,)))
    return [x], options


def spread(d):
    x = d.normal(d.shape(empty=False), 3)
    low, high = d.pick((0, 0), (-2, 2), (0.5, 4), (3, 1))
    return [x], {"bins": d.pick(1, 4, 100, 0), "min": low, "max": high}


def members(d):
    return [few(d), few(d, (4,))], d.options(assume_unique=(False,), invert=FLAGS)


def holes(d):
    """Draw a tensor of ordinary numbers and NaN, and no row of NaN alone."""
    x = d.normal(d.pick((5,), (4, 3), (2, 3, 4), (2, 0)))
    diagonal = np.arange(x.size).reshape(x.shape) % 7 == 1
    return np.where(diagonal, x.dtype.type(np.nan), x)


def means(d):
    options = d.options(dim=SOME, **KEEP, **AS)
    return of_function(lambda lib: lib.root.nanmean, [holes(d)], options, seed=d.seed)


def pair(name):
    """Make the case of a function that returns two statistics, of which the gradients of both are compared."""

    def draw(d):
        # not of nearly equal elements: where the deviation is 0 but for rounding, its gradient is anything
        x = different(d, odd=False, integers=0.1)
        options = d.options(dim=SOME, **KEEP, correction=(1, 0, 2))
        if d.chance(0.3):
            options = {"unbiased": options["correction"] == 1} | d.pick({}, {"dim": options["dim"]})
        return of_function(lambda lib: lambda x, **given: both(lib, x, **given), [x], options, seed=d.seed)

    def both(lib, x, **options):
        a, b = getattr(lib.root, name)(x, **options)
        return a * 2 + b, a, b

    return Case(name, SECTION, draw, TERMS)


def ends(d):
    x = d.values(d.shape(), special=(np.inf, -np.inf), huge=1e4)
    return [x], d.options(dim=(None, *DIMS), keepdim=FLAGS)


def both_ends(lib, x, **options):
    low, high = lib.root.aminmax(x, **options)
    return low * 2 + high, low, high


def products(d):
    x = np.asarray(d.pick(d.normal, lambda s: d.cast(d.rng.choice([0.0, 1.5, -2.0], s)))(d.shape(most=3)))
    return [d.integers(x.shape, 0, 3, d.pick(*INTEGERS)) if d.chance(0.2) else x], d.options(dim=DIMS, **AS)


def running(d):
    return [d.normal(d.shape(most=3))], d.options(dim=DIMS)


def differences(d):
    x = anything(d, (5,), (4, 3), (2, 3, 4), (0,), (1,), ())
    options = d.options(n=(1, 2, 0, 9, -1), dim=(0, -1))
    if d.chance(0.3):
        options[d.pick("prepend", "append")] = (
            x[..., :1] if x.ndim and options["dim"] == -1 else x[:1] if x.ndim else x
        )
    return [x], options


def areas(d):
    y = d.normal(d.pick((5,), (4, 3), (2, 3, 4), (2,), ()), 3)
    dim = d.pick(0, -1)
    if d.chance() and y.ndim:
        return [y, d.normal(d.pick((y.shape[dim],), y.shape))], {"dim": dim}
    return [y], {"dim": dim} | ({"dx": d.pick(2, 0.5)} if d.chance() else {})


def observations(d):
    x = d.normal(d.pick((5,), (3, 4), (1, 6), (2, 3), (2, 2, 4)), d.pick(1, 100))
    n = x.shape[-1]
    options = {"correction": d.pick(1, 0, 2)}
    if d.chance(0.3):
        options["fweights"] = d.integers((n,), 1, 3) if d.chance(0.9) else d.normal((n,))
    if d.chance(0.3):
        options["aweights"] = d.uniform((n,), 0.5, 2)
    return [x], options


def correlated(d):
    scale = d.pick(1, 100)
    x = d.normal(d.pick((3, 5), (2, 8)), scale)  # not in layouts that repeat one: it would have no deviation
    return of_function(lambda lib: lib.root.corrcoef, [x], {}, seed=d.seed, sizes={"backward": 1 / scale})


def exponents(d):
    x = d.normal(d.shape(), 3)
    return [np.where(d.rng.random(x.shape) < 0.1, x.dtype.type(-np.inf), x)], d.options(dim=DIMS)


LOGS = {"forward": Within(4, "terms"), "backward": Within(64, "terms")}
CASES = [
    written("unique", unique, of_values("unique"), FORWARD, SECTION, note="A gradient is refused, as in PyTorch."),
    written("unique_consecutive", consecutive, of_values("unique_consecutive"), FORWARD, SECTION),
    written("bincount", bins, of_values("bincount"), FORWARD, SECTION, indices=True),
    written("histc", spread, of_values("histc"), FORWARD, SECTION),
    written("isin", members, lambda lib, x, y, **given: lib.root.isin(x, y, **given), FORWARD, SECTION),
    function("count_nonzero", over(*SOME, special=(np.nan,)), FORWARD, SECTION),
    pair("var_mean"),
    pair("std_mean"),
    written("aminmax", ends, both_ends, SAME, SECTION),
    function("nansum", over(*SOME, special=(np.nan,), **KEEP, **AS), TERMS, SECTION),
    Case("nanmean", SECTION, means, TERMS, note="Of NaN alone, the gradient is 0; PyTorch's is NaN."),
    function("cumprod", products, TERMS, SECTION),
    function("logcumsumexp", exponents, LOGS, SECTION),
    function("diff", differences, TERMS, SECTION),
    function("trapezoid", areas, TERMS, SECTION),
    function("trapz", areas, TERMS, SECTION),
    *(
        written(
            f"Tensor.{name}", running, lambda lib, x, dim, name=name: getattr(x * 1, name)(dim), TERMS, SECTION
        )
        for name in ("cumsum_", "cumprod_")
    ),
    function("cov", observations, TERMS, SECTION),
    Case("corrcoef", SECTION, correlated, {"forward": Within(8, "terms"), "backward": Within(64, "size")}),
]
