"""Sample inputs for every operation: one registry, from which all checks of operations draw.

A sample can make the operation anew, with the same options, and can draw inputs again, in the same shapes. Inputs
in float64 need a gradient, inputs of integers and booleans do not. No input lies near a kink.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from chainrule import ops
from chainrule.ops import Array, Operation
from chainrule.random import Generator

Draw = Callable[[np.random.Generator], tuple[Array, ...]]


@dataclass
class Sample:
    """An operation with its options, and inputs for it."""

    make: Callable[[], Operation]
    draw: Draw
    seed: int = 0

    def inputs(self, again: int = 0) -> tuple[Array, ...]:
        """Draw inputs: the same for the same ``again``."""
        return self.draw(np.random.default_rng((self.seed, again)))


SAMPLES: dict[str, SearchStrategy[Sample]] = {}

SEEDS = st.integers(0, 2**16)
SHAPES = st.one_of(
    st.lists(st.integers(1, 3), max_size=4).map(tuple),
    st.sampled_from([(), (0,), (2, 0), (0, 3), (1, 1), (4,), (3, 2)]),
)
WITH_AXES = SHAPES.filter(len)
FULL = SHAPES.filter(lambda shape: 0 not in shape)


def spaced(rng, *shapes, low=-2.0, high=2.0):
    """Numbers between low and high, none twice, none near a kink at 0 or at another number."""
    sizes = [int(np.prod(shape)) for shape in shapes]
    total = sum(sizes)
    numbers = rng.permutation(np.linspace(low, high, 2 * total + 2)[1::2][:total])
    parts = np.split(numbers, np.cumsum(sizes)[:-1])
    return tuple(part.reshape(shape).copy() for part, shape in zip(parts, shapes, strict=True))


def away(x, *kinks, distance=1e-2):
    """Move x away from kinks."""
    for kink in kinks:
        x = np.where(np.abs(x - kink) < distance, kink + distance, x)
    return x


def of(name):
    """Enter a strategy under the name of its operation."""

    def enter(strategy):
        assert name not in SAMPLES
        SAMPLES[name] = strategy()
        return strategy

    return enter


# ---- functions of each element -----------------------------------------------------------------------------


def each(make, low=-2.0, high=2.0, shapes=SHAPES):
    """Samples of an operation without options on one input."""
    return st.builds(
        lambda shape, seed: Sample(make, lambda rng: spaced(rng, shape, low=low, high=high), seed), shapes, SEEDS
    )


for _make in (ops.Exp, ops.Sin, ops.Cos, ops.Abs, ops.Clone, ops.Neg, ops.Sigmoid, ops.Tanh, ops.ReLU):
    SAMPLES[_make.__name__] = each(_make, low=-3.1, high=3.0)
for _make in (ops.Log, ops.Sqrt):
    SAMPLES[_make.__name__] = each(_make, low=0.1, high=50.0)
for _make in (ops.GELU, ops.TanhGELU, ops.SiLU, ops.Mish, ops.LogSigmoid, ops.Softsign, ops.Tanhshrink, ops.SELU):
    SAMPLES[_make.__name__] = each(_make, low=-4.1, high=4.0)
for _make in (ops.Sinh, ops.Cosh, ops.Asinh, ops.Atan, ops.Erf, ops.Erfc, ops.Exp2, ops.Expm1):
    SAMPLES[_make.__name__] = each(_make)
for _make in (ops.Asin, ops.Acos, ops.Atanh, ops.Erfinv):
    SAMPLES[_make.__name__] = each(_make, low=-0.9, high=0.9)
for _make in (ops.Log2, ops.Log10, ops.Log1p):
    SAMPLES[_make.__name__] = each(_make, low=0.1, high=50.0)
SAMPLES["Tan"] = each(ops.Tan, low=-1.2, high=1.2)
SAMPLES["Acosh"] = each(ops.Acosh, low=1.1, high=5.0)
SAMPLES["Sinc"] = each(ops.Sinc, low=0.1, high=2.0)
SAMPLES["Logit"] = each(ops.Logit, low=0.1, high=0.9)
SAMPLES["CELU"] = st.one_of(each(lambda: ops.CELU(0.5)), each(lambda: ops.CELU(-2.0)))
SAMPLES["Softplus"] = st.one_of(
    each(lambda: ops.Softplus(1.0, 20.0)), each(lambda: ops.Softplus(0.5, 15.0), high=40)
)
SAMPLES["LeakyReLU"] = st.one_of(each(lambda: ops.LeakyReLU(0.01)), each(lambda: ops.LeakyReLU(-0.5)))
SAMPLES["ELU"] = st.one_of(each(lambda: ops.ELU(1.0)), each(lambda: ops.ELU(0.3)))
SAMPLES["Step"] = st.one_of(each(lambda: ops.Step(ops.sign)), each(lambda: ops.Step(np.round), low=0.6, high=1.4))
SAMPLES["Cast"] = each(lambda: ops.Cast(np.dtype(np.float64)))


@of("Clip")
@st.composite
def _clip(draw):
    low, high = draw(st.sampled_from([(None, 0.5), (-0.5, None), (-1.0, 1.0), (-1, 1), (0.0, 0.25)]))
    shape = draw(SHAPES)
    kinks = [k for k in (low, high) if k is not None]
    return Sample(lambda: ops.Clip(low, high), lambda rng: (away(*spaced(rng, shape), *kinks),), draw(SEEDS))


def kinked(make, *kinks):
    """Samples of an operation with kinks or jumps."""
    return st.builds(
        lambda shape, seed: Sample(make, lambda rng: (away(*spaced(rng, shape, low=-4, high=4), *kinks),), seed),
        SHAPES,
        SEEDS,
    )


SAMPLES["Threshold"] = kinked(lambda: ops.Threshold(0.1, 20.0), 0.1)
SAMPLES["Hardtanh"] = kinked(lambda: ops.Hardtanh(-1.0, 2.0), -1, 2)
SAMPLES["Hardsigmoid"] = kinked(ops.Hardsigmoid, -3, 3)
SAMPLES["Hardswish"] = kinked(ops.Hardswish, -3, 3)
SAMPLES["Hardshrink"] = kinked(lambda: ops.Hardshrink(0.5), -0.5, 0.5)
SAMPLES["Softshrink"] = kinked(lambda: ops.Softshrink(0.5), -0.5, 0.5)


@of("AlphaDropout")
@st.composite
def _alpha_dropout(draw):
    shape, p, seed = draw(SHAPES), draw(st.sampled_from([0.0, 0.3, 0.9])), draw(SEEDS)
    return Sample(lambda: ops.AlphaDropout(p, Generator().manual_seed(seed)), lambda rng: spaced(rng, shape), seed)


@of("RReLU")
@st.composite
def _rrelu(draw):
    shape, seed = draw(SHAPES), draw(SEEDS)
    return Sample(
        lambda: ops.RReLU(0.1, 0.3, Generator().manual_seed(seed)),
        lambda rng: (away(*spaced(rng, shape), 0),),
        seed,
    )


@of("PReLU")
@st.composite
def _prelu(draw):
    shape, seed = draw(SHAPES), draw(SEEDS)
    weight = draw(st.sampled_from([tuple(n if i == 1 else 1 for i, n in enumerate(shape)), (1,) * len(shape)]))
    return Sample(ops.PReLU, lambda rng: (away(*spaced(rng, shape), 0), *spaced(rng, weight)), seed)


@of("GLU")
@st.composite
def _glu(draw):
    shape = draw(WITH_AXES)
    axis = draw(st.integers(0, len(shape) - 1))
    shape = tuple(2 * n if i == axis else n for i, n in enumerate(shape))
    return Sample(lambda: ops.GLU(axis), lambda rng: spaced(rng, shape), draw(SEEDS))


@of("Dropout")
@st.composite
def _dropout(draw):
    shape, p, seed = draw(SHAPES), draw(st.sampled_from([0.0, 0.3, 1.0])), draw(SEEDS)
    return Sample(lambda: ops.Dropout(p, Generator().manual_seed(seed)), lambda rng: spaced(rng, shape), seed)


# ---- two operands that broadcast ---------------------------------------------------------------------------


@st.composite
def broadcastable(draw):
    """Two shapes that broadcast: axes of length 1 and missing axes, on either side."""
    full = draw(SHAPES)
    result = []
    for _ in range(2):
        shape = [n if draw(st.booleans()) else 1 for n in full]
        result.append(tuple(shape[draw(st.integers(0, len(shape))) if draw(st.booleans()) else 0 :]))
    return tuple(result)


def pairs(make, low=-2.0, high=2.0):
    """Samples of an operation on two operands that broadcast."""
    return st.builds(
        lambda shapes, seed: Sample(make, lambda rng: spaced(rng, *shapes, low=low, high=high), seed),
        broadcastable(),
        SEEDS,
    )


for _make in (ops.Add, ops.Sub, ops.Mul, ops.Maximum, ops.Minimum):
    SAMPLES[_make.__name__] = pairs(_make)
for _make in (ops.Atan2, ops.Hypot, ops.Logaddexp, ops.Logaddexp2, ops.Copysign):
    SAMPLES[_make.__name__] = pairs(_make)
SAMPLES["Xlogy"] = pairs(ops.Xlogy, low=0.3, high=3.0)
SAMPLES["Div"] = pairs(ops.Div, low=0.3, high=3.0)
SAMPLES["Pow"] = pairs(ops.Pow, low=0.3, high=3.0)


def left_over(make):
    """Samples of what is left of a division."""
    return st.builds(
        lambda shapes, seed: Sample(
            make,
            # halfway between the multiples of b
            lambda rng: (
                np.asarray(rng.integers(-3, 3, shapes[0]) + 0.5),
                np.asarray(rng.choice([-1.01, 0.98], shapes[1])),
            ),
            seed,
        ),
        broadcastable(),
        SEEDS,
    )


SAMPLES["Mod"], SAMPLES["Fmod"] = left_over(ops.Mod), left_over(ops.Fmod)


@of("Where")
@st.composite
def _where(draw):
    a, b = draw(broadcastable())
    condition = np.broadcast_shapes(a, b)[draw(st.integers(0, 2)) :]
    return Sample(
        ops.Where, lambda rng: (np.asarray(rng.random(condition) < 0.5), *spaced(rng, a, b)), draw(SEEDS)
    )


# ---- reductions --------------------------------------------------------------------------------------------


@st.composite
def reduced(draw, shapes=SHAPES, tuples=True):
    """A shape, and axes of it as the reductions take them: None, one, or several, counted from either end."""
    shape = draw(shapes)
    n = len(shape)
    if not n:
        return shape, None, draw(st.booleans())
    axis = st.integers(-n, n - 1)
    several = st.sets(st.integers(0, n - 1), min_size=1).map(tuple)
    return (
        shape,
        draw(st.one_of(st.none(), axis, several) if tuples else st.one_of(st.none(), axis)),
        draw(st.booleans()),
    )


def reductions(make, shapes=SHAPES, tuples=True):
    """Samples of an operation that takes axis and keepdims."""

    def sample(options, seed):
        shape, axis, keepdims = options
        return Sample(lambda: make(axis, keepdims), lambda rng: spaced(rng, shape), seed)

    return st.builds(sample, reduced(shapes, tuples), SEEDS)


SAMPLES["Sum"] = reductions(ops.Sum)
SAMPLES["Mean"] = reductions(ops.Mean, FULL)
SAMPLES["LogSumExp"] = reductions(ops.LogSumExp)
SAMPLES["Norm"] = reductions(ops.Norm)
SAMPLES["Prod"] = reductions(ops.Prod, tuples=False)
SAMPLES["Extremum"] = st.one_of(
    reductions(ops.Extremum, FULL),
    reductions(lambda axis, keepdims: ops.Extremum(axis, keepdims, largest=False), FULL),
)


SAMPLES["Median"] = st.tuples(FULL, SEEDS).map(
    lambda drawn: Sample(ops.Median, lambda rng: spaced(rng, drawn[0]), drawn[1])
)


@of("Var")
@st.composite
def _var(draw, make=ops.Var):
    shape, axis, keepdims = draw(reduced(FULL))
    probe = make(axis, keepdims)
    correction = draw(st.sampled_from([0, 1])) if probe.count(shape) > 2 else 0
    return Sample(lambda: make(axis, keepdims, correction), lambda rng: spaced(rng, shape), draw(SEEDS))


@of("Std")
@st.composite
def _std(draw):
    # of one element it is 0 everywhere, with a gradient of 0 by convention
    return draw(_var(ops.Std))


@st.composite
def along(draw, make):
    """Samples of an operation along one axis."""
    shape = draw(WITH_AXES)
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    return Sample(lambda: make(axis), lambda rng: spaced(rng, shape), draw(SEEDS))


for _make in (ops.Softmax, ops.LogSoftmax, ops.CumSum, ops.CumProd, ops.LogCumSumExp):
    SAMPLES[_make.__name__] = along(_make)


# ---- shapes ------------------------------------------------------------------------------------------------


@of("Reshape")
@st.composite
def _reshape(draw):
    shape = draw(SHAPES)
    target = draw(st.sampled_from([shape[::-1], (*shape, 1), (1, *shape), (int(np.prod(shape)),)]))
    return Sample(lambda: ops.Reshape(target), lambda rng: spaced(rng, shape), draw(SEEDS))


@of("Permute")
@st.composite
def _permute(draw):
    shape = draw(SHAPES)
    axes = tuple(draw(st.permutations(range(len(shape)))))
    return Sample(lambda: ops.Permute(axes), lambda rng: spaced(rng, shape), draw(SEEDS))


@of("Expand")
@st.composite
def _expand(draw):
    shape = draw(SHAPES)
    target = tuple(draw(st.integers(0, 3)) if n == 1 else n for n in shape)
    target = (*draw(st.lists(st.integers(0, 2), max_size=1)), *target)
    return Sample(lambda: ops.Expand(target), lambda rng: spaced(rng, shape), draw(SEEDS))


INDICES = [
    ((3,), 1),
    ((3,), -1),
    ((3, 2), (1, 0)),
    ((3, 2), slice(None, None, -1)),
    ((3, 2), (slice(0, 0), 1)),
    ((3, 2), (..., None, 0)),
    ((), ()),
    ((), ...),
    ((), None),
    ((2, 3, 2), (0, ..., slice(1, None))),
    ((3,), np.array([2, 2, 0])),
    ((3, 2), np.array([[0, 1], [2, 2]])),
    ((3, 2), (np.array([0, 0, 2]), np.array([1, 1, 0]))),
    ((3, 2), (slice(None), np.array([1, 1]))),
    ((3, 2), np.array([[True, False], [False, False], [True, True]])),
    ((3, 2), np.array([True, False, True])),
    ((3, 2), (np.array([True, False, True]), 0)),
    ((3, 2), np.array(1)),
    ((3, 2), True),
    ((3,), np.zeros(0, dtype=int)),
    ((0, 2), slice(0, 2)),
]


@of("Index")
@st.composite
def _index(draw):
    shape, index = draw(st.sampled_from(INDICES))
    return Sample(lambda: ops.Index(index), lambda rng: spaced(rng, shape), draw(SEEDS))


@of("SetIndex")
@st.composite
def _set_index(draw):
    shape, index = draw(st.sampled_from(INDICES))
    positions = np.arange(np.prod(shape)).reshape(shape)[index]
    if np.unique(positions).size < positions.size:  # which value stays is not defined
        shape, index = (3, 2), (slice(None), np.array([1, 0]))
        positions = np.zeros((3, 2))
    value = tuple(n if draw(st.booleans()) else 1 for n in positions.shape)
    value = value[draw(st.integers(0, len(value))) :] if draw(st.booleans()) else value
    return Sample(lambda: ops.SetIndex(index), lambda rng: spaced(rng, shape, value), draw(SEEDS))


VIEWS = [
    lambda x: x[1:],
    lambda x: x[::2, 1],
    lambda x: x.T[::-1],
    lambda x: x[0, 0, ...],
    lambda x: x[:0],
    lambda x: x,
]


@of("TakeView")
@st.composite
def _take_view(draw):
    whole = np.zeros((3, 2))
    part = draw(st.sampled_from([*VIEWS, lambda x: np.broadcast_to(x[:, :1], (2, 3, 2))]))(whole)
    return Sample(lambda: ops.TakeView(whole, part), lambda rng: spaced(rng, (3, 2)), draw(SEEDS))


@of("SetView")
@st.composite
def _set_view(draw):
    whole = np.zeros((3, 2))
    part = draw(st.sampled_from(VIEWS))(whole)
    return Sample(
        lambda: ops.SetView(whole, part),
        lambda rng: spaced(rng, (3, 2), part.shape),
        draw(SEEDS),
    )


@of("Gather")
@st.composite
def _gather(draw):
    shape = draw(WITH_AXES.filter(lambda shape: 0 not in shape))
    axis = draw(st.integers(0, len(shape) - 1))
    index = tuple(draw(st.integers(0, n if i != axis else 4)) for i, n in enumerate(shape))
    return Sample(
        lambda: ops.Gather(axis),
        lambda rng: (*spaced(rng, shape), rng.integers(shape[axis], size=index)),
        draw(SEEDS),
    )


@of("Diagonal")
@st.composite
def _diagonal(draw):
    shape = draw(WITH_AXES.filter(lambda shape: len(shape) > 1))
    axes = tuple(draw(st.permutations(range(len(shape)))))[:2]
    offset = draw(st.integers(-3, 3))
    return Sample(lambda: ops.Diagonal(offset, axes), lambda rng: spaced(rng, shape), draw(SEEDS))


def scattered(make, repeated):
    """Samples of what puts a part of one array at positions of another."""

    @st.composite
    def strategy(draw):
        shape = draw(WITH_AXES.filter(lambda shape: 0 not in shape))
        axis = draw(st.integers(0, len(shape) - 1))
        part = tuple(draw(st.integers(0, n)) for n in shape)

        def arrays(rng):
            x, source = spaced(rng, shape, part)
            order = np.argsort(rng.random(shape), axis)[tuple(slice(n) for n in part)]
            return x, rng.integers(shape[axis], size=part) if repeated else order, source

        return Sample(lambda: make(axis), arrays, draw(SEEDS))

    return strategy()


SAMPLES["Scatter"] = scattered(ops.Scatter, repeated=False)  # what comes of two at one place, no derivative says
SAMPLES["ScatterAdd"] = scattered(ops.ScatterAdd, repeated=True)
SAMPLES["ScatterExtremum"] = st.one_of(
    scattered(lambda axis: ops.ScatterExtremum(axis, largest=True), repeated=True),
    scattered(lambda axis: ops.ScatterExtremum(axis, largest=False), repeated=True),
)


def joined(make):
    """Samples of an operation that joins arrays."""

    @st.composite
    def sample(draw):
        shape = draw(WITH_AXES)
        axis = draw(st.integers(0, len(shape) - 1))
        shapes = [shape] * draw(st.integers(1, 3))
        if make is ops.Cat:
            shapes = [(*shape[:axis], draw(st.integers(0, 3)), *shape[axis + 1 :]) for _ in shapes]
        return Sample(lambda: make(axis), lambda rng: spaced(rng, *shapes), draw(SEEDS))

    return sample()


SAMPLES["Cat"] = joined(ops.Cat)
SAMPLES["Stack"] = joined(ops.Stack)


# ---- linear ------------------------------------------------------------------------------------------------


@of("MatMul")
@st.composite
def _matmul(draw):
    n, k, m = (draw(st.integers(0, 3)) for _ in range(3))
    stack = draw(st.sampled_from([((), ()), ((2,), ()), ((), (2,)), ((2,), (2,)), ((1,), (2,)), ((2, 1), (3,))]))
    a, b = (*stack[0], n, k), (*stack[1], k, m)
    if not stack[0] and draw(st.booleans()):
        a = (k,)
    if not stack[1] and draw(st.booleans()):
        b = (k,)
    return Sample(ops.MatMul, lambda rng: spaced(rng, a, b), draw(SEEDS))


@of("Linear")
@st.composite
def _linear(draw):
    lead = draw(st.sampled_from([(), (1,), (3,), (0,), (2, 1), (2, 3)]))
    inside, outside = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    shapes = [(*lead, inside), (outside, inside), *([(outside,)] if draw(st.booleans()) else [])]
    return Sample(ops.Linear, lambda rng: spaced(rng, *shapes), draw(SEEDS))


# ---- losses ------------------------------------------------------------------------------------------------

REDUCTIONS = st.sampled_from(["none", "sum", "mean"])


def classified(make):
    """Samples of a loss of scores and class indices: class weights, and rows that don't count."""

    @st.composite
    def sample(draw):
        rows, classes = draw(st.integers(1, 4)), draw(st.integers(1, 4))
        weight = draw(st.sampled_from([None, np.array([0.5, 2.0, 1.0, 3.0])[:classes]]))
        reduction, smoothing = draw(REDUCTIONS), draw(st.sampled_from([0.0, 0.1]))
        ignored = draw(st.integers(0, rows - 1))  # so many rows, never all

        def inputs(rng):
            target = rng.integers(classes, size=rows)
            target[rng.permutation(rows)[:ignored]] = -100
            return *spaced(rng, (rows, classes)), target

        return Sample(lambda: make(weight, reduction, smoothing), inputs, draw(SEEDS))

    return sample()


