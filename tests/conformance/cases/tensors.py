"""Functions and methods of tensors: arithmetic, functions of each element, reductions, shapes, in place."""

import numpy as np
from tests.conformance.cases.activations import EMPTY, sizes, softmax_sizes
from tests.conformance.library import Dtype
from tests.conformance.trial import EXACT, Case, Trial, Within, of_function

SECTION = "Tensor operations"
SAME = {"forward": EXACT, "backward": EXACT}
TERMS = {"forward": Within(8, "terms"), "backward": Within(8, "terms")}
FLAGS = (False, True)
FORWARD = {"forward": EXACT}
SUMS = {"forward": EXACT, "backward": Within(8, "terms")}  # where shapes broadcast, gradients are added up
DTYPES = ("float32", "float64", "int64", "int32", "uint8", "bool")
INTEGERS = ("int64", "int32", "uint8", "bool")


def function(name, draw, bounds=SAME, section=SECTION, **more):
    """Make the case of a function; ``draw(d)`` gives its inputs and options, and what else the trial is told."""

    def drawn(d):
        inputs, options, *told = draw(d)
        if d.chance(0.15):
            inputs = d.spoil(inputs)
        told = {"seed": d.seed} | (told[0] if told else {})
        return of_function(lambda lib: case.of(lib), [d.layout(x) for x in inputs], options, **told)

    case = Case(name, section, drawn, bounds, **more)
    return case


def written(name, draw, call, bounds=SAME, section=SECTION, **more):
    """Make the case of what is written with operators or as a method: ``call(lib, *tensors, **options)``."""

    def drawn(d):
        inputs, options, *told = draw(d)
        told = {"seed": d.seed} | (told[0] if told else {})
        inputs = [d.layout(x) for x in inputs]
        return of_function(lambda lib: lambda *xs, **given: call(lib, *xs, **given), inputs, options, **told)

    return Case(name, section, drawn, bounds, **more)


# ---- one tensor, element by element ----------------------------------------------------------------------------


def one(d):
    return [d.values(d.shape())], {}


def any_dtype(d):
    """Draw a tensor of any dtype."""
    x = d.values(d.shape(), special=(np.inf, -np.inf, np.nan))
    return ([x] if d.chance(0.6) else [d.integers(x.shape, 0, 9, d.pick(*INTEGERS))]), {}


def curved(d):
    [x], options = any_dtype(d)
    return [x], options, {"sizes": sizes(x, d.seed, options)}


def bounded(d):
    [x], _ = any_dtype(d)
    low, high = d.pick(None, -1.0, 0.5, 2, -1), d.pick(None, 0.5, 3.0, 1, -1)
    which = d.pick((), (), (), (0, 1), (0, 1), (0,), (1,))  # of them are tensors; one beside a number is refused
    low, high = (
        d.values(d.pick(x.shape, ())) if b is not None and i in which else b for i, b in enumerate((low, high))
    )
    return [x], {"min": low, "max": high}


def decimal(d):
    [x], _ = any_dtype(d)
    zero = (0,) * (x.dtype.kind == "f")  # PyTorch refuses 0 decimals of integers, which it rounds without them
    return [x], {} if d.chance(0.4) else {"decimals": d.pick(1, 2, -1, *zero, 1.5 if d.chance(0.2) else 3)}


def waves(d):
    return [d.values(d.shape(), huge=1e3)], {}


REMAINDERS = "The gradient of a % b by b is ours alone where a is a number: PyTorch has none."
DTYPES_OF_VIEWS = "The same memory in another dtype, view(dtype), is refused."
ROOTS = "PyTorch's vectorised square root is not correctly rounded on some processors."
CASES = [
    *(function(name, any_dtype) for name in ("abs", "neg", "sign", "square", "relu", "clone")),
    *(function(name, any_dtype, FORWARD) for name in ("isnan", "isfinite", "logical_not")),
    function("round", decimal),
    function("exp", any_dtype, {"forward": Within(2), "backward": Within(2)}),
    function("log", any_dtype, {"forward": Within(2), "backward": EXACT}),
    function("sqrt", any_dtype, {"forward": Within(1), "backward": Within(2)}, note=ROOTS),
    function("sin", waves, {"forward": Within(2), "backward": Within(2)}),
    function("cos", waves, {"forward": Within(2), "backward": Within(2)}),
    function("tanh", curved, {"forward": Within(2), "backward": Within(4, "size")}),
    function("sigmoid", curved, {"forward": Within(4), "backward": Within(4, "size")}),
    *(
        written(n, bounded, lambda lib, x, n=n, **given: getattr(lib.root, n)(x, **given))
        for n in ("clamp", "clip")
    ),
]


