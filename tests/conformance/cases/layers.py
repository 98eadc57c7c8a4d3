"""Layers with and without parameters, as modules and as functions."""

import numpy as np
from tests.conformance.library import Dtype
from tests.conformance.trial import EXACT, Case, Within, of_function, of_module

FLAGS = (False, True)
TERMS = {"forward": Within(8, "terms"), "backward": Within(8, "terms")}
TRAINED = TERMS | {"trained": Within(8, "terms")}
FUNCTIONS = "Functional forms"


def made_in(d):
    """Draw where and in which dtype a module is made; mostly that of the inputs."""
    options = {"device": d.pick(None, "cpu")}
    return options | ({"dtype": Dtype("float64")} if d.dtype == np.float64 else {"dtype": None})


def layer(name, draw, bounds=TRAINED, **more):
    """Make the case of a module. ``draw(d)`` gives inputs and options, and what else the trial is told."""

    def as_module(d):
        inputs, options, *told = draw(d)
        if d.chance(0.1):
            inputs = d.spoil(inputs)
        told = {"seed": d.seed, "modes": d.pick((True,), (False,), (True, False))} | (told[0] if told else {})
        return of_module(lambda lib: getattr(lib.nn, name), [d.layout(x) for x in inputs], options, **told)

    return Case(f"nn.{name}", "Layers", as_module, bounds, **more)


def function(name, draw, bounds=TERMS, layouts=True, **more):
    """Make the case of a function; without ``layouts``, only the first input is laid out in other ways."""

    def as_function(d):
        inputs, options, *told = draw(d)
        if d.chance(0.15):
            inputs = d.spoil(inputs)
        told = {"seed": d.seed} | (told[0] if told else {})
        laid = [d.layout(x) if layouts or not i else x for i, x in enumerate(inputs)]
        return of_function(lambda lib: getattr(lib.F, name), laid, options, **told)

    return Case(f"nn.functional.{name}", FUNCTIONS, as_function, bounds, **more)


def last(d, n, wide=1e4):
    """Draw inputs whose last axis has length n."""
    lead = d.pick((), (1,), (4,), (0,), (2, 3), (1, 1, 2))
    return d.values((*lead, n), special=(), huge=wide)


# ---- matrix products -------------------------------------------------------------------------------------------


def linear_module(d):
    n, m = d.pick((3, 2), (1, 1), (16, 5), (4, 0), (40, 33))
    x = last(d, n)
    return [x], {"in_features": n, "out_features": m, "bias": d.pick(True, False)} | made_in(d), steps(x)


def steps(x):
    """Train for ten steps where the numbers are ordinary, and not many."""
    return {"steps": 10 if np.max(np.abs(x), initial=0) < 20 and 0 < x.size < 100 else 0}


def linear(d):
    n, m = d.pick((3, 2), (1, 1), (16, 5), (40, 33))
    x = last(d, n)
    bias = [d.normal(d.pick((m,), (m,), (1,), (), (1, m) if x.ndim > 1 else (m,)))] if d.chance() else []
    if d.chance(0.1):
        return [x, d.normal(n), *[b.reshape(-1)[0] for b in bias]], {}
    return [x, d.normal((m, n)), *bias], {}


BESIDE_A_VECTOR = {"a bias with axes beside a vector as weight": "expected a weight of shape (out, in)"}
ROWS = "Whether PyTorch takes a bias of two axes depends on the layout of x; here it must fit the result."


def bilinear_module(d):
    n, m, k = d.pick((3, 2, 4), (1, 1, 1), (2, 3, 1))
    lead = d.pick((), (4,), (2, 3), (0,))
    inputs = [d.normal((*lead, n)), d.normal((*lead, m))]
    options = {"in1_features": n, "in2_features": m, "out_features": k, "bias": d.pick(True, False)}
    return inputs, options | made_in(d), steps(inputs[0])


def bilinear(d):
    lead = d.pick((), (4,), (2, 3), (0,))
    bias = [d.normal(4)] if d.chance() else []
    return [d.normal((*lead, 3)), d.normal((*lead, 2)), d.normal((4, 3, 2)), *bias], {}


def fused(d):
    """Draw inputs and options of a linear layer with its cross-entropy."""
    classes, outputs = d.pick(3, 5), d.pick((), (), (2,))
    lead = d.pick((4,), (1,), ()) if not outputs else (4,)
    target = d.integers((*lead, *outputs), 0, classes - 1)
    options = d.options(reduction=("mean", "sum", "none"), ignore_index=(None, 1), label_smoothing=(0.0, 0.2))
    options["weight"] = d.pick(None, d.uniform(classes, 0.5, 2))
    return d.normal((*lead, 6)), target, options, classes, outputs


def fused_module(d):
    x, target, options, classes, outputs = fused(d)
    options |= {"in_features": 6, "num_classes": classes, "out_features": outputs, "bias": d.pick(False, True)}
    return [x, target], options | made_in(d), {"sizes": {"backward": 4}, "steps": 10}