@st.composite
def _distributions(draw):
    rows, classes, smoothing = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.sampled_from([0.0, 0.1]))
    weight = draw(st.sampled_from([None, np.array([0.5, 2.0, 1.0, 3.0])[:classes]]))
    reduction = draw(REDUCTIONS)
    return Sample(
        lambda: ops.CrossEntropy(weight, -100, reduction, smoothing),
        lambda rng: (*spaced(rng, (rows, classes)), rng.dirichlet(np.ones(classes), size=rows)),
        draw(SEEDS),
    )


SAMPLES["CrossEntropy"] = st.one_of(
    classified(lambda weight, reduction, smoothing: ops.CrossEntropy(weight, -100, reduction, smoothing)),
    _distributions(),
)
SAMPLES["NLL"] = classified(lambda weight, reduction, _: ops.NLL(weight, -100, reduction))


def compared(make, low=-2.0, high=2.0):
    """Samples of a loss of two arrays of one shape."""
    return st.builds(
        lambda shape, reduction, seed: Sample(
            lambda: make(reduction, shape), lambda rng: spaced(rng, shape, shape, low=low, high=high), seed
        ),
        FULL,
        REDUCTIONS,
        SEEDS,
    )


def _weight(shape):
    return np.linspace(0.5, 2.0, int(np.prod(shape))).reshape(shape)