# ---- two tensors -----------------------------------------------------------------------------------------------

PAIRS = [
    ((), ()),
    ((3,), ()),
    ((4, 3), (3,)),
    ((4, 3), (4, 1)),
    ((2, 1, 3), (4, 1)),
    ((0, 3), (3,)),
    ((4, 3), (2, 3)),
]


def operand(d, shape, huge):
    if d.chance(0.3):
        return d.integers(shape, 0, 5, d.pick(*INTEGERS))
    if d.chance(0.2):
        return d.values(shape, huge=huge).astype(d.pick(np.float32, np.float64))
    return d.values(shape, huge=huge)


def two(d, huge=1e10):
    """Draw two tensors of any dtypes whose shapes may broadcast, either of which may be a number of Python."""
    shapes = d.pick(*PAIRS, *([(s, s) for s in ((5,), (4, 3), (1,))]))
    a, b = (operand(d, s, huge) for s in (shapes if d.chance() else shapes[::-1]))
    return [a, b], {}


def number(d):
    """Draw one tensor and a number of Python."""
    [x], _ = any_dtype(d)
    return [x], {"number": d.pick(2, -3, 0.5, 1.5, True, 0)}


def binary(name, symbol, bounds=SUMS, *, options_of=None, **more):
    """Make the case of an operator: of two tensors, and of a tensor and a number on either side.

    With options, drawn from the choices ``options_of``, the function of the same name is called.
    """

    def draw(d):
        (a, *rest), options = number(d) if d.chance(0.4) else two(d)
        if options:  # PyTorch computes 0 / x as 0 · (1 / x)
            options["left"] = d.chance() and options["number"] != 0
        if options_of and not options.get("left") and d.chance(0.3):
            options |= d.options(**options_of)
        return [a, *rest], options

    def call(lib, a, b=None, number=None, left=False, **given):
        pair = (a, b) if b is not None else (number, a) if left else (a, number)
        return getattr(lib.root, name)(*pair, **given) if given else symbol(*pair)

    return written(name, draw, call, bounds, **more)


TIMES = {"alpha": (2, -1, 0.5, True)}
CASES += [
    binary("add", lambda a, b: a + b, options_of=TIMES),
    binary("sub", lambda a, b: a - b, options_of=TIMES),
    binary("mul", lambda a, b: a * b),
    binary("div", lambda a, b: a / b, TERMS),
    binary("Tensor.__mod__", lambda a, b: a % (b if isinstance(b, float | int) else b.detach()), note=REMAINDERS),
    binary("eq", lambda a, b: a == b, FORWARD),
    binary("ne", lambda a, b: a != b, FORWARD),
    binary("lt", lambda a, b: a < b, FORWARD),
    binary("le", lambda a, b: a <= b, FORWARD),
    binary("gt", lambda a, b: a > b, FORWARD),
    binary("ge", lambda a, b: a >= b, FORWARD),
]


def powers(d):
    if d.chance():
        x = d.values(d.shape(), huge=1e4)
        return [x], {"number": d.pick(2, 3, 0.5, -0.5, -1, 0, 1.5, 1, -2.0), "left": False}
    if d.chance(0.3):
        x = d.pick(d.values(d.shape()), d.integers(d.shape(), -2, 2, d.pick(np.int64, np.int32)))
        return [x, np.asarray(d.pick(0.5, -0.5, 2, -1, 1.5, -3), d.pick(x.dtype, d.dtype))], {}
    x = d.uniform(d.shape(), 0.1, 3)
    return ([x], {"number": d.pick(2.0, 0.5, 3), "left": True}) if d.chance() else ([x, d.normal(x.shape)], {})


def raised(lib, a, b=None, number=None, left=False):
    return a**b if b is not None else number**a if left else a**number


def whole(d):
    shape = d.shape()
    kind = d.pick(d.dtype, np.int64)
    return [np.asarray(d.normal(shape, 5)).astype(kind), (d.integers(shape, 1, 4) * 1).astype(kind)], {}


def floors(lib, a, b):
    return a.detach() // b.detach()


