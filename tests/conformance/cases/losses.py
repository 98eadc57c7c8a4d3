"""Losses, as modules and as functions."""

import math

import numpy as np
from tests.conformance.library import ByLibrary
from tests.conformance.trial import Case, Within, gradient, of_function, of_module

LEGACY = {"size_average": (None, True, False), "reduce": (None, True, False)}
FLAGS = (False, True)
ANY = ("mean", "mean", "sum", "none", "no such")
SPECIAL = (np.inf, -np.inf, np.nan)


def both(name, function, draw, bounds, *, legacy=True, layouts=True, **more):
    """Make the cases of a module and its function.

    ``draw(d)`` gives the inputs, the options, and what else the trial is told.
    """

    def drawn(d):
        inputs, options, *more = draw(d)
        options = {"reduction": d.pick(*ANY)} | options
        if legacy and d.chance(0.1):
            options |= d.options(**LEGACY)
        told = more[0] if more else {}
        if d.chance(0.12):
            inputs = d.spoil(inputs)
            if inputs[-1].dtype.kind != "f" and "full" in options:
                options["full"] = False  # Stirling's approximation of integers is computed in float32
        return [d.layout(x) if layouts else x for x in inputs], options, {"seed": d.seed} | told

    def as_module(d):
        inputs, options, told = drawn(d)
        return of_module(lambda lib: getattr(lib.nn, name), inputs, options, **told)

    def as_function(d):
        inputs, options, told = drawn(d)
        if function in WEIGHTED and inputs[0].dtype.kind == "f":
            options["weight"] = d.pick(None, None, d.uniform(inputs[0].shape), d.uniform((7, 3)))
        return of_function(lambda lib: getattr(lib.F, function), inputs, options, **told)

    return [
        Case(f"nn.{name}", "Losses", as_module, bounds, **more),
        Case(f"nn.functional.{function}", "Functional forms", as_function, bounds, **more),
    ]


WEIGHTED = ("mse_loss", "l1_loss", "huber_loss")  # whose functions take a weight that the modules don't


# ---- numbers ---------------------------------------------------------------------------------------------------


def two(d, **more):
    """Draw two arrays of one shape, or of shapes that broadcast."""
    shape = d.shape()
    x, y = (d.values(shape, huge=1e10, **more) for _ in range(2))
    if d.chance(0.15) and shape:
        y = y[..., :1]
    return [x, y]


def mse(d):
    return two(d), {}


def huber(d):
    return two(d), d.options(delta=(1.0, 0.5, 3.0, 0.0))


def smooth(d):
    return two(d), d.options(beta=(1.0, 0.5, 3.0, 0.0, -1.0))


def poisson(d):
    x, _ = two(d)
    options = d.options(log_input=FLAGS, full=FLAGS, eps=(1e-8, 0.1))
    if not options["log_input"]:
        x = np.abs(x)
    return [x, d.cast(np.floor(np.abs(3 * d.rng.standard_normal(x.shape))))], options


def gaussian(d):
    x, y = two(d)
    shape = d.pick(x.shape, x.shape[:-1], (*x.shape[:-1], 1)[: x.ndim])
    var = d.cast(np.abs(d.rng.standard_normal(shape)) * d.pick(0, 1, 1))
    if d.chance(0.05):
        var = -var - 1
    return [x, y, var], d.options(full=FLAGS, eps=(1e-6, 0.5))


def divergence(d):
    x = d.values(d.shape(), huge=1e4)
    options = d.options(reduction=(*ANY, "batchmean"), log_target=FLAGS)
    t = d.normal(x.shape) if options["log_target"] else d.cast(np.abs(d.normal(x.shape)) * d.pick(0, 1, 1, 1))
    return [x, t], options


TERMS = {"forward": Within(8, "terms"), "backward": Within(8, "terms")}

CASES = [
    *both("MSELoss", "mse_loss", mse, TERMS),
    *both("L1Loss", "l1_loss", mse, TERMS),
    *both("HuberLoss", "huber_loss", huber, TERMS, legacy=False),
    *both("SmoothL1Loss", "smooth_l1_loss", smooth, TERMS),
    *both("PoissonNLLLoss", "poisson_nll_loss", poisson, TERMS),
    *both("GaussianNLLLoss", "gaussian_nll_loss", gaussian, TERMS, legacy=False),
    *both("KLDivLoss", "kl_div", divergence, TERMS),
]


# ---- classes ---------------------------------------------------------------------------------------------------


def class_weights(d, classes, bad=0.03):
    """Draw no weights, weights of the classes, or weights that don't fit."""
    if d.chance():
        return None
    return d.uniform(classes + d.chance(bad), 0.5, 2) if not d.chance(bad) else d.integers(classes, 1, 2)


