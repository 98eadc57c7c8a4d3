"""Elements taken from positions, and put there."""

import numpy as np
from tests.conformance.cases.rearranging import anything
from tests.conformance.cases.sorting import DIMS, SECTION
from tests.conformance.cases.tensors import FLAGS, FORWARD, SAME, SUMS, TERMS, function, written

SHAPES = ((4, 3), (5,), (2, 3, 4), (1,), ())


def length(x, dim):
    return x.shape[dim] if x.ndim else 1


def wrong(d, index, n, kinds=(np.int64, np.int64, np.int32)):
    """Return positions, now and then one of them outside, or in a dtype that may be refused."""
    if d.chance(0.06) and index.size:
        index.flat[-1] = d.pick(n, -n - 1, -1)
    return index.astype(d.pick(*kinds) if d.chance(0.2) else np.int64)


def row(d, dim_of=(0, -1), repeated=True):
    """Draw a tensor, an axis and positions along it."""
    x = d.values(d.pick(*SHAPES), special=(), huge=1e4)
    dim = d.pick(*dim_of) if d.chance(0.9) else 1
    n = length(x, dim) if -max(x.ndim, 1) <= dim < max(x.ndim, 1) else 1
    index = d.integers((d.integer(1, 3),), 0, n - 1) if repeated else d.rng.permutation(n)[: d.integer(0, n)]
    return x, dim, wrong(d, index, n)


def rows(d, repeated=True):
    """Draw what ``row`` does, and what is put there."""
    x, dim, index = row(d, repeated=repeated)
    shape = [index.size if i == dim % max(x.ndim, 1) else n for i, n in enumerate(x.shape)]
    source = d.values(shape, special=(), huge=1e4)
    if d.chance(0.1):
        source = source.astype(np.float64) if d.chance() else d.values((2, 2), special=())
    return [x, index, source], {"dim": dim}


def places(d, repeated=True):
    """Draw a tensor, positions for a part of another, that other, and an axis."""
    x = d.values(d.pick((4, 3), (5,), (2, 3, 4), ()), special=(), huge=1e4)
    axis = d.integer(-max(x.ndim, 1), max(x.ndim, 1) - 1)
    n = length(x, axis)
    shape = [d.integer(1, m) for m in x.shape]
    if repeated:
        index = d.integers(shape, 0, n - 1)
    else:
        index = np.asarray(np.argsort(d.rng.random(x.shape), axis) if x.ndim else 0)[
            tuple(slice(m) for m in shape)
        ]
    index = wrong(d, index, n, (np.int64, np.int32, np.float32))
    source = d.values([m + d.integer(0, 1) for m in shape], special=(), huge=1e4)
    if d.chance(0.1):
        source = source[:1] if d.chance() and source.ndim else source.astype(np.float64)
    # PyTorch can't go back to what is longer than the positions
    return [x, index, source], {"dim": axis}, {"needs": [True, False, source.shape == index.shape]}


def method(name, draw, bounds=SUMS, **more):
    """Make the cases of a function of the tensor, an axis, and other tensors; and of its in-place form."""

    def call(lib, x, *others, dim, **options):
        return getattr(lib.root, name)(x, dim, *others, **options)

    def in_place(lib, x, *others, dim, **options):
        return getattr(x * 1, f"{name}_")(dim, *others, **options)

    return [
        written(name, draw, call, bounds, SECTION, **more),
        written(f"Tensor.{name}_", draw, in_place, bounds, SECTION, **more),
    ]


def with_alpha(d):
    [x, index, source], options = rows(d)
    kind = d.pick(np.int64, np.int32) if d.chance(0.2) else x.dtype
    inputs = [x.astype(kind), index, source.astype(kind)]
    return inputs, options | ({"alpha": d.pick(2, -0.5)} if d.chance() else {})


def filled(d):
    x, dim, index = row(d)
    return [x, index], {"dim": dim, "value": d.pick(2.5, -1, np.inf, d.cast(3.0))}


def fill(name):
    return lambda lib, x, index, dim, value: getattr(x * 1, name)(dim, index, value)


def number(d):
    [x, index, _], options, _ = places(d)
    return [x, index], options | {"value": d.pick(2.5, -1, True)}