def bits(d):
    shape, kind = d.shape(), d.pick(np.bool_, np.int64)
    return [d.integers(shape, 0, 1).astype(kind) for _ in range(2)], {}


CASES += [
    written("pow", powers, raised, {"forward": Within(4), "backward": Within(8)}),
    written("Tensor.__floordiv__", whole, floors, FORWARD, note="Refused where a gradient is wanted."),
    written("Tensor.__and__", bits, lambda lib, a, b: a & b, FORWARD),
    written("Tensor.__or__", bits, lambda lib, a, b: a | b, FORWARD),
    written("Tensor.__xor__", bits, lambda lib, a, b: a ^ b, FORWARD),
    written("Tensor.__invert__", bits, lambda lib, a, b: ~a, FORWARD),
    function("maximum", two, SUMS),
    function("minimum", two, SUMS),
]


def conditional(d):
    [a, b], _ = two(d)
    return [d.rng.random(a.shape) < 0.5, a, b], {}


def masked(d):
    x = d.values(d.shape())
    if d.chance(0.2):
        x = d.integers(x.shape, 0, 9, d.pick(*INTEGERS))
    return [x, d.rng.random(x.shape) < 0.4], {"value": d.pick(0.0, -np.inf, 2, True, 300)}


def matrices(d):
    shapes = d.pick(((3,), (3,)), ((4, 3), (3,)), ((3,), (3, 2)), ((4, 3), (3, 2)), ((2, 4, 3), (3, 2)))
    shapes = d.pick(shapes, ((2, 4, 3), (2, 3, 5)), ((0, 3), (3, 2)), ((4, 0), (0, 2)), ((4, 3), (2, 3)))
    return [d.normal(s, d.pick(1.0, 100.0)) for s in shapes], {}


def flat_matrices(d):
    shapes = d.pick(((4, 3), (3, 2)), ((1, 3), (3, 1)), ((0, 3), (3, 2)), ((33, 40), (40, 5)), ((3,), (3,)))
    return [d.normal(s) for s in shapes], {}


def several(d):
    shape = d.shape(least=1, most=3)
    return [d.values(shape) for _ in range(d.integer(1, 3))], {"dim": d.pick(0, -1, 1)}


def joined(name):
    return lambda lib, *xs, dim: getattr(lib.root, name)(xs, dim)


CASES += [
    function("where", conditional, SUMS),
    function("masked_fill", masked, SUMS),
    function("matmul", matrices, TERMS),
    function("mm", flat_matrices, TERMS),
    written("cat", several, joined("cat")),
    written("stack", several, joined("stack")),
]


# ---- reductions ------------------------------------------------------------------------------------------------

DIMS = (None, 0, -1, 1, (0, 1), (-1,))
NO_DIMS = (True, 1.5, "a", (0, 0), 4, (0, 4))


def over(*dims, special=(), huge=1e4, integers=0.2, **options):
    """Return a draw of one tensor, and of axes and other options."""

    def draw(d):
        x = d.values(d.shape(), special=special, huge=huge)
        if d.chance(integers):
            x = d.integers(x.shape, 0, 4, d.pick(*INTEGERS))
        return [x], d.options(dim=NO_DIMS if d.chance(0.05) and x.size else dims, **options)

    return draw


KEEP = {"keepdim": FLAGS}
AS = {"dtype": (None, None, Dtype("float64"))}
ODD = (np.inf, -np.inf, np.nan)


def needs_dim(draw):
    """Leave ``dim`` out where it is None, and with it what goes with it, as signatures of PyTorch's want."""

    def drawn(d):
        inputs, options = draw(d)
        if options["dim"] is None:
            options = {k: v for k, v in options.items() if k == "dtype"}
        return inputs, options

    return drawn


def power_norm(d):
    x = d.values(d.shape(), special=(), huge=1e4, tiny=1e-6)
    return [x], d.options(p=(2, 1, float("inf")), dim=DIMS, keepdim=FLAGS)


def softened(d):
    [x], options = over(0, -1, 1, 2, **AS)(d)
    sizes = softmax_sizes(x, d.seed, options["dim"]) if options["dim"] not in NO_DIMS else {}
    return [x], options, {"sizes": sizes}


def extreme(d):
    """Draw what has a largest element, or two tensors of which the larger elements are wanted."""
    [x], options = needs_dim(over(None, 0, -1, 1, special=ODD, **KEEP))(d)
    return [x], {"other": d.values(x.shape)} if d.chance(0.15) else options