def scores(d, special=()):
    """Draw scores with a class axis, and the shape of the classes' indices."""
    classes = d.pick(3, 3, 5, 1)
    shape = d.pick((classes,), (4, classes), (1, classes), (0, classes), (2, classes, 3), (2, classes, 3, 2))
    return d.values(shape, special=special, huge=1e3), shape[:1] * (len(shape) > 1) + shape[2:], classes


def indices(d, shape, classes, ignore):
    y = d.integers(shape, 0, classes - 1)
    y = np.where(d.rng.random(shape) < 0.15, ignore if 0 <= ignore < classes else -100, y)
    if y.size and d.chance(0.05):
        y = np.where(d.rng.random(shape) < 0.3, d.pick(-1, classes, 10**6), y)
    if not shape and d.chance(0.3):
        y = y.reshape(1)
    return np.asarray(y)


def probability_sizes(d, y, classes, options):
    """Return what the gradient softmax − target is the difference of."""
    weight = options["weight"]
    weight = np.ones(classes) if weight is None or len(weight) != classes else weight
    total = 1.0
    if options["reduction"] == "mean" and y.dtype.kind == "i":
        counted = (y != options["ignore_index"]) & (y >= 0) & (y < classes)
        total = np.sum(weight[np.where(counted, y, 0)] * counted) or 1.0
    return {"backward": np.max(weight) * np.abs(gradient(d.seed, (999,))).max() / total}


def cross_entropy(d):
    z, shape, classes = scores(d)
    smoothing = (0.0, 0.1, 1.0, 0.0, -0.1 if d.chance(0.3) else 2.0)
    options = d.options(ignore_index=(-100, 1), label_smoothing=smoothing, reduction=ANY)
    options["weight"] = class_weights(d, classes)
    if d.chance(0.3):
        y = d.cast(d.rng.dirichlet(np.ones(classes), (*z.shape[:1], *z.shape[2:]) if z.ndim > 1 else ()))
        y = np.moveaxis(y, -1, 1) if z.ndim > 1 else y
        options["ignore_index"] = -100 if d.chance(0.95) else 1
    else:
        y = indices(d, shape, classes, options["ignore_index"])
    return [z, y], options, {"sizes": probability_sizes(d, y, classes, options)}


FORWARD_ONLY = {"a target of shape (1,) for one example: PyTorch has no gradient": "class indices of shape ()"}
STRICTER = {
    "a negative `label_smoothing`, which PyTorch takes for 0": "label_smoothing expected to be between 0 and 1",
    "a weight of another dtype beside probabilities": "weight expected to be of the dtype of the input",
    **FORWARD_ONLY,
}


def nll(d):
    z, shape, classes = scores(d, SPECIAL)
    options = d.options(ignore_index=(-100, 1))
    options["weight"] = class_weights(d, classes)
    return [z, indices(d, shape, classes, options["ignore_index"])], options


def shaped_weight(d, shape):
    fitting = [shape, shape[-1:], (*shape[:-1], 1)[: len(shape)]]
    return d.pick(None, None, None, *(d.uniform(s, 0.1, 2) for s in fitting), d.uniform(7))


def binary(d):
    shape = d.shape()
    p = np.clip(d.uniform(shape, -0.2 * d.chance(0.8), 1.2), 0, 1) if d.chance(0.9) else d.normal(shape)
    y = d.uniform(shape) if d.chance() else d.cast(d.rng.random(shape) < 0.5)
    options = {"weight": shaped_weight(d, shape)}
    return [p, y], options


def logits(d):
    shape = d.shape()
    z, y = d.values(shape, huge=1e4), d.uniform(shape) if d.chance() else d.cast(d.rng.random(shape) < 0.5)
    options = {"weight": shaped_weight(d, shape)}
    options["pos_weight"] = d.pick(None, None, d.uniform(shape[-1:], 0.5, 3), d.uniform((), 0.5, 3))
    return [z, y], options, {"sizes": {"backward": _size_of_logits(d, shape, options)}}


def _size_of_logits(d, shape, options):
    total = max(math.prod(shape), 1) if options.get("reduction", "mean") == "mean" else 1
    return 4 * 3 * 2 / total


CASES += [
    *both("CrossEntropyLoss", "cross_entropy", cross_entropy, TERMS, narrower=STRICTER),
    # PyTorch's backward pass refuses some layouts
    *both("NLLLoss", "nll_loss", nll, TERMS, layouts=False, narrower=FORWARD_ONLY),
    *both("BCELoss", "binary_cross_entropy", binary, TERMS),
    *both("BCEWithLogitsLoss", "binary_cross_entropy_with_logits", logits, TERMS),
]