SAMPLES["MSE"] = compared(lambda reduction, shape: ops.MSE(reduction))
SAMPLES["L1"] = compared(lambda reduction, shape: ops.L1(reduction))
SAMPLES["BCE"] = st.one_of(
    compared(lambda reduction, shape: ops.BCE(reduction), low=0.05, high=0.95),
    compared(lambda reduction, shape: ops.BCE(reduction, _weight(shape)), low=0.05, high=0.95),
)
SAMPLES["BCEWithLogits"] = st.one_of(
    compared(lambda reduction, shape: ops.BCEWithLogits(reduction)),
    compared(lambda reduction, shape: ops.BCEWithLogits(reduction, _weight(shape))),
    compared(lambda reduction, shape: ops.BCEWithLogits(reduction, None, _weight(shape[-1:]))),
    compared(lambda reduction, shape: ops.BCEWithLogits(reduction, _weight(shape), _weight(shape))),
)


@of("LayerNorm")
@st.composite
def _layer_norm(draw):
    lead, last = draw(st.lists(st.integers(0, 3), max_size=2)), draw(st.sampled_from([(2,), (4,), (2, 2)]))
    shapes = [(*lead, *last), last, last][: draw(st.integers(1, 3))]
    centre = draw(st.booleans())
    return Sample(lambda: ops.LayerNorm(len(last), 1e-2, centre), lambda rng: spaced(rng, *shapes), draw(SEEDS))


