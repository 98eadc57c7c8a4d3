"""Activation functions, as modules and as functions."""

import numpy as np
from tests.conformance.draws import INF, NAN
from tests.conformance.library import Dtype
from tests.conformance.trial import EXACT, Case, Within, gradient, of_function, of_module

from chainrule.nn import functional as F

NAN_VARIES = "At NaN, PyTorch's gradient depends on how many elements there are: not compared."
YES = (False, True)


def sizes(x, seed, options):
    """Return what the terms of these formulas are no larger than: |x|, and |grad| (1 + |x|)."""
    size = np.minimum(np.abs(np.nan_to_num(x.astype(np.float64), posinf=0, neginf=0)), 1e30)
    return {"forward": size, "backward": np.abs(gradient(seed, x.shape)) * (1 + size)}


def sizes_in_place(x, seed, options):
    """Return the same in place, where PyTorch computes the derivative from y, as grad · (y + α)."""
    return sizes(x, seed, options) if options["inplace"] else {}


def both(name, function, options, forward, backward, *, special=(*INF, *NAN), sizes_of=sizes, old=None, **more):
    """Make the cases of a module and of the function that it calls; ``old`` are options of the module alone."""

    def x_of(d):
        x = d.layout(d.values(d.shape(), special=special))
        return d.spoil([x])[0] if d.chance(0.1) else x

    def as_module(d):
        x, chosen = x_of(d), d.options(**options, **(old or {}))
        told = {"seed": d.seed, "sizes": sizes_of(x, d.seed, chosen), "modes": (d.chance(),)}
        return of_module(lambda lib: getattr(lib.nn, name), [x], chosen, **told)

    def as_function(d):
        x, chosen = x_of(d), d.options(**options)
        if name == "RReLU":
            chosen["training"] = d.chance()
        told = {"seed": d.seed, "sizes": sizes_of(x, d.seed, chosen)}
        return of_function(lambda lib: getattr(lib.F, function), [x], chosen, **told)

    def in_place(d):
        x, chosen = x_of(d), d.options(**options) | {"inplace": True}
        told = {"seed": d.seed, "sizes": sizes_of(x, d.seed, chosen)}
        del chosen["inplace"]
        return of_function(
            lambda lib: lambda t, **of: getattr(lib.F, f"{function}_")(t * 1, **of), [x], chosen, **told
        )

    bounds = {"forward": forward, "backward": backward}
    cases = [
        Case(f"nn.{name}", "Activations", as_module, bounds, **more),
        Case(f"nn.functional.{function}", "Functional forms", as_function, bounds, **more),
    ]
    if hasattr(F, f"{function}_"):
        cases.append(Case(f"nn.functional.{function}_", "Functional forms", in_place, bounds, **more))
    return cases


def size(units):
    return Within(units, "size")


def terms(units):
    return Within(units, "terms")


varies = {"special": INF, "note": NAN_VARIES}
elu = varies | {"sizes_of": sizes_in_place}

CASES = [
    *both("ReLU", "relu", {"inplace": YES}, EXACT, EXACT),
    *both("ReLU6", "relu6", {"inplace": YES}, EXACT, EXACT, **varies),
    *both(
        "Hardtanh",
        "hardtanh",
        {"min_val": (-1.0, -2.0, -0.5), "max_val": (1.0, 0.5, 3.0), "inplace": YES},
        EXACT,
        EXACT,
        old={"min_value": (None, None, -3.0), "max_value": (None, None, 4.0)},
        **varies,
    ),
    *both(
        "Threshold", "threshold", {"threshold": (0.5, -1.0), "value": (20.0, 0.1), "inplace": YES}, EXACT, EXACT
    ),
    *both("LeakyReLU", "leaky_relu", {"negative_slope": (0.01, 0.3, 0.0, -0.5), "inplace": YES}, EXACT, EXACT),
    *both("RReLU", "rrelu", {"lower": (1 / 8, 0.1, -0.2), "upper": (1 / 3, 0.5), "inplace": YES}, EXACT, EXACT),
    *both("ELU", "elu", {"alpha": (1.0, 2.5, 0.3, -0.5), "inplace": YES}, Within(4), size(4), **elu),
    *both("SELU", "selu", {"inplace": YES}, Within(4), size(4), **elu),
    *both("CELU", "celu", {"alpha": (1.0, 0.3, -2.0), "inplace": YES}, Within(4), size(6), **elu),
    *both("GELU", "gelu", {"approximate": ("none", "tanh")}, size(4), size(8), special=NAN),
    *both("SiLU", "silu", {"inplace": YES}, Within(4), size(4)),
    *both("Mish", "mish", {"inplace": YES}, Within(4), size(6)),
    *both("Sigmoid", "sigmoid", {}, Within(4), size(4)),
    *both("LogSigmoid", "logsigmoid", {}, Within(4), Within(4)),
    *both("Hardsigmoid", "hardsigmoid", {"inplace": YES}, EXACT, EXACT),
    *both("Hardswish", "hardswish", {"inplace": YES}, EXACT, EXACT, **varies),
    *both("Tanh", "tanh", {}, Within(2), size(4)),
    *both("Tanhshrink", "tanhshrink", {}, size(2), size(4)),
    *both("Softsign", "softsign", {}, EXACT, EXACT),
    *both("Softplus", "softplus", {"beta": (1.0, 3.0), "threshold": (20.0, 5.0)}, Within(4), Within(6)),
    *both("Hardshrink", "hardshrink", {"lambd": (0.5, 1.0, 0.0)}, EXACT, EXACT, **varies),
    *both("Softshrink", "softshrink", {"lambd": (0.5, 1.0, 0.0)}, EXACT, EXACT, **varies),
]


