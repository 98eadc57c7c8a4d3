"""Functions of the elements of one tensor, of two or of three; what is said of each; and their in-place forms."""

import numpy as np
from tests.conformance.cases.tensors import (
    FLAGS,
    FORWARD,
    SAME,
    SUMS,
    TERMS,
    any_dtype,
    bounded,
    curved,
    function,
    masked,
    one,
    two,
    waves,
    written,
)
from tests.conformance.trial import Within

FEW = {"forward": Within(4), "backward": Within(4)}
MANY = {"forward": Within(8), "backward": Within(8)}

# ---- one tensor ----------------------------------------------------------------------------------------------


def of_constants(name):
    return lambda lib, *xs: getattr(lib.root, name)(*(x.detach() for x in xs))


def inside(low, high):
    """Return a draw of numbers in an interval, a few outside, and integers."""

    def draw(d):
        if d.chance(0.2):
            return any_dtype(d)
        x = d.uniform(d.shape(), low, high)
        return [np.where(d.rng.random(x.shape) < 0.1, d.values(x.shape), x).astype(x.dtype)], {}

    return draw


def named(d):
    x = d.values(d.shape(), special=(np.inf, -np.inf, np.nan))
    return [x], d.options(nan=(None, 0.5), posinf=(None, 7.0), neginf=(None, -7.0))


def with_eps(d):
    [x], _ = inside(0, 1)(d)
    x = x + d.cast(0) if x.dtype == d.dtype else x  # at −0, PyTorch's derivative is +∞ or −∞
    return [x], {"eps": d.pick(None, None, 0.1, 1e-6)}


ONE_SIDED = {"clamp_min": "min", "clamp_max": "max"}


def one_sided(option):
    def draw(d):
        [x], _ = any_dtype(d)
        bound = d.pick(0.5, 1, -1)
        return [x], {option: d.values(d.pick(x.shape, ())) if d.chance(0.3) else bound}

    return draw


FUNCTIONS = {
    "exp2": any_dtype,
    "log1p": inside(-1, 5),
    "log2": inside(0, 9),
    "log10": inside(0, 9),
    "reciprocal": any_dtype,
    "rsqrt": inside(0, 9),
    "tan": waves,
    "asin": inside(-1, 1),
    "acos": inside(-1, 1),
    "atan": any_dtype,
    "sinh": any_dtype,
    "cosh": any_dtype,
    "asinh": any_dtype,
    "acosh": inside(1, 9),
    "atanh": inside(-1, 1),
    "erf": any_dtype,
}
OTHER_NAMES = {"arcsin": "asin", "arccos": "acos", "arctan": "atan"}
OTHER_NAMES |= {"arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh"}

CASES = [
    *(function(name, draw, FEW) for name, draw in FUNCTIONS.items()),
    *(function(name, FUNCTIONS[same], FEW) for name, same in OTHER_NAMES.items()),
    function("expm1", curved, FEW | {"backward": Within(4, "size")}),
    function("erfc", inside(-3, 9), MANY),
    function("erfinv", inside(-1, 1), MANY),
    function("logit", with_eps, MANY),
    function("sinc", waves, TERMS),
    *(function(name, any_dtype, {"forward": Within(1), "backward": Within(1)}) for name in ("deg2rad", "rad2deg")),
    *(function(name, any_dtype) for name in ("floor", "ceil", "trunc", "fix", "frac")),
    *(function(name, any_dtype) for name in ("absolute", "negative", "positive")),
    written("sgn", any_dtype, of_constants("sgn"), FORWARD),
    *(function(name, any_dtype, FORWARD) for name in ("isinf", "isposinf", "isneginf", "signbit")),
    function("nan_to_num", named),
    *(function(name, one_sided(option)) for name, option in ONE_SIDED.items()),
]

# ---- two and three -------------------------------------------------------------------------------------------


def signed(d, huge=1e4):
    """Draw two tensors, no booleans and no uint8, with which PyTorch's derivatives wrap around or fail."""
    inputs, options = two(d, huge)
    return [x.astype(np.int64) if x.dtype in (np.bool_, np.uint8) else x for x in inputs], options


def of_two(name):
    return lambda lib, a, b: getattr(lib.root, name)(a, b)


def moderate(d):
    return two(d, huge=1e4)


def divided(d):
    inputs, _ = moderate(d)
    return inputs, d.options(rounding_mode=(None, "floor", "trunc", "ceil"))