@of("Embedding")
@st.composite
def _embedding(draw):
    shape, padding = draw(st.sampled_from([(), (5,), (0,), (2, 3)])), draw(st.sampled_from([None, 1]))
    by_frequency = draw(st.booleans())

    def inputs(rng):  # without the padding, to which the derivative is blind
        index = rng.integers(4, size=shape)
        return np.asarray(np.where(index == padding, 0, index)), *spaced(rng, (4, 3))

    if by_frequency:  # which is a derivative only where no row is taken twice
        return Sample(lambda: ops.Embedding(padding, True), _once, draw(SEEDS))
    return Sample(lambda: ops.Embedding(padding, False), inputs, draw(SEEDS))


def _once(rng):
    """Draw positions that are all different, and a table."""
    return np.array([0, 3, 2]), *spaced(rng, (4, 2))


SAMPLES["Huber"] = compared(lambda reduction, shape: ops.Huber(reduction, 0.613))
SAMPLES["SmoothL1"] = compared(lambda reduction, shape: ops.SmoothL1(reduction, 0.613))
SAMPLES["SoftMargin"] = compared(lambda reduction, shape: ops.SoftMargin(reduction))
SAMPLES["KLDivergence"] = st.one_of(
    compared(lambda reduction, shape: ops.KLDivergence(reduction, False), low=0.1, high=3.0),
    compared(lambda reduction, shape: ops.KLDivergence(reduction, True)),
)