# ---- along an axis ---------------------------------------------------------------------------------------------


EMPTY = {"integers, which PyTorch takes if there are none": "floating-point elements"}


def softmax_sizes(x, seed, dim, sign=1.0):
    """Return what the terms of the gradient are as large as, y (|g| + Σ |g| y) for g = grad and y = softmax(x)."""
    if not x.size or x.dtype.kind != "f" or not -max(x.ndim, 1) <= dim < max(x.ndim, 1):
        return {}
    axis = dim if x.ndim else None
    with np.errstate(all="ignore"):
        y = np.exp(sign * x.astype(np.float64) - np.max(sign * x, axis=axis, keepdims=True))
        y = y / np.sum(y, axis=axis, keepdims=True)
        g = np.abs(gradient(seed, x.shape))
        return {"backward": np.nan_to_num(y * (g + np.sum(g * y, axis=axis, keepdims=True)), nan=0, posinf=0)}


def _axis(x, dim):
    """Return the axis that PyTorch takes without ``dim``: the second, or the first of 0, 1 or 3 axes."""
    return (0 if x.ndim in (0, 1, 3) else 1) if dim is None else dim


def along(name, function, dims, forward, backward, dtypes=False, **more):
    """Make the cases of a module and a function that work along ``dim``."""
    sign = -1.0 if name == "Softmin" else 1.0

    def sizes_of(x, d, chosen):
        dim = -3 if name == "Softmax2d" else _axis(x, chosen["dim"])
        return softmax_sizes(x, d.seed, dim, sign) if name in ("Softmax", "Softmin", "Softmax2d") else {}

    def x_of(d):
        shape = (2, 3, 4, 3)[: d.integer(3, 4)] if name == "Softmax2d" else d.shape()
        x = d.values(shape, special=NAN, huge=1e4)
        if name == "GLU" and x.ndim:
            x = np.concatenate([x, x[..., ::-1]], axis=-1)
        x = d.layout(x)
        return d.spoil([x])[0] if d.chance(0.1) else x

    def as_module(d):
        x, chosen = x_of(d), d.options(**dims)
        more = {"seed": d.seed, "sizes": sizes_of(x, d, chosen)}
        return of_module(lambda lib: getattr(lib.nn, name), [x], chosen, **more)

    def as_function(d):
        x, chosen = x_of(d), d.options(**dims)
        if dtypes:
            chosen |= d.options(dtype=(None, None, Dtype("float64"), Dtype("float32")), _stacklevel=(3, 5))
        more = {"seed": d.seed, "sizes": sizes_of(x, d, chosen)}
        return of_function(lambda lib: getattr(lib.F, function), [x], chosen, **more)

    bounds = {"forward": forward, "backward": backward}
    more |= {"narrower": EMPTY}
    cases = [Case(f"nn.{name}", "Activations", as_module, bounds, **more)]
    if function:
        cases.append(Case(f"nn.functional.{function}", "Functional forms", as_function, bounds, **more))
    return cases


DIMS = {"dim": (0, 1, -1, -2, None, None)}
CASES += [
    *along("Softmax", "softmax", DIMS, terms(4), terms(8), dtypes=True),
    *along("Softmin", "softmin", DIMS, terms(4), terms(8), dtypes=True),
    *along("LogSoftmax", "log_softmax", DIMS, terms(4), terms(8), dtypes=True),
    *along("Softmax2d", None, {}, terms(4), terms(8)),
    *along("GLU", "glu", {"dim": (-1, -1, -1, 0, 1)}, terms(4), terms(8)),
]


# ---- with a learned slope --------------------------------------------------------------------------------------


def prelu_module(d):
    n = d.pick(1, 1, 3)
    shape = d.pick((2, 3), (0, 3), (2, 3, 4), (1, 3, 2, 2)) if n == 3 else d.shape()
    x = d.layout(d.values(shape, huge=1e4, special=INF))
    options = {"num_parameters": n, "init": d.pick(0.25, 0.4), "device": d.pick(None, "cpu")}
    if d.dtype == np.float64:
        options["dtype"] = Dtype("float64")
    return of_module(lambda lib: lib.nn.PReLU, [x], options, seed=d.seed, steps=10 * np.isfinite(x).all())


def prelu(d):
    n = d.pick(1, 1, 3)
    shape = d.pick((2, 3), (0, 3), (2, 3, 4), (1, 3, 2, 2)) if n == 3 else d.shape()
    inputs = [d.layout(d.values(shape, huge=1e4, special=INF)), d.normal(n)]
    return of_function(lambda lib: lib.F.prelu, d.spoil(inputs) if d.chance(0.2) else inputs, {}, seed=d.seed)


PRELU = {"forward": EXACT, "backward": terms(4)}
CASES += [
    Case("nn.PReLU", "Activations", prelu_module, PRELU | {"trained": terms(8)}),
    Case("nn.functional.prelu", "Functional forms", prelu, PRELU),
]