def fused_function(d):
    x, target, options, classes, outputs = fused(d)
    options["linear_bias"] = d.pick(None, d.normal((classes, *outputs)))
    return [x, d.normal((classes, *outputs, 6)), target], options, {"sizes": {"backward": 4}}


CASES = [
    layer("Linear", linear_module),
    layer("Bilinear", bilinear_module),
    layer("LinearCrossEntropyLoss", fused_module, refused={"options": {}}),
    function("linear", linear, narrower=BESIDE_A_VECTOR, note=ROWS),
    function("bilinear", bilinear),
    function("linear_cross_entropy", fused_function, refused={"options": {}}),
]


# ---- shapes and dropout ----------------------------------------------------------------------------------------


def anything(d):
    return [d.values(d.shape())], {}


def flatten(d):
    return [d.values(d.shape())], d.options(start_dim=(1, 0, -2, 2), end_dim=(-1, 1, -2, 2))


def unflatten(d):
    dim, sizes = d.pick((1, (2, 3)), (-1, (3, -1)), (0, (2, 2)), (1, (4, 2)), (1, [-1, -1]))
    return [d.values(d.pick((4, 6), (2, 6, 3), (6,), (4, 6, 0)))], {"dim": dim, "unflattened_size": sizes}


def dropout_module(d):
    return [d.values(d.shape(), special=())], d.options(p=(0.5, 0.1, 0.0, 1.0, 1.5), inplace=FLAGS)


def dropout(d):
    return [d.values(d.shape(), special=())], d.options(p=(0.5, 0.1, 0.0, 1.0, -1), inplace=FLAGS, training=FLAGS)


SAME = {"forward": EXACT, "backward": EXACT}
CASES += [
    layer("Identity", anything, SAME),
    layer("Flatten", flatten, SAME),
    layer("Unflatten", unflatten, SAME),
    layer("Dropout", dropout_module, SAME),
    layer("AlphaDropout", dropout_module, {"forward": Within(2), "backward": EXACT}),
    function("dropout", dropout, SAME),
    function("alpha_dropout", dropout, {"forward": Within(2), "backward": EXACT}),
]


# ---- normalisation ---------------------------------------------------------------------------------------------


def moderate(d, shape):
    """Draw numbers with a mean that is not 0, or values that are all the same."""
    if d.chance(0.1):
        return np.full(shape, d.cast(d.pick(0.0, 1.5)))
    return d.normal(shape, d.pick(1.0, 3.0, 100.0), d.pick(0.0, 1.0, 5.0))


def sizes(x, axes, eps, centre=True):
    """Return what the terms of the gradient may be as large as, for γ and grad below 4: 16 / √(var + ε).

    Of a single number nothing is left but the rounding of x − x, times that.
    """
    if not x.size:
        return {}
    x = x.astype(np.float64)
    mean = x.mean(axis=axes, keepdims=True) if centre else 0
    spread = 16 / np.sqrt(np.mean(np.square(x - mean), axis=axes, keepdims=True) + eps)
    if spread.shape == x.shape:
        rest = (1 + np.abs(x).max()) * spread.max() * x.size
        return {"sizes": {"forward": rest, "backward": rest}}
    return {"sizes": {"backward": np.broadcast_to(spread, x.shape)}}


def batch_norm_module(d):
    n = d.pick(3, 1, 6)
    x = moderate(d, d.pick((6, n), (4, n, 5), (2, n), (1, n, 4), (0, n), (1, n), (33, n), (n,)))
    options = d.options(eps=(1e-5, 0.1), momentum=(0.1, 0.5, None, 1.0), affine=(True, False))
    options |= d.options(track_running_stats=(True, False), bias=(True, False))
    told = steps(x) | sizes(x, (0, *range(2, x.ndim)), options["eps"])
    return [x], some_bad_eps(d, options | {"num_features": n} | made_in(d)), told


def some_bad_eps(d, options):
    """Return the options with an eps that PyTorch refuses, now and then."""
    return options | ({"eps": d.pick(0.0, -0.1)} if d.chance(0.05) else {})


def batch_norm(d):
    n = d.pick(3, 1)
    x = moderate(d, d.pick((6, n), (4, n, 5), (2, n, 2, 2), (1, n), (0, n)))
    given = [d.normal(n), d.uniform(n, 0.5, 2)]
    options = d.options(training=FLAGS, momentum=(0.1, 0.4), eps=(1e-5, 0.1))
    options |= {"weight": d.pick(None, d.normal(n)), "bias": d.pick(None, d.normal(n))}
    told = {"needs": [True, False, False]} | sizes(x, (0, *range(2, x.ndim)), options["eps"])
    return [x, *given], some_bad_eps(d, options), told


def axes(d):
    return d.pick((3,), (16,), (2, 3), (1,))