def corrected(d):
    """Draw what a variance is of, with a correction, with its old form, or with both."""
    inputs, options = over(*DIMS, **KEEP)(d)
    return inputs, options | d.pick(*NEITHER if d.chance(0.06) else CORRECTIONS)


CORRECTIONS = *({"correction": n} for n in (1, 0, 2, None)), {"unbiased": True}, {"unbiased": False}
NEITHER = {"unbiased": 1}, {"unbiased": False, "correction": 0}
CASES += [
    function("sum", needs_dim(over(*DIMS, **KEEP, **AS)), TERMS),
    function("mean", needs_dim(over(*DIMS, **KEEP, **AS)), TERMS),
    function("var", corrected, TERMS),
    function("std", corrected, TERMS),
    function("prod", needs_dim(over(None, 0, -1, 1, huge=1e2, **KEEP, **AS)), TERMS),
    function("cumsum", over(0, -1, 1, **AS), TERMS),
    function("amax", needs_dim(over(*DIMS, special=ODD, **KEEP))),
    function("amin", needs_dim(over(*DIMS, special=ODD, **KEEP))),
    function("max", extreme),
    function("min", extreme),
    function("argmax", needs_dim(over(None, 0, -1, 1, special=ODD, **KEEP)), FORWARD),
    function("argmin", needs_dim(over(None, 0, -1, 1, special=ODD, **KEEP)), FORWARD),
    function(
        "argsort",
        over(0, -1, 1, descending=FLAGS, stable=(True,)),
        FORWARD,
        note="Equal ones always keep their order.",
    ),
    function("any", needs_dim(over(*DIMS, **KEEP)), FORWARD),
    function("all", needs_dim(over(*DIMS, **KEEP)), FORWARD),
    function("logsumexp", over(0, -1, 1, (0, 1), special=(np.inf, -np.inf), **KEEP), TERMS),
    function("norm", power_norm, TERMS, note="p = 1, 2 and ∞; other orders are refused."),
    function("softmax", softened, TERMS, narrower=EMPTY),
    function("log_softmax", over(0, -1, 1, 2, **AS), TERMS, narrower=EMPTY),
]


# ---- shapes ----------------------------------------------------------------------------------------------------


def reshaped(d):
    x = d.values(d.pick((4, 3), (2, 3, 2), (12,), (0, 3), (1, 12)))
    return [x], {"shape": d.pick((3, 4), (-1,), (2, -1), (12, 1), (-1, -1), (5,), (-2, 3), (2.0, 6), (True,))}


def viewed(d):
    inputs, options = reshaped(d)
    return inputs, {"size": options["shape"]}


def view(lib, x, size):
    return x.view(size=size) if len(size) == 2 else x.view(size)


def permuted(d):
    x = d.values(d.shape(least=1))
    dims = tuple(int(i) for i in d.rng.permutation(x.ndim) - (x.ndim if d.chance(0.3) else 0))
    return [x], {"dims": dims if d.chance(0.9) else (0, 0)}


def transposed(d):
    return [d.values(d.shape())], d.options(dim0=(0, 1, -1), dim1=(0, 1, -1, 2))


def matrix(d):
    return [d.values(d.pick((), (3,), (4, 3), (0, 2), (2, 3, 4)))], {}


def at(*dims):
    return lambda d: ([d.values(d.shape())], {"dim": d.pick(*dims)})


def squeezed(d):
    x = d.values(d.pick((1, 4), (3, 1, 2), (1,), (), (4, 3), (1, 1, 2)))
    return [x], d.pick({}, {"dim": 0}, {"dim": -1}, {"dim": (0, 1)}, {"dim": 3}, {"dim": (0, 0)}, {"dim": True})


def expanded(d):
    x = d.values(d.pick((1,), (3, 1), (1, 4), (), (3, 4)))
    return [x], {"size": d.pick((3, 4), (2, 3, 4), (-1, 4), (3, -1), (5,))}


def gathered(d):
    x = d.values(d.pick((4, 3), (5,), (2, 3, 4)))
    axis = d.integer(-x.ndim, x.ndim - 1)
    shape = [d.integer(1, n + d.chance(0.05)) for n in x.shape][d.chance(0.1) :]
    return [x, d.integers(shape, 0, x.shape[axis] - 1 + d.chance(0.05))], {"dim": axis}