def alike(d):
    shape = d.shape()
    x = d.values(shape, special=(np.inf, -np.inf, np.nan), huge=1e3)
    near = x * d.cast(d.pick(1.0, 1 + 1e-6, 1 + 1e-3))
    given = d.options(rtol=(1e-5, 1e-2, -1.0), atol=(1e-8, 1e-3), equal_nan=FLAGS)
    if d.chance(0.3):
        return [d.integers(shape, 0, 5, d.pick(np.int64, np.int32, np.bool_)) for _ in range(2)], given
    return [x, near], given


def mixed(d):
    """Draw two ends and a weight, of one dtype mostly."""
    shape = d.shape()
    a, b = d.normal(shape), d.normal(shape)
    if d.chance(0.1):
        b = b.astype(np.float64)
    if d.chance():
        return [a, b], {"weight": d.pick(0.3, 0.5, 2, -1.5)}
    return [a, b, d.uniform(d.pick(shape, ()), -1, 2)], {}


def three(d):
    shapes = d.pick(
        ((4, 3), (4, 3), (3,)), ((5,), (5,), (5,)), ((), (), ()), ((0, 3), (3,), (3,)), ((3,), (4, 3), ())
    )
    inputs = [d.normal(s) for s in shapes]
    if d.chance(0.2):
        inputs[d.integer(0, 1)] = d.integers(shapes[0], 1, 4)
    return inputs, d.options(value=(1, 0.5, -2.0))


def at_zero(d):
    x = d.values(d.shape())
    return [x, d.values(d.pick(x.shape, ()))], {}


WITHOUT = "Refused where a gradient is wanted."
CASES += [
    *(
        written(name, signed, of_two(name), FEW | {"backward": Within(8, "terms")})
        for name in ("atan2", "arctan2")
    ),
    function("hypot", two, TERMS),
    *(written(name, signed, of_two(name), TERMS) for name in ("logaddexp", "logaddexp2")),
    function("xlogy", moderate, TERMS),
    function("copysign", two, SUMS),
    function("fmod", moderate, SUMS),
    function("remainder", moderate, SUMS),
    written("floor_divide", moderate, of_constants("floor_divide"), FORWARD, note=WITHOUT),
    written("heaviside", at_zero, of_constants("heaviside"), FORWARD, note=WITHOUT),
    function("lerp", mixed, TERMS),
    function("addcmul", three, TERMS),
    function("addcdiv", three, TERMS),
    function("isclose", alike, FORWARD),
    *(function(name, two, FORWARD) for name in ("logical_and", "logical_or", "logical_xor")),
    *(function(name, two, SUMS) for name in ("subtract", "multiply")),
    function("true_divide", two, TERMS),
    function("divide", divided, TERMS),
    *(function(name, two, FORWARD) for name in ("greater", "greater_equal", "less", "less_equal", "not_equal")),
]

# ---- in place ------------------------------------------------------------------------------------------------


def in_place(name, draw, bounds):
    """Make the case of an in-place form, of a whole tensor or of a part of one."""

    def drawn(d):
        inputs, options, *told = draw(d)
        return inputs, options | {"part": d.chance(0.3)}, *told

    def call(lib, x, *others, part, **options):
        h = x.contiguous() * 1
        getattr(h[:2] if part and h.ndim else h, name)(*others, **options)
        return h

    return written(f"Tensor.{name}", drawn, call, bounds)


def raised(d):
    x = d.uniform(d.shape(), 0.1, 3)
    return [x, d.normal(d.pick(x.shape, ()))], {}


def floored(d):
    x = d.integers(d.shape(), -9, 9)
    return [x, d.integers(x.shape, 1, 4)], {}


IN_PLACE = {
    "exp_ sqrt_ log_ sin_ cos_ square_ reciprocal_ rsqrt_ tan_ sinh_ cosh_": (
        one,
        MANY,
    ),
    "acos_ asin_ atan_ erf_ erfc_ erfinv_ exp2_ log1p_ log2_ log10_": (inside(0.1, 0.9), MANY),
    "expm1_ tanh_ sigmoid_": (curved, MANY | {"backward": Within(4, "size")}),
    "abs_ absolute_ neg_ negative_ sign_ round_ relu_ floor_ ceil_ trunc_": (one, SAME),
    "nan_to_num_": (named, SAME),
    "clip_": (bounded, SAME),
    "clamp_min_": (one_sided("min"), SAME),
    "clamp_max_": (one_sided("max"), SAME),
    "fmod_ remainder_": (moderate, SUMS),
    "lerp_": (mixed, TERMS),
    "addcmul_ addcdiv_": (three, TERMS),
    "subtract_ multiply_": (two, SUMS),
    "divide_": (divided, TERMS),
    "pow_": (raised, MANY),
    "floor_divide_": (floored, FORWARD),
    "masked_fill_": (masked, SAME),
}
CASES += [in_place(name, *how) for names, how in IN_PLACE.items() for name in names.split()]