def layer_norm_module(d):
    shape = axes(d)
    x, last = moderate(d, (*d.pick((), (4,), (0,), (2, 3)), *shape)), tuple(range(-len(shape), 0))
    shape = d.pick(shape, list(shape), shape[0] if len(shape) == 1 else shape)
    options = d.options(eps=(1e-5, 0.1), elementwise_affine=(True, False), bias=(True, False))
    told = steps(x) | sizes(x, last, options["eps"])
    return [x], options | {"normalized_shape": shape} | made_in(d), told


def layer_norm(d):
    shape = axes(d)
    x = moderate(d, (*d.pick((), (4,), (0,), (2, 3)), *shape))
    options = {"normalized_shape": shape, "eps": d.pick(1e-5, 0.1)}
    options |= {"weight": d.pick(None, d.normal(shape)), "bias": d.pick(None, d.normal(shape))}
    return [x], options, sizes(x, tuple(range(-len(shape), 0)), options["eps"])


def rms_norm_module(d):
    [x], options, told = layer_norm_module(d)
    del options["bias"]
    return [x], options | {"eps": d.pick(None, 0.1)}, told | _root_sizes(x, options)


def rms_norm(d):
    [x], options, _ = layer_norm(d)
    del options["bias"]
    return [x], options | {"eps": d.pick(None, 0.1)}, _root_sizes(x, options)


def _root_sizes(x, options):
    axes = (np.ndim(options["normalized_shape"]) and len(options["normalized_shape"])) or 1
    return sizes(x, tuple(range(-axes, 0)), np.finfo(x.dtype).eps, centre=False)


def group_norm_module(d):
    groups, channels = d.pick((3, 6), (1, 4), (4, 4), (2, 2), (5, 6))
    x = moderate(d, d.pick((4, channels), (2, channels, 5), (2, channels, 2, 2), (0, channels, 3), (channels,)))
    options = d.options(eps=(1e-5, 0.1), affine=(True, False), bias=(True, False))
    told = steps(x) | group_sizes(x, groups, options["eps"])
    return [x], options | {"num_groups": groups, "num_channels": channels} | made_in(d), told


def group_norm(d):
    groups, channels = d.pick((3, 6), (1, 4), (4, 4), (2, 2), (5, 6))
    x = moderate(d, d.pick((4, channels), (2, channels, 5), (2, channels, 2, 2), (0, channels, 3), (channels,)))
    options = {"num_groups": groups, "eps": d.pick(1e-5, 0.1)}
    options |= {"weight": d.pick(None, d.normal(channels)), "bias": d.pick(None, d.normal(channels))}
    return [x], options, group_sizes(x, groups, options["eps"])


def group_sizes(x, groups, eps):
    if x.ndim < 2 or x.shape[1] % groups or not x.size:
        return {}
    found = sizes(x.reshape(x.shape[0], groups, -1), -1, eps)["sizes"]
    return {"sizes": {k: v if np.ndim(v) == 0 else v.reshape(x.shape) for k, v in found.items()}}


CASES += [
    layer("BatchNorm1d", batch_norm_module),
    layer("LayerNorm", layer_norm_module),
    layer("RMSNorm", rms_norm_module),
    layer("GroupNorm", group_norm_module),
    function("batch_norm", batch_norm, layouts=False),
    function("layer_norm", layer_norm),
    function("rms_norm", rms_norm),
    function("group_norm", group_norm),
]


# ---- tables ----------------------------------------------------------------------------------------------------


def of_table(d):
    """Draw the options that the module and the function share."""
    options = {"padding_idx": d.pick(None, 0, -1, 2, 9), "max_norm": d.pick(None, None, 1.0)}
    return options | d.options(norm_type=(2.0, 1.0), scale_grad_by_freq=FLAGS)


def positions(d, rows):
    index = d.integers(d.pick((), (5,), (2, 3), (0,), (2, 3, 2)), 0, rows - 1 + d.chance(0.05))
    return index.astype(d.pick(np.int64, np.int64, np.int32))


def embedding_module(d):
    options = {"num_embeddings": 5, "embedding_dim": 3, "_freeze": d.chance(0.2)} | of_table(d) | made_in(d)
    if d.chance(0.2):
        options |= {"_weight": d.normal((5, 3)), "dtype": None}
    index = positions(d, 5)
    return [index], options, {"steps": 10 if index.size and options["max_norm"] is None else 0}


def embedding(d):
    options = of_table(d)
    return [positions(d, 5), d.normal((5, 3))], options, {"needs": [False, options["max_norm"] is None]}


def one_hot(d):
    index = d.integers(d.shape(most=3), 0, d.pick(2, 5)) - d.chance(0.05)
    return [index], {"num_classes": d.pick(-1, 6, 3)}


CASES += [
    layer("Embedding", embedding_module, refused={"sparse": True}, indices=True),
    function("embedding", embedding, TERMS, layouts=False, refused={"sparse": True}, indices=True),
    function("one_hot", one_hot, {"forward": EXACT}),
]