def scored(make, targets):
    """Samples of a loss of scores and of classes that ``targets`` draws."""

    @st.composite
    def sample(draw):
        rows, classes = draw(st.integers(1, 4)), draw(st.integers(1, 4))
        weight = draw(st.sampled_from([None, np.array([0.5, 2.0, 1.0, 3.0])[:classes]]))
        reduction, p = draw(REDUCTIONS), draw(st.integers(1, 2))
        return Sample(
            lambda: make(reduction, p, weight),
            lambda rng: (*spaced(rng, (rows, classes), high=1.713), targets(rng, rows, classes)),
            draw(SEEDS),
        )

    return sample()


SAMPLES["MultiMargin"] = scored(
    lambda reduction, p, weight: ops.MultiMargin(reduction, p, 1.0, weight),
    lambda rng, rows, classes: rng.integers(classes, size=rows),
)
SAMPLES["MultiLabelMargin"] = scored(
    lambda reduction, p, weight: ops.MultiLabelMargin(reduction),
    lambda rng, rows, classes: rng.integers(-1, classes, size=(rows, classes)),
)

ORDERS = st.sampled_from([0, 0.5, 1, 1.5, 2, 3, -1, np.inf, -np.inf])
SAMPLES["PNorm"] = ORDERS.flatmap(lambda p: reductions(lambda axis, keepdims: ops.PNorm(p, axis, keepdims), FULL))
SAMPLES["AtLeast"] = each(lambda: ops.AtLeast(0.25), low=0.3)


@of("BatchNorm")
@st.composite
def _batch_norm(draw):
    rows, channels = draw(st.integers(2, 4)), draw(st.integers(1, 3))
    shape = (rows, channels, *draw(st.lists(st.integers(1, 2), max_size=2)))
    shapes = [shape, (channels,), (channels,)][: draw(st.integers(1, 3))]
    running = draw(st.sampled_from([(), (np.arange(channels) / 3, 0.5 + np.arange(channels))]))
    return Sample(lambda: ops.BatchNorm(1e-2, *running), lambda rng: spaced(rng, *shapes), draw(SEEDS))