# ---- margins ---------------------------------------------------------------------------------------------------

MARGINS = (0.0, 1.0, 0.5, 2.0)


def ranking(d):
    x, y = two(d)
    return [x, y, d.signs(x.shape)], d.options(margin=MARGINS)


def soft(d):
    x, _ = two(d)
    return [x, d.signs(x.shape)], {}, {"needs": [True, False]}


def hinge(d):
    x, _ = two(d)
    return [x, d.signs(x.shape)], d.options(margin=MARGINS)


def cosine(d):
    shape = d.pick((3,), (4, 3), (1, 5), (0, 3), (4, 1))
    x, y = (d.values(shape, huge=1e4, special=()) for _ in range(2))
    # the gradient is the difference of x₂ / |x₁| |x₂| and cos · x₁ / |x₁|²
    lengths = [np.sqrt(np.sum(np.square(v, dtype=np.float64), -1, keepdims=True) + 1e-12) for v in (x, y)]
    sizes = {"forward": 1, "backward": [np.broadcast_to(4 / n, shape) for n in lengths]}
    target = d.signs(shape[:-1]).astype(d.pick(np.int64, d.dtype))
    return [x, y, target], d.options(margin=(0.0, 0.5, -0.5)), {"sizes": sizes}


def rows(d):
    shape = d.pick((3,), (4, 3), (1, 5), (4, 1))
    return d.values(shape, special=(), huge=1e4)


def multi_margin(d):
    x = rows(d)
    y = d.integers(x.shape[:-1], 0, x.shape[-1] - 1 + d.chance(0.05))
    return [x, y], d.options(p=(1, 2, 3), margin=MARGINS) | {"weight": class_weights(d, x.shape[-1])}


def multi_label(d):
    x = rows(d)
    return [x, d.integers(x.shape, -1, x.shape[-1] - 1 + d.chance(0.05))], {}


def multi_label_soft(d):
    x = d.values(d.shape(), huge=1e4)
    options = {"weight": class_weights(d, x.shape[-1] if x.ndim else 1)}
    logs = np.logaddexp(0, np.abs(np.nan_to_num(x)))  # whose difference is the gradient of the target
    return [x, d.cast(d.rng.random(x.shape) < 0.5)], options, {"sizes": {"backward": [0, logs / max(x.size, 1)]}}


def triple(d):
    """Draw three arrays. Two distances cancel, and their gradients, which are no larger than that of the loss."""
    shape = d.pick((3,), (4, 3), (2, 3, 4), (0, 3), (4, 1), (5,))
    inputs = [d.values(shape, special=(), huge=1e4) for _ in range(3)]
    size = np.max(np.abs(inputs), initial=0) * math.prod(shape)
    return inputs, {"sizes": {"forward": size, "backward": np.abs(gradient(d.seed, (999,))).max()}}


def triplet(d):
    options = d.options(margin=(1.0, 0.5, 3.0, 0.0), p=(2.0, 1.0, 3.0), swap=FLAGS, eps=(1e-6, 1e-2))
    inputs, sizes = triple(d)
    return inputs, options, sizes


def triplet_with_distance(d):
    own = ByLibrary(lambda lib: lambda x, y: (x - y).abs().sum(-1))
    inputs, sizes = triple(d)
    return inputs, d.options(margin=(1.0, 0.5, 3.0, 0.0), swap=FLAGS, distance_function=(None, own)), sizes


CASES += [
    *both("MarginRankingLoss", "margin_ranking_loss", ranking, TERMS),
    *both("SoftMarginLoss", "soft_margin_loss", soft, TERMS),
    *both(
        "HingeEmbeddingLoss",
        "hinge_embedding_loss",
        hinge,
        TERMS,
        narrower={"integer scores": "expected floating-point elements"},
    ),
    *both("CosineEmbeddingLoss", "cosine_embedding_loss", cosine, TERMS),
    *both("MultiMarginLoss", "multi_margin_loss", multi_margin, TERMS),
    *both("MultiLabelMarginLoss", "multilabel_margin_loss", multi_label, TERMS),
    *both("MultiLabelSoftMarginLoss", "multilabel_soft_margin_loss", multi_label_soft, TERMS),
    *both("TripletMarginLoss", "triplet_margin_loss", triplet, TERMS),
    *both(
        "TripletMarginWithDistanceLoss",
        "triplet_margin_with_distance_loss",
        triplet_with_distance,
        TERMS,
        legacy=False,
    ),
]