def pieces(d):
    return [d.values(d.shape(least=1, most=3))], d.options(
        split_size=(1, 2, 5, 0, -1, [1, 2], [2, 2], [4, -1]), dim=(0, -1, 1)
    )


def flattened(d):
    return [d.values(d.shape())], d.options(start_dim=(0, 1, -2), end_dim=(-1, 1, 0))


INDICES = {
    "number": lambda x: x[1],
    "last": lambda x: x[-1],
    "slice": lambda x: x[1:3],
    "steps": lambda x: x[::2],
    "new axis": lambda x: x[None, ..., None],
    "two": lambda x: x[0, -1],
    "column": lambda x: x[:, 1],
    "list": lambda x: x[[0, 2, 0]],
    "mask": lambda x: x[x > 0],
    "pairs": lambda x: x[[0, 1], [1, 0]],
    "backwards": lambda x: x[::-1],
    "pairs in a list": lambda x: x[[[0, 1], [1, 0]]],
    "columns": lambda x: x[:, [1, 0]],
    "nothing": lambda x: x[[]],
    "word": lambda x: x["a"],
    "fraction": lambda x: x[1.5],
    "beyond": lambda x: x[[0, 7]],
}


def indexed(d):
    return [d.values(d.pick((4, 3), (5,), (3, 2, 4), (0, 3)), special=())], {"index": d.pick(*INDICES)}


CASES += [
    function("reshape", reshaped),
    written("Tensor.view", viewed, view, note=DTYPES_OF_VIEWS),
    function("flatten", flattened),
    function("permute", permuted),
    function("transpose", transposed),
    function("t", matrix),
    written("Tensor.T", matrix, lambda lib, x: x.T if x.ndim == 2 else x.t()),
    written("Tensor.mT", matrix, lambda lib, x: x.mT if x.ndim > 1 else x.t()),
    function("unsqueeze", at(0, 1, -1, -2)),
    function("squeeze", squeezed),
    written("Tensor.expand", expanded, lambda lib, x, size: x.expand(size=size), SUMS),
    written("gather", gathered, lambda lib, x, index, dim: lib.root.gather(x, dim, index)),
    written("split", pieces, lambda lib, x, split_size, dim: lib.root.split(x, split_size, dim)),
    written("Tensor.__getitem__", indexed, lambda lib, x, index: INDICES[index](x)),
    written("Tensor.contiguous", one, lambda lib, x: x.contiguous()),
]


# ---- dtypes, copies and changes in place -----------------------------------------------------------------------


def cast(d):
    [x], _ = any_dtype(d)
    x = np.nan_to_num(x, nan=0, posinf=9, neginf=-9)
    options = {"dtype": Dtype(d.pick(*DTYPES))}
    if d.chance(0.4):
        options |= d.options(copy=FLAGS, non_blocking=FLAGS, device=(None, "cpu"))
    if d.chance(0.1):
        options = {"other": np.zeros(2, d.pick(*DTYPES))}
    return [np.clip(x, 0, 100).astype(x.dtype)], options


def changed(name, bounds=SUMS, integers=0.1, **choices):
    """Return a draw of a target and an operand, and the call that changes the target in place."""

    def draw(d):
        shapes = d.pick(((4, 3), (3,)), ((4, 3), (4, 3)), ((), ()), ((0, 3), (3,)), ((3,), (4, 3)))
        target, other = (d.values(s, huge=1e4, special=()) for s in shapes)
        if d.chance(max(integers, 0.15)):  # PyTorch has no derivative of a power of a boolean
            other = d.integers(other.shape, 0, 4, d.pick(*(INTEGERS[:3] if "pow" in name else INTEGERS)))
        if d.chance(integers):
            target = d.integers(target.shape, 0, 4, d.pick(*INTEGERS))
        return [target, other], {"of": d.pick("all", "all", "part", "part", "expanded")} | d.options(**choices)

    def call(lib, x, other, of, **given):
        h = (x.detach() * 1)[:1].expand(x.shape) if of == "expanded" and x.ndim else x * 1
        getattr(h[:2] if of == "part" and h.ndim else h, name)(other, **given)
        return h

    return written(f"Tensor.{name}", draw, call, bounds)