def reduced(d):
    [x, index, source], options, _ = places(d)
    source = source[tuple(slice(n) for n in index.shape)]
    if d.chance(0.15):
        x, source = x > 0, source > 0
    else:
        x = x + x.dtype.type(0.3)  # PyTorch lets what is not to take part share the gradient, where it is equal
    return [x, index, source], options | d.options(reduce=("sum", "mean", "amax", "amin"), include_self=FLAGS)


def masks(d):
    shape, other = d.pick(((4, 3), (4, 3)), ((4, 3), (3,)), ((3,), (4, 3)), ((), (3,)), ((5,), ()), ((0,), (0,)))
    mask = d.rng.random(other) < 0.5
    return d.values(shape), (mask if d.chance(0.9) else mask.astype(np.uint8))


def scattered(d):
    x, mask = masks(d)
    source = d.values(d.pick((12,), (4, 3), (2,)))
    return [x, mask, source if d.chance(0.9) else source.astype(np.float64)], {}


def along(d):
    x = d.values(d.pick((4, 3), (2, 3, 4), (5,), (1, 3)))
    dim = d.pick(None, 0, -1)
    if dim is None:
        return [x, d.integers(d.pick((3,), (2, 2)), 0, x.size - 1)], {"dim": dim}
    shape = [d.pick(1, n) for n in x.shape]
    shape[dim] = d.integer(1, 3)
    return [x, wrong(d, d.integers(shape, 0, x.shape[dim] - 1), x.shape[dim])], {"dim": dim}


def take_along(lib, x, index, dim):
    """Call it; without an axis, PyTorch wants the tensor contiguous."""
    return lib.root.take_along_dim(x if dim is not None else x.contiguous(), index.contiguous(), dim)


def taken(d):
    x = d.values(d.pick(*SHAPES))
    index = d.integers(d.pick((), (3,), (2, 2), (0,)), -x.size, x.size - 1)
    return [x, wrong(d, index, x.size)], {}


def some(d):
    x = anything(d)
    x = np.nan_to_num(x, nan=0.0) if d.chance() else x
    return [np.where(d.rng.random(x.shape) < 0.5, 0, x).astype(x.dtype)], {}


def at(name, **choices):
    return function(name, lambda d: ([anything(d)], d.options(dim=DIMS, **choices)), SAME, SECTION)


CASES = [
    at("narrow", start=(0, 1, -1, 4), length=(0, 1, 2, -1)),
    at("select", index=(0, 1, -1, 4)),
    written(
        "index_select",
        lambda d: (lambda x, dim, index: ([x, index], {"dim": dim}))(*row(d)),
        lambda lib, x, index, dim: lib.root.index_select(x, dim, index),
        SUMS,
        SECTION,
    ),
    function("take", taken, SUMS, SECTION),
    written("take_along_dim", along, take_along, SUMS, SECTION),
    function("masked_select", lambda d: (list(masks(d)), {}), SUMS, SECTION),
    written("nonzero", some, lambda lib, x: lib.root.nonzero(x), FORWARD, SECTION),
    written("nonzero as tuple", some, lambda lib, x: lib.root.nonzero(x, as_tuple=True), FORWARD, SECTION),
    written("where of a condition", some, lambda lib, x: lib.root.where(x != 0), FORWARD, SECTION),
    function("argwhere", some, FORWARD, SECTION),
    *method("scatter", lambda d: places(d, repeated=False), refused={"reduce": "add"}),
    *method("scatter_add", places, TERMS),
    *method("scatter_reduce", reduced, TERMS, note='"prod" is refused.'),
    *method("index_add", with_alpha, TERMS),
    *method("index_copy", lambda d: rows(d, repeated=False)),
    written("scatter of a number", number, lambda lib, x, i, dim, value: x.scatter(dim, i, value), SUMS, SECTION),
    written("index_fill", filled, fill("index_fill"), SUMS, SECTION),
    written("Tensor.index_fill_", filled, fill("index_fill_"), SUMS, SECTION),
    function("masked_scatter", scattered, SUMS, SECTION),
    written(
        "Tensor.masked_scatter_", scattered, lambda lib, x, m, s: (x * 1).masked_scatter_(m, s), SUMS, SECTION
    ),
]