def assigned(d):
    x = d.values(d.pick((4, 3), (5,), (3, 2, 4)), special=())
    value = d.values(d.pick((), (), (1,), (1, 1), x.shape[1:], x.shape[:1], (2, 1)), special=())
    if d.chance(0.1):
        value = d.integers(value.shape, 0, 3, d.pick(*INTEGERS))
    return [x, value], {"index": d.pick(*PLACES, "mask"), "expanded": d.chance(0.1)}


PLACES = {
    "number": 1,
    "slice": slice(1, 3),
    "column": (slice(None), 1),
    "list": [0, 2],
    "last": -1,
    "all": ...,
    "nothing": [],
    "word": "a",
    "beyond": 9,
    "pairs": [[0, 1], [1, 0]],
}


def assign(lib, x, value, index, expanded):
    h = (x.detach() * 1)[:1].expand(x.shape) if expanded else x * 1
    h[h > 0 if index == "mask" else PLACES[index]] = value.detach() if expanded else value
    return h


def filled(d):
    return [d.values(d.shape())], {"value": d.pick(0.5, 2, -np.inf, "a", [1.0]), "expanded": d.chance(0.2)}


def fill(lib, x, value, expanded):
    h = (x.detach() * 1)[:1].expand(x.shape) if expanded and x.ndim else x * 1
    h.fill_(value)
    return h


def zero(lib, x):
    h = x * 1
    h.zero_()
    return h * x


def clamp(lib, x, **bounds):
    h = x * 1
    h.clamp_(**bounds)
    return h


CASES += [
    written(
        "Tensor.to", cast, lambda lib, x, other=None, **given: x.to(**given) if other is None else x.to(other)
    ),
    *(written(f"Tensor.{n}", one, lambda lib, x, n=n: getattr(x, n)()) for n in ("double", "cpu")),
    written("Tensor.detach", one, lambda lib, x: x.detach(), FORWARD),
    written("Tensor.float", one, lambda lib, x: x if lib.exact else x.float()),
    *(
        written(
            f"Tensor.{n}",
            lambda d: ([np.abs(d.normal(d.shape(), 3))], {}),
            lambda lib, x, n=n: getattr(x, n)(),
            FORWARD,
        )
        for n in ("int", "long", "bool")
    ),
    *(changed(name) for name in ("add_", "sub_", "mul_", "__imod__")),
    changed("copy_", non_blocking=FLAGS),
    *(changed(name, TERMS) for name in ("div_", "__ipow__")),
    *(changed(name, FORWARD, integers=0.8) for name in ("__ifloordiv__", "__iand__", "__ior__", "__ixor__")),
    written("Tensor.__setitem__", assigned, assign, SUMS),
    written("Tensor.fill_", filled, fill),
    written("Tensor.zero_", one, zero),
    written("Tensor.clamp_", bounded, clamp),
]


# ---- values that are no tensors --------------------------------------------------------------------------------


def told(name, draw, call):
    """Make the case of a function whose result is no tensor."""

    def drawn(d):
        inputs, options = draw(d)
        return Trial(
            lambda lib: {"exact": [np.asarray(call(lib, *map(lib.tensor, inputs), **options))]}, inputs, options
        )

    return Case(name, SECTION, drawn, {})


def alike(d):
    x = d.values(d.shape(), huge=1e3)
    y = x * d.cast(d.pick(1.0, 1 + 1e-6, 1 + 1e-3))
    return [x, y], {}


def alike_within(d):
    inputs, _ = alike(d)
    return inputs, d.options(rtol=(1e-5, 1e-2), atol=(1e-8, 1e-3), equal_nan=FLAGS)


def single(d):
    return [d.normal(d.pick((), (1,), (1, 1), (2,), (0,)), 3)], {}


CASES += [
    told("allclose", alike_within, lambda lib, x, y, **given: lib.root.allclose(x, y, **given)),
    told("equal", alike, lambda lib, x, y: lib.root.equal(x, y)),
    told("is_tensor", one, lambda lib, x: [lib.root.is_tensor(x), lib.root.is_tensor(3)]),
    told("Tensor.item", single, lambda lib, x: x.item()),
    told("Tensor.tolist", one, lambda lib, x: np.asarray(x.tolist(), dtype=float)),
    told("Tensor.numpy", one, lambda lib, x: x.numpy()),
    told("Tensor.size", at(None, 0, -1), lambda lib, x, dim: x.size() if dim is None else x.size(dim)),
    told("Tensor.dim", one, lambda lib, x: [x.dim(), x.ndim, x.numel(), x.element_size(), x.is_contiguous()]),
]
